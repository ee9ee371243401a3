"""Models: find, download, verify, add, remove. Needs no torch; the hub's client when asked.

>>> from ldm3d import hub
>>> hub.download("Intel/ldm3d-pano", accept_licence=True)  # after reading it
>>> hub.find("Intel/ldm3d-pano")
"""

from ldm3d.hub.checking import Report, verify, verifying
from ldm3d.hub.fetch import download, downloading
from ldm3d.hub.finding import find
from ldm3d.hub.known import DEFAULT_MODEL, DEPTH_MODEL, KNOWN_MODELS, KnownModel
from ldm3d.hub.offer import Offer, look
from ldm3d.hub.progress import Progress
from ldm3d.hub.shelf import Installed, add, adding, installed, remove
from ldm3d.hub.transfer import Doing

__all__ = [
    "DEFAULT_MODEL",
    "DEPTH_MODEL",
    "KNOWN_MODELS",
    "Doing",
    "Installed",
    "KnownModel",
    "Offer",
    "Progress",
    "Report",
    "add",
    "adding",
    "download",
    "downloading",
    "find",
    "installed",
    "look",
    "remove",
    "verify",
    "verifying",
]
