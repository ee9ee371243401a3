"""The files that come with the package."""

from __future__ import annotations

import pytest

from depthfusion.assets import asset
from depthfusion.errors import MissingPartError


def test_a_shader_is_found():
    assert asset("shaders", "panorama.vert").read_text().startswith("#version 330 core")


def test_folders_are_found():
    assert asset("shaders", "lib").is_dir()


def test_what_is_missing_is_told_in_one_line():
    with pytest.raises(MissingPartError, match=r"shaders/none\.vert .* install it again"):
        asset("shaders", "none.vert")
