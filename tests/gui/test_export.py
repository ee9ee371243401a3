"""Export: files that other programs read, and that read back as what they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from depthfusion.errors import SaveError
from depthfusion.gui.export import ExportKind, names_of_kinds, rgbd_from_panorama, write_export
from depthfusion.gui.loading import Source
from depthfusion.panorama import DepthMeaning, Panorama, read_panorama
from depthfusion.view import View
from tests.gui.conftest import TIMEOUT_MS, MakeWindow, open_and_wait


def scene(depth_width_px: int = 256) -> Panorama:
    draw = np.random.default_rng(3)
    color = draw.integers(0, 256, (128, 256, 3)).astype(np.uint8)
    ramp = np.linspace(0.1, 0.9, depth_width_px // 2, dtype=np.float32)
    return Panorama(color, np.repeat(ramp[:, None], depth_width_px, axis=1), title="a ramp")


def test_a_pair_comes_back_as_it_was(tmp_path: Path) -> None:
    view = View(yaw_deg=40.0, strength=0.3)
    path = write_export(scene(), ExportKind.PAIR, tmp_path / "ramp.png", view)
    with Image.open(tmp_path / "ramp_depth.png") as depth:
        assert depth.mode == "I;16"
    back = read_panorama(path)
    assert np.array_equal(back.color, scene().color)
    assert np.abs(back.depth - scene().depth).max() < 1e-5
    assert View.from_dict(back.provenance.view) == view


@pytest.mark.parametrize("depth_width_px", [128, 256, 512])
def test_one_picture_comes_back_with_eight_bits_of_depth(
    tmp_path: Path, depth_width_px: int
) -> None:
    path = write_export(scene(depth_width_px), ExportKind.RGBD, tmp_path / "rgbd.png")
    with Image.open(path) as picture:
        assert picture.size == (256, 256)
    back = read_panorama(path)
    assert np.array_equal(back.color, scene().color)
    assert np.abs(back.depth - scene().depth).max() < 0.01


def test_distances_become_white_near() -> None:
    metres = np.geomspace(1, 50, 128, dtype=np.float32)[:, None].repeat(256, axis=1)
    far_below = Panorama(scene().color, metres, DepthMeaning.DISTANCE)
    gray = rgbd_from_panorama(far_below)[128:, 0, 0].astype(int)
    assert gray[0] == 255 and gray[-1] == 0 and (np.diff(gray) <= 0).all()


def test_what_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SaveError, match="want an existing folder"):
        write_export(scene(), ExportKind.PAIR, tmp_path / "nowhere" / "a.png")


def test_without_depth_there_is_less_to_choose() -> None:
    assert len(names_of_kinds(str, has_depth=True)) == 3
    assert list(names_of_kinds(str, has_depth=False)) == [ExportKind.PAIR, ExportKind.SEEN]


@pytest.mark.gui
@pytest.mark.gl
@pytest.mark.parametrize("kind", list(ExportKind))
def test_ctrl_e_exports_what_is_open(
    make_window: MakeWindow, qtbot: QtBot, pictures: Path, tmp_path: Path, kind: ExportKind
) -> None:
    window = make_window()
    open_and_wait(qtbot, window, Source(str(pictures / "scene.png")))
    QTest.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    (dialog,) = window.findChildren(QFileDialog)
    dialog.selectNameFilter(names_of_kinds(window.tr, has_depth=True)[kind])
    with qtbot.waitSignal(window.saver.saved, timeout=TIMEOUT_MS):
        dialog.fileSelected.emit(str(tmp_path / "out.png"))
    dialog.reject()
    size = {ExportKind.PAIR: (1024, 512), ExportKind.RGBD: (1024, 1024)}.get(kind)
    with Image.open(tmp_path / "out.png") as picture:
        assert picture.size == (size or window.viewport.size_px())
    assert (tmp_path / "out_depth.png").exists() is (kind is ExportKind.PAIR)
    assert window.toast.isVisible() and "out.png" in window.toast.text


@pytest.mark.gui
@pytest.mark.gl
def test_what_the_dialog_did_not_ask_about_is_not_overwritten(
    make_window: MakeWindow, qtbot: QtBot, pictures: Path, tmp_path: Path
) -> None:
    window = make_window()
    open_and_wait(qtbot, window, Source(str(pictures / "scene.png")))
    other = tmp_path / "room_depth.png"
    other.write_bytes(b"of another room")
    window.export(ExportKind.PAIR, tmp_path / "room.png")
    assert "room_depth.png is there already" in window.banner.text
    window.export(ExportKind.RGBD, tmp_path / "room.jpg")
    assert "want a name that ends in .png, got room.jpg" in window.banner.text
    assert other.read_bytes() == b"of another room"
    assert [path.name for path in tmp_path.glob("room*")] == ["room_depth.png"]
