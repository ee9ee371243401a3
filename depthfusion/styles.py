"""Styles: words around a prompt, and what else suits them, as small files that people can add.

    found = load_styles()
    styled = styled_from(found.named(["golden-hour"]), "a quiet harbour")
    styled.prompt   # "a quiet harbour at golden hour, low sun, warm light"

Bundled ones lie in `resources/styles`, people's own in `styles/` of the config folder; one of the
same name replaces the bundled one. No Qt in here.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from depthfusion.assets import asset
from depthfusion.errors import MissingPartError, UsageError
from depthfusion.settings import SPECS, config_folder
from depthfusion.settings.kinds import Choice, Kind, Text, Whole

GROUPS = ("light", "weather", "season", "look", "own")
"""In the order in which they are shown."""
MAX_BYTES = 64_000
MAX_STYLES = 500
_ENDING = ".toml"
_KINDS: dict[str, Kind] = {
    "name": Text("a short name", r".{1,60}"),
    "about": Text("a line of text"),
    "group": Choice(GROUPS),
    "order": Whole(0, 1_000_000),
    "before": Text("words"),
    "after": Text("words"),
    "negative": Text("words"),
    "steps": SPECS["steps"].kind,
    "guidance": SPECS["guidance"].kind,
    "scheduler": SPECS["scheduler"].kind,
}
_DOES = ("before", "after", "negative", "steps", "guidance", "scheduler")


@dataclass(frozen=True)
class Style:
    """One style, as its file says."""

    key: str
    """Name of the file without its ending; what `--style` takes."""
    name: str
    """For people."""
    about: str = ""
    """One line that says what it makes."""
    group: str = "own"
    """One of `GROUPS`."""
    order: int = 1000
    """Place within its group; lower is earlier."""
    before: str = ""
    """Words that come before the prompt."""
    after: str = ""
    """Words that follow it; a comma at their beginning is kept."""
    negative: str = ""
    """What should not be there."""
    steps: int | None = None
    guidance: float | None = None
    scheduler: str | None = None
    is_own: bool = False
    """Whether it is the person's, not a bundled one."""


@dataclass(frozen=True)
class Styles:
    """All styles there are."""

    all: tuple[Style, ...]
    """In the order in which they are shown."""
    complaints: tuple[str, ...] = ()
    """One line for each file that could not be used, or not all of it."""

    def named(self, names: Iterable[str]) -> list[Style]:
        """Return styles by key or by name; capitals, spaces and dashes make no difference.

        Raises:
            UsageError: if there is no such style.
        """
        known = {_plain(style.name): style for style in self.all}
        known |= {_plain(style.key): style for style in self.all}
        found = []
        for name in names:
            style = known.get(_plain(name))
            if style is None:
                raise UsageError(self._hint(name))
            if style not in found:
                found.append(style)
        return found

    def _hint(self, name: str) -> str:
        near = difflib.get_close_matches(_plain(name), [_plain(s.key) for s in self.all], 1)
        other = next((s.key for s in self.all if near and _plain(s.key) == near[0]), None)
        hint = f"did you mean {other}?" if other else "`--style list` shows all"
        return f"want the name of a style, got {name!r:.80}: {hint}"


@dataclass(frozen=True)
class Styled:
    """What a prompt and its settings are once styles were applied; None: nobody chose."""

    prompt: str
    negative: str | None = None
    steps: int | None = None
    guidance: float | None = None
    scheduler: str | None = None


def styled_from(
    styles: Sequence[Style],
    prompt: str,
    negative: str | None = None,
    *,
    steps: int | None = None,
    guidance: float | None = None,
    scheduler: str | None = None,
) -> Styled:
    """Apply styles one after the other; what was chosen by hand stays.

    A style that is in the prompt already is not said twice.

    Args:
        styles: of later ones, steps, guidance and scheduler count over those of earlier ones.
        prompt: as it was written.
        negative: chosen by hand; the styles' words are added.
        steps: chosen by hand, as are the following.
        guidance: how closely the prompt is followed.
        scheduler: way from noise to picture.
    """
    result = Styled(prompt.strip(), negative)
    for style in styles:
        result = replace(
            result,
            prompt=_with_words(result.prompt, style),
            negative=_joined(result.negative, style.negative),
            steps=result.steps if style.steps is None else style.steps,
            guidance=result.guidance if style.guidance is None else style.guidance,
            scheduler=result.scheduler if style.scheduler is None else style.scheduler,
        )
    return replace(
        result,
        steps=result.steps if steps is None else steps,
        guidance=result.guidance if guidance is None else guidance,
        scheduler=result.scheduler if scheduler is None else scheduler,
    )


