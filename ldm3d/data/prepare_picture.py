"""Turns one sample into what a set holds: color, given depth, captions, what is noted of it.

Pictures come from anywhere, so nothing is decoded whose header asks for more pixels than allowed.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from ldm3d.data.prepare_depth import depth_from_image
from ldm3d.data.prepare_plan import PANORAMA_ASPECT, Fit, LeftOutError, PreparePlan
from ldm3d.data.prepare_sources import MOST_PICTURE_BYTES, Held, Sample
from ldm3d.data.prepare_texts import captions_of, metadata_of, noted_of

_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")
_DEPTH_FORMATS = ("PNG", "TIFF")
_DRAFT = 2
"""A large JPEG is decoded at least so many times larger than wanted, which is much faster."""
_SAME_SHAPE = 0.02
_LYING = frozenset({5, 6, 7, 8})
"""EXIF orientations that swap width and height."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of the picture."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A picture that may get into the set."""

    sample: Sample
    color: NDArray[np.uint8]  # (H, W, 3), sRGB
    depth: NDArray[np.float32] | None  # (H, W) in [0, 1], 1 = nearer; None: to be estimated
    captions: tuple[str, ...]
    size_px: tuple[int, int]
    """Width and height of the source, upright."""
    sha256: str
    """Of the picture's file."""
    noted: dict[str, Any]
    """Of its metadata what is worth keeping: where it is from, licence."""

    def manifest(self) -> dict[str, Any]:
        """Return what is written down of it."""
        sample = self.sample
        return {
            "source": sample.source,
            "number": sample.number,
            "key": sample.key,
            "width": self.size_px[0],
            "height": self.size_px[1],
            "sha256": self.sha256,
            "captions": list(self.captions),
            **self.noted,
        }


def prepared(sample: Sample, plan: PreparePlan) -> Prepared:
    """Read, check, decode and fit one picture. Runs on any thread.

    Raises:
        LeftOutError: if it is broken, or a filter keeps it out.
    """
    metadata = metadata_of(sample)
    for where in plan.where:
        where.check(metadata)
    captions = captions_of(sample, metadata, plan)
    given = sample.depth if plan.depth_is is not None else None
    if plan.depth_is is not None and given is None:
        raise LeftOutError("no-depth", "there is no depth map beside it (KEY.depth.png)")
    data = sample.picture.read(MOST_PICTURE_BYTES)
    image, size_px = _decoded(sample.picture, data, plan)
    box = fitting_box(size_px, plan)
    depth = None
    if given is not None:
        depth = _given_depth(given, size_px, box, plan)
    return Prepared(
        sample=sample,
        color=np.asarray(_fitted(image, box, plan, Image.Resampling.LANCZOS)),
        depth=depth,
        captions=captions,
        size_px=size_px,
        sha256=hashlib.sha256(data).hexdigest(),
        noted=noted_of(metadata),
    )


@contextmanager
def bombs_refused(plan: PreparePlan) -> Iterator[None]:
    """Have Pillow refuse pictures of more pixels than the plan allows, on every thread.

    Its limit is one for the process, and up to twice that it only warns. What it says of odd EXIF
    data and palettes is not shown: of real pictures one in a hundred has some.
    """
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, int(plan.max_megapixels * 1e6)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def check_size(size_px: tuple[int, int], plan: PreparePlan) -> None:
    """Pass over a size that fits.

    Raises:
        LeftOutError: if it is too small, or of a shape that is not wanted.
    """
    width, height = size_px
    if min(size_px) < plan.min_side:
        raise LeftOutError("min-side", f"{width}x{height}, want sides of {plan.min_side} or more")
    least, most = PANORAMA_ASPECT if plan.panoramas else plan.aspect
    if not least <= width / height <= most:
        raise LeftOutError(
            "aspect", f"{width}x{height}, want width / height from {least:g} to {most:g}"
        )


def fitting_box(size_px: tuple[int, int], plan: PreparePlan) -> Box:
    """Return which part of a picture of this size is shown."""
    if plan.fit is Fit.RESIZE or plan.panoramas:
        return 0.0, 0.0, 1.0, 1.0
    share = plan.width / plan.height / (size_px[0] / size_px[1])
    across, down = min(1.0, share), min(1.0, 1 / share)
    return (1 - across) / 2, (1 - down) / 2, (1 + across) / 2, (1 + down) / 2


def _decoded(file: Held, data: bytes, plan: PreparePlan) -> tuple[Image.Image, tuple[int, int]]:
    """Return an upright RGB picture, perhaps smaller than it is, and its true size."""
    with _damage_told(file, "broken"):
        image = _opened(data, _FORMATS, plan)
        lying = image.getexif().get(ExifTags.Base.Orientation) in _LYING
        size = (image.height, image.width) if lying else image.size
        check_size(size, plan)
        side = _DRAFT * max(plan.width, plan.height)
        image.draft(None, (side, side))
        return _rgb(ImageOps.exif_transpose(image)), size


@contextmanager
def _damage_told(file: Held, filter_name: str) -> Iterator[None]:
    """Turn whatever a decoder says of a picture into the reason why it is left out."""
    try:
        yield
    except (LeftOutError, MemoryError):
        raise
    except UnidentifiedImageError as error:  # its text holds an address
        raise LeftOutError(filter_name, f"{file.name} is of no known format") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise LeftOutError("too-large", f"{file.name}: {error}") from error
    except Exception as error:  # decoders raise anything on broken data: struct.error, KeyError...
        raise LeftOutError(filter_name, f"{file.name}: {error}") from error


def _opened(data: bytes, formats: tuple[str, ...], plan: PreparePlan) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=formats)
    if image.width * image.height > plan.max_megapixels * 1e6:
        raise Image.DecompressionBombError(f"{image.width}x{image.height} pixels")
    return image


def _rgb(image: Image.Image) -> Image.Image:
    """Return it in RGB: 16 bits rounded to 8, what is transparent over white."""
    if image.mode.startswith("I"):
        values = np.clip(np.asarray(image, np.float64) / 257, 0, 255)
        return Image.fromarray(np.rint(values).astype(np.uint8)).convert("RGB")
    if image.mode == "F":
        raise ValueError("a picture of floats is no color")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def _fitted(
    image: Image.Image, box: Box, plan: PreparePlan, resample: Image.Resampling
) -> Image.Image:
    width, height = image.size
    part = (box[0] * width, box[1] * height, box[2] * width, box[3] * height)
    return image.resize((plan.width, plan.height), resample, part)


def _given_depth(
    file: Held, size_px: tuple[int, int], box: Box, plan: PreparePlan
) -> NDArray[np.float32]:
    """Read the depth map beside a picture, cut and scaled as the picture is."""
    assert plan.depth_is is not None
    data = file.read(MOST_PICTURE_BYTES)
    with _damage_told(file, "broken-depth"):
        image = _opened(data, _DEPTH_FORMATS, plan)
        image.load()
    ratio = image.width / image.height / (size_px[0] / size_px[1])
    if abs(ratio - 1) > _SAME_SHAPE:
        raise LeftOutError(
            "broken-depth",
            f"{file.name} is {image.width}x{image.height}, the picture {size_px[0]}x{size_px[1]}",
        )
    depth = depth_from_image(image, plan)
    fitted = _fitted(Image.fromarray(depth), box, plan, Image.Resampling.BILINEAR)
    return np.clip(np.asarray(fitted, np.float32), 0, 1)
