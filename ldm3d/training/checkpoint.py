"""Checkpoints that are whole or not there: weights, averages and optimiser state.

    checkpoints/
      step-0001200/
        state.json                       step, samples, seconds, and every file's size
        network-autoencoder.safetensors
        ema-autoencoder.safetensors
        optimizer-autoencoder.safetensors

A folder is written under a name that begins with a dot, forced to the disk, then renamed. Only
the newest few are kept, and the last is never deleted before the next one is whole.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldm3d.errors import Ldm3dError

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer

Tensors = dict[str, "Tensor"]
PIECE = "@"
"""Between the name of a tensor and the number of a piece of it, where one is cut."""


@dataclass(frozen=True)
class State:
    """How far a run is, besides its tensors."""

    step: int = 0
    """Steps done; the next one has this number."""
    samples: int = 0
    seconds: float = 0.0
    """Of training, over all calls."""
    meter: Mapping[str, Any] = field(default_factory=dict)
    """Sums of the log interval that is not over yet."""


def save_checkpoint(
    folder: Path,
    state: State,
    tensors: Mapping[str, Mapping[str, Tensor]],
    *,
    keep: int = 2,
    chunk_bytes: int | None = None,
) -> Path:
    """Write one checkpoint and delete the oldest.

    Args:
        folder: of all checkpoints of a run; made if absent.
        state: how far the run is.
        tensors: groups by file name ("network-unet") of tensors on any device.
        keep: how many of the newest stay.
        chunk_bytes: largest size of a file, about; None: one file a group.

    Raises:
        Ldm3dError: if the disk is full or cannot be written; older checkpoints stand.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"step-{state.step:07d}"
    temporary = folder / f".{target.name}.{secrets.token_hex(4)}"
    try:
        temporary.mkdir()
        _write_files(temporary, state, tensors, chunk_bytes)
        if target.exists():  # of a run that was rolled back to an older one
            shutil.rmtree(target)
        temporary.rename(target)
        sync(folder)
    except OSError as error:
        raise Ldm3dError(_trouble(folder, error)) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    for old in checkpoint_folders(folder)[:-keep]:
        shutil.rmtree(old, ignore_errors=True)
    return target


def checkpoint_folders(folder: Path) -> list[Path]:
    """Return the checkpoints that are there, oldest first."""
    return sorted(folder.glob("step-*"))


def newest_checkpoint(folder: Path) -> Path | None:
    """Return the newest checkpoint whose files are all there and as long as they should be."""
    for path in reversed(checkpoint_folders(folder)):
        if _is_whole(path):
            return path
    return None


def clean_checkpoints(folder: Path) -> None:
    """Delete what a kill left half-written."""
    for left in folder.glob(".step-*"):
        shutil.rmtree(left, ignore_errors=True)


def load_state(path: Path) -> State:
    """Return how far a run was."""
    values = _read(path)
    return State(values["step"], values["samples"], values["seconds"], values["meter"])


def load_tensors(path: Path, group: str) -> Tensors:
    """Return one group's tensors, on the CPU.

    Raises:
        Ldm3dError: if the group is not in this checkpoint, or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    names = [name for name in _read(path)["files"] if _group_of(name) == group]
    if not names:
        raise Ldm3dError(f"want {group} in the checkpoint {path}, it has none: choose a new folder")
    pieces: Tensors = {}
    for name in sorted(names):
        try:
            pieces.update(load_file(path / name))
        except (OSError, SafetensorError) as error:
            raise Ldm3dError(f"cannot read {path / name}: {error}; delete {path.name}") from error
    return _joined(pieces)


def optimizer_tensors(optimizer: Optimizer) -> Tensors:
    """Return an optimiser's state as flat tensors "number.name"."""
    import torch

    flat = {}
    for number, values in optimizer.state_dict()["state"].items():
        for name, value in values.items():
            tensor = value if isinstance(value, torch.Tensor) else torch.tensor(float(value))
            flat[f"{number}.{name}"] = tensor
    return flat


