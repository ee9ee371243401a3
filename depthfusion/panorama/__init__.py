"""The panorama: colour, depth, what the depth means, and every file it comes from or goes to.

Names are loaded when they are first asked for, so that a command line can know `DepthIs` without
paying for NumPy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from depthfusion.panorama.description import describe
    from depthfusion.panorama.options import DepthIs, Layout, ReadOptions
    from depthfusion.panorama.panorama import (
        MAX_ASPECT_ERROR,
        DepthMeaning,
        Panorama,
        Provenance,
    )
    from depthfusion.panorama.read import read_panorama
    from depthfusion.panorama.write import write_pair

__all__ = [
    "MAX_ASPECT_ERROR",
    "DepthIs",
    "DepthMeaning",
    "Layout",
    "Panorama",
    "Provenance",
    "ReadOptions",
    "describe",
    "read_panorama",
    "write_pair",
]

_HOME = {
    "DepthIs": "options",
    "Layout": "options",
    "ReadOptions": "options",
    "describe": "description",
    "read_panorama": "read",
    "write_pair": "write",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME.get(name, 'panorama')}"), name)
    globals()[name] = value
    return value
