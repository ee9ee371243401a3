"""A pretended SteamVR: compiled from C when tests run, loaded by the genuine loader of pyopenvr.

    with simulated_runtime(build_runtime(folder)) as runtime:
        runtime.do("head 0 1.2 0 30 0 0", "ipd 0.07")
        headset = OpenVRHeadset()

What a script may say is in ``state.c``; the words are, one a line:

    hmd 0|1, server_needed 0|1, tracked 0|1, focus 0|1, input 0|1, pace 0|1
    dirty 0|1, steal 0|1, capture 0|1, trace 0|1
    init_error N, wait_error N, submit_error N, timing_size BYTES, missing VERSION
    size WIDTH HEIGHT, hz HZ, tangents EYE LEFT RIGHT BOTTOM TOP (right and up positive)
    eye EYE X Y Z YAW PITCH ROLL, ipd METRES, triangle EYE X Y X Y X Y
    level 1|3 (worn, asleep)
    head X Y Z YAW PITCH ROLL, zero X Y Z YAW PITCH ROLL, sway METRES (above the floor)
    quit, lose_focus, gain_focus, open_dashboard, close_dashboard, take_off, put_on
    connect DEVICE, disconnect DEVICE (head, left, right), event NUMBER DEVICE
    press ACTION, release ACTION, push ACTION X Y
    drop FRAMES, gpu_ms MS, captures_to FOLDER (with capture 1: NNNNNN-left.ppm for each frame)
    hang PLACE, abort PLACE (present, init, poll, wait, submit)
    at FRAME ... (any of them, when that frame begins)

Another process reads its script from the file that SIMULATED_SCRIPT names, and appends what
happened to the one that SIMULATED_LOG names.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SOURCES = Path(__file__).resolve().parent
FLAGS = (
    "-std=c11", "-D_GNU_SOURCE", "-O1", "-g", "-fPIC", "-shared",
    "-Wall", "-Wextra", "-Wshadow", "-Wconversion",
)  # fmt: skip
KEPT = 8
"""So many compiled ones stay in the cache."""
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")


class CompilerMissingError(RuntimeError):
    """There is no gcc."""


def build_runtime(folder: Path, flags: tuple[str, ...] = FLAGS) -> Path:
    """Return the runtime's folder below `folder`; compiled where this content is not there yet.

    Raises:
        CompilerMissingError: without gcc.
        RuntimeError: if it does not compile.
    """
    files = sorted(SOURCES.glob("*.[ch]"))
    content = repr(flags).encode() + b"".join(file.read_bytes() for file in files)
    runtime = folder / hashlib.sha256(content).hexdigest()[:16]
    library = runtime / "bin" / "linux64" / "vrclient.so"
    if library.is_file():
        return runtime
    compiler = shutil.which("gcc")
    if compiler is None:
        raise CompilerMissingError(
            "want gcc for the simulated runtime: apt-get install gcc libc6-dev"
        )
    library.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=library.parent) as scratch:
        made = Path(scratch, "vrclient.so")
        sources = [str(file) for file in files if file.suffix == ".c"]
        command = [compiler, *flags, "-o", str(made), *sources, "-lm", "-ldl"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            raise RuntimeError(f"the simulated runtime does not compile:\n{result.stderr}")
        made.replace(library)
    for old in sorted(folder.iterdir(), key=lambda entry: entry.stat().st_mtime)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return runtime


def environment(
    runtime: Path, script: Path | None = None, log: Path | None = None
) -> dict[str, str]:
    """Return the variables that lead the loader to `runtime`, here or in another process."""
    variables = {
        "VR_OVERRIDE": str(runtime),
        "VR_CONFIG_PATH": str(runtime / "config"),
        "VR_LOG_PATH": str(runtime / "log"),
    }
    if script is not None:
        variables["SIMULATED_SCRIPT"] = str(script)
    if log is not None:
        variables["SIMULATED_LOG"] = str(log)
    return variables


class SimulatedRuntime:
    """The runtime in this process, from its other side."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._library = ctypes.CDLL(str(folder / "bin" / "linux64" / "vrclient.so"))
        self._library.sim_slot.restype = ctypes.c_char_p
        self._library.sim_take_log.restype = ctypes.c_char_p
        self._library.sim_picture.restype = ctypes.POINTER(ctypes.c_ubyte)
        self._library.sim_reset()

    def do(self, *commands: str) -> None:
        """Carry out commands of a script."""
        for command in commands:
            assert self._library.sim_do(command.encode()) == 0, f"not understood: {command}"

    def log(self) -> list[str]:
        """Return what happened since the last call."""
        return self._library.sim_take_log().decode().splitlines()

    def picture(self, eye: int) -> NDArray[np.uint8]:
        """Return (height, width, 4) uint8 that eye 0 or 1 was shown last, row 0 up."""
        width, height = ctypes.c_int(), ctypes.c_int()
        data = self._library.sim_picture(eye, ctypes.byref(width), ctypes.byref(height))
        assert data, "nothing was submitted while capture was on"
        return np.ctypeslib.as_array(data, (height.value, width.value, 4)).copy()

    def slots(self, version: str) -> list[str]:
        """Return the names of an interface's slots, in order."""
        found: list[str] = []
        while name := self._library.sim_slot(version.encode(), len(found)):
            found.append(name.decode())
        return found

    def size(self, name: str) -> int:
        """Return the size in bytes of a struct, by pyopenvr's name for it."""
        return int(self._library.sim_size(name.encode()))

    def forget(self) -> None:
        """Free what is kept."""
        self._library.sim_forget_pictures()
        self._library.sim_reset()


@contextmanager
def simulated_runtime(folder: Path) -> Iterator[SimulatedRuntime]:
    """Lead this process's pyopenvr to the runtime of `folder`; any session is ended at the end."""
    import openvr

    names: dict[str, Any] = environment(folder)
    before = {name: os.environ.get(name) for name in names}
    runtime = SimulatedRuntime(folder)
    os.environ.update(names)
    try:
        yield runtime
    finally:
        openvr.shutdown()
        runtime.forget()
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
