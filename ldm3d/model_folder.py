"""What a model's folder holds, found out without torch: kind, layout, damage, fingerprint."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ldm3d.depth_codec import Layout
from ldm3d.errors import ModelError

INFO_FILE = "ldm3d.json"
"""Beside `model_index.json` in our own models: `defaults`, `temperature`, `native`, `near_m`,
`far_m`."""
_LAYOUTS = {3 + layout.depth_channels: layout for layout in Layout}
_STEMS = {
    "unet": "diffusion_pytorch_model",
    "vae": "diffusion_pytorch_model",
    "text_encoder": "model",
}
UPSAMPLER = "upsampler"
"""The part that a folder may have besides."""
_SAMPLE_BYTES = 1 << 16
_DEFAULT_KEYS = {"negative_prompt", "steps", "guidance", "width", "height", "scheduler", "seamless"}


def read_info(folder: Path) -> dict[str, Any]:
    """Return what our own models tell of themselves, by `Model`'s names; {} for those of others.

    `native` is width and height of what the networks were taught, in pixels; None where the file
    does not tell.

    Raises:
        ModelError: if the file is damaged.
    """
    path = folder / INFO_FILE
    if not path.is_file():
        return {}
    values = read_json(path)
    defaults = {k: v for k, v in values.get("defaults", {}).items() if k in _DEFAULT_KEYS}
    info: dict[str, Any] = {
        "defaults": defaults,
        "native": _native(values.get("native"), path),
        "temperature": _temperature(values.get("temperature"), path),
    }
    if values.get("near_m") is not None:
        far = values.get("far_m")
        info |= {
            "near_m": float(values["near_m"]),
            "far_m": math.inf if far is None else float(far),
        }
    return info


def _temperature(value: Any, path: Path) -> float:
    if value is None:
        return 1.0
    if not isinstance(value, int | float) or not 0 < value <= 1:
        raise ModelError(f"want a temperature above 0 and up to 1 in {path}, got {value!r}")
    return float(value)


def _native(size: Any, path: Path) -> tuple[int, int] | None:
    if size is None:
        return None
    width, height = (size.get("width"), size.get("height")) if isinstance(size, dict) else (0, 0)
    if type(width) is not int or type(height) is not int or min(width, height) < 1:
        raise ModelError(f"want native width and height in pixels in {path}, got {size!r}")
    return width, height


def has_upsampler(folder: Path) -> bool:
    """Tell whether a model's folder brings a network that doubles its pictures."""
    return (folder / UPSAMPLER).is_dir()


def check_folder(folder: Path) -> Layout:
    """Return the depth layout of a model's folder after reading configurations and headers only.

    Raises:
        ModelError: if a part is missing or damaged, or the folder holds another kind of model.
    """
    if not (folder / "model_index.json").is_file() and not (folder / "vae").is_dir():
        raise ModelError(
            f"want a model's folder with model_index.json, unet, vae, text_encoder, tokenizer and "
            f"scheduler; {folder} has none of them"
        )
    parts = {name: read_json(folder / name / "config.json") for name in _STEMS}
    read_json(folder / "scheduler" / "scheduler_config.json")
    if not any((folder / "tokenizer" / n).is_file() for n in ("tokenizer.json", "vocab.json")):
        raise ModelError(f"want tokenizer.json or vocab.json in {folder / 'tokenizer'}, got none")
    layout = _layout(parts["vae"], folder)
    _check_unet(parts["unet"], parts["vae"], parts["text_encoder"], folder)
    for name in _STEMS:
        shapes = _shapes(folder, name)
        if name == "vae" and shapes:
            _check_planes(shapes, parts["vae"], folder)
    if has_upsampler(folder):
        _check_upsampler(folder, layout)
    return layout


