"""From a prompt to colour and depth: LDM3D's sampling (arXiv 2305.10853, section 3) as a generator.

    for event in generate(model, model.recipe("a mossy forest at dawn", seed=7)):
        ...                     # Step, Preview when asked for, and at the end a Result

Noise -> denoising steps with classifier-free guidance -> decoder -> colour and depth, which the
model's upsampler doubles where more than its native size is asked for. Latents and schedulers stay
in float32 whatever the networks' dtype, and all noise is drawn on the CPU, so a seed means the same
on every device.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ldm3d import lora
from ldm3d.attention import attention_kind
from ldm3d.decode import decode_latents, encode_planes, preview_planes
from ldm3d.depth_codec import depth_from_planes
from ldm3d.errors import Ldm3dError, RequestError
from ldm3d.events import Preview, Result, Step
from ldm3d.memory import MemoryPlan, explained_out_of_memory, plan_memory
from ldm3d.model import Model
from ldm3d.poles import treat_poles
from ldm3d.recipe import Recipe
from ldm3d.schedule import Schedule
from ldm3d.seam import measure_seam
from ldm3d.seamless import set_seamless
from ldm3d.start import digest, planes_from_start
from ldm3d.text import embed_prompts

Latents = torch.Tensor
"""(B, c, h, w) float32, scaled so that their variance is about 1."""

_WAY_ON = "choose a smaller size, or close other programs"


def generate(
    model: Model,
    recipes: Recipe | Sequence[Recipe],
    *,
    previews: Callable[[Step], bool] | None = None,
    low_memory: bool | None = None,
) -> Generator[Step | Preview | Result]:
    """Make one RGBD picture per recipe; closing the generator cancels at the current step.

    A batch shares size, steps, scheduler, LoRAs and starting strength; prompt, seed, guidance and
    starting picture are each picture's own. Its seed alone decides a picture, whatever the batch,
    up to the rounding of batched arithmetic; alone (a batch of one) it is the same bit by bit.

    Args:
        model: from `ldm3d.load`; used by one run at a time.
        recipes: one or several.
        previews: asked after each step but the last, and before each pass of the upsampler,
            whether `Preview`s are wanted now; None: never.
        low_memory: whether to get along with little memory, slower; None: where it is short.

    Yields:
        A `Step` after each denoising step, `Preview`s (one a picture) where `previews` said so,
        and at the end one `Result` per recipe, in order. Before each pass of the upsampler
        comes what it is given, as a `Preview` of the last step.

    Raises:
        RequestError: if the recipes do not fit together or into the model.
        InputError: if a picture to start from or a LoRA file cannot be read.
        OutOfMemoryError: if the device has not enough memory.
        Ldm3dError: if the networks give no numbers (NaN).
    """
    batch = [recipes] if isinstance(recipes, Recipe) else list(recipes)
    _check_batch(batch, model)
    size = batch[0].width, batch[0].height
    plan = plan_memory(model, *size, len(batch), low_memory=low_memory)
    run = _Run(model, batch, plan, _schedule(model, batch[0]))
    with ExitStack() as stack:
        stack.enter_context(model.in_use())
        stack.enter_context(explained_out_of_memory(_described(batch), _WAY_ON))
        lora_notes = stack.enter_context(
            lora.applied(model.unet, model.text_encoder, batch[0].loras)
        )
        latents, notes = yield from _denoised(run, previews)
        for index, recipe in enumerate(batch):
            decoded = _decoded(run, latents[index : index + 1])
            planes = yield from _enlarged(run, decoded, index, previews)
            yield _result(model, recipe, planes, plan, (*lora_notes, *notes[index]))


def latents_from_recipes(model: Model, recipes: Recipe | Sequence[Recipe]) -> Latents:
    """Run the denoising loop alone and return its latents, one row per recipe."""
    batch = [recipes] if isinstance(recipes, Recipe) else list(recipes)
    _check_batch(batch, model)
    plan = plan_memory(model, batch[0].width, batch[0].height, len(batch))
    with model.in_use(), lora.applied(model.unet, model.text_encoder, batch[0].loras):
        steps = _denoised(_Run(model, batch, plan, _schedule(model, batch[0])), None)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                latents: Latents = end.value[0]
                return latents


@dataclass(frozen=True)
class _Run:
    """What stays the same during one run."""

    model: Model
    batch: Sequence[Recipe]
    plan: MemoryPlan
    schedule: Schedule

    @property
    def passes(self) -> int:
        """How often the upsampler doubles what is sampled."""
        return self.model.passes(self.batch[0].width, self.batch[0].height)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of what is sampled."""
        return self.batch[0].width >> self.passes, self.batch[0].height >> self.passes


@dataclass(frozen=True)
class _Text:
    """What the UNet attends to, one (1, T, C) tensor a picture; T may differ."""

    positive: Sequence[torch.Tensor]
    negative: Sequence[torch.Tensor]
    groups: Sequence[Sequence[int]]
    """Rows of equal T, which can go through the network together."""
    notes: tuple[tuple[str, ...], ...]


