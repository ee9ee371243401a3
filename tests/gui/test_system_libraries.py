"""What Qt needs from the system is looked for before Qt is."""

import subprocess
import sys

import pytest

from depthfusion.errors import MissingPartError
from depthfusion.gui import system_libraries as module


@pytest.fixture
def on_linux(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(module.sys, "platform", "linux")
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    return monkeypatch


def without(monkeypatch: pytest.MonkeyPatch, *files: str) -> None:
    monkeypatch.setattr(module, "_loads", lambda file: file not in files)


def test_an_absent_library_is_named_with_its_package(on_linux: pytest.MonkeyPatch) -> None:
    without(on_linux, "libEGL.so.1", "libxcb-cursor.so.0")
    assert [m.package for m in module.missing_libraries(window=False)] == ["libegl1"]
    missing = module.missing_libraries(window=True)
    assert module.install_line(missing) == "sudo apt install libegl1 libxcb-cursor0"


def test_a_library_that_does_not_exist_does_not_load() -> None:
    assert not module._loads("libdepthfusion-does-not-exist.so.9")


def test_other_systems_bring_everything_with_qt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.sys, "platform", "darwin")
    without(monkeypatch, "libEGL.so.1")
    assert module.missing_libraries(window=True) == []
    assert module.has_display()


def test_no_display_names_the_way_without_one(on_linux: pytest.MonkeyPatch) -> None:
    on_linux.delenv("DISPLAY", raising=False)
    with pytest.raises(MissingPartError, match="depthfusion render") as caught:
        module.check_window()
    assert caught.value.exit_code == 69


def test_an_absent_library_stops_before_qt_can_abort(on_linux: pytest.MonkeyPatch) -> None:
    on_linux.setenv("DISPLAY", ":99")
    without(on_linux, "libxcb-cursor.so.0")
    with pytest.raises(MissingPartError, match="sudo apt install libxcb-cursor0"):
        module.check_window()


def test_the_check_itself_imports_no_qt() -> None:
    code = (
        "import sys, depthfusion.gui.system_libraries;"
        "assert not any(m.startswith('PySide6') for m in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
