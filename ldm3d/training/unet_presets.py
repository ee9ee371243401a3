"""What `train unet` does unless told otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ldm3d.errors import RequestError
from ldm3d.training.denoiser import STARTER_TEXT, STARTER_UNET
from ldm3d.training.diffusion_loss import Diffusion
from ldm3d.training.text import Reading
from ldm3d.training.text_teacher import Lessons


@dataclass(frozen=True)
class UnetPreset:
    """The choices of one training of the UNet."""

    diffusion: Diffusion = field(default_factory=Diffusion)
    reading: Reading = field(default_factory=Reading)
    unet: Mapping[str, Any] | None = None
    """Configuration of a new UNet; None: the one of `--start` goes on learning."""
    text: Mapping[str, Any] | None = None
    """Configuration of a new text encoder; None: that of `--start`. Frozen either way."""
    lessons: Lessons | None = None
    """By which a new text encoder is taught before the first step."""
    vocabulary: int = 4096
    optimizer: str = "adamw"
    """ "adamw", "adam" (no weight decay), or "muon"."""
    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.01
    batch: int = 32
    steps: int | None = None
    epochs: int | None = None
    """Counted in samples, one version of a picture each; one of steps and epochs is given."""
    warmup: int = 100
    decay_from: float = 0.7
    max_norm: float | None = 1.0
    ema: float | None = 0.9995
    phases: int = 2
    mirror: bool = True
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """What the finished model recommends to those who sample it."""


PRESETS: Mapping[str, UnetPreset] = {
    "starter": UnetPreset(
        diffusion=Diffusion(floor=1.0, channel_power=0.5),
        unet=STARTER_UNET,
        text=STARTER_TEXT,
        lessons=Lessons(),
        batch=16,
        phases=4,
        steps=60_000,
        defaults={"steps": 18, "guidance": 3.0, "scheduler": "dpm++2m-karras"},
    ),
    # arXiv 2305.10853, section 3: Adam, rate 1e-5, batches of 32, 178 epochs, the loss of the
    # noise, times drawn uniformly. Not said there, chosen as Stable Diffusion has them: the share
    # of captions left out, and the average of the weights.
    "paper": UnetPreset(
        diffusion=Diffusion("epsilon", zero_snr=False, times="uniform", gamma=None),
        reading=Reading(dropout=0.1, stray=0.0),
        optimizer="adam",
        lr=1e-5,
        betas=(0.9, 0.999),
        weight_decay=0.0,
        batch=32,
        epochs=178,
        warmup=0,
        decay_from=1.0,
        max_norm=None,
        ema=0.9999,
        phases=1,
        mirror=False,
        defaults={"steps": 50, "guidance": 5.0, "scheduler": "ddim"},
    ),
}


def preset_named(name: str) -> UnetPreset:
    """Return a preset.

    Raises:
        RequestError: if there is none of that name.
    """
    if name not in PRESETS:
        raise RequestError(f"want a preset of {', '.join(PRESETS)}, got {name!r}")
    return PRESETS[name]
