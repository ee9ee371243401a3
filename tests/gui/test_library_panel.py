"""The library's panel: finding, opening, favouring, renaming, deleting, dragging, states."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QPainter,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QStyleOptionViewItem, QWidget

from depthfusion.errors import SaveError
from depthfusion.gui import theme
from depthfusion.gui.importing import Importing
from depthfusion.gui.library_model import difference
from depthfusion.gui.library_panel import LibraryPanel
from depthfusion.library import Library, Order
from depthfusion.panorama.world_folder import ABOUT, COLOR
from depthfusion.panorama.write_world import write_world
from tests.gui.conftest import destroy
from tests.library.small_worlds import light_worlds, panorama

TIMEOUT_MS = 15_000
PROMPTS = ("a mossy forest", "a beach at dawn", "a cave of ice", "a forest in fog")
"""The first is the newest."""
Make = Callable[[], LibraryPanel]


class Heard:
    """What a panel has said."""

    def __init__(self, panel: LibraryPanel) -> None:
        self.opened: list[str] = []
        self.dropped: list[list[str]] = []
        self.complaints: list[str] = []
        self.told: list[tuple[str, bool]] = []
        panel.opened.connect(lambda world: self.opened.append(world.name))
        panel.import_wanted.connect(self.dropped.append)
        panel.complained.connect(self.complaints.append)
        panel.told.connect(lambda text, undo: self.told.append((text, undo)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library of four worlds, w0 (the newest) to w3."""
    for number, prompt in enumerate(PROMPTS):
        add_world(tmp_path / "library", number, prompt)
    return tmp_path / "library"


def add_world(folder: Path, number: int, prompt: str, **more: Any) -> Path:
    created = f"2026-03-{20 - number:02d}T12:00:00+00:00"
    return write_world(panorama(prompt), folder / f"w{number}", {"created": created, **more})


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library", indexes=tmp_path / "indexes") as opened:
        yield opened


@pytest.fixture
def make(qtbot: object, qapp: QApplication, library: Library) -> Iterator[Make]:
    """Show a panel and wait until its library has been looked through."""
    windows: list[tuple[QWidget, LibraryPanel]] = []

    def made() -> LibraryPanel:
        window = QWidget()
        window.resize(420, 620)
        panel = LibraryPanel(library, window)
        windows.append((window, panel))
        panel.resize(280, 600)
        window.show()
        assert QTest.qWaitForWindowExposed(window, TIMEOUT_MS)
        qtbot.waitUntil(lambda: panel.watch.has_scanned, timeout=TIMEOUT_MS)
        return panel

    yield made
    for window, panel in windows:
        panel.shut_down()
        destroy(window)


@pytest.fixture
def panel(make: Make, folder: Path) -> LibraryPanel:
    return make()


def shown(panel: LibraryPanel) -> list[str]:
    return list(panel.model.names)


def pick(panel: LibraryPanel, *names: str) -> None:
    panel.list.select_names(list(names), names[0])


def settle(qtbot: object, panel: LibraryPanel) -> None:
    """Wait until all changes are done and told."""
    done: list[bool] = []
    panel.work.do(lambda: None, lambda _: done.append(True))
    qtbot.waitUntil(lambda: bool(done), timeout=TIMEOUT_MS)


# Finding -----------------------------------------------------------------------------------------


def test_worlds_are_listed_the_newest_first(panel: LibraryPanel) -> None:
    assert shown(panel) == ["w0", "w1", "w2", "w3"]
    assert panel.foot.text == "4 worlds"


def test_what_is_typed_is_found_at_once(qtbot: object, panel: LibraryPanel) -> None:
    QTest.keyClicks(panel.header.search, "fores")
    qtbot.waitUntil(lambda: shown(panel) == ["w0", "w3"], timeout=TIMEOUT_MS)
    assert panel.foot.text == "2 found"
    QTest.keyClick(panel.header.search, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: len(shown(panel)) == 4, timeout=TIMEOUT_MS)


def test_a_selected_world_stays_selected_while_one_searches(
    qtbot: object, panel: LibraryPanel
) -> None:
    pick(panel, "w3")
    panel.header.search.setText("forest")
    qtbot.waitUntil(lambda: shown(panel) == ["w0", "w3"], timeout=TIMEOUT_MS)
    assert panel.list.selected_names() == ["w3"]


