"""The last lines of this run's log, kept for the log panel; and what a report should tell."""

from __future__ import annotations

import logging
import os
import platform
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from depthfusion._version import __version__

MOST_LINES = 500
MOST_LINE_CHARS = 4000
TOLD_LINES = 60
"""In [Copy details]."""
PACKAGES = (
    "PySide6-Essentials", "moderngl", "numpy", "pillow", "torch", "diffusers", "transformers",
    "huggingface_hub", "openvr",
)  # fmt: skip
_FORMAT = "%(asctime)s.%(msecs)03d  %(levelname)-7s  %(name)s: %(message)s"


class LogRing(logging.Handler):
    """Keeps the last lines. Any thread may log; `on_line` is called in that thread."""

    def __init__(self, level: int = logging.INFO) -> None:
        super().__init__(level)
        self.on_line: Callable[[], None] | None = None
        self.count = 0
        """Lines that ever came."""
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._guard = threading.Lock()
        self.setFormatter(logging.Formatter(_FORMAT, "%H:%M:%S"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record as one entry, its traceback included."""
        try:
            line = self.format(record)[:MOST_LINE_CHARS]
        except (TypeError, ValueError):  # a message that does not fit its arguments
            line = f"{record.levelname}  {record.name}: {record.msg}"
        with self._guard:
            self._lines.append(line)
            self.count += 1
        if self.on_line is not None:
            self.on_line()

    def since(self, count: int) -> tuple[list[str], int]:
        """Return the lines after the first `count`, those still kept, and the new count."""
        with self._guard:
            new = max(0, self.count - count)
            return list(self._lines)[max(0, len(self._lines) - new) :], self.count


def details(drawn_by: str, lines: Sequence[str], more: Mapping[str, str] | None = None) -> str:
    """Return what a report needs, without the names of a person's folders.

    Args:
        drawn_by: the graphics driver's name; "" when it is not known.
        lines: the last lines of the log.
        more: further facts by name.
    """
    facts = {
        "DepthFusion": __version__,
        "Python": platform.python_version(),
        "Platform": platform.platform(),
        "OpenGL": drawn_by or "not known",
        **{name: found for name in PACKAGES if (found := _version(name))},
        **(more or {}),
    }
    told = [f"{name}: {value}" for name, value in facts.items()]
    return without_home("\n".join([*told, "", *(lines[-TOLD_LINES:] or ["(no log)"]), ""]))


def without_home(text: str) -> str:
    """Shorten the paths that would tell a person's name."""
    for folder in (sys.prefix, str(Path.home()), os.environ.get("HOME", "")):
        if len(folder) > 1:
            text = text.replace(folder, "~")
    return text


def _version(package: str) -> str:
    import importlib.metadata  # 50 ms that the first frame need not wait for

    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
