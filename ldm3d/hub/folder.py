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
OLD_STEMS = {"text_encoder": "pytorch_model"}
"""Component -> stem of its `.bin` file, where that is another one."""
CONFIGS = {
    "unet": "config.json",
    "vae": "config.json",
    "text_encoder": "config.json",
    "scheduler": "scheduler_config.json",
}
MAX_JSON_BYTES = 16 * 2**20
"""A larger index is no index (the largest known one has 60 kB)."""


def missing_parts(folder: Path) -> list[str]:
    """Return what is missing in a model's folder, as relative names with `/`; empty: complete.

    Only names and indices are looked at: whether the numbers are right is `verify`'s and the
    loader's to find out.
    """
    if not (folder / INDEX_NAME).is_file():
        return [INDEX_NAME]
    missing = [
        f"{part}/{name}" for part, name in CONFIGS.items() if not (folder / part / name).is_file()
    ]
    for part in WEIGHTS:
        missing += _missing_weights(folder / part, part)
    if not any((folder / "tokenizer").glob("*.json")):
        missing.append("tokenizer/vocab.json")
    return missing


def _missing_weights(folder: Path, part: str) -> list[str]:
    stem = WEIGHTS[part]
    wholes = [f"{stem}.safetensors", f"{stem}.fp16.safetensors"]
    wholes += [f"{OLD_STEMS.get(part, stem)}.bin"]
    if any((folder / name).is_file() for name in wholes):
        return []
    index = folder / f"{stem}.safetensors.index.json"
    if index.is_file():
        return [f"{part}/{s}" for s in shards(index) if not (folder / s).is_file()]
    return [f"{part}/{wholes[0]}"]


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
