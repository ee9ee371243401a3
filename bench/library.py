"""How quickly a large library is found, searched, scrolled and brought up to date.

    python -m bench.library                  20,000 worlds
    python -m bench.library --worlds 2000

The worlds are folders with small files, made once and kept in out/bench/library-N; their prompts
are put together from word lists. Times are medians of `--turns` calls through `Library`, as the
window makes them; the connection is warm, as it is after the first row.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from depthfusion.library import Library, Order, Query

WORLDS = 20_000
TURNS = 25
MAX_SEARCH_MS = 50.0
MAX_FIRST_PAGE_MS = 20.0
MAX_READ_WHILE_SCANNING_MS = 50.0
CACHE = Path(__file__).resolve().parents[1] / "out" / "bench"
_ADJECTIVES = "mossy quiet golden frozen ancient flooded glowing ruined misty endless crystal red"
_PLACES = "forest library canyon lighthouse cathedral market cave garden temple glacier moor"
_TIMES = "dawn noon dusk midnight winter autumn rain storm snow starlight"
_STYLES = "oil painting,photograph,watercolour,concept art,low poly"


def made_library(worlds: int) -> Path:
    """Return a folder with that many worlds; made once."""
    folder = CACHE / f"library-{worlds}"
    draw = random.Random(1)
    for number in range(worlds):
        place = folder / f"world-{number:05d}"
        about = _about(number, draw)
        if not (place / "world.json").exists():
            place.mkdir(parents=True, exist_ok=True)
            for name in ("color.png", "depth.png", "thumbnail.jpg"):
                (place / name).write_bytes(b"not a picture")
            (place / "world.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
    return folder


def _about(number: int, draw: random.Random) -> dict[str, object]:
    words = [draw.choice(group.split()) for group in (_ADJECTIVES, _PLACES, _TIMES)]
    prompt = f"a {words[0]} {words[1]} at {words[2]}, {draw.choice(_STYLES.split(','))}"
    created = datetime.fromtimestamp(1.7e9 + 600 * number, UTC).isoformat(timespec="seconds")
    return {
        "version": 1, "title": prompt.split(",", maxsplit=1)[0], "created": created,
        "size_px": [1024, 512],
        "depth_is": {"meaning": "relative", "near_m": None, "far_m": None},
        "generation": {
            "prompt": prompt, "negative_prompt": "blurry, people", "seed": draw.randrange(2**31),
            "steps": 18, "guidance": 5.0, "scheduler": "dpm++2m-karras",
            "made_with": {"model": "Intel/ldm3d-pano"},
        },
        "view": {}, "notes": [], "favourite": number % 40 == 0, "seconds": 41.5,
    }  # fmt: skip


def median_ms(turns: int, do: Callable[[], object]) -> float:
    """Return the median time of a call."""
    took = []
    for _ in range(turns):
        start = time.perf_counter()
        do()
        took.append(1000 * (time.perf_counter() - start))
    return statistics.median(took)


def searches(library: Library, turns: int) -> dict[str, float]:
    """Return milliseconds of each thing that a window asks while it is scrolled and searched."""
    total = library.count()
    found: dict[str, float] = {
        "first page, newest": median_ms(turns, lambda: library.page(Query(), 0, 50)),
        "first page, by name": median_ms(turns, lambda: library.page(Query(order=Order.NAME))),
        "first page, favourites first": median_ms(
            turns, lambda: library.page(Query(order=Order.FAVOURITE))
        ),
        "page in the middle": median_ms(turns, lambda: library.page(Query(), total // 2, 50)),
        "all names": median_ms(turns, library.names),
        "count": median_ms(turns, library.count),
        "has anything changed": median_ms(turns, library.version),
        "has a world come or gone": median_ms(turns, library.is_stale),
    }
    names = library.names()
    found["50 worlds by name"] = median_ms(turns, lambda: library.worlds(names[9000:9050] or names))
    for text in ("m", "mos", "mossy forest", "a", "ldm3d", "mossy forest dawn oil", "zzz"):
        query = Query(text)
        found[f"search {text!r} ({library.count(query)})"] = median_ms(
            turns, lambda query=query: (library.count(query), library.page(query, 0, 50))
        )
    return found


def slowest_read_ms(library: Library) -> tuple[float, float]:
    """Scan everything anew; return the median and the longest wait of readers beside it."""
    took: list[float] = []
    scan = threading.Thread(target=library.rebuild)
    scan.start()
    while scan.is_alive():
        start = time.perf_counter()
        library.page(Query("mossy"), 0, 50)
        took.append(1000 * (time.perf_counter() - start))
        time.sleep(0.01)
    scan.join()
    return statistics.median(took), max(took)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.library", description=__doc__)
    parser.add_argument("--worlds", type=int, default=WORLDS)
    parser.add_argument("--turns", type=int, default=TURNS)
    options = parser.parse_args(arguments)
    folder = made_library(options.worlds)
    with Library(folder, indexes=CACHE / "library-index") as library:
        start = time.perf_counter()
        total = library.rebuild().total
        print(f"{total} worlds indexed anew in {time.perf_counter() - start:.2f} s")
        print(f"scan without changes {median_ms(5, library.scan):.0f} ms")
        size = sum(p.stat().st_size for p in library.index.path.parent.iterdir())
        print(f"index {size / 1e6:.1f} MB")
        missed = 0
        for name, took in searches(library, options.turns).items():
            is_all = name.startswith("search") or name == "all names"
            most = MAX_SEARCH_MS if is_all else MAX_FIRST_PAGE_MS
            missed += took > most
            print(f"{name:<40} {took:8.2f} ms  {'' if took <= most else f'over {most:g}'}")
        print(f"favourite one world {median_ms(9, _toggled(library)):.1f} ms")
        usual, worst = slowest_read_ms(library)
        missed += usual > MAX_READ_WHILE_SCANNING_MS
        print(f"search beside a rebuild: {usual:.1f} ms, at most {worst:.0f} ms")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"peak memory {peak:.0f} MB")
    return 1 if missed else 0


def _toggled(library: Library) -> Callable[[], object]:
    name = library.names()[0]
    turns = iter(range(10**6))
    return lambda: library.set_favourite(name, next(turns) % 2 == 0)


if __name__ == "__main__":
    sys.exit(main())