def test_order_and_layout_are_habits(panel: LibraryPanel, make: Make) -> None:
    panel.header.set_order(Order.NAME)
    panel.header.layout_button.click()
    assert shown(panel) == ["w1", "w2", "w3", "w0"]
    habits = json.loads(json.dumps(panel.habits()))
    other = make()
    other.restore(habits)
    assert shown(other) == ["w1", "w2", "w3", "w0"]
    assert not other.list.delegate.is_grid
    other.restore({"library_grid": "x", "library_order": 3})
    assert shown(other) == ["w1", "w2", "w3", "w0"]


def test_nothing_found_offers_to_clear_the_search(qtbot: object, panel: LibraryPanel) -> None:
    panel.header.search.setText("zebra")
    qtbot.waitUntil(panel.hint.isVisible, timeout=TIMEOUT_MS)
    assert panel.hint.text == "Nothing found for “zebra”"
    panel.hint.button.click()
    assert len(shown(panel)) == 4
    assert panel.list.isVisible()


def test_an_empty_library_says_that_worlds_will_appear(make: Make) -> None:
    panel = make()
    assert panel.hint.isVisible()
    assert panel.hint.text == "Your worlds will appear here"
    assert not panel.hint.button.isVisible()


# Changes by others -------------------------------------------------------------------------------


def test_a_world_of_another_program_appears_and_selection_stays(
    qtbot: object, panel: LibraryPanel, folder: Path
) -> None:
    pick(panel, "w1", "w3")
    write_world(panorama("a new moor"), folder / "new")
    panel.watch.scan()
    qtbot.waitUntil(lambda: shown(panel)[0] == "new", timeout=TIMEOUT_MS)
    assert panel.list.selected_names() == ["w1", "w3"]
    assert panel.list.current_name() == "w1"


def test_what_comes_is_noticed_without_being_asked(
    qtbot: object, panel: LibraryPanel, library: Library
) -> None:
    library.set_favourite("w2")
    library.delete(["w1"])
    qtbot.waitUntil(lambda: shown(panel) == ["w0", "w2", "w3"], timeout=TIMEOUT_MS)
    assert panel.model.world(1).is_favourite


def test_the_list_does_not_jump_when_a_world_comes(
    qtbot: object, make: Make, library: Library, tmp_path: Path
) -> None:
    light_worlds(tmp_path / "library", 80)
    library.scan()
    panel = make()
    bar = panel.list.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    before = panel.list.anchor()
    assert before is not None
    first = panel.model.names[0]
    library.delete([first])
    qtbot.waitUntil(lambda: first not in panel.model.names, timeout=TIMEOUT_MS)
    assert panel.list.anchor() == before
    write_world(panorama("a new moor"), tmp_path / "library" / "new")
    panel.watch.scan()
    qtbot.waitUntil(lambda: "new" in panel.model.names, timeout=TIMEOUT_MS)
    assert panel.list.anchor() == before


def test_a_hidden_panel_leaves_the_library_alone(panel: LibraryPanel) -> None:
    panel.hide()
    assert not panel.watch._poll.isActive()
    panel.show()
    assert panel.watch._poll.isActive()


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("abc", "abc", (3, 3, 3)),
        ("abc", "xabc", (0, 0, 1)),
        ("abc", "ac", (1, 2, 1)),
        ("aab", "ab", (1, 2, 1)),
        ("", "ab", (0, 0, 2)),
        ("abc", "cba", (0, 3, 3)),
    ],
)
def test_only_what_differs_is_changed(old: str, new: str, found: tuple[int, int, int]) -> None:
    assert difference(list(old), list(new)) == found


# Opening -----------------------------------------------------------------------------------------


def test_enter_and_a_double_click_open(panel: LibraryPanel) -> None:
    heard = Heard(panel)
    pick(panel, "w1")
    QTest.keyClick(panel.list, Qt.Key.Key_Return)
    place = panel.list.visualRect(panel.model.index(0)).center()
    port = panel.list.viewport()
    QTest.mouseClick(port, Qt.MouseButton.LeftButton, pos=place)
    assert heard.opened == ["w1"]
    QTest.mouseDClick(port, Qt.MouseButton.LeftButton, pos=place)
    assert heard.opened == ["w1", "w0"]


def test_the_tooltip_of_a_world_tells_how_it_opens(panel: LibraryPanel) -> None:
    tip = panel.model.index(0).data(Qt.ItemDataRole.ToolTipRole)
    assert "Double-click to open" in tip


