"""`depthfusion view IMAGE [DEPTH]`: a window with the picture all around."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from depthfusion.cli.reading import add_reading_arguments, reading_options
from depthfusion.errors import InputNotFoundError

if TYPE_CHECKING:
    from depthfusion.gui.loading import Source
    from depthfusion.vr.messages import Begin


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `view`."""
    add_reading_arguments(parser, image_optional=True)
    add_headset_arguments(parser)
    parser.add_argument("--timings", action="store_true", help=argparse.SUPPRESS)


def add_headset_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--vr` and how the session is to be."""
    group = parser.add_argument_group("headset")
    group.add_argument("--vr", action="store_true", help="step into the headset at once")
    group.add_argument(
        "--preview",
        action="store_true",
        help="the same without a headset: both eyes in a window, mouse and keys",
    )
    group.add_argument(
        "--standing", action="store_true", help="measure from the room's floor, not from the seat"
    )
    group.add_argument(
        "--mirror",
        choices=("left", "right", "both", "none"),
        default="left",
        help="what a window shows of it (default: left)",
    )
    group.add_argument(
        "--world-scale",
        type=number_within(0.25, 4),
        metavar="FACTOR",
        help="size of the world, 0.25 to 4 (default: as it was the last time)",
    )
    group.add_argument(
        "--supersample",
        type=number_within(0.5, 2),
        default=1.0,
        metavar="FACTOR",
        help="times the width and height that the headset recommends, 0.5 to 2 (default: 1)",
    )
    group.add_argument(
        "--turn-deg",
        type=int,
        choices=(15, 30, 45),
        default=30,
        help="degrees of a snap turn (default: 30)",
    )
    group.add_argument(
        "--nearest",
        type=number_within(0.5, 2),
        default=0.75,
        metavar="METRES",
        help="nothing is shown nearer than this, 0.5 to 2 (default: 0.75)",
    )


def number_within(least: float, most: float) -> Callable[[str], float]:
    """Return a parser of numbers from `least` to `most`, for argparse."""

    def number(text: str) -> float:
        value = float(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"want {least:g} to {most:g}, got {text}")
        return value

    return number


def headset_wanted(options: argparse.Namespace) -> tuple[Begin, float | None] | None:
    """Return how to go into the headset, and the world's scale; None: not at once."""
    if not (options.vr or options.preview):
        return None
    from depthfusion.vr.messages import Begin

    begin = Begin(
        preview=options.preview,
        standing=options.standing,
        mirror=options.mirror,
        supersample=options.supersample,
        turn_deg=float(options.turn_deg),
        nearest_m=options.nearest,
    )
    return begin, options.world_scale


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
    from depthfusion.gui.memory import return_large_arrays

    return_large_arrays()
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
        headset = headset_wanted(options)
        return run_viewer(
            loading, resolver, remembered, milestones, bundled=bundled, headset=headset
        )
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
