"""LoRA files laid over a model's weights for one run (arXiv 2106.09685).

Each adapted layer gets W + scale * alpha / r * B A (section 4.1 there); the sum is made in float32
and rounded to the weights' dtype once, however many files are laid over each other. Afterwards the
very tensors that were there before are put back.

Read are the layouts of diffusers (old: `to_q_lora.down`, newer: `to_q.lora.down`,
`q_proj.lora_linear_layer.down`), peft (`lora_A`, alone or as diffusers saves it) and kohya
(`lora_unet_..._to_q.lora_down`, `.alpha`). Names are looked up among the model's own layers, dots
and underscores taken as equal, instead of being rewritten by rules: so the text encoder's names
with and without `text_model.` are both found (transformers 5 dropped it), and one layer unknown
does not refuse the rest.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldm3d.errors import InputError, ModelError, RequestError
from ldm3d.recipe import Lora

if TYPE_CHECKING:
    from torch import Tensor

_FACTOR = re.compile(
    r"^(?P<layer>.+?)[._]lora(?:_linear_layer)?[._](?P<role>A|B|down|up)(?:\.\w+)?\.weight$"
)
_DOWN = ("A", "down")
_PICKLE_STARTS = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_NAMES_TOLD = 3


@dataclass(frozen=True)
class _Change:
    """What one file does to one layer: weight + factor * up @ down."""

    layer: str
    module: Any
    """Linear or Conv2d."""
    down: Tensor
    """(r, in) or (r, in, kh, kw)."""
    up: Tensor
    """(out, r) or (out, r, 1, 1)."""
    factor: float
    """scale * alpha / r."""


@contextmanager
def applied(unet: Any, text_encoder: Any, loras: Sequence[Lora]) -> Iterator[tuple[str, ...]]:
    """Lay LoRA files over the weights while the `with` block runs.

    The weights' tensors are exchanged, not written to, and exchanged back at the end, also after
    an error; modules, dtype, device and memory format stay. All files are read and checked before
    the first weight changes.

    Args:
        unet: diffusers' UNet2DConditionModel, in any dtype; seamless convolutions are fine.
        text_encoder: transformers' CLIPTextModel.
        loras: Files and their scales; their sum is applied.

    Yields:
        Notes, one sentence each: which layers of a file this model does not have.

    Raises:
        InputError: if a file does not exist, is damaged, or is a pickle (those can run code).
        ModelError: if a file was made for another kind of model, or holds no LoRA.
        RequestError: if a scale is not finite.
    """
    if not loras:
        yield ()
        return
    layers = _layers(unet, text_encoder)
    notes: list[str] = []
    changes: list[_Change] = []
    for lora in loras:
        found, note = _changes(lora, layers)
        changes += found
        notes += note
    originals: list[tuple[Any, Tensor]] = []
    try:
        for module, own in _by_module(changes):
            before = module.weight.data
            module.weight.data = _fused(before, own)
            originals.append((module, before))
        yield tuple(notes)
    finally:
        for module, before in reversed(originals):
            module.weight.data = before.to(module.weight.device)


def _by_module(changes: Sequence[_Change]) -> Iterator[tuple[Any, list[_Change]]]:
    grouped: dict[int, list[_Change]] = {}
    for change in changes:
        grouped.setdefault(id(change.module), []).append(change)
    for own in grouped.values():
        yield own[0].module, own


def _fused(weight: Tensor, changes: Sequence[_Change]) -> Tensor:
    """Return weight + sum of factor * up @ down, in the weight's dtype and memory format."""
    import torch

    total = weight.flatten(1).float()
    for change in changes:
        up = change.up.to(weight.device, torch.float32).flatten(1)
        down = change.down.to(weight.device, torch.float32).flatten(1)
        total = torch.addmm(total, up, down, alpha=change.factor)
    return torch.empty_like(weight).copy_(total.view(weight.shape))


def _layers(unet: Any, text_encoder: Any) -> dict[str, Any]:
    """Return every layer that can be adapted under every name files call it by."""
    named: dict[str, Any] = {}
    for part, prefix in ((unet, "unet_"), (text_encoder, "te_")):
        for name, module in part.named_modules():
            if _can_be_adapted(module):
                for alias in _aliases(name.replace(".", "_")):
                    named[prefix + alias] = module
                    named.setdefault(alias, module)
    return named


def _can_be_adapted(module: Any) -> bool:
    import torch

    return isinstance(module, torch.nn.Linear | torch.nn.Conv2d)


def _aliases(name: str) -> Iterator[str]:
    """Yield the names a layer goes by, without its model's prefix."""
    yield name
    if name.endswith("_to_out_0"):
        yield name.removesuffix("_0")
    bare = name.removeprefix("text_model_")
    if bare.startswith(("encoder_layers_", "final_layer")):
        old = re.sub(r"_self_attn_(q|k|v|out)_proj$", r"_self_attn_to_\1", bare)
        for alias in (bare, old):
            yield alias
            yield f"text_model_{alias}"


def _plain(layer: str) -> str:
    """Return a layer's name as `_layers` has it, from any layout."""
    name = layer.replace(".", "_").removeprefix("base_model_model_").removeprefix("lora_")
    name = re.sub(r"^(te1|text_encoder)_(?!2_)", "te_", name)
    return name.replace("_processor_", "_")


