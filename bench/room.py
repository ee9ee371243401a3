"""Pictures of the room of `scene.py`: the panorama a renderer gets, and the truth it is judged by.

The panorama is taken at (0, 0, 0). Its colour is supersampled 3x3 in linear light, its distances
are taken at texel centres. The truth of a perspective view is supersampled 3x3 too and comes with
the mask of pixels whose surface point (at the pixel's centre) the panorama could see.

Definition of the quality figures: panorama 4096x2048; 6 poses x 2 eyes; 1008x1120 pixels an eye
(half of a headset's 2016x2240 along each axis) with a vertical field of view of 100 degrees.
Pose set "a": the head at the centre, eyes 63 mm apart. Pose set "b": the head 30 cm aside.

What was traced is kept under out/bench/, named by a hash of the sources that made it.
"""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from bench.scene import Array, Directions, Picture, first_hits, picture, samples, tiles
from depthfusion.camera import clip_from_eye, eye_from_world, frame_axes
from depthfusion.geometry import direction_from_uv
from depthfusion.panorama.panorama import DepthMeaning, Panorama

PANORAMA_WIDTH_PX = 4096
VIEW_SIZE_PX = (1008, 1120)
FOV_DEG = 100.0
EYE_SEPARATION_M = 0.063
ASIDE_M = 0.3
CACHE = Path(__file__).resolve().parents[1] / "out" / "bench"

_LOOKS = ((0, -10), (60, -25), (120, 5), (180, -20), (240, -5), (300, 15))
"""Yaw and pitch in degrees of the six poses of each set."""
_ASIDE = ((1, 0, 0), (-1, 0, 0), (0.8, 0.6, 0), (-0.8, -0.6, 0), (1, 0, 0), (-0.6, 0, -0.8))
"""Where the head of each pose of set "b" is, in its own axes right, up, back, times `ASIDE_M`."""


class DepthKind(StrEnum):
    """What kind of depth map comes with the panorama."""

    RELATIVE16 = "relative16"
    """16-bit inverse depth with known near and far."""
    DISTANCE = "distance"
    """The distances themselves, float32."""
    SOFT = "soft"
    """RELATIVE16 with its edges blurred over some 10 texels, as networks draw them."""


@dataclass(frozen=True)
class Pose:
    """Where one eye is and looks; angles as in `View`."""

    yaw_deg: float
    pitch_deg: float
    position_m: tuple[float, float, float]

    def clip_from_world(self, size_px: tuple[int, int], fov_deg: float = FOV_DEG) -> Array:
        """Return the (4, 4) matrix of this eye for a picture of `size_px` (width, height)."""
        projection = clip_from_eye(fov_deg, size_px[0] / size_px[1])
        place = np.array(self.position_m)
        matrix: Array = projection @ eye_from_world(self.yaw_deg, self.pitch_deg, place)
        return matrix


@dataclass(frozen=True, eq=False)
class Truth:
    """What an eye would really see."""

    color: Picture
    """(h, w, 3) uint8, sRGB."""
    visible: NDArray[np.bool_]
    """(h, w): whether the pixel's surface point can be seen from the panorama's centre."""


def pose_set(name: str) -> tuple[Pose, ...]:
    """Return the twelve eyes (left, right, left...) of pose set "a" or "b"."""
    eyes = []
    for (yaw_deg, pitch_deg), aside in zip(_LOOKS, _ASIDE, strict=True):
        axes = frame_axes(yaw_deg, pitch_deg)
        head = ASIDE_M * np.array(aside) @ axes if name == "b" else np.zeros(3)
        for side in (-0.5, 0.5):
            x, y, z = (head + side * EYE_SEPARATION_M * axes[0]).tolist()
            eyes.append(Pose(yaw_deg, pitch_deg, (x, y, z)))
    return tuple(eyes)


