"""The headset's process: `python -m depthfusion.vr`.

Framed messages on stdin and stdout, see `vr.messages`. It ends when stdin does, so it never
outlives the desktop; a runtime that hangs while the session is being closed is left behind.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import sys
import threading
import time
import traceback
from contextlib import ExitStack
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from depthfusion.headset import Headset
    from depthfusion.vr.desk import PipeDesk
    from depthfusion.vr.drawing import Screen
    from depthfusion.vr.messages import Begin, Ended

EXIT_FAULT = 2
BEGIN_WITHIN_S = 30.0
"""How long the desktop may take to say how the session is to be."""
LEAVE_WITHIN_S = 4.0
"""A runtime that asked to quit waits 5 s; then it kills."""
_FLUSH_S = 0.5
_TIDY_S = 1.0
_SWITCH_S = 0.0005
"""How often threads take turns: the loader must not keep a frame waiting for 5 ms."""
_log = logging.getLogger(__name__)


def main() -> NoReturn:
    """Live through one session, then end the process. Takes stdin and stdout for itself."""
    code = serve()
    sys.stderr.flush()
    os._exit(code)  # at once: a driver's threads must not hold it up


def serve() -> int:
    """Live through one session; return the exit code."""
    from depthfusion.child_process import own_stdout
    from depthfusion.vr.child import HEADSET_MARK
    from depthfusion.vr.desk import PipeDesk

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C goes to all: the desktop decides
    descriptor = own_stdout()
    faulthandler.enable()
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    os.environ[HEADSET_MARK] = "1"
    sys.setswitchinterval(_SWITCH_S)
    os.write(descriptor, b"\n")  # whatever was printed before: our first line begins here
    desk = PipeDesk(0, descriptor, when_gone=lambda: end_soon(0))
    begin = desk.wait_for_begin(BEGIN_WITHIN_S)
    if begin is None:
        return EXIT_FAULT
    ended = _lived(desk, begin)
    desk.close(_FLUSH_S)
    return EXIT_FAULT if ended.is_fault else 0


def end_soon(code: int) -> None:
    """End the process in `LEAVE_WITHIN_S`, whatever a runtime does by then."""

    def end() -> None:
        time.sleep(LEAVE_WITHIN_S)
        os._exit(code)

    threading.Thread(target=end, name="end soon", daemon=True).start()


def _lived(desk: PipeDesk, begin: Begin) -> Ended:
    """Live through the session and tell its end, before the runtime has to be waited for."""
    from depthfusion.errors import DepthFusionError
    from depthfusion.vr.messages import Ended

    ended = Ended("")
    with ExitStack() as scope:
        try:
            ended = _session(desk, begin, scope)
        except DepthFusionError as error:
            ended = Ended(str(error), is_fault=True)
        except Exception as error:  # the one place of this process
            traceback.print_exc()
            text = " ".join(f"unexpected {type(error).__name__}: {error}".split())
            ended = Ended(f"{text}; please report it", is_fault=True)
        desk.say(ended)
        end_soon(EXIT_FAULT if ended.is_fault else 0)
    return ended


def _session(desk: PipeDesk, begin: Begin, scope: ExitStack) -> Ended:
    """Open everything, in the order in which it is closed again, and draw until the end."""
    from depthfusion.vr.drawing import Mirror
    from depthfusion.vr.eyes import WorldDrawing
    from depthfusion.vr.loader import WorldLoader
    from depthfusion.vr.loop import FrameLoop, Parts
    from depthfusion.vr.mirror import MirrorWindow, open_screen
    from depthfusion.vr.panel import PanelPainter
    from depthfusion.vr.panel_picture import panel_picture

    headset: Headset
    screen: Screen
    if begin.preview:
        from depthfusion.vr.preview import preview_headset

        screen = window = MirrorWindow(Mirror.BOTH, frame_s=0.0)  # nothing is seen without it
        scope.callback(screen.close)
        headset = preview_headset(window.window)
        scope.callback(headset.close)
    else:
        from depthfusion.headset.openvr_session import OpenVRHeadset

        headset = OpenVRHeadset(is_seated=not begin.standing)
        scope.callback(headset.close)  # whatever follows
        screen = open_screen(Mirror(begin.mirror))
        scope.callback(screen.close)
        scope.callback(headset.close)  # once, and before the context that it draws from
    drawing = WorldDrawing(screen.ctx)
    scope.callback(drawing.release)
    loader = WorldLoader(
        drawing.max_texture_px, is_software=drawing.is_software, is_worn=not begin.preview
    )
    scope.callback(loader.join, _TIDY_S)  # what it was preparing lies in a folder of its own
    scope.callback(loader.close)
    painter = PanelPainter(panel_picture)
    scope.callback(painter.close)
    return FrameLoop(Parts(headset, drawing, screen, desk, loader, painter), begin).run()
