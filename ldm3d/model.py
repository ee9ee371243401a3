"""One loaded LDM3D: its networks, what its depth channels mean, what it recommends."""

from __future__ import annotations

import contextlib
import math
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
    temperature: float = 1.0
    """Deviation of the noise that pictures begin with: below 1 they are calmer and less varied, as
    a model that has not learned enough may advise (for flows: arXiv 1807.03039, section 5)."""
    native: tuple[int, int] | None = None
    """Width and height in pixels that the networks were taught, where the model tells."""
    upsampler: Any = None
    """ldm3d.upsampler.Upsampler: planes -> planes of twice the size; None: the model has none."""

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

    @property
    def cell_px(self) -> int:
        """Pixels that width and height of what is sampled must be a multiple of.

        Every level of the UNet halves the latents, and must be able to double them again.
        """
        return int(self.factor * 2 ** (len(self.unet.config.block_out_channels) - 1))

    def passes(self, width: int, height: int) -> int:
        """Return how often a picture of this size is doubled by the upsampler after sampling.

        As often as brings what is sampled nearest to the native size (in ratio; halves up), but
        not so often that it is no whole number of cells. 0 without an upsampler.
        """
        if self.upsampler is None or self.native is None:
            return 0
        larger = math.sqrt(width * height / math.prod(self.native))
        wanted = max(0, math.floor(math.log2(larger) + 0.5))
        for count in range(wanted, 0, -1):
            step = self.cell_px * 2**count
            if width % step == 0 and height % step == 0:
                return count
        return 0

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
