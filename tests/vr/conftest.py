"""For windows in these tests; they may run before, after or without those of tests/gui."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    """Make the application as the command does, unless another test has made it."""
    from PySide6.QtCore import QCoreApplication, Qt
    from PySide6.QtGui import QSurfaceFormat
    from PySide6.QtWidgets import QApplication

    from depthfusion.gui.application import surface_format

    if QApplication.instance() is None:
        QSurfaceFormat.setDefaultFormat(surface_format())
        QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    return QApplication
