"""LDM3D: colour and depth from one latent diffusion model (arXiv 2305.10853).

    import ldm3d

    model = ldm3d.load("Intel/ldm3d-pano")
    for event in ldm3d.generate(model, model.recipe("a mossy forest at dawn", seed=7)):
        print(event)
    event.color, event.depth        # the last one is the `Result`

Usable alone; knows nothing of the viewer. Importing this costs next to nothing: each name is
loaded when it is first asked for, torch with `load` and `generate`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ldm3d.errors import Ldm3dError
    from ldm3d.events import Preview, Result, Step
    from ldm3d.model import Model
    from ldm3d.pipeline import generate
    from ldm3d.recipe import Lora, Recipe, Start
    from ldm3d.weights import load

_HOME = {
    "Ldm3dError": "errors",
    "Lora": "recipe",
    "Model": "model",
    "Preview": "events",
    "Recipe": "recipe",
    "Result": "events",
    "Start": "recipe",
    "Step": "events",
    "generate": "pipeline",
    "load": "weights",
}

__all__ = [
    "Ldm3dError",
    "Lora",
    "Model",
    "Preview",
    "Recipe",
    "Result",
    "Start",
    "Step",
    "generate",
    "load",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
