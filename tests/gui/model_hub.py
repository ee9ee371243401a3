"""A desk for models that asks a small hub on 127.0.0.1 and keeps to folders of the test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from depthfusion.gui.model_download import ModelDesk
from tests.gui.conftest import destroy

sys.path.append(str(Path(__file__).parents[1] / "ldm3d" / "hub"))

from hub_server import MODEL, UNET, HubServer, model_files

__all__ = ["MODEL", "UNET", "HubServer", "desk_of", "environment_of", "model_files", "model_folder"]


def environment_of(hub: HubServer, folder: Path) -> dict[str, str]:
    """Return settings that keep another process to this hub and this folder."""
    return {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(folder / "hf"),
        "HF_HUB_CACHE": str(folder / "hf" / "hub"),
        "HF_TOKEN": "",
        "NO_PROXY": "*",
        "HF_HUB_OFFLINE": "0",
        "XDG_DATA_HOME": str(folder / "data"),
    }


@contextmanager
def desk_of(hub: HubServer, folder: Path, **more: str) -> Iterator[ModelDesk]:
    """Give a desk whose processes are gone at the end."""
    desk = ModelDesk(environment=environment_of(hub, folder) | more)
    yield desk
    desk.shut_down()
    destroy(desk)


def model_folder(folder: Path) -> Path:
    """Write a whole model into a folder and return it."""
    for name, content in model_files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder
