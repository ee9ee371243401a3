"""Finds pictures with what belongs to them: in folders, and in tar files as webdataset has them.

A sample is all files of one key: `KEY.jpg`, `KEY.txt`, `KEY.json`, `KEY.depth.png`. Members of a
tar are read in their order and never written anywhere, so their names are names and no paths.
"""

from __future__ import annotations

import os
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from ldm3d.data.prepare_plan import LeftOutError
from ldm3d.data.prepare_tables import Table, tables_in
from ldm3d.errors import InputError, RequestError

PICTURES = ("jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff")
DEPTHS = ("depth.png", "depth.tif", "depth.tiff")
TEXTS = ("txt", "json")
TARS = (".tar", ".tar.gz", ".tgz")
MOST_PICTURE_BYTES = 256 << 20
MOST_TEXT_BYTES = 1 << 20
_DEPTH_TAIL = "_depth"
_GO_ON = "once it is back the same command goes on"


@dataclass(frozen=True)
class Held:
    """One file of a sample: in memory, or still on disk."""

    name: str
    size: int
    data: bytes | None = None
    path: Path | None = None

    def read(self, most_bytes: int) -> bytes:
        """Return its bytes.

        Raises:
            LeftOutError: if it is too large, or cannot be read.
        """
        if self.size > most_bytes:
            raise LeftOutError("too-large", f"{self.name} has {self.size / 1e6:.0f} MB")
        if self.data is not None:
            return self.data
        assert self.path is not None
        try:
            with self.path.open("rb") as file:
                return file.read(most_bytes)
        except OSError as error:
            raise LeftOutError("unreadable", f"{self.name}: {error.strerror or error}") from error


@dataclass(frozen=True)
class Sample:
    """One picture and what belongs to it."""

    source: str
    """Name of the part it is in."""
    number: int
    """Its place there."""
    key: str
    files: Mapping[str, Held]
    """Suffix (`jpg`, `depth.png`, `txt`...) -> file."""
    row: Mapping[str, Any] = field(default_factory=dict)
    """What a table says of it."""

    @property
    def picture(self) -> Held:
        """Return the picture itself."""
        return next(self.files[suffix] for suffix in PICTURES if suffix in self.files)

    @property
    def depth(self) -> Held | None:
        """Return the depth map beside it."""
        return next((self.files[suffix] for suffix in DEPTHS if suffix in self.files), None)


@dataclass(frozen=True)
class Loose:
    """All loose pictures of a folder and the folders in it, in the order of their names."""

    name: str
    root: Path
    files: tuple[str, ...]
    """Relative to the root, sorted."""

    def is_there(self) -> bool:
        """Tell whether it can still be read."""
        return self.root.is_dir()

    def samples(self, after: tuple[int, str] | None = None) -> Iterator[Sample]:
        """Yield the samples whose key comes after that of `after`."""
        for number, (key, files) in enumerate(self._keys.items()):
            if after is None or key > after[1]:
                yield self._sample(number, key, files)

    @cached_property
    def _keys(self) -> dict[str, dict[str, str]]:
        """Key -> suffix -> file, of those keys that have a picture."""
        found: dict[str, dict[str, str]] = {}
        for file in self.files:
            key, suffix = _of_folder(file)
            if suffix in found.get(key, {}) or (suffix in PICTURES and _has_picture(found, key)):
                key = file  # a.jpg and a.png are two pictures
            found.setdefault(key, {})[suffix] = file
        return {key: files for key, files in sorted(found.items()) if set(files) & set(PICTURES)}

    @cached_property
    def _tables(self) -> dict[str, Table]:
        return tables_in(self.root, self.files)

    def _sample(self, number: int, key: str, files: Mapping[str, str]) -> Sample:
        held = {suffix: _on_disk(self.root, file) for suffix, file in files.items()}
        row: Mapping[str, Any] = {}
        picture = PurePosixPath(next(files[suffix] for suffix in PICTURES if suffix in files))
        for parent in picture.parents:
            table = self._tables.get(str(parent))
            if table is not None:
                row = table.row(str(picture.relative_to(parent))) or row
        return Sample(self.name, number, key, held, row)


def _has_picture(found: Mapping[str, Mapping[str, str]], key: str) -> bool:
    return bool(set(found.get(key, ())) & set(PICTURES))


def _on_disk(root: Path, file: str) -> Held:
    path = root / file
    try:
        size = path.stat().st_size
    except OSError:
        size = 0  # reading it will tell
    return Held(file, size, path=path)


def _of_folder(file: str) -> tuple[str, str]:
    """Return key and suffix of a file of a folder; its name may have dots of its own."""
    path = PurePosixPath(file)
    stem, suffix = path.stem, path.suffix.lower().lstrip(".")
    if f"depth.{suffix}" in DEPTHS:
        for tail in (_DEPTH_TAIL, ".depth"):
            if stem.endswith(tail) and stem != tail:
                return str(path.with_name(stem.removesuffix(tail))), f"depth.{suffix}"
    return str(path.with_name(stem)), suffix


