"""Settings that last: from defaults, the file and the environment, in this order.

No Qt: whoever wants to know of changes gives a function to `subscribe`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from depthfusion.errors import UsageError
from depthfusion.settings import migrate
from depthfusion.settings.place import FILE, config_folder
from depthfusion.settings.settings import SPECS, Settings, spec
from depthfusion.settings.toml_file import TomlFile, Values

Listener = Callable[[Settings, frozenset[str]], None]
"""Gets the settings as they are now, and the names of those that are different."""


class Store:
    """The settings of one config folder. May be used from several threads.

    Only what is changed is written, so that of two processes the last writer wins for each
    setting, not for the file. Keys that this version does not know stay in the file.
    """

    def __init__(
        self, folder: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        self._environment = dict(os.environ if environment is None else environment)
        self.folder = config_folder(self._environment) if folder is None else folder
        self.path = self.folder / FILE
        self._file = TomlFile(self.path)
        self._guard = threading.RLock()
        self._listeners: list[Listener] = []
        self._complaints: list[str] = []
        self._told: set[str] = set()
        self._sources: dict[str, str] = {}
        self._settings = Settings()
        self._take(*self._file.read())

    @property
    def settings(self) -> Settings:
        """What counts now."""
        return self._settings

    def source(self, name: str) -> str:
        """Return where a setting comes from: "environment", "file" or "default"."""
        return self._sources.get(spec(name).name, "default")

    def complaints(self) -> list[str]:
        """Return one line for each thing that could not be understood, once."""
        with self._guard:
            found, self._complaints = self._complaints, []
            return found

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have `listener` called after each change, in the thread that made it.

        Returns:
            A function that ends this.
        """
        with self._guard:
            self._listeners.append(listener)

        def end() -> None:
            with self._guard:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return end

    def change(self, **values: Any) -> Settings:
        """Set settings, and write them down; None takes one back to its default.

        Raises:
            UsageError: if there is no such setting, or it cannot be this; nothing is changed.
            SaveError: if the file cannot be written; nothing is changed.
        """
        plain: dict[str, Any] = {}
        for name, value in values.items():
            known = spec(name)
            plain[known.name] = None if value is None else known.plain(known.checked(value))

        def changed(stored: Values) -> Values:
            result = migrate.migrated({"version": migrate.VERSION, **stored})
            result.update(plain)
            return {key: value for key, value in result.items() if value is not None}

        with self._guard:
            different = self._take(*self._file.edit(changed))
        self._tell(different)
        return self._settings

    def unset(self, *names: str) -> Settings:
        """Take settings back to their defaults.

        Raises:
            UsageError: if there is no such setting.
            SaveError: if the file cannot be written; nothing is changed.
        """
        return self.change(**dict.fromkeys(names))

    def reload(self) -> Settings:
        """Read what other processes wrote."""
        with self._guard:
            different = self._take(*self._file.read())
        self._tell(different)
        return self._settings

    def _tell(self, different: frozenset[str]) -> None:
        if different:
            for listener in list(self._listeners):
                listener(self._settings, different)

    def _take(self, stored: Values, complaint: str) -> frozenset[str]:
        """Make the stored values the present ones; return the names of those that differ."""
        if complaint:
            self._complain(complaint)
        before = self._settings
        values: dict[str, Any] = {}
        self._sources = {}
        for source, given in (
            ("file", self._from_file(stored)),
            ("environment", self._from_environment()),
        ):
            values |= given
            self._sources |= dict.fromkeys(given, source)
        self._settings = Settings(**values)
        return frozenset(
            name for name in SPECS if getattr(before, name) != getattr(self._settings, name)
        )

    def _from_file(self, stored: Values) -> dict[str, Any]:
        values = migrate.migrated(stored)
        found = {}
        for name, known in SPECS.items():
            if name in values:
                try:
                    found[name] = known.checked(values[name])
                except UsageError as error:
                    self._complain(f"{self.path.name}: {error}; the default is used")
        return found

    def _from_environment(self) -> dict[str, Any]:
        found = {}
        for name, known in SPECS.items():
            text = self._environment.get(known.variable, "")
            if text:
                try:
                    found[name] = known.from_text(text)
                except UsageError as error:
                    self._complain(f"{known.variable}: {error}; it is left out")
        return found

    def _complain(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self._complaints.append(line)
