"""Makes the worlds that ship in resources/worlds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ldm3d.data.files import calmed, save_color, save_depth, world_facts
from ldm3d.data.graphics import Graphics
from ldm3d.data.render import render_world
from ldm3d.data.renderer import effort_for
from ldm3d.data.world import World


@dataclass(frozen=True)
class Bundled:
    """One world that ships, and how finely it is stored."""

    slug: str
    family: str
    seed: int
    passes: int = 5
    quality: int = 82  # of the JPEG
    step_levels: int = 32  # of 65535 in the depth file: 0.03 px of parallax per 10 cm


# Best first: the first one is what a new user sees. Leaves cost bytes: coarser there.
BUNDLED = (
    Bundled("mountain-lake", "alpine_lake", 1, quality=85),
    Bundled("cherry-blossom", "blossom_garden", 1, passes=4, quality=72, step_levels=64),
    Bundled("northern-lights", "winter_night", 1, passes=5, quality=80),
    Bundled("old-forest", "old_forest", 1, passes=4, quality=72, step_levels=64),
    Bundled("great-library", "reading_hall", 1, passes=4, quality=76),
)


def make_bundle(folder: Path, width: int = 4096, only: Sequence[str] = ()) -> Iterator[str]:
    """Render the bundled worlds into `folder`; yield one line for each when it is written."""
    folder.mkdir(parents=True, exist_ok=True)
    for entry in BUNDLED:
        if only and entry.slug not in only:
            continue
        with Graphics() as graphics:
            effort = effort_for(width, entry.passes)
            world = render_world(entry.family, entry.seed, width, effort=effort, graphics=graphics)
        size = save_bundled(world, entry, folder)
        yield f"{entry.slug}: {size / 1e6:.1f} MB"
    present = [e.slug for e in BUNDLED if (folder / f"{e.slug}.json").is_file()]
    (folder / "index.json").write_text(json.dumps(present, indent=2) + "\n", encoding="utf-8")


def save_bundled(world: World, entry: Bundled, folder: Path) -> int:
    """Write one world's three files; return their bytes."""
    calm = replace(world, distance_m=calmed(world.distance_m))
    paths = [folder / f"{entry.slug}{end}" for end in (".jpg", "_depth.png", ".json")]
    save_color(world, paths[0], entry.quality, halved_chroma=True)
    save_depth(calm, paths[1], 11, entry.step_levels)
    facts = json.dumps(world_facts(world), indent=2, ensure_ascii=False)
    paths[2].write_text(facts + "\n", encoding="utf-8")
    return sum(path.stat().st_size for path in paths)
