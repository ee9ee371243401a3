"""Finding, listing, adding, checking and removing models."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hub_server import MODEL, UNET, HubServer, model_files
from huggingface_hub import constants

from ldm3d.errors import Ldm3dError, ModelError, ModelNotFoundError, RequestError
from ldm3d.hub import (
    KNOWN_MODELS,
    add,
    download,
    downloading,
    find,
    installed,
    look,
    registry,
    remove,
    verify,
)

REF_BYTES = 40
"""A commit's name, in `refs/main`."""
TESTDATA = Path(__file__).parents[4] / "shared" / "testdata" / "malformed"


def written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A whole model in a folder of the user's."""
    return written(tmp_path / "forest", model_files(40))


def test_a_folder_is_found_as_it_is(hub: HubServer, own: Path) -> None:
    assert find(own) == find(str(own)) == own


def test_what_is_not_here_says_how_to_get_it(hub: HubServer) -> None:
    for name in KNOWN_MODELS:
        with pytest.raises(ModelNotFoundError, match=f"`depthfusion models download {name}`"):
            find(name)


@pytest.mark.parametrize(
    "name", ["Intel/ldm3d_pano", "ldm3d-pano", "intel/LDM3D-PANO", "ldm3dpano"]
)
def test_a_near_miss_is_suggested(hub: HubServer, name: str) -> None:
    with pytest.raises(ModelNotFoundError, match="did you mean Intel/ldm3d-pano"):
        find(name)


@pytest.mark.parametrize(
    "name", ["", "  ", "./nowhere", "/nowhere/at/all", "a\x00b", "é/ü", "x" * 5000]
)
def test_what_is_no_model_is_one_line(hub: HubServer, name: str) -> None:
    with pytest.raises(ModelNotFoundError) as error:
        find(name)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


def test_a_file_instead_of_a_folder_is_told(hub: HubServer, own: Path) -> None:
    with pytest.raises(ModelError, match="name the folder it lies in"):
        find(own / "model_index.json")


def test_an_added_folder_is_found_by_its_name_and_not_copied(hub: HubServer, own: Path) -> None:
    assert add(own) == "forest"
    assert add(own, "second") == "second"
    assert find("forest") == find("second") == own.resolve()
    assert [m.name for m in installed()] == ["forest", "second"]
    assert not Path(constants.HF_HUB_CACHE).exists()


def test_an_added_name_wins_over_nothing_else(hub: HubServer, own: Path, tmp_path: Path) -> None:
    add(own)
    other = written(tmp_path / "other" / "forest", model_files(41))
    with pytest.raises(RequestError, match="the name forest is taken by"):
        add(other)
    with pytest.raises(RequestError, match="want a name of letters"):
        add(other, "a/b")


