"""PFM, Radiance HDR, npy and npz: small readers that check every size before they read."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from depthfusion.errors import PanoramaError
from depthfusion.panorama.decoded import Array, Decoded, reduced
from depthfusion.panorama.sniff import FileKind, check_size

_MAX_HDR_HEADER_LINES = 200
_MAX_HDR_PIXELS = 40_000_000
"""As floats such a picture takes half a gigabyte, and its rows are unpacked in Python."""
_NPZ_KEYS = ("depth", "distance", "disparity", "disp", "depth_map", "arr_0")


def read_pfm(path: Path, draft_px: int | None = None) -> Decoded:
    """Decode a portable float map; a negative scale means little endian, rows go bottom up.

    Raises:
        PanoramaError: if the header is not one of a PFM or the file is too short.
    """
    with path.open("rb") as file:
        match = re.match(rb"P([Ff])\s+(\d{1,6})\s+(\d{1,6})\s+([-+.eE\d]{1,32})\s", file.read(128))
        if match is None:
            raise PanoramaError(f"cannot read {path.name}: its PFM header is damaged")
        channels = 3 if match[1] == b"F" else 1
        width, height, scale = int(match[2]), int(match[3]), float(match[4])
        check_size(width * channels, height, path.name)
        file.seek(match.end())
        raw = _exactly(file, 4 * width * height * channels, path)
    values = np.frombuffer(raw, dtype="<f4" if scale < 0 else ">f4")
    shape = (height, width, 3) if channels == 3 else (height, width)
    pixels = reduced(values.reshape(shape)[::-1], draft_px)
    pixels = np.ascontiguousarray(pixels, dtype=np.float32)
    return Decoded(path.name, "PFM", pixels, (width, height))


def read_npy(path: Path, draft_px: int | None = None) -> Decoded:
    """Decode a NumPy array file; never unpickles.

    Raises:
        PanoramaError: if it is no 2-D array of numbers of a sensible size.
    """
    with path.open("rb") as file:
        pixels = _array(file, path.stat().st_size, path)
    return _from_array(pixels, path, FileKind.NPY, draft_px)


def read_npz(path: Path, draft_px: int | None = None) -> Decoded:
    """Decode the depth array of a NumPy archive: the one called depth, or the only one.

    Raises:
        PanoramaError: if there is none, several without a known name, or one of bad size.
    """
    with zipfile.ZipFile(path) as archive:
        names = {i.filename.removesuffix(".npy"): i for i in archive.infolist()[:1000]}
        key = next((k for k in _NPZ_KEYS if k in names), None)
        if key is None and len(names) != 1:
            some = ", ".join(list(names)[:5]) or "nothing"
            raise PanoramaError(f'want an array called "depth" in {path.name}, it holds {some}')
        entry = names[key or next(iter(names))]
        with archive.open(entry) as file:
            pixels = _array(file, entry.file_size, path)
    return _from_array(pixels, path, FileKind.NPZ, draft_px)


def _array(file: IO[bytes], size: int, path: Path) -> Array:
    """Read one npy stream of `size` bytes; its header is checked before room is made for it."""
    version = np.lib.format.read_magic(file)
    reader: Any = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if reader is None:
        raise PanoramaError(f"cannot read {path.name}: npy version {version} is not known")
    shape, fortran, dtype = reader(file)
    if dtype.kind not in "fiu" or dtype.itemsize > 8:
        raise PanoramaError(f"want an array of plain numbers in {path.name}, got {dtype}")
    sides = [n for n in shape if n != 1] or [1]
    if len(sides) != 2:
        raise PanoramaError(f"want a 2-D array (height, width) in {path.name}, got shape {shape}")
    check_size(sides[1], sides[0], path.name)
    wanted = sides[0] * sides[1] * dtype.itemsize
    if wanted > size:
        raise PanoramaError(f"cannot read {path.name}: it is cut off, get it again")
    values = np.frombuffer(_exactly(file, wanted, path), dtype=dtype)
    return values.reshape(sides, order="F" if fortran else "C")


def _from_array(values: Array, path: Path, kind: FileKind, draft_px: int | None) -> Decoded:
    size = (values.shape[1], values.shape[0])
    small = reduced(values, draft_px)
    keep = small.dtype in (np.uint8, np.uint16)
    pixels = np.ascontiguousarray(
        small, dtype=small.dtype.newbyteorder("=") if keep else np.float32
    )
    return Decoded(path.name, f"{values.dtype.name} {kind}", pixels, size)


def read_hdr(path: Path, draft_px: int | None = None) -> Decoded:
    """Decode a Radiance picture (RGBE, flat or run-length coded) to linear light.

    Raises:
        PanoramaError: if the header is not understood or the data are cut off or inconsistent.
    """
    with path.open("rb") as file:
        width, height = _hdr_size(file, path)
        data = file.read()
    pixels = np.empty((height, width, 4), dtype=np.uint8)
    position = 0
    for row in range(height):
        position = _hdr_row(data, position, pixels[row], path)
    rgbe = reduced(pixels, draft_px)
    scale = np.ldexp(np.float32(1), rgbe[..., 3].astype(np.int32) - 136)
    scale[rgbe[..., 3] == 0] = 0
    return Decoded(path.name, str(FileKind.HDR), rgbe[..., :3] * scale[..., None], (width, height))


def _hdr_size(file: IO[bytes], path: Path) -> tuple[int, int]:
    for _ in range(_MAX_HDR_HEADER_LINES):
        line = file.readline(1024)
        if line.startswith(b"FORMAT=") and b"32-bit_rle_rgbe" not in line:
            raise PanoramaError(
                f"want an RGBE picture, {path.name} is {line[7:40].decode('latin-1').strip()!r}"
            )
        match = re.fullmatch(rb"-Y (\d{1,6}) \+X (\d{1,6})\s*", line)
        if match:
            width, height = int(match[2]), int(match[1])
            check_size(width, height, path.name, _MAX_HDR_PIXELS)
            # Each row costs at least 4 bytes a 127 pixels a channel: a size beyond is a bomb.
            if width * height // 64 > path.stat().st_size * 8:
                raise PanoramaError(f"cannot read {path.name}: it is too short for its size")
            return width, height
        if not line:
            break
    raise PanoramaError(f"cannot read {path.name}: want the picture size as -Y height +X width")


def _hdr_row(data: bytes, position: int, row: Array, path: Path) -> int:
    """Decode one scanline into `row` (W, 4) and return where the next one begins."""
    width = len(row)
    head = data[position : position + 4]
    if len(head) < 4:
        raise PanoramaError(f"cannot read {path.name}: it is cut off, get it again")
    if head[:2] != b"\x02\x02" or int.from_bytes(head[2:], "big") != width:
        flat = np.frombuffer(data, np.uint8, 4 * width, position)  # raises when too short
        row[:] = flat.reshape(width, 4)
        return position + 4 * width
    position += 4
    for channel in range(4):
        column = 0
        while column < width:
            count = data[position]
            if count > 128:
                row[column : column + count - 128, channel] = data[position + 1]
                column, position = column + count - 128, position + 2
            else:
                run = np.frombuffer(data, np.uint8, count, position + 1)
                row[column : column + count, channel] = run[: width - column]
                column, position = column + max(count, 1), position + 1 + count
    return position


def _exactly(file: IO[bytes], count: int, path: Path) -> bytes:
    """Read `count` bytes or refuse.

    Raises:
        PanoramaError: if the file ends before.
    """
    if not isinstance(file, zipfile.ZipExtFile) and isinstance(file, io.BufferedReader):
        left = path.stat().st_size - file.tell()
        if left < count:
            raise PanoramaError(
                f"cannot read {path.name}: it is cut off ({left} of {count} bytes), get it again"
            )
    data = file.read(count)
    if len(data) < count:
        raise PanoramaError(
            f"cannot read {path.name}: it is cut off ({len(data)} of {count} bytes), get it again"
        )
    return data
