"""Prompts of any length to what the UNet attends to.

A prompt that fits is embedded exactly as diffusers' Stable Diffusion pipeline does it. A longer
one is read in parts, split at a comma or between words, and the parts stand one after the other
along T. Nothing is padded with empty text: where lengths have to agree the embedding is repeated,
for attention over a context that stands there k times is attention over that context:

    sum_k sum_j exp(q k_j) v_j / sum_k sum_j exp(q k_j) = sum_j exp(q k_j) v_j / sum_j exp(q k_j)

So a prompt means the same beside a longer negative prompt, and beside any other in a batch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

MAX_PARTS = 4
"""Parts a prompt is read in at most: 300 tokens, about 220 words, with CLIP's 75 a part."""
MAX_CHARACTERS = 20_000
"""Longer texts are cut before they are tokenized; no `MAX_PARTS` parts hold that many words."""
_FULL_ENOUGH = 2 / 3
"""A part is at least this full before it ends at a comma."""
_STOPS = frozenset(",.;:!?")
_WORD_END = "</w>"


@dataclass(frozen=True, eq=False)
class Embedded:
    """What the text encoder made of a batch of prompts."""

    positive: Tensor
    """(B, T, C), the encoder's dtype."""
    negative: Tensor
    """(B, T, C), the encoder's dtype."""
    notes: tuple[tuple[str, ...], ...]
    """For each prompt what was split or cut, one sentence each."""


@dataclass(frozen=True)
class _Reading:
    """One text as the encoder will see it."""

    parts: tuple[tuple[int, ...], ...]
    """Token numbers of each part, with begin, end and padding: all of the encoder's length."""
    masks: tuple[tuple[int, ...], ...]
    """1 where a token is, 0 where padding is."""
    notes: tuple[str, ...]


