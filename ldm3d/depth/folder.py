"""Loads a depth network from a folder in the layout of transformers, or from the hub's cache.

Weights are safetensors where there are any, else a `.bin` read with `weights_only`: nothing in a
folder is ever run.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldm3d.depth.network import DepthNetwork
from ldm3d.depth.output import KINDS, Gives, frame_from, gives_from
from ldm3d.errors import MissingPackageError, ModelError, ModelNotFoundError, RequestError
from ldm3d.pretrained import check_keys, damage_explained, quiet_libraries

if TYPE_CHECKING:
    import torch

DEFAULT_DEPTH_MODEL = "Intel/dpt-large"
"""The network that LDM3D was taught with (arXiv 2305.10853)."""
_SAFE = ("model.safetensors", "model.safetensors.index.json")
_OLD = ("pytorch_model.bin",)
_UNUSED = r"fusion_stage\.layers\.0\.residual_layer1\.|position_ids$|pooler\."
"""Weights that are never used and that files such as Intel/dpt-large lack: the first fusion layer
has nothing to add (https://github.com/huggingface/transformers/issues/28292)."""


def load_depth_model(
    model: str | Path = DEFAULT_DEPTH_MODEL,
    *,
    device: str | None = None,
    dtype: str | None = None,
    gives: Gives | None = None,
) -> DepthNetwork:
    """Load a depth network.

    Args:
        model: a folder with config.json and weights, or a hub id such as "Intel/dpt-large" that
            is in the cache.
        device: "cuda", "mps" or "cpu"; None: the fastest there is.
        dtype: "float32", "bfloat16" or "float16"; None: float32. The others are faster, but 8 or
            11 bits leave steps in the depth.
        gives: what its numbers mean; None: as its kind says.

    Raises:
        ModelNotFoundError: if there is no such model here; the text says how to get it.
        ModelError: if the folder is damaged or holds another kind of model.
        RequestError: if the device or dtype does not exist.
        MissingPackageError: if transformers or torch is not installed.
        OutOfMemoryError: if it does not fit into memory.
    """
    from ldm3d.memory import explained_out_of_memory

    folder = folder_of(model)
    config = check_depth_folder(folder)
    preprocessor = _json(folder / "preprocessor_config.json")
    torch = _torch()
    from ldm3d.device import choose_device, prepare

    place = choose_device(device)
    kind = getattr(torch, dtype or "float32", None)
    if kind not in {torch.float32, torch.bfloat16, torch.float16}:
        raise RequestError(f"want dtype float32, bfloat16 or float16, got {dtype}")
    with explained_out_of_memory(f"loading {model}", "close other programs or take a smaller one"):
        network = _network(folder, kind)
        prepare(network, place, kind)
    return DepthNetwork(
        name=str(model),
        network=network,
        frame=frame_from(config, preprocessor),
        gives=gives or gives_from(config),
        device=place,
        dtype=kind,
    )


def folder_of(model: str | Path) -> Path:
    """Return the folder of a depth network.

    Raises:
        ModelNotFoundError: if there is none; the text says how to get it.
        ModelError: if it names a file.
    """
    path = Path(model).expanduser()
    if os.fspath(model).strip() and path.is_dir():
        return path
    from ldm3d.hub import cache, find

    try:
        return find(model)
    except ModelNotFoundError:
        # `find` asks for the parts of an LDM3D, which a depth network does not have.
        model_id, _, revision = os.fspath(model).partition("@")
        if not cache.is_model_id(model_id):
            raise
    commit = cache.cached_commit(model_id, revision or "main")
    for folder in cache.snapshots(model_id):
        if _is_whole(folder) and (folder.name == commit or not revision):
            return folder
    raise ModelNotFoundError(
        f"want a network that sees depth, {model} is not on this machine: get it by "
        f"`{download_command(model_id)}`, or name a folder with --model"
    )


def download_command(model_id: str) -> str:
    """Return the command that brings a depth network into the hub's cache."""
    from ldm3d.hub import KNOWN_MODELS

    # `hf` comes with huggingface_hub and fills the same cache; ours takes the models it knows.
    program = "depthfusion models" if model_id in KNOWN_MODELS else "hf"
    return f"{program} download {model_id}"


def check_depth_folder(folder: Path) -> dict[str, Any]:
    """Return config.json of a depth network's folder.

    Raises:
        ModelError: if it is another kind of model, or its configuration or weights are missing.
    """
    if not (folder / "config.json").is_file():
        made_for = (
            "makes pictures from text" if (folder / "model_index.json").is_file() else "has none"
        )
        raise ModelError(
            f"want the folder of a depth network, with config.json; {folder} {made_for}"
        )
    config = _json(folder / "config.json")
    kind = config.get("model_type")
    if kind not in KINDS:
        raise ModelError(
            f"want a depth network ({', '.join(KINDS)}), the model in {folder} is of the kind "
            f"{kind or 'unknown'}"
        )
    heads = config.get("architectures") or []
    if heads and not any(str(head).endswith("ForDepthEstimation") for head in heads):
        raise ModelError(f"want a network for depth estimation, {folder} holds {heads[0]}")
    _weights(folder)
    return config


def _weights(folder: Path) -> str:
    for name in (*_SAFE, *_OLD):
        if (folder / name).is_file():
            return name
    raise ModelError(f"want weights ({_SAFE[0]}) in {folder}, there are none: get the model again")


def _is_whole(folder: Path) -> bool:
    try:
        check_depth_folder(folder)
    except ModelError:
        return False
    return True


def _json(path: Path) -> dict[str, Any]:
    from ldm3d.model_folder import read_json

    return read_json(path) if path.is_file() else {}


def _torch() -> Any:
    try:
        import torch
        import transformers  # noqa: F401  # asked for here, so that its absence is one line
    except ModuleNotFoundError as error:
        raise MissingPackageError(
            f"depth estimation needs {error.name}: pip install 'depthfusion-panorama[generate]'"
        ) from error
    return torch


def _network(folder: Path, dtype: torch.dtype) -> Any:
    from transformers import AutoModelForDepthEstimation

    with damage_explained(folder), quiet_libraries():
        network, found = AutoModelForDepthEstimation.from_pretrained(
            folder,
            dtype=dtype,
            use_safetensors=_weights(folder) in _SAFE,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    check_keys(found, folder, _UNUSED)
    return network
