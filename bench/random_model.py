"""LDM3D's architecture in two sizes with random weights, built in seconds and without a download.

Time and memory do not depend on what the weights are, only on how many there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ldm3d.attention import choose_attention
from ldm3d.depth_codec import Layout
from ldm3d.device import prepare
from ldm3d.model import Model

UNETS: Mapping[str, Mapping[str, Any]] = {
    "full": {
        "block_out_channels": (320, 640, 1280, 1280), "layers_per_block": 2,
        "cross_attention_dim": 768, "in_channels": 4, "out_channels": 4,
        "down_block_types": ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
        "up_block_types": ("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
    },
    "small": {
        "block_out_channels": (64, 128, 192), "layers_per_block": 1,
        "cross_attention_dim": 256, "in_channels": 8, "out_channels": 8,
        "down_block_types": ("DownBlock2D",) + ("CrossAttnDownBlock2D",) * 2,
        "up_block_types": ("CrossAttnUpBlock2D",) * 2 + ("UpBlock2D",),
    },
}  # fmt: skip
VAES: Mapping[str, Mapping[str, Any]] = {
    "full": {
        "block_out_channels": (128, 256, 512, 512), "layers_per_block": 2, "latent_channels": 4,
    },
    "small": {
        "block_out_channels": (32, 64, 128, 128), "layers_per_block": 1, "latent_channels": 8,
        "mid_block_add_attention": False,
    },
}  # fmt: skip
TEXTS: Mapping[str, Mapping[str, Any]] = {
    "full": {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
             "num_attention_heads": 12, "vocab_size": 49408},
    "small": {"hidden_size": 256, "intermediate_size": 1024, "num_hidden_layers": 3,
              "num_attention_heads": 4, "vocab_size": 8192},
}  # fmt: skip
SCHEDULER: Mapping[str, Any] = {
    "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
    "num_train_timesteps": 1000, "steps_offset": 1, "set_alpha_to_one": False,
    "clip_sample": False, "prediction_type": "epsilon",
}  # fmt: skip
"""Of the published panorama checkpoint."""


def random_model(size: str, device: torch.device, dtype: torch.dtype, seed: int = 0) -> Model:
    """Return a model of `size` "full" (1.07 B parameters) or "small" (about 19 M)."""
    networks = networks_on_meta(size, dtype)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for network in networks:
            _fill(network.to_empty(device=device))
            prepare(network, device, dtype)
    unet, vae, text_encoder = networks
    choose_attention(unet, device)
    return Model(
        id=f"random weights, {size}", folder=Path(), unet=unet, vae=vae, text_encoder=text_encoder,
        tokenizer=_byte_tokenizer(TEXTS[size]["vocab_size"]), scheduler_config=SCHEDULER,
        layout=Layout.FOUR, device=device, dtype=dtype, fingerprint="random",
    )  # fmt: skip


def networks_on_meta(size: str, dtype: torch.dtype) -> tuple[Any, Any, Any]:
    """Return UNet, autoencoder and text encoder without storage: shapes only."""
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    vocabulary = TEXTS[size]["vocab_size"]
    config = CLIPTextConfig(
        **TEXTS[size], bos_token_id=vocabulary - 2, eos_token_id=vocabulary - 1,
        pad_token_id=vocabulary - 1,
    )  # fmt: skip
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device("meta"):
            unet = UNet2DConditionModel(sample_size=64, attention_head_dim=8, **UNETS[size])
            vae = AutoencoderKL(
                in_channels=4, out_channels=4, scaling_factor=0.18215,
                down_block_types=("DownEncoderBlock2D",) * 4,
                up_block_types=("UpDecoderBlock2D",) * 4, **VAES[size],
            )  # fmt: skip
            text_encoder = CLIPTextModel(config)
    finally:
        torch.set_default_dtype(before)
    return unet, vae, text_encoder


@torch.no_grad()
def _fill(network: torch.nn.Module) -> None:
    """Draw weights that keep activations near 1: neither overflow nor denormal numbers."""
    for name, parameter in network.named_parameters():
        if parameter.ndim > 1:
            bound = 1 / parameter[0].numel() ** 0.5
            parameter.uniform_(-bound, bound)
        else:
            parameter.fill_(1 if name.endswith("weight") else 0)
    for name, buffer in network.named_buffers():
        assert name.endswith("position_ids"), f"{name} would stay empty"
        buffer.copy_(torch.arange(buffer.shape[-1]))


def _byte_tokenizer(vocabulary: int) -> Any:
    """Return a CLIP tokenizer that knows single bytes; its marks end the vocabulary."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import CLIPTokenizer

    letters = sorted(ByteLevel.alphabet())
    words = [*letters, *(f"{letter}</w>" for letter in letters)]
    words += [f"<unused{index}>" for index in range(vocabulary - 2 - len(words))]
    words += ["<|startoftext|>", "<|endoftext|>"]
    numbers = {word: index for index, word in enumerate(words)}
    return CLIPTokenizer(vocab=numbers, merges=[], model_max_length=77)
