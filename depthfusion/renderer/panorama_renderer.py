"""Draws a panorama into a framebuffer. Knows no window and no headset."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from depthfusion.camera import eyes
from depthfusion.errors import RendererError
from depthfusion.geometry import MIN_DISTANCE_M, disparity_ratio
from depthfusion.renderer.gpu_panorama import SLICE_BYTES, GpuPanorama, upload_steps
from depthfusion.renderer.program import program_from, set_uniforms
from depthfusion.renderer.spares import Spares
from depthfusion.renderer.stages import Stage
from depthfusion.renderer.stereo import StereoComposer
from depthfusion.view import Mapping, Shading, Stereo, View

CUT_TOLERANCE = 0.02
"""Fraction of disparity by which a fragment of a stretched triangle may differ from the picture."""
SPEEDY_ANAGLYPH_SCALE = 2 / 3
PUSH_BACK = 0.98
"""Factor on the hidden layer's disparity: the visible surface wins where both lie together."""

_SOFTWARE_RENDERERS = ("llvmpipe", "softpipe", "swrast", "software", "swiftshader", "gdi generic")


class PanoramaRenderer:
    """Holds one panorama on the GPU and draws frames of it.

    All methods belong to the context's thread, with the context current. Whoever makes a renderer
    calls `release`.

    Raises:
        RendererError: if the context is older than OpenGL 3.3.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        if ctx.version_code < 330:
            raise RendererError(
                f"want OpenGL 3.3 or newer, got {_version(ctx)} ({ctx.info['GL_RENDERER']}):"
                " update the graphics driver"
            )
        self.ctx = ctx
        self.description = f"{ctx.info['GL_RENDERER']}, OpenGL {ctx.version_code / 100:.1f}"
        self.is_software = any(n in self.description.lower() for n in _SOFTWARE_RENDERERS)
        self.anaglyph_scale = 1.0
        self.max_texture_px = int(ctx.info["GL_MAX_TEXTURE_SIZE"])
        base = {} if self.is_software else {"GRADIENTS": 1}
        self._surface = program_from(ctx, "panorama.vert", "panorama.frag", base)
        self._stretched = program_from(ctx, "panorama.vert", "panorama.frag", {**base, "CUT": 1})
        self._behind = program_from(ctx, "panorama.vert", "panorama.frag", {**base, "BEHIND": 1})
        self._backdrop = program_from(ctx, "backdrop.vert", "backdrop.frag")
        self._backdrop_triangle = ctx.vertex_array(self._backdrop, [])
        self._no_fill = ctx.texture((1, 1), 4, bytes(4), alignment=4)
        self._composer: StereoComposer | None = None
        self._panorama: GpuPanorama | None = None
        self._no_spares = Spares(ctx)
        self._upload: tuple[Stage, Iterator[GpuPanorama | None]] | None = None

    def prefer_speed(self) -> None:
        """Trade what a moving picture hardly shows for frames, where the CPU draws.

        The two eyes an anaglyph is mixed from are drawn at two thirds of the size: it then
        costs no more than twice a single view.
        """
        if self.is_software:
            self.anaglyph_scale = SPEEDY_ANAGLYPH_SCALE

    @property
    def stage_name(self) -> str | None:
        """Name of the stage that is shown; None before the first."""
        return self._panorama.stage.name if self._panorama else None

    def apply(self, stage: Stage) -> bool:
        """Upload the next part of `stage`; return True once it is what `draw` shows.

        False: call again with the same stage before one of the next frames.
        """
        if self._upload is None or self._upload[0] is not stage:
            if self._upload is not None:
                self._upload[1].close()  # type: ignore[attr-defined]  # it is a generator
            self._upload = (stage, self.upload_steps(stage, self._panorama, self._no_spares))
        ready = next(self._upload[1])
        if ready is None:
            return False
        self._upload = None
        if self._panorama is not None:
            self._panorama.release_except(ready)
        self._panorama = ready
        return True

    def upload_steps(
        self,
        stage: Stage,
        before: GpuPanorama | None,
        spares: Spares,
        *,
        slice_bytes: int = SLICE_BYTES,
        in_place: bool = False,
    ) -> Iterator[GpuPanorama | None]:
        """Yield None after each part of an upload, last what `show` takes; see `gpu_panorama`."""
        return upload_steps(
            self.ctx,
            (self._surface, self._stretched, self._behind),
            stage,
            before,
            is_software=self.is_software,
            spares=spares,
            slice_bytes=slice_bytes,
            in_place=in_place,
        )

    def show(self, panorama: GpuPanorama | None) -> GpuPanorama | None:
        """Draw `panorama` from now on; return what was drawn so far, the caller's to release."""
        before, self._panorama = self._panorama, panorama
        return before

    def draw(self, view: View, framebuffer: moderngl.Framebuffer, size_px: tuple[int, int]) -> None:
        """Fill `framebuffer` with one frame of `view`, stereo included.

        Args:
            view: the frame's state.
            framebuffer: with a depth buffer; (0, 0) to `size_px` is drawn.
            size_px: width and height.
        """
        width, height = size_px
        if view.stereo is Stereo.MONO:
            self.draw_eye(eyes(view, width / height)[0].clip_from_world, view, framebuffer, size_px)
            return
        if self._composer is None:
            self._composer = StereoComposer(self.ctx)
        self._composer.draw(self, view, framebuffer, size_px)

    def draw_eye(
        self,
        clip_from_world: NDArray[np.float64],
        view: View,
        framebuffer: moderngl.Framebuffer,
        size_px: tuple[int, int],
        origin_px: tuple[int, int] = (0, 0),
        *,
        mask: moderngl.VertexArray | None = None,
        nearest_m: float = MIN_DISTANCE_M,
    ) -> None:
        """Draw one eye into a rectangle of `framebuffer`, cleared first.

        Args:
            clip_from_world: (4, 4) for column vectors.
            view: mapping, strength, scale and shading are used; the rest is the matrix's matter.
            framebuffer: with a depth buffer.
            size_px: width and height of the rectangle.
            origin_px: its lower left corner.
            mask: drawn first: where its depth is the nearest, no pixel of the panorama is.
            nearest_m: no surface is shown nearer to the world's centre.
        """
        ctx = self.ctx
        framebuffer.use()
        rectangle = (*origin_px, *size_px)
        framebuffer.viewport = rectangle
        framebuffer.scissor = rectangle
        framebuffer.depth_mask = True
        framebuffer.color_mask = (True, True, True, True)
        ctx.enable_only(moderngl.DEPTH_TEST)
        ctx.blend_func = (  # type: ignore[assignment]  # the stub has the getter's
            moderngl.SRC_ALPHA,
            moderngl.ONE_MINUS_SRC_ALPHA,
            moderngl.ONE,
            moderngl.ONE,
        )
        ctx.depth_func = "<="
        ctx.wireframe = False
        framebuffer.clear(0.0, 0.0, 0.0, 1.0, depth=1.0)
        if mask is not None:
            mask.render(moderngl.TRIANGLES)
        if self._panorama is not None:
            pixel_rad = pixel_angle_rad(clip_from_world, size_px)
            values = uniforms_from_view(view, self._panorama.stage, nearest_m)
            self._draw_panorama(self._panorama, clip_from_world, view, pixel_rad, values)
            if self._panorama.has_many_rims and view.shading is not Shading.WIREFRAME:
                self._draw_backdrop(clip_from_world, rectangle)
        framebuffer.scissor = None  # type: ignore[assignment]  # the stub forbids what the docs say
        ctx.wireframe = False

    def _draw_panorama(
        self,
        panorama: GpuPanorama,
        clip_from_world: NDArray[np.float64],
        view: View,
        pixel_rad: float,
        values: dict[str, Any],
    ) -> None:
        level = mip_level(pixel_rad * panorama.color.height / math.pi)
        values["u_level"] = 0.0 if view.shading is Shading.DEPTH else level
        values["u_eye_px"] = eye_distance_m(clip_from_world) / pixel_rad
        values["u_pixel_texels"] = pixel_rad * panorama.depth.height / math.pi
        values["u_clip_from_world"] = np.asarray(clip_from_world, np.float32).T.tobytes()
        values["u_color"], values["u_depth"], values["u_fill"] = 0, 1, 2
        show_depth = view.shading is Shading.DEPTH
        (panorama.depth if show_depth else panorama.color).use(0)
        panorama.depth.use(1)
        (self._no_fill if show_depth or panorama.fill is None else panorama.fill).use(2)
        self.ctx.wireframe = view.shading is Shading.WIREFRAME
        for program, part, columns, push_back in (
            (self._surface, panorama.smooth, panorama.columns, 1.0),
            (self._behind, panorama.behind, panorama.behind_columns, PUSH_BACK),
            (self._stretched, panorama.stretched, panorama.columns, 1.0),
        ):
            if part is None:
                continue
            values["u_uv_from_grid"] = (1 / columns, 2 / columns)
            values["u_push_back"] = push_back
            set_uniforms(program, values)
            if program is self._stretched:  # the others cover their pixels wholly
                self.ctx.enable(moderngl.BLEND)
            part.render(moderngl.TRIANGLES)

    def _draw_backdrop(
        self, clip_from_world: NDArray[np.float64], rectangle_px: tuple[int, int, int, int]
    ) -> None:
        self.ctx.disable(moderngl.BLEND)
        world_from_clip = np.linalg.inv(clip_from_world)
        values = {
            "u_color": 0,
            "u_world_from_clip": np.asarray(world_from_clip, np.float32).T.tobytes(),
            "u_rectangle_px": rectangle_px,
        }
        set_uniforms(self._backdrop, values)
        self._backdrop_triangle.render(moderngl.TRIANGLES, vertices=3)

    def release(self) -> None:
        """Release every GL object this renderer made."""
        if self._upload is not None:
            self._upload[1].close()  # type: ignore[attr-defined]  # it is a generator
            self._upload = None
        if self._panorama is not None:
            self._panorama.release()
            self._panorama = None
        if self._composer is not None:
            self._composer.release()
            self._composer = None
        programs = (self._surface, self._stretched, self._behind, self._backdrop)
        for item in (self._backdrop_triangle, *programs, self._no_fill):
            item.release()


