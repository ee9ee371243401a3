import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from depthfusion.cli import main


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    rows, columns = np.mgrid[0:32, 0:64]
    color = np.stack([columns * 4, rows * 8, 255 - columns], axis=2).astype(np.uint8)
    Image.fromarray(color).save(tmp_path / "w.png")
    sine = np.sin(np.radians(180 * (rows + 0.5) / 32 - 90))
    depth = np.where(sine > 0, 50 + 200 * np.maximum(sine, 0), 20)
    Image.fromarray(depth.astype(np.uint8)).save(tmp_path / "w_depth.png")
    return tmp_path / "w.png"


def test_info_tells_what_was_found_and_assumed(
    pair: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["info", str(pair)]) == 0
    said = capsys.readouterr()
    assert "64x32" in said.out and "white = near" in said.out and "by its name" in said.out
    assert said.err == ""


def test_info_as_json_holds_every_fact(pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--json", "--near-m", "0.5", "--far-m", "inf"]
    assert main(["info", str(pair), *options]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["color"] == {"source": str(pair), "width_px": 64, "height_px": 32}
    depth = found["depth"]
    assert (depth["near_m"], depth["far_m"], depth["meaning"]) == (0.5, "inf", "relative")
    assert depth["source"] == str(pair.with_name("w_depth.png"))
    assert 0 < depth["farthest"] < depth["nearest"] <= 1
    assert found["is_metric"] and any("white = near" in n for n in found["notes"])


def test_what_is_said_on_the_line_wins(pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    depth = str(pair.with_name("w_depth.png"))
    assert main(["info", str(pair), depth, "--json", "--depth-is", "metres"]) == 0
    assert json.loads(capsys.readouterr().out)["depth"]["meaning"] == "distance"
    assert main(["info", str(pair), depth, "--json", "--invert-depth"]) == 0
    notes = json.loads(capsys.readouterr().out)["notes"]
    assert any("inverted, as you said" in note for note in notes)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nothing.png"], 66, "no such file: nothing.png"),
        (["w.png", "nothing.png"], 66, "no such file: nothing.png"),
        (["w.png", "--near-m", "1"], 2, "--far-m together"),
        (["w.png", "--near-m", "5", "--far-m", "1"], 2, "near < far"),
        (["w_depth.png", "w.png"], 1, "w.png is a colour picture"),
    ],
)
def test_each_failure_is_one_line_and_its_code(
    arguments: list[str], code: int, words: str, pair: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(pair.parent)
    assert main(["info", *arguments]) == code
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and words in said.err


def test_help_needs_neither_numpy_nor_pillow() -> None:
    code = (
        "import sys\nfrom depthfusion.cli import main\n"
        "try: main(['info', '--help'])\nexcept SystemExit: pass\n"
        "print(sorted({'numpy', 'PIL', 'scipy', 'OpenEXR'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "--depth-is" in done.stdout and done.stdout.endswith("[]\n")


def test_importing_the_panorama_package_is_cheap() -> None:
    code = "import sys, depthfusion.panorama as p; p.DepthIs\nprint('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
