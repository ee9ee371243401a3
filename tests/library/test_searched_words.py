"""Searched words: whatever is typed, FTS5 understands it, and finds what holds it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depthfusion.library import store
from depthfusion.library.words import match_from, searchable, words_of


@pytest.fixture(scope="module")
def found() -> Iterator[sqlite3.Connection]:
    """The index's own table of words."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(store._TABLES)
    yield connection
    connection.close()


def search(connection: sqlite3.Connection, text: str, typed: str) -> bool:
    """Whether `typed` finds a world with `text`."""
    match = match_from(typed)
    if not match:
        return True
    connection.execute("DELETE FROM found")
    connection.execute("INSERT INTO found (found) VALUES ('delete-all')")
    connection.execute("INSERT INTO found (rowid, words) VALUES (1, ?)", [searchable(text)])
    rows = connection.execute("SELECT rowid FROM found WHERE found MATCH ?", [match]).fetchall()
    return bool(rows)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A mossy forest, at dawn!", ["a", "mossy", "forest", "at", "dawn"]),
        ("Crème Brûlée ŁÓDŹ Øresund", ["creme", "brulee", "lodz", "oresund"]),
        ("STRASSE Straße", ["strasse", "strasse"]),
        ("ldm3d-pano_v2.1", ["ldm3d", "pano", "v2", "1"]),
        ("東京の夜", ["東", "京", "の", "夜"]),
        ("ﬁne ½ Ⅷ", ["fine", "1", "2", "viii"]),
        ("🌲 ...", []),
    ],
)
def test_words_are_folded(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    "typed",
    ['"', '""', "'", "a OR", "NOT b", "NEAR(a b)", "a*b", "^a", "words:a", "(", "a)", "-", "+a",
     "a AND AND", "\0", "a\0b", "\ud800", "{x}", ";--", "x" * 100_000, "a " * 10_000],
)  # fmt: skip
def test_nothing_that_is_typed_is_an_error(found: sqlite3.Connection, typed: str) -> None:
    search(found, "a mossy forest", typed)


@given(typed=st.text())
def test_no_text_at_all_is_an_error(found: sqlite3.Connection, typed: str) -> None:
    search(found, "a mossy forest", typed)


@given(text=st.text(max_size=60), cut=st.integers(0, 60))
def test_every_text_is_found_by_its_own_beginning(
    found: sqlite3.Connection, text: str, cut: int
) -> None:
    assert search(found, text, text[:cut] if words_of(text[:cut]) else text)


def test_operators_are_words(found: sqlite3.Connection) -> None:
    assert search(found, "to be or not to be", "or not")
    assert not search(found, "to be", "be or")
    assert not search(found, "to be", "NOT be")
