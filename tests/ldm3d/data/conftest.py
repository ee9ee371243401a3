"""One OpenGL context a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ldm3d.data.graphics import Graphics


@pytest.fixture(scope="module")
def graphics() -> Iterator[Graphics]:
    with Graphics() as opened:
        yield opened
