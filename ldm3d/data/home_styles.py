"""Styles of living rooms: what their walls, floors, woods and fabrics are like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ldm3d.data.lounge import BLACK
from ldm3d.data.scene import Color


@dataclass(frozen=True)
class Style:
    """What rooms of one kind have in common."""

    words: str
    walls: tuple[Color, ...]
    accents: tuple[Color, ...]
    """Color of one wall, or of its bricks or logs."""
    build: str
    floors: tuple[tuple[str, Color], ...]
    ceilings: tuple[str, ...]
    woods: tuple[Color, ...]
    fabrics: tuple[tuple[str, Color], ...]
    high_m: tuple[float, float]
    frame: Color
    fires: tuple[int, ...]
    sofas: tuple[int, ...]
    rugs: tuple[int, ...]
    outside: tuple[str, ...]


_OAK, _PALE, _DARK, _TEAK = (
    (0.30, 0.18, 0.09),
    (0.50, 0.37, 0.23),
    (0.10, 0.06, 0.035),
    (0.26, 0.12, 0.05),
)
WHITE: Color = (0.72, 0.71, 0.68)
STYLES = {
    "hut": Style(
        "log walls",
        ((0.34, 0.20, 0.10),),
        ((0.36, 0.21, 0.105), (0.24, 0.14, 0.08), (0.42, 0.28, 0.15)),
        "logs",
        (("boards", (0.24, 0.14, 0.075)), ("boards", (0.32, 0.20, 0.11))),
        ("gable", "beams"),
        (_OAK, _DARK),
        (
            ("red", (0.32, 0.035, 0.03)),
            ("green", (0.06, 0.13, 0.06)),
            ("brown leather", (0.17, 0.075, 0.035)),
            ("cream", (0.55, 0.48, 0.36)),
        ),
        (2.4, 2.7),
        (0.22, 0.12, 0.06),
        (0, 0, 2),
        (0, 1),
        (1, 2, 0),
        ("wood", "snow", "hills"),
    ),
    "loft": Style(
        "brick walls",
        (WHITE, (0.40, 0.40, 0.41), (0.60, 0.58, 0.54)),
        ((0.36, 0.13, 0.085), (0.30, 0.16, 0.12), (0.60, 0.57, 0.53)),
        "bricks",
        (("concrete", (0.19, 0.19, 0.19)), ("boards", (0.30, 0.19, 0.11))),
        ("industrial",),
        (_OAK, _DARK),
        (
            ("brown leather", (0.19, 0.08, 0.035)),
            ("gray", (0.20, 0.21, 0.23)),
            ("mustard", (0.44, 0.29, 0.09)),
            ("black leather", (0.03, 0.03, 0.032)),
        ),
        (3.6, 4.6),
        BLACK,
        (2,),
        (0,),
        (0, 2, 4),
        ("city",),
    ),
    "old": Style(
        "stucco",
        (
            (0.50, 0.44, 0.33),
            (0.22, 0.29, 0.26),
            (0.33, 0.15, 0.13),
            (0.26, 0.31, 0.38),
            (0.58, 0.53, 0.43),
        ),
        ((0.45, 0.38, 0.26), (0.17, 0.22, 0.20), (0.36, 0.22, 0.19)),
        "paper",
        (("parquet", (0.32, 0.19, 0.09)), ("parquet", (0.22, 0.12, 0.06))),
        ("plain",),
        (_DARK, _TEAK),
        (
            ("green velvet", (0.03, 0.13, 0.08)),
            ("red velvet", (0.26, 0.04, 0.05)),
            ("blue velvet", (0.03, 0.06, 0.22)),
            ("golden", (0.50, 0.33, 0.10)),
        ),
        (2.9, 3.5),
        (0.62, 0.60, 0.55),
        (1,),
        (1,),
        (0, 0, 2),
        ("garden", "hills", "city"),
    ),
    "nordic": Style(
        "white walls",
        (WHITE, (0.70, 0.68, 0.62), (0.56, 0.60, 0.60)),
        ((0.30, 0.38, 0.36), (0.55, 0.36, 0.29), (0.66, 0.60, 0.48)),
        "paint",
        (("boards", (0.52, 0.39, 0.25)), ("parquet", (0.50, 0.37, 0.23))),
        ("plain", "beams"),
        (_PALE,),
        (
            ("gray", (0.42, 0.42, 0.42)),
            ("white", (0.66, 0.64, 0.60)),
            ("sage green", (0.25, 0.32, 0.24)),
            ("pink", (0.58, 0.32, 0.29)),
        ),
        (2.5, 2.9),
        (0.70, 0.69, 0.66),
        (2,),
        (0,),
        (3, 2, 1, 4),
        ("garden", "snow", "hills"),
    ),
    "retro": Style(
        "wooden panels",
        ((0.58, 0.48, 0.32), (0.62, 0.58, 0.50)),
        ((0.38, 0.23, 0.10), (0.08, 0.19, 0.20), (0.33, 0.15, 0.06)),
        "paper",
        (("parquet", (0.30, 0.16, 0.07)), ("boards", (0.34, 0.20, 0.10))),
        ("plain", "beams"),
        (_TEAK,),
        (
            ("orange", (0.50, 0.20, 0.07)),
            ("teal", (0.06, 0.19, 0.20)),
            ("mustard", (0.46, 0.30, 0.09)),
            ("olive", (0.19, 0.19, 0.05)),
        ),
        (2.5, 2.8),
        (0.30, 0.17, 0.09),
        (0, 2),
        (0,),
        (3, 1, 2),
        ("garden", "city", "hills"),
    ),
}
RUGS = np.array(
    [
        [(0.26, 0.03, 0.03), (0.03, 0.04, 0.12), (0.50, 0.38, 0.20)],
        [(0.06, 0.09, 0.20), (0.30, 0.06, 0.05), (0.55, 0.48, 0.35)],
        [(0.58, 0.54, 0.46), (0.10, 0.10, 0.10), (0.45, 0.22, 0.12)],
        [(0.08, 0.16, 0.14), (0.50, 0.42, 0.28), (0.45, 0.16, 0.08)],
        [(0.45, 0.28, 0.10), (0.25, 0.08, 0.04), (0.60, 0.52, 0.38)],
        [(0.50, 0.33, 0.30), (0.62, 0.58, 0.52), (0.20, 0.26, 0.28)],
    ]
)
