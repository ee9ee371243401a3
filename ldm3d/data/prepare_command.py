"""`python -m ldm3d data prepare`: what it understands, and what it tells."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ldm3d.exit_codes import GOES_ON, told

if TYPE_CHECKING:
    from ldm3d.data.prepare_plan import PreparePlan
    from ldm3d.data.prepare_taking import PrepareProgress

_DEFAULT_DEPTH_MODEL = "Intel/dpt-large"
_DEPTHS = ("near-white", "near-black", "metres", "millimetres")

Parts = argparse._SubParsersAction


def add_prepare(parts: Parts[argparse.ArgumentParser]) -> None:
    """Add the command to a parser. Costs no import of NumPy."""
    prepare = parts.add_parser(
        "prepare", help="make a training set of real pictures with captions; resumable"
    )
    prepare.add_argument("folder", type=Path, help="of the set")
    prepare.add_argument("sources", type=Path, nargs="+", metavar="SOURCE",
                         help="folder of pictures or of tars, or a tar (webdataset)")  # fmt: skip
    prepare.add_argument("--size", type=_size, metavar="WxH",
                         help="default 512x512; panoramas 1024x512")  # fmt: skip
    prepare.add_argument("--fit", choices=("crop", "resize"), default="crop",
                         help="pictures of another shape (default crop)")  # fmt: skip
    prepare.add_argument("--panoramas", action="store_true",
                         help="2:1 pictures that wrap; all others are left out")  # fmt: skip
    prepare.add_argument("--limit", type=_positive, metavar="N", help="pictures at most")
    prepare.add_argument("--shard", type=_positive, default=256, metavar="N",
                         help="pictures a shard")  # fmt: skip
    prepare.add_argument("--workers", type=_positive, default=2, metavar="K",
                         help="threads that read and decode (default 2)")  # fmt: skip
    _add_depth(prepare)
    _add_filters(prepare)
    prepare.set_defaults(run=told(_prepare, stopped=GOES_ON, writes=lambda options: options.folder))


def _add_depth(prepare: argparse.ArgumentParser) -> None:
    depth = prepare.add_argument_group("depth")
    depth.add_argument("--depth-model", default=_DEFAULT_DEPTH_MODEL, metavar="ID",
                       help=f"network or its folder (default {_DEFAULT_DEPTH_MODEL})")  # fmt: skip
    depth.add_argument("--batch", type=_positive, default=8, metavar="N",
                       help="pictures it looks at together (default 8)")  # fmt: skip
    depth.add_argument("--device", help="of the network: cuda, cpu...; the fastest by default")
    depth.add_argument("--depth-is", choices=_DEPTHS,
                       help="the sources bring depth (KEY.depth.png, NAME_depth.png), and this is "
                       "what it means")  # fmt: skip
    depth.add_argument("--near-m", type=float, metavar="M",
                       help="distance of depth 1, of given depth (metres: 0.6)")  # fmt: skip
    depth.add_argument("--far-m", type=float, metavar="M",
                       help="distance of depth 0, of given depth (infinity)")  # fmt: skip


def _add_filters(prepare: argparse.ArgumentParser) -> None:
    filters = prepare.add_argument_group("which pictures")
    filters.add_argument("--caption-field", metavar="NAME",
                         help="of JSON or table (default: KEY.txt, else caption...)")  # fmt: skip
    filters.add_argument("--caption-length", type=_range, default=(3, 1000), metavar="LEAST:MOST",
                         help="characters (default 3:1000)")  # fmt: skip
    filters.add_argument("--min-side", type=int, default=256, metavar="PX",
                         help="of the shorter side (default 256)")  # fmt: skip
    filters.add_argument("--aspect", type=_range, default=(0.5, 2.0), metavar="LEAST:MOST",
                         help="width / height (default 0.5:2)")  # fmt: skip
    filters.add_argument("--where", action="append", default=[], metavar="CONDITION",
                         help="of the metadata, such as 'aesthetic>=5', 'pwatermark<0.5', "
                         "'similarity>0.3', 'NSFW=UNLIKELY'; several times: all")  # fmt: skip
    filters.add_argument("--keep-duplicates", action="store_true",
                         help="take a file again that was there before")  # fmt: skip
    filters.add_argument("--max-megapixels", type=float, default=128.0, metavar="N",
                         help="larger pictures are not decoded (default 128)")  # fmt: skip


def _plan(options: argparse.Namespace) -> PreparePlan:
    from ldm3d.data.prepare_plan import DepthIs, Fit, PreparePlan, Where

    width, height = options.size or ((1024, 512) if options.panoramas else (512, 512))
    return PreparePlan(
        width=width,
        height=height,
        fit=Fit(options.fit),
        panoramas=options.panoramas,
        caption_field=options.caption_field,
        depth_is=DepthIs(options.depth_is) if options.depth_is else None,
        depth_model="" if options.depth_is else options.depth_model,
        near_m=options.near_m,
        far_m=options.far_m,
        batch=options.batch,
        shard=options.shard,
        min_side=options.min_side,
        aspect=options.aspect,
        caption_length=_whole(*options.caption_length),
        where=tuple(Where.of(text) for text in options.where),
        keep_duplicates=options.keep_duplicates,
        max_megapixels=options.max_megapixels,
    )


def _prepare(options: argparse.Namespace) -> int:
    from ldm3d.data.prepare import prepare_set
    from ldm3d.data.progress_line import ProgressLine

    progress = None
    with ProgressLine(sys.stderr) as line:
        for progress in prepare_set(
            options.folder, options.sources, _plan(options),
            workers=options.workers, limit=options.limit, device=options.device,
        ):  # fmt: skip
            line.show(progress)
    assert progress is not None  # it begins with one
    return _told(options.folder, progress)


def _told(folder: Path, progress: PrepareProgress) -> int:
    """Say what became of all pictures; return the exit code."""
    out = progress.left_out
    reasons = ", ".join(f"{count} {name}" for name, count in out.most_common())
    left_out = f"{out.total()} left out ({reasons}): {folder / 'failures.jsonl'}"
    if not progress.done:
        print(f"no picture got into {folder}, {left_out}", file=sys.stderr)
        return 66
    print(f"{folder}: {progress.done} pictures{', ' + left_out if reasons else ''}")
    return 0


def _whole(least: float, most: float) -> tuple[int, int]:
    return math.ceil(least), math.floor(min(most, sys.maxsize))


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(f"want WxH, such as 512x512; got {text!r}")
    return int(width), int(height)


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"want a whole number of at least 1, got {text!r}")
    return int(text)


def _range(text: str) -> tuple[float, float]:
    least, colon, most = text.partition(":")
    try:
        found = float(least or 0), float(most or "inf")
    except ValueError:
        found = 1.0, 0.0
    if not colon or not 0 <= found[0] <= found[1]:
        raise argparse.ArgumentTypeError(f"want LEAST:MOST, such as 0.5:2; got {text!r}")
    return found
