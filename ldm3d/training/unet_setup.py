"""Makes everything ready for training the UNet: latents, texts, networks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldm3d.data.world_set import WorldSet
from ldm3d.errors import InputError, ModelError, RequestError
from ldm3d.pretrained import damage_explained, quiet_libraries
from ldm3d.seamless import set_seamless
from ldm3d.training.attention import attend_by_products
from ldm3d.training.checkpoint import load_tensors, newest_checkpoint
from ldm3d.training.denoiser import Denoiser, text_encoder_from, unet_from
from ldm3d.training.diffusion_loss import Diffusion, alphas_bar
from ldm3d.training.export import ModelParts
from ldm3d.training.frozen import FrozenAutoencoder, load_frozen
from ldm3d.training.latent_cache import LatentCache, Variants, cached_latents
from ldm3d.training.machine import Machine
from ldm3d.training.planes import split
from ldm3d.training.samples import prompts_from
from ldm3d.training.text import CaptionPool, EmbeddingReader, TokenReader, cached_embeddings
from ldm3d.training.text_setup import made_tokenizer, part_of_run, taught_encoder
from ldm3d.training.text_teacher import text_features
from ldm3d.training.unet import Material, UnetTask
from ldm3d.training.unet_presets import UnetPreset
from ldm3d.training.vae import read_autoencoder

if TYPE_CHECKING:
    from torch import Tensor

Tell = Callable[[str], None]
PROMPTS_FILE = "prompts.json"
LINEAR = "unet.linear."
"""How the names of the linear denoiser's parts begin: fitted to one set and size."""


@dataclass(frozen=True)
class UnetPlan:
    """Where things are, and what is learned from them."""

    run: Path
    data: Path
    autoencoder: Path
    preset: UnetPreset
    start: Path | None = None
    """A Stable Diffusion folder whose UNet, text encoder and noise schedule are taken."""
    init: Path | None = None
    """Another run whose averaged weights are the beginning: the next resolution."""
    width: int | None = None
    """Pictures are averaged down to it; None: as they are."""
    steps: int | None = None
    accumulate: int = 1
    compiled: bool = False


def make_task(machine: Machine, plan: UnetPlan, tell: Tell | None = None) -> UnetTask:
    """Encode what is missing, build the networks, and return the task.

    Args:
        machine: where to run.
        plan: what to do.
        tell: called with lines on the progress of what is done before the first step.

    Raises:
        Ldm3dError: if data, autoencoder or start do not fit together.
    """
    preset = plan.preset
    worlds = WorldSet(plan.data)
    autoencoder = load_frozen(plan.autoencoder, machine, worlds.info.seamless)
    latents = _latents(machine, plan, worlds, autoencoder, tell)
    pool = CaptionPool(worlds.facts)
    if preset.unet is None:
        denoiser, tokenizer, text_encoder, scheduler = _started(plan.start, autoencoder.channels)
        text_encoder.to(machine.device)
        embeddings = cached_embeddings(
            pool, tokenizer, text_encoder, plan.run / "latents", _counted(tell, "texts read")
        )
        reader: TokenReader | EmbeddingReader = EmbeddingReader(
            pool, embeddings, preset.reading.dropout
        )
    else:
        tokenizer = made_tokenizer(machine, plan.run, plan.init, worlds, preset)
        reader = TokenReader(pool, tokenizer, preset.reading)
        text_encoder = taught_encoder(
            machine, plan.run, plan.init, worlds, latents, reader, preset,
            _counted(tell, "lessons of the text encoder"),
        )  # fmt: skip
        unet = unet_from(preset.unet, autoencoder.channels, latents.shape[1:])
        denoiser, scheduler = Denoiser(unet, text_encoder), preset.diffusion.scheduler_config()
        parts = latents.parts(split(worlds)[0])
        captions = [worlds.facts[number].captions for number in parts.numbers]
        unet.begin_linear(
            parts, preset.diffusion.prediction, alphas_bar(scheduler),
            text_features(text_encoder, tokenizer, captions), int(tokenizer.model_max_length),
        )  # fmt: skip
    set_seamless(denoiser.unet, worlds.info.seamless)
    if plan.init is not None:
        _begin_with(denoiser, _averaged_weights(plan.init), but=LINEAR)
    if machine.device.type == "cpu":
        attend_by_products(denoiser.unet)
    material = Material(
        worlds.info, *split(worlds), latents, reader, autoencoder, tokenizer, text_encoder,
        scheduler, _prompts(machine, plan.run, worlds),
    )  # fmt: skip
    steps = steps_of(preset, plan, machine, len(split(worlds)[0]))
    return UnetTask(
        machine, material, denoiser, preset,
        steps=steps, parts=plan.accumulate, compiled=plan.compiled,
    )  # fmt: skip


