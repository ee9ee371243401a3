"""Loads a model's folder: the standard layout of diffusers, for every kind of LDM3D.

Weights are memory-mapped safetensors where there are any, else `.bin` files read with
`weights_only`: nothing in a folder is ever run.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldm3d.errors import RequestError
from ldm3d.model import Model
from ldm3d.model_folder import (
    UPSAMPLER,
    check_folder,
    fingerprint,
    has_upsampler,
    read_info,
    read_json,
    weight_files,
)
from ldm3d.pretrained import check_keys, damage_explained, quiet_libraries

if TYPE_CHECKING:
    import torch


_UNUSED = r"position_ids$"
"""Older files do not carry the positions 0, 1, 2..., which are no weights."""


def load(
    model: str | Path,
    *,
    device: str | None = None,
    dtype: str | torch.dtype | None = None,
    compiled: bool = False,
    progress: Callable[[float], None] | None = None,
) -> Model:
    """Load a model from a folder, a name that was added, or the hub's cache.

    Args:
        model: a folder in the layout of diffusers, or an id such as "Intel/ldm3d-pano".
        device: "cuda", "mps" or "cpu"; None: the fastest there is.
        dtype: "bfloat16", "float16" or "float32"; None: the fastest that is safe, as measured.
        compiled: compile the UNet (`torch.compile`, CUDA only): the first picture of each size
            takes a minute longer, the others less.
        progress: called with the share that is loaded, 0 to 1.

    Raises:
        ModelNotFoundError: if there is no such model; the text says how to get it.
        ModelError: if the folder is damaged or another kind of model.
        RequestError: if the device or dtype does not exist, or cannot be compiled for.
        OutOfMemoryError: if it does not fit.
    """
    from ldm3d.attention import choose_attention
    from ldm3d.device import choose_device, choose_dtype, compile_module, prepare
    from ldm3d.hub import find
    from ldm3d.memory import explained_out_of_memory, home_of_weights
    from ldm3d.seamless import set_seamless
    from ldm3d.upsampler import read_upsampler

    folder = find(model)
    place = choose_device(device)
    kind = choose_dtype(place) if dtype is None else _named_dtype(dtype, place)
    layout = check_folder(folder)
    info = read_info(folder)
    tell = progress or (lambda _: None)
    tell(0.0)
    with explained_out_of_memory(f"loading {model}", "close other programs or use bfloat16"):
        text_encoder = _text_encoder(folder, kind)
        tell(0.1)
        unet = _network(folder, "unet", kind)
        tell(0.8)
        vae = _network(folder, "vae", kind)
        tell(0.9)
        upsampler = read_upsampler(folder / UPSAMPLER, kind) if has_upsampler(folder) else None
        networks = tuple(n for n in (text_encoder, unet, vae, upsampler) if n is not None)
        home = home_of_weights(networks, place, kind)
        for module in networks:
            prepare(module, home, kind)
        choose_attention(unet, place)
        if compiled:
            set_seamless(unet, True)  # as most runs want it: before compiling
            compile_module(unet)
    loaded = Model(
        id=str(model),
        folder=folder,
        unet=unet,
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=_tokenizer(folder),
        scheduler_config=read_json(folder / "scheduler" / "scheduler_config.json"),
        layout=layout,
        device=place,
        dtype=kind,
        fingerprint=fingerprint(folder),
        upsampler=upsampler,
        **info,
    )
    tell(1.0)
    return loaded


def _named_dtype(name: str | torch.dtype, device: torch.device) -> torch.dtype:
    import torch

    dtype = getattr(torch, name, None) if isinstance(name, str) else name
    if dtype not in {torch.float32, torch.bfloat16, torch.float16}:
        raise RequestError(f"want dtype float32, bfloat16 or float16, got {name}")
    if dtype == torch.float16 and device.type == "cpu":
        raise RequestError("want float32 or bfloat16 on a CPU: float16 is slower than both there")
    return dtype


def _network(folder: Path, part: str, dtype: torch.dtype) -> Any:
    from ldm3d import block_autoencoder, wiener_unet

    config = read_json(folder / part / "config.json")
    kinds = wiener_unet if part == "unet" else block_autoencoder
    kind = kinds.class_of(config)
    files = weight_files(folder, part)
    options = {"variant": "fp16"} if ".fp16." in files[0].name else {}
    with damage_explained(folder / part), quiet_libraries():
        network, found = kind.from_pretrained(
            folder / part,
            torch_dtype=dtype,
            use_safetensors=files[0].suffix == ".safetensors",
            local_files_only=True,
            output_loading_info=True,
            **options,
        )
    check_keys(found, folder / part, _UNUSED)
    return network


def _text_encoder(folder: Path, dtype: torch.dtype) -> Any:
    from transformers import CLIPTextModel

    files = weight_files(folder, "text_encoder")
    options = {"variant": "fp16"} if ".fp16." in files[0].name else {}
    with damage_explained(folder / "text_encoder"), quiet_libraries():
        network, found = CLIPTextModel.from_pretrained(
            folder / "text_encoder",
            dtype=dtype,
            use_safetensors=files[0].suffix == ".safetensors",
            local_files_only=True,
            output_loading_info=True,
            **options,
        )
    check_keys(found, folder / "text_encoder", _UNUSED)
    return network


def _tokenizer(folder: Path) -> Any:
    from transformers import CLIPTokenizer

    with damage_explained(folder / "tokenizer"), quiet_libraries():
        return CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
