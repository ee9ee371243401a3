"""All settings: the one place that knows name, type, range, default and meaning of each."""
# ruff: noqa: RUF009  # _setting is dataclasses.field by a shorter name

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from depthfusion.errors import UsageError
from depthfusion.settings.kinds import (
    Choice,
    Folder,
    Kind,
    Names,
    Number,
    Size,
    Switch,
    Text,
    Whole,
)

STEREO_MODES = (
    "mono", "side-by-side", "side-by-side-half", "top-bottom", "top-bottom-half", "anaglyph",
    "rows", "columns", "cross-eyed",
)  # fmt: skip
"""Values of `depthfusion.view.Stereo`, which lies above this package."""
SCHEDULERS = ("ddim", "dpm++2m-karras", "unipc", "euler", "lcm", "tcd")
"""Names of `ldm3d.solvers.SCHEDULERS`."""


class Theme(StrEnum):
    """Which palette windows have."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Units(StrEnum):
    """How lengths are told."""

    METRIC = "metric"
    IMPERIAL = "imperial"


class Wish(StrEnum):
    """On, off, or as the system or the machine suggests."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


class PictureQuality(StrEnum):
    """How much the view may cost."""

    AUTO = "auto"
    """As much as keeps it smooth on this machine."""
    FAST = "fast"
    BEST = "best"


def _setting(kind: Kind, default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"kind": kind, "meaning": meaning})


def _words(kind: type[StrEnum]) -> Choice:
    return Choice(tuple(member.value for member in kind))


@dataclass(frozen=True)
class Settings:
    """What a person has chosen. Replaced, never mutated; `Store` reads and keeps them.

    The meaning, with unit, of each field stands in its declaration; None, where a field may be
    None, is told there too. `SPECS` gives kind, default and meaning to whoever shows them.
    """

    library: Path | None = _setting(
        Folder(), None, "folder of the kept worlds; none: the platform's data place"
    )
    theme: Theme = _setting(_words(Theme), Theme.SYSTEM, "palette of the windows")
    units: Units = _setting(_words(Units), Units.METRIC, "metres, or feet and inches")
    language: str = _setting(
        Text('"system", or a language such as de or pt_BR', r"system|[a-z]{2,3}(_[A-Z]{2})?"),
        "system",
        "of the windows",
    )
    mouse_sensitivity: float = _setting(
        Number(0.1, 10.0), 1.0, "how far a drag turns; at 1 the picture sticks to the pointer"
    )
    mouse_invert: bool = _setting(Switch(), False, "a drag moves the gaze, not the picture")
    mouse_wheel: float = _setting(
        Number(-10.0, 10.0), 1.0, "how far a notch zooms; below 0 the other way, 0 not at all"
    )
    inertia: bool = _setting(Switch(), True, "the view glides on after a drag")
    reduced_motion: Wish = _setting(
        _words(Wish), Wish.AUTO, "nothing moves by itself; auto: as the system says"
    )
    idle_turn: bool = _setting(Switch(), True, "a bundled world turns slowly until it is touched")
    idle_sway: bool = _setting(Switch(), False, "the head sways gently when nothing is done")
    quality: PictureQuality = _setting(
        _words(PictureQuality), PictureQuality.AUTO, "how much work the view may be"
    )
    stereo: str = _setting(Choice(STEREO_MODES), "mono", "how a screen shows two eyes")
    eye_separation_mm: float = _setting(
        Number(0.0, 1000.0), 63.0, "between the eyes, in millimetres; not in a headset"
    )
    convergence_m: float = _setting(
        Number(0.1, 1e6), 2.0, "distance in metres that lies in the plane of the screen"
    )
    model: str | None = _setting(
        Text("a model's name, folder or hub id"), None, "that generates; none: as installed"
    )
    keep_model: bool = _setting(Switch(), True, "the model stays loaded between two worlds")
    low_memory: Wish = _setting(
        _words(Wish), Wish.AUTO, "generate with less memory, slower; auto: where it is short"
    )
    preview_rate: float = _setting(
        Number(0.0, 10.0), 2.0, "most previews a second while a world forms; 0: none"
    )
    steps: int | None = _setting(Whole(1, 1000), None, "denoising steps; none: the model's")
    guidance: float | None = _setting(
        Number(0.0, 100.0), None, "how closely the prompt is followed; none: the model's"
    )
    size: tuple[int, int] | None = _setting(Size(), None, "of new worlds; none: the model's")
    scheduler: str | None = _setting(
        Choice(SCHEDULERS), None, "way from noise to picture; none: the model's"
    )
    cards_seen: tuple[str, ...] = _setting(Names(), (), "cards that were put away for good")


@dataclass(frozen=True)
class Spec:
    """One setting, as a list, a dialog or a page of documentation shows it."""

    name: str
    kind: Kind
    default: Any
    meaning: str

    @property
    def variable(self) -> str:
        """The environment's variable that overrides it."""
        return f"DEPTHFUSION_{self.name.upper()}"

    @property
    def may_be_none(self) -> bool:
        """Whether it can be left to something else."""
        return self.default is None

    @property
    def wanted(self) -> str:
        """What it accepts."""
        return f"{self.kind.wanted}, or none" if self.may_be_none else self.kind.wanted

    def checked(self, value: object) -> Any:
        """Return a value as `Settings` has it.

        Raises:
            UsageError: if it cannot be.
        """
        if value is None and self.may_be_none:
            return None
        try:
            return self._typed(self.kind.checked(value))
        except ValueError as error:
            raise self._refused(value) from error

    def from_text(self, text: str) -> Any:
        """Return what a person typed; "none" for None where that can be.

        Raises:
            UsageError: if it cannot be.
        """
        if self.may_be_none and text.strip().lower() == "none":
            return None
        try:
            return self._typed(self.kind.from_text(text))
        except ValueError as error:
            raise self._refused(text) from error

    def plain(self, value: Any) -> Any:
        """Return a value as TOML (never None) and JSON hold it."""
        return None if value is None else self.kind.plain(value)

    def shown(self, value: Any) -> str:
        """Return a value as it can be typed again."""
        plain = self.plain(value)
        if isinstance(plain, list):
            return ",".join(plain)
        if isinstance(plain, bool):
            return str(plain).lower()
        if isinstance(plain, float):
            return f"{plain:g}"
        return "none" if plain is None else str(plain)

    def _typed(self, value: Any) -> Any:
        return type(self.default)(value) if isinstance(self.default, StrEnum) else value

    def _refused(self, value: object) -> UsageError:
        return UsageError(f"want {self.name} as {self.wanted}; got {value!r:.80}")


SPECS: Mapping[str, Spec] = {
    f.name: Spec(f.name, f.metadata["kind"], f.default, f.metadata["meaning"])
    for f in fields(Settings)
}
"""Name -> all that is known about a setting."""


def spec(name: str) -> Spec:
    """Return a setting by its name; "-" may stand for "_".

    Raises:
        UsageError: if there is none.
    """
    found = SPECS.get(name.strip().lower().replace("-", "_"))
    if found is not None:
        return found
    near = difflib.get_close_matches(name, SPECS, 1)
    hint = f"did you mean {near[0]}?" if near else "`depthfusion settings list` shows all"
    raise UsageError(f"want the name of a setting, got {name!r:.80}: {hint}")
