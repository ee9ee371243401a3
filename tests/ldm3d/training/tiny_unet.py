"""A set of tiny worlds with captions, and a UNet and text encoder that train in a second."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np

from ldm3d.data.world_set import Facts, SetInfo, begin_set, write_shard
from ldm3d.training.text_teacher import Lessons
from ldm3d.training.unet_presets import PRESETS, UnetPreset

WIDTH, HEIGHT = 128, 64
PLACES = ("forest", "lake", "desert", "city")

TINY_UNET = dataclasses.replace(
    PRESETS["starter"],
    unet={
        "sample_size": [8, 16], "layers_per_block": 1, "block_out_channels": (8, 16),
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
        "attention_head_dim": 2, "norm_num_groups": 4, "cross_attention_dim": 16,
    },
    text={
        "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1,
        "num_attention_heads": 2, "max_position_embeddings": 16,
    },
    vocabulary=600, batch=4, steps=8, warmup=2, lr=3e-3,
    lessons=Lessons(steps=4, batch=4, warmup=1),
)  # fmt: skip
"""The starter's training with networks of 20,000 parameters."""


def write_worlds(
    folder: Path, shard: int, count: int = 8, size: tuple[int, int] = (WIDTH, HEIGHT)
) -> None:
    """Add a shard of places, each with its own color and hills that wrap."""
    width, height = size
    random = np.random.default_rng(shard)
    yaw = np.linspace(0, 2 * np.pi, width, endpoint=False)
    row = (np.arange(height) + 0.5)[:, None] / height
    color = np.zeros((count, height, width, 3), np.uint8)
    depth = np.zeros((count, height, width), np.uint16)
    facts = []
    for number in range(count):
        place = number % len(PLACES)
        ground = row > 0.5 + 0.1 * np.sin(yaw * 2 + random.uniform(0, 6))
        tint = np.array([60 * place + 20, 200 - 40 * place, 90 + 10 * number], np.uint8)
        color[number] = np.where(ground[..., None], tint, 230 - tint // 2)
        depth[number] = np.where(ground, np.clip((row - 0.4) * 1.2, 0, 1) * 65535, 0)
        captions = (f"a {PLACES[place]} at dawn", f"{PLACES[place]}, quiet morning")
        facts.append(Facts(captions, PLACES[place], shard * 100 + number))
    write_shard(folder, shard, color, depth, facts)


def tiny_worlds(folder: Path, shards: int = 2, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Path:
    """Write a set."""
    begin_set(folder, SetInfo(*size, 0.6, math.inf))
    for shard in range(shards):
        write_worlds(folder, shard, size=size)
    return folder


def preset_with(**changes: object) -> UnetPreset:
    return dataclasses.replace(TINY_UNET, **changes)  # type: ignore[arg-type]
