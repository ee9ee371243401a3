"""A pure-Python look at an OpenEXR header, so that the C++ library never meets a hostile one."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from depthfusion.errors import PanoramaError
from depthfusion.panorama.sniff import check_size

_TILED, _LONG_NAMES, _DEEP, _MULTI_PART = 0x200, 0x400, 0x800, 0x1000
_MAX_HEADER_BYTES = 4_000_000
_MAX_CHANNELS = 256
_MAX_BYTES = 1_500_000_000
_SAMPLE_BYTES = {0: 4, 1: 2, 2: 4}  # uint, half, float


@dataclass(frozen=True)
class ExrHeader:
    """What the first part of an EXR file says it holds."""

    width: int
    height: int
    channels: tuple[str, ...]
    byte_count: int
    """Of all its pixels, decoded."""


def read_exr_header(path: Path) -> ExrHeader:
    """Return the first part's size and channels.

    Raises:
        PanoramaError: if the header is damaged, deep, or asks for more than can be given.
    """
    with path.open("rb") as file:
        data = file.read(_MAX_HEADER_BYTES)
    if len(data) < 8:
        raise PanoramaError(f"cannot read {path.name}: the OpenEXR file is cut off, get it again")
    flags = struct.unpack_from("<I", data, 4)[0]
    if flags & 0xFF != 2 or flags & ~0x1EFF:
        raise PanoramaError(f"cannot read {path.name}: not a version 2 OpenEXR file")
    if flags & _DEEP:
        raise PanoramaError(
            f"want a flat OpenEXR picture, {path.name} is a deep one (many samples a pixel): "
            "flatten it first"
        )
    try:
        attributes = _attributes(data, 255 if flags & _LONG_NAMES else 31)
        left, top, right, bottom = struct.unpack("<4i", attributes["dataWindow"])
        channels = _channels(attributes["channels"])
    except (KeyError, ValueError, IndexError, struct.error, UnicodeDecodeError) as error:
        raise PanoramaError(f"cannot read {path.name}: its OpenEXR header is damaged") from error
    if attributes.get("type", b"").startswith(b"deep"):
        raise PanoramaError(f"want a flat OpenEXR picture, {path.name} is a deep one: flatten it")
    width, height = right - left + 1, bottom - top + 1
    check_size(width, height, path.name)
    size = width * height * sum(bytes_ for _, bytes_ in channels)
    if size > _MAX_BYTES:
        raise PanoramaError(
            f"want an OpenEXR picture under 1.5 GB decoded, {path.name} takes {size / 1e9:.1f} GB: "
            "scale it down or save fewer channels"
        )
    # A chunk table of 8 bytes for at most 256 rows must fit: catches tiny files of huge size.
    if height // 256 * 8 > path.stat().st_size:
        raise PanoramaError(f"cannot read {path.name}: it is too short for {width}x{height} pixels")
    return ExrHeader(width, height, tuple(name for name, _ in channels), size)


def _attributes(data: bytes, longest: int) -> dict[str, bytes]:
    """Split a header into its attributes: name, NUL, type, NUL, size, value, until a NUL."""
    found: dict[str, bytes] = {}
    position = 8
    while data[position] != 0:
        name, position = _string(data, position, longest)
        _, position = _string(data, position, longest)
        size = struct.unpack_from("<i", data, position)[0]
        position += 4
        if size < 0 or position + size > len(data):
            raise ValueError("attribute beyond the header")
        found[name] = data[position : position + size]
        position += size
    return found


def _string(data: bytes, position: int, longest: int) -> tuple[str, int]:
    end = data.index(b"\0", position, position + longest + 1)
    return data[position:end].decode("utf-8"), end + 1


def _channels(data: bytes) -> list[tuple[str, int]]:
    """Return (name, bytes a sample) of each channel; only full-resolution ones are accepted."""
    found: list[tuple[str, int]] = []
    position = 0
    while data[position] != 0:
        name, position = _string(data, position, 255)
        kind, _, x_step, y_step = struct.unpack_from("<iiii", data, position)
        position += 16
        if x_step != 1 or y_step != 1 or len(found) >= _MAX_CHANNELS:
            raise ValueError("subsampled or too many channels")
        found.append((name, _SAMPLE_BYTES[kind]))
    if not found:
        raise ValueError("no channels")
    return found
