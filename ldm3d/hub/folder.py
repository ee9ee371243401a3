"""What a model's folder has to hold; the weights themselves are read elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

INDEX_NAME = "model_index.json"
WEIGHTS = {
    "unet": "diffusion_pytorch_model",
    "vae": "diffusion_pytorch_model",
    "text_encoder": "model",
}
"""Component with weights -> stem of its weight file (diffusers' and transformers' names)."""
OPTIONAL = {"upsampler": "diffusion_pytorch_model"}
"""Component that a model may have besides -> stem of its weight file."""
OLD_STEMS = {"text_encoder": "pytorch_model"}
"""Component -> stem of its `.bin` file, where that is another one."""
CONFIGS = {
    "unet": "config.json",
    "vae": "config.json",
    "text_encoder": "config.json",
    "scheduler": "scheduler_config.json",
}
NETWORK_CONFIG = "config.json"
"""At the root of a single network of transformers, such as one that estimates depth."""
NETWORK_STEM = "model"
NETWORK_OLD_STEM = "pytorch_model"
MAX_JSON_BYTES = 16 * 2**20
"""A larger index is no index (the largest known one has 60 kB)."""


def missing_parts(folder: Path) -> list[str]:
    """Return what is missing in a model's folder, as relative names with `/`; empty: complete.

    Only names and indices are looked at: whether the numbers are right is `verify`'s and the
    loader's to find out.
    """
    if not (folder / INDEX_NAME).is_file():
        if (folder / NETWORK_CONFIG).is_file():
            return _missing(folder, "", NETWORK_STEM, NETWORK_OLD_STEM)
        return [INDEX_NAME]
    missing = [
        f"{part}/{name}" for part, name in CONFIGS.items() if not (folder / part / name).is_file()
    ]
    for part, stem in WEIGHTS.items():
        missing += _missing(folder / part, f"{part}/", stem, OLD_STEMS.get(part, stem))
    for part, stem in OPTIONAL.items():
        if (folder / part).is_dir():
            missing += _missing(folder / part, f"{part}/", stem, stem)
    if not any((folder / "tokenizer").glob("*.json")):
        missing.append("tokenizer/vocab.json")
    return missing


def _missing(folder: Path, prefix: str, stem: str, old_stem: str) -> list[str]:
    wholes = [f"{stem}.safetensors", f"{stem}.fp16.safetensors", f"{old_stem}.bin"]
    if any((folder / name).is_file() for name in wholes):
        return []
    index = folder / f"{stem}.safetensors.index.json"
    if index.is_file():
        return [f"{prefix}{s}" for s in shards(index) if not (folder / s).is_file()]
    return [f"{prefix}{wholes[0]}"]


def shards(index: Path) -> list[str]:
    """Return the file names a sharded weight's index names; an unreadable one names itself."""
    values = read_json(index)
    weight_map = values.get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        return [index.name + " (unreadable)"]
    return sorted({str(name) for name in weight_map.values()})


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file; empty if it cannot be read or is something else."""
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            return {}
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}
