"""Amounts as a person says them, the same on the command line and in the window."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Return a time as a person says it: "41 s", "3 min 20 s", "2 h 5 min"."""
    whole = max(0, round(seconds))
    if whole < 100:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 10:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    if minutes < 100:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def size(count: int) -> str:
    """Return bytes as a person says them: "812 B", "12 kB", "3.4 MB", "4.27 GB"."""
    if count < 1000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{count / 1e3:.0f} kB"
    if count < 1_000_000_000:
        return f"{count / 1e6:.1f} MB"
    return f"{count / 1e9:.2f} GB"


def size_of(done: int, total: int) -> str:
    """Return how much of something is there: "1.20 of 4.27 GB", "900.0 MB of 4.27 GB"."""
    shown_done, shown_total = size(done), size(total)
    number, unit = shown_total.split()
    return (
        f"{shown_done.split()[0]} of {number} {unit}"
        if shown_done.endswith(f" {unit}")
        else f"{shown_done} of {shown_total}"
    )
