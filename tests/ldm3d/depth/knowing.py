"""A network that knows the truth: what it is asked for is read off the colours it is shown.

The panorama is painted with its own directions: red, green and blue are x, y and z. From a
picture of that the model finds out by itself where its camera looks and how wide; nothing of the
geometry in `ldm3d.depth` is used. It then answers as a depth network would: inverse depth along
the axis of that camera, with a scale and a shift of its own for each picture, a slight tilt, and
noise.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.floating[Any]]
WORLDS = Path(__file__).parents[3] / "resources" / "worlds"
_FAR = 0.02
"""Share of the nearest inverse distance below which a place counts as sky for `AbsRel`."""


@dataclass
class World:
    """The true inverse distance of everything around."""

    nearness: NDArray[np.float32]
    """(H, 2H) float32, 1 / metres along the ray."""

    def along(self, rays: Floats) -> NDArray[np.float32]:
        """Return 1 / distance along rays (..., 3), of the nearest pixel."""
        height, width = self.nearness.shape
        x, y, z = np.moveaxis(rays, -1, 0)
        lon, lat = np.arctan2(x, -z), np.arctan2(y, np.hypot(x, z))
        column = ((lon / (2 * math.pi) + 0.5) * width).astype(int) % width
        row = np.clip(((0.5 - lat / math.pi) * height).astype(int), 0, height - 1)
        return self.nearness[row, column]


def bundled_world(name: str, height: int = 256) -> World:
    """Return the true depth of a world that comes with the program."""
    facts = json.loads((WORLDS / f"{name}.json").read_text())
    with Image.open(WORLDS / f"{name}_depth.png") as image:
        codes = np.asarray(image).astype(np.float32) / 65535
    box = Image.Resampling.BOX
    depth = np.asarray(Image.fromarray(codes).resize((2 * height, height), box))
    near, far = float(facts["near_m"]), float(facts["far_m"])
    return World((depth / near + (1 - depth) / far).astype(np.float32))


def painted(height: int = 512) -> NDArray[np.uint8]:
    """Return the panorama whose colours are its directions, (H, 2H, 3)."""
    lat = math.pi * (0.5 - (np.arange(height) + 0.5) / height)[:, None]
    lon = math.pi * ((np.arange(2 * height) + 0.5) / height - 1)[None, :]
    y = np.sin(lat) + 0 * lon
    direction = np.stack([np.cos(lat) * np.sin(lon), y, -np.cos(lat) * np.cos(lon)], axis=2)
    return np.rint(127.5 + 127.5 * direction).astype(np.uint8)


def camera_of(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the (3, 3) matrix that makes pixel (x, y, 1) its direction, of length 1 along z.

    From the painted directions alone, by a direct linear transform: ray x (M pixel) = 0.
    """
    height, width = picture.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width].reshape(2, -1) + 0.5
    pixels = np.stack([columns / width, rows / height, np.ones(columns.size)], axis=1)
    rays = picture.reshape(-1, 3) / 127.5 - 1
    some = slice(None, None, max(1, len(rays) // 2000))
    pixels, rays = pixels[some], rays[some]
    (x, y, z), none = rays.T, np.zeros(len(rays))
    crosses = np.array([[none, -z, y], [z, none, -x], [-y, x, none]])  # (3, 3, m)
    system = np.einsum("ijm,mk->mijk", crosses, pixels).reshape(-1, 9)
    matrix = np.linalg.svd(system.T @ system)[2][-1].reshape(3, 3)
    matrix *= np.sign(np.sum((pixels @ matrix.T) * rays))
    axis = np.linalg.solve(matrix.T, [0.0, 0.0, 1.0])  # its product with any M pixel is 1
    return np.asarray(matrix * np.linalg.norm(axis))


@dataclass
class KnowingModel:
    """Answers from the truth, as a network for ordinary pictures would."""

    world: World
    scale_range: tuple[float, float] = (0.5, 2.0)
    shift: float = 0.3
    """Of the values' range, either way."""
    tilt: float = 0.03
    noise: float = 0.01
    bend: float = 0.0
    """By how much the values' exponent may be off 1."""
    has_shift: bool = True
    tile_px: int = 128
    seed: int = 0
    name: str = "the truth"
    asked: list[tuple[int, ...]] = field(default_factory=list)

    def inverse_depth(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.asked.append(picture.shape)
        random = np.random.default_rng([self.seed, len(self.asked)])
        height, width = picture.shape[:2]
        x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
        rays = np.stack([x, y, np.ones_like(x)], axis=2) @ camera_of(picture).T
        # |ray| = distance / z, since rays have length 1 along the axis.
        value = self.world.along(rays) * np.linalg.norm(rays, axis=2)
        value = value / np.percentile(self.world.nearness, 98)
        value = value ** (1 + self.bend * random.uniform(-1, 1))
        tilt_x, tilt_y = random.uniform(-self.tilt, self.tilt, 2)
        value = value + tilt_x * (2 * x - 1) + tilt_y * (2 * y - 1)
        value = value + self.noise * random.standard_normal(value.shape)
        value = value + random.uniform(-self.shift, self.shift)
        return np.float32(math.exp(random.uniform(*np.log(self.scale_range))) * value)


@dataclass(frozen=True)
class Errors:
    """How far an estimate is off, after the best scale and shift for the whole of it."""

    share_of_range: float
    """Mean difference of inverse distance, of its 2 to 98 % range."""
    abs_rel: float
    """Mean |z' - z| / z of distance, where it is not sky."""


def errors_of(depth: Floats, world: World) -> Errors:
    """Compare relative depth with the truth; every pixel counts with the area it covers."""
    truth = world.nearness.astype(np.float64)
    lat = math.pi * ((np.arange(len(truth)) + 0.5) / len(truth) - 0.5)
    area = np.cos(lat)[:, None] + np.zeros_like(truth)
    fitted = _fitted(depth.astype(np.float64), truth, area)
    low, high = np.percentile(truth, (2, 98))
    difference = float((area * np.abs(fitted - truth)).sum() / area.sum() / (high - low))
    solid = area * (truth > _FAR * high)
    distance = 1 / np.maximum(fitted, 0.25 * _FAR * high)
    relative = np.abs(distance * truth - 1)
    return Errors(difference, float((solid * relative).sum() / solid.sum()))


def _fitted(depth: Floats, truth: Floats, area: Floats) -> Floats:
    rows = np.stack([depth.ravel(), np.ones(depth.size)], axis=1)
    weighted = rows * area.reshape(-1, 1)
    scale, shift = np.linalg.solve(weighted.T @ rows, weighted.T @ truth.ravel())
    return np.asarray(scale * depth + shift)
