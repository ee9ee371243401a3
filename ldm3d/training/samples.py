"""Pictures that show how far a training is: always of the same prompts and seeds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from ldm3d.data.world_set import Facts
from ldm3d.depth_codec import Layout
from ldm3d.events import Result
from ldm3d.model import Model
from ldm3d.training.export import ModelFacts, ModelParts

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

    Depth is drawn as its square root, for the far is small in it.
    """
    from PIL import Image

    from ldm3d.pipeline import generate

    model = sampled_model(parts, facts, device)
    modes = {network: network.training for network in (model.unet, model.vae, model.text_encoder)}
    for network in modes:
        network.eval()
    try:
        recipes = [
            model.recipe(prompt, seed=number, steps=STEPS) for number, prompt in enumerate(prompts)
        ]
        results = [event for event in generate(model, recipes) if isinstance(event, Result)]
    finally:
        for network, training in modes.items():
            network.train(training)
    columns = min(4, len(results))
    height = TILE_PX // 2
    rows = -(-len(results) // columns)
    sheet = Image.new("RGB", (columns * TILE_PX, rows * 2 * height))
    for number, result in enumerate(results):
        place = (number % columns * TILE_PX, number // columns * 2 * height)
        depth = (np.sqrt(result.depth) * 255).astype(np.uint8)
        sheet.paste(_small(Image.fromarray(result.color)), place)
        sheet.paste(_small(Image.fromarray(depth)).convert("RGB"), (place[0], place[1] + height))
    return sheet


def sampled_model(parts: ModelParts, facts: ModelFacts, device: torch.device) -> Model:
    """Return what `ldm3d.pipeline` runs, around networks that are in memory."""
    layout = Layout.FOUR if parts.vae.config.in_channels == 4 else Layout.SIX
    return Model(
        id="in training",
        folder=Path(),
        unet=parts.unet,
        vae=parts.vae,
        text_encoder=parts.text_encoder,
        tokenizer=parts.tokenizer,
        scheduler_config=parts.scheduler_config,
        layout=layout,
        device=device,
        dtype=torch.float32,
        fingerprint="",
        defaults=facts.defaults,
        near_m=facts.near_m,
        far_m=facts.far_m,
    )


def _small(picture: Image.Image) -> Image.Image:
    from PIL import Image as pillow  # noqa: N813

    return picture.resize((TILE_PX, TILE_PX // 2), pillow.Resampling.BOX)
