"""What lies over the world in an eye: hidden parts, fades, rim, panel; and the mirror."""

from __future__ import annotations

import numpy as np
import pytest
from eye_scenes import (
    ASYMMETRIC,
    EYE_PX,
    STRAIGHT,
    both_pictures,
    center_of_light,
    drawing_of,
    drawn,
    pixel_of,
    plain_panorama,
    spot_panorama,
    texels,
    tracking_from_eye,
)

from bench.counters import can_count, shader_runs
from depthfusion.errors import RendererError
from depthfusion.headset import Eye
from depthfusion.vr.drawing import PANEL_PX, EyePicture, Mirror

pytestmark = pytest.mark.gl

CORNERS = np.array([[[0, 0], [0.4, 0], [0, 0.4]], [[1, 1], [0.7, 1], [1, 0.7]]], np.float32)
"""Triangles in the lower left and the upper right corner."""
GRAY = 128


def hidden_pixels(size_px=EYE_PX) -> np.ndarray:
    """Return (h, w) bool, row 0 up: the pixels whose centres `CORNERS` cover, by their borders."""
    x, y = np.meshgrid(
        (np.arange(size_px[0]) + 0.5) / size_px[0], 1 - (np.arange(size_px[1]) + 0.5) / size_px[1]
    )
    return (x + y < 0.4) | ((1 - x) + (1 - y) < 0.3)


def test_what_the_lenses_hide_is_not_drawn_and_all_else_is(gl_context):
    with drawing_of(gl_context, plain_panorama()) as drawing:
        drawing.set_hidden_mesh(Eye.LEFT, CORNERS)
        left, right = drawn(drawing, both_pictures(ASYMMETRIC))
        hidden = hidden_pixels()
        assert left[hidden].max() == 0
        assert (left[~hidden] == GRAY).all()
        assert (right == GRAY).all()
        drawing.set_hidden_mesh(Eye.LEFT, np.empty((0, 3, 2), np.float32))
        assert (drawn(drawing, both_pictures())[0] == GRAY).all()


@pytest.mark.parametrize("brightness", [0.7, 0.2, 0.05])
def test_brightness_is_a_factor_on_light(gl_context, brightness):
    pictures = both_pictures()
    for picture in pictures:
        picture.brightness = brightness
    with drawing_of(gl_context, plain_panorama()) as drawing:
        left, right = drawn(drawing, pictures)
    linear = ((GRAY / 255 + 0.055) / 1.055) ** 2.4 * brightness
    encoded = 1.055 * linear ** (1 / 2.4) - 0.055 if linear > 0.0031308 else 12.92 * linear
    assert np.ptp(left) <= 1
    assert (left == right).all()
    assert left[0, 0, 0] == pytest.approx(255 * encoded, abs=7)


def test_no_light_is_black_and_the_world_is_not_drawn(gl_context):
    picture = both_pictures()[0]
    picture.brightness = 0.0
    with drawing_of(gl_context, plain_panorama()) as drawing:
        if can_count(gl_context):
            with shader_runs() as runs:
                submission = drawing.draw(Eye.LEFT, picture)
            assert runs.fragment == 0
        else:
            submission = drawing.draw(Eye.LEFT, picture)
        assert texels(submission).max() == 0


def test_without_a_world_the_eyes_are_dark(gl_context):
    with drawing_of(gl_context) as drawing:
        assert not drawing.has_world
        for eye in drawn(drawing, both_pictures()):
            assert eye.max() == 0


@pytest.mark.parametrize(("tangents", "cant_deg"), [(STRAIGHT, 0), (ASYMMETRIC, 6)])
def test_the_rim_is_dark_from_25_degrees_on_and_the_same_for_both_eyes(
    gl_context, tangents, cant_deg
):
    pictures = both_pictures(tangents, cant_deg=cant_deg)
    for picture in pictures:
        picture.vignette = 1.0
        picture.ahead[:] = 0.0, 0.0, -1.0
    with drawing_of(gl_context, plain_panorama()) as drawing:
        seen = drawn(drawing, pictures)
    for eye in Eye:
        pose = tracking_from_eye(eye, cant_deg=cant_deg)
        for angle_deg, low, high in ((0, 127, 129), (12, 126, 129), (20, 20, 110), (26, 0, 2)):
            for turn in np.radians([0, 90, 200, 300]):
                angle = np.radians(angle_deg)
                way = np.array(
                    [np.sin(angle) * np.cos(turn), np.sin(angle) * np.sin(turn), -np.cos(angle)]
                )
                x, y = pixel_of(pose[:3, 3] + way, pose, tangents[eye.value], EYE_PX).astype(int)
                assert low <= seen[eye.value][y, x, 0] <= high, (eye, angle_deg)


