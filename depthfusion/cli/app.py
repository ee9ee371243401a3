"""`depthfusion` or `depthfusion app [FILES]`: the app window."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from depthfusion.errors import InputNotFoundError

if TYPE_CHECKING:
    from depthfusion.gui.loading import Source
    from depthfusion.gui.session import Session
    from depthfusion.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `app`."""
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="a picture, a pair with its depth map, or a world",
    )
    parser.add_argument(
        "--new-window",
        action="store_true",
        help="open another window, even where one is open; its prompt and queue are not kept",
    )
    parser.add_argument("--model", metavar="MODEL", help="a model's folder, name or hub id")
    parser.add_argument("--timings", action="store_true", help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """Open the window and return when it is closed.

    Raises:
        InputNotFoundError: if a named file does not exist.
        MissingPartError: if there is no display, or Qt or a library that it needs is missing.
    """
    from depthfusion.gui.milestones import Milestones

    milestones = Milestones(enabled=options.timings)
    milestones.mark("python")
    for path in options.files:
        if not Path(path).exists():
            raise InputNotFoundError(f"{path}: no such file")

    from depthfusion.gui.system_libraries import check_window

    check_window()
    from depthfusion.gui.memory import return_large_arrays

    return_large_arrays()
    import depthfusion.panorama.read
    import depthfusion.renderer  # noqa: F401  # before there are two threads, as in cli/view.py
    from depthfusion.gui.loading import Loading
    from depthfusion.gui.remembered import Remembered
    from depthfusion.gui.resolver import KnownResolver, Resolver
    from depthfusion.gui.session import Session

    remembered = Remembered()
    session = Session(keeps=not options.new_window)
    source, bundled = first_source(options.files, session, remembered.store.settings)
    is_kept = bundled and Path(source.color).is_dir()  # its view lies in its own folder
    resolver = KnownResolver("") if is_kept else Resolver(remembered)
    loading = Loading(source, resolver, milestones.mark)
    try:
        from depthfusion.gui.app_start import run_app

        return run_app(
            loading,
            resolver,
            remembered,
            session,
            milestones,
            bundled=bundled,
            files=options.files,
            model=options.model,
            is_alone=options.new_window,
        )
    finally:
        loading.cancel()


def first_source(files: list[str], session: Session, settings: Settings) -> tuple[Source, bool]:
    """Return what is shown first, and whether it brings its own view: a bundled or a kept world.

    The named file, else what was open the last time, else the first bundled world.

    Raises:
        MissingPartError: if that is to be a bundled world and none came with the installation.
    """
    from depthfusion.gui.loading import Source
    from depthfusion.gui.worlds import bundled_worlds, pair_from_paths

    pair = pair_from_paths(files)
    if pair is not None:
        return Source(*pair), False
    before = session.mapping("world")
    color, depth = before.get("color"), before.get("depth")
    if not files and isinstance(color, str) and Path(color).exists():
        title = before.get("title")
        known_depth = depth if isinstance(depth, str) and Path(depth).exists() else None
        source = Source(color, known_depth, title=title if isinstance(title, str) else "")
        return source, before.get("brings_view") is True
    world = bundled_worlds()[0]
    return Source(world.color, world.depth, title=world.title), True
