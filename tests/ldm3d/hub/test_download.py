"""A download brings what is needed, checked, into the hub's own cache."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

import huggingface_hub
import pytest
from hub_server import MODEL, UNET, HubServer, model_files, paths_under, safetensors
from huggingface_hub import constants

from ldm3d.errors import DownloadError, ModelError, ModelNotFoundError, RequestError
from ldm3d.hub import Doing, KnownModel, Progress, download, downloading, find, look, registry


def test_a_downloaded_model_is_found_with_all_its_bytes(hub: HubServer) -> None:
    folder = download(MODEL, accept_licence=True)
    assert find(MODEL) == folder
    assert {n: (folder / n).read_bytes() for n in paths_under(folder)} == model_files()


def test_without_the_licence_no_weight_is_sent_and_nothing_is_stored(
    hub: HubServer, cache: Path
) -> None:
    with pytest.raises(RequestError, match=r"OpenRAIL-M.*has to be accepted"):
        download(MODEL, accept_licence=False)
    assert hub.weight_bytes() == 0
    assert not cache.exists()


def test_looking_costs_no_weight_and_tells_the_size(hub: HubServer) -> None:
    offer = look(MODEL)
    assert offer.total_bytes == offer.missing_bytes == sum(map(len, model_files().values()))
    assert offer.licence == "CreativeML OpenRAIL-M"
    assert not offer.is_accepted
    assert hub.weight_bytes() == 0


def test_the_repositorys_own_licence_file_is_shown(hub: HubServer) -> None:
    hub.repo(MODEL, model_files() | {"LICENSE.md": b"Be kind.\x1b[2J\n"})
    assert look(MODEL).licence_text == "Be kind.[2J"


def test_a_licence_file_without_end_is_cut(hub: HubServer) -> None:
    many = {f"LICENSE-{i}.txt": b"words " * 20_000 for i in range(9)}
    hub.repo(MODEL, model_files() | many)
    assert len(look(MODEL).licence_text) < 61_000
    assert look(MODEL).licence_text.endswith("[cut off here]")


def test_pickles_are_told(hub: HubServer) -> None:
    files = model_files()
    files["unet/diffusion_pytorch_model.bin"] = files.pop(UNET)
    hub.repo(MODEL, files)
    assert look(MODEL).notes == (
        "some weights come as .bin pickles: only their numbers are read, no code runs",
    )


def test_a_commit_that_this_program_knows_is_taken_first(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = hub.repos[MODEL].refs["main"]
    hub.repos[MODEL].commit(model_files(11))
    pinned = {MODEL: KnownModel(MODEL, "", "", 1, revision=known)}
    monkeypatch.setattr("ldm3d.hub.offer.KNOWN_MODELS", pinned)
    assert download(MODEL, accept_licence=True).name == known


def test_an_accepted_licence_is_remembered(hub: HubServer) -> None:
    download(MODEL, accept_licence=True)
    assert look(MODEL).is_accepted
    download(MODEL, accept_licence=False)


def test_only_one_set_of_weights_is_fetched(hub: HubServer) -> None:
    extra = {
        "unet/diffusion_pytorch_model.fp16.safetensors": b"half",
        "unet/diffusion_pytorch_model.non_ema.safetensors": b"other",
        "unet/diffusion_pytorch_model.bin": b"pickle",
        "text_encoder/pytorch_model.bin": b"pickle",
        "text_encoder/flax_model.msgpack": b"flax",
        "unet/model.onnx": b"onnx",
        "ldm3d.ckpt": b"all in one",
        "pipeline.py": b"import os",
        "safety_checker/model.safetensors": b"unused",
        "images/sample.png": b"picture",
    }
    hub.repo(MODEL, model_files() | extra)
    folder = download(MODEL, accept_licence=True)
    assert set(paths_under(folder)) == set(model_files())
    assert not set(extra) & set(hub.sent_bytes)


def test_pickles_are_taken_only_where_there_are_no_safetensors(hub: HubServer) -> None:
    files = model_files()
    del files["text_encoder/model.safetensors"], files[UNET]
    files["text_encoder/pytorch_model.bin"] = b"PK weights"
    files["unet/diffusion_pytorch_model.fp16.safetensors"] = safetensors(7)
    files["unet/diffusion_pytorch_model.bin"] = b"PK weights"
    hub.repo(MODEL, files)
    found = set(paths_under(download(MODEL, accept_licence=True)))
    assert "text_encoder/pytorch_model.bin" in found
    assert "unet/diffusion_pytorch_model.fp16.safetensors" in found
    assert "unet/diffusion_pytorch_model.bin" not in found


def test_sharded_weights_come_with_their_index(hub: HubServer) -> None:
    files = model_files()
    del files[UNET]
    shards = [f"unet/diffusion_pytorch_model-0000{i}-of-00002.safetensors" for i in (1, 2)]
    index = "unet/diffusion_pytorch_model.safetensors.index.json"
    names = [Path(s).name for s in shards]
    files |= {s: safetensors(i) for i, s in enumerate(shards)}
    files[index] = f'{{"weight_map": {{"a": "{names[0]}", "b": "{names[1]}"}}}}'.encode()
    hub.repo(MODEL, files)
    folder = download(MODEL, accept_licence=True)
    assert set(paths_under(folder)) == set(files)
    (folder / shards[1]).unlink()
    with pytest.raises(ModelNotFoundError, match=names[1]):
        find(MODEL)


def test_the_hubs_own_client_finds_what_was_downloaded_and_the_other_way_round(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tqdm.tqdm.monitor_interval", 0)  # its bar would leave a thread
    folder = download(MODEL, accept_licence=True)
    same = huggingface_hub.snapshot_download(
        MODEL, cache_dir=tmp_path / "hub", local_files_only=True
    )
    assert Path(same) == folder
    hub.repo("other/ldm3d", model_files(5))
    for name in model_files(5):
        huggingface_hub.hf_hub_download("other/ldm3d", name, cache_dir=tmp_path / "hub")
    before = hub.weight_bytes()
    assert find("other/ldm3d").is_dir()
    download("other/ldm3d", accept_licence=True)
    assert hub.weight_bytes() == before


def test_there_is_one_copy_of_each_file_on_the_disk(hub: HubServer, tmp_path: Path) -> None:
    download(MODEL, accept_licence=True)
    download(MODEL, accept_licence=True)
    contents = [
        hashlib.sha256(p.read_bytes()).hexdigest()
        for p in (tmp_path / "hub").rglob("*")
        if p.is_file() and not p.is_symlink() and p.stat().st_size > 100
    ]
    assert len(contents) == len(set(contents))


def test_where_links_are_not_allowed_there_is_still_one_copy(
    hub: HubServer, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("a privilege is not held")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    twice = {"tokenizer/added_tokens.json": model_files()["tokenizer/vocab.json"]}
    hub.repo(MODEL, model_files() | twice)
    folder = download(MODEL, accept_licence=True)
    assert {n: (folder / n).read_bytes() for n in paths_under(folder)} == model_files() | twice
    assert list((cache / "blobs").iterdir()) == []
    before = hub.weight_bytes()
    download(MODEL, accept_licence=True)
    assert hub.weight_bytes() == before


def test_a_damaged_file_is_found_and_fetched_anew(hub: HubServer) -> None:
    folder = download(MODEL, accept_licence=True)
    weights = folder / UNET
    content = bytearray(weights.read_bytes())
    content[1000] ^= 1
    weights.resolve().write_bytes(content)
    download(MODEL, accept_licence=True)
    assert weights.read_bytes() == model_files()[UNET]
    assert len(hub.gets(UNET)) == 2


def test_progress_ends_at_the_whole_and_never_goes_back(hub: HubServer) -> None:
    seen: list[Progress] = []
    download(MODEL, accept_licence=True, progress=seen.append)
    done = [p.done_bytes for p in seen]
    assert done == sorted(done)
    assert done[-1] == seen[-1].total_bytes == sum(map(len, model_files().values()))
    assert {p.doing for p in seen} == {Doing.DOWNLOAD}
    again: list[Progress] = []
    download(MODEL, accept_licence=True, progress=again.append)
    assert {p.doing for p in again} == {Doing.CHECK}


def test_closing_a_download_keeps_what_arrived_and_the_next_goes_on(
    hub: HubServer, cache: Path
) -> None:
    with contextlib.closing(downloading(look(MODEL))) as steps:
        for step in steps:
            if step.name == UNET and step.done_bytes > step.total_bytes / 2:
                break
    (part,) = (cache / "blobs").glob("*.incomplete")
    kept = part.stat().st_size
    assert 0 < kept < len(model_files()[UNET])
    with pytest.raises(ModelNotFoundError, match=r"not finished.*goes on where it stopped"):
        find(MODEL)
    download(MODEL, accept_licence=True)
    assert hub.gets(UNET)[-1].start == kept


def test_the_commit_is_pinned_and_a_newer_one_is_only_told(hub: HubServer) -> None:
    first = download(MODEL, accept_licence=True)
    newer = hub.repos[MODEL].commit(model_files(9))
    offer = look(MODEL)
    assert offer.commit == first.name
    assert offer.notes == (f"the hub has a newer commit, {newer[:12]}: --revision main takes it",)
    assert find(MODEL) == first
    second = download(MODEL, revision="main", accept_licence=True)
    assert second.name == newer
    assert find(MODEL) == second
    assert find(f"{MODEL}@{first.name}") == first


def test_a_tag_can_be_asked_for(hub: HubServer) -> None:
    old = hub.repos[MODEL].commit(model_files(3), branch="v1.0")
    assert download(MODEL, revision="v1.0", accept_licence=True).name == old
    assert find(f"{MODEL}@v1.0").name == old


def test_another_content_for_the_same_commit_is_refused(hub: HubServer) -> None:
    folder = download(MODEL, accept_licence=True)
    changed = model_files() | {UNET: safetensors(99, 400_000)}
    hub.repos[MODEL].commits[folder.name] = changed
    with pytest.raises(DownloadError, match="another content for the same commit"):
        download(MODEL, accept_licence=True)
    assert (folder / UNET).read_bytes() == model_files()[UNET]


def test_commit_checksums_and_licence_are_recorded(hub: HubServer) -> None:
    folder = download(MODEL, accept_licence=True)
    entry = registry.entries()[MODEL]
    assert entry.commit == folder.name
    assert entry.licence == "CreativeML OpenRAIL-M"
    assert entry.accepted is not None
    wanted = {n: hashlib.sha256(c).hexdigest() for n, c in model_files().items()}
    assert {n: r.sha256 for n, r in entry.files.items()} == wanted


def test_the_token_goes_to_the_hub_and_not_to_its_storage(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.repos[MODEL].needs_token = "hf_secret"
    with pytest.raises(ModelNotFoundError, match="set HF_TOKEN"):
        look(MODEL)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    download(MODEL, accept_licence=True)
    storage = [e for e in hub.log if e.host == "localhost"]
    assert storage
    assert all(e.authorization is None for e in storage)


def test_nothing_is_told_about_this_machine(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", False)  # as imported by others
    download(MODEL, accept_licence=True)
    assert constants.HF_HUB_DISABLE_TELEMETRY
    assert {e.user_agent for e in hub.log} == {"ldm3d"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vae/config.json": b'{"in_channels": 3}'}, "4 or 6 channels.* has 3"),
        ({"vae/config.json": b"{"}, "not JSON"),
        ({"unet/config.json": b'{"in_channels": 8}'}, "takes 8 channels"),
        ({"vae/config.json": None}, "no vae/config.json"),
        ({UNET: None}, "no unet/diffusion_pytorch_model.safetensors"),
        ({"model_index.json": None}, "no model_index.json"),
    ],
)
def test_another_kind_of_model_is_refused_before_its_weights(
    hub: HubServer, change: dict[str, bytes | None], message: str
) -> None:
    files = {n: c for n, c in (model_files() | change).items() if c is not None}
    hub.repo(MODEL, files)
    with pytest.raises(ModelError, match=message):
        download(MODEL, accept_licence=True)
    assert hub.weight_bytes() == 0


@pytest.mark.parametrize("name", ["", "pano", "a/b/c", "../x", "a/..", "Intel/ld--m", "a b/c"])
def test_what_cannot_be_a_hub_id_is_not_asked_for(hub: HubServer, name: str) -> None:
    with pytest.raises(RequestError, match="want a hub id such as"):
        look(name)
    assert hub.log == []


@pytest.mark.parametrize("revision", ["", "../main", "a b", "-x", "a..b"])
def test_what_cannot_be_a_revision_is_not_asked_for(hub: HubServer, revision: str) -> None:
    with pytest.raises(RequestError, match="as revision"):
        look(MODEL, revision)
    assert hub.log == []
