"""The Python API, and the page that shows it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import depthfusion
from depthfusion import picture_file
from depthfusion.errors import InputNotFoundError, SaveError, UsageError

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    color = np.zeros((32, 64, 3), np.uint8)
    color[..., 0] = 200
    Image.fromarray(color).save(tmp_path / "room.png")
    depth = np.linspace(2000, 60000, 32, dtype=np.uint16)[:, None].repeat(64, axis=1)
    Image.fromarray(np.ascontiguousarray(depth)).save(tmp_path / "room_depth.png")
    return tmp_path / "room.png", tmp_path / "room_depth.png"


def test_every_name_of_the_package_is_there() -> None:
    for name in depthfusion.__all__:
        assert getattr(depthfusion, name) is not None
    assert set(depthfusion.__all__) <= set(dir(depthfusion))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="fly"):
        _ = depthfusion.fly


def test_open_reads_a_pair_and_says_what_it_assumed(pair: tuple[Path, Path]) -> None:
    panorama = depthfusion.open(*pair)
    assert panorama.color.shape == (32, 64, 3)
    assert panorama.depth is not None
    assert panorama.provenance.notes


def test_options_of_open_reach_the_reader(pair: tuple[Path, Path]) -> None:
    panorama = depthfusion.open(*pair, depth_is="near-black", near_m=1, far_m=20)
    plain = depthfusion.open(*pair, depth_is="near-white")
    assert panorama.is_metric
    assert panorama.depth is not None
    assert plain.depth is not None
    assert panorama.depth[0, 0] > panorama.depth[-1, 0]
    assert plain.depth[0, 0] < plain.depth[-1, 0]


def test_a_word_that_is_no_option_is_told_with_the_ones_that_are() -> None:
    with pytest.raises(UsageError, match=r"near-white.*'upside'"):
        depthfusion.open("room.png", depth_is="upside")


def test_a_missing_file_is_told() -> None:
    with pytest.raises(InputNotFoundError):
        depthfusion.open("nowhere.png")


def test_a_picture_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"before")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(SaveError, match="No space left"):
        depthfusion.save_image(np.zeros((2, 4, 3), np.uint8), path)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path], "a temporary file was left"


def test_a_written_picture_can_be_read_by_others_as_usual(tmp_path: Path) -> None:
    ordinary = tmp_path / "ordinary"
    ordinary.write_bytes(b"")
    path = tmp_path / "a.png"
    depthfusion.save_image(np.zeros((2, 4, 3), np.uint8), path)
    assert path.stat().st_mode == ordinary.stat().st_mode


def test_a_format_that_cannot_hold_the_picture_is_told() -> None:
    with pytest.raises(SaveError, match="20000x1"):
        picture_file.encode(np.zeros((1, 20000, 3), np.uint8), "WEBP")


@pytest.mark.gl
def test_the_example_of_the_docs_runs(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs" / "python-api.md").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", page, re.S)
    assert len(examples) == 3
    monkeypatch.chdir(pair[0].parent)
    names: dict[str, object] = {}
    for example in examples:
        exec(compile(example, "python-api.md", "exec"), names)
    for name in ("view.png", "anaglyph.jpg", "copy.png", "copy_depth.png"):
        with Image.open(name) as image:
            image.load()
    frame = names["frame"]
    assert isinstance(frame, np.ndarray)
    assert frame.shape == (32, 64, 3)


def test_every_name_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "python-api.md").read_text(encoding="utf-8")
    for name in set(depthfusion.__all__) - {"__version__"}:
        assert f"`{name}" in page
