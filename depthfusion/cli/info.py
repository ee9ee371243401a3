"""`depthfusion info`: what a picture and its depth map are, and what was assumed."""

from __future__ import annotations

import argparse
import json
from typing import Any

from depthfusion.cli.reading import add_reading_arguments, reading_options


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_reading_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> int:
    """Read the files, print what they are, and return the exit code.

    Raises:
        DepthFusionError: if they cannot be read.
    """
    from depthfusion.panorama import describe, read_panorama

    known = reading_options(options)
    found = describe(read_panorama(options.image, options.depth, known))
    print(json.dumps(found, indent=2, ensure_ascii=False) if options.json else as_text(found))
    return 0


def as_text(found: dict[str, Any]) -> str:
    """Return `describe`'s values as lines for people."""
    color, depth = found["color"], found["depth"]
    lines = [f"color   {color['source']}", f"        {color['width_px']}x{color['height_px']}"]
    lines += ["depth   none: a flat sphere"] if depth is None else _depth_lines(depth)
    lines += [f"note    {note}" for note in found["notes"]]
    lines += _generation_lines(found["generation"])
    if found["view"]:
        lines.append("view    settings are stored in the file")
    return "\n".join(lines)


def _generation_lines(generation: dict[str, Any]) -> list[str]:
    """Return how it was made, what was not used left out, and what made it at the end."""
    made_with = generation.get("made_with")
    known = {k: v for k, v in generation.items() if k != "made_with"}
    lines = [f"{key:<15} {_words(value)}" for key, value in known.items() if _says(value)]
    if isinstance(made_with, dict):
        lines += [f"{key:<15} {_words(value)}" for key, value in made_with.items() if _says(value)]
    return lines


def _says(value: Any) -> bool:
    return value is not None and value not in ("", [], {})


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_words(item)}" for key, item in value.items() if _says(item))
    return ", ".join(_words(item) for item in value) if isinstance(value, list) else str(value)


def _depth_lines(depth: dict[str, Any]) -> list[str]:
    lines = [f"depth   {depth['source']}", f"        {depth['width_px']}x{depth['height_px']}"]
    if depth["unit"]:
        lines.append(
            f"        distance in metres, {_m(depth['nearest'])} to {_m(depth['farthest'])}"
        )
    else:
        lines.append(
            f"        relative nearness, {depth['farthest']:.3g} (farthest) to "
            f"{depth['nearest']:.3g} (nearest)"
        )
    if depth["near_m"] is not None:
        lines.append(f"        near {_m(depth['near_m'])}, far {_m(depth['far_m'])}")
    if depth["holes_percent"]:
        lines.append(f"        {depth['holes_percent']:.2g} % without depth, filled")
    if depth["infinite_percent"]:
        lines.append(f"        {depth['infinite_percent']:.2g} % infinitely far (sky)")
    return lines


def _m(value: float | str) -> str:
    return "infinity" if value == "inf" else f"{value:.4g} m"
