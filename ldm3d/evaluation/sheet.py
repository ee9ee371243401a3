"""A contact sheet of generated pictures: color, depth below, the prompt."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from ldm3d.evaluation.made import Made
from ldm3d.evaluation.reconstruction import depth_picture

_CELL_PX = 320
_GAP_PX = 8
_FONT_PX = 13
_LINES = 2
_LETTERS = 46


def prompt_sheet(made: Sequence[Made], columns: int = 4) -> Image.Image:
    """Return one sheet; depth is shown as its square root, white = near."""
    columns = max(1, min(columns, len(made)))
    height = round(_CELL_PX * made[0].color.shape[0] / made[0].color.shape[1])
    text_px = _LINES * (_FONT_PX + 3) + 4
    step = (_CELL_PX + _GAP_PX, height + height // 2 + text_px + _GAP_PX)
    rows = -(-len(made) // columns)
    size = (columns * step[0] + _GAP_PX, rows * step[1] + _GAP_PX)
    sheet = Image.new("RGB", size, "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(_FONT_PX)
    for place, one in enumerate(made):
        x, y = _GAP_PX + place % columns * step[0], _GAP_PX + place // columns * step[1]
        color = Image.fromarray(one.color).resize((_CELL_PX, height), Image.Resampling.LANCZOS)
        depth = depth_picture(one.depth).resize((_CELL_PX, height // 2), Image.Resampling.BOX)
        sheet.paste(color, (x, y))
        sheet.paste(depth, (x, y + height))
        lines = textwrap.wrap(one.wish.prompt, _LETTERS, max_lines=_LINES, placeholder=" …")
        for number, line in enumerate(lines):
            at = (x + 1, y + height + height // 2 + 3 + number * (_FONT_PX + 3))
            pen.text(at, line, fill="black", font=font)
    return sheet
