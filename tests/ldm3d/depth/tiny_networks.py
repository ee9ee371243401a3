"""Tiny depth networks with random weights, saved as real folders."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

KINDS = ("dpt", "dpt_beit", "depth_anything", "prompt_depth_anything", "zoedepth", "glpn")
SIDE_PX = dict.fromkeys(KINDS, 64) | {"depth_anything": 56, "prompt_depth_anything": 56}
_MULTIPLE_PX = dict.fromkeys(KINDS, 32) | {"depth_anything": 14, "prompt_depth_anything": 14}


def tiny_network(kind: str, folder: Path) -> Path:
    """Build a network of a kind and save it with its preprocessor's settings."""
    import torch
    import transformers.utils.logging as log

    torch.manual_seed(3)
    network = _BUILDERS[kind]()
    with torch.no_grad():  # random weights as they are give nearly the same value everywhere
        for parameter in network.parameters():
            if parameter.ndim > 1:
                parameter.mul_(4)
        for name, parameter in network.named_parameters():
            if name in {"head.conv3.bias", "head.head.4.bias"}:
                parameter.fill_(1.0)  # the ReLU after it passes something
    shown = log.is_progress_bar_enabled()
    log.disable_progress_bar()
    network.save_pretrained(folder)
    if shown:
        log.enable_progress_bar()
    side = SIDE_PX[kind]
    settings: dict[str, Any] = {"size": {"height": side, "width": side}}
    if kind != "dpt":
        settings |= {"keep_aspect_ratio": kind != "glpn"}
        settings |= {"ensure_multiple_of": _MULTIPLE_PX[kind]}
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


def _dpt_beit() -> Any:
    from transformers import DPTConfig, DPTForDepthEstimation

    config = DPTConfig(
        backbone_config=_beit(), hidden_size=32, neck_hidden_sizes=[8, 8, 16, 16],
        fusion_hidden_size=16, add_projection=False,
    )  # fmt: skip
    return DPTForDepthEstimation(config)


_HEADS = {
    "reassemble_hidden_size": 32, "neck_hidden_sizes": [8, 8, 16, 16],
    "fusion_hidden_size": 16, "head_hidden_size": 8,
}  # fmt: skip


def _depth_anything() -> Any:
    from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation

    return DepthAnythingForDepthEstimation(DepthAnythingConfig(backbone_config=_dinov2(), **_HEADS))


def _prompt_depth_anything() -> Any:
    from transformers import PromptDepthAnythingConfig, PromptDepthAnythingForDepthEstimation

    config = PromptDepthAnythingConfig(backbone_config=_dinov2(), **_HEADS)
    return PromptDepthAnythingForDepthEstimation(config)


def _dinov2() -> Any:
    from transformers import Dinov2Config

    return Dinov2Config(
        hidden_size=32, num_hidden_layers=4, num_attention_heads=2, image_size=56, patch_size=14,
        out_indices=[1, 2, 3, 4], apply_layernorm=True, reshape_hidden_states=False,
    )  # fmt: skip


def _beit() -> Any:
    from transformers import BeitConfig

    return BeitConfig(
        hidden_size=32, num_hidden_layers=4, num_attention_heads=2, intermediate_size=64,
        image_size=64, patch_size=16, use_relative_position_bias=True,
        reshape_hidden_states=False, out_indices=[1, 2, 3, 4],
    )  # fmt: skip


def _glpn() -> Any:
    from transformers import GLPNConfig, GLPNForDepthEstimation

    config = GLPNConfig(
        num_encoder_blocks=4, depths=[1, 1, 1, 1], hidden_sizes=[8, 8, 16, 16],
        num_attention_heads=[1, 1, 2, 2], decoder_hidden_size=8, max_depth=10,
    )  # fmt: skip
    return GLPNForDepthEstimation(config)


def _zoedepth() -> Any:
    from transformers import ZoeDepthConfig, ZoeDepthForDepthEstimation

    bins = {"name": "nyu", "n_bins": 8, "min_depth": 1e-3, "max_depth": 10.0}
    config = ZoeDepthConfig(
        backbone_config=_beit(), neck_hidden_sizes=[8, 8, 16, 16], fusion_hidden_size=16,
        bottleneck_features=16, bin_embedding_dim=16, num_attractors=[4, 2, 2, 1],
        num_relative_features=8, bin_configurations=[bins],
    )  # fmt: skip
    return ZoeDepthForDepthEstimation(config)


_BUILDERS: dict[str, Callable[[], Any]] = {
    "dpt": _dpt,
    "dpt_beit": _dpt_beit,
    "depth_anything": _depth_anything,
    "prompt_depth_anything": _prompt_depth_anything,
    "zoedepth": _zoedepth,
    "glpn": _glpn,
}
