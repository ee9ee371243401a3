"""A hub of one's own for every test, with its cache and list of models in a folder of the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import pytest
from hub_server import MODEL, HubServer
from huggingface_hub import constants
from huggingface_hub.utils import close_session

from ldm3d.hub import registry, transfer


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A server that has `Intel/ldm3d-pano`; waits between tries are short."""
    assert huggingface_hub.__version__
    close_session()  # of whatever ran before, with other settings
    with HubServer() as server:
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 5)
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
        monkeypatch.delenv("HF_TOKEN", raising=False)
        monkeypatch.setenv("NO_PROXY", "*")
        monkeypatch.setattr(registry, "registry_path", lambda: tmp_path / "data" / "models.json")
        monkeypatch.setattr(transfer, "FIRST_WAIT_S", 0.01)
        server.repo(MODEL)
        yield server
        close_session()


@pytest.fixture
def cache(hub: HubServer, tmp_path: Path) -> Path:
    """The folder of `Intel/ldm3d-pano` in the hub's cache."""
    return tmp_path / "hub" / "models--Intel--ldm3d-pano"
