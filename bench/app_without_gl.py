"""The app on Qt's offscreen platform with a driver that takes all and keeps nothing.

What a graphics card would hold is not counted here: the rest of the app's memory is. Says
"finished" on stderr when everything was handed to the driver, and stays until it is ended.
"""

from __future__ import annotations

import sys
from collections import deque
from typing import Any

from PySide6.QtCore import QTimer

from depthfusion.gui.loading import Limits
from depthfusion.gui.viewport import Viewport

_MAX_TEXTURE_PX = 16384


class Taken(deque[Any]):
    """Where stages wait for OpenGL: nothing stays in it."""

    def append(self, stage: Any) -> None:
        """Take a stage and let it go."""


def without_gl(viewport: Viewport) -> None:
    """Let a viewport load as if it had a graphics card."""
    show, tell = viewport.show_loading, viewport._take_events

    def show_loading(loading: Any) -> None:
        show(loading)
        loading.give_limits(Limits(_MAX_TEXTURE_PX, software=False))

    def take_events() -> None:
        tell()
        if viewport._loading_is_done:
            print("finished after 0 ms", file=sys.stderr, flush=True)

    viewport.show_loading = show_loading  # type: ignore[method-assign]
    viewport._take_events = take_events  # type: ignore[method-assign]
    viewport._stages = Taken()
    viewport._loading_spoke.connect(take_events)


def main() -> None:
    """Open the app window."""
    from depthfusion.cli import app, build_parser
    from depthfusion.gui import app_window

    made = app_window.AppWindow._connect_app

    def connect(self: app_window.AppWindow) -> None:
        made(self)
        without_gl(self.viewport)
        QTimer.singleShot(0, self, self.dress)

    app_window.AppWindow._connect_app = connect  # type: ignore[method-assign]
    sys.exit(app.run(build_parser("app").parse_args(["app"])))


if __name__ == "__main__":
    main()
