"""Looking around: from pointer positions to angles, exactly, and from wishes to head positions.

Plain numbers and `View`s only; no Qt, no NumPy: this is asked several times a frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from depthfusion.view import HEAD_BOX_M, MAX_FOV_DEG, MIN_FOV_DEG, Stereo, View

ZOOM_STEP = 1.08
"""Factor of the field of view's tangent for one notch of the wheel."""
EASY_BOX_M = 0.8 * HEAD_BOX_M
"""Up to here walking is free; beyond it the head is pushed back, softly."""

Vector = tuple[float, float, float]

_HALVES_ACROSS = {Stereo.SIDE_BY_SIDE, Stereo.SIDE_BY_SIDE_HALF, Stereo.CROSS_EYED}
_HALVES_DOWN = {Stereo.TOP_BOTTOM, Stereo.TOP_BOTTOM_HALF}
_SQUEEZED = {Stereo.SIDE_BY_SIDE_HALF, Stereo.TOP_BOTTOM_HALF}


@dataclass(frozen=True)
class Pane:
    """The part of the window that shows one eye, and a pointer in it."""

    x: float
    """-1 (left) to 1 (right) within the pane."""
    y: float
    """-1 (bottom) to 1 (top) within the pane."""
    aspect: float
    """Width / height of the eye's picture as it will be seen."""


def pane_from_pointer(
    x_px: float, y_px: float, width_px: float, height_px: float, stereo: Stereo
) -> Pane:
    """Return where a pointer is, in the eye's picture that it is over.

    Args:
        x_px: from the left edge; any unit, as long as the size has the same.
        y_px: from the top edge.
        width_px: of the whole view.
        height_px: of the whole view.
        stereo: how the eyes' pictures are laid out.
    """
    if stereo in _HALVES_ACROSS:
        width_px /= 2
        x_px %= width_px
    elif stereo in _HALVES_DOWN:
        height_px /= 2
        y_px %= height_px
    aspect = width_px / max(height_px, 1e-9)
    if stereo in _SQUEEZED:
        aspect *= 2 if stereo in _HALVES_ACROSS else 0.5
    return Pane(2 * x_px / max(width_px, 1e-9) - 1, 1 - 2 * y_px / max(height_px, 1e-9), aspect)


def direction_at(view: View, pane: Pane) -> Vector:
    """Return the unit direction in the world that `view` shows at the pointer."""
    ex, ey, forward = _eye_ray(view.fov_deg, pane)
    pitch, yaw = math.radians(view.pitch_deg), math.radians(view.yaw_deg)
    y = ey * math.cos(pitch) + forward * math.sin(pitch)
    ahead = forward * math.cos(pitch) - ey * math.sin(pitch)
    x = ex * math.cos(yaw) + ahead * math.sin(yaw)
    z = ex * math.sin(yaw) - ahead * math.cos(yaw)
    return (x, y, z)


def turned_to(view: View, direction: Vector, pane: Pane) -> View:
    """Return `view` turned so that `direction` appears at the pointer: content sticks to it.

    Where that cannot be, because the head neither rolls nor bends over backwards, the pitch
    stops at the pole and only the yaw follows.

    Args:
        view: the state whose angles are replaced.
        direction: unit direction in the world, from `direction_at`.
        pane: where it is wanted.
    """
    ex, ey, forward = _eye_ray(view.fov_deg, pane)
    # y = ey cos(p) + forward sin(p) = reach sin(p + lift), solved for the pitch p.
    reach, lift = math.hypot(ey, forward), math.atan2(ey, forward)
    pitch = math.asin(max(-1.0, min(1.0, direction[1] / reach))) - lift
    pitch = max(-math.pi / 2, min(math.pi / 2, pitch))
    ahead = forward * math.cos(pitch) - ey * math.sin(pitch)
    yaw = math.atan2(direction[0], -direction[2]) - math.atan2(ex, ahead)
    return replace(view, yaw_deg=wrapped_deg(math.degrees(yaw)), pitch_deg=math.degrees(pitch))


def _eye_ray(fov_deg: float, pane: Pane) -> Vector:
    """Return right, up and forward parts of the unit ray through a point of the eye's picture."""
    half = math.tan(math.radians(fov_deg) / 2)
    ex, ey = pane.x * pane.aspect * half, pane.y * half
    length = math.sqrt(ex * ex + ey * ey + 1)
    return (ex / length, ey / length, 1 / length)


def wrapped_deg(angle_deg: float) -> float:
    """Return the same angle in [-180, 180)."""
    return (angle_deg + 180) % 360 - 180


def turned_by(view: View, yaw_deg: float, pitch_deg: float) -> View:
    """Return `view` turned by two angles; the pitch stops at the poles."""
    pitch = max(-90.0, min(90.0, view.pitch_deg + pitch_deg))
    return replace(view, yaw_deg=wrapped_deg(view.yaw_deg + yaw_deg), pitch_deg=pitch)


def zoomed(view: View, notches: float) -> View:
    """Return `view` zoomed in by wheel notches (negative: out), within the limits.

    One notch scales the picture by the same factor at every field of view.
    """
    half = math.tan(math.radians(view.fov_deg) / 2) / ZOOM_STEP**notches
    fov_deg = math.degrees(2 * math.atan(half))
    return replace(view, fov_deg=max(MIN_FOV_DEG, min(MAX_FOV_DEG, fov_deg)))


def walked(position_m: Vector, step_m: Vector) -> Vector:
    """Return the head after a step, resisted more and more towards the wall of the head box.

    The outward part of the step fades from all of it at `EASY_BOX_M` to none at `HEAD_BOX_M`,
    so the wall is never felt as a stop and never passed.
    """
    radius = _length(position_m)
    moved = _sum(position_m, step_m)
    outward = _length(moved) - radius
    if outward <= 0:
        return moved
    grip = (radius - EASY_BOX_M) / (HEAD_BOX_M - EASY_BOX_M)
    allowed = outward * (1 - max(0.0, min(1.0, grip)))
    wanted = min(radius + allowed, HEAD_BOX_M)
    return _scaled(moved, wanted / max(_length(moved), 1e-9))


def settled(position_m: Vector, dt_s: float) -> Vector:
    """Return the head pulled back towards `EASY_BOX_M` while nobody walks: the spring."""
    radius = _length(position_m)
    if radius <= EASY_BOX_M:
        return position_m
    back = EASY_BOX_M + (radius - EASY_BOX_M) * math.exp(-dt_s / 0.25)
    if back - EASY_BOX_M < 5e-4:
        back = EASY_BOX_M
    return _scaled(position_m, back / radius)


def step_from_keys(yaw_deg: float, right: float, up: float, forward: float) -> Vector:
    """Return the direction of a step in the world, level however one looks up or down."""
    yaw = math.radians(yaw_deg)
    x = right * math.cos(yaw) + forward * math.sin(yaw)
    z = right * math.sin(yaw) - forward * math.cos(yaw)
    return (x, up, z)


def _length(v: Vector) -> float:
    return math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])


def _sum(a: Vector, b: Vector) -> Vector:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


def _scaled(v: Vector, factor: float) -> Vector:
    return (v[0] * factor, v[1] * factor, v[2] * factor)
