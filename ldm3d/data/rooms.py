"""Rooms of houses: walls with windows, floors of boards, beams, what is seen outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.built import plank
from ldm3d.data.mesh import Material, Mesh, box, cylinder, grid_faces, merged, mesh_from, tube
from ldm3d.data.scene import Scene, placed

Doubles = NDArray[np.float64]
Color = tuple[float, float, float]
THICK_M = 0.28
"""Thickness of outer walls."""


def rgb(values: ArrayLike) -> Color:
    """Return three numbers as a color."""
    r, g, b = (float(v) for v in np.asarray(values))
    return r, g, b


@dataclass(frozen=True)
class Window:
    """A rectangular hole in a wall, `at_m` from the wall's middle."""

    at_m: float
    half_m: float
    sill_m: float
    top_m: float


@dataclass
class Room:
    """A rectangular room about the origin; wall 0 is at low z, then low x, high z, high x."""

    scene: Scene
    wide_m: float
    long_m: float
    high_m: float
    taken: list[tuple[float, float, float, float]] = field(default_factory=list)
    """What stands on the floor: x, z, half sizes along x and z."""

    def length(self, side: int) -> float:
        """Return a wall's length."""
        return self.wide_m if side % 2 == 0 else self.long_m

    def yaw(self, side: int) -> float:
        """Return the turn that makes a mesh's +z look into the room."""
        return (0.0, np.pi / 2, np.pi, -np.pi / 2)[side]

    def spot(self, side: int, along_m: float, out_m: float) -> tuple[float, float]:
        """Return x and z of a place along a wall and out of it."""
        depth = (self.long_m if side % 2 == 0 else self.wide_m) / 2
        yaw = self.yaw(side)
        c, s = np.cos(yaw), np.sin(yaw)
        z = out_m - depth
        return float(c * along_m + s * z), float(-s * along_m + c * z)

    def put(
        self, mesh: Mesh, x: float, z: float, yaw: float = 0.0, y: float = 0.0,
        half: tuple[float, float] | None = None,
    ) -> None:  # fmt: skip
        """Place a mesh; with `half` sizes along its own x and z it keeps the floor it stands on."""
        # Light comes from all of the walls: few directions of it would throw hard shadows.
        self.scene.add(mesh, placed(np.array([[x, y, z]]), 1.0, yaw), casts_sky=False)
        if half is not None:
            c, s = abs(np.cos(yaw)), abs(np.sin(yaw))
            self.taken.append((x, z, c * half[0] + s * half[1], s * half[0] + c * half[1]))

    def at_wall(
        self, mesh: Mesh, side: int, along_m: float, out_m: float, y: float = 0.0,
        half: tuple[float, float] | None = None,
    ) -> None:  # fmt: skip
        """Place a mesh at a wall so that it looks into the room."""
        x, z = self.spot(side, along_m, out_m)
        self.put(mesh, x, z, self.yaw(side), y, half)

    def free(self, x: float, z: float, gap_m: float, wall_m: float | None = None) -> bool:
        """Say whether nothing stands within a gap of a place."""
        edge = gap_m if wall_m is None else wall_m
        if abs(x) > self.wide_m / 2 - edge or abs(z) > self.long_m / 2 - edge:
            return False
        for a, b, hx, hz in self.taken:
            dx, dz = max(abs(x - a) - hx, 0), max(abs(z - b) - hz, 0)
            if np.hypot(dx, dz) < gap_m:
                return False
        return True


def wall(
    length_m: float, high_m: float, windows: Sequence[Window], color: ArrayLike,
    material: Material = Material.MATTE, stripes: ArrayLike | None = None,
) -> Mesh:  # fmt: skip
    """Return a wall along x whose inner face is z = 0, looking to +z; `stripes`: wallpaper."""
    parts: list[Mesh] = []

    def block(left: float, right: float, low: float, high: float) -> None:
        if right - left > 1e-3 and high - low > 1e-3:
            size = (right - left, high - low, THICK_M)
            parts.append(box(size, ((left + right) / 2, (low + high) / 2, -THICK_M / 2)))

    x = -length_m / 2 - THICK_M
    for hole in sorted(windows, key=lambda w: w.at_m):
        block(x, hole.at_m - hole.half_m, 0, high_m)
        block(hole.at_m - hole.half_m, hole.at_m + hole.half_m, 0, hole.sill_m)
        block(hole.at_m - hole.half_m, hole.at_m + hole.half_m, hole.top_m, high_m)
        x = hole.at_m + hole.half_m
    block(x, length_m / 2 + THICK_M, 0, high_m)
    mesh = merged(parts).painted(color, material)
    if stripes is None:
        return mesh
    return merged([mesh, *_wallpaper(parts, stripes)])


