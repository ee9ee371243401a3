"""Models: find, download, verify, add, remove. Needs no torch; the hub's client when asked."""

from ldm3d.hub.find import find
from ldm3d.hub.known import DEFAULT_MODEL, KNOWN_MODELS, KnownModel

__all__ = ["DEFAULT_MODEL", "KNOWN_MODELS", "KnownModel", "find"]
