"""Islands and sea rocks, with the foam around them."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.coast import FOAM
from ldm3d.data.mesh import Material, Mesh, grid_faces, icosphere, merged, mesh_from
from ldm3d.data.noise import fbm, ridged
from ldm3d.data.terrain import mix, smoothstep

Floats = NDArray[np.float32]

_STYLES: dict[str, tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...], float]] = {
    # rock, low green, high green, how far down the green grows
    "jungle": ((0.17, 0.155, 0.13), (0.045, 0.090, 0.018), (0.060, 0.105, 0.022), 0.75),
    "granite": ((0.22, 0.20, 0.185), (0.105, 0.110, 0.035), (0.075, 0.095, 0.026), 0.30),
    "chalk": ((0.42, 0.38, 0.31), (0.115, 0.115, 0.045), (0.060, 0.075, 0.026), 0.38),
    "basalt": ((0.075, 0.072, 0.074), (0.080, 0.120, 0.022), (0.070, 0.110, 0.022), 0.42),
    "red": ((0.27, 0.135, 0.085), (0.090, 0.095, 0.030), (0.060, 0.075, 0.022), 0.30),
}
STYLES = tuple(_STYLES)


def _height(kind: int, x: Floats, z: Floats, rim: Floats, number: int) -> Floats:
    """Return heights for a footprint where `rim` runs from 0 in the middle to 1 at the water."""
    inner = np.clip(1 - rim, 0, 1)
    crag = ridged(x, z, 55, 5, number)
    soft = fbm(x, z, 50, 4, number + 1)
    if kind == 0:  # a dome
        y = 34 * np.sqrt(np.clip(inner, 0, 1)) * (0.75 + 0.35 * soft)
    elif kind == 1:  # a table with cliffs
        y = 26 * smoothstep(0.0, 0.22, inner + 0.08 * soft) * (1 + 0.12 * soft)
    elif kind == 2:  # a tower
        y = 62 * smoothstep(0.05, 0.5, inner + 0.16 * soft) ** 0.8 * (0.6 + 0.6 * crag)
    elif kind == 3:  # a jagged ridge
        y = 62 * inner**0.8 * np.clip(crag - 0.22, 0.05, 1) * np.exp(-((z / 26) ** 2)) + 10 * inner
    elif kind == 4:  # two hills
        humps = np.exp(-(((x - 26) / 20) ** 2) - (z / 24) ** 2) + 0.7 * np.exp(
            -(((x + 26) / 16) ** 2) - (z / 20) ** 2
        )
        y = (44 * humps + 5) * smoothstep(0, 0.25, inner) * (0.85 + 0.35 * soft)
    elif kind == 5:  # a wedge with one steep side
        y = 40 * smoothstep(0.0, 0.18, inner) * np.clip(0.5 + x / 100, 0.04, 1) * (0.9 + 0.2 * soft)
    elif kind == 6:  # low skerries
        y = 9 * smoothstep(0, 0.5, inner) * np.clip(crag * 1.6 - 0.55, -0.1, 1)
    else:  # a cone, a drowned volcano
        y = 80 * inner**1.35 * (0.45 + 0.8 * crag) * (1 + 0.3 * soft)
    y = y + 3.0 * (crag - 0.5) * smoothstep(0.02, 0.2, inner)
    return np.asarray(np.where(rim >= 1, -3.0, y), np.float32)


@cache
def isle(kind: int, style: str = "granite", level: int = 0, snow: bool = False) -> Mesh:
    """Return one of 8 islands about 120 m across with its foot at y = 0; level 1 is coarser."""
    number = 700 + kind * 7
    rng = np.random.default_rng([kind, 51])
    rings, sectors = ((46, 150), (24, 72))[level]
    a = np.linspace(0, 2 * np.pi, sectors, endpoint=False)
    wander = fbm(np.cos(a) * 60, np.sin(a) * 60, 90, 3, number + 3)
    reach = 58 * (1 + 0.5 * wander) * (1 - 0.35 * np.abs(np.sin(a)) * (kind in (3, 4)))
    s = 1 - np.linspace(1, 0, rings) ** 1.6
    s[-1] = 1.06
    x = (s[:, None] * reach * np.cos(a)).astype(np.float32)
    z = (s[:, None] * reach * np.sin(a)).astype(np.float32)
    rim = np.broadcast_to(s[:, None], x.shape).astype(np.float32)
    y = _height(kind, x, z, rim, number)
    points = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    ground = mesh_from(points, grid_faces(rings, sectors, wrap=True)[:, [0, 2, 1]])
    stone, low, high, spread = _STYLES[style]
    flat = ground.normal[:, 1]
    patch = fbm(points[:, 0], points[:, 2], 18, 3, number + 4)
    tone = 0.85 + 0.4 * fbm(points[:, 0], points[:, 1] * 3, 20, 3, number + 5)
    color = np.asarray(stone) * tone[:, None]
    green = mix(np.asarray(low), np.asarray(high), smoothstep(-0.4, 0.4, patch))
    grown = smoothstep(1 - spread - 0.12, 1 - spread + 0.12, flat + 0.16 * patch)
    grown = grown * smoothstep(1.5, 5.0, points[:, 1] + 2 * patch)
    color = mix(color, green, grown)
    if snow:
        color = mix(
            color,
            np.array([0.74, 0.78, 0.84]),
            smoothstep(0.55, 0.75, flat + 0.2 * patch) * smoothstep(0.8, 3, points[:, 1]),
        )
    color = np.maximum(color, 0.01)
    splash = smoothstep(2.2, 0.6, points[:, 1] + patch)
    color = mix(color, np.asarray(stone) * 0.32, splash)
    rgba = ground.color.copy()
    rgba[:, :3] = color
    kinds = np.where(grown > 0.6, Material.MOSS, Material.ROCK).astype(np.float32)
    parts = [mesh_from(points, ground.faces, ground.normal, color, Material.ROCK)]
    parts[0].material[:] = kinds
    # Foam where the swell meets the rock, broken here and there.
    dry = np.where(y > 0.12, s[:, None], 0.0).max(axis=0) * reach
    ring = np.linspace(0, 2 * np.pi, sectors, endpoint=False)
    ragged = fbm(np.cos(ring) * 50, np.sin(ring) * 50, 9, 3, number + 6)
    wide = np.stack([dry - 0.6, dry + np.clip(0.6 + 1.6 * ragged, -0.5, 1.8)], axis=0)
    foam = np.stack([wide * np.cos(ring), np.full_like(wide, 0.12), wide * np.sin(ring)], axis=-1)
    up = np.tile([0.0, 1.0, 0.0], (2 * sectors, 1))
    parts.append(mesh_from(foam.reshape(-1, 3), grid_faces(2, sectors, wrap=True), up, FOAM))
    if style != "basalt" and kind != 6:
        crown = icosphere(1 if level == 0 else 0).scaled((1, 0.75, 1))
        tint = np.asarray(low) * (0.75 if style == "jungle" else 0.5)
        leafy = np.flatnonzero(
            (grown > 0.7) & (rng.random(len(points)) < (0.30, 0.6)[level] * spread)
        )
        for index in leafy[:: max(1, len(leafy) // (110, 50)[level])]:
            size = rng.uniform(1.6, 3.6) * (1.5 if style == "jungle" else 1.0)
            one = crown.scaled(size).moved(points[index] + [0, size * 0.3, 0])
            shade = 0.72 if snow else rng.uniform(0.7, 1.35)
            parts.append(
                one.painted((0.3, 0.33, 0.36) if snow else tint * shade, Material.FOLIAGE, 0.25)
            )
    return merged(parts)
