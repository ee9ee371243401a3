"""A run's folder: what it is a run of, and one process at a time in it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Any

from ldm3d.errors import InputError, Ldm3dError, RequestError
from ldm3d.training.checkpoint import newest_checkpoint

RUN_FILE = "run.json"
MAY_CHANGE = frozenset({"lr", "steps", "data", "autoencoder", "losses"})
"""What a later call may ask for otherwise; each change is noted in run.json.

Data may move to another place; that it is the same is the user's word.
"""
KEPT_SAMPLES = 24
PACKAGES = (
    "depthfusion-panorama", "torch", "diffusers", "transformers", "accelerate", "numpy",
)  # fmt: skip


class RunFolder:
    """run.json, metrics.jsonl, checkpoints/ and samples/ of one run."""

    def __init__(self, path: Path) -> None:
        """Name the folder; it need not exist yet."""
        self.path = path
        self.checkpoints = path / "checkpoints"
        self.samples = path / "samples"
        self.metrics = path / "metrics.jsonl"

    def begin(self, about: Mapping[str, Any], step: int) -> None:
        """Write run.json, or check that the run that is there is the same.

        Args:
            about: what decides the result, JSON-able.
            step: where this call goes on.

        Raises:
            RequestError: if the folder holds another run.
        """
        file = self.path / RUN_FILE
        about = json.loads(json.dumps(dict(about)))
        if not file.exists():
            _write_json(file, {"version": 1, **about, "versions": versions(), "changes": []})
            return
        stored = self.read()
        changed = {key: value for key, value in about.items() if stored.get(key) != value}
        for key, value in changed.items():
            if key not in MAY_CHANGE:
                raise RequestError(
                    f"want to go on with the run in {self.path}, but its {key} is "
                    f"{stored.get(key)!r}, not {value!r}: leave that option as it was, or choose a "
                    "new folder"
                )
        if changed:
            stored["changes"].append({"step": step, **changed})
            _write_json(file, stored | changed)

    def read(self) -> dict[str, Any]:
        """Return run.json.

        Raises:
            InputError: if there is no run, or its file is damaged.
        """
        try:
            values: dict[str, Any] = json.loads((self.path / RUN_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(
                f"want a run's folder with {RUN_FILE}, got {self.path}: {error}"
            ) from None
        return values

    def finished(self, kind: str) -> tuple[dict[str, Any], Path]:
        """Return run.json and the newest checkpoint of a run that has one.

        Args:
            kind: "autoencoder" or "upsampler": what it has to be a run of.

        Raises:
            InputError: if there is no run, it is another's, or it has no checkpoint yet.
        """
        stored = self.read()
        newest = newest_checkpoint(self.checkpoints)
        if newest is None or stored.get("kind") != kind:
            raise InputError(f"want the run of an {kind} with a checkpoint, got {self.path}")
        return stored, newest

    def clean_samples(self) -> None:
        """Delete the oldest sample pictures beyond the number that is kept."""
        for old in sorted(self.samples.glob("step-*.png"))[:-KEPT_SAMPLES]:
            old.unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out; the system lets go of the lock when this one dies.

        Raises:
            Ldm3dError: if another process trains here.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / ".lock").open("a+b") as file:
            try:
                _lock(file)
            except OSError:
                raise Ldm3dError(
                    f"another process trains in {self.path}: wait for it, or choose another folder"
                ) from None
            yield


@contextmanager
def replaced_folder(output: Path) -> Iterator[Path]:
    """Give a hidden name to write a folder under; it takes `output`'s place, whole or not at all.

    Raises:
        RequestError: if `output` holds anything but what was exported before.
        OSError: if it cannot be renamed.
    """
    output = output.absolute()
    _check_replaceable(output)
    output.parent.mkdir(parents=True, exist_ok=True)
    token = secrets.token_hex(4)
    temporary = output.with_name(f".{output.name}.{token}")
    former = output.with_name(f".{output.name}.{token}.old")
    try:
        yield temporary
        if output.exists():
            output.rename(former)
        temporary.rename(output)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if output.exists():
            shutil.rmtree(former, ignore_errors=True)


def _check_replaceable(output: Path) -> None:
    if not output.exists():
        return
    exported = any((output / name).is_file() for name in ("config.json", "model_index.json"))
    if not output.is_dir() or (any(output.iterdir()) and not exported):
        raise RequestError(
            f"want a new folder, or an exported model to replace, {output} is neither: choose "
            "another with -o"
        )


def versions() -> dict[str, str]:
    """Return the versions of what the result depends on."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _write_json(path: Path, values: Mapping[str, Any]) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    temporary.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    temporary.replace(path)


def _lock(file: IO[bytes]) -> None:
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
