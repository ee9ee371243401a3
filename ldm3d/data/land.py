"""A piece of land: its shape, its lanes, what stands where, how snow and rain lie on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ldm3d.data.look import Look
from ldm3d.data.mesh import Material, Mesh
from ldm3d.data.noise import fbm, ridged
from ldm3d.data.scene import Air, Color, Scene, placed
from ldm3d.data.terrain import Height, mix, on_ground, point_on, smoothstep, terrain

if TYPE_CHECKING:
    from ldm3d.data.families import Streams

Floats = NDArray[np.float32]

SNOW = np.array([0.78, 0.82, 0.88])
EYE_M = 1.62


@dataclass(frozen=True)
class Lane:
    """A winding way over the ground; `offset_m` is how far aside of the eye it runs."""

    angle_rad: float
    offset_m: float = 0.0
    half_m: float = 0.8
    bend_m: float = 2.0
    period_m: float = 40.0
    phase: float = 0.0

    def along(self, x: Floats, z: Floats) -> Floats:
        """Return metres along the lane."""
        return np.asarray(x * np.sin(self.angle_rad) - z * np.cos(self.angle_rad), np.float32)

    def aside(self, x: Floats, z: Floats) -> Floats:
        """Return signed metres from its middle."""
        across = x * np.cos(self.angle_rad) + z * np.sin(self.angle_rad)
        run = self.along(x, z)
        wave = np.sin(run / self.period_m * 6.283 + self.phase) - np.sin(self.phase)
        return np.asarray(across - self.offset_m - self.bend_m * wave, np.float32)

    def distance(self, x: Floats, z: Floats) -> Floats:
        """Return metres from its middle."""
        return np.asarray(np.abs(self.aside(x, z)), np.float32)

    def point(self, along_m: float, aside_m: float = 0.0) -> tuple[float, float]:
        """Return x and z of a place along and beside the lane."""
        wave = np.sin(along_m / self.period_m * 6.283 + self.phase) - np.sin(self.phase)
        across = self.offset_m + self.bend_m * wave + aside_m
        c, s = np.cos(self.angle_rad), np.sin(self.angle_rad)
        return float(across * c + along_m * s), float(across * s - along_m * c)


def country_height(
    number: int,
    *,
    bumps_m: float = 0.1,
    roll_m: float = 1.5,
    slope: tuple[float, float] = (0.0, 0.0),
    hills_m: float = 40.0,
    mountains_m: float = 0.0,
    calm_m: float = 2.0,
) -> Height:
    """Return a height function: bumps, waves from `calm_m` on, hills from 60 m, mountains."""

    def height(x: Floats, z: Floats) -> Floats:
        d = np.hypot(x, z)
        y = fbm(x, z, 2.4, 2, number) * bumps_m + (x * slope[0] + z * slope[1]) / (1 + d / 90)
        y = y + fbm(x, z, 30, 2, number + 1) * roll_m * smoothstep(calm_m, calm_m + 25, d)
        y = y + smoothstep(60, 700, d) * hills_m * (0.45 + fbm(x, z, 420, 3, number + 2))
        if mountains_m:
            crest = np.clip(ridged(x, z, 3000, 6, number + 3) - 0.34, 0, 1) ** 1.2 * 2.0
            crest = crest * (0.6 + 0.9 * np.abs(fbm(x, z, 4200, 1, number + 4)))
            y = y + smoothstep(500, 2800, d) * mountains_m * crest
        return np.asarray(y, np.float32)

    return height


def land_surface(height: Height, detail: float, far_m: float) -> Mesh:
    """Return the ground, as fine as the detail asks."""
    share = detail**0.8
    return terrain(height, far_m=far_m, rings=int(480 * share), sectors=int(1080 * share))


def snow_cover(x: Floats, z: Floats, snow: float, number: int) -> Floats:
    """Return how much snow hides the ground, 0 to 1: patches while it melts."""
    if snow <= 0:
        return np.zeros(np.shape(x), np.float32)
    return smoothstep(-0.2, 0.25, 2.4 * snow - 1.1 + np.clip(fbm(x, z, 3.5, 2, number + 31), -1, 1))


def painted_land(ground: Mesh, color: Floats, kind: ArrayLike, look: Look, number: int) -> Mesh:
    """Return the ground in its colors (V, 3) and materials (V,), rained or snowed upon."""
    x, _, z = ground.position.T
    cover = snow_cover(x, z, look.snow, number)
    rgba = ground.color.copy()
    rgba[:, :3] = mix(color * (1 - 0.4 * look.wet), SNOW, cover)
    material = np.where(cover > 0.5, float(Material.SNOW), kind)
    return replace(ground, color=rgba, material=material.astype(np.float32))


def grass_color(look: Look) -> NDArray[np.float64]:
    """Return the season's grass as linear albedo."""
    table = {
        "spring": (0.085, 0.150, 0.022),
        "summer": (0.080, 0.125, 0.022),
        "autumn": (0.135, 0.115, 0.032),
        "winter": (0.125, 0.108, 0.048),
    }
    return np.array(table[look.season])


