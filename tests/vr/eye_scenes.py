"""Eyes of a headset, small worlds with known points, and drawings that hold them."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

import moderngl
import numpy as np

from depthfusion.camera import frame_axes
from depthfusion.geometry import direction_from_uv
from depthfusion.headset import Eye, EyeView, Tangents
from depthfusion.panorama.panorama import DepthMeaning, Panorama
from depthfusion.renderer import stages
from depthfusion.vr.drawing import EyePicture
from depthfusion.vr.eyes import WorldDrawing
from depthfusion.vr.gl_functions import INT, UINT, gl_function
from depthfusion.vr.placement import EyePlacer, Placement

EYE_PX = (240, 260)
IPD_M = 0.064
_TEXTURE_2D, _RGBA, _UNSIGNED_BYTE = 0x0DE1, 0x1908, 0x1401
STRAIGHT = (Tangents(-1.0, 1.0, -1.0, 1.0), Tangents(-1.0, 1.0, -1.0, 1.0))
ASYMMETRIC = (Tangents(-1.3, 0.9, -1.2, 1.0), Tangents(-0.9, 1.3, -1.2, 1.0))
"""More to the outside than to the nose, and more down than up, as lenses are."""


def tracking_from_eye(
    eye: Eye,
    head_m: tuple[float, float, float] = (0, 0, 0),
    yaw_deg: float = 0,
    cant_deg: float = 0,
) -> np.ndarray:
    """Return the (4, 4) pose of an eye; canted eyes look outwards."""
    side = (-1, 1)[eye.value]
    matrix = np.eye(4)
    matrix[:3, :3] = frame_axes(yaw_deg + side * cant_deg, 0.0).T
    right = frame_axes(yaw_deg, 0.0)[0]
    matrix[:3, 3] = np.array(head_m) + side * IPD_M / 2 * right
    return matrix


def eye_picture(eye: Eye, tangents: Tangents, pose: np.ndarray, used_px=EYE_PX) -> EyePicture:
    picture = EyePicture(used_px=used_px)
    view = EyeView(pose, tangents)
    EyePlacer().place(Placement(), view, picture.clip_from_world, picture.position_m)
    return picture


def both_pictures(tangents=STRAIGHT, used_px=EYE_PX, **pose) -> tuple[EyePicture, EyePicture]:
    left, right = (
        eye_picture(eye, tangents[eye.value], tracking_from_eye(eye, **pose), used_px)
        for eye in Eye
    )
    return left, right


def pixel_of(point_m: np.ndarray, pose: np.ndarray, tangents: Tangents, size_px) -> np.ndarray:
    """Return (x, y) in pixels from the upper left corner, by optics alone: no matrix of ours."""
    in_eye = pose[:3, :3].T @ (point_m - pose[:3, 3])
    across, up = in_eye[:2] / -in_eye[2]
    x = (across - tangents.left) / (tangents.right - tangents.left) * size_px[0]
    y = (tangents.top - up) / (tangents.top - tangents.bottom) * size_px[1]
    return np.array([x, y])


def spot_panorama(uv: tuple[float, float], distance_m: float, wall_m: float = 6.0) -> Panorama:
    """A white disc of 2 degrees at `distance_m` before a black wall."""
    v, u = (np.mgrid[0:512, 0:1024] + 0.5) / 512
    way = direction_from_uv(np.stack([u / 2, v], axis=-1))
    near = way @ direction_from_uv(np.array(uv)) > np.cos(np.radians(2))
    color = np.where(near[..., None], np.uint8(255), np.uint8(0)).repeat(3, axis=-1)
    distance = np.where(near, np.float32(distance_m), np.float32(wall_m))
    return Panorama(color, distance, DepthMeaning.DISTANCE)


def plain_panorama(color=(128, 128, 128), width: int = 64) -> Panorama:
    return Panorama(np.full((width // 2, width, 3), color, np.uint8))


def bring(drawing: WorldDrawing, panorama: Panorama, show: bool = True) -> int:
    """Bring a world onto the GPU and return the number of slices."""
    count = 0
    for stage in stages(panorama, software=drawing.is_software):
        count += 1
        while not drawing.upload(stage):
            count += 1
    if show:
        drawing.use_uploaded()
        drawing.let_leave()
    return count


@contextmanager
def drawing_of(
    ctx: moderngl.Context, panorama: Panorama | None = None, eye_px=EYE_PX, **options
) -> Iterator[WorldDrawing]:
    drawing = WorldDrawing(ctx, **options)
    drawing.resize(eye_px)
    if panorama is not None:
        bring(drawing, panorama)
    yield drawing
    drawing.release()


def texels(submission) -> np.ndarray:
    """Return the submitted part as (h, w, 3) uint8, row 0 up, read by its OpenGL name alone."""
    width, height = submission.size_px
    whole = np.zeros((height, width, 4), np.uint8)
    gl_function("glBindTexture", UINT, UINT)(_TEXTURE_2D, submission.texture)
    read = gl_function("glGetTexImage", UINT, INT, UINT, UINT, ctypes.c_void_p)
    read(_TEXTURE_2D, 0, _RGBA, _UNSIGNED_BYTE, whole.ctypes.data)
    used = whole[: submission.used_px[1], : submission.used_px[0], :3]
    return np.ascontiguousarray(used[::-1])


def drawn(drawing: WorldDrawing, pictures) -> tuple[np.ndarray, np.ndarray]:
    left, right = (drawing.draw(eye, pictures[eye.value]) for eye in Eye)
    return texels(left), texels(right)


def center_of_light(picture: np.ndarray) -> np.ndarray:
    """Return (x, y) in pixels, centres at half-integers, of what is bright."""
    light = picture[..., 0].astype(float)
    assert light.sum() > 255 * 5, "the spot is not in the picture"
    y, x = np.mgrid[0 : light.shape[0], 0 : light.shape[1]] + 0.5
    return np.array([(x * light).sum(), (y * light).sum()]) / light.sum()
