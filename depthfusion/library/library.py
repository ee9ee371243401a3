"""The library as programs see it: `Library`."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from depthfusion.errors import DepthFusionError, InputNotFoundError, SaveError, UsageError
from depthfusion.library import importing, moving, query, trash
from depthfusion.library import scan as scanning
from depthfusion.library.about import change_about
from depthfusion.library.check import Checked, check_all
from depthfusion.library.importing import Imported
from depthfusion.library.index import Index
from depthfusion.library.lock import locked
from depthfusion.library.moving import Moved
from depthfusion.library.place import (
    LOCK,
    check_present,
    default_folder,
    index_file,
    index_folder,
    own_folder,
    world_folder,
)
from depthfusion.library.query import Query
from depthfusion.library.scan import Scanned, ScanThread, Tell
from depthfusion.library.store import VERSION
from depthfusion.library.trash import Deletion
from depthfusion.library.world import World, read_about, title_from
from depthfusion.panorama.options import ReadOptions
from depthfusion.panorama.whole_folder import clear_leftovers
from depthfusion.panorama.world_folder import is_world
from depthfusion.panorama.world_name import slug

if TYPE_CHECKING:
    from depthfusion.panorama import Panorama

MAX_COMMENT_CHARS = 20_000
_AUTO = ReadOptions()
_ALL = Query()


class Library:
    """Worlds in a folder, found through an index.

    Every method may be called from any thread. Reading asks the index only and takes
    milliseconds; it shows what the last `scan` saw and what was changed since by any process of
    this machine. Changing writes the world's folder first, whole or not at all, then the index.

    A world is known by its `name`, that of its folder; indexes come and go, names stay.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str] | None = None,
        *,
        indexes: str | os.PathLike[str] | None = None,
    ) -> None:
        """Open a library; nothing is made in its folder before something is added.

        Args:
            folder: None: `default_folder()`.
            indexes: where indexes are kept; None: the platform's place for caches.
        """
        self.folder = default_folder() if folder is None else Path(folder).expanduser().absolute()
        place = index_folder() if indexes is None else Path(indexes)
        self.index = Index(index_file(self.folder, place, VERSION))

    def close(self) -> None:
        """Close the index. The library can be used again all the same."""
        self.index.close()

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Reading

    def count(self, wanted: Query = _ALL) -> int:
        """Return how many worlds a query finds."""
        return self.index.read(lambda connection: query.count(connection, wanted))

    def page(self, wanted: Query = _ALL, start: int = 0, most: int = 50) -> list[World]:
        """Return `most` worlds (-1: all) of what a query finds, from the `start`th in its order."""
        return self.index.read(lambda c: query.page(c, self.folder, wanted, start, most))

    def names(self, wanted: Query = _ALL) -> list[str]:
        """Return the names of all that a query finds, in its order.

        A list model keeps them, so that its rows do not move while others write, and asks
        `worlds` for those in sight.
        """
        return self.index.read(lambda connection: query.names(connection, wanted))

    def worlds(self, names: Sequence[str]) -> list[World]:
        """Return the worlds of some names, in their order; those that are gone are left out."""
        return self.index.read(lambda connection: query.worlds(connection, self.folder, names))

    def world(self, name: str) -> World:
        """Return one world.

        Raises:
            InputNotFoundError: if there is none of that name.
        """
        found = self.worlds([name])
        if not found:
            raise InputNotFoundError(f"want the world {name}, it is not in {self.folder}")
        return found[0]

    def titled(self, title: str) -> list[str]:
        """Return the names of the worlds with a title, case and accents aside."""
        return self.index.read(lambda connection: query.titled(connection, title))

    def about(self, name: str) -> dict[str, Any]:
        """Return all that stands in a world's world.json; {} when that is damaged.

        Raises:
            InputNotFoundError: if there is no such world.
        """
        return read_about(world_folder(self.folder, name))[0] or {}

    def version(self) -> tuple[int, int]:
        """Return a value that differs when anything in the index does, by whichever process.

        It costs microseconds: a window asks some times a second, and asks `names` again when it
        changed.
        """
        return self.index.version()

    def is_stale(self) -> bool:
        """Whether worlds came or went without the index: one `stat`. A `scan` takes them in.

        What another program changed within a world is only seen by a scan.
        """
        return scanning.is_stale(self.index, self.folder)

    def notices(self) -> list[str]:
        """Return what happened to the index since the last call, one line each, for a banner."""
        return self.index.notices()

    # Scanning

    def scan(
        self, tell: Tell | None = None, is_cancelled: Callable[[], bool] = lambda: False
    ) -> Scanned:
        """Bring the index up to what the folders hold; see `depthfusion.library.scan`.

        What killed processes left half-written is taken away.

        Raises:
            InputNotFoundError: if a library that had worlds is gone; the index stays as it is.
        """
        clear_leftovers(self.folder)
        trash.clear_purged(self.folder)
        return scanning.scan(self.index, self.folder, tell, is_cancelled)

    def start_scan(self) -> ScanThread:
        """Begin a scan in a thread of its own."""
        return ScanThread(self.scan)

    def rebuild(self, tell: Tell | None = None) -> Scanned:
        """Throw the index away and make it anew from the folders.

        Raises:
            InputNotFoundError: if the library is gone; the index stays as it is.
        """
        check_present(self.folder, self.count())
        self.index.throw_away()
        return self.scan(tell)

    # Changing

    def add(self, panorama: Panorama, more: Mapping[str, Any] | None = None) -> World:
        """Write a finished panorama as a new world, named after its prompt and seed.

        Args:
            panorama: with its recipe as provenance.
            more: JSON-able values to keep in world.json beside the usual ones.

        Raises:
            SaveError: if it cannot be written; nothing is left behind then.
            InputNotFoundError: if the library is gone.
        """
        from depthfusion.panorama.write_world import write_world

        self.make_ready()
        recipe = panorama.provenance.generation
        name = slug(str(recipe.get("prompt") or panorama.title))
        if isinstance(recipe.get("seed"), int):
            name = f"{name}-{recipe['seed']}"
        return self._taken_in(write_world(panorama, self.folder / name, more))

    def adopt(self, folder: str | os.PathLike[str]) -> World:
        """Take in the folder of a world: a copy of it, or itself where it lies in the library.

        Raises:
            InputNotFoundError: if it is no world.
            SaveError: if it cannot be copied; nothing is left behind then.
        """
        path = Path(folder).absolute()
        if not is_world(path):
            raise InputNotFoundError(f"want the folder of a world, {folder} is none")
        if path.parent.resolve() == self.folder.resolve():
            return self._taken_in(self.folder / path.name)
        self.make_ready()
        return self._taken_in(moving.copied(path, self.folder / path.resolve().name))

    def importing(
        self,
        paths: Sequence[str | os.PathLike[str]],
        options: ReadOptions = _AUTO,
        depth: str | os.PathLike[str] | None = None,
    ) -> Generator[Imported, None, None]:
        """Make worlds of pictures, pairs, RGBD pictures, worlds and folders; yield each.

        Originals are only read. What cannot be imported is yielded with its error, and the next
        is tried; closing the iterator stops between two.

        Args:
            paths: files and folders.
            options: what is known about their depth.
            depth: the depth map of the one picture given.

        Raises:
            InputNotFoundError: if there is no such file, or nothing in a folder.
            UsageError: if `depth` is given with more than one picture.
            SaveError: if the library cannot be written to.
        """
        given = [Path(path).expanduser().absolute() for path in paths]
        if depth is None:
            wanted = importing.sources(given)
        elif len(given) == 1:
            wanted = [importing.Source(given[0], Path(depth).expanduser().absolute())]
        else:
            raise UsageError(f"want one picture for the depth map {depth}, got {len(given)}")
        self.make_ready()
        for source in wanted:
            try:
                folder, notes = importing.written(self.folder, source, options)
                yield Imported(source.path, self._taken_in(folder), notes=notes)
            except DepthFusionError as error:
                yield Imported(source.path, error=error)

    def set_favourite(self, name: str, is_favourite: bool = True) -> World:
        """Mark a world, or unmark it. Raises as `rename`."""
        return self._change(name, {"favourite": True if is_favourite else None})

    def rename(self, name: str, title: str) -> World:
        """Give a world another title; its folder keeps its name.

        Raises:
            UsageError: if the title is empty.
            InputNotFoundError: if there is no such world.
            SaveError: if it cannot be written, or the world is damaged; all is as before then.
        """
        wanted = title_from(title)
        if not wanted:
            raise UsageError(f"want a title for {name}, got an empty one")
        return self._change(name, {"title": wanted})

    def set_comment(self, name: str, comment: str) -> World:
        """Keep a person's words with a world; "" takes them away. Raises as `rename`."""
        return self._change(name, {"comment": comment[:MAX_COMMENT_CHARS] or None})

    def set_view(self, name: str, view: Mapping[str, Any]) -> World:
        """Keep how a world is looked at (`View.to_dict`). Raises as `rename`."""
        return self._change(name, {"view": dict(view)})

    def delete(self, names: Iterable[str]) -> Deletion:
        """Take worlds to the trash, all or none; `restore` brings them back.

        Raises:
            InputNotFoundError: if one is not there.
            SaveError: if one cannot be moved; nothing was deleted then.
        """
        with self._locked():
            deletion = trash.delete(self.folder, names)
            scanning.take_in(self.index, self.folder, deletion.names)
        return deletion

    def restore(self, deletion: Deletion, names: Iterable[str] | None = None) -> list[World]:
        """Bring deleted worlds back, all of a deletion or some.

        Raises:
            InputNotFoundError: if one is not in the trash any more.
            SaveError: if one cannot be moved; it stays in the trash.
        """
        with self._locked():
            restored = trash.restore(self.folder, deletion, names)
            scanning.take_in(self.index, self.folder, restored)
        return self.worlds(restored)

    def deletions(self) -> list[Deletion]:
        """Return what lies in the trash, the last deletion first."""
        return trash.deletions(self.folder)

    def empty_trash(self, older_than_days: float = 0.0) -> int:
        """Delete for good what has been in the trash for longer; return how many worlds went.

        Raises:
            SaveError: if something cannot be deleted.
        """
        if not self.deletions():
            return 0
        with self._locked():
            return trash.purge(self.folder, older_than_days * 86_400)

    def checking(self) -> Iterator[Checked]:
        """Read every file of every world; yield each world with what is wrong with it.

        Raises:
            InputNotFoundError: if the library is gone.
        """
        check_present(self.folder, self.count())
        return check_all(self.folder, iter(sorted(scanning.folders(self.folder))))

    def moving(self, target: str | os.PathLike[str]) -> Generator[Moved, None, None]:
        """Move every world and the trash to another folder; yield each world that has arrived.

        Open a `Library` there afterwards. Stopped or killed, it goes on when it is begun again.

        Raises:
            UsageError: if one folder lies in the other.
            SaveError: if a world cannot be moved; those before it are in the new place.
        """
        with self._locked():
            yield from moving.moving(self.folder, Path(target).expanduser().absolute())
        self.index.throw_away()

    def _change(self, name: str, values: Mapping[str, Any]) -> World:
        with self._locked():
            if change_about(world_folder(self.folder, name), values) or not self.worlds([name]):
                scanning.take_in(self.index, self.folder, [name])
        return self.world(name)

    def _taken_in(self, folder: Path) -> World:
        scanning.take_in(self.index, self.folder, [folder.name])
        return self.world(folder.name)

    def make_ready(self) -> None:
        """Make the folder, unless it was there and is gone.

        Raises:
            InputNotFoundError: if it is gone.
            SaveError: if it cannot be made or written to.
        """
        check_present(self.folder, self.count())
        try:
            own_folder(self.folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SaveError(
                f"cannot write to the library {self.folder}: {error.strerror}; "
                "choose another folder"
            ) from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes and threads from changing worlds meanwhile."""
        self.make_ready()
        try:
            with locked(own_folder(self.folder) / LOCK):
                yield
        except OSError as error:
            raise SaveError(
                f"cannot write to the library {self.folder}: {error.strerror or error}"
            ) from error
