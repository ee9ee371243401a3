"""Small made-up photographs with captions and depth, in folders and tars, for tests."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SIDE = 64


def pixels(seed: int, width: int = SIDE, height: int = SIDE) -> np.ndarray:
    """Return smooth colors that the seed chooses, (height, width, 3) uint8."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 255, (4, 4, 3)).astype(np.uint8))
    return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))


def encoded(array: np.ndarray, form: str = "PNG", **options: Any) -> bytes:
    """Return a picture's file."""
    file = io.BytesIO()
    Image.fromarray(array).save(file, form, **options)
    return file.getvalue()


def photo(seed: int, width: int = SIDE, height: int = SIDE, form: str = "JPEG") -> bytes:
    """Return the file of a photograph."""
    return encoded(pixels(seed, width, height), form)


def ramp(width: int = SIDE, height: int = SIDE, least: int = 0, most: int = 65535) -> bytes:
    """Return the file of a 16-bit depth map that grows from left to right."""
    row = np.linspace(least, most, width).round().astype(np.uint16)
    return encoded(np.tile(row, (height, 1)))


def sample(number: int, width: int = SIDE, height: int = SIDE, **more: bytes) -> dict[str, bytes]:
    """Return the files of one good sample, suffix -> bytes; `more` replaces, empty leaves out."""
    files = {
        "jpg": photo(number, width, height),
        "txt": f"picture number {number}".encode(),
        "depth.png": ramp(width, height, most=30000 + number),
    }
    named = {suffix.replace("_", "."): data for suffix, data in more.items()}
    return {suffix: data for suffix, data in {**files, **named}.items() if data}


def folder_of(root: Path, samples: Mapping[str, Mapping[str, bytes]]) -> Path:
    """Write samples as loose files."""
    for key, files in samples.items():
        for suffix, data in files.items():
            path = root / f"{key}.{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return root


def tar_of(path: Path, samples: Mapping[str, Mapping[str, bytes]]) -> Path:
    """Write samples as webdataset does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as tar:
        for key, files in samples.items():
            for suffix, data in files.items():
                member = tarfile.TarInfo(f"{key}.{suffix}")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    return path


def good(count: int, first: int = 0) -> dict[str, dict[str, bytes]]:
    """Return so many good samples."""
    return {f"{number:05d}": sample(number) for number in range(first, first + count)}


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a JSON-lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def failures(folder: Path) -> dict[str, str]:
    """Return key -> filter of what was left out of a set."""
    path = folder / "failures.jsonl"
    return {line["key"]: line["filter"] for line in lines_of(path)} if path.exists() else {}


def content(folder: Path) -> dict[str, bytes]:
    """Return all files of a set."""
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.*"))
    }
