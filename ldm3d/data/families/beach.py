"""A tropical beach: palms over sand, surf, huts, boats and shells."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ldm3d.data import beach_things as things
from ldm3d.data.built import rowing_boat
from ldm3d.data.coast import Coast, Surf, surf_sea, value_at
from ldm3d.data.families import Streams
from ldm3d.data.footing import free_places
from ldm3d.data.isles import isle
from ldm3d.data.land import Land
from ldm3d.data.mesh import Material, icosphere
from ldm3d.data.noise import fbm
from ldm3d.data.palms import palm, palm_bush, thatched_hut
from ldm3d.data.plants import grass_tuft, rock
from ldm3d.data.sand import SandShore, footprints, sand_ground
from ldm3d.data.scene import Lamp, Scene, placed
from ldm3d.data.terrain import point_on, scattered, smoothstep
from ldm3d.data.woodland import bush

Floats = NDArray[np.float32]

NAMES = (
    "beach", "tropical beach", "palm beach", "sandy beach", "seashore", "tropical shore",
    "white sand beach", "lagoon beach", "paradise beach", "coast with palms",
)  # fmt: skip
WEATHERS = ("clear", "cloudy", "overcast", "rainy")
SEASONS = ("summer",)
EYE_M = 1.62

_SANDS = (
    ((0.40, 0.350, 0.275), "white sand"),
    ((0.36, 0.265, 0.155), "golden sand"),
    ((0.40, 0.29, 0.245), "pink sand"),
    ((0.105, 0.095, 0.088), "black volcanic sand"),
)
_WATERS = (
    ((0.050, 0.42, 0.41), (0.006, 0.115, 0.20)),
    ((0.045, 0.33, 0.38), (0.006, 0.075, 0.19)),
    ((0.070, 0.36, 0.27), (0.010, 0.125, 0.14)),
)


def _palms(
    land: Land, shore: SandShore, streams: Streams, dense: float
) -> list[tuple[float, float]]:
    rng, coast = land.rng, shore.coast
    near: list[tuple[float, float]] = []
    for index in range(int(rng.integers(2, 5))):
        for _ in range(30):
            r, a = rng.uniform(2.4, 7.0 if index else 3.8), rng.uniform(0, 6.283)
            px, pz = float(r * np.sin(a)), float(-r * np.cos(a))
            out = value_at(coast.out, px, pz)
            if out < -2.5 and land.free(px, pz, 1.0):
                land.claim(px, pz, 0.45)
                near.append((px, pz))
                break
    u = rng.normal(0, 90, int(320 * dense))
    back = shore.green_m * rng.uniform(0.35, 0.9) + np.abs(rng.normal(0, 26, len(u)))
    x, z = coast.place(u, -back)
    d = np.hypot(x, z)
    keep = (d > 7.5) & (fbm(x, z, 22, 2, shore.number + 9) > rng.uniform(-0.9, 0.25, len(u)))
    keep &= land.free(x, z, 1.2)
    x = np.concatenate([np.array([p[0] for p in near], np.float32), x[keep]])
    z = np.concatenate([np.array([p[1] for p in near], np.float32), z[keep]])
    d, count = np.hypot(x, z), len(x)
    lean = -(coast.sea_rad - np.pi / 2) + rng.normal(0, 0.7, count)  # trunks lean to the sea
    y = shore.height(x, z)
    size = rng.uniform(0.75, 1.2, count)
    tint = np.clip(
        rng.uniform(0.78, 1.2, (count, 1)) * (1 + rng.normal(0, 0.05, (count, 3))), 0.5, 1.5
    )
    kinds = rng.integers(0, 8, count)
    for level, (low, high) in enumerate(((0, 24), (24, 70), (70, 9999))):
        for kind in range(8):
            pick = (d >= low) & (d < high) & (kinds == kind)
            if pick.any():
                at = np.stack([x, y, z], axis=-1)[pick]
                land.scene.add(palm(kind, level), placed(at, size[pick], lean[pick], tint[pick]))
    return near


def _jungle(land: Land, shore: SandShore, streams: Streams) -> None:
    """Plant what closes the view behind the palms."""
    rng, coast = land.rng, shore.coast
    u = rng.normal(0, 130, streams.many(1100))
    back = shore.green_m + 2 + np.abs(rng.normal(0, 42, len(u))) + 0.12 * np.abs(u)
    x, z = coast.place(u, -back)
    keep = (np.hypot(x, z) > 9) & land.free(x, z, 1.0)
    x, z = x[keep], z[keep]
    bold = min(1.6, land.bold)
    for kind in range(4):
        pick = np.arange(len(x)) % 6 == kind
        land.plant(
            bush(kind, "summer", 1), x[pick], z[pick], size=(1.1 * bold, 2.6 * bold), shade=0.25
        )
    for kind in range(2):
        pick = np.arange(len(x)) % 6 == 4 + kind
        land.plant(palm_bush(kind, 1), x[pick], z[pick], size=(0.9, 1.9), shade=0.2)
    far = (
        rng.normal(0, 420, streams.many(2600)),
        -(60 + np.abs(rng.normal(0, 240, streams.many(2600)))),
    )
    x, z = coast.place(*far)
    keep = (shore.height(x, z) > 3.0) & (np.hypot(x, z) > 60)
    crown = icosphere(1).scaled((1, 0.8, 1)).painted((0.040, 0.078, 0.018), Material.FOLIAGE, 0.2)
    land.plant(crown, x[keep], z[keep], size=(3.0, 6.5), shade=0.3, sink_m=-1.0)


def _near_things(  # noqa: PLR0912, PLR0915 - one branch a kind of thing
    land: Land, shore: SandShore, streams: Streams, near: list[tuple[float, float]]
) -> list[str]:
    rng, coast, look = land.rng, shore.coast, streams.look
    said: list[str] = []
    sea_yaw = -coast.sea_rad

    def spot(
        near_m: float, far_m: float, radius: float, low: float, high: float
    ) -> tuple[float, float] | None:
        for _ in range(60):
            r, a = rng.uniform(near_m, far_m), rng.uniform(0, 6.283)
            x, z = float(r * np.sin(a)), float(-r * np.cos(a))
            out = value_at(coast.out, x, z)
            if low < out < high and land.free(x, z, radius):
                land.claim(x, z, radius)
                return x, z
        return None

    wishes = ("shade", "canoe", "boards", "driftwood", "fire", "rocks", "boat", "torches")
    odds = np.array([1.4, 1.2, 0.5, 1.2, 0.9, 1.3, 1.0, 0.8])
    for wish in rng.choice(wishes, int(rng.integers(3, 6)), replace=False, p=odds / odds.sum()):
        if wish == "shade" and (at := spot(3.0, 6.5, 1.5, -40, -2.0)):
            straw = bool(rng.random() < 0.5)
            land.put(things.parasol(rng, straw), *at)
            turn = sea_yaw + float(rng.normal(0, 0.2))
            for aside in (-0.75, 0.75):
                x = at[0] + aside * np.cos(coast.sea_rad)
                z = at[1] + aside * np.sin(coast.sea_rad)
                land.put(things.lounger(rng), x, z, yaw=turn + np.pi)
            said += ["a straw parasol" if straw else "a striped parasol", "two sun loungers"]
        elif wish == "canoe" and (at := spot(3.2, 9.0, 1.9, -9, -0.8)):
            land.put(things.canoe(rng), *at, yaw=sea_yaw + float(rng.normal(0, 0.5)))
            said.append("an outrigger canoe on the sand")
        elif wish == "boards" and (at := spot(2.6, 6.0, 0.8, -40, -2.5)):
            for k in range(int(rng.integers(1, 4))):
                x, z = (
                    at[0] + 0.62 * k * np.cos(coast.sea_rad),
                    at[1] + 0.62 * k * np.sin(coast.sea_rad),
                )
                land.put(things.surfboard(rng), x, z, yaw=sea_yaw + float(rng.normal(0, 0.2)))
            said.append("surfboards")
        elif wish == "driftwood" and (at := spot(2.4, 6.0, 1.3, -12, -1.0)):
            land.put(
                things.driftwood(rng, float(rng.uniform(2.0, 4.0))),
                *at,
                yaw=float(rng.uniform(0, 6.3)),
            )
            said.append("driftwood")
        elif wish == "fire" and (at := spot(2.4, 5.5, 0.9, -30, -3.0)):
            foot = land.put(things.campfire(look.dark), *at)
            said.append("a campfire" if look.dark else "a fire pit")
            if look.dark:
                land.scene.lamps.append(
                    Lamp((foot[0], foot[1] + 0.45, foot[2]), (5.2, 2.3, 0.65), 0.15)
                )
        elif wish == "rocks" and (at := spot(3.0, 9.0, 1.5, -5, 2.0)):
            dark = (
                np.array([0.55, 0.52, 0.5]) if rng.random() < 0.6 else np.array([1.15, 1.0, 0.85])
            )
            for k in range(int(rng.integers(3, 7))):
                x, z = at[0] + rng.normal(0, 1.2), at[1] + rng.normal(0, 1.2)
                if np.hypot(x, z) > 2.2:
                    stone = rock(np.random.default_rng(50 + k), 3, 13, 0.0, 0.8)
                    foot = point_on(shore.height, float(x), float(z), -0.1)
                    size = float(rng.uniform(0.35, 1.1))
                    land.scene.add(
                        stone, placed(np.array([foot]), size, float(rng.uniform(0, 6)), dark)
                    )
                    land.claim(float(x), float(z), size)
            said.append("rocks in the surf")
        elif wish == "boat" and (at := spot(9.0, 26.0, 2.0, 3.0, 18.0)):
            boat = rowing_boat(
                rng, ((0.5, 0.09, 0.05), (0.06, 0.2, 0.4), (0.7, 0.68, 0.6))[int(rng.integers(3))]
            )
            rows = placed(np.array([[at[0], 0.05, at[1]]]), 1.25, float(rng.uniform(0, 6.3)))
            land.scene.add(boat, rows)
            said.append("a rowing boat on the water")
        elif wish == "torches":
            for _ in range(4):
                if at := spot(2.6, 8.0, 0.5, -14, -2.0):
                    foot = land.put(things.torch(look.dark), *at)
                    if look.dark:
                        flame = (foot[0], foot[1] + 1.72, foot[2])
                        land.scene.lamps.append(Lamp(flame, (1.8, 0.85, 0.25), 0.08, False))
            said.append("burning torches" if look.dark else "bamboo torches")
    if len(near) > 1 and rng.random() < 0.75:
        (ax, az), (bx, bz) = near[0], near[1]
        span = float(np.hypot(bx - ax, bz - az))
        if 2.6 < span < 6.5:
            foot = point_on(shore.height, (ax + bx) / 2, (az + bz) / 2)
            yaw = -float(np.arctan2(bz - az, bx - ax))
            tint = things.CLOTHS[int(rng.integers(5))][0]
            land.scene.add(things.hammock(span, tint), placed(np.array([foot]), 1.0, yaw))
            land.claim(foot[0], foot[2], span * 0.4)
            said.append("a hammock between palms")
    if len(near) > 1 and look.dark:
        tops = [point_on(shore.height, x, z, 2.9) for x, z in near]
        for a, b in pairwise(tops):
            land.scene.add(things.light_string(a, b, 0.5, True, (1.0, 0.62, 0.25)))
            middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2 - 0.3, (a[2] + b[2]) / 2)
            land.scene.lamps.append(Lamp(middle, (1.8, 1.0, 0.4), 0.3, False))
        said.append("strings of lights")
    return said


def _huts(land: Land, shore: SandShore, streams: Streams) -> list[str]:
    rng, look, coast = land.rng, streams.look, shore.coast
    kind = rng.choice(["none", "beach", "beach", "water", "bar"])
    if kind == "none":
        return []
    facing = -coast.sea_rad + np.pi
    said = []
    if kind in ("beach", "bar"):
        for i in range(int(rng.integers(1, 4))):
            u, back = (
                float(rng.uniform(9, 16) + 11 * i) * rng.choice([-1, 1]),
                float(rng.uniform(8, 15)),
            )
            x, z = (float(v) for v in coast.place(u, -back))
            if land.free(x, z, 4.0) and np.hypot(x, z) > 7.5:
                hut = thatched_hut(rng, float(rng.uniform(0.4, 0.9)), kind == "beach", look.dark)
                foot = land.put(hut, x, z, yaw=facing + float(rng.normal(0, 0.35)))
                land.claim(x, z, 4.2)
                if look.dark:
                    land.scene.lamps.append(
                        Lamp((foot[0], foot[1] + 2.2, foot[2]), (4.0, 2.1, 0.8), 0.2, False)
                    )
                said = ["thatched huts" if i else "a thatched hut"]
    else:
        side = rng.choice([-1, 1])
        for i in range(int(rng.integers(2, 5))):
            x, z = (float(v) for v in coast.place(side * (14 + 10.0 * i), 13 + 1.5 * i))
            hut = thatched_hut(rng, 1.5, True, look.dark)
            at = np.array([[x, 0.0, z]])
            land.scene.add(
                hut, placed(at, 1.0, facing + side * np.pi / 2 + float(rng.normal(0, 0.2)))
            )
            if look.dark:
                land.scene.lamps.append(Lamp((x, 2.9, z), (4.0, 2.1, 0.8), 0.2, False))
        said = ["huts on stilts over the water"]
    return said


def _strewn(land: Land, shore: SandShore, streams: Streams) -> list[str]:
    rng, coast = land.rng, shore.coast
    bold = min(1.7, land.bold)
    for kind in range(6):
        x, z = scattered(rng, streams.many(260 if kind >= 4 else 90, 12), 1.0, 13, power=0.8)
        out = coast.out(x, z)
        line = np.abs(out + rng.choice([3.6, 1.0, 6.0], len(x))) < 1.1
        keep = (out < -0.3) & line
        land.plant(
            things.shell(kind),
            x[keep],
            z[keep],
            size=(0.6 * bold, 1.4 * bold),
            sink_m=0.004,
            sky=False,
        )
    x, z = scattered(rng, streams.many(2200), 0.7, 9, power=0.85)
    keep = (coast.out(x, z) < -0.2) & (
        fbm(x, z, 2.5, 2, shore.number + 15) > rng.uniform(-0.6, 0.6, len(x))
    )
    grit = rock(np.random.default_rng(3), 0, 6, 0.0, 0.5).scaled(0.017 * bold)
    tint = rng.uniform(0.3, 1.0, (int(keep.sum()), 1)) * np.array([1.0, 0.9, 0.8])
    at = np.stack([x, shore.height(x, z), z], axis=-1)[keep]
    rows = placed(at, rng.uniform(0.5, 1.5, len(at)), rng.uniform(0, 6, len(at)), tint * 2.2)
    land.scene.add(grit.painted((0.3, 0.3, 0.3), Material.MATTE), rows, casts_sky=False)
    footprints(land, shore)
    husk = icosphere(1).scaled((0.12, 0.10, 0.15)).painted((0.15, 0.09, 0.045), Material.BARK)
    x, z = scattered(rng, 14, 1.6, 14, power=0.8)
    keep = coast.out(x, z) < -4
    land.plant(husk, x[keep], z[keep], sink_m=-0.06)
    x, z = scattered(rng, streams.many(2600), 1.5, 30, power=0.8)
    inland = -coast.out(x, z)
    wish = fbm(x, z, 5, 3, shore.number + 14) + 0.6 * smoothstep(
        shore.green_m - 4, shore.green_m + 8, inland
    )
    keep = (
        (inland > shore.green_m * 0.6)
        & (wish > rng.uniform(0.05, 0.7, len(x)))
        & land.free(x, z, 0.1)
    )
    for kind in range(2):
        pick = keep & (np.arange(len(x)) % 2 == kind)
        tuft = grass_tuft(
            np.random.default_rng(kind), 12, 0.42, 0.15, 0.010 * bold, (0.10, 0.135, 0.035)
        )
        land.plant(tuft, x[pick], z[pick], size=(0.6, 1.3), sky=False)
    return ["seashells on the sand"]


def build(streams: Streams) -> Scene:
    """Return the beach."""
    rng, look = streams.layout, streams.look
    sand, sand_name = _SANDS[int(rng.choice(4, p=[0.4, 0.3, 0.15, 0.15]))]
    coast = Coast(
        float(rng.uniform(0, 6.283)), float(rng.uniform(1.8, 7.5)),
        float(rng.choice([-1, 1]) * rng.uniform(0.001, 0.008)), float(rng.uniform(1, 6)),
        streams.number,
    )  # fmt: skip
    hill = float(rng.choice([0.0, 25, 60, 140])) * float(rng.uniform(0.6, 1.3))
    shore = SandShore(coast, np.array(sand), hill, float(rng.uniform(9, 26)), streams.number)
    ground = point_on(shore.height, 0.0, 0.0)[1]
    scene = Scene(
        eye=(0.0, ground + EYE_M, 0.0), air=replace(look.air, aurora=0.0), ripple=0.022,
        eye_height_m=EYE_M, facing_deg=float(np.degrees(coast.sea_rad) + rng.uniform(-150, 150)),
    )  # fmt: skip
    land = Land(scene, shore.height, rng, look, streams.detail, [(0.0, 0.0, 1.0)])
    scene.add(sand_ground(shore, streams), casts_sky=False)
    shallow, deep = _WATERS[int(rng.integers(3))]
    gray = 0.55 if look.weather in ("overcast", "rainy") else 1.0
    surf = Surf(
        np.array(sand) * 0.45, np.array(shallow) * gray * (0.5 if sand[0] < 0.2 else 1),
        np.array(deep) * gray, np.array(deep) * 0.8 + 0.01,
        float(rng.uniform(0.8, 1.8)), float(rng.choice([0.12, 0.35, 0.7])), float(rng.random()),
    )  # fmt: skip
    # The mirror image is cut off above the crests, or the waves would see themselves.
    water = surf_sea(coast, surf, shore.height, streams.detail)
    scene.mirror_height_m = float(water.position[water.faces, 1].max()) + 0.01
    scene.add(water, casts_sun=False, casts_sky=False)
    said = _huts(land, shore, streams)
    near = _palms(land, shore, streams, float(rng.uniform(0.35, 1.2)))
    said += _near_things(land, shore, streams, near)
    _jungle(land, shore, streams)
    said += _strewn(land, shore, streams)
    said += _islets(scene, shore, rng) + _gulls(scene, rng, look.dark)
    scene.title = "Tropical beach"
    scene.caption = f"a tropical beach with {sand_name} and palms"
    scene.tags = ("beach", "sea", "palms", sand_name)
    scene.details = (
        sand_name,
        "coconut palms",
        "foaming surf" if surf.breaker_m > 0.3 else "calm turquoise water",
        *said,
    )
    scene.eyes = free_places(scene, land.eyes(4))[:3]
    return scene


def _islets(scene: Scene, shore: SandShore, rng: np.random.Generator) -> list[str]:
    count = int(rng.choice([0, 2, 4, 6]))
    for _ in range(count):
        u, out = float(rng.normal(0, 320)), float(rng.uniform(160, 900))
        x, z = (float(v) for v in shore.coast.place(u, out))
        size = float(rng.uniform(0.6, 1.6)) * (0.35 + out / 900)
        mesh = isle(int(rng.integers(8)), "jungle", 1)
        scene.add(
            mesh, placed(np.array([[x, 0, z]]), size, float(rng.uniform(0, 6.3))), casts_sky=False
        )
    return ["green islands on the horizon"] if count else []


def _gulls(scene: Scene, rng: np.random.Generator, dark: bool) -> list[str]:
    count = int(rng.choice([0, 5, 11]))
    if dark or not count:
        return []
    x, z = scattered(rng, count, 9, 50)
    at = np.stack([x, rng.uniform(4, 22, count), z], axis=-1)
    scene.add(
        things.gull(int(rng.integers(3))),
        placed(at, 1.2, rng.uniform(0, 6.3, count)),
        casts_sky=False,
    )
    return ["gulls in the air"]
