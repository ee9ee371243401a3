"""PNG, JPEG, WebP, TIFF, AVIF, BMP and PPM through Pillow.

The format's own class is opened directly: only formats that were asked for are ever parsed, and
neither Pillow's global pixel limit nor its warnings of a host program are touched; the limit of
`sniff.check_size` holds instead, before anything is decoded.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from depthfusion.errors import PanoramaError
from depthfusion.panorama.decoded import Array, Decoded, Metadata, oriented, reduced
from depthfusion.panorama.jpeg_xmp import xmp_from_jpeg
from depthfusion.panorama.sniff import MAX_PIXELS, FileKind, check_size, turn_to_decode

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

PLUGINS = {
    FileKind.PNG: ("PngImagePlugin", "PngImageFile"),
    FileKind.JPEG: ("JpegImagePlugin", "JpegImageFile"),  # an MPO's first picture too
    FileKind.WEBP: ("WebPImagePlugin", "WebPImageFile"),
    FileKind.TIFF: ("TiffImagePlugin", "TiffImageFile"),
    FileKind.AVIF: ("AvifImagePlugin", "AvifImageFile"),
    FileKind.BMP: ("BmpImagePlugin", "BmpImageFile"),
    FileKind.PPM: ("PpmImagePlugin", "PpmImageFile"),
}
"""Format -> the module of its plugin and the class in it."""
_MAX_PIXELS = {FileKind.WEBP: 80_000_000, FileKind.AVIF: 80_000_000}
"""Their decoders hold a picture four times."""
_BAND_ROWS = 512
_ORIENTATION_TAG = 0x0112
# Its complaints about broken files would reach the terminal when nobody configured logging.
logging.getLogger("PIL").addHandler(logging.NullHandler())
_warnings_lock = threading.Lock()


@contextmanager
def quiet() -> Iterator[None]:
    """Silence Pillow's warnings of odd metadata: we judge the picture.

    `catch_warnings` changes the whole process, so this is short and one thread's at a time.
    """
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def read_with_pillow(
    path: Path, kind: FileKind, draft_px: int | None = None, *, exact: bool = False
) -> Decoded:
    """Decode a picture.

    Args:
        path: the file.
        kind: what `sniff` found; one of `PLUGINS`.
        draft_px: width wanted for a quick first picture.
        exact: reduce by dropping pixels, never by mixing them (depth).

    Returns:
        Pixels (H, W) uint8 / uint16 / float32 for one channel, (H, W, 3) uint8 for colour;
        transparent parts lie over black.
    """
    module, name = PLUGINS[kind]
    with path.open("rb") as file:
        with quiet():
            image: ImageFile = getattr(import_module(f"PIL.{module}"), name)(file)
        full_size = image.size
        check_size(*full_size, path.name, _MAX_PIXELS.get(kind, MAX_PIXELS))
        if kind is FileKind.PNG:
            _check_png_end(path)
        with turn_to_decode(3 * full_size[0] * full_size[1]):
            if draft_px and kind is FileKind.JPEG:
                image.draft(None, _draft_size(full_size, draft_px))
            image.load()
            pixels, notes = _pixels(image, path.name, draft_px, exact)
        with quiet():  # after load: a PNG's getexif loads too, and hides errors
            orientation = _orientation(image)
            metadata = _metadata(image, path, kind, orientation)
    if orientation > 4:
        full_size = (full_size[1], full_size[0])
    bits = 8 * pixels.dtype.itemsize
    number = f"{bits}-bit" if pixels.dtype.kind == "u" else f"float{bits}"
    return Decoded(
        name=path.name,
        kind=f"{number} {kind}",
        pixels=pixels if orientation == 1 else oriented(pixels, orientation),
        full_size_px=full_size,
        metadata=metadata,
        notes=tuple(notes),
    )


def _draft_size(size: tuple[int, int], width_px: int) -> tuple[int, int]:
    return width_px, max(1, size[1] * width_px // size[0])


def _orientation(image: ImageFile) -> int:
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # EXIF is parsed lazily and breaks in as many ways as files do
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _metadata(image: ImageFile, path: Path, kind: FileKind, orientation: int) -> Metadata:
    xmp: Any = xmp_from_jpeg(path) if kind is FileKind.JPEG else image.info.get("xmp", b"")
    text = {k: str(v) for k, v in getattr(image, "text", {}).items()}
    if not xmp:
        xmp = text.pop("XML:com.adobe.xmp", "")
    chunks = {c[0].decode("latin-1"): c[1] for c in getattr(image, "private_chunks", ())}
    return Metadata(orientation, xmp.encode() if isinstance(xmp, str) else xmp, text, chunks)


def _pixels(
    image: ImageFile, name: str, draft_px: int | None, exact: bool
) -> tuple[Array, list[str]]:
    """Return the loaded image's array and what was done to it."""
    mode = image.mode
    if mode in {"L", "1", "I;16", "I;16L", "I;16B", "I;16N", "I", "F"} and (
        exact or mode not in {"L", "1"} or "transparency" not in image.info
    ):
        return reduced(_one_channel(image), draft_px), []
    if exact and mode == "P" and _gray_palette(image):
        return reduced(np.asarray(image.convert("L")), draft_px), []
    factor = image.width // draft_px if draft_px and image.width >= 2 * draft_px else 1
    if mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in image.info:
        return _over_black(image, name, 1 if exact else factor)
    if not exact and mode != "P":
        return _rgb(image if factor == 1 else image.reduce(factor)), []
    return _rgb(image, factor), []


