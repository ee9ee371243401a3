"""`depthfusion view IMAGE [DEPTH]`: a window with the picture all around."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from depthfusion.cli.reading import add_reading_arguments, reading_options
from depthfusion.errors import InputNotFoundError

if TYPE_CHECKING:
    from depthfusion.gui.loading import Source


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `view`."""
    add_reading_arguments(parser, image_optional=True)
    parser.add_argument("--timings", action="store_true", help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """Open the window and return when it is closed.

    The picture is read in another thread from the first moment on, while Qt is still starting.
    """
    from depthfusion.gui.milestones import Milestones

    milestones = Milestones(enabled=options.timings)
    milestones.mark("python")
    source = source_from(options)

    from depthfusion.gui.system_libraries import check_window

    check_window()

    # What both threads use is imported before there are two: Qt's bindings import parts of NumPy by
    # themselves, and imports that cross can see a module half made.
    import depthfusion.panorama.read
    import depthfusion.renderer  # noqa: F401  # only to be there
    from depthfusion.gui.loading import Loading
    from depthfusion.gui.remembered import Remembered
    from depthfusion.gui.resolver import Resolver

    remembered = Remembered()
    resolver = Resolver(remembered)
    loading = Loading(source, resolver, milestones.mark)
    try:
        from depthfusion.gui.application import run_viewer

        bundled = options.image is None
        return run_viewer(loading, resolver, remembered, milestones, bundled=bundled)
    finally:
        loading.cancel()


def source_from(options: argparse.Namespace) -> Source:
    """Return what is to be opened: the named files, or the first bundled world.

    Raises:
        InputNotFoundError: if a named file does not exist, or a folder holds no world.
        MissingPartError: if nothing is named and no world came with the installation.
    """
    from depthfusion.gui.loading import Source
    from depthfusion.panorama.options import ReadOptions

    chosen = reading_options(options)
    if options.image is None:
        from depthfusion.gui.worlds import bundled_worlds

        world = bundled_worlds()[0]
        return Source(world.color, world.depth, title=world.title)
    known = None if chosen == ReadOptions() else chosen
    if options.depth is None and Path(options.image).is_dir():
        from depthfusion.panorama.world_folder import files_of_world

        files_of_world(options.image)  # found again while loading; here to complain in time
        return Source(options.image, None, known)
    for path in (options.image, options.depth):
        if path is not None and not Path(path).is_file():
            what = "is a folder, not a picture" if Path(path).is_dir() else "no such file"
            raise InputNotFoundError(f"{path}: {what}")
    return Source(options.image, options.depth, known)
