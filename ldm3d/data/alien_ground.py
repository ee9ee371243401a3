"""The ground of other planets: plains, craters, terraces, spires and arches, and its colors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.alien_plants import blotched
from ldm3d.data.fine_ground import colored, fine_ground
from ldm3d.data.land import Land
from ldm3d.data.mesh import Material, Mesh
from ldm3d.data.noise import fbm, ridged
from ldm3d.data.rocks import Strata, arch, cliff, hoodoo, loop, strata
from ldm3d.data.scene import Color, placed
from ldm3d.data.terrain import Height, mix, point_on, smoothstep

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class GroundPlan:
    """What shape the ground of a seed has."""

    kind: str
    """plain, dunes, terraces or craters."""
    craters: tuple[tuple[float, float, float], ...]  # x, z, radius
    mountains_m: float
    spires: int
    arches: int


@dataclass(frozen=True)
class Earth:
    """Colors of a ground, linear albedo."""

    name: str
    low: Color
    high: Color
    vein: Color
    leaf: Color


# name, low, high, vein, leaf
_EARTHS = (
    ("violet", (0.060, 0.032, 0.095), (0.15, 0.090, 0.20), (0.26, 0.12, 0.27), (0.13, 0.055, 0.20)),
    ("teal", (0.020, 0.060, 0.068), (0.055, 0.16, 0.15), (0.10, 0.30, 0.22), (0.018, 0.19, 0.155)),
    ("rust", (0.13, 0.048, 0.020), (0.33, 0.14, 0.055), (0.42, 0.23, 0.08), (0.33, 0.055, 0.020)),
    ("acid green", (0.05, 0.06, 0.015), (0.14, 0.17, 0.03), (0.26, 0.30, 0.03), (0.17, 0.26, 0.02)),
    ("pale", (0.20, 0.18, 0.16), (0.36, 0.32, 0.27), (0.30, 0.19, 0.20), (0.34, 0.20, 0.19)),
    ("blue", (0.022, 0.035, 0.085), (0.060, 0.10, 0.21), (0.06, 0.20, 0.30), (0.05, 0.10, 0.23)),
    ("black", (0.022, 0.022, 0.027), (0.070, 0.066, 0.072), (0.16, 0.04, 0.06), (0.28, 0.02, 0.06)),
    ("rose", (0.17, 0.065, 0.080), (0.34, 0.16, 0.165), (0.40, 0.24, 0.17), (0.30, 0.09, 0.15)),
    ("golden", (0.16, 0.105, 0.030), (0.36, 0.25, 0.075), (0.45, 0.33, 0.14), (0.38, 0.20, 0.015)),
)  # fmt: skip
EARTHS = tuple(Earth(*row) for row in _EARTHS)


def drawn_ground(rng: np.random.Generator, barren: bool) -> GroundPlan:
    """Return the plan of a seed."""
    kind = "craters" if barren and rng.random() < 0.75 else str(
        rng.choice(["plain", "dunes", "terraces", "plain"])
    )  # fmt: skip
    craters: list[tuple[float, float, float]] = []
    if kind == "craters":
        for index in range(34):
            r = float(np.exp(rng.uniform(np.log(7), np.log(420))))
            a, size = rng.uniform(0, 6.283), r * float(rng.uniform(0.12, 0.5))
            if index < 2:
                r, size = float(rng.uniform(4.5, 8)), float(rng.uniform(1.4, 3.0))
            if r > size * 1.35 and all(
                np.hypot(r * np.sin(a) - x, -r * np.cos(a) - z) > 0.8 * (size + other)
                for x, z, other in craters
            ):
                craters.append((float(r * np.sin(a)), float(-r * np.cos(a)), size))
    return GroundPlan(
        kind,
        tuple(craters),
        float(rng.choice([0.0, 350.0, 700.0, 1000.0])),
        int(rng.choice([0, 3, 7, 12])) if not barren else int(rng.choice([0, 0, 4, 9])),
        int(rng.choice([0, 0, 1, 2, 3])),
    )


def alien_height(plan: GroundPlan, number: int) -> Height:
    """Return the height function of a plan; 0 or nearly so under the eye."""

    def height(x: Floats, z: Floats) -> Floats:
        d = np.hypot(x, z)
        y = fbm(x, z, 2.6, 2, number) * 0.10 * smoothstep(0.6, 4, d)
        y = y + fbm(x, z, 30, 3, number + 1) * 1.5 * smoothstep(2.5, 26, d)
        y = y + fbm(x, z, 230, 3, number + 2) * 15.0 * smoothstep(50, 320, d)
        if plan.kind == "dunes":
            crest = 1 - np.abs(fbm(x, z * 0.5, 26, 2, number + 3)) * 2
            y = y + np.maximum(crest, 0) ** 2 * 2.6 * smoothstep(4, 20, d)
        elif plan.kind == "terraces":
            raw = (fbm(x, z, 40, 3, number + 3) + 0.25) * 7.0 * smoothstep(3.5, 16, d)
            step = np.floor(raw / 0.9) + smoothstep(0.72, 1.0, raw / 0.9 - np.floor(raw / 0.9))
            y = y + step * 0.9
        for at_x, at_z, size in plan.craters:
            q = np.hypot(x - at_x, z - at_z) / size
            ragged = q * (1 + 0.06 * fbm(x, z, size, 2, number + 4)) if size > 4 else q
            bowl = np.where(ragged < 1, (ragged**2 - 1) * 0.26, 0.0)
            rim = 0.14 * np.exp(-(((ragged - 1.0) / 0.20) ** 2))
            y = y + np.where(q < 2.2, (bowl + rim) * size * (1.0 if size < 40 else 0.6), 0.0)
        if plan.mountains_m > 0:
            peaks = ridged(x, z, 1500, 4, number + 5) ** 1.5
            y = y + peaks * plan.mountains_m * smoothstep(350, 2200, d)
        return np.asarray(y, np.float32)

    return height


def paint_ground(
    land: Land, plan: GroundPlan, earth: Earth, number: int, grown: bool, shine: Color | None = None
) -> Mesh:
    """Return the ground, painted; veins of it may shine at night."""
    mesh = fine_ground(land.height, land.detail, 5200.0, 6.0, 280, 760)
    x, y, z = mesh.position.T
    d = np.hypot(x, z)
    patch = fbm(x, z, 16, 4, number + 11)
    color = mix(np.array(earth.low), np.array(earth.high), smoothstep(-0.55, 0.6, patch))
    blot = smoothstep(0.45, 0.95, blotched(x, z, number + 12))
    color = mix(color, np.array(earth.vein), 0.75 * blot * smoothstep(300, 30, d))
    if grown:
        leafy = smoothstep(-0.1, 0.4, fbm(x, z, 11, 3, number + 14))
        color = mix(color, np.array(earth.leaf) * 0.62, 0.8 * leafy)
    steep = smoothstep(0.10, 0.36, 1 - mesh.normal[:, 1])
    color = mix(color, np.array(earth.high) * 0.8, steep)
    bed = 0.5 + 0.5 * np.sin(y * 0.22 + 2.0 * fbm(x, z, 60, 2, number + 15))
    far = smoothstep(150, 900, d)
    color = color * (1 + (0.35 * (bed - 0.5) * (0.25 + far) * (0.4 + steep)))[:, None]
    for at_x, at_z, size in plan.craters:
        q = np.hypot(x - at_x, z - at_z) / size
        light = 0.28 * np.exp(-(((q - 1.05) / 0.22) ** 2)) - 0.22 * smoothstep(0.9, 0.4, q)
        color = color * (1 + light)[:, None]
    kind = np.where(steep > 0.5, float(Material.ROCK), float(Material.GROUND))
    if shine is not None and grown:
        vein = smoothstep(0.9, 1.15, blotched(x, z, number + 12)) * smoothstep(70, 25, d)
        vein = vein * smoothstep(0.8, 1.6, d)
        color = mix(color, np.array(shine) * 0.32, vein)
        kind = np.where(vein > 0.25, float(Material.GLOW), kind)
    return colored(mesh, color.clip(0.004), kind)


def rock_palette(rng: np.random.Generator, earth: Earth, other: Earth) -> Strata:
    """Return beds of rock in the ground's colors with bands of another's."""
    table = [earth.high, earth.low, earth.vein, np.array(other.high) * 0.8, earth.high]
    return strata(rng, [np.asarray(c, np.float64) for c in table], float(rng.uniform(9, 26)), 10)


def stand_rocks(land: Land, plan: GroundPlan, beds: Strata, number: int) -> list[str]:
    """Place spires, towers and arches; return what they are."""
    rng, said = land.rng, []
    towers = [
        hoodoo(
            beds, number % 97 + k, 1.0 * float(rng.uniform(11, 17)), float(rng.uniform(1.2, 2.2))
        )
        for k in range(3)
    ]
    slim = [tower.scaled((0.55, 1.25, 0.55)) for tower in towers]
    for index in range(plan.spires):
        far = float(np.exp(rng.uniform(np.log(14), np.log(380))))
        x, z = land.find(far, far * 1.25, 3.0)
        size = float(rng.uniform(0.5, 1.1)) * max(1.0, far / 42)
        mesh = (towers + slim)[int(rng.integers(0, 6))]
        spot = np.array([point_on(land.height, x, z, -0.6 * size)])
        land.scene.add(mesh, placed(spot, size, float(rng.uniform(0, 6.3))), casts_sky=index < 4)
    if plan.spires:
        said.append("rock spires")
    for index in range(plan.arches):
        span = float(rng.uniform(10, 26)) * (1 if index == 0 else 2.4)
        far = float(rng.uniform(16, 34)) * (1 if index == 0 else 3.2) + span / 2
        x, z = land.find(far, far * 1.4, span * 0.4)
        made = arch(span, span * float(rng.uniform(0.5, 0.85)), beds, number + index, span * 0.085)
        foot = min(
            point_on(land.height, x + dx, z + dz)[1] for dx in (-2.0, 2.0) for dz in (-2.0, 2.0)
        )
        turn = float(rng.uniform(0, 6.283))
        land.scene.add(made, placed(np.array([[x, foot - 1.0, z]]), 1.0, turn))
    if plan.arches:
        said.append("a natural rock arch" if plan.arches == 1 else "natural rock arches")
    return said


def mesas(land: Land, beds: Strata, number: int) -> str:
    """Place table mountains on the horizon."""
    rng = land.rng
    for index in range(int(rng.integers(3, 7))):
        far, a = float(rng.uniform(420, 1500)), rng.uniform(0, 6.283)
        x, z = far * np.sin(a), -far * np.cos(a)
        ring = loop(far * float(rng.uniform(0.05, 0.14)), number + index, 56)
        high = far * float(rng.uniform(0.08, 0.22))
        foot = point_on(land.height, float(x), float(z))[1] - 0.06 * far
        wall = cliff(
            ring, 0.0, high, beds, number + index, rows=26, rough_m=far / 160, ledge_m=far / 110,
            lean=0.22, closed=True,
        )  # fmt: skip
        land.scene.add(wall, placed(np.array([[x, foot, z]])), casts_sky=False)
    return "table mountains far away"
