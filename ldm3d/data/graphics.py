"""An OpenGL context without a window, its programs, and the meshes and maps put on it."""

from __future__ import annotations

from functools import cached_property
from types import TracebackType
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from ldm3d.data.noise import volume_cells, volume_fbm
from ldm3d.data.scene import Batch
from ldm3d.data.shader_files import shader_source

Floats = NDArray[np.float32]

FACES = np.array(
    [
        [[1, 0, 0], [0, 0, 1], [0, 1, 0]],
        [[-1, 0, 0], [0, 0, 1], [0, 1, 0]],
        [[0, 1, 0], [1, 0, 0], [0, 0, 1]],
        [[0, -1, 0], [1, 0, 0], [0, 0, 1]],
        [[0, 0, 1], [1, 0, 0], [0, 1, 0]],
        [[0, 0, -1], [1, 0, 0], [0, 1, 0]],
    ],
    np.float32,
)  # (6, 3, 3): forward, right, up; the twin of face_basis in shaders/worlds/common.glsl


def open_context() -> moderngl.Context:
    """Return a standalone OpenGL 3.3 context, on EGL where there is one."""
    try:
        return moderngl.create_context(standalone=True, require=330, backend="egl")  # type: ignore[arg-type]  # its stub wants a dict
    except Exception:  # glcontext raises bare Exception when libEGL is absent
        return moderngl.create_context(standalone=True, require=330)


class Graphics:
    """Owns the context and everything that outlives one world. Use with ``with``."""

    def __init__(self) -> None:
        self.context = open_context()
        self._programs: dict[tuple[str, str], moderngl.Program] = {}

    def __enter__(self) -> Graphics:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.context.release()

    def program(self, vertex: str, fragment: str) -> moderngl.Program:
        """Return the (cached) program of two files of shaders/worlds."""
        key = (vertex, fragment)
        if key not in self._programs:
            self._programs[key] = self.context.program(
                vertex_shader=shader_source(vertex), fragment_shader=shader_source(fragment)
            )
        return self._programs[key]

    def _volume(self, data: Floats) -> moderngl.Texture3D:
        size = (data.shape[2], data.shape[1], data.shape[0])
        texture = self.context.texture3d(size, 4, data.astype(np.float16).tobytes(), dtype="f2")
        texture.build_mipmaps()
        texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        return texture

    @cached_property
    def fbm(self) -> moderngl.Texture3D:
        """Bump volume: standardised gradient and value."""
        data = volume_fbm().copy()
        data[..., :3] /= data[..., :3].std()
        return self._volume(data)

    @cached_property
    def cells(self) -> moderngl.Texture3D:
        """Worley volume."""
        return self._volume(volume_cells())

    def target(self, size: tuple[int, int], components: int, dtype: str) -> moderngl.Texture:
        """Return an empty texture to draw into, read texel by texel."""
        texture = self.context.texture(size, components, dtype=dtype)
        texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
        return texture

    def shadow_map(self, size: tuple[int, int]) -> tuple[moderngl.Texture, moderngl.Framebuffer]:
        """Return a depth texture with hardware comparison, and its framebuffer."""
        texture = self.context.depth_texture(size)
        texture.compare_func = "<="
        texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
        return texture, self.context.framebuffer(depth_attachment=texture)

    def fill(
        self, program: moderngl.Program, target: moderngl.Framebuffer, **uniforms: Any
    ) -> None:
        """Run a full-screen pass."""
        target.use()
        assign(program, uniforms)
        self.context.vertex_array(program, []).render(moderngl.TRIANGLES, vertices=3)


def assign(program: moderngl.Program, uniforms: dict[str, Any]) -> None:
    """Set uniforms by name without ``u_``; textures are bound; unused names are skipped."""
    unit = 0
    for name, value in uniforms.items():
        member = program.get(f"u_{name}", None)
        if not isinstance(member, moderngl.Uniform):
            continue
        if isinstance(value, moderngl.Texture | moderngl.Texture3D):
            value.use(unit)
            member.value = unit
            unit += 1
        elif isinstance(value, np.ndarray):
            # Matrices are written column by column.
            data = np.swapaxes(value, -1, -2) if _is_matrix(member) else value
            member.write(np.ascontiguousarray(data, np.float32).tobytes())
        else:
            member.value = value


def _is_matrix(member: moderngl.Uniform) -> bool:
    return member.dimension in (9, 16)


class DrawnBatch:
    """A batch on the GPU; draws those of its instances that a view can see."""

    def __init__(self, graphics: Graphics, batch: Batch) -> None:
        self.batch = batch
        context = graphics.context
        self._vertices = context.buffer(batch.mesh.vertex_data().tobytes())
        self._index = context.buffer(batch.mesh.faces.astype(np.int32).tobytes())
        self._rows = context.buffer(reserve=batch.instances.nbytes, dynamic=True)
        surface = graphics.program("surface.vert", "surface.frag")
        shadow = graphics.program("shadow.vert", "shadow.frag")
        names = ("a_position", "a_normal", "a_texture", "a_color", "a_material")
        rows = ("i_row0", "i_row1", "i_row2")
        self._surface = context.vertex_array(
            surface,
            [
                (self._vertices, "3f 3f 3f 4f 1f", *names),
                (self._rows, "4f 4f 4f 4f/i", *rows, "i_tint"),
            ],
            self._index,
        )
        self._shadow = context.vertex_array(
            shadow,
            [(self._vertices, "3f 44x", "a_position"), (self._rows, "4f 4f 4f 16x/i", *rows)],
            self._index,
        )
        low, high = batch.mesh.position.min(axis=0), batch.mesh.position.max(axis=0)
        middle = (low + high) / 2
        radius = float(np.linalg.norm(batch.mesh.position - middle, axis=1).max())
        matrix = batch.instances[:, :12].reshape(-1, 3, 4)
        self.centers = matrix[:, :, :3] @ middle + matrix[:, :, 3]
        self.radii = radius * np.linalg.norm(matrix[:, :, :3], axis=1).max(axis=1)

    def draw(self, visible: NDArray[np.bool_], *, shadow: bool) -> None:
        """Draw the chosen instances with the program that is set up."""
        count = int(visible.sum())
        if count:
            self._rows.write(np.ascontiguousarray(self.batch.instances[visible]).tobytes())
            (self._shadow if shadow else self._surface).render(instances=count)

    def seen_by_face(self, relative: Floats, face: int) -> NDArray[np.bool_]:
        """Say which instances may touch a cube face; `relative` (N, 3) are centers in its frame."""
        forward, right, up = FACES[face]
        reach = relative @ forward + self.radii * 1.42
        inside = (np.abs(relative @ right) < reach + self.radii) & (
            np.abs(relative @ up) < reach + self.radii
        )
        return np.asarray(inside & (reach > 0))

    def release(self) -> None:
        """Free the GPU memory."""
        for thing in (self._surface, self._shadow, self._vertices, self._index, self._rows):
            thing.release()
