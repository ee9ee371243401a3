"""Layered and broken rock: strata, cliffs along a line, towers, arches, slabs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.mesh import Material, Mesh, flat, grid_faces, mesh_from
from ldm3d.data.noise import fbm
from ldm3d.data.plants import rock

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Strata:
    """Level beds of rock, each with its own color and hardness; they repeat every `high_m`."""

    high_m: float
    edges: NDArray[np.float64]  # (N,) tops of the beds in [0, 1], rising, the last is 1
    colors: NDArray[np.float64]  # (N, 3) linear albedo
    hard: NDArray[np.float64]  # (N,) how far a bed stands out, in [0, 1]

    def bed(self, y: ArrayLike) -> NDArray[np.int64]:
        """Return which bed lies at a height in metres."""
        part = (np.asarray(y, np.float64) / self.high_m) % 1.0
        return np.searchsorted(self.edges, part, side="right").clip(0, len(self.edges) - 1)

    def color(self, y: ArrayLike) -> NDArray[np.float64]:
        """Return the albedo (..., 3) at heights in metres."""
        return np.asarray(self.colors[self.bed(y)])

    def ledge(self, y: ArrayLike) -> NDArray[np.float64]:
        """Return how far the rock stands out at heights in metres, 0 to 1."""
        return np.asarray(self.hard[self.bed(y)])


def strata(rng: np.random.Generator, palette: ArrayLike, high_m: float, beds: int) -> Strata:
    """Return random beds in the colors of a palette (N, 3)."""
    thick = rng.exponential(1.0, beds) + 0.25
    table = np.asarray(palette, np.float64)
    order = rng.integers(0, len(table), beds)
    color = table[order] * rng.uniform(0.78, 1.2, (beds, 1))
    return Strata(high_m, np.cumsum(thick) / thick.sum(), color, rng.random(beds) ** 1.3)


def cliff(
    line: ArrayLike,
    foot_m: ArrayLike,
    top_m: ArrayLike,
    beds: Strata,
    number: int,
    *,
    rows: int = 70,
    lean: float = 0.16,
    rough_m: float = 1.0,
    ledge_m: float = 0.8,
    cap_m: float = 12.0,
    closed: bool = False,
    material: Material = Material.ROCK,
) -> Mesh:
    """Return a wall of rock along a line on the ground, its face to the left of the way.

    Args:
        line: (N, 2) x and z in metres, about evenly spaced.
        foot_m: height of its foot, one or (N,).
        top_m: height of its upper edge, one or (N,).
        beds: colors and ledges by height.
        number: of the noise.
        rows: of vertices from foot to top.
        lean: metres it recedes a metre of height.
        rough_m: depth of buttresses and flutes.
        ledge_m: how far hard beds stand out.
        cap_m: width of the level land behind the upper edge.
        closed: the line is a loop: the land behind closes to its middle.
        material: of the rock.
    """
    spot = np.asarray(line, np.float64)
    count = len(spot)
    if closed:
        along = np.roll(spot, -1, 0) - np.roll(spot, 1, 0)
        run = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(spot, axis=0), axis=1))])
    else:
        along = np.gradient(spot, axis=0)
        run = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(spot, axis=0), axis=1))])
    back = np.stack([-along[:, 1], along[:, 0]], 1)
    back /= np.linalg.norm(back, axis=1, keepdims=True) + 1e-9
    foot, top = (np.broadcast_to(np.asarray(v, np.float64), (count,)) for v in (foot_m, top_m))
    t = np.linspace(0, 1, rows)
    y = foot + t[:, None] * (top - foot)
    # Noise is looked up around the loop so that it closes.
    u = np.broadcast_to(spot[:, 0], y.shape)
    w = np.broadcast_to(spot[:, 1], y.shape)
    big = fbm(u, w, 26 * rough_m, 3, number) * 2.6 * rough_m
    flute = np.abs(fbm(u * 2.3 + 7, w * 2.3, 9 * rough_m, 2, number + 1)) * 1.6 * rough_m
    skew = fbm(u + y * 0.35, w - y * 0.35, 7 * rough_m, 3, number + 2) * 0.55 * rough_m
    dip = fbm(u, w, 90, 2, number + 3) * 1.2
    level = y + dip
    offset = big * (0.5 + 0.5 * t[:, None]) + flute + skew
    offset = offset + (y - foot) * lean - beds.ledge(level) * ledge_m
    offset[-2:] += 0.25 * rough_m
    point = np.stack(
        [spot[:, 0] + back[:, 0] * offset, y, spot[:, 1] + back[:, 1] * offset], axis=-1
    )
    color = beds.color(level) * (1 + 0.16 * fbm(u, w + y * 0.3, 11, 3, number + 4))[..., None]
    stain = np.clip(fbm(run * 1.0 + 0 * y, 0.06 * y, 8, 3, number + 5) * 1.6 - 0.1, 0, 0.55)
    color = color * (1 - 0.6 * stain * (0.4 + 0.6 * t[:, None]))[..., None]
    edge = point[-1:]
    if closed:
        middle = edge.mean(axis=1, keepdims=True)
        lid = np.concatenate([edge * 0.5 + middle * 0.5, edge * 0.02 + middle * 0.98])
        lid[:, :, 1] += 0.02 * np.abs(top - foot)
    else:
        far = edge + np.stack([back[:, 0], np.zeros(count), back[:, 1]], -1) * cap_m
        lid = np.concatenate([edge * 0.75 + far * 0.25, far])
        lid[:, :, 1] += np.array([[0.02], [0.09]]) * cap_m
    grid = np.concatenate([point, lid])
    tint = np.concatenate([color, np.repeat(color[-1:] * 0.92, 2, axis=0)])
    faces = grid_faces(rows + 2, count, wrap=closed)
    return mesh_from(grid.reshape(-1, 3), faces, color=tint.reshape(-1, 3), material=material)


def loop(
    radius_m: float, number: int, sides: int = 48, uneven: float = 0.35
) -> NDArray[np.float64]:
    """Return an uneven ring (sides, 2) about the origin whose outside is to the left of the way."""
    rng = np.random.default_rng(number)
    a = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    r = 1 + uneven * sum(
        rng.normal(0, 0.5) / k * np.sin(k * a + rng.random() * 6.283) for k in range(2, 6)
    )
    stretch = rng.uniform(0.7, 1.3)
    return np.stack([np.cos(a) * r * stretch, np.sin(a) * r / stretch], 1) * radius_m


@cache
def crag(kind: int, level: int = 3) -> Mesh:
    """Return one of some angular blocks of about 1 m radius, flat-sided."""
    rng = np.random.default_rng([kind, 51])
    mesh = rock(rng, level, 9, 0.0, 0.8)
    return flat(mesh) if level < 3 else mesh


def arch(span_m: float, high_m: float, beds: Strata, number: int, thick_m: float = 2.2) -> Mesh:
    """Return a natural arch in the xy plane, its feet at x = -span/2 and span/2 on y = 0."""
    rng = np.random.default_rng(number)
    steps, sides = 48, 22
    t = np.linspace(-0.08, 1.08, steps)
    a = np.pi * t
    power = rng.uniform(0.65, 0.95)
    x = -np.cos(np.clip(a, 0, np.pi)) * span_m / 2 * (1 + rng.normal(0, 0.04, 1))
    y = np.sign(np.sin(a)) * np.abs(np.sin(a)) ** power * high_m
    girth = thick_m * (0.62 + 1.0 * np.abs(t - rng.uniform(0.42, 0.58)) ** 1.3 * 2.2)
    way = np.gradient(np.stack([x, y], 1), axis=0)
    way /= np.linalg.norm(way, axis=1, keepdims=True) + 1e-9
    normal = np.stack([-way[:, 1], way[:, 0]], 1)
    b = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    lump = 1 + 0.28 * fbm(
        np.broadcast_to(t[:, None] * 20, (steps, sides)),
        np.cos(b)[None] * 2 + 3 + 0 * t[:, None],
        6,
        3,
        number,
    )
    reach = girth[:, None] * lump
    px = x[:, None] + normal[:, :1] * np.cos(b) * reach
    py = y[:, None] + normal[:, 1:] * np.cos(b) * reach
    pz = np.sin(b) * reach * 0.85
    px = px + np.sign(px) * beds.ledge(py) * 0.25
    color = beds.color(py) * rng.uniform(0.92, 1.05)
    return mesh_from(
        np.stack([px, py, pz + 0 * px], -1).reshape(-1, 3), grid_faces(steps, sides, wrap=True),
        color=color.reshape(-1, 3), material=Material.ROCK,
    )  # fmt: skip


def hoodoo(beds: Strata, number: int, high_m: float = 9.0, radius_m: float = 1.1) -> Mesh:
    """Return a pillar of soft beds under a wider hard cap, its foot at the origin."""
    rng = np.random.default_rng(number)
    rows, sides = 44, 18
    t = np.linspace(0, 1, rows)
    shape = 1.25 - 0.75 * t + 0.35 * np.exp(-(((t - 0.05) / 0.12) ** 2))
    shape = shape + np.where(t > 0.86, 0.55, 0.0) - 0.10 * np.sin(t * rng.uniform(8, 15))
    y = t * high_m - 0.4
    r = radius_m * (shape + 0.28 * (beds.ledge(y * 3.1) - 0.5))
    r[-1] = 0.05
    r[-2] *= 0.75
    b = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    lump = (
        1
        + 0.14 * np.sin(b * 3 + rng.random() * 6 + y[:, None] * 0.7)
        + 0.08 * np.sin(b * 5 + rng.random() * 6)
    )
    bend = rng.normal(0, 0.05, 2) * high_m
    px = np.cos(b) * r[:, None] * lump + bend[0] * t[:, None] ** 2
    pz = np.sin(b) * r[:, None] * lump + bend[1] * t[:, None] ** 2
    py = np.broadcast_to(y[:, None], px.shape)
    color = np.repeat(beds.color(y * 3.1)[:, None], sides, axis=1)
    return mesh_from(
        np.stack([px, py, pz], -1).reshape(-1, 3), grid_faces(rows, sides, wrap=True),
        color=color.reshape(-1, 3), material=Material.ROCK,
    )  # fmt: skip
