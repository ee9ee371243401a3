"""What is remembered between two starts: how each file was looked at, recent files, habits.

Plain JSON files in the platform's state folder. A file that cannot be understood is set aside, not
overwritten, and reported once. What a person has chosen (stereo mode, appearance, movement) is no
state but a setting: it goes to `depthfusion.settings` and comes from there. No Qt in here.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from depthfusion.errors import DepthFusionError, SaveError, UsageError
from depthfusion.panorama.options import DepthIs, Layout, ReadOptions
from depthfusion.settings import SPECS, Store, Wish
from depthfusion.settings.migrate import HABITS, settings_from_habits
from depthfusion.view import View
from depthfusion.whole_file import write_whole

MOST_FILES = 400
MOST_RECENT = 12
_SAMPLE_BYTES = 64 * 1024
_VERSION = 1
_NOT_OF_THE_FILE = {"position_m", "stereo", "eye_separation_mm", "convergence_m", "shading"}
"""Fields of `View` that belong to the moment or to the screen, not to one picture."""
_log = logging.getLogger(__name__)


def state_folder() -> Path:
    """Return the folder of all files here; it need not exist yet."""
    import platformdirs

    return platformdirs.user_state_path("depthfusion", appauthor=False)


class JsonFile:
    """One small JSON object on disk, read and replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.complaint = ""
        """One line about a file that was set aside; empty when all is well."""

    def read(self) -> dict[str, Any]:
        """Return what is stored; empty when there is nothing or nothing sensible."""
        try:
            values = json.loads(self.path.read_text(encoding="utf-8"))
            if isinstance(values, dict) and values.get("version") == _VERSION:
                return values
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            _log.debug("cannot read %s", self.path, exc_info=error)
        self._set_aside()
        return {}

    def _set_aside(self) -> None:
        aside = self.path.with_suffix(".broken.json")
        try:
            self.path.replace(aside)
            self.complaint = f"{self.path.name} could not be understood: kept as {aside}"
        except OSError as error:
            self.complaint = f"cannot read {self.path}: {error.strerror}"

    def write(self, values: Mapping[str, Any]) -> None:
        """Replace what is stored; a power cut leaves the old or the new, never a mixture.

        Raises:
            SaveError: if the folder cannot be written.
        """
        text = json.dumps({**values, "version": _VERSION}, indent=1)
        write_whole(self.path, text.encode())


