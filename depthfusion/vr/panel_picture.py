"""Paints the panel that hangs in the headset: title, what is going on, what the keys do."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from depthfusion.vr.drawing import PANEL_PX, PanelWords

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

    Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

MARGIN_PX = 48
CARD, CARD_ALPHA, CORNER_PX = (16, 20, 28), 235, 36
"""The color goes on where the panel is transparent: filtered edges do not turn black."""
BRIGHT, DIM, ACCENT, GROOVE = (245, 247, 250), (172, 180, 192), (110, 190, 255), (58, 66, 80)
TITLE_PX, STATUS_PX, KEY_PX = 54, 40, 36
"""Heights of letters: at 1.2 m and 1 m of width 36 px are 1.7 degrees, much like a street sign."""
MAX_TITLE_LINES = 2
KEY_COLUMN_PX = 330

_FONTS = {
    "linux": (
        "DejaVuSans.ttf",
        "NotoSansCJK-Regular.ttc",
        "NotoSans-Regular.ttf",
        "FreeSans.ttf",
    ),
    "win32": ("segoeui.ttf", "msyh.ttc", "YuGothR.ttc", "malgun.ttf", "arialuni.ttf"),
    "darwin": ("Arial Unicode.ttf", "PingFang.ttc", "Helvetica.ttc"),
}
"""Where letters are looked for that Pillow's own font has not."""


def panel_picture(words: PanelWords) -> NDArray[np.uint8]:
    """Return the panel as (h, w, 4) uint8 sRGB with straight alpha, `PANEL_PX`; any thread."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", PANEL_PX, CARD)
    draw = ImageDraw.Draw(image)
    y = _painted_title(draw, words.title)
    y = _painted_status(draw, words, y)
    y = _painted_keys(draw, words.keys, y)
    image.putalpha(_card(min(PANEL_PX[1] - 2, y + MARGIN_PX // 2)))
    return np.array(image)


@functools.lru_cache(maxsize=8)
def _card(bottom_px: int) -> Image.Image:
    """Return the alpha of a card with round corners that ends there, smooth along its outline."""
    from PIL import Image, ImageDraw

    fine = 4
    large = Image.new("L", (fine * PANEL_PX[0], fine * PANEL_PX[1]))
    corners = (2 * fine, 2 * fine, fine * (PANEL_PX[0] - 2) - 1, fine * bottom_px - 1)
    ImageDraw.Draw(large).rounded_rectangle(corners, fine * CORNER_PX, fill=CARD_ALPHA)
    return large.reduce(fine)


def _painted_title(draw: ImageDraw.ImageDraw, title: str) -> int:
    y = MARGIN_PX - 8
    font = font_for(title, TITLE_PX)
    for line in wrapped(title, font, PANEL_PX[0] - 2 * MARGIN_PX, MAX_TITLE_LINES):
        draw.text((MARGIN_PX, y), line, BRIGHT, font)
        y += round(1.25 * TITLE_PX)
    return y + 12


def _painted_status(draw: ImageDraw.ImageDraw, words: PanelWords, y: int) -> int:
    right = PANEL_PX[0] - MARGIN_PX
    if words.status:
        font = font_for(words.status, STATUS_PX)
        line = wrapped(words.status, font, right - MARGIN_PX, 1)[0]
        draw.text((MARGIN_PX, y), line, ACCENT, font)
        y += round(1.4 * STATUS_PX)
    if words.progress is not None:
        done = min(1.0, max(0.0, words.progress))
        draw.rounded_rectangle((MARGIN_PX, y + 6, right, y + 26), 10, fill=GROOVE)
        if done > 0:
            end = MARGIN_PX + max(20, round(done * (right - MARGIN_PX)))
            draw.rounded_rectangle((MARGIN_PX, y + 6, end, y + 26), 10, fill=ACCENT)
        y += 44
    return y + 16


def _painted_keys(draw: ImageDraw.ImageDraw, keys: tuple[tuple[str, str], ...], y: int) -> int:
    """Paint the key help from below the rest down; lines that find no place are left out."""
    step = round(1.4 * KEY_PX)
    for press, what in keys:
        if y + step > PANEL_PX[1] - MARGIN_PX // 2:
            break
        for x, text, color, end in (
            (MARGIN_PX, press, BRIGHT, KEY_COLUMN_PX - 16),
            (MARGIN_PX + KEY_COLUMN_PX, what, DIM, PANEL_PX[0] - MARGIN_PX),
        ):
            font = font_for(text, KEY_PX)
            room = end - x if x > MARGIN_PX else end
            for line in wrapped(text, font, room, 1):
                draw.text((x, y), line, color, font)
        y += step
    return y


def wrapped(text: str, font: Font, width_px: int, max_lines: int) -> list[str]:
    """Return `text` in at most `max_lines` lines that fit; an ellipsis stands for the rest."""
    words = text.split()
    lines: list[str] = []
    while words and len(lines) < max_lines:
        line = words.pop(0)
        while words and font.getlength(f"{line} {words[0]}") <= width_px:
            line = f"{line} {words.pop(0)}"
        is_cut = bool(words) and len(lines) == max_lines - 1
        lines.append(_fitting(line, font, width_px, is_cut=is_cut))
    return lines


def _fitting(line: str, font: Font, width_px: int, *, is_cut: bool) -> str:
    if not is_cut and font.getlength(line) <= width_px:
        return line
    while line and font.getlength(f"{line}…") > width_px:
        line = line[:-1]
    return f"{line.rstrip()}…"


def font_for(text: str, size_px: int) -> Font:
    """Return the font that lacks the fewest letters of `text`; Pillow's own where it lacks none."""
    best = _own_font(size_px)
    letters = {letter for letter in text if not letter.isspace()}
    fewest = lacking(best, letters)
    for name in _FONTS.get(sys.platform, ()):
        if fewest == 0:
            break
        font = _system_font(name, size_px)
        if font is not None and lacking(font, letters) < fewest:
            best, fewest = font, lacking(font, letters)
    return best


def lacking(font: Font, letters: set[str]) -> int:
    """Return for how many letters the font has only the box that stands for unknown ones."""
    unknown = _shape(font, "\U0010fffe")
    return sum(_shape(font, letter) == unknown for letter in letters)


@functools.lru_cache(maxsize=1024)
def _shape(font: Font, letter: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(letter)
    return mask.size, bytes(mask)


@functools.lru_cache(maxsize=8)
def _own_font(size_px: int) -> Font:
    from PIL import ImageFont

    return ImageFont.load_default(size_px)


@functools.lru_cache(maxsize=32)
def _system_font(name: str, size_px: int) -> Font | None:
    from PIL import ImageFont

    try:
        return ImageFont.truetype(name, size_px)
    except OSError:  # not on this machine
        return None
