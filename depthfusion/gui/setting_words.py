"""What settings are called in the window: groups, titles, explanations, choices.

No Qt in here: `tr` is given. A setting that has no words here is shown all the same, in the last
group, by its name and the meaning that its declaration gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from depthfusion.settings import SPECS

Translate = Callable[[str], str]


@dataclass(frozen=True)
class Words:
    """What one setting is called."""

    title: str
    note: str
    """One sentence below it."""
    choices: Mapping[str, str] = field(default_factory=dict)
    """Value as it is typed -> what it is called."""
    nothing: str = ""
    """What stands for None."""
    unit: str = ""


@dataclass(frozen=True)
class Group:
    """Settings that belong together, in their order."""

    title: str
    settings: Mapping[str, Words]


def groups(tr: Translate) -> Sequence[Group]:
    """Return all settings of `SPECS` in groups, translated."""
    known = [
        Group(tr("Library"), _library(tr)),
        Group(tr("Looking"), _looking(tr)),
        Group(tr("Generating"), _generating(tr)),
        Group(tr("Window"), _window(tr)),
    ]
    rest = dict(_rest({name for group in known for name in group.settings}))
    return [*known, Group(tr("Other"), rest)] if rest else known


def _rest(told: set[str]) -> Iterator[tuple[str, Words]]:
    for name, spec in SPECS.items():
        if name not in told:
            title = name.replace("_", " ")
            yield name, Words(title[:1].upper() + title[1:], spec.meaning)


def _library(tr: Translate) -> dict[str, Words]:
    return {
        "library": Words(
            tr("Folder of the worlds"),
            tr("Every world you make is kept here; another one counts from the next start"),
            nothing=tr("The usual place"),
        )
    }


def _looking(tr: Translate) -> dict[str, Words]:
    wish = _wishes(tr)
    return {
        "quality": Words(
            tr("Picture quality"),
            tr("How much work the view may be; Best needs a good graphics card"),
            {"auto": tr("Automatic"), "fast": tr("Fast"), "best": tr("Best")},
        ),
        "mouse_sensitivity": Words(
            tr("Mouse speed"), tr("At 1 the picture sticks to the pointer"), unit="×"
        ),
        "mouse_invert": Words(
            tr("Drag turns the head"), tr("A drag moves the gaze, not the picture")
        ),
        "mouse_wheel": Words(
            tr("Wheel zoom"), tr("Below 0 the other way round, 0 not at all"), unit="×"
        ),
        "inertia": Words(tr("Glide after a drag"), tr("The view comes to rest slowly")),
        "reduced_motion": Words(tr("Less movement"), tr("Nothing moves by itself"), wish),
        "idle_turn": Words(
            tr("Turn bundled worlds"), tr("They turn slowly until you touch the view")
        ),
        "idle_sway": Words(
            tr("Sway gently"), tr("The head moves a little while nothing is done; depth shows")
        ),
        "stereo": Words(tr("Two eyes on a screen"), tr("For 3D screens and glasses"), _stereo(tr)),
        "eye_separation_mm": Words(
            tr("Distance between the eyes"), tr("Not used in a headset, which knows it"), unit=" mm"
        ),
        "convergence_m": Words(
            tr("Plane of the screen"), tr("What is nearer comes out of the screen"), unit=" m"
        ),
    }


def _generating(tr: Translate) -> dict[str, Words]:
    own = tr("Model's own")
    return {
        "model": Words(
            tr("Model"),
            tr("A name of the Models window, a folder, or an id of the hub"),
            nothing=tr("As installed"),
        ),
        "size": Words(tr("Size"), tr("Of new worlds, in pixels"), nothing=own),
        "steps": Words(tr("Steps"), tr("More are slower and finer"), nothing=own),
        "guidance": Words(tr("Guidance"), tr("How closely the prompt is followed"), nothing=own),
        "scheduler": Words(tr("Scheduler"), tr("The way from noise to picture"), nothing=own),
        "preview_rate": Words(
            tr("Previews"),
            tr("Most that are made while a world forms; 0: none"),
            unit=tr(" a second"),
        ),
        "keep_model": Words(
            tr("Keep the model loaded"),
            tr("The next world begins at once; off: its memory is given back when all is made"),
        ),
        "low_memory": Words(
            tr("Save memory"), tr("Generate with less memory, slower"), _wishes(tr)
        ),
    }


def _window(tr: Translate) -> dict[str, Words]:
    return {
        "theme": Words(
            tr("Appearance"),
            tr("Palette of the windows"),
            {"system": tr("As the system"), "light": tr("Light"), "dark": tr("Dark")},
        ),
        "language": Words(
            tr("Language"),
            tr("Counts from the next start"),
            {"system": tr("As the system")},
        ),
        "units": Words(
            tr("Lengths"),
            tr("How distances are told"),
            {"metric": tr("Metres"), "imperial": tr("Feet and inches")},
        ),
        "cards_seen": Words(
            tr("Cards that were put away"), tr("Hints that you did not want to see again")
        ),
    }


def _wishes(tr: Translate) -> dict[str, str]:
    return {"auto": tr("Automatic"), "on": tr("On"), "off": tr("Off")}


def _stereo(tr: Translate) -> dict[str, str]:
    return {
        "mono": tr("One eye"),
        "side-by-side": tr("Side by side"),
        "side-by-side-half": tr("Side by side, half width"),
        "top-bottom": tr("Above each other"),
        "top-bottom-half": tr("Above each other, half height"),
        "anaglyph": tr("Red and cyan glasses"),
        "rows": tr("Rows interlaced"),
        "columns": tr("Columns interlaced"),
        "cross-eyed": tr("Cross-eyed"),
    }
