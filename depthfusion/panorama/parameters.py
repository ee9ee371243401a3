"""The generation text that other tools read: PNG chunk `parameters` as AUTOMATIC1111 writes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_FIELDS = (
    ("Steps", ("steps",)),
    ("Sampler", ("sampler", "scheduler")),
    ("CFG scale", ("guidance", "guidance_scale", "cfg_scale")),
    ("Seed", ("seed",)),
    ("Size", ("size",)),
    ("Model", ("model",)),
)
_NEGATIVE = "Negative prompt: "
_MAX_CHARS = 100_000


def parameters_text(generation: Mapping[str, Any]) -> str:
    """Return prompt, negative prompt and one line of settings; "" when nothing is known."""
    values = dict(generation)
    if "width" in values and "height" in values:
        values.setdefault("size", f"{values['width']}x{values['height']}")
    made_with = values.get("made_with")
    if isinstance(made_with, Mapping) and made_with.get("model"):
        values.setdefault("model", _short_name(str(made_with["model"])))
    settings = []
    for label, names in _FIELDS:
        value = next((values[n] for n in names if values.get(n) is not None), None)
        if value is not None:
            text = str(value)
            settings.append(f'{label}: "{text}"' if "," in text else f"{label}: {text}")
    lines = [str(values.get("prompt") or "")]
    if values.get("negative_prompt"):
        lines.append(f"{_NEGATIVE}{values['negative_prompt']}")
    lines.append(", ".join(settings))
    return "\n".join(line for line in lines if line)


def _short_name(model: str) -> str:
    """Return the last part of a model's folder or id: no folders of this machine in a picture."""
    return re.split(r"[/\\]", model.rstrip("/\\"))[-1]


def generation_from_parameters(text: str) -> dict[str, Any]:
    """Read such a text of any tool into prompt, negative_prompt, steps, sampler, guidance..."""
    lines = text[:_MAX_CHARS].strip().split("\n")
    found: dict[str, Any] = {}
    if lines and re.match(r"\s*Steps: ", lines[-1]):
        pairs = re.findall(r'\s*([A-Za-z][\w \-/]*): ("(?:[^"\\]|\\.)*"|[^,]*)(?:,|$)', lines.pop())
        settings = {key: value.strip('"') for key, value in pairs}
        for label, names in _FIELDS:
            if label in settings:
                found[names[0]] = _number(settings[label])
    body = "\n".join(lines)
    prompt, _, negative = body.partition(_NEGATIVE)
    found |= {"prompt": prompt.strip(), "negative_prompt": negative.strip()}
    return {key: value for key, value in found.items() if value != ""}


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
