from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ldm3d.text import MAX_CHARACTERS, MAX_PARTS, embed_prompts
from tests.ldm3d.tiny import tiny_model

SENTENCE = "a mossy forest at dawn, "  # 19 tokens: its letters and the comma
WORD = "abcdefghi "  # 9 tokens


class Text:
    """Tokenizer, text encoder and UNet of one tiny folder."""

    def __init__(self, folder: Path) -> None:
        from diffusers import UNet2DConditionModel
        from transformers import CLIPTextModel, CLIPTokenizer

        self.tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer")
        self.encoder = CLIPTextModel.from_pretrained(folder / "text_encoder").eval()
        self.unet = UNet2DConditionModel.from_pretrained(folder / "unet").eval()

    def embed(self, *prompts: str, negatives: tuple[str, ...] | None = None) -> Any:
        return embed_prompts(
            self.tokenizer, self.encoder, prompts, negatives or ("",) * len(prompts)
        )

    def parts_seen(self, *prompts: str, **kwargs: Any) -> list[list[str]]:
        """What the encoder was given, one row after the other, as words."""
        rows: list[list[str]] = []

        def look(_: Any, args: tuple[torch.Tensor, ...]) -> None:
            rows.extend(self.tokenizer.convert_ids_to_tokens(row) for row in args[0].tolist())

        hook = self.encoder.register_forward_pre_hook(look)
        try:
            self.embed(*prompts, **kwargs)
        finally:
            hook.remove()
        return rows


@pytest.fixture(scope="module")
def text(tiny_folder: Path) -> Text:
    return Text(tiny_folder)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Text:
    return Text(tiny_model(tmp_path_factory.mktemp("short") / "m", max_tokens=48))


@pytest.fixture(scope="module")
def pipeline(text: Text) -> Iterator[Any]:
    from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline

    vae = AutoencoderKL(block_out_channels=(4,), norm_num_groups=2)
    yield StableDiffusionPipeline(
        vae, text.encoder, text.tokenizer, text.unet,
        DDIMScheduler(steps_offset=1, clip_sample=False), None, None,
        requires_safety_checker=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "a mossy forest",
        "x" * 75,
        "ÄÖÜ ß 日本語 ½°",
        "🌲🌲 dawn 🌅",
        "<|endoftext|> a <|startoftext|>",
    ],
    ids=["empty", "short", "exactly full", "unicode", "emoji", "special tokens"],
)
def test_what_fits_is_bit_equal_to_stable_diffusions_pipeline(
    text: Text, pipeline: Any, prompt: str
) -> None:
    ours = text.embed(prompt, negatives=("blurry, ugly",))
    with torch.no_grad():
        positive, negative = pipeline.encode_prompt(prompt, "cpu", 1, True, "blurry, ugly")
    assert torch.equal(ours.positive, positive)
    assert torch.equal(ours.negative, negative)
    assert ours.notes == ((),)
    assert not ours.positive.requires_grad


def test_each_text_keeps_its_bits_in_a_batch(text: Text) -> None:
    prompts = ("a forest", "a city at night", "the sea")
    negatives = ("", "blurry", "")
    batch = text.embed(*prompts, negatives=negatives)
    assert batch.positive.shape == batch.negative.shape == (3, 77, 32)
    for i in range(3):
        alone = text.embed(prompts[i], negatives=negatives[i : i + 1])
        assert torch.equal(batch.positive[i], alone.positive[0])
        assert torch.equal(batch.negative[i], alone.negative[0])


def test_a_long_prompt_is_read_in_parts_and_says_so(text: Text) -> None:
    found = text.embed("a forest", SENTENCE * 7)
    assert found.positive.shape == found.negative.shape == (2, 2 * 77, 32)
    assert found.notes == (
        (),
        ("the prompt has 133 tokens, the encoder reads 75 at a time: read in 2 parts",),
    )


def test_a_long_negative_prompt_says_so_too(text: Text) -> None:
    found = text.embed("a forest", negatives=(SENTENCE * 4,))
    assert found.positive.shape == found.negative.shape == (1, 2 * 77, 32)
    assert found.notes[0][0].startswith("the negative prompt has 76 tokens")


def test_no_token_is_lost_or_read_twice_between_the_parts(text: Text) -> None:
    prompt = SENTENCE * 9 + "the end"
    whole = text.tokenizer(prompt, verbose=False).input_ids[1:-1]
    parts = text.parts_seen(prompt, negatives=("x",))[:-1]
    assert len(parts) == 3
    read = [name for part in parts for name in part if not name.startswith("<|")]
    assert read == text.tokenizer.convert_ids_to_tokens(whole)
    for part in parts:
        assert len(part) == 77
        assert part[0] == "<|startoftext|>" and part[-1] == "<|endoftext|>"


def test_a_part_ends_at_a_comma_else_between_words_else_anywhere(text: Text) -> None:
    def first_part(prompt: str) -> list[str]:
        names = text.parts_seen(prompt, negatives=("x",))[0]
        return [name for name in names if not name.startswith("<|")]

    at_comma = first_part(SENTENCE * 5)
    assert at_comma[-1] == ",</w>" and len(at_comma) == 57
    between_words = first_part(WORD * 10)
    assert between_words[-1] == "i</w>" and len(between_words) == 72
    early_comma = first_part("one, " + WORD * 10)
    assert early_comma[-1] == "i</w>" and len(early_comma) == 4 + 63
    costly_comma = first_part(SENTENCE * 7)  # 133 tokens fit into two parts, not into 57 + 75
    assert costly_comma[-1] == "n</w>" and len(costly_comma) == 75
    anywhere = first_part("x" * 100)
    assert len(anywhere) == 75


