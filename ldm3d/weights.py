"""Loads a model's folder: the standard layout of diffusers, for every kind of LDM3D.

Weights are memory-mapped safetensors where there are any, else `.bin` files read with
`weights_only`: nothing in a folder is ever run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldm3d.errors import ModelError, RequestError
from ldm3d.model import Model
from ldm3d.model_folder import check_folder, fingerprint, read_info, read_json, weight_files

if TYPE_CHECKING:
    import torch


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
        networks = (text_encoder, unet, vae)
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
    import diffusers

    kind = diffusers.UNet2DConditionModel if part == "unet" else diffusers.AutoencoderKL
    files = weight_files(folder, part)
    options = {"variant": "fp16"} if ".fp16." in files[0].name else {}
    with _explained(folder / part), _quiet():
        network, found = kind.from_pretrained(
            folder / part,
            torch_dtype=dtype,
            use_safetensors=files[0].suffix == ".safetensors",
            local_files_only=True,
            output_loading_info=True,
            **options,
        )
    _check_keys(found, folder / part)
    return network


def _text_encoder(folder: Path, dtype: torch.dtype) -> Any:
    from transformers import CLIPTextModel

    files = weight_files(folder, "text_encoder")
    options = {"variant": "fp16"} if ".fp16." in files[0].name else {}
    with _explained(folder / "text_encoder"), _quiet():
        network, found = CLIPTextModel.from_pretrained(
            folder / "text_encoder",
            dtype=dtype,
            use_safetensors=files[0].suffix == ".safetensors",
            local_files_only=True,
            output_loading_info=True,
            **options,
        )
    _check_keys(found, folder / "text_encoder")
    return network


def _tokenizer(folder: Path) -> Any:
    from transformers import CLIPTokenizer

    with _explained(folder / "tokenizer"), _quiet():
        return CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)


def _check_keys(found: Mapping[str, Any], place: Path) -> None:
    missing = sorted(str(key) for key in found.get("missing_keys", ()))
    # Older files do not carry the positions 0, 1, 2..., which are no weights.
    missing = [key for key in missing if not key.endswith("position_ids")]
    if missing or found.get("mismatched_keys"):
        odd = missing or [str(key) for key in found["mismatched_keys"]]
        raise ModelError(
            f"the weights in {place} do not fit its config.json: {len(odd)} are missing or have "
            f"another shape, the first is {odd[0]}"
        )


@contextlib.contextmanager
def _explained(place: Path) -> Iterator[None]:
    """Turn whatever the libraries raise on a damaged folder into one line."""
    import pickle

    from ldm3d.memory import is_out_of_memory

    try:
        yield
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        RuntimeError,
        pickle.UnpicklingError,
    ) as error:
        if is_out_of_memory(error):
            raise
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"cannot load {place}: {reason}; get the model again") from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the libraries' bars and advice off the terminal; what matters is raised."""
    import diffusers.utils.logging as diffusers_log
    import transformers.utils.logging as transformers_log

    logs = (diffusers_log, transformers_log)
    levels = [log.get_verbosity() for log in logs]
    bars = [log.is_progress_bar_enabled() for log in logs]
    for log in logs:
        log.set_verbosity_error()
        log.disable_progress_bar()
    try:
        yield
    finally:
        for log, level, bar in zip(logs, levels, bars, strict=True):
            log.set_verbosity(level)
            if bar:
                log.enable_progress_bar()
