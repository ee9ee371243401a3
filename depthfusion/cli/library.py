"""`depthfusion library`: the kept worlds: find, mark, rename, delete, bring back, import, check."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable

from depthfusion.panorama.options import DepthIs, Layout

ORDERS = ("newest", "name", "favourite")
"""Values of `depthfusion.library.Order`, which is not imported for `--help`."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        sub = actions.add_parser(name, help=text, description=f"{text.capitalize()}.")
        sub.add_argument(
            "--library", metavar="FOLDER", help="which library (default: the one of your settings)"
        )
        sub.add_argument("--json", action="store_true", help="print JSON")
        return sub

    listing = action("list", "the kept worlds")
    listing.add_argument(
        "--trash", action="store_true", help="the deleted ones, the last deletion first"
    )
    _add_listing(listing)
    search = action(
        "search", "worlds by words of prompt, title, style, model; any may be cut short"
    )
    search.add_argument("words", metavar="WORD", nargs="+", help="all of them have to be there")
    _add_listing(search)
    _add_worlds(action("show", "all that is known of a world"), nargs=None)
    favourite = action("favourite", "mark worlds")
    _add_worlds(favourite)
    favourite.add_argument("--off", action="store_true", help="take the mark away")
    rename = action("rename", "give a world another title; its folder keeps its name")
    _add_worlds(rename, nargs=None)
    rename.add_argument("title", metavar="TITLE", help="in quotes")
    _add_worlds(action("delete", "take worlds to the library's trash"))
    restore = action("restore", "bring deleted worlds back: the last deletion, or those named")
    _add_worlds(restore, nargs="*")
    empty = action("empty-trash", "delete for good what is in the trash")
    empty.add_argument(
        "--days", type=float, default=0.0, metavar="N", help="only what is there for N days"
    )
    empty.add_argument("--yes", action="store_true", help="delete without a question")
    _add_import(action("import", "pictures, pairs, worlds and folders become kept worlds"))
    action("check", "read every file of every world; nothing is changed")
    action("where", "the library's folder, its index, and how many worlds there are")
    action("rebuild", "make the index anew from the worlds' folders")


def _add_listing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--favourites", action="store_true", help="only the marked ones")
    parser.add_argument("--order", choices=ORDERS, default="newest", help="(default: newest)")
    parser.add_argument("--limit", type=int, metavar="N", help="not more than N")


def _add_worlds(parser: argparse.ArgumentParser, nargs: str | None = "+") -> None:
    parser.add_argument(
        "worlds", metavar="WORLD", nargs=nargs, help="name of its folder, or its title"
    )  # fmt: skip


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", help="pictures, depth maps, folders")
    parser.add_argument("--depth", metavar="DEPTH", help="the depth map of the one picture given")
    parser.add_argument(
        "--depth-is", choices=[v.value for v in DepthIs], default=DepthIs.AUTO.value,
        help="what the depth map's numbers mean (default: found out and told)",
    )  # fmt: skip
    parser.add_argument("--invert-depth", action="store_true", help="take near for far")
    parser.add_argument(
        "--near-m", type=float, metavar="METRES", help="distance of the nearest depth value"
    )
    parser.add_argument(
        "--far-m", type=float, metavar="METRES", help="distance of the farthest; may be inf"
    )
    parser.add_argument(
        "--layout", choices=[v.value for v in Layout], default=Layout.AUTO.value,
        help="colour and depth in one picture, and how (default: found out and told)",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Run one action and return the exit code.

    Raises:
        DepthFusionError: if it cannot be done.
    """
    from depthfusion.cli import library_actions as actions
    from depthfusion.library import Library
    from depthfusion.settings import Store

    if isinstance(sys.stdout, io.TextIOWrapper):  # a name of any script, in any terminal
        sys.stdout.reconfigure(errors="backslashreplace")
    do: dict[str, Callable[[Library, argparse.Namespace], int]] = {
        "list": actions.show_list, "search": actions.search, "show": actions.show,
        "favourite": actions.favourite, "rename": actions.rename, "delete": actions.delete,
        "restore": actions.restore, "empty-trash": actions.empty_trash,
        "import": actions.import_files, "check": actions.check, "where": actions.where,
        "rebuild": actions.rebuild,
    }  # fmt: skip
    settings = Store()
    for complaint in settings.complaints():
        print(f"note: {complaint}", file=sys.stderr)
    with Library(options.library or settings.settings.library) as library:
        try:
            return do[options.action](library, options)
        finally:
            for notice in library.notices():
                print(f"note: {notice}", file=sys.stderr)
