"""The words of a text as they are searched: without case and accents, of any script."""

from __future__ import annotations

import re
import unicodedata

MAX_CHARS = 20_000
"""Of one world's text: what follows is not found by search."""
MAX_QUERY_CHARS = 400
MAX_PHRASES = 24
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
"""What Unicode does not take apart into a letter and an accent."""
# Scripts that put no spaces between words (Thai to Khmer, kana, Han): each sign is a word.
_UNSPACED = "฀-໿က-႟ក-៿぀-ヿ㐀-䶿一-鿿豈-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(r"[^\W_]+")
_SIGN = re.compile(f"[{_UNSPACED}]|[^{_UNSPACED}]+")


def folded(text: str) -> str:
    """Return a text without case and accents, one space between its parts."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in parts if unicodedata.category(c) != "Mn")
    return " ".join(plain.translate(_LETTERS).split())


def words_of(text: str) -> list[str]:
    """Return a text's words as they are searched; a hyphen, a dot and any sign part words."""
    return [sign for run in _RUN.findall(folded(text)) for sign in _SIGN.findall(run)]


def searchable(*texts: str) -> str:
    """Return what the index keeps of some texts: their words, in order."""
    whole = " ".join(texts)[:MAX_CHARS]
    # As many bytes as the index can take: half a character pair is no character.
    return " ".join(words_of(whole)).encode("utf-8", "ignore").decode()


def match_from(text: str) -> str:
    """Return an FTS5 expression for what a person typed; "" when there is no word in it.

    Every part has to be there, the last word of each may go on: `mos dawn` finds "Mossy, at dawn",
    `high-res` finds "high resolution". Nothing of FTS5's own language gets through.
    """
    phrases = []
    for part in text[:MAX_QUERY_CHARS].split():
        words = [w.encode("utf-8", "ignore").decode() for w in words_of(part)]
        if any(words):
            phrases.append(f'"{" ".join(words)}"*')
    return " ".join(phrases[:MAX_PHRASES])
