"""Fields on a card over the picture: dark in both appearances, as the card is."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QLabel, QWidget

from depthfusion.gui import theme


def darken(card: QWidget) -> None:
    """Give all fields of a card the dark palette.

    Each by itself: Qt hands no palette down to what lies under a style sheet.
    """
    palette = theme.palette_from(theme._DARK)
    for child in card.findChildren(QWidget):
        if not isinstance(child, QLabel):
            child.setPalette(palette)


def warning_color(palette: QPalette) -> QColor:
    """Return the colour of text that cannot stay as it is, readable on the palette's fields."""
    on_dark = palette.color(QPalette.ColorRole.Base).lightness() < 128
    return QColor("#ff8a75" if on_dark else "#c02a1b")
