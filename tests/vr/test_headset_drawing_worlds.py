"""Worlds that come and go on the GPU, whatever else happens to OpenGL in between."""

from __future__ import annotations

import ctypes
import gc
import tracemalloc
from dataclasses import replace

import moderngl
import numpy as np
import pytest
from eye_scenes import (
    ASYMMETRIC,
    EYE_PX,
    both_pictures,
    bring,
    drawing_of,
    drawn,
    plain_panorama,
    spot_panorama,
    texels,
)

from bench.counters import live_objects
from depthfusion.headset import Eye
from depthfusion.panorama.panorama import Panorama
from depthfusion.renderer import stages
from depthfusion.renderer.mip_levels import halved, write_levels
from depthfusion.vr.drawing import PANEL_PX, Mirror
from depthfusion.vr.gl_functions import DOUBLE, INT, UINT, gl_function

pytestmark = pytest.mark.gl

RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


def test_the_world_that_is_shown_stays_until_the_next_one_is_used(gl_context):
    pictures = both_pictures()
    with drawing_of(gl_context, plain_panorama(RED)) as drawing:
        bring(drawing, plain_panorama(GREEN), show=False)
        assert tuple(drawn(drawing, pictures)[0][0, 0]) == RED
        drawing.use_uploaded()
        assert tuple(drawn(drawing, pictures)[0][0, 0]) == GREEN
        drawing.use_uploaded()  # nothing is coming: nothing changes
        assert tuple(drawn(drawing, pictures)[1][0, 0]) == GREEN


def test_a_world_that_is_let_go_or_overtaken_is_never_seen(gl_context):
    pictures = both_pictures()
    with drawing_of(gl_context, plain_panorama(RED), slice_bytes=1024) as drawing:
        half = next(iter(stages(plain_panorama(GREEN))))
        assert not drawing.upload(half)
        drawing.drop_uploaded()
        drawing.use_uploaded()
        assert tuple(drawn(drawing, pictures)[0][0, 0]) == RED
        assert not drawing.upload(half)
        bring(drawing, plain_panorama(BLUE), show=False)
        drawing.use_uploaded()
        assert tuple(drawn(drawing, pictures)[0][0, 0]) == BLUE


def test_a_finer_stage_of_the_shown_world_replaces_it_by_itself(gl_context):
    """Used after its first stage, as when the first world should be there soon."""
    panorama = spot_panorama((0.52, 0.5), 1.2)
    pictures = both_pictures(head_m=(0.15, 0.0, 0.0))
    first, second = stages(panorama, software=True)
    with drawing_of(gl_context) as drawing:
        while not drawing.upload(first):
            pass
        drawing.use_uploaded()
        coarse = drawn(drawing, pictures)[0]
        while not drawing.upload(second):
            pass
        fine = drawn(drawing, pictures)[0]
    with drawing_of(gl_context, panorama) as other:
        at_once = drawn(other, pictures)[0]
    assert (coarse != fine).any()
    np.testing.assert_array_equal(fine, at_once)


def test_a_world_in_recycled_textures_looks_as_in_new_ones(gl_context, monkeypatch):
    """Three worlds of one size: the third lies where the first lay, its mip levels made by us."""
    monkeypatch.setattr("depthfusion.renderer.gpu_panorama.SMALL_PX", 64)
    rng = np.random.default_rng(3)
    blocks = rng.integers(0, 256, (3, 32, 64, 3), np.uint8).repeat(8, axis=1).repeat(8, axis=2)
    depth = np.linspace(0.2, 0.8, 256, dtype=np.float32)[:, None].repeat(512, axis=1)
    worlds = [Panorama(color, depth) for color in blocks]
    pictures = both_pictures(ASYMMETRIC, used_px=(60, 65))  # small: a level below the first is read
    with drawing_of(gl_context, worlds[0]) as drawing:
        bring(drawing, worlds[1])
        bring(drawing, worlds[2])
        recycled = drawn(drawing, pictures)[0].astype(int)
    with drawing_of(gl_context, worlds[2]) as drawing:
        new = drawn(drawing, pictures)[0]
    assert np.abs(recycled - new).max() <= 2
    assert new.std() > 20


def test_halving_is_the_mean_of_four():
    pixels = np.arange(5 * 6 * 4, dtype=np.uint8).reshape(5, 6, 4)
    mean = pixels[:4].reshape(2, 2, 3, 2, 4).astype(float).mean(axis=(1, 3))
    assert np.abs(halved(pixels) - mean).max() <= 0.5
    assert halved(pixels[:1]).shape == (1, 3, 4)
    np.testing.assert_array_equal(halved(pixels[:1, :2])[0, 0], [2, 3, 4, 5])
    assert halved(pixels[:, :1]).shape == (2, 1, 4)


