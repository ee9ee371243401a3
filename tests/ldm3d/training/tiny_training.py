"""A set of tiny panoramas and an autoencoder small enough to train in a test."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import torch

from ldm3d.data.world_set import Facts, SetInfo, begin_set, write_shard
from ldm3d.training.losses import LossWeights
from ldm3d.training.machine import Machine
from ldm3d.training.perceptual import SHAPES
from ldm3d.training.presets import AutoencoderPreset
from ldm3d.training.run import RunOptions

WIDTH, HEIGHT = 64, 32

TINY = AutoencoderPreset(
    name="tiny", channels=(8, 16), latent_channels=4, patch=4, curve="root", block_px=8,
    linear_reach=1, groups=4, batch=2, steps=12, warmup=2, rows_px=16, lr=2e-3,
)  # fmt: skip

TINY_ADVERSARIAL = dataclasses.replace(
    TINY,
    weights=LossWeights(adversarial=0.5),
    adversarial_from=2,
    judge_width=8,
    judge_layers=1,
    muon=True,
)


def tiny_set(folder: Path, count: int = 24) -> Path:
    """Write a set of hills under a sky, each of its own colors, that wraps."""
    begin_set(folder, SetInfo(WIDTH, HEIGHT, 0.6, math.inf))
    random = np.random.default_rng(0)
    yaw = np.linspace(0, 2 * np.pi, WIDTH, endpoint=False)
    row = (np.arange(HEIGHT) + 0.5)[:, None] / HEIGHT
    color = np.zeros((count, HEIGHT, WIDTH, 3), np.uint8)
    depth = np.zeros((count, HEIGHT, WIDTH), np.uint16)
    for number in range(count):
        skyline = 0.5 + 0.1 * np.sin(yaw * (1 + number % 3) + random.uniform(0, 6))
        ground = row > skyline
        colors = random.integers(40, 220, (2, 3))
        color[number] = np.where(ground[..., None], colors[0], colors[1])
        depth[number] = np.where(ground, np.clip((row - 0.4) * 1.2, 0, 1) * 65535, 0)
    facts = [Facts(("hills",), "hills", number) for number in range(count)]
    write_shard(folder, 0, color, depth, facts)
    return folder


def machine() -> Machine:
    return Machine("cpu", "float32")


def options(folder: Path, steps: int = 12, **changes: object) -> RunOptions:
    values = {"save_minutes": 60.0, "log_every": 1, **changes}
    return RunOptions(folder=folder, steps=steps, **values)  # type: ignore[arg-type]


def random_vgg(folder: Path) -> Path:
    """Write VGG16's convolutions with random weights, among others."""
    torch.manual_seed(0)
    weights = {}
    for number, shape in enumerate(SHAPES):
        weights[f"features.{number}.weight"] = torch.randn(shape) / (shape[1] * 9) ** 0.5
        weights[f"features.{number}.bias"] = torch.zeros(shape[0])
    torch.save(weights | {"classifier.weight": torch.zeros(3, 3)}, folder / "vgg16.pth")
    return folder / "vgg16.pth"