def _denoised(
    run: _Run, previews: Callable[[Step], bool] | None
) -> Generator[Step | Preview, None, tuple[Latents, tuple[tuple[str, ...], ...]]]:
    """Yield steps and previews; return the clean latents and each picture's notes."""
    model, batch, schedule = run.model, run.batch, run.schedule
    for network in (model.unet, model.vae, *([model.upsampler] if run.passes else [])):
        set_seamless(network, batch[0].seamless)
    text = _embedded(run)
    guidance = torch.tensor([r.guidance for r in batch], device=model.device).view(-1, 1, 1, 1)
    generators = [torch.Generator("cpu").manual_seed(recipe.seed) for recipe in batch]
    latents = _first_latents(run, generators)
    total = len(schedule.timesteps)
    for index, t in enumerate(schedule.timesteps, 1):
        before = latents
        noise = _predicted(run, before, t, text, guidance)
        latents = schedule.step(noise, t, before, generators)
        step = _step(schedule, index)
        yield step
        if previews is not None and index < total and previews(step):
            yield from _previews(run, step, schedule.clean(noise, t, before))
    if not bool(torch.isfinite(latents).all()):
        raise Ldm3dError(
            f"the model gave no numbers (NaN) in {model.dtype}: load it with dtype float32, or "
            "get it again if that does not help"
        )
    return latents, text.notes


def _schedule(model: Model, recipe: Recipe) -> Schedule:
    strength = 1.0 if recipe.start is None else recipe.start.strength
    return Schedule(
        recipe.scheduler, model.scheduler_config, recipe.steps,
        strength=strength, device=model.device,
    )  # fmt: skip


def _step(schedule: Schedule, index: int) -> Step:
    t = schedule.timesteps[index - 1]
    return Step(index, len(schedule.timesteps), float(t), schedule.sigma(t))


@torch.no_grad()
def _embedded(run: _Run) -> _Text:
    """Embed each picture's prompts by themselves, so that no length depends on the batch."""
    model = run.model
    with run.plan.on_device(model.text_encoder, model.device):
        rows = [
            embed_prompts(model.tokenizer, model.text_encoder, [r.prompt], [r.negative_prompt])
            for r in run.batch
        ]
    lengths = [row.positive.shape[1] for row in rows]
    return _Text(
        positive=[row.positive for row in rows],
        negative=[row.negative for row in rows],
        groups=[[i for i, n in enumerate(lengths) if n == length] for length in set(lengths)],
        notes=tuple(row.notes[0] for row in rows),
    )