def load_optimizer(optimizer: Optimizer, flat: Mapping[str, Tensor]) -> None:
    """Give an optimiser the state that `optimizer_tensors` returned; its rates stay."""
    import torch

    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for key, value in flat.items():
        number, name = key.split(".", 1)
        parameter = parameters[int(number)]
        own = value.clone()
        if value.shape == parameter.shape:  # the same layout in memory, for the fast kernels
            own = torch.empty_like(parameter, dtype=value.dtype).copy_(value)
        elif any(group.get("fused") or group.get("capturable") for group in optimizer.param_groups):
            own = value.to(parameter.device)
        optimizer.state[parameter][name] = own


def _write_files(
    folder: Path,
    state: State,
    tensors: Mapping[str, Mapping[str, Tensor]],
    chunk_bytes: int | None,
) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    sizes: dict[str, int] = {}
    for group, values in tensors.items():
        plain = {name: value.detach().cpu().contiguous() for name, value in values.items()}
        for number, chunk in enumerate(_chunks(plain, chunk_bytes)):
            name = (
                f"{group}.safetensors"
                if chunk_bytes is None
                else f"{group}.{number:05d}.safetensors"
            )
            try:
                save_file(chunk, folder / name)
            except SafetensorError as error:  # how it reports a full disk
                raise OSError(errno.ENOSPC, str(error)) from error
            sync(folder / name)
            sizes[name] = (folder / name).stat().st_size
    text = json.dumps({"version": 1, **asdict(state), "files": sizes}, indent=1)
    (folder / "state.json").write_text(text + "\n", encoding="utf-8")
    sync(folder / "state.json")
    sync(folder)


def _chunks(values: Tensors, chunk_bytes: int | None) -> Iterator[Tensors]:
    if chunk_bytes is None:
        yield values
        return
    chunk: Tensors = {}
    room = chunk_bytes
    for name, value in _pieces(values, chunk_bytes):
        if chunk and value.nbytes > room:
            yield chunk
            chunk, room = {}, chunk_bytes
        chunk[name] = value
        room -= value.nbytes
    yield chunk


def _pieces(values: Tensors, chunk_bytes: int) -> Iterator[tuple[str, Tensor]]:
    """Cut what is larger than a chunk along its first axis."""
    for name, value in values.items():
        count = min(-(-value.nbytes // chunk_bytes), value.shape[0] if value.ndim else 1)
        if count <= 1:
            yield name, value
            continue
        for number, piece in enumerate(value.tensor_split(count)):
            yield f"{name}{PIECE}{number:05d}", piece.clone()


def _joined(pieces: Tensors) -> Tensors:
    import torch

    whole: Tensors = {}
    cut: dict[str, list[Tensor]] = {}
    for name in sorted(pieces):
        base, mark, _ = name.partition(PIECE)
        if mark:
            cut.setdefault(base, []).append(pieces[name])
        else:
            whole[name] = pieces[name]
    return whole | {name: torch.cat(parts) for name, parts in cut.items()}


def _group_of(file_name: str) -> str:
    return file_name.split(".", maxsplit=1)[0]


def _read(path: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((path / "state.json").read_text(encoding="utf-8"))
    return values


def _is_whole(path: Path) -> bool:
    try:
        files = _read(path)["files"]
        return all((path / name).stat().st_size == size for name, size in files.items())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def sync(path: Path) -> None:
    """Force a file or folder to the disk.

    On Windows folders cannot be opened, and only what may be written can be forced.
    """
    with contextlib.suppress(PermissionError):
        descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _trouble(folder: Path, error: OSError) -> str:
    newest = newest_checkpoint(folder)
    stands = f"{newest.name} stands" if newest else "there is no earlier one"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"want room for a checkpoint in {folder}, the disk is full; {stands}: free some space "
            "and run the same command again"
        )
    return f"cannot write a checkpoint in {folder}: {error.strerror or error}; {stands}"
