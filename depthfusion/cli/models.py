"""`depthfusion models`: the models of this machine, and getting others."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Generator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from depthfusion.cli.transfer_line import JsonLines, TransferLine
from depthfusion.errors import DepthFusionError, UsageError
from depthfusion.generator.amounts import size
from depthfusion.generator.model_list import ModelOffer, ModelRow, model_rows

if TYPE_CHECKING:
    from ldm3d.hub import Offer, Progress, Report

T = TypeVar("T")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=text, description=f"{text.capitalize()}.")

    action("list", "models on this machine, and those that can be downloaded").add_argument(
        "--json", action="store_true", help="print JSON"
    )
    download = action("download", "get a model from the hub; goes on where it stopped")
    download.add_argument("id", metavar="ID", help="such as Intel/ldm3d-pano")
    download.add_argument(
        "--revision", metavar="REV", help="a commit, branch or tag (default: the one had before)"
    )
    download.add_argument(
        "--accept-licence",
        action="store_true",
        help="accept the model's licence without a question",
    )
    download.add_argument(
        "--dry-run", action="store_true", help="only tell size, room and licence; fetch no weights"
    )
    download.add_argument("--json", action="store_true", help="print JSON")
    verify = action("verify", "compare the files of one model, or of all, with their checksums")
    verify.add_argument("id", metavar="ID", nargs="?", help="a model's name (default: all)")
    verify.add_argument("--json", action="store_true", help="print JSON")
    add = action("add", "give a folder of your own a name; nothing is copied")
    add.add_argument("folder", metavar="FOLDER", help="with model_index.json")
    add.add_argument("--name", metavar="NAME", help="what to call it (default: as the folder)")
    for slow in (download, verify, add):
        slow.add_argument(
            "--progress",
            choices=("line", "json"),
            default="line",
            help="how progress is written to standard error (default: line)",
        )
    remove = action("remove", "delete a downloaded model, or forget the name of a folder")
    remove.add_argument("id", metavar="ID", help="a model's name")
    remove.add_argument("--yes", action="store_true", help="delete without a question")


def run(options: argparse.Namespace) -> int:
    """Run one action and return the exit code.

    Raises:
        DepthFusionError: if it cannot be done.
    """
    from ldm3d.errors import Ldm3dError

    actions = {
        "list": _list, "download": _download, "verify": _verify, "add": _add, "remove": _remove,
    }  # fmt: skip
    try:
        return actions[options.action](options)
    except Ldm3dError as error:
        failure = DepthFusionError(str(error))
        failure.exit_code = error.exit_code
        raise failure from error


def _list(options: argparse.Namespace) -> int:
    rows = model_rows()
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=2, ensure_ascii=False))
        return 0
    names = max(len(row.name) for row in rows)
    for row in rows:
        amount = size(row.size_bytes) if row.size_bytes else ""
        print(f"{row.name:<{names}}  {amount:>9}  {_state(row)}")
    return 0


def _state(row: ModelRow) -> str:
    if not row.is_here and not row.missing:
        said = "not here"
    elif row.folder is None and row.missing:
        said = f"begun, `depthfusion models download {row.name}` goes on"
    elif row.missing:
        said = f"incomplete, lacks {row.missing[0]}"
    elif row.is_added:
        said = f"folder {row.folder}"
    elif row.commit:
        said = f"here, commit {row.commit[:12]}{'' if row.is_pinned else ', not recorded'}"
    else:
        said = "here"
    return f"{said}: {row.purpose}" if row.purpose else said


def _download(options: argparse.Namespace) -> int:
    from ldm3d.hub import downloading, find, look

    offer = look(options.id, options.revision)
    if options.dry_run and options.json:
        print(json.dumps(asdict(ModelOffer.from_offer(offer)), indent=2, ensure_ascii=False))
        return 0
    _tell(offer, options.accept_licence)
    if options.dry_run:
        return 0
    offer.check_room()
    if not (offer.is_accepted or options.accept_licence) and not _agreed(offer):
        print("nothing was downloaded", file=sys.stderr)
        return 1
    try:
        _followed(downloading(offer), options)
    except KeyboardInterrupt:
        print("what arrived is kept: the same command goes on from there", file=sys.stderr)
        raise
    folder = find(f"{offer.model_id}@{offer.commit}")
    made = {"model": offer.model_id, "commit": offer.commit, "folder": str(folder)}
    print(json.dumps(made, ensure_ascii=False) if options.json else folder)
    return 0


def _tell(offer: Offer, is_accepted: bool) -> None:
    """Say what it is, what it costs and what its licence asks, before anything is fetched."""
    from ldm3d.hub.client import cache_folder

    count = len(offer.files)
    accepted = ", accepted by --accept-licence" if is_accepted else ""
    accepted = ", accepted before" if offer.is_accepted else accepted
    lines = [
        f"model    {offer.model_id}, commit {offer.commit[:12]}",
        f"size     {size(offer.total_bytes)} in {count} files, "
        f"{size(offer.missing_bytes) if offer.missing_bytes else 'nothing'} to fetch",
        f"disk     {size(offer.free_bytes)} free at {cache_folder()}",
        f"licence  {offer.licence or 'none named'}, {offer.licence_link}{accepted}",
        *(f"note     {note}" for note in offer.notes),
    ]
    print("\n".join(lines), file=sys.stderr)


def _agreed(offer: Offer) -> bool:
    """Show the licence and ask.

    Raises:
        UsageError: if there is nobody to ask.
    """
    from ldm3d.hub.licence import summary

    own = f"\nThe repository's own text:\n\n{offer.licence_text}\n" if offer.licence_text else ""
    print(f"{own}\n{summary(offer.licence or None)}\n", file=sys.stderr)
    if not (sys.stdin is not None and sys.stdin.isatty()):
        raise UsageError(
            f"the licence of {offer.model_id} has to be accepted first: "
            "read it, then give --accept-licence"
        )
    return _asked(f"Accept this licence and download {size(offer.missing_bytes)}?")


def _asked(question: str) -> bool:
    """Ask on standard error, where it is seen even when standard output is a pipe."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().casefold() in {"y", "yes"}


