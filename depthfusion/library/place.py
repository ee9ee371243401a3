"""Where a library and what belongs to it lie.

    LIBRARY/                        a world's folder each; anything else is left alone
        .depthfusion/               ours: its presence says that this is a library
            lock                    held while a world is changed
            trash/DELETION/WORLD    deleted worlds
    CACHE/library/NAME-HASH-v1.sqlite3   the index, on this machine's own disk

The index never lies in the library: SQLite's shared memory does not work on network drives, and a
library may be on a read-only one.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from depthfusion.errors import InputNotFoundError

LIBRARY_VARIABLE = "DEPTHFUSION_LIBRARY"
OWN = ".depthfusion"
TRASH = "trash"
LOCK = "lock"


def default_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Return `DEPTHFUSION_LIBRARY`, else the platform's place for data; it need not exist yet.

    Args:
        environment: instead of this process's own.
    """
    named = (os.environ if environment is None else environment).get(LIBRARY_VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    import platformdirs

    return platformdirs.user_data_path("depthfusion", appauthor=False) / "library"


def index_folder() -> Path:
    """Return where the indexes of all libraries are kept; it need not exist yet."""
    import platformdirs

    return platformdirs.user_cache_path("depthfusion", appauthor=False) / "library"


def index_file(library: Path, folder: Path, version: int) -> Path:
    """Return the index of a library: each has its own, and each version of the index too.

    Two versions of the program that run at once then do not take it from one another.
    """
    place = os.path.normcase(os.path.realpath(library))
    code = hashlib.sha256(place.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    name = re.sub(r"[^\w-]+", "-", library.name)[:40].encode("ascii", "ignore").decode()
    return folder / f"{name or 'library'}-{code}-v{version}.sqlite3"


def own_folder(library: Path) -> Path:
    """Return the hidden folder inside a library that is ours."""
    return library / OWN


def trash_folder(library: Path) -> Path:
    """Return where deleted worlds lie: in the library, so that a rename takes them there."""
    return library / OWN / TRASH


def world_folder(library: Path, name: str) -> Path:
    """Return the folder of a world that is there.

    Raises:
        InputNotFoundError: if there is none, or the name leads out of the library.
    """
    folder = library / name
    if name.startswith(".") or folder.parent != library or not folder.is_dir():
        raise InputNotFoundError(f"want the world {name!r}, it is not in {library}")
    return folder


def check_present(library: Path, known: int) -> None:
    """Refuse to go on when a library that had worlds is not there any more.

    Args:
        library: its folder.
        known: how many worlds the index has. With none, a missing folder is a new library.

    Raises:
        InputNotFoundError: if the folder is gone, or is the empty place where a drive was mounted.
    """
    advice = "plug in its drive, or choose another folder"
    try:
        if library.is_dir():
            is_empty = known and not own_folder(library).is_dir() and not any(library.iterdir())
            if is_empty:
                found = "it is empty"
            else:
                return
        elif library.exists():
            found = "it is a file"
        elif known:
            found = "it is not there"
        else:
            return
    except OSError as error:  # a network drive that went away
        found = f"it cannot be read ({error.strerror})"
    worlds = (
        f"the library {library} with its {known} worlds" if known else f"a library in {library}"
    )
    raise InputNotFoundError(f"want {worlds}, {found}: {advice}")