def test_levels_are_written_in_slices_that_add_up(gl_context):
    pixels = np.random.default_rng(1).integers(0, 256, (48, 96, 4), np.uint8)
    levels = []
    for slice_bytes in (1, 2048, 1 << 30):
        texture = gl_context.texture((96, 48), 4, pixels)
        texture.build_mipmaps()
        steps = sum(1 for _ in write_levels(texture, pixels, slice_bytes))
        levels.append([texture.read(level=n) for n in range(1, 6)])
        texture.release()
        assert (steps > 3) == (slice_bytes < 1 << 20)
    assert levels[0] == levels[1] == levels[2]
    first = np.frombuffer(levels[0][0], np.uint8).reshape(24, 48, 4)
    np.testing.assert_array_equal(first, halved(pixels))


def test_no_slice_is_larger_than_it_was_asked_to_be(gl_context, monkeypatch):
    written: list[int] = []
    texture_write, buffer_write = moderngl.Texture.write, moderngl.Buffer.write
    make_buffer, make_texture = moderngl.Context.buffer, moderngl.Context.texture

    def noted(real):
        def write(self, data, *args, **options):
            written.append(memoryview(data).nbytes)
            return real(self, data, *args, **options)

        return write

    def noted_buffer(self, data=None, **options):
        written.append(0 if data is None else memoryview(data).nbytes)
        return make_buffer(self, data, **options)

    slice_bytes = 16 << 10
    first, second = stages(spot_panorama((0.5, 0.5), 1.0), software=True)
    with drawing_of(gl_context, slice_bytes=slice_bytes) as drawing:
        monkeypatch.setattr(moderngl.Texture, "write", noted(texture_write))
        monkeypatch.setattr(moderngl.Buffer, "write", noted(buffer_write))
        monkeypatch.setattr(moderngl.Context, "buffer", noted_buffer)
        for stage in (first, second):
            largest, is_done = 0, False
            while not is_done:
                written.clear()
                is_done = drawing.upload(stage)
                largest = max(largest, sum(written))
            assert slice_bytes / 2 < largest <= 3 * slice_bytes
        drawing.drop_uploaded()
    assert make_texture is moderngl.Context.texture


def test_gl_objects_and_memory_stay_the_same_over_many_frames_and_worlds(gl_context):
    worlds = [plain_panorama(color) for color in (RED, GREEN)] + [spot_panorama((0.5, 0.5), 1.0)]
    pictures = both_pictures(used_px=(16, 16))
    panel = np.zeros((PANEL_PX[1], PANEL_PX[0], 4), np.uint8)
    window = gl_context.simple_framebuffer((8, 8))
    with drawing_of(gl_context, worlds[0], (16, 16)) as drawing:

        def live_on(turns: int) -> dict[str, int]:
            for turn in range(turns):
                bring(drawing, worlds[turn % 3])
                drawing.set_hidden_mesh(Eye.LEFT, np.zeros((turn % 3, 3, 2), np.float32))
                drawing.set_panel_picture(panel)
                pictures[0].panel.opacity = pictures[1].vignette = turn % 2
                for frame in range(10):
                    pictures[0].brightness = frame / 9
                    for eye in Eye:
                        drawing.draw(eye, pictures[eye.value])
                drawing.show_on(window, (8, 8), Mirror.BOTH)
            gc.collect()
            return live_objects()

        before = live_on(6)
        tracemalloc.start()
        live_on(3)
        kept, _ = tracemalloc.get_traced_memory()
        after = live_on(3)
        growth = tracemalloc.get_traced_memory()[0] - kept
        tracemalloc.stop()
        assert after == before
        assert growth < 40_000  # free lists of the interpreter; a world kept is 2 MB
    for part in (*window.color_attachments, window.depth_attachment, window):
        part.release()


def test_release_leaves_nothing(gl_context):
    before = live_objects()
    with drawing_of(gl_context, spot_panorama((0.5, 0.5), 1.0)) as drawing:
        drawing.set_hidden_mesh(Eye.LEFT, np.zeros((1, 3, 2), np.float32))
        bring(drawing, plain_panorama(), show=False)
        drawing.upload(next(iter(stages(plain_panorama()))))
        drawing.resize((32, 32))
        drawing.resize((32, 32))
    assert live_objects() == before


