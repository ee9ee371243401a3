"""Finds the files of `shaders/` and `resources/` wherever the project was put.

In a wheel or a zip they lie inside the package; in a checkout or an editable install, beside it.
"""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from depthfusion.errors import MissingPartError


def asset(*parts: str) -> Traversable:
    """Return the file or folder `parts`, e.g. ``asset("shaders", "panorama.vert")``.

    Raises:
        MissingPartError: if it is nowhere; the installation is incomplete.
    """
    inside: Traversable = files("depthfusion")
    for part in parts:  # a zip's joinpath takes one at a time on Python 3.11
        inside = inside.joinpath(part)
    if inside.is_file() or inside.is_dir():
        return inside
    checkout = Path(__file__).resolve().parent.parent
    beside = checkout.joinpath(*parts)
    if (checkout / "pyproject.toml").is_file() and beside.exists():
        return beside
    raise MissingPartError(
        f"the file {'/'.join(parts)} that comes with DepthFusion is missing: install it again"
    )
