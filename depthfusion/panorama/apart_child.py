"""Decodes one file in a process of its own: `python -m depthfusion.panorama.apart_child`.

OpenEXR's and libtiff's C code may crash, hang or take all memory on a hostile file, and writes
warnings to stderr; none of that reaches the program. Arguments: memory limit in bytes, then
"exr" FILE STEP CHANNEL... or "tiff" FILE DRAFT EXACT. On stdout: one JSON line with "arrays"
(dtype and shape of each) and more, then the arrays' raw bytes; or {"error": reason}.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from depthfusion.child_process import own_stdout

_MAX_XMP_BYTES = 60_000


def exr_channels(path: str, step: int, names: list[str]) -> tuple[dict[str, Any], list[Any]]:
    """Return the named channels of the first part, each (H, W) float16 or float32.

    Raises:
        ValueError: if the library could not decode them; it tells only on stderr.
    """
    import OpenEXR

    parts = OpenEXR.File(path, separate_channels=True).parts
    if not parts:
        raise ValueError("it has no part that can be opened")
    channels = parts[0].channels
    found = []
    for name in names:
        pixels = getattr(channels.get(name), "pixels", None)
        if pixels is None or pixels.ndim != 2:
            raise ValueError(f"channel {name} could not be decoded")
        if step > 1:
            pixels = pixels[step // 2 :: step, step // 2 :: step]
        half = pixels.dtype == np.float16
        found.append(np.ascontiguousarray(pixels, dtype=np.float16 if half else np.float32))
    return {}, found


def tiff_pixels(path: str, draft: str, exact: str) -> tuple[dict[str, Any], list[Any]]:
    """Return what `read_with_pillow` makes of a TIFF: its fields, and its pixels."""
    from depthfusion.panorama.pillow_file import read_with_pillow
    from depthfusion.panorama.sniff import FileKind

    found = read_with_pillow(Path(path), FileKind.TIFF, int(draft) or None, exact=exact == "1")
    fields = {
        "kind": found.kind,
        "full_size_px": found.full_size_px,
        "orientation": found.metadata.orientation,
        "xmp": found.metadata.xmp[:_MAX_XMP_BYTES].decode("latin-1"),
        "notes": found.notes,
    }
    return fields, [np.ascontiguousarray(found.pixels)]


def main(arguments: list[str], out: BinaryIO) -> int:
    """Decode as the module says and return the exit code."""
    limit, kind, path, *rest = arguments
    try:
        import resource
    except ImportError:  # Windows has no such limit
        pass
    else:
        resource.setrlimit(resource.RLIMIT_AS, (int(limit), int(limit)))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        if kind == "exr":
            fields, arrays = exr_channels(path, int(rest[0]), rest[1:])
        else:
            fields, arrays = tiff_pixels(path, *rest)
    except Exception as error:  # anything at all: this process exists to say it in one line
        out.write(json.dumps({"error": str(error)[:300]}).encode() + b"\n")
        return 1
    fields["arrays"] = [(a.dtype.name, a.shape) for a in arrays]
    out.write(json.dumps(fields).encode() + b"\n")
    for array in arrays:
        out.write(array.data.cast("B"))
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.fdopen(own_stdout(), "wb")))