def test_a_faint_rim_leaves_the_middle_as_it_is(gl_context):
    pictures = both_pictures()
    pictures[0].vignette = 0.3
    with drawing_of(gl_context, plain_panorama()) as drawing:
        left, _ = drawn(drawing, pictures)
    height, width = left.shape[:2]
    assert (left[height // 4 : -height // 4, width // 4 : -width // 4] == GRAY).all()


def shown_panel(picture: EyePicture, opacity: float = 1.0) -> None:
    picture.panel.world_from_panel[:3, 3] = 0.1, -0.2, -1.2
    picture.panel.width_m, picture.panel.opacity = 0.4, opacity


def test_the_panel_hangs_where_it_should_in_both_eyes(gl_context):
    """One white corner on a black panel: its place tells position, size and which way is up."""
    rgba = np.zeros((PANEL_PX[1], PANEL_PX[0], 4), np.uint8)
    rgba[..., 3] = 255
    rgba[40:140, 24:124, :3] = 255
    center = np.array([74 / 1024 - 0.5, 0.5 * 640 / 1024 - 90 / 1024]) * 0.4
    point_m = np.array([0.1 + center[0], -0.2 + center[1], -1.2])
    pictures = both_pictures(ASYMMETRIC, cant_deg=4)
    with drawing_of(gl_context, plain_panorama((0, 0, 0))) as drawing:
        drawing.set_panel_picture(rgba)
        for picture in pictures:
            shown_panel(picture)
            picture.brightness = 0.0  # the panel stays bright
        seen = [center_of_light(eye) for eye in drawn(drawing, pictures)]
    due = [
        pixel_of(point_m, tracking_from_eye(eye, cant_deg=4), ASYMMETRIC[eye.value], EYE_PX)
        for eye in Eye
    ]
    np.testing.assert_allclose(seen, due, atol=0.5)


def test_the_panel_lies_over_nearer_things_and_fades(gl_context):
    rgba = np.full((PANEL_PX[1], PANEL_PX[0], 4), 255, np.uint8)
    pictures = both_pictures()
    near = spot_panorama((0.5, 0.55), 0.5)
    levels = []
    with drawing_of(gl_context, near) as drawing:
        x, y = pixel_of(
            np.array([0.1, -0.2, -1.2]), tracking_from_eye(Eye.LEFT), STRAIGHT[0], EYE_PX
        ).astype(int)
        shown_panel(pictures[0])
        assert drawn(drawing, pictures)[0][y, x].max() == 0  # without a picture: no panel
        drawing.set_panel_picture(rgba)
        for opacity in (0.0, 0.5, 1.0):
            shown_panel(pictures[0], opacity)
            levels.append(int(drawn(drawing, pictures)[0][y, x, 0]))
    assert levels[0] == 0
    assert levels[1] == pytest.approx(128, abs=1)
    assert levels[2] == 255


def test_the_panel_in_the_dark_has_the_size_that_the_eye_has_now(gl_context):
    point_m = np.array([0.1, -0.2, -1.2])
    small, large = both_pictures(used_px=(120, 130))[0], both_pictures()[0]
    large.brightness = 0.0
    shown_panel(large)
    with drawing_of(gl_context, plain_panorama()) as drawing:
        drawing.set_panel_picture(np.full((PANEL_PX[1], PANEL_PX[0], 4), 255, np.uint8))
        drawing.draw(Eye.LEFT, small)
        seen = center_of_light(texels(drawing.draw(Eye.LEFT, large)))
    due = pixel_of(point_m, tracking_from_eye(Eye.LEFT), STRAIGHT[0], EYE_PX)
    np.testing.assert_allclose(seen, due, atol=0.5)


def test_a_panel_of_another_size_is_refused_in_words(gl_context):
    with (
        drawing_of(gl_context) as drawing,
        pytest.raises(RendererError, match=r"want a panel of 640x1024x4, got \(2, 2, 4\)"),
    ):
        drawing.set_panel_picture(np.zeros((2, 2, 4), np.uint8))


def test_an_eye_larger_than_the_gpu_can_is_refused_in_words(gl_context):
    with (
        drawing_of(gl_context) as drawing,
        pytest.raises(RendererError, match="want an eye's picture from 1x1 to"),
    ):
        drawing.resize((100_000, 10))


def mirrored(gl_context, drawing, mirror: Mirror, size_px=(120, 60)) -> np.ndarray:
    window = gl_context.simple_framebuffer(size_px)
    window.clear(1.0, 1.0, 1.0, 1.0)
    drawing.show_on(window, size_px, mirror)
    raw = window.read(components=3, alignment=1)
    for part in (*window.color_attachments, window.depth_attachment, window):
        part.release()
    return np.frombuffer(raw, np.uint8).reshape(size_px[1], size_px[0], 3)[::-1]


def test_the_mirror_shows_the_middle_of_left_right_or_both(gl_context):
    """The spot, up and to the right of straight ahead, is in the same place of the window."""
    used_px = (120, 130)
    with drawing_of(gl_context, spot_panorama((0.53, 0.47), 2.0)) as drawing:
        pictures = both_pictures(STRAIGHT, used_px)
        eyes = [center_of_light(eye) for eye in drawn(drawing, pictures)]
        for mirror, eye in ((Mirror.LEFT, eyes[0]), (Mirror.RIGHT, eyes[1])):
            # 120 wide: every column fits; 35 rows are left out above and as many below.
            seen = center_of_light(mirrored(gl_context, drawing, mirror))
            np.testing.assert_allclose(seen, eye - (0, 35), atol=0.4)
        both = mirrored(gl_context, drawing, Mirror.BOTH, (240, 130))
        for half, eye in ((both[:, :120], eyes[0]), (both[:, 120:], eyes[1])):
            np.testing.assert_allclose(center_of_light(half), eye, atol=0.4)
        assert mirrored(gl_context, drawing, Mirror.NONE).max() == 0


def test_before_anything_is_drawn_the_mirror_is_black(gl_context):
    with drawing_of(gl_context) as drawing:
        assert mirrored(gl_context, drawing, Mirror.BOTH).max() == 0
