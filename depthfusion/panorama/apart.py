"""The near side of `apart_child`: starts it, watches it, takes what it sends."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np

from depthfusion.child_process import child_environment
from depthfusion.errors import PanoramaError
from depthfusion.panorama.decoded import Array

_SPARE_BYTES = 1_000_000_000
"""Address space of the child beyond the pixels: interpreter, libraries, thread stacks."""
_MIN_TIMEOUT_S, _PIXELS_PER_S = 8.0, 20_000_000
_MAX_HEAD_BYTES = 300_000


def decoded_apart(
    kind: str, path: Path, arguments: list[str], pixels: int, memory_bytes: int
) -> tuple[dict[str, Any], list[Array]]:
    """Decode a file in a child process, at a cost of about 70 ms.

    Args:
        kind: "exr" or "tiff".
        path: the file.
        arguments: what `apart_child` wants after the file.
        pixels: how many the header says; sets the time limit.
        memory_bytes: what the decoder needs; the child gets little more.

    Returns:
        The fields the child sent, and the arrays.

    Raises:
        PanoramaError: if the decoder refuses the file, dies, or takes too long.
    """
    if getattr(sys, "frozen", False):  # sys.executable would start the program itself again
        from depthfusion.panorama import apart_child

        if kind == "exr":
            return apart_child.exr_channels(str(path), int(arguments[0]), arguments[1:])
        return apart_child.tiff_pixels(str(path), *arguments)
    # -P: the current folder may be anybody's; what we can import comes from our own path instead.
    child = [sys.executable, "-P", "-m", "depthfusion.panorama.apart_child"]
    process = subprocess.Popen(
        [*child, str(memory_bytes + _SPARE_BYTES), kind, str(path.resolve()), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=child_environment(),
    )
    watch = threading.Timer(_MIN_TIMEOUT_S + pixels / _PIXELS_PER_S, process.kill)
    watch.start()
    try:
        with process:
            return _received(process, path)
    finally:
        watch.cancel()
        watch.join()
        process.kill()


def _received(process: subprocess.Popen[bytes], path: Path) -> tuple[dict[str, Any], list[Array]]:
    assert process.stdout is not None
    line = process.stdout.readline(_MAX_HEAD_BYTES)
    head: dict[str, Any] = json.loads(line) if line.endswith(b"\n") else {}
    if "arrays" not in head:
        reason = " ".join(str(head.get("error", "the decoder gave up")).split())
        raise PanoramaError(f"cannot read {path.name}: the file is damaged ({reason})")
    found = []
    for dtype, shape in head["arrays"]:
        array: Array = np.empty(tuple(shape), dtype=np.dtype(dtype))
        left = array.data.cast("B")
        while len(left):
            count = process.stdout.readinto(left)  # type: ignore[attr-defined]
            if not count:
                raise PanoramaError(f"cannot read {path.name}: the decoder stopped midway")
            left = left[count:]
        found.append(array)
    return head, found
