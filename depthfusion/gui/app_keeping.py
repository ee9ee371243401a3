"""How the app window keeps what was made, brought along, liked or deleted."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from depthfusion.errors import InputNotFoundError
from depthfusion.generator.events import Finished
from depthfusion.generator.request import DepthRequest
from depthfusion.gui.keeping import Made
from depthfusion.gui.loading import Source
from depthfusion.gui.overlays import BannerAction
from depthfusion.gui.pictures import short_path
from depthfusion.library import Deletion, World
from depthfusion.library.place import trash_folder

if TYPE_CHECKING:
    from depthfusion.gui.library_move import LibraryMove
    from depthfusion.panorama import Panorama
from depthfusion.gui.app_parts import AppParts

_FAVOURITE, _DELETED, _RESTORED, _VIEW = "favourite", "deleted", "restored", "view"
RECOVERED = "recovered"


class AppKeeping(AppParts):
    """From finished worlds to the library, and the open world's place in it.

    What is asked for here waits in the keeper's thread; the library may have moved by then.
    """

    _move: LibraryMove | None = None

    @property
    def _is_moving(self) -> bool:
        return self._move is not None and self._move.is_running

    def _name_now(self, folder: Path) -> str:
        """Return the name of a world, which may have moved meanwhile; in the keeper's thread.

        Raises:
            InputNotFoundError: if it is not in the library any more.
        """
        here = self.keeper.library.folder
        if folder.parent != here and self._move is not None:
            folder = self._move.places.get(folder, folder)
        if folder.parent != here:
            raise InputNotFoundError(f"want the world {folder.name}, it is not in {here}")
        return folder.name

    @Slot(object)
    def _keep(self, finished: Finished) -> None:
        more = {
            "seconds": round(finished.seconds, 2),
            "seam": {"color": finished.seam_color, "depth": finished.seam_depth},
        }
        self.keeper.keep(Made(finished.panorama, more))

    @Slot(object, object)
    def _kept(self, made: Made, folder: Path) -> None:
        self._last_kept = (made.panorama, folder)
        if self.library_panel is not None:
            self.library_panel.refresh()
        if folder.parent != self.library.folder:
            self.notify(self.tr("Kept as {0}").format(short_path(str(folder))))
        elif not self.library_wanted and not self._has_told_kept:
            self._has_told_kept = True
            self.notify(self.tr("Kept in the library"), self.tr("Show"), self._show_library_now)
        if self.viewport.panorama is made.panorama and self.opener.is_unsaved:
            self._settle_in()

    def _settle_in(self) -> None:
        """Take the open world, which has just been kept, as the one in the library."""
        if self._last_kept is not None:
            self.opener.moved_to(self._last_kept[1])
            self._note_world()
            self._show_facts()

    @Slot(object, str)
    def _not_kept(self, made: Made, reason: str) -> None:
        tr = self.tr
        self.banner.tell(
            tr("{0}. The world stays open until it is kept.").format(reason.rstrip(".")),
            [
                BannerAction(tr("Retry"), lambda: self.keeper.keep(made)),
                BannerAction(tr("Keep elsewhere…"), lambda: self._keep_elsewhere(made)),
            ],
        )

    def _keep_elsewhere(self, made: Made) -> None:
        dialog = QFileDialog(self, self.tr("Keep this world in a folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setDirectory(str(Path.home()))
        dialog.fileSelected.connect(lambda folder: self.keeper.keep(made, Path(folder)))
        dialog.rejected.connect(lambda: self._not_kept(made, self.tr("A world is not kept yet")))
        dialog.open()

    @Slot(object)
    def _made_aside(self, panorama: Panorama) -> None:
        self.notify(
            self.tr("{0} is finished").format(panorama.title or self.tr("A world")),
            self.tr("Show"),
            lambda: self._open_made(panorama),
        )

    def _open_made(self, panorama: Panorama) -> None:
        kept = self._last_kept
        folder = str(kept[1]) if kept is not None and kept[0] is panorama else ""
        source = Source(folder, panorama=None if folder else panorama, title=panorama.title)
        self.opener.open(source)

    @Slot(object, object)
    def _keep_view(self, folder: Path, view: dict[str, Any]) -> None:
        self.keeper.run(_VIEW, lambda: self._set_view(folder, view))

    def _set_view(self, folder: Path, view: dict[str, Any]) -> None:
        """In the keeper's thread: a world that is gone needs no view."""
        with suppress(InputNotFoundError):
            self.keeper.library.set_view(self._name_now(folder), view)

    @Slot(object, object)
    def _library_done(self, name: object, result: object) -> None:
        if name == RECOVERED and isinstance(result, int) and result:
            self.notify(self.tr("{0} worlds of the last time are kept now").format(result))
        elif name == _FAVOURITE and isinstance(result, World):
            if self.opener.world == result.folder:
                self.is_favourite = result.is_favourite
            told = self.tr("Marked as favourite") if result.is_favourite else self.tr("Unmarked")
            self.notify(told)
        elif name == _DELETED and isinstance(result, Deletion):
            self._undos.append(lambda: self._restore(result))
            self.notify(self.tr("Deleted"), self.tr("Undo"), self.undo_delete)
        elif name == _RESTORED and isinstance(result, list) and result:
            self.notify(self.tr("{0} is back").format(result[0].title))

    @Slot()
    def toggle_favourite(self) -> None:
        """Mark the open world, or unmark it."""
        folder, wanted = self._open_world(), not self.is_favourite
        if folder is not None:
            self.keeper.run(
                _FAVOURITE,
                lambda: self.keeper.library.set_favourite(self._name_now(folder), wanted),
            )

    @Slot()
    def delete_world(self) -> None:
        """Take the open world to the trash; it is still shown, and can be brought back."""
        folder = self._open_world()
        if folder is not None:
            self.keeper.run(_DELETED, lambda: self.keeper.library.delete([self._name_now(folder)]))

    def _open_world(self) -> Path | None:
        """Return the open world's folder; say so when it is on its way to another one."""
        folder = self.opener.world
        if folder is None and self._is_moving:
            self.complain(self.tr("want to change a world: wait until the library has moved"))
        return folder

    @Slot()
    def undo_delete(self) -> None:
        """Bring back what was deleted last."""
        if self._undos and self._is_moving:
            self.complain(self.tr("want to change a world: wait until the library has moved"))
        elif self._undos:
            self._undos.pop()()

    def _restore(self, deletion: Deletion) -> None:
        def restore() -> list[World]:
            library = self.keeper.library
            folder = trash_folder(library.folder) / deletion.folder.name  # it moves along
            return library.restore(replace(deletion, folder=folder))

        self.keeper.run(_RESTORED, restore)

    @Slot()
    def show_folder(self) -> None:
        """Show the open world's folder in the file browser."""
        folder = self.opener.world
        if folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    @Slot(list)
    def import_files(self, paths: list[str]) -> None:
        """Take pictures, pairs, worlds and folders into the library."""
        if paths and self._is_moving:
            self.complain(self.tr("want to import: wait until the library has moved"))
            return
        if self._importing is None:
            from depthfusion.gui.importing import Importing

            self._importing = Importing(self.library, self)
            self._importing.told.connect(self._imported)
            if self.library_panel is not None:
                self.library_panel.follow(self._importing)
        if paths:
            self._importing.start(paths)

    @Slot(str)
    def _imported(self, text: str) -> None:
        if self.library_wanted:
            self.notify(text)
        else:
            self.notify(text, self.tr("Show"), self._show_library_now)

    @Slot()
    def choose_import(self) -> None:
        """Let the person choose files for the library."""
        dialog = QFileDialog(self, self.tr("Import pictures, or pictures with their depth maps"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self.import_files)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _show_facts(self) -> None:
        panorama = self.viewport.panorama
        if panorama is None:
            return
        from depthfusion.gui.world_facts import facts_from_panorama
        from depthfusion.panorama.world_folder import about_world

        folder, source = self.opener.world, self.opener.source
        about = about_world(folder) if folder is not None else {}
        self.is_favourite = about.get("favourite") is True
        title = str(about.get("title") or (source.title if source else ""))
        self.facts = facts_from_panorama(panorama, about, title)
        if folder is not None and self.facts.color_file is None:
            files = (folder / "color.png", folder / "depth.png")
            self.facts = replace(self.facts, color_file=files[0], depth_file=files[1])
        if self.details is not None:
            self.details.show_facts(self.facts)
        if self.library_panel is not None:
            self.library_panel.show_current(folder)

    @Slot()
    def estimate_depth(self) -> None:
        """Have the open picture's depth estimated; it is kept in the library with it."""
        source, panorama = self.opener.source, self.viewport.panorama
        if source is not None and source.color and panorama is not None and panorama.depth is None:
            self.making.queue.add(DepthRequest(path=source.color))

    @Slot(object, object)
    def _depth_came(self, request: DepthRequest, panorama: Panorama) -> None:
        self.keeper.keep(Made(panorama))

    @Slot()
    def _tell_estimate(self) -> None:
        if self.details is not None:
            queue = self.making.queue
            jobs = [job for job in (queue.current, *queue.waiting) if job is not None]
            running = any(isinstance(job.request, DepthRequest) for job in jobs)
            self.details.set_estimate(running=running)
