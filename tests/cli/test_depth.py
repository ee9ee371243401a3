"""`depthfusion depth` with a tiny real network: what it writes, says and refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from depthfusion.cli import main
from depthfusion.cli.depth import GIVES
from depthfusion.panorama import DepthMeaning, read_panorama
from tests.ldm3d.depth.tiny_networks import tiny_network


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_network("dpt", tmp_path_factory.mktemp("network"))


@pytest.fixture
def image(tmp_path: Path) -> Path:
    blocks = np.random.default_rng(7).integers(0, 256, (8, 16, 3))
    pixels = np.kron(blocks, np.ones((8, 8, 1))).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "room.png")
    return tmp_path / "room.png"


def test_the_map_lies_beside_the_picture_and_view_finds_it(
    image: Path, network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["depth", str(image), "--model", str(network)]) == 0
    said = capsys.readouterr()
    path = image.with_name("room_depth.png")
    assert said.out == "" and f"{path}: 128x64, 16 tiles" in said.err
    with Image.open(path) as written:
        assert written.size == (128, 64) and written.mode == "I;16"
        assert len(np.unique(np.asarray(written))) > 1000
    panorama = read_panorama(image)
    assert panorama.depth is not None and panorama.depth.shape == (64, 128)
    assert panorama.meaning is DepthMeaning.RELATIVE and not panorama.is_metric
    assert panorama.provenance.depth_source == str(path)
    assert any("says itself what it holds" in note for note in panorama.provenance.notes)
    assert panorama.provenance.generation["depth"]["model"] == str(network)
    assert [p.name for p in image.parent.iterdir() if p.name[0] == "."] == []


def test_the_report_is_json_and_quiet_says_nothing_else(
    image: Path, network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.png"
    arguments = ["depth", str(image), "-o", str(output), "--model", str(network)]
    assert main([*arguments, "--json", "--quiet", "--tiles", "2"]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert said.err == "" and found["output"] == str(output)
    assert (found["tiles"], found["panorama"], found["width_px"]) == (60, True, 128)
    assert found["disagreement"] >= 0 and found["seam"] > 0 and found["seconds"] > 0
    assert any(f"view {image} {output}" in note for note in found["notes"])  # not by its name


def test_an_ordinary_or_whole_picture_is_looked_at_once(
    image: Path, network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = tmp_path / "photo.jpg"
    with Image.open(image) as opened:
        opened.resize((96, 72)).save(photo)
    assert main(["depth", str(photo), "--model", str(network)]) == 0
    said = capsys.readouterr().err
    assert "1 view" in said and "photo.jpg is not 2:1" in said
    with Image.open(tmp_path / "photo_depth.png") as written:
        assert written.size == (96, 72)
    assert main(["depth", str(image), "--whole", "--model", str(network)]) == 0
    said = capsys.readouterr().err
    assert "1 view" in said and "not 2:1" not in said
    assert read_panorama(image).depth is not None


def test_how_the_picture_was_made_stays_known(
    image: Path, network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from depthfusion.panorama import Panorama, Provenance, write_pair

    with Image.open(image) as opened:
        color = np.array(opened)
    made = Provenance(generation={"prompt": "a moor", "seed": 3})
    write_pair(Panorama(color, provenance=made), image)
    assert main(["depth", str(image), "--model", str(network), "--quiet"]) == 0
    generation = read_panorama(image).provenance.generation
    assert (generation["prompt"], generation["seed"]) == ("a moor", 3)
    assert generation["depth"]["tiles"] == 16


def test_a_file_that_is_there_is_only_replaced_when_told(
    image: Path, network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = image.with_name("room_depth.png")
    path.write_bytes(b"precious")
    arguments = ["depth", str(image), "--model", str(network)]
    assert main(arguments) == 2
    assert "--overwrite replaces it" in capsys.readouterr().err
    assert path.read_bytes() == b"precious"
    assert main([*arguments, "--overwrite", "--quiet"]) == 0
    assert path.read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nothing.png"], 66, "no such file: nothing.png"),
        (["."], 66, "is a folder"),
        (["room.png", "-o", "depth.jpg"], 2, "ends in .png"),
        (["room.png", "-o", "nowhere/depth.png"], 1, "make it first"),
        (["room.png", "-o", "room.png"], 2, "for both"),
        (["room.png", "--model", "nothing-here"], 66, "no model nothing-here"),
        (["room.png", "--model", "."], 1, "want the folder of a depth network"),
        (["room.png", "--device", "toaster"], 2, "toaster"),
        (["broken.png"], 1, "broken.png"),
        (["pair.png"], 1, "a depth map as one half"),
        (["tiny.png"], 2, "16x16 pixels or more"),
    ],
)
def test_each_failure_is_one_line_and_its_code(
    arguments: list[str], code: int, words: str, image: Path, network: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(image.parent)
    Path("broken.png").write_bytes(image.read_bytes()[:300])
    with Image.open(image) as opened:
        color = np.array(opened)
    gray = np.repeat(color[..., 1:2], 3, axis=2)
    Image.fromarray(np.concatenate([color, gray])).save("pair.png")
    Image.fromarray(color[:8, :8]).save("tiny.png")
    before = sorted(p.name for p in Path().iterdir())
    extra = [] if "--model" in arguments else ["--model", str(network)]
    assert main(["depth", *arguments, *extra, "--quiet"]) == code
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and words in said.err
    assert sorted(p.name for p in Path().iterdir()) == before


def test_without_a_network_the_line_says_which_to_get(
    image: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(image.parent / "hub"))
    assert main(["depth", str(image), "--quiet"]) == 66
    said = capsys.readouterr().err
    assert (
        " download Intel/dpt-large`, or name a folder with --model" in said
        and said.count("\n") == 1
    )


def test_without_torch_the_line_says_what_to_install(
    image: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    assert main(["depth", str(image)]) == 69
    assert "pip install 'depthfusion-panorama[generate]'" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no interval timer")
def test_ctrl_c_leaves_nothing_behind(
    image: Path, network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Image.open(image) as opened:
        opened.resize((4096, 2048)).save(tmp_path / "large.png")
    interrupt = signal.getsignal(signal.SIGINT)
    before = signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    signal.setitimer(signal.ITIMER_REAL, 0.7)  # 152 tiles take longer than that
    try:
        arguments = ["depth", str(tmp_path / "large.png"), "--tiles", "3", "--model", str(network)]
        assert main(arguments) == 130
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.signal(signal.SIGINT, interrupt)  # a cancelled command leaves it to the system
    assert "cancelled" in capsys.readouterr().err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["large.png", "room.png"]


def test_the_choices_of_the_line_are_those_of_the_library() -> None:
    from ldm3d.depth import Gives

    assert tuple(Gives) == GIVES


def test_help_needs_neither_numpy_nor_torch() -> None:
    code = (
        "import sys; from depthfusion.cli import main\n"
        "try: main(['depth', '--help'])\n"
        "except SystemExit: pass\n"
        "print({'numpy', 'torch', 'PIL', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("set()\n")


def test_a_picture_with_depth_inside_is_refused(
    tmp_path: Path, network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import OpenEXR

    pixels = np.random.default_rng(0).random((64, 128)).astype(np.float32)
    channels = dict.fromkeys(("R", "G", "B", "Z"), pixels + 1)
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, channels).write(str(tmp_path / "deep.exr"))
    assert main(["depth", str(tmp_path / "deep.exr"), "--model", str(network)]) == 1
    assert "has a depth map inside" in capsys.readouterr().err
