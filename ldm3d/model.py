"""One loaded LDM3D: its networks, what its depth channels mean, what it recommends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldm3d.depth_codec import Layout
from ldm3d.errors import RequestError
from ldm3d.recipe import DEFAULTS, Recipe

if TYPE_CHECKING:
    import torch


@dataclass(eq=False)
class Model:
    """The parts of one model folder, ready to run. Made by `ldm3d.load`.

    Not shared between threads: a run switches seamless convolutions and LoRA weights in place.
    """

    id: str
    """What it was asked for by: a hub id, a name or a folder."""
    folder: Path
    unet: Any
    """diffusers UNet2DConditionModel: (B, c, h, w) latents, time, (B, T, C) text -> latents."""
    vae: Any
    """diffusers AutoencoderKL over colour and depth: 3 + `layout.depth_channels` planes."""
    text_encoder: Any
    """transformers CLIPTextModel."""
    tokenizer: Any
    """transformers CLIPTokenizer."""
    scheduler_config: Mapping[str, Any]
    """Of diffusers: betas, prediction type, spacing; any scheduler is made from it."""
    layout: Layout
    device: torch.device
    dtype: torch.dtype
    """Of the networks; latents and schedulers stay in float32."""
    fingerprint: str
    """Of configurations and weights (see `ldm3d.model_folder.fingerprint`)."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """What the model recommends: steps, guidance, width, height, scheduler, negative_prompt."""
    near_m: float | None = None
    """Distance in metres of depth 1, for models taught with one fixed range."""
    far_m: float | None = None

    _running: bool = field(default=False, repr=False)

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Refuse a second run while one is going on: runs switch parts of the networks.

        Raises:
            RequestError: if another run is not finished or closed yet.
        """
        if self._running:
            raise RequestError(f"{self.id} is in use by another run: finish or close that first")
        self._running = True
        try:
            yield
        finally:
            self._running = False

    @property
    def factor(self) -> int:
        """Pixels per latent cell along one side: 8 for Stable Diffusion's autoencoder."""
        patch = self.vae.config.get("patch_size") or 1
        return int(patch * 2 ** (len(self.vae.config.block_out_channels) - 1))

    @property
    def latent_channels(self) -> int:
        """Channels of the latents."""
        return int(self.vae.config.latent_channels)

    def recipe(self, prompt: str, **given: Any) -> Recipe:
        """Return a full recipe: what is `given`, else the model's advice, else `ldm3d`'s.

        Args:
            prompt: what to make.
            **given: fields of `Recipe`; None counts as not given. `seamless` defaults to whether
                the picture is twice as wide as high.

        Raises:
            RequestError: if a field does not exist or a value is out of range.
        """
        known = {key: value for key, value in given.items() if value is not None}
        unknown = set(known) - set(Recipe.__dataclass_fields__)
        if unknown:
            raise RequestError(f"want fields of a recipe, got {', '.join(sorted(unknown))}")
        values = {**DEFAULTS, **self.defaults, **known}
        values.setdefault("seamless", values["width"] == 2 * values["height"])
        return Recipe(prompt=prompt, **values)
