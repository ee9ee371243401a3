"""An OpenGL context without a window, its programs, and the meshes and maps put on it."""

from __future__ import annotations

from functools import cached_property
from types import TracebackType
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from ldm3d.data.noise import volume_cells, volume_fbm
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


_SOFTWARE = ("llvmpipe", "softpipe", "swrast", "software")


def open_context(device: int | None = None) -> moderngl.Context:
    """Return a standalone OpenGL 3.3 context, on EGL where there is one.

    Args:
        device: the number of an EGL device; None: the first that is no software renderer, and
            the software renderer where there is no other.

    Raises:
        Exception: glcontext's own, where there is no such device or no OpenGL at all.
    """
    if device is not None:
        return _on_device(device)
    found: list[int] = []
    for number in range(16):
        try:
            context = _on_device(number)
        except Exception as error:  # glcontext raises no class of its own
            if "found" in str(error):  # "requested device index 1, but found 1 devices"
                break
            continue  # such as a device that this user may not open
        if not is_software(context):
            return context
        found.append(number)
        context.release()
    if found:
        return _on_device(found[0])
    try:
        return moderngl.create_context(standalone=True, require=330, backend="egl")  # type: ignore[arg-type]  # as above
    except Exception:  # glcontext raises bare Exception when libEGL is absent
        return moderngl.create_context(standalone=True, require=330)


def _on_device(number: int) -> moderngl.Context:
    # Its stub takes the backend's name and the settings for dictionaries.
    return moderngl.create_context(
        standalone=True,
        require=330,
        backend="egl",  # type: ignore[arg-type]
        device_index=number,  # type: ignore[arg-type]
    )


def is_software(context: moderngl.Context) -> bool:
    """Say whether a context draws on the CPU."""
    name = str(context.info["GL_RENDERER"]).lower()
    return any(word in name for word in _SOFTWARE)


class Graphics:
    """Owns the context and everything that outlives one world. Use with ``with``."""

    def __init__(self, device: int | None = None) -> None:
        """Open a context; `device` is the number of an EGL device, None the best there is."""
        self.context = open_context(device)
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
