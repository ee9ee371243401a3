"""What is written of a picture: captions and metadata, from text, JSON or a table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from unicodedata import category

from ldm3d.data.prepare_plan import LeftOutError, PreparePlan
from ldm3d.data.prepare_sources import MOST_TEXT_BYTES, Held, Sample

CAPTION_FIELDS = ("caption", "captions", "text", "prompt", "description", "alt")
"""Where captions stand in JSON and tables when nobody says."""
_NOTED = ("url", "license", "licence", "author")
_NOTED_CHARACTERS = 2000
_NO_LETTERS = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode's categories of controls, halves of characters, and ends of lines."""


def metadata_of(sample: Sample) -> Mapping[str, Any]:
    """Return what a table and the JSON beside a picture say; the JSON has the last word.

    Raises:
        LeftOutError: if the JSON cannot be read.
    """
    held = sample.files.get("json")
    if held is None:
        return sample.row
    try:
        said = json.loads(_text(held))
    except (ValueError, RecursionError) as error:
        raise LeftOutError("broken-json", f"{held.name}: {error}") from error
    if not isinstance(said, dict):
        raise LeftOutError("broken-json", f"{held.name} holds no object")
    return {**sample.row, **said}


def captions_of(sample: Sample, metadata: Mapping[str, Any], plan: PreparePlan) -> tuple[str, ...]:
    """Return the captions: of the field asked for, else the text file, else the usual fields.

    Raises:
        LeftOutError: if there is none, or none of the length wanted.
    """
    found = tuple(dict.fromkeys(filter(None, map(_tidy, _said(sample, metadata, plan)))))
    if not found:
        where = f"field {plan.caption_field}" if plan.caption_field else "KEY.txt, JSON or a table"
        raise LeftOutError("no-caption", f"no caption in {where}")
    least, most = plan.caption_length
    fitting = tuple(text for text in found if least <= len(text) <= most)
    if not fitting:
        raise LeftOutError("caption-length", f"{len(found[0])} characters, want {least} to {most}")
    return fitting


def noted_of(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return where a picture is from and under which licence, as far as it is said."""
    return {
        name.casefold(): _tidy(str(value)[:_NOTED_CHARACTERS])
        for name, value in metadata.items()
        if isinstance(name, str) and name.casefold() in _NOTED and value
    }


def _said(sample: Sample, metadata: Mapping[str, Any], plan: PreparePlan) -> Iterator[str]:
    if plan.caption_field is not None:
        yield from _strings(metadata.get(plan.caption_field))
        return
    held = sample.files.get("txt")
    if held is not None:
        try:
            yield _text(held)
        except UnicodeDecodeError as error:
            raise LeftOutError("broken-caption", f"{held.name} is no UTF-8") from error
        return
    folded = {str(name).casefold(): value for name, value in metadata.items()}
    for name in CAPTION_FIELDS:
        if folded.get(name):
            yield from _strings(folded[name])
            return


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (text for text in value if isinstance(text, str))


def _text(held: Held) -> str:
    return held.read(MOST_TEXT_BYTES).decode("utf-8-sig")


def _tidy(text: str) -> str:
    """Return it on one line, without control characters."""
    return " ".join("".join(" " if category(c) in _NO_LETTERS else c for c in text).split())