@pytest.mark.parametrize("negative_parts", [1, 2, 3])
def test_repeating_for_equal_length_does_not_change_what_the_unet_says(
    text: Text, negative_parts: int
) -> None:
    """A prompt means the same beside a negative prompt of any length: the docstring's equation."""
    prompt, latents = SENTENCE * 5, torch.randn(1, 4, 8, 8, generator=torch.manual_seed(0))
    alone = text.embed(prompt, negatives=(SENTENCE * 5,)).positive
    beside = text.embed(prompt, negatives=("x" * 75 * negative_parts,)).positive
    assert alone.shape[1] == 2 * 77
    assert beside.shape[1] == {1: 2, 2: 2, 3: 6}[negative_parts] * 77
    with torch.no_grad():
        said = [text.unet(latents, 500, context).sample for context in (alone, beside)]
        other = text.unet(latents, 500, text.embed(SENTENCE).positive).sample
    assert (said[0] - said[1]).abs().max() < 1e-5
    assert (said[0] - other).abs().max() > 1e-4  # the text matters, so the test can fail


def test_an_encoder_of_another_length_works(short: Text) -> None:
    assert short.embed("a forest").positive.shape == (1, 48, 32)
    found = short.embed(SENTENCE * 4)
    assert found.positive.shape == (1, 2 * 48, 32)
    assert found.notes[0] == (
        "the prompt has 76 tokens, the encoder reads 46 at a time: read in 2 parts",
    )


def test_a_tokenizer_that_states_no_length_takes_the_encoders(text: Text) -> None:
    from transformers import CLIPTokenizer

    endless = CLIPTokenizer(vocab=text.tokenizer.get_vocab(), merges=[], model_max_length=int(1e30))
    found = embed_prompts(endless, text.encoder, ["a forest"], [""])
    assert torch.equal(found.positive, text.embed("a forest").positive)


def test_what_is_beyond_the_limit_is_left_out_and_told(text: Text) -> None:
    found = text.embed("x " * 75 * MAX_PARTS + "y " * 30)
    kept = text.embed("x " * 75 * MAX_PARTS)
    assert torch.equal(found.positive, kept.positive)
    assert found.notes[0] == (
        "the prompt has 330 tokens, the encoder reads 75 at a time: read in 4 parts, "
        "the last 30 tokens were left out",
    )


@pytest.mark.parametrize("letter", ["x", "word ", "🌲", "\0", ", "])
def test_a_prompt_of_a_hundred_kilobytes_is_cut_at_once_and_told(text: Text, letter: str) -> None:
    prompt = letter * (100_000 // len(letter))
    began = time.perf_counter()
    found = text.embed(prompt)
    assert time.perf_counter() - began < 5
    assert found.positive.shape[1] <= MAX_PARTS * 77
    assert torch.isfinite(found.positive).all()
    assert found.notes[0][0] == (
        f"the prompt has {len(prompt):,} characters: only the first {MAX_CHARACTERS:,} were read"
    )


@pytest.mark.parametrize(
    "prompt", ["\ud800 broken \udfff", "\x00\x1b[31mred\x7f", "\u202eabc\u200b"]
)
def test_odd_characters_do_not_crash(text: Text, prompt: str) -> None:
    assert torch.isfinite(text.embed(prompt).positive).all()


@settings(max_examples=30, deadline=None, derandomize=True)
@given(prompt=st.text(st.characters(exclude_categories=()), max_size=200))
def test_any_text_at_all_is_read_completely(text: Text, prompt: str) -> None:
    plain = prompt.encode("utf-8", "replace").decode()
    whole = text.tokenizer.convert_ids_to_tokens(
        text.tokenizer(plain, verbose=False).input_ids[1:-1]
    )
    parts = text.parts_seen(prompt, negatives=(prompt,))  # equal texts are embedded once
    assert all(len(part) == 77 for part in parts)
    read = [name for part in parts for name in part[1 : part.index("<|endoftext|>")]]
    assert read == whole[: len(read)]
    assert len(read) == len(whole) or len(parts) == MAX_PARTS


def test_a_prompt_of_which_nothing_is_read_says_so(text: Text) -> None:
    found = text.embed(" " * MAX_CHARACTERS + "forest")
    assert torch.equal(found.positive, text.embed("").positive)
    assert len(found.notes[0]) == 2
    assert found.notes[0][1] == "the prompt has no word the model can read: it counts as empty"
    assert text.embed("   ").notes == ((),)  # an empty prompt is no surprise


def test_the_encoders_dtype_is_kept(text: Text) -> None:
    encoder = type(text.encoder).from_pretrained(
        text.encoder.config._name_or_path, dtype=torch.bfloat16
    )
    found = embed_prompts(text.tokenizer, encoder, ["a forest"], [""])
    assert found.positive.dtype == found.negative.dtype == torch.bfloat16


def test_as_many_negatives_as_prompts_are_asked_for(text: Text) -> None:
    with pytest.raises(ValueError, match="as many negatives"):
        text.embed("a", "b", negatives=("x",))


def test_tokenizing_a_long_prompt_logs_nothing(
    text: Text, capfd: pytest.CaptureFixture[str]
) -> None:
    text.embed("x" * 500)
    assert capfd.readouterr() == ("", "")
