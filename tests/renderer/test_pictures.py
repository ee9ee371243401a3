"""What a frame looks like: seams, poles, shadings, sizes, stages, steady frames."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import moderngl
import numpy as np
import pytest
from conftest_pictures import SIZE_PX, direction_picture

from depthfusion.errors import RendererError, UsageError
from depthfusion.panorama.panorama import Panorama
from depthfusion.renderer import PanoramaRenderer, Quality, stages
from depthfusion.renderer.offscreen import OffscreenRenderer, render_image
from depthfusion.renderer.spares import Spares, TextureKind
from depthfusion.view import Shading, Stereo, View

pytestmark = pytest.mark.gl


@pytest.mark.parametrize("yaw_deg", [0, 90, 180, -135])
@pytest.mark.parametrize("pitch_deg", [-90, -40, 0, 90])
def test_every_direction_shows_its_own_colour(smooth, yaw_deg, pitch_deg):
    """No seam at the back, no pinch at the poles: the picture is a function of direction."""
    view = View(yaw_deg=yaw_deg, pitch_deg=pitch_deg, fov_deg=90)
    picture = render_image(smooth, view, SIZE_PX).astype(int)
    assert np.abs(picture - direction_picture(view)).max() <= 3


@pytest.mark.parametrize("quality", [Quality(adaptive=False), Quality(background=False)])
def test_switches_keep_the_picture_at_the_centre(post, quality):
    view = View(yaw_deg=15)
    usual = render_image(post, view, SIZE_PX).astype(int)
    other = render_image(post, view, SIZE_PX, quality)
    assert np.mean(np.abs(usual - other).max(axis=-1) > 12) < 0.01


def test_a_panorama_without_depth_is_a_flat_sphere(smooth):
    flat = Panorama(smooth.color)
    view = View(fov_deg=90, yaw_deg=40)
    assert np.abs(render_image(flat, view, SIZE_PX) - direction_picture(view)).max() <= 3


def test_depth_shading_is_nearness_as_grey(post):
    picture = render_image(post, View(shading=Shading.DEPTH), SIZE_PX)
    assert (picture[..., 0] == picture[..., 1]).all()
    assert picture[60, 80, 0] > 250
    assert picture[60, 2, 0] < 5


def test_wireframe_draws_lines_only(post):
    picture = render_image(post, View(shading=Shading.WIREFRAME), SIZE_PX)
    drawn = (picture.sum(axis=-1) > 0).mean()
    assert 0.01 < drawn < 0.8


def test_inverted_depth_shows_another_relief(smooth):
    view = View(position_m=(0.3, 0, 0), strength=1.0)
    usual = render_image(smooth, view, SIZE_PX).astype(int)
    turned = render_image(smooth, replace(view, invert_depth=True), SIZE_PX)
    assert np.mean(np.abs(usual - turned).max(axis=-1) > 2) > 0.1


def test_pictures_beyond_the_limit_are_reduced(smooth):
    first = next(iter(stages(smooth, max_texture_px=128)))
    assert first.color is not None
    assert first.color.shape == (64, 128, 4)


def test_soft_edges_are_sharpened_by_themselves(post):
    from scipy.ndimage import gaussian_filter

    nearness = np.where(post.color[..., 0] > 100, 0.9, 0.2).astype(np.float32)
    nearness = np.repeat(np.repeat(nearness, 2, axis=0), 2, axis=1)
    soft = Panorama(post.color, gaussian_filter(nearness, 2, mode=("nearest", "wrap")))
    second = list(stages(soft))[1]
    assert second.depth_codes is not None
    steps = np.abs(np.diff(second.depth_codes[256].astype(int))).max() / 65535
    assert steps > 0.5
    sharp = list(stages(Panorama(post.color, nearness)))[1]
    assert sharp.depth_codes is None


@pytest.mark.parametrize("slice_bytes", [500, 1 << 20])
@pytest.mark.parametrize("has_levels", [False, True])
def test_arrays_are_made_fit_on_the_way_to_the_gpu(gl_context, slice_bytes, has_levels):
    random = np.random.default_rng(1)
    color = random.integers(0, 256, (70, 140, 3), np.uint8)
    depth = random.random((60, 120), np.float32)
    renderer = PanoramaRenderer(gl_context)
    seen, spares = [], Spares(gl_context, keep=1)
    for is_lean in (False, True):
        stage = next(stages(Panorama(color, depth), is_lean=is_lean))
        assert stage.color.shape[2] == (3 if is_lean else 4)
        assert stage.depth_codes.dtype == (np.float32 if is_lean else np.uint16)
        texture = spares.take(TextureKind.COLOR, (140, 70))
        if has_levels:
            texture.build_mipmaps()
            texture.extra.has_levels = True
        spares.give(texture)
        steps = renderer.upload_steps(stage, None, spares, slice_bytes=slice_bytes)
        panorama = [step for step in steps if step is not None][-1]
        seen.append([panorama.color.read(level=n) for n in range(2 if has_levels else 1)])
        seen[-1].append(panorama.depth.read(alignment=1))
        panorama.release()
    assert seen[0] == seen[1]
    spares.release()
    renderer.release()


def test_stages_swap_without_leaking(gl_context, smooth, post):
    renderer = PanoramaRenderer(gl_context)
    for panorama in (smooth, post, smooth):
        for stage in stages(panorama):
            while not renderer.apply(stage):
                pass
    renderer.release()


def test_an_upload_that_is_overtaken_is_dropped_cleanly(gl_context, smooth, post):
    renderer = PanoramaRenderer(gl_context)
    first, other = next(iter(stages(smooth))), next(iter(stages(post)))
    assert not renderer.apply(first)
    while not renderer.apply(other):
        pass
    assert renderer.stage_name == "picture"
    renderer.release()


def test_before_the_first_stage_the_frame_is_black(gl_context):
    renderer = PanoramaRenderer(gl_context)
    color = gl_context.renderbuffer((8, 8))
    depth = gl_context.depth_renderbuffer((8, 8))
    framebuffer = gl_context.framebuffer([color], depth)
    framebuffer.clear(1, 1, 1, 1)
    renderer.draw(View(), framebuffer, (8, 8))
    assert set(framebuffer.read(components=3)) == {0}
    renderer.release()
    for item in (framebuffer, color, depth):
        item.release()


def _forbidden(*args: object, **options: object) -> None:
    raise AssertionError("a steady frame made a GL object")


@pytest.mark.parametrize("stereo", [Stereo.MONO, Stereo.ANAGLYPH])
def test_a_steady_frame_makes_no_gl_object_and_keeps_no_memory(
    gl_context, post, stereo, monkeypatch
):
    renderer = PanoramaRenderer(gl_context)
    for stage in stages(post):
        while not renderer.apply(stage):
            pass
    color = gl_context.renderbuffer((64, 64))
    depth = gl_context.depth_renderbuffer((64, 64))
    framebuffer = gl_context.framebuffer([color], depth)
    view = View(stereo=stereo)
    for _ in range(60):  # Python's own caches fill up, too
        renderer.draw(view, framebuffer, (64, 64))
    for name in ("buffer", "texture", "vertex_array", "framebuffer", "program", "renderbuffer"):
        monkeypatch.setattr(type(gl_context), name, _forbidden)
    tracemalloc.start()
    kept = []
    for _ in range(3):
        for step in range(50):
            renderer.draw(replace(view, yaw_deg=step), framebuffer, (64, 64))
        kept.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert kept[2] - kept[1] < 2_000
    renderer.release()
    for item in (framebuffer, color, depth):
        item.release()


def test_opengl_older_than_3_3_is_refused_in_words():
    class Old:
        version_code = 0
        info = {"GL_RENDERER": "Ancient", "GL_VERSION": "2.1 Mesa"}  # noqa: RUF012  # a stand-in

    with pytest.raises(RendererError, match=r"want OpenGL 3\.3 or newer, got 2\.1 \(Ancient\)"):
        PanoramaRenderer(Old())  # type: ignore[arg-type]


def test_a_size_beyond_the_limit_is_refused_in_words(smooth):
    with (
        OffscreenRenderer() as offscreen,
        pytest.raises(UsageError, match="want a size from 1x1"),
    ):
        offscreen.render(View(), (100_000, 10))


def test_state_left_by_others_does_not_matter(gl_context, smooth):
    renderer = PanoramaRenderer(gl_context)
    for stage in stages(smooth):
        while not renderer.apply(stage):
            pass
    color = gl_context.renderbuffer((32, 32))
    depth = gl_context.depth_renderbuffer((32, 32))
    framebuffer = gl_context.framebuffer([color], depth)
    renderer.draw(View(), framebuffer, (32, 32))
    clean = framebuffer.read(components=3)
    gl_context.enable_only(moderngl.CULL_FACE)
    gl_context.depth_func = ">"
    gl_context.wireframe = True
    framebuffer.depth_mask = False
    framebuffer.color_mask = False, False, False, False
    framebuffer.viewport = (3, 3, 4, 4)
    framebuffer.scissor = (1, 1, 2, 2)
    renderer.draw(View(), framebuffer, (32, 32))
    assert framebuffer.read(components=3, viewport=(0, 0, 32, 32)) == clean
    renderer.release()
    for item in (framebuffer, color, depth):
        item.release()