@dataclass(frozen=True)
class Tar:
    """A tar file: members that follow each other and share a key are a sample."""

    name: str
    path: Path

    def is_there(self) -> bool:
        """Tell whether it can still be read."""
        return self.path.is_file()

    def samples(self, after: tuple[int, str] | None = None) -> Iterator[Sample]:
        """Yield the samples whose number comes after that of `after`.

        Raises:
            LeftOutError: at the end, if the file is broken there; what came before is good.
            InputError: if it can no longer be read at all.
        """
        first = 0 if after is None else after[0] + 1
        number, key, files = 0, "", dict[str, Held]()
        damage: LeftOutError | None = None
        try:
            with self._damage_explained(), tarfile.open(self.path) as tar:
                for own, suffix, member in _members(tar):
                    if own != key:
                        if _is_sample(files):
                            if number >= first:
                                yield Sample(self.name, number, key, files)
                            number += 1
                        key, files = own, {}
                    if suffix not in files:
                        files[suffix] = _in_memory(tar, member, suffix, wanted=number >= first)
        except LeftOutError as error:
            damage = error
        if _is_sample(files) and number >= first:
            yield Sample(self.name, number, key, files)
        if damage is not None:
            raise damage

    @contextmanager
    def _damage_explained(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise InputError(f"want the tar {self.path}, it is gone; {_GO_ON}") from error
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise LeftOutError("broken-tar", f"{self.path.name}: {error}") from error
        except OSError as error:
            if error.errno is None:  # gzip says so of broken data
                raise LeftOutError("broken-tar", f"{self.path.name}: {error}") from error
            raise InputError(f"cannot read {self.path}: {error.strerror}; {_GO_ON}") from error


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, str, tarfile.TarInfo]]:
    """Yield key, suffix and member of what may belong to a sample."""
    while (member := tar.next()) is not None:
        tar.members = []  # type: ignore[attr-defined]  # else it remembers them all
        key, suffix = _of_tar(member.name)
        if member.isreg() and suffix in {*PICTURES, *DEPTHS, *TEXTS}:
            yield key, suffix, member
    _check_end(tar)


def _check_end(tar: tarfile.TarFile) -> None:
    """Tell damage from the end, which `tarfile` takes for the same.

    Raises:
        ReadError: if what follows is neither zeros nor nothing.
    """
    assert tar.fileobj is not None
    tar.fileobj.seek(tar.offset)
    if tar.fileobj.read(tarfile.BLOCKSIZE).strip(b"\0"):
        raise tarfile.ReadError(f"damaged at byte {tar.offset}")


def _of_tar(name: str) -> tuple[str, str]:
    """Return key and suffix of a member: the key ends at the first dot of the file's name."""
    folder, slash, file = name.rpartition("/")
    stem, _, suffix = file.partition(".")
    if f"depth.{suffix.lower()}" in DEPTHS and stem.endswith(_DEPTH_TAIL) and stem != _DEPTH_TAIL:
        stem, suffix = stem.removesuffix(_DEPTH_TAIL), f"depth.{suffix}"
    return folder + slash + stem, suffix.lower()


def _is_sample(files: Mapping[str, Held]) -> bool:
    return bool(set(files) & set(PICTURES))


def _in_memory(tar: tarfile.TarFile, member: tarfile.TarInfo, suffix: str, wanted: bool) -> Held:
    most = MOST_TEXT_BYTES if suffix in TEXTS else MOST_PICTURE_BYTES
    data = None
    if wanted and member.size <= most:
        file = tar.extractfile(member)
        assert file is not None  # a regular file
        data = file.read()
        if len(data) < member.size:
            raise tarfile.ReadError(f"unexpected end of data in {member.name}")
    return Held(member.name, member.size, data or b"")


Part = Loose | Tar


def parts_of(sources: Sequence[Path]) -> list[Part]:
    """Return folders and tars with pictures, in the order they are taken.

    Args:
        sources: folders, whose tars come after their loose pictures, and tar files.

    Raises:
        InputError: if one does not exist, or there is nothing in it.
        RequestError: if two have the same name.
    """
    parts: list[Part] = []
    for source in sources:
        found = _parts_of(source)
        if not found:
            raise InputError(
                f"want pictures ({', '.join(PICTURES[:4])}...) or tar files in {source}, there are "
                "none"
            )
        parts += found
    names = [part.name for part in parts]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RequestError(f"want sources of different names, {twice[0]} comes twice: rename one")
    return parts


def _parts_of(source: Path) -> list[Part]:
    if source.is_dir():
        name = source.resolve().name
        files = sorted(_walked(source))
        tars = [file for file in files if file.endswith(TARS)]
        loose = Loose(name, source, tuple(file for file in files if not file.endswith(TARS)))
        parts: list[Part] = [loose] if loose._keys else []
        return parts + [Tar(f"{name}/{file}", source / file) for file in tars]
    if not source.is_file():
        raise InputError(f"want a folder or a tar file with pictures, there is no {source}")
    if not source.name.endswith(TARS):
        raise InputError(f"want a folder or a tar file ({', '.join(TARS)}), got {source}")
    return [Tar(source.name, source)]


def _walked(root: Path) -> Iterator[str]:
    """Yield the files below a folder, relative, with /; hidden ones are passed over."""

    def failed(error: OSError) -> None:
        raise InputError(f"cannot read {error.filename}: {error.strerror}") from error

    for folder, names, files in os.walk(root, onerror=failed):
        names[:] = sorted(name for name in names if not name.startswith("."))
        below = Path(folder).relative_to(root)
        yield from ((below / file).as_posix() for file in files if not file.startswith("."))