def _wallpaper(parts: Sequence[Mesh], color: ArrayLike) -> list[Mesh]:
    out = []
    for part in parts:
        low, high = part.position.min(axis=0), part.position.max(axis=0)
        for x in np.arange(np.ceil(low[0] / 0.24) * 0.24, high[0] - 0.1, 0.24):
            size = (0.11, high[1] - low[1], 0.002)
            strip = box(size, (x + 0.06, (low[1] + high[1]) / 2, 0.001))
            out.append(strip.painted(color))
    return out


def bricks(length_m: float, high_m: float, windows: Sequence[Window], color: ArrayLike,
           rng: np.random.Generator) -> Mesh:  # fmt: skip
    """Return a brick wall along x whose inner face is near z = 0, looking to +z."""
    tone = np.asarray(color, float)
    rows, size = round(high_m / 0.085), 0.26
    y = (np.arange(rows) + 0.5) * high_m / rows
    count = int(length_m / size) + 2
    x = (np.arange(count) - count / 2) * size
    gx, gy = np.meshgrid(x, y)
    gx = gx + (np.arange(rows)[:, None] % 2) * size / 2
    u, v = gx.ravel(), gy.ravel()
    keep = np.abs(u) < length_m / 2 + 0.1
    for hole in windows:
        keep &= ~(
            (np.abs(u - hole.at_m) < hole.half_m + 0.05) & (v > hole.sill_m) & (v < hole.top_m)
        )
    u, v = u[keep], v[keep]
    hx, hy = size / 2 - 0.007, high_m / rows / 2 - 0.006
    corner = np.array([[-hx, -hy], [hx, -hy], [hx, hy], [-hx, hy]])
    flat = np.stack([u, v], 1)[:, None] + corner
    point = np.concatenate([flat, np.full((len(u), 4, 1), 0.006)], -1).reshape(-1, 3)
    faces = (np.arange(len(u))[:, None, None] * 4 + np.array([[0, 1, 2], [0, 2, 3]])).reshape(-1, 3)
    tint = tone * rng.uniform(0.6, 1.35, (len(u), 1)) * (1 + rng.normal(0, 0.05, (len(u), 3)))
    face = mesh_from(point, faces, np.tile([0, 0, 1], (len(point), 1)),
                     np.repeat(np.clip(tint, 0.01, 1), 4, axis=0), Material.STONE)  # fmt: skip
    mortar = wall(length_m, high_m, windows, tone * 0.4 + 0.1, Material.STONE)
    return merged([mortar, face])


def logs(length_m: float, high_m: float, windows: Sequence[Window], color: ArrayLike,
         rng: np.random.Generator) -> Mesh:  # fmt: skip
    """Return a wall of round logs along x whose inner face is near z = 0, looking to +z."""
    # Doors and pictures hang before the logs: their round backs lie behind the wall's face.
    dark = wall(length_m, high_m, windows, np.asarray(color) * 0.35, Material.WOOD)
    parts = [dark.moved((0, 0, -0.09))]
    rows = round(high_m / 0.24)
    r = high_m / rows / 2
    for i in range(rows):
        y = (i + 0.5) * high_m / rows
        spans, x = [], -length_m / 2
        for hole in sorted(windows, key=lambda w: w.at_m):
            if hole.sill_m - r * 0.5 < y < hole.top_m + r * 0.5:
                spans.append((x, hole.at_m - hole.half_m))
                x = hole.at_m + hole.half_m
        spans.append((x, length_m / 2))
        tone = np.asarray(color) * rng.uniform(0.75, 1.25)
        for a, b in spans:
            if b - a > 0.05:
                log = tube([[a, y, -0.12], [(a + b) / 2, y, -0.12], [b, y, -0.12]], r * 1.05, 10)
                squeezed = log.texture * [1, 0.1, 1] + rng.random(3) * 9
                parts.append(mesh_from(log.position, log.faces, log.normal, tone, Material.WOOD, 0,
                                       squeezed))  # fmt: skip
    return merged(parts)


def glazing(hole: Window, columns: int, rows: int, color: ArrayLike, thick_m: float = 0.05) -> Mesh:
    """Return frame, bars and sill of a window about its middle in the x-y plane."""
    rng = np.random.default_rng(1)
    parts = []
    wide, tall, middle = 2 * hole.half_m, hole.top_m - hole.sill_m, (hole.top_m + hole.sill_m) / 2
    for i in range(columns + 1):
        edge = i in (0, columns)
        x = -hole.half_m + i * wide / columns
        size = ((1.6 if edge else 0.7) * thick_m, tall, 0.07)
        parts.append(plank(size, (x, middle, -0.12), color, rng))
    for i in range(rows + 1):
        edge = i in (0, rows)
        y = hole.sill_m + i * tall / rows
        size = (wide, (1.6 if edge else 0.7) * thick_m, 0.07)
        parts.append(plank(size, (0, y, -0.12), color, rng))
    if hole.sill_m > 0.2:
        parts.append(plank((wide + 0.16, 0.035, 0.30), (0, hole.sill_m, -0.02), color, rng))
    return merged(parts)