def room_panorama(
    width_px: int = PANORAMA_WIDTH_PX, kind: DepthKind = DepthKind.RELATIVE16
) -> Panorama:
    """Return the room as the panorama a renderer is given."""
    saved = _cached(f"panorama-{width_px}", lambda: _traced_panorama(width_px))
    color, distances_m = saved["color"], saved["distances_m"]
    title = f"Room, {kind.value}"
    if kind is DepthKind.DISTANCE:
        depth = distances_m.astype(np.float32)
        return Panorama(color, depth, DepthMeaning.DISTANCE, title=title)
    near_m, far_m = float(distances_m.min()), float(distances_m.max())
    nearness = (1 / distances_m - 1 / far_m) / (1 / near_m - 1 / far_m)
    if kind is DepthKind.SOFT:
        # Wraps sideways only; the poles are flat enough for "nearest".
        nearness = gaussian_filter(nearness, width_px / 1024, mode=("nearest", "wrap"))
    depth = (np.rint(np.clip(nearness, 0, 1) * 65535) / 65535).astype(np.float32)
    return Panorama(color, depth, near_m=near_m, far_m=far_m, title=title)


def room_view(
    pose: Pose, size_px: tuple[int, int] = VIEW_SIZE_PX, fov_deg: float = FOV_DEG
) -> Truth:
    """Return the truth of one eye; traced once, then read from out/bench/."""
    name = f"view-{size_px[0]}x{size_px[1]}-{fov_deg:g}-{hash_of(repr(pose))}"
    saved = _cached(name, lambda: _traced_view(pose, size_px, fov_deg))
    return Truth(saved["color"], saved["visible"])


def view_directions(pose: Pose, fov_deg: float, size_px: tuple[int, int]) -> Directions:
    """Return which way the pixels of a perspective view look."""
    width_px, height_px = size_px
    tangent = np.tan(np.radians(fov_deg) / 2)
    eye_from_head = frame_axes(pose.yaw_deg, pose.pitch_deg)

    def directions(x: Array, y: Array) -> Array:
        right = (2 * x - width_px) * (tangent / height_px)
        up = (height_px - 2 * y) * (tangent / height_px)
        eye = np.stack([right, up, -np.ones_like(x)], axis=-1)
        world: Array = eye / np.linalg.norm(eye, axis=-1, keepdims=True) @ eye_from_head
        return world

    return directions


def hash_of(text: str) -> str:
    """Return twelve hexadecimal digits that stand for `text`."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _traced_panorama(width_px: int) -> dict[str, NDArray[Any]]:
    height_px = width_px // 2

    def directions(x: Array, y: Array) -> Array:
        return direction_from_uv(np.stack([x / width_px, y / height_px], axis=-1))

    color, distances_m = picture(np.zeros(3), directions, (width_px, height_px))
    return {"color": color, "distances_m": distances_m}


def _traced_view(pose: Pose, size_px: tuple[int, int], fov_deg: float) -> dict[str, NDArray[Any]]:
    look = view_directions(pose, fov_deg, size_px)
    color, distances_m = picture(np.array(pose.position_m), look, size_px)
    return {"color": color, "visible": _seen_from_center(pose, look, distances_m)}


def _seen_from_center(
    pose: Pose, look: Directions, distances_m: Array, tolerance_m: float = 1e-4
) -> NDArray[np.bool_]:
    height_px, width_px = distances_m.shape
    seen = np.empty((height_px, width_px), dtype=np.bool_)
    for tile in tiles(width_px, height_px):
        x, y = (c[..., 0] for c in samples(tile, 1))
        points = np.array(pose.position_m) + distances_m[tile][..., None] * look(x, y)
        away_m = np.linalg.norm(points, axis=-1)
        first_m, _ = first_hits(np.zeros(3), (points / away_m[..., None]).reshape(-1, 3))
        seen[tile] = first_m.reshape(away_m.shape) >= away_m - tolerance_m
    return seen


@functools.cache
def _source_hash() -> str:
    here = Path(__file__).parent
    names = ("room.py", "scene.py", "shapes.py", "textures.py")
    # The syntax tree and not the text: a comment or a reformatting changes no picture.
    return hash_of("".join(ast.dump(ast.parse((here / name).read_text())) for name in names))


def _cached(name: str, trace: Callable[[], dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Return what `trace` gives, from the cache where the same sources made it before."""
    path = CACHE / f"{name}-{_source_hash()}.npz"
    if not path.is_file():
        CACHE.mkdir(parents=True, exist_ok=True)
        print(f"tracing {name} ...", flush=True)
        unfinished = path.with_suffix(".part.npz")
        np.savez(unfinished, **trace())
        unfinished.replace(path)
    with np.load(path) as saved:
        return {key: saved[key] for key in saved.files}