def test_the_world_on_the_screen_is_marked_and_in_sight(panel: LibraryPanel, folder: Path) -> None:
    panel.resize(280, 260)
    panel.show_current(folder / "w3")
    assert panel.list.delegate.open_name == "w3"
    assert panel.list.selected_names() == ["w3"]
    rect = panel.list.visualRect(panel.model.index(3))
    assert panel.list.viewport().rect().contains(rect.center())
    panel.show_current(folder.parent / "elsewhere")
    assert panel.list.delegate.open_name == ""


def test_a_world_just_made_is_shown_when_it_is_opened(
    panel: LibraryPanel, library: Library
) -> None:
    world = library.add(panorama("a quarry"))
    panel.show_current(world.folder)
    assert panel.list.selected_names() == [world.name]


# Favourites --------------------------------------------------------------------------------------


def test_a_star_is_clicked_without_touching_the_selection(
    qtbot: object, panel: LibraryPanel, library: Library
) -> None:
    heard = Heard(panel)
    pick(panel, "w3")
    star = panel.list.star_rect(0).center()
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=star)
    assert panel.model.world(0).is_favourite, "shown before it is written"
    settle(qtbot, panel)
    assert library.world("w0").is_favourite
    assert panel.list.selected_names() == ["w3"]
    assert heard.opened == []


def test_f_favours_all_that_are_selected_and_then_none(
    qtbot: object, panel: LibraryPanel, library: Library
) -> None:
    library.set_favourite("w1")
    panel.refresh()
    pick(panel, "w1", "w2")
    QTest.keyClick(panel.list, Qt.Key.Key_F)
    settle(qtbot, panel)
    assert [w.name for w in library.page() if w.is_favourite] == ["w1", "w2"]
    panel.header.favourites.click()
    assert shown(panel) == ["w1", "w2"]
    assert panel.foot.text == "2 of 2 selected"
    panel.toggle_favourite()
    settle(qtbot, panel)
    assert shown(panel) == []
    assert panel.hint.text == "No favourites yet"


def test_what_cannot_be_changed_is_told_and_shown_as_it_is(
    qtbot: object, panel: LibraryPanel, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise SaveError("cannot write to the library: read-only")

    monkeypatch.setattr(library, "set_favourite", refuse)
    heard = Heard(panel)
    pick(panel, "w0")
    panel.toggle_favourite()
    settle(qtbot, panel)
    assert heard.complaints == ["cannot write to the library: read-only"]
    assert not panel.model.world(0).is_favourite


# Renaming ----------------------------------------------------------------------------------------


@pytest.mark.gui
def test_f2_renames_in_place(qtbot: object, panel: LibraryPanel, library: Library) -> None:
    panel.activateWindow()
    assert QTest.qWaitForWindowActive(panel.window(), TIMEOUT_MS)
    panel.focus_list()
    pick(panel, "w1")
    QTest.keyClick(panel.list, Qt.Key.Key_F2)
    editor = panel.list.viewport().findChild(QLineEdit)
    assert editor is not None
    assert editor.text() == PROMPTS[1]
    editor.selectAll()
    QTest.keyClicks(editor, "Fairy bay")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel.model.world(1).title == "Fairy bay", timeout=TIMEOUT_MS)
    settle(qtbot, panel)
    assert library.world("w1").title == "Fairy bay"
    assert not library.world("w1").is_favourite, "an f in the title is a letter"


@pytest.mark.gui
def test_escape_leaves_the_title_as_it_was(panel: LibraryPanel, library: Library) -> None:
    panel.activateWindow()
    assert QTest.qWaitForWindowActive(panel.window(), TIMEOUT_MS)
    pick(panel, "w1")
    panel.rename_selected()
    editor = panel.list.viewport().findChild(QLineEdit)
    QTest.keyClicks(editor, "Bay")
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert library.world("w1").title == PROMPTS[1]


# Deleting ----------------------------------------------------------------------------------------


def test_del_deletes_and_ctrl_z_brings_back(
    qtbot: object, panel: LibraryPanel, library: Library
) -> None:
    heard = Heard(panel)
    pick(panel, "w1")
    QTest.keyClick(panel.list, Qt.Key.Key_Delete)
    assert shown(panel) == ["w0", "w2", "w3"], "gone before the disk is done"
    assert panel.list.selected_names() == ["w2"]
    settle(qtbot, panel)
    assert library.count() == 3
    assert heard.told == [(f"“{PROMPTS[1]}” deleted", True)]
    QTest.keyClick(panel.list, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(heard.told) == 2, timeout=TIMEOUT_MS)
    assert heard.told[1] == (f"“{PROMPTS[1]}” is back", False)
    assert shown(panel) == ["w0", "w1", "w2", "w3"]
    assert panel.list.selected_names() == ["w1"]


