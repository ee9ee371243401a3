"""A contact sheet of a set: color, depth below it, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ldm3d.data.world_set import Facts, WorldSet

_MARGIN_PX = 6
_TEXT_PX = 30
_FONT_PX = 11


def chosen(worlds: WorldSet, count: int, families: Sequence[str] = ()) -> list[int]:
    """Return the indices of up to `count` pictures, taken evenly from every family in turn."""
    by_family: dict[str, list[int]] = {}
    for index, facts in enumerate(worlds.facts):
        if not families or facts.family in families:
            by_family.setdefault(facts.family, []).append(index)
    if not by_family:
        return []
    each = -(-count // len(by_family))
    rows = []
    for family in sorted(by_family):
        members = by_family[family]
        at = np.unique(np.linspace(0, len(members) - 1, min(each, len(members))).round())
        rows += [members[int(i)] for i in at]
    return rows[:count]


def contact_sheet(
    worlds: WorldSet, indices: Sequence[int], columns: int = 4, width_px: int = 400
) -> Image.Image:
    """Return the sheet; depth is shown as its square root, so that far things can be told apart."""
    columns = max(1, min(columns, len(indices)))
    height = round(width_px * worlds.info.height / worlds.info.width)
    cell = (width_px + _MARGIN_PX, height + height // 2 + _TEXT_PX + _MARGIN_PX)
    rows = -(-len(indices) // columns)
    sheet = Image.new("RGB", (columns * cell[0] + _MARGIN_PX, rows * cell[1] + _MARGIN_PX), "white")
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(_FONT_PX)
    for place, index in enumerate(indices):
        x = _MARGIN_PX + place % columns * cell[0]
        y = _MARGIN_PX + place // columns * cell[1]
        color = Image.fromarray(np.ascontiguousarray(worlds.color(index)))
        sheet.paste(color.resize((width_px, height), Image.Resampling.LANCZOS), (x, y))
        gray = (np.sqrt(worlds.depth(index)) * 255).astype(np.uint8)
        depth = Image.fromarray(gray).resize((width_px, height // 2), Image.Resampling.BOX)
        sheet.paste(depth.convert("RGB"), (x, y + height))
        for line, text in enumerate(_words(worlds.facts[index])):
            at = (x + 1, y + height + height // 2 + 1 + line * (_FONT_PX + 2))
            pen.text(at, _fitting(text, font, width_px), fill="black", font=font)
    return sheet


def _words(facts: Facts) -> tuple[str, str]:
    tags = ", ".join(facts.tags.values())
    caption = next((text for text in facts.captions if text), "")
    if not facts.family:  # a photograph
        return caption, tags
    return f"{facts.family} {facts.seed}.{facts.variant}: {tags}", caption


def _fitting(text: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, width_px: int) -> str:
    while text and font.getlength(text) > width_px:
        text = text[:-2].rstrip(" ,.…") + "…"
    return text
