"""What lies over the view while somebody is in the headset: who, how it goes, and the way out."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from depthfusion.gui.overlays import MARGIN_PX, Overlay, card_button

_WIDEST_PX = 520


class HeadsetCard(Overlay):
    """One line, a second one for what is the matter, and [Leave]."""

    leave_wanted = Signal()

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self.setAccessibleName(self.tr("Headset"))
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 14, 14, 14)
        row.setSpacing(18)
        self._column = column = QVBoxLayout()
        column.setSpacing(3)
        self._title, self._words = QLabel(), QLabel()
        for label in (self._title, self._words):
            label.setTextFormat(Qt.TextFormat.PlainText)
            column.addWidget(label)
        self._title.setStyleSheet("font-size: 15px; font-weight: 600;")
        self._words.setStyleSheet("color: #b9b9c0;")
        self._words.setWordWrap(True)
        self.button = card_button(is_first=True)
        self.button.setText(self.tr("Leave"))
        self.button.setToolTip(self.tr("End the session in the headset (Esc)"))
        self.button.clicked.connect(self.leave_wanted)
        row.addLayout(column, 1)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignVCenter)

    @property
    def title(self) -> str:
        """The first line."""
        return self._title.text()

    @property
    def words(self) -> str:
        """The second line."""
        return self._words.text()

    def tell(self, title: str, words: str = "") -> None:
        """Show both lines."""
        self._title.setText(title)
        self._words.setText(words)
        self._words.setVisible(bool(words))
        self.setAccessibleDescription(f"{title} {words}".strip())
        self.present()

    def place(self, width_px: int, height_px: int) -> None:
        """Lie in the middle."""
        self._column.invalidate()  # the text may be another one
        self._fit(min(_WIDEST_PX, width_px - 2 * MARGIN_PX))
        self.move((width_px - self.width()) // 2, (height_px - self.height()) // 2)
