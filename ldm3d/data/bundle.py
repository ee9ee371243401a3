"""Makes the worlds that ship in resources/worlds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from ldm3d.data.files import save_color, save_depth, world_facts
from ldm3d.data.graphics import Graphics
from ldm3d.data.render import render_world
from ldm3d.data.renderer import effort_for

# Best first: the first one is what a new user sees.
BUNDLED: tuple[tuple[str, str, int], ...] = (
    ("mountain-lake", "alpine_lake", 1),
    ("old-forest", "old_forest", 1),
    ("northern-lights", "winter_night", 1),
    ("great-library", "reading_hall", 1),
)


def make_bundle(
    folder: Path,
    width: int = 4096,
    passes: int = 6,
    only: Sequence[str] = (),
    quality: int = 88,
    kept_bits: int = 13,
) -> Iterator[str]:
    """Render the bundled worlds into `folder`; yield one line for each when it is written."""
    folder.mkdir(parents=True, exist_ok=True)
    for slug, family, seed in BUNDLED:
        if only and slug not in only:
            continue
        with Graphics() as graphics:
            world = render_world(
                family, seed, width, effort=effort_for(width, passes), graphics=graphics
            )
        save_color(world, folder / f"{slug}.jpg", quality)
        save_depth(world, folder / f"{slug}_depth.png", kept_bits)
        facts = json.dumps(world_facts(world), indent=2, ensure_ascii=False)
        (folder / f"{slug}.json").write_text(facts + "\n", encoding="utf-8")
        size = sum((folder / f"{slug}{end}").stat().st_size for end in (".jpg", "_depth.png"))
        yield f"{slug}: {size / 1e6:.1f} MB"
    present = [slug for slug, _, _ in BUNDLED if (folder / f"{slug}.json").is_file()]
    (folder / "index.json").write_text(json.dumps(present, indent=2) + "\n", encoding="utf-8")
