"""Small line plots by Pillow alone: a panel a curve."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageDraw

PANEL_PX = (460, 260)
MARGIN_PX = (70, 34, 16, 30)  # left, top, right, bottom
PAPER, INK, GRID, LINE = (255, 255, 255), (40, 40, 40), (225, 225, 225), (30, 100, 200)

Points = Sequence[tuple[float, float]]


def draw_panels(curves: Mapping[str, Points], path: Path, columns: int = 3) -> None:
    """Write one PNG with a panel for each named curve of (x, y) points."""
    rows = max(1, math.ceil(len(curves) / columns))
    used = max(1, min(columns, len(curves)))
    sheet = Image.new("RGB", (PANEL_PX[0] * used, PANEL_PX[1] * rows), PAPER)
    for number, (name, points) in enumerate(curves.items()):
        panel = _panel(name, points)
        sheet.paste(panel, (PANEL_PX[0] * (number % columns), PANEL_PX[1] * (number // columns)))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def _panel(name: str, points: Points) -> Image.Image:
    picture = Image.new("RGB", PANEL_PX, PAPER)
    draw = ImageDraw.Draw(picture)
    finite = [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]
    draw.text((MARGIN_PX[0], 10), name, fill=INK)
    if not finite:
        return picture
    logarithmic = _is_logarithmic([y for _, y in finite])
    scaled = [(x, math.log10(y) if logarithmic else y) for x, y in finite]
    left, right = _range([x for x, _ in scaled])
    low, high = _range([y for _, y in scaled])

    def place(x: float, y: float) -> tuple[float, float]:
        width = PANEL_PX[0] - MARGIN_PX[0] - MARGIN_PX[2]
        height = PANEL_PX[1] - MARGIN_PX[1] - MARGIN_PX[3]
        across, up = (x - left) / (right - left), (y - low) / (high - low)
        return MARGIN_PX[0] + across * width, MARGIN_PX[1] + (1 - up) * height

    for part in range(5):
        value = low + (high - low) * part / 4
        start, end = place(left, value), place(right, value)
        draw.line([start, end], fill=GRID)
        text = f"{10**value if logarithmic else value:.4g}"
        draw.text((4, start[1] - 6), text, fill=INK)
    for x in (left, right):
        spot = place(x, low)
        draw.text((spot[0] - (0 if x == left else 40), spot[1] + 8), f"{x:.0f}", fill=INK)
    draw.line([place(x, y) for x, y in scaled], fill=LINE, width=2)
    return picture


def _is_logarithmic(values: Sequence[float]) -> bool:
    return min(values) > 0 and max(values) > 3 * min(values)


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)
