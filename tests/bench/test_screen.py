"""The start is timed by looking at a screen: looking must tell a picture from a window."""

import shutil
import subprocess
import sys
import time

import numpy as np
import pytest

from bench.screen import SCREEN_PX, Screen

pytestmark = [
    pytest.mark.gui,
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb"),
]
LAST_PIXEL = (1, 2, 3)
_SHOW = """
import sys
import numpy as np
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
app = QApplication([])
w, h = {size}
noise = np.random.default_rng(1).integers(0, 256, (h, w, 3), np.uint8)
if not {noisy}:
    noise[:] = (200, 90, 30)
noise[-1, -1] = (1, 2, 3)
label = QLabel()
label.setPixmap(QPixmap.fromImage(QImage(noise.tobytes(), w, h, 3 * w, QImage.Format_RGB888)))
label.setGeometry(0, 0, w, h)
label.show()
assert QTest.qWaitForWindowExposed(label)
label.repaint()
app.processEvents()
print("shown", flush=True)
sys.stdin.readline()
"""


def looked_at(noisy):
    with Screen() as screen:
        code = _SHOW.format(size=SCREEN_PX, noisy=noisy)
        shown = subprocess.Popen(
            [sys.executable, "-c", code],
            env=screen.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with shown:
            assert shown.stdout.readline().strip() == "shown"
            for _ in range(400):  # the window's own background may come first
                if (screen.picture()[-1, -1] == LAST_PIXEL).all():
                    break
                time.sleep(0.02)
            result = screen.shows_a_picture(), screen.picture()
            shown.communicate("\n", timeout=20)
    return result


def test_an_empty_screen_is_no_picture():
    with Screen() as screen:
        assert screen.picture().shape == (SCREEN_PX[1], SCREEN_PX[0], 3)
        assert not screen.shows_a_picture()


def test_a_plain_window_is_no_picture_and_its_color_is_read_right():
    is_picture, pixels = looked_at(noisy=False)
    assert not is_picture
    assert (pixels[300, 900] == (200, 90, 30)).all()


def test_a_window_full_of_detail_is_a_picture():
    is_picture, pixels = looked_at(noisy=True)
    assert is_picture
    assert np.ptp(pixels) > 200