def test_deletions_come_back_the_last_first(
    qtbot: object, panel: LibraryPanel, library: Library
) -> None:
    heard = Heard(panel)
    pick(panel, "w0", "w2")
    panel.delete_selected()
    pick(panel, "w3")
    panel.delete_selected()
    panel.undo_delete()
    qtbot.waitUntil(lambda: len(heard.told) == 3, timeout=TIMEOUT_MS)
    assert shown(panel) == ["w1", "w3"]
    panel.undo_delete()
    qtbot.waitUntil(lambda: len(heard.told) == 4, timeout=TIMEOUT_MS)
    assert shown(panel) == ["w0", "w1", "w2", "w3"]
    panel.undo_delete()
    qtbot.waitUntil(lambda: len(heard.told) == 5, timeout=TIMEOUT_MS)
    assert [text for text, _ in heard.told[2:]] == [
        f"“{PROMPTS[3]}” is back",
        "2 worlds are back",
        "Nothing to bring back",
    ]
    assert library.count() == 4


def test_what_cannot_be_deleted_comes_back_into_the_list(
    qtbot: object, panel: LibraryPanel, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise SaveError("cannot delete w1: nothing was deleted")

    monkeypatch.setattr(library, "delete", refuse)
    heard = Heard(panel)
    pick(panel, "w1")
    panel.delete_selected()
    settle(qtbot, panel)
    assert heard.complaints == ["cannot delete w1: nothing was deleted"]
    assert heard.told == []
    assert shown(panel) == ["w0", "w1", "w2", "w3"]
    assert panel.list.selected_names() == ["w1"]


def test_deleting_and_then_leaving_deletes(panel: LibraryPanel, library: Library) -> None:
    pick(panel, "w1")
    panel.delete_selected()
    panel.shut_down()
    assert library.count() == 3


# The menu ----------------------------------------------------------------------------------------


def test_the_menu_offers_what_can_be_done(
    panel: LibraryPanel, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    pick(panel, "w1")
    actions = {a.text().split("\t")[0]: a for a in panel.doing.menu(panel).actions()}
    actions["Copy prompt"].trigger()
    assert QGuiApplication.clipboard().text() == PROMPTS[1]
    seen: list[str] = []
    monkeypatch.setattr(
        QDesktopServices, "openUrl", lambda url: bool(seen.append(url.toLocalFile())) or True
    )
    actions["Show in folder"].trigger()
    assert seen == [str(folder / "w1")]
    pick(panel, "w1", "w2")
    actions = {a.text().split("\t")[0]: a for a in panel.doing.menu(panel).actions()}
    assert not actions["Rename…"].isEnabled()
    assert "Delete 2 worlds" in actions


# Dragging ----------------------------------------------------------------------------------------


def test_one_world_is_dragged_out_as_its_files_several_as_folders(
    panel: LibraryPanel, folder: Path
) -> None:
    one = panel.model.mimeData([panel.model.index(1)])
    assert [u.toLocalFile() for u in one.urls()] == [
        str(folder / "w1" / "color.png"),
        str(folder / "w1" / "depth.png"),
    ]
    two = panel.model.mimeData([panel.model.index(0), panel.model.index(1)])
    assert [u.toLocalFile() for u in two.urls()] == [str(folder / "w0"), str(folder / "w1")]


def drop(panel: QWidget, *urls: QUrl) -> bool:
    """Drop URLs on a widget; return whether they were welcome."""
    data = QMimeData()
    data.setUrls(list(urls))
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 200), Qt.DropAction.CopyAction, data, left, none)
    enter.ignore()
    QApplication.sendEvent(panel, enter)
    if not enter.isAccepted():
        return False
    event = QDropEvent(QPointF(50, 200), Qt.DropAction.CopyAction, data, left, none)
    QApplication.sendEvent(panel, event)
    return event.isAccepted()


def test_dropped_files_are_to_be_imported(panel: LibraryPanel, tmp_path: Path) -> None:
    heard = Heard(panel)
    files = [str(tmp_path / "a.png"), str(tmp_path / "pictures")]
    assert drop(panel, *(QUrl.fromLocalFile(path) for path in files))
    assert heard.dropped == [files]
    assert not drop(panel, QUrl("https://example.org/a.png"))


