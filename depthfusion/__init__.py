"""DepthFusion: step inside RGBD 360° panoramas.

    import depthfusion

    panorama = depthfusion.open("forest.jpg", "forest_depth.png")
    image = depthfusion.render(panorama, depthfusion.View(yaw_deg=30), size_px=(1280, 720))

Importing this costs next to nothing: each name is loaded when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from depthfusion._version import __version__

if TYPE_CHECKING:
    from depthfusion.api import open, render, save, save_image
    from depthfusion.errors import DepthFusionError
    from depthfusion.panorama import DepthMeaning, Panorama
    from depthfusion.renderer.quality import Quality
    from depthfusion.view import Mapping, Shading, Stereo, View

_HOME = {
    "DepthFusionError": "errors",
    "DepthMeaning": "panorama",
    "Mapping": "view",
    "Panorama": "panorama",
    "Quality": "renderer.quality",
    "Shading": "view",
    "Stereo": "view",
    "View": "view",
    "open": "api",
    "render": "api",
    "save": "api",
    "save_image": "api",
}

__all__ = [
    "DepthFusionError",
    "DepthMeaning",
    "Mapping",
    "Panorama",
    "Quality",
    "Shading",
    "Stereo",
    "View",
    "__version__",
    "open",
    "render",
    "save",
    "save_image",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
