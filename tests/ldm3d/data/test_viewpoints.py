"""Several pictures of one scene: what may change between them and what may not."""

from dataclasses import replace

import numpy as np
import pytest

from ldm3d.data.families import build_scene, draw_look
from ldm3d.data.look import look_from
from ldm3d.data.scene import Scene
from ldm3d.data.viewpoints import relit, same_ground, viewpoints

FAMILY, SEED = "reading_hall", 4


@pytest.fixture(scope="module")
def built() -> Scene:
    return build_scene(FAMILY, SEED, detail=0.05, look=draw_look(FAMILY, SEED))


def test_the_first_picture_is_the_scene_as_it_was_built(built: Scene) -> None:
    look = draw_look(FAMILY, SEED)
    first = next(viewpoints(FAMILY, SEED, built, look, 3))
    assert first.scene is built
    assert first.look is look


def test_the_same_seed_gives_the_same_viewpoints(built: Scene) -> None:
    look = draw_look(FAMILY, SEED)
    one, two = (list(viewpoints(FAMILY, SEED, built, look, 3)) for _ in range(2))
    assert [(v.scene.eye, v.scene.air, v.roll) for v in one] == [
        (v.scene.eye, v.scene.air, v.roll) for v in two
    ]


def test_other_pictures_stand_elsewhere_in_light_that_suits_the_geometry(built: Scene) -> None:
    look = draw_look(FAMILY, SEED)
    first, *others = viewpoints(FAMILY, SEED, built, look, 4)
    for other in others:
        assert other.scene.eye != first.scene.eye
        assert other.scene.air != first.scene.air
        assert other.scene.batches is built.batches
        assert same_ground(look, other.look)
        places = np.array([built.eye, *built.eyes])
        assert np.linalg.norm(places - other.scene.eye, axis=1).min() < 0.4


def test_snow_darkness_and_season_bind_geometry() -> None:
    rng = np.random.default_rng(0)
    noon, dusk = (look_from(hour, "clear", "summer", rng) for hour in ("noon", "dusk"))
    assert same_ground(noon, look_from("morning", "cloudy", "summer", rng))
    assert not same_ground(noon, dusk)
    assert not same_ground(noon, look_from("noon", "rainy", "summer", rng))
    assert not same_ground(noon, look_from("noon", "clear", "autumn", rng))
    assert not same_ground(noon, replace(noon, snow=1.0))


def test_a_family_with_light_of_its_own_is_asked_for_it(built: Scene) -> None:
    rng = np.random.default_rng(1)
    look = draw_look(FAMILY, SEED)
    other = look_from("noon" if look.hour != "noon" else "dawn", "clear", look.season, rng)
    found = relit(FAMILY, SEED, built, look, other)
    assert found.air.indoor
    assert found.air.sun != built.air.sun
    assert found.batches is built.batches
