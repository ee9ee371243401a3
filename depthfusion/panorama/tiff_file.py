"""TIFF: tifffile for deep and float pictures, Pillow for the rest; libtiff only in a child."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np

from depthfusion.errors import PanoramaError
from depthfusion.panorama.apart import decoded_apart
from depthfusion.panorama.decoded import Decoded, Metadata, oriented, reduced
from depthfusion.panorama.pillow_file import read_with_pillow
from depthfusion.panorama.sniff import MAX_PIXELS, FileKind, check_size, turn_to_decode

_SILENT = logging.NullHandler()
_MAX_BYTES = 600_000_000
_UNKNOWN, _NO_COMPRESSION = 0, 1
_GRAY, _RGB = 1, 2


def read_tiff(path: Path, draft_px: int | None = None, *, exact: bool = False) -> Decoded:
    """Decode the first page of a TIFF.

    Plain ones are read here, by Pillow or tifffile; compressed ones that need libtiff, in a child
    process: libtiff writes to stderr, and is C code that meets whatever a file holds.

    Raises:
        PanoramaError: if it has no usable page or is too large.
    """
    import tifffile

    # Its complaints about broken files would reach the terminal when nobody configured logging.
    logging.getLogger("tifffile").addHandler(_SILENT)
    compression = _UNKNOWN
    try:
        with tifffile.TiffFile(path) as tiff:
            page: Any = tiff.pages[0]
            check_size(page.imagewidth, page.imagelength, path.name)
            compression = int(page.compression)
            if _is_for_tifffile(page, compression):
                return _from_page(page, path, draft_px)
    except tifffile.TiffFileError:
        pass  # Pillow gets the last word
    if compression == _NO_COMPRESSION:
        return read_with_pillow(path, FileKind.TIFF, draft_px, exact=exact)
    return _from_child(path, draft_px, exact)


def _is_for_tifffile(page: Any, compression: int) -> bool:
    """Whether a page is plain numbers that tifffile decodes in Python, and Pillow may not."""
    dtype, samples = np.dtype(page.dtype), int(page.samplesperpixel)
    for_pillow = dtype == np.uint8 or (samples == 1 and dtype in (np.uint16, np.float32))
    return (
        dtype.kind in "fu"
        and int(page.bitspersample) in {8, 16, 32, 64}
        and int(page.photometric) in {_GRAY, _RGB}
        and int(page.predictor) in {1, 2}
        and page.imagedepth == 1
        and compression in {_NO_COMPRESSION, 8, 32946, 32773}  # deflate twice, packbits
        and not (for_pillow and compression == _NO_COMPRESSION)
        and (samples in {1, 3} or dtype != np.uint8)  # alpha is Pillow's to compose
    )


def _from_child(path: Path, draft_px: int | None, exact: bool) -> Decoded:
    arguments = [str(draft_px or 0), "1" if exact else "0"]
    head, (pixels,) = decoded_apart("tiff", path, arguments, 0, 8 * MAX_PIXELS)
    width, height = head["full_size_px"]
    return Decoded(
        name=path.name,
        kind=head["kind"],
        pixels=pixels,
        full_size_px=(width, height),
        metadata=Metadata(head["orientation"], head["xmp"].encode("latin-1")),
        notes=tuple(head["notes"]),
    )


def _from_page(page: Any, path: Path, draft_px: int | None) -> Decoded:
    check_size(page.imagewidth, page.imagelength, path.name)
    if page.nbytes > _MAX_BYTES:
        raise PanoramaError(
            f"want a deep or float TIFF under 0.6 GB decoded, {path.name} takes "
            f"{page.nbytes / 1e9:.1f} GB: scale it down"
        )
    with turn_to_decode(page.nbytes):
        data = page.asarray()
    if page.planarconfig == 2 and data.ndim == 3:
        data = np.moveaxis(data, 0, -1)
    if data.ndim == 3 and data.shape[-1] == 1:
        data = data[..., 0]
    if data.ndim == 3 and data.shape[-1] == 2:
        data = data[..., 0]
    if data.ndim not in {2, 3} or (data.ndim == 3 and data.shape[-1] not in {3, 4}):
        raise PanoramaError(f"want 1, 3 or 4 samples a pixel, {path.name} has shape {data.shape}")
    pixels = reduced(data, draft_px)
    if pixels.dtype == np.uint16 and pixels.ndim == 3:
        pixels = (pixels >> 8).astype(np.uint8)
    elif pixels.dtype not in (np.uint8, np.uint16):
        pixels = pixels.astype(np.float32)
    tag = page.tags.get("Orientation")
    orientation = int(tag.value) if tag is not None and 1 <= int(tag.value) <= 8 else 1
    size = (page.imagelength, page.imagewidth) if orientation > 4 else None
    return Decoded(
        name=path.name,
        kind=f"{data.dtype.name} {FileKind.TIFF}",
        pixels=oriented(pixels, orientation),
        full_size_px=size or (page.imagewidth, page.imagelength),
        metadata=Metadata(orientation),
    )
