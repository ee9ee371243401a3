import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from depthfusion.errors import SaveError
from depthfusion.panorama import (
    DepthMeaning,
    Panorama,
    Provenance,
    ReadOptions,
    read_panorama,
    write_pair,
)
from depthfusion.panorama.coding import codes_from, depth_from_codes
from depthfusion.panorama.parameters import generation_from_parameters, parameters_text
from depthfusion.view import Mapping, View

GENERATION = {
    "prompt": "a mossy forest at dawn, 霧",
    "negative_prompt": "people",
    "steps": 30,
    "sampler": "DDIM",
    "guidance": 7.5,
    "seed": 1234,
    "width": 1024,
    "height": 512,
    "model": "ldm3d-pano",
}


@pytest.fixture
def metric(picture: np.ndarray, room_m: np.ndarray) -> Panorama:
    depth = room_m.copy()
    depth[:20] = np.inf
    holes = np.zeros(depth.shape, bool)
    holes[40, 17:50] = True
    return Panorama(
        picture, depth, DepthMeaning.DISTANCE, holes=holes,
        provenance=Provenance(generation=GENERATION, notes=("a guess",)),
    )  # fmt: skip


@pytest.fixture
def relative(picture: np.ndarray, room_m: np.ndarray) -> Panorama:
    return Panorama(picture, room_m.min() / room_m)


def same(a: Panorama, b: Panorama) -> bool:
    assert a.depth is not None and b.depth is not None
    holes = (a.holes is None) == (b.holes is None)
    if a.holes is not None and b.holes is not None:
        holes = bool(np.array_equal(a.holes, b.holes))
    return (
        np.array_equal(a.color, b.color)
        and np.array_equal(a.depth, b.depth)
        and (a.meaning, a.near_m, a.far_m) == (b.meaning, b.near_m, b.far_m)
        and holes
    )


def test_metres_come_back_with_infinity_and_holes(metric: Panorama, tmp_path: Path) -> None:
    write_pair(metric, tmp_path / "w.png")
    found = read_panorama(tmp_path / "w.png")
    assert metric.depth is not None and found.depth is not None
    finite = np.isfinite(metric.depth)
    assert np.array_equal(np.isfinite(found.depth), finite)
    disparity_step = 1 / metric.depth.min() / 65535
    error = np.abs(1 / found.depth[finite] - 1 / metric.depth[finite])
    assert error.max() < 0.51 * disparity_step
    assert np.array_equal(found.color, metric.color)
    assert metric.holes is not None and np.array_equal(found.holes, metric.holes)