def steps_of(preset: UnetPreset, plan: UnetPlan, machine: Machine, pictures: int) -> int:
    """Return how many steps a run has: those asked for, the preset's, or from its epochs."""
    given = plan.steps or preset.steps
    if given is not None:
        return given
    if preset.epochs is None:
        raise RequestError("want --steps: this preset has neither steps nor epochs")
    batch = preset.batch * plan.accumulate * machine.ranks
    return -(-preset.epochs * pictures // batch)


def _latents(
    machine: Machine,
    plan: UnetPlan,
    worlds: WorldSet,
    autoencoder: FrozenAutoencoder,
    tell: Tell | None,
) -> LatentCache:
    """Encode on the main process; the others wait, then open what it wrote."""
    phases = plan.preset.phases if worlds.info.seamless else 1
    variants = Variants(phases, plan.preset.mirror, plan.width)
    if not machine.is_main:
        machine.wait()
    told = _counted(tell, "pictures encoded")
    latents = cached_latents(worlds, autoencoder, plan.run / "latents", variants, told)
    if machine.is_main:
        machine.wait()
    return latents


def parts_of_run(run: Path, stored: Mapping[str, Any], autoencoder: Path) -> ModelParts:
    """Return the model of a run, with the averaged weights of its newest checkpoint.

    Args:
        run: the run's folder.
        stored: its run.json.
        autoencoder: what it was trained on.

    Raises:
        InputError: if there is no checkpoint yet.
        ModelError: if the autoencoder or Stable Diffusion's folder is absent or damaged.
    """
    from transformers import CLIPTokenizer

    vae = read_autoencoder(autoencoder)
    if stored["unet"] is None:
        started = _started(Path(stored["start"]), int(vae.config.latent_channels))
        denoiser, tokenizer, text_encoder, scheduler = started
    else:
        tokenizer = CLIPTokenizer.from_pretrained(
            part_of_run(run, "tokenizer"), local_files_only=True
        )
        text_encoder = text_encoder_from(stored["text"], tokenizer)
        weights = _averaged_weights(run)
        channels, rows = weights[f"{LINEAR}mean"].shape
        columns = 2 * (weights[f"{LINEAR}variance"].shape[2] - 1)
        unet = unet_from(stored["unet"], int(channels), (int(rows), int(columns)))
        denoiser = Denoiser(unet, text_encoder)
        scheduler = Diffusion(**stored["diffusion"]).scheduler_config()
    _begin_with(denoiser, _averaged_weights(run))
    return ModelParts(denoiser.unet, vae, text_encoder, tokenizer, scheduler)


def _started(start: Path | None, channels: int) -> tuple[Denoiser, Any, Any, dict[str, Any]]:
    """Return Stable Diffusion's UNet to go on learning, its tokenizer, text encoder, schedule."""
    from diffusers import UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTokenizer

    from ldm3d.model_folder import read_json

    if start is None:
        raise RequestError("want --start with a local Stable Diffusion folder for this preset")
    with damage_explained(start), quiet_libraries():
        unet = UNet2DConditionModel.from_pretrained(start / "unet", local_files_only=True)
        encoder = CLIPTextModel.from_pretrained(start / "text_encoder", local_files_only=True)
        tokenizer = CLIPTokenizer.from_pretrained(start / "tokenizer", local_files_only=True)
    if unet.config.in_channels != channels:
        raise ModelError(
            f"want a UNet with {channels} latent channels as the autoencoder's, {start} has "
            f"{unet.config.in_channels}: take an autoencoder that was widened from its own"
        )
    set_seamless(unet)
    unet.train().requires_grad_(True)
    encoder.eval().requires_grad_(False)
    return (
        Denoiser(unet),
        tokenizer,
        encoder,
        read_json(start / "scheduler" / "scheduler_config.json"),
    )


def _averaged_weights(run: Path) -> dict[str, Tensor]:
    """Return the averaged weights of a run's newest checkpoint, the plain ones if it has no others.

    Raises:
        InputError: if it has none.
    """
    newest = newest_checkpoint(part_of_run(run, "checkpoints"))
    if newest is None:
        raise InputError(f"want a run with a checkpoint to begin with, {run} has none yet")
    averaged = any(newest.glob("ema-denoiser*"))
    return load_tensors(newest, "ema-denoiser" if averaged else "network-denoiser")


def _begin_with(denoiser: Denoiser, weights: Mapping[str, Tensor], but: str = "") -> None:
    """Take over weights; those whose names begin with `but` stay as they are.

    Raises:
        InputError: if they are of networks of another size.
    """
    own = denoiser.state_dict()
    kept = {name: own[name] for name in own if but and name.startswith(but)}
    try:
        denoiser.load_state_dict({**weights, **kept})
    except RuntimeError as error:
        told = str(error).splitlines()[-1].strip()
        raise InputError(f"want networks of this preset's size, but {told}") from error


def _prompts(machine: Machine, run: Path, worlds: WorldSet) -> list[str]:
    """Return the run's prompts: chosen once, so that its sheets can be compared.

    From captions of held-out pictures, or of any where too few are held out.
    """
    file = run / PROMPTS_FILE
    if file.is_file():
        return [str(prompt) for prompt in json.loads(file.read_text(encoding="utf-8"))]
    seen, unseen = split(worlds)
    prompts = prompts_from([worlds.facts[number] for number in (*unseen, *seen)])
    if machine.is_main:
        text = json.dumps(prompts, indent=1, ensure_ascii=False)
        file.write_text(text + "\n", encoding="utf-8")
    return prompts


def _counted(tell: Tell | None, what: str) -> Callable[[int, int], None] | None:
    """Return a callback that tells of every tenth."""
    if tell is None:
        return None
    told = [-1]

    def count(done: int, total: int) -> None:
        tenth = 10 * done // max(1, total)
        if tenth != told[0]:
            told[0] = tenth
            tell(f"{what}: {done} of {total}")

    return count
