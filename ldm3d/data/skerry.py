"""Rocks and headlands in the sea, to stand on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.families import Streams
from ldm3d.data.land import Land, grass_color, painted_land
from ldm3d.data.mesh import Material
from ldm3d.data.noise import fbm, ridged
from ldm3d.data.plants import flower, grass_tuft, rock
from ldm3d.data.terrain import mix, scattered, slope, smoothstep, terrain

Floats = NDArray[np.float32]


def sea_rock(
    rng: np.random.Generator, edge_m: float, radius_m: float, top_m: float, steep_m: float,
    crag_m: float, number: int,
) -> tuple[SeaRock, float]:  # fmt: skip
    """Return an island whose edge is `edge_m` from the eye, and where its middle lies."""
    a, off = float(rng.uniform(0, 6.283)), radius_m - edge_m
    here = np.zeros(1, np.float32)
    for _ in range(8):
        made = SeaRock(off * np.sin(a), -off * np.cos(a), radius_m, top_m, steep_m, crag_m, number)
        off += 0.8 * (float(made.inner(here, here)[0]) - edge_m)
    return made, a


@dataclass(frozen=True)
class SeaRock:
    """The island under the eye: its middle, its radius and how high and craggy it is."""

    x_m: float
    z_m: float
    radius_m: float
    top_m: float
    steep_m: float  # how far from the water's edge it takes to rise
    crag_m: float
    number: int

    def inner(self, x: Floats, z: Floats) -> Floats:
        """Return metres inside the water's edge, negative in the sea."""
        dx, dz = x - self.x_m, z - self.z_m
        wander = fbm(dx, dz, self.radius_m * 2.2, 4, self.number) * 0.42
        return np.asarray(self.radius_m * (1 + wander) - np.hypot(dx, dz), np.float32)

    def height(self, x: Floats, z: Floats) -> Floats:
        """Return metres over the sea."""
        inner, d = self.inner(x, z), np.hypot(x, z)
        rise = smoothstep(0, self.steep_m, inner)
        crag = ridged(x, z, 9, 4, self.number + 1) - 0.5
        hills = fbm(x, z, 40, 3, self.number + 2) * 0.12 * self.top_m * smoothstep(3, 25, d)
        y = self.top_m * rise + hills * rise
        y = y + self.crag_m * crag * rise * smoothstep(0.8, 5, d) * (1.1 - 0.8 * rise)
        y = y + 0.10 * fbm(x, z, 2.2, 3, self.number + 3) * smoothstep(-1, 2, inner)
        return np.asarray(
            np.where(inner > 0, y + 0.15, np.maximum(0.25 * inner, -12) + 0.15), np.float32
        )


def rock_ground(
    land: Land, rock_: SeaRock, streams: Streams, stone: tuple[float, ...], green: float
) -> None:
    """Add the island to the scene: stone with lichen, grass by the share `green`, weed below."""
    share = streams.detail**0.6
    mesh = terrain(
        rock_.height,
        far_m=rock_.radius_m * 2.4 + 40,
        rings=int(360 * share),
        sectors=int(760 * share),
    )
    x, y, z = mesh.position.T
    inner, number = rock_.inner(x, z), rock_.number
    patch, streak = fbm(x, z, 6, 4, number + 5), fbm(x + 2 * y, z - y, 2.4, 3, number + 6)
    color = np.asarray(stone) * (1 + 0.30 * streak[:, None] + 0.14 * patch[:, None])
    lichen = np.array([0.36, 0.26, 0.06]) if stone[0] < 0.3 else np.array([0.26, 0.26, 0.20])
    color = mix(color, lichen, 0.55 * smoothstep(0.42, 0.7, streak) * smoothstep(1.0, 2.5, y))
    grass = grass_color(streams.look) * (1 + 0.25 * patch[:, None])
    grown = smoothstep(
        0.0, 0.3, green - 0.5 + patch * 0.55 + 0.25 * smoothstep(3, 9, inner)
    ) * smoothstep(0.36, 0.2, slope(mesh))
    grown = grown * smoothstep(1.2, 2.6, y + 0.5 * patch)
    color = mix(color, grass, grown)
    weed = smoothstep(1.0, 0.45, y + 0.35 * patch)
    color = mix(color, np.array([0.035, 0.036, 0.020]), 0.85 * weed)
    kind = np.where(grown > 0.5, float(Material.MOSS), float(Material.ROCK))
    painted = painted_land(mesh, color.clip(0.006), kind, streams.look, number)
    # Salt water melts the snow it reaches.
    low = y < 0.9
    painted.color[low, :3] = color[low]
    painted.material[low] = float(Material.ROCK)
    land.scene.add(painted, casts_sky=False)


