"""Two worlds in one eye: their light is added, and each stays where and how it was."""

from __future__ import annotations

import moderngl
import numpy as np
import pytest
from eye_scenes import (
    EYE_PX,
    STRAIGHT,
    both_pictures,
    bring,
    center_of_light,
    drawing_of,
    drawn,
    pixel_of,
    plain_panorama,
    spot_panorama,
    tracking_from_eye,
)
from hypothesis import given
from hypothesis import strategies as st

from bench.counters import live_objects
from depthfusion.errors import RendererError
from depthfusion.geometry import direction_from_uv
from depthfusion.headset import Eye
from depthfusion.panorama.panorama import Panorama
from depthfusion.renderer import stages
from depthfusion.renderer.spares import Spares
from depthfusion.view import View
from depthfusion.vr.gl_functions import UINT, gl_function
from depthfusion.vr.mix import mix_factors
from depthfusion.vr.shade import DISPLAY_GAMMA, encoded_factor

pytestmark = pytest.mark.gl

POWER = 1 / DISPLAY_GAMMA
RED, GREEN, BLUE, BLACK = (200, 90, 20), (30, 180, 60), (0, 0, 200), (0, 0, 0)


def mixed_pictures(share: float, leaving: float, used_px=EYE_PX):
    """Both eyes' pictures with these shares; the leaving world in the same place."""
    pictures = both_pictures(used_px=used_px)
    for picture in pictures:
        picture.share, picture.leaving.share = share, leaving
        picture.leaving.clip_from_world[:] = picture.clip_from_world
        picture.leaving.view = picture.view
    return pictures


def linear(value: np.ndarray) -> np.ndarray:
    """Return sRGB's own curve undone, 0 to 1."""
    x = np.asarray(value) / 255
    return np.where(x > 0.04045, ((x + 0.055) / 1.055) ** 2.4, x / 12.92)


def encoded(light: np.ndarray) -> np.ndarray:
    return 255 * np.where(
        light > 0.0031308, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055, 12.92 * light
    )


def bring_second(drawing, panorama: Panorama) -> None:
    """Let the shown world leave for this one."""
    bring(drawing, panorama, show=False)
    drawing.use_uploaded()


@pytest.mark.parametrize("samples", [1, 4])
@pytest.mark.parametrize(("share", "leaving"), [(1 / 6, 1 / 6), (0.05, 0.3), (0.3, 0.02)])
def test_the_light_of_both_worlds_is_added_in_the_stated_shares(
    gl_context, samples, share, leaving
):
    with drawing_of(gl_context, plain_panorama(RED), samples=samples) as drawing:
        bring_second(drawing, plain_panorama(GREEN))
        eyes = drawn(drawing, mixed_pictures(share, leaving))
    due = encoded(share * linear(np.array(GREEN)) + leaving * linear(np.array(RED)))
    power = sum_of([np.array(GREEN) * share**POWER, np.array(RED) * leaving**POWER])
    for eye in eyes:
        assert np.ptp(eye, axis=(0, 1)).max() <= 1
        np.testing.assert_allclose(eye[5, 5], due, atol=8)  # a power for sRGB's curve
        np.testing.assert_allclose(eye[5, 5], power, rtol=0.03, atol=1)  # a square for that


def test_two_worlds_alike_are_as_bright_as_one_with_the_sum_of_their_light(gl_context):
    """So nothing pops where the fade of one world becomes that of two."""
    gray = plain_panorama((140, 90, 30))
    with drawing_of(gl_context, gray) as drawing:
        bring_second(drawing, gray)
        one = drawn(drawing, mixed_pictures(1 / 3, 0.0))[0].astype(int)
        for share in (0.001, 0.1, 0.3):
            two = drawn(drawing, mixed_pictures(share, 1 / 3 - share))[0].astype(int)
            assert np.abs(one[0, 0] - two).max() <= 1


