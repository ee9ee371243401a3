"""Assembles GLSL from the files of `shaders/`: includes, defines, and errors that name the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from depthfusion.assets import asset
from depthfusion.errors import RendererError

_INCLUDE = re.compile(r'^\s*#include\s+"([^"]+)"\s*$')
_MESSAGE = re.compile(r"\b(\d+)(?::|\()(\d+)(\)?)")


@dataclass
class ShaderSource:
    """One assembled shader and the files its `#line` numbers stand for."""

    text: str
    files: list[str] = field(default_factory=list)

    def explain(self, message: str) -> str:
        """Rewrite a driver's "0:12" or "0(12)" into "panorama.frag:12"."""

        def named(match: re.Match[str]) -> str:
            index = int(match.group(1))
            return f"{self.files[index]}:{match.group(2)}" if index < len(self.files) else match[0]

        return _MESSAGE.sub(named, message)


def shader_source(name: str, defines: Mapping[str, int] | None = None) -> ShaderSource:
    """Return `shaders/<name>` with its includes (any depth, each once) and `defines` put in.

    Raises:
        RendererError: if a file is missing or does not begin with #version.
    """
    source = ShaderSource("")
    lines: list[str] = []
    _append(name, source, lines)
    if not lines[1].startswith("#version"):
        raise RendererError(f"want #version in the first line of {name}, got {lines[1]!r}")
    head = [lines[1], *(f"#define {key} {value}" for key, value in (defines or {}).items())]
    source.text = "\n".join([*head, "#line 2 0", *lines[2:]]) + "\n"
    return source


def _append(name: str, source: ShaderSource, lines: list[str]) -> None:
    index = len(source.files)
    source.files.append(name)
    lines.append(f"#line 1 {index}")
    for number, line in enumerate(asset("shaders", *name.split("/")).read_text().splitlines(), 1):
        include = _INCLUDE.match(line)
        if include is None:
            lines.append(line)
        elif include[1] not in source.files:
            _append(include[1], source, lines)
            lines.append(f"#line {number + 1} {index}")
