"""A set of RGBD panoramas on disk, made for training: memory-mapped arrays in shards.

    FOLDER/
      set.json               version, width, height, near_m, far_m (null: infinity), seamless
      shard-00000/
        color.npy            (n, H, W, 3) uint8, sRGB
        depth.npy            (n, H, W) uint16: 65535 = near_m or nearer, 0 = far_m
        worlds.jsonl         n lines: family, seed, variant, captions, tags

A shard appears whole (written under a temporary name, then renamed), so a set that is still being
made, or whose making was killed, is a smaller set. Pictures by procedural code and prepared
photographs share this format.
"""

from __future__ import annotations

import bisect
import errno
import json
import math
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ldm3d.errors import InputError, Ldm3dError

SET_VERSION = 1
_SET_FILE = "set.json"
_BEGUN_FILE = "making.json"


@dataclass(frozen=True)
class SetInfo:
    """What holds for every picture of a set."""

    width: int
    height: int
    near_m: float | None
    """Metres of depth 1, one for the whole set; None where depth has no scale."""
    far_m: float | None
    """Metres of depth 0, may be infinity; None where depth has no scale."""
    seamless: bool = True
    """Whether the pictures wrap around; photographs do not."""


@dataclass(frozen=True)
class Facts:
    """What is known of one picture besides its pixels."""

    captions: tuple[str, ...]
    family: str = ""
    seed: int = 0
    variant: int = 0
    tags: Mapping[str, str] = field(default_factory=dict)
    """Such as hour, weather, season: what a classifier can be taught."""


