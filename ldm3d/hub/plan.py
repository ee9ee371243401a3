"""Which files of a repository are needed: one set of weights, its configurations, its licence."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from ldm3d.errors import ModelError
from ldm3d.hub.folder import (
    CONFIGS,
    INDEX_NAME,
    NETWORK_CONFIG,
    NETWORK_OLD_STEM,
    NETWORK_STEM,
    OLD_STEMS,
    OPTIONAL,
    WEIGHTS,
)
from ldm3d.hub.listing import Listing, RemoteFile

MAX_TOTAL_BYTES = 64 * 2**30
"""The largest model of this kind known takes 4.3 GB in float32."""
MAX_TEXT_BYTES = 16 * 2**20
"""Of one configuration, vocabulary or licence; the largest known one has 2.2 MB."""
_LICENCE = re.compile(r"(licen[cs]e|copying|notice|use_policy)[\w-]*(\.(md|txt|rst))?", re.I)
_SHARD = r"-\d{5}-of-\d{5}\.safetensors"
_ROOT = {INDEX_NAME, "ldm3d.json", "README.md"}
_NETWORK = {NETWORK_CONFIG, "preprocessor_config.json", "README.md"}
_TOKENIZER = {
    "vocab.json",
    "merges.txt",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
}


def needed(listing: Listing) -> tuple[RemoteFile, ...]:
    """Return the files to download, small ones first.

    Of each network the safetensors, else those of the fp16 variant, else the `.bin`; never two of
    them, never `.ckpt`, `.msgpack`, `.onnx`, code, or parts that are not used.

    Raises:
        ModelError: if the repository is no model of this kind, or implausibly large.
    """
    by_name = {file.name: file for file in listing.files}
    if is_single_network(by_name):
        chosen = {n for n in by_name if n in _NETWORK or _LICENCE.fullmatch(n)}
        weights = _weights("", NETWORK_STEM, NETWORK_OLD_STEM, set(by_name))
        if not weights:
            raise ModelError(f"{listing.model_id} has no {NETWORK_STEM}.safetensors: no network")
        return _sized(by_name, chosen | weights, listing.model_id)
    lacking = [INDEX_NAME] if INDEX_NAME not in by_name else []
    lacking += [f"{part}/{c}" for part, c in CONFIGS.items() if f"{part}/{c}" not in by_name]
    chosen = {name for name in by_name if _is_text(name)}
    for part, stem in WEIGHTS.items():
        weights = _weights(f"{part}/", stem, OLD_STEMS.get(part, stem), set(by_name))
        lacking += [] if weights else [f"{part}/{stem}.safetensors"]
        chosen |= weights
    for part, stem in OPTIONAL.items():
        if f"{part}/{NETWORK_CONFIG}" in by_name:
            chosen |= _weights(f"{part}/", stem, stem, set(by_name))
    if lacking:
        raise ModelError(
            f"{listing.model_id} is not an LDM3D model: it has no {lacking[0]}"
            f"{f' (and {len(lacking) - 1} more)' if len(lacking) > 1 else ''}"
        )
    return _sized(by_name, chosen, listing.model_id)


def is_single_network(names: Collection[str]) -> bool:
    """Whether a repository holds one network of transformers instead of a pipeline's parts."""
    return INDEX_NAME not in names and NETWORK_CONFIG in names


def _sized(
    by_name: Mapping[str, RemoteFile], chosen: set[str], model_id: str
) -> tuple[RemoteFile, ...]:
    files = sorted((by_name[name] for name in chosen), key=lambda f: (f.size_bytes, f.name))
    _check_sizes(files, model_id)
    return tuple(files)


def licence_files(files: tuple[RemoteFile, ...]) -> list[RemoteFile]:
    """Return the repository's own licence files among `files`."""
    return [f for f in files if _LICENCE.fullmatch(f.name)]


def is_weight(name: str) -> bool:
    """Whether a file holds numbers of a network."""
    return name.endswith((".safetensors", ".bin"))


def _is_text(name: str) -> bool:
    part, _, rest = name.rpartition("/")
    if not part:
        return name in _ROOT or bool(_LICENCE.fullmatch(name))
    if part == "tokenizer":
        return rest in _TOKENIZER
    return (CONFIGS | dict.fromkeys(OPTIONAL, NETWORK_CONFIG)).get(part) == rest


def _weights(prefix: str, stem: str, old_stem: str, names: set[str]) -> set[str]:
    whole = f"{prefix}{stem}"
    shards = {n for n in names if re.fullmatch(re.escape(whole) + _SHARD, n)}
    index = f"{whole}.safetensors.index.json"
    if f"{whole}.safetensors" in names:
        return {f"{whole}.safetensors"}
    if index in names and shards:
        return shards | {index}
    if f"{whole}.fp16.safetensors" in names:
        return {f"{whole}.fp16.safetensors"}
    return {f"{prefix}{old_stem}.bin"} & names


def _check_sizes(files: list[RemoteFile], model_id: str) -> None:
    total = sum(file.size_bytes for file in files)
    if total > MAX_TOTAL_BYTES:
        raise ModelError(
            f"{model_id} says it needs {total / 1e9:.0f} GB, at most "
            f"{MAX_TOTAL_BYTES / 1e9:.0f} GB are taken: refused"
        )
    for file in files:
        if not is_weight(file.name) and file.size_bytes > MAX_TEXT_BYTES:
            raise ModelError(
                f"{file.name} of {model_id} says it has {file.size_bytes / 1e6:.0f} MB, at most "
                f"{MAX_TEXT_BYTES / 1e6:.0f} MB are taken for a text: refused"
            )
