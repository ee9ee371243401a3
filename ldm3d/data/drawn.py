"""Meshes on the GPU: which instances or pieces of them a view draws, and how finely."""

from __future__ import annotations

import weakref

import moderngl
import numpy as np
from numpy.typing import NDArray

from ldm3d.data.graphics import FACES, Graphics
from ldm3d.data.levels import Level, Pieces, levels_of, pieces_of
from ldm3d.data.mesh import Mesh
from ldm3d.data.scene import Batch

Floats = NDArray[np.float32]

_LEAST_FACES = 300
"""Meshes with fewer faces have no levels."""
_LEAST_DRAWN = 20_000
"""Batches with fewer faces in all have none either."""
_PIECED_FACES = 6000

_levels: weakref.WeakValueDictionary[int, Mesh] = weakref.WeakValueDictionary()
_levels_of: dict[int, list[Level]] = {}


def _known_levels(mesh: Mesh) -> list[Level]:
    """Return a mesh's levels; those of meshes that live on between scenes are kept."""
    key = id(mesh)
    if _levels.get(key) is not mesh:
        _levels[key] = mesh
        _levels_of[key] = levels_of(mesh)
        weakref.finalize(mesh, _levels_of.pop, key, None)
    return _levels_of[key]


class _Buffers:
    """One mesh's vertices and faces, ready for both programs."""

    def __init__(
        self,
        graphics: Graphics,
        mesh: Mesh,
        rows: moderngl.Buffer,
        faces: NDArray[np.int32] | None = None,
    ) -> None:
        context = graphics.context
        order = mesh.faces if faces is None else faces
        self._vertices = context.buffer(mesh.vertex_data().tobytes())
        self._index = context.buffer(order.astype(np.int32).tobytes())
        surface = graphics.program("surface.vert", "surface.frag")
        shadow = graphics.program("shadow.vert", "shadow.frag")
        names = ("a_position", "a_normal", "a_texture", "a_color", "a_material")
        parts = ("i_row0", "i_row1", "i_row2")
        self.surface = context.vertex_array(
            surface,
            [
                (self._vertices, "3f 3f 3f 4f 1f", *names),
                (rows, "4f 4f 4f 4f/i", *parts, "i_tint"),
            ],
            self._index,
        )
        self.shadow = context.vertex_array(
            shadow,
            [(self._vertices, "3f 44x", "a_position"), (rows, "4f 4f 4f 16x/i", *parts)],
            self._index,
        )

    def release(self) -> None:
        for thing in (self.surface, self.shadow, self._vertices, self._index):
            thing.release()


class DrawnBatch:
    """A batch on the GPU; draws those of its parts that a view can see.

    The parts are instances, or the pieces of a large mesh that is drawn once. `centers` (N, 3)
    and `radii` (N,) are spheres around them, in metres of the world.
    """

    def __init__(self, graphics: Graphics, batch: Batch, *, thrifty: bool = False) -> None:
        """Put a batch on the GPU.

        Args:
            graphics: the context.
            batch: what to draw.
            thrifty: draw what is small in the view with fewer faces, large meshes in pieces.
        """
        self.batch = batch
        mesh = batch.mesh
        self._rows = graphics.context.buffer(reserve=batch.instances.nbytes, dynamic=True)
        self._pieces: Pieces | None = None
        self._coarse: list[Level] = []
        faces = len(mesh.faces)
        if thrifty and len(batch.instances) == 1 and faces > _PIECED_FACES:
            self._pieces = pieces_of(mesh)
            self._rows.write(np.ascontiguousarray(batch.instances).tobytes())
        elif thrifty and faces > _LEAST_FACES and faces * len(batch.instances) > _LEAST_DRAWN:
            self._coarse = _known_levels(mesh)
        order = None if self._pieces is None else self._pieces.faces
        self._buffers = [_Buffers(graphics, mesh, self._rows, order)]
        self._buffers += [_Buffers(graphics, level.mesh, self._rows) for level in self._coarse]
        self._place(mesh, batch.instances)

    def _place(self, mesh: Mesh, instances: Floats) -> None:
        matrix = instances[:, :12].reshape(-1, 3, 4)
        self._scale = np.linalg.norm(matrix[:, :, :3], axis=1).max(axis=1)
        if self._pieces is not None:
            self.centers = self._pieces.centers @ matrix[0, :, :3].T + matrix[0, :, 3]
            self.radii = self._pieces.radii * self._scale[0]
            return
        low, high = mesh.position.min(axis=0), mesh.position.max(axis=0)
        middle = (low + high) / 2
        radius = float(np.linalg.norm(mesh.position - middle, axis=1).max())
        self.centers = matrix[:, :, :3] @ middle + matrix[:, :, 3]
        self.radii = radius * self._scale

    def levels_at(self, pixel_m: NDArray[np.floating] | float) -> NDArray[np.int64]:
        """Return which level (N,) each part needs; 0 has every face.

        Args:
            pixel_m: one number or (N,): metres that a pixel covers there.
        """
        if not self._coarse:
            return np.zeros(len(self.radii), np.int64)
        sizes = np.array([coarse.pixel_m for coarse in self._coarse])
        return np.asarray(np.searchsorted(sizes, pixel_m / self._scale, side="right"))

    def faces_at(self, level: NDArray[np.int64]) -> int:
        """Return how many faces all parts have together at these levels (N,)."""
        if self._pieces is not None:
            return len(self._pieces.faces)
        counts = [len(self.batch.mesh.faces), *(len(c.mesh.faces) for c in self._coarse)]
        return int(np.array(counts)[level].sum())

    def draw(self, visible: NDArray[np.bool_], level: NDArray[np.int64], *, shadow: bool) -> None:
        """Draw the chosen parts with the program that is set up.

        Args:
            visible: (N,) which parts.
            level: (N,) of `levels_at`.
            shadow: into a shadow map.
        """
        if not visible.any():
            return
        if self._pieces is not None:
            self._draw_pieces(visible, self._pieces, shadow)
            return
        for i in np.unique(level[visible]):
            chosen = visible & (level == i)
            self._rows.write(np.ascontiguousarray(self.batch.instances[chosen]).tobytes())
            buffers = self._buffers[i]
            count = int(np.count_nonzero(chosen))
            (buffers.shadow if shadow else buffers.surface).render(instances=count)

    def _draw_pieces(self, visible: NDArray[np.bool_], pieces: Pieces, shadow: bool) -> None:
        edge = np.flatnonzero(np.diff(np.concatenate([[0], visible.astype(np.int8), [0]])))
        array = self._buffers[0].shadow if shadow else self._buffers[0].surface
        for begin, end in edge.reshape(-1, 2):
            first, last = int(pieces.starts[begin]), int(pieces.starts[end])
            array.render(vertices=3 * (last - first), first=3 * first, instances=1)

    def seen_by_face(self, relative: Floats, face: int) -> NDArray[np.bool_]:
        """Say which parts may touch a cube face; `relative` (N, 3) are centers in its frame."""
        forward, right, up = FACES[face]
        reach = relative @ forward + self.radii * 1.42
        inside = (np.abs(relative @ right) < reach + self.radii) & (
            np.abs(relative @ up) < reach + self.radii
        )
        return np.asarray(inside & (reach > 0))

    def release(self) -> None:
        """Free the GPU memory."""
        for buffers in self._buffers:
            buffers.release()
        self._rows.release()
