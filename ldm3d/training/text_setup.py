"""The tokenizer and the text encoder of a run: made once, kept in its folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ldm3d.data.world_set import WorldSet
from ldm3d.errors import InputError
from ldm3d.pretrained import quiet_libraries
from ldm3d.training.denoiser import text_encoder_from
from ldm3d.training.latent_cache import LatentCache
from ldm3d.training.machine import Machine
from ldm3d.training.planes import split
from ldm3d.training.text import TokenReader
from ldm3d.training.text_teacher import Answers, Lessons, row_means, teach
from ldm3d.training.tokenizer import tokenizer_from_captions
from ldm3d.training.unet_presets import UnetPreset

TOKENIZER, TEXT_ENCODER = "tokenizer", "text_encoder"
"""Folders of a run."""


def made_tokenizer(
    machine: Machine, run: Path, init: Path | None, worlds: WorldSet, preset: UnetPreset
) -> Any:
    """Return the run's tokenizer: its own, that of the run it begins with, or a new one."""
    from transformers import CLIPTokenizer

    def make() -> Any:
        if init is not None:
            return CLIPTokenizer.from_pretrained(part_of_run(init, TOKENIZER))
        captions = [caption for fact in worlds.facts for caption in fact.captions]
        length = int((preset.text or {}).get("max_position_embeddings", 48))
        return tokenizer_from_captions(captions, vocabulary=preset.vocabulary, max_tokens=length)

    _made_once(machine, run / TOKENIZER, "tokenizer.json", make)
    return CLIPTokenizer.from_pretrained(run / TOKENIZER, local_files_only=True)


def taught_encoder(
    machine: Machine,
    run: Path,
    init: Path | None,
    worlds: WorldSet,
    latents: LatentCache,
    reader: TokenReader,
    preset: UnetPreset,
    tell: Callable[[int, int], None] | None = None,
) -> Any:
    """Return the run's text encoder, finished and frozen: found as `made_tokenizer` finds its own.

    A run begins with it; later steps do not change it.
    """
    from transformers import CLIPTextModel

    def make() -> Any:
        if init is not None:
            return CLIPTextModel.from_pretrained(part_of_run(init, TEXT_ENCODER))
        import torch

        seen = split(worlds)[0]
        answers = Answers([fact.captions for fact in worlds.facts], row_means(latents), seen)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            encoder = text_encoder_from(preset.text or {}, reader.tokenizer)
        teach(encoder, reader, answers, seen, preset.lessons or Lessons(), machine, tell)
        return encoder

    _made_once(machine, run / TEXT_ENCODER, "model.safetensors", make)
    with quiet_libraries():
        encoder = CLIPTextModel.from_pretrained(run / TEXT_ENCODER, local_files_only=True)
    return encoder.eval().requires_grad_(False)


def part_of_run(run: Path, name: str) -> Path:
    """Return a folder of a run of the UNet.

    Raises:
        InputError: if it has none.
    """
    folder = run / name
    if not folder.is_dir():
        raise InputError(f"want a run of the UNet to begin with, {run} has no {name}")
    return folder


def _made_once(machine: Machine, folder: Path, proof: str, make: Callable[[], Any]) -> None:
    """Write what `make` gives, whole or not at all, on the main process; the others wait."""
    if not machine.is_main:
        machine.wait()
    elif not (folder / proof).is_file():
        part = folder.with_name(f".{folder.name}.{os.getpid()}")
        made = make()
        with quiet_libraries():
            made.save_pretrained(part)
        part.rename(folder)
    if machine.is_main:
        machine.wait()
