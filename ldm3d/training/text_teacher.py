"""Teaches a new text encoder what captions mean, before any denoiser reads it; then it is frozen.

As in Stable Diffusion the text encoder is finished before the UNet begins. There it was CLIP's,
taught on 400 million pairs (arXiv 2103.00020); a set of a few thousand pictures cannot teach it by
telling pairs apart. What it can say is predicted instead, from one caption, drawn anew each time:

- which words the captions of the same picture hold, all together: so "tarn" comes to lie beside
  "mountain lake", and what goes unsaid is guessed from what is said;
- the mean of the picture's latents in each row, along the axes in which they differ most: where the
  light comes from, how bright the sky is, what lies below.

A text encoder that learned along with the denoiser came to give nearly the same for all captions
within some hundred steps, and the denoiser to do without it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from ldm3d.training.order import Turn
from ldm3d.training.text import TokenReader
from ldm3d.training.tokenizer import token_ids
from ldm3d.training.update import Schedule, Updater

if TYPE_CHECKING:
    from ldm3d.training.latent_cache import LatentCache
    from ldm3d.training.machine import Machine

ROW_AXES = 48
"""Axes of the pictures' row means that are predicted."""
LEAST_PICTURES, MOST_SHARE = 6, 0.9
"""A word is asked for if the captions of so many pictures hold it, but not of nearly all."""
_WORDS = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class Lessons:
    """How long and how fast a text encoder is taught."""

    steps: int = 700
    batch: int = 64
    lr: float = 1e-3
    weight_decay: float = 0.05
    warmup: int = 100
    decay_from: float = 0.6


class Answers:
    """What is to be said of each picture."""

    def __init__(
        self, captions: Sequence[Sequence[str]], rows: Tensor, seen: Sequence[int]
    ) -> None:
        """Collect words and axes from the pictures that may be learned from.

        Args:
            captions: of all pictures.
            rows: (pictures, n) float32, the row means of their latents.
            seen: numbers of the pictures to learn from.
        """
        said = [{word for text in own for word in _WORDS.findall(text.lower())} for own in captions]
        counts = Counter(word for number in seen for word in said[number])
        most = MOST_SHARE * len(seen)
        self.words = tuple(sorted(w for w, n in counts.items() if LEAST_PICTURES <= n < most))
        """Those that are asked for."""
        places = {word: place for place, word in enumerate(self.words)}
        self.holds = torch.zeros(len(said), max(1, len(self.words)))
        """(pictures, words or 1): 1 where a caption of the picture holds the word."""
        for number, own in enumerate(said):
            self.holds[number, [places[word] for word in own if word in places]] = 1
        learned = rows[list(seen)]
        mean = learned.mean(dim=0)
        _, values, axes = torch.linalg.svd(learned - mean, full_matrices=False)
        spreads = values[:ROW_AXES].clamp_min(1e-6) / math.sqrt(len(seen))
        self.rows = (rows - mean) @ (axes[:ROW_AXES] / spreads[:, None]).T
        """(pictures, axes): where the row means lie, with unit spread."""
        self.row_shares = spreads.square() / spreads.square().sum()
        """(axes): of all spread."""

    def loss(self, pictures: Tensor, words: Tensor, rows: Tensor) -> Tensor:
        """Return the loss of what was said of some pictures.

        Args:
            pictures: (B) int64 numbers.
            words: (B, words) logits.
            rows: (B, axes).
        """
        per_word = F.binary_cross_entropy_with_logits(words, self.holds[pictures], reduction="none")
        missed = (rows - self.rows[pictures]).square() * self.row_shares
        loss: Tensor = per_word.sum(dim=1).mean() / 10 + 3 * missed.sum(dim=1).mean()
        return loss


class _Pupil(nn.Module):
    """A text encoder with two heads on what it says at its last place."""

    def __init__(self, encoder: Any, answers: Answers) -> None:
        super().__init__()
        self.encoder = encoder
        size = int(encoder.config.hidden_size)
        self.words = nn.Linear(size, answers.holds.shape[1])
        self.rows = nn.Linear(size, answers.rows.shape[1])

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        features = self.encoder(ids)[0][:, -1]
        return self.words(features).float(), self.rows(features).float()


def row_means(latents: LatentCache) -> Tensor:
    """Return (pictures, c h) float32 means of each channel and row over a picture's versions."""
    means = [
        np.mean([latents.latents(i, v).mean(axis=-1, dtype=np.float32)
                 for v in range(latents.variants)], axis=0).ravel()
        for i in range(len(latents))
    ]  # fmt: skip
    return torch.from_numpy(np.stack(means))


def teach(
    encoder: Any, reader: TokenReader, answers: Answers, seen: Sequence[int], lessons: Lessons,
    machine: Machine, tell: Callable[[int, int], None] | None = None,
) -> None:  # fmt: skip
    """Teach a text encoder in place; the same arguments give the same weights on one device.

    Args:
        encoder: transformers' CLIPTextModel, new, on the CPU; it is there again afterwards.
        reader: of the set's captions.
        answers: what is to be said.
        seen: numbers of the pictures to learn from.
        lessons: how long and fast.
        machine: where to run.
        tell: called with steps done and steps in all.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        pupil = _Pupil(encoder, answers).to(machine.device).train()
    adamw = torch.optim.AdamW(
        pupil.parameters(), lessons.lr, (0.9, 0.99), weight_decay=lessons.weight_decay, fused=True
    )
    schedule = Schedule(lessons.steps, lessons.warmup, lessons.decay_from)
    updater = Updater(machine, pupil, [adamw], schedule)
    numbers = np.array(seen)

    def loss_of(step: int, _part: int) -> Tensor:
        random = Turn(0, step).random("lessons")
        pictures = random.choice(numbers, lessons.batch)
        ids = reader.read(pictures.tolist(), random).to(machine.device)
        with machine.autocast():
            words, rows = pupil(ids)
        return answers.loss(torch.from_numpy(pictures), words.cpu(), rows.cpu())

    for step in range(lessons.steps):
        updater.step(step, 1, partial(loss_of, step))
        if tell is not None:
            tell(step + 1, lessons.steps)
    encoder.to("cpu").eval().requires_grad_(False)


@torch.no_grad()
def text_features(encoder: Any, tokenizer: Any, captions: Sequence[Sequence[str]]) -> list[Tensor]:
    """Return (k + 1, f) float32 of each picture: of its k captions, and of the empty text last."""
    texts = list(dict.fromkeys(text for own in captions for text in own))
    found: dict[str, Tensor] = {}
    for start in range(0, len(texts) + 1, 64):
        some = [*texts[start : start + 64], ""]
        hidden = encoder(token_ids(tokenizer, some).to(encoder.device))[0]
        found |= dict(zip(some, hidden[:, -1].float().cpu(), strict=True))
    return [torch.stack([found[text] for text in (*own, "")]) for own in captions]
