"""Export (Ctrl+E): what is open, as files for other programs."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from depthfusion.panorama import Panorama
    from depthfusion.view import View


class ExportKind(Enum):
    """What can be exported here."""

    PAIR = auto()
    """Colour, and 16-bit depth beside it: nothing is lost."""
    RGBD = auto()
    """Both in one picture, depth below in 8 bits: what most players of 360° pictures read."""
    SEEN = auto()
    """The present view."""


def names_of_kinds(tr: Callable[[str], str], *, has_depth: bool) -> dict[ExportKind, str]:
    """Return what the file dialog offers, in its order.

    Args:
        tr: translates.
        has_depth: whether there is depth to export.
    """
    names = {
        ExportKind.PAIR: tr("Colour and 16-bit depth, two pictures (*.png)"),
        ExportKind.RGBD: tr("Depth below colour in one picture, 8 bits (*.png)"),
        ExportKind.SEEN: tr("What you see (*.png *.jpg)"),
    }
    if not has_depth:
        names[ExportKind.PAIR] = tr("Panorama (*.png)")
        del names[ExportKind.RGBD]
    return names


def write_export(
    panorama: Panorama, kind: ExportKind, path: Path, view: View | None = None
) -> Path:
    """Write a panorama; return the file to be shown. Takes seconds: for a thread.

    Args:
        panorama: what is open.
        kind: a pair or RGBD; what is seen is drawn by the window.
        path: of the picture; the pair's depth lies beside it.
        view: kept in a pair; None: as the panorama says.

    Raises:
        SaveError: if it cannot be written, in the words of `write_pair`.
        OSError: likewise.
    """
    from depthfusion.panorama.write import write_pair

    if kind is ExportKind.PAIR:
        return write_pair(panorama, path, view=view)[0]
    from depthfusion.gui.pictures import write_picture

    return write_picture(rgbd_from_panorama(panorama), path)


def rgbd_from_panorama(panorama: Panorama) -> NDArray[np.uint8]:
    """Return (2H, W, 3) uint8: the colour over its nearness, grey, white = near.

    Args:
        panorama: with depth; distances become disparities.
    """
    from PIL import Image

    from depthfusion.renderer.relief import relief_from_panorama

    height, width = panorama.color.shape[:2]
    nearness = relief_from_panorama(panorama).nearness
    if nearness.shape != (height, width):  # never mixed: between two surfaces there is nothing
        whole = Image.fromarray(nearness).resize((width, height), Image.Resampling.NEAREST)
        nearness = np.asarray(whole)
    gray = np.rint(np.clip(nearness, 0, 1) * np.float32(255)).astype(np.uint8)
    return np.concatenate([panorama.color, np.repeat(gray[..., None], 3, axis=2)])
