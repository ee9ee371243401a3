"""Pictures that show how far a training is: always of the same prompts and seeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from ldm3d.data.world_set import Facts
from ldm3d.events import Result
from ldm3d.model import Model
from ldm3d.training.export import ModelFacts, ModelParts
from ldm3d.training.frozen import FrozenAutoencoder

if TYPE_CHECKING:
    from PIL import Image

SHOWN = 8
STEPS = 14
TILE_PX = 384
"""Width of one picture on the sheet."""


def prompts_from(facts: Sequence[Facts], count: int = SHOWN) -> list[str]:
    """Return the first captions of pictures of families as different as possible."""
    families: dict[str, list[str]] = {}
    for fact in facts:
        if fact.captions:
            families.setdefault(fact.family, []).append(fact.captions[0])
    chosen: list[str] = []
    turn = 0
    while len(chosen) < count and any(len(texts) > turn for texts in families.values()):
        chosen += [texts[turn] for _, texts in sorted(families.items()) if len(texts) > turn]
        turn += 1
    return chosen[:count]


def sample_grid(
    parts: ModelParts, facts: ModelFacts, prompts: Sequence[str], device: torch.device
) -> Image.Image:
    """Return a sheet: for each prompt color and, below it, depth; four prompts a row.

    Denoised by the pipeline that people use, a prompt's number being its seed. Depth is drawn as
    its square root, for the far is small in it.
    """
    from PIL import Image

    pictures = list(sampled(parts, facts, prompts, device))
    columns = min(4, len(pictures))
    rows_px, columns_px = pictures[0][1].shape
    size = TILE_PX, round(TILE_PX * rows_px / columns_px)
    height = size[1]
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * TILE_PX, rows * 2 * height))
    for number, (color, depth) in enumerate(pictures):
        place = (number % columns * TILE_PX, number // columns * 2 * height)
        gray = (np.sqrt(depth) * 255).astype(np.uint8)
        for part, down in ((color, 0), (gray, height)):
            small = Image.fromarray(part).resize(size, Image.Resampling.BOX)
            sheet.paste(small.convert("RGB"), (place[0], place[1] + down))
    return sheet


def sampled(
    parts: ModelParts,
    facts: ModelFacts,
    prompts: Sequence[str],
    device: torch.device,
    **given: Any,
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float32]]]:
    """Yield (H, W, 3) color and (H, W) depth in [0, 1] for each prompt.

    Args:
        parts: networks in memory, in any mode; it comes back afterwards.
        facts: whose defaults count where nothing is given.
        prompts: the number of each is its seed.
        device: where the networks are.
        **given: fields of the recipe, such as `guidance`.
    """
    from ldm3d.pipeline import generate

    model = sampled_model(parts, facts, device)
    given.setdefault("steps", STEPS)
    recipes = [model.recipe(prompt, seed=number, **given) for number, prompt in enumerate(prompts)]
    with _evaluating(model.unet, model.text_encoder):
        for event in generate(model, recipes):
            if isinstance(event, Result):
                yield event.color, event.depth


def sampled_model(parts: ModelParts, facts: ModelFacts, device: torch.device) -> Model:
    """Return what `ldm3d.pipeline` runs, around networks that are in memory."""
    return Model(
        id="in training",
        folder=Path(),
        unet=parts.unet,
        vae=parts.vae,
        text_encoder=parts.text_encoder,
        tokenizer=parts.tokenizer,
        scheduler_config=parts.scheduler_config,
        layout=FrozenAutoencoder(parts.vae).layout,
        device=device,
        dtype=torch.float32,
        fingerprint="",
        defaults=facts.defaults,
        temperature=facts.temperature,
        near_m=facts.near_m,
        far_m=facts.far_m,
    )


@contextmanager
def _evaluating(*networks: torch.nn.Module) -> Iterator[None]:
    modes = [network.training for network in networks]
    for network in networks:
        network.eval()
    try:
        yield
    finally:
        for network, training in zip(networks, modes, strict=True):
            network.train(training)
