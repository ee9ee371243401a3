"""The five families of the bundled worlds: what ships does not change, what trains varies."""

from dataclasses import replace

import numpy as np
import pytest

from ldm3d.data.families import build_scene, draw_look
from ldm3d.data.graphics import Graphics
from ldm3d.data.look import look_from
from ldm3d.data.make_shard import finished, useless
from ldm3d.data.renderer import WorldRenderer, training_effort
from ldm3d.data.scene import Scene

FIRST = ("alpine_lake", "old_forest", "winter_night", "reading_hall", "blossom_garden")
BUNDLED_TRIANGLES = (9_972_088, 15_868_727, 9_309_610, 2_145_920, 18_493_706)


def triangles(scene: Scene) -> int:
    return sum(len(batch.mesh.faces) * len(batch.instances) for batch in scene.batches)


def positions(scene: Scene) -> list[np.ndarray]:
    return [batch.instances for batch in scene.batches]


@pytest.mark.slow
@pytest.mark.parametrize(("family", "count"), list(zip(FIRST, BUNDLED_TRIANGLES, strict=True)))
def test_the_bundled_scenes_have_all_their_triangles(family: str, count: int) -> None:
    assert triangles(build_scene(family, 1)) == count


@pytest.mark.slow
@pytest.mark.parametrize("family", FIRST)
def test_a_look_makes_another_place_of_every_seed(family: str) -> None:
    scenes = [
        build_scene(family, seed, detail=0.05, look=draw_look(family, seed)) for seed in (3, 3, 4)
    ]
    assert all(
        np.array_equal(a, b)
        for a, b in zip(positions(scenes[0]), positions(scenes[1]), strict=True)
    )
    assert [len(rows) for rows in positions(scenes[0])] != [
        len(rows) for rows in positions(scenes[2])
    ]
    assert len(scenes[0].details) >= 2
    assert scenes[0].eyes


@pytest.mark.slow
@pytest.mark.parametrize("family", ["alpine_lake", "old_forest", "blossom_garden"])
def test_the_light_is_that_of_the_look(family: str) -> None:
    noon = look_from("noon", "clear", "spring", np.random.default_rng(1))
    night = replace(look_from("night", "clear", "spring", np.random.default_rng(1)), snow=0.0)
    bright, dark = (build_scene(family, 5, detail=0.04, look=look) for look in (noon, night))
    assert max(bright.air.sun) > 10 * max(dark.air.sun)
    assert dark.air.stars > 0.5


def test_lamps_burn_in_the_garden_only_when_it_is_dark() -> None:
    rng = np.random.default_rng(2)
    lamps = [
        len(build_scene("blossom_garden", 6, detail=0.04, look=look_from(*when, rng)).lamps)
        for when in (("noon", "clear", "spring"), ("dusk", "clear", "spring"))
    ]
    assert lamps[0] == 0
    assert lamps[1] > 0


@pytest.mark.gl
@pytest.mark.slow
@pytest.mark.parametrize("family", FIRST)
def test_every_place_to_stand_shows_a_world(family: str) -> None:
    scene = build_scene(family, 8, detail=0.1, look=draw_look(family, 8))
    effort = training_effort(128)
    with Graphics() as graphics:
        renderer = WorldRenderer(graphics, scene, effort)
        for eye in (scene.eye, *scene.eyes):
            renderer.look_again(replace(scene, eye=eye))
            light, distance = renderer.render(128, effort, 1)
            assert useless(*finished(light, distance, scene, 1)) is None
            assert 0.8 < float(np.median(distance[-3:])) < 2.6
        renderer.release()
