"""Fewer faces for what is seen small, and large meshes in pieces that can be left out.

Leaves are thinned as Cook et al. do ("Stochastic simplification of aggregate detail", 2007): a
part of them stays and grows, so that the area and the color stay. Everything else is simplified by
joining the vertices of a cell (Rossignac and Borrel, 1993). Both are exact where a cell is smaller
than a pixel, which is how `DrawnBatch` chooses a level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.mesh import Material, Mesh, merged

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

_STEPS = (40.0, 20.0, 10.0, 5.0)
"""Levels are made for pixels of the mesh's radius over each of these."""


@dataclass(frozen=True)
class Level:
    """A mesh that is good enough where a pixel is at least `pixel_m` of its own metres."""

    pixel_m: float
    mesh: Mesh


def leaf_starts(mesh: Mesh) -> Ints:
    """Return the first vertices (N,) of the leaves that `plants.kites` makes."""
    a, b, c = mesh.faces.T.astype(np.int64)
    first = a[(b == a + 1) & (c == a + 2)]
    second = a[(b == a + 2) & (c == a + 3)]
    starts = np.intersect1d(first, second)
    used = np.bincount(mesh.faces.ravel(), minlength=len(mesh.position))
    alone = (used[starts] == 2) & (used[starts + 1] == 1) & (used[starts + 3] == 1)
    return np.asarray(starts[alone & (mesh.material[starts] == Material.FOLIAGE)])


def _thinned(mesh: Mesh, starts: Ints, pixel_m: float, radius_m: float) -> Mesh | None:
    """Return the leaves that stay, grown; None if there are none."""
    if not len(starts):
        return None
    corners = starts[:, None] + np.arange(4)
    points = mesh.position[corners]
    length = float(np.linalg.norm(points[:, 2] - points[:, 0], axis=1).mean()) + 1e-9
    pixels = np.pi * (radius_m / pixel_m) ** 2
    share = min(1.0, (length / (1.5 * pixel_m)) ** 2, 1.6 * pixels / len(starts))
    count = max(8, round(len(starts) * share))
    if count < len(starts):
        kept = np.sort(np.random.default_rng(len(starts)).permutation(len(starts))[:count])
        corners, points = corners[kept], points[kept]
        middle = points.mean(axis=1, keepdims=True)
        points = middle + (points - middle) * min(4.0, (len(starts) / count) ** 0.5)
    flat = corners.ravel()
    first = np.arange(len(corners))[:, None] * 4
    faces = np.concatenate([first + np.array([0, 1, 2]), first + np.array([0, 2, 3])])
    return Mesh(
        np.asarray(points.reshape(-1, 3), np.float32),
        mesh.normal[flat],
        mesh.texture[flat],
        mesh.color[flat],
        mesh.material[flat],
        faces.astype(np.int32),
    )


def _ids(rows: Ints) -> tuple[Ints, Ints]:
    """Return for equal rows (N, K) an equal number, and for each number one row's index."""
    low, high = rows.min(axis=0), rows.max(axis=0)
    key = np.zeros(len(rows), np.int64)
    for column in range(rows.shape[1]):
        key = key * (high[column] - low[column] + 1) + rows[:, column] - low[column]
    _, first, number = np.unique(key, return_index=True, return_inverse=True)
    return number, first


def joined(mesh: Mesh, faces: NDArray[np.int32], cell_m: float) -> Mesh:
    """Return `faces` of a mesh with the vertices of every cell joined; collapsed faces are gone.

    Vertices keep apart where they face different ways or differ in material, but share the place.
    """
    used, inner = np.unique(faces, return_inverse=True)
    position, normal = mesh.position[used], mesh.normal[used]
    cells = np.floor(position / cell_m).astype(np.int64)
    place, _ = _ids(cells)
    count = int(place.max()) + 1
    weight = np.bincount(place, minlength=count)
    middle = np.stack(
        [np.bincount(place, position[:, axis], count) / weight for axis in range(3)], axis=1
    )
    octant = (normal > 0.0) @ np.array([1, 2, 4])
    kind = mesh.material[used].astype(np.int64)
    vertex, first = _ids(np.stack([place, octant, kind], axis=1))
    triangles = inner.reshape(-1, 3)
    at = place[triangles]
    whole = (at[:, 0] != at[:, 1]) & (at[:, 1] != at[:, 2]) & (at[:, 0] != at[:, 2])
    corner = used[first]
    return Mesh(
        middle[place[first]].astype(np.float32),
        mesh.normal[corner],
        mesh.texture[corner],
        mesh.color[corner],
        mesh.material[corner],
        vertex[triangles[whole]].astype(np.int32),
    )


def levels_of(mesh: Mesh) -> list[Level]:
    """Return ever coarser levels of a mesh, each with at most 0.7 of the faces before."""
    low, high = mesh.position.min(axis=0), mesh.position.max(axis=0)
    radius = float(np.linalg.norm(high - low)) / 2
    starts = leaf_starts(mesh)
    leafy = np.zeros(len(mesh.position), bool)
    leafy[(starts[:, None] + np.arange(4)).ravel()] = True
    solid = mesh.faces[~leafy[mesh.faces[:, 0]]]
    found: list[Level] = []
    count = len(mesh.faces)
    for step in _STEPS:
        pixel_m = radius / step
        parts = [_thinned(mesh, starts, pixel_m, radius)]
        if len(solid):
            parts.append(joined(mesh, solid, pixel_m))
        coarse = merged([part for part in parts if part is not None])
        if 0 < len(coarse.faces) <= 0.7 * count:
            found.append(Level(pixel_m, coarse))
            count = len(coarse.faces)
    return found


@dataclass(frozen=True)
class Pieces:
    """A mesh's faces in an order in which near ones follow each other, and its runs."""

    faces: NDArray[np.int32]  # (F, 3)
    starts: Ints  # (P + 1,), the first face of each piece and the end
    centers: Floats  # (P, 3), of spheres around the pieces
    radii: Floats  # (P,)


def pieces_of(mesh: Mesh, faces_each: int = 1500) -> Pieces:
    """Part a mesh into pieces of nearly equal size by halving it along its longest side."""
    middle = mesh.position[mesh.faces].mean(axis=1)
    groups = [np.arange(len(mesh.faces))]
    while len(groups[0]) > faces_each:
        halves = []
        for group in groups:
            points = middle[group]
            axis = int(np.argmax(points.max(axis=0) - points.min(axis=0)))
            half = len(group) // 2
            order = np.argpartition(points[:, axis], half)
            halves += [group[order[:half]], group[order[half:]]]
        groups = halves
    centers, radii = np.empty((len(groups), 3), np.float32), np.empty(len(groups), np.float32)
    for i, group in enumerate(groups):
        points = mesh.position[mesh.faces[group]].reshape(-1, 3)
        centers[i] = (points.min(axis=0) + points.max(axis=0)) / 2
        radii[i] = np.linalg.norm(points - centers[i], axis=1).max()
    starts = np.cumsum([0] + [len(group) for group in groups])
    return Pieces(mesh.faces[np.concatenate(groups)], starts, centers, radii)
