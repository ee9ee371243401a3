"""`depthfusion render`."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from depthfusion.cli import build_parser, main
from depthfusion.cli.render import position_m, size_px, view_from_options
from depthfusion.errors import UsageError
from depthfusion.view import Mapping, Stereo, View

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
World = tuple[Path, Path]


def parse(*arguments: str) -> argparse.Namespace:
    return build_parser("render").parse_args(["render", "a.png", "-o", "b.png", *arguments])


@pytest.mark.parametrize(
    "arguments",
    [
        ("--position-m", "-0.1,0,0.25"),
        ("--position-m=-0.1,0,0.25",),
        ("--position-m", "-.1,-0,2.5e-1"),
    ],
)
def test_a_position_may_begin_with_a_minus(arguments: tuple[str, ...]) -> None:
    assert view_from_options(parse(*arguments), {}).position_m == (-0.1, 0, 0.25)


def test_negative_angles_need_no_equals_sign() -> None:
    view = view_from_options(parse("--yaw-deg", "-30", "--pitch-deg", "-1e1"), {})
    assert (view.yaw_deg, view.pitch_deg) == (-30, -10)


def test_every_option_of_the_view_reaches_it() -> None:
    line = (
        "--fov-deg 60 --yaw-deg 10 --pitch-deg 20 --position-m 1,2,3 --stereo rows"
        " --eye-separation-mm 65 --convergence-m 3 --mapping linear --strength 0.5"
        " --world-scale 2 --shading depth"
    )
    view = view_from_options(parse(*line.split()), {})
    expected = {
        "fov_deg": 60, "yaw_deg": 10, "pitch_deg": 20, "position_m": [1, 2, 3], "stereo": "rows",
        "eye_separation_mm": 65, "convergence_m": 3, "mapping": "linear", "strength": 0.5,
        "world_scale": 2, "shading": "depth",
    }  # fmt: skip
    assert view.to_dict() == View().to_dict() | expected


def test_without_options_the_view_is_the_default_one() -> None:
    assert view_from_options(parse(), {"yaw_deg": 90.0}) == View()


def test_a_stored_view_is_used_when_asked_for_and_options_come_on_top() -> None:
    stored = View(yaw_deg=90, strength=0.3, mapping=Mapping.LINEAR, near_m=1, far_m=9).to_dict()
    view = view_from_options(parse("--use-stored-view", "--strength", "0.6"), stored)
    assert view == View(yaw_deg=90, strength=0.6, mapping=Mapping.LINEAR, near_m=1, far_m=9)


def test_near_and_far_of_the_command_line_win_over_stored_ones() -> None:
    stored = View(near_m=1, far_m=9).to_dict()
    options = parse("--use-stored-view", "--near-m", "2", "--far-m", "5")
    assert view_from_options(options, stored).near_m is None


def test_values_out_of_range_are_refused_before_the_picture_is_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["render", "nowhere.png", "-o", "b.png", "--strength", "3"]) == 2
    assert "want strength from 0 to 1, got 3" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["3", "0x5", "axb", "-1x2", "1280 720"])
def test_a_size_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="1280x720"):
        size_px(text)


@pytest.mark.parametrize("text", ["1,2", "1,2,3,4", "a,b,c", ""])
def test_a_position_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="X,Y,Z"):
        position_m(text)


def test_a_missing_picture_is_exit_66_and_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", "nowhere.png", "-o", "b.png"]) == 66
    assert capsys.readouterr().err.count("\n") == 1


def test_an_unknown_ending_is_exit_2(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", str(world[0]), "-o", "b.gif"]) == 2
    assert ".png" in capsys.readouterr().err


def test_what_is_read_is_never_written_over(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in world:
        before = path.read_bytes()
        assert main(["render", *map(str, world), "-o", str(path)]) == 2
        assert path.read_bytes() == before
        assert "want another file" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_told_before_rendering(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["render", *map(str, world), "-o", str(tmp_path / "no" / "b.png")]) == 1
    assert "make it first" in capsys.readouterr().err


def test_picture_and_report_cannot_share_standard_output() -> None:
    with pytest.raises(UsageError, match="drop one"):
        from depthfusion.cli import render

        render.run(parse("-o", "-", "--json"))


def mean_color(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))[20:-20, 20:-20].mean(axis=(0, 1))


@pytest.mark.gl
@pytest.mark.parametrize(
    ("yaw_deg", "color"),
    [(0, (220, 40, 40)), (90, (40, 220, 40)), (180, (40, 40, 220)), (-90, (128, 128, 128))],
)
def test_yaw_turns_to_the_right(
    world: World, tmp_path: Path, yaw_deg: int, color: tuple[int, int, int]
) -> None:
    out = tmp_path / "out.png"
    arguments = ["render", *map(str, world), "-o", str(out), "--size", "64x64", "--fov-deg", "50"]
    assert main([*arguments, "--yaw-deg", str(yaw_deg)]) == 0
    assert np.abs(mean_color(out) - color).max() < 3


@pytest.mark.gl
def test_moving_aside_shows_the_near_box_elsewhere(world: World, tmp_path: Path) -> None:
    def picture(*arguments: str) -> np.ndarray:
        out = tmp_path / "out.png"
        command = ["render", *map(str, world), "-o", str(out), "--size", "96x96"]
        assert main([*command, "--shading", "depth", *arguments]) == 0
        return np.asarray(Image.open(out)).astype(int)

    moved = np.abs(picture() - picture("--position-m", "-0.2,0,0"))
    assert moved.max() > 60


@pytest.mark.gl
def test_a_png_carries_how_it_was_made(world: World, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    command = ["render", *map(str, world), "-o", str(out), "--size", "32x16"]
    assert main([*command, "--stereo", "side-by-side", "--yaw-deg", "12"]) == 0
    with Image.open(out) as image:
        assert image.size == (32, 16)
        made = json.loads(image.text["depthfusion"])  # type: ignore[attr-defined]
        assert image.info["srgb"] == 0
    assert View.from_dict(made["view"]) == View(yaw_deg=12, stereo=Stereo.SIDE_BY_SIDE)
    assert made["color_file"] == "room.png"
    assert made["depth_file"] == "room_depth.png"


@pytest.mark.gl
@pytest.mark.parametrize(("ending", "kind"), [("jpg", "JPEG"), ("webp", "WEBP"), ("PNG", "PNG")])
def test_the_ending_names_the_format(
    world: World, tmp_path: Path, ending: str, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / f"out.{ending}"
    command = ["render", *map(str, world), "-o", str(out), "--size", "32x16", "--json"]
    assert main(command) == 0
    with Image.open(out) as image:
        assert image.format == kind
    report = json.loads(capsys.readouterr().out)
    assert report["bytes"] == out.stat().st_size
    assert report["size_px"] == [32, 16]
    assert [p.name for p in tmp_path.iterdir()] == [out.name], "a temporary file was left"


@pytest.mark.gl
def test_plain_and_best_quality_show_the_same_world(world: World, tmp_path: Path) -> None:
    pictures = []
    for name, extra in {"best": [], "plain": ["--plain", "--msaa", "0"]}.items():
        out = tmp_path / f"{name}.png"
        command = ["render", *map(str, world), "-o", str(out), "--size", "64x64"]
        assert main([*command, *extra]) == 0
        pictures.append(np.asarray(Image.open(out)).astype(int))
    assert np.abs(pictures[0] - pictures[1]).mean() < 3


@pytest.mark.gl
@pytest.mark.slow
def test_a_dash_writes_a_png_to_standard_output(world: World, run_command: Run) -> None:
    result = run_command("render", *world, "-o", "-", "--size", "40x20")
    assert result.returncode == 0, result.stderr
    with Image.open(BytesIO(result.stdout)) as image:
        assert (image.format, image.size) == ("PNG", (40, 20))


@pytest.mark.gl
@pytest.mark.slow
def test_without_a_picture_the_bundled_world_is_rendered(tmp_path: Path) -> None:
    out = tmp_path / "first.png"
    assert main(["render", "-o", str(out), "--size", "160x90"]) == 0
    with Image.open(out) as image:
        pixels = np.asarray(image)
        made = json.loads(image.text["depthfusion"])  # type: ignore[attr-defined]
    assert made["depth_file"], "the world has no depth"
    assert pixels.std() > 20


@pytest.mark.gl
@pytest.mark.slow
def test_a_reader_that_leaves_early_is_no_error(world: World) -> None:
    command = [sys.executable, "-m", "depthfusion", "render", *map(str, world), "-o", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        said = child.stderr.read().decode()
    assert child.returncode == 0
    assert "Traceback" not in said
    assert "Exception ignored" not in said