@pytest.mark.parametrize("samples", [1, 4])
def test_each_world_is_seen_from_its_own_place_in_both_eyes(gl_context, samples):
    """One spot each: the old one 10 degrees to the left, 1.2 m away; the new one on the right."""
    old_uv, new_uv, old_m, new_m = (0.472, 0.48), (0.53, 0.52), 1.2, 3.0
    pictures = mixed_pictures(0.5, 0.5)
    moved = both_pictures(head_m=(0.1, 0.05, 0.0))
    for picture, other in zip(pictures, moved, strict=True):
        picture.leaving.clip_from_world[:] = other.clip_from_world
    with drawing_of(gl_context, spot_panorama(old_uv, old_m), samples=samples) as drawing:
        bring_second(drawing, spot_panorama(new_uv, new_m))
        eyes = drawn(drawing, pictures)
    for eye in Eye:
        picture = eyes[eye.value]
        for uv, distance_m, head_m in (
            (old_uv, old_m, (0.1, 0.05, 0.0)),
            (new_uv, new_m, (0, 0, 0)),
        ):
            point_m = direction_from_uv(np.array(uv)) * distance_m
            pose = tracking_from_eye(eye, head_m=head_m)
            x, y = pixel_of(point_m, pose, STRAIGHT[eye.value], picture.shape[1::-1])
            near = np.zeros_like(picture)
            window = np.s_[int(y) - 6 : int(y) + 6, int(x) - 6 : int(x) + 6]
            near[window] = picture[window]
            np.testing.assert_allclose(center_of_light(near), (x, y), atol=0.5)


def test_a_change_of_view_alone_mixes_the_same_world_with_itself(gl_context):
    near, far = View(), View(world_scale=8.0)
    pictures = mixed_pictures(0.5, 0.5)
    for picture in pictures:
        picture.view, picture.leaving.view = near, far
    alone = []
    with drawing_of(gl_context, spot_panorama((0.5, 0.5), 0.5)) as drawing:
        both = drawn(drawing, pictures)[0]
        for view in (near, far):
            one = mixed_pictures(0.5, 0.0, used_px=both.shape[1::-1])
            one[0].view = view
            alone.append(drawn(drawing, one)[0])
    row = both.shape[0] // 2
    seen, due = (eye[row, :, 0].astype(float) ** DISPLAY_GAMMA for eye in (both, sum_of(alone)))
    assert np.abs(center_of_light(alone[0])[0] - center_of_light(alone[1])[0]) > 2
    np.testing.assert_allclose(seen, due, atol=0.1 * due.max())


def sum_of(pictures: list[np.ndarray]) -> np.ndarray:
    """Return the picture with the light of both."""
    light = sum(picture.astype(float) ** DISPLAY_GAMMA for picture in pictures)
    return np.asarray(light) ** POWER


@given(st.floats(0.001, 0.5), st.floats(0, 0.5))
def test_the_factors_are_those_of_fades_within_three_percent(share, leaving):
    coming, going = mix_factors((share, leaving))
    assert np.hypot(coming, going) == pytest.approx(encoded_factor(share + leaving))
    assert coming == pytest.approx(encoded_factor(share), rel=0.035)
    assert mix_factors((share, 0.0)) == (pytest.approx(encoded_factor(share)), 0.0)


def test_what_goes_alone_is_drawn_alone(gl_context):
    """The first frame of a change: nothing of the new world, and no loss of sharpness."""
    with drawing_of(gl_context, plain_panorama(RED)) as drawing:
        before = drawn(drawing, mixed_pictures(0.3, 0.0))[0]
        bring_second(drawing, plain_panorama(GREEN))
        np.testing.assert_array_equal(drawn(drawing, mixed_pictures(0.0, 0.3))[0], before)
        drawing.let_leave()
        assert drawn(drawing, mixed_pictures(1.0, 0.0))[0][0, 0].tolist() == list(GREEN)


@pytest.mark.parametrize("samples", [1, 4])
def test_both_worlds_fill_all_of_a_picture_that_is_smaller_than_its_target(gl_context, samples):
    """At most half of the pixels of one world, so that it costs no more; for late frames, fewer."""
    with drawing_of(gl_context, plain_panorama((255, 255, 255)), samples=samples) as drawing:
        bring_second(drawing, plain_panorama((255, 255, 255)))
        whole = drawn(drawing, mixed_pictures(0.5, 0.5))[0]
        bring(drawing, plain_panorama(BLACK))
        bring_second(drawing, plain_panorama(BLACK))
        small = drawn(drawing, mixed_pictures(0.5, 0.5, used_px=(121, 133)))[0]
    assert whole.min() == 255
    assert 0.1 < whole[..., 0].size / (EYE_PX[0] * EYE_PX[1]) < 0.5
    assert small.shape[0] / whole.shape[0] == pytest.approx(133 / 260, abs=0.01)
    assert small.max() == 0


