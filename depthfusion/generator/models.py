"""Which model a request without one is run with, and what a model's name means here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from depthfusion.assets import asset
from depthfusion.errors import MissingPartError
from ldm3d.errors import ModelError, ModelNotFoundError

STARTER = "starter"
"""Name of the model that comes with the program, in `resources/models/starter`."""


def default_model() -> str:
    """Return the model to use when none was named.

    It is the starter model if this installation has one, else the only model on this machine, else
    the large one for panoramas if it is among several.

    Raises:
        ModelNotFoundError: if that does not decide it; the text says what to do.
    """
    from ldm3d.hub import DEFAULT_MODEL

    if starter_folder() is not None:
        return STARTER
    installed = list(_installed())
    if len(installed) == 1:
        return installed[0]
    if DEFAULT_MODEL in installed:
        return DEFAULT_MODEL
    if installed:
        raise ModelNotFoundError(
            f"want to know which model to use, this machine has {', '.join(installed)}: "
            "name one with --model"
        )
    raise ModelNotFoundError(
        f"no model on this machine yet: `depthfusion models download {DEFAULT_MODEL}` gets one, "
        "or name a folder with --model"
    )


def folder_from_name(name: str) -> Path:
    """Return the folder of a model: the starter model, or whatever `ldm3d` knows by that name.

    Raises:
        ModelNotFoundError: if there is none; the text says how to get it.
        ModelError: if it is a file.
    """
    from ldm3d.hub import find

    starter = starter_folder() if name == STARTER else None
    return (starter or find(name)).resolve()


def lasting_name(name: str) -> str:
    """Return a name that still means the same model in another folder: a path becomes absolute."""
    path = Path(name).expanduser()
    return str(path.resolve()) if name != STARTER and path.is_dir() else name


def starter_folder() -> Path | None:
    """Return the starter model's folder, if this installation has one."""
    try:
        folder = Path(str(asset("resources", "models", STARTER)))
    except MissingPartError:
        return None
    return folder if (folder / "model_index.json").is_file() else None


def _installed() -> Iterator[str]:
    """Yield the names of models that lie on this machine, complete, and make RGBD pictures."""
    from ldm3d.hub import installed
    from ldm3d.model_folder import check_folder

    for model in installed():
        if model.folder is None or model.missing:
            continue
        with suppress(ModelError):
            check_folder(model.folder)
            yield model.name
