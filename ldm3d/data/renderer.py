"""Turns a scene into linear light and exact distance for every direction.

Each pass draws the scene into a freshly turned cube of surfaces, gathers it with a sub-pixel
shift into the equirectangular picture, lights it with one sample of the sun's disk, several
directions of the sky and one sample of every lamp, and adds the result up. Soft shadows,
ambient shadows and smooth edges come from the same sum.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from ldm3d.data.drawn import DrawnBatch
from ldm3d.data.effort import Effort, effort_for, training_effort
from ldm3d.data.graphics import Graphics, assign
from ldm3d.data.scene import Air, Scene
from ldm3d.data.shadows import KeptShadows, Shadows, light_basis

__all__ = [
    "Effort",
    "WorldRenderer",
    "effort_for",
    "sky_directions",
    "sun_direction",
    "training_effort",
]

Floats = NDArray[np.float32]


def sun_direction(air: Air) -> Floats:
    """Return the unit vector towards the sun or moon."""
    azimuth, height = np.radians(air.sun_azimuth_deg), np.radians(air.sun_elevation_deg)
    return np.array(
        [np.cos(height) * np.sin(azimuth), np.sin(height), -np.cos(height) * np.cos(azimuth)],
        np.float32,
    )


def sky_directions(count: int, whole: bool, rng: np.random.Generator) -> Floats:
    """Return `count` evenly spread unit vectors of the upper half or the whole sphere, mixed."""
    i = np.arange(count) + 0.5
    y = 1 - 2 * i / count if whole else 1 - i / count
    angle = i * 2.399963 + rng.random() * 6.283
    flat = np.sqrt(1 - y * y)
    spread = np.stack([flat * np.cos(angle), y, flat * np.sin(angle)], axis=1)
    return rng.permutation(spread).astype(np.float32)


def _random_rotation(rng: np.random.Generator) -> Floats:
    q, r = np.linalg.qr(rng.standard_normal((3, 3)))
    q = q * np.sign(np.diag(r))
    return np.asarray(q * np.sign(np.linalg.det(q)), np.float32)


class WorldRenderer:
    """Renders one scene; owns its GPU memory until `release`."""

    def __init__(self, graphics: Graphics, scene: Scene, effort: Effort | None = None) -> None:
        self._graphics = graphics
        self._scene = scene
        self._effort = effort or Effort()
        thrifty = self._effort.thrifty
        self.batches = [DrawnBatch(graphics, batch, thrifty=thrifty) for batch in scene.batches]
        self._shadows = Shadows(graphics, self.batches, self._effort.coarseness)
        self._kept = KeptShadows()
        self._sky = self._sky_uniforms()

    def look_again(self, scene: Scene) -> None:
        """Take another eye, air or lamps for the same geometry, before the next `render`."""
        self._scene = replace(scene, batches=self._scene.batches)
        self._sky = self._sky_uniforms()

    def release(self) -> None:
        """Free the GPU memory."""
        self._shadows.release()
        for drawn in self.batches:
            drawn.release()

    def _sky_uniforms(self) -> dict[str, Any]:
        air = self._scene.air
        return {
            "sun_direction": tuple(float(v) for v in sun_direction(air)),
            "sun": air.sun,
            "zenith": air.zenith,
            "horizon": air.horizon,
            "glow": air.glow,
            "stars": air.stars,
            "aurora": air.aurora,
            "moon": air.moon,
        }

    def _clouds(self, width_px: int, steps: int) -> moderngl.Texture:
        air, graphics = self._scene.air, self._graphics
        size = (width_px, width_px // 2)
        texture = graphics.context.texture(size, 4, dtype="f2")
        texture.repeat_y = False
        target = graphics.context.framebuffer([texture])
        graphics.fill(
            graphics.program("screen.vert", "clouds.frag"),
            target,
            **self._sky,
            fbm=graphics.fbm,
            cells=graphics.cells,
            size_px=size,
            cover=air.cloud_cover,
            cirrus=air.cirrus,
            seed=air.cloud_seed,
            steps=steps,
        )
        target.release()
        return texture

    def render(self, width_px: int, effort: Effort, seed: int = 0) -> tuple[Floats, Floats]:
        """Return linear color (H, W, 3) and distance in metres (H, W), infinity for sky."""
        scene = self._scene
        clouds_px = effort.clouds_px or max(512, min(width_px // 2, 2048))
        clouds = self._clouds(clouds_px, effort.cloud_steps)
        mirror = None
        if scene.mirror_height_m is not None:
            small = replace(
                effort,
                passes=min(2, effort.passes),
                face_px=max(128, effort.face_px // 2),
                shadowed_lamps=0 if effort.thrifty else effort.shadowed_lamps,
            )
            half = max(128 if effort.thrifty else 256, width_px // 2)
            mirror = self._passes(half, small, seed + 1, clouds, None, mirrored=True)[0]
        total, distances = self._passes(width_px, effort, seed, clouds, mirror, mirrored=False)
        data = np.frombuffer(total.read(), np.float32).reshape(width_px // 2, width_px, 4)
        for texture in (clouds, total, mirror):
            if texture is not None:
                texture.release()
        middle = (len(distances) - 1) // 2
        stack = np.stack(distances)
        stack[stack <= 0] = np.inf
        distance = np.partition(stack, middle, axis=0)[middle]
        light = data[..., :3] / np.maximum(data[..., 3:], 1e-6)
        return np.asarray(light, np.float32), distance

    def _passes(
        self,
        width_px: int,
        effort: Effort,
        seed: int,
        clouds: moderngl.Texture,
        mirror: moderngl.Texture | None,
        *,
        mirrored: bool,
    ) -> tuple[moderngl.Texture, list[Floats]]:
        """Add up all passes; return the sum (a texture) and each pass's distances."""
        graphics, context = self._graphics, self._graphics.context
        size = (width_px, width_px // 2)
        atlas = (effort.face_px * 3, effort.face_px * 2)
        surfaces = [graphics.target(atlas, 4, kind) for kind in ("f4", "f2", "f4")]
        atlas_depth = context.depth_renderbuffer(atlas)
        atlas_target = context.framebuffer(surfaces, atlas_depth)
        picture = [graphics.target(size, n, kind) for n, kind in ((4, "f4"), (4, "f2"), (1, "f4"))]
        picture_target = context.framebuffer(picture)
        light, total = graphics.target(size, 4, "f4"), context.texture(size, 4, dtype="f4")
        light_target, total_target = context.framebuffer([light]), context.framebuffer([total])
        total_target.clear()
        rng = np.random.default_rng(seed)
        indoor = self._scene.air.indoor
        directions = sky_directions(effort.passes * effort.sky_fours * 4, indoor, rng)
        eye = np.array(self._scene.eye, np.float32)
        if mirrored and self._scene.mirror_height_m is not None:
            eye[1] = 2 * self._scene.mirror_height_m - eye[1]
        distances = []
        for index in range(effort.passes):
            turn = _random_rotation(rng)
            shift = _jitter(index, effort.passes)
            common: dict[str, Any] = {
                "size_px": size,
                "jitter_px": shift,
                "eye": tuple(float(v) for v in eye),
                "cube_from_world": turn,
                "fbm": graphics.fbm,
            }
            self._draw_surfaces(atlas_target, effort, eye, turn, mirrored)
            graphics.fill(
                graphics.program("screen.vert", "gather.frag"),
                picture_target,
                **common,
                shape=surfaces[0],
                color=surfaces[1],
                texture=surfaces[2],
                cells=graphics.cells,
                face_px=effort.face_px,
            )
            if not mirrored:
                raw = np.frombuffer(picture[2].read(), np.float32)
                distances.append(raw.reshape(width_px // 2, width_px).copy())
            common |= {"shape": picture[0], "color": picture[1]}
            part = directions[index :: effort.passes].reshape(-1, 4, 3)
            sun_maps = self._light(light_target, common, part, effort, rng)
            context.enable(moderngl.BLEND)
            context.blend_func = moderngl.ONE, moderngl.ONE
            self._compose(total_target, common | sun_maps, light, clouds, mirror, index, mirrored)
            context.disable(moderngl.BLEND)
        if mirrored:
            total.repeat_y = False
        for texture in (*surfaces, *picture, light):
            texture.release()
        atlas_depth.release()
        for target in (atlas_target, picture_target, light_target, total_target):
            target.release()
        return total, distances

    def _draw_surfaces(
        self,
        target: moderngl.Framebuffer,
        effort: Effort,
        eye: Floats,
        turn: Floats,
        mirrored: bool,
    ) -> None:
        context, face_px = self._graphics.context, effort.face_px
        least_rad = effort.least_px * 2 / face_px
        program = self._graphics.program("surface.vert", "surface.frag")
        height = self._scene.mirror_height_m
        above = height + 0.004 - float(eye[1]) if mirrored and height is not None else -1e9
        target.viewport = (0, 0, face_px * 3, face_px * 2)
        target.clear()
        context.enable(moderngl.DEPTH_TEST)
        views = []
        for drawn in self.batches:
            relative = np.asarray((drawn.centers - eye) @ turn.T, np.float32)
            far = np.linalg.norm(relative, axis=1)
            large = drawn.radii > least_rad * far
            level = drawn.levels_at(np.maximum(far - drawn.radii, 0) * 2 / face_px)
            if large.any():
                views.append((drawn, relative, large, level))
        for face in range(6):
            target.viewport = ((face % 3) * face_px, (face // 3) * face_px, face_px, face_px)
            target.use()
            assign(
                program,
                {
                    "eye": tuple(float(v) for v in eye),
                    "cube_from_world": turn,
                    "face": face,
                    "above": above,
                },
            )
            for drawn, relative, large, level in views:
                drawn.draw(drawn.seen_by_face(relative, face) & large, level, shadow=False)
        context.disable(moderngl.DEPTH_TEST)

    def _light(
        self,
        target: moderngl.Framebuffer,
        common: dict[str, Any],
        directions: Floats,
        effort: Effort,
        rng: np.random.Generator,
    ) -> dict[str, Any]:
        """Add sun, sky and lamps into `target`; return the sun's shadow uniforms."""
        graphics, context, air = self._graphics, self._graphics.context, self._scene.air
        target.clear()
        sun_maps = self._sun_maps(effort, rng)
        context.blend_func = moderngl.ONE, moderngl.ONE
        if max(air.sun) > 0:
            context.enable(moderngl.BLEND)
            program = graphics.program("screen.vert", "light_sun.frag")
            graphics.fill(program, target, **common, **sun_maps, **self._sky)
        count = len(directions) * 4
        near_far = (7.0, 40.0) if air.indoor else (14.0, 90.0)
        for drawn_four in directions:
            context.disable(moderngl.BLEND)
            four, sky_matrices = self._sky_maps(drawn_four, near_far, effort)
            context.enable(moderngl.BLEND)
            graphics.fill(
                graphics.program("screen.vert", "light_sky.frag"),
                target,
                **common,
                **self._sky,
                shadow=self._shadows.sky_map,
                shadow_from_world=sky_matrices,
                extent_m=np.array(near_far, np.float32),
                direction=four,
                room=np.array(air.room, np.float32),
                indoor=air.indoor,
                ground=air.ground,
                gain=(4.0 if air.indoor else 2.0) / count * air.sky_gain,
                side_px=float(self._shadows.sky_px),
            )
        self._light_lamps(target, common, effort, rng)
        context.disable(moderngl.BLEND)
        return sun_maps

    def _sun_maps(self, effort: Effort, rng: np.random.Generator) -> dict[str, Any]:
        """Draw the sun's shadow maps, or find them still right; return their uniforms."""
        air, context, kept = self._scene.air, self._graphics.context, self._kept
        center = np.array(self._scene.eye, np.float32)
        sun = _jittered(sun_direction(air), np.radians(air.sun_softness_deg), rng)
        extents = [6.0, 24.0, 70.0] if air.indoor else [8.0, 38.0, 200.0, 5000.0]
        if not (effort.thrifty and kept.suits_sun(sun_direction(air), center)):
            context.enable(moderngl.DEPTH_TEST)
            kept.sun = self._shadows.draw_sun(sun, center, extents, effort.least_texels)
            context.disable(moderngl.DEPTH_TEST)
            kept.sun_center, kept.sun_direction = center, sun_direction(air)
        return {
            "shadow": self._shadows.sun_map,
            "shadow_from_world": kept.sun,
            "extent_m": np.array((extents + [1e9] * 4)[:4], np.float32),
            "cascades": len(extents),
            "side_px": float(self._shadows.sun_px),
        }

    def _sky_maps(
        self, four: Floats, near_far: tuple[float, float], effort: Effort
    ) -> tuple[Floats, Floats]:
        """Draw the shadow maps of four directions, or find them still right."""
        kept, center = self._kept, np.array(self._scene.eye, np.float32)
        if effort.thrifty and effort.passes * effort.sky_fours == 1 and kept.suits_sky(center):
            return kept.four, kept.sky
        self._graphics.context.enable(moderngl.DEPTH_TEST)
        kept.sky = self._shadows.draw_sky(four, center, near_far, effort.least_texels)
        self._graphics.context.disable(moderngl.DEPTH_TEST)
        kept.four, kept.sky_center = four, center
        return kept.four, kept.sky

    def _light_lamps(
        self,
        target: moderngl.Framebuffer,
        common: dict[str, Any],
        effort: Effort,
        rng: np.random.Generator,
    ) -> None:
        graphics, context = self._graphics, self._graphics.context
        program = graphics.program("screen.vert", "light_lamp.frag")
        casting = self._casting_lamps(effort)
        for number, lamp in enumerate(self._scene.lamps):
            offset = rng.standard_normal(3) * lamp.size_m * 0.6
            at = (np.array(lamp.position) + offset).astype(np.float32)
            reach = float(np.sqrt(max(lamp.color) / 0.004))
            shadowed = lamp.shadowed and number in casting
            if shadowed:
                context.disable(moderngl.BLEND)
                context.enable(moderngl.DEPTH_TEST)
                self._shadows.draw_lamp(at, min(reach, 40.0), effort.least_texels)
                context.disable(moderngl.DEPTH_TEST)
            context.enable(moderngl.BLEND)
            graphics.fill(
                program,
                target,
                **common,
                shadow=self._shadows.lamp_map,
                lamp=tuple(float(v) for v in at),
                lamp_color=lamp.color,
                shadowed=shadowed,
            )

    def _casting_lamps(self, effort: Effort) -> set[int]:
        """Return the numbers of the shadowed lamps that matter most at the eye."""
        eye = np.array(self._scene.eye)

        def weight(number: int) -> float:
            lamp = self._scene.lamps[number]
            return max(lamp.color) / (float(((np.array(lamp.position) - eye) ** 2).sum()) + 1.0)

        shadowed = [i for i, lamp in enumerate(self._scene.lamps) if lamp.shadowed]
        return set(sorted(shadowed, key=weight, reverse=True)[: effort.shadowed_lamps])

    def _compose(
        self,
        target: moderngl.Framebuffer,
        common: dict[str, Any],
        light: moderngl.Texture,
        clouds: moderngl.Texture,
        mirror: moderngl.Texture | None,
        index: int,
        mirrored: bool,
    ) -> None:
        scene, air = self._scene, self._scene.air
        if mirror is not None:
            mirror.filter = (moderngl.LINEAR, moderngl.LINEAR)
        level = scene.mirror_height_m
        self._graphics.fill(
            self._graphics.program("screen.vert", "compose.frag"),
            target,
            **common,
            **self._sky,
            light=light,
            clouds=clouds,
            mirror=clouds if mirror is None else mirror,
            **{"pass": float(index)},
            fog_density=air.fog_density,
            fog_height_m=air.fog_height_m,
            fog_tint=air.fog_tint,
            shafts=air.shafts,
            shaft_reach_m=air.shaft_reach_m,
            mirror_height_m=-1e9 if mirror is None or level is None else level,
            ripple=scene.ripple,
            water_tint=scene.water_tint,
            indoor=air.indoor,
            exposure=air.exposure,
            raw=1.0 if mirrored else 0.0,
        )


def _jitter(index: int, count: int) -> tuple[float, float]:
    """Return the sub-pixel shift of one pass, within half a pixel, evenly spread."""
    if count == 1:
        return (0.0, 0.0)
    x = (index + 0.5) / count - 0.5
    y = (index * 0.61803398875 + 0.31) % 1.0 - 0.5
    return (x, y)


def _jittered(direction: Floats, radius_rad: float, rng: np.random.Generator) -> Floats:
    """Return a direction within a small disk about another."""
    right, up, _ = light_basis(direction)
    r, a = radius_rad * np.sqrt(rng.random()), rng.random() * 6.283
    moved = direction + r * (np.cos(a) * right + np.sin(a) * up)
    return np.asarray(moved / np.linalg.norm(moved), np.float32)
