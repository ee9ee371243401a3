"""Where things are in the two eyes: by the optics, and by a ray-traced room."""

from __future__ import annotations

import numpy as np
import pytest
from eye_scenes import (
    ASYMMETRIC,
    EYE_PX,
    IPD_M,
    STRAIGHT,
    both_pictures,
    center_of_light,
    drawing_of,
    drawn,
    pixel_of,
    spot_panorama,
    tracking_from_eye,
)

from bench import room
from bench.metrics import psnr_db
from bench.scene import picture as traced
from depthfusion.geometry import direction_from_uv
from depthfusion.headset import Eye
from depthfusion.view import Mapping, View

pytestmark = pytest.mark.gl

SPOT_UV, SPOT_M = (0.53, 0.46), 1.4
POINT_M = SPOT_M * direction_from_uv(np.array(SPOT_UV))


@pytest.mark.parametrize("cant_deg", [0, 6])
@pytest.mark.parametrize("tangents", [STRAIGHT, ASYMMETRIC], ids=["straight", "asymmetric"])
def test_a_known_point_is_where_the_optics_put_it(gl_context, tangents, cant_deg):
    pictures = both_pictures(tangents, head_m=(0.05, -0.03, 0.02), yaw_deg=5, cant_deg=cant_deg)
    with drawing_of(gl_context, spot_panorama(SPOT_UV, SPOT_M)) as drawing:
        seen = [center_of_light(eye) for eye in drawn(drawing, pictures)]
    due = [
        pixel_of(
            POINT_M,
            tracking_from_eye(eye, (0.05, -0.03, 0.02), 5, cant_deg),
            tangents[eye.value],
            EYE_PX,
        )
        for eye in Eye
    ]
    np.testing.assert_allclose(seen, due, atol=0.5)
    disparity, due_disparity = seen[0] - seen[1], due[0] - due[1]
    np.testing.assert_allclose(disparity, due_disparity, atol=0.5)


def test_nearer_points_lie_further_right_in_the_left_eye(gl_context):
    """Swapped eyes would turn the sign; eyes of one place would have none."""
    found = []
    for distance_m in (0.8, 2.0):
        with drawing_of(gl_context, spot_panorama((0.5, 0.5), distance_m)) as drawing:
            left, right = drawn(drawing, both_pictures())
        found.append(center_of_light(left)[0] - center_of_light(right)[0])
    focal_px = EYE_PX[0] / 2
    np.testing.assert_allclose(found, [focal_px * IPD_M / d for d in (0.8, 2.0)], atol=0.5)
    assert found[0] > found[1] + 2


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_nearer_surfaces_are_pushed_back_to_the_limit_and_others_stay(gl_context, scale):
    """The limit is in metres of what is shown, whatever the world's scale."""
    focal_px = EYE_PX[0] / 2
    for distance_m in (0.6, 3.0):
        pictures = both_pictures()
        for picture in pictures:
            picture.view, picture.nearest_m = View(world_scale=scale), 0.75
        with drawing_of(gl_context, spot_panorama((0.5, 0.5), distance_m)) as drawing:
            left, right = drawn(drawing, pictures)
        found = center_of_light(left)[0] - center_of_light(right)[0]
        assert found == pytest.approx(focal_px * IPD_M / max(0.75, scale * distance_m), abs=0.5)


def test_the_picture_is_upright_and_not_mirrored(gl_context):
    up_and_right = spot_panorama((0.56, 0.42), 3.0)
    with drawing_of(gl_context, up_and_right) as drawing:
        for eye in drawn(drawing, both_pictures()):
            x, y = center_of_light(eye)
            assert x > EYE_PX[0] * 0.55
            assert y < EYE_PX[1] * 0.45


def test_a_smaller_picture_lies_in_the_lower_left_corner_and_shows_the_same(gl_context):
    small_px = (120, 130)
    with drawing_of(gl_context, spot_panorama(SPOT_UV, SPOT_M)) as drawing:
        whole, _ = drawn(drawing, both_pictures(ASYMMETRIC))
        left, _ = both_pictures(ASYMMETRIC, used_px=small_px)
        submission = drawing.draw(Eye.LEFT, left)
        assert (submission.size_px, submission.used_px) == (EYE_PX, small_px)
        small, _ = drawn(drawing, both_pictures(ASYMMETRIC, used_px=small_px))
    np.testing.assert_allclose(center_of_light(small), center_of_light(whole) / 2, atol=0.3)


