"""What a world's folder is called: `slug`."""

from __future__ import annotations

import unicodedata

MAX_SLUG_CHARS = 48
MAX_SLUG_BYTES = 150
"""A name may have 255 bytes on most systems; seed and number follow."""


def slug(prompt: str) -> str:
    """Return a prompt as part of a file name: lower case words of any script, joined by "-"."""
    text = unicodedata.normalize("NFKC", prompt).lower()
    # Letters, the marks on them, digits; what is none of these parts words.
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in text)
    result = ""
    for word in kept.split():
        longer = f"{result}-{word}" if result else word
        if len(longer) > MAX_SLUG_CHARS or len(longer.encode()) > MAX_SLUG_BYTES:
            break
        result = longer
    if not result and kept.split():  # one long word, as in scripts without spaces
        result = kept.split()[0][:MAX_SLUG_CHARS]
        result = result.encode()[:MAX_SLUG_BYTES].decode(errors="ignore")
    return unicodedata.normalize("NFC", result) or "world"
