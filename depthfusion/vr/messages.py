"""What the desktop and the headset's process say to each other, as values and as framed messages.

Worlds travel as paths: the headset's process reads them itself, off its frame loop.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from depthfusion.errors import UsageError
from depthfusion.framing import FramingError, Message
from depthfusion.panorama.options import DepthIs, Layout, ReadOptions
from depthfusion.view import View

# From the desktop ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Begin:
    """Open the session; the first order, and the only one of its kind."""

    preview: bool = False
    """Without a runtime: both eyes in a window, the mouse as head."""
    standing: bool = False
    """Measure from the floor of the room instead of from the seat."""
    mirror: str = "left"
    """A `vr.drawing.Mirror`."""
    supersample: float = 1.0
    """Factor on the width and height that the runtime recommends."""
    turn_deg: float = 30.0
    """A snap turn."""
    nearest_m: float = 0.75
    """Nothing is nearer to the head's rest place."""


@dataclass(frozen=True)
class ShowWorld:
    """Read this and fade over to it; a newer one takes its place."""

    number: int
    """Told back in `Shown` and `WorldFailed`; each is greater than the one before."""
    color: str
    """Path of the picture, or of a world's folder."""
    depth: str | None = None
    options: ReadOptions = ReadOptions()
    view: View = View()
    """How it is shown at first; its yaw lies ahead of the wearer."""
    title: str = ""


@dataclass(frozen=True)
class ChangeView:
    """The person at the desktop changed how the world is shown."""

    view: View


@dataclass(frozen=True)
class TellProgress:
    """What the panel says of a world that is being made; empty words: nothing is."""

    words: str = ""
    fraction: float | None = None


@dataclass(frozen=True)
class Leave:
    """End the session."""


Order = Begin | ShowWorld | ChangeView | TellProgress | Leave

# From the headset ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ready:
    """The session runs."""

    headset: str
    runtime: str
    refresh_hz: float
    eye_px: tuple[int, int]
    """Of the targets, with the person's factor."""


@dataclass(frozen=True)
class Shown:
    """A world is in front of the wearer's eyes."""

    number: int


@dataclass(frozen=True)
class WorldFailed:
    """A world cannot be shown; the one before stays."""

    number: int
    words: str


class Wish(StrEnum):
    """What the wearer wants of the desktop."""

    NEXT = "next"
    PREVIOUS = "previous"
    AGAIN = "again"
    """Generate the world's sentence once more with a new seed."""


@dataclass(frozen=True)
class Wished:
    """The wearer pressed something that is the desktop's to do."""

    wish: Wish


@dataclass(frozen=True)
class ViewSteered:
    """The wearer changed relief or size."""

    strength: float
    world_scale: float


@dataclass(frozen=True)
class Status:
    """Something to be told beside the session, in one line; empty: all is well again."""

    words: str = ""


@dataclass(frozen=True)
class Beat:
    """The frame loop is alive; said once a second."""

    frames: int = 0


@dataclass(frozen=True)
class Ended:
    """The session is over; the process ends within seconds."""

    words: str
    """Why, in one line."""
    is_fault: bool = False
    """Whether that was nobody's wish."""


Report = Ready | Shown | WorldFailed | Wished | ViewSteered | Status | Beat | Ended

# As messages --------------------------------------------------------------------------------------

_KINDS: dict[str, type[Any]] = {
    "begin": Begin,
    "world": ShowWorld, "view": ChangeView, "progress": TellProgress, "leave": Leave,
    "ready": Ready, "shown": Shown, "world-failed": WorldFailed, "wished": Wished,
    "steered": ViewSteered, "status": Status, "beat": Beat, "ended": Ended,
}  # fmt: skip
ORDERS = ("begin", "world", "view", "progress", "leave")
"""Kinds that the headset's process understands."""


def message_from(value: Order | Report) -> Message:
    """Return the message that says `value`."""
    kind = next(name for name, known in _KINDS.items() if known is type(value))
    plain = {f.name: getattr(value, f.name) for f in fields(value)}
    return Message(kind, fields={name: _plain(item) for name, item in plain.items()})


def value_from(message: Message) -> Order | Report:
    """Return what a message says.

    Raises:
        FramingError: if it is none of ours, or says what cannot be.
    """
    kind = _KINDS.get(message.kind)
    if kind is None:
        raise FramingError(f"want {', '.join(_KINDS)}, got {message.kind[:40]!r}")
    try:
        known = {f.name: _typed(f.type, message.fields[f.name]) for f in fields(kind)
                 if f.name in message.fields}  # fmt: skip
        value: Order | Report = kind(**known)
    except (KeyError, TypeError, ValueError, UsageError) as error:
        raise FramingError(f"want a message of kind {message.kind}, got {error}") from error
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, View):
        return value.to_dict()
    if isinstance(value, ReadOptions):
        return {k: _plain(v) for k, v in asdict(value).items()}
    if isinstance(value, float) and math.isinf(value):
        return "inf"
    return list(value) if isinstance(value, tuple) else value


def _typed(kind: Any, value: Any) -> Any:
    """Return a plain value as the annotation `kind` (a string, see the top) wants it."""
    match str(kind):
        case "View":
            return View.from_dict(_mapping(value))
        case "ReadOptions":
            return _options_from(_mapping(value))
        case "tuple[int, int]":
            width, height = value
            return int(width), int(height)
        case "Wish":
            return Wish(value)
        case name if name in _PLAIN and isinstance(value, _PLAIN[name]):
            return value
    raise ValueError(f"{value!r:.60}")


_PLAIN: dict[str, tuple[type, ...]] = {
    "int": (int,), "float": (int, float), "str": (str,), "bool": (bool,),
    "str | None": (str, type(None)), "float | None": (int, float, type(None)),
}  # fmt: skip


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"no mapping: {value!r:.60}")
    return value


def _options_from(values: Mapping[str, Any]) -> ReadOptions:
    typed: dict[str, Any] = dict(values)
    typed["depth_is"] = DepthIs(values.get("depth_is", DepthIs.AUTO))
    typed["layout"] = Layout(values.get("layout", Layout.AUTO))
    for name in ("near_m", "far_m"):
        if typed.get(name) is not None:
            typed[name] = float(typed[name])
    return ReadOptions(**typed)
