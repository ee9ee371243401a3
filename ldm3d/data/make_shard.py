"""Makes one shard of a training set: builds scenes, pictures each several times."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.captions import captions
from ldm3d.data.families import build_scene, draw_look
from ldm3d.data.grade import graded
from ldm3d.data.graphics import Graphics
from ldm3d.data.renderer import Effort, WorldRenderer, training_effort
from ldm3d.data.scene import Scene
from ldm3d.data.told import seen_look
from ldm3d.data.viewpoints import Viewpoint, viewpoints
from ldm3d.data.world import depth_from_distance
from ldm3d.data.world_set import Facts

HELD_OUT_SEED = 1_000_000
"""Seeds from here on are never trained on."""
SPARE_SEEDS = 250_000
"""How far apart the seeds of a scene and of its replacement are."""
_ATTEMPTS = 3
_CAPTIONS = 5


@dataclass(frozen=True)
class Plan:
    """What a set shall be; the content of a shard follows from this and its number alone."""

    families: tuple[str, ...]
    count: int
    width: int = 512
    variants: int = 4
    seed: int = 0
    shard: int = 256
    detail: float = 0.3
    supersample: int = 1

    @property
    def shards(self) -> int:
        """Return how many shards there are."""
        return -(-self.count // self.shard)

    @property
    def scenes_per_shard(self) -> int:
        """Return how many scenes a full shard is made of."""
        return -(-self.shard // self.variants)

    def pictures(self, number: int) -> int:
        """Return how many pictures a shard holds."""
        return min(self.shard, self.count - number * self.shard)

    def values(self) -> dict[str, Any]:
        """Return what decides over a shard's content, for comparing and for JSON."""
        values = asdict(self)
        del values["count"]
        return values | {"families": list(self.families)}


@dataclass(frozen=True)
class Picture:
    """One picture of the set."""

    color: NDArray[np.uint8]  # (H, W, 3), sRGB
    depth: NDArray[np.uint16]  # (H, W), 65535 = near
    facts: Facts


class UselessPictureError(Exception):
    """A picture shows nothing: the eye is inside of something, or all is dark."""


def scene_of(plan: Plan, shard: int, index: int, attempt: int) -> tuple[str, int]:
    """Return family and seed of a scene; each attempt has a seed of its own."""
    number = shard * plan.scenes_per_shard + index
    family = plan.families[number % len(plan.families)]
    return family, plan.seed + number + attempt * SPARE_SEEDS


def shard_pictures(
    plan: Plan, number: int, graphics: Graphics, failed: Callable[[str, int, str], None]
) -> Iterator[Picture]:
    """Yield the pictures of a shard; a scene that fails is replaced by one of another seed.

    Args:
        plan: of the set.
        number: of the shard.
        graphics: to draw with.
        failed: is told family, seed and reason of every scene that failed.
    """
    wanted = plan.pictures(number)
    for index in range(plan.scenes_per_shard):
        missing = min(plan.variants, wanted)
        for attempt in range(_ATTEMPTS):
            family, seed = scene_of(plan, number, index, attempt)
            try:
                pictures = scene_pictures(plan, family, seed, graphics, missing)
            except Exception as error:  # families are many: one bad seed must not end a night's run
                failed(family, seed, f"{type(error).__name__}: {error}")
                continue
            yield from pictures
            wanted -= len(pictures)
            break
        if wanted <= 0:
            return


def scene_pictures(
    plan: Plan, family: str, seed: int, graphics: Graphics, count: int
) -> list[Picture]:
    """Return `count` pictures of one scene.

    Raises:
        UselessPictureError: if one shows nothing even from the scene's first eye.
        Exception: what a family raises.
    """
    look = draw_look(family, seed)
    scene = build_scene(family, seed, detail=plan.detail, look=look)
    effort = training_effort(plan.width * plan.supersample)
    renderer = WorldRenderer(graphics, scene, effort)
    try:
        pictures = []
        for variant, view in enumerate(viewpoints(family, seed, scene, look, count)):
            color, depth = _usable(renderer, view, scene, plan, effort, seed * 64 + variant)
            facts = _facts(family, seed, variant, view)
            pictures.append(Picture(color, depth, facts))
        return pictures
    finally:
        renderer.release()


def _usable(
    renderer: WorldRenderer, view: Viewpoint, built: Scene, plan: Plan, effort: Effort, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Render a viewpoint, or where it shows nothing the same light from the scene's own eye."""
    for eye in dict.fromkeys((view.scene.eye, built.eye)):
        renderer.look_again(replace(view.scene, eye=eye))
        light, distance = renderer.render(plan.width * plan.supersample, effort, seed)
        color, depth = finished(light, distance, view.scene, plan.supersample)
        reason = useless(color, depth)
        if reason is None:
            columns = round(view.roll * plan.width)
            return np.roll(color, columns, axis=1), np.roll(depth, columns, axis=1)
    raise UselessPictureError(reason)


def finished(
    light: NDArray[np.float32], distance_m: NDArray[np.float32], scene: Scene, supersample: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Return color and depth as they are stored, `supersample` times smaller on each side.

    Color is the mean of the light, depth the mean of the inverse distance.
    """
    s = supersample
    height, width = light.shape[0] // s, light.shape[1] // s
    depth = depth_from_distance(distance_m)
    if s > 1:
        light = light.reshape(height, s, width, s, 3).mean(axis=(1, 3))
        depth = depth.reshape(height, s, width, s).mean(axis=(1, 3))
    levels = np.round(depth.astype(np.float64) * 65535).astype(np.uint16)
    return graded(light, scene.air), levels


def useless(color: NDArray[np.uint8], depth: NDArray[np.uint16]) -> str | None:
    """Say why a picture shows nothing, or None where it does."""
    rows = np.sin((np.arange(len(depth)) + 0.5) / len(depth) * np.pi)[:, None]
    share = float(((depth == 65535) * rows).sum() / (rows.sum() * depth.shape[1]))
    if share > 0.22:
        return f"{share:.0%} of the view is nearer than 0.6 m"
    if int(depth.max()) == int(depth.min()):
        return "depth is the same everywhere"
    spread = float(color.mean(axis=2).std())
    if spread < 3.0:
        return f"color hardly varies (deviation {spread:.1f} of 255)"
    return None


def _facts(family: str, seed: int, variant: int, view: Viewpoint) -> Facts:
    look = view.look
    rng = np.random.default_rng([seed, variant, 11])
    return Facts(
        captions=tuple(captions(family, view.scene, look, rng, _CAPTIONS)),
        family=family,
        seed=seed,
        variant=variant,
        tags=seen_look(family, look),
    )
