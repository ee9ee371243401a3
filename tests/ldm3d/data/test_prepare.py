"""Preparing sets of real pictures: shards, filters, resuming, what the command says."""

import errno
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ldm3d.__main__ import main
from ldm3d.data import prepare, world_set
from ldm3d.data.prepare import prepare_set
from ldm3d.data.prepare_plan import DepthIs, PreparePlan, Where
from ldm3d.data.prepare_taking import PrepareProgress
from ldm3d.data.world_set import WorldSet
from ldm3d.errors import (
    InputError,
    Ldm3dError,
    ModelNotFoundError,
    OutOfMemoryError,
    RequestError,
)
from tests.ldm3d.data.photographs import (
    content,
    encoded,
    failures,
    folder_of,
    good,
    lines_of,
    photo,
    sample,
    tar_of,
)
from tests.ldm3d.depth.tiny_networks import tiny_network

PLAN = PreparePlan(64, 64, depth_is=DepthIs.NEAR_WHITE, shard=4, min_side=32, batch=3)
OPTIONS = ["--size", "64x64", "--depth-is", "near-white", "--shard", "4", "--min-side", "32"]
EMPTY = b""


def made(folder: Path, *sources: Path, plan: PreparePlan = PLAN, **more: Any) -> PrepareProgress:
    """Prepare a set to its end; return the last progress."""
    progress = list(prepare_set(folder, sources, plan, **more))[-1]
    return progress


class Network:
    """Sees the red of a picture as its inverse depth; remembers how many it looked at together."""

    name = "red"

    def __init__(self) -> None:
        self.batches: list[int] = []

    def inverse_depths(self, pictures: list[np.ndarray]) -> list[np.ndarray]:
        self.batches.append(len(pictures))
        return [picture[..., 0].astype(np.float32) for picture in pictures]


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    """Stand in for a depth network."""
    own = Network()
    monkeypatch.setattr(prepare, "_network", lambda plan, device: own)
    return own


def test_a_set_holds_every_picture_with_caption_and_depth(tmp_path: Path) -> None:
    source = folder_of(tmp_path / "photos", good(6))
    progress = made(tmp_path / "set", source)
    worlds = WorldSet(tmp_path / "set")
    assert (len(worlds), progress.done, progress.left_out.total()) == (6, 6, 0)
    assert [name for name, _ in worlds.shards] == ["shard-00000", "shard-00001"]
    assert worlds.facts[5].captions == ("picture number 5",)
    assert worlds.info == world_set.SetInfo(64, 64, None, None, seamless=False)
    assert worlds.depth(5)[0, 0] == pytest.approx(0, abs=0.01)
    assert worlds.depth(5)[0, -1] == pytest.approx(30005 / 65535, abs=0.01)
    assert worlds.color(0).std() > 5


def test_the_manifest_tells_where_each_picture_is_from(tmp_path: Path) -> None:
    facts = json.dumps({"url": "http://example.org/7", "LICENSE": "CC0", "width": 9}).encode()
    samples = {"a/b": sample(7, json=facts), "c": sample(8, 80, 64)}
    source = tar_of(tmp_path / "00000.tar", samples)
    made(tmp_path / "set", source)
    first, second = lines_of(tmp_path / "set/shard-00000/manifest.jsonl")
    assert (first["source"], first["key"], first["number"]) == ("00000.tar", "a/b", 0)
    assert (first["url"], first["license"]) == ("http://example.org/7", "CC0")
    assert first["captions"] == ["picture number 7"]
    assert first["sha256"] != second["sha256"]
    assert (second["key"], second["width"], second["height"]) == ("c", 80, 64)


def bad_samples() -> dict[str, dict[str, bytes]]:
    """Return one sample a reason to leave it out, its key being the name of the filter."""
    return {
        "aspect": sample(21, 160, 64),
        "broken": sample(22, jpg=photo(22)[:300]),
        "broken-depth": sample(23, depth_png=b"no picture"),
        "broken-json": sample(24, json=b"{"),
        "caption-length": sample(25, txt=b"ab"),
        "duplicate": sample(0),
        "min-side": sample(26, 40, 30),
        "no-caption": sample(27, txt=EMPTY),
        "no-depth": sample(28, depth_png=EMPTY),
        "where score": sample(29, json=b'{"score": 3}'),
    }


