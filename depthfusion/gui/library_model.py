"""The library's worlds as rows: keeps all names, and the worlds of the rows in sight."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QByteArray,
    QDateTime,
    QLocale,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QUrl,
    Signal,
)

from depthfusion.errors import DepthFusionError
from depthfusion.library import Library, Query, World
from depthfusion.panorama.world_folder import COLOR, DEPTH

Index = QModelIndex | QPersistentModelIndex
WORLD = Qt.ItemDataRole.UserRole
CHUNK = 64
"""Worlds that are asked for at once."""
MOST_KEPT = 2048
_TIP_CHARS = 400
_NOWHERE = QModelIndex()


class LibraryModel(QAbstractListModel):
    """What one query finds. Rows stay where they are until `ask` or `ask_again`."""

    rename_wanted = Signal(str, str)
    """A world's name and its new title, from an editor."""

    def __init__(self, library: Library, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.query = Query()
        self.names: list[str] = []
        """Of all rows, from the top."""
        self._library = library
        self._rows: dict[str, int] | None = None
        self._kept: dict[str, World] = {}
        self._wishes: dict[str, dict[str, Any]] = {}
        self._hidden: set[str] = set()

    # Asking the library -------------------------------------------------------------------------

    def ask(self, query: Query) -> None:
        """Show what another query finds.

        Raises:
            DepthFusionError: if the index cannot be read; all is as before then.
        """
        names = self._found(query)
        self.beginResetModel()
        self.query = query
        self._set(names)
        self.endResetModel()

    def ask_again(self) -> bool:
        """Take in what changed; rows that stayed keep selection and place.

        Returns:
            Whether rows came, went or moved.

        Raises:
            DepthFusionError: if the index cannot be read; all is as before then.
        """
        new = self._found(self.query)
        self._kept.clear()
        moved = self._become(new)
        if self.names:
            self.dataChanged.emit(self.index(0), self.index(len(self.names) - 1))
        return moved

    def _found(self, query: Query) -> list[str]:
        names = self._library.names(query)
        return [name for name in names if name not in self._hidden] if self._hidden else names

    def _become(self, new: list[str]) -> bool:
        """Change rows from the first to the last that differs."""
        old = self.names
        if new == old:
            return False
        start, old_end, new_end = difference(old, new)
        if old_end > start:
            self.beginRemoveRows(_NOWHERE, start, old_end - 1)
            self._set(old[:start] + old[old_end:])
            self.endRemoveRows()
        if new_end > start:
            self.beginInsertRows(_NOWHERE, start, new_end - 1)
            self._set(new)
            self.endInsertRows()
        return True

    def _set(self, names: list[str]) -> None:
        self.names, self._rows = names, None

    # What is being changed, shown before it is done ---------------------------------------------

    def wish(self, name: str, **values: Any) -> None:
        """Show a world with other values until `settle`."""
        self._wishes.setdefault(name, {}).update(values)
        self._kept.pop(name, None)
        self._tell(name)

    def settle(self, name: str) -> None:
        """Show a world as the library has it."""
        self._wishes.pop(name, None)
        self._kept.pop(name, None)
        self._tell(name)

    def hide_worlds(self, names: Iterable[str]) -> None:
        """Leave worlds out until `unhide`: they are being deleted."""
        self._hidden.update(names)
        self._become([name for name in self.names if name not in self._hidden])

    def unhide(self, names: Iterable[str]) -> None:
        """Leave them out no more; `ask_again` shows those that are there."""
        self._hidden.difference_update(names)

    def _tell(self, name: str) -> None:
        row = self.row_of(name)
        if row >= 0:
            self.dataChanged.emit(self.index(row), self.index(row))

    # Rows ---------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Return how many worlds there are."""
        return 0 if parent.isValid() else len(self.names)

    def row_of(self, name: str) -> int:
        """Return a world's row; -1 if it is not shown."""
        if self._rows is None:
            self._rows = {shown: row for row, shown in enumerate(self.names)}
        return self._rows.get(name, -1)

    def world(self, row: int) -> World:
        """Return the world of a row; asks the library for it and its neighbours if needed."""
        name = self.names[row]
        if name not in self._kept:
            self._fetch(row)
        return self._kept[name]

    def _fetch(self, row: int) -> None:
        start = row - row % CHUNK
        some = self.names[start : start + CHUNK]
        while len(self._kept) > MOST_KEPT - CHUNK:
            del self._kept[next(iter(self._kept))]
        try:
            found = {world.name: world for world in self._library.worlds(some)}
        except DepthFusionError:
            found = {}  # the index is busy: names will do until it is asked again
        for name in some:
            world = found.get(name) or World(self._library.folder / name, title=name)
            self._kept[name] = replace(world, **self._wishes.get(name, {}))

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a row tells."""
        if not index.isValid() or index.row() >= len(self.names):
            return None
        roles = Qt.ItemDataRole
        if role == WORLD:
            return self.world(index.row())
        if role in {roles.DisplayRole, roles.EditRole}:
            return self.world(index.row()).title
        if role == roles.ToolTipRole:
            return self._tip(self.world(index.row()))
        if role == roles.AccessibleTextRole:
            return self._spoken(self.world(index.row()))
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Take what was typed into an editor as a wish for another title."""
        if role != Qt.ItemDataRole.EditRole or not index.isValid():
            return False
        world, title = self.world(index.row()), str(value).strip()
        if not title or title == world.title:
            return False
        self.rename_wanted.emit(world.name, title)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Return what can be done with a row."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        flags |= Qt.ItemFlag.ItemIsDragEnabled | Qt.ItemFlag.ItemIsEditable
        return flags | Qt.ItemFlag.ItemNeverHasChildren

    def roleNames(self) -> dict[int, QByteArray]:
        """Name the roles."""
        return {**super().roleNames(), int(WORLD): QByteArray(b"world")}

    # Dragging out -------------------------------------------------------------------------------

    def mimeTypes(self) -> list[str]:
        """Return what a drag offers."""
        return ["text/uri-list"]

    def supportedDragActions(self) -> Qt.DropAction:
        """Only let copy: the library's files stay."""
        return Qt.DropAction.CopyAction

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Offer the files of one world, or the folders of several."""
        some = [self.world(index.row()) for index in indexes]
        paths = [world.folder for world in some]
        if len(some) == 1:
            paths = [some[0].folder / COLOR]
            if some[0].has_depth:
                paths.append(some[0].folder / DEPTH)
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        return data

    # Words --------------------------------------------------------------------------------------

    def _tip(self, world: World) -> str:
        parts = [f"<b>{html.escape(world.title)}</b>"]
        if world.problem:
            parts.append(html.escape(self.tr("Damaged: {0}").format(world.problem)))
        prompt = world.prompt
        if prompt and prompt != world.title:
            short = prompt if len(prompt) <= _TIP_CHARS else f"{prompt[:_TIP_CHARS].rstrip()}…"
            parts.append(html.escape(short))
        if world.created_s:
            parts.append(html.escape(moment(world.created_s)))
        parts.append(html.escape(self.tr("Double-click to open, F2 to rename")))
        return "".join(f"<p style='margin: 2px'>{part}</p>" for part in parts)

    def _spoken(self, world: World) -> str:
        parts = [world.title]
        if world.is_favourite:
            parts.append(self.tr("favourite"))
        if world.problem:
            parts.append(self.tr("damaged: {0}").format(world.problem))
        return ", ".join(parts)


def difference(old: Sequence[str], new: Sequence[str]) -> tuple[int, int, int]:
    """Return (start, old end, new end): outside old[start:old end] both are the same."""
    most = min(len(old), len(new))
    start = 0
    while start < most and old[start] == new[start]:
        start += 1
    end = 0
    while end < most - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return start, len(old) - end, len(new) - end


def moment(seconds: float) -> str:
    """Return a time as the person's language writes it."""
    when = QDateTime.fromSecsSinceEpoch(round(seconds))
    return QLocale().toString(when, QLocale.FormatType.ShortFormat)
