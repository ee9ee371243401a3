"""How the windows look: Fusion with a neutral palette, dark or light as the system is."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QStyle

from depthfusion.assets import asset

ACCENT = "#e8a15c"
"""The low sun of the icon: selection, focus, links on dark ground."""
ACCENT_ON_LIGHT = "#b4601a"

_DARK = {
    "window": "#1c1c1f",
    "base": "#29292e",
    "alternate": "#2e2e33",
    "button": "#34343a",
    "text": "#e6e6e8",
    "dim": "#8e8e96",
    "off": "#5c5c64",
    "tip": "#2a2a2f",
    "accent": ACCENT,
    "on_accent": "#1c1306",
}
_LIGHT = {
    "window": "#f3f3f4",
    "base": "#ffffff",
    "alternate": "#f7f7f8",
    "button": "#e8e8ea",
    "text": "#1d1d20",
    "dim": "#66666e",
    "off": "#a2a2aa",
    "tip": "#ffffff",
    "accent": ACCENT_ON_LIGHT,
    "on_accent": "#ffffff",
}


class Appearance(StrEnum):
    """Which palette is wanted."""

    SYSTEM = "system"
    DARK = "dark"
    LIGHT = "light"


def use_appearance(app: QApplication, appearance: Appearance) -> None:
    """Give the application its style and palette, and follow the system from now on."""
    if app.style().objectName().lower() != "fusion":
        app.setStyle("fusion")
    hints = QGuiApplication.styleHints()
    app.setProperty("appearance", appearance.value)
    if not app.property("follows_system"):
        app.setProperty("follows_system", True)
        hints.colorSchemeChanged.connect(lambda: app.setPalette(_palette(app)))
    app.setPalette(_palette(app))


def _palette(app: QApplication) -> QPalette:
    return palette_from(_DARK if is_dark(app) else _LIGHT)


def is_dark(app: QApplication) -> bool:
    """Whether the dark palette is used; also where the system does not say."""
    wanted = app.property("appearance") or Appearance.SYSTEM.value
    if wanted != Appearance.SYSTEM.value:
        return bool(wanted == Appearance.DARK.value)
    return QGuiApplication.styleHints().colorScheme() is not Qt.ColorScheme.Light


def palette_from(colors: dict[str, str]) -> QPalette:
    """Return a palette of the named colours."""
    roles = QPalette.ColorRole
    named = {
        roles.Window: "window",
        roles.WindowText: "text",
        roles.Base: "base",
        roles.AlternateBase: "alternate",
        roles.ToolTipBase: "tip",
        roles.ToolTipText: "text",
        roles.PlaceholderText: "dim",
        roles.Text: "text",
        roles.Button: "button",
        roles.ButtonText: "text",
        roles.BrightText: "text",
        roles.Link: "accent",
        roles.LinkVisited: "accent",
        roles.Highlight: "accent",
        roles.HighlightedText: "on_accent",
        roles.Accent: "accent",
    }
    palette = QPalette(QColor(colors["button"]), QColor(colors["window"]))
    for role, name in named.items():
        palette.setColor(role, QColor(colors[name]))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(colors["off"]))
    palette.setColor(QPalette.ColorGroup.Disabled, roles.Highlight, QColor(colors["off"]))
    return palette


def dim_color(app: QApplication) -> QColor:
    """Return the colour of text that should not ask for attention."""
    return QColor((_DARK if is_dark(app) else _LIGHT)["dim"])


def motion_is_reduced(app: QApplication) -> bool:
    """Whether the system asks for less movement.

    Asked of Qt where it knows (6.12), else of the style, which has no animations then.
    """
    accessibility = getattr(QGuiApplication.styleHints(), "accessibility", None)
    preference = getattr(accessibility() if accessibility else None, "motionPreference", None)
    if preference is not None:
        return "reduc" in str(preference()).lower()
    return app.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) == 0


def symbol(name: str, color: QColor, size_px: int = 18, scale: float = 1.0) -> QIcon:
    """Return one of the drawn symbols of `resources/icons/symbols`, in a colour.

    Args:
        name: the file's name without its ending.
        color: replaces the drawing's `currentColor`.
        size_px: logical size.
        scale: the screen's device pixel ratio.
    """
    data = asset("resources", "icons", "symbols", f"{name}.svg").read_bytes()
    pixmap = _rendered(data.replace(b"currentColor", color.name().encode()), round(size_px * scale))
    pixmap.setDevicePixelRatio(scale)
    return QIcon(pixmap)


def _rendered(svg: bytes, size_px: int) -> QPixmap:
    from PySide6.QtSvg import QSvgRenderer

    pixmap = QPixmap(size_px, size_px)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg)).render(painter, QRectF(0, 0, size_px, size_px))
    painter.end()
    return pixmap
