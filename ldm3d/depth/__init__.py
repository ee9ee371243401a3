"""Depth for a picture that has none, with any depth network that transformers can load.

>>> from ldm3d import depth
>>> network = depth.load_depth_model("Intel/dpt-large")
>>> near = depth.estimate_depth(color, network)  # (H, W) float32 in [0, 1], 1 = nearer

A 2:1 picture is taken as a panorama: the network looks at perspective tiles, which are brought to
one scale and merged without a seam. Importing this costs no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ldm3d.depth.estimate import depth_steps, estimate_depth, estimate_depths
    from ldm3d.depth.events import DepthModel, DepthResult, DepthStep
    from ldm3d.depth.folder import DEFAULT_DEPTH_MODEL, load_depth_model
    from ldm3d.depth.network import DepthNetwork
    from ldm3d.depth.output import Gives

__all__ = [
    "DEFAULT_DEPTH_MODEL",
    "DepthModel",
    "DepthNetwork",
    "DepthResult",
    "DepthStep",
    "Gives",
    "depth_steps",
    "estimate_depth",
    "estimate_depths",
    "load_depth_model",
]

_HOME = {
    "DEFAULT_DEPTH_MODEL": "folder",
    "DepthModel": "events",
    "DepthNetwork": "network",
    "DepthResult": "events",
    "DepthStep": "events",
    "Gives": "output",
    "depth_steps": "estimate",
    "estimate_depth": "estimate",
    "estimate_depths": "estimate",
    "load_depth_model": "folder",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
