"""What the denoiser reads while it learns: one caption of each picture, drawn anew every time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ldm3d.data.world_set import Facts
from ldm3d.errors import InputError
from ldm3d.training.array_file import array_file
from ldm3d.training.tokenizer import stray_words, token_ids

EMBEDDED_AT_ONCE = 16


@dataclass(frozen=True)
class Reading:
    """How captions are changed before they are read."""

    dropout: float = 0.1
    """Share that is replaced by the empty text, for guidance (arXiv 2207.12598)."""
    stray: float = 0.1
    """Share that gets one or two common words which no caption holds, to be passed over."""


class CaptionPool:
    """All captions of a set, each text once; number 0 is the empty one."""

    def __init__(self, facts: Sequence[Facts]) -> None:
        """Collect the captions.

        Raises:
            InputError: if a picture has none.
        """
        numbers = {"": 0}
        self._of_picture: list[tuple[int, ...]] = []
        for index, fact in enumerate(facts):
            if not fact.captions:
                raise InputError(
                    f"want captions for every picture, number {index} ({fact.family} {fact.seed}) "
                    "has none: make its shard anew"
                )
            own = (numbers.setdefault(text, len(numbers)) for text in fact.captions)
            self._of_picture.append(tuple(own))
        self.texts = list(numbers)

    def draw(
        self, pictures: Sequence[int], dropout: float, random: np.random.Generator
    ) -> NDArray[np.int64]:
        """Return the number of one caption of each picture, 0 where it is left out."""
        chosen = [
            own[int(random.integers(len(own)))] for own in (self._of_picture[i] for i in pictures)
        ]
        kept = random.random(len(chosen)) >= dropout
        return np.array(chosen, dtype=np.int64) * kept


class TokenReader:
    """Gives token numbers, for a text encoder that runs in every step."""

    def __init__(self, pool: CaptionPool, tokenizer: Any, reading: Reading) -> None:
        """Tokenize all captions once."""
        self.pool, self.tokenizer, self._reading = pool, tokenizer, reading
        self._ids: Tensor = token_ids(tokenizer, pool.texts).to(torch.int32)
        self._stray = stray_words(pool.texts)

    def read(self, pictures: Sequence[int], random: np.random.Generator) -> Tensor:
        """Return (B, T) int64 token numbers of one caption of each picture."""
        chosen = self.pool.draw(pictures, self._reading.dropout, random)
        ids = self._ids[torch.from_numpy(chosen)].long()
        strayed = random.random(len(chosen)) < self._reading.stray
        rows = [row for row in range(len(chosen)) if strayed[row] and chosen[row]]
        if rows and self._stray:
            texts = [self._with_stray(self.pool.texts[chosen[row]], random) for row in rows]
            ids[rows] = token_ids(self.tokenizer, texts)
        return ids

    def _with_stray(self, text: str, random: np.random.Generator) -> str:
        words = text.split()
        for _ in range(int(random.integers(1, 3))):
            word = self._stray[int(random.integers(len(self._stray)))]
            words.insert(int(random.integers(len(words) + 1)), word)
        return " ".join(words)


class EmbeddingReader:
    """Gives embeddings by a frozen text encoder, computed once and kept on disk in float16."""

    def __init__(self, pool: CaptionPool, embeddings: NDArray[np.float16], dropout: float) -> None:
        """Take (texts, T, C) embeddings, number 0 that of the empty text."""
        self.pool, self._embeddings, self._dropout = pool, embeddings, dropout

    def read(self, pictures: Sequence[int], random: np.random.Generator) -> Tensor:
        """Return (B, T, C) float32 embeddings of one caption of each picture."""
        chosen = self.pool.draw(pictures, self._dropout, random)
        return torch.from_numpy(self._embeddings[chosen].astype(np.float32))


@torch.no_grad()
def cached_embeddings(
    pool: CaptionPool,
    tokenizer: Any,
    text_encoder: Any,
    folder: Path,
    progress: Callable[[int, int], None] | None = None,
) -> NDArray[np.float16]:
    """Return (texts, T, C) embeddings, memory-mapped, after computing them if they are not there.

    Args:
        pool: the texts.
        tokenizer: of the text encoder.
        text_encoder: transformers' CLIPTextModel, frozen, on its device.
        folder: of the file, whose name depends on the encoder's weights and all texts.
        progress: called with texts done and texts in all.
    """
    from ldm3d.training.latent_cache import weights_digest

    digest = hashlib.blake2b(weights_digest(text_encoder).encode(), digest_size=8)
    digest.update("\n".join(pool.texts).encode())
    path = folder / f"text.{digest.hexdigest()}.npy"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        _embed_all(pool.texts, tokenizer, text_encoder, path, progress)
        for other in folder.glob("text.*.npy"):
            if other != path:
                other.unlink()
    embeddings: NDArray[np.float16] = np.load(path, mmap_mode="r")
    return embeddings


def _embed_all(
    texts: Sequence[str],
    tokenizer: Any,
    text_encoder: Any,
    path: Path,
    progress: Callable[[int, int], None] | None,
) -> None:
    config = text_encoder.config
    length = min(int(tokenizer.model_max_length), int(config.max_position_embeddings))
    shape = (len(texts), length, int(config.hidden_size))
    with array_file(path, shape, np.float16) as append:
        for start in range(0, len(texts), EMBEDDED_AT_ONCE):
            some = list(texts[start : start + EMBEDDED_AT_ONCE])
            ids = token_ids(tokenizer, some)[:, :length].to(text_encoder.device)
            append(text_encoder(ids)[0].float().cpu().numpy())
            if progress is not None:
                progress(start + len(some), len(texts))
