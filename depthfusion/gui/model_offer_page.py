"""What getting a model costs and what its licence asks, before anything is fetched."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from depthfusion.generator.amounts import size
from depthfusion.generator.model_list import ModelOffer
from depthfusion.gui.run_log import without_home


class ModelOfferPage(QWidget):
    """Waits for an offer, shows it, and asks."""

    accepted = Signal(object)
    """The `ModelOffer`: its licence was accepted."""
    back_wanted = Signal()
    again_wanted = Signal(str)
    """Ask once more about this model."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tr = self.tr
        self.offer: ModelOffer | None = None
        self.model = ""
        self._title = QLabel()
        font = self._title.font()
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 1.2)
        self._title.setFont(font)
        self._facts = _words()
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        self._busy.setFixedHeight(6)
        self._busy.setAccessibleName(tr("Asking the hub"))
        self._licence = QPlainTextEdit()
        self._licence.setReadOnly(True)
        self._licence.setTabChangesFocus(True)
        self._licence.setAccessibleName(tr("Licence"))
        self._link = QLabel()
        self._link.setOpenExternalLinks(True)
        self._link.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self._link.setAccessibleName(tr("The licence's own text"))
        self.back = QPushButton(tr("Back"))
        self.back.setToolTip(tr("Fetch nothing"))
        self.again = QPushButton(tr("Try again"))
        self.again.setToolTip(tr("Ask the hub once more"))
        self.accept = QPushButton()
        for button in (self.back, self.again, self.accept):
            button.setAutoDefault(False)
        self._lay_out()
        self.back.clicked.connect(self.back_wanted)
        self.again.clicked.connect(lambda: self.again_wanted.emit(self.model))
        self.accept.clicked.connect(self._accept)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self._title, self._facts, self._busy):
            column.addWidget(widget)
        column.addWidget(self._licence, 1)
        column.addWidget(self._link)
        column.addStretch(0)
        row = QHBoxLayout()
        row.addWidget(self.back)
        row.addStretch(1)
        row.addWidget(self.again)
        row.addWidget(self.accept)
        column.addLayout(row)

    @property
    def text(self) -> str:
        """What is said above the licence."""
        return self._facts.text()

    @property
    def licence(self) -> str:
        """The licence as it is shown."""
        return self._licence.toPlainText()

    def wait_for(self, model: str) -> None:
        """Say that the hub is being asked."""
        self.model, self.offer = model, None
        self._title.setText(model)
        self._facts.setText(self.tr("Asking the hub for size and licence…"))
        self._show_parts(is_busy=True)

    def tell_failed(self, reason: str) -> None:
        """Say why there is no answer."""
        self._facts.setText(reason)
        self._show_parts(is_failed=True)

    def show_offer(self, offer: ModelOffer) -> None:
        """Show size, room and licence."""
        tr = self.tr
        self.model, self.offer = offer.model, offer
        self._title.setText(offer.model)
        amount, missing = size(offer.size_bytes), size(offer.missing_bytes)
        arrived = offer.missing_bytes < offer.size_bytes
        lines = [tr("Size: {0}, {1} still to fetch").format(amount, missing) if arrived else
                 tr("Size: {0}").format(amount)]  # fmt: skip
        folder = without_home(offer.folder)
        lines.append(tr("Disk: {0} free in {1}").format(size(offer.free_bytes), folder))
        before = tr(", accepted before") if offer.is_accepted else ""
        lines.append(tr("Licence: {0}").format(offer.licence or tr("none named")) + before)
        lines += offer.notes
        is_room = offer.missing_bytes <= offer.free_bytes
        if not is_room:
            lines.append(tr("The disk has too little room: make some, or set HF_HOME to another."))
        self._facts.setText("\n".join(lines))
        self._licence.setPlainText(_licence(offer))
        self._link.setText(f'<a href="{_escaped(offer.licence_link)}">{self._link_text()}</a>')
        self.accept.setText(
            tr("Download {0}").format(missing)
            if offer.is_accepted
            else tr("Accept and download {0}").format(missing)
        )
        self.accept.setToolTip(tr("What arrives is kept: it can be cancelled and gone on with"))
        self.accept.setEnabled(is_room)
        self._show_parts(is_offered=True)

    def _link_text(self) -> str:
        return self.tr("The licence's own text")

    def _show_parts(
        self, *, is_busy: bool = False, is_failed: bool = False, is_offered: bool = False
    ) -> None:
        self._busy.setVisible(is_busy)
        self.again.setVisible(is_failed)
        self._licence.setVisible(is_offered)
        self._link.setVisible(is_offered and self._has_link())
        self.accept.setVisible(is_offered)

    def _has_link(self) -> bool:
        return self.offer is not None and self.offer.licence_link.startswith(("https:", "http:"))

    def _accept(self) -> None:
        if self.offer is not None:
            self.accepted.emit(self.offer)


def _licence(offer: ModelOffer) -> str:
    own = f"\n\n{'-' * 40}\n\n{offer.licence_text}" if offer.licence_text else ""
    return f"{offer.licence_summary}{own}"


def _escaped(link: str) -> str:
    return link.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def _words() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setForegroundRole(QPalette.ColorRole.WindowText)
    return label