def snowy_air(air: Air, look: Look, less: float = 0.4) -> Air:
    """Return the air over snow: more light from sky and ground, exposed shorter by `less`."""
    bright = look.snow * min(max(air.sun) / 3.0, 1.0)

    def times(color: Color, factor: float) -> Color:
        r, g, b = (c * factor for c in color)
        return r, g, b

    return replace(
        air,
        exposure=air.exposure * (1 - less * bright),
        zenith=times(air.zenith, 1 + 0.7 * bright),
        horizon=times(air.horizon, 1 + 0.4 * bright),
        ground=times(air.ground, 1 + 1.2 * look.snow),
    )


FAR_THINGS = frozenset(
    ("a church with a tower", "a farmhouse", "a windmill", "high mountains far away")
)


def seen_in(look: Look, details: Sequence[str]) -> tuple[str, ...]:
    """Return the details once each, without those that fog hides."""
    hidden = FAR_THINGS if look.weather == "foggy" else frozenset()
    return tuple(name for name in dict.fromkeys(details) if name not in hidden)


@dataclass
class Land:
    """Places things on the ground of a scene and remembers where."""

    scene: Scene
    height: Height
    rng: np.random.Generator
    look: Look
    detail: float = 1.0
    taken: list[tuple[float, float, float]] = field(default_factory=list)  # x, z, radius
    road: Callable[[Floats, Floats], Floats] | None = None
    """Metres inside of roads: things are rather put beside them."""
    shore: Callable[[Floats, Floats], Floats] | None = None
    """Metres from water, negative in it: nothing is planted there."""

    @property
    def bold(self) -> float:
        """How much larger small things are drawn where there are fewer of them."""
        return float(self.detail**-0.5)

    def many(self, count: int, least: int = 1) -> int:
        """Return `count` as the detail asks."""
        return max(least, round(count * self.detail))

    def claim(self, x: float, z: float, radius_m: float) -> None:
        """Keep others away from a place."""
        self.taken.append((x, z, radius_m))

    def free(self, x: ArrayLike, z: ArrayLike, gap_m: float = 0.0) -> NDArray[np.bool_]:
        """Return which places are not taken."""
        px, pz = np.asarray(x), np.asarray(z)
        fine = np.ones(px.shape, bool)
        for at_x, at_z, radius in self.taken:
            fine &= np.hypot(px - at_x, pz - at_z) > radius + gap_m
        return fine

    def find(self, near_m: float, far_m: float, radius_m: float) -> tuple[float, float]:
        """Return a free place in a ring and claim it; any one if none is free."""
        r, a = self.rng.uniform(near_m, far_m, 48), self.rng.uniform(0, 6.283, 48)
        x, z = (r * np.sin(a)).astype(np.float32), (-r * np.cos(a)).astype(np.float32)
        fine = self.free(x, z, radius_m) * 2
        if self.road is not None:
            fine += (self.road(x, z) < 0.6 * radius_m - 0.3) & (fine > 0)
        best = int(np.argmax(fine))
        self.claim(float(x[best]), float(z[best]), radius_m)
        return float(x[best]), float(z[best])

    def put(
        self, mesh: Mesh, x: float, z: float, *, yaw: float = 0.0, size: float = 1.0,
        lift_m: float = 0.0, sky: bool = True,
    ) -> tuple[float, float, float]:  # fmt: skip
        """Place one thing; return where its foot is."""
        at = point_on(self.height, x, z, lift_m)
        self.scene.add(mesh, placed(np.array([at]), size, yaw), casts_sky=sky)
        return at

    def plant(
        self, mesh: Mesh, x: Floats, z: Floats, *,
        size: tuple[float, float] | NDArray[np.floating] = (0.7, 1.3), sink_m: float = 0.02,
        shade: float = 0.18, lean: float = 0.0, sun: bool = True, sky: bool = True,
    ) -> None:  # fmt: skip
        """Place a mesh at many places, each of its own size, turn and shade."""
        if self.shore is not None:
            dry = self.shore(x, z) > 0.1
            x, z, size = x[dry], z[dry], size if isinstance(size, tuple) else size[dry]
        count = len(x)
        tint = self.rng.uniform(1 - shade, 1 + shade, (count, 1))
        tint = tint * (1 + self.rng.normal(0, shade * 0.35, (count, 3)))
        scale = self.rng.uniform(*size, count) if isinstance(size, tuple) else size
        yaw = self.rng.random(count) * 6.283
        tilt = self.rng.normal(0, lean, (count, 2)) if lean else None
        at = on_ground(self.height, x, z, sink_m)
        rows = placed(at, scale, yaw, np.clip(tint, 0.3, 2), tilt)
        self.scene.add(mesh, rows, casts_sun=sun, casts_sky=sky)

    def grid(self, gap_m: float, far_m: float, jitter: float = 0.42) -> tuple[Floats, Floats]:
        """Return places about `gap_m` apart, strewn evenly, none nearer than half a gap."""
        steps = int(far_m / gap_m)
        line = np.arange(-steps, steps + 1) * gap_m
        gx, gz = np.meshgrid(line, line)
        gx[::2] += gap_m / 2
        turn = self.rng.uniform(0, 6.283)
        x = gx.ravel() + self.rng.uniform(-jitter, jitter, gx.size) * gap_m
        z = gz.ravel() + self.rng.uniform(-jitter, jitter, gx.size) * gap_m
        c, s = np.cos(turn), np.sin(turn)
        inside = np.hypot(x, z) < far_m
        x, z = x[inside], z[inside]
        return (x * c + z * s).astype(np.float32), (z * c - x * s).astype(np.float32)

    def eyes(self, count: int = 3, reach_m: float = 4.5) -> tuple[tuple[float, float, float], ...]:
        """Return other places to stand, free of everything within 0.85 m."""
        found: list[tuple[float, float, float]] = []
        for _ in range(60):
            r, a = self.rng.uniform(1.2, reach_m), self.rng.uniform(0, 6.283)
            x, z = float(r * np.sin(a)), float(-r * np.cos(a))
            apart = all(np.hypot(x - ox, z - oz) > 1.0 for ox, _, oz in found)
            if apart and self.free(x, z, 0.85):
                found.append(point_on(self.height, x, z, EYE_M))
            if len(found) == count:
                break
        return tuple(found)


