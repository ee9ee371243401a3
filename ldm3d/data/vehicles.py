"""Cars, a van, a bus: low-poly bodies lofted along their length."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.blocks import Blocks
from ldm3d.data.mesh import Material, Mesh, cylinder, grid_faces, merged, mesh_from

Doubles = NDArray[np.float64]

PAINTS = (
    (0.42, 0.03, 0.03), (0.05, 0.10, 0.24), (0.55, 0.55, 0.54), (0.04, 0.042, 0.045),
    (0.60, 0.44, 0.06), (0.09, 0.20, 0.15), (0.24, 0.26, 0.28), (0.60, 0.58, 0.52),
    (0.10, 0.30, 0.38),
)  # fmt: skip
# Along the car from its nose: place, half width, bottom, top of the body (share of its height).
_BODIES: dict[str, Doubles] = {
    "car": np.array([
        [0.0, 0.62, 0.32, 0.55], [0.04, 0.80, 0.22, 0.66], [0.14, 0.87, 0.19, 0.74],
        [0.30, 0.89, 0.19, 0.82], [0.60, 0.90, 0.19, 0.86], [0.82, 0.89, 0.19, 0.88],
        [0.95, 0.84, 0.24, 0.86], [1.0, 0.70, 0.34, 0.76],
    ]),
    "van": np.array([
        [0.0, 0.80, 0.34, 0.75], [0.05, 0.92, 0.25, 0.95], [0.12, 0.96, 0.22, 1.05],
        [0.30, 0.97, 0.22, 1.12], [0.95, 0.97, 0.22, 1.12], [1.0, 0.93, 0.3, 1.05],
    ]),
}  # fmt: skip
_CABINS: dict[str, Doubles] = {
    "car": np.array([[0.24, 0.80], [0.40, 1.40], [0.55, 1.46], [0.72, 1.42], [0.90, 0.90]]),
    "van": np.array(
        [[0.10, 1.0], [0.22, 1.95], [0.35, 2.1], [0.90, 2.1], [1.0, 1.95], [1.005, 1.05]]
    ),
}


def _loft(stations: Doubles, long: float, color: ArrayLike) -> Mesh:
    """Return a body of rounded cross sections (place, half width, bottom, top)."""
    a = np.linspace(-np.pi / 2, 1.5 * np.pi, 19)
    c, s = np.cos(a), np.sin(a)
    x = np.sign(c) * np.abs(c) ** 0.42
    y = np.sign(s) * np.abs(s) ** 0.55
    points = []
    for t, half, low, high in stations:
        points.append(
            np.stack(
                [x * half, (low + high) / 2 + y * (high - low) / 2, 0 * x + (t - 0.5) * long], 1
            )
        )
    ends = []
    for ring in (points[0], points[-1]):
        ends.append(np.tile(ring.mean(axis=0), (19, 1)))
    rows = np.concatenate([ends[0], *points, ends[1]])
    return mesh_from(rows, grid_faces(len(points) + 2, 19), color=color, material=Material.METAL)


def _cabin(line: Doubles, half: float, base: float, long: float, paint: ArrayLike) -> Mesh:
    """Return windows and roof: glass sides with posts, painted above."""
    blocks = Blocks()
    glass = (0.045, 0.055, 0.065)
    for (t0, h0), (t1, h1) in pairwise(line):
        z0, z1 = (t0 - 0.5) * long, (t1 - 0.5) * long
        quad = []
        for z, high in ((z0, h0), (z1, h1)):
            top = max(high, base)
            lean = half * (1 - 0.17 * (top - base) / 0.6)
            quad += [(-half, base - 0.1, z), (half, base - 0.1, z), (-lean, top, z), (lean, top, z)]
        blocks.wedge(np.array(quad)[None], glass, Material.METAL)
        flat = abs(h1 - h0) < 0.16
        if flat:
            roof = []
            for z, high in ((z0, h0), (z1, h1)):
                lean = half * (1 - 0.17 * (high - base) / 0.6)
                roof += [(-lean, high - 0.03, z), (lean, high - 0.03, z)]
                roof += [(-lean * 0.94, high + 0.05, z), (lean * 0.94, high + 0.05, z)]
            blocks.wedge(np.array(roof)[None], paint, Material.METAL)
    for t, high in line[1:-1]:
        z = (t - 0.5) * long
        lean = half * (1 - 0.17 * (high - base) / 0.6)
        for side in (-1, 1):
            quad = []
            for dz in (-0.04, 0.04):
                quad += [
                    (side * half * 0.985, base, z + dz), (side * half * 1.015, base, z + dz),
                    (side * lean * 0.985, high, z + dz), (side * lean * 1.015, high, z + dz),
                ]  # fmt: skip
            blocks.wedge(np.array(quad)[None], paint, Material.METAL)
    return blocks.mesh()


@cache
def car(paint: int = 0, kind: str = "car", lit: bool = False, snow: bool = False) -> Mesh:
    """Return a car ("car", "taxi" or "van") on y = 0, its nose to -z."""
    color = np.array(PAINTS[paint % len(PAINTS)])
    shape = "van" if kind == "van" else "car"
    long, base = (4.9, 1.05) if shape == "van" else (4.35, 0.84)
    half = 0.95 if shape == "van" else 0.80
    if kind == "taxi":
        color = np.array((0.62, 0.42, 0.03))
    line = _CABINS[shape]
    parts = [_loft(_BODIES[shape], long, color), _cabin(line, half, base, long, color)]
    if shape == "van":
        side = Blocks()
        for x in (-1.0, 1.0):
            side.put((x * 0.87, 1.55, 0.85), (0.16, 0.95, 2.9), color, Material.METAL)
        parts.append(side.mesh())
    wheels = []
    for x in (-1.0, 1.0):
        for z in (-0.305, 0.30):
            tire = cylinder(0.33, 0.22, 16).turned(np.pi / 2, "z").painted((0.014, 0.014, 0.015))
            hub = cylinder(0.20, 0.24, 10).turned(np.pi / 2, "z")
            hub = hub.painted((0.42, 0.42, 0.43), Material.METAL)
            wheels += [
                m.moved((x * (half - 0.06) + 0.11, 0.33, z * long))
                for m in (tire, hub.moved((0.01 * x, 0, 0)))
            ]
    lights = Blocks()
    glow = Material.GLOW if lit else Material.METAL
    front = (9.0, 8.0, 6.2) if lit else (0.6, 0.6, 0.58)
    back = (4.5, 0.15, 0.1) if lit else (0.35, 0.02, 0.02)
    for x in (-0.58, 0.58):
        lights.put((x, 0.58, -long / 2 + 0.06), (0.28, 0.13, 0.12), front, glow)
        lights.put((x, 0.68, long / 2 - 0.06), (0.26, 0.13, 0.12), back, glow)
    lights.put((0, 0.36, -long / 2 + 0.05), (1.2, 0.16, 0.12), (0.03, 0.03, 0.03))
    lights.put((0, 0.36, long / 2 - 0.04), (1.3, 0.16, 0.12), (0.03, 0.03, 0.03))
    lights.put((0, 0.5, -long / 2 + 0.03), (0.42, 0.1, 0.1), (0.6, 0.6, 0.58))
    lights.put((0, 0.55, long / 2 - 0.01), (0.42, 0.1, 0.06), (0.6, 0.6, 0.58))
    if kind == "taxi":
        tint = (7, 5.5, 2.5) if lit else (0.6, 0.55, 0.4)
        lights.put((0, 1.56, 0.05), (0.5, 0.16, 0.2), tint, glow if lit else Material.MATTE)
    if snow:
        top = float(line[:, 1].max())
        white = (0.78, 0.82, 0.88)
        deep = 1.5 if shape == "car" else 3.2
        lights.put((0, top + 0.09, 0.3), (half * 1.5, 0.12, deep), white, Material.SNOW)
        if shape == "car":
            lights.put((0, 0.84, -1.45), (half * 1.7, 0.07, 1.0), white, Material.SNOW)
    return merged([*parts, *wheels, lights.mesh()])


@cache
def tram(lit: bool = False, paint: int = 0) -> Mesh:
    """Return a bus or tram car 11 m long, its nose to -z."""
    color = np.array(
        ((0.50, 0.05, 0.04), (0.06, 0.20, 0.14), (0.55, 0.42, 0.10), (0.1, 0.2, 0.4))[paint % 4]
    )
    blocks = Blocks()
    blocks.put((0, 0.95, 0), (2.45, 1.3, 11.0), color, Material.METAL)
    blocks.put((0, 2.95, 0), (2.4, 0.5, 11.0), (0.58, 0.56, 0.5), Material.METAL)
    blocks.put((0, 3.3, 0), (1.9, 0.3, 8.0), (0.3, 0.3, 0.3), Material.METAL)
    tint = (2.4, 2.0, 1.3) if lit else (0.05, 0.065, 0.075)
    kind = Material.GLOW if lit else Material.METAL
    blocks.put((0, 2.15, 0), (2.36, 1.15, 10.9), tint, kind)
    for z in np.linspace(-5.4, 5.4, 9):
        for x in (-1.2, 1.2):
            blocks.put((x, 2.15, z), (0.08, 1.2, 0.12), color, Material.METAL)
    for x in (-1.2, 0.0, 1.2):
        for z in (-5.47, 5.47):
            blocks.put((x, 2.15, z), (0.1, 1.2, 0.1), color, Material.METAL)
    for x in (-0.8, 0.8):
        glow = (9, 8, 6) if lit else (0.6, 0.6, 0.55)
        blocks.put(
            (x, 0.8, -5.52), (0.28, 0.2, 0.1), glow, Material.GLOW if lit else Material.MATTE
        )
    blocks.put((0, 0.25, 0), (2.2, 0.4, 9.5), (0.03, 0.03, 0.03))
    return blocks.mesh()
