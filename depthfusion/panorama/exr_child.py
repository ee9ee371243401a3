"""Decodes one EXR file in a process of its own: `python -m depthfusion.panorama.exr_child`.

The C++ library may crash, hang or take all memory on a hostile file, and writes warnings to
stderr; none of that reaches the program. Arguments: file, memory limit in bytes, step (1 = every
pixel), channel names. On stdout: one JSON line {"shape", "dtypes"}, then the channels' raw bytes
one after the other; or {"error": reason}.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, BinaryIO

import numpy as np


def exr_channels(path: str, names: list[str], step: int) -> list[Any]:
    """Return the named channels of the first part, each (H, W) float16 or float32.

    Raises:
        ValueError: if the library could not decode them; it tells only on stderr.
    """
    import OpenEXR

    channels = OpenEXR.File(path, separate_channels=True).parts[0].channels
    found = []
    for name in names:
        pixels = getattr(channels.get(name), "pixels", None)
        if pixels is None or pixels.ndim != 2:
            raise ValueError(f"channel {name} could not be decoded")
        if step > 1:
            pixels = pixels[step // 2 :: step, step // 2 :: step]
        half = pixels.dtype == np.float16
        found.append(np.ascontiguousarray(pixels, dtype=np.float16 if half else np.float32))
    return found


def main(arguments: list[str], out: BinaryIO) -> int:
    """Decode as the module says and return the exit code."""
    path, limit, step, *names = arguments
    try:
        import resource
    except ImportError:  # Windows has no such limit
        pass
    else:
        resource.setrlimit(resource.RLIMIT_AS, (int(limit), int(limit)))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        found = exr_channels(path, names, int(step))
    except Exception as error:  # anything at all: this process exists to say it in one line
        out.write(json.dumps({"error": str(error)[:200]}).encode() + b"\n")
        return 1
    head = {"shape": found[0].shape, "dtypes": [a.dtype.name for a in found]}
    out.write(json.dumps(head).encode() + b"\n")
    for array in found:
        out.write(memoryview(array).cast("B"))
    out.flush()
    return 0


def _own_stdout() -> BinaryIO:
    """Keep stdout for our bytes; the library's own prints go where stderr goes."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(kept, "wb")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], _own_stdout()))
