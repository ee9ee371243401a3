"""The arguments that say which picture to read and how; shared by view, render and info."""

from __future__ import annotations

import argparse

from depthfusion.panorama.options import DepthIs, Layout, ReadOptions


def add_reading_arguments(parser: argparse.ArgumentParser, *, image_optional: bool = False) -> None:
    """Add `image`, `depth` and the options that say what the numbers mean.

    Args:
        parser: of the command.
        image_optional: whether the command has something to do without an image.
    """
    parser.add_argument(
        "image",
        metavar="IMAGE",
        nargs="?" if image_optional else None,
        help="equirectangular 360° picture, or its depth map",
    )
    parser.add_argument(
        "depth", metavar="DEPTH", nargs="?", help="its depth map; looked for by name when left out"
    )
    group = parser.add_argument_group("what the files hold")
    group.add_argument(
        "--depth-is",
        choices=[v.value for v in DepthIs],
        default=DepthIs.AUTO.value,
        help="what the depth map's numbers mean (default: found out and told)",
    )
    group.add_argument(
        "--invert-depth", action="store_true", help="take near for far, if it looks inside out"
    )
    group.add_argument(
        "--near-m", type=float, metavar="METRES", help="distance of the nearest depth value"
    )
    group.add_argument(
        "--far-m", type=float, metavar="METRES", help="distance of the farthest; may be inf"
    )
    group.add_argument(
        "--layout",
        choices=[v.value for v in Layout],
        default=Layout.AUTO.value,
        help="colour and depth in one picture, and how (default: found out and told)",
    )


def reading_options(options: argparse.Namespace) -> ReadOptions:
    """Return what `add_reading_arguments` parsed.

    Raises:
        UsageError: if only one of near and far is given, or they are not 0 < near < far.
    """
    return ReadOptions(
        depth_is=DepthIs(options.depth_is),
        invert_depth=options.invert_depth,
        near_m=options.near_m,
        far_m=options.far_m,
        layout=Layout(options.layout),
    )
