"""Plants of other planets: giant mushrooms, bulbs, tendrils, coral trees, crystals."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.mesh import Material, Mesh, flat, icosphere, lathe, merged, mesh_from, tube
from ldm3d.data.noise import fbm
from ldm3d.data.plants import kites
from ldm3d.data.prototypes import prototype
from ldm3d.data.scene import Color

Doubles = NDArray[np.float64]


def _shaded(mesh: Mesh, low: ArrayLike, high: ArrayLike, top_m: float) -> Mesh:
    """Return the mesh with a color that runs from `low` at y = 0 to `high` at `top_m`."""
    t = np.clip(mesh.position[:, 1:2] / top_m, 0, 1)
    made = mesh.painted((0, 0, 0))
    made.color[:, :3] = np.asarray(low) * (1 - t) + np.asarray(high) * t
    return made


def _wavy(mesh: Mesh, center: ArrayLike, lobes: int, depth: float, droop: float) -> Mesh:
    """Return a cap whose rim waves up and down."""
    offset = mesh.position - np.asarray(center, np.float32)
    a, r = np.arctan2(offset[:, 2], offset[:, 0]), np.hypot(offset[:, 0], offset[:, 2])
    wave = (np.sin(lobes * a) + 0.5 * np.sin((lobes + 2) * a + 1.3)) * r * r
    moved = mesh.position.copy()
    moved[:, 1] += depth * wave - droop * r * r
    return mesh_from(moved, mesh.faces, None, mesh.color[:, :3], Material.MATTE)


_CAPS = (
    # profile of the cap: radius and height from rim to middle
    ((0.42, 0.80), (0.44, 0.84), (0.40, 0.92), (0.28, 0.98), (0.12, 1.00), (0.0, 1.0)),
    ((0.55, 0.90), (0.55, 0.92), (0.40, 0.96), (0.22, 0.985), (0.08, 1.00), (0.0, 1.0)),
    ((0.26, 0.55), (0.30, 0.62), (0.27, 0.80), (0.17, 0.94), (0.06, 1.00), (0.0, 1.0)),
    ((0.50, 1.00), (0.47, 0.99), (0.30, 0.92), (0.16, 0.86), (0.05, 0.83), (0.0, 0.82)),
    ((0.34, 0.74), (0.38, 0.80), (0.36, 0.88), (0.20, 0.93), (0.05, 1.02), (0.0, 1.05)),
)


@prototype
def giant_mushroom(kind: int, cap: Color, under: Color, stem: Color, glow: float = 0.0) -> Mesh:
    """Return a mushroom 1 m tall: a parasol, bell, dome or funnel on a bent stem.

    Args:
        kind: its shape.
        cap: color from above.
        under: color of gills and spots.
        stem: color of the stem.
        glow: how strongly gills and spots shine, 0 by day.
    """
    rng = np.random.default_rng([kind, 131])
    profile = np.array(_CAPS[kind % len(_CAPS)])
    wide = float(rng.uniform(0.85, 1.15))
    profile = profile * [wide, 1.0]
    bend = rng.normal(0, 0.06, 2)
    t = np.linspace(0, 1, 9)
    top = float(profile[0, 1]) if kind % 5 != 3 else 0.84
    line = np.stack(
        [bend[0] * np.sin(t * 2.4), -0.03 + t * (top + 0.06), bend[1] * np.sin(t * 2.4)], 1
    )
    lean = line[-1] * [1, 0, 1]
    girth = 0.045 * (1.0 + 1.4 * np.exp(-t * 9) + 0.25 * t**3)
    parts = [_shaded(tube(line, girth, 12), np.array(stem) * 0.55, stem, top)]
    upper = lathe(profile, 36).moved(lean)
    rim_r, rim_y = profile[0]
    hub_y = rim_y - 0.015 if kind % 5 != 3 else 0.80
    hollow = np.array([[0.02, hub_y], [rim_r * 0.5, (rim_y + hub_y) / 2 + 0.015], [rim_r, rim_y]])
    lower = lathe(hollow, 36).moved(lean)
    a = np.arctan2(lower.position[:, 2] - lean[2], lower.position[:, 0] - lean[0])
    ribs = (0.7 + 0.3 * np.sign(np.sin(18 * a)))[:, None]
    droop = float(rng.uniform(0, 0.18))
    lobes, wave = int(rng.integers(3, 6)), float(rng.uniform(0, 0.10))
    tone = 0.75 + 0.35 * np.clip((upper.position[:, 1:2] - rim_y) / (1.001 - min(rim_y, 0.9)), 0, 1)
    upper = upper.painted(cap)
    upper.color[:, :3] *= tone
    lower = lower.painted(under)
    lower.color[:, :3] *= ribs * (1 + 0.8 * glow)
    upper, lower = (_wavy(m, lean, lobes, wave, droop) for m in (upper, lower))
    if glow > 0:
        lower = lower.painted(lower.color[:, :3], Material.GLOW)
        lower.color[:, :3] *= glow
    parts += [upper, lower]
    if kind % 2 == 0:
        parts += _spots(rng, upper, np.array(under), glow)
    return merged(parts)


def _spots(rng: np.random.Generator, cap: Mesh, color: Doubles, glow: float) -> list[Mesh]:
    """Return warts strewn over a cap."""
    high = np.flatnonzero(cap.normal[:, 1] > 0.25)
    made = []
    for index in rng.choice(high, min(16, len(high)), replace=False):
        dot = icosphere(1).scaled(float(rng.uniform(0.010, 0.028))).scaled((1, 0.55, 1))
        dot = dot.moved(cap.position[index])
        shine = Material.GLOW if glow > 0 else Material.MATTE
        made.append(dot.painted(color * (1.2 * glow if glow > 0 else 1.0), shine))
    return made


@prototype
def bulb_plant(kind: int, leaf: Color, bulb: Color, tip: Color, glow: float = 0.0) -> Mesh:
    """Return bulbs 1 m tall on bent stalks out of a rosette of broad leaves."""
    rng = np.random.default_rng([kind, 132])
    parts: list[Mesh] = []
    for index in range(int(rng.integers(2, 6))):
        a, tall = rng.uniform(0, 6.283), float(rng.uniform(0.45, 1.0)) * (1.0 if index else 1.05)
        out = np.array([np.cos(a), 0, np.sin(a)]) * rng.uniform(0.05, 0.38)
        t = np.linspace(0, 1, 7)
        size = float(rng.uniform(0.13, 0.22)) * (0.6 + 0.5 * tall)
        line = out * (t**1.6)[:, None] + np.array([0, 1.0, 0]) * ((tall - size) * t)[:, None]
        parts.append(
            _shaded(tube(line, 0.022 + 0.02 * (1 - t), 7), np.array(leaf) * 0.6, leaf, tall)
        )
        long = float(rng.uniform(1.0, 1.7))
        v = np.linspace(0, 1, 12)
        shape = np.sin(np.pi * v**0.75) ** 0.8 * (1 - 0.25 * v) + 0.05 * (1 - v)
        ball = lathe(np.stack([size * shape, size * long * 1.6 * (v - 0.25)], 1), 20)
        angle = np.arctan2(ball.position[:, 2], ball.position[:, 0])
        ridge = 1 + 0.10 * np.abs(np.sin(angle * (3 + kind % 3)))
        grown = ball.position * np.stack([ridge, np.ones_like(ridge), ridge], 1)
        share = np.clip((ball.position[:, 1:2] / (size * long * 1.6) + 0.25), 0, 1) ** 1.5
        tone = np.array(bulb) * (1 - share) + np.array(tip) * share
        material = Material.GLOW if glow > 0 else Material.FOLIAGE
        body = mesh_from(grown, ball.faces, None, tone * (glow if glow > 0 else 1.0), material, 0.4)
        parts.append(body.moved(line[-1]))
    parts.append(_leaves(rng, 9, 0.5, leaf))
    return merged(parts)


def _leaves(rng: np.random.Generator, count: int, reach_m: float, color: ArrayLike) -> Mesh:
    """Return arching leaves about the origin, three folds each."""
    parts = []
    for i in range(count):
        a = (i + rng.random() * 0.6) / count * 6.283
        out = np.array([np.cos(a), 0.0, np.sin(a)])
        across = np.array([-np.sin(a), 0.0, np.cos(a)])
        t = np.linspace(0, 1, 6)
        long, rise = reach_m * rng.uniform(0.7, 1.2), rng.uniform(0.5, 1.0)
        middle = out * (long * t)[:, None]
        middle[:, 1] += long * rise * 1.5 * (t - 0.82 * t**2)
        wide = long * 0.16 * np.sin(np.pi * np.clip(t * 0.92 + 0.06, 0, 1))
        rows = np.stack([middle - across * wide[:, None], middle, middle + across * wide[:, None]])
        rows[1, :, 1] -= wide * 0.4
        points = rows.transpose(1, 0, 2).reshape(-1, 3)
        faces = []
        for r in range(5):
            for c in range(2):
                k = r * 3 + c
                faces += [[k, k + 3, k + 1], [k + 1, k + 3, k + 4]]
        tone = np.asarray(color) * (0.5 + 0.7 * np.repeat(t, 3))[:, None] * rng.uniform(0.8, 1.2)
        normal = np.tile([0.0, 1.0, 0.0], (len(points), 1)) + out * 0.3
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        parts.append(mesh_from(points, faces, normal, tone, Material.FOLIAGE, 0.5))
    return merged(parts)


@prototype
def rosette(kind: int, color: Color, count: int = 12) -> Mesh:
    """Return a rosette of broad leaves about 1 m across."""
    return _leaves(np.random.default_rng([kind, 133]), count, 0.55, color)


@prototype
def tendrils(kind: int, low: Color, high: Color, glow: float = 0.0) -> Mesh:
    """Return a bunch of curling arms 1 m tall with knobs at their ends."""
    rng = np.random.default_rng([kind, 134])
    parts: list[Mesh] = []
    for _ in range(int(rng.integers(4, 9))):
        a, tall = rng.uniform(0, 6.283), float(rng.uniform(0.5, 1.0))
        out = np.array([np.cos(a), 0.0, np.sin(a)])
        curl, reach = float(rng.uniform(0.06, 0.13)), float(rng.uniform(0.05, 0.3))
        t = np.linspace(0, 1, 22)
        stem = np.minimum(t / 0.6, 1.0)
        turn = np.clip((t - 0.55) / 0.45, 0, 1)
        spin = turn * rng.uniform(4.5, 7.5)
        size = curl * (1 - 0.72 * turn)
        up = (tall - curl) * stem**0.9 + np.sin(spin) * size * (turn > 0)
        far = reach * stem**2 + (curl - np.cos(spin) * size) * (turn > 0)
        line = out * far[:, None] + np.array([0, 1.0, 0]) * up[:, None]
        width = 0.032 * (1 - 0.75 * t) * (0.6 + 0.5 * tall)
        parts.append(_shaded(tube(line, width, 7), low, high, 1.0))
        knob = icosphere(1).scaled(0.022).moved(line[-1])
        material = Material.GLOW if glow > 0 else Material.MATTE
        parts.append(knob.painted(np.array(high) * (2 * glow if glow > 0 else 1.2), material))
    return merged(parts)


@prototype
def coral_tree(kind: int, wood: Color, tip: Color, glow: float = 0.0) -> Mesh:
    """Return a bare tree 1 m tall whose thick arms fork and end in knobs or cups."""
    rng = np.random.default_rng([kind, 135])
    parts: list[Mesh] = []
    ends: list[tuple[Doubles, float]] = []

    def grow(at: Doubles, way: Doubles, long: float, thick: float, depth: int) -> None:
        bent = way + rng.normal(0, 0.18, 3)
        middle = at + bent / np.linalg.norm(bent) * long * 0.5
        rise = way + np.array([0, 0.15, 0])
        end = middle + rise / np.linalg.norm(rise) * long * 0.5
        parts.append(tube([at, middle, end], [thick, thick * 0.8, thick * 0.66], 7))
        if depth == 0:
            ends.append((end, thick))
            return
        for k in range(2 + (depth > 1)):
            a = rng.uniform(0, 6.283) + k * 2.2
            turn = way * 0.75 + np.array([np.cos(a), 0.35, np.sin(a)]) * 0.62
            grow(end, turn / np.linalg.norm(turn), long * rng.uniform(0.6, 0.82), thick * 0.66,
                 depth - 1)  # fmt: skip

    grow(np.array([0.0, -0.03, 0.0]), np.array([0.0, 1.0, 0.0]), 0.34, 0.055, 3)
    body = merged(parts)
    top = float(body.position[:, 1].max())
    body = _shaded(body, np.array(wood) * 0.6, wood, top)
    made = [body]
    knob = icosphere(1)
    for end, thick in ends:
        size = max(thick * (2.6 if kind % 2 else 1.7), 0.02)
        shape = (1, 0.55, 1) if kind % 2 else (1, 1.1, 1)
        material = Material.GLOW if glow > 0 else Material.MATTE
        made.append(
            knob.scaled(shape)
            .scaled(size)
            .moved(end)
            .painted(np.array(tip) * (1.2 * glow if glow > 0 else rng.uniform(0.8, 1.2)), material)
        )
    return merged(made).scaled(1 / top)


@prototype
def pompon_tree(kind: int, wood: Color, leaf: Color) -> Mesh:
    """Return a tree 1 m tall: a thin bent stem and balls of short hair."""
    rng = np.random.default_rng([kind, 136])
    t = np.linspace(0, 1, 9)
    sway = rng.normal(0, 0.07, 2)
    line = np.stack([sway[0] * np.sin(t * 4), t * 0.86 - 0.02, sway[1] * np.sin(t * 3.3)], 1)
    parts = [_shaded(tube(line, 0.035 * (1.25 - t * 0.8), 8), np.array(wood) * 0.6, wood, 1.0)]
    balls = [(line[-1], float(rng.uniform(0.16, 0.26)))]
    for _ in range(int(rng.integers(0, 5))):
        start, a = line[int(rng.integers(3, 8))], rng.uniform(0, 6.283)
        end = start + np.array([np.cos(a), 0.5, np.sin(a)]) * rng.uniform(0.14, 0.26)
        parts.append(tube([start, (start + end) / 2 + [0, -0.02, 0], end], 0.014, 6).painted(wood))
        balls.append((end, float(rng.uniform(0.07, 0.15))))
    for center, size in balls:
        count = int(110 + 2400 * size)
        d = rng.standard_normal((count, 3))
        d /= np.linalg.norm(d, axis=1, keepdims=True)
        side = np.cross(d, rng.standard_normal((count, 3)))
        side *= size * 0.13 / np.linalg.norm(side, axis=1, keepdims=True)
        tone = np.array(leaf) * rng.uniform(0.65, 1.3, (count, 1))
        hair = kites(center + d * size * 0.55, d * size * 0.55, side, d, tone, 0.35, 0.6)
        core = icosphere(2).scaled(size * 0.86).moved(center)
        parts += [hair, core.painted(np.array(leaf) * 0.55, Material.FOLIAGE, 0.2)]
    return merged(parts)


@prototype
def pods(kind: int, skin: Color, pore: Color, glow: float = 0.0) -> Mesh:
    """Return a heap of round pods about 1 m across, each with a mouth."""
    rng = np.random.default_rng([kind, 137])
    parts: list[Mesh] = []
    for _ in range(int(rng.integers(4, 9))):
        size = float(rng.uniform(0.10, 0.30))
        r, a = rng.uniform(0, 0.42), rng.uniform(0, 6.283)
        at = np.array([r * np.cos(a), size * rng.uniform(0.35, 0.7), r * np.sin(a)])
        v = np.linspace(0, 1, 11)
        angle = -np.pi / 2 + v * 2.75
        line = np.stack([np.cos(angle), np.sin(angle)], 1) * size
        line[-1] = [line[-1, 0] * 0.9, line[-2, 1] * 0.6]
        ball = lathe(line, 18)
        high = np.clip(ball.position[:, 1:2] / size * 0.5 + 0.5, 0, 1)
        tone = np.array(skin) * (0.55 + 0.7 * high) * rng.uniform(0.8, 1.2)
        skin_mesh = ball.painted((0, 0, 0), Material.MATTE)
        skin_mesh.color[:, :3] = tone
        mouth = icosphere(1).scaled((0.42, 0.1, 0.42)).scaled(size).moved((0, size * 0.82, 0))
        material = Material.GLOW if glow > 0 else Material.MATTE
        mouth = mouth.painted(np.array(pore) * (glow if glow > 0 else 1.0), material)
        lean = float(rng.normal(0, 0.35))
        parts.append(merged([skin_mesh, mouth]).turned(lean, "x").turned(a).moved(at))
    return merged(parts)


@prototype
def crystals(kind: int, color: Color, glow: float = 0.0) -> Mesh:
    """Return a cluster of six-sided crystals about 1 m tall."""
    rng = np.random.default_rng([kind, 138])
    parts: list[Mesh] = []
    for index in range(int(rng.integers(4, 10))):
        tall = 1.0 if index == 0 else float(rng.uniform(0.25, 0.8))
        wide = tall * float(rng.uniform(0.09, 0.15)) + 0.02
        a = np.arange(6) / 6 * 6.283 + rng.random()
        ring = np.stack([np.cos(a), np.zeros(6), np.sin(a)], 1) * rng.uniform(0.85, 1.15, (6, 1))
        rows = np.stack(
            [
                ring * wide * 0.9 + [0, -0.08, 0],
                ring * wide + [0, tall * 0.78, 0],
                ring * 0.001 + np.array([rng.normal(0, 0.02), tall, rng.normal(0, 0.02)]),
            ]
        )
        k = np.arange(6)
        n = (k + 1) % 6
        faces = np.concatenate(
            [np.stack([r * 6 + k, r * 6 + 6 + k, r * 6 + n], 1) for r in range(2)]
            + [np.stack([r * 6 + n, r * 6 + 6 + k, r * 6 + 6 + n], 1) for r in range(2)]
        )
        one = flat(mesh_from(rows.reshape(-1, 3), faces))
        share = np.clip(one.position[:, 1:2] / tall, 0, 1)
        facet = np.repeat(rng.uniform(0.7, 1.25, (len(one.position) // 3, 1)), 3, axis=0)
        one.color[:, :3] = np.array(color) * (0.45 + 0.85 * share**1.3) * facet
        lean = 0.0 if index == 0 else float(rng.uniform(0.15, 0.75))
        one = one.turned(lean, "x").turned(float(rng.uniform(0, 6.283)))
        parts.append(one.moved((rng.normal(0, 0.10), 0, rng.normal(0, 0.10))))
    made = merged(parts)
    kind_of = Material.GLOW if glow > 0 else Material.METAL
    shine = made.painted((0, 0, 0), kind_of)
    core = np.clip(made.position[:, 1:2], 0, 1) if glow > 0 else np.zeros((len(made.color), 1))
    shine.color[:, :3] = (made.color[:, :3] + 0.25 * core) * (glow if glow > 0 else 1.0)
    return shine


@prototype
def alien_grass(kind: int, color: Color, blades: int, bold: float) -> Mesh:
    """Return a tuft 0.4 m tall: blades, corkscrews or stalks with beads."""
    rng = np.random.default_rng([kind, 139])
    angle = rng.random(blades) * 6.283
    root = np.stack([np.cos(angle), 0 * angle, np.sin(angle)], 1) * 0.12 * bold**0.5
    root *= rng.random((blades, 1)) ** 0.5
    tall = rng.uniform(0.16, 0.42, blades)
    lean = np.stack([np.cos(angle), 0 * angle, np.sin(angle)], 1) * rng.uniform(
        0.2, 0.9, (blades, 1)
    )
    along = (lean * 0.6 + [0, 1.0, 0]) * tall[:, None]
    side = np.cross(along, rng.standard_normal((blades, 3)))
    side *= (0.011 * bold / np.linalg.norm(side, axis=1))[:, None]
    tone = np.asarray(color) * rng.uniform(0.6, 1.35, (blades, 1))
    up = np.tile([0.0, 1.0, 0.0], (blades, 1)) + lean * 0.3
    belly = (0.35, 0.75, 0.55)[kind % 3]
    return kites(root, along, side, up, tone, 0.6, belly)


def blotched(x: NDArray[np.floating], z: NDArray[np.floating], number: int) -> NDArray[np.float32]:
    """Return in [0, 1] where ground cover of another color grows: blots with winding veins."""
    blot = fbm(x, z, 7.0, 4, number)
    vein = 1 - np.abs(fbm(x, z, 4.5, 3, number + 1)) * 5
    cover = np.clip(0.5 + 0.9 * blot, 0, 1) * 0.7 + 0.5 * np.clip(vein, 0, 1)
    return np.asarray(cover, np.float32)
