"""The vertex shader against its NumPy twin, and what the paper fixes."""

from __future__ import annotations

import math
from dataclasses import replace

import moderngl
import numpy as np
import pytest

from depthfusion.geometry import direction_from_uv, disparity_from_depth
from depthfusion.panorama.panorama import Panorama
from depthfusion.renderer.offscreen import OffscreenRenderer
from depthfusion.renderer.panorama_renderer import uniforms_from_view
from depthfusion.renderer.program import program_from, set_uniforms
from depthfusion.renderer.stages import Stage, stages
from depthfusion.view import SPHERE_RADIUS_M, Mapping, View

pytestmark = pytest.mark.gl

COLUMNS = 64
DEPTHS = np.linspace(0, 1, 33, dtype=np.float32)


def points_from_shader(ctx: moderngl.Context, stage: Stage, view: View) -> np.ndarray:
    """Run panorama.vert over a grid of depths; return (n, 4) homogeneous points."""
    program = program_from(ctx, "panorama.vert", varyings=["v_point"])
    grid = np.array([[i * 2, i] for i in range(33)], np.uint16)
    vertices = np.empty(33, [("grid", "<u2", 2), ("depth", "<f4")])
    vertices["grid"], vertices["depth"] = grid, DEPTHS
    values = uniforms_from_view(view, stage)
    values |= {"u_uv_from_grid": (1 / COLUMNS, 2 / COLUMNS), "u_push_back": 1.0}
    values["u_clip_from_world"] = np.eye(4, dtype=np.float32).tobytes()
    set_uniforms(program, values)
    source, result = ctx.buffer(vertices.tobytes()), ctx.buffer(reserve=33 * 16)
    array = ctx.vertex_array(program, [(source, "2u2 1f4", "a_grid", "a_depth")])
    color = ctx.renderbuffer((1, 1))
    framebuffer = ctx.framebuffer([color])
    framebuffer.use()  # a context without a window draws nothing at all without one
    array.transform(result, moderngl.POINTS)
    points = np.frombuffer(result.read(), np.float32).reshape(-1, 4).copy()
    for item in (array, source, result, program, framebuffer, color):
        item.release()
    return points


def stage_of(panorama: Panorama) -> Stage:
    return next(iter(stages(panorama)))


@pytest.mark.parametrize("mapping", list(Mapping))
@pytest.mark.parametrize("strength", [0.0, 0.4, 1.0])
def test_each_mapping_equals_its_numpy_twin(gl_context, smooth, mapping, strength):
    view = View(mapping=mapping, strength=strength, near_m=0.7, far_m=math.inf, world_scale=1.5)
    points = points_from_shader(gl_context, stage_of(smooth), view)
    expected = disparity_from_depth(DEPTHS, mapping, strength, 0.7, math.inf, 1.5)
    np.testing.assert_allclose(points[:, 3], expected, rtol=2e-6, atol=2e-7)


def test_vertices_stay_on_their_rays(gl_context, smooth):
    points = points_from_shader(gl_context, stage_of(smooth), View())
    uv = np.array([[i * 2 / COLUMNS, i * 2 / COLUMNS] for i in range(33)])
    np.testing.assert_allclose(points[:, :3], direction_from_uv(uv), atol=3e-6)


@pytest.mark.parametrize("mapping", [Mapping.DISPARITY, Mapping.LINEAR])
def test_half_stays_one_comes_nearer_zero_goes_farther(gl_context, smooth, mapping):
    view = View(mapping=mapping, strength=0.6)
    distance_m = 1 / points_from_shader(gl_context, stage_of(smooth), view)[:, 3]
    assert distance_m[16] == pytest.approx(SPHERE_RADIUS_M, rel=1e-6)
    assert distance_m[32] < SPHERE_RADIUS_M < distance_m[0]
    assert np.all(np.diff(distance_m) < 0)


def test_metric_depths_are_metres(gl_context, post):
    stage = stage_of(post)
    points = points_from_shader(gl_context, stage, View())
    assert 1 / points[32, 3] == pytest.approx(1.0, rel=1e-6)
    assert 1 / points[0, 3] == pytest.approx(4.0, rel=1e-6)


def test_near_and_far_limit_distances_but_do_not_move_them(gl_context, post):
    points = points_from_shader(gl_context, stage_of(post), View(near_m=1.5, far_m=3.0))
    assert 1 / points[32, 3] == pytest.approx(1.5, rel=1e-6)
    assert 1 / points[0, 3] == pytest.approx(3.0, rel=1e-6)


def test_inverting_turns_near_into_far(gl_context, smooth):
    plain = points_from_shader(gl_context, stage_of(smooth), View())
    turned = points_from_shader(gl_context, stage_of(smooth), View(invert_depth=True))
    np.testing.assert_allclose(turned[:, 3], plain[::-1, 3], rtol=1e-5)


def test_at_the_centre_one_eye_sees_no_change_with_strength(smooth):
    with OffscreenRenderer() as offscreen:
        offscreen.load(smooth)
        flat = offscreen.render(View(strength=0.0, yaw_deg=20), (200, 150)).astype(int)
        for mapping in (Mapping.DISPARITY, Mapping.LINEAR):
            for strength in (0.3, 1.0):
                view = View(strength=strength, mapping=mapping, yaw_deg=20)
                assert np.abs(offscreen.render(view, (200, 150)) - flat).max() <= 1


def test_off_the_centre_strength_shows(smooth):
    view = View(strength=0.0, position_m=(0.3, 0, 0))
    with OffscreenRenderer() as offscreen:
        offscreen.load(smooth)
        flat = offscreen.render(view, (200, 150)).astype(int)
        deep = offscreen.render(replace(view, strength=1.0), (200, 150))
    assert np.abs(deep - flat).max() > 3


def test_world_scale_and_position_scaled_together_give_the_same_picture(smooth):
    with OffscreenRenderer() as offscreen:
        offscreen.load(smooth)
        small = offscreen.render(View(position_m=(0.1, 0.05, 0)), (160, 120)).astype(int)
        view = View(position_m=(0.2, 0.1, 0), world_scale=2.0)
        large = offscreen.render(view, (160, 120))
    assert np.abs(large - small).max() <= 1
