"""The log of the window: a file that never grows beyond a few megabytes. No Qt in here."""

from __future__ import annotations

import logging
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path

from depthfusion.gui.log_handlers import let_hear
from depthfusion.gui.remembered import state_folder

MOST_BYTES = 1_000_000
OLDER_FILES = 2
FILE = "depthfusion.log"
_FORMAT = "%(asctime)s %(process)d %(levelname)-7s %(name)s: %(message)s"


def log_path() -> Path:
    """Return where the log is; older ones lie beside it as `.1`, `.2`."""
    return state_folder() / "log" / FILE


def start_log(path: Path | None = None, level: int = logging.INFO) -> Callable[[], None]:
    """Write the log of this project's packages to a file from now on.

    Where it cannot be written, that is said once in the log itself and the program goes on.

    Args:
        path: None: `log_path()`.
        level: what is less important is left out.

    Returns:
        A function that ends this and closes the file.
    """
    path = log_path() if path is None else path
    handler: logging.Handler
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _Quiet(path, maxBytes=MOST_BYTES, backupCount=OLDER_FILES, encoding="utf-8")
    except OSError as error:
        logging.getLogger(__name__).warning("no log in %s: %s", path, error.strerror)
        return lambda: None
    handler.setFormatter(logging.Formatter(_FORMAT))
    handler.setLevel(level)
    end_hearing = let_hear(handler)

    def end() -> None:
        end_hearing()
        handler.close()

    return end


class _Quiet(RotatingFileHandler):
    """Loses a line rather than disturb the program when the disk is full or the file is held."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Say nothing: there is nowhere left to say it."""

    def doRollover(self) -> None:
        """Begin a new file; where another program holds the old one, go on in that."""
        try:
            super().doRollover()
        except OSError:
            if self.stream is None:
                self.stream = self._open()