def test_an_import_is_followed_below_the_worlds_and_can_be_stopped(
    qtbot: object, panel: LibraryPanel, library: Library, pictures: Path
) -> None:
    importing = Importing(library)
    panel.follow(importing)
    seen: list[tuple[str, bool]] = []
    importing.progressed.connect(
        lambda *_: seen.append((panel.foot.text, panel.foot.cancel.isVisible()))
    )
    importing.progressed.connect(lambda *_: panel.foot.cancel.click())
    with qtbot.waitSignal(importing.ended, timeout=TIMEOUT_MS):
        importing.start([pictures / "lonely.png", pictures / "hills.jpg"])
    importing.shut_down()
    assert seen[0] == ("Importing 1 of 2", True)
    assert panel.foot.text == f"{library.count()} worlds"
    assert not panel.foot.cancel.isVisible()
    destroy(importing)


@pytest.mark.gui
def test_the_context_menu_goes_when_it_is_closed(qtbot: object, panel: LibraryPanel) -> None:
    pick(panel, "w1")
    panel.show_menu(panel.mapToGlobal(QPoint(40, 100)))
    (menu,) = panel.findChildren(QMenu, "worlds")
    QTest.keyClick(menu, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not panel.findChildren(QMenu, "worlds"), timeout=TIMEOUT_MS)


# Damage and a drive that goes --------------------------------------------------------------------


def test_damaged_worlds_are_marked_with_the_reason(qtbot: object, make: Make, folder: Path) -> None:
    (folder / "w0" / COLOR).unlink()
    (folder / "w1" / "thumbnail.jpg").write_bytes(b"no picture")
    (folder / "w1" / COLOR).write_bytes(b"no picture either")
    (folder / "w2" / "thumbnail.jpg").unlink()
    panel = make()
    index = panel.model.index(0)
    assert "color.png is missing" in index.data(Qt.ItemDataRole.ToolTipRole)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole).endswith("damaged: color.png is missing")
    worlds = [panel.model.world(row) for row in range(4)]
    small = panel.thumbnails
    qtbot.waitUntil(lambda: small.problem(worlds[1]) != "", timeout=TIMEOUT_MS)
    assert small.problem(worlds[1]) == "thumbnail.jpg is damaged"
    qtbot.waitUntil(lambda: small.picture(worlds[2]) is not None, timeout=TIMEOUT_MS)


def test_a_library_that_vanishes_is_told_once_and_comes_back(
    qtbot: object, panel: LibraryPanel, folder: Path, tmp_path: Path
) -> None:
    heard = Heard(panel)
    shutil.move(folder, tmp_path / "unplugged")
    panel.refresh()
    qtbot.waitUntil(panel.missing.isVisible, timeout=TIMEOUT_MS)
    panel.missing.button.click()
    qtbot.waitUntil(lambda: not panel.watch.is_scanning, timeout=TIMEOUT_MS)
    assert len(heard.complaints) == 1
    assert str(folder) in heard.complaints[0]
    assert len(shown(panel)) == 4, "the list is kept for when it is back"
    shutil.move(tmp_path / "unplugged", folder)
    panel.missing.button.click()
    qtbot.waitUntil(lambda: not panel.missing.isVisible(), timeout=TIMEOUT_MS)


def test_a_lost_index_is_made_again(qtbot: object, panel: LibraryPanel, library: Library) -> None:
    for part in ("", "-wal", "-shm"):
        Path(f"{library.index.path}{part}").unlink(missing_ok=True)
    qtbot.waitUntil(
        lambda: library.count() == 4 and len(shown(panel)) == 4 and not panel.watch.is_scanning,
        timeout=TIMEOUT_MS,
    )
    assert library.index.path.exists()


def test_what_happened_to_the_index_is_told(panel: LibraryPanel, library: Library) -> None:
    heard = Heard(panel)
    library.index._notices.append("the library's index was damaged: made anew")
    panel.watch.look()
    assert heard.complaints == ["the library's index was damaged: made anew"]


# Keyboard and eyes -------------------------------------------------------------------------------


