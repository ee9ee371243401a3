"""A picture to start from: its colour and depth as planes for the autoencoder."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from ldm3d.depth_codec import Layout, planes_from_depth
from ldm3d.errors import InputError
from ldm3d.recipe import Start

NEUTRAL_DEPTH = 0.5


def planes_from_start(
    start: Start, width: int, height: int, layout: Layout
) -> NDArray[np.float32]:  # (3 + d, height, width) in [0, 1]
    """Read a picture and its depth map at the size of the result.

    Args:
        start: names the files. Depth: 16- or 8-bit grey, 1 = nearer.
        width: of the result, in pixels.
        height: of the result, in pixels.
        layout: how the model codes depth.

    Raises:
        InputError: if a file is absent, damaged or of another shape.
    """
    color = _color(Path(start.color), width, height)
    if start.depth is None:
        depth = np.full((height, width), NEUTRAL_DEPTH, np.float32)
    else:
        depth = _depth(Path(start.depth), width, height)
    planes = [color.transpose(2, 0, 1), planes_from_depth(depth, layout)]
    return np.concatenate(planes).astype(np.float32)


def digest(path: str | Path) -> str:
    """Return 16 hex digits of a file's SHA-256: what a recipe remembers of its inputs.

    Raises:
        InputError: if it cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def _color(path: Path, width: int, height: int) -> NDArray[np.float32]:
    with _opened(path) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    _check_shape(path, upright.size, width, height)
    resized = upright.resize((width, height), Image.Resampling.LANCZOS)
    return _floats(resized, 255)


def _depth(path: Path, width: int, height: int) -> NDArray[np.float32]:
    with _opened(path) as image:
        if image.mode.startswith("I"):
            values = _floats(image, 65535)
        elif image.mode == "F":
            values = _floats(image, 1)
        else:
            values = _floats(image.convert("L"), 255)
    _check_shape(path, (values.shape[1], values.shape[0]), width, height)
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
        raise InputError(
            f"want a depth map from 0 to 1 with 1 = nearer, got {values.min():g} to "
            f"{values.max():g} in {path}"
        )
    resized = Image.fromarray(values).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized, np.float32)


def _floats(image: Image.Image, one: int) -> NDArray[np.float32]:
    """Return its values as float32 of which `one` becomes 1."""
    values: NDArray[np.float32] = np.asarray(image, np.float32) / np.float32(one)
    return values


def _opened(path: Path) -> Image.Image:
    """Return the decoded picture.

    Raises:
        InputError: whatever Pillow says about it.
    """
    try:
        with path.open("rb") as file:  # Pillow leaves it open when it fails
            image = Image.open(file)
            image.load()
    except FileNotFoundError:
        raise InputError(f"want a picture to start from, there is no {path}") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(f"cannot read {path} as a picture: {error}") from error
    return image


def _check_shape(path: Path, size: tuple[int, int], width: int, height: int) -> None:
    """Allow a little stretching, as from 1000x500 to 1024x512; refuse to squash a photograph."""
    got, want = size[0] / size[1], width / height
    if not 0.9 < got / want < 1.1:
        raise InputError(
            f"want a picture of about {width}x{height}'s shape to start from, {path} is "
            f"{size[0]}x{size[1]}: crop it, or choose another size for the result"
        )
