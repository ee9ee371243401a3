"""The program's icon, drawn from its SVG in any size. Needs no window and no application."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, Qt
from PySide6.QtGui import QIcon, QImage, QImageWriter, QPainter, QPixmap

from depthfusion.assets import asset

SIZES_PX = (16, 22, 24, 32, 48, 64, 128, 256, 512)
SMALL_PX = 24
"""Up to here the drawing with fewer hills is taken."""


def icon_svg(size_px: int = max(SIZES_PX)) -> bytes:
    """Return the drawing that is meant for a size."""
    name = "depthfusion-small.svg" if size_px <= SMALL_PX else "depthfusion.svg"
    return asset("resources", "icons", name).read_bytes()


def icon_image(size_px: int) -> QImage:
    """Return the icon with a transparent ground, `size_px` wide and high."""
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(size_px, size_px, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(QByteArray(icon_svg(size_px))).render(painter, QRectF(0, 0, size_px, size_px))
    painter.end()
    return image


def icon_png(size_px: int) -> bytes:
    """Return the icon as a PNG file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(icon_image(size_px))
    return bytes(buffer.data().data())


def app_icon() -> QIcon:
    """Return the icon in all sizes that windows and docks ask for."""
    icon = QIcon()
    for size_px in SIZES_PX[:-1]:
        icon.addPixmap(QPixmap.fromImage(icon_image(size_px)))
    return icon
