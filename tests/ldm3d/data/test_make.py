"""Making sets: shards, resuming, what fails, what the command says."""

import errno
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from ldm3d.__main__ import main
from ldm3d.data import families, make, world_set
from ldm3d.data.graphics import Graphics
from ldm3d.data.make import Progress, make_set
from ldm3d.data.make_shard import HELD_OUT_SEED, Plan, finished, scene_of, shard_pictures, useless
from ldm3d.data.mesh import Material, box
from ldm3d.data.progress_line import duration, progress_text
from ldm3d.data.scene import Air, Scene
from ldm3d.data.world_set import WorldSet
from ldm3d.errors import InputError, Ldm3dError, RequestError
from tests.ldm3d.training.tiny_unet import tiny_worlds

PLAN = Plan(("plain",), 5, width=64, variants=2, shard=3)


def plain_scene(streams: families.Streams) -> Scene:
    """A floor and a pillar at a distance that the seed chooses."""
    scene = Scene(eye=(0, 1.6, 0), air=streams.look.air)
    far = float(streams.layout.uniform(2, 4))
    scene.add(box((400, 1, 400), (0, -0.5, 0)).painted((0.3, 0.2, 0.1), Material.MATTE))
    scene.add(box((0.6, 3, 0.6), (far, 1.5, 0)).painted((0.1, 0.3, 0.1)))
    scene.caption = "a plain"
    scene.details = ("a pillar",)
    return scene


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A family of this file's own that renders in a moment."""
    module = SimpleNamespace(NAMES=("a plain",), HOURS=("noon", "morning"), build=plain_scene)
    real = families.family_module
    monkeypatch.setattr(
        families, "family_module", lambda name: module if name == "plain" else real(name)
    )
    for user in ("captions", "told"):
        found = sys.modules.get(f"ldm3d.data.{user}")
        if found is not None and hasattr(found, "family_module"):
            monkeypatch.setattr(found, "family_module", families.family_module)
    return module


def done(steps: Iterator[Progress]) -> list[Progress]:
    return list(steps)


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.*"))
    }


@pytest.mark.gl
def test_a_set_holds_every_picture_with_its_facts(tmp_path: Path, plain: SimpleNamespace) -> None:
    steps = done(make_set(tmp_path, PLAN))
    worlds = WorldSet(tmp_path)
    assert len(worlds) == 5
    assert steps[-1].done == 5
    assert worlds.info.near_m == 0.6
    assert worlds.info.far_m == float("inf")
    assert {facts.tags["hour"] for facts in worlds.facts} <= {"noon", "morning"}
    assert all(facts.family == "plain" and facts.captions for facts in worlds.facts)
    assert len({(facts.seed, facts.variant) for facts in worlds.facts}) == 5
    down = worlds.depth(0)[-1]
    assert down == pytest.approx(0.6 / 1.6, rel=0.01)
    assert worlds.depth(0)[0].max() == 0


@pytest.mark.gl
def test_what_nobody_can_see_is_no_tag(tmp_path: Path, plain: SimpleNamespace) -> None:
    plain.HOURS, plain.WEATHERS = ("noon",), ("clear",)  # as under water: no sky
    done(make_set(tmp_path, replace(PLAN, count=2)))
    assert [set(facts.tags) for facts in WorldSet(tmp_path).facts] == [{"season"}] * 2


@pytest.mark.gl
def test_a_lost_shard_comes_back_the_same(tmp_path: Path, plain: SimpleNamespace) -> None:
    done(make_set(tmp_path, PLAN))
    before = content(tmp_path)
    for path in (tmp_path / "shard-00001").iterdir():
        path.unlink()
    (tmp_path / "shard-00001").rmdir()
    steps = done(make_set(tmp_path, PLAN))
    assert steps[0].done == 3
    assert content(tmp_path) == before


@pytest.mark.gl
def test_a_larger_count_goes_on_where_a_smaller_one_ended(
    tmp_path: Path, plain: SimpleNamespace
) -> None:
    done(make_set(tmp_path / "grown", PLAN))
    done(make_set(tmp_path / "grown", replace(PLAN, count=9)))
    done(make_set(tmp_path / "whole", replace(PLAN, count=9)))
    assert content(tmp_path / "grown") == content(tmp_path / "whole")


