"""Draws the picture of the headset's controls for docs/headset.md, from the bindings themselves.

    python -m bench.controls_picture                    # writes docs/images/headset-controls.svg

A test holds the picture in the documentation to what this draws.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BINDINGS = ROOT / "resources" / "headset"
PICTURE = ROOT / "docs" / "images" / "headset-controls.svg"
FAMILIES = {
    "knuckles": "Index",
    "oculus_touch": "Touch",
    "vive_controller": "Vive",
    "holographic_controller": "Windows Mixed Reality",
}
"""SteamVR's name of a controller -> what people call it."""
WIDTH, HEIGHT = 1120, 470
GROUND, CARD, LINE, BRIGHT, DIM, ACCENT = (
    "#14161b", "#262a33", "#5b6272", "#f2f4f8", "#aab1c0", "#f0a35e",
)  # fmt: skip
_NAMES = {
    "trigger": "Trigger", "thumbstick": "Stick", "joystick": "Stick", "trackpad": "Pad",
    "grip": "Grip", "application_menu": "Menu", "a": "A", "b": "B", "x": "X", "y": "Y",
}  # fmt: skip
_MEANS = {
    "next_world": "next world",
    "previous_world": "previous world",
    "turn_left": "turn",
    "turn_right": "turn",
    "recenter": "recentre",
    "again": "generate again",
    "panel": "panel: title, progress, keys",
    "adjust": "relief (up, down), size (left, right)",
    "stronger": "relief (up, down), size (left, right)",
    "weaker": "relief (up, down), size (left, right)",
    "larger": "relief (up, down), size (left, right)",
    "smaller": "relief (up, down), size (left, right)",
}


