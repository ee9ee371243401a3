"""Alien worlds and islands in the sky: what they are made of."""

from collections.abc import Callable

import numpy as np
import pytest

from ldm3d.data import alien_plants as flora
from ldm3d.data.alien_ground import GroundPlan, alien_height
from ldm3d.data.cloud_sea import balloon, cloud_sea, rope_bridge
from ldm3d.data.families.sky_islands import IsleLand
from ldm3d.data.floating_rock import (
    STONES,
    IsleShape,
    IsleStyle,
    floating_isle,
    isle_mesh,
    rim_from,
    shape_of,
    veil,
)
from ldm3d.data.graphics import Graphics
from ldm3d.data.mesh import Material, Mesh
from ldm3d.data.planets import FAR_M, planet
from ldm3d.data.render import world_from_scene
from ldm3d.data.scene import Air, Scene
from tests.ldm3d.data.summer_places import EFFORT, WIDTH, summer

RED = (0.6, 0.05, 0.04)
BLUE = (0.05, 0.1, 0.6)
STYLE = IsleStyle(STONES["gray"], "summer", 0.0)


def test_other_places_to_stand_are_on_the_island() -> None:
    shape = IsleShape(5, 12.0, 14.0)
    scene = Scene(eye=(0.0, 1.62, 0.0), air=Air())
    look = summer()
    rng = np.random.default_rng(1)
    land = IsleLand(scene, shape.top, rng, look, 0.1, shape=shape, middle=(6.0, 0.0))
    for _ in range(40):
        x, z = land.find(1.0, 30.0, 0.5)
        assert float(land.rim_m(x, z)) > 0


