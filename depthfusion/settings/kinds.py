"""Kinds of values: each knows what it accepts, from a TOML file and from a typed word."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_YES, _NO = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}
MAX_TEXT = 4096


class Kind(ABC):
    """What one setting may be. All methods raise `ValueError` on what it cannot be."""

    @property
    @abstractmethod
    def wanted(self) -> str:
        """What is accepted, as in "want ..."."""

    @abstractmethod
    def checked(self, value: object) -> Any:
        """Return a value of a TOML file, or of this program, as the setting has it."""

    def from_text(self, text: str) -> Any:
        """Return the value that a person typed, on a command line or in the environment."""
        return self.checked(text)

    def plain(self, value: Any) -> Any:
        """Return the value as TOML and JSON can hold it."""
        return value


@dataclass(frozen=True)
class Choice(Kind):
    """One of a few words; a `StrEnum`'s members are given as such."""

    options: tuple[str, ...]

    @property
    def wanted(self) -> str:  # noqa: D102  # as in Kind
        return ", ".join(self.options)

    def checked(self, value: object) -> str:  # noqa: D102
        for option in self.options:
            if isinstance(value, str) and value.strip().lower() == option:
                return option
        raise ValueError(self.wanted)

    def plain(self, value: Any) -> str:  # noqa: D102
        return str(value)


@dataclass(frozen=True)
class Switch(Kind):
    """Yes or no."""

    @property
    def wanted(self) -> str:  # noqa: D102
        return "true or false"

    def checked(self, value: object) -> bool:  # noqa: D102
        if isinstance(value, bool):
            return value
        raise ValueError(self.wanted)

    def from_text(self, text: str) -> bool:  # noqa: D102
        word = text.strip().lower()
        if word in _YES | _NO:
            return word in _YES
        raise ValueError(self.wanted)


@dataclass(frozen=True)
class Number(Kind):
    """A finite number from `low` to `high`."""

    low: float
    high: float

    @property
    def wanted(self) -> str:  # noqa: D102
        return f"a number from {self.low:g} to {self.high:g}"

    def checked(self, value: object) -> float:  # noqa: D102
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(self.wanted)
        return self._within(value)

    def from_text(self, text: str) -> float:  # noqa: D102
        try:
            return self._within(float(text))
        except ValueError:
            raise ValueError(self.wanted) from None

    def _within(self, value: float) -> float:
        if not (math.isfinite(value) and self.low <= value <= self.high):
            raise ValueError(self.wanted)
        return float(value)


@dataclass(frozen=True)
class Whole(Kind):
    """A whole number from `low` to `high`."""

    low: int
    high: int

    @property
    def wanted(self) -> str:  # noqa: D102
        return f"a whole number from {self.low} to {self.high}"

    def checked(self, value: object) -> int:  # noqa: D102
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(self.wanted)
        if not self.low <= value <= self.high:
            raise ValueError(self.wanted)
        return value

    def from_text(self, text: str) -> int:  # noqa: D102
        try:
            return self.checked(int(text))
        except ValueError:
            raise ValueError(self.wanted) from None


@dataclass(frozen=True)
class Text(Kind):
    """A line of text that is not empty; `pattern`, where given, must match all of it."""

    what: str = "a line of text"
    pattern: str = ""

    @property
    def wanted(self) -> str:  # noqa: D102
        return self.what

    def checked(self, value: object) -> str:  # noqa: D102
        if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT:
            raise ValueError(self.wanted)
        text = value.strip()
        if not text.isprintable() or (self.pattern and not re.fullmatch(self.pattern, text)):
            raise ValueError(self.wanted)
        return text


@dataclass(frozen=True)
class Folder(Kind):
    """An absolute path; `~` is this person's home. The folder need not exist."""

    @property
    def wanted(self) -> str:  # noqa: D102
        return "the absolute path of a folder"

    def checked(self, value: object) -> Path:  # noqa: D102
        if not isinstance(value, str | Path) or not str(value).strip() or "\0" in str(value):
            raise ValueError(self.wanted)
        try:
            path = Path(value).expanduser()
        except RuntimeError:  # "~somebody" whom this machine does not know
            raise ValueError(self.wanted) from None
        if not path.is_absolute():
            raise ValueError(self.wanted)
        return path

    def from_text(self, text: str) -> Path:
        """Return the path; a relative one is meant from where it was typed."""
        if not text.strip():
            raise ValueError(self.wanted)
        try:
            return self.checked(str(Path(text).expanduser().absolute()))
        except RuntimeError:
            raise ValueError(self.wanted) from None

    def plain(self, value: Any) -> str:  # noqa: D102
        return str(value)


@dataclass(frozen=True)
class Size(Kind):
    """Width and height in pixels of a panorama: 2:1, multiples of `step`; in a file "1024x512"."""

    low: int = 128
    high: int = 16384
    step: int = 64

    @property
    def wanted(self) -> str:  # noqa: D102
        return f"WIDTHxHEIGHT, twice as wide as high, multiples of {self.step}, as in 1024x512"

    def checked(self, value: object) -> tuple[int, int]:  # noqa: D102
        if isinstance(value, str):
            match = re.fullmatch(r"\s*(\d{1,5})\s*[x×]\s*(\d{1,5})\s*", value)
            value = (int(match[1]), int(match[2])) if match else None
        if not (isinstance(value, tuple | list) and len(value) == 2):
            raise ValueError(self.wanted)
        width, height = value
        if not (isinstance(width, int) and isinstance(height, int)):
            raise ValueError(self.wanted)
        is_known = width == 2 * height and height % self.step == 0
        if not (is_known and self.low <= width <= self.high):
            raise ValueError(self.wanted)
        return width, height

    def plain(self, value: Any) -> str:  # noqa: D102
        return f"{value[0]}x{value[1]}"


@dataclass(frozen=True)
class Names(Kind):
    """Several short names, each once, in their order."""

    @property
    def wanted(self) -> str:  # noqa: D102
        return "a list of names"

    def checked(self, value: object) -> tuple[str, ...]:  # noqa: D102
        if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
            raise ValueError(self.wanted)
        return tuple(dict.fromkeys(str(name) for name in value if name))

    def from_text(self, text: str) -> tuple[str, ...]:
        """Return the names of a line, with commas between them."""
        return self.checked([name.strip() for name in text.split(",")])

    def plain(self, value: Any) -> list[str]:  # noqa: D102
        return list(value)
