"""Our own tokenizer: byte-level BPE in CLIP's form, learned from captions and common words.

Learned in the way of BPE (arXiv 1508.07909) over lower-case words whose last letter carries
"</w>", as CLIP does it (arXiv 2103.00020, section 2.4): the folder it makes is read by
`transformers.CLIPTokenizer`. Bytes are the ground, so that no text is unknown; a list of common
English words makes those that no caption holds split into sensible parts.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

BEGIN, END = "<|startoftext|>", "<|endoftext|>"
WORD_WEIGHT = 3
"""How many times each common word is read; captions are read as they are."""


@cache
def common_words() -> tuple[str, ...]:
    """Return about 1,100 common English words, lower case, each once."""
    text = files("ldm3d.training").joinpath("common_words.txt").read_text(encoding="utf-8")
    return tuple(dict.fromkeys(text.split()))


def tokenizer_from_captions(
    captions: Iterable[str], *, vocabulary: int = 4096, max_tokens: int = 48
) -> Any:
    """Learn a tokenizer; equal captions in any order give the same one.

    Args:
        captions: what people are expected to write.
        vocabulary: tokens at most, the 512 byte tokens, begin and end among them.
        max_tokens: length of a text with begin and end.

    Returns:
        A `transformers.CLIPTokenizer`, ready to `save_pretrained`.
    """
    from tokenizers.models import BPE
    from tokenizers.trainers import BpeTrainer
    from transformers import CLIPTokenizer

    learner = CLIPTokenizer(vocab=_bytes(), merges=[]).backend_tokenizer
    learner.model = BPE(continuing_subword_prefix="", end_of_word_suffix="</w>")
    trainer = BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=2,
        special_tokens=list(_bytes()),  # in this order, by which the learner breaks ties
        continuing_subword_prefix="",
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    learner.train_from_iterator(_texts(captions), trainer)
    model = json.loads(learner.to_str())["model"]
    merges = [tuple(pair) for pair in model["merges"]]
    words = [*_bytes(), *dict.fromkeys(left + right for left, right in merges)]
    words = [word for word in words if word not in (BEGIN, END)]
    ids = {word: index for index, word in enumerate([*words, BEGIN, END])}
    return CLIPTokenizer(vocab=ids, merges=merges, model_max_length=max_tokens)


def token_ids(tokenizer: Any, texts: Sequence[str]) -> Any:
    """Return (n, max_tokens) int64 token numbers: cut or padded as `ldm3d.text` pads them."""
    import torch

    read = tokenizer(
        list(texts),
        padding="max_length",
        max_length=tokenizer.model_max_length,
        truncation=True,
        return_tensors="pt",
    )
    ids: torch.Tensor = read.input_ids
    return ids


def stray_words(captions: Iterable[str]) -> tuple[str, ...]:
    """Return the common words of four letters or more that no caption holds.

    The network learns to pass over them: it will meet many a word that it never saw.
    """
    known = {word.strip(",.;:!?") for caption in captions for word in caption.lower().split()}
    return tuple(word for word in common_words() if len(word) > 3 and word not in known)


def _alphabet() -> list[str]:
    from tokenizers.pre_tokenizers import ByteLevel

    letters: list[str] = ByteLevel.alphabet()
    return letters


def _bytes() -> dict[str, int]:
    """Return the byte tokens, inside a word and at its end, then begin and end of a text."""
    letters = sorted(_alphabet())
    words = [*letters, *(f"{letter}</w>" for letter in letters), BEGIN, END]
    return {word: index for index, word in enumerate(words)}


def _texts(captions: Iterable[str]) -> Iterator[str]:
    counts = Counter(captions)
    for caption in sorted(counts):
        yield from (caption,) * counts[caption]
    for word in common_words():
        yield from (word,) * WORD_WEIGHT
