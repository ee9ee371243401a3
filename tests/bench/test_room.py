"""The truth that pictures are judged by must itself be true."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from bench import room
from bench.metrics import assert_sane, heat, psnr_db
from bench.room import DepthKind, Pose, pose_set, room_panorama, room_view, view_directions
from bench.scene import first_hits, trace
from bench.shapes import Box, Pole, Sphere
from depthfusion.geometry import uv_from_direction
from depthfusion.panorama.panorama import DepthMeaning

CENTER = Pose(30.0, -15.0, (0.0, 0.0, 0.0))
ASIDE = Pose(0.0, -10.0, (0.3, 0.0, 0.0))
SIZE_PX = (90, 100)
WIDTH_PX = 1024


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setattr(room, "CACHE", tmp_path_factory.mktemp("bench"))
    yield
    patch.undo()


@pytest.fixture(scope="module")
def panorama():
    return room_panorama(WIDTH_PX, DepthKind.DISTANCE)


def resampled(panorama, pose, fov_deg, size_px):
    """Look the view's rays up in the panorama, bilinearly: exact at the centre."""
    x, y = np.meshgrid(np.arange(size_px[0]) + 0.5, np.arange(size_px[1]) + 0.5)
    uv = uv_from_direction(view_directions(pose, fov_deg, size_px)(x, y))
    height_px, width_px = panorama.color.shape[:2]
    where = [uv[..., 1] * height_px - 0.5, uv[..., 0] * width_px - 0.5]
    channels = [
        map_coordinates(panorama.color[..., c].astype(float), where, order=1, mode="grid-wrap")
        for c in range(3)
    ]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)


def test_the_panorama_seen_from_its_centre_is_the_true_view(panorama):
    truth = room_view(CENTER, SIZE_PX, 40.0)
    assert psnr_db(truth.color, resampled(panorama, CENTER, 40.0, SIZE_PX)) > 38


def test_the_same_lookup_from_aside_is_not_the_true_view(panorama):
    truth = room_view(ASIDE, SIZE_PX, 40.0)
    assert psnr_db(truth.color, resampled(panorama, ASIDE, 40.0, SIZE_PX)) < 25


def test_distances_of_known_points_are_the_analytic_ones():
    ways = np.array([[0, 1, 0], [0, -1, 0], [0, 0.6, -0.8], [0.85, -0.1, -1.1]], float)
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    sphere_m = np.linalg.norm([0.85, -0.1, -1.1]) - 0.24
    _, distances_m = trace(np.zeros(3), ways)
    np.testing.assert_allclose(distances_m, [1.3, 1.6, 1.3 / 0.6, sphere_m], rtol=1e-12)


def test_the_panorama_holds_distances_along_the_ray(panorama):
    assert panorama.meaning is DepthMeaning.DISTANCE
    assert panorama.depth[0, 0] == pytest.approx(1.3, abs=1e-4)
    assert panorama.depth[-1, 0] == pytest.approx(1.6, abs=1e-4)


def test_relative_depth_gives_the_distances_back(panorama):
    relative = room_panorama(WIDTH_PX)
    disparity = relative.depth / relative.near_m + (1 - relative.depth) / relative.far_m
    np.testing.assert_allclose(1 / disparity, panorama.depth, rtol=2e-4)


def test_soft_depth_differs_at_edges_only():
    sharp, soft = (room_panorama(WIDTH_PX, k).depth for k in (DepthKind.RELATIVE16, DepthKind.SOFT))
    off = np.abs(sharp - soft)
    assert off.max() > 0.2
    assert np.median(off) < 1e-3


def test_everything_is_visible_from_the_centre_and_not_from_aside():
    assert room_view(CENTER, SIZE_PX, 100.0).visible.all()
    aside = room_view(ASIDE, SIZE_PX, 100.0).visible
    assert 0.85 < aside.mean() < 0.99


def test_skipping_far_things_changes_no_hit():
    random = np.random.default_rng(1)
    origin = np.array([0.2, -0.1, 0.1])
    ways = random.normal(size=(2000, 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    together, _ = first_hits(origin, ways)  # all around: nothing is skipped
    alone = np.array([first_hits(origin, way[None])[0][0] for way in ways[:300]])
    np.testing.assert_array_equal(alone, together[:300])


def test_bodies_are_hit_where_they_stand():
    ahead = np.array([[0.0, 0.0, -1.0]])
    beside = np.array([0.3, 0.0, 0.0])
    bodies = [
        Sphere((0, 0, -3), 0.5),
        Box((0, 0, -3), (0.2, 0.2, 0.5)),
        Pole((0, -1, -3), (0, 1, -3), 0.25),
    ]
    reached = [float(body.hit(np.zeros(3), ahead)[0]) for body in bodies]
    np.testing.assert_allclose(reached, [2.5, 2.5, 2.75])
    assert np.isinf(bodies[1].hit(beside, ahead)[0]) and np.isinf(bodies[2].hit(beside, ahead)[0])
    np.testing.assert_allclose(bodies[1].normal(np.array([[0, 0, -2.5]])), [[0, 0, 1]])


def test_pose_sets_have_twelve_eyes_where_they_are_said_to_be():
    for name, head_m in (("a", 0.0), ("b", 0.3)):
        eyes = np.array([pose.position_m for pose in pose_set(name)]).reshape(6, 2, 3)
        np.testing.assert_allclose(np.linalg.norm(eyes[:, 1] - eyes[:, 0], axis=1), 0.063)
        np.testing.assert_allclose(np.linalg.norm(eyes.mean(axis=1), axis=1), head_m, atol=1e-9)


def test_blank_pictures_are_refused():
    truth = room_view(CENTER, SIZE_PX, 40.0)
    assert_sane(truth.color, truth.color, "itself")
    with pytest.raises(AssertionError, match="nothing drawn"):
        assert_sane(truth.color, np.full_like(truth.color, truth.color.mean()), "nothing drawn")


def test_heat_shows_errors_bright_and_hidden_pixels_blue():
    truth = np.zeros((1, 3, 3), np.uint8)
    shown = np.array([[[0] * 3, [64] * 3, [0] * 3]], np.uint8)
    seen = np.array([[True, True, False]])
    assert heat(truth, shown, seen).tolist() == [[[0, 0, 0], [255, 255, 255], [0, 0, 128]]]
