"""What the windows save and export: the present view, or the picture itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMainWindow

from depthfusion.errors import DepthFusionError
from depthfusion.gui.overlays import Toast
from depthfusion.gui.pictures import PictureSaver, free_picture_path, short_path
from depthfusion.gui.viewport import Viewport

if TYPE_CHECKING:
    from depthfusion.gui.export import ExportKind


class SavingWindow(QMainWindow):
    """A window with a viewport; subclasses make that and show messages."""

    viewport: Viewport
    saver: PictureSaver
    _saved_in: QUrl

    @property
    def toast(self) -> Toast:
        """The passing notice at the bottom of the view."""
        raise NotImplementedError

    @Slot(str)
    def complain(self, text: str) -> None:
        """Show one line about something that went wrong."""
        raise NotImplementedError

    @Slot()
    def save_seen(self) -> None:
        """Save the present view as large as it is, into the pictures folder."""
        self.save_picture()

    @Slot()
    def choose_place(self) -> None:
        """Save the present view as large as it is, where the person chooses."""
        self.choose_picture()

    def save_picture(
        self, size_px: tuple[int, int] | None = None, path: Path | None = None
    ) -> None:
        """Save the present view; as large as in the window, into the pictures folder by default."""
        panorama = self.viewport.panorama
        if panorama is None:
            return
        try:
            pixels = self.viewport.picture(size_px)
        except DepthFusionError as error:
            self.complain(str(error))
            return
        self.saver.save(pixels, path or free_picture_path(panorama.title))

    def choose_picture(self, size_px: tuple[int, int] | None = None) -> None:
        """Let the person choose where the present view is saved."""
        panorama = self.viewport.panorama
        if panorama is None:
            return
        proposed = free_picture_path(panorama.title)
        dialog = QFileDialog(self, self.tr("Save what you see"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([self.tr("PNG picture (*.png)"), self.tr("JPEG picture (*.jpg)")])
        dialog.setDefaultSuffix("png")
        dialog.setDirectory(str(proposed.parent if proposed.parent.is_dir() else Path.home()))
        dialog.selectFile(proposed.name)
        dialog.fileSelected.connect(lambda name: self.save_picture(size_px, Path(name)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    @Slot()
    def choose_export(self) -> None:
        """Let the person choose as what and where the open picture is exported."""
        from depthfusion.gui.export import names_of_kinds

        panorama = self.viewport.panorama
        if panorama is None:
            return
        names = names_of_kinds(self.tr, has_depth=panorama.depth is not None)
        proposed = free_picture_path(panorama.title)
        dialog = QFileDialog(self, self.tr("Export"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(list(names.values()))
        dialog.setDefaultSuffix("png")
        dialog.setDirectory(str(proposed.parent if proposed.parent.is_dir() else Path.home()))
        dialog.selectFile(proposed.name)
        kinds = {name: kind for kind, name in names.items()}
        dialog.fileSelected.connect(
            lambda path: self.export(kinds[dialog.selectedNameFilter()], Path(path))
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def export(self, kind: ExportKind, path: Path) -> None:
        """Write the open picture in the background; a notice tells when it is there."""
        from depthfusion.gui.export import ExportKind, write_export

        panorama = self.viewport.panorama
        if panorama is None:
            return
        if kind is ExportKind.SEEN:
            self.save_picture(path=path)
            return
        depth = path.with_name(f"{path.stem}_depth.png")
        if kind is ExportKind.RGBD and path.suffix.lower() != ".png":
            self.complain(
                self.tr("want a name that ends in .png, got {0}: others lose depth").format(
                    path.name
                )
            )
        elif kind is ExportKind.PAIR and panorama.depth is not None and depth.exists():
            # The dialog asked for the picture's name only.
            self.complain(
                self.tr("{0} is there already: choose another name, or move it away").format(
                    short_path(str(depth))
                )
            )
        else:
            view = self.viewport.view
            self.saver.write(path, lambda: write_export(panorama, kind, path, view))

    @Slot(str)
    def _picture_saved(self, path: str) -> None:
        self._saved_in = QUrl.fromLocalFile(str(Path(path).parent))
        self.toast.tell(self.tr("Saved as {0}").format(short_path(path)), self.tr("Show in folder"))

    @Slot()
    def _show_saved(self) -> None:
        QDesktopServices.openUrl(self._saved_in)
