"""What a file is, by its first bytes (never by its name), and what may be opened at all."""

from __future__ import annotations

import os
import re
import stat
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import StrEnum
from pathlib import Path

from depthfusion.errors import DepthFusionError, InputNotFoundError, PanoramaError

MAX_PIXELS = 160_000_000
"""Most pixels of a picture; from its header, before anything is decoded; 16384x8192 fits."""
MAX_SIDE_PX = 65_535
MAX_FILE_BYTES = 2_000_000_000


class FileKind(StrEnum):
    """A file format that is read; the value is its name for people."""

    PNG = "PNG"
    JPEG = "JPEG"
    WEBP = "WebP"
    TIFF = "TIFF"
    AVIF = "AVIF"
    BMP = "BMP"
    PPM = "PPM"
    HDR = "Radiance HDR"
    EXR = "OpenEXR"
    PFM = "PFM"
    NPY = "NumPy npy"
    NPZ = "NumPy npz"


EXTENSIONS = (
    *(".png", ".jpg", ".jpeg", ".mpo", ".webp", ".tif", ".tiff", ".avif", ".bmp"),
    *(".ppm", ".pgm", ".pnm", ".hdr", ".exr", ".pfm", ".npy", ".npz"),
)
"""Endings looked at when a partner is searched by name; lower case."""

_MAGIC: tuple[tuple[bytes, FileKind], ...] = (
    (b"\x89PNG\r\n\x1a\n", FileKind.PNG),
    (b"\xff\xd8\xff", FileKind.JPEG),
    (b"II*\x00", FileKind.TIFF),
    (b"MM\x00*", FileKind.TIFF),
    (b"II+\x00", FileKind.TIFF),
    (b"MM\x00+", FileKind.TIFF),
    (b"#?RADIANCE", FileKind.HDR),
    (b"#?RGBE", FileKind.HDR),
    (b"\x76\x2f\x31\x01", FileKind.EXR),
    (b"\x93NUMPY", FileKind.NPY),
    (b"PK\x03\x04", FileKind.NPZ),
    (b"BM", FileKind.BMP),
)
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"GIF8", "a GIF"),
    (b"\xff\x0a", "a JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000"),
    (b"8BPS", "a Photoshop file"),
    (b"%PDF", "a PDF"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"<svg", "an SVG drawing"),
)


def sniff(path: Path) -> FileKind:
    """Return what the file at `path` is.

    Raises:
        InputNotFoundError: if it is not there, not a file, or may not be read.
        PanoramaError: if it is empty, too large, or of a kind that is not read.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):  # a pipe would wait for ever
            what = "a folder" if stat.S_ISDIR(mode) else "no ordinary file"
            raise InputNotFoundError(f"want a picture file, {path} is {what}")
        with path.open("rb") as file:
            head = file.read(64)
            size = file.seek(0, os.SEEK_END)
    except FileNotFoundError as error:
        raise InputNotFoundError(f"no such file: {path}") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise InputNotFoundError(f"cannot open {path}: {reason}") from error
    if size > MAX_FILE_BYTES:
        raise PanoramaError(f"want a file under 2 GB, {path.name} has {size / 1e9:.1f} GB")
    kind = _kind(head)
    if kind is None:
        raise PanoramaError(
            f"want a picture as PNG, JPEG, WebP, TIFF, AVIF, BMP, PPM, HDR, EXR, PFM or npy, "
            f"but {path.name} is {_other(head)}: save it as one of these"
        )
    return kind


def _kind(head: bytes) -> FileKind | None:
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return FileKind.WEBP
    if head[4:8] == b"ftyp" and head[8:12] in {b"avif", b"avis", b"mif1"}:
        return FileKind.AVIF
    if re.match(rb"P[Ff]\s", head):
        return FileKind.PFM
    return FileKind.PPM if re.match(rb"P[1-6]\s", head) else None


def _other(head: bytes) -> str:
    if not head:
        return "empty"
    if head[4:8] == b"ftyp":
        return "a video or HEIC picture"
    return next((name for magic, name in _OTHERS if head.startswith(magic)), "none of these")


def check_size(width: int, height: int, name: str, most: int = MAX_PIXELS) -> None:
    """Refuse a picture that cannot be, or is too large to be decoded safely.

    Raises:
        PanoramaError: if a side is not 1 to `MAX_SIDE_PX` or there are over `most` pixels.
    """
    if not (0 < width <= MAX_SIDE_PX and 0 < height <= MAX_SIDE_PX):
        raise PanoramaError(f"{name} says it is {width}x{height} pixels, which cannot be")
    if width * height > most:
        raise PanoramaError(
            f"want at most {most // 1_000_000} megapixels, {name} says "
            f"{width}x{height}: scale it down"
        )


_LARGE_BYTES = 120_000_000
_one_large_at_a_time = threading.Lock()


def turn_to_decode(byte_count: int) -> AbstractContextManager[object]:
    """Return what a thread holds while it decodes that many bytes of pixels.

    Picture and depth map are decoded side by side, but not two that take a gigabyte each.
    """
    return _one_large_at_a_time if byte_count > _LARGE_BYTES else nullcontext()


@contextmanager
def told_as_broken(path: Path, kind: FileKind) -> Iterator[None]:
    """Turn whatever a third-party decoder raises on a broken file into one `PanoramaError`.

    Fuzzed files make Pillow, tifffile, zipfile and NumPy raise nearly every built-in error
    (struct.error, SyntaxError, IndexError, AssertionError, MemoryError...), so that no shorter
    list than Exception is safe here.
    """
    try:
        yield
    except DepthFusionError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise PanoramaError(
            f"cannot read {path.name}: it is a damaged or unsupported {kind} file ({reason})"
        ) from error