def test_four_samples_a_pixel_are_resolved_into_what_is_handed_over(gl_context):
    """As on a GPU: edges are smoother, everything else is the same, also in a smaller picture."""
    if gl_context.max_samples < 4:
        pytest.fail("llvmpipe and every GPU have four samples a pixel")
    pictures = both_pictures(ASYMMETRIC, used_px=(120, 130), head_m=(0.05, 0.0, 0.0))
    found = []
    for samples in (1, 4):
        panorama = spot_panorama(SPOT_UV, SPOT_M)
        with drawing_of(gl_context, panorama, samples=samples) as drawing:
            drawing.set_hidden_mesh(Eye.LEFT, np.array([[[0, 0], [0.6, 0], [0, 0.6]]], np.float32))
            found.append(drawn(drawing, pictures))
    for one, many in zip(*found, strict=True):
        np.testing.assert_allclose(center_of_light(many), center_of_light(one), atol=0.2)
        assert many.shape == one.shape
        assert abs(int(many.sum()) - int(one.sum())) < 0.1 * one.sum()


ROOM_PX = (150, 160)
ROOM_TANGENTS = ASYMMETRIC[0]
HEAD_M = (0.08, 0.0, 0.06)
"""10 cm from the centre."""


@pytest.fixture(scope="module")
def small_room(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setattr(room, "CACHE", tmp_path_factory.mktemp("headset-room"))
    yield room.room_panorama(1024)
    patch.undo()


def room_truth(pose: np.ndarray) -> np.ndarray:
    """Return what the left eye, asymmetric and at `pose`, really sees of the room."""
    t, (width, height) = ROOM_TANGENTS, ROOM_PX

    def directions(x, y):
        across = t.left + (t.right - t.left) * x / width
        up = t.top - (t.top - t.bottom) * y / height
        way = np.stack([across, up, -np.ones_like(across)], axis=-1)
        return way / np.linalg.norm(way, axis=-1, keepdims=True) @ pose[:3, :3].T

    return traced(pose[:3, 3], directions, ROOM_PX)[0]


def test_a_head_move_gives_the_parallax_of_the_traced_room(gl_context, small_room):
    view = View(mapping=Mapping.METRIC)
    found = {}
    with drawing_of(gl_context, small_room, ROOM_PX) as drawing:
        for head_m in ((0.0, 0.0, 0.0), HEAD_M):
            pictures = both_pictures(ASYMMETRIC, ROOM_PX, head_m=head_m, yaw_deg=25, cant_deg=4)
            pictures[0].view = pictures[1].view = view
            found[head_m] = drawn(drawing, pictures)[0]
    truth = room_truth(tracking_from_eye(Eye.LEFT, HEAD_M, 25, 4))
    moved_db, still_db = (psnr_db(truth, found[h]) for h in (HEAD_M, (0.0, 0.0, 0.0)))
    assert moved_db > 27.5
    assert moved_db > still_db + 8


def test_an_eye_is_the_monitors_eye(gl_context, small_room):
    """With the monitor's frustum and a head 10 cm aside the picture is the same, bit by bit."""
    from depthfusion.renderer import PanoramaRenderer, stages

    left, _ = both_pictures(used_px=ROOM_PX, head_m=HEAD_M)
    left.view = View(mapping=Mapping.METRIC)
    with drawing_of(gl_context, small_room, ROOM_PX) as drawing:
        shown = drawn(drawing, (left, left))[0]
    renderer = PanoramaRenderer(gl_context)
    for stage in stages(small_room, software=renderer.is_software):
        while not renderer.apply(stage):
            pass
    target = gl_context.simple_framebuffer(ROOM_PX)
    renderer.draw_eye(left.clip_from_world, left.view, target, ROOM_PX)
    raw = np.frombuffer(target.read(components=3, alignment=1), np.uint8)
    np.testing.assert_array_equal(shown, raw.reshape(*ROOM_PX[::-1], 3)[::-1])
    renderer.release()
    for part in (*target.color_attachments, target.depth_attachment, target):
        part.release()