def _followed(steps: Generator[Progress, None, T], options: argparse.Namespace) -> T:
    """Run to the end, showing how far it is; return what it returns."""
    line = JsonLines(sys.stderr) if options.progress == "json" else TransferLine(sys.stderr)
    with contextlib.closing(steps):
        try:
            while True:
                line.show(next(steps))
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            line.close()


def _verify(options: argparse.Namespace) -> int:
    from ldm3d.hub import installed, verifying

    if options.id is not None:
        models: list[Any] = [_place(options.id)]
    else:
        models = [model.name for model in installed() if model.folder is not None]
        if not models:
            print("no models to verify on this machine", file=sys.stderr)
    reports = [_followed(verifying(model), options) for model in models]
    if options.json:
        print(json.dumps([_report(r) for r in reports], indent=2, ensure_ascii=False))
    else:
        for report in reports:
            print("\n".join(_findings(report)))
    return 1 if any(report.problems for report in reports) else 0


def _place(name: str) -> Any:
    """Return what `ldm3d` knows a model by: the starter's folder for its name."""
    from depthfusion.generator.models import STARTER, starter_folder

    return (starter_folder() or name) if name == STARTER else name


def _report(report: Report) -> dict[str, Any]:
    return asdict(report) | {"folder": str(report.folder), "is_ok": not report.problems}


def _findings(report: Report) -> list[str]:
    lines = [f"{report.model}: {problem}" for problem in report.problems]
    if not lines:
        how = f"{report.checked} files as recorded" if report.checked else "complete"
        lines = [f"{report.model}: {how}"]
        if report.unknown:
            lines[0] += f", {len(report.unknown)} without a recorded checksum"
    elif "/" in report.model:
        lines.append(f"{report.model}: `depthfusion models download {report.model}` repairs it")
    return lines


def _add(options: argparse.Namespace) -> int:
    from ldm3d.hub import adding

    name = _followed(adding(options.folder, options.name), options)
    print(name)
    return 0


def _remove(options: argparse.Namespace) -> int:
    from ldm3d.hub import installed, remove

    found = next((model for model in installed() if model.name == options.id), None)
    if found is not None and not found.is_added and not options.yes:
        if not (sys.stdin is not None and sys.stdin.isatty()):
            raise UsageError(f"want to delete {options.id} without asking: give --yes")
        if not _asked(f"Delete {options.id} ({size(found.size_bytes)}) from the hub's cache?"):
            print("nothing was deleted", file=sys.stderr)
            return 1
    freed = remove(options.id)
    kept = "" if found is None or not found.is_added else f", the folder {found.folder} stays"
    print(f"removed {options.id}{f', freed {size(freed)}' if freed else kept}", file=sys.stderr)
    return 0
