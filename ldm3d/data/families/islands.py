"""Open sea with rocky islands: from a skerry, a pier, a sailing yacht or by a lighthouse."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ldm3d.data import seafaring as sea
from ldm3d.data.beach_things import driftwood, gull
from ldm3d.data.built import jetty, log_cabin, rowing_boat
from ldm3d.data.coast import open_sea, value_at
from ldm3d.data.families import Streams
from ldm3d.data.footing import free_places
from ldm3d.data.isles import isle
from ldm3d.data.land import SNOW, Land
from ldm3d.data.mesh import Material, Mesh, cylinder
from ldm3d.data.plants import rock
from ldm3d.data.scene import Lamp, Scene, placed
from ldm3d.data.skerry import rock_ground, rock_plants, rock_stones, sea_rock
from ldm3d.data.terrain import Height, point_on, scattered

Floats = NDArray[np.float32]

NAMES = (
    "islands", "sea with islands", "rocky islands", "archipelago", "open sea", "ocean with islands",
    "skerries", "lighthouse by the sea", "rocky coast", "at sea",
)  # fmt: skip
EYE_M = 1.62

_STONES = {
    "granite": (0.235, 0.21, 0.195), "chalk": (0.33, 0.30, 0.25), "basalt": (0.085, 0.082, 0.084),
    "red": (0.28, 0.145, 0.095), "jungle": (0.19, 0.175, 0.15),
}  # fmt: skip
_SEAS = (
    ((0.020, 0.190, 0.220), (0.004, 0.040, 0.075)),
    ((0.030, 0.220, 0.180), (0.006, 0.060, 0.062)),
    ((0.030, 0.130, 0.170), (0.006, 0.030, 0.050)),
    ((0.040, 0.300, 0.310), (0.005, 0.075, 0.140)),
)


def _around(scene: Scene, streams: Streams, style: str, clear_m: float) -> list[str]:
    """Put islands, sails, buoys, gulls and dolphins around."""
    rng, look = streams.layout, streams.look
    kinds = [int(k) for k in rng.choice(8, 4, replace=False)]
    snow = look.snow > 0.4
    middle = rng.uniform(0, 6.283)
    for index in range(int(rng.integers(7, 17))):
        near = index < 3
        r = rng.uniform(60, 200) if near else float(np.exp(rng.uniform(np.log(260), np.log(3200))))
        a = middle + rng.normal(0, 1.1) + (np.pi * rng.random() if index % 3 == 0 else 0)
        size = rng.uniform(0.35, 1.0) * (1.0 if near else (r / 300) ** 0.8)
        r = max(r, clear_m + 75 * size)
        at = np.array([[r * np.sin(a), -0.1, -r * np.cos(a)]])
        tall = size * rng.uniform(0.7, 1.5)
        rows = placed(at, np.array([[size, tall, size]]), float(rng.uniform(0, 6.3)))
        scene.add(
            isle(kinds[int(rng.integers(4))], style, 0 if near else 1, snow), rows, casts_sky=False
        )
    said = ["rocky islands"]
    calm = look.weather in ("clear", "cloudy")
    if calm and rng.random() < 0.7:
        count = int(rng.integers(1, 6))
        for _ in range(count):
            r, a = rng.uniform(clear_m + 35, clear_m + 320), rng.uniform(0, 6.283)
            at = np.array([[r * np.sin(a), 0.0, -r * np.cos(a)]])
            scene.add(
                sea.sailboat(int(rng.integers(4))), placed(at, 1.2, float(rng.uniform(0, 6.3)))
            )
        said.append("sailing boats" if count > 1 else "a sailing boat")
    if rng.random() < 0.4:
        r, a = rng.uniform(clear_m + 9, clear_m + 40), rng.uniform(0, 6.283)
        scene.add(
            sea.buoy(int(rng.integers(3))),
            placed(
                np.array([[r * np.sin(a), 0, -r * np.cos(a)]]),
                1.0,
                0.0,
                tilt=np.array([[0.12, -0.1]]),
            ),
        )
        said.append("a buoy")
    if not look.dark and rng.random() < 0.75:
        count = int(rng.integers(5, 16))
        x, z = scattered(rng, count, 5, 45)
        at = np.stack([x, scene.eye[1] + rng.uniform(0.5, 14, count), z], axis=-1)
        scene.add(
            gull(int(rng.integers(3))),
            placed(at, 1.25, rng.uniform(0, 6.3, count)),
            casts_sky=False,
        )
        said.append("gulls in the air")
    if rng.random() < 0.25:
        r, a = rng.uniform(clear_m + 6, clear_m + 16), rng.uniform(0, 6.283)
        for k in range(int(rng.integers(2, 4))):
            at = np.array(
                [[r * np.sin(a) + 1.7 * k, 0.25 + 0.3 * (k % 2), -r * np.cos(a) + 1.2 * k]]
            )
            scene.add(sea.dolphin(), placed(at, 1.0, float(a + 1.3)))
        said.append("leaping dolphins")
    return said


def _litter(land: Land, streams: Streams, near_m: float, far_m: float, low_m: float) -> list[str]:
    """Lay two to four kinds of seafaring things about, at 2 to 6 m."""
    rng, said = land.rng, []
    choice: list[tuple[str, Callable[[], Mesh], float]] = [
        ("lobster pots", lambda: sea.lobster_pot(int(rng.integers(2))), 0.5),
        ("a heap of nets", lambda: sea.net_heap(int(rng.integers(3))), 0.8),
        ("driftwood", lambda: driftwood(rng, 2.4), 1.0),
        ("a coil of rope", lambda: sea.rope_coil(5).scaled(1.3), 0.4),
        ("a beached rowing boat", lambda: rowing_boat(
            rng, ((0.5, 0.08, 0.05), (0.06, 0.2, 0.36), (0.1, 0.25, 0.14))[int(rng.integers(3))]
        ).moved((0, 0.12, 0)), 1.9),
        ("a life buoy", sea.lifebuoy, 0.4),
        ("a rusty anchor", sea.anchor, 0.7),
        ("a mooring post", lambda: sea.mooring_post(int(rng.integers(3))), 0.4),
    ]  # fmt: skip
    for index in rng.choice(len(choice), int(rng.integers(3, 6)), replace=False):
        words, make, radius = choice[int(index)]
        for _ in range(int(rng.integers(2, 5)) if words == "lobster pots" else 1):
            for _ in range(30):
                r, a = rng.uniform(near_m, far_m), rng.uniform(0, 6.283)
                x, z = float(r * np.sin(a)), float(-r * np.cos(a))
                foot = point_on(land.height, x, z)[1]
                tilt = abs(foot - point_on(land.height, x + 0.6, z)[1]) + abs(
                    foot - point_on(land.height, x, z + 0.6)[1]
                )
                if foot > low_m and tilt < 0.5 and r > radius + 0.9 and land.free(x, z, radius):
                    land.claim(x, z, radius)
                    land.put(make(), x, z, yaw=float(rng.uniform(0, 6.3)), lift_m=0.02)
                    said.append(words)
                    break
    return list(dict.fromkeys(said))


def _from_rock(scene: Scene, streams: Streams, style: str) -> tuple[list[str], Height, float]:
    """Stand on a skerry or on a headland with a lighthouse."""
    rng, look = streams.layout, streams.look
    beacon = rng.random() < 0.5
    if beacon:
        radius, top = float(rng.uniform(22, 45)), float(rng.uniform(3.5, 14))
        steep = float(rng.uniform(5, 11))
        island, a = sea_rock(
            rng, steep + rng.uniform(-1.5, 3), radius, top, steep, 1.3, streams.number
        )
    else:
        radius, top = float(rng.uniform(8, 20)), float(rng.uniform(1.6, 4.2))
        steep = float(rng.uniform(4, 9))
        island, a = sea_rock(rng, rng.uniform(3.0, 8.0), radius, top, steep, 1.5, streams.number)
    off = float(np.hypot(island.x_m, island.z_m))
    stone = tuple(float(v) for v in np.array(_STONES[style]) * rng.uniform(0.85, 1.15))
    green = float(rng.uniform(0.45, 0.85)) if beacon else float(rng.choice([0.0, 0.3, 0.5]))
    land = Land(scene, island.height, rng, look, streams.detail, [(0.0, 0.0, 1.0)])
    ground = point_on(island.height, 0.0, 0.0)[1]
    scene.eye = (0.0, ground + EYE_M, 0.0)
    rock_ground(land, island, streams, stone, green)
    said: list[str] = []
    if beacon:
        tower, lamp_m = sea.lighthouse(rng, look.dark)
        for _ in range(40):
            reach, turn = rng.uniform(8, 24), a + rng.normal(0, 0.8)
            x, z = float(reach * np.sin(turn)), float(-reach * np.cos(turn))
            if value_at(island.inner, x, z) > 4.5:
                break
        land.claim(x, z, 3.2)
        foot = land.put(tower, x, z, yaw=float(np.arctan2(-x, -z)), lift_m=-0.3)
        said.append("a lighthouse")
        if look.dark:
            scene.lamps.append(Lamp((x, foot[1] + lamp_m, z), (40.0, 28.0, 13.0), 0.5, False))
        if rng.random() < 0.6:
            hx, hz = x + 8.5 * np.cos(turn), z + 8.5 * np.sin(turn)
            if value_at(island.inner, hx, hz) > 4 and np.hypot(hx, hz) > 8:
                window = (3.2, 1.7, 0.6) if look.dark else (0.0, 0.0, 0.0)
                cabin = log_cabin(
                    np.random.default_rng(int(rng.integers(9))),
                    window,
                    0.2 * look.snow,
                    (0.30, 0.07, 0.04),
                )
                land.put(cabin, float(hx), float(hz), yaw=float(np.arctan2(-hx, -hz)), lift_m=-0.2)
                land.claim(float(hx), float(hz), 5.0)
                said.append("a keeper's cottage")
    else:
        said.append("a bare rock in the sea")
    boulder = rock(np.random.default_rng(int(rng.integers(99))), 4, 14, 0.0, 0.8)
    for _ in range(int(rng.integers(2, 5))):
        x, z = land.find(2.0, 3.9, 0.6)
        land.put(
            boulder.painted(np.asarray(stone) * 0.95),
            x,
            z,
            yaw=float(rng.uniform(0, 6)),
            size=float(rng.uniform(0.4, 0.85)),
        )
    said += _litter(land, streams, 1.9, 4.6, 0.8)
    rock_stones(land, island, streams, stone, int(rng.integers(6, 16)))
    said += rock_plants(land, island, streams, green)
    scene.eyes = land.eyes(3)
    return said, island.height, radius * 1.6 + off


def _from_pier(  # noqa: PLR0915 - one paragraph a thing that may lie there
    scene: Scene, streams: Streams, style: str
) -> tuple[list[str], Height, float]:
    rng, look = streams.layout, streams.look
    long_m, deck = float(rng.uniform(9, 20)), float(rng.uniform(0.8, 1.3))
    radius = float(rng.uniform(18, 40))
    start = long_m * rng.uniform(0.25, 0.6)
    island, a = sea_rock(
        rng,
        -float(rng.uniform(9, 18)),
        radius,
        float(rng.uniform(2.5, 8)),
        16.0,
        2.0,
        streams.number,
    )
    off = float(np.hypot(island.x_m, island.z_m))
    long_m = start + off - radius * 0.75
    stone = tuple(float(v) for v in np.array(_STONES[style]) * rng.uniform(0.85, 1.15))
    wide = float(rng.uniform(2.6, 3.6))
    # The planks run towards the island; the eye stands aside of the middle.
    pier = jetty(rng, long_m, wide, deck, -4.0).moved((rng.uniform(-0.3, 0.3), 0, start))
    if look.snow > 0.4:
        pier.color[pier.normal[:, 1] > 0.8, :3] = SNOW
    yaw = -a
    scene.add(pier, placed(np.zeros((1, 3)), 1.0, yaw))
    scene.eye = (0.0, deck + EYE_M, 0.0)
    c, s = np.cos(a), np.sin(a)

    def world(along: float, aside: float) -> tuple[float, float]:
        return aside * c + along * s, aside * s - along * c

    def on_deck(
        mesh: Mesh, along: float, aside: float, lift: float = 0.0, turn: float = 0.0
    ) -> tuple[float, float, float]:
        x, z = world(along, aside)
        scene.add(mesh, placed(np.array([[x, deck + lift, z]]), 1.0, yaw + turn))
        return x, deck + lift, z

    said = ["a wooden pier"]
    makes: list[tuple[str, Callable[[], Mesh]]] = [
        ("lobster pots", lambda: sea.lobster_pot(int(rng.integers(2)))),
        ("a heap of nets", lambda: sea.net_heap(int(rng.integers(3)))),
        ("a coil of rope", lambda: sea.rope_coil(5).scaled(1.2)), ("a life buoy", sea.lifebuoy),
    ]  # fmt: skip
    for index in rng.permutation(4)[: int(rng.integers(2, 5))]:
        words, make = makes[int(index)]
        for _ in range(3 if words == "lobster pots" else 1):
            along = float(rng.choice([-1, 1]) * rng.uniform(1.5, 4.0))
            if -start < along < long_m - start:
                on_deck(
                    make(),
                    along,
                    float(rng.choice([-1, 1])) * (wide / 2 - 0.5),
                    0.0,
                    float(rng.uniform(0, 6)),
                )
                said.append(words)
    for along in (-2.6, 2.2, 5.5):
        for side in (-1.0, 1.0):
            if -start < along < long_m - start:
                post = cylinder(0.13, 0.5, 12, 0.16).painted((0.09, 0.08, 0.08), Material.METAL)
                on_deck(post, along, side * (wide / 2 - 0.22))
    for _ in range(int(rng.integers(1, 4))):
        along, side = float(rng.uniform(-3, long_m * 0.4)), float(rng.choice([-1, 1]))
        tint = ((0.5, 0.08, 0.05), (0.06, 0.2, 0.36), (0.62, 0.6, 0.55), (0.1, 0.25, 0.14))[
            int(rng.integers(4))
        ]
        x, z = world(along, side * (wide / 2 + rng.uniform(1.0, 1.5)))
        scene.add(
            rowing_boat(rng, tint),
            placed(np.array([[x, 0.12, z]]), 1.15, yaw + float(rng.normal(0, 0.15))),
        )
        said.append("a moored rowing boat")
    if rng.random() < 0.5:
        x, z = world(
            float(rng.uniform(-1, long_m * 0.4)), float(rng.choice([-1, 1])) * (wide / 2 + 4.2)
        )
        ship = sea.yacht(rng, sea.WHITE, sea.WHITE, False, look.dark)
        scene.add(ship, placed(np.array([[x, 0.05, z]]), 0.85, yaw))
        said.append("a moored yacht")
    if look.dark:
        for along in (-2.6, 5.5):
            x, y, z = on_deck(
                cylinder(0.05, 2.3, 8).painted((0.05, 0.05, 0.05)), along, wide / 2 - 0.12
            )
            head = cylinder(0.12, 0.26, 10).painted((9.0, 5.4, 2.2), Material.GLOW)
            on_deck(head, along, wide / 2 - 0.12, 2.25)
            scene.lamps.append(Lamp((x, y + 2.4, z), (6.0, 3.6, 1.5), 0.12))
        said.append("lit lamps on the pier")
    land = Land(scene, island.height, rng, look, streams.detail, [(0.0, 0.0, 1.0)])
    rock_ground(land, island, streams, stone, 0.7)
    x, z = world(off - radius * 0.3, float(rng.choice([-1, 1]) * rng.uniform(4, 9)))
    window = (3.2, 1.7, 0.6) if look.dark else (0.0, 0.0, 0.0)
    roof = ((0.30, 0.07, 0.04), (0.12, 0.075, 0.05), (0.07, 0.09, 0.12))[int(rng.integers(3))]
    hut = log_cabin(np.random.default_rng(int(rng.integers(9))), window, 0.2 * look.snow, roof)
    land.put(hut, x, z, yaw=float(np.arctan2(-x, -z)) + float(rng.normal(0, 0.3)), lift_m=-0.3)
    said.append("a boat house")
    spots = [world(v, 0.0) for v in (-start * 0.6, 1.6, 3.4) if -start < v < long_m - start]
    scene.eyes = tuple((x, deck + EYE_M, z) for x, z in spots)
    return list(dict.fromkeys(said)), island.height, off + radius * 1.6


def _from_yacht(scene: Scene, streams: Streams) -> tuple[list[str], None, float]:
    rng, look = streams.layout, streams.look
    paint = ((0.62, 0.62, 0.6), (0.03, 0.06, 0.14), (0.33, 0.05, 0.035), (0.06, 0.16, 0.12))[
        int(rng.integers(4))
    ]
    cloth = ((0.66, 0.65, 0.60), (0.66, 0.65, 0.60), (0.40, 0.13, 0.07), (0.58, 0.46, 0.28))[
        int(rng.integers(4))
    ]
    up = bool(rng.random() < 0.65) and look.weather != "foggy"
    ship = sea.yacht(rng, paint, cloth, up, look.dark)
    if look.snow > 0.6:
        ship.color[(ship.normal[:, 1] > 0.9) & (ship.position[:, 1] < 3), :3] = SNOW
    places = np.array([[0.0, 2.55], [-1.15, 1.4], [0.95, -2.9], [0.35, 5.0], [-0.75, -3.6]])
    order = rng.permutation(len(places))
    turn = float(rng.uniform(0, 6.283))
    c, s = np.cos(turn), np.sin(turn)
    first = places[order[0]]
    # The ship turns about the eye's place on its deck.
    ship = ship.moved((-first[0], 0, -first[1])).turned(turn)
    scene.add(ship)

    def eye(place: NDArray[np.float64]) -> tuple[float, float, float]:
        dx, dz = place - first
        high = (
            sea.DECK_M
            - 0.05
            + 0.45 * max(0.0, -place[1] / 6) ** 2
            + 0.12 * max(0.0, place[1] / 6) ** 2
        )
        return float(dx * c + dz * s), float(high + EYE_M), float(-dx * s + dz * c)

    scene.eye = eye(first)
    scene.eyes = tuple(eye(places[i]) for i in order[1:4])
    if look.dark:
        x, _, z = eye(np.array([0.0, 3.0]))
        scene.lamps.append(Lamp((x, 3.0, z), (3.0, 1.8, 0.8), 0.1))
    said = [
        "the deck of a sailing yacht",
        "a ship's wheel",
        "billowing sails" if up else "furled sails",
        "coils of rope",
    ]
    return said, None, 14.0


def build(streams: Streams) -> Scene:
    """Return the sea and its islands."""
    rng, look = streams.layout, streams.look
    style = str(
        rng.choice(["granite", "chalk", "basalt", "red", "jungle"], p=[0.32, 0.2, 0.22, 0.13, 0.13])
    )
    if look.season == "winter" and style == "jungle":
        style = "granite"
    scene = Scene(
        eye=(0.0, 2.0, 0.0), air=look.air, ripple=0.030, eye_height_m=EYE_M,
        facing_deg=float(rng.uniform(-180, 180)),
    )  # fmt: skip
    place = str(rng.choice(["rock", "rock", "pier", "yacht"]))
    ground: Height | None
    if place == "rock":
        said, ground, clear = _from_rock(scene, streams, style)
    elif place == "pier":
        said, ground, clear = _from_pier(scene, streams, style)
    else:
        said, ground, clear = _from_yacht(scene, streams)
    wave = float(rng.uniform(0.15, 1.1)) * {"rock": 1.0, "pier": 0.4, "yacht": 0.7}[place]
    if look.weather == "foggy":
        wave *= 0.4
    shallow, deep = (np.array(v) for v in _SEAS[int(rng.integers(len(_SEAS)))])
    gray = 1.0 if look.weather in ("clear", "cloudy") else 0.6
    water = open_sea(
        ground,
        streams.number + 50,
        streams.detail,
        (shallow * gray, deep * gray),
        wave,
        float(rng.uniform(0, 6.3)),
    )
    # The mirror image is cut off above the crests, or the waves would see themselves.
    scene.mirror_height_m = float(water.position[water.faces, 1].max()) + 0.01
    scene.add(water, casts_sun=False, casts_sky=False)
    said += _around(scene, streams, style, clear)
    where = {
        "rock": "a rocky shore",
        "pier": "a wooden pier",
        "yacht": "the deck of a sailing yacht",
    }[place]
    if "a lighthouse" in said:
        where = "a headland with a lighthouse"
    scene.title = {
        "rock": "Rocks in the sea",
        "pier": "Pier between islands",
        "yacht": "Under sail",
    }[place]
    if "a lighthouse" in said:
        scene.title = "Lighthouse above the sea"
    scene.eyes = free_places(scene, scene.eyes)
    scene.caption = f"the open sea with rocky islands, seen from {where}"
    scene.tags = ("sea", "islands", "rocks", "waves")
    scene.details = tuple(said)
    return scene
