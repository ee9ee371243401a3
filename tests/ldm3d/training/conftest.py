"""Tiny networks are fastest on one thread, and a busy machine makes more of them crawl."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ldm3d.device import one_thread


@pytest.fixture(autouse=True, scope="session")
def alone() -> Iterator[None]:
    with one_thread():
        yield
