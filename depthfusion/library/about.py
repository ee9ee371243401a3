"""Changes what people keep with a world, in its world.json: `change_about`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from depthfusion.errors import SaveError
from depthfusion.library.world import read_about
from depthfusion.panorama.whole_folder import flush_folder
from depthfusion.panorama.world_folder import ABOUT, COLOR, MAX_ABOUT_BYTES
from depthfusion.whole_file import write_whole


def change_about(folder: Path, values: Mapping[str, Any]) -> bool:
    """Set keys of a world's world.json; all others stay, known or not. The library is locked.

    The file is replaced whole. It keeps its time: a world does not become newer by being liked.

    Args:
        folder: of the world.
        values: key -> JSON-able value; None takes the key away.

    Returns:
        Whether anything was different.

    Raises:
        SaveError: if world.json is damaged or cannot be written; it is as before then.
    """
    about, problem = read_about(folder)
    if not about:
        raise SaveError(
            f"cannot change {folder.name}: {problem or f'{ABOUT} is empty'}; "
            f"import its {COLOR} to make it whole"
        )
    changed = {**about, **values}
    changed = {
        key: value for key, value in changed.items() if key not in values or value is not None
    }
    if changed == about:
        return False
    data = _bytes(changed)
    if len(data) > MAX_ABOUT_BYTES:
        raise SaveError(
            f"want less than {MAX_ABOUT_BYTES // 1000} kB kept with a world, "
            f"{folder.name} would have {len(data) // 1000} kB: shorten the comment"
        )
    path = folder / ABOUT
    clear_unfinished(folder)
    before = path.stat()
    write_whole(path, data)
    with suppress(OSError):
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    flush_folder(folder)
    return True


def clear_unfinished(folder: Path) -> None:
    """Take away what killed processes left beside a world.json. The library is locked."""
    with suppress(OSError):
        for left in folder.glob(f".{ABOUT}.*.part"):
            left.unlink(missing_ok=True)


def _bytes(about: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(about, indent=1, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half of a character pair, as another tool may have left it
        return json.dumps(about, indent=1).encode()
