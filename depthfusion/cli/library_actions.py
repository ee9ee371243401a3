"""What each action of `depthfusion library` does."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from depthfusion.cli.reading import reading_options
from depthfusion.errors import DepthFusionError, InputNotFoundError, UsageError
from depthfusion.library import Deletion, Library, Order, Query, World


def show_list(library: Library, options: argparse.Namespace) -> int:
    """List the worlds, or the deleted ones."""
    if options.trash:
        deleted = [world for deletion in library.deletions() for world in deletion.worlds()]
        return _list(deleted, options, "the trash is empty")
    library.scan()
    return _list(_found(library, options, ""), options, f"no worlds in {library.folder}")


def search(library: Library, options: argparse.Namespace) -> int:
    """List the worlds with some words."""
    library.scan()
    text = " ".join(options.words)
    return _list(_found(library, options, text), options, f"no world with {text!r}")


def show(library: Library, options: argparse.Namespace) -> int:
    """Tell all that is known of a world."""
    library.scan()
    world = library.world(_name(library, options.worlds))
    about = library.about(world.name)
    if options.json:
        _print_json({**world.to_dict(), "about": about})
        return 0
    told = {**world.to_dict(), "notes": about.get("notes"), **_recipe(about)}
    for key, value in told.items():
        if value not in (None, "", [], {}, False):
            print(f"{key:<15} {_words(value)}")
    return 0


def favourite(library: Library, options: argparse.Namespace) -> int:
    """Mark worlds, or take the mark away."""
    library.scan()
    names = _names(library, options.worlds)
    return _tell([library.set_favourite(name, not options.off) for name in names], options)


def rename(library: Library, options: argparse.Namespace) -> int:
    """Give a world another title."""
    library.scan()
    return _tell([library.rename(_name(library, options.worlds), options.title)], options)


def delete(library: Library, options: argparse.Namespace) -> int:
    """Take worlds to the trash."""
    library.scan()
    deletion = library.delete(_names(library, options.worlds))
    print("deleted; `depthfusion library restore` brings back", file=sys.stderr)
    return _tell(deletion.worlds(), options)


def restore(library: Library, options: argparse.Namespace) -> int:
    """Bring back the last deletion, or the worlds named."""
    library.scan()
    deletions = library.deletions()
    if not deletions:
        raise InputNotFoundError(f"want a deleted world to restore, {library.folder} has none")
    wanted = options.worlds or list(deletions[0].names)
    restored: list[World] = []
    for text in wanted:
        deletion, name = _deleted(deletions, text)
        restored += library.restore(deletion, [name])
    return _tell(restored, options)


def _deleted(deletions: Sequence[Deletion], text: str) -> tuple[Deletion, str]:
    """Return the last deletion that has a world of that name or title, and its name."""
    for deletion in deletions:
        if text in deletion.names:
            return deletion, text
        for world in deletion.worlds():
            if world.title.casefold() == text.casefold():
                return deletion, world.name
    raise InputNotFoundError(
        f"want the deleted world {text}, it is not in the trash: `depthfusion library list --trash`"
    )


def empty_trash(library: Library, options: argparse.Namespace) -> int:
    """Delete for good what is in the trash."""
    count = sum(len(deletion.names) for deletion in library.deletions())
    if count and not options.yes and not _agreed(count, options.days):
        return 1
    gone = library.empty_trash(options.days)
    if options.json:
        _print_json({"deleted": gone})
    else:
        print(f"{gone} worlds deleted for good", file=sys.stderr)
    return 0


def _agreed(count: int, days: float) -> bool:
    """Ask.

    Raises:
        UsageError: if there is nobody to ask.
    """
    which = f"those of {count} deleted worlds that are older than {days:g} days" if days else (
        f"{count} deleted worlds")  # fmt: skip
    if not (sys.stdin is not None and sys.stdin.isatty()):
        raise UsageError(f"want to delete {which} for good without asking: give --yes")
    print(f"Delete {which} for good? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().casefold() in {"y", "yes"}:
        return True
    print("nothing was deleted", file=sys.stderr)
    return False


def import_files(library: Library, options: argparse.Namespace) -> int:
    """Make worlds of files and folders; 1 when one of several could not be imported."""
    worlds, failed = [], []
    known = reading_options(options)
    with closing(library.importing(options.files, known, options.depth)) as each:
        for imported in each:
            if imported.world is None:
                failed.append(imported)
                print(f"{imported.source.name}: {imported.error}", file=sys.stderr)
                continue
            worlds.append(imported.world)
            for note in imported.notes:
                print(f"{imported.source.name}: note: {note}", file=sys.stderr)
            if not options.json:
                print(imported.world.folder, flush=True)
    if options.json:
        _print_json([world.to_dict() for world in worlds])
    if failed and not worlds:
        raise failed[0].error or DepthFusionError("nothing could be imported")
    return 1 if failed else 0


def check(library: Library, options: argparse.Namespace) -> int:
    """Read every file of every world; 1 when one is damaged."""
    library.scan()
    total = 0
    damaged = []
    for found in library.checking():
        total += 1
        if found.problems:
            damaged.append(found)
            if not options.json:
                print(f"{found.world.name}: {'; '.join(found.problems)}", flush=True)
    if options.json:
        _print_json([f.world.to_dict() | {"problems": list(f.problems)} for f in damaged])
    print(f"{total} worlds read, {len(damaged)} damaged", file=sys.stderr)
    return 1 if damaged else 0


def where(library: Library, options: argparse.Namespace) -> int:
    """Tell where everything is."""
    library.scan()
    told = {
        "folder": str(library.folder),
        "index": None if library.index.is_in_memory() else str(library.index.path),
        "worlds": library.count(),
        "favourites": library.count(Query(favourites_only=True)),
        "deleted": sum(len(deletion.names) for deletion in library.deletions()),
    }
    if options.json:
        _print_json(told)
    else:
        for key, value in told.items():
            print(f"{key:<11} {value}")
    return 0


def rebuild(library: Library, options: argparse.Namespace) -> int:
    """Make the index anew."""
    scanned = library.rebuild()
    if options.json:
        _print_json({"worlds": scanned.total})
    else:
        print(f"{scanned.total} worlds in {library.folder}", file=sys.stderr)
    return 0


def _found(library: Library, options: argparse.Namespace, text: str) -> list[World]:
    if options.limit is not None and options.limit < 1:
        raise UsageError(f"want --limit from 1, got {options.limit}")
    query = Query(text, options.favourites, Order(options.order))
    return library.page(query, 0, -1 if options.limit is None else options.limit)


def _list(worlds: Sequence[World], options: argparse.Namespace, none: str) -> int:
    shown = worlds[: options.limit]
    if options.json:
        _print_json([world.to_dict() for world in shown])
        return 0
    if not shown:
        print(none, file=sys.stderr)
    width = min(40, max((len(world.name) for world in shown), default=0))
    for world in shown:
        mark = "*" if world.is_favourite else " "
        title = f"{world.title} ({world.problem})" if world.problem else world.title
        day = datetime.fromtimestamp(world.created_s).date()  # as the clock on the wall has it
        print(f"{world.name:<{width}} {mark} {day}  {title}")
    return 0


def _tell(worlds: Sequence[World], options: argparse.Namespace) -> int:
    if options.json:
        _print_json([world.to_dict() for world in worlds])
    else:
        for world in worlds:
            print(f"{world.name}  {world.title}")
    return 0


def _names(library: Library, texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(_name(library, text) for text in texts))


def _name(library: Library, text: str) -> str:
    """Return the name of the world that a person means: its name, its folder's path, its title.

    Raises:
        InputNotFoundError: if there is none.
        UsageError: if several have that title.
    """
    path = Path(text).expanduser().absolute()
    names = [text, path.name] if path.parent == library.folder else [text]
    found = library.worlds(names)
    if found:
        return found[0].name
    titled = library.titled(text)
    if len(titled) > 1:
        raise UsageError(f"want one world, {text!r} is the title of {', '.join(titled[:5])}")
    if not titled:
        raise InputNotFoundError(
            f"want the world {text}, it is not in {library.folder}: "
            "`depthfusion library search` finds names"
        )
    return titled[0]


def _recipe(about: dict[str, Any]) -> dict[str, Any]:
    recipe = about.get("generation")
    return {k: v for k, v in recipe.items() if k != "prompt"} if isinstance(recipe, dict) else {}


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_words(item)}" for key, item in value.items())
    return ", ".join(_words(item) for item in value) if isinstance(value, list) else str(value)


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))
