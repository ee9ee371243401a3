"""All of the bench: `python -m bench`; exit 1 when a target is missed."""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import sys
from collections.abc import Sequence

from bench import quality, speed, start

PARTS = ("quality", "speed", "start", "app", "headset", "library", "generation", "training")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen parts one after the other."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all")
    parser.add_argument("--quick", action="store_true", help="smaller pictures, fewer turns")
    parser.add_argument("--ablate", action="store_true", help="quality: each switch off by itself")
    options = parser.parse_args(arguments)
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"want parts of {', '.join(PARTS)}, got {', '.join(sorted(unknown))}")
    missed = 0
    for part in options.parts or PARTS:
        print(f"\n## {part}\n", flush=True)
        missed |= _run(part, options.quick, options.ablate)
    return missed


def _run(part: str, quick: bool, ablate: bool) -> int:
    if part == "quality":
        chosen = ["--size", "504x560"] if quick else []
        return quality.main(chosen + (["--ablate"] if ablate else []))
    if part == "speed":
        return speed.main(["--frames", "3"] if quick else [])
    if part in {"generation", "training"}:
        return _with_torch(part, quick)
    if part == "headset":
        from bench import headset

        return headset.main(["--quick"] if quick else [])
    if part == "library":
        from bench import library

        return library.main(["--worlds", "2000", "--turns", "9"] if quick else [])
    return _on_screen(part, quick)


def _on_screen(part: str, quick: bool) -> int:
    if shutil.which("Xvfb") is None:
        print(f"{part}: skipped, it needs Xvfb (apt install xvfb)")
        return 0
    if part == "app":
        from bench import app

        return app.main(["--runs", "2"] if quick else [])
    return start.main(["--runs", "3", "--depth-widths", "2048"] if quick else [])


def _with_torch(part: str, quick: bool) -> int:
    if importlib.util.find_spec("torch") is None:
        print(f"{part}: skipped, it needs the packages of depthfusion-panorama[generate]")
        return 0
    if part == "training":
        from bench import training

        return training.main(["--turns", "1"] if quick else [])
    from bench import generation

    short = ["--only", "flops", "overhead", "--size", "512x256"]
    return generation.main(short if quick else [])


if __name__ == "__main__":
    sys.exit(main())
