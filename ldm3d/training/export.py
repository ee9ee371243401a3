"""Writes a trained model as a folder that `ldm3d.load` and diffusers read."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ldm3d.errors import Ldm3dError, ModelError
from ldm3d.model_folder import INFO_FILE, UPSAMPLER
from ldm3d.pretrained import quiet_libraries

MAX_FILE_MB = 16
"""Largest weight file; 16 MB are a little less than 16 MiB."""


@dataclass(frozen=True)
class ModelParts:
    """What a model consists of."""

    unet: Any
    vae: Any
    text_encoder: Any
    tokenizer: Any
    scheduler_config: Mapping[str, Any]
    upsampler: Any = None
    """None: the model makes no more than it samples."""


@dataclass(frozen=True)
class ModelFacts:
    """What `ldm3d.json` says beside the networks."""

    title: str = ""
    licence: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """steps, guidance, width, height, scheduler."""
    native: Mapping[str, int] = field(default_factory=dict)
    """width and height that the networks were taught."""
    near_m: float | None = None
    far_m: float | None = None
    temperature: float = 1.0
    """Of the noise that pictures begin with; see `ldm3d.model.Model`."""

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able values; infinity is null, as `ldm3d.model_folder` reads it."""
        finite = self.far_m is not None and math.isfinite(self.far_m)
        values = {
            "title": self.title,
            "licence": self.licence,
            "defaults": dict(self.defaults),
            "native": dict(self.native) or None,
            "temperature": self.temperature,
            "near_m": self.near_m,
            "far_m": self.far_m if finite else None,
        }
        return values


def write_model(
    folder: Path,
    parts: ModelParts,
    facts: ModelFacts,
    *,
    dtype: torch.dtype = torch.float16,
    max_file_mb: int = MAX_FILE_MB,
) -> Path:
    """Write a model in the standard layout.

    Args:
        folder: an existing, empty folder, or none yet.
        parts: the networks, with the weights that are to be written.
        facts: written as `ldm3d.json`.
        dtype: of the weights on disk.
        max_file_mb: larger networks are split into several files.

    Raises:
        ModelError: if a weight is not finite, or too large for `dtype`.
        Ldm3dError: if the folder cannot be written.
    """
    networks = {"unet": parts.unet, "vae": parts.vae, "text_encoder": parts.text_encoder}
    if parts.upsampler is not None:
        networks[UPSAMPLER] = parts.upsampler
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with quiet_libraries():
            for name, network in networks.items():
                narrow = _narrowed(network, dtype, name)
                narrow.save_pretrained(folder / name, max_shard_size=f"{max_file_mb}MB")
                _forget_origin(folder / name / "config.json")
            parts.tokenizer.save_pretrained(folder / "tokenizer")
        scheduler = dict(parts.scheduler_config)
        _write_json(folder / "scheduler" / "scheduler_config.json", scheduler)
        kind = str(scheduler.get("_class_name", "DDIMScheduler"))
        _write_json(folder / "model_index.json", _index(parts, kind))
        _write_json(folder / INFO_FILE, facts.to_dict())
    except OSError as error:
        raise Ldm3dError(f"cannot write {folder}: {error.strerror or error}") from error
    return folder


def model_bytes(folder: Path) -> int:
    """Return the size of all files of a model."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _narrowed(network: Any, dtype: torch.dtype, name: str) -> Any:
    """Return a copy of a network in `dtype`, on the CPU."""
    narrow = copy.deepcopy(network)
    # Not the override of diffusers, which warns of every cast.
    nn.Module.to(narrow, device="cpu", dtype=dtype)
    broken = [key for key, value in narrow.state_dict().items() if not _is_finite(value)]
    if broken:
        raise ModelError(
            f"want finite weights in {str(dtype).removeprefix('torch.')}, {name} has others "
            f"({len(broken)}, the first is {broken[0]}): train on from an earlier checkpoint"
        )
    return narrow


def _forget_origin(config: Path) -> None:
    """Take out where a part was loaded from: a path of the machine it was trained on."""
    values = json.loads(config.read_text(encoding="utf-8"))
    if values.pop("_name_or_path", None) is not None:
        _write_json(config, values)


def _is_finite(value: torch.Tensor) -> bool:
    return not value.is_floating_point() or bool(torch.isfinite(value).all())


def _index(parts: ModelParts, scheduler: str) -> dict[str, Any]:
    vae = type(parts.vae)
    return {
        "_class_name": "StableDiffusionLDM3DPipeline",
        "scheduler": ["diffusers", scheduler],
        "text_encoder": ["transformers", type(parts.text_encoder).__name__],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", type(parts.unet).__name__],
        "vae": [vae.__module__.split(".", maxsplit=1)[0], vae.__name__],
    }


def _write_json(path: Path, values: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(dict(values), indent=2) + "\n", encoding="utf-8")
