"""A program may render a picture first and open a window afterwards."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = [pytest.mark.gl, pytest.mark.gui]

PROGRAM = """
import numpy as np
from depthfusion.panorama.panorama import Panorama
from depthfusion.renderer.offscreen import render_image

red = Panorama(np.full((16, 32, 3), (200, 0, 0), np.uint8))
assert render_image(red, size_px=(8, 8))[4, 4, 0] == 200

from PySide6.QtCore import QTimer
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QApplication

class Widget(QOpenGLWidget):
    def paintGL(self):
        functions = self.context().functions()
        functions.glClearColor(0, 1, 0, 1)
        functions.glClear(0x4000)

application = QApplication([])
widget = Widget()
widget.show()
QTimer.singleShot(1500, application.quit)
application.exec()
color = widget.grabFramebuffer().pixelColor(5, 5)
print(color.red(), color.green(), color.blue())
"""


def test_a_window_opens_after_a_picture_was_rendered_without_one():
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split() == ["0", "255", "0"], done.stderr