def _one_channel(image: ImageFile) -> Array:
    if image.mode == "1":
        return np.asarray(image.convert("L"))
    values = np.asarray(image)
    if values.dtype == np.int32:
        whole = values.min() >= 0 and values.max() <= 65535
        return values.astype(np.uint16 if whole else np.float32)
    if values.dtype.kind == "u":
        return values.astype(values.dtype.newbyteorder("="), copy=False)
    return values.astype(np.float32, copy=False)


def _gray_palette(image: ImageFile) -> bool:
    palette = np.asarray(image.getpalette("RGB") or [0, 0, 0], dtype=np.uint8).reshape(-1, 3)
    return bool((palette == palette[:, :1]).all())


def _bands(image: Any, mode: str, step: int = 1) -> Iterator[tuple[int, Array]]:
    """Yield (first row, rows) of an image: Pillow's own way holds it three times in memory."""
    count = step * -(-_BAND_ROWS // step)
    for top in range(0, image.height, count):
        band = image.crop((0, top, image.width, min(image.height, top + count)))
        yield top, np.asarray(band if band.mode == mode else band.convert(mode))


def _rgb(image: Any, step: int = 1) -> Array:
    """Return (H, W, 3), every `step`-th pixel, without mixing any."""
    out = np.empty((-(-image.height // step), -(-image.width // step), 3), dtype=np.uint8)
    for top, band in _bands(image, "RGB", step):
        rows = band[::step, ::step]
        out[top // step : top // step + len(rows)] = rows
    return out


def _over_black(image: Any, name: str, factor: int) -> tuple[Array, list[str]]:
    if factor > 1:
        image = (image if image.mode == "RGBA" else image.convert("RGBA")).reduce(factor)
    out = np.empty((image.height, image.width, 3), dtype=np.uint8)
    lowest, highest = _compose(image, out, with_alpha=True)
    if lowest == 255:
        return out, []
    if highest == 0:
        note = f"{name} is wholly transparent: its alpha channel was left aside"
        _compose(image, out, with_alpha=False)
        return out, [note]
    return out, [f"{name} is partly transparent: shown over black"]


def _compose(image: Any, out: Array, *, with_alpha: bool) -> tuple[int, int]:
    """Fill `out` (H, W, 3) with the image over black; return the lowest and highest alpha."""
    lowest, highest = 255, 0
    for top, band in _bands(image, "RGBA"):
        alpha = band[..., 3]
        low, high = int(alpha.min()), int(alpha.max())
        lowest, highest = min(lowest, low), max(highest, high)
        if with_alpha and low < 255:
            product = band[..., :3].astype(np.uint16) * alpha[..., None] + 127
            out[top : top + len(band)] = product // 255
        else:
            out[top : top + len(band)] = band[..., :3]
    return lowest, highest


def _check_png_end(path: Path) -> None:
    """Refuse a PNG that stops before its IEND chunk; Pillow may show it half empty.

    Raises:
        PanoramaError: if the file is cut off.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        position = 8
        while position + 12 <= size:
            file.seek(position)
            head = file.read(8)
            if head[4:] == b"IEND":
                return
            position += 12 + int.from_bytes(head[:4], "big")
    raise PanoramaError(f"cannot read {path.name}: the PNG file is cut off, get it again")
