"""Tiny depth networks with random weights, saved as real folders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

KINDS = ("dpt", "depth_anything", "zoedepth")
SIDE_PX = {"dpt": 64, "depth_anything": 56, "zoedepth": 64}


def tiny_network(kind: str, folder: Path) -> Path:
    """Build a network of a kind and save it with its preprocessor's settings."""
    import torch
    import transformers.utils.logging as log

    torch.manual_seed(3)
    network = {"dpt": _dpt, "depth_anything": _depth_anything, "zoedepth": _zoedepth}[kind]()
    with torch.no_grad():  # random weights as they are give nearly the same value everywhere
        for parameter in network.parameters():
            if parameter.ndim > 1:
                parameter.mul_(4)
        for name, parameter in network.named_parameters():
            if name == "head.conv3.bias" or (kind == "dpt" and name.endswith("head.4.bias")):
                parameter.fill_(1.0)  # the ReLU after it passes something
    shown = log.is_progress_bar_enabled()
    log.disable_progress_bar()
    network.save_pretrained(folder)
    if shown:
        log.enable_progress_bar()
    side = SIDE_PX[kind]
    settings: dict[str, Any] = {"size": {"height": side, "width": side}}
    if kind != "dpt":
        settings |= {"keep_aspect_ratio": True}
        settings |= {"ensure_multiple_of": 14 if kind == "depth_anything" else 32}
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    return folder


def _dpt() -> Any:
    from transformers import DPTConfig, DPTForDepthEstimation

    config = DPTConfig(
        hidden_size=32, num_hidden_layers=4, num_attention_heads=2, intermediate_size=64,
        image_size=64, patch_size=16, backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[8, 8, 16, 16], fusion_hidden_size=16, is_hybrid=False,
    )  # fmt: skip
    return DPTForDepthEstimation(config)


def _depth_anything() -> Any:
    from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation, Dinov2Config

    backbone = Dinov2Config(
        hidden_size=32, num_hidden_layers=4, num_attention_heads=2, image_size=56, patch_size=14,
        out_indices=[1, 2, 3, 4], apply_layernorm=True, reshape_hidden_states=False,
    )  # fmt: skip
    config = DepthAnythingConfig(
        backbone_config=backbone, reassemble_hidden_size=32, neck_hidden_sizes=[8, 8, 16, 16],
        fusion_hidden_size=16, head_hidden_size=8,
    )  # fmt: skip
    return DepthAnythingForDepthEstimation(config)


def _zoedepth() -> Any:
    from transformers import BeitConfig, ZoeDepthConfig, ZoeDepthForDepthEstimation

    backbone = BeitConfig(
        hidden_size=32, num_hidden_layers=4, num_attention_heads=2, intermediate_size=64,
        image_size=64, patch_size=16, use_relative_position_bias=True,
        reshape_hidden_states=False, out_indices=[1, 2, 3, 4],
    )  # fmt: skip
    bins = {"name": "nyu", "n_bins": 8, "min_depth": 1e-3, "max_depth": 10.0}
    config = ZoeDepthConfig(
        backbone_config=backbone, neck_hidden_sizes=[8, 8, 16, 16], fusion_hidden_size=16,
        bottleneck_features=16, bin_embedding_dim=16, num_attractors=[4, 2, 2, 1],
        num_relative_features=8, bin_configurations=[bins],
    )  # fmt: skip
    return ZoeDepthForDepthEstimation(config)
