"""Parts of a card with many fields: labels, boxes to choose from, a part that scrolls."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QScrollArea, QSizePolicy, QWidget

DIM = "color: #9a9aa2;"
"""Style of text on a card that should not ask for attention."""


class TallScroll(QScrollArea):
    """As high as its content where there is room."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self._content = content
        self._wanted_px = content.sizeHint().height()
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for widget in (self.viewport(), content):
            widget.setAutoFillBackground(False)

    def fit(self, width_px: int) -> None:
        """Want to show all of the content at a width."""
        for child in self.findChildren(QWidget):
            child.ensurePolished()  # style sheets change the size of text
            child.updateGeometry()
        content = self._content.layout()
        assert content is not None
        content.invalidate()
        self._wanted_px = content.totalHeightForWidth(width_px)
        if self._wanted_px <= 0:
            self._wanted_px = content.totalSizeHint().height()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Want to show all."""
        return QSize(self._content.sizeHint().width(), self._wanted_px)

    def minimumSizeHint(self) -> QSize:
        """Get along with two rows."""
        return QSize(self._content.minimumSizeHint().width(), min(96, self._wanted_px))


def title_of(name: str, field: QWidget) -> QLabel:
    """Return the label above a field, and give the field its accessible name."""
    label = QLabel(name)
    label.setStyleSheet(DIM)
    inner = field.findChild(QComboBox) or field
    label.setBuddy(inner)
    inner.setAccessibleName(name)
    return label


def own_combo(tip: str) -> QComboBox:
    """Return a box that takes the width there is."""
    box = QComboBox()
    box.setToolTip(tip)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(14)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return box


def fill(box: QComboBox, own: str, entries: Sequence[tuple[object, str, str]]) -> None:
    """Set the entries of a box: (data, title, tip), after the one that stands for None."""
    box.clear()
    box.addItem(own, None)
    for data, title, tip in entries:
        box.addItem(title, data)
        if tip:
            box.setItemData(box.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)


def choose(box: QComboBox, data: object, title: str | None) -> None:
    """Choose the entry with `data`; one that is not there yet is added, so that it is not lost."""
    for index in range(box.count()):
        if box.itemData(index) == data:
            box.setCurrentIndex(index)
            return
    box.addItem(title or str(data), data)
    box.setCurrentIndex(box.count() - 1)


def size_name(size: tuple[int, int]) -> str:
    """Return what a size in pixels is called."""
    return f"{size[0]} × {size[1]}"


def halves(line: str) -> tuple[str, str]:
    """Return what stands before and after a line's colon."""
    title, _, tip = line.partition(":")
    return title, tip.strip()
