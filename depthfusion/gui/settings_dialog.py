"""Edit > Settings: every setting there is, made from its specification; changes count at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QFileSystemWatcher, QSignalBlocker, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from depthfusion.errors import DepthFusionError
from depthfusion.gui.languages import languages
from depthfusion.gui.model_work import MessageRow
from depthfusion.gui.run_log import without_home
from depthfusion.gui.setting_fields import field_from
from depthfusion.gui.setting_words import Group, Words, groups
from depthfusion.settings import SPECS, Settings, Spec, Store

_RELOAD_AFTER_MS = 150
_LIST_PX = 140
_ENTRY_PX = 30


class SettingsDialog(QDialog):
    """Shows the settings of a `Store` and changes them. Not modal."""

    move_wanted = Signal(object)
    """Take the whole library to this folder (a `Path`), and only then change the setting.

    The person is asked only where something is connected to it.
    """
    _told = Signal(object, object)

    def __init__(self, store: Store, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.rows: dict[str, SettingRow] = {}
        self.setWindowTitle(self.tr("Settings"))
        self.setMinimumSize(560, 380)
        self.resize(760, 560)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search settings"))
        self.search.setAccessibleName(self.tr("Search settings"))
        self.search.setToolTip(self.tr("Show the settings with these words (Ctrl+F)"))
        self.search.setClearButtonEnabled(True)
        self.list = QListWidget()
        self.list.setFixedWidth(_LIST_PX)
        self.list.setAccessibleName(self.tr("Groups of settings"))
        self.message = MessageRow(self)
        self._sections: list[_Section] = []
        self._lay_out()
        self._connect()
        self.list.setCurrentRow(0)
        self._show_all(store.settings)
        for line in store.complaints():
            self.message.tell(line, is_bad=True)

    def _lay_out(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(4, 0, 12, 8)
        column.setSpacing(4)
        for group in groups(self.tr):
            section = _Section(group)
            self._sections.append(section)
            item = QListWidgetItem(group.title)
            item.setSizeHint(QSize(0, _ENTRY_PX))
            self.list.addItem(item)
            column.addWidget(section)
            for name, words in group.settings.items():
                row = SettingRow(SPECS[name], words)
                self.rows[name] = row
                section.add(row)
        self.none = QLabel(self.tr("No setting has these words."))
        self.none.hide()
        column.addWidget(self.none)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(content)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        across = QHBoxLayout()
        across.setSpacing(16)
        across.addWidget(self.list)
        across.addWidget(self._scroll, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 14, 16, 14)
        whole.setSpacing(10)
        whole.addWidget(self.search)
        whole.addLayout(across, 1)
        whole.addWidget(self.message)

    def _connect(self) -> None:
        self.list.currentRowChanged.connect(self._choose_group)
        self.search.textChanged.connect(self._find)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.activated.connect(self.search.setFocus)
        for name, row in self.rows.items():
            row.field.wanted.connect(lambda value, name=name: self._wanted(name, value))
            row.reset.clicked.connect(lambda _=False, name=name: self._change(name, None))
        # A listener is called in the thread that made the change.
        self._told.connect(self._follow, Qt.ConnectionType.AutoConnection)
        self._end = self._store.subscribe(self._told.emit)
        self.destroyed.connect(self._end)
        self._watcher = QFileSystemWatcher(self)
        self._later = QTimer(self, singleShot=True, interval=_RELOAD_AFTER_MS)
        self._watcher.directoryChanged.connect(self._later.start)
        self._watcher.fileChanged.connect(self._later.start)
        self._later.timeout.connect(self._reload)

    def showEvent(self, event: QShowEvent) -> None:
        """Watch the file from now on, and read what was written before."""
        super().showEvent(event)
        self._reload()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Watch nothing while it is closed."""
        watched = [*self._watcher.files(), *self._watcher.directories()]
        if watched:
            self._watcher.removePaths(watched)
        super().closeEvent(event)

    def sizeHint(self) -> QSize:
        """Show a group without scrolling."""
        return QSize(760, 560)

    # Finding ------------------------------------------------------------------------------------

    @Slot(int)
    def _choose_group(self, index: int) -> None:
        with QSignalBlocker(self.search):
            self.search.clear()
        self._show_group(index)

    def _show_group(self, index: int) -> None:
        for place, section in enumerate(self._sections):
            section.setVisible(place == index)
            section.show_rows(lambda _: True)
        self.none.hide()
        self._scroll.verticalScrollBar().setValue(0)

    @Slot(str)
    def _find(self, text: str) -> None:
        words = text.casefold().split()
        if not words:
            if self.list.currentRow() < 0:
                self.list.setCurrentRow(0)
            self._show_group(self.list.currentRow())
            return
        with QSignalBlocker(self.list):
            self.list.setCurrentRow(-1)
        found = [s.show_rows(lambda row: row.has(words)) for s in self._sections]
        for section, count in zip(self._sections, found, strict=True):
            section.setVisible(count > 0)
        self.none.setVisible(not any(found))
        self._scroll.verticalScrollBar().setValue(0)

    def show_setting(self, name: str) -> None:
        """Show the group of a setting and give the keyboard to its field."""
        row = self.rows[name]
        self.search.clear()
        for index, section in enumerate(self._sections):
            if section.isAncestorOf(row):
                self.list.setCurrentRow(index)
        row.field.focus.setFocus(Qt.FocusReason.OtherFocusReason)
        self._scroll.ensureWidgetVisible(row)

    # Values -------------------------------------------------------------------------------------

    def _show_all(self, settings: Settings) -> None:
        for name, row in self.rows.items():
            row.show_value(getattr(settings, name), self._store.source(name))

    @Slot(object, object)
    def _follow(self, settings: Settings, names: frozenset[str]) -> None:
        self._show_all(settings)
        self._watch()

    def _wanted(self, name: str, value: Any) -> None:
        if name == "library" and value is not None and self._may_be_moved(value):
            self._ask_to_move(value)
        else:
            self._change(name, value)

    def _change(self, name: str, value: Any) -> None:
        self.message.tell("")
        try:
            self._store.change(**{name: value})
        except DepthFusionError as error:
            self.message.tell(str(error), is_bad=True)
        self._show_all(self._store.settings)  # also where nothing is different, or was refused

    @Slot()
    def _reload(self) -> None:
        self._store.reload()
        self._show_all(self._store.settings)  # a source may be another with the same value
        for line in self._store.complaints():
            self.message.tell(line, is_bad=True)
        self._watch()

    def _watch(self) -> None:
        """Hear of the file from now on; of its folder, and before that is made, of the one above.

        A file that is replaced is another one, which has to be watched anew.
        """
        folder, file = self._store.folder, self._store.path
        wanted = [next((f for f in (folder, *folder.parents) if f.is_dir()), None), file]
        paths = {str(path) for path in wanted if path is not None and path.exists()}
        missing = paths - {*self._watcher.files(), *self._watcher.directories()}
        if missing and self.isVisible():
            self._watcher.addPaths(sorted(missing))

    # The library --------------------------------------------------------------------------------

    def _may_be_moved(self, target: Path) -> bool:
        from depthfusion.library.place import OWN, default_folder

        here = self._store.settings.library or default_folder({})
        is_heard = self.isSignalConnected(_move_signal(self))
        return is_heard and target != here and (here / OWN).is_dir()

    def _ask_to_move(self, target: Path) -> None:
        place = without_home(str(target))
        text = self.tr("Keep the worlds in {0} from now on?").format(place)
        box = QMessageBox(QMessageBox.Icon.Question, self.windowTitle(), text, parent=self)
        box.setInformativeText(
            self.tr("Those you have can come along, or stay where they are as another library.")
        )
        move = box.addButton(self.tr("Move them"), QMessageBox.ButtonRole.AcceptRole)
        leave = box.addButton(self.tr("Leave them"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        move.clicked.connect(lambda: self.move_wanted.emit(target))
        leave.clicked.connect(lambda: self._change("library", target))
        box.finished.connect(lambda _: self._show_all(self._store.settings))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()


class SettingRow(QWidget):
    """A setting: its title, its field, the way back to its default, and a sentence about it."""

    def __init__(self, spec: Spec, words: Words) -> None:
        super().__init__()
        self.spec, self.words = spec, words
        self.field = field_from(spec, words, languages)
        self.title = QLabel(words.title)
        self.title.setBuddy(self.field.focus)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.note = QLabel()
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setWordWrap(True)
        self.note.setForegroundRole(self.palette().ColorRole.PlaceholderText)
        self.reset = QToolButton()
        self.reset.setText("↺")
        self.reset.setAutoRaise(True)
        self.reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.reset.setToolTip(self.tr("Back to default: {0}").format(self._default()))
        self.reset.setAccessibleName(self.tr("Back to default: {0}").format(words.title))
        policy = self.reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(policy)
        above = QHBoxLayout()
        above.setSpacing(8)
        above.addWidget(self.title, 1)
        above.addWidget(self.field)
        above.addWidget(self.reset)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 5, 0, 5)
        column.setSpacing(2)
        column.addLayout(above)
        column.addWidget(self.note)

    def _default(self) -> str:
        default = self.spec.default
        if default is None:
            return self.words.nothing or self.tr("nothing")
        if isinstance(default, bool):
            return self.tr("on") if default else self.tr("off")
        shown = self.spec.shown(default)
        return self.words.choices.get(shown, f"{shown}{self.words.unit}" if shown else "–")

    def show_value(self, value: Any, source: str) -> None:
        """Show a value and where it comes from: "environment", "file" or "default"."""
        self.field.show_value(value)
        is_fixed = source == "environment"
        self.field.setEnabled(not is_fixed)
        self.title.setEnabled(not is_fixed)
        self.reset.setVisible(source == "file")
        fixed = self.tr("Set by {0} for this start; it cannot be changed here.")
        self.note.setText(fixed.format(self.spec.variable) if is_fixed else self.words.note)
        self.field.focus.setAccessibleDescription(self.note.text())

    def has(self, words: list[str]) -> bool:
        """Whether each of these words, in small letters, stands in what is told of it."""
        told = [self.words.title, self.words.note, self.spec.name, *self.words.choices.values()]
        text = " ".join(told).casefold()
        return all(word in text for word in words)


class _Section(QWidget):
    """A group: its title and its rows."""

    def __init__(self, group: Group) -> None:
        super().__init__()
        self._rows: list[SettingRow] = []
        title = QLabel(group.title)
        font = title.font()
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 1.15)
        title.setFont(font)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 10)
        self._column.setSpacing(0)
        self._column.addWidget(title)

    def add(self, row: SettingRow) -> None:
        """Put a row at the end."""
        self._rows.append(row)
        self._column.addWidget(row)

    def show_rows(self, is_wanted: Any) -> int:
        """Show those rows that are wanted; return how many these are."""
        wanted = [row for row in self._rows if is_wanted(row)]
        for row in self._rows:
            row.setVisible(row in wanted)
        return len(wanted)


def _move_signal(dialog: SettingsDialog) -> Any:
    from PySide6.QtCore import QMetaMethod

    return QMetaMethod.fromSignal(dialog.move_wanted)
