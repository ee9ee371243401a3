"""Our tokenizer, and which caption of a picture is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from ldm3d.data.world_set import Facts
from ldm3d.errors import InputError
from ldm3d.text import embed_prompts
from ldm3d.training.denoiser import text_encoder_from
from ldm3d.training.order import Turn
from ldm3d.training.text import (
    CaptionPool,
    EmbeddingReader,
    Reading,
    TokenReader,
    cached_embeddings,
)
from ldm3d.training.tokenizer import (
    common_words,
    stray_words,
    token_ids,
    tokenizer_from_captions,
)
from tests.ldm3d.training.tiny_unet import TINY_UNET

CAPTIONS = ("a mossy forest at dawn", "dunes, golden hour", "panorama of an alpine lake")
FACTS = [Facts((text, f"{text}, photo"), text.split()[1], i) for i, text in enumerate(CAPTIONS)]


@pytest.fixture(scope="module")
def tokenizer():
    return tokenizer_from_captions(CAPTIONS * 5, vocabulary=3000, max_tokens=16)


def tokens(tokenizer, text: str) -> list[str]:
    return tokenizer.convert_ids_to_tokens(tokenizer(text).input_ids)[1:-1]


def test_words_of_captions_and_common_words_are_tokens(tokenizer) -> None:
    assert tokens(tokenizer, "A Mossy forest at DAWN") == [
        "a</w>", "mossy</w>", "forest</w>", "at</w>", "dawn</w>",
    ]  # fmt: skip
    assert tokens(tokenizer, "dinosaur, piano") == ["dinosaur</w>", ",</w>", "piano</w>"]


def test_any_text_is_read_in_parts_and_comes_back(tokenizer) -> None:
    for text in ("cyberpunk zeppelin", "naïve café ☃", "東京"):
        parts = tokens(tokenizer, text)
        assert 1 < len(parts) <= len(text.encode()) + 1
        assert tokenizer.eos_token not in parts
        assert tokenizer.decode(tokenizer(text).input_ids[1:-1]).strip() == text


def test_a_saved_tokenizer_reads_alike(tokenizer, tmp_path: Path) -> None:
    from transformers import CLIPTokenizer

    tokenizer.save_pretrained(tmp_path)
    again = CLIPTokenizer.from_pretrained(tmp_path)
    for text in (*CAPTIONS, "cyberpunk 360°"):
        assert again(text).input_ids == tokenizer(text).input_ids
    assert again.model_max_length == 16


def test_the_order_of_captions_does_not_matter(tokenizer) -> None:
    other = tokenizer_from_captions(CAPTIONS[::-1] * 5, vocabulary=3000, max_tokens=16)
    assert other.get_vocab() == tokenizer.get_vocab()


def test_the_vocabulary_is_bounded() -> None:
    small = tokenizer_from_captions(CAPTIONS, vocabulary=700)
    assert len(small) <= 700
    assert sorted(small.get_vocab().values()) == list(range(len(small)))


def test_texts_are_padded_as_the_pipeline_pads_them(tokenizer) -> None:
    encoder = text_encoder_from(TINY_UNET.text or {}, tokenizer).eval()
    texts = ["dunes", "a mossy forest at dawn, " * 9]
    with torch.no_grad():
        mine = encoder(token_ids(tokenizer, texts))[0]
    theirs = embed_prompts(tokenizer, encoder, texts[:1], [""]).positive
    torch.testing.assert_close(mine[:1], theirs, atol=1e-6, rtol=1e-5)
    assert mine.shape == (2, 16, 16)


def test_common_words_are_many_and_stray_ones_are_in_no_caption() -> None:
    assert len(common_words()) > 1000
    stray = stray_words(["A dragon, over the Castle."])
    assert "elephant" in stray
    assert not {"dragon", "castle", "the"} & set(stray)


def test_every_caption_is_drawn_and_some_are_left_out() -> None:
    pool = CaptionPool(FACTS)
    assert pool.texts[0] == ""
    drawn = pool.draw([1] * 2000, 0.1, np.random.default_rng(0))
    shares = {pool.texts[n]: float((drawn == n).mean()) for n in set(drawn.tolist())}
    assert shares[""] == pytest.approx(0.1, abs=0.02)
    assert shares["dunes, golden hour"] == pytest.approx(0.45, abs=0.04)
    assert set(shares) == {"", *FACTS[1].captions}


def test_a_picture_without_captions_is_named() -> None:
    with pytest.raises(InputError, match=r"number 1 .pond 7. has none"):
        CaptionPool([FACTS[0], Facts((), "pond", 7)])


def test_some_captions_get_words_to_pass_over(tokenizer) -> None:
    reader = TokenReader(CaptionPool(FACTS), tokenizer, Reading(dropout=0.0, stray=1.0))
    ids = reader.read([1] * 20, Turn(0, 3).random("captions"))
    assert torch.equal(ids, reader.read([1] * 20, Turn(0, 3).random("captions")))
    stray = stray_words(reader.pool.texts)
    for text in tokenizer.batch_decode(ids, skip_special_tokens=True):
        words = text.replace(",", " ").split()
        assert "dunes" in words
        assert any(word in stray for word in words)
    plain = TokenReader(CaptionPool(FACTS), tokenizer, Reading(dropout=0.0, stray=0.0))
    rows = plain.read([2], Turn(0, 3).random("captions"))
    assert any(torch.equal(rows, token_ids(tokenizer, [text])) for text in FACTS[2].captions)


def test_frozen_embeddings_are_those_of_the_pipeline_and_kept(tokenizer, tmp_path: Path) -> None:
    encoder = text_encoder_from(TINY_UNET.text or {}, tokenizer).eval().requires_grad_(False)
    pool = CaptionPool(FACTS)
    told: list[int] = []
    embeddings = cached_embeddings(pool, tokenizer, encoder, tmp_path, lambda n, _: told.append(n))
    reader = EmbeddingReader(pool, embeddings, dropout=0.0)
    found = reader.read([0] * 8, np.random.default_rng(0))
    expected = [
        embed_prompts(tokenizer, encoder, [text], [""]).positive[0] for text in FACTS[0].captions
    ]
    for row in found:
        assert any(float((row - one).abs().max()) < 2e-3 for one in expected)
    assert told == [len(pool.texts)]
    cached_embeddings(pool, tokenizer, encoder, tmp_path, lambda n, _: told.append(n))
    assert len(told) == 1
    cached_embeddings(CaptionPool(FACTS[:2]), tokenizer, encoder, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