def rock_plants(land: Land, rock_: SeaRock, streams: Streams, green: float) -> list[str]:
    """Plant grass and flowers where the ground is green; return their words."""
    rng, look, number = land.rng, streams.look, rock_.number
    if green < 0.15:
        return []
    bold = min(1.6, land.bold)
    x, z = scattered(rng, streams.many(7000), 1.0, 30, power=0.8)
    y = rock_.height(x, z)
    steep = np.abs(rock_.height(x + 0.5, z) - y) + np.abs(rock_.height(x, z + 0.5) - y)
    patch = fbm(x, z, 6, 4, number + 5)
    keep = green - 0.5 + patch * 0.55 + 0.25 * smoothstep(3, 9, rock_.inner(x, z)) > rng.uniform(
        0, 0.35, len(x)
    )
    keep &= (y > 1.6) & (steep < 0.55) & land.free(x, z, 0.1)
    x, z = x[keep], z[keep]
    if look.snow < 0.8:
        for kind in range(3):
            pick = np.arange(len(x)) % 3 == kind
            tuft = grass_tuft(
                np.random.default_rng(kind), 12, 0.30, 0.13, 0.008 * bold, grass_color(look) * 0.95
            )
            land.plant(tuft, x[pick], z[pick], size=(0.5, 1.25), sky=False)
    if look.season in ("spring", "summer"):
        petal = ((0.70, 0.24, 0.42), (0.75, 0.74, 0.70), (0.74, 0.55, 0.05), (0.36, 0.16, 0.55))[
            int(rng.integers(4))
        ]
        bloom = flower(np.random.default_rng(4), petal, (0.7, 0.5, 0.1), 0.22, 0.034 * bold, 7, 5)
        clumps = fbm(x, z, 3, 2, number + 9) > 0.15
        land.plant(bloom, x[clumps][::5], z[clumps][::5], size=(0.7, 1.3), sky=False)
        return ["sea grass and thrift in flower"]
    return ["wind-bent grass"]


def rock_stones(
    land: Land, rock_: SeaRock, streams: Streams, stone: tuple[float, ...], count: int
) -> None:
    """Strew boulders (`count` tries of each kind), pebbles and barnacles."""
    rng = land.rng
    tint = np.asarray(stone) / 0.2
    for kind in range(3):
        boulder = rock(np.random.default_rng(80 + kind), 3, 13, 0.0, 0.75)
        x, z = scattered(rng, count, 2.4, 26, power=0.7)
        keep = (rock_.height(x, z) > -0.6) & land.free(x, z, 0.8)
        land.plant(
            boulder.painted(np.array([0.2, 0.2, 0.2]) * tint * 0.9),
            x[keep],
            z[keep],
            size=(0.15, 0.9),
            sink_m=0.1,
        )
    small = rock(np.random.default_rng(8), 1, 8, 0.0).painted(
        np.asarray(stone) * 0.9, Material.STONE
    )
    x, z = scattered(rng, streams.many(1400), 0.8, 12, power=0.8)
    keep = (fbm(x, z, 3, 2, rock_.number + 13) > rng.uniform(-0.1, 0.6, len(x))) & (
        rock_.height(x, z) > 0.2
    )
    land.plant(small, x[keep], z[keep], size=(0.03, 0.10), shade=0.35, sky=False)
    shell = rock(np.random.default_rng(9), 0, 6, 0.0).painted((0.55, 0.53, 0.48))
    x, z = scattered(rng, streams.many(1600), 0.8, 10, power=0.8)
    y = rock_.height(x, z)
    keep = (y < 1.4) & (y > 0.1)
    land.plant(shell, x[keep], z[keep], size=(0.02, 0.045), sink_m=0.005, sky=False)
