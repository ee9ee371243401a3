"""The card of the first start: what works as it is, and what a download brings."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from depthfusion.generator.amounts import size, size_of
from depthfusion.generator.model_list import ModelOffer
from depthfusion.generator.models import starter_folder
from depthfusion.gui.model_download import ModelDesk, Outcome, Task, Transfer
from depthfusion.gui.overlays import MARGIN_PX, Overlay, card_button

ABOUT_BYTES = 4_270_000_000
"""What is said of the large model's size where the hub cannot be asked: 1.07 billion numbers of 32
bits. It may be stored in fewer."""
KNOWN_LICENCE = "CreativeML OpenRAIL-M"
_WIDEST_PX = 380
_SIDES_PX = 2 * 18 + 4


class FirstRunCard(Overlay):
    """Lies at the lower left until something is chosen; blocks nothing and never complains loudly.

    [I have it] asks for a folder and adds it by the desk; [Download] is only told of, because the
    licence comes first.
    """

    download_wanted = Signal()
    """Show what the large model costs and asks."""
    added = Signal(str)
    """A folder was added as the model of this name."""
    later = Signal()
    """Put away by the person: do not show it again."""

    def __init__(self, view: QWidget, desk: ModelDesk, model: str) -> None:
        """Make it; `ask` asks for the true size.

        Args:
            view: what it lies over.
            desk: asks the hub, adds the folder.
            model: the hub's id of the large model.
        """
        super().__init__(view)
        self._desk, self._model = desk, model
        self._folder = ""
        self.setAccessibleName(self.tr("First steps"))
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 14, 18, 16)
        column.setSpacing(6)
        self._title = _label("font-weight: 600; font-size: 14px;")
        self._has_starter = starter_folder() is not None
        self._title.setText(
            self.tr("Works offline with the starter model")
            if self._has_starter
            else self.tr("One step before the first world")
        )
        self._text = _label("color: #c6c6cc;")
        self._state = _label("color: #9a9aa2;")
        for label in (self._title, self._text, self._state):
            column.addWidget(label)
        self._state.hide()
        column.addSpacing(6)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.download = self._button(row, self.tr("Download"), True)
        self.download.setToolTip(self.tr("See its size and licence first"))
        self.have_it = self._button(row, self.tr("I have it"))
        self.have_it.setToolTip(self.tr("Choose the model's folder; nothing is copied"))
        self.put_off = self._button(row, self.tr("Later"))
        self.put_off.setToolTip(self.tr("It stays in the menu, under World > Models"))
        row.addStretch(1)
        column.addLayout(row)
        self.download.clicked.connect(self._download)
        self.have_it.clicked.connect(self._choose_folder)
        self.put_off.clicked.connect(self._put_off)
        desk.offered.connect(self._offered)
        desk.progressed.connect(self._progressed)
        desk.ended.connect(self._ended)
        self._tell_size(self.tr("about {0}").format(_rounded(ABOUT_BYTES)), KNOWN_LICENCE)

    @staticmethod
    def _button(row: QHBoxLayout, text: str, is_first: bool = False) -> QPushButton:
        button = card_button(is_first=is_first)
        button.setText(text)
        row.addWidget(button)
        return button

    @property
    def text(self) -> str:
        """What is said of the large model."""
        return self._text.text()

    @property
    def state(self) -> str:
        """What became of adding a folder; "" before."""
        return self._state.text()

    def ask(self) -> None:
        """Ask the hub for the true size; where it cannot be reached, the estimate stays."""
        self._desk.look(self._model)

    def place(self, width_px: int, height_px: int) -> None:
        """Lie at the lower left."""
        widest_px = min(_WIDEST_PX, width_px - 2 * MARGIN_PX)
        self._text.setMinimumWidth(max(0, widest_px - _SIDES_PX))
        self._fit(widest_px)
        self.move(MARGIN_PX, max(0, height_px - self.height() - MARGIN_PX))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Put it off by Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self._put_off()
        else:
            super().keyPressEvent(event)

    # What it says -------------------------------------------------------------------------------

    def _offered(self, offer: ModelOffer) -> None:
        if offer.model == self._model:
            self._tell_size(size(offer.missing_bytes), offer.licence or self.tr("no licence named"))

    def _tell_size(self, amount: str, licence: str) -> None:
        text = (
            self.tr("Better pictures with a download of {0} ({1}).")
            if self._has_starter
            else self.tr("Making worlds needs a model: a download of {0} ({1}), once.")
        ).format(amount, licence)
        self._text.setText(text)
        self.setAccessibleDescription(f"{self._title.text()}. {text}")
        self._fit_again()

    def _tell_state(self, text: str) -> None:
        self._state.setText(text)
        self._state.setAccessibleName(text)
        self._state.setVisible(bool(text))
        self._fit_again()

    def _fit_again(self) -> None:
        if self.isVisible():
            self.place(self.view.width(), self.view.height())

    # What is chosen -----------------------------------------------------------------------------

    def _download(self) -> None:
        self.hide()
        self.download_wanted.emit()

    def _put_off(self) -> None:
        self.hide()
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)
        self.later.emit()

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self.window(), self.tr("The model's folder, with model_index.json"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setDirectory(str(Path.home()))
        dialog.fileSelected.connect(self.add_folder)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def add_folder(self, folder: str) -> None:
        """Add a folder as `depthfusion models add` does; the card tells how that goes."""
        if self._desk.task is not None:
            self._tell_state(self.tr("Another model is being worked on: try it again after that."))
            return
        self._folder = folder
        for button in (self.download, self.have_it):
            button.setEnabled(False)
        self._tell_state(self.tr("Checking {0}…").format(Path(folder).name))
        self._desk.add(folder)

    def _progressed(self, transfer: Transfer) -> None:
        if self._folder:
            done = size_of(transfer.done_bytes, transfer.total_bytes)
            name = Path(self._folder).name
            self._tell_state(self.tr("Checking {0}: {1}").format(name, done))

    def _ended(self, outcome: Outcome) -> None:
        if outcome.task is not Task.ADD or outcome.model != self._folder:
            return
        self._folder = ""
        for button in (self.download, self.have_it):
            button.setEnabled(True)
        if outcome.error or outcome.cancelled:
            self._tell_state(outcome.error)
            return
        self.hide()
        self.added.emit(outcome.name)


def _label(style: str) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setStyleSheet(style)
    return label


def _rounded(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