def floor_boards(
    wide_m: float, long_m: float, color: ArrayLike, rng: np.random.Generator, kind: str
) -> Mesh:
    """Return a floor of "boards", "parquet" (squares of slats), "tiles" or "concrete" on y = 0."""
    tone = np.asarray(color, float)
    if kind == "concrete":
        quads, size = [(0.0, 0.0, wide_m / 2, long_m / 2, 0.0)], 1.0
    elif kind == "tiles":
        size = 0.6
        quads = [(x, z, 0.294, 0.294, 0.0) for x in np.arange(-wide_m / 2, wide_m / 2 + 0.3, size)
                 for z in np.arange(-long_m / 2, long_m / 2 + 0.3, size)]  # fmt: skip
    elif kind == "parquet":
        quads = []
        for i, x in enumerate(np.arange(-wide_m / 2, wide_m / 2 + 0.4, 0.4)):
            for j, z in enumerate(np.arange(-long_m / 2, long_m / 2 + 0.4, 0.4)):
                for k in (-0.15, -0.05, 0.05, 0.15):
                    across = (i + j) % 2
                    quads.append(
                        (x, z + k, 0.2, 0.05, 0.0) if across else (x + k, z, 0.05, 0.2, 1.0)
                    )
    else:
        broad = float(rng.uniform(0.11, 0.2))
        quads = []
        for x in np.arange(-wide_m / 2, wide_m / 2 + broad, broad):
            z = -long_m / 2 - float(rng.uniform(0, 2))
            while z < long_m / 2:
                run = float(rng.uniform(1.2, 2.8))
                quads.append((x, z + run / 2, broad / 2 - 0.0025, run / 2 - 0.002, 1.0))
                z += run
    table = np.array(quads)
    corner = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    at = table[:, None, :2] + corner[None] * (table[:, None, 2:4] - 0.0015)
    point = np.insert(at.reshape(-1, 2), 1, 0.0, axis=1)
    count = len(table)
    spread = 0.05 if kind in ("concrete", "tiles") else 0.13
    tint = tone * np.clip(1 + rng.normal(0, spread, (count, 1)), 0.5, 1.6)
    squeeze = np.where(table[:, 4:5] > 0, [[1.0, 1.0, 0.07]], [[0.07, 1.0, 1.0]])
    texture = point * np.repeat(squeeze, 4, axis=0) + np.repeat(
        rng.random((count, 3)) * 20, 4, axis=0
    )
    faces = (np.arange(count)[:, None, None] * 4 + np.array([[0, 2, 1], [0, 3, 2]])).reshape(-1, 3)
    material = Material.WOOD if kind in ("boards", "parquet") else Material.STONE
    top = mesh_from(point, faces, np.tile([0, 1, 0], (len(point), 1)),
                    np.repeat(np.clip(tint, 0.01, 1), 4, axis=0), material, 0.0,
                    texture)  # fmt: skip
    under = box((wide_m + 0.6, 0.05, long_m + 0.6), (0, -0.028, 0)).painted(tone * 0.4)
    return merged([top, under])


def ceiling(room: Room, kind: str, color: ArrayLike, wood: Color, rng: np.random.Generator) -> Mesh:
    """Return a ceiling: "plain" with a cornice, "beams", "gable" of boards, or "industrial"."""
    if kind == "gable":
        return _gable(room, wood, rng)
    w, d, h = room.wide_m, room.long_m, room.high_m
    parts = [box((w + 0.6, 0.1, d + 0.6), (0, h + 0.05, 0)).painted(color)]
    if kind == "beams":
        for z in np.arange(-d / 2 + 0.5, d / 2, 0.95):
            parts.append(plank((w, 0.2, 0.17), (0, h - 0.1, float(z)), wood, rng, 0.015))
        parts.append(plank((0.24, 0.26, d), (0, h - 0.2, 0), np.array(wood) * 0.9, rng, 0.015))
    elif kind == "industrial":
        for x in (-w / 4, w / 4):
            for dy, size in (
                (0.0, (0.18, 0.02, d)),
                (-0.24, (0.18, 0.02, d)),
                (-0.12, (0.02, 0.24, d)),
            ):
                beam = box(size, (x, h - 0.02 + dy, 0)).painted((0.03, 0.03, 0.032), Material.METAL)
                parts.append(beam)
        pipe = cylinder(0.16, d, 16).turned(np.pi / 2, "x").moved((w * 0.36, h - 0.35, -d / 2))
        parts.append(pipe.painted((0.45, 0.46, 0.47), Material.METAL))
    else:
        for side in range(4):
            long = room.length(side)
            for thick, drop in ((0.10, 0.05), (0.06, 0.13)):
                strip = box((long, thick, thick), (0, h - drop, thick / 2)).painted(
                    np.asarray(color) * 1.02
                )
                x, z = room.spot(side, 0, 0)
                parts.append(strip.turned(room.yaw(side)).moved((x, 0, z)))
        angle = np.linspace(0, 2 * np.pi, 37)
        for r in (0.36, 0.5):
            ring = np.stack([r * np.cos(angle), np.full(37, h), r * np.sin(angle)], 1)
            parts.append(tube(ring, 0.03, 6).painted(np.asarray(color) * 0.97))
    return merged(parts)


