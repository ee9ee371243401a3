"""The top of the library: search, all or favourites, order, list or grid."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from depthfusion.gui import theme
from depthfusion.gui.symbol_button import SymbolButton
from depthfusion.library import Order, Query

_TYPING_MS = 15
"""Letters that come faster than this, as from a paste, are one change."""
_NARROW_PX = 236


class LibraryHeader(QWidget):
    """Says which worlds are wanted, in which order, and how they are shown."""

    query_changed = Signal()
    grid_changed = Signal(bool)
    list_wanted = Signal()
    """The keyboard goes down to the list."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._order = Order.NEWEST
        self.search = SearchField(self)
        self.all = _choice(self.tr("All"), self.tr("All worlds"))
        self.favourites = _choice(self.tr("Favourites"), self.tr("Favourites only"))
        self._choices = QButtonGroup(self)
        for button in (self.all, self.favourites):
            self._choices.addButton(button)
        self.all.setChecked(True)
        self.order = SymbolButton("sort", self.tr("Order"), self)
        self.order.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.order.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.order.setMenu(self._order_menu())
        self.layout_button = SymbolButton("list", "", self)
        self._is_grid = True
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self.all)
        row.addWidget(self.favourites)
        row.addStretch(1)
        row.addWidget(self.order)
        row.addWidget(self.layout_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 10, 8, 6)
        column.setSpacing(6)
        column.addWidget(self.search)
        column.addLayout(row)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self.query_changed)
        self.search.textChanged.connect(self._search_soon)
        self.search.leave_wanted.connect(self.list_wanted)
        self._choices.buttonClicked.connect(self._chosen)
        self.layout_button.clicked.connect(self._toggle_grid)
        self._tell_grid()

    def _order_menu(self) -> QMenu:
        menu = QMenu(self)
        group = QActionGroup(menu)
        self.orders: dict[Order, QAction] = {}
        texts = {Order.NEWEST: self.tr("Newest first"), Order.NAME: self.tr("By name")}
        for order, text in texts.items():
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(order is self._order)
            action.triggered.connect(lambda _=False, o=order: self.set_order(o))
            group.addAction(action)
            self.orders[order] = action
        return menu

    # What is wanted -----------------------------------------------------------------------------

    @property
    def query(self) -> Query:
        """Which worlds are wanted."""
        return Query(self.search.text(), self.favourites.isChecked(), self._order)

    @property
    def is_grid(self) -> bool:
        """Whether cards are wanted, not lines."""
        return self._is_grid

    def set_order(self, order: Order) -> None:
        """Sort another way."""
        if order in self.orders and order is not self._order:
            self._order = order
            self.orders[order].setChecked(True)
            self.query_changed.emit()

    def set_favourites(self, only: bool) -> None:
        """Show favourites only, or all."""
        (self.favourites if only else self.all).setChecked(True)
        self.query_changed.emit()

    def set_grid(self, is_grid: bool) -> None:
        """Show cards, or lines."""
        if is_grid != self._is_grid:
            self._is_grid = is_grid
            self._tell_grid()
            self.grid_changed.emit(is_grid)

    def clear(self) -> None:
        """Want all worlds again."""
        self.search.clear()
        self.all.setChecked(True)
        self._typing.stop()
        self.query_changed.emit()

    def _search_soon(self) -> None:
        self._typing.start()

    def _chosen(self) -> None:
        self.query_changed.emit()

    def _toggle_grid(self) -> None:
        self.set_grid(not self._is_grid)

    def _tell_grid(self) -> None:
        name = self.tr("Show as a list") if self._is_grid else self.tr("Show large pictures")
        self.layout_button.set_symbol("list" if self._is_grid else "grid", name)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Write the filters shorter where there is no room."""
        super().resizeEvent(event)
        is_narrow = self.width() < _NARROW_PX
        self.favourites.setText(self.tr("Fav.") if is_narrow else self.tr("Favourites"))


class SearchField(QLineEdit):
    """What is typed is searched at once. Escape clears; Down goes to the worlds found."""

    leave_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText(self.tr("Search"))
        self.setAccessibleName(self.tr("Search the library"))
        self.setToolTip(self.tr("Words of prompt, title, comment, style or model (Ctrl+F)"))
        self.setClearButtonEnabled(True)
        self.setAcceptDrops(False)  # files dropped here are for the library
        self.setMinimumHeight(28)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._sign = self.addAction(
            theme.symbol("search", self.palette().color(QPalette.ColorRole.PlaceholderText), 16),
            QLineEdit.ActionPosition.LeadingPosition,
        )
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "_sign"):
            self._draw()

    def _draw(self) -> None:
        color, ratio = self.palette().color(QPalette.ColorRole.PlaceholderText), 2.0
        self._sign.setIcon(theme.symbol("search", color, 16, ratio))
        clear = self.findChild(QToolButton, options=Qt.FindChildOption.FindDirectChildrenOnly)
        for button in self.findChildren(QToolButton):
            if button.defaultAction() is not self._sign:
                clear = button
        if clear is not None and clear.defaultAction() is not self._sign:
            clear.setIcon(theme.symbol("close", color, 16, ratio))
            clear.setToolTip(self.tr("Clear search (Esc)"))
            clear.setAccessibleName(self.tr("Clear search"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Clear by Escape, leave downwards."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif event.key() in {Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.leave_wanted.emit()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        """Want little: the panel says how wide it is."""
        return QSize(120, super().sizeHint().height())


def _choice(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setCheckable(True)
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setMinimumHeight(26)
    return button