class Remembered:
    """How files were looked at the last time, and which were opened lately.

    Args:
        folder: of the state; None: the platform's.
        settings: None: those of the config folder; with a folder given, those in it.

    Attributes:
        store: the settings.
    """

    def __init__(self, folder: Path | None = None, settings: Store | None = None) -> None:
        self.store = settings if settings is not None else Store(folder)
        folder = folder or state_folder()
        self._files = JsonFile(folder / "views.json")
        self._recent = JsonFile(folder / "recent.json")
        self._habits = JsonFile(folder / "habits.json")

    def complaints(self) -> list[str]:
        """Return one line for each stored file that had to be set aside, once."""
        found = []
        for file in (self._files, self._recent, self._habits):
            if file.complaint:
                found.append(file.complaint)
                file.complaint = ""
        return found + self.store.complaints()

    def view(self, key: str) -> dict[str, Any]:
        """Return the fields of `View` stored for a file; empty when it is new."""
        return _checked_view(self._entry(key).get("view"))

    def options(self, key: str) -> ReadOptions | None:
        """Return how the file was to be read, when that was not left to the guess."""
        return _options_from(self._entry(key).get("options"))

    def _entry(self, key: str) -> dict[str, Any]:
        entries = self._files.read().get("files")
        entry = entries.get(key) if isinstance(entries, dict) else None
        return entry if isinstance(entry, dict) else {}

    def keep(self, key: str, view: View, options: ReadOptions | None) -> None:
        """Remember a file's view and options; the longest unused of too many is forgotten.

        Raises:
            SaveError: if the folder cannot be written.
        """
        entry: dict[str, Any] = {
            "view": {k: v for k, v in view.to_dict().items() if k not in _NOT_OF_THE_FILE}
        }
        if options is not None and options != ReadOptions():
            entry["options"] = _plain_options(options)
        entries = self._files.read().get("files")
        entries = dict(entries) if isinstance(entries, dict) else {}
        entries.pop(key, None)
        entries[key] = entry
        self._files.write({"files": dict(list(entries.items())[-MOST_FILES:])})

    def recent(self) -> list[tuple[str, str | None]]:
        """Return (picture, depth map or None) of the files opened lately, newest first."""
        pairs = self._recent.read().get("files")
        if not isinstance(pairs, list):
            return []
        return [(p[0], p[1]) for p in pairs if _is_pair(p)][:MOST_RECENT]

    def add_recent(self, color: str, depth: str | None) -> None:
        """Put a pair first among the recent ones.

        Raises:
            SaveError: if the folder cannot be written.
        """
        pair = (str(Path(color).absolute()), None if depth is None else str(Path(depth).absolute()))
        others = [other for other in self.recent() if other[0] != pair[0]]
        self._recent.write({"files": [pair, *others][:MOST_RECENT]})

    def clear_recent(self) -> None:
        """Forget the recent files."""
        self._recent.write({"files": []})

    def habits(self) -> dict[str, Any]:
        """Return what holds for every file: stereo mode, idle sway, appearance...

        "reduce_motion" is left out where it is as the system says.
        """
        stored = self._habits.read()
        self._take_over(stored)
        settings = self.store.settings
        found = {habit: getattr(settings, name) for habit, name in HABITS.items()}
        wish = found.pop("reduce_motion")
        if wish is not Wish.AUTO:
            found["reduce_motion"] = wish is Wish.ON
        return {k: v for k, v in stored.items() if k not in HABITS} | found

    def _take_over(self, stored: Mapping[str, Any]) -> None:
        """Make settings of habits that an earlier version kept here, where nothing was chosen."""
        old = settings_from_habits(stored)
        if not old:
            return
        try:
            self._change({k: v for k, v in old.items() if self.store.source(k) == "default"})
            self._habits.write({k: v for k, v in stored.items() if k not in HABITS})
        except SaveError as error:
            _log.info("settings of an earlier version stay where they are: %s", error)

    def keep_habits(self, habits: Mapping[str, Any]) -> None:
        """Remember what holds for every file; of settings only what differs is written.

        Raises:
            SaveError: if the folder cannot be written.
        """
        self._change(settings_from_habits(habits))
        state = {k: v for k, v in habits.items() if k not in HABITS}
        if state != {k: v for k, v in self._habits.read().items() if k != "version"}:
            self._habits.write(state)

    def _change(self, wanted: Mapping[str, Any]) -> None:
        now, different = self.store.settings, {}
        for name, value in wanted.items():
            try:
                if getattr(now, name) != SPECS[name].checked(value):
                    different[name] = value
            except UsageError as error:
                _log.info("left out: %s", error)
        if different:
            self.store.change(**different)


def fingerprint(color: str, depth: str | None) -> str:
    """Return a key for the contents of a pair, which survives moving and renaming.

    It samples both ends of each file, so that large ones cost no more than small ones. Empty when
    a file cannot be read.
    """
    digest = hashlib.blake2b(digest_size=16)
    for path in (color, depth):
        if path is None:
            continue
        try:
            with Path(path).open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                digest.update(f"{size}:".encode())
                for start in (0, max(0, size - _SAMPLE_BYTES)):
                    file.seek(start)
                    digest.update(file.read(_SAMPLE_BYTES))
        except OSError:
            return ""
    return digest.hexdigest()


def _checked_view(values: Any) -> dict[str, Any]:
    """Return stored fields of a view that still can be."""
    if not isinstance(values, dict):
        return {}
    known = {k: v for k, v in values.items() if k not in _NOT_OF_THE_FILE}
    try:
        plain = View.from_dict(known).to_dict()
    except DepthFusionError:
        return {}
    return {k: plain[k] for k in known if k in plain}


def _plain_options(options: ReadOptions) -> dict[str, Any]:
    values = asdict(options)
    return {k: "inf" if v == float("inf") else v for k, v in values.items()}


def _options_from(values: Any) -> ReadOptions | None:
    if not isinstance(values, dict):
        return None
    try:
        return ReadOptions(
            depth_is=DepthIs(values.get("depth_is", "auto")),
            invert_depth=bool(values.get("invert_depth", False)),
            near_m=_number(values.get("near_m")),
            far_m=_number(values.get("far_m")),
            layout=Layout(values.get("layout", "auto")),
            find_partner=bool(values.get("find_partner", True)),
        )
    except (ValueError, TypeError, DepthFusionError):
        return None


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _is_pair(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and (value[1] is None or isinstance(value[1], str))
    )
