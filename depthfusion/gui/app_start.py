"""Starts the app window: one instance, log, crash watch, and what the last run left to tell."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from depthfusion.gui.application import make_application, run_window
from depthfusion.gui.languages import use_language
from depthfusion.gui.loading import Loading
from depthfusion.gui.milestones import Milestones
from depthfusion.gui.remembered import Remembered
from depthfusion.gui.resolver import Resolver
from depthfusion.gui.session import Session

if TYPE_CHECKING:
    from depthfusion.gui.app_window import AppWindow
    from depthfusion.gui.run_log import LogRing


def run_app(
    loading: Loading,
    resolver: Resolver,
    remembered: Remembered,
    session: Session,
    milestones: Milestones,
    *,
    bundled: bool,
    files: Sequence[str] = (),
    model: str | None = None,
    is_alone: bool = False,
) -> int:
    """Show the app window until it is closed; return the process's exit code.

    Args:
        loading: the first picture, already on its way.
        resolver: what that loading was given.
        remembered: settings of earlier times.
        session: of the last time.
        milestones: told of the first frame and the rest.
        bundled: whether the first picture brings its own view.
        files: that were named; handed over where a window is open.
        model: to be used where the form names none.
        is_alone: open another window, whatever is open.
    """
    app = make_application()
    use_language(app, remembered.store.settings.language)
    from depthfusion.gui.app_window import AppWindow
    from depthfusion.gui.run_log import LogRing
    from depthfusion.library import Library

    milestones.mark("qt")
    instance = None
    if not is_alone:
        from depthfusion.gui.single_instance import Claim, SingleInstance

        instance = SingleInstance()
        if instance.claim(files) is Claim.HANDED_OVER:
            print("depthfusion: it is open already, see its window", file=sys.stderr)
            return 0
    ring = LogRing()
    library = Library(remembered.store.settings.library)
    window = AppWindow(remembered, library, session, ring, model)
    if instance is not None:
        instance.asked.connect(window.be_asked)
    try:
        return run_window(
            app,
            window,
            loading,
            resolver,
            milestones,
            bundled=bundled,
            before_show=lambda: _watch(window, ring),
            stays=True,
            turns=window.opener.world_of(loading.source) is None,
        )
    finally:
        if instance is not None:
            instance.release()


def _watch(window: AppWindow, ring: LogRing) -> Callable[[], None]:
    """Begin log and crash reports; return what ends them."""
    from depthfusion.gui.crash import CrashWatch
    from depthfusion.gui.log_file import start_log
    from depthfusion.gui.log_handlers import let_hear

    ends = [let_hear(ring), start_log()]
    watch = CrashWatch()
    watch.start()
    ends.append(watch.stop)

    def ready() -> None:
        renderer = window.viewport.renderer
        if renderer is not None:
            watch.note(opengl=renderer.description)

    window.viewport.renderer_ready.connect(ready)

    def end() -> None:
        while ends:
            ends.pop()()

    return end
