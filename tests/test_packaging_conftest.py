"""The checks of conftest.py bite."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py").read_text(encoding="utf-8")
INI = """
[pytest]
markers =
    gl: needs OpenGL
    gui: needs a window
"""


def run(pytester: pytest.Pytester, source: str, *options: str) -> pytest.RunResult:
    pytester.makeini(INI)
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(source)
    return pytester.runpytest_subprocess("-p", "no:xvfb", "-p", "no:cacheprovider", *options)


SKIPPED_GL_TEST = """
import pytest

@pytest.mark.gl
def test_draws():
    pytest.skip("no picture today")

def test_thinks():
    pytest.skip("nothing to do with OpenGL")
"""


def test_a_skipped_gl_test_fails_where_gl_is_required(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPTHFUSION_REQUIRE_GL", "1")
    result = run(pytester, SKIPPED_GL_TEST)
    result.assert_outcomes(failed=1, skipped=1)
    result.stdout.fnmatch_lines(["*DEPTHFUSION_REQUIRE_GL is set*no picture today*"])


def test_a_skipped_gl_test_is_a_skip_elsewhere(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DEPTHFUSION_REQUIRE_GL", raising=False)
    run(pytester, SKIPPED_GL_TEST).assert_outcomes(skipped=2)


def test_a_gui_test_without_a_display_fails_where_it_is_required(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPTHFUSION_REQUIRE_GL", "1")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    result = run(
        pytester,
        """
        import pytest

        @pytest.mark.gui
        def test_shows():
            pass
        """,
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_thread_left_running_fails_its_test(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import threading, time

        def test_leaves_a_thread():
            threading.Thread(target=time.sleep, args=(4,), daemon=True).start()
        """,
    )
    result.assert_outcomes(passed=1, errors=1)


@pytest.mark.gl
def test_an_unreleased_gl_object_fails_its_test(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import pytest

        @pytest.mark.gl
        def test_drops_a_texture(gl_context):
            gl_context.texture((2, 2), 4)

        @pytest.mark.gl
        def test_releases_a_texture(gl_context):
            gl_context.texture((2, 2), 4).release()
        """,
    )
    result.assert_outcomes(passed=2, errors=1)


def test_windows_are_tested_by_one_process_and_nothing_else_sees_the_display(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":4711")
    source = """
        import os, pytest

        @pytest.fixture
        def qapp():
            pass

        @pytest.mark.gui
        def test_shows():
            assert os.environ["DISPLAY"] == ":4711"

        def test_has_an_application(qapp):
            assert os.environ["DISPLAY"] == ":4711"

        def test_thinks():
            assert "DISPLAY" not in os.environ
        """
    pytester.makepyfile(test_one=source, test_other=source)
    result = run(pytester, "", "-n", "2", "--dist", "loadgroup", "-v")
    result.assert_outcomes(passed=6)
    lines = [line for line in result.outlines if "PASSED" in line and "thinks" not in line]
    assert len(lines) == 4
    assert len({line.split("]")[0] for line in lines}) == 1, lines


def test_settings_folders_are_not_the_users() -> None:
    import platformdirs

    assert "depthfusion-tests-" in platformdirs.user_config_dir("depthfusion")