def fingerprint(folder: Path) -> str:
    """Return 16 hex digits that change with the configurations or weights of `folder`.

    Of weights: names, sizes, and 64 KiB from the head, the middle and the end of each file, so
    that it costs milliseconds. It tells models apart; it is no checksum.
    """
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        kind = path.suffix
        if kind not in {".json", ".safetensors", ".bin", ".txt"}:
            continue
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder).as_posix()} {size}\n".encode())
        with path.open("rb") as file:
            for start in (0, size // 2, max(0, size - _SAMPLE_BYTES)):
                file.seek(start)
                digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()[:16]


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file of a model's folder.

    Raises:
        ModelError: if it is absent, damaged or something else.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(
            f"want {path.name} in {path.parent}, there is none: not a whole model"
        ) from None
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot read {path}: {error}; get the model again") from error
    if not isinstance(values, dict):
        raise ModelError(f"want a JSON object in {path}, got {type(values).__name__}")
    return values


def _layout(vae: Mapping[str, Any], folder: Path) -> Layout:
    each = (vae.get("patch_size") or 1) ** 2  # pixels folded into channels by our own
    planes = tuple(
        count and count // each for count in (vae.get("in_channels"), vae.get("out_channels"))
    )
    if planes[0] == planes[1] and planes[0] in _LAYOUTS:
        return _LAYOUTS[planes[0]]
    if planes == (3, 3):
        raise ModelError(
            f"want an LDM3D, whose autoencoder has 4 or 6 channels; {folder} is a plain Stable "
            "Diffusion with 3: it makes no depth"
        )
    raise ModelError(
        f"want an autoencoder with 4 or 6 channels (colour and depth), {folder} has "
        f"{planes[0]} in and {planes[1]} out"
    )


def _check_unet(
    unet: Mapping[str, Any], vae: Mapping[str, Any], text: Mapping[str, Any], folder: Path
) -> None:
    latent = vae.get("latent_channels", 4)
    if unet.get("in_channels") == 2 * latent:
        raise ModelError(
            f"want a text-to-RGBD model, {folder} enlarges pictures (super-resolution: its UNet "
            f"takes {unet['in_channels']} channels)"
        )
    if unet.get("in_channels") != latent or unet.get("out_channels") != latent:
        raise ModelError(
            f"want a UNet with {latent} channels as the autoencoder's latents have, {folder} has "
            f"{unet.get('in_channels')} in and {unet.get('out_channels')} out"
        )
    width = text.get("hidden_size") or text.get("text_config", {}).get("hidden_size")
    if unet.get("cross_attention_dim") != width:
        raise ModelError(
            f"want text features as wide as the UNet reads ({unet.get('cross_attention_dim')}), "
            f"the text encoder in {folder} gives {width}: parts of two models?"
        )


def _check_upsampler(folder: Path, layout: Layout) -> None:
    planes = read_json(folder / UPSAMPLER / "config.json").get("planes")
    if planes != 3 + layout.depth_channels:
        raise ModelError(
            f"want an upsampler of the autoencoder's {3 + layout.depth_channels} planes, the one "
            f"in {folder} has {planes}: remove the folder {UPSAMPLER}, or get the model again"
        )
    if read_info(folder).get("native") is None:
        raise ModelError(
            f"want native width and height in {folder / INFO_FILE} beside an upsampler, got none"
        )
    _shapes(folder, UPSAMPLER)


def weight_files(folder: Path, part: str) -> list[Path]:
    """Return the weight files of a part that has some, safetensors first; all shards.

    Args:
        folder: the model's.
        part: "unet", "vae", "text_encoder" or "upsampler".

    Raises:
        ModelError: if there are none.
    """
    stem = _STEMS.get(part, "diffusion_pytorch_model")
    place = folder / part
    for pattern in (f"{stem}.safetensors", f"{stem}-*.safetensors", f"{stem}.fp16.safetensors"):
        found = sorted(place.glob(pattern))
        if found:
            return found
    old = "pytorch_model.bin" if part == "text_encoder" else f"{stem}.bin"
    found = sorted(place.glob(old))
    if not found:
        raise ModelError(f"want weights ({stem}.safetensors) in {place}, there are none")
    return found


def _shapes(folder: Path, part: str) -> dict[str, tuple[int, ...]]:
    """Return name -> shape from the headers of safetensors; {} for pickles, which have none.

    Raises:
        ModelError: if a file is shorter or longer than its header says.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for path in weight_files(folder, part):
        if path.suffix == ".safetensors":
            shapes |= _header(path)
    return shapes


def _header(path: Path) -> dict[str, tuple[int, ...]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            return {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        size = path.stat().st_size
        raise ModelError(
            f"{path} is damaged or was cut off at {size} bytes ({error}): get the model again"
        ) from error


def _check_planes(
    shapes: Mapping[str, tuple[int, ...]], vae: Mapping[str, Any], folder: Path
) -> None:
    """Find out a 6-channel autoencoder whose configuration says 4, or the other way round."""
    for key, axis, said in (
        ("encoder.conv_in.weight", 1, vae.get("in_channels")),
        ("decoder.conv_out.weight", 0, vae.get("out_channels")),
    ):
        if key in shapes and shapes[key][axis] != said:
            raise ModelError(
                f"the autoencoder in {folder} is configured for {said} channels and its weights "
                f"have {shapes[key][axis]}: set in_channels and out_channels in vae/config.json"
            )