def land_around(streams: Streams, height: Height, air: Air, clear_m: float = 0.95) -> Land:
    """Return the land around an eye at the origin, with nothing on it yet.

    Args:
        streams: whose layout places things; the picture's direction is drawn from it at once.
        height: of the ground.
        air: of `land.scene`.
        clear_m: radius around the eye where nothing is placed.
    """
    scene = Scene(
        eye=point_on(height, 0.0, 0.0, EYE_M),
        air=air,
        eye_height_m=EYE_M,
        facing_deg=float(streams.layout.uniform(-180, 180)),
    )
    land = Land(scene, height, streams.layout, streams.look, streams.detail)
    land.claim(0.0, 0.0, clear_m)
    return land


def paved_land(streams: Streams, sky_gain: float, foot_m: float = 0.0) -> Land:
    """Return level ground in a town, which mirrors where it is wet.

    Args:
        streams: as `land_around`'s.
        sky_gain: how much more the sky lights than in the open: walls throw light back.
        foot_m: how high the eye's pavement lies above the ground.
    """
    look = streams.look
    air = replace(look.air, sky_gain=look.air.sky_gain * sky_gain)
    land = land_around(streams, _level, snowy_air(air, look))
    land.scene.eye = (0.0, EYE_M + foot_m, 0.0)
    land.scene.mirror_height_m = 0.0 if look.wet > 0.5 else None
    land.scene.ripple = 0.01
    return land


def _level(x: Floats, z: Floats) -> Floats:
    return np.zeros(np.shape(x), np.float32)
