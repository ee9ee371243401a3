"""Reads a world and prepares it for the GPU, step by step; in whatever process."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from depthfusion.errors import DepthFusionError
from depthfusion.vr.messages import ShowWorld

if TYPE_CHECKING:
    from depthfusion.panorama import Panorama
    from depthfusion.renderer import Stage

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wanted:
    """A world, and for which GPU."""

    order: ShowWorld
    max_texture_px: int
    """The context's limit."""
    is_software: bool
    """Whether the CPU draws: the surface is kept coarser."""
    is_worn: bool = True
    """Whether frames come first. Where the CPU draws, a preview's leave it nearly no time."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A part that can be uploaded."""

    stage: Stage
    title: str


@dataclass(frozen=True)
class Failed:
    """It cannot be shown; in one line, why."""

    words: str


def world_steps(wanted: Wanted) -> Iterator[Prepared | Failed]:
    """Yield the parts; whatever goes wrong becomes one line, and the last one."""
    name = Path(wanted.order.color).name
    try:
        yield from _steps(wanted)
    except DepthFusionError as error:
        yield Failed(str(error))
    except MemoryError:
        yield Failed(f"not enough memory to open {name}")
    except OSError as error:
        yield Failed(f"cannot open {name}: {error.strerror or error}")
    except Exception as error:  # whatever a file makes libraries do: the wearer must not wait on
        _log.exception("while opening %s", name)
        yield Failed(f"unexpected {type(error).__name__} while opening {name}; please report it")


def _steps(wanted: Wanted) -> Iterator[Prepared]:
    from depthfusion.renderer import stages

    order = wanted.order
    panorama = _read(order)
    title = order.title or panorama.title
    for stage in stages(
        panorama,
        max_texture_px=wanted.max_texture_px,
        software=wanted.is_software,
        inverted=order.view.invert_depth,
    ):
        yield Prepared(stage, title)


def _read(order: ShowWorld) -> Panorama:
    from depthfusion.panorama import read_panorama
    from depthfusion.panorama.world_folder import files_of_world

    color, depth = order.color, order.depth
    if depth is None and Path(color).is_dir():
        files = files_of_world(color)
        color, depth = str(files.color), None if files.depth is None else str(files.depth)
    return read_panorama(color, depth, order.options)
