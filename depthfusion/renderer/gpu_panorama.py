"""One panorama's textures and buffers, and the steps that bring them onto the GPU."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import moderngl
import numpy as np
from numpy.typing import NDArray

from depthfusion.renderer.stages import Stage
from depthfusion.renderer.surface import Mesh

SLICE_BYTES = 32 << 20
"""How much of a picture is uploaded between two frames."""
MANY_RIMS = 40_000
"""Cut triangles from which a backdrop is drawn: leaves and grass, not rooms."""
MAX_ANISOTROPY = 8.0
SMALL_PX = 2048
"""Pictures up to this width are hardly ever drawn smaller than they are."""


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

    def release(self) -> None:
        """Release all of it."""
        self.release_except(None)

    def release_except(self, other: GpuPanorama | None) -> None:
        """Release what `other` does not share."""
        kept = {id(o) for o in other.objects()} if other else set()
        for item in self.objects():
            if id(item) not in kept:
                item.release()

    def objects(
        self,
    ) -> tuple[moderngl.Texture | moderngl.VertexArray | moderngl.Buffer, ...]:
        """Return every GL object it holds."""
        parts = (self.smooth, self.stretched, self.behind, self.color, self.depth, self.fill)
        return (*(p for p in parts if p is not None), *self.buffers)


def upload_steps(
    ctx: moderngl.Context,
    programs: tuple[moderngl.Program, moderngl.Program, moderngl.Program],
    stage: Stage,
    before: GpuPanorama | None,
    *,
    is_software: bool,
) -> Iterator[GpuPanorama | None]:
    """Yield None after each part of the upload, and last what can be drawn.

    `before` stays drawable until then; what is not used again is released with the last step.
    Closing early releases what was begun.
    """
    made: list[moderngl.Texture | moderngl.VertexArray | moderngl.Buffer] = []
    try:
        color, depth = (before.color, before.depth) if before else (None, None)
        if stage.color is not None:
            color = _color_texture(ctx, stage.color)
            made.append(color)
            for step in _row_slices(stage.color):
                _write_rows(color, stage.color, step)
                yield None
            _build_levels(color, is_software)
        if stage.depth_codes is not None:
            depth = _depth_texture(ctx, stage.depth_codes)
            made.append(depth)
        if color is None or depth is None or stage.mesh is None:
            raise ValueError(f"stage {stage.name} is not complete and nothing was shown before it")
        fill = None
        if stage.background is not None:
            fill = _fill_texture(ctx, stage.background.fill)
            made.append(fill)
        buffers, parts = _mesh_arrays(ctx, programs[:2], stage.mesh)
        made += [*buffers, *(p for p in parts if p)]
        behind = None
        if stage.background is not None:
            more, behind_parts = _mesh_arrays(ctx, (programs[2],), stage.background.mesh)
            behind = behind_parts[0]
            made += [*more, *(p for p in behind_parts if p)]
            buffers += more
        panorama = GpuPanorama(
            _without_arrays(stage),
            color,
            depth,
            fill,
            parts[0],
            parts[1],
            behind,
            buffers,
            stage.mesh.columns,
            stage.background.mesh.columns if stage.background else 1,
            len(stage.mesh.stretched) > MANY_RIMS,
        )
        if before is not None:
            before.release_except(panorama)
        made = []
        _restore_alignment(ctx)
        yield panorama
    finally:
        for item in made:
            item.release()


def _without_arrays(stage: Stage) -> Stage:
    """Keep what frames need; let the large arrays go."""
    return replace(stage, color=None, depth_codes=None, mesh=None, background=None)


def _color_texture(ctx: moderngl.Context, color: NDArray[np.uint8]) -> moderngl.Texture:
    texture = ctx.texture((color.shape[1], color.shape[0]), 4)
    texture.repeat_x, texture.repeat_y = True, False
    return texture


def _build_levels(texture: moderngl.Texture, is_software: bool) -> None:
    """Build mip maps, but not for a small picture on the CPU: it would hold up the first frame."""
    if is_software and texture.width <= SMALL_PX:
        texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
        return
    texture.build_mipmaps()
    if is_software:
        texture.filter = (moderngl.LINEAR_MIPMAP_NEAREST, moderngl.LINEAR)
    else:
        texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        texture.anisotropy = MAX_ANISOTROPY


def _row_slices(color: NDArray[np.uint8]) -> Iterator[tuple[int, int]]:
    height, width = color.shape[:2]
    rows = max(1, SLICE_BYTES // (width * 4))
    for y in range(0, height, rows):
        yield y, min(rows, height - y)


def _write_rows(texture: moderngl.Texture, color: NDArray[np.uint8], rows: tuple[int, int]) -> None:
    y, count = rows
    texture.write(color[y : y + count], viewport=(0, y, color.shape[1], count), alignment=4)


def _depth_texture(ctx: moderngl.Context, codes: NDArray[np.uint16]) -> moderngl.Texture:
    texture = ctx.texture((codes.shape[1], codes.shape[0]), 1, codes, alignment=1, dtype="nu2")
    texture.repeat_x, texture.repeat_y = True, False
    texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
    texture.swizzle = "RRR1"  # so that it can be shown as it is
    return texture


def _fill_texture(ctx: moderngl.Context, fill: NDArray[np.uint8]) -> moderngl.Texture:
    texture = ctx.texture((fill.shape[1], fill.shape[0]), 4, fill, alignment=4)
    texture.repeat_x, texture.repeat_y = True, False
    texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
    return texture


def _mesh_arrays(
    ctx: moderngl.Context, programs: tuple[moderngl.Program, ...], mesh: Mesh
) -> tuple[tuple[moderngl.Buffer, ...], list[moderngl.VertexArray | None]]:
    vertices = ctx.buffer(mesh.vertices)
    buffers = [vertices]
    parts: list[moderngl.VertexArray | None] = []
    for program, indices in zip(programs, (mesh.smooth, mesh.stretched), strict=False):
        if len(indices) == 0:
            parts.append(None)
            continue
        index_buffer = ctx.buffer(np.ascontiguousarray(indices, np.uint32))
        buffers.append(index_buffer)
        layout = [(vertices, "2u2 1f4", "a_grid", "a_depth")]
        parts.append(ctx.vertex_array(program, layout, index_buffer, index_element_size=4))
    return tuple(buffers), parts


def _restore_alignment(ctx: moderngl.Context) -> None:
    """Leave GL_UNPACK_ALIGNMENT at 4, as Qt expects it when it paints text."""
    texture = ctx.texture((1, 1), 4, b"\0\0\0\0", alignment=4)
    texture.release()