@pytest.mark.parametrize("kind", ["folder", "tar", "tar.gz"])
def test_what_is_left_out_is_listed_with_its_filter(tmp_path: Path, kind: str) -> None:
    five = b'{"SCORE": "5.5"}'
    samples = {key: {**files, "json": five} for key, files in good(3).items()}
    for key, files in bad_samples().items():
        samples[key] = {"json": five, **files}
    if kind == "folder":
        source = folder_of(tmp_path / "photos", samples)
    else:
        source = tar_of(tmp_path / f"photos.{kind}", samples)
    plan = replace(PLAN, where=(Where.of("score >= 5"),))
    progress = made(tmp_path / "set", source, plan=plan)
    assert failures(tmp_path / "set") == {name: name for name in bad_samples()}
    assert progress.done == 3
    assert set(progress.left_out.values()) == {1}
    for line in lines_of(tmp_path / "set/failures.jsonl"):
        assert line["reason"]
        assert line["source"] in {"photos", f"photos.{kind}"}


def test_a_folder_and_tars_in_it_are_taken_together(tmp_path: Path) -> None:
    root = folder_of(tmp_path / "all", good(2))
    tar_of(root / "more/1.tar", good(2, 10))
    tar_of(root / "more/2.tar", good(2, 20))
    made(tmp_path / "set", root)
    sources = [
        line["source"]
        for shard in (0, 1)
        for line in lines_of(tmp_path / f"set/shard-0000{shard}/manifest.jsonl")
    ]
    assert sources == ["all", "all", *["all/more/1.tar"] * 2, *["all/more/2.tar"] * 2]


def test_a_broken_tar_gives_what_comes_before_the_damage(tmp_path: Path) -> None:
    broken = tar_of(tmp_path / "1.tar", good(4))
    broken.write_bytes(broken.read_bytes()[:12000])
    whole = tar_of(tmp_path / "2.tar", good(2, 10))
    progress = made(tmp_path / "set", broken, whole)
    assert 2 < progress.done < 6
    assert progress.left_out == {"broken-tar": 1}


@pytest.mark.parametrize("kind", ["tar", "tar.gz"])
def test_no_damage_to_a_tar_ends_the_work(tmp_path: Path, kind: str) -> None:
    path = tar_of(tmp_path / f"photos.{kind}", {**good(4), **bad_samples()})
    whole, rng = path.read_bytes(), np.random.default_rng(5)
    taken = []
    for number in range(15):
        data = np.frombuffer(whole, np.uint8).copy()
        data[rng.integers(0, len(data), 10)] = rng.integers(0, 256, 10)
        path.write_bytes(data[: rng.integers(len(data)) if number % 5 == 0 else None].tobytes())
        progress = made(tmp_path / f"set{number}", path)
        taken.append(progress.done)
        assert progress.left_out.total() > 0
    assert max(taken) > 0
    assert min(taken) < 4


def test_no_member_of_a_tar_is_written_outside_the_set(tmp_path: Path) -> None:
    samples = {"../../evil": sample(1), "/tmp/absolute": sample(2)}
    source = tar_of(tmp_path / "in/1.tar", samples)
    before = set(tmp_path.rglob("*"))
    made(tmp_path / "in/set", source)
    assert len(WorldSet(tmp_path / "in/set")) == 2
    new = {path for path in tmp_path.rglob("*") if "in/set" not in path.as_posix()}
    assert new == before


def test_depth_is_estimated_in_batches_where_none_is_given(
    tmp_path: Path, network: Network
) -> None:
    source = folder_of(tmp_path / "photos", good(6))
    plan = replace(PLAN, depth_is=None)
    notes = [step.note for step in prepare_set(tmp_path / "set", [source], plan)]
    worlds = WorldSet(tmp_path / "set")
    assert network.batches == [3, 1, 2]  # a batch never reaches over a shard's end
    red = worlds.color(0)[..., 0].astype(float)
    assert np.corrcoef(red.ravel(), worlds.depth(0).ravel())[0, 1] > 0.99
    assert sum("--depth-is" in note for note in notes) == 1


