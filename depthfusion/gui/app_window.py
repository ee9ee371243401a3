"""The app window: the viewer with a prompt below, a library and details beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer, QUrl, Slot
from PySide6.QtGui import QCloseEvent, QDesktopServices, QMoveEvent, QResizeEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from depthfusion.errors import DepthFusionError
from depthfusion.generator.events import Finished
from depthfusion.generator.request import DepthRequest, Request
from depthfusion.gui import worlds
from depthfusion.gui.app_opener import AppOpener
from depthfusion.gui.cards import KeyCard
from depthfusion.gui.compass import Compass
from depthfusion.gui.generation_queue import Job
from depthfusion.gui.keeping import Keeper, Made
from depthfusion.gui.loading import Source
from depthfusion.gui.making import Making, requests_from
from depthfusion.gui.overlays import BannerAction
from depthfusion.gui.pictures import short_path
from depthfusion.gui.prompt_form import PromptForm
from depthfusion.gui.remembered import Remembered
from depthfusion.gui.run_log import LogRing
from depthfusion.gui.session import Session
from depthfusion.gui.settings_follower import SettingsFollower
from depthfusion.gui.viewer_window import NAME, ViewerWindow
from depthfusion.library import Deletion, Library, World
from depthfusion.panorama.world_folder import is_world
from depthfusion.view import View

if TYPE_CHECKING:
    from depthfusion.gui.app_menus import AppMenus
    from depthfusion.gui.crash import Report
    from depthfusion.gui.details_panel import DetailsPanel
    from depthfusion.gui.first_run_card import FirstRunCard
    from depthfusion.gui.importing import Importing
    from depthfusion.gui.library_panel import LibraryPanel
    from depthfusion.gui.log_panel import LogPanel
    from depthfusion.gui.model_download import ModelDesk
    from depthfusion.gui.models_dialog import ModelsDialog
    from depthfusion.gui.settings_dialog import SettingsDialog
    from depthfusion.gui.world_facts import WorldFacts
    from depthfusion.panorama import Panorama
    from depthfusion.settings import Settings, Units

FIRST_STEPS = "first-steps"
"""Name of the first-run card in `Settings.cards_seen`."""
_KEEP_TRASH_DAYS = 30
_LOOK_MS = 1000
_FAVOURITE, _DELETED, _RESTORED, _RECOVERED, _VIEW = (
    "favourite", "deleted", "restored", "recovered", "view",
)  # fmt: skip


class AppWindow(ViewerWindow):
    """Type, watch it form, look around, find it again. `dress` it after its first frame."""

    opener: AppOpener
    menus: AppMenus | None

    def __init__(
        self,
        remembered: Remembered,
        library: Library,
        session: Session,
        ring: LogRing | None = None,
        model: str | None = None,
    ) -> None:
        """Make what the first frame shows.

        Args:
            remembered: settings and how files were looked at.
            library: where worlds are kept; closed with the window.
            session: of the last time; closed with the window.
            ring: the log of this run.
            model: to be used where the form names none.
        """
        self._library_folder = library.folder
        super().__init__(remembered)
        self.library, self.session = library, session
        self.ring = ring or LogRing()
        self.keeper = Keeper(library, session.folder, self)
        self.making = Making(self.opener, model)
        self.compass = Compass(self.viewport)
        self.details: DetailsPanel | None = None
        self.facts: WorldFacts | None = None
        self.details_wanted = session.get("details_shown", bool, False)
        self.library_panel: LibraryPanel | None = None
        self.library_wanted = session.get("library_shown", bool, False)
        self.is_favourite = False
        self._failed_first = ""
        """Why the first picture could not be opened; told beside the world shown instead."""
        self._last_kept: tuple[Panorama, Path] | None = None
        self._call: Callable[[], object] | None = None
        self._undos: list[Callable[[], object]] = []
        self._importing: Importing | None = None
        self._has_told_kept = self._is_closed = False
        self._offered: list[Request] = []
        """Of the last time, until the person has answered."""
        self._desk: ModelDesk | None = None
        self._models: ModelsDialog | None = None
        self._log: LogPanel | None = None
        self._settings_dialog: SettingsDialog | None = None
        self._units = remembered.store.settings.units
        self._first_steps: FirstRunCard | None = None
        self._was_shown = (False, False)
        self._looking = QTimer(self, interval=_LOOK_MS)
        self._lay_out_app()
        self._connect_app()
        self._take_up_session()

    # Layout -------------------------------------------------------------------------------------

    def _made_opener(self, remembered: Remembered) -> AppOpener:
        return AppOpener(self.viewport, remembered, self._library_folder)

    def _made_menus(self) -> AppMenus:
        from depthfusion.gui.app_menus import AppMenus

        return AppMenus(self)

    def _lay_out(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._middle = QHBoxLayout()
        self._middle.setSpacing(0)
        self._middle.addWidget(self.viewport, 1)
        self._bottom = QWidget()
        column.addWidget(self.line)
        column.addLayout(self._middle, 1)
        column.addWidget(self._bottom)
        self.setCentralWidget(body)

    def _lay_out_app(self) -> None:
        bottom = QVBoxLayout(self._bottom)
        bottom.setContentsMargins(0, 0, 0, 0)
        bottom.setSpacing(0)
        bottom.addWidget(self.making.bar)
        bottom.addWidget(self.making.row)
        self.making.bar.setFocus()

    def _connect_app(self) -> None:
        making, bar, keeper, compass = self.making, self.making.bar, self.keeper, self.compass
        making.finished.connect(self._keep)
        making.queue.began.connect(self._begin_making)
        making.troubled.connect(self._tell_trouble)
        making.models_wanted.connect(self.show_models)
        making.log_wanted.connect(self.show_log)
        making.queue_changed.connect(self._note_queue)
        making.creation.finished_aside.connect(self._made_aside)
        making.creation.depth_came.connect(self._depth_came)
        making.queue.changed.connect(self._tell_estimate)
        bar.changed.connect(self._note_form)
        bar.history_changed.connect(lambda prompts: self.session.put(history=prompts))
        bar.complained.connect(self.complain)
        keeper.kept.connect(self._kept)
        keeper.failed.connect(self._not_kept)
        keeper.complained.connect(self.complain)
        keeper.done.connect(self._library_done)
        self.opener.looked.connect(self._keep_view)
        self.viewport.view_changed.connect(self._view_moved)
        compass.turned.connect(lambda yaw_deg: self.viewport.change(yaw_deg=yaw_deg))
        compass.recentre_wanted.connect(self.viewport.recentre)
        self._looking.timeout.connect(self._look_at_library)
        self._end_following = self.opener.remembered.store.subscribe(self._settings_changed)

    def _settings_changed(self, settings: Settings, names: frozenset[str]) -> None:
        if names & {"model", "steps", "guidance", "size", "scheduler"}:
            self.making.settings_changed()
        if "library" in names:
            self.notify(self.tr("The other library is used from the next start on"))

    @Slot(object)
    def _view_moved(self, view: View) -> None:
        self.compass.follow(view)
        self.compass.reduced = self.viewport.motion.reduced

    # The session --------------------------------------------------------------------------------

    def _take_up_session(self) -> None:
        session, bar = self.session, self.making.bar
        bar.set_history([p for p in session.get("history", list, []) if isinstance(p, str)])
        bar.set_form(PromptForm.from_dict(session.mapping("form")))
        place = session.get("place", str, "")
        if place:
            self.restoreGeometry(QByteArray.fromBase64(place.encode("ascii", "ignore")))

    @Slot()
    def _note_form(self) -> None:
        self.session.put(form=self.making.bar.form.to_dict())

    @Slot()
    def _note_queue(self) -> None:
        if self._is_closed:
            return
        waiting = [*self._offered, *self.making.unfinished()]
        self.session.put(queue=[request.to_dict() for request in waiting])

    def _note_place(self) -> None:
        if self.isVisible() and not self.isFullScreen():
            self.session.put(place=bytes(self.saveGeometry().toBase64().data()).decode())

    def _note_world(self) -> None:
        source = self.opener.source
        if source is None or not source.color:
            return
        folder = self.opener.world
        self.session.put(
            world={
                "color": str(folder or Path(source.color).absolute()),
                "depth": None if folder or source.depth is None else str(source.depth),
                "title": source.title,
                "brings_view": folder is not None or self.opener.is_bundled,
            }
        )

    def _offer_queue(self, values: Sequence[object]) -> None:
        """Offer what was waiting when the program ended."""
        requests = requests_from(values)
        if not requests:
            return
        count = sum(request.count for request in requests)
        text = (
            self.tr("One world was not finished the last time: {0}").format(requests[0].prompt)
            if count == 1
            else self.tr("{0} worlds were not finished the last time.").format(count)
        )

        self._offered = requests
        self.banner.tell(
            text,
            [
                BannerAction(self.tr("Make now"), lambda: self._answer_offer(is_wanted=True)),
                BannerAction(self.tr("Forget"), lambda: self._answer_offer(is_wanted=False)),
            ],
        )

    def _answer_offer(self, *, is_wanted: bool) -> None:
        offered, self._offered = self._offered, []
        for request in offered if is_wanted else ():
            self.making.queue.add(request)
        self._note_queue()

    # After the first frame ----------------------------------------------------------------------

    def dress(self) -> None:
        """Make what the first frame does not wait for."""
        if self.menus is not None:
            return
        waiting = self.session.get("queue", list, [])
        super().dress()
        store = self.opener.remembered.store
        SettingsFollower(store, self, self.making.link, self._use_units)
        self.making.warm_up()
        for line in self.making.load_styles():
            self.complain(line)
        QTimer.singleShot(0, self, self._begin_library)
        QTimer.singleShot(200, self, self._begin_models)
        if self.session.complaint:
            self.complain(self.session.complaint)
        if self.session.keeps:  # the first window's queue is its own
            self._offer_queue(waiting)
        QTimer.singleShot(400, self, self._tell_reports)

    def _tell_reports(self) -> None:
        """Tell of the last run, if it ended badly; nothing leaves this machine."""
        from depthfusion.gui.crash import pending_reports

        reports = pending_reports()
        if not reports:
            return
        for older in reports[1:]:
            older.dismiss()
        report = reports[0]
        text = self.tr("{0}. Your worlds and prompts are safe.").format(report.headline)
        self.banner.tell(
            text,
            [
                BannerAction(self.tr("Show report"), lambda: self._show_report(report)),
                BannerAction(self.tr("Dismiss"), report.dismiss),
            ],
        )

    def _show_report(self, report: Report) -> None:
        from depthfusion.gui.report_dialog import ReportDialog

        ReportDialog(report, self).open()

    def _begin_library(self) -> None:
        def tidy() -> int:
            self.library.empty_trash(_KEEP_TRASH_DAYS)
            return self.keeper.recover()

        self.keeper.run(_RECOVERED, tidy)
        self._looking.start()

    @Slot()
    def _look_at_library(self) -> None:
        for line in self.library.notices():
            self.complain(line)

    def _begin_models(self) -> None:
        from depthfusion.gui.first_run_card import FirstRunCard
        from depthfusion.gui.model_download import ModelDesk
        from ldm3d.hub import DEFAULT_MODEL

        self._desk = desk = ModelDesk(self)
        desk.listed.connect(self.making.set_models)
        desk.refresh()
        if FIRST_STEPS in self.opener.remembered.store.settings.cards_seen:
            return
        card = self._first_steps = FirstRunCard(self.viewport, desk, DEFAULT_MODEL)
        card.download_wanted.connect(lambda: self.show_models(DEFAULT_MODEL))
        card.added.connect(self._use_model)
        card.later.connect(self._card_was_seen)
        card.added.connect(self._card_was_seen)
        card.present()
        QTimer.singleShot(1000, card, card.ask)

    @Slot()
    def _card_was_seen(self) -> None:
        store = self.opener.remembered.store
        seen = [*store.settings.cards_seen, FIRST_STEPS]
        self._try(lambda: store.change(cards_seen=list(dict.fromkeys(seen))))

    @Slot(str)
    def _use_model(self, name: str) -> None:
        self._try(lambda: self.making.use_model(name))

    def _try(self, action: Callable[[], object]) -> None:
        """Do something that may fail, and say so."""
        try:
            action()
        except DepthFusionError as error:
            self.complain(str(error))

    @Slot(object)
    def _begin_making(self, job: Job) -> None:
        """Stand still: the world that forms is watched, and needs the processor."""
        self.viewport.set_motion(turning=False)
        if self._first_steps is not None:
            self._first_steps.hide()

    # Keeping worlds -----------------------------------------------------------------------------

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
        if folder.is_dir():
            self.library.set_view(folder.name, view)

    @Slot(object, object)
    def _library_done(self, name: object, result: object) -> None:
        if name == _RECOVERED and isinstance(result, int) and result:
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

    # What menus and panels ask for --------------------------------------------------------------

    @Slot()
    def toggle_favourite(self) -> None:
        """Mark the open world, or unmark it."""
        folder, wanted = self.opener.world, not self.is_favourite
        if folder is not None:
            name = folder.name
            self.keeper.run(_FAVOURITE, lambda: self.library.set_favourite(name, wanted))

    @Slot()
    def delete_world(self) -> None:
        """Take the open world to the trash; it is still shown, and can be brought back."""
        folder = self.opener.world
        if folder is not None:
            name = folder.name
            self.keeper.run(_DELETED, lambda: self.library.delete([name]))

    @Slot()
    def undo_delete(self) -> None:
        """Bring back what was deleted last."""
        if self._undos:
            self._undos.pop()()

    def _restore(self, deletion: Deletion) -> None:
        self.keeper.run(_RESTORED, lambda: self.library.restore(deletion))

    @Slot()
    def show_folder(self) -> None:
        """Show the open world's folder in the file browser."""
        folder = self.opener.world
        if folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    @Slot()
    def focus_prompt(self) -> None:
        """Give the keyboard to the prompt."""
        if self.isFullScreen():
            self.toggle_full_screen()
        self.making.bar.setFocus()

    @Slot()
    def use_these(self) -> None:
        """Fill the form with what made the open world."""
        if self.facts is not None and self.facts.can_be_used:
            self._use_recipe(dict(self.facts.recipe))

    @Slot(object)
    def _use_recipe(self, recipe: dict[str, Any]) -> None:
        model = self.making.bar.form.model
        form = PromptForm.from_recipe(recipe, model=model)
        if not form.prompt and self.facts is not None:
            form = replace(form, prompt=str(self.facts.asked("prompt") or ""))
        self.making.bar.set_form(form)
        self.focus_prompt()

    @Slot()
    def show_app_settings(self) -> None:
        """Show the settings that hold for everything."""
        if self._settings_dialog is None:
            from depthfusion.gui.settings_dialog import SettingsDialog

            self._settings_dialog = SettingsDialog(self.opener.remembered.store, self)
        self._settings_dialog.show()
        self._settings_dialog.raise_()
        self._settings_dialog.activateWindow()

    def _use_units(self, units: Units) -> None:
        self._units = units
        if self.details is not None:
            self.details.use_units(units)

    def show_models(self, model: str | None = None) -> None:
        """Show the models; with a name, what getting it costs and asks."""
        if self._desk is None:
            return
        if self._models is None:
            from depthfusion.gui.models_dialog import ModelsDialog

            self._models = ModelsDialog(self._desk, self)
            self._models.use_wanted.connect(self._use_model)
        self._models.show()
        if isinstance(model, str):
            self._models.show_offer(model)

    @Slot()
    def show_log(self) -> None:
        """Show the log of this run."""
        if self._log is None:
            from depthfusion.gui.log_panel import LogPanel

            self._log = LogPanel(self.ring, self._drawn_by, self)
            self._log.failed.connect(self.complain)
        self._log.show()
        self._log.raise_()

    def _drawn_by(self) -> str:
        renderer = self.viewport.renderer
        return renderer.description if renderer is not None else ""

    @Slot(str, list)
    def _tell_trouble(self, text: str, actions: list[BannerAction]) -> None:
        if self.isFullScreen():
            self.compass.wake()
        self.banner.tell(text, actions)

    def notify(self, text: str, button: str = "", call: Callable[[], object] | None = None) -> None:
        """Show a passing notice, with at most one thing to do."""
        self._call = call
        self.toast.tell(text, button)

    @Slot(str)
    def _picture_saved(self, path: str) -> None:
        self._call = None
        super()._picture_saved(path)

    @Slot()
    def _show_saved(self) -> None:
        if self._call is not None:
            self._call()
            self.toast.hide()
        else:
            super()._show_saved()

    @property
    def key_card(self) -> KeyCard:
        """The card with all keys."""
        if self._keys is None:
            from depthfusion.gui.app_menus import app_key_columns

            self._keys = KeyCard(self.viewport, app_key_columns(self.tr))
        return self._keys

    # Opening ------------------------------------------------------------------------------------

    @Slot(list, str)
    def be_asked(self, paths: list[str], token: str) -> None:
        """Show what a later start was given, and come to the front."""
        if token:
            os.environ["XDG_ACTIVATION_TOKEN"] = token
        if paths:
            self.open_files(paths)
        if self.isMinimized():
            self.showNormal()
        self.raise_()
        self.activateWindow()

    @Slot(list)
    def open_files(self, paths: list[str]) -> None:
        """Open a picture, a pair or a world; take anything more into the library."""
        is_folder = any(Path(path).is_dir() and not is_world(path) for path in paths)
        if is_folder or worlds.pair_from_paths(paths) is None:
            self.import_files(paths)
        else:
            super().open_files(paths)

    @Slot(list)
    def import_files(self, paths: list[str]) -> None:
        """Take pictures, pairs, worlds and folders into the library."""
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

    @Slot(object)
    def _opened(self, panorama: Panorama) -> None:
        banner = self._banner
        waits = (
            banner is not None
            and banner.isVisible()
            and any(not button.isHidden() for button in banner.buttons)
        )
        if waits:  # a message that wants an answer outlives the next world
            self._banner = None
        super()._opened(panorama)
        self._banner = banner if waits else self._banner
        source = self.opener.source
        title = (source.title if source else "") or panorama.title
        self.line.set_text(title or NAME)
        self._note_world()
        self._show_facts()
        if self._failed_first:
            self.complain(self._failed_first)
            self._failed_first = ""
        if self._last_kept is not None and self._last_kept[0] is panorama:
            self._settle_in()

    @Slot(object)
    def _failed(self, error: DepthFusionError) -> None:
        super()._failed(error)
        if self.viewport.panorama is None and not self._failed_first:
            self._failed_first = str(error)
            self._try(lambda: self.open_world(worlds.bundled_worlds()[0]))

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

    # Depth for a picture without one --------------------------------------------------------------

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

    # Columns and full screen --------------------------------------------------------------------

    def show_settings(self, shown: bool) -> None:
        """Show or hide the details."""
        if self.details is None:
            if not shown:
                return
            self.details = self._made_details()
            self._middle.addWidget(self.details)
            self.details.show_facts(self.facts)
        self.details_wanted = shown
        self.session.put(details_shown=shown)
        had_keyboard = self.details.isAncestorOf(self.focusWidget() or self)
        self.details.setVisible(shown and not self.isFullScreen())
        if shown and self.panel is not None:
            self.panel.show_view(self.viewport.view)
        elif had_keyboard:
            self.viewport.setFocus()

    def _made_details(self) -> DetailsPanel:
        from depthfusion.gui.details_panel import DetailsPanel
        from depthfusion.gui.settings_panel import SettingsPanel

        self.panel = SettingsPanel(self.viewport)
        self.panel.reading_changed.connect(self.opener.read_again)
        self.panel.reset_wanted.connect(self.opener.reset)
        self.panel.set_options(self.opener.options)
        details = DetailsPanel(self.panel)
        details.use_wanted.connect(self._use_recipe)
        details.folder_wanted.connect(
            lambda path: QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(path).parent)))
        )
        details.depth_wanted.connect(self.estimate_depth)
        details.use_units(self._units)
        return details

    def show_library(self, shown: bool) -> None:
        """Show or hide the library."""
        if self.library_panel is None:
            if not shown:
                return
            self.library_panel = self._made_library_panel()
            self._middle.insertWidget(0, self.library_panel)
            self.library_panel.show_current(self.opener.world)
        self.library_wanted = shown
        self.session.put(library_shown=shown)
        had_keyboard = self.library_panel.isAncestorOf(self.focusWidget() or self)
        self.library_panel.setVisible(shown and not self.isFullScreen())
        if had_keyboard and not shown:
            self.viewport.setFocus()

    def _made_library_panel(self) -> LibraryPanel:
        from depthfusion.gui.library_panel import LibraryPanel

        panel = LibraryPanel(self.library)
        panel.restore(self.session.mapping("library"))
        panel.opened.connect(self._open_kept)
        panel.import_wanted.connect(self.import_files)
        panel.complained.connect(self.complain)
        panel.told.connect(self._library_told)
        if self._importing is not None:
            panel.follow(self._importing)
        return panel

    def _show_library_now(self) -> None:
        if self.menus is not None:
            self.menus.library.setChecked(True)

    @Slot(object)
    def _open_kept(self, world: World) -> None:
        self.opener.open(Source(str(world.folder), title=world.title))

    @Slot(str, bool)
    def _library_told(self, text: str, can_undo: bool) -> None:
        panel = self.library_panel
        if can_undo and panel is not None:
            self._undos.append(panel.undo_delete)
            self.notify(text, self.tr("Undo"), self.undo_delete)
        else:
            self.notify(text)

    @Slot()
    def search(self) -> None:
        """Show the library and give the keyboard to its search field."""
        if self.isFullScreen():
            self.toggle_full_screen()
        self._show_library_now()
        if self.library_panel is not None:
            self.library_panel.focus_search()

    @Slot()
    def toggle_columns(self) -> None:
        """Hide both columns, or bring those back that were there."""
        menus = self.menus
        if menus is None:
            return
        shown = (self.library_wanted, self.details_wanted)
        if any(shown):
            self._was_shown = shown
            wanted = (False, False)
        else:
            wanted = self._was_shown if any(self._was_shown) else (True, True)
        menus.library.setChecked(wanted[0])
        menus.settings.setChecked(wanted[1])

    @Slot()
    def toggle_full_screen(self) -> None:
        """Give the whole screen to the picture, or take it back."""
        super().toggle_full_screen()
        self.compass.set_full_screen(self.isFullScreen())

    def _show_chrome(self, shown: bool) -> None:
        self.menuBar().setVisible(shown)
        self.line.setVisible(shown)
        self._bottom.setVisible(shown)
        if self.details is not None:
            self.details.setVisible(shown and self.details_wanted)
        if self.library_panel is not None:
            self.library_panel.setVisible(shown and self.library_wanted)

    @Slot()
    def leave(self) -> None:
        """Escape: put away what lies over the picture, leave the full screen, then cancel."""
        for card in (self.making.bar.card, self.making.row.card):
            if card.isVisible():
                card.close_card()
                return
        covers = (self._keys, self._notes, self._banner)
        if any(cover is not None and cover.isVisible() for cover in covers) or self.isFullScreen():
            super().leave()
        else:
            self.making.queue.cancel()

    # The end ------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Remember the size."""
        super().resizeEvent(event)
        self._note_place()

    def moveEvent(self, event: QMoveEvent) -> None:
        """Remember the place."""
        super().moveEvent(event)
        self._note_place()

    def changeEvent(self, event: QEvent) -> None:
        """Remember whether it fills the screen."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.WindowStateChange and hasattr(self, "session"):
            self._note_place()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask nothing, lose nothing: what is finished is written, what waits is remembered."""
        if self._is_closed:
            super().closeEvent(event)
            return
        self._looking.stop()
        self._end_following()
        self._note_queue()
        self._is_closed = True
        super().closeEvent(event)
        self.making.shut_down()
        if self._desk is not None:
            self._desk.shut_down()
        if self._importing is not None:
            self._importing.shut_down()
        if self.library_panel is not None:
            self.session.put(library=self.library_panel.habits())
            self.library_panel.shut_down()
        self.keeper.close()
        self.session.close()
