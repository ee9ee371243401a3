"""Tiny models with random weights in real folders: what every test of generation runs on.

`tiny_model(folder, layout="4-channel")` writes the standard layout (`model_index.json`, `unet/`,
`vae/`, `text_encoder/`, `tokenizer/`, `scheduler/`), as `save_pretrained` of the libraries does it:
no part of it is a stand-in, only small. About 0.3 M parameters, 0.1 s a step at 256x128.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DDIM = {
    "_class_name": "DDIMScheduler",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "num_train_timesteps": 1000,
    "steps_offset": 1,
    "set_alpha_to_one": False,
    "clip_sample": False,
    "prediction_type": "epsilon",
}
"""The scheduler configuration of the published panorama checkpoint."""

CHANNELS = {"6-channel": 6, "4-channel": 4, "color-only": 3}


def tiny_model(
    folder: Path,
    layout: str = "4-channel",
    *,
    seed: int = 0,
    scheduler: dict[str, Any] | None = None,
    max_tokens: int = 77,
    info: dict[str, Any] | None = None,
    native: tuple[int, int] | None = None,
    **unet_changes: Any,
) -> Path:
    """Write one model and return its folder.

    Args:
        folder: made if absent.
        layout: "6-channel", "4-channel", or "color-only" (a plain Stable Diffusion: refused).
        seed: of the random weights.
        scheduler: changes to the scheduler's configuration.
        max_tokens: what the text encoder reads at once.
        info: written as `ldm3d.json`, as our own models carry it (defaults, near and far).
        native: size that an upsampler, which then is there too, begins with.
        **unet_changes: changes to the UNet's configuration.
    """
    import torch
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel
    from transformers.utils import logging

    logging.disable_progress_bar()  # its bars leave a thread behind
    folder.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        unet = UNet2DConditionModel(**{
            "sample_size": 64, "in_channels": 4, "out_channels": 4, "layers_per_block": 1,
            "block_out_channels": (32, 64), "norm_num_groups": 16, "attention_head_dim": 4,
            "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
            "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
            "cross_attention_dim": 32, **unet_changes,
        })  # fmt: skip
        vae = AutoencoderKL(
            in_channels=CHANNELS[layout], out_channels=CHANNELS[layout], latent_channels=4,
            block_out_channels=(8, 8, 16, 16), layers_per_block=1, norm_num_groups=4,
            down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
            sample_size=512,
        )  # fmt: skip
        text_encoder = CLIPTextModel(CLIPTextConfig(
            vocab_size=514, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
            num_attention_heads=4, max_position_embeddings=max_tokens,
            bos_token_id=512, eos_token_id=513, pad_token_id=513,
        ))  # fmt: skip
    unet.save_pretrained(folder / "unet")
    vae.save_pretrained(folder / "vae")
    text_encoder.save_pretrained(folder / "text_encoder")
    _byte_tokenizer(max_tokens).save_pretrained(folder / "tokenizer")
    _write(folder / "scheduler" / "scheduler_config.json", DDIM | (scheduler or {}))
    _write(folder / "model_index.json", {
        "_class_name": "StableDiffusionLDM3DPipeline",
        "scheduler": ["diffusers", "DDIMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    })  # fmt: skip
    if native is not None:
        tiny_upsampler(folder / "upsampler", CHANNELS[layout])
        info = {"native": {"width": native[0], "height": native[1]}, **(info or {})}
    if info is not None:
        _write(folder / "ldm3d.json", info)
    return folder


def tiny_upsampler(folder: Path, planes: int = 4) -> Path:
    """Write an upsampler that does a little more than to interpolate."""
    import torch

    from ldm3d.upsampler import Upsampler

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = Upsampler(channels=16, blocks=1, tail_channels=8, planes=planes)
        for values in network.parameters():
            if not values.any():
                torch.nn.init.normal_(values, std=0.03)
    network.save_pretrained(folder)
    return folder


def _byte_tokenizer(max_tokens: int) -> Any:
    """Return a CLIP tokenizer whose vocabulary is the 256 bytes, inside a word and at its end."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import CLIPTokenizer

    letters = sorted(ByteLevel.alphabet())
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {word: index for index, word in enumerate(words)}
    return CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=max_tokens)


def _write(path: Path, values: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values, indent=2), encoding="utf-8")