@pytest.mark.gl
def test_a_failing_scene_is_listed_and_replaced(tmp_path: Path, plain: SimpleNamespace) -> None:
    built = []

    def build(streams: families.Streams) -> Scene:
        if streams.detail == PLAN.detail:  # no sketch for another light
            built.append(streams)
            if len(built) == 2:
                raise ValueError("no room for the pillar")
        return plain_scene(streams)

    plain.build = build
    steps = done(make_set(tmp_path, PLAN))
    worlds = WorldSet(tmp_path)
    assert len(worlds) == 5
    assert any("no room for the pillar" in step.note for step in steps)
    lines = (tmp_path / "failures.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["seed"] for line in lines] == [1]
    assert 1 not in {facts.seed for facts in worlds.facts}


@pytest.mark.gl
@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device"), OSError("6144 requested and 100 written")],
)
def test_a_full_disk_is_one_line_and_keeps_what_is_there(
    tmp_path: Path, plain: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    real, written = np.save, []

    def save(path: Path, array: np.ndarray) -> None:
        written.append(path)
        if len(written) > 2:
            raise error
        real(path, array)

    monkeypatch.setattr(world_set.np, "save", save)
    with pytest.raises(Ldm3dError, match=r"no space left.*same command") as caught:
        done(make_set(tmp_path, PLAN))
    assert "\n" not in str(caught.value)
    assert len(WorldSet(tmp_path)) == 3
    assert not list(tmp_path.glob(".shard-*"))


def test_too_little_space_is_said_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make.shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(Ldm3dError, match="are free"):
        next(make_set(tmp_path, PLAN))


def test_another_plan_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    next(make_set(tmp_path, PLAN))
    with pytest.raises(InputError, match="begun with variants 2, not 4"):
        next(make_set(tmp_path, replace(PLAN, variants=4)))


def test_training_seeds_end_before_the_held_out_ones() -> None:
    many = replace(PLAN, count=2_000_000, variants=1, shard=256)
    with pytest.raises(RequestError, match="more variants"):
        next(make_set(Path("unused"), many))
    with pytest.raises(RequestError, match="1000000"):
        next(make_set(Path("unused"), replace(PLAN, seed=HELD_OUT_SEED - 10)))


def test_every_scene_and_attempt_has_a_seed_of_its_own() -> None:
    plan = Plan(("a", "b", "c"), 512, variants=4, shard=64)
    seeds = [
        scene_of(plan, shard, index, attempt)[1]
        for shard in range(plan.shards)
        for index in range(plan.scenes_per_shard)
        for attempt in range(3)
    ]
    assert len(set(seeds)) == len(seeds)
    assert max(seeds) < HELD_OUT_SEED
    held_out = replace(plan, seed=HELD_OUT_SEED)
    assert scene_of(held_out, 0, 0, 0)[1] >= HELD_OUT_SEED


@pytest.mark.gl
def test_a_shard_depends_on_its_number_alone(plain: SimpleNamespace) -> None:
    with Graphics() as graphics:
        alone = list(shard_pictures(PLAN, 1, graphics, lambda *_: None))
        list(shard_pictures(PLAN, 0, graphics, lambda *_: None))
        again = list(shard_pictures(PLAN, 1, graphics, lambda *_: None))
    for one, two in zip(alone, again, strict=True):
        assert np.array_equal(one.color, two.color)
        assert np.array_equal(one.depth, two.depth)
        assert one.facts == two.facts


def test_supersampled_depth_is_the_mean_of_the_inverse_distance() -> None:
    distance = np.full((4, 8), np.inf, np.float32)
    distance[:, :2] = [[0.6, 1.2], [1.2, 2.4]] * 2
    light = np.ones((4, 8, 3), np.float32)
    color, depth = finished(light, distance, Scene((0, 0, 0), Air()), 2)
    assert color.shape == (2, 4, 3)
    assert depth[0, 0] == round((1 + 0.5 + 0.5 + 0.25) / 4 * 65535)
    assert depth[0, 1] == 0


def test_pictures_that_show_nothing_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    color = rng.integers(0, 255, (32, 64, 3)).astype(np.uint8)
    depth = rng.integers(0, 30000, (32, 64)).astype(np.uint16)
    assert useless(color, depth) is None
    assert "nearer" in str(useless(color, np.full_like(depth, 65535)))
    assert "color" in str(useless(np.full_like(color, 9), depth))
    assert "depth" in str(useless(color, np.full_like(depth, 100)))


@pytest.mark.parametrize(("seconds", "text"), [(12, "12 s"), (600, "10 min"), (9000, "2.5 h")])
def test_durations_are_told_as_people_say_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_progress_tells_speed_and_time_left() -> None:
    assert progress_text(Progress(10, 110, 0.5)) == "10 of 110 worlds, 0.50 a second, 3 min left"
    assert progress_text(Progress(0, 110, 0.0)) == "0 of 110 worlds"


def test_the_command_refuses_an_unknown_family(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["data", "make", str(tmp_path), "--count", "2", "--families", "atlantis"])
    assert code == 2
    assert "atlantis" in capsys.readouterr().err


def test_a_sheet_of_nothing_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "sheet", str(tmp_path)]) == 66
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_sheet_that_cannot_be_written_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "sheet.png"
    worlds = tiny_worlds(tmp_path / "set", shards=1)
    assert main(["data", "sheet", str(worlds), "-o", str(out)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"cannot write {out}: ")


@pytest.mark.gl
def test_the_sheet_shows_every_picture(tmp_path: Path, plain: SimpleNamespace) -> None:
    done(make_set(tmp_path / "set", PLAN))
    out = tmp_path / "sheet.png"
    assert main(["data", "sheet", str(tmp_path / "set"), "-o", str(out), "--width", "128"]) == 0
    with Image.open(out) as sheet:
        assert sheet.width == 4 * 134 + 6
        assert np.array(sheet)[6:60, 6:120].std() > 5


@pytest.mark.gl
@pytest.mark.slow
def test_a_killed_making_goes_on_to_the_same_set(tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "ldm3d", "data", "make", str(tmp_path / "killed"), "--count", "4",
        "--size", "64x32", "--families", "meadow", "--variants", "1", "--shard", "1",
        "--detail", "0.05", "--workers", "2",
    ]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    first = tmp_path / "killed" / "shard-00000"
    end = time.monotonic() + 120
    while not first.exists() and time.monotonic() < end and process.poll() is None:
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert len(WorldSet(tmp_path / "killed")) >= 1
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    command[5], command[-1] = str(tmp_path / "whole"), "1"
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    assert content(tmp_path / "killed") == content(tmp_path / "whole")
    assert len(WorldSet(tmp_path / "whole")) == 4
