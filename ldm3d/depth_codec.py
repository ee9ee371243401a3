"""Depth as the autoencoder sees it, as 16-bit codes, and as a 16-bit picture.

The depth map LDM3D was taught (arXiv 2305.10853, section 3) is relative inverse depth in 16 bits.
In the 6-channel autoencoder it is an RGB-like picture: R = 0, G = the high byte, B = the low byte.
In the 4-channel one (arXiv 2311.03226) it is one channel. Everything here is NumPy; a code is a
whole number from 0 to 65,535 and depth = code / 65535, 1 = nearer.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ldm3d.errors import InputError, Ldm3dError

MAX_CODE = 65535


class Layout(StrEnum):
    """How many channels the autoencoder has for color and depth together."""

    SIX = "6-channel"
    """RGB and an RGB-like depth picture: `Intel/ldm3d`."""
    FOUR = "4-channel"
    """RGB and one depth channel: `Intel/ldm3d-4c`, `Intel/ldm3d-pano`, our own."""

    @property
    def depth_channels(self) -> int:
        """Planes that carry depth: 3 or 1."""
        return 3 if self is Layout.SIX else 1


def codes_from_rgb(rgb: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Unpack (..., 3) uint8 to (...) uint16 codes: G * 256 + B, on integers; R says nothing."""
    codes: NDArray[np.uint16] = rgb[..., 1].astype(np.uint16) * np.uint16(256) + rgb[..., 2]
    return codes


def rgb_from_codes(codes: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Pack (...) uint16 codes into (..., 3) uint8: R = 0, G = high byte, B = low byte."""
    high, low = (codes >> 8).astype(np.uint8), (codes & 0xFF).astype(np.uint8)
    return np.stack([np.zeros_like(high), high, low], axis=-1)


def codes_from_depth(depth: NDArray[np.floating[Any]]) -> NDArray[np.uint16]:
    """Round depth in [0, 1] to the nearest code; what lies outside is clipped, NaN becomes 0."""
    wide = np.nan_to_num(np.asarray(depth, dtype=np.float64), nan=0.0)
    return np.rint(np.clip(wide, 0.0, 1.0) * MAX_CODE).astype(np.uint16)


def depth_from_codes(codes: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Return float32 depth in [0, 1]; `codes_from_depth` gives the same codes back, all 65,536."""
    return (codes.astype(np.float64) / MAX_CODE).astype(np.float32)


def depth_from_planes(planes: NDArray[np.floating[Any]], layout: Layout) -> NDArray[np.float32]:
    """Read the decoder's depth planes.

    Six channels are read as whole bytes, as the paper packs them. Where the decoder is noisy the
    high byte may be one off, 1/255 of the range. Reading 256 G + B unrounded undoes any blur but
    lets small noise through; using the low byte to pick the high one helps against noise that
    differs from pixel to pixel, which a decoder's does not: no reading was better everywhere
    (docs/depth.md has the figures).

    Args:
        planes: (d, H, W) float in [0, 1], d = `layout.depth_channels`; clipped where outside.
        layout: What the planes mean.

    Returns:
        (H, W) float32 in [0, 1], 1 = nearer.
    """
    _check_planes(planes.shape, layout)
    clipped: NDArray[np.float32] = np.nan_to_num(planes, nan=0.0).astype(np.float32)
    np.clip(clipped, 0.0, 1.0, out=clipped)
    if layout is Layout.FOUR:
        depth: NDArray[np.float32] = clipped[0]
        return depth
    rgb = np.rint(clipped * np.float32(255.0)).astype(np.uint8)
    return depth_from_codes(codes_from_rgb(np.moveaxis(rgb, 0, -1)))


def planes_from_depth(depth: NDArray[np.floating[Any]], layout: Layout) -> NDArray[np.float32]:
    """Make the depth planes the encoder expects from (H, W) depth in [0, 1]: (d, H, W) float32."""
    codes = codes_from_depth(depth)
    if layout is Layout.FOUR:
        return depth_from_codes(codes)[None]
    rgb = rgb_from_codes(codes).astype(np.float32) / np.float32(255.0)
    return np.ascontiguousarray(np.moveaxis(rgb, -1, 0))


def write_depth_png(path: str | os.PathLike[str], depth: NDArray[np.floating[Any]]) -> None:
    """Write (H, W) depth in [0, 1] as a 16-bit gray PNG, whole or not at all.

    Raises:
        Ldm3dError: if the file cannot be written; what stood there is untouched.
    """
    target = Path(path)
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    picture = Image.fromarray(codes_from_depth(depth))
    try:
        with part.open("xb") as file:
            picture.save(file, format="PNG")
        part.replace(target)
    except OSError as error:
        raise Ldm3dError(f"want to write {target}, but {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def read_depth_png(path: str | os.PathLike[str]) -> NDArray[np.float32]:
    """Read a gray PNG of 16 (or 8) bits as (H, W) float32 depth in [0, 1].

    Raises:
        InputError: if the file is absent, broken, or not a gray picture.
    """
    try:
        with Image.open(path) as picture:
            picture.load()
            mode, values = picture.mode, np.asarray(picture)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(f"want a depth PNG at {path}, but it cannot be read: {error}") from error
    if mode == "L":
        return values.astype(np.float32) / np.float32(255.0)
    if mode not in ("I;16", "I;16B", "I"):
        raise InputError(f"want a gray PNG of 16 bits as depth, {path} has mode {mode}")
    return depth_from_codes(np.clip(values, 0, MAX_CODE).astype(np.uint16))


def _check_planes(shape: tuple[int, ...], layout: Layout) -> None:
    if len(shape) != 3 or shape[0] != layout.depth_channels:
        raise ValueError(f"want ({layout.depth_channels}, H, W) for {layout}, got {shape}")
