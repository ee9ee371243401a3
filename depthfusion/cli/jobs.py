"""What `generate` has to do: prompts from the line or a file, one job for each world to make."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from depthfusion.errors import InputNotFoundError, UsageError

if TYPE_CHECKING:
    from depthfusion.generator.request import Request

MAX_COUNT = 10_000
MAX_PROMPTS_BYTES = 50_000_000
SEED_BITS = 31
"""Of a seed that nobody chose: short enough to be read out."""
_NOT_ASKED = {"count", "previews"}
"""Fields of a request that do not decide a world."""


@dataclass(frozen=True)
class Job:
    """One world to make."""

    request: Request
    """With a seed of its own, or None where any will do."""
    image: int = 0
    """Which one of its prompt, from 0."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Path -> digest of the files it starts from: another picture under that name is another job"""

    def asked(self) -> dict[str, Any]:
        """Return what was asked for, JSON-able: equal for jobs that one result satisfies."""
        return normalized(self.request.to_dict() | {"files": dict(self.files)})


def normalized(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request's values as they come back from a file; what was not given is left out."""
    values = json.loads(json.dumps(dict(request), allow_nan=True))
    empty: tuple[Any, ...] = (None, "", [], {})
    return {k: v for k, v in values.items() if k not in _NOT_ASKED and v not in empty}


def jobs_from(base: Request, prompts: Iterable[str], count: int) -> list[Job]:
    """Return a job for each world: `count` of each prompt, their seeds counting up.

    A prompt that is repeated with one given seed would be the same world again: it is left out.

    Raises:
        UsageError: if `count` is out of range.
    """
    if not 1 <= count <= MAX_COUNT:
        raise UsageError(f"want a count from 1 to {MAX_COUNT}, got {count}")
    seed = base.seed if base.seed is not None else base.like.get("seed")
    files = digests(base)
    jobs: list[Job] = []
    seen: set[str] = set()
    for prompt in prompts:
        if isinstance(seed, int):
            if prompt in seen:
                continue
            seen.add(prompt)
        for image in range(count):
            own = seed + image if isinstance(seed, int) else None
            jobs.append(Job(replace(base, prompt=prompt, seed=own), image, files))
    return jobs


def digests(request: Request) -> dict[str, str]:
    """Return path -> SHA-256 of every file that a request names.

    Raises:
        InputNotFoundError: if one cannot be read.
    """
    named = [request.init_image, request.init_depth, *(path for path, _ in request.loras)]
    found = {}
    for path in named:
        if path is not None:
            try:
                with Path(path).open("rb") as file:
                    found[path] = hashlib.file_digest(file, "sha256").hexdigest()
            except FileNotFoundError as error:
                raise InputNotFoundError(f"no such file: {path}") from error
            except OSError as error:
                raise InputNotFoundError(f"cannot open {path}: {error.strerror}") from error
    return found


def seeded(jobs: Iterable[Job]) -> Iterator[tuple[Job, Request]]:
    """Yield each job and its request with a seed: worlds of one prompt get seeds in a row."""
    prompt, first, offset = "", 0, 0
    for job in jobs:
        request = job.request
        if request.seed is None:
            if request.prompt != prompt or job.image == 0:
                prompt, first, offset = request.prompt, secrets.randbits(SEED_BITS), job.image
            request = replace(request, seed=first + job.image - offset)
        yield job, request


def unfinished(
    jobs: Iterable[Job], finished: Iterable[tuple[Path, Mapping[str, Any]]]
) -> tuple[list[Job], list[Path]]:
    """Take away the jobs whose results are there.

    Args:
        jobs: all.
        finished: worlds, and what was asked for each.

    Returns:
        The jobs left, and the worlds that satisfy the others, in the jobs' order.
    """
    there: dict[str, list[Path]] = {}
    for path, asked in finished:
        there.setdefault(_key(normalized(asked)), []).append(path)
    left, found = [], []
    used: Counter[str] = Counter()
    for job in jobs:
        key = _key(job.asked())
        paths = there.get(key, [])
        if used[key] < len(paths):
            found.append(paths[used[key]])
            used[key] += 1
        else:
            left.append(job)
    return left, found


def _key(asked: Mapping[str, Any]) -> str:
    return json.dumps(asked, sort_keys=True)


def prompts_from_file(name: str) -> list[str]:
    """Return the prompts of a text file, "-" for standard input: one a line, # begins a comment.

    A backslash before the # makes it part of the prompt.

    Raises:
        InputNotFoundError: if there is no such file.
        UsageError: if it is no UTF-8 text, or no prompt is in it.
    """
    called = "standard input" if name == "-" else name
    data = sys.stdin.buffer.read(MAX_PROMPTS_BYTES + 1) if name == "-" else _read(name)
    if len(data) > MAX_PROMPTS_BYTES:
        raise UsageError(f"want a prompts file under {MAX_PROMPTS_BYTES // 10**6} MB, got {called}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UsageError(
            f"want prompts as UTF-8 text, line {line} of {called} is not: save it as UTF-8"
        ) from None
    if "\0" in text:
        raise UsageError(f"want prompts as text, {called} holds binary data")
    lines = [line.strip() for line in re.split(r"\r\n|\r|\n", text)]
    prompts = [line.removeprefix("\\") if line.startswith("\\#") else line
               for line in lines if line and not line.startswith("#")]  # fmt: skip
    if not prompts:
        raise UsageError(f"want prompts, one a line, {called} has none")
    return prompts


def _read(name: str) -> bytes:
    try:
        with Path(name).open("rb") as file:
            return file.read(MAX_PROMPTS_BYTES + 1)
    except FileNotFoundError as error:
        raise InputNotFoundError(f"no such file: {name}") from error
    except OSError as error:
        raise InputNotFoundError(f"cannot open {name}: {error.strerror}") from error