def embed_prompts(
    tokenizer: Any, text_encoder: Any, prompts: Sequence[str], negatives: Sequence[str]
) -> Embedded:
    """Embed prompts and negative prompts.

    Texts of up to the encoder's length (75 tokens for CLIP, begin and end come on top) give what
    `StableDiffusionPipeline.encode_prompt` gives, bit by bit. Each text is embedded by itself, so
    its neighbours cannot change its bits. T is the encoder's length times the least number of
    parts that fits all of these texts; embedded one at a time, T depends on that picture only.

    Args:
        tokenizer: transformers' CLIPTokenizer, or one like it.
        text_encoder: transformers' CLIPTextModel, on any device in any dtype.
        prompts: B texts. Lone surrogates are replaced by a question mark.
        negatives: B texts, often empty.

    Returns:
        The embeddings, on the encoder's device, outside of autograd.

    Raises:
        ValueError: if there are not as many negatives as prompts, or none at all.
    """
    import torch

    if not prompts or len(prompts) != len(negatives):
        raise ValueError(f"want as many negatives as prompts, got {len(negatives)}, {len(prompts)}")
    length = _encoder_length(tokenizer, text_encoder)
    wanted = [_read(tokenizer, text, length, "prompt") for text in prompts]
    unwanted = [_read(tokenizer, text, length, "negative prompt") for text in negatives]
    parts = math.lcm(*(len(reading.parts) for reading in (*wanted, *unwanted)))
    encoded: dict[tuple[tuple[int, ...], ...], Tensor] = {}
    for reading in (*wanted, *unwanted):
        if reading.parts not in encoded:
            one = _encoded(text_encoder, reading)
            encoded[reading.parts] = one.repeat(1, parts // len(reading.parts), 1)
    return Embedded(
        torch.cat([encoded[reading.parts] for reading in wanted]),
        torch.cat([encoded[reading.parts] for reading in unwanted]),
        tuple((*a.notes, *b.notes) for a, b in zip(wanted, unwanted, strict=True)),
    )


def _encoder_length(tokenizer: Any, text_encoder: Any) -> int:
    """Return how many tokens the encoder reads at once, begin and end included."""
    positions = int(text_encoder.config.max_position_embeddings)
    return min(int(tokenizer.model_max_length), positions)


def _encoded(text_encoder: Any, reading: _Reading) -> Tensor:
    """Run the encoder: (1, parts * length, C)."""
    import torch

    ids = torch.tensor(reading.parts, device=text_encoder.device)
    mask = None
    if getattr(text_encoder.config, "use_attention_mask", False):
        mask = torch.tensor(reading.masks, device=text_encoder.device)
    with torch.no_grad():
        rows = [
            text_encoder(ids[i : i + 1], attention_mask=None if mask is None else mask[i : i + 1])
            for i in range(len(ids))
        ]
    hidden: Tensor = torch.cat([row[0] for row in rows], dim=1)
    return hidden.to(text_encoder.dtype)


def _read(tokenizer: Any, text: str, length: int, what: str) -> _Reading:
    """Tokenize one text and split it into parts."""
    notes = []
    if len(text) > MAX_CHARACTERS:
        notes.append(
            f"the {what} has {len(text):,} characters: only the first {MAX_CHARACTERS:,} were read"
        )
    plain = text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
    begin, end = _frame(tokenizer)
    tokens = _tokens(tokenizer, plain)[len(begin) :]
    tokens = tokens[: len(tokens) - len(end)]
    if not tokens and text.strip():
        notes.append(f"the {what} has no word the model can read: it counts as empty")
    space = length - len(begin) - len(end)
    parts = list(_parts(tokens, _names(tokenizer, tokens), space))
    if len(parts) > 1:
        notes.append(_parts_note(what, len(tokens), space, parts))
    framed = [begin + part + end for part in parts[:MAX_PARTS]]
    pad = int(tokenizer.pad_token_id)
    return _Reading(
        tuple(tuple(part + [pad] * (length - len(part))) for part in framed),
        tuple(tuple([1] * len(part) + [0] * (length - len(part))) for part in framed),
        tuple(notes),
    )


def _parts_note(what: str, count: int, space: int, parts: Sequence[Sequence[int]]) -> str:
    told = f"the {what} has {count} tokens, the encoder reads {space} at a time: read in"
    if len(parts) <= MAX_PARTS:
        return f"{told} {len(parts)} parts"
    read = sum(len(part) for part in parts[:MAX_PARTS])
    return f"{told} {MAX_PARTS} parts, the last {count - read} tokens were left out"


def _tokens(tokenizer: Any, text: str) -> list[int]:
    """Return the token numbers of a text of any length, with begin and end."""
    # verbose: the tokenizer would log that the text is too long, which is what the parts are for.
    return list(tokenizer(text, truncation=False, verbose=False).input_ids)


def _frame(tokenizer: Any) -> tuple[list[int], list[int]]:
    """Return the tokens every text begins and ends with."""
    empty = _tokens(tokenizer, "")
    begins = empty[:1] if empty and empty[0] == tokenizer.bos_token_id else []
    return begins, empty[len(begins) :]


def _names(tokenizer: Any, tokens: Sequence[int]) -> list[str]:
    return list(tokenizer.convert_ids_to_tokens(list(tokens)))


def _parts(tokens: Sequence[int], names: Sequence[str], space: int) -> Iterator[list[int]]:
    """Yield parts of at most `space` tokens; of an empty text one empty part."""
    start = 0
    while len(tokens) - start > space:
        left = len(tokens) - start
        # A comma is not worth one part more.
        least = left - (math.ceil(left / space) - 1) * space
        stop = start + _split(names[start : start + space], least)
        yield list(tokens[start:stop])
        start = stop
    yield list(tokens[start:])


def _split(names: Sequence[str], least: int) -> int:
    """Return after how many of these tokens a part best ends.

    After the last comma or full stop if that is `least` tokens or more and leaves the part well
    filled, else after the last whole word, else (one endless word) at the very end.
    """
    least = max(least, int(len(names) * _FULL_ENOUGH))
    ends = [i + 1 for i, name in enumerate(names) if name.endswith(_WORD_END)]
    stops = [i for i in ends if i >= least and set(names[i - 1][: -len(_WORD_END)]) <= _STOPS]
    if stops:
        return stops[-1]
    return ends[-1] if ends else len(names)