def controls() -> dict[str, dict[str, dict[str, str]]]:
    """Return family -> hand -> what to press -> what it does, from the default bindings."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for controller, family in FAMILIES.items():
        path = BINDINGS / f"bindings_{controller}.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        hands: dict[str, dict[str, str]] = {"left": {}, "right": {}}
        for source in content["bindings"]["/actions/main"]["sources"]:
            _, _, _, hand, _, part = source["path"].split("/")
            meanings = dict.fromkeys(_meanings(source["inputs"]))
            hands[hand][_NAMES[part]] = ", ".join(meanings)
        found[family] = hands
    return found


def _meanings(inputs: Mapping[str, Any]) -> list[str]:
    return [_MEANS[value["output"].rpartition("/")[2]] for value in inputs.values()]


def table() -> str:
    """Return the bindings as Markdown, a row for each thing one can do."""
    found = controls()
    lines = ["| | " + " | ".join(found) + " |", "|---|" + "---|" * len(found)]
    for meaning in dict.fromkeys(_MEANS.values()):
        cells = [", ".join(_where(hands, meaning)) for hands in found.values()]
        lines.append(f"| {meaning} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _where(hands: Mapping[str, Mapping[str, str]], meaning: str) -> list[str]:
    """Return what does it; a part that does it on both hands is named without a hand."""
    by_part: dict[str, list[str]] = {}
    for hand, does in hands.items():
        for part in does:
            if does[part] == meaning:
                by_part.setdefault(part, []).append(hand)
    told = {part: part if part in "ABXY" else part.lower() for part in by_part}
    return [
        told[part] if len(both) == 2 else f"{both[0]} {told[part]}"
        for part, both in by_part.items()
    ]


def picture() -> str:
    """Return the SVG."""
    found = controls()
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="Segoe UI, Noto Sans, DejaVu Sans, sans-serif">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="18" fill="{GROUND}"/>',
    ]
    for hand in ("left", "right"):
        parts += _controller(hand)
        rows = [
            _labelled(found, hand, ("Trigger",)),
            _labelled(found, hand, ("Stick", "Pad")),
            _labelled(found, hand, ("X", "A", "Grip")),
            _labelled(found, hand, ("Y", "B", "Menu")),
        ]
        for row, (keys, meaning) in enumerate(rows):
            parts += _label(hand, row, keys, meaning)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _labelled(
    found: Mapping[str, Mapping[str, Mapping[str, str]]], hand: str, names: tuple[str, ...]
) -> tuple[str, str]:
    """Return what those parts are called on the four, and what they do."""
    keys: dict[str, None] = {}
    meanings: dict[str, None] = {}
    for hands in found.values():
        name = next(name for name in names if name in hands[hand])
        keys[name], meanings[hands[hand][name]] = None, None
    if len(meanings) != 1:
        raise ValueError(f"want one meaning of {hand} {names} on all, got {list(meanings)}")
    return " · ".join(keys), next(iter(meanings))


# Where a controller's parts lie beside its middle, for the right hand; the left is its mirror.
_MIDDLE = {"left": 430, "right": 690}
_POINTS = ((-26, 96), (0, 178), (-20, 262), (18, 236))
_ROWS_Y = (110, 190, 330, 265)


def _controller(hand: str) -> list[str]:
    middle = _MIDDLE[hand]
    side = 1 if hand == "right" else -1
    grip = (
        f'<path d="M{middle - 58 * side} 150 q{6 * side} -58 {58 * side} -58 q{56 * side} 0 '
        f"{60 * side} 62 l{-6 * side} 130 q{-4 * side} 120 {-40 * side} 150 q{-24 * side} 14 "
        f'{-46 * side} -6 q{-26 * side} -50 {-22 * side} -140 z" fill="{CARD}" stroke="{LINE}" '
        'stroke-width="2"/>'
    )
    x, y = _point(hand, 0)
    trigger = (
        f'<rect x="{x - 24}" y="{y - 12}" width="48" height="24" rx="11" fill="{GROUND}" '
        f'stroke="{ACCENT}" stroke-width="2.5"/>'
    )
    stick_x, stick_y = _point(hand, 1)
    stick = (
        f'<circle cx="{stick_x}" cy="{stick_y}" r="27" fill="{GROUND}" stroke="{LINE}" '
        'stroke-width="2"/>'
        f'<circle cx="{stick_x}" cy="{stick_y}" r="14" fill="{CARD}" stroke="{ACCENT}" '
        'stroke-width="2.5"/>'
    )
    buttons = [
        f'<circle cx="{_point(hand, row)[0]}" cy="{_point(hand, row)[1]}" r="11" fill="{GROUND}" '
        f'stroke="{ACCENT}" stroke-width="2.5"/>'
        for row in (2, 3)
    ]
    title = (
        f'<text x="{middle}" y="58" text-anchor="middle" fill="{BRIGHT}" font-size="22" '
        f'font-weight="600">{hand.capitalize()} hand</text>'
    )
    return [grip, trigger, stick, *buttons, title]


def _point(hand: str, row: int) -> tuple[int, int]:
    side = 1 if hand == "right" else -1
    x, y = _POINTS[row]
    return _MIDDLE[hand] + x * side, y


def _label(hand: str, row: int, keys: str, meaning: str) -> list[str]:
    side = 1 if hand == "right" else -1
    anchor = "start" if hand == "right" else "end"
    x, y = _point(hand, row)
    reach = {0: 24, 1: 27, 2: 11, 3: 11}[row]
    end, row_y = _MIDDLE[hand] + 100 * side, _ROWS_Y[row]
    text_x = end + 10 * side
    return [
        f'<polyline points="{x + reach * side},{y} {end - 24 * side},{row_y} {end},{row_y}" '
        f'fill="none" stroke="{LINE}" stroke-width="1.5"/>',
        f'<text x="{text_x}" y="{row_y - 3}" text-anchor="{anchor}" fill="{BRIGHT}" '
        f'font-size="18" font-weight="600">{escape(keys)}</text>',
        f'<text x="{text_x}" y="{row_y + 19}" text-anchor="{anchor}" fill="{DIM}" '
        f'font-size="16">{escape(meaning)}</text>',
    ]


def main() -> int:
    """Write the picture, and print the table."""
    PICTURE.write_text(picture(), encoding="utf-8")
    print(table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