def _changes(lora: Lora, layers: Mapping[str, Any]) -> tuple[list[_Change], list[str]]:
    """Read one file; return what it changes and what has to be told.

    Raises:
        InputError, ModelError, RequestError: as `applied`.
    """
    if not math.isfinite(lora.scale):
        raise RequestError(f"want a finite LoRA scale, got {lora.scale}")
    path = Path(lora.path)
    tensors, alphas = _read(path)
    pairs: dict[str, dict[str, Tensor]] = {}
    used: set[str] = set()
    for key, tensor in tensors.items():
        if match := _FACTOR.match(key):
            role = "down" if match["role"] in _DOWN else "up"
            pairs.setdefault(match["layer"], {})[role] = tensor
            used.add(key)
        elif key.endswith(".alpha") and tensor.numel() == 1:
            used.add(key)
    whole = {layer: pair for layer, pair in pairs.items() if len(pair) == 2}
    if not whole:
        raise ModelError(f"want LoRA weights (pairs of down and up), found none in {path}")
    known = {layer: layers[_plain(layer)] for layer in whole if _plain(layer) in layers}
    if not known:
        raise ModelError(
            f"{path.name} was made for another kind of model: none of its {len(whole)} layers is "
            f"in this one ({next(iter(whole))}, ...)"
        )
    made = [
        _change(path, layer, module, whole[layer], lora.scale, alphas)
        for layer, module in known.items()
    ]
    strangers = [layer for layer in pairs if layer not in known]
    return made, _notes(path.name, len(pairs), strangers, sorted(set(tensors) - used))


def _change(
    path: Path,
    layer: str,
    module: Any,
    pair: Mapping[str, Tensor],
    scale: float,
    alphas: _Alphas,
) -> _Change:
    down, up = pair["down"], pair["up"]
    weight = module.weight
    fits = (
        down.ndim in (2, 4)
        and up.ndim in (2, 4)
        and down.flatten(1).shape[1] == weight.flatten(1).shape[1]
        and tuple(up.flatten(1).shape) == (weight.shape[0], down.shape[0])
    )
    if not fits:
        raise ModelError(
            f"{path.name} was made for another kind of model: its {layer} has shapes "
            f"{tuple(down.shape)} and {tuple(up.shape)}, this model's layer {tuple(weight.shape)}"
        )
    if not (down.isfinite().all() and up.isfinite().all()):
        raise ModelError(f"{path.name} holds values that are no numbers, in {layer}")
    return _Change(layer, module, down, up, scale * alphas.over_rank(layer, down.shape[0]))


def _notes(name: str, total: int, strangers: Sequence[str], others: Sequence[str]) -> list[str]:
    notes = []
    if strangers:
        notes.append(
            f"not used of {name}'s {total} layers, as this model has none such: {_told(strangers)}"
        )
    if others:
        notes.append(f"not used of {name}, as they are no plain LoRA: {_told(others)}")
    return notes


def _told(names: Sequence[str]) -> str:
    more = len(names) - _NAMES_TOLD
    return ", ".join(names[:_NAMES_TOLD]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True)
class _Alphas:
    """The alpha of each layer of one file, wherever it is written."""

    stated: Mapping[str, float]
    """By layer, from the file's own `.alpha` entries."""
    config: Mapping[str, Any]
    """peft's configuration: lora_alpha, alpha_pattern, use_rslora; may be empty."""

    def over_rank(self, layer: str, rank: int) -> float:
        """Return alpha / r; 1 where nothing is said (arXiv 2312.03732 for rank-stabilized ones)."""
        if layer in self.stated:
            return self.stated[layer] / rank
        part = "text_encoder." if _plain(layer).startswith("te_") else "unet."
        config = {k.removeprefix(part): v for k, v in self.config.items()}
        alpha = config.get("lora_alpha", rank)
        for pattern, value in (config.get("alpha_pattern") or {}).items():
            if f"_{_plain(layer)}".endswith(f"_{_plain(pattern)}"):
                alpha = value
        return float(alpha) / (math.sqrt(rank) if config.get("use_rslora") else rank)


def _read(path: Path) -> tuple[dict[str, Tensor], _Alphas]:
    """Read a file's tensors and alphas.

    Raises:
        InputError: if it is absent, a pickle, or not a safetensors file.
    """
    _check_file(path)
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no dict
            header = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise InputError(f"want a .safetensors file, {path} is damaged: {error}") from error
    stated = {
        key.removesuffix(".alpha"): float(tensor)
        for key, tensor in tensors.items()
        if key.endswith(".alpha") and tensor.numel() == 1
    }
    return tensors, _Alphas(stated, _config(path, header))


def _config(path: Path, header: Mapping[str, str]) -> dict[str, Any]:
    """Return peft's configuration, from the file's header (diffusers) or beside it (peft)."""
    text = header.get("lora_adapter_metadata")
    beside = path.with_name("adapter_config.json")
    try:
        if text is None and path.name == "adapter_model.safetensors" and beside.is_file():
            text = beside.read_text(encoding="utf-8")
        config = json.loads(text or "{}")
    except (OSError, ValueError) as error:
        raise InputError(f"want {path.name} with a readable configuration, got {error}") from error
    return config if isinstance(config, dict) else {}


def _check_file(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise InputError(f"want a LoRA file at {path}, but {error.strerror}") from error
    pickled = start.startswith(_PICKLE_STARTS)
    if pickled or path.suffix.lower() != ".safetensors":
        what = "a pickle, which can run code" if pickled else f"called {path.name}"
        raise InputError(f"want a LoRA as .safetensors, {path} is {what}: convert it first")
