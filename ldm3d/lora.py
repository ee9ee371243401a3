"""LoRA weights laid over a model's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ldm3d.errors import RequestError
from ldm3d.recipe import Lora


@contextmanager
def applied(unet: Any, text_encoder: Any, loras: Sequence[Lora]) -> Iterator[tuple[str, ...]]:
    """Fuse the files into the weights; restore them afterwards."""
    if loras:
        raise RequestError("want no LoRA yet")
    yield ()