def test_a_picture_without_relief_is_left_out(tmp_path: Path, network: Network) -> None:
    samples = good(4)
    samples["00001"]["jpg"] = encoded(np.full((64, 64, 3), 90, np.uint8))
    source = folder_of(tmp_path / "photos", samples)
    made(tmp_path / "set", source, plan=replace(PLAN, depth_is=None))
    assert failures(tmp_path / "set") == {"00001": "flat-depth"}
    assert len(WorldSet(tmp_path / "set")) == 3


def test_given_metres_make_a_set_with_a_scale(tmp_path: Path) -> None:
    source = folder_of(tmp_path / "photos", good(2))
    made(tmp_path / "set", source, plan=replace(PLAN, depth_is=DepthIs.MILLIMETRES, near_m=2.0))
    info = WorldSet(tmp_path / "set").info
    assert (info.near_m, info.far_m) == (2.0, float("inf"))


def test_given_relative_depth_has_the_scale_that_is_told(tmp_path: Path) -> None:
    source = folder_of(tmp_path / "photos", good(2))
    made(tmp_path / "set", source, plan=replace(PLAN, near_m=0.6))
    worlds = WorldSet(tmp_path / "set")
    assert (worlds.info.near_m, worlds.info.far_m) == (0.6, float("inf"))
    assert worlds.depth(1)[0, -1] == pytest.approx(30001 / 65535, abs=0.01)


def test_panoramas_wrap_and_nothing_else_is_taken(tmp_path: Path) -> None:
    samples = good(2)
    for number, wide in enumerate((128, 160)):
        samples[f"1000{number}"] = sample(50 + number, wide, 64)
    plan = replace(PLAN, width=128, panoramas=True)
    made(tmp_path / "set", folder_of(tmp_path / "photos", samples), plan=plan)
    worlds = WorldSet(tmp_path / "set")
    assert (len(worlds), worlds.info.seamless) == (1, True)
    assert set(failures(tmp_path / "set").values()) == {"aspect"}


def test_more_workers_make_the_same_set(tmp_path: Path) -> None:
    samples = {**good(9), **bad_samples()}
    source = tar_of(tmp_path / "photos.tar", samples)
    made(tmp_path / "one", source, workers=1)
    made(tmp_path / "four", source, workers=4)
    assert content(tmp_path / "one") == content(tmp_path / "four")


def stopped(steps: Iterator[PrepareProgress], after: int) -> None:
    """Stop like someone who presses Ctrl+C after some steps."""
    for _ in range(after):
        next(steps)
    steps.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["folder", "tar"])
@pytest.mark.parametrize("after", [2, 4, 5])
def test_a_stopped_preparing_goes_on_to_the_same_set(tmp_path: Path, kind: str, after: int) -> None:
    samples = {**good(5), **bad_samples(), **good(8, 5)}
    write = folder_of if kind == "folder" else tar_of
    source = write(tmp_path / "photos.tar", samples)
    made(tmp_path / "whole", source)
    stopped(prepare_set(tmp_path / "broken", [source], PLAN), after)
    assert content(tmp_path / "broken") != content(tmp_path / "whole")
    progress = made(tmp_path / "broken", source)
    assert content(tmp_path / "broken") == content(tmp_path / "whole")
    assert progress.left_out.total() == len(lines_of(tmp_path / "whole/failures.jsonl"))


def test_a_stopped_preparing_asks_the_network_the_same_again(
    tmp_path: Path, network: Network
) -> None:
    samples = good(14)
    samples["00006"]["jpg"] = encoded(np.full((64, 64, 3), 90, np.uint8))  # no relief
    source, plan = folder_of(tmp_path / "photos", samples), replace(PLAN, depth_is=None)
    made(tmp_path / "whole", source, plan=plan)
    whole, network.batches = network.batches, []
    stopped(prepare_set(tmp_path / "broken", [source], plan), 6)
    assert 4 <= len(WorldSet(tmp_path / "broken")) < 13
    network.batches = []
    made(tmp_path / "broken", source, plan=plan)
    assert network.batches == whole[-len(network.batches) :]
    assert content(tmp_path / "broken") == content(tmp_path / "whole")


