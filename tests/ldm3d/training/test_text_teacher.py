"""A new text encoder is taught what captions mean before the denoiser hears it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ldm3d.data.world_set import Facts
from ldm3d.training.denoiser import text_encoder_from
from ldm3d.training.machine import Machine
from ldm3d.training.text import CaptionPool, Reading, TokenReader
from ldm3d.training.text_teacher import Answers, Lessons, teach, text_features
from ldm3d.training.tokenizer import tokenizer_from_captions
from tests.ldm3d.training.tiny_unet import TINY_UNET

NAMES = (("lake", "tarn"), ("wood", "forest"), ("dunes", "desert"))
LESSONS = Lessons(steps=60, batch=16, lr=5e-3, warmup=5)
COUNT = 48


def set_of_places() -> tuple[list[Facts], Tensor]:
    """Pictures of three places, each under two names, some at night; row means that tell them."""
    facts, rows = [], []
    generator = torch.Generator().manual_seed(0)
    for number in range(COUNT):
        place, dark = number % 3, number % 2
        time = "at night" if dark else "at noon"
        captions = tuple(f"a {name} {time}" for name in NAMES[place])
        facts.append(Facts(captions, NAMES[place][0], number))
        row = torch.zeros(8)
        row[place], row[7] = 3.0, 4.0 * dark
        rows.append(row + 0.1 * torch.randn(8, generator=generator))
    return facts, torch.stack(rows)


def taught(lessons: Lessons = LESSONS) -> tuple[object, object, Answers]:
    facts, rows = set_of_places()
    captions = [fact.captions for fact in facts]
    tokenizer = tokenizer_from_captions(
        [text for own in captions for text in own], vocabulary=600, max_tokens=16
    )
    torch.manual_seed(0)
    encoder = text_encoder_from(TINY_UNET.text or {}, tokenizer)
    seen = range(COUNT - 6)
    answers = Answers(captions, rows, seen)
    reader = TokenReader(CaptionPool(facts), tokenizer, Reading(dropout=0.0, stray=0.0))
    teach(encoder, reader, answers, seen, lessons, Machine("cpu", "float32"))
    return encoder, tokenizer, answers


@pytest.fixture(scope="module")
def pupil() -> tuple[object, object, Answers]:
    return taught()


def features(pupil: tuple[object, object, Answers], *texts: str) -> Tensor:
    encoder, tokenizer, _ = pupil
    return torch.stack([own[0] for own in text_features(encoder, tokenizer, [[t] for t in texts])])


def test_words_are_asked_for_that_tell_pictures_apart(
    pupil: tuple[object, object, Answers],
) -> None:
    """ "a" and "at" are in every caption; the words for the place and the hour are not."""
    answers = pupil[2]
    assert set(answers.words) == {"lake", "tarn", "wood", "forest", "dunes", "desert",
                                  "night", "noon"}  # fmt: skip
    first = {word for word, held in zip(answers.words, answers.holds[0], strict=True) if held}
    assert first == {"lake", "tarn", "noon"}  # of both captions together


def test_two_names_of_one_place_come_to_lie_together(pupil: tuple[object, object, Answers]) -> None:
    lake, tarn, wood = features(pupil, "a lake at noon", "a tarn at noon", "a wood at noon")
    assert (lake - tarn).norm() < 0.5 * (lake - wood).norm()


def test_different_captions_are_told_apart(pupil: tuple[object, object, Answers]) -> None:
    """The encoder that learned beside the denoiser gave 0.02 to 0.04 here."""
    said = features(pupil, "a lake at noon", "a wood at night", "a desert at noon", "a desert")
    assert said.std(dim=0).mean() > 0.3


def test_rows_follow_linearly_from_what_it_says(pupil: tuple[object, object, Answers]) -> None:
    facts, rows = set_of_places()
    said = torch.stack([
        own[0] for own in text_features(pupil[0], pupil[1], [fact.captions for fact in facts])
    ])  # fmt: skip
    given = torch.cat([said, torch.ones(len(said), 1)], dim=1)
    slope = torch.linalg.lstsq(given[:42], rows[:42]).solution
    missed = (given[42:] @ slope - rows[42:]).square().mean()
    assert missed < 0.1 * (rows[42:] - rows[:42].mean(dim=0)).square().mean()


def test_the_same_lessons_give_the_same_weights() -> None:
    short = Lessons(steps=3, batch=4)
    one, two = taught(short)[0], taught(short)[0]
    for first, second in zip(one.parameters(), two.parameters(), strict=True):  # type: ignore[attr-defined]
        assert torch.equal(first, second)
        assert not first.requires_grad


def test_the_empty_text_is_read_too(pupil: tuple[object, object, Answers]) -> None:
    encoder, tokenizer, _ = pupil
    (own,) = text_features(encoder, tokenizer, [["a lake at noon", "a tarn"]])
    assert own.shape == (3, 16)
    torch.testing.assert_close(own[2], text_features(encoder, tokenizer, [[""]])[0][0])
