"""The yardstick for the viewer's start: an empty Qt OpenGL window and nothing else.

Says on stderr when its first frame is on the screen, in milliseconds since the process began, and
stays until it is closed.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from PySide6.QtGui import QSurfaceFormat
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QApplication


def process_age_ms() -> float:
    """Return how long this process has lived; to 10 ms, from Linux's own books."""
    fields = Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()
    started_s = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return 1000 * (time.clock_gettime(time.CLOCK_BOOTTIME) - started_s)


def main() -> None:
    wanted = QSurfaceFormat()
    wanted.setVersion(3, 3)
    wanted.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    wanted.setDepthBufferSize(24)
    QSurfaceFormat.setDefaultFormat(wanted)
    app = QApplication([])
    window = QOpenGLWidget()
    window.resize(1296, 810)

    def shown() -> None:
        window.frameSwapped.disconnect(shown)
        print(f"first_frame after {process_age_ms():.0f} ms", file=sys.stderr, flush=True)

    window.frameSwapped.connect(shown)
    window.show()
    app.exec()


if __name__ == "__main__":
    main()
