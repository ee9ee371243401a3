"""OpenEXR: the header is checked in Python, the pixels are decoded in a child process."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from depthfusion.errors import PanoramaError
from depthfusion.panorama.apart import decoded_apart
from depthfusion.panorama.decoded import Decoded
from depthfusion.panorama.exr_header import read_exr_header

_MAX_BYTES = 600_000_000
"""Most bytes of float32 pixels taken over; larger pictures are read at half size, a third..."""


def read_exr(path: Path, draft_px: int | None = None) -> Decoded:
    """Decode colour (R, G, B), or one channel, or both colour and its depth channel.

    Raises:
        PanoramaError: if the file is damaged, deep, or has no channel that is understood.
    """
    header = read_exr_header(path)
    color, depth = _choose(header.channels, path.name)
    names = [*color, *([depth] if depth else [])]
    pixel_count = header.width * header.height
    step = max(1, header.width // draft_px) if draft_px else 1
    while pixel_count * len(names) * 4 > _MAX_BYTES * step * step:
        step += 1
    notes = () if step == 1 or draft_px else (f"{path.name} is very large: read at 1/{step} size",)
    arguments = [str(step), *names]
    _, found = decoded_apart("exr", path, arguments, pixel_count, 3 * header.byte_count // 2)
    z = found.pop().astype(np.float32, copy=False) if depth else None
    size = (header.width, header.height)
    if not color:
        assert z is not None
        return Decoded(path.name, f"EXR channel {depth}", z, size, notes=notes)
    pixels = np.empty((*found[0].shape, len(found)), dtype=np.float32)
    for i, channel in enumerate(found):
        pixels[..., i] = channel
    return Decoded(path.name, "OpenEXR", pixels, size, depth=z, notes=notes)


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
