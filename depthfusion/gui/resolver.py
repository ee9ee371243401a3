"""Completes what is to be opened with what is remembered of it. No Qt in here."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from depthfusion.gui.loading import Source
from depthfusion.gui.remembered import Remembered, fingerprint


class Resolver:
    """Completes a source with what is remembered of it. Called in the loading thread."""

    def __init__(self, remembered: Remembered) -> None:
        self._remembered = remembered
        self._lock = threading.Lock()
        self._found: tuple[str, dict[str, Any]] = ("", {})

    def __call__(self, source: Source) -> Source:
        """Return `source` with the options of the last time, unless some were given now."""
        key = fingerprint(source.color, source.depth)
        view = self._remembered.view(key) if key else {}
        with self._lock:
            self._found = (key, view)
        options = source.options
        if options is None and key:
            options = self._remembered.options(key)
        inverted = bool(view.get("invert_depth", False))
        return replace(source, options=options, inverted=inverted)

    @property
    def found(self) -> tuple[str, dict[str, Any]]:
        """The key of the source last completed, and the remembered fields of its view."""
        with self._lock:
            return self._found


class KnownResolver(Resolver):
    """Completes nothing: the source is the present one."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, source: Source) -> Source:
        """Return `source` as it is."""
        return source

    @property
    def found(self) -> tuple[str, dict[str, Any]]:
        """The key it was given, and nothing more."""
        return self._key, {}