@pytest.mark.gui
def test_keys_lead_from_the_search_to_the_worlds_and_back(
    qtbot: object, panel: LibraryPanel
) -> None:
    panel.activateWindow()
    assert QTest.qWaitForWindowActive(panel.window(), TIMEOUT_MS)
    heard = Heard(panel)
    panel.focus_search()
    assert panel.header.search.hasFocus()
    QTest.keyClicks(panel.header.search, "forest")
    qtbot.waitUntil(lambda: shown(panel) == ["w0", "w3"], timeout=TIMEOUT_MS)
    QTest.keyClick(panel.header.search, Qt.Key.Key_Down)
    assert panel.list.hasFocus()
    QTest.keyClick(panel.list, Qt.Key.Key_Down)
    QTest.keyClick(panel.list, Qt.Key.Key_Return)
    assert heard.opened == ["w3"]
    QTest.keyClick(panel.list, Qt.Key.Key_Up)
    QTest.keyClick(panel.list, Qt.Key.Key_Up)
    assert panel.header.search.hasFocus()
    assert panel.header.search.selectedText() == "forest"


@pytest.mark.gui
def test_tab_goes_through_everything_in_reading_order(panel: LibraryPanel) -> None:
    panel.activateWindow()
    assert QTest.qWaitForWindowActive(panel.window(), TIMEOUT_MS)
    panel.focus_search()
    header, order = panel.header, []
    for _ in range(5):
        order.append(QApplication.focusWidget())
        QTest.keyClick(order[-1], Qt.Key.Key_Tab)
    # Buttons of which one is chosen are one stop; arrows lead from one to the next.
    assert order == [header.search, header.all, header.order, header.layout_button, panel.list]
    header.all.setFocus()
    QTest.keyClick(header.all, Qt.Key.Key_Right)
    assert header.favourites.hasFocus()
    assert header.favourites.isChecked()
    assert shown(panel) == []


def test_everything_has_a_name_for_those_who_hear(panel: LibraryPanel) -> None:
    header, foot = panel.header, panel.foot
    for widget in (header.search, header.all, header.favourites, header.order,
                   header.layout_button, panel.list, foot.cancel, panel):  # fmt: skip
        assert widget.accessibleName(), widget
    panel.model.wish("w0", is_favourite=True)
    spoken = panel.model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == f"{PROMPTS[0]}, favourite"


def painted(panel: LibraryPanel) -> QImage:
    """Return the first row as the delegate paints it."""
    image = QImage(panel.list.delegate.cell, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    option = QStyleOptionViewItem()
    option.rect = image.rect()
    painter = QPainter(image)
    panel.list.delegate.paint(painter, option, panel.model.index(0))
    painter.end()
    return image


@pytest.mark.parametrize("is_grid", [True, False])
def test_a_favourite_is_seen_by_its_star(panel: LibraryPanel, is_grid: bool) -> None:
    panel.header.set_grid(is_grid)
    plain = painted(panel)
    panel.model.wish("w0", is_favourite=True)
    starred = painted(panel)
    place = panel.list.delegate.places(plain.rect()).star.center()
    assert plain.pixelColor(place) != starred.pixelColor(place)


@pytest.mark.parametrize("width_px", [200, 280, 400])
def test_nothing_is_cut_off_from_200_to_400_px(panel: LibraryPanel, width_px: int) -> None:
    panel.resize(width_px, 600)
    assert panel.width() == width_px
    for widget in panel.header.findChildren(QWidget):
        if widget.isVisible() and widget.parentWidget() is panel.header:
            assert panel.header.rect().contains(widget.geometry())
    places = panel.list.delegate.places(panel.list.visualRect(panel.model.index(0)))
    port = panel.list.viewport().rect()
    assert port.contains(places.thumb) and port.contains(places.star.center())
    assert panel.list.columns == (2 if width_px == 400 else 1)


def test_colors_follow_the_palette(panel: LibraryPanel, qapp: QApplication) -> None:
    before = qapp.palette()
    try:
        seen = []
        for appearance in (theme.Appearance.DARK, theme.Appearance.LIGHT):
            theme.use_appearance(qapp, appearance)
            QApplication.processEvents()
            seen.append(panel.grab().toImage().pixelColor(4, 300).lightness())
        assert seen[0] < 60
        assert seen[1] > 200
    finally:
        qapp.setPalette(before)


def test_rows_come_from_the_index_not_from_the_disk(panel: LibraryPanel, folder: Path) -> None:
    (folder / "w0" / ABOUT).unlink()
    assert panel.model.world(0).title == PROMPTS[0], "the index answers"
