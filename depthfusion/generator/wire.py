"""Events as messages and back: what each event is called and carries on the stream."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from depthfusion.errors import DepthFusionError
from depthfusion.framing import Array, FramingError, Message
from depthfusion.generator.events import Event, Failed, Failure, Finished, Loading, Preview, Step
from depthfusion.panorama.panorama import DepthMeaning, Panorama, Provenance

_FINISHED_FIELDS = ("image", "count", "seconds", "seam_color", "seam_depth")


def message_from_event(job: int, event: Event) -> Message:
    """Return the message that carries an event of a job."""
    if isinstance(event, Preview):
        place = {"index": event.index, "total": event.total, "image": event.image}
        return Message("preview", job, place, (event.color, event.depth))
    if isinstance(event, Finished):
        values = {name: getattr(event, name) for name in _FINISHED_FIELDS}
        panorama, arrays = _taken_apart(event.panorama)
        values |= {"notes": list(event.notes), "panorama": panorama}
        return Message("finished", job, values, arrays)
    values = {field.name: getattr(event, field.name) for field in fields(event)}
    if isinstance(event, Failed):
        return Message("failed", job, values | {"failure": values.pop("kind").value})
    return Message("loading" if isinstance(event, Loading) else "step", job, values)


def event_from_message(message: Message) -> Event:
    """Return the event a message carries.

    Raises:
        FramingError: if it carries none, or one that cannot be.
    """
    try:
        return _event(message.kind, dict(message.fields), message.arrays)
    except (KeyError, TypeError, ValueError, DepthFusionError) as error:
        raise FramingError(f"want an event, got a {message.kind} that is none: {error}") from error


def _event(kind: str, values: dict[str, Any], arrays: tuple[Array, ...]) -> Event:
    match kind:
        case "loading":
            return Loading(**values)
        case "step":
            return Step(**values)
        case "preview":
            color, depth = arrays
            _check_preview(color, depth)
            return Preview(color=color, depth=depth, **values)
        case "finished":
            panorama = _put_together(values.pop("panorama"), arrays)
            return Finished(panorama, notes=tuple(values.pop("notes")), **values)
        case "failed":
            return Failed(kind=Failure(values.pop("failure")), **values)
    raise FramingError("no event is called so")


def _check_preview(color: Array, depth: Array) -> None:
    if color.dtype != np.uint8 or color.ndim != 3 or color.shape[2] != 3:
        raise FramingError(f"want a preview (h, w, 3) uint8, got {color.shape} {color.dtype}")
    if depth.dtype != np.float32 or depth.ndim != 2:
        raise FramingError(f"want its depth (h, w) float32, got {depth.shape} {depth.dtype}")


def _taken_apart(panorama: Panorama) -> tuple[dict[str, Any], tuple[Array, ...]]:
    present = {"color": panorama.color, "depth": panorama.depth, "holes": panorama.holes}
    arrays = {name: array for name, array in present.items() if array is not None}
    made = panorama.provenance
    values = {
        "arrays": list(arrays),
        "meaning": panorama.meaning.value,
        "near_m": panorama.near_m,
        "far_m": "inf" if panorama.far_m == math.inf else panorama.far_m,
        "title": panorama.title,
        "color_source": made.color_source,
        "depth_source": made.depth_source,
        "notes": list(made.notes),
        "generation": dict(made.generation),
        "view": dict(made.view),
    }
    return values, tuple(arrays.values())


def _put_together(values: Mapping[str, Any], arrays: tuple[Array, ...]) -> Panorama:
    named = dict(zip(values["arrays"], arrays, strict=True))
    far_m = values["far_m"]
    return Panorama(
        **named,
        meaning=DepthMeaning(values["meaning"]),
        near_m=values["near_m"],
        far_m=None if far_m is None else float(far_m),
        title=values["title"],
        provenance=Provenance(
            color_source=values["color_source"],
            depth_source=values["depth_source"],
            notes=tuple(values["notes"]),
            generation=values["generation"],
            view=values["view"],
        ),
    )
