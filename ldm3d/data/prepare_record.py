"""What is written down of a preparing: manifests of what went in, and what was left out and why.

shard-00000/manifest.jsonl   a line a picture: source, number, key, width, height, sha256,
                             captions, and url, licence, author where they are said
failures.jsonl               source, key, filter, reason, and `before`: the number of the next
                             picture that was taken
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.prepare_plan import LeftOutError
from ldm3d.data.world_set import Facts, read_facts


@dataclass(frozen=True)
class Place:
    """Where the last picture of the set was."""

    source: str
    number: int
    key: str


class Record:
    """Reads what earlier calls wrote down; writes more."""

    MANIFEST = "manifest.jsonl"
    FAILURES = "failures.jsonl"

    def __init__(self, folder: Path, shard: int) -> None:
        """Read the manifests of the shards up to the first that is missing or not full.

        Args:
            folder: of the set.
            shard: pictures of a full shard.
        """
        self.folder = folder
        self.taken = 0
        self.last: Place | None = None
        self.left_out: Counter[str] = Counter()
        self._digests: set[int] = set()
        number, count = 0, shard
        while count == shard:
            count = 0
            for line in _lines(folder / f"shard-{number:05d}" / self.MANIFEST):
                count += 1
                self.is_new(line["sha256"])
                self.last = Place(line["source"], line["number"], line["key"])
            self.taken += count
            number += 1
        self._drop_later_failures()

    def is_new(self, sha256: str) -> bool:
        """Take down a picture's digest; tell whether it was not there."""
        digest, before = int(sha256[:16], 16), len(self._digests)
        self._digests.add(digest)
        return len(self._digests) > before

    def forget(self, sha256: str) -> None:
        """Take a digest back."""
        self._digests.discard(int(sha256[:16], 16))

    def pictures_of(
        self, number: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint16], list[Facts], list[str]]:
        """Return color, depth, facts and manifest lines of a shard that is there."""
        shard = self.folder / f"shard-{number:05d}"
        lines = (shard / self.MANIFEST).read_text(encoding="utf-8").splitlines()
        return (
            np.load(shard / "color.npy"),
            np.load(shard / "depth.npy"),
            read_facts(shard),
            lines,
        )

    @staticmethod
    def line(values: Mapping[str, Any]) -> str:
        """Return a line; ASCII, since names of files may hold what is no text."""
        return json.dumps(values)

    def write_failures(self, lines: Sequence[str]) -> None:
        """Add lines to what was left out."""
        if lines:
            with (self.folder / self.FAILURES).open("a", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")

    def _drop_later_failures(self) -> None:
        """Forget what was left out behind the last picture that is kept: it comes again."""
        path = self.folder / self.FAILURES
        if not path.is_file():
            return
        temporary = path.with_suffix(".new")
        with temporary.open("w", encoding="utf-8") as file:
            for line in _lines(path):
                if line["before"] < self.taken:
                    self.left_out[line["filter"]] += 1
                    file.write(json.dumps(line) + "\n")
        temporary.replace(path)


def failure_line(source: str, key: str, error: LeftOutError, before: int) -> str:
    """Return the line of a picture that was left out."""
    return json.dumps(
        {
            "source": source,
            "key": key,
            "filter": error.filter,
            "reason": error.reason,
            "before": before,
        }
    )


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a file, up to one that was cut off."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                values = json.loads(line)
            except ValueError:
                return
            yield values
