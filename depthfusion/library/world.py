"""One world of the library, as it is listed: `World`, read from its folder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from depthfusion.library.words import searchable
from depthfusion.panorama.world_folder import ABOUT, COLOR, DEPTH, MAX_ABOUT_BYTES, THUMBNAIL

MAX_TITLE_CHARS = 200
_FINER_WITHIN_S = 10
_LATEST_S = 32_503_680_000.0
"""The year 3000: later, some systems know no dates, nor before 1970."""
_MAX_SEED = 2**63 - 1
_WORDS = ("family", "style", "preset", "scheduler", "sampler")
"""Keys of world.json, of its recipe and of its request whose values can be searched."""


@dataclass(frozen=True)
class World:
    """What a list shows of a world. Everything else stands in its world.json: `Library.about`."""

    folder: Path
    title: str
    prompt: str = ""
    created_s: float = 0.0
    """Seconds since 1970, UTC."""
    is_favourite: bool = False
    comment: str = ""
    size_px: tuple[int, int] | None = None
    """(width, height) of the colour picture, when it is told."""
    has_depth: bool = False
    seed: int | None = None
    model: str = ""
    """Its name, without the folders before it."""
    problem: str = ""
    """Why this world is damaged, in a few words; empty when nothing was seen."""

    @property
    def name(self) -> str:
        """What identifies the world in its library: the name of its folder."""
        return self.folder.name

    @property
    def thumbnail(self) -> Path:
        """A small JPEG of the picture; it may be missing."""
        return self.folder / THUMBNAIL

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able values."""
        created = datetime.fromtimestamp(self.created_s, UTC).isoformat(timespec="seconds")
        return {
            "name": self.name, "title": self.title, "folder": str(self.folder),
            "prompt": self.prompt, "created": created, "favourite": self.is_favourite,
            "comment": self.comment, "size_px": list(self.size_px) if self.size_px else None,
            "has_depth": self.has_depth, "seed": self.seed, "model": self.model,
            "problem": self.problem,
        }  # fmt: skip


@dataclass(frozen=True)
class Read:
    """A world as the index takes it."""

    world: World
    words: str
    stamp: str


def stamp_of(folder: str | os.PathLike[str]) -> str:
    """Return a mark that changes when a world does; "" when the folder is gone.

    From the folder (a file came, went or was replaced) and its world.json (edited in place). A scan
    asks for it 20,000 times: with `Path` it would take three times as long.
    """
    try:
        outside = os.stat(folder).st_mtime_ns  # noqa: PTH116 - see above
    except OSError:
        return ""
    try:
        about = os.stat(f"{os.fspath(folder)}{os.sep}{ABOUT}")  # noqa: PTH116 - see above
    except OSError:
        return f"{outside}"
    return f"{outside} {about.st_mtime_ns} {about.st_size} {about.st_ino}"


def read_world(folder: Path) -> Read | None:
    """Read a world for the index; None for a folder that is none."""
    stamp = stamp_of(folder)
    about, problem = read_about(folder)
    if about is None and not _is_damaged_world(folder):
        return None
    about = about or {}
    problem = problem or _missing(folder, about)
    recipe = _mapping(about, "generation")
    prompt = _text(recipe.get("prompt"))
    world = World(
        folder=folder,
        title=_title(about.get("title")) or _title(prompt) or folder.name,
        prompt=prompt,
        created_s=_created_s(folder, about),
        is_favourite=about.get("favourite") is True,
        comment=_text(about.get("comment")),
        size_px=_size(about.get("size_px")),
        has_depth=_is_file(folder / DEPTH),
        seed=_seed(recipe.get("seed")),
        model=_model(recipe),
        problem=problem,
    )
    words = searchable(world.title, prompt, world.comment, " ".join(_more_words(about, world)))
    return Read(world, words, stamp)


def read_about(folder: Path) -> tuple[dict[str, Any] | None, str]:
    """Return what stands in a world.json and what is wrong with it.

    None when there is no such file, {} when it cannot be understood.
    """
    path = folder / ABOUT
    try:
        if path.stat().st_size > MAX_ABOUT_BYTES:
            return {}, f"{ABOUT} is too large"
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None, f"{ABOUT} is missing"
    except OSError as error:
        return {}, f"{ABOUT} cannot be read: {error.strerror}"
    except (ValueError, RecursionError):
        return {}, f"{ABOUT} is damaged"
    return (found, "") if isinstance(found, dict) else ({}, f"{ABOUT} is damaged")


def title_from(text: str) -> str:
    """Return a text as a title: one line, not endless."""
    return " ".join(text.split())[:MAX_TITLE_CHARS]


def _is_damaged_world(folder: Path) -> bool:
    """Whether a folder without world.json was a world: nobody else has such a pair of names."""
    return _is_file(folder / COLOR) and any(_is_file(folder / n) for n in (DEPTH, THUMBNAIL))


def _is_file(path: Path) -> bool:
    """`Path.is_file`, False also where that may not be known."""
    try:
        return path.is_file()
    except OSError:
        return False


def _missing(folder: Path, about: Mapping[str, Any]) -> str:
    wanted = (COLOR, DEPTH) if about.get("depth_is") else (COLOR,)
    for name in wanted:
        try:
            if (folder / name).stat().st_size == 0:
                return f"{name} is empty"
        except OSError:
            return f"{name} is missing"
    return ""


def _created_s(folder: Path, about: Mapping[str, Any]) -> float:
    """Return when a world was made; from the file's own time where world.json does not say.

    world.json tells whole seconds; the file's time is finer, so that worlds keep their order.
    """
    written_s = 0.0
    for name in (ABOUT, COLOR):
        with suppress(OSError):
            written_s = (folder / name).stat().st_mtime
            break
    try:
        told = datetime.fromisoformat(about["created"])
        told_s = (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()
    except (KeyError, TypeError, ValueError, OverflowError):
        told_s = written_s
    exact_s = written_s if 0 <= written_s - told_s < _FINER_WITHIN_S else told_s
    return min(max(exact_s, 0.0), _LATEST_S)


def _more_words(about: Mapping[str, Any], world: World) -> Iterator[str]:
    yield world.model
    for part in (about, *(_mapping(about, key) for key in ("generation", "request", "imported"))):
        for key in _WORDS:
            value = part.get(key)
            for item in value if isinstance(value, list) else [value]:
                yield _text(item)
    yield _text(_mapping(about, "imported").get("color"))


def _mapping(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = values.get(key)
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    """Return a text that the index can hold; "" for anything else."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _title(value: Any) -> str:
    return title_from(_text(value))


def _model(recipe: Mapping[str, Any]) -> str:
    name = _text(_mapping(recipe, "made_with").get("model")) or _text(recipe.get("model"))
    return name.rstrip("/\\").replace("\\", "/").rpartition("/")[2]


def _seed(value: Any) -> int | None:
    return value if type(value) is int and abs(value) <= _MAX_SEED else None


def _size(value: Any) -> tuple[int, int] | None:
    if isinstance(value, list) and len(value) == 2:
        width, height = value
        if type(width) is int and type(height) is int and 0 < width < 10**6 > height > 0:
            return width, height
    return None
