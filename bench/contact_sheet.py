"""A sheet of every pair in a folder, to be judged by eye.

    python -m bench.contact_sheet ../shared/testdata/rgbd_pairs -o out/bench/sheet.png

A row each: the picture, its depth as it was understood (white = near, black = far), the view from
20 cm left and from 20 cm right, the view shaded by depth; above them the file names and every
note of the reader. What was refused stands there with its sentence.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from depthfusion.errors import DepthFusionError
from depthfusion.panorama import DepthMeaning, Panorama, read_panorama
from depthfusion.renderer.offscreen import OffscreenRenderer
from depthfusion.view import Shading, View

CELL_PX = (480, 270)
ASIDE_M = 0.2
NOTE_COLUMNS, LINE_PX = 260, 14
_ENDINGS = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".exr", ".npy", ".npz", ".pfm"}


@dataclass(frozen=True)
class Pair:
    """Two files that belong together, or one that stands alone."""

    color: Path
    depth: Path | None

    @property
    def title(self) -> str:
        """Return the files' names with their folder."""
        names = self.color.name + (f" + {self.depth.name}" if self.depth else "")
        return f"{self.color.parent.name}/{names}"


def pairs_in(folder: Path) -> Iterator[Pair]:
    """Yield the pairs below `folder`: a depth map goes with the picture named most like it."""
    for place in sorted({folder, *(p for p in folder.rglob("*") if p.is_dir())}):
        files = sorted(p for p in place.iterdir() if p.suffix.lower() in _ENDINGS)
        depths = [p for p in files if "depth" in p.stem.lower()]
        colors = [p for p in files if p not in depths]
        if not depths or not colors:
            yield from (Pair(p, None) for p in files)
            continue
        for depth in depths:
            wanted = depth.stem.lower().replace("depth", "rgb")
            alike = [p for p in colors if p.stem.lower() == wanted]
            yield Pair((alike or colors)[0], depth)


def nearness_picture(panorama: Panorama) -> NDArray[np.uint8]:
    """Return the depth as gray (h, w, 3), white = nearest; black without any."""
    if panorama.depth is None:
        return np.zeros((64, 128, 3), np.uint8)
    nearness = panorama.depth
    if panorama.meaning is DepthMeaning.DISTANCE:
        disparity = 1 / panorama.depth
        span = max(float(np.ptp(disparity)), 1e-9)
        nearness = (disparity - disparity.min()) / span
    gray = np.rint(nearness * 255).astype(np.uint8)
    return np.repeat(gray[..., None], 3, axis=2)


def row_of(pair: Pair, renderer: OffscreenRenderer, yaw_deg: float) -> Image.Image:
    """Return one row of the sheet."""
    try:
        panorama = read_panorama(pair.color, pair.depth)
    except DepthFusionError as error:
        return labelled([], pair.title, [f"REFUSED: {error}"])
    renderer.load(panorama)
    views = [
        View(yaw_deg=yaw_deg, position_m=(-ASIDE_M, 0, 0)),
        View(yaw_deg=yaw_deg, position_m=(ASIDE_M, 0, 0)),
        View(yaw_deg=yaw_deg, position_m=(ASIDE_M, 0, 0), shading=Shading.DEPTH),
    ]
    cells = [panorama.color, nearness_picture(panorama)]
    cells += [renderer.render(view, CELL_PX) for view in views]
    return labelled(cells, pair.title, list(panorama.provenance.notes))


def labelled(cells: list[NDArray[np.uint8]], title: str, notes: list[str]) -> Image.Image:
    """Return the cells side by side under a title and notes."""
    lines = [title, *(part for note in notes for part in textwrap.wrap(note, NOTE_COLUMNS))]
    head_px = LINE_PX * len(lines) + 6
    sheet = Image.new("RGB", (5 * CELL_PX[0], head_px + (CELL_PX[1] if cells else 0)), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(LINE_PX - 2)
    for number, line in enumerate(lines):
        color = "black" if number == 0 else "#a00000" if "REFUSED" in line else "#404080"
        draw.text((4, number * LINE_PX + 2), line, fill=color, font=font)
    for number, cell in enumerate(cells):
        picture = Image.fromarray(cell)
        picture.thumbnail(CELL_PX, Image.Resampling.BOX)
        sheet.paste(picture, (number * CELL_PX[0], head_px))
    return sheet


def stacked(rows: Sequence[Image.Image]) -> Image.Image:
    """Return the rows below one another."""
    sheet = Image.new("RGB", (rows[0].width, sum(row.height for row in rows)), "white")
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    return sheet


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the sheet."""
    parser = argparse.ArgumentParser(prog="python -m bench.contact_sheet", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/bench/contact_sheet.png"))
    parser.add_argument("--yaw-deg", type=float, default=0.0)
    options = parser.parse_args(arguments)
    rows = []
    with OffscreenRenderer() as renderer:
        for pair in pairs_in(options.folder):
            rows.append(row_of(pair, renderer, options.yaw_deg))
            print(pair.title, flush=True)
    if not rows:
        print(f"want pictures below {options.folder}, found none", file=sys.stderr)
        return 1
    options.output.parent.mkdir(parents=True, exist_ok=True)
    stacked(rows).save(options.output)
    print(f"{len(rows)} rows in {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
