"""The world renderer against scenes whose geometry is known."""

import numpy as np
import pytest

from ldm3d.data.graphics import Graphics
from ldm3d.data.mesh import Material, box, merged
from ldm3d.data.render import world_from_scene
from ldm3d.data.renderer import Effort
from ldm3d.data.scene import Air, Scene
from ldm3d.data.world import World

pytestmark = pytest.mark.gl

WIDTH, HEIGHT = 256, 128
EYE_M = 1.6
EFFORT = Effort(passes=3, sky_fours=1, face_px=256, cloud_steps=8)


def directions() -> np.ndarray:
    lon = ((np.arange(WIDTH) + 0.5) / WIDTH - 0.5) * 2 * np.pi
    lat = (0.5 - (np.arange(HEIGHT) + 0.5) / HEIGHT)[:, None] * np.pi
    up = np.broadcast_to(np.sin(lat), (HEIGHT, WIDTH))
    return np.stack([np.cos(lat) * np.sin(lon), up, -np.cos(lat) * np.cos(lon)], axis=-1)


def flat_scene() -> Scene:
    scene = Scene(eye=(0, EYE_M, 0), air=Air(), eye_height_m=EYE_M, title="plain")
    floor = box((4000, 1, 4000), (0, -0.5, 0)).painted((0.3, 0.3, 0.3), Material.MATTE)
    tower = box((1, 4, 1), (0, 2, -5)).painted((0.01, 0.01, 0.01))
    scene.add(merged([floor, tower]))
    return scene


@pytest.fixture(scope="module")
def plain(graphics: Graphics) -> World:
    return world_from_scene(flat_scene(), "test", 3, WIDTH, EFFORT, graphics)


def test_the_floor_below_is_at_eye_height_within_a_millimetre(plain: World) -> None:
    down = directions()[-1, :, 1]
    assert np.abs(plain.distance_m[-1] + EYE_M / down).max() < 1e-3


def test_the_distance_to_a_plane_is_that_of_the_pixel_ray(plain: World) -> None:
    rays = directions()
    # From 10 degrees under the horizon downwards, outside the tower's columns.
    rows, columns = slice(HEIGHT // 2 + 8, HEIGHT), slice(0, WIDTH // 3)
    truth = -EYE_M / rays[rows, columns, 1]
    assert np.abs(plain.distance_m[rows, columns] / truth - 1).max() < 2e-3


def test_the_distance_to_a_box_is_that_of_its_face(plain: World) -> None:
    rays = directions()[HEIGHT // 2 - 8 : HEIGHT // 2 + 8, WIDTH // 2 - 3 : WIDTH // 2 + 3]
    found = plain.distance_m[HEIGHT // 2 - 8 : HEIGHT // 2 + 8, WIDTH // 2 - 3 : WIDTH // 2 + 3]
    assert np.abs(found + 4.5 / rays[..., 2]).max() < 5e-3


def test_the_sky_is_infinitely_far(plain: World) -> None:
    assert np.isinf(plain.distance_m[: HEIGHT // 8]).all()


def test_silhouettes_have_no_distances_between_near_and_far(plain: World) -> None:
    row = plain.distance_m[HEIGHT // 2 - 6]
    assert not ((row > 6) & np.isfinite(row)).any()


def test_color_edges_and_distance_edges_coincide(plain: World) -> None:
    row = HEIGHT // 2 - 6
    tower = np.isfinite(plain.distance_m[row])
    dark = plain.color[row].mean(axis=1) < 90
    middle = slice(WIDTH // 2 - 12, WIDTH // 2 + 12)
    assert np.count_nonzero(tower[middle] != dark[middle]) <= 2


def test_the_wrap_seam_jumps_no_more_than_the_interior(plain: World) -> None:
    color = plain.color.astype(float)
    steps = np.abs(np.diff(color, axis=1)).mean(axis=(0, 2))
    seam = np.abs(color[:, 0] - color[:, -1]).mean()
    assert seam <= np.percentile(steps, 99)


def test_the_same_seed_gives_the_same_world(graphics: Graphics, plain: World) -> None:
    again = world_from_scene(flat_scene(), "test", 3, WIDTH, EFFORT, graphics)
    assert np.array_equal(again.color, plain.color)
    assert np.array_equal(again.distance_m, plain.distance_m)


def test_a_turned_scene_is_the_same_picture_rolled(graphics: Graphics, plain: World) -> None:
    scene = flat_scene()
    scene.facing_deg = 90.0
    turned = world_from_scene(scene, "test", 3, WIDTH, EFFORT, graphics)
    assert np.array_equal(np.roll(turned.distance_m, WIDTH // 4, axis=1), plain.distance_m)
