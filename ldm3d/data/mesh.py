"""Triangle meshes as NumPy arrays, and the primitives everything is built from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]


class Material(IntEnum):
    """How a surface takes light; the numbers are those of shaders/worlds/material.glsl."""

    MATTE = 0
    FOLIAGE = 1
    BARK = 2
    ROCK = 3
    GROUND = 4
    WOOD = 5
    SNOW = 6
    GLOW = 7
    POLISHED = 8
    METAL = 9
    CLOTH = 10
    WATER = 11
    STONE = 12
    MOSS = 13


@dataclass(frozen=True)
class Mesh:
    """Vertices and faces; +y up, metres."""

    position: Floats  # (V, 3)
    normal: Floats  # (V, 3), unit
    texture: Floats  # (V, 3), where noise is looked up, metres
    color: Floats  # (V, 4), linear albedo (radiance for GLOW) and a material parameter
    material: Floats  # (V,), Material
    faces: NDArray[np.int32]  # (F, 3)

    def vertex_data(self) -> Floats:
        """Return the interleaved rows (V, 14) that the renderer uploads."""
        return np.concatenate(
            [self.position, self.normal, self.texture, self.color, self.material[:, None]], axis=1
        ).astype(np.float32)

    def moved(self, offset: ArrayLike) -> Mesh:
        """Return the mesh shifted by `offset` (3,) metres."""
        return replace(self, position=self.position + np.asarray(offset, np.float32))

    def transformed(self, matrix: ArrayLike) -> Mesh:
        """Return the mesh under a 3x3 matrix; normals by its inverse transpose."""
        m = np.asarray(matrix, np.float32)
        normal = self.normal @ np.linalg.inv(m)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
        return replace(self, position=self.position @ m.T, normal=normal.astype(np.float32))

    def scaled(self, scale: ArrayLike) -> Mesh:
        """Return the mesh scaled by one number or by (3,); noise coordinates scale along."""
        factors = np.broadcast_to(np.asarray(scale, np.float32), (3,))
        return replace(self.transformed(np.diag(factors)), texture=self.texture * factors)

    def turned(self, angle_rad: float, axis: str = "y") -> Mesh:
        """Return the mesh turned about an axis through the origin."""
        return self.transformed(rotation(angle_rad, axis))

    def painted(
        self, color: ArrayLike, material: Material | None = None, parameter: float | None = None
    ) -> Mesh:
        """Return the mesh in one color (3,) and perhaps another material and parameter."""
        rgba = self.color.copy()
        rgba[:, :3] = np.asarray(color, np.float32)
        if parameter is not None:
            rgba[:, 3] = parameter
        kind = self.material if material is None else np.full_like(self.material, material)
        return replace(self, color=rgba, material=kind)


def rotation(angle_rad: float, axis: str = "y") -> Floats:
    """Return the 3x3 right-handed rotation about x, y or z."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    table = {
        "x": [[1, 0, 0], [0, c, -s], [0, s, c]],
        "y": [[c, 0, s], [0, 1, 0], [-s, 0, c]],
        "z": [[c, -s, 0], [s, c, 0], [0, 0, 1]],
    }
    return np.array(table[axis], np.float32)


def mesh_from(
    position: ArrayLike,
    faces: ArrayLike,
    normal: ArrayLike | None = None,
    color: ArrayLike = (0.5, 0.5, 0.5),
    material: Material = Material.MATTE,
    parameter: ArrayLike = 0.0,
    texture: ArrayLike | None = None,
) -> Mesh:
    """Build a mesh; without `normal`, smooth normals are computed from the faces."""
    points = np.asarray(position, np.float32).reshape(-1, 3)
    triangles = np.asarray(faces, np.int32).reshape(-1, 3)
    count = len(points)
    rgba = np.empty((count, 4), np.float32)
    rgba[:, :3] = np.asarray(color, np.float32)
    rgba[:, 3] = np.asarray(parameter, np.float32)
    return Mesh(
        points,
        smooth_normals(points, triangles) if normal is None else np.asarray(normal, np.float32),
        points.copy() if texture is None else np.asarray(texture, np.float32),
        rgba,
        np.full(count, material, np.float32),
        triangles,
    )