def _with_words(prompt: str, style: Style) -> str:
    said = prompt.lower()
    if style.before and not said.startswith(style.before.lower()):
        prompt = f"{style.before} {prompt}"
    after = style.after.lstrip(",; ")
    if after and after.lower() not in said:
        gap = ", " if style.after[0] in ",;" else " "
        prompt = f"{prompt.rstrip(' .,;')}{gap}{after}"
    return prompt


def _joined(negative: str | None, words: str) -> str | None:
    """Return both lists of words, none of them twice."""
    if not words:
        return negative
    both = [word.strip() for word in f"{negative or ''},{words}".split(",")]
    return ", ".join(dict.fromkeys(word for word in both if word))


def styles_folder() -> Path:
    """Return where people's own styles lie; it need not exist."""
    return config_folder() / "styles"


def load_styles(folder: Path | None = None) -> Styles:
    """Return bundled and own styles; what cannot be used is told in a line and left out.

    Args:
        folder: of people's own; None: `styles_folder()`.
    """
    complaints: list[str] = []
    found: dict[str, Style] = {}
    try:
        bundled: Traversable | None = asset("resources", "styles")
    except MissingPartError as error:
        bundled = None
        complaints.append(str(error))
    places = [(bundled, False), (styles_folder() if folder is None else folder, True)]
    for place, is_own in places:
        for file in _files(place, complaints) if place is not None else ():
            style = _style(file, is_own, complaints)
            if style is not None:
                found[_plain(style.key)] = style
    shown = sorted(found.values(), key=lambda s: (GROUPS.index(s.group), s.order, s.name.lower()))
    return Styles(tuple(shown), tuple(complaints))


def _files(folder: Traversable, complaints: list[str]) -> Iterator[Traversable]:
    try:
        listed = [f for f in folder.iterdir() if f.name.lower().endswith(_ENDING)]
    except FileNotFoundError:
        return
    except OSError as error:
        complaints.append(f"cannot look for styles in {folder}: {error.strerror}")
        return
    listed.sort(key=lambda file: file.name)
    if len(listed) > MAX_STYLES:
        complaints.append(f"want at most {MAX_STYLES} styles in {folder}, got {len(listed)}")
    yield from (file for file in listed[:MAX_STYLES] if not file.name.startswith("."))


def _style(file: Traversable, is_own: bool, complaints: list[str]) -> Style | None:
    """Return the style of a file, or None and a complaint."""
    try:
        values = _values(file)
        unknown = [name for name in values if name not in _KINDS]
        if unknown:
            complaints.append(f"style {file}: {', '.join(unknown)[:80]} is not known here")
        checked = {n: _checked(n, values[n]) for n in _KINDS if n in values}
        if not any(name in checked for name in _DOES):
            raise ValueError(f"want one of {', '.join(_DOES)}")
    except OSError as error:
        complaints.append(f"style {file} is left out: {error.strerror or error}")
        return None
    except ValueError as error:
        complaints.append(f"style {file} is left out: {' '.join(str(error).split())}")
        return None
    key = file.name[: -len(_ENDING)]
    name = checked.pop("name", key.replace("-", " ").capitalize())
    return Style(key, name, is_own=is_own, **checked)


def _values(file: Traversable) -> dict[str, Any]:
    with file.open("rb") as opened:
        data = opened.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"want less than {MAX_BYTES // 1000} kB")
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _checked(name: str, value: object) -> Any:
    try:
        return _KINDS[name].checked(value)
    except ValueError as error:
        raise ValueError(f"want {name} as {error}, got {value!r:.60}") from None


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())
