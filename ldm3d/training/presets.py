"""What is trained, and how: the paper's autoencoder, and the small one that ships."""

from __future__ import annotations

from dataclasses import dataclass, field

from ldm3d.training.losses import LossWeights


@dataclass(frozen=True)
class AutoencoderPreset:
    """Shape and schedule of an autoencoder's training."""

    name: str
    channels: tuple[int, ...]
    """Of the levels, widest picture first; the factor is patch * 2^(levels - 1)."""
    latent_channels: int
    patch: int = 1
    """Pixels folded into channels before the first convolution."""
    curve: str = "linear"
    """How depth is given to the network; see `BlockAutoencoder`."""
    block_px: int | None = None
    """Side of the linear codec's blocks beside the network, the factor; None: without one."""
    linear_encoder: bool = False
    """Whether the linear codec alone makes the latents, so that they are final at once."""
    linear_reach: int = 0
    """Cells around a block that the linear decoder sees too; 1: also those that touch it."""
    depth_weight: float = 1.0
    """How much an error of depth counts in the linear codec beside one of a color."""
    latent_noise: float = 0.0
    """Most noise that the decoder's latents get, in deviations of all latents; each picture draws
    its share, mostly little. What a denoiser leaves is never as clean as what the encoder made."""
    linear_rate: float = 0.1
    """The linear codec's learning rate as a share of the network's."""
    layers: int = 1
    groups: int = 16
    mid_attention: bool = False
    starts_from_sd: bool = False
    """Whether Stable Diffusion's autoencoder is widened instead of starting anew."""
    decorrelate: bool = True
    """Whether the exported latents are turned to uncorrelated ones of variance 1 on average."""
    lr: float = 1e-3
    muon: bool = False
    """Whether kernels are stepped by Muon instead of AdamW."""
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.0
    batch: int = 8
    steps: int | None = None
    epochs: int | None = None
    warmup: int = 100
    decay_from: float = 0.6
    max_norm: float | None = 1.0
    ema: float = 0.999
    rows_px: int | None = 128
    """Height of the cuts, which are as wide as the picture; None: whole pictures."""
    weights: LossWeights = field(default_factory=LossWeights)
    adversarial_from: int = 0
    """Step from which the discriminator has a say."""
    judge_width: int = 64
    judge_layers: int = 3

    @property
    def factor(self) -> int:
        """Pixels a side of one latent cell."""
        return int(self.patch * 2 ** (len(self.channels) - 1))


STARTER = AutoencoderPreset(
    name="starter",
    channels=(64, 128, 192),
    latent_channels=64,
    patch=4,
    curve="root",
    block_px=16,
    linear_encoder=True,
    linear_reach=1,
    depth_weight=2.0,
    latent_noise=0.5,
    decorrelate=False,
    muon=True,
    lr=1.5e-3,
    steps=40_000,
    weights=LossWeights(color_square=5.0, log_depth=0.3, relative_depth=0.5, kl=0.0),
)

PAPER = AutoencoderPreset(
    name="paper",
    channels=(128, 256, 512, 512),
    latent_channels=4,
    layers=2,
    groups=32,
    mid_attention=True,
    starts_from_sd=True,
    decorrelate=False,
    lr=1e-5,
    betas=(0.9, 0.999),
    epochs=83,
    warmup=1,
    decay_from=1.0,
    max_norm=None,
    rows_px=None,
    weights=LossWeights(log_depth=0.0, edges=0.0, kl=1.6e-8, perceptual=1.0, adversarial=0.5),
)
"""arXiv 2305.10853, section 3: Adam, rate 1e-5, batch 8, 83 epochs; perceptual, patch-adversarial
and KL losses for color and depth alike. The weights are latent diffusion's (arXiv 2112.10752):
1e-6 of the summed KL is 1.6e-8 of its mean here."""

PRESETS = {preset.name: preset for preset in (STARTER, PAPER)}
