"""A repository's file names, sizes and checksums are a stranger's: nothing odd is stored."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hub_server import MODEL, UNET, HubServer, git_sha1, model_files
from hypothesis import given
from hypothesis import strategies as st

from ldm3d.errors import DownloadError, Ldm3dError, ModelError
from ldm3d.hub import download, look
from ldm3d.hub.listing import unsafe_because

BAD_NAMES = [
    "../evil.json",
    "unet/../../evil.json",
    "/etc/evil.json",
    "~/evil.json",
    "C:/evil.json",
    "C:evil.json",
    "..\\evil.json",
    "unet\\config.json",
    "unet//config.json",
    "./config.json",
    "unet/./config.json",
    "evil\x00.json",
    "evil\n.json",
    "x" * 300,
    "",
    "tokenizer/",
]


def listed(hub: HubServer, name: str, **values: object) -> None:
    entry = {"rfilename": name, "size": 2, "blobId": git_sha1(b"{}")}
    hub.repos[MODEL].changes.append(entry | values)


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_repository_with_a_name_that_leads_elsewhere_is_refused_whole(
    hub: HubServer, tmp_path: Path, name: str
) -> None:
    listed(hub, name)
    with pytest.raises(DownloadError, match="refused Intel/ldm3d-pano: the name") as error:
        download(MODEL, accept_licence=True)
    assert str(error.value).isprintable()
    assert not any(tmp_path.rglob("*evil*"))
    assert hub.weight_bytes() == 0


def test_a_name_that_is_there_twice_is_refused(hub: HubServer) -> None:
    listed(hub, "UNET/Config.json")
    with pytest.raises(DownloadError, match="is there twice"):
        look(MODEL)


def test_odd_names_that_are_not_needed_do_no_harm(hub: HubServer) -> None:
    listed(hub, "images/a: picture?.png")
    assert all(not f.name.startswith("images") for f in look(MODEL).files)


@pytest.mark.parametrize(
    "values",
    [
        {"blobId": "../../x"},
        {"blobId": None},
        {"blobId": "a" * 41},
        {"size": -1},
        {"size": None},
        {"size": "2"},
        {"lfs": {"sha256": "..", "size": 2, "pointerSize": 1}},
        {"lfs": {"sha256": "a" * 64, "size": -2, "pointerSize": 1}},
    ],
)
def test_a_file_without_a_proper_size_and_checksum_is_refused(
    hub: HubServer, values: dict[str, object]
) -> None:
    listed(hub, "tokenizer/added_tokens.json", **values)
    with pytest.raises(DownloadError, match="no size or checksum"):
        look(MODEL)


def test_a_commit_that_is_no_hash_is_refused(hub: HubServer) -> None:
    repo = hub.repos[MODEL]
    repo.commits["../../evil"] = model_files()
    repo.refs["main"] = "../../evil"
    with pytest.raises(DownloadError, match="named no commit"):
        look(MODEL)


def test_another_commit_than_asked_for_is_refused(hub: HubServer) -> None:
    repo = hub.repos[MODEL]
    repo.refs["a" * 40] = repo.refs["main"]
    with pytest.raises(DownloadError, match="the hub answered with"):
        look(MODEL, "a" * 40)


def test_size_bombs_are_refused_before_a_byte(hub: HubServer) -> None:
    lfs = {"sha256": "a" * 64, "size": 10**15, "pointerSize": 1}
    listed(hub, UNET, size=10**15, lfs=lfs)
    with pytest.raises(ModelError, match="1000000 GB, at most 69 GB"):
        look(MODEL)
    hub.repos[MODEL].changes.clear()
    listed(hub, "tokenizer/added_tokens.json", size=10**9)
    with pytest.raises(ModelError, match="1000 MB, at most 17 MB"):
        look(MODEL)
    assert hub.weight_bytes() == 0


def test_a_listing_without_end_is_refused(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ldm3d.hub.listing.MAX_FILES", 5)
    with pytest.raises(DownloadError, match="at most 5 are taken"):
        look(MODEL)


def test_a_link_in_the_repository_is_stored_as_a_file_and_never_followed(
    hub: HubServer, tmp_path: Path
) -> None:
    """Git stores a link as a blob that holds its target, and so the hub sends it."""
    secret = tmp_path / "secret.json"
    secret.write_text("{}")
    hub.repo(MODEL, model_files() | {"tokenizer/added_tokens.json": str(secret).encode()})
    folder = download(MODEL, accept_licence=True)
    assert (folder / "tokenizer/added_tokens.json").read_bytes() == str(secret).encode()
    for path in folder.rglob("*"):
        assert path.resolve().is_relative_to(tmp_path / "hub")


def test_a_link_in_the_cache_that_leads_out_of_it_is_refused(
    hub: HubServer, cache: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    snapshot = cache / "snapshots" / hub.repos[MODEL].refs["main"]
    snapshot.mkdir(parents=True)
    (snapshot / "unet").symlink_to(outside)
    with pytest.raises(DownloadError, match="leads out of it"):
        download(MODEL, accept_licence=True)
    assert list(outside.iterdir()) == []


def test_a_file_name_in_a_target_of_a_redirect_is_not_used(hub: HubServer) -> None:
    """Names come from the listing alone; what the storage calls a file does not matter."""
    folder = download(MODEL, accept_licence=True)
    names = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert names == set(model_files())


@given(st.text(max_size=40))
def test_a_name_that_is_fine_stays_below_its_folder(name: str) -> None:
    if unsafe_because(name) is None:
        path = os.path.normpath(f"/base/{name}")
        assert path.startswith("/base/")
        assert path == f"/base/{name}"


@pytest.mark.parametrize("card", [{}, {"license": 7}, {"license": ["a"]}, {"license_link": {}}])
def test_an_odd_card_is_no_crash(hub: HubServer, card: dict[str, object]) -> None:
    hub.repos[MODEL].card = card
    try:
        assert isinstance(look(MODEL).licence, str)
    except Ldm3dError as error:
        assert "did not answer as a model hub does" in str(error)


def test_what_a_card_says_cannot_write_to_the_terminal(hub: HubServer) -> None:
    hub.repo("some/one")
    hub.repos["some/one"].card = {"license": "other", "license_name": "\x1b]0;evil\x07mine"}
    assert look("some/one").licence == "?]0;evil?mine"
