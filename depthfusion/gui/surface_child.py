"""The process that prepares one surface: `python -m depthfusion.gui.surface_child`. No Qt.

On stdin: an `Order`; on stdout: the `Stage`. See `surface_process`.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import BinaryIO

from depthfusion.child_process import own_stdout

NICENESS = 5
"""The window comes first where both want the same core."""


def main(given: BinaryIO, out: BinaryIO) -> int:
    """Prepare what is asked for on `given` and return the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C goes to all: the window decides
    import scipy.ndimage  # noqa: F401  # takes long: beforehand, while the order is not there yet

    from depthfusion.gui.memory import return_large_arrays
    from depthfusion.gui.surface_process import Order, receive, send
    from depthfusion.renderer.stages import surface_stage

    if hasattr(os, "nice"):
        os.nice(NICENESS)
    return_large_arrays()
    try:
        order: Order = receive(given)
        stage = surface_stage(
            order.panorama,
            order.quality,
            max_texture_px=order.max_texture_px,
            software=order.software,
            inverted=order.inverted,
        )
        send(out, stage)
    except (EOFError, OSError, MemoryError):  # nobody wants it any more; or: try it over there
        return 1
    return 0


if __name__ == "__main__":
    code = main(sys.stdin.buffer, os.fdopen(own_stdout(), "wb"))
    os._exit(code)  # what is large need not be taken apart first
