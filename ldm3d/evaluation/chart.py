"""Plain charts by Pillow: lines over a setting, and bars beside each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_SCALE = 2
"""Drawn larger and reduced, for smooth lines."""
_SIZE_PX = (640, 380)
_LEFT, _TOP, _RIGHT, _BOTTOM = 66, 58, 22, 50
_INK, _PALE, _GRID, _PAPER = (45, 45, 50), (120, 120, 128), (228, 228, 232), (255, 255, 255)
COLORS = ((38, 110, 190), (221, 120, 40), (60, 150, 90), (170, 70, 150), (120, 120, 120))

Points = Sequence[tuple[float, float]]


class _Canvas:
    """Axes with round numbers, on which lines and bars are drawn in their own units."""

    def __init__(
        self, title: str, x_label: str, x: tuple[float, float], y: tuple[float, float]
    ) -> None:
        self.image = Image.new("RGB", (_SIZE_PX[0] * _SCALE, _SIZE_PX[1] * _SCALE), _PAPER)
        self.pen = ImageDraw.Draw(self.image)
        self.x, self.y = x, y
        self.text((_LEFT, 12), title, 17, _INK)
        self.text(((_LEFT + _SIZE_PX[0] - _RIGHT) / 2, _SIZE_PX[1] - 14), x_label, 13, _PALE, "mm")
        for value in round_steps(*y):
            left, right = self.at(x[0], value), self.at(x[1], value)
            self.line([left, right], _GRID, 1)
            self.text((left[0] - 8, left[1]), f"{value:g}", 12, _PALE, "rm")

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point lies, in pixels."""
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        width, height = _SIZE_PX[0] - _LEFT - _RIGHT, _SIZE_PX[1] - _TOP - _BOTTOM
        return _LEFT + across * width, _TOP + (1 - up) * height

    def line(self, points: Points, color: tuple[int, int, int], width: float) -> None:
        """Draw a line."""
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        self.pen.line(scaled, fill=color, width=round(width * _SCALE), joint="curve")

    def dot(self, point: tuple[float, float], color: tuple[int, int, int]) -> None:
        """Draw a point of a curve."""
        x, y = point[0] * _SCALE, point[1] * _SCALE
        self.pen.ellipse([x - 8, y - 8, x + 8, y + 8], fill=color, outline=_PAPER, width=2)

    def box(
        self, low: tuple[float, float], high: tuple[float, float], color: tuple[int, int, int]
    ) -> None:
        """Fill a box given by its lower left and upper right corner."""
        corners = [low[0] * _SCALE, high[1] * _SCALE, high[0] * _SCALE, low[1] * _SCALE]
        self.pen.rectangle(corners, fill=color)

    def text(
        self,
        at: tuple[float, float],
        text: str,
        size: int,
        color: tuple[int, int, int],
        anchor: str = "la",
    ) -> None:
        """Write a line."""
        font = ImageFont.load_default(size * _SCALE)
        self.pen.text((at[0] * _SCALE, at[1] * _SCALE), text, color, font, anchor)

    def names(self, names: Sequence[str]) -> None:
        """Write the legend below the title."""
        x = float(_LEFT)
        for name, color in zip(names, COLORS, strict=False):
            self.box((x, 50), (x + 12, 40), color)
            self.text((x + 18, 45), name, 12, _INK, "lm")
            x += 36 + ImageFont.load_default(12).getlength(name)

    def save(self, path: Path) -> None:
        """Write the picture at its true size."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.image.resize(_SIZE_PX, Image.Resampling.LANCZOS).save(path)


def round_steps(low: float, high: float, count: int = 5) -> list[float]:
    """Return about `count` round numbers from low to high, 1, 2 or 5 times a power of ten apart."""
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(k * step, 10) for k in range(first, last + 1)]


def _range(values: Sequence[float], *, zero: bool = False) -> tuple[float, float]:
    finite = [v for v in values if math.isfinite(v)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    if zero:
        low = min(0.0, low)
    room = 0.08 * (high - low) or 0.5 * abs(high) or 0.5
    return (low if zero and low == 0 else low - room), high + room


def draw_lines(curves: Mapping[str, Points], path: Path, *, title: str, x_label: str) -> None:
    """Write a PNG with one curve for each name; points that are not finite are left out."""
    kept = {
        name: [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]
        for name, points in curves.items()
    }
    xs = [x for points in kept.values() for x, _ in points]
    ys = [y for points in kept.values() for _, y in points]
    canvas = _Canvas(title, x_label, _range(xs), _range(ys))
    for value in sorted(set(xs)):
        place = canvas.at(value, canvas.y[0])
        canvas.text((place[0], place[1] + 12), f"{value:g}", 12, _PALE, "mm")
    for points, color in zip(kept.values(), COLORS, strict=False):
        places = [canvas.at(x, y) for x, y in points]
        if len(places) > 1:
            canvas.line(places, color, 2.5)
        for place in places:
            canvas.dot(place, color)
    canvas.names(list(kept))
    canvas.save(path)


def draw_bars(
    groups: Sequence[str], bars: Mapping[str, Sequence[float]], path: Path, *, title: str
) -> None:
    """Write a PNG with a group of bars for each of `groups`, one bar for each name of `bars`."""
    values = [v for series in bars.values() for v in series if math.isfinite(v)]
    canvas = _Canvas(title, "", (0.0, float(len(groups))), _range(values, zero=True))
    wide = 0.8 / max(1, len(bars))
    for number, group in enumerate(groups):
        for place, (series, color) in enumerate(zip(bars.values(), COLORS, strict=False)):
            value = series[number]
            if not math.isfinite(value):
                continue
            left = number + 0.1 + place * wide
            top = canvas.at(left + wide * 0.94, value)
            canvas.box(canvas.at(left, 0.0), top, color)
            middle = canvas.at(left + wide * 0.47, value)
            canvas.text((middle[0], middle[1] - 8), f"{value:.3g}", 11, _PALE, "mm")
        place_px = canvas.at(number + 0.5, canvas.y[0])
        canvas.text((place_px[0], place_px[1] + 14), group, 13, _INK, "mm")
    canvas.names(list(bars))
    canvas.save(path)
