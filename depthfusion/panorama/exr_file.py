"""OpenEXR: the header is checked in Python, the pixels are decoded in a child process."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np

from depthfusion.errors import PanoramaError
from depthfusion.panorama.decoded import Array, Decoded
from depthfusion.panorama.exr_header import read_exr_header

_SPARE_BYTES = 1_000_000_000
"""Address space of the child beyond the pixels: interpreter, libraries, thread stacks."""
_MIN_TIMEOUT_S, _PIXELS_PER_S = 8.0, 4_000_000


def read_exr(path: Path, draft_px: int | None = None) -> Decoded:
    """Decode colour (R, G, B), or one channel, or both colour and its depth channel.

    Raises:
        PanoramaError: if the file is damaged, deep, or has no channel that is understood.
    """
    header = read_exr_header(path)
    color, depth = _choose(header.channels, path.name)
    names = [*color, *([depth] if depth else [])]
    step = max(1, header.width // draft_px) if draft_px else 1
    found = _decode(path, names, header.width * header.height, step)
    z = found.pop().astype(np.float32, copy=False) if depth else None
    size = (header.width, header.height)
    if not color:
        assert z is not None
        return Decoded(path.name, f"EXR channel {depth}", z, size)
    pixels = np.empty((*found[0].shape, len(found)), dtype=np.float32)
    for i, channel in enumerate(found):
        pixels[..., i] = channel
    return Decoded(path.name, "OpenEXR", pixels, size, depth=z)


def _choose(channels: tuple[str, ...], name: str) -> tuple[list[str], str | None]:
    """Return the names of R, G, B (empty if there is no colour) and of the depth channel."""
    by_end: dict[str, str] = {}
    for channel in sorted(channels, key=len, reverse=True):  # the plain "R" beats "diffuse.R"
        by_end[channel.rpartition(".")[2].lower()] = channel
        by_end[channel.lower()] = channel
    depth = next((by_end[k] for k in ("z", "depth", "distance", "dist") if k in by_end), None)
    if all(k in by_end for k in "rgb"):
        return [by_end[k] for k in "rgb"], depth
    if depth is not None:
        return [], depth
    plain = [c for c in channels if c.rpartition(".")[2].lower() not in {"a", "alpha"}]
    if len(plain) == 1:
        return [], plain[0]
    raise PanoramaError(
        f"want channels R, G, B or Z in {name}, it has {', '.join(channels[:8])}: save one of these"
    )


def _decode(path: Path, names: list[str], pixels: int, step: int) -> list[Array]:
    if getattr(sys, "frozen", False):  # sys.executable would start the program itself again
        from depthfusion.panorama.exr_child import exr_channels

        return exr_channels(str(path), names, step)
    limit = 12 * pixels * max(4, len(names)) + _SPARE_BYTES
    child = [sys.executable, "-m", "depthfusion.panorama.exr_child"]
    process = subprocess.Popen(
        [*child, str(path.resolve()), str(limit), str(step), *names],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    timeout_s = _MIN_TIMEOUT_S + pixels / _PIXELS_PER_S
    watch = threading.Timer(timeout_s, process.kill)
    watch.start()
    try:
        with process:
            return _received(process, path)
    finally:
        watch.cancel()
        process.kill()


def _received(process: subprocess.Popen[bytes], path: Path) -> list[Array]:
    assert process.stdout is not None
    line = process.stdout.readline(10_000)
    head: dict[str, Any] = json.loads(line) if line.endswith(b"\n") else {}
    if "shape" not in head:
        reason = head.get("error", "the decoder gave up")
        raise PanoramaError(f"cannot read {path.name}: the OpenEXR file is damaged ({reason})")
    found = []
    for dtype in head["dtypes"]:
        array: Array = np.empty(tuple(head["shape"]), dtype=np.dtype(dtype))
        left = array.data.cast("B")
        while len(left):
            count = process.stdout.readinto(left)  # type: ignore[attr-defined]
            if not count:
                raise PanoramaError(f"cannot read {path.name}: the OpenEXR decoder stopped midway")
            left = left[count:]
        found.append(array)
    return found
