"""Stained glass: patterns of colors, panels that glow with them, light that they throw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.gothic import Opening
from ldm3d.data.mesh import Material, Mesh, mesh_from

Doubles = NDArray[np.float64]

RUBY, COBALT, GOLD = (0.75, 0.03, 0.04), (0.03, 0.10, 0.85), (1.0, 0.62, 0.08)
EMERALD, VIOLET, SKY = (0.03, 0.50, 0.12), (0.38, 0.06, 0.60), (0.15, 0.52, 0.90)
ROSE, PEARL, ORANGE = (0.95, 0.25, 0.35), (0.80, 0.78, 0.66), (1.0, 0.28, 0.03)
TURQUOISE, SMOKE = (0.05, 0.60, 0.58), (0.55, 0.56, 0.54)

PALETTES: dict[str, tuple[tuple[float, float, float], ...]] = {
    "blue": (COBALT, RUBY, SKY, GOLD),
    "red": (RUBY, GOLD, ORANGE, COBALT),
    "golden": (GOLD, PEARL, ORANGE, RUBY),
    "green": (EMERALD, GOLD, TURQUOISE, RUBY),
    "violet": (VIOLET, ROSE, COBALT, GOLD),
    "colorful": (COBALT, RUBY, EMERALD, GOLD),
    "pale": (PEARL, SMOKE, SKY, GOLD),
}


@dataclass(frozen=True)
class Glass:
    """How the windows of one church are colored."""

    palette: str
    pattern: int
    """0 medallions, 1 lozenges, 2 bands of figures, 3 scattered panes."""
    number: int

    def color(self, u: Doubles, y: Doubles, hole: Opening, which: int = 0) -> Doubles:
        """Return the color (..., 3) of the light through places of a window."""
        table = np.array(PALETTES[self.palette])
        shift = (which * 2 + self.number) % 3
        base, second, third, spark = table[[0 + shift % 2, 1 - shift % 2, 2, 3]]
        v = y - hole.sill_m
        cell = np.floor(u / 0.21).astype(int) * 73 + np.floor(v / 0.21).astype(int) * 151
        dice = ((cell + which * 37 + self.number) * 2654435761 % 4096) / 4096.0
        edge = np.minimum(hole.half_m - np.abs(u), v)
        pick = np.zeros((*np.shape(u), 3)) + base
        if self.pattern == 0:
            period = 2.1 * hole.half_m
            middle = (v % period) - period / 2
            far = np.hypot(u, middle) / hole.half_m
            pick[far < 0.74] = second
            pick[far < 0.62] = third
            star = far * (1 + 0.35 * np.cos(6 * np.arctan2(middle, u)))
            pick[star < 0.42] = spark
        elif self.pattern == 1:
            k = np.floor(u / 0.34 + v / 0.5) + 5 * np.floor(u / 0.34 - v / 0.5)
            pick[(k % 3) == 0] = second
            pick[(k % 5) == 0] = third
            pick[(k % 7) == 0] = spark
        elif self.pattern == 2:
            band = np.floor(v / 1.5).astype(int)
            pick[band % 2 == 1] = second
            body = np.abs(u) < hole.half_m * (0.5 - 0.22 * np.abs((v % 1.5) - 0.75))
            pick[body] = third
            head = np.hypot(u, (v % 1.5) - 1.2) < 0.24 * hole.half_m
            pick[head] = spark
        else:
            index = (dice * 4).astype(int)
            pick = np.stack([base, second, third, spark])[index]
        pick[(edge < 0.16) & (edge > 0.05)] = spark
        tone = 0.55 + 0.9 * dice
        return np.asarray(pick * tone[..., None])


def glass_panel(hole: Opening, glass: Glass, which: int, radiance: float) -> Mesh:
    """Return the glowing panes of a window in the x-y plane."""
    size = 0.13
    u = np.arange(-hole.half_m + size / 2, hole.half_m, size)
    y = np.arange(hole.sill_m + size / 2, hole.top_m, size)
    gu, gy = (a.ravel() for a in np.meshgrid(u, y))
    keep = hole.holds(gu * 0.97, gy - 0.03)
    gu, gy = gu[keep], gy[keep]
    color = glass.color(gu, gy, hole, which) * radiance
    return panes(gu, gy, color, size)


def rose_panel(radius_m: float, glass: Glass, radiance: float) -> Mesh:
    """Return the glowing panes of a rose window about the origin of the x-y plane."""
    size = 0.15
    line = np.arange(-radius_m + size / 2, radius_m, size)
    gu, gy = (a.ravel() for a in np.meshgrid(line, line))
    r, a = np.hypot(gu, gy) / radius_m, np.arctan2(gy, gu)
    keep = r < 1
    gu, gy, r, a = gu[keep], gy[keep], r[keep], a[keep]
    table = np.array(PALETTES[glass.palette])
    ring = np.digitize(r, [0.2, 0.42, 0.62, 0.85])
    petal = np.floor(a / (2 * np.pi) * 24).astype(int)
    color = table[(ring + petal % 2 + glass.number) % 4]
    color = color * (0.7 + 0.6 * ((petal * 7 + ring * 5) % 6) / 6)[:, None]
    return panes(gu, gy, color * radiance, size)


def panes(u: Doubles, y: Doubles, color: Doubles, size_m: float) -> Mesh:
    """Return squares of one color each, with lead between them left out."""
    count, half = len(u), size_m / 2
    corner = np.array([[-half, -half], [half, -half], [half, half], [-half, half]])
    at = np.stack([u, y], 1)[:, None] + corner
    point = np.concatenate([at, np.zeros((count, 4, 1))], -1).reshape(-1, 3)
    faces = np.arange(count)[:, None, None] * 4 + np.array([[0, 1, 2], [0, 2, 3]])
    normal = np.tile([0, 0, 1], (4 * count, 1))
    return mesh_from(
        point, faces.reshape(-1, 3), normal, np.repeat(color, 4, axis=0), Material.GLOW
    )