def test_an_added_name_wins_over_a_folder_that_is_no_model(
    hub: HubServer, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after `generate -o forest`, which makes a folder of that name with a world in it."""
    add(own)
    here = tmp_path / "here"
    (here / "forest").mkdir(parents=True)
    monkeypatch.chdir(here)
    assert find("forest") == own.resolve()
    (here / "world").mkdir()
    assert find("world") == Path("world")  # the loader says what it lacks
    written(here / "forest", model_files())
    assert find("forest") == Path("forest")


def test_a_folder_that_is_gone_is_told(hub: HubServer, own: Path) -> None:
    add(own)
    own.rename(own.with_name("moved"))
    with pytest.raises(ModelNotFoundError, match="which is gone: put it back"):
        find("forest")
    (model,) = installed()
    assert model.missing == ("its folder",)


def test_removing_an_added_folder_leaves_its_files(hub: HubServer, own: Path) -> None:
    add(own)
    assert remove("forest") == 0
    assert (own / UNET).is_file()
    assert installed() == []
    with pytest.raises(ModelNotFoundError, match="no model forest to remove"):
        remove("forest")


def test_half_a_file_or_another_kind_of_model_is_not_added(hub: HubServer, own: Path) -> None:
    content = (own / UNET).read_bytes()
    (own / UNET).write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelError, match="was cut off"):
        add(own)
    (own / UNET).write_bytes(content)
    (own / "vae/config.json").write_text('{"in_channels": 3, "out_channels": 3}')
    with pytest.raises(ModelError, match="makes no depth"):
        add(own)
    with pytest.raises(ModelNotFoundError, match="there is none"):
        add(own / "nowhere")
    assert installed() == []


@pytest.mark.skipif(not TESTDATA.is_dir(), reason="no test data beside the checkout")
def test_broken_pictures_as_weights_are_not_added(hub: HubServer, own: Path) -> None:
    for path in sorted(p for p in TESTDATA.rglob("*") if p.is_file())[:20]:
        (own / UNET).write_bytes(path.read_bytes())
        with pytest.raises(ModelError):
            add(own)


def test_a_whole_download_is_verified(hub: HubServer) -> None:
    folder = download(MODEL, accept_licence=True)
    report = verify(MODEL)
    assert report.problems == ()
    assert report.checked == len(model_files())
    assert report.unknown == ()
    assert report.folder == folder


def damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "short":
        path.resolve().write_bytes(content[:-100])
    else:
        path.resolve().write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


@pytest.mark.parametrize(
    ("how", "said"),
    [("missing", "is missing"), ("short", "bytes, "), ("changed", "another content")],
)
@pytest.mark.parametrize("name", [UNET, "tokenizer/merges.txt"])
def test_damage_is_found_and_repaired(hub: HubServer, how: str, said: str, name: str) -> None:
    folder = download(MODEL, accept_licence=True)
    damage(folder / name, how)
    (problem,) = verify(MODEL).problems
    assert problem.startswith(f"{name} ")
    assert said in problem
    download(MODEL, accept_licence=True)
    assert verify(MODEL).problems == ()


@pytest.mark.parametrize("name", [UNET, "tokenizer/merges.txt"])
def test_what_another_program_downloaded_is_checked_by_the_names_of_its_blobs(
    hub: HubServer, name: str
) -> None:
    folder = download(MODEL, accept_licence=True)
    registry.drop(MODEL)
    report = verify(MODEL)
    assert (report.problems, report.checked) == ((), len(model_files()))
    damage(folder / name, "changed")
    assert len(verify(MODEL).problems) == 1


def test_a_folder_that_was_never_added_is_checked_for_its_structure(own: Path) -> None:
    report = verify(own)
    assert (report.problems, report.checked) == ((), 0)
    assert UNET in report.unknown
    for content in (b"", b"no safetensors", (own / UNET).read_bytes()[:-1]):
        (own / UNET).write_bytes(content)
        assert len(verify(own).problems) == 1


def test_a_changed_added_folder_is_told(hub: HubServer, own: Path) -> None:
    add(own)
    assert verify("forest").checked == len(model_files())
    damage(own / UNET, "changed")
    assert verify("forest").problems == (f"{UNET} has another content than was recorded",)


def test_what_lies_in_the_cache_is_listed_and_strangers_are_not(
    hub: HubServer, tmp_path: Path
) -> None:
    download(MODEL, accept_licence=True)
    snapshot = tmp_path / "hub" / "models--meta--llama" / "snapshots" / ("a" * 40)
    written(snapshot, {"model_index.json": b'{"_class_name": "OtherPipeline"}'})
    (model,) = installed()
    assert (model.name, model.missing, model.is_pinned) == (MODEL, (), True)
    assert model.size_bytes == sum(map(len, model_files().values())) + REF_BYTES
    with pytest.raises(ModelError, match="no LDM3D model"):
        remove("meta/llama")
    assert snapshot.is_dir()


def test_an_unfinished_download_is_listed_and_can_be_removed(hub: HubServer, cache: Path) -> None:
    hub.repo("some/ldm3d")
    steps = downloading(look("some/ldm3d"))
    for step in steps:
        if step.name == UNET:
            break
    steps.close()
    (model,) = installed()
    assert (model.name, model.folder, model.missing) == ("some/ldm3d", None, ("the rest of it",))
    assert model.size_bytes > 0
    assert remove("some/ldm3d") == model.size_bytes
    assert installed() == []


def test_an_unfinished_download_goes_on_with_the_commit_it_began_with(hub: HubServer) -> None:
    offer = look(MODEL)
    steps = downloading(offer)
    next(steps)
    steps.close()
    hub.repos[MODEL].commit(model_files(70))
    again = look(MODEL)
    assert again.commit == offer.commit
    assert again.is_accepted


def test_removing_a_download_frees_its_bytes_and_touches_nothing_else(
    hub: HubServer, tmp_path: Path
) -> None:
    download(MODEL, accept_licence=True)
    hub.repo("other/ldm3d", model_files(5))
    other = download("other/ldm3d", accept_licence=True)
    assert remove(MODEL) == sum(map(len, model_files().values())) + REF_BYTES
    assert [m.name for m in installed()] == ["other/ldm3d"]
    assert verify("other/ldm3d").problems == ()
    assert other.is_dir()
    assert not list((tmp_path / "hub").rglob("*Intel*"))


def test_a_cache_that_is_a_link_is_not_deleted_through(
    hub: HubServer, cache: Path, tmp_path: Path
) -> None:
    download(MODEL, accept_licence=True)
    cache.rename(tmp_path / "elsewhere")
    cache.symlink_to(tmp_path / "elsewhere")
    assert find(MODEL).is_dir()
    with pytest.raises(ModelError, match="is a link: remove it by hand"):
        remove(MODEL)
    assert (tmp_path / "elsewhere" / "snapshots").is_dir()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"models": 7}', '{"models": [7, {"name": "x", "files": 3}, {}]}', "\x00" * 50],
)
def test_a_damaged_list_of_models_is_like_none(hub: HubServer, own: Path, text: str) -> None:
    path = registry.registry_path()
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert installed() == []
    add(own)
    assert find("forest") == own.resolve()
    assert json.loads(path.read_text())["version"] == 1


def test_a_list_of_models_that_cannot_be_written_is_one_line(
    hub: HubServer, own: Path, tmp_path: Path
) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    for action in (lambda: add(own), lambda: download(MODEL, accept_licence=True)):
        with pytest.raises(Ldm3dError, match=r"cannot write the list of models .*models\.json"):
            action()
    assert hub.weight_bytes() == 0


def test_a_complete_snapshot_of_another_commit_is_taken_where_nothing_is_pinned(
    hub: HubServer, cache: Path
) -> None:
    first = download(MODEL, accept_licence=True)
    registry.drop(MODEL)
    (cache / "refs" / "main").write_text("b" * 40)
    assert find(MODEL) == first
    assert find(f"{MODEL}@{first.name}") == first
    with pytest.raises(ModelNotFoundError, match="--revision main"):
        find(f"{MODEL}@main")


def contents(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


@pytest.mark.slow
def test_a_downloaded_depth_network_loads_and_is_no_default(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from depthfusion.generator import models
    from ldm3d.depth import load_depth_model
    from ldm3d.hub import DEPTH_MODEL
    from tests.ldm3d.depth.tiny_networks import tiny_network

    folder = tiny_network("dpt", tmp_path / "made")
    hub.repo(DEPTH_MODEL, contents(folder) | {"model.onnx": b"too much", "evil.py": b"x = 1"})
    with pytest.raises(ModelNotFoundError, match=f"depthfusion models download {DEPTH_MODEL}"):
        load_depth_model(DEPTH_MODEL)
    got = download(DEPTH_MODEL, accept_licence=True)
    assert not {p.name for p in got.iterdir()} & {"model.onnx", "evil.py"}
    load_depth_model(DEPTH_MODEL, device="cpu")
    assert [m.name for m in installed() if not m.missing] == [DEPTH_MODEL]
    assert not verify(DEPTH_MODEL).problems
    monkeypatch.setattr(models, "starter_folder", lambda: None)
    with pytest.raises(ModelNotFoundError, match="no model on this machine"):
        models.default_model()


def test_a_network_for_something_else_is_refused_before_its_weights(hub: HubServer) -> None:
    config = b'{"model_type": "bert"}'
    hub.repo("some/bert", {"config.json": config, "model.safetensors": bytes(1000)})
    with pytest.raises(ModelError, match=r"some/bert is bert: not downloaded"):
        download("some/bert", accept_licence=True)
    assert hub.log and not any("safetensors" in entry.path for entry in hub.log)


@pytest.mark.slow
def test_a_downloaded_real_model_loads(hub: HubServer, tmp_path: Path) -> None:
    import ldm3d
    from tests.ldm3d.tiny import tiny_model

    folder = tiny_model(tmp_path / "made")
    hub.repo("some/tiny", contents(folder))
    download("some/tiny", accept_licence=True)
    model = ldm3d.load("some/tiny", device="cpu")
    assert model.fingerprint == ldm3d.load(folder, device="cpu").fingerprint


def test_finding_a_folder_imports_neither_torch_nor_the_hubs_client(own: Path) -> None:
    code = (
        "import sys, ldm3d.hub as h; h.find(sys.argv[1]);"
        "print([m for m in ('torch', 'numpy', 'huggingface_hub', 'diffusers') if m in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code, str(own)], capture_output=True, text=True, check=True
    )
    assert out.stdout == "[]\n"