def pixel_angle_rad(clip_from_world: NDArray[np.float64], size_px: tuple[int, int]) -> float:
    """Return the angle of a pixel in the eye's middle, along its shorter side.

    The lengths of the matrix's first two rows are the cotangents of half the field.
    """
    cotangents = np.linalg.norm(clip_from_world[:2, :3], axis=1)
    return float((2 / (cotangents * size_px)).min())


def eye_distance_m(clip_from_world: NDArray[np.float64]) -> float:
    """Return how far from the world's centre the eye is: the point all of whose x, y, w are 0."""
    rows = clip_from_world[[0, 1, 3]]
    return float(np.linalg.norm(np.linalg.solve(rows[:, :3], -rows[:, 3])))


def mip_level(texels: float) -> float:
    """Return the mip level at which a texel is about a pixel, given texels a pixel at level 0."""
    return max(0.0, math.floor(math.log2(texels) + 0.2))


def _version(ctx: moderngl.Context) -> str:
    """Return the context's version; ModernGL itself calls everything before 3.3 zero."""
    text = str(ctx.info.get("GL_VERSION", ""))
    return text.split(maxsplit=1)[0] if text else f"{ctx.version_code / 100:.1f}"


def uniforms_from_view(view: View, stage: Stage, clamp_m: float = MIN_DISTANCE_M) -> dict[str, Any]:
    """Return the uniforms of `shaders/lib/displacement.glsl` for `view`.

    Args:
        view: the frame's state.
        stage: what is drawn.
        clamp_m: least distance shown, in metres of the shown world; `view` may ask for more.
    """
    relief = stage.relief
    mapping = view.mapping or (Mapping.METRIC if stage.is_metric else Mapping.DISPARITY)
    near_m, far_m = relief.near_m, relief.far_m
    nearest_m, farthest_m = MIN_DISTANCE_M, float("inf")
    if not relief.is_distance:
        near_m = view.near_m or near_m
        far_m = view.far_m or far_m
    elif mapping is Mapping.METRIC:  # the map knows its distances: they are limited, not moved
        nearest_m = view.near_m or nearest_m
        farthest_m = view.far_m or farthest_m
    ratio = disparity_ratio(
        mapping,
        view.strength,
        near_m,
        far_m,
        view.world_scale,
        inverted=view.invert_depth != stage.inverted,
    )
    most = 1 / nearest_m / view.world_scale
    if clamp_m > MIN_DISTANCE_M:
        most = min(most, 1 / clamp_m)
    return {
        "u_disparity_ratio": ratio,
        "u_disparity_clamp": (min(1 / farthest_m / view.world_scale, most), most),
        "u_cut_tolerance": CUT_TOLERANCE,
    }
