"""Where `generate` puts its worlds, and whether they can be put there at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from depthfusion.errors import SaveError, UsageError
from depthfusion.panorama.world_name import slug

BYTES_A_PIXEL = 6
"""Three of colour, two of depth that hardly compress, and a little for the rest."""
USUAL_PIXELS = 1024 * 512


@dataclass(frozen=True)
class Target:
    """A folder that gets world folders, or the one folder that becomes a world itself."""

    folder: Path
    """Where the worlds' folders go; need not exist."""
    name: str | None = None
    """Of the one world; None: each is named after its prompt and seed."""

    def place(self, prompt: str, seed: int) -> Path:
        """Return what a world's folder is to be called."""
        return self.folder / (self.name or f"{slug(prompt)}-{seed}")

    def check(self, pixels: int) -> None:
        """Make sure that a world could be written, before anything long is begun.

        Args:
            pixels: of one picture; 0 while unknown.

        Raises:
            SaveError: if the folder cannot be written to, or the disk is full.
        """
        from depthfusion.panorama.whole_folder import partial_folder

        above = self._existing()
        try:
            with partial_folder(above):
                pass
            free = shutil.disk_usage(above).free
        except OSError as error:
            raise SaveError(f"cannot write to {self.folder}: {error.strerror}") from error
        wanted = BYTES_A_PIXEL * (pixels or USUAL_PIXELS)
        if free < wanted:
            raise SaveError(
                f"want {wanted / 1e6:.0f} MB free for a world in {self.folder}, "
                f"got {free / 1e6:.1f} MB: make room or choose another folder"
            )

    def finished(self) -> Iterator[tuple[Path, Mapping[str, Any]]]:
        """Yield the worlds that are there already, and what was asked for each; oldest first."""
        from depthfusion.panorama.world_folder import about_world, worlds_in

        for path in reversed(worlds_in(self.folder)):
            request = about_world(path).get("request")
            if isinstance(request, dict):
                yield path, request

    def _existing(self) -> Path:
        """Return the folder, or the nearest one above it that exists.

        Raises:
            SaveError: if something else stands in its way.
        """
        for folder in (self.folder, *self.folder.absolute().parents):
            if folder.is_dir():
                return folder
            if folder.exists():
                break
        raise SaveError(f"want a folder to write to, {folder} is none")


def library_target() -> Target:
    """Return the library that the settings name: it gets a folder for each world.

    Raises:
        InputNotFoundError: if it had worlds and is not there, as on a drive that was unplugged.
        SaveError: if its folder cannot be made.
    """
    from depthfusion.library import Library
    from depthfusion.settings import Store

    with Library(Store().settings.library) as library:
        library.make_ready()
        return Target(library.folder)


def target_from(output: str, *, several: bool) -> Target:
    """Return where worlds go.

    Args:
        output: what a person named. An existing folder gets a new folder for each world; a name
            that is free becomes the world, or the folder of several.
        several: whether more than one world is to be made.

    Raises:
        UsageError: if the name is taken by a file or by another world.
        SaveError: if there can be no such name.
    """
    from depthfusion.panorama.world_folder import is_world

    path = Path(output).expanduser()
    if ".." in path.parts:  # such a name says nothing about the folder it becomes
        path = path.resolve()
    try:
        is_folder, is_taken = path.is_dir(), path.exists() or path.is_symlink()
    except OSError as error:  # too long a name, or in a folder that may not be searched
        raise SaveError(f"cannot write to {output}: {error.strerror}") from error
    if is_folder and is_world(path):
        raise UsageError(
            f"want a new folder, {output} holds a world already and is never "
            "overwritten: choose another name"
        )
    if is_taken and not is_folder:
        raise UsageError(f"want a folder for the result, {output} is a file")
    return Target(path) if is_folder or several else Target(path.parent, path.name)
