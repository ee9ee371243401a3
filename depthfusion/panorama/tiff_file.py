"""TIFF: Pillow where it can (8-bit, 16-bit grey, float grey, LZW...), tifffile for the rest."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np

from depthfusion.errors import PanoramaError
from depthfusion.panorama.decoded import Decoded, Metadata, oriented, reduced
from depthfusion.panorama.pillow_file import read_with_pillow
from depthfusion.panorama.sniff import FileKind, check_size

_SILENT = logging.NullHandler()


def read_tiff(path: Path, draft_px: int | None = None, *, exact: bool = False) -> Decoded:
    """Decode the first page of a TIFF.

    Raises:
        PanoramaError: if it has no usable page or is too large.
    """
    import tifffile

    # Its complaints about broken files would reach the terminal when nobody configured logging.
    logging.getLogger("tifffile").addHandler(_SILENT)
    try:
        with tifffile.TiffFile(path) as tiff:
            page: Any = tiff.pages[0]
            dtype, samples = np.dtype(page.dtype), int(page.samplesperpixel)
            plain = dtype.kind in "fu" and int(page.compression) in {1, 8, 32946, 32773}
            simple = dtype == np.uint8 or (samples == 1 and dtype in (np.uint16, np.float32))
            if plain and not simple and page.imagedepth == 1:
                return _from_page(page, path, draft_px)
    except tifffile.TiffFileError:
        pass  # Pillow gets the last word
    return read_with_pillow(path, FileKind.TIFF, draft_px, exact=exact)


def _from_page(page: Any, path: Path, draft_px: int | None) -> Decoded:
    check_size(page.imagewidth, page.imagelength, path.name)
    if page.nbytes > 8 * page.imagewidth * page.imagelength * 4:
        raise PanoramaError(f"want 1 to 4 samples a pixel, {path.name} has {page.samplesperpixel}")
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