def _gable(room: Room, wood: Color, rng: np.random.Generator) -> Mesh:
    """Return a roof of boards on rafters with its ridge along z."""
    w, d, h = room.wide_m, room.long_m, room.high_m
    parts = []
    rise = 0.42 * w / 2 + 0.3
    slope = np.arctan2(rise, w / 2)
    run = np.hypot(rise, w / 2) + 0.3
    for side in (-1, 1):
        for i in range(int(run / 0.2)):
            s = (i + 0.5) * 0.2 / run
            at = (side * (w / 2 + 0.15) * (1 - s), h - 0.05 + rise * s, 0)
            board = plank((0.2, 0.04, d + 0.4), (0, 0, 0), wood, rng)
            parts.append(board.turned(-side * slope, "z").moved(at))
    for z in np.linspace(-d / 2 + 0.5, d / 2 - 0.5, max(3, round(d / 1.6))):
        parts.append(plank((w, 0.2, 0.16), (0, h, z), np.array(wood) * 0.75, rng))
        for side in (-1, 1):
            rafter = plank((run, 0.14, 0.12), (0, 0, 0), np.array(wood) * 0.75, rng)
            at = (side * w / 4, h + rise / 2 - 0.12, z)
            parts.append(rafter.turned(-side * slope, "z").moved(at))
    for z in (-d / 2 - 0.1, d / 2 + 0.1):
        point = [[-w / 2 - 0.2, h - 0.1, z], [w / 2 + 0.2, h - 0.1, z], [0, h + rise + 0.1, z]]
        gable = mesh_from(point, [[0, 1, 2]], np.tile([0, 0, -np.sign(z)], (3, 1)), wood,
                          Material.WOOD)  # fmt: skip
        parts.append(gable)
    parts.append(plank((1.0, 0.05, d + 0.4), (0, h + rise - 0.02, 0), np.array(wood) * 0.75, rng))
    return merged(parts)


def door(color: ArrayLike, tall_m: float = 2.05) -> Mesh:
    """Return a paneled door with its frame in the x-y plane, 0.9 m wide."""
    rng = np.random.default_rng(4)
    tone = np.asarray(color)
    parts = [plank((0.86, tall_m, 0.05), (0, tall_m / 2, 0.0), tone, rng)]
    for x in (-0.2, 0.2):
        for y, high in ((0.55, 0.7), (1.45, 0.85)):
            parts.append(plank((0.28, high, 0.02), (x, y, 0.03), tone * 0.88, rng, 0.01))
    for x in (-0.48, 0.48):
        parts.append(
            plank((0.1, tall_m + 0.1, 0.09), (x, tall_m / 2 + 0.05, 0.01), tone * 1.05, rng)
        )
    parts.append(plank((1.06, 0.1, 0.09), (0, tall_m + 0.05, 0.01), tone * 1.05, rng))
    knob = tube([[0.36, 1.02, 0.03], [0.36, 1.02, 0.08], [0.26, 1.02, 0.08]], 0.012, 6)
    return merged([*parts, knob.painted((0.5, 0.4, 0.2), Material.METAL)])


def outside_ground(low_m: float, color: ArrayLike, hilly: float, number: int) -> Mesh:
    """Return a wide ground about the house, `low_m` below the floor, with hills far away."""
    from ldm3d.data.noise import fbm

    r = np.concatenate([[3.0], np.geomspace(6, 900, 26)])
    a = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    x, z = r[:, None] * np.cos(a), r[:, None] * np.sin(a)
    far = np.clip((r[:, None] - 60) / 500, 0, 1)
    y = -low_m + far * hilly * (0.4 + fbm(x, z, 380, 3, number)) + 0 * x
    tone = np.asarray(color) * (1 + 0.5 * fbm(x, z, 30, 3, number + 1)[..., None])
    return mesh_from(np.stack([x, y, z], -1).reshape(-1, 3), grid_faces(len(r), 72, wrap=True),
                     color=np.clip(tone, 0.004, 1).reshape(-1, 3),
                     material=Material.GROUND)  # fmt: skip
