"""Prepares one world in a process of its own: `python -m depthfusion.vr.world_child`.

Beside the frame loop it would hold Python's lock for up to 100 ms at a time: nine frames.

On stdin: a pickled `Wanted` and the folder for large arrays. On stdout: parts, each an eight-byte
length and a pickle of (path, places, head): `head` is a pickle whose large buffers lie at `places`,
offset and length, in the file `path`, which the reader removes. The last part's path is empty.
"""

from __future__ import annotations

import os
import pickle
import shutil
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from depthfusion.child_process import own_stdout

NICENESS = 5
"""Where a headset is worn its frame loop comes first, if both want the same core."""
_ALIGNMENT = 64
_LEAST_BYTES = 1 << 16
"""Smaller buffers travel in the pickle: one that is kept must not keep the whole file's pages."""


def write_part(out: BinaryIO, part: Any, path: Path) -> None:
    """Send `part`; its large arrays go into the file `path`."""
    buffers: list[pickle.PickleBuffer] = []

    def stays_in_head(buffer: pickle.PickleBuffer) -> bool:
        with buffer.raw() as raw:
            is_small = raw.nbytes < _LEAST_BYTES
        if not is_small:
            buffers.append(buffer)
        return is_small

    head = pickle.dumps(part, protocol=5, buffer_callback=stays_in_head)
    places = []
    with path.open("wb") as file:
        for buffer in buffers:
            file.write(bytes(-file.tell() % _ALIGNMENT))
            with buffer.raw() as raw:
                places.append((file.tell(), raw.nbytes))
                file.write(raw)
        file.write(bytes(_ALIGNMENT))  # an empty file cannot be mapped
    _send(out, (str(path), places, head))


def _send(out: BinaryIO, message: tuple[str, list[tuple[int, int]], bytes]) -> None:
    data = pickle.dumps(message)
    out.write(len(data).to_bytes(8, "little") + data)
    out.flush()


def main(given: BinaryIO, out: BinaryIO) -> int:
    """Prepare what is asked for on `given` and return the exit code."""
    from depthfusion.vr.world_steps import world_steps

    wanted, folder = pickle.load(given)
    if wanted.is_worn and hasattr(os, "nice"):
        os.nice(NICENESS)
    try:
        for number, part in enumerate(world_steps(wanted)):
            write_part(out, part, Path(folder, str(number)))
        _send(out, ("", [], b""))
    except BrokenPipeError:  # nobody waits for it any more, and nobody tidies up
        shutil.rmtree(folder, ignore_errors=True)
        return 1
    except OSError:  # the folder is full; or on Windows: nobody waits for it any more
        traceback.print_exc()
        shutil.rmtree(folder, ignore_errors=True)
        return 1
    return 0


if __name__ == "__main__":
    code = main(sys.stdin.buffer, os.fdopen(own_stdout(), "wb"))
    with suppress(OSError):
        sys.stdout.flush()
    os._exit(code)  # what is large need not be taken apart first
