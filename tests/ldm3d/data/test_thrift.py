"""Training effort against the same scene drawn in full."""

from dataclasses import replace

import numpy as np
import pytest

from ldm3d.data.graphics import Graphics
from ldm3d.data.mesh import Material, box
from ldm3d.data.plants import pine, rock
from ldm3d.data.render import world_from_scene
from ldm3d.data.renderer import Effort, WorldRenderer, training_effort
from ldm3d.data.scene import Air, Scene, placed
from ldm3d.data.terrain import scattered, terrain

pytestmark = pytest.mark.gl

WIDTH = 256
FULL = replace(training_effort(WIDTH), thrifty=False, coarseness=1, least_px=0, least_texels=0.5)


def wood() -> Scene:
    scene = Scene(eye=(0, 1.6, 0), air=Air(cloud_cover=0.0, cirrus=0.0))
    ground = terrain(lambda x, z: 0.0 * x, far_m=400, detail=0.3)
    scene.add(ground.painted((0.2, 0.15, 0.08), Material.GROUND))
    rng = np.random.default_rng(2)
    x, z = scattered(rng, 200, 5, 120)
    at = np.stack([x, 0 * x, z], axis=1)
    scene.add(pine(np.random.default_rng(0), 12.0, 20, 6, 6), placed(at, rng.uniform(0.5, 1, 200)))
    scene.add(rock(np.random.default_rng(1), 4), placed(at[::3] + np.array([1.5, 0, 0]), 0.5))
    return scene


def test_thrift_leaves_picture_and_depth_nearly_as_they_are(graphics: Graphics) -> None:
    full = world_from_scene(wood(), "test", 3, WIDTH, FULL, graphics)
    thrifty = world_from_scene(wood(), "test", 3, WIDTH, training_effort(WIDTH), graphics)
    error = thrifty.color.astype(float) - full.color
    assert 10 * np.log10(255**2 / (error**2).mean()) > 22
    inverse = [0.6 / world.distance_m for world in (full, thrifty)]
    assert np.median(np.abs(inverse[1] - inverse[0])) < 1e-4
    assert np.abs(inverse[1] - inverse[0]).mean() < 0.01
    sky = [np.isinf(world.distance_m).mean() for world in (full, thrifty)]
    assert sky[1] == pytest.approx(sky[0], abs=0.03)


def test_thrift_draws_far_fewer_triangles(
    graphics: Graphics, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drawn(effort: Effort) -> int:
        renderer = WorldRenderer(graphics, wood(), effort)
        total = 0
        for batch in renderer.batches:
            far = np.linalg.norm(batch.centers, axis=1)
            total += batch.faces_at(batch.levels_at(far * 2 / effort.face_px))
        renderer.release()
        return total

    assert drawn(training_effort(WIDTH)) < 0.35 * drawn(FULL)


def test_another_look_at_a_scene_is_the_picture_of_a_scene_with_that_look(
    graphics: Graphics,
) -> None:
    scene = Scene(eye=(0, 1.6, 0), air=Air(cloud_cover=0.0))
    scene.add(box((60, 1, 60), (0, -0.5, 0)))
    other = replace(scene, eye=(0.5, 1.8, 0.2), air=replace(scene.air, sun=(0.5, 0.6, 0.9)))
    renderer = WorldRenderer(graphics, scene, training_effort(64))
    renderer.render(64, training_effort(64), 1)
    renderer.look_again(other)
    again = renderer.render(64, training_effort(64), 2)
    renderer.release()
    fresh = WorldRenderer(graphics, other, training_effort(64))
    light, distance = fresh.render(64, training_effort(64), 2)
    fresh.release()
    assert np.array_equal(again[1], distance)
    assert np.abs(again[0] - light).mean() < 0.05 * np.abs(light).mean()
