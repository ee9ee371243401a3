"""One panorama's textures and buffers, and the steps that bring them onto the GPU."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from depthfusion.renderer.mip_levels import write_levels
from depthfusion.renderer.relief import codes_from_nearness
from depthfusion.renderer.spares import Spares, TextureKind
from depthfusion.renderer.stages import Stage, rgba_from_color
from depthfusion.renderer.surface import Mesh

SLICE_BYTES = 32 << 20
"""How much of a picture is uploaded between two frames of a window."""
_STRIPS = 16
"""In how many parts of a slice colours get their alpha, and nearness becomes codes."""
MANY_RIMS = 40_000
"""Cut triangles from which a backdrop is drawn: leaves and grass, not rooms."""
MAX_ANISOTROPY = 8.0
SMALL_PX = 2048
"""Pictures up to this width are hardly ever drawn smaller than they are."""

Programs = tuple[moderngl.Program, moderngl.Program, moderngl.Program]
Object = moderngl.Texture | moderngl.VertexArray | moderngl.Buffer


@dataclass(frozen=True, eq=False)
class GpuPanorama:
    """GL objects of one panorama. Parts may be shared with the stage that came before it."""

    stage: Stage
    color: moderngl.Texture
    depth: moderngl.Texture
    fill: moderngl.Texture | None
    smooth: moderngl.VertexArray | None
    stretched: moderngl.VertexArray | None
    behind: moderngl.VertexArray | None
    buffers: tuple[moderngl.Buffer, ...]
    columns: int
    behind_columns: int
    has_many_rims: bool
    """Whether cracks are to be expected between the rims."""
    spares: Spares
    """Where its textures come from and go."""

    def release(self) -> None:
        """Release all of it."""
        self.release_except(None)

    def release_except(self, other: GpuPanorama | None) -> None:
        """Release what `other` does not share."""
        kept = {id(o) for o in other.objects()} if other else set()
        _let_go([o for o in self.objects() if id(o) not in kept], self.spares)

    def objects(self) -> tuple[Object, ...]:
        """Return every GL object it holds."""
        parts = (self.smooth, self.stretched, self.behind, self.color, self.depth, self.fill)
        return (*(p for p in parts if p is not None), *self.buffers)


def upload_steps(
    ctx: moderngl.Context,
    programs: Programs,
    stage: Stage,
    before: GpuPanorama | None,
    *,
    is_software: bool,
    spares: Spares,
    slice_bytes: int = SLICE_BYTES,
    in_place: bool = False,
) -> Iterator[GpuPanorama | None]:
    """Yield None after each part of the upload, and last what can be drawn.

    `before` stays drawable, and whoever made it releases what the result does not share.
    Closing early releases what was begun.

    Args:
        ctx: the current context.
        programs: of the surface, its stretched rims, the layer behind.
        stage: what to upload; parts that are None are taken from `before`.
        before: the same panorama's stage before, or what was shown.
        is_software: whether the CPU draws.
        spares: where textures come from and go.
        slice_bytes: how much is uploaded between two yields.
        in_place: nobody looks at `before`: its depth may be overwritten.
    """
    made: list[Object] = []
    work = _Upload(ctx, spares, slice_bytes, is_software, made)
    try:
        color, depth = (before.color, before.depth) if before else (None, None)
        if stage.color is not None:
            color = work.new_texture(TextureKind.COLOR, stage.color)
            yield from work.color_written(color, stage.color)
        if stage.depth_codes is not None:
            height, width = stage.depth_codes.shape
            if not (in_place and depth is not None and depth.size == (width, height)):
                depth = work.new_texture(TextureKind.DEPTH, stage.depth_codes)
                depth.swizzle = "RRR1"  # so that it can be shown as it is
            yield from work.written(depth, stage.depth_codes)
        if color is None or depth is None or stage.mesh is None:
            raise ValueError(f"stage {stage.name} is not complete and nothing was shown before it")
        fill = None
        if stage.background is not None:
            fill = work.new_texture(TextureKind.FILL, stage.background.fill)
            yield from work.written(fill, stage.background.fill)
        surface = yield from work.mesh_arrays(programs[:2], stage.mesh)
        buffers, behind = surface.buffers, None
        if stage.background is not None:
            layer = yield from work.mesh_arrays((programs[2],), stage.background.mesh)
            buffers, behind = buffers + layer.buffers, layer.parts[0]
        panorama = GpuPanorama(
            _without_arrays(stage),
            color,
            depth,
            fill,
            surface.parts[0],
            surface.parts[1],
            behind,
            buffers,
            stage.mesh.columns,
            stage.background.mesh.columns if stage.background else 1,
            len(stage.mesh.stretched) > MANY_RIMS,
            spares,
        )
        made.clear()
        _restore_alignment(ctx)
        yield panorama
    finally:
        _let_go(made, spares)


def _let_go(objects: list[Object], spares: Spares) -> None:
    for item in objects:
        if isinstance(item, moderngl.Texture):
            spares.give(item)
        else:
            item.release()


def _without_arrays(stage: Stage) -> Stage:
    """Keep what frames need; let the large arrays go."""
    return replace(stage, color=None, depth_codes=None, mesh=None, background=None)


@dataclass(frozen=True, eq=False)
class _MeshArrays:
    """A mesh on the GPU: what it is drawn with, one vertex array a part that has triangles."""

    buffers: tuple[moderngl.Buffer, ...]
    parts: list[moderngl.VertexArray | None]


@dataclass(frozen=True, eq=False)
class _Upload:
    """The parts of an upload; what it makes is noted in `made`."""

    ctx: moderngl.Context
    spares: Spares
    slice_bytes: int
    is_software: bool
    made: list[Object]

    def new_texture(self, kind: TextureKind, pixels: NDArray[Any]) -> moderngl.Texture:
        texture = self.spares.take(kind, (pixels.shape[1], pixels.shape[0]))
        self.made.append(texture)
        texture.repeat_x, texture.repeat_y = True, False
        texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
        return texture

    def color_written(self, texture: moderngl.Texture, color: NDArray[np.uint8]) -> Iterator[None]:
        yield from self.written(texture, color)
        yield None
        if self.is_software and texture.extra.has_levels:
            yield from write_levels(texture, _made_fit(color, 4), self.slice_bytes)
            texture.filter = (moderngl.LINEAR_MIPMAP_NEAREST, moderngl.LINEAR)
        else:
            build_levels(texture, self.is_software)

    def written(self, texture: moderngl.Texture, pixels: NDArray[Any]) -> Iterator[None]:
        """Write all rows; None between two slices."""
        height, width = pixels.shape[:2]
        rows = max(1, self.slice_bytes // pixels[0].nbytes)
        alignment = 4 if pixels.ndim == 3 else 1
        for y in range(0, height, rows):
            if y:
                yield None
            last = min(height, y + rows)
            is_lean = texture.components > pixels[0, 0].size or pixels.dtype == np.float32
            strip = max(1, rows // _STRIPS) if is_lean else rows
            for top in range(y, last, strip):
                part = _made_fit(pixels[top : min(last, top + strip)], texture.components)
                texture.write(part, viewport=(0, top, width, len(part)), alignment=alignment)

    def mesh_arrays(
        self, programs: tuple[moderngl.Program, ...], mesh: Mesh
    ) -> Generator[None, None, _MeshArrays]:
        if len(mesh.vertices) == 0:  # OpenGL's empty buffers are ModernGL's errors
            return _MeshArrays((), [None for _ in (mesh.smooth, mesh.stretched)])
        vertices = yield from self._buffer(mesh.vertices.view(np.uint8))
        buffers = [vertices]
        parts: list[moderngl.VertexArray | None] = []
        for program, indices in zip(programs, (mesh.smooth, mesh.stretched), strict=False):
            if len(indices) == 0:
                parts.append(None)
                continue
            data = np.ascontiguousarray(indices, np.uint32).reshape(-1).view(np.uint8)
            index_buffer = yield from self._buffer(data)
            buffers.append(index_buffer)
            layout = [(vertices, "2u2 1f4", "a_grid", "a_depth")]
            part = self.ctx.vertex_array(program, layout, index_buffer, index_element_size=4)
            self.made.append(part)
            parts.append(part)
        return _MeshArrays(tuple(buffers), parts)

    def _buffer(self, data: NDArray[np.uint8]) -> Generator[None, None, moderngl.Buffer]:
        if data.nbytes <= self.slice_bytes:
            buffer = self.ctx.buffer(data)
            self.made.append(buffer)
            return buffer
        buffer = self.ctx.buffer(reserve=data.nbytes)
        self.made.append(buffer)
        for start in range(0, data.nbytes, self.slice_bytes):
            yield None
            buffer.write(data[start : start + self.slice_bytes], offset=start)
        return buffer


def _made_fit(pixels: NDArray[Any], components: int) -> NDArray[Any]:
    """Return `pixels` as the texture holds them: with its components, nearness as codes."""
    if pixels.dtype == np.float32:
        return codes_from_nearness(pixels)
    return rgba_from_color(pixels) if pixels[0, 0].size < components else pixels


def build_levels(texture: moderngl.Texture, is_software: bool) -> None:
    """Build mip maps, but not for a small picture on the CPU: it would hold up the first frame."""
    if is_software and texture.width <= SMALL_PX:
        texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
        return
    texture.build_mipmaps()
    texture.extra.has_levels = True
    if is_software:
        texture.filter = (moderngl.LINEAR_MIPMAP_NEAREST, moderngl.LINEAR)
    else:
        texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        texture.anisotropy = MAX_ANISOTROPY


def _restore_alignment(ctx: moderngl.Context) -> None:
    """Leave GL_UNPACK_ALIGNMENT at 4, as Qt expects it when it paints text."""
    texture = ctx.texture((1, 1), 4, b"\0\0\0\0", alignment=4)
    texture.release()
