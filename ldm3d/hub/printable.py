"""Strangers' texts on a terminal."""

from __future__ import annotations


def printable(text: object, limit: int = 120) -> str:
    """Return a text fit for one line of a terminal: no control characters, not too long."""
    shown = "".join(c if c.isprintable() else "?" for c in str(text))
    return shown if len(shown) <= limit else f"{shown[:limit]}..."
