"""One OpenGL context a file, and pictures of families that several tests look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ldm3d.data.families import build_scene
from ldm3d.data.graphics import Graphics
from ldm3d.data.render import world_from_scene
from ldm3d.data.world import World
from tests.ldm3d.data.summer_places import DETAIL, EFFORT, WIDTH, summer


@pytest.fixture(scope="module")
def graphics() -> Iterator[Graphics]:
    with Graphics() as opened:
        yield opened


@pytest.fixture(scope="module")
def world(graphics: Graphics) -> Callable[[str, int], World]:
    """Renders a family and a seed on a summer morning, each once a file."""
    kept: dict[tuple[str, int], World] = {}

    def rendered(family: str, seed: int) -> World:
        if (family, seed) not in kept:
            scene = build_scene(family, seed, detail=DETAIL, look=summer())
            kept[family, seed] = world_from_scene(scene, family, seed, WIDTH, EFFORT, graphics)
        return kept[family, seed]

    return rendered
