"""Churches from within: arches, pierced walls, ribbed vaults, piers, tracery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.mesh import Material, Mesh, box, grid_faces, lathe, merged, mesh_from, sphere, tube
from ldm3d.data.prototypes import prototype

Doubles = NDArray[np.float64]


def rise(x: ArrayLike, half_m: float, point: float) -> Doubles:
    """Return an arch's height over its springing at x; 1 is round, more is pointed.

    Two arcs of radius `point * half_m` meet above the middle.
    """
    radius = point * half_m
    return np.asarray(
        np.sqrt(np.maximum(radius**2 - (np.abs(np.asarray(x)) + radius - half_m) ** 2, 0))
    )


def crown(half_m: float, point: float) -> float:
    """Return the height of an arch over its springing."""
    return float(half_m * np.sqrt(2 * point - 1))


@dataclass(frozen=True)
class Opening:
    """An arched hole in a wall, about its middle."""

    half_m: float
    sill_m: float
    spring_m: float
    point: float

    @property
    def top_m(self) -> float:
        """Return the height of its crown."""
        return self.spring_m + crown(self.half_m, self.point)

    def outline(self, count: int = 25) -> Doubles:
        """Return x and y (N, 2) from the left foot over the crown to the right foot."""
        x = -self.half_m * np.cos(np.linspace(0, np.pi, count))
        arch = np.stack([x, self.spring_m + rise(x, self.half_m, self.point)], 1)
        feet = np.array([[-self.half_m, self.sill_m]]), np.array([[self.half_m, self.sill_m]])
        return np.concatenate([feet[0], arch, feet[1]])

    def holds(self, u: Doubles, y: Doubles) -> NDArray[np.bool_]:
        """Say which places of the wall lie within it."""
        top = self.spring_m + rise(u, self.half_m, self.point)
        return np.asarray((np.abs(u) < self.half_m) & (y > self.sill_m) & (y < top))


@prototype
def pierced_wall(
    length_m: float, high_m: float, openings: Sequence[Opening], thick_m: float = 0.6
) -> Mesh:
    """Return a bay of wall along x, its face at z = 0 to +z, with openings above each other."""
    edges = [-length_m / 2, length_m / 2]
    for hole in openings:
        bow = -hole.half_m * np.cos(np.linspace(0, np.pi, 15))
        edges += [*bow * 0.9999, -hole.half_m * 1.0001, hole.half_m * 1.0001]
    u = np.unique(np.array(edges))
    levels = [np.zeros(len(u))]
    for hole in openings:
        inside = np.abs(u) < hole.half_m
        arch = hole.spring_m + rise(u, hole.half_m, hole.point)
        levels.append(np.where(inside, hole.sill_m, hole.spring_m))
        levels.append(np.where(inside, arch, hole.spring_m))
    levels.append(np.full(len(u), high_m))
    parts = []
    for low, high in zip(levels[0::2], levels[1::2], strict=True):
        for z, sign in ((0.0, 1.0), (-thick_m, -1.0)):
            rows = [np.stack([u, y, np.full(len(u), z)], 1) for y in (low, high)]
            normal = np.tile([0, 0, sign], (2 * len(u), 1))
            parts.append(mesh_from(np.concatenate(rows), grid_faces(2, len(u)), normal))
    for hole in openings:
        line = hole.outline()
        inner = np.concatenate([np.insert(line, 2, z, axis=1) for z in (0.0, -thick_m)])
        parts.append(mesh_from(inner, grid_faces(2, len(line))))
        if hole.sill_m > 0:
            slab = box((2 * hole.half_m, 0.02, thick_m), (0, hole.sill_m - 0.01, -thick_m / 2))
            parts.append(slab)
    return merged(parts)


def moulding(hole: Opening, z_m: float, radius_m: float, sides: int = 7) -> Mesh:
    """Return a round moulding that follows an opening."""
    line = hole.outline(19)
    return tube(np.insert(line, 2, z_m, axis=1), radius_m, sides)


@prototype
def tracery(hole: Opening, lights: int, color: tuple[float, float, float]) -> Mesh:
    """Return mullions, arched heads and a circle of a window in the x-y plane."""
    parts = [moulding(hole, 0.0, 0.09)]
    each = 2 * hole.half_m / lights
    head = hole.spring_m - (0.25 * hole.half_m if lights > 1 else 0)
    for i in range(1, lights):
        x = -hole.half_m + i * each
        parts.append(tube([[x, hole.sill_m, 0], [x, head, 0]], 0.055, 6))
    if lights > 1:
        for i in range(lights):
            small = Opening(each / 2, head, head, hole.point)
            line = small.outline(11)[1:-1] + np.array([-hole.half_m + (i + 0.5) * each, 0])
            parts.append(tube(np.insert(line, 2, 0.0, axis=1), 0.045, 6))
        r = 0.42 * hole.half_m
        y = (head + crown(each / 2, hole.point) * 0.8 + hole.top_m) / 2
        r = min(r, 0.8 * (hole.top_m - y) + 0.1)
        a = np.linspace(0, 2 * np.pi, 25)
        ring = np.stack([r * np.cos(a), y + r * np.sin(a), 0 * a], 1)
        parts.append(tube(ring, 0.05, 6))
    for y in np.arange(hole.sill_m + 0.7, head, 0.95):
        parts.append(tube([[-hole.half_m, y, 0], [hole.half_m, y, 0]], 0.018, 4))
    return merged(parts).painted(color, Material.STONE)


@prototype
def rose_tracery(radius_m: float, petals: int, color: tuple[float, float, float]) -> Mesh:
    """Return the stone of a rose window in the x-y plane about the origin."""
    a = np.linspace(0, 2 * np.pi, 49)
    parts = []
    for r, thick in ((1.0, 0.16), (0.62, 0.07), (0.2, 0.08)):
        ring = np.stack([np.cos(a), np.sin(a), 0 * a], 1) * r * radius_m
        parts.append(tube(ring, thick, 7))
    for i in range(petals):
        b = i / petals * 2 * np.pi
        way = np.array([np.cos(b), np.sin(b), 0.0])
        parts.append(tube([way * 0.2 * radius_m, way * radius_m], 0.06, 6))
        half = np.pi / petals
        middle = np.array([np.cos(b + half), np.sin(b + half), 0.0]) * 0.8 * radius_m
        r = 0.8 * radius_m * np.sin(half) * 0.95
        parts.append(tube(middle + np.stack([np.cos(a), np.sin(a), 0 * a], 1)[::3] * r, 0.05, 5))
    return merged(parts).painted(color, Material.STONE)


@prototype
def vault_bay(
    half_m: float, long_m: float, point: float, web: tuple[float, float, float], steps: int = 16
) -> Mesh:
    """Return the webs of a cross vault over a bay, springing from y = 0, z from -long/2."""
    t = np.linspace(-1, 1, steps + 1)
    x, z = np.meshgrid(t * half_m, t * long_m / 2)
    top = crown(half_m, point)
    across = rise(x, half_m, point)
    along = rise(z, long_m / 2, point) * (top / crown(long_m / 2, point))
    y = np.maximum(across, along)
    shade = (0.86 + 0.2 * (y / top)[..., None]) * np.array(web)
    point_ = np.stack([x, y, z], -1).reshape(-1, 3)
    return mesh_from(point_, grid_faces(steps + 1, steps + 1), color=shade.reshape(-1, 3),
                     material=Material.STONE)  # fmt: skip


@prototype
def vault_ribs(
    half_m: float, long_m: float, point: float, thick_m: float, ridge: bool,
    color: tuple[float, float, float], boss: tuple[float, float, float],
) -> Mesh:  # fmt: skip
    """Return diagonal and cross ribs of a bay with a boss; the cross rib lies at z = -long/2."""
    t = -np.cos(np.linspace(0, np.pi, 21))
    y = rise(t * half_m, half_m, point)
    parts = []
    for sign in (-1, 1):
        line = np.stack([t * half_m, y - 0.02, sign * t * long_m / 2], 1)
        parts.append(tube(line, thick_m, 6))
    cross = np.stack([t * half_m, y - 0.04, np.full(21, -long_m / 2)], 1)
    parts.append(tube(cross, thick_m * 1.6, 8))
    if ridge:
        top = crown(half_m, point) - 0.02
        parts.append(tube([[0, top, -long_m / 2], [0, top, long_m / 2]], thick_m * 0.8, 6))
        parts.append(tube([[-half_m, top, 0], [half_m, top, 0]], thick_m * 0.8, 6))
    knob = (
        sphere(thick_m * 2.4, 7, 10).scaled((1, 0.6, 1)).moved((0, crown(half_m, point) - 0.1, 0))
    )
    return merged(
        [merged(parts).painted(color, Material.STONE), knob.painted(boss, Material.METAL)]
    )


@prototype
def pier(
    high_m: float, radius_m: float, shafts: int, color: tuple[float, float, float],
    band: tuple[float, float, float], stripes: bool,
) -> Mesh:  # fmt: skip
    """Return a pier with base and capital: `shafts` thin columns about a core; 0: one drum."""
    r, h = radius_m, high_m
    base = [[1.5 * r, 0.0], [1.5 * r, 0.22], [1.35 * r, 0.30], [1.38 * r, 0.38], [1.12 * r, 0.48]]
    head = [[1.0 * r, h - 0.55], [1.10 * r, h - 0.5], [1.04 * r, h - 0.44], [1.18 * r, h - 0.30],
            [1.42 * r, h - 0.12], [1.5 * r, h - 0.1], [1.5 * r, h]]  # fmt: skip
    parts = []
    core = r if shafts == 0 else 0.78 * r
    levels = np.linspace(0.48, h - 0.55, max(2, round((h - 1) / 0.45)) + 1)
    for i, (low, high) in enumerate(pairwise(levels)):
        drum = lathe([[core, low], [core, high]], 18)
        tone = band if stripes and i % 2 else color
        parts.append(drum.painted(np.array(tone) * (0.94 + 0.12 * ((i * 7) % 5) / 5)))
    for i in range(shafts):
        a = (i + 0.5) / shafts * 2 * np.pi
        at = (0.86 * r * np.cos(a), 0, 0.86 * r * np.sin(a))
        thin = lathe([[0.22 * r, 0.4], [0.22 * r, h - 0.5]], 8).moved(at)
        parts.append(thin.painted(np.array(color) * 1.04))
    ends = merged([lathe(base, 20), lathe(head, 20)]).painted(np.array(color) * 1.02)
    return _stone(merged([merged(parts), ends]))


def _stone(mesh: Mesh) -> Mesh:
    return replace(mesh, material=np.full_like(mesh.material, Material.STONE))


@prototype
def triforium(
    long_m: float, high_m: float, arches: int, point: float, color: tuple[float, float, float]
) -> Mesh:
    """Return a blind arcade of a bay along x on y = 0: dark niches behind little columns."""
    each = long_m / arches
    parts = [box((long_m, high_m, 0.02), (0, high_m / 2, 0.01)).painted(np.array(color) * 0.28)]
    for y in (0.0, high_m):
        rail = tube([[-long_m / 2, y, 0.06], [long_m / 2, y, 0.06]], 0.08, 6)
        parts.append(rail.painted(color))
    for i in range(arches):
        x = -long_m / 2 + (i + 0.5) * each
        half = each / 2 - 0.04
        hole = Opening(half, 0.0, high_m - crown(half, point) - 0.12, point)
        line = hole.outline(13) + np.array([x, 0])
        parts.append(tube(np.insert(line, 2, 0.08, axis=1), 0.06, 6).painted(color))
        outer = np.concatenate([line[1:-1], np.stack([line[1:-1, 0], np.full(13, high_m)], 1)])
        fill = mesh_from(np.insert(outer, 2, 0.05, axis=1), grid_faces(2, 13),
                         np.tile([0, 0, 1], (26, 1)))  # fmt: skip
        parts.append(fill.painted(color))
    return _stone(merged(parts))


@prototype
def half_dome(radius_m: float, point: float, color: tuple[float, float, float], ribs: int) -> Mesh:
    """Return the vault of an apse, towards -z, with ribs, springing from y = 0."""
    a = np.linspace(0, np.pi, 4 * ribs + 1)
    r = np.linspace(1, 0.0, 15) * radius_m
    y = rise(r, radius_m, point)
    x, z = r[:, None] * np.cos(a), -r[:, None] * np.sin(a)
    grid = np.stack([x, np.broadcast_to(y[:, None], x.shape), z], -1).reshape(-1, 3)
    web = mesh_from(grid, grid_faces(15, len(a)), color=np.array(color), material=Material.STONE)
    parts = [web]
    for b in np.linspace(0, np.pi, ribs + 1):
        line = np.stack([r * np.cos(b), y - 0.03, -r * np.sin(b)], 1)
        parts.append(tube(line, 0.11, 6).painted(np.array(color) * 0.9, Material.STONE))
    return merged(parts)
