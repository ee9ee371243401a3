"""`render_world`: a family and a seed in, a world out."""

from __future__ import annotations

import numpy as np

from ldm3d.data.families import build_scene
from ldm3d.data.grade import graded
from ldm3d.data.graphics import Graphics
from ldm3d.data.renderer import Effort, WorldRenderer, effort_for
from ldm3d.data.scene import Scene
from ldm3d.data.world import World


def render_world(
    family: str,
    seed: int,
    width: int = 1024,
    *,
    effort: Effort | None = None,
    graphics: Graphics | None = None,
) -> World:
    """Render one world; the same arguments give the same world on the same machine.

    Args:
        family: a name of `family_names()`.
        seed: layout, look and words follow from it, each by its own random stream.
        width: pixels; the height is half of it.
        effort: passes and map sizes; fitting the width if left out.
        graphics: a context to use again; a fresh one if left out.

    Raises:
        ValueError: unknown family, or a width that is not an even number of at least 64.
    """
    if width < 64 or width % 2:
        raise ValueError(f"want an even width of at least 64 pixels, got {width}")
    scene = build_scene(family, seed)
    if graphics is not None:
        return world_from_scene(scene, family, seed, width, effort, graphics)
    with Graphics() as own:
        return world_from_scene(scene, family, seed, width, effort, own)


def world_from_scene(
    scene: Scene, family: str, seed: int, width: int, effort: Effort | None, graphics: Graphics
) -> World:
    """Render a scene that is already built."""
    chosen = effort or effort_for(width)
    renderer = WorldRenderer(graphics, scene, chosen)
    try:
        light, distance_m = renderer.render(width, chosen, seed)
    finally:
        renderer.release()
    columns = -round(scene.facing_deg / 360 * width)
    return World(
        np.roll(graded(light, scene.air), columns, axis=1),
        np.roll(distance_m, columns, axis=1),
        scene.caption,
        scene.title,
        scene.tags,
        family,
        seed,
        scene.eye_height_m,
    )