def test_hidden_parts_brightness_and_rim_hold_for_both(gl_context):
    corner = np.array([[[0, 0], [0.5, 0], [0, 0.5]]], np.float32)
    pictures = mixed_pictures(0.25, 0.25)
    with drawing_of(gl_context, plain_panorama((200, 200, 200))) as drawing:
        bring_second(drawing, plain_panorama((200, 200, 200)))
        drawing.set_hidden_mesh(Eye.LEFT, corner)
        whole = drawn(drawing, pictures)[0]
        for picture in pictures:
            picture.brightness, picture.vignette = 0.5, 1.0
        dim = drawn(drawing, pictures)[0]
    middle = (whole.shape[0] // 2, whole.shape[1] // 2)
    assert whole[-10, 10].max() == 0
    assert whole[10, 10].max() == pytest.approx(200 * 0.5 ** (1 / 2.2), abs=1)
    assert dim[middle].max() == pytest.approx(200 * 0.25 ** (1 / 2.2), abs=1)
    assert dim[10, 10].max() == 0  # the rim


def test_a_session_that_ends_in_the_middle_leaves_nothing(gl_context):
    use_program = gl_function("glUseProgram", UINT)
    use_program(0)  # one that is in use stays as long
    before = live_objects()
    with drawing_of(gl_context, plain_panorama(RED)) as drawing:
        bring_second(drawing, plain_panorama(GREEN))
        drawn(drawing, mixed_pictures(0.2, 0.1))
        drawing.upload(next(iter(stages(plain_panorama(BLUE)))))
    use_program(0)
    assert live_objects() == before


def test_changes_upon_changes_leave_no_objects(gl_context):
    worlds = [plain_panorama(RED), plain_panorama(GREEN, 128)]
    pictures = mixed_pictures(0.2, 0.1, used_px=(16, 16))
    with drawing_of(gl_context, worlds[0], (16, 16)) as drawing:

        def live(turns: int) -> dict[str, int]:
            for turn in range(turns):
                bring_second(drawing, worlds[turn % 2])
                drawn(drawing, pictures)
                if turn % 3:  # otherwise the next one comes on top of it
                    drawing.let_leave()
            drawing.let_leave()
            return live_objects()

        before = live(6)
        assert live(12) == before


def refuse(*_: object) -> None:
    raise moderngl.Error("cannot create texture")


@pytest.mark.parametrize("how", ["ModernGL says so", "OpenGL says so", "the system says so"])
def test_no_memory_is_told_in_words_and_the_old_world_stays(gl_context, monkeypatch, how):
    with drawing_of(gl_context, plain_panorama(RED)) as drawing:
        before = live_objects()
        with monkeypatch.context() as patch:
            if how == "OpenGL says so":
                patch.setattr(moderngl.Context, "error", property(lambda _: "GL_OUT_OF_MEMORY"))
            elif how == "ModernGL says so":
                patch.setattr(Spares, "made", refuse)
                patch.setattr(Spares, "take", refuse)
            else:
                patch.setattr(moderngl.Texture, "write", lambda *_, **__: bytearray(1 << 62))
            with pytest.raises(RendererError, match="want room for another world on the graphics"):
                bring(drawing, plain_panorama(GREEN), show=False)
        drawing.use_uploaded()
        assert drawn(drawing, both_pictures())[0][0, 0].tolist() == list(RED)
        gone = {kind: before[kind] - count for kind, count in live_objects().items()}
        assert all(count >= 0 for count in gone.values())  # what was kept for it was let go, too
        bring(drawing, plain_panorama(GREEN))
        assert drawn(drawing, both_pictures())[0][0, 0].tolist() == list(GREEN)