@torch.no_grad()
def _first_latents(run: _Run, generators: Sequence[torch.Generator]) -> Latents:
    """Return pure noise, or the pictures to start from under as much noise as strength asks."""
    model, batch, schedule = run.model, run.batch, run.schedule
    cells = (run.size[1] // model.factor, run.size[0] // model.factor)
    shape = (1, model.latent_channels, *cells)
    noise = torch.cat([torch.randn(shape, generator=g) for g in generators]).to(model.device)
    if batch[0].start is None:
        return noise * schedule.init_noise_sigma * model.temperature
    clean = torch.cat([_encoded(run, recipe) for recipe in batch])
    return schedule.noised(clean, noise)


def _encoded(run: _Run, recipe: Recipe) -> Latents:
    assert recipe.start is not None
    planes = planes_from_start(recipe.start, *run.size, run.model.layout)
    batch = torch.from_numpy(planes)[None].to(run.model.device)
    with run.plan.on_device(run.model.vae, run.model.device):
        return encode_planes(run.model.vae, batch).float()


@torch.no_grad()
def _predicted(
    run: _Run,
    latents: Latents,
    t: torch.Tensor,
    text: _Text,
    guidance: torch.Tensor,
) -> torch.Tensor:
    """Return the guided prediction, eps_u + g (eps_c - eps_u) (arXiv 2207.12598, eq. 6).

    Prompts of different length in tokens go through the network apart, so that no picture
    depends on its neighbours in the batch.
    """
    scaled = run.schedule.scale(latents, t).to(run.model.dtype)
    predicted = torch.empty_like(latents)
    for rows in text.groups:
        scale = guidance[rows]
        conditions = [text.positive[row] for row in rows]
        guided = bool((scale > 1).any())
        if guided:
            conditions = [text.negative[row] for row in rows] + conditions
        inputs = scaled[rows].repeat(2 if guided else 1, 1, 1, 1)
        with run.plan.on_device(run.model.unet, run.model.device):
            output = run.model.unet(
                inputs, t, encoder_hidden_states=torch.cat(conditions), return_dict=False
            )[0].float()
        if guided:
            without, with_prompt = output.chunk(2)
            # At 1 and below guidance is off: the prompt's own prediction.
            output = torch.where(scale > 1, without + scale * (with_prompt - without), with_prompt)
        predicted[rows] = output
    return predicted


@torch.no_grad()
def _previews(run: _Run, step: Step, clean: Latents) -> Generator[Preview]:
    for image in range(len(run.batch)):
        with run.plan.on_device(run.model.vae, run.model.device):
            planes = preview_planes(run.model.vae, clean[image : image + 1])[0]
        color, depth = _picture(run.model, planes.cpu().numpy())
        yield Preview(step.index, step.total, image, _rounded(color), depth)


@torch.no_grad()
def _decoded(run: _Run, latents: Latents) -> torch.Tensor:
    with run.plan.on_device(run.model.vae, run.model.device):
        return decode_latents(
            run.model.vae, latents, tile=run.plan.tile, wrap=run.batch[0].seamless, blend=True
        )


def _enlarged(
    run: _Run, planes: torch.Tensor, image: int, previews: Callable[[Step], bool] | None
) -> Generator[Preview, None, NDArray[np.float32]]:
    """Double (1, 3 + d, h, w) planes as often as the size wants; return (3 + d, H, W)."""
    model, last = run.model, _step(run.schedule, len(run.schedule.timesteps))
    for _ in range(run.passes):
        if previews is not None and previews(last):
            color, depth = _picture(model, planes[0].cpu().numpy())
            yield Preview(last.index, last.total, image, _rounded(color), depth)
        with run.plan.on_device(model.upsampler, model.device):
            planes = model.upsampler.enlarge(planes)
    values: NDArray[np.float32] = planes[0].cpu().numpy()
    return values


def _picture(
    model: Model, planes: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return colour (H, W, 3) and depth (H, W), both in [0, 1], from decoded planes."""
    color = np.ascontiguousarray(planes[:3].transpose(1, 2, 0))
    return color, depth_from_planes(planes[3:], model.layout)


def _rounded(color: NDArray[np.float32]) -> NDArray[np.uint8]:
    return (color * 255 + 0.5).astype(np.uint8)


def _result(
    model: Model,
    recipe: Recipe,
    planes: NDArray[np.float32],
    plan: MemoryPlan,
    notes: tuple[str, ...],
) -> Result:
    color, depth = _picture(model, planes)
    if recipe.seamless and recipe.width == 2 * recipe.height:
        color, depth = treat_poles(color, depth)
    rounded = _rounded(color)
    return Result(
        color=rounded,
        depth=depth,
        recipe=replace(recipe, made_with=_made_with(model, recipe, plan)),
        seam=measure_seam(rounded, depth),
        near_m=model.near_m,
        far_m=model.far_m,
        notes=notes,
    )


def _made_with(model: Model, recipe: Recipe, plan: MemoryPlan) -> dict[str, Any]:
    """Return what decides the bits besides the recipe."""
    import diffusers
    import transformers

    passes = model.passes(recipe.width, recipe.height)
    sampled = {"width": recipe.width >> passes, "height": recipe.height >> passes}
    files = [lora.path for lora in recipe.loras]
    if recipe.start is not None:
        files += [path for path in (recipe.start.color, recipe.start.depth) if path]
    return {
        "model": model.id,
        "fingerprint": model.fingerprint,
        "layout": str(model.layout),
        "dtype": str(model.dtype).removeprefix("torch."),
        "device": model.device.type,
        "threads": torch.get_num_threads(),
        "machine": platform.machine(),
        "attention": attention_kind(model.unet),
        "tile": plan.tile,
        **({"sampled": sampled, "doubled": passes} if passes else {}),
        **({"temperature": model.temperature} if model.temperature != 1 else {}),
        "versions": {
            "torch": torch.__version__,
            "diffusers": diffusers.__version__,
            "transformers": transformers.__version__,
        },
        "files": {path: digest(path) for path in files},
    }


def _described(batch: Sequence[Recipe]) -> str:
    many = f"{len(batch)} pictures" if len(batch) > 1 else "a picture"
    return f"{many} of {batch[0].width}x{batch[0].height}"


def _check_batch(batch: Sequence[Recipe], model: Model) -> None:
    if not batch:
        raise RequestError("want at least one recipe, got none")
    for name in ("width", "height", "steps", "scheduler", "seamless", "loras"):
        values = {getattr(recipe, name) for recipe in batch}
        if len(values) > 1:
            listed = ", ".join(sorted(map(str, values)))
            raise RequestError(f"want one {name} for the whole batch, got {listed}")
    if len({recipe.start and recipe.start.strength for recipe in batch}) > 1:
        raise RequestError("want one starting strength for the whole batch, or none")
    cell, first = model.cell_px, batch[0]
    if first.width % cell or first.height % cell:
        raise RequestError(
            f"want width and height as multiples of {cell} for this model, got "
            f"{first.width}x{first.height}"
        )