@pytest.mark.parametrize("name", ["metric", "relative"])
def test_writing_what_was_read_changes_nothing_any_more(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    panorama = request.getfixturevalue(name)
    write_pair(panorama, tmp_path / "a.png")
    first = read_panorama(tmp_path / "a.png")
    write_pair(first, tmp_path / "b.png")
    second = read_panorama(tmp_path / "b.png")
    assert same(first, second)
    assert (tmp_path / "a_depth.png").stat().st_size > 0
    assert np.array_equal(
        np.asarray(Image.open(tmp_path / "a_depth.png")),
        np.asarray(Image.open(tmp_path / "b_depth.png")),
    )


def test_any_distances_decode_to_the_same_for_ever() -> None:
    rng = np.random.default_rng(4)
    for power in np.linspace(-3, 6, 40):
        depth = (rng.random((20, 30)) * 10**power + 0.01).astype(np.float32)
        if rng.random() < 0.5:
            depth[0, 0] = np.inf
        once, _ = depth_from_codes(*codes_from(depth, DepthMeaning.DISTANCE))
        codes, coding = codes_from(once, DepthMeaning.DISTANCE)
        again, _ = depth_from_codes(codes, json.loads(json.dumps(coding)))
        assert np.array_equal(once, again), power


def test_a_constant_distance_survives() -> None:
    depth = np.full((4, 8), 2.5, np.float32)
    assert np.array_equal(depth_from_codes(*codes_from(depth, DepthMeaning.DISTANCE))[0], depth)


def test_a_relative_map_keeps_its_near_and_far(relative: Panorama, tmp_path: Path) -> None:
    known = Panorama(relative.color, relative.depth, near_m=0.7, far_m=float("inf"))
    write_pair(known, tmp_path / "w.png", tmp_path / "other name.png")
    found = read_panorama(tmp_path / "w.png", tmp_path / "other name.png")
    assert (found.near_m, found.far_m) == (0.7, float("inf"))


def test_the_files_are_what_other_tools_expect(metric: Panorama, tmp_path: Path) -> None:
    color, depth = write_pair(metric, tmp_path / "w.png")
    assert (color, depth) == (tmp_path / "w.png", tmp_path / "w_depth.png")
    with Image.open(color) as image:
        assert image.mode == "RGB" and image.size == (128, 64)
        assert 'GPano:ProjectionType="equirectangular"' in image.info["XML:com.adobe.xmp"]
        assert 'GPano:FullPanoWidthPixels="128"' in image.info["XML:com.adobe.xmp"]
        assert image.info["parameters"].startswith("a mossy forest at dawn, 霧\nNegative prompt: ")
    with Image.open(depth) as image:
        values = np.asarray(image)
        assert image.mode == "I;16" and values.max() == 65535
    assert metric.depth is not None and values.flat[metric.depth.argmin()] == 65535
    assert values[:20].max() == 0


def test_how_it_was_made_and_the_view_come_back(metric: Panorama, tmp_path: Path) -> None:
    view = View(yaw_deg=30, strength=0.4, mapping=Mapping.METRIC, far_m=float("inf"))
    write_pair(metric, tmp_path / "w.png", view=view)
    found = read_panorama(tmp_path / "w.png")
    assert found.provenance.generation == GENERATION
    assert View.from_dict(found.provenance.view) == view
    write_pair(found, tmp_path / "again.png")
    assert View.from_dict(read_panorama(tmp_path / "again.png").provenance.view) == view


def test_a_file_of_ours_can_be_inverted(
    relative: Panorama, metric: Panorama, tmp_path: Path
) -> None:
    for panorama in (relative, metric):
        write_pair(panorama, tmp_path / "w.png")
        plain = np.asarray(Image.open(tmp_path / "w_depth.png")) / 65535
        found = read_panorama(tmp_path / "w.png", options=ReadOptions(invert_depth=True))
        assert found.meaning is DepthMeaning.RELATIVE and found.depth is not None
        assert np.corrcoef(found.depth.ravel(), plain.ravel())[0, 1] < -0.5
        assert found.depth.flat[plain.argmax()] < found.depth.flat[plain.argmin()]


def test_a_flat_sphere_is_one_file(picture: np.ndarray, tmp_path: Path) -> None:
    assert write_pair(Panorama(picture), tmp_path / "w.png") == (tmp_path / "w.png", None)
    assert [p.name for p in tmp_path.iterdir()] == ["w.png"]
    assert read_panorama(tmp_path / "w.png").depth is None


def test_what_json_cannot_say_is_written_all_the_same(picture: np.ndarray, tmp_path: Path) -> None:
    odd = {"a": float("nan"), "b": np.float32(2.5), "c": Path("x"), "d": (1, 2)}
    write_pair(Panorama(picture, provenance=Provenance(generation=odd)), tmp_path / "w.png")
    generation = read_panorama(tmp_path / "w.png").provenance.generation
    assert generation == {"a": "nan", "b": 2.5, "c": "x", "d": [1, 2]}


def failing_replace(after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `after` renames to real names succeed, then fail once as a full disk does."""
    original = Path.replace
    left = [after]

    def replace(self: Path, target: Path) -> Path:
        if left[0] == 0:
            left[0] = -1
            raise OSError(errno.ENOSPC, "No space left on device")
        left[0] -= 1
        return original(self, target)

    monkeypatch.setattr(Path, "replace", replace)


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("existed", [True, False])
def test_both_files_or_neither(
    after: int, existed: bool, relative: Panorama, metric: Panorama, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if existed:
        write_pair(relative, tmp_path / "w.png")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    failing_replace(after, monkeypatch)
    with pytest.raises(SaveError, match="No space left on device"):
        write_pair(metric, tmp_path / "w.png")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_full_disk_while_writing_leaves_everything_as_it_was(
    metric: Panorama, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pair(metric, tmp_path / "w.png")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    calls = []

    def fsync(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(SaveError, match="untouched"):
        write_pair(metric, tmp_path / "w.png")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limit there")
def test_a_real_limit_on_the_file_size_is_told(tmp_path: Path) -> None:
    code = """
import resource, sys, numpy as np
from depthfusion.panorama import Panorama, write_pair
from depthfusion.errors import SaveError
noise = np.random.default_rng(1).integers(0, 255, (256, 512, 3), dtype=np.uint8)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    write_pair(Panorama(noise), sys.argv[1])
except SaveError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "w.png")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "File too large" in done.stdout and list(tmp_path.iterdir()) == []


def test_names_that_cannot_be_are_refused(relative: Panorama, tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    for color, depth in [
        ("w.jpg", None),
        ("nowhere/w.png", None),
        ("folder.png", None),
        ("w.png", "w.png"),
        ("w.png", "d.exr"),
    ]:
        with pytest.raises(SaveError):
            write_pair(relative, tmp_path / color, tmp_path / depth if depth else None)
    assert [p.name for p in tmp_path.iterdir()] == ["folder.png"]


def test_parameters_are_written_and_read_as_other_tools_do() -> None:
    text = parameters_text(GENERATION)
    assert text.split("\n")[-1] == (
        "Steps: 30, Sampler: DDIM, CFG scale: 7.5, Seed: 1234, Size: 1024x512, Model: ldm3d-pano"
    )
    found = generation_from_parameters(text)
    assert found["prompt"] == GENERATION["prompt"] and found["negative_prompt"] == "people"
    assert (found["seed"], found["guidance"], found["size"]) == (1234, 7.5, "1024x512")
    assert parameters_text({}) == "" and generation_from_parameters("") == {}
    assert generation_from_parameters("just a prompt") == {"prompt": "just a prompt"}


def test_a_picture_of_another_tool_keeps_its_prompt(picture: np.ndarray, tmp_path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("parameters", "a cave\nSteps: 20, Sampler: Euler a, Seed: 7")
    Image.fromarray(picture).save(tmp_path / "w.png", pnginfo=info)
    found = read_panorama(tmp_path / "w.png").provenance.generation
    assert found == {"prompt": "a cave", "steps": 20, "sampler": "Euler a", "seed": 7}


def test_damaged_data_of_ours_never_break_a_picture(
    metric: Panorama, picture: np.ndarray, tmp_path: Path
) -> None:
    from PIL.PngImagePlugin import PngInfo

    for text in ("{", "[1]", '{"depth": 5, "view": [], "generation": "x"}', "[" * 100_000):
        info = PngInfo()
        info.add_itxt("depthfusion", text)
        Image.fromarray(picture).save(tmp_path / "w.png", pnginfo=info)
        assert read_panorama(tmp_path / "w.png").provenance.view == {}
