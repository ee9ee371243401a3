"""What a list asks for, and the SQL that answers: `Query`, `count`, `page`, `names`, `worlds`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from depthfusion.library.words import folded, match_from
from depthfusion.library.world import Read, World

StoredName = str | bytes
_COLUMNS = (
    "name, title, prompt, created_s, favourite, comment, width, height, has_depth, seed, model, "
    "problem"
)
_MOST_VARIABLES = 500


class Order(StrEnum):
    """How worlds are sorted; of equal ones, the newer comes first."""

    NEWEST = "newest"
    NAME = "name"
    """By title, case and accents aside."""
    FAVOURITE = "favourite"
    """Favourites first."""


_ORDERS = {
    Order.NEWEST: "created_s DESC, name",
    Order.NAME: "title_key, created_s DESC, name",
    Order.FAVOURITE: "favourite DESC, created_s DESC, name",
}


@dataclass(frozen=True)
class Query:
    """Which worlds, in which order."""

    text: str = ""
    """As typed. Every word has to be there, the last letters may be missing; "": all worlds."""
    favourites_only: bool = False
    order: Order = Order.NEWEST


def count(connection: sqlite3.Connection, query: Query) -> int:
    """Return how many worlds a query finds."""
    where, values = _where(query)
    found = connection.execute(f"SELECT count(*) FROM worlds {where}", values).fetchone()
    return int(found[0])


def page(
    connection: sqlite3.Connection, folder: Path, query: Query, start: int, most: int
) -> list[World]:
    """Return a window of what a query finds, in its order."""
    where, values = _where(query)
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM worlds {where} ORDER BY {_ORDERS[query.order]} LIMIT ? OFFSET ?",
        [*values, most, start],
    )
    return [_world(folder, row) for row in rows]


def names(connection: sqlite3.Connection, query: Query) -> list[str]:
    """Return the names of all that a query finds, in its order."""
    where, values = _where(query)
    order = _ORDERS[query.order]
    rows = connection.execute(f"SELECT name FROM worlds {where} ORDER BY {order}", values)
    return [name_from(row[0]) for row in rows]


def worlds(connection: sqlite3.Connection, folder: Path, wanted: Sequence[str]) -> list[World]:
    """Return the worlds of some names, in their order; those that are gone are left out."""
    found: dict[str, World] = {}
    for at in range(0, len(wanted), _MOST_VARIABLES):
        some = [stored_name(name) for name in wanted[at : at + _MOST_VARIABLES]]
        marks = ", ".join("?" * len(some))
        rows = connection.execute(f"SELECT {_COLUMNS} FROM worlds WHERE name IN ({marks})", some)
        for row in rows:
            world = _world(folder, row)
            found[world.name] = world
    return [found[name] for name in wanted if name in found]


def titled(connection: sqlite3.Connection, title: str) -> list[str]:
    """Return the names of the worlds with a title, case and accents aside."""
    rows = connection.execute("SELECT name FROM worlds WHERE title_key = ?", [folded(title)])
    return [name_from(row[0]) for row in rows]


def stamps(connection: sqlite3.Connection) -> dict[str, str]:
    """Return name -> stamp of every world in the index."""
    rows = connection.execute("SELECT name, stamp FROM worlds")
    return {name_from(name): stamp for name, stamp in rows}


def put(connection: sqlite3.Connection, read: Read) -> None:
    """Add a world to the index, or replace what it knew of it."""
    world = read.world
    width, height = world.size_px or (None, None)
    connection.execute(
        """INSERT INTO worlds (name, stamp, title, title_key, prompt, created_s, favourite, comment,
               width, height, has_depth, seed, model, problem, words)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (name) DO UPDATE SET stamp = excluded.stamp, title = excluded.title,
               title_key = excluded.title_key, prompt = excluded.prompt,
               created_s = excluded.created_s, favourite = excluded.favourite,
               comment = excluded.comment, width = excluded.width, height = excluded.height,
               has_depth = excluded.has_depth, seed = excluded.seed, model = excluded.model,
               problem = excluded.problem, words = excluded.words""",
        (
            stored_name(world.name), read.stamp, _plain(world.title), _plain(folded(world.title)),
            world.prompt, world.created_s, world.is_favourite, world.comment, width, height,
            world.has_depth, world.seed, world.model, world.problem, read.words,
        ),
    )  # fmt: skip


def drop(connection: sqlite3.Connection, gone: Iterable[str]) -> None:
    """Take worlds out of the index."""
    connection.executemany("DELETE FROM worlds WHERE name = ?", [(stored_name(n),) for n in gone])


def stored_name(name: str) -> StoredName:
    """Return a folder's name as the index keeps it: bytes where it is no text."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogatepass")
    return name


def name_from(stored: StoredName) -> str:
    """Return the name that `stored_name` was given."""
    return stored.decode("utf-8", "surrogatepass") if isinstance(stored, bytes) else stored


def _where(query: Query) -> tuple[str, list[Any]]:
    terms, values = [], []
    match = match_from(query.text)
    if match:
        terms.append("id IN (SELECT rowid FROM found WHERE found MATCH ?)")
        values.append(match)
    if query.favourites_only:
        terms.append("favourite = 1")
    return (f"WHERE {' AND '.join(terms)}" if terms else ""), values


def _world(folder: Path, row: tuple[Any, ...]) -> World:
    name, title, prompt, created_s, favourite, comment, width, height, has_depth, *rest = row
    seed, model, problem = rest
    return World(
        folder / name_from(name), title, prompt, created_s, bool(favourite), comment,
        (width, height) if width else None, bool(has_depth), seed, model, problem,
    )  # fmt: skip


def _plain(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