def smooth_normals(points: Floats, faces: NDArray[np.int32]) -> Floats:
    """Return area-weighted vertex normals (V, 3)."""
    a, b, c = (points[faces[:, i]] for i in range(3))
    cross = np.cross(b - a, c - a)
    normal = np.zeros_like(points)
    for i in range(3):
        for axis in range(3):
            normal[:, axis] += np.bincount(faces[:, i], cross[:, axis], len(points))
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    return np.asarray(np.where(length > 1e-12, normal / (length + 1e-20), [0, 1, 0]), np.float32)


def merged(meshes: Sequence[Mesh]) -> Mesh:
    """Return all meshes as one."""
    starts = np.cumsum([0] + [len(m.position) for m in meshes[:-1]])
    return Mesh(
        np.concatenate([m.position for m in meshes]),
        np.concatenate([m.normal for m in meshes]),
        np.concatenate([m.texture for m in meshes]),
        np.concatenate([m.color for m in meshes]),
        np.concatenate([m.material for m in meshes]),
        np.concatenate([m.faces + s for m, s in zip(meshes, starts, strict=True)]).astype(np.int32),
    )


def flat(mesh: Mesh) -> Mesh:
    """Return the mesh with hard edges: every face has its own vertices."""
    index = mesh.faces.ravel()
    points = mesh.position[index]
    faces = np.arange(len(index), dtype=np.int32).reshape(-1, 3)
    return Mesh(
        points,
        smooth_normals(points, faces),
        mesh.texture[index],
        mesh.color[index],
        mesh.material[index],
        faces,
    )


def box(size: ArrayLike, center: ArrayLike = (0, 0, 0), bevel: float = 0.0) -> Mesh:
    """Return a box of `size` (3,) about `center`; `bevel` metres are cut off its edges."""
    half = np.asarray(size, np.float32) / 2
    cut = min(bevel, float(half.min()) * 0.9)
    quads: list[NDArray[np.float32]] = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        for sign in (-1.0, 1.0):
            corners = np.zeros((4, 3), np.float32)
            corners[:, axis] = sign * half[axis]
            corners[:, u] = (half[u] - cut) * np.array([-1, 1, 1, -1])
            corners[:, v] = (half[v] - cut) * np.array([-1, -1, 1, 1])
            quads.append(corners)
            if cut > 0:
                for side in (-1.0, 1.0):
                    strip = np.zeros((4, 3), np.float32)
                    strip[:, axis] = sign * (half[axis] - np.array([0, 0, cut, cut]))
                    strip[:, u] = side * (half[u] - np.array([cut, cut, 0, 0]))
                    strip[:, v] = (half[v] - cut) * np.array([-1, 1, 1, -1])
                    quads.append(strip)
    points = np.concatenate(quads)
    normal = np.repeat(np.stack([_outward(quad) for quad in quads]).astype(np.float32), 4, axis=0)
    base = np.arange(len(quads), dtype=np.int32)[:, None] * 4
    faces = np.concatenate([base + np.array([0, 1, 2]), base + np.array([0, 2, 3])])
    return mesh_from(points, faces, normal).moved(center)


def _outward(quad: Floats) -> NDArray[np.float64]:
    normal = np.cross(quad[1] - quad[0], quad[3] - quad[0]).astype(np.float64)
    normal /= np.linalg.norm(normal) + 1e-12
    return normal if float(normal @ quad.mean(axis=0)) >= 0 else -normal


def grid_faces(rows: int, columns: int, wrap: bool = False) -> NDArray[np.int32]:
    """Return the triangles of a rows x columns vertex grid, closed in columns if `wrap`."""
    r = np.arange(rows - 1)[:, None]
    c = np.arange(columns if wrap else columns - 1)[None, :]
    right = (c + 1) % columns
    a, b = r * columns + c, r * columns + right
    d, e = (r + 1) * columns + c, (r + 1) * columns + right
    first = np.stack([a, d, b], axis=-1).reshape(-1, 3)
    second = np.stack([b, d, e], axis=-1).reshape(-1, 3)
    return np.concatenate([first, second]).astype(np.int32)