def test_the_same_command_again_changes_nothing(tmp_path: Path) -> None:
    source = folder_of(tmp_path / "photos", {**good(5), **bad_samples()})
    made(tmp_path / "set", source)
    before = content(tmp_path / "set")
    made(tmp_path / "set", source)
    assert content(tmp_path / "set") == before


def test_a_larger_limit_goes_on_where_a_smaller_one_ended(tmp_path: Path) -> None:
    source = tar_of(tmp_path / "photos.tar", {**good(5), **bad_samples(), **good(8, 5)})
    assert made(tmp_path / "set", source, limit=6).done == 6
    assert len(WorldSet(tmp_path / "set")) == 6
    made(tmp_path / "set", source)
    made(tmp_path / "whole", source)
    assert content(tmp_path / "set") == content(tmp_path / "whole")


def test_a_new_source_is_added_behind(tmp_path: Path) -> None:
    first, second = (tar_of(tmp_path / f"{n}.tar", good(3, 10 * n)) for n in (1, 2))
    made(tmp_path / "set", first)
    made(tmp_path / "set", first, second)
    assert len(WorldSet(tmp_path / "set")) == 6
    with pytest.raises(InputError, match=r"has pictures of 2\.tar"):
        made(tmp_path / "set", first)


def test_a_lost_shard_comes_back_the_same(tmp_path: Path) -> None:
    source = tar_of(tmp_path / "photos.tar", good(11))
    made(tmp_path / "set", source)
    before = content(tmp_path / "set")
    for path in (tmp_path / "set/shard-00001").iterdir():
        path.unlink()
    (tmp_path / "set/shard-00001").rmdir()
    made(tmp_path / "set", source)
    assert content(tmp_path / "set") == before


def test_another_plan_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    source = folder_of(tmp_path / "photos", good(1))
    made(tmp_path / "set", source)
    with pytest.raises(InputError, match="begun with min_side 32, not 16"):
        made(tmp_path / "set", source, plan=replace(PLAN, min_side=16))
    made(tmp_path / "set", source, plan=replace(PLAN, batch=1))


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device"), OSError("6144 requested and 100 written")],
)
def test_a_full_disk_is_one_line_and_keeps_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    source = folder_of(tmp_path / "photos", good(7))
    real, written = np.save, []

    def save(path: Path, array: np.ndarray) -> None:
        written.append(path)
        if len(written) > 2:
            raise error
        real(path, array)

    monkeypatch.setattr(world_set.np, "save", save)
    with pytest.raises(Ldm3dError, match=r"no space left.*4 pictures are kept.*same command"):
        made(tmp_path / "set", source)
    assert len(WorldSet(tmp_path / "set")) == 4


def test_too_little_space_is_said_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare.shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(Ldm3dError, match="are free"):
        made(tmp_path / "set", folder_of(tmp_path / "photos", good(1)))


def test_memory_that_runs_out_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hungry(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(prepare, "prepared", hungry)
    with pytest.raises(OutOfMemoryError, match="fewer --workers"):
        made(tmp_path / "set", folder_of(tmp_path / "photos", good(1)))


def test_a_source_that_vanishes_is_told_and_the_rest_stays(tmp_path: Path) -> None:
    source = folder_of(tmp_path / "photos", good(40))
    steps = prepare_set(tmp_path / "set", [source], PLAN)
    for _ in range(4):
        next(steps)
    source.rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match=r"photos is gone.*same command"):
        list(steps)
    (tmp_path / "elsewhere").rename(source)
    made(tmp_path / "set", source)
    assert len(WorldSet(tmp_path / "set")) == 40
    assert not failures(tmp_path / "set")


