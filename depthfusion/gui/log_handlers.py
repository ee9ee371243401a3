"""Who hears the log of this project's packages: the log panel, the file. No Qt in here."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

LOGGERS = ("depthfusion", "ldm3d")
_lock = threading.Lock()
_hearing: list[logging.Handler] = []
_before: dict[str, int] = {}
"""The loggers' levels before the first handler came."""


def let_hear(handler: logging.Handler) -> Callable[[], None]:
    """Give a handler what its level lets through; return a function that ends it.

    Handlers may end in any order. The loggers are as talkative as the most curious one wants, and
    as they were before when the last one has ended. Any thread.
    """
    with _lock:
        if not _hearing:
            _before.update({name: logging.getLogger(name).level for name in LOGGERS})
        _hearing.append(handler)
        for name in LOGGERS:
            logging.getLogger(name).addHandler(handler)
        _set_levels()

    def end() -> None:
        with _lock:
            if handler not in _hearing:
                return
            _hearing.remove(handler)
            for name in LOGGERS:
                logging.getLogger(name).removeHandler(handler)
            _set_levels()

    return end


def _set_levels() -> None:
    """Set what the handlers want; a level that somebody else made lower stays."""
    for name, before in _before.items():
        wanted = [handler.level for handler in _hearing]
        if before != logging.NOTSET or not wanted:
            wanted.append(before)
        logging.getLogger(name).setLevel(min(wanted))
