"""`depthfusion depth IMAGE`: a depth map for a picture that has none, by a depth network."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from depthfusion.cli.extras import check_extra
from depthfusion.errors import DepthFusionError, MissingPartError

if TYPE_CHECKING:
    from depthfusion.cli.cancel import Cancellation
    from depthfusion.cli.depth_files import Picture
    from depthfusion.cli.progress import Progress
    from depthfusion.generator.depth import DepthFinished
    from depthfusion.generator.request import DepthRequest

EXTRA = ("torch", "transformers", "safetensors")
GIVES = ("inverse-depth", "inverse-depth-unshifted", "distance")
"""Those of `ldm3d.depth.Gives`; a test holds them together."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `depth`."""
    parser.add_argument(
        "image", metavar="IMAGE", help="picture without depth; 2:1 is taken as a 360° panorama"
    )
    parser.add_argument(
        "-o", "--output", metavar="DEPTH",
        help="16-bit PNG to write, white = near (default: IMAGE_depth.png beside the picture)",
    )  # fmt: skip
    parser.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    parser.add_argument("--view", action="store_true", help="open the window on it at the end")
    parser.add_argument("--json", action="store_true", help="report as JSON on standard output")
    parser.add_argument("--quiet", action="store_true", help="no progress, no notes")
    how = parser.add_argument_group("how it is estimated")
    how.add_argument(
        "--model", metavar="ID",
        help="a depth network's folder or hub id (default: Intel/dpt-large)",
    )  # fmt: skip
    how.add_argument(
        "--tiles", type=int, choices=(1, 2, 3), default=1, metavar="N",
        help="detail of a panorama: 1 looks at 16 tiles, 2 at 60, 3 at 152 (default: 1)",
    )  # fmt: skip
    how.add_argument(
        "--whole", action="store_true",
        help="look at the whole picture once, as at an ordinary photo",
    )  # fmt: skip
    how.add_argument(
        "--gives", choices=GIVES, help="what the network's numbers mean (default: by its kind)"
    )
    how.add_argument(
        "--device", metavar="NAME", help="cuda, mps or cpu (default: the fastest there is)"
    )


def run(options: argparse.Namespace) -> int:
    """Estimate, write, and return the exit code.

    Raises:
        DepthFusionError: if it cannot be done; nothing is written then.
    """
    from depthfusion.cli.cancel import cancellable
    from depthfusion.cli.depth_files import output_path, read_picture
    from depthfusion.cli.progress import Progress

    image = Path(options.image)
    picture = read_picture(image)
    path = output_path(image, options.output, overwrite=options.overwrite)
    check_extra("estimating depth", EXTRA)
    progress = Progress(None if options.quiet else sys.stderr)
    with cancellable() as cancellation:
        try:
            finished = _estimated(picture, request_from(options, picture), progress, cancellation)
            _write(options, image, path, picture, finished, progress, cancellation)
        except KeyboardInterrupt:
            progress.close()
            print("cancelled", file=sys.stderr)
            return cancellation.exit_code
        finally:
            progress.close()
    return _view(image, path) if options.view else 0


def request_from(options: argparse.Namespace, picture: Picture) -> DepthRequest:
    """Return what the options ask for."""
    from depthfusion.generator.request import DepthRequest

    return DepthRequest(
        model=options.model,
        panorama=False if options.whole or picture.is_part else None,
        detail=options.tiles,
        gives=options.gives,
        device=options.device,
    )


def _estimated(
    picture: Picture, request: DepthRequest, progress: Progress, cancellation: Cancellation
) -> DepthFinished:
    from depthfusion.generator.depth import DepthFinished, estimate
    from depthfusion.generator.events import Loading

    with closing(estimate(picture.color, request)) as events:
        for event in events:
            cancellation.check()
            if isinstance(event, DepthFinished):
                return event
            if isinstance(event, Loading):
                progress.loading(event.fraction)
            else:
                progress.step(event.index, event.total, event.remaining_s)
    raise DepthFusionError("the estimate ended without a depth map; please report it")


def _write(
    options: argparse.Namespace,
    image: Path,
    path: Path,
    picture: Picture,
    finished: DepthFinished,
    progress: Progress,
    cancellation: Cancellation,
) -> None:
    from depthfusion.cli.depth_files import viewed_instead, write_depth

    made = {
        "model": finished.model,
        "tiles": finished.tiles,
        "panorama": finished.is_panorama,
        "disagreement": finished.disagreement,
        "seam": finished.seam,
    }
    with cancellation.held():
        write_depth(path, finished.depth, picture, made, is_sphere=finished.is_panorama)
    notes = list(finished.notes)
    if picture.is_part:
        notes.append(f"{image.name} covers a part of the sphere: looked at as an ordinary picture")
    elif not finished.is_panorama and not options.whole:
        notes.append(f"{image.name} is not 2:1: looked at as an ordinary picture")
    elsewhere = viewed_instead(image, path)
    notes += [elsewhere] if elsewhere else []
    for note in notes:
        progress.tell(f"note: {note}")
    height, width = finished.depth.shape
    if options.json:
        report = {
            "output": str(path), "image": str(image), "width_px": width, "height_px": height,
            **made, "seconds": round(finished.seconds, 3), "notes": notes,
        }  # fmt: skip
        print(json.dumps(report, ensure_ascii=False))
    else:
        progress.tell(f"{path}: {width}x{height}, {_words(finished)}")


def _words(finished: DepthFinished) -> str:
    from depthfusion.generator.amounts import duration

    words = [f"{finished.tiles} {'tiles' if finished.tiles > 1 else 'view'} of {finished.model}"]
    if finished.disagreement is not None:
        words.append(f"they agree to {100 * finished.disagreement:.1f} % of the range")
    return ", ".join([*words, duration(finished.seconds)])


def _view(image: Path, depth: Path) -> int:
    """Open the window on the pair, as `depthfusion view` does."""
    from depthfusion.cli import build_parser, view

    try:
        return view.run(build_parser("view").parse_args(["view", "--", str(image), str(depth)]))
    except MissingPartError as error:
        raise MissingPartError(f"{depth} is written, but cannot be shown: {error}") from error