def lathe(profile: ArrayLike, sides: int = 16) -> Mesh:
    """Turn a profile (N, 2) of (radius, height) about +y; normals are smooth along it."""
    line = np.asarray(profile, np.float32)
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    ring = np.stack([np.cos(angle), np.zeros(sides), np.sin(angle)], axis=1)
    points = line[:, :1, None] * ring[None] + line[:, 1:, None] * np.array([0, 1, 0])
    tangent = np.gradient(line, axis=0)
    out = tangent[:, 1:, None] * ring[None] - tangent[:, :1, None] * np.array([0, 1, 0])
    out /= np.linalg.norm(out, axis=2, keepdims=True) + 1e-9
    return mesh_from(
        points.reshape(-1, 3), grid_faces(len(line), sides, wrap=True), out.reshape(-1, 3)
    )


def cylinder(radius: float, height: float, sides: int = 16, top: float | None = None) -> Mesh:
    """Return a closed (perhaps tapering) cylinder standing on y = 0."""
    upper = radius if top is None else top
    side = lathe([[radius, 0], [upper, height]], sides)
    lid = lathe([[upper, 0], [0.0, 0.0]], sides).moved((0, height, 0))
    lid = mesh_from(lid.position, lid.faces, np.tile([0, 1, 0], (len(lid.position), 1)))
    base = mesh_from(
        lid.position * [radius / max(upper, 1e-6), 0, radius / max(upper, 1e-6)],
        lid.faces,
        -lid.normal,
    )
    return merged([side, lid, base])


def sphere(radius: float = 1.0, rows: int = 12, sides: int = 20) -> Mesh:
    """Return a sphere about the origin."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, rows)
    return lathe(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), sides)


def tube(path: ArrayLike, radius: ArrayLike, sides: int = 8) -> Mesh:
    """Return a tube along `path` (N, 3) with one radius or (N,) radii."""
    points = np.asarray(path, np.float64)
    radii = np.broadcast_to(np.asarray(radius, np.float64), (len(points),))
    tangent = np.gradient(points, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-12
    helper = np.where(np.abs(tangent[:, 1:2]) > 0.9, [[1.0, 0, 0]], [[0, 1.0, 0]])
    side = np.cross(tangent, helper)
    side /= np.linalg.norm(side, axis=1, keepdims=True) + 1e-12
    other = np.cross(tangent, side)
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    ring = (
        side[:, None] * np.cos(angle)[None, :, None] + other[:, None] * np.sin(angle)[None, :, None]
    )
    position = points[:, None] + ring * radii[:, None, None]
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    texture = ring * radii[:, None, None] + np.array([0, 1, 0]) * along[:, None, None]
    return mesh_from(
        position.reshape(-1, 3),
        grid_faces(len(points), sides, wrap=True),
        ring.reshape(-1, 3),
        texture=texture.reshape(-1, 3),
    )


def icosphere(subdivisions: int = 3) -> Mesh:
    """Return a unit sphere of nearly equal triangles."""
    t = (1 + 5**0.5) / 2
    points = np.array(
        [
            [-1, t, 0],
            [1, t, 0],
            [-1, -t, 0],
            [1, -t, 0],
            [0, -1, t],
            [0, 1, t],
            [0, -1, -t],
            [0, 1, -t],
            [t, 0, -1],
            [t, 0, 1],
            [-t, 0, -1],
            [-t, 0, 1],
        ]
    )
    faces = np.array(
        [
            [0, 11, 5],
            [0, 5, 1],
            [0, 1, 7],
            [0, 7, 10],
            [0, 10, 11],
            [1, 5, 9],
            [5, 11, 4],
            [11, 10, 2],
            [10, 7, 6],
            [7, 1, 8],
            [3, 9, 4],
            [3, 4, 2],
            [3, 2, 6],
            [3, 6, 8],
            [3, 8, 9],
            [4, 9, 5],
            [2, 4, 11],
            [6, 2, 10],
            [8, 6, 7],
            [9, 8, 1],
        ]
    )
    for _ in range(subdivisions):
        edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]))
        unique, inverse = np.unique(edges, axis=0, return_inverse=True)
        middle = inverse.reshape(3, -1).T + len(points)
        points = np.concatenate([points, points[unique].mean(axis=1)])
        a, b, c = faces.T
        ab, bc, ca = middle.T
        faces = np.concatenate(
            [np.stack(s, 1) for s in ([a, ab, ca], [b, bc, ab], [c, ca, bc], [ab, bc, ca])]
        )
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return mesh_from(points, faces, points)
