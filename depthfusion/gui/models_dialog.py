"""World > Models: which models are here or to be had, and all that can be done with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPalette, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QMessageBox,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from depthfusion.generator.amounts import size
from depthfusion.generator.model_list import ModelOffer, ModelRow
from depthfusion.gui.model_download import ModelDesk, Outcome, Task
from depthfusion.gui.model_offer_page import ModelOfferPage
from depthfusion.gui.model_work import MessageRow, WorkRow, plain_button
from depthfusion.gui.run_log import without_home

_ROW_PX = 42


class ModelsDialog(QDialog):
    """Shows what a `ModelDesk` tells and orders from it. Not modal; work goes on when it closes."""

    use_wanted = Signal(str)
    """Make worlds with the model of this name from now on."""

    def __init__(self, desk: ModelDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._rows: dict[str, ModelRow] = {}
        self._again: Callable[[], object] | None = None
        self._is_first_look = False
        self.setWindowTitle(self.tr("Models"))
        self.setMinimumSize(520, 360)
        self.resize(780, 470)
        self.list = self._make_list()
        self._work = WorkRow(self)
        self._message = MessageRow(self)
        self.offer = ModelOfferPage()
        self._make_buttons()
        self._pages = QStackedWidget()
        self._first = self._make_first_page()
        self._pages.addWidget(self._first)
        self._pages.addWidget(self.offer)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.addWidget(self._pages)
        self._connect()
        self._follow_choice()

    # What is in it ------------------------------------------------------------------------------

    def _make_list(self) -> QTreeWidget:
        tr, tree = self.tr, QTreeWidget()
        tree.setHeaderLabels([tr("Model"), tr("Licence"), tr("Size"), tr("State")])
        tree.setRootIsDecorated(False)
        tree.setUniformRowHeights(True)
        tree.setAlternatingRowColors(True)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        tree.setAccessibleName(tr("Models"))
        tree.setToolTip(tr("Models on this machine, and those that can be downloaded"))
        header = tree.header()
        header.setStretchLastSection(False)
        header.setSectionsMovable(False)
        for column in (1, 2, 3):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        return tree

    def _make_buttons(self) -> None:
        tr = self.tr
        self.add_button = plain_button(
            tr("Add a folder…"), tr("A model you have; nothing is copied")
        )
        self.other_button = plain_button(
            tr("Another…"), tr("Any LDM3D model of the hub, by its id")
        )
        self.verify_button = plain_button(tr("Check"), tr("Compare its files with their checksums"))
        self.remove_button = plain_button(tr("Remove…"), "")
        self.use_button = plain_button(tr("Use"), tr("Make worlds with this model"))
        self.get_button = plain_button("", "")

    def _make_first_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self.list, 1)
        column.addWidget(self._work)
        column.addWidget(self._message)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.add_button)
        row.addWidget(self.other_button)
        row.addStretch(1)
        for button in (self.remove_button, self.verify_button, self.use_button, self.get_button):
            row.addWidget(button)
        column.addLayout(row)
        return page

    def _connect(self) -> None:
        desk = self._desk
        desk.listed.connect(self._listed)
        desk.list_failed.connect(lambda reason: self._complain(reason, desk.refresh))
        desk.offered.connect(self._offered)
        desk.offer_failed.connect(self._offer_failed)
        desk.began.connect(self._began)
        desk.progressed.connect(self._work.show_transfer)
        desk.ended.connect(self._ended)
        self.list.currentItemChanged.connect(self._follow_choice)
        self.list.itemActivated.connect(self._get_or_use)
        self._work.cancel.clicked.connect(desk.cancel)
        self._message.again.clicked.connect(self._try_again)
        self.add_button.clicked.connect(self._choose_folder)
        self.other_button.clicked.connect(self._ask_id)
        self.verify_button.clicked.connect(self._verify)
        self.remove_button.clicked.connect(self._ask_to_remove)
        self.use_button.clicked.connect(self._use)
        self.get_button.clicked.connect(self._get)
        self.offer.accepted.connect(self._download)
        self.offer.back_wanted.connect(self._show_list)
        self.offer.again_wanted.connect(self.show_offer)

    def showEvent(self, event: QShowEvent) -> None:
        """Ask anew what is here: other programs may have changed it."""
        super().showEvent(event)
        if not self._rows:
            self._message.tell(self.tr("Looking at what is here…"))
            self._is_first_look = True
        self._desk.refresh()

    # The list -----------------------------------------------------------------------------------

    @property
    def chosen(self) -> ModelRow | None:
        """The selected model."""
        item = self.list.currentItem()
        return None if item is None else self._rows.get(item.data(0, Qt.ItemDataRole.UserRole))

    def choose(self, name: str) -> None:
        """Select a model of the list."""
        for index in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(index)
            if item is not None and item.data(0, Qt.ItemDataRole.UserRole) == name:
                self.list.setCurrentItem(item)

    def _listed(self, rows: list[ModelRow]) -> None:
        before = self.chosen
        if self._is_first_look:
            self._is_first_look = False
            self._message.tell("")
        self._rows = {row.name: row for row in rows}
        self.list.clear()
        for row in rows:
            self.list.addTopLevelItem(self._item(row))
        self.choose(before.name if before is not None and before.name in self._rows else "")
        if self.list.currentItem() is None and rows:
            self.choose(rows[0].name)
        self._follow_choice()

    def _item(self, row: ModelRow) -> QTreeWidgetItem:
        amount = size(row.size_bytes) if row.size_bytes else ""
        title = f"{row.name}\n{row.purpose}" if row.purpose else row.name
        item = QTreeWidgetItem([title, row.licence or "", amount, self._state(row)])
        item.setData(0, Qt.ItemDataRole.UserRole, row.name)
        item.setSizeHint(0, QSize(0, _ROW_PX))
        item.setTextAlignment(2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setToolTip(0, without_home(row.folder or "") or row.name)
        if not row.is_here:
            dim = self.palette().color(QPalette.ColorRole.PlaceholderText)
            for column in (1, 2, 3):
                item.setForeground(column, dim)
        return item

    def _state(self, row: ModelRow) -> str:
        tr = self.tr
        if row.name == self._desk.model:
            return tr("being worked on")
        if row.is_begun:
            return tr("begun")
        if row.missing:
            return tr("lacks {0}").format(row.missing[0])
        if row.is_added:
            return tr("your folder")
        return tr("here") if row.is_here else tr("not here")

    def _follow_choice(self) -> None:
        """Offer what can be done with the selected model, and nothing else."""
        row, is_free, tr = self.chosen, self._desk.task is None, self.tr
        self.add_button.setEnabled(is_free)
        self.verify_button.setVisible(row is not None and row.is_here)
        self.verify_button.setEnabled(is_free)
        self.use_button.setVisible(row is not None and row.is_here)
        self.remove_button.setVisible(row is not None and row.can_be_removed)
        self.remove_button.setEnabled(is_free)
        is_added = row is not None and row.is_added
        self.remove_button.setText(tr("Forget") if is_added else tr("Remove…"))
        self.remove_button.setToolTip(
            tr("Forget its name; the folder stays") if is_added else tr("Delete its files")
        )
        can_get = row is not None and not row.is_here and not row.is_added
        self.get_button.setVisible(can_get)
        self.get_button.setEnabled(is_free)
        begun = row is not None and row.is_begun
        self.get_button.setText(tr("Go on…") if begun else tr("Download…"))
        self.get_button.setToolTip(tr("See size and licence; nothing is fetched yet"))

    # What is done -------------------------------------------------------------------------------

    def show_offer(self, model: str) -> None:
        """Ask the hub about a model and show what it costs; also from other places."""
        self._message.tell("")
        self.offer.wait_for(model)
        self._pages.setCurrentWidget(self.offer)
        self.offer.back.setFocus()
        self._desk.look(model)

    def _show_list(self) -> None:
        self._pages.setCurrentWidget(self._first)
        self.list.setFocus()

    def _offered(self, offer: ModelOffer) -> None:
        if offer.model == self.offer.model:
            self.offer.show_offer(offer)
            if self._desk.task is not None:
                self.offer.accept.setEnabled(False)
                self.offer.accept.setToolTip(self.tr("Another model is being worked on"))

    def _offer_failed(self, model: str, reason: str) -> None:
        if model == self.offer.model:
            self.offer.tell_failed(reason)

    def _get(self) -> None:
        if self.chosen is not None:
            self.show_offer(self.chosen.name)

    def _get_or_use(self) -> None:
        row = self.chosen
        if row is not None and row.is_here:
            self._use()
        elif row is not None and not row.is_added and self._desk.task is None:
            self.show_offer(row.name)

    def _use(self) -> None:
        if self.chosen is not None:
            self.use_wanted.emit(self.chosen.name)
            name = self.chosen.name
            self._message.tell(self.tr("New worlds are made with {0}.").format(name))

    def _download(self, offer: ModelOffer) -> None:
        self._show_list()
        self.choose(offer.model)
        self._again = lambda: self._desk.download(offer)
        self._desk.download(offer)

    def _verify(self) -> None:
        if self.chosen is not None:
            self._desk.verify(self.chosen.name)

    def _ask_id(self) -> None:
        dialog = QInputDialog(self)
        dialog.setWindowTitle(self.tr("Another model"))
        dialog.setLabelText(self.tr("Id of an LDM3D model on the hub, such as owner/name"))
        dialog.textValueSelected.connect(self._offer_named)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _offer_named(self, text: str) -> None:
        if text.strip():
            self.show_offer(text.strip())

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, self.tr("The model's folder, with model_index.json"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setDirectory(str(Path.home()))
        dialog.fileSelected.connect(self._desk.add)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _ask_to_remove(self) -> None:
        row = self.chosen
        if row is None:
            return
        if row.is_added:
            self._desk.remove(row.name)
            return
        text = self.tr("Delete {0} ({1}) from this machine?").format(row.name, size(row.size_bytes))
        box = QMessageBox(QMessageBox.Icon.Question, self.windowTitle(), text, parent=self)
        box.setInformativeText(self.tr("Other programs that share the hub's cache lose it too."))
        delete = box.addButton(self.tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        delete.clicked.connect(lambda: self._desk.remove(row.name))
        box.open()

    # What comes of it ---------------------------------------------------------------------------

    def _began(self, task: Task, model: str) -> None:
        self._message.tell("")
        self._work.begin(task, Path(model).name if task is Task.ADD else model)
        self._listed(list(self._rows.values()))

    def _ended(self, outcome: Outcome) -> None:
        self._work.hide()
        self._listed(list(self._rows.values()))
        tr, model = self.tr, outcome.model
        if outcome.cancelled:
            kept = tr("Stopped. What arrived is kept; it can be gone on with at any time.")
            self._message.tell(kept if outcome.task is Task.DOWNLOAD else tr("Stopped."))
        elif outcome.error:
            again = self._again if outcome.task is Task.DOWNLOAD else None
            self._complain(outcome.error, again)
        elif outcome.problems:
            repair = tr("Repair") if "/" in model else ""
            line = tr("{0} is damaged: {1}").format(model, outcome.problems[0])
            self._complain(line, lambda: self.show_offer(model), repair)
        else:
            done = {
                Task.DOWNLOAD: tr("{0} is here, every file checked.").format(model),
                Task.VERIFY: tr("{0}: all files as they should be.").format(model),
                Task.ADD: tr("Added as {0}.").format(outcome.name),
                Task.REMOVE: tr("{0} is removed.").format(model),
            }
            self._message.tell(done[outcome.task])

    def _complain(
        self, line: str, again: Callable[[], object] | None = None, text: str | None = None
    ) -> None:
        self._again = again
        wanted = self.tr("Try again") if text is None else text
        self._message.tell(line, wanted if again is not None else "", is_bad=True)

    def _try_again(self) -> None:
        if self._again is not None and self._desk.task is None:
            again = self._again
            self._message.tell("")
            again()