class WorldSet:
    """Reads a set; pictures stay on disk until they are asked for."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        """Open a set.

        Raises:
            InputError: if there is none, or it holds no picture yet.
        """
        self.folder = Path(folder)
        self.info = read_info(self.folder)
        self._color: list[NDArray[np.uint8]] = []
        self._depth: list[NDArray[np.uint16]] = []
        self.facts: list[Facts] = []
        self._ends: list[int] = []
        self._names: list[str] = []
        for shard in sorted(self.folder.glob("shard-*")):
            self._open(shard)
        if not self.facts:
            raise InputError(f"want a set with pictures in {self.folder}, it holds none yet")

    def _open(self, shard: Path) -> None:
        try:
            color = np.load(shard / "color.npy", mmap_mode="r")
            depth = np.load(shard / "depth.npy", mmap_mode="r")
            facts = read_facts(shard)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise InputError(f"cannot read {shard}: {error}; delete it and make it anew") from error
        size = (self.info.height, self.info.width)
        if color.shape != (len(facts), *size, 3) or depth.shape != (len(facts), *size):
            raise InputError(
                f"want {len(facts)} pictures of {size[1]}x{size[0]} in {shard}, got {color.shape} "
                f"and {depth.shape}; delete it and make it anew"
            )
        self._color.append(color)
        self._depth.append(depth)
        self.facts += facts
        self._ends.append(len(self.facts))
        self._names.append(shard.name)

    def __len__(self) -> int:
        return len(self.facts)

    @property
    def shards(self) -> list[tuple[str, range]]:
        """Return the name and the picture numbers of each shard, in order."""
        return [
            (name, range(start, end))
            for name, start, end in zip(self._names, [0, *self._ends], self._ends, strict=False)
        ]

    def _place(self, index: int) -> tuple[int, int]:
        shard = bisect.bisect_right(self._ends, index)
        return shard, index - (self._ends[shard - 1] if shard else 0)

    def color(self, index: int) -> NDArray[np.uint8]:
        """Return one picture, (H, W, 3) uint8 sRGB."""
        shard, row = self._place(index)
        picture: NDArray[np.uint8] = self._color[shard][row]
        return picture

    def depth(self, index: int) -> NDArray[np.float32]:
        """Return its depth, (H, W) float32 in [0, 1], 1 = nearer."""
        shard, row = self._place(index)
        depth: NDArray[np.float32] = self._depth[shard][row] / np.float32(65535)
        return depth


def read_info(folder: Path) -> SetInfo:
    """Return what holds for a whole set.

    Raises:
        InputError: if the folder is no set.
    """
    try:
        values = json.loads((folder / _SET_FILE).read_text(encoding="utf-8"))
        far = math.inf if values["far_m"] is None else float(values["far_m"])
        near, size = values["near_m"], (values["width"], values["height"])
        seamless = bool(values.get("seamless", True))
        return SetInfo(*size, near, None if near is None else far, seamless)
    except FileNotFoundError:
        raise InputError(
            f"want a set of worlds ({_SET_FILE} and shards), {folder} has none: make one with "
            "`python -m ldm3d data make` or `data prepare`"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"cannot read {folder / _SET_FILE}: {error}") from error


def begin_set(folder: Path, info: SetInfo) -> None:
    """Make an empty set, or check that what is there holds the same kind of pictures.

    Raises:
        InputError: if the folder already holds a set of another size or range.
    """
    if (folder / _SET_FILE).exists():
        if read_info(folder) != info:
            raise InputError(f"{folder} already holds a set of another kind: choose a new folder")
        for left in folder.glob(".shard-*"):  # of a run that was killed
            shutil.rmtree(left, ignore_errors=True)
        return
    folder.mkdir(parents=True, exist_ok=True)
    values = {"version": SET_VERSION, **asdict(info)}
    if info.far_m is not None and math.isinf(info.far_m):
        values["far_m"] = None
    temporary = folder / f".{_SET_FILE}.{secrets.token_hex(4)}"
    temporary.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    temporary.replace(folder / _SET_FILE)


def check_begun(folder: Path, values: Mapping[str, Any]) -> None:
    """Write down the options a set is begun with, or check that they are the same.

    Raises:
        InputError: if the set was begun with others; the text names one.
    """
    path = folder / _BEGUN_FILE
    if path.is_file():
        begun = json.loads(path.read_text(encoding="utf-8"))
        other = sorted(name for name in values if begun.get(name) != values[name])
        if other:
            name = other[0]
            raise InputError(
                f"{folder} was begun with {name} {begun.get(name)}, not {values[name]}: give the "
                "same options to go on, or choose a new folder"
            )
        return
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    temporary.replace(path)


@contextmanager
def full_disk_explained(folder: Path, kept: Callable[[], str]) -> Iterator[None]:
    """Say in one line that the disk is full.

    Args:
        folder: of the set.
        kept: says what stays, such as "512 worlds are kept".

    Raises:
        Ldm3dError: instead of the system's error.
    """
    try:
        yield
    except OSError as error:
        # NumPy tells a full disk as "N requested and M written", without a number.
        if error.errno not in (errno.ENOSPC, errno.EDQUOT) and "written" not in str(error):
            raise
        raise Ldm3dError(
            f"no space left on the disk of {folder}: {kept()}; free some space and give the same "
            "command again to go on"
        ) from error


def write_shard(
    folder: Path,
    number: int,
    color: NDArray[np.uint8],
    depth: NDArray[np.uint16],
    facts: Sequence[Facts],
    more: Mapping[str, str] | None = None,
) -> Path:
    """Write one shard; it appears whole or not at all, and replaces one of the same number.

    Args:
        folder: of the set, begun with `begin_set`.
        number: of the shard.
        color: (n, H, W, 3) uint8.
        depth: (n, H, W) uint16, 65535 = nearest.
        facts: n of them.
        more: further files of the shard, name -> text.
    """
    name = f"shard-{number:05d}"
    temporary = folder / f".{name}.{secrets.token_hex(4)}"
    temporary.mkdir()
    try:
        np.save(temporary / "color.npy", color)
        np.save(temporary / "depth.npy", depth)
        lines = (json.dumps(asdict(fact), ensure_ascii=False) for fact in facts)
        (temporary / "worlds.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        for file, text in (more or {}).items():
            (temporary / file).write_text(text, encoding="utf-8")
        shutil.rmtree(folder / name, ignore_errors=True)
        return temporary.rename(folder / name)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def shard_numbers(folder: Path) -> set[int]:
    """Return the numbers of the shards that are there: where a resumed run goes on."""
    return {int(shard.name.removeprefix("shard-")) for shard in folder.glob("shard-*")}


def read_facts(shard: Path) -> list[Facts]:
    """Return what is known of the pictures of a shard, in order."""
    lines = (shard / "worlds.jsonl").read_text(encoding="utf-8").splitlines()
    return [_facts(json.loads(line)) for line in lines]


def _facts(values: Mapping[str, Any]) -> Facts:
    return Facts(**{**values, "captions": tuple(values["captions"])})