@pytest.mark.gl
def test_a_planet_is_seen_but_as_far_as_the_sky(graphics: Graphics) -> None:
    scenes = []
    for there in (False, True):
        scene = Scene(eye=(0.0, 1.6, 0.0), air=summer().air)
        scene.add(isle_mesh(IsleShape(3, hill_m=0.0), STYLE.stone, "summer", 0.0))
        if there:
            way = np.array([0.0, 0.6, -0.8])
            tones = np.array([RED, RED, RED]) * 3
            scene.add(
                planet(way, 12.0, -way, tones, 1, ring=(0.9, 0.8, 0.7)),
                casts_sun=False, casts_sky=False,
            )  # fmt: skip
        scenes.append(world_from_scene(scene, "sky_islands", 0, WIDTH, EFFORT, graphics))
    sky, with_planet = scenes
    spot = (slice(16, 22), slice(WIDTH // 2 - 3, WIDTH // 2 + 3))
    redder = with_planet.color[spot].astype(int) - sky.color[spot]
    assert redder[..., 0].mean() > redder[..., 2].mean() + 10
    assert np.isinf(with_planet.distance_m[spot]).all()
    assert np.array_equal(np.isinf(sky.distance_m), np.isinf(with_planet.distance_m))


def test_planets_stand_where_they_are_asked_for_and_are_lit_from_the_sun() -> None:
    way = np.array([0.6, 0.0, -0.8])
    sun = np.array([0.0, 1.0, 0.0])
    mesh = planet(way, 5.0, sun, np.ones((3, 3)), 4, banded=False)
    assert np.linalg.norm(mesh.position.mean(axis=0) / FAR_M - way) < 0.01
    facing = mesh.normal @ -way > 0.3
    top, bottom = (facing & (np.sign(mesh.normal[:, 1]) == s) for s in (1, -1))
    assert mesh.color[top, :3].mean() > 1.5 * mesh.color[bottom, :3].mean()


def test_craters_are_bowls_with_rims() -> None:
    height = alien_height(GroundPlan("craters", ((10.0, 0.0, 3.0),), 0.0, 0, 0), 2)
    flat = alien_height(GroundPlan("craters", (), 0.0, 0, 0), 2)
    x = np.array([10.0, 13.0, 25.0], np.float32)
    change = height(x, np.zeros(3, np.float32)) - flat(x, np.zeros(3, np.float32))
    assert change[0] < -0.5 < 0.3 < change[1]
    assert change[2] == 0


@pytest.mark.parametrize(
    "make",
    [
        lambda: flora.giant_mushroom(0, RED, BLUE, (0.4, 0.4, 0.4), 0.0),
        lambda: flora.giant_mushroom(3, RED, BLUE, (0.4, 0.4, 0.4), 0.5),
        lambda: flora.bulb_plant(1, RED, BLUE, RED, 0.5),
        lambda: flora.tendrils(2, RED, BLUE),
        lambda: flora.coral_tree(1, RED, BLUE),
        lambda: flora.pompon_tree(2, RED, BLUE),
        lambda: flora.pods(1, RED, BLUE),
        lambda: flora.crystals(4, BLUE),
        lambda: flora.rosette(0, RED),
        lambda: flora.alien_grass(0, RED, 9, 1.0),
    ],
)
def test_alien_plants_are_whole_meshes_on_the_ground(make: Callable[[], Mesh]) -> None:
    mesh = make()
    assert np.isfinite(mesh.position).all()
    assert np.isfinite(mesh.normal).all()
    assert mesh.faces.max() < len(mesh.position)
    assert -0.35 < mesh.position[:, 1].min() < 0.12
    assert 0.2 < mesh.position[:, 1].max() < 1.5
    assert (mesh.color[:, :3] >= 0).all()


def test_what_glows_at_night_is_plain_by_day() -> None:
    day, night = (flora.crystals(0, BLUE, glow) for glow in (0.0, 0.6))
    assert Material.GLOW not in day.material
    assert Material.GLOW in night.material


def test_an_island_is_green_above_and_rock_below_and_tapers() -> None:
    mesh = isle_mesh(shape_of(0), STYLE.stone, "summer", 0.0)
    y, reach = mesh.position[:, 1], np.hypot(mesh.position[:, 0], mesh.position[:, 2])
    assert reach[y < 0.5 * y.min()].max() < 0.75 * reach.max()
    assert y.min() < -8
    top = y > 0.4
    assert (mesh.color[top, 1] > mesh.color[top, 0]).mean() > 0.6
    deep = y < -6
    assert (mesh.material[deep] == float(Material.ROCK)).all()


def test_the_rim_is_seen_from_the_eye_without_jumps() -> None:
    _, reach = rim_from(IsleShape(11, 14.0, 15.0, 0.4), (9.0, 2.0))
    step = np.abs(np.diff(np.append(reach, reach[0])))
    assert (step <= 0.02 * reach + 0.02).all()
    assert reach.min() > 0


def test_trees_and_waterfalls_are_on_islands_that_have_them() -> None:
    bare, wooded = floating_isle(1, STYLE, 1, 0.1, 0), floating_isle(1, STYLE, 1, 1.0, 0)
    watered = floating_isle(1, STYLE, 1, 0.1, 2)
    assert len(wooded.faces) > len(bare.faces)
    assert watered.position[:, 1].min() < bare.position[:, 1].min() - 5
    assert veil(1, 3.0, 30.0).position[:, 1].min() < -20


def test_clouds_lie_below_and_gaps_open_them() -> None:
    closed, opened = (cloud_sea(4, -100.0, 0.1, gap, (0.8, 0.8, 0.8)) for gap in (0.0, 0.5))
    assert closed.position[:, 1].max() < -20
    assert len(opened.faces) < 0.9 * len(closed.faces)


def test_a_bridge_reaches_from_end_to_end_and_sags() -> None:
    start, end = np.array([0.0, 0.0, 0.0]), np.array([12.0, 1.0, 0.0])
    points = rope_bridge(np.random.default_rng(1), start, end).position
    assert points[:, 0].min() < 0.2
    assert points[:, 0].max() > 11.8
    middle = points[np.abs(points[:, 0] - 6) < 0.5]
    assert middle[:, 1].min() < 0.2
    assert balloon(0, RED, BLUE, False).position[:, 1].min() == pytest.approx(0, abs=0.05)
