"""Starts Qt, shows the viewer window and returns the process's exit code."""

from __future__ import annotations

import logging
import signal
import socket
import sys
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QSocketNotifier, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QSurfaceFormat
from PySide6.QtWidgets import QApplication

from depthfusion.errors import UsageError
from depthfusion.generator.child import is_worker
from depthfusion.gui import theme
from depthfusion.gui.icon import app_icon
from depthfusion.gui.languages import use_language
from depthfusion.gui.theme import Appearance
from depthfusion.settings import Settings, Wish

if TYPE_CHECKING:
    from depthfusion.errors import DepthFusionError
    from depthfusion.gui.loading import Loading
    from depthfusion.gui.milestones import Milestones
    from depthfusion.gui.remembered import Remembered
    from depthfusion.gui.resolver import Resolver
    from depthfusion.gui.viewer_window import ViewerWindow
    from depthfusion.vr.messages import Begin

EXIT_CANCELLED = 130
EXIT_ENDED = 143
"""Asked to end by SIGTERM: everything was kept."""
DESKTOP_ID = "org.depthfusion.DepthFusion"
_log = logging.getLogger(__name__)


def surface_format() -> QSurfaceFormat:
    """Return what every OpenGL window asks for: 3.3 core with a depth buffer."""
    wanted = QSurfaceFormat()
    wanted.setVersion(3, 3)
    wanted.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    wanted.setDepthBufferSize(24)
    wanted.setSwapInterval(1)
    return wanted


def make_application() -> QApplication:
    """Return the one QApplication, made as OpenGL windows need it.

    Raises:
        UsageError: in a worker process: a program that starts itself must not do so for ever.
    """
    if is_worker():
        raise UsageError("want a window, but this process was started to generate: it has none")
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    QSurfaceFormat.setDefaultFormat(surface_format())
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    app = QApplication(sys.argv[:1])
    app.setApplicationName("depthfusion")
    app.setApplicationDisplayName("DepthFusion")
    QGuiApplication.setDesktopFileName(DESKTOP_ID)
    theme.use_appearance(app, Appearance.SYSTEM)
    return app


def run_viewer(
    loading: Loading,
    resolver: Resolver,
    remembered: Remembered,
    milestones: Milestones,
    *,
    bundled: bool,
    headset: tuple[Begin, float | None] | None = None,
) -> int:
    """Show the window until it is closed.

    Args:
        loading: the first picture, already on its way.
        resolver: what that loading was given.
        remembered: settings of earlier times.
        milestones: told of the first frame and the rest.
        bundled: whether it is a bundled world: it turns slowly and is not a recent file.
        headset: as `ViewerWindow.headset_wanted`.

    Raises:
        DepthFusionError: if the first picture cannot be opened at all.
    """
    app = make_application()
    use_language(app, remembered.store.settings.language)
    from depthfusion.gui.viewer_window import ViewerWindow

    milestones.mark("qt")
    window = ViewerWindow(remembered)
    window.headset_wanted = headset
    turns = headset is None
    return run_window(app, window, loading, resolver, milestones, bundled=bundled, turns=turns)


def run_window(
    app: QApplication,
    window: ViewerWindow,
    loading: Loading,
    resolver: Resolver,
    milestones: Milestones,
    *,
    bundled: bool,
    before_show: Callable[[], Callable[[], None]] | None = None,
    stays: bool = False,
    turns: bool = True,
) -> int:
    """Show a window with its first picture until it is closed.

    Args:
        app: as `make_application` gave it.
        window: not shown yet; it is destroyed at the end.
        loading: the first picture, already on its way.
        resolver: what that loading was given.
        milestones: told of the first frame and the rest.
        bundled: whether it is a bundled world: it turns slowly and is not a recent file.
        before_show: called once unexpected errors are caught; gives what is to be called at the
            end.
        stays: go on where the first picture cannot be opened; the window says so itself.
        turns: whether a bundled world turns slowly, where the settings allow it.

    Raises:
        DepthFusionError: if the first picture cannot be opened at all.
    """
    start = _Start(app, window, milestones, stays=stays)
    window.opener.follow(loading, resolver, bundled=bundled)
    if bundled and turns and _may_turn(app, window.opener.remembered.store.settings):
        window.viewport.set_motion(turning=True)
    restore = _catch_everything(window)
    end = before_show() if before_show is not None else None
    window.show()
    milestones.mark("window")
    try:
        code = app.exec()
    finally:
        if end is not None:
            end()
        restore()
        window.close()
        window.viewport.shut_down()
        # Python would destroy widgets in any order when it ends, after Qt itself: too late.
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    milestones.report()
    if start.error is not None:
        raise start.error
    return code


def _may_turn(app: QApplication, settings: Settings) -> bool:
    """Whether a world may turn by itself."""
    if settings.reduced_motion is Wish.AUTO:
        return settings.idle_turn and not theme.motion_is_reduced(app)
    return settings.idle_turn and settings.reduced_motion is Wish.OFF


class _Start:
    """Follows the first picture from nothing to the screen."""

    def __init__(
        self, app: QApplication, window: ViewerWindow, milestones: Milestones, *, stays: bool
    ) -> None:
        self.error: DepthFusionError | None = None
        self._app, self._window, self._milestones = app, window, milestones
        self._stages = 0
        self._stays = stays
        view = window.viewport
        view.renderer_ready.connect(lambda: milestones.mark("renderer"))
        view.stage_shown.connect(self._stage_shown)
        view.frameSwapped.connect(self._frame_shown)
        view.finished.connect(lambda: milestones.mark("finished"))
        view.renderer_failed.connect(self._dress)
        window.opener.opened.connect(lambda: milestones.mark("read_in_full"))
        window.opener.failed.connect(self._failed)

    def _stage_shown(self) -> None:
        self._stages += 1

    def _frame_shown(self) -> None:
        if self._stages and "first_frame" not in self._milestones.passed_ms:
            self._milestones.mark("first_frame")
            QTimer.singleShot(0, self._dress)

    def _dress(self) -> None:
        """Make what the first frame does not wait for."""
        self._window.dress()
        self._app.setWindowIcon(app_icon())

    def _failed(self, error: DepthFusionError) -> None:
        if self._stages == 0 and not self._stays:
            self.error = error
            self._window.hide()
            self._app.quit()


def _catch_everything(window: ViewerWindow) -> Callable[[], None]:
    """Show what goes wrong unexpectedly as one line; let Ctrl+C and SIGTERM close the window.

    Returns:
        A function that puts things back as they were.
    """
    hook = sys.excepthook
    handlers = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}

    def report(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        _log.error("unexpected %s", kind.__name__, exc_info=(kind, error, trace))
        line = window.tr("unexpected {0}: {1}; please report it")
        window.complain(line.format(kind.__name__, error))

    # Python runs signal handlers only when its own code runs: the socket wakes it.
    ours, pythons = socket.socketpair()
    pythons.setblocking(False)
    before = signal.set_wakeup_fd(pythons.fileno(), warn_on_full_buffer=False)
    waker = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read, window)
    waker.activated.connect(lambda: ours.recv(64))
    signal.signal(signal.SIGINT, lambda *_: QCoreApplication.exit(EXIT_CANCELLED))
    signal.signal(signal.SIGTERM, lambda *_: QCoreApplication.exit(EXIT_ENDED))
    sys.excepthook = report

    def restore() -> None:
        waker.setEnabled(False)
        signal.set_wakeup_fd(before)
        for one, handler in handlers.items():
            signal.signal(one, handler)
        sys.excepthook = hook
        ours.close()
        pythons.close()

    return restore
