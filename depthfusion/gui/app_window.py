"""The app window: the viewer with a prompt below, a library and details beside it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QTimer, Slot
from PySide6.QtGui import QCloseEvent, QMoveEvent, QResizeEvent

from depthfusion.errors import DepthFusionError
from depthfusion.generator.request import DepthRequest
from depthfusion.gui import worlds
from depthfusion.gui.generation_queue import Job
from depthfusion.gui.making import requests_from
from depthfusion.gui.memory import trim
from depthfusion.gui.overlays import BannerAction
from depthfusion.gui.prompt_form import PromptForm
from depthfusion.gui.remembered import Remembered
from depthfusion.gui.run_log import LogRing
from depthfusion.gui.session import Session
from depthfusion.gui.settings_follower import SettingsFollower
from depthfusion.gui.viewer_window import NAME
from depthfusion.library import Library
from depthfusion.library.place import default_folder
from depthfusion.panorama.world_folder import is_world
from depthfusion.view import View

if TYPE_CHECKING:
    from depthfusion.gui.crash import Report
    from depthfusion.panorama import Panorama
    from depthfusion.settings import Settings
from depthfusion.gui.app_keeping import RECOVERED
from depthfusion.gui.app_moving import AppMoving

FIRST_STEPS = "first-steps"
"""Name of the first-run card in `Settings.cards_seen`."""
_KEEP_TRASH_DAYS = 30
_WARM_UP_MS = 6000
"""When the worker is started at the latest."""


class AppWindow(AppMoving):
    """Type, watch it form, look around, find it again. `dress` it after its first frame."""

    def __init__(
        self,
        remembered: Remembered,
        library: Library,
        session: Session,
        ring: LogRing | None = None,
        model: str | None = None,
    ) -> None:
        """Make what the first frame shows; arguments as of `AppParts`."""
        super().__init__(remembered, library, session, ring, model)
        self._connect_app()
        self._take_up_session()

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
        self.viewport.finished.connect(trim)
        self.viewport.view_changed.connect(self._view_moved)
        compass.turned.connect(lambda yaw_deg: self.viewport.change(yaw_deg=yaw_deg))
        compass.recentre_wanted.connect(self.viewport.recentre)
        self._looking.timeout.connect(self._look_at_library)
        self._end_following = self.opener.remembered.store.subscribe(self._settings_changed)

    def _settings_changed(self, settings: Settings, names: frozenset[str]) -> None:
        if names & {"model", "steps", "guidance", "size", "scheduler"}:
            self.making.settings_changed()
        if "library" in names:
            self._use_library(settings.library or default_folder())

    @Slot(object)
    def _view_moved(self, view: View) -> None:
        self.compass.follow(view)
        self.compass.reduced = self.viewport.motion.reduced

    def _take_up_session(self) -> None:
        session, bar = self.session, self.making.bar
        bar.set_history([p for p in session.get("history", list, []) if isinstance(p, str)])
        bar.set_form(PromptForm.from_dict(session.mapping("form")))
        place = session.get("place", str, "")
        if place:
            self.restoreGeometry(QByteArray.fromBase64(place.encode("ascii", "ignore")))

    def _offer_queue(self, values: Sequence[object]) -> None:
        """Offer what was waiting when the program ended."""
        requests = requests_from(values)
        if not requests:
            return
        count, first = sum(request.count for request in requests), requests[0]
        if count > 1:
            text = self.tr("{0} worlds were not finished the last time.").format(count)
        elif isinstance(first, DepthRequest):
            name = Path(first.path or "").name
            text = self.tr("The depth of {0} was not finished the last time.").format(name)
        else:
            text = self.tr("One world was not finished the last time: {0}").format(first.prompt)
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

    def dress(self) -> None:
        """Make what the first frame does not wait for."""
        if self.menus is not None:
            return
        waiting = self.session.get("queue", list, [])
        super().dress()
        store = self.opener.remembered.store
        SettingsFollower(store, self, self.making.link, self._use_units)
        # The worker loads torch for seconds: what is on the screen already may finish before.
        self.viewport.finished.connect(self.making.warm_up)
        QTimer.singleShot(_WARM_UP_MS, self, self.making.warm_up)
        for line in self.making.load_styles():
            self.complain(line)
        QTimer.singleShot(0, self, self._begin_library)
        QTimer.singleShot(200, self, self._begin_models)
        if self.session.complaint:
            self.complain(self.session.complaint)
        if self.session.keeps:  # the first window's queue is its own
            self._offer_queue(waiting)
            self._offer_to_go_on_moving()
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

        self.keeper.run(RECOVERED, tidy)
        self._looking.start()

    @Slot()
    def _look_at_library(self) -> None:
        for line in self.library.notices():
            self.complain(line)

    def _begin_models(self) -> None:
        from depthfusion.gui.first_run_card import FirstRunCard
        from depthfusion.gui.model_download import ModelDesk
        from ldm3d.hub import DEFAULT_MODEL

        if self._is_closed:
            return
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

    @Slot(object)
    def _begin_making(self, job: Job) -> None:
        """Stand still: the world that forms is watched, and needs the processor."""
        self.viewport.set_motion(turning=False)
        if self._first_steps is not None:
            self._first_steps.hide()

    @Slot()
    def show_app_settings(self) -> None:
        """Show the settings that hold for everything."""
        if self._settings_dialog is None:
            from depthfusion.gui.settings_dialog import SettingsDialog

            self._settings_dialog = SettingsDialog(self.opener.remembered.store, self)
            self._settings_dialog.move_wanted.connect(self.move_library)
        self._settings_dialog.show()
        self._settings_dialog.raise_()
        self._settings_dialog.activateWindow()

    def show_models(self, model: str | None = None) -> None:
        """Show the models; with a name, what getting it costs and asks."""
        if self._desk is None:
            return
        if self._models is None:
            from depthfusion.gui.models_dialog import ModelsDialog

            self._models = ModelsDialog(self._desk, self)
            self._models.use_wanted.connect(self._use_model)
        self._models.show()
        if isinstance(model, str) and model:
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
        if self._move is not None:
            self._move.stop()
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
        self._note_moved()
        self.session.close()
