"""Bodies of the bench's room: where a ray meets them. float64, vectorised over rays.

Every body has ``hit(origins, directions) -> t`` (infinity where missed), ``normal(points)`` and
``bounds``, spheres that together contain it, so that a bundle of rays can skip it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MIN_T_M = 1e-6
"""Hits nearer than this do not count: the ray started there."""


class Body(Protocol):
    """Something a ray can meet."""

    @property
    def bounds(self) -> Array:
        """Return (k, 4): centre and radius of the spheres that contain the body."""
        ...

    def hit(self, origins: Array, directions: Array) -> Array:
        """Return (N,) distances along unit `directions` (N, 3) from `origins` (N, 3) or (3,)."""
        ...

    def normal(self, points: Array) -> Array:
        """Return outward unit normals (N, 3) at surface points (N, 3)."""
        ...


def _dot(a: Array, b: Array) -> Array:
    product: Array = np.einsum("...i,...i->...", a, b)
    return product


@dataclass(frozen=True)
class Sphere:
    """A ball."""

    center: tuple[float, float, float]
    radius_m: float

    @property
    def bounds(self) -> Array:
        """Return the sphere itself."""
        return np.array([[*self.center, self.radius_m]])

    def hit(self, origins: Array, directions: Array) -> Array:
        """Return the first meeting from outside."""
        offset = origins - np.array(self.center)
        b = _dot(directions, offset)
        discriminant = b * b - _dot(offset, offset) + self.radius_m**2
        t = -b - np.sqrt(np.maximum(discriminant, 0))
        return np.where((discriminant >= 0) & (t > MIN_T_M), t, np.inf)

    def normal(self, points: Array) -> Array:
        """Return the radial direction."""
        return (points - np.array(self.center)) / self.radius_m


@dataclass(frozen=True)
class Pole:
    """A round bar from `start` to `end`, open at its ends: these must lie inside other bodies."""

    start: tuple[float, float, float]
    end: tuple[float, float, float]
    radius_m: float

    def _axis(self) -> tuple[Array, float]:
        span = np.array(self.end) - np.array(self.start)
        length = float(np.linalg.norm(span))
        return span / length, length

    @property
    def bounds(self) -> Array:
        """Return a chain of nine small spheres: a bundle of rays beside a pole skips it."""
        _, length = self._axis()
        along = np.linspace(0, 1, 9)[:, None]
        centers = np.array(self.start) + along * (np.array(self.end) - np.array(self.start))
        return np.column_stack([centers, np.full(9, np.hypot(length / 16, self.radius_m))])

    def hit(self, origins: Array, directions: Array) -> Array:
        """Return the first meeting with the mantle from outside."""
        axis, length = self._axis()
        offset = origins - np.array(self.start)
        along_d, along_o = directions @ axis, offset @ axis
        across_d = directions - along_d[..., None] * axis
        across_o = offset - along_o[..., None] * axis
        a, b = _dot(across_d, across_d), _dot(across_d, across_o)
        discriminant = b * b - a * (_dot(across_o, across_o) - self.radius_m**2)
        t = (-b - np.sqrt(np.maximum(discriminant, 0))) / np.maximum(a, 1e-300)
        height = along_o + t * along_d
        met = (discriminant >= 0) & (t > MIN_T_M) & (height >= 0) & (height <= length)
        return np.where(met, t, np.inf)

    def normal(self, points: Array) -> Array:
        """Return the direction away from the axis."""
        axis, _ = self._axis()
        offset = points - np.array(self.start)
        return (offset - (offset @ axis)[..., None] * axis) / self.radius_m


@dataclass(frozen=True)
class Box:
    """A box turned about the vertical axis; seen from outside, or from inside when `hollow`."""

    center: tuple[float, float, float]
    half: tuple[float, float, float]
    yaw_deg: float = 0.0
    hollow: bool = False

    def _local_from_world(self) -> Array:
        c, s = np.cos(np.radians(self.yaw_deg)), np.sin(np.radians(self.yaw_deg))
        return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])

    @property
    def bounds(self) -> Array:
        """Return the sphere through the corners."""
        return np.array([[*self.center, float(np.linalg.norm(self.half))]])

    def local(self, points: Array) -> Array:
        """Return points (N, 3) in the box's own axes, from its centre."""
        return (points - np.array(self.center)) @ self._local_from_world().T

    def hit(self, origins: Array, directions: Array) -> Array:
        """Return where the ray enters the slabs, or leaves them when `hollow`."""
        o, d = self.local(origins), directions @ self._local_from_world().T
        d = np.where(np.abs(d) < 1e-12, 1e-12, d)  # a ray along a slab: no 0 / 0, no inf - inf
        middle, reach = -o / d, np.abs(np.array(self.half) / d)
        enter, leave = (middle - reach).max(axis=-1), (middle + reach).min(axis=-1)
        if self.hollow:
            return leave
        return np.where((enter <= leave) & (enter > MIN_T_M), enter, np.inf)

    def normal(self, points: Array) -> Array:
        """Return the normal of the face a point lies on, inward when `hollow`."""
        local = self.local(points) / np.array(self.half)
        face = np.abs(local).argmax(axis=-1)
        rows = np.arange(len(points))
        normals = np.zeros_like(local)
        normals[rows, face] = np.sign(local[rows, face]) * (-1 if self.hollow else 1)
        return normals @ self._local_from_world()