# What a runtime might leave behind: (function, argument types, arguments).
_DIRT = (
    [("glEnable", (UINT,), (flag,)) for flag in (0x0BE2, 0x0B44, 0x0C11, 0x0B90, 0x8DB9, 0x8037)]
    + [("glEnable", (UINT,), (flag,)) for flag in (0x864F, 0x809E, 0x0BF2, 0x3000, 0x8C89)]
    + [
        ("glBlendFunc", (UINT, UINT), (0x0306, 0)),  # DST_COLOR, ZERO
        ("glBlendEquation", (UINT,), (0x800B,)),  # REVERSE_SUBTRACT
        ("glDepthFunc", (UINT,), (0x0204,)),  # GREATER
        ("glDepthMask", (ctypes.c_ubyte,), (0,)),
        ("glColorMask", (ctypes.c_ubyte,) * 4, (0, 1, 0, 1)),
        ("glDepthRange", (DOUBLE, DOUBLE), (1.0, 0.2)),
        ("glCullFace", (UINT,), (0x0408,)),  # FRONT_AND_BACK
        ("glFrontFace", (UINT,), (0x0900,)),  # CW
        ("glLogicOp", (UINT,), (0x150A,)),  # INVERT
        ("glPolygonMode", (UINT, UINT), (0x0408, 0x1B01)),  # LINE
        ("glPolygonOffset", (ctypes.c_float, ctypes.c_float), (9.0, 1e6)),
        ("glStencilFunc", (UINT, INT, UINT), (0x0200, 0, 0xFF)),  # NEVER
        ("glViewport", (INT,) * 4, (5, 5, 3, 3)),
        ("glScissor", (INT,) * 4, (1, 1, 2, 2)),
        ("glClearColor", (ctypes.c_float,) * 4, (1.0, 0.0, 1.0, 0.0)),
        ("glPixelStorei", (UINT, INT), (0x0CF2, 3)),  # UNPACK_ROW_LENGTH
        ("glPixelStorei", (UINT, INT), (0x0CF3, 2)),  # UNPACK_SKIP_ROWS
        ("glPixelStorei", (UINT, INT), (0x0CF5, 8)),  # UNPACK_ALIGNMENT
        ("glBindFramebuffer", (UINT, UINT), (0x8D40, 0)),
        ("glUseProgram", (UINT,), (0,)),
        ("glBindVertexArray", (UINT,), (0,)),
        ("glBindTexture", (UINT, UINT), (0x0DE1, 0)),
        ("glActiveTexture", (UINT,), (0x84C0 + 7,)),
        ("glDisable", (UINT,), (0x809D,)),  # MULTISAMPLE
        ("glEnable", (UINT,), (0x8E51,)),  # SAMPLE_MASK
        ("glSampleMaski", (UINT, UINT), (0, 1)),
        ("glEnable", (UINT,), (0xDEAD,)),  # no such thing: leaves an error
    ]
)


class Vandal:
    """Leaves OpenGL as dirty as any runtime might."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self.calls = [(gl_function(name, *types), values) for name, types, values in _DIRT]
        self.texture = ctx.texture((2, 2), 4, bytes([255, 0, 255, 255] * 4))
        self.buffer = ctx.buffer(bytes(64))
        self.sampler = ctx.sampler(border_color=(1.0, 0.0, 1.0, 1.0), texture=self.texture)
        self.bind = gl_function("glBindBuffer", UINT, UINT)

    def __call__(self) -> None:
        for unit in range(4):
            self.texture.use(unit)
            self.sampler.use(unit)
        self.bind(0x88EC, self.buffer.glo)  # PIXEL_UNPACK_BUFFER
        for function, values in self.calls:
            function(*values)

    def release(self) -> None:
        for item in (self.sampler, self.texture, self.buffer):
            item.release()


def one_life(gl_context, between, samples: int) -> list[np.ndarray]:
    """Return frames of a life with every kind of call; `between` is called before each."""
    frames = []
    panel = np.full((PANEL_PX[1], PANEL_PX[0], 4), 200, np.uint8)
    panel[::2, :, 0] = 30
    pictures = both_pictures(ASYMMETRIC)
    for number, picture in enumerate(pictures):
        picture.panel.world_from_panel[:3, 3] = 0.1, -0.3, -1.2
        picture.panel.opacity, picture.brightness, picture.vignette = 0.8, 0.9, 0.5 * number
    world = spot_panorama((0.52, 0.51), 1.0)
    with drawing_of(gl_context, world, samples=samples) as drawing:
        corner = np.array([[[0, 0], [0.4, 0], [0, 0.4]]], np.float32)
        between()
        drawing.set_hidden_mesh(Eye.LEFT, corner)
        between()
        drawing.set_panel_picture(panel)
        for stage in stages(spot_panorama((0.49, 0.5), 1.5), software=True):
            between()
            while not drawing.upload(stage):
                between()
        frames += drawn_between(drawing, pictures, between)
        between()
        drawing.use_uploaded()
        both = [replace(p, share=0.5, leaving=replace(p.leaving, share=0.4)) for p in pictures]
        for picture in both:
            picture.leaving.clip_from_world[:] = picture.clip_from_world
        frames += drawn_between(drawing, both, between)
        between()
        drawing.let_leave()
        frames += drawn_between(drawing, pictures, between)
        dark = [replace(p, brightness=0.0) for p in pictures]
        frames += drawn_between(drawing, dark, between)
    return frames


def drawn_between(drawing, pictures, between) -> list[np.ndarray]:
    found = []
    for eye in Eye:
        between()
        found.append(texels(drawing.draw(eye, pictures[eye.value])))
    return found


@pytest.mark.parametrize("samples", [1, 4])
def test_whatever_a_runtime_left_the_pictures_are_the_same(gl_context, samples):
    clean = one_life(gl_context, lambda: None, samples)
    vandal = Vandal(gl_context)
    dirty = one_life(gl_context, vandal, samples)
    vandal.release()
    assert len(clean) == len(dirty) == 8
    assert clean[0].shape == (EYE_PX[1], EYE_PX[0], 3)
    for before, after in zip(clean, dirty, strict=True):
        assert before.std() > 5
        np.testing.assert_array_equal(before, after)
