"""The tokenizer and the text encoder of a run: made once, kept in its folder.

    RUN/
      tokenizer/        made_from.json beside what the libraries write
      text_encoder/     likewise

Until the run has a checkpoint they are made anew when what they were made from is another: an
option, the autoencoder, the set. Afterwards the denoiser has learned to read them, and they stay.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ldm3d.data.world_set import WorldSet
from ldm3d.errors import InputError, Ldm3dError
from ldm3d.exit_codes import disk_error_from
from ldm3d.pretrained import damage_explained, quiet_libraries
from ldm3d.training.checkpoint import newest_checkpoint, sync
from ldm3d.training.denoiser import text_encoder_from
from ldm3d.training.folder import RunFolder
from ldm3d.training.latent_cache import LatentCache
from ldm3d.training.machine import Machine
from ldm3d.training.planes import split
from ldm3d.training.text import TokenReader
from ldm3d.training.text_teacher import Answers, Lessons, row_means, teach
from ldm3d.training.tokenizer import tokenizer_from_captions
from ldm3d.training.unet_presets import UnetPreset

TOKENIZER, TEXT_ENCODER = "tokenizer", "text_encoder"
"""Folders of a run."""
MADE_FROM = "made_from.json"
_WORDS_FILE, _WEIGHTS_FILE = "tokenizer.json", "model.safetensors"
MadeFrom = Callable[[], Mapping[str, Any]]


def made_tokenizer(
    machine: Machine, run: Path, init: Path | None, worlds: WorldSet, preset: UnetPreset
) -> Any:
    """Return the run's tokenizer: its own, that of the run it begins with, or a new one."""
    from transformers import CLIPTokenizer

    length = int((preset.text or {}).get("max_position_embeddings", 48))

    def made_from() -> Mapping[str, Any]:
        if init is not None:
            return {"init": _digest_of(part_of_run(init, TOKENIZER) / _WORDS_FILE)}
        return {
            "captions": _captions_digest(worlds),
            "vocabulary": preset.vocabulary,
            "length": length,
        }

    def make() -> Any:
        if init is not None:
            return CLIPTokenizer.from_pretrained(
                part_of_run(init, TOKENIZER), local_files_only=True
            )
        captions = [caption for fact in worlds.facts for caption in fact.captions]
        return tokenizer_from_captions(captions, vocabulary=preset.vocabulary, max_tokens=length)

    _made_once(machine, run / TOKENIZER, _WORDS_FILE, make, made_from)
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

    Raises:
        Ldm3dError: if it cannot be written or is damaged, or `init` has none.
    """
    from transformers import CLIPTextModel

    means = functools.cache(lambda: row_means(latents))
    seen = split(worlds)[0]
    lessons = preset.lessons or Lessons()

    def made_from() -> Mapping[str, Any]:
        if init is not None:
            return {"init": _digest_of(part_of_run(init, TEXT_ENCODER) / _WEIGHTS_FILE)}
        return {
            "lessons": asdict(lessons),
            "reading": asdict(preset.reading),
            "text": preset.text,
            "tokenizer": _digest_of(run / TOKENIZER / _WORDS_FILE),
            "captions": _captions_digest(worlds),
            "seen": _digest(json.dumps(seen).encode()),
            "latents": _digest(means().numpy().tobytes()),
        }

    def make() -> Any:
        if init is not None:
            part = part_of_run(init, TEXT_ENCODER)
            with damage_explained(part), quiet_libraries():
                return CLIPTextModel.from_pretrained(part, local_files_only=True)
        import torch

        answers = Answers([fact.captions for fact in worlds.facts], means(), seen)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            encoder = text_encoder_from(preset.text or {}, reader.tokenizer)
        teach(encoder, reader, answers, seen, lessons, machine, tell)
        return encoder

    _made_once(machine, run / TEXT_ENCODER, _WEIGHTS_FILE, make, made_from)
    with damage_explained(run / TEXT_ENCODER), quiet_libraries():
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


def _made_once(
    machine: Machine, folder: Path, proof: str, make: Callable[[], Any], made_from: MadeFrom
) -> None:
    """Write what `make` gives, whole or not at all, on the main process; the others wait.

    Args:
        machine: this process.
        folder: of the part, in the run's.
        proof: the file without which there is no such part.
        make: returns what can be saved.
        made_from: returns what decides over it, JSON-able.

    Raises:
        Ldm3dError: if the disk is full or cannot be written.
    """
    if not machine.is_main:
        machine.wait()
        return
    if not _stands(folder, proof, made_from):
        _write_part(folder, make(), _text(made_from))
    machine.wait()


def _stands(folder: Path, proof: str, made_from: MadeFrom) -> bool:
    """Tell whether a part is there and is the run's."""
    file = folder / proof
    if not file.is_file() or not file.stat().st_size:
        return False
    if newest_checkpoint(RunFolder(folder.parent).checkpoints):
        return True
    try:
        return (folder / MADE_FROM).read_text(encoding="utf-8") == _text(made_from)
    except (OSError, UnicodeDecodeError):
        return False


def _write_part(folder: Path, made: Any, made_from: str) -> None:
    for left in folder.parent.glob(f".{folder.name}.*"):  # of a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    part = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        with quiet_libraries():
            made.save_pretrained(part)
        (part / MADE_FROM).write_text(made_from, encoding="utf-8")
        for path in (*part.iterdir(), part):
            sync(path)
        if folder.exists():
            shutil.rmtree(folder)
        part.rename(folder)
        sync(folder.parent)
    except Exception as error:  # safetensors and tokenizers have classes of their own
        trouble = disk_error_from(error)
        if trouble is None:
            raise
        reason = trouble.strerror or trouble
        raise Ldm3dError(
            f"cannot write {folder}: {reason}; mend that and run the same command again"
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _text(made_from: MadeFrom) -> str:
    return json.dumps(made_from(), indent=1, sort_keys=True) + "\n"


def _captions_digest(worlds: WorldSet) -> str:
    return _digest(json.dumps([list(fact.captions) for fact in worlds.facts]).encode())


def _digest_of(file: Path) -> str:
    """Return the digest of a file that a run has to have.

    Raises:
        InputError: if it cannot be read.
    """
    try:
        return _digest(file.read_bytes())
    except OSError as error:
        raise InputError(f"want {file} of a run of the UNet: {error.strerror}") from None


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=8).hexdigest()
