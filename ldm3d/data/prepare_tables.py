"""Tables that say what is on pictures: metadata.jsonl, captions.csv, captions.tsv."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from ldm3d.errors import InputError

TABLES = ("metadata.jsonl", "metadata.csv", "captions.jsonl", "captions.csv", "captions.tsv")
_FILE_FIELDS = ("file_name", "filename", "file", "image", "path", "key")


@dataclass
class Table:
    """Rows by picture; a picture may have several, each with a caption."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def row(self, picture: str) -> Mapping[str, Any] | None:
        """Return what is said of a picture, by its path from the table on, suffix or none."""
        return self.rows.get(picture) or self.rows.get(_bare(picture))

    def add(self, row: Mapping[str, Any]) -> None:
        """Take a row; fields of another row of the same picture become lists."""
        folded = {str(name).casefold(): name for name in row if name is not None}
        name = next((folded[name] for name in _FILE_FIELDS if name in folded), None)
        if name is None:
            raise ValueError(f"no column {', '.join(_FILE_FIELDS)}")
        kept = self.rows.setdefault(str(PurePosixPath(str(row[name]))), {})
        for column, value in row.items():
            if column not in kept:
                kept[column] = value
            elif kept[column] != value:
                before = kept[column] if isinstance(kept[column], list) else [kept[column]]
                kept[column] = [*before, value]


def tables_in(root: Path, files: Sequence[str]) -> dict[str, Table]:
    """Return the tables of a folder and those below it: folder, relative -> its table.

    Raises:
        InputError: if one cannot be read.
    """
    found: dict[str, Table] = {}
    for file in files:
        path = PurePosixPath(file)
        if path.name not in TABLES:
            continue
        table = found.setdefault(str(path.parent), Table())
        try:
            for row in _rows(root / file):
                table.add(row)
        except (OSError, ValueError, csv.Error) as error:
            raise InputError(
                f"want a table with the pictures' names and captions in {root / file}: {error}"
            ) from error
    return found


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        if path.suffix == ".jsonl":
            for number, line in enumerate(lines, 1):
                if line.strip():
                    row = json.loads(line)
                    if not isinstance(row, dict):
                        raise ValueError(f"line {number} is no object")
                    yield row
            return
        yield from csv.DictReader(lines, delimiter="\t" if path.suffix == ".tsv" else ",")


def _bare(picture: str) -> str:
    return str(PurePosixPath(picture).with_suffix(""))
