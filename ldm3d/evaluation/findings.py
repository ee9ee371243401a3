"""What an evaluation found: tables, pictures, remarks; kept as JSON until a report is written."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Table:
    """Rows below a header; numbers are rounded when they are written."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str | float | int]]


@dataclass
class Findings:
    """One evaluation's part of a report."""

    title: str
    about: dict[str, str] = field(default_factory=dict)
    """What was judged and how: model, data, counts, settings."""
    tables: list[Table] = field(default_factory=list)
    pictures: list[tuple[str, str]] = field(default_factory=list)
    """File name in the report's folder, and what it shows."""
    notes: list[str] = field(default_factory=list)
    """What was skipped or is to be kept in mind, one sentence each."""
    figures: dict[str, float] = field(default_factory=dict)
    """The figures by name, for scripts."""

    def save(self, path: Path) -> None:
        """Write as JSON, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        values = _plain(asdict(self))
        temporary = path.with_name(f".{path.name}.part")
        temporary.write_text(json.dumps(values, indent=2, ensure_ascii=False), encoding="utf-8")
        temporary.replace(path)


def load_findings(path: Path) -> Findings:
    """Read what `Findings.save` wrote."""
    values = json.loads(path.read_text(encoding="utf-8"))
    values["tables"] = [Table(**table) for table in values["tables"]]
    values["pictures"] = [(name, text) for name, text in values["pictures"]]
    return Findings(**values)


def _plain(value: Any) -> Any:
    """Return JSON-able values; NaN and infinity become words, as JSON has none."""
    if isinstance(value, float) and not math.isfinite(value):
        return "none" if math.isnan(value) else "infinite"
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value


def shown(value: str | float | int) -> str:
    """Return a value as a table shows it."""
    if isinstance(value, float):
        return f"{value:.4g}" if math.isfinite(value) else "–"
    return str(value)
