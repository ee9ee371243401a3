"""Small English: articles, plurals, lists of things and the preposition a place takes."""

from __future__ import annotations

from collections.abc import Sequence


def set_of(words: str) -> frozenset[str]:
    """Return the words between the spaces."""
    return frozenset(words.split())


_LINKS = set_of(
    "of in on at by with under near from between among above along beside behind full "
    "where made covered over through inside below beneath that which after before against "
    "lit around to and far away overhead ahead nearby leading lying growing hanging "
    "overgrown surrounded filled lined"
)
"""Words that end the noun itself: "a field of flowers" is one field."""
_PREPOSITIONS = set_of(
    "under inside in on at beneath below above among near between behind beside outside "
    "amid underneath"
)
_MASS = set_of(
    "woodland farmland countryside lava moorland taiga wilderness water sand snow ice "
    "grass moss seaweed greenery scenery moonlight sunlight foliage ivy fog mist smoke "
    "steam furniture coral wasteland grassland heathland blossom driftwood bamboo foam "
    "surf kelp fern rubble gravel fire firewood laundry space heather bracken undergrowth "
    "light daylight lamplight candlelight fruit pasture parkland desert-sand"
)
_SINGULAR_S = ("ss", "us", "is")
_SINGULAR = frozenset({"canvas", "oasis", "abyss", "lens", "bus", "atlas", "gas"})
_ODD_PLURALS = frozenset(
    {"people", "children", "geese", "men", "fish", "starfish", "sheep", "deer", "cattle"}
)
_CONSONANT_VOWELS = ("uni", "use", "usu", "eu", "one", "once", "ubi", "uto")
_VOWEL_CONSONANTS = ("hour", "honest", "heir", "honor")
_ARTICLES = ("a ", "an ", "the ")

_PLACED: tuple[tuple[str, frozenset[str]], ...] = (
    (
        "on",
        set_of(
            "beach beaches shore seashore coast coastline glacier planet moon road isle island "
            "islands isles street avenue pier sands plain plateau hillside icefield reef world "
            "worlds boulevard rock cliff headland ice summit jetty "
            "evening night morning day seabed floor crossing lane path bridge"
        ),
    ),
    (
        "by",
        set_of(
            "lake tarn pond lagoon waterfall waterfalls seaside sea ocean river fjord cabin "
            "lighthouse"
        ),
    ),
    ("near", set_of("volcano volcanoes crater eruption")),
    (
        "among",
        set_of(
            "ruins dunes mountains peaks birches pines icebergs firs trees spruces palms corals "
            "columns skerries cliffs cottages houses"
        ),
    ),
)


def bare(text: str) -> str:
    """Return a phrase without its article."""
    for article in _ARTICLES:
        if text.lower().startswith(article):
            return text[len(article) :]
    return text


def head(text: str) -> str:
    """Return the noun a phrase is about: "dunes" of "sand dunes in a desert"."""
    words = bare(text).replace(",", " ").split()
    for index, word in enumerate(words):
        if index and word.lower() in _LINKS:
            return words[index - 1].lower()
    return words[-1].lower() if words else ""


def is_plural(text: str) -> bool:
    """Whether a phrase needs "are" and no article."""
    if text.lower().startswith(("a ", "an ", "one ")):
        return False
    noun = head(text)
    if noun in _ODD_PLURALS:
        return True
    return noun.endswith("s") and not noun.endswith(_SINGULAR_S) and noun not in _SINGULAR


def is_adverbial(text: str) -> bool:
    """Whether a name says where, such as "under the sea", and takes neither article nor "in"."""
    words = text.lower().split()
    if len(words) > 2 and words[0].endswith("ing") and words[1] in _LINKS:
        return True  # "diving at a reef"
    if words[:1] in (["deep"], ["underwater"], ["right"]) and len(words) > 2:
        words = words[1:]
    return bool(words) and (words[0] in _PREPOSITIONS or words in (["underwater"], ["outdoors"]))


def article(word: str) -> str:
    """Return "a" or "an" for the word that follows."""
    low = word.lower()
    if low.startswith(_VOWEL_CONSONANTS):
        return "an"
    if low.startswith(_CONSONANT_VOWELS):
        return "a"
    return "an" if low[:1] in "aeiou8" else "a"


def with_article(text: str) -> str:
    """Return "a pine forest", "sand dunes", "an old town"; what has an article keeps it."""
    if text.lower().startswith(_ARTICLES) or is_adverbial(text):
        return text
    if is_plural(text) or head(text) in _MASS:
        return text
    return f"{article(text)} {text}"


def preposition(place: str) -> str:
    """Return the word between things and the place they are in; "" where the name says it."""
    if is_adverbial(place):
        return ""
    if " of sand" in place or "under" in place:
        return "in"
    noun = head(place)
    for word, nouns in _PLACED:
        if noun in nouns:
            return word
    return "in"


def listed(things: Sequence[str], comma_before_and: bool = False) -> str:
    """Return "a, b and c"."""
    if len(things) < 2:
        return "".join(things)
    last = ", and " if comma_before_and and len(things) > 2 else " and "
    return ", ".join(things[:-1]) + last + things[-1]
