"""How the commands of `python -m ldm3d` end."""

from __future__ import annotations

import argparse
import errno
from pathlib import Path

import pytest
from safetensors import SafetensorError

from ldm3d.errors import InputError
from ldm3d.exit_codes import GOES_ON, told

OPTIONS = argparse.Namespace(folder=Path("set"))


def ends_with(error: BaseException) -> int:
    def run(options: argparse.Namespace) -> int:
        raise error

    command = told(run, stopped=GOES_ON, label="error: ", writes=lambda options: options.folder)
    return command(OPTIONS)


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (InputError("want a set"), 66, "error: want a set"),
        (OSError(errno.ENOSPC, "No space left"), 1, "cannot write set: No space left"),
        (OSError(errno.EACCES, "No way", "set/a"), 1, "cannot write set: No way"),
        (OSError(errno.EROFS, "No way", "."), 1, "cannot write set: No way"),
        (OSError(errno.EACCES, "No way", ".set.1a2b/a"), 1, "cannot write set: No way"),
        (OSError(errno.EACCES, "No way", "worlds/a"), 1, "cannot open worlds/a: No way"),
        (OSError("no weights\nin set"), 1, "cannot finish set: no weights in set"),
        (Exception("No space left (os error 28)"), 1, "cannot write set: No space left"),
        (
            SafetensorError("Error while serializing: I/O error: No space left. (os error 28)"),
            1,
            "cannot write set: No space left",
        ),
        (KeyboardInterrupt(), 130, "stopped; the same command goes on"),
    ],
)
def test_an_expected_end_is_one_line_and_a_code(
    error: BaseException, code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends_with(error) == code
    assert capsys.readouterr().err == line + "\n"


def test_what_a_command_returns_and_what_nobody_expected_come_through() -> None:
    assert told(lambda options: 7)(OPTIONS) == 7
    with pytest.raises(ZeroDivisionError):
        ends_with(ZeroDivisionError())
    with pytest.raises(SafetensorError):
        ends_with(SafetensorError("invalid header"))

    def unreadable(options: argparse.Namespace) -> int:
        raise OSError(errno.EIO, "of some other file")

    with pytest.raises(OSError, match="some other file"):
        told(unreadable)(OPTIONS)