def test_a_single_file_that_vanishes_is_listed(tmp_path: Path) -> None:
    source = folder_of(tmp_path / "photos", good(40))
    steps = prepare_set(tmp_path / "set", [source], PLAN)
    for _ in range(2):
        next(steps)
    (source / "00030.jpg").unlink()
    list(steps)
    assert failures(tmp_path / "set") == {"00030": "unreadable"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"width": 60}, "multiples of 8"),
        ({"panoramas": True}, "W = 2 H"),
        ({"near_m": 3.0, "far_m": 2.0}, "near < far"),
        ({"far_m": 2.0}, "want --near-m"),
        ({"depth_is": None, "near_m": 2.0}, "estimated depth has no scale"),
        ({"aspect": (2.0, 1.0)}, "LEAST:MOST"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(RequestError, match=told):
        replace(PLAN, **changes)


def test_no_seed_is_one_of_those_that_are_never_trained_on(tmp_path: Path) -> None:
    made(tmp_path / "set", folder_of(tmp_path / "photos", good(12)))
    seeds = [facts.seed for facts in WorldSet(tmp_path / "set").facts]
    assert len(set(seeds)) == 12
    assert max(seeds) < 1_000_000


def test_the_command_tells_how_many_and_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = folder_of(tmp_path / "photos", {**good(3), **bad_samples()})
    assert main(["data", "prepare", str(tmp_path / "set"), str(source), *OPTIONS]) == 0
    said = capsys.readouterr().out
    assert "4 pictures, 9 left out (" in said  # a score is not asked for
    assert "1 no-caption" in said


@pytest.mark.slow
def test_the_command_estimates_depth_with_a_network_from_a_folder(tmp_path: Path) -> None:
    source = tar_of(tmp_path / "photos.tar", good(3))
    command = [
        "data", "prepare", str(tmp_path / "set"), str(source), "--size", "64x64",
        "--min-side", "32", "--device", "cpu",
        "--depth-model", str(tiny_network("dpt", tmp_path / "dpt")),
    ]  # fmt: skip
    assert main(command) == 0
    worlds = WorldSet(tmp_path / "set")
    assert len(worlds) == 3
    assert not worlds.info.seamless
    for number in range(3):
        depth = worlds.depth(number)
        assert (depth.min(), depth.max()) == (0, 1)
        assert depth.std() > 0.05


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 66, "there is no"),
        (["--where", "nothing"], 2, "aesthetic>=5"),
        (["--size", "60x60"], 2, "multiples of 8"),
    ],
)
def test_the_command_says_what_is_wrong_in_one_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    told: str,
) -> None:
    command = ["data", "prepare", str(tmp_path / "set"), str(tmp_path / "none"), *arguments]
    assert main(command) == code
    error = capsys.readouterr().err
    assert told in error
    assert len(error.splitlines()) == 1


def test_a_set_without_a_picture_is_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = folder_of(tmp_path / "photos", {"a": sample(1, txt=EMPTY)})
    assert main(["data", "prepare", str(tmp_path / "set"), str(source), *OPTIONS]) == 66
    assert "1 no-caption" in capsys.readouterr().err


@pytest.mark.slow
def test_an_absent_depth_network_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    source = folder_of(tmp_path / "photos", good(1))
    plan = replace(PLAN, depth_is=None, depth_model="nobody/nothing")
    with pytest.raises(ModelNotFoundError, match=r"nobody/nothing is not on this.*--depth-model"):
        made(tmp_path / "set", source, plan=plan)


@pytest.mark.slow
def test_a_killed_preparing_goes_on_to_the_same_set(tmp_path: Path) -> None:
    samples = {f"{number:05d}": sample(number, 700, 700) for number in range(60)}
    samples |= bad_samples()
    source = tar_of(tmp_path / "photos.tar", samples)
    command = [
        sys.executable, "-m", "ldm3d", "data", "prepare", str(tmp_path / "killed"), str(source),
        *OPTIONS,
    ]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    first = tmp_path / "killed/shard-00001"
    end = time.monotonic() + 60
    while not first.exists() and time.monotonic() < end and process.poll() is None:
        time.sleep(0.002)
    process.kill()
    assert process.wait() < 0, "it ended before it was killed"
    before = len(WorldSet(tmp_path / "killed"))
    assert 8 <= before < 62
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    again = subprocess.run(command, check=False, capture_output=True, env=environment)
    assert again.returncode == 0, again.stderr
    plan = replace(PLAN, batch=8)
    made(tmp_path / "whole", source, plan=plan)
    assert content(tmp_path / "killed") == content(tmp_path / "whole")
    assert len(WorldSet(tmp_path / "whole")) == 62
