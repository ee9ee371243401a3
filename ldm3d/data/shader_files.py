"""Finds the GLSL of the world renderer in a checkout or inside an installed wheel."""

from __future__ import annotations

import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

_INCLUDE = re.compile(r'^#include "([\w./]+)"[ \t]*$', re.MULTILINE)


def _folder() -> Traversable | Path:
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").is_file() and (checkout / "shaders" / "worlds").is_dir():
        return checkout / "shaders" / "worlds"
    # In a wheel the shaders lie in the sibling package, found by path: nothing is imported.
    return files("ldm3d").joinpath("..", "depthfusion", "shaders", "worlds")


def shader_source(name: str) -> str:
    """Return the text of ``shaders/worlds/<name>`` with its includes pasted in.

    Raises:
        FileNotFoundError: if the installation lacks the file.
    """
    text = _folder().joinpath(name).read_text(encoding="utf-8")
    return _INCLUDE.sub(lambda match: shader_source(match.group(1)), text)
