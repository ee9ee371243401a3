"""Paints the rows of the library: thumbnail, title, star. No widget a row."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QPainter,
    QPalette,
    QPen,
    QPixmap,
    QTextLayout,
    QTransform,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from depthfusion.gui import theme
from depthfusion.gui.library_model import WORLD, moment
from depthfusion.gui.thumbnails import Thumbnails
from depthfusion.library import World
from depthfusion.library.world import MAX_TITLE_CHARS

PAD_PX = 8
_RADIUS_PX = 5.0
_STAR_PX = 16
_STAR_AREA_PX = 28
_LIST_THUMB_PX = (96, 48)
_NARROW_THUMB_PX = (72, 36)
_NARROW_PX = 250
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Places:
    """Where the parts of one row are."""

    card: QRect
    """What is filled when the row is selected."""
    thumb: QRect
    words: QRect
    """Title; in a list over two lines, and a dim line below it."""
    star: QRect
    """Where a click favours."""


class LibraryDelegate(QStyledItemDelegate):
    """Draws a `World` as a line of a list, or as a card of a grid."""

    def __init__(self, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.is_grid = True
        self.cell = QSize(240, 150)
        """Size of one card; of a line, only the height counts."""
        self.open_name = ""
        """The world that is on the screen now."""
        self._thumbnails = thumbnails
        self._symbols: dict[tuple[str, int, float], QPixmap] = {}

    def set_width(self, width_px: int, metrics: QFontMetrics, columns: int) -> None:
        """Find the size of a card, or of a line, for the list's width."""
        line = metrics.height()
        if self.is_grid:
            width = max(80, width_px // columns)
            thumb = (width - 2 * PAD_PX) // 2
            self.cell = QSize(width, thumb + PAD_PX + max(line, _STAR_PX) + 14)
        else:
            self.cell = QSize(width_px, max(_LIST_THUMB_PX[1] + 14, 3 * line + 12))

    def thumb_px(self) -> QSize:
        """Return the size of a thumbnail, in logical pixels."""
        return self.places(QRect(0, 0, self.cell.width(), self.cell.height())).thumb.size()

    def places(self, rect: QRect) -> Places:
        """Return where things are in a row's rectangle."""
        card = rect.adjusted(2, 1, -2, -1)
        if self.is_grid:
            width = rect.width() - 2 * PAD_PX
            thumb = QRect(rect.left() + PAD_PX, rect.top() + PAD_PX, width, width // 2)
            foot = QRect(thumb.left(), thumb.bottom() + 1, width, rect.bottom() - thumb.bottom())
            star = QRect(0, 0, _STAR_AREA_PX, foot.height() - 4)
            star.moveTopRight(QPoint(foot.right() + 4, foot.top()))
            words = QRect(foot.left() + 1, foot.top(), width - _STAR_AREA_PX + 3, foot.height() - 4)
            return Places(card, thumb, words, star)
        size = QSize(*(_NARROW_THUMB_PX if rect.width() < _NARROW_PX else _LIST_THUMB_PX))
        thumb = QRect(QPoint(rect.left() + 8, rect.center().y() - size.height() // 2 + 1), size)
        star = QRect(0, rect.top(), _STAR_AREA_PX + 2, rect.height())
        star.moveRight(rect.right() - 2)
        left = thumb.right() + 11
        words = QRect(left, rect.top(), max(0, star.left() - left), rect.height())
        return Places(card, thumb, words, star)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All rows are equally large."""
        return self.cell if self.is_grid else QSize(0, self.cell.height())

    # Painting -----------------------------------------------------------------------------------

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one row."""
        world: World | None = index.data(WORLD)
        if world is None:
            return
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        palette: QPalette = option.palette
        places = self.places(rect)
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        self._ground(painter, places.card, state, palette)
        self._thumb(painter, places.thumb, world, palette)
        if not self._is_edited(option.widget, index):
            self._words(painter, places, world, palette)
            self._star(painter, places.star, world, state, palette)

    @staticmethod
    def _is_edited(view: QWidget | None, index: Index) -> bool:
        """Whether a field for another title lies over the words."""
        if not isinstance(view, QAbstractItemView) or view.currentIndex() != index:
            return False
        return view.state() == QAbstractItemView.State.EditingState

    def _ground(
        self, painter: QPainter, card: QRect, state: QStyle.StateFlag, palette: QPalette
    ) -> None:
        accent = palette.color(QPalette.ColorRole.Accent)
        flags = QStyle.StateFlag
        fill = QColor(palette.color(QPalette.ColorRole.Text))
        fill.setAlpha(0)
        if state & flags.State_Selected:
            fill = QColor(accent)
            fill.setAlpha(62 if state & flags.State_Active else 40)
        elif state & flags.State_MouseOver:
            fill.setAlpha(16)
        has_focus = bool(state & flags.State_HasFocus)
        if fill.alpha() or has_focus:
            painter.setBrush(fill)
            painter.setPen(QPen(accent, 1.4) if has_focus else Qt.PenStyle.NoPen)
            painter.drawRoundedRect(QRectF(card).adjusted(0.7, 0.7, -0.7, -0.7), 7, 7)

    def _thumb(self, painter: QPainter, place: QRect, world: World, palette: QPalette) -> None:
        picture = self._thumbnails.picture(world)
        painter.setPen(Qt.PenStyle.NoPen)
        if picture is None:
            ground = QColor(palette.color(QPalette.ColorRole.Text))
            ground.setAlpha(18)
            painter.setBrush(ground)
            painter.drawRoundedRect(place, _RADIUS_PX, _RADIUS_PX)
            sign = "warning" if self._reason(world) else "picture"
            dim = palette.color(QPalette.ColorRole.PlaceholderText)
            self._symbol(painter, sign, place, dim, min(24, place.height() // 2))
        else:
            scale = place.width() / picture.width()
            brush = QBrush(picture)
            brush.setTransform(
                QTransform.fromTranslate(place.left(), place.top()).scale(scale, scale)
            )
            painter.setBrush(brush)
            painter.drawRoundedRect(place, _RADIUS_PX, _RADIUS_PX)
            if world.problem:
                self._badge(painter, place)
        if world.name == self.open_name:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Accent), 2.0))
            painter.drawRoundedRect(QRectF(place).adjusted(0, 0, 0, 0), _RADIUS_PX, _RADIUS_PX)

    def _badge(self, painter: QPainter, place: QRect) -> None:
        """Mark a damaged world whose thumbnail is whole."""
        veil = QRect(place.left() + 4, place.top() + 4, 22, 22)
        painter.setBrush(QColor(22, 22, 25, 215))
        painter.drawRoundedRect(veil, 5, 5)
        self._symbol(painter, "warning", veil, QColor(theme.ACCENT), 16)

    def _words(self, painter: QPainter, places: Places, world: World, palette: QPalette) -> None:
        metrics = painter.fontMetrics()
        dim = palette.color(QPalette.ColorRole.PlaceholderText)
        text = palette.color(QPalette.ColorRole.Text)
        place = places.words
        painter.setPen(dim if world.problem else text)
        if self.is_grid:
            flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(place, flags, _elided(metrics, world.title, place.width()))
            return
        lines = in_two_lines(world.title, painter.font(), metrics, place.width())
        told = world.problem or (moment(world.created_s) if world.created_s else "")
        if len(lines) == 1:
            below = in_two_lines(told, painter.font(), metrics, place.width())
        else:
            below = [_elided(metrics, told, place.width())]
        rows = [*lines, *below] if told else lines
        step = metrics.height()
        y = place.center().y() - step * len(rows) // 2 + metrics.ascent() + 1
        for number, row in enumerate(rows):
            if number == len(lines):
                painter.setPen(dim)
            painter.drawText(place.left(), y + number * step, row)

    def _star(
        self, painter: QPainter, place: QRect, world: World, state: QStyle.StateFlag,
        palette: QPalette,
    ) -> None:  # fmt: skip
        flags = QStyle.StateFlag
        if world.is_favourite:
            accent = palette.color(QPalette.ColorRole.Accent)
            self._symbol(painter, "star-full", place, accent, _STAR_PX)
        elif state & (flags.State_MouseOver | flags.State_Selected | flags.State_HasFocus):
            dim = palette.color(QPalette.ColorRole.PlaceholderText)
            self._symbol(painter, "star", place, dim, _STAR_PX)

    def _symbol(
        self, painter: QPainter, name: str, place: QRect, color: QColor, size_px: int
    ) -> None:
        device = painter.device()
        ratio = device.devicePixelRatio() if device is not None else 1.0
        key = (f"{name}{size_px}", int(color.rgba()), ratio)
        if key not in self._symbols:
            self._symbols[key] = theme.symbol(name, color, size_px, ratio).pixmap(
                QSize(size_px, size_px), ratio
            )
        where = QRect(0, 0, size_px, size_px)
        where.moveCenter(place.center())
        painter.drawPixmap(where, self._symbols[key])

    # Hints and editing --------------------------------------------------------------------------

    def _reason(self, world: World) -> str:
        return world.problem or self._thumbnails.problem(world)

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        """Tell what the star does, and why a thumbnail is missing."""
        world: World | None = index.data(WORLD)
        if event.type() is QEvent.Type.ToolTip and world is not None:
            places = self.places(option.rect)
            if places.star.contains(event.pos()):
                text = (
                    self.tr("Not a favourite any more (F)")
                    if world.is_favourite
                    else self.tr("Favourite (F)")
                )
                QToolTip.showText(event.globalPos(), text, view)
                return True
            problem = self._thumbnails.problem(world)
            if problem and not world.problem and places.thumb.contains(event.pos()):
                QToolTip.showText(
                    event.globalPos(), self.tr("No picture: {0}").format(problem), view
                )
                return True
        return super().helpEvent(event, view, option, index)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        """Make the field in which a world gets another title."""
        editor = QLineEdit(parent)
        editor.setMaxLength(MAX_TITLE_CHARS)
        editor.setAccessibleName(self.tr("New title"))
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Show the title from its beginning, all of it selected."""
        super().setEditorData(editor, index)
        if isinstance(editor, QLineEdit):
            # The view selects all when this returns, and so shows the end.
            QTimer.singleShot(0, editor, lambda: _select_backwards(editor))

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Lay the field where the title is."""
        rect: QRect = option.rect
        places = self.places(rect)
        height = editor.sizeHint().height()
        left = places.words.left() - 5
        box = QRect(left, 0, places.star.right() - left, height)
        box.moveCenter(QPoint(box.center().x(), places.words.center().y()))
        editor.setGeometry(box.intersected(rect))


def _select_backwards(editor: QLineEdit) -> None:
    length = len(editor.text())
    if length and editor.selectedText() == editor.text():
        editor.setSelection(length, -length)


def in_two_lines(text: str, font: QFont, metrics: QFontMetrics, width_px: int) -> list[str]:
    """Return a text as one line, or as two of which the second may end early."""
    if metrics.horizontalAdvance(text) <= width_px:
        return [text]
    layout = QTextLayout(text, font)
    layout.beginLayout()
    line = layout.createLine()
    line.setLineWidth(width_px)
    first = line.textLength()
    layout.endLayout()
    if not 0 < first < len(text):
        return [_elided(metrics, text, width_px)]
    rest = text[first:].lstrip()
    return [text[:first].rstrip(), _elided(metrics, rest, width_px)]


def _elided(metrics: QFontMetrics, text: str, width_px: int) -> str:
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width_px)
