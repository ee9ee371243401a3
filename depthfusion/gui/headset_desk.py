"""Between a window and the headset: what is open goes over, what the wearer wishes comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot

from depthfusion.gui import worlds
from depthfusion.gui.headset_card import HeadsetCard
from depthfusion.gui.headset_finder import HeadsetFinder
from depthfusion.gui.headset_link import HeadsetLink
from depthfusion.view import View
from depthfusion.vr.messages import Begin, Ended, Ready, ViewSteered, Wish

if TYPE_CHECKING:
    from depthfusion.errors import DepthFusionError
    from depthfusion.gui.viewer_window import ViewerWindow
    from depthfusion.headset.probe import HeadsetReport
    from depthfusion.panorama.options import ReadOptions

LOOK_AFTER_MS = 3000
"""From the first frame until it is looked whether there is a headset."""
_VIEW_MS = 80
"""Between two views that are sent while a slider moves."""
_NOTE_S = 5.0
_SENT = ("mapping", "strength", "invert_depth", "near_m", "far_m", "world_scale", "shading")


class HeadsetDesk(QObject):
    """One window's headset. Whoever makes it calls `shut_down`."""

    changed = Signal()
    """Whether one can go in, or is in, is different."""

    def __init__(
        self,
        window: ViewerWindow,
        link: HeadsetLink | None = None,
        finder: HeadsetFinder | None = None,
    ) -> None:
        """Follow the window; start and look for nothing yet.

        Args:
            window: whose world is shown.
            link: to the headset's process; None: our own.
            finder: of headsets; None: our own.
        """
        super().__init__(window)
        self._window = window
        self.link = link or HeadsetLink(self)
        self.finder = finder or HeadsetFinder(self)
        self.begin = Begin()
        """How sessions are opened."""
        self.world_scale: float | None = None
        """Of the first world that goes over, where the command line names one."""
        self._card: HeadsetCard | None = None
        self._ready: Ready | None = None
        self._sent: tuple[str, str | None, ReadOptions] | None = None
        self._sent_view: View | None = None
        self._tried = ""
        """What the last step began to open, until it is open."""
        self._views = QTimer(self, singleShot=True, interval=_VIEW_MS)
        self._views.timeout.connect(self._send_view)
        self._looking = QTimer(self, singleShot=True, interval=LOOK_AFTER_MS)
        self._looking.timeout.connect(self.finder.look)
        self._notes = QTimer(self, singleShot=True, interval=round(1000 * _NOTE_S))
        self._notes.timeout.connect(lambda: self.link.tell(""))
        self._connect()
        self._looking.start()

    def _connect(self) -> None:
        link, window = self.link, self._window
        link.ready.connect(self._is_ready)
        link.told.connect(self._tell)
        link.complained.connect(window.complain)
        link.wished.connect(self._grant)
        link.steered.connect(self._follow_steering)
        link.ended.connect(self._ended)
        self.finder.changed.connect(self.changed)
        window.opener.opened.connect(self._arrived)
        window.opener.opened.connect(self.send_world)
        window.opener.failed.connect(self._not_opened)
        window.viewport.view_changed.connect(self._view_changed)
        window.installEventFilter(self)

    # State --------------------------------------------------------------------------------------

    @property
    def is_active(self) -> bool:
        """Whether somebody is in the headset, or on the way there or back."""
        return self.link.is_active

    @property
    def reason(self) -> str:
        """Why nobody can go in, in one line; empty: one can."""
        report: HeadsetReport | None = self.finder.report
        if report is None:
            return self.tr("Not looked for a headset yet")
        if report.has_headset:
            return ""
        return report.problem or self.tr("No headset was found")

    # In and out ---------------------------------------------------------------------------------

    def toggle(self) -> None:
        """Go into the headset, or leave it."""
        (self.leave if self.is_active else self.enter)()

    def enter(self) -> None:
        """Open a session with what is open here."""
        if self.is_active:
            return
        self._ready = self._sent = self._sent_view = None
        self._looking.stop()  # the session itself finds out
        self.link.start(self.begin)
        self._window.viewport.set_motion(turning=False)
        self._tell("")
        self.send_world()
        self.changed.emit()

    def leave(self) -> None:
        """End the session."""
        self._tell(self.tr("Leaving…"))
        self.link.leave()

    def shut_down(self) -> None:
        """End everything with the window."""
        self._looking.stop()
        self.finder.shut_down()
        self.link.shut_down()

    @Slot(object)
    def _is_ready(self, ready: Ready) -> None:
        self._ready = ready
        if not self.begin.preview:
            self.finder.found(ready)
        self._tell("")
        self.changed.emit()

    @Slot(object)
    def _ended(self, ended: Ended) -> None:
        if self._card is not None:
            self._card.hide()
        if ended.is_fault:
            self._window.complain(_sentence(ended.words))
        elif ended.words:
            self._window.toast.tell(ended.words)
        self._window.viewport.setFocus()
        if self.finder.report is None:
            self.finder.look()
        self.changed.emit()

    @Slot(str)
    def _tell(self, words: str) -> None:
        if self._card is None:
            self._card = HeadsetCard(self._window.viewport)
            self._card.leave_wanted.connect(self.leave)
        if self._ready is None:
            title = self.tr("Starting the headset…")
        else:
            title = self.tr("In the headset: {0}").format(self._ready.headset)
        self._card.tell(title, words)

    @property
    def card(self) -> HeadsetCard | None:
        """What lies over the view; None before the first session."""
        return self._card

    # What goes over -----------------------------------------------------------------------------

    @Slot()
    def send_world(self, *_: object) -> None:
        """Let the wearer see what is open, as soon as it lies in a file."""
        source, panorama = self._window.opener.source, self._window.viewport.panorama
        if not self.is_active or source is None or panorama is None or not source.color:
            return
        wanted = (source.color, source.depth, self._window.opener.options)
        if wanted == self._sent:
            self._send_view()
            return
        if self.world_scale is not None:
            self._window.viewport.change(world_scale=self.world_scale)
            self.world_scale = None
        self._sent, self._sent_view = wanted, self._window.viewport.view
        self.link.show_world(*wanted, self._sent_view, source.title or panorama.title)

    @Slot(object)
    def _view_changed(self, view: View) -> None:
        if self._sent is not None and self.is_active and not self._views.isActive():
            self._views.start()

    @Slot()
    def _send_view(self) -> None:
        view = self._window.viewport.view
        if self._sent_view is None or not self.is_active or _same(view, self._sent_view):
            return
        self._sent_view = view
        self.link.change_view(view)

    # What comes back ----------------------------------------------------------------------------

    @Slot(object)
    def _follow_steering(self, steered: ViewSteered) -> None:
        viewport = self._window.viewport
        strength, world_scale = steered.strength, steered.world_scale
        self._sent_view = replace(viewport.view, strength=strength, world_scale=world_scale)
        viewport.change(strength=strength, world_scale=world_scale)

    @Slot(object)
    def _grant(self, wish: Wish) -> None:
        match wish:
            case Wish.NEXT:
                self.step(1)
            case Wish.PREVIOUS:
                self.step(-1)
            case Wish.AGAIN:
                self.again()

    def step(self, step: int) -> None:
        """Open the next (1) or previous (-1) world."""
        source = self._window.opener.source
        here = self._tried or (source.color if source is not None else "")
        path = worlds.neighbour(here, step) if here else None
        if path is None:
            self.note(self.tr("No other pictures in this folder"))
            return
        self._tried = path
        self._window.open_paths(path)

    @Slot()
    def _arrived(self, *_: object) -> None:
        self._tried = ""

    @Slot(object)
    def _not_opened(self, error: DepthFusionError) -> None:
        """Tell the wearer, too; the next step goes on behind what cannot be opened."""
        if self._tried:
            self.note(str(error))

    def again(self) -> None:
        """Make the open world once more with a new seed, where that can be done."""
        self.note(self.tr("Only the app window makes worlds"))

    def note(self, words: str) -> None:
        """Let the panel in the headset say something for a while."""
        self.link.tell(words)
        self._notes.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look again when the person comes back to the window: SteamVR may run now."""
        is_back = event.type() is QEvent.Type.WindowActivate
        if is_back and self.finder.report is not None and not self.finder.is_here:
            self.finder.look()
        return False


def _same(one: View, other: View) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in _SENT)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
