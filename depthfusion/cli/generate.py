"""`depthfusion generate PROMPT`: a sentence becomes a world, in a folder of its own."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from depthfusion.cli.extras import check_extra
from depthfusion.cli.render import size_px
from depthfusion.errors import DepthFusionError, MissingPartError, UsageError
from ldm3d.solvers import SCHEDULERS

if TYPE_CHECKING:
    from depthfusion.cli.batch import Done
    from depthfusion.cli.cancel import Cancellation
    from depthfusion.cli.jobs import Job
    from depthfusion.cli.progress import Progress
    from depthfusion.cli.target import Target
    from depthfusion.generator.request import Request

EXTRA = ("torch", "diffusers", "transformers", "safetensors")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `generate`."""
    parser.add_argument(
        "prompt", metavar="PROMPT", nargs="*", help="the place, in quotes; - reads one a line"
    )
    _add_places(parser)
    model = parser.add_argument_group("how it is made (default: what the model recommends)")
    model.add_argument("--model", metavar="ID", help="a model's folder, name or id on the hub")
    model.add_argument(
        "--style", action="append", default=[], metavar="NAME",
        help="words around the prompt and what suits them; may be given again; list shows all",
    )  # fmt: skip
    model.add_argument("--negative", metavar="TEXT", help="what should not be there")
    model.add_argument("--seed", type=int, metavar="N", help="same seed, same world")
    model.add_argument("--steps", type=int, metavar="N", help="more are slower and finer")
    model.add_argument(
        "--guidance", type=float, metavar="G", help="how closely to follow the prompt"
    )
    model.add_argument("--size", type=size_px, metavar="WxH", help="pixels, twice as wide as high")
    model.add_argument("--scheduler", choices=tuple(SCHEDULERS), help="way from noise to picture")
    model.add_argument(
        "--lora", action="append", default=[], type=lora, metavar="FILE",
        help="low-rank weights over the model's own, FILE:0.8 for less of them; may be given again",
    )  # fmt: skip
    model.add_argument(
        "--seamless", action=argparse.BooleanOptionalAction, default=None,
        help="whether left and right edge meet (default: yes)",
    )  # fmt: skip
    start = parser.add_argument_group("from a picture or a world")
    start.add_argument(
        "--init", metavar="IMAGE", help="360° picture, or a world's folder, to start from"
    )
    start.add_argument("--init-depth", metavar="DEPTH", help="its depth map, white = near")
    start.add_argument(
        "--init-strength", type=float, metavar="S",
        help="how much to change it: near 0 little, 1 all (default: 0.6)",
    )  # fmt: skip
    start.add_argument(
        "--like", metavar="FILE", help="make this world again; other options change it"
    )


def _add_places(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--prompts", metavar="FILE", help="prompts, one a line; goes on where it stopped"
    )
    parser.add_argument(
        "-o", "--output", metavar="FOLDER",
        help="name of the world's new folder; an existing folder such as . gets a folder for each "
        "world (default: the library)",
    )  # fmt: skip
    parser.add_argument(
        "--count", type=int, default=1, metavar="N", help="worlds of each prompt (default: 1)"
    )
    parser.add_argument("--view", action="store_true", help="open the window on it at the end")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each world")
    parser.add_argument("--quiet", action="store_true", help="no progress, no notes")


def lora(text: str) -> tuple[str, float]:
    """Return file and scale from "style.safetensors:0.8"."""
    path, colon, scale = text.rpartition(":")
    if colon and path and not Path(text).exists():
        try:
            return path, float(scale)
        except ValueError:
            pass  # a colon of the name
    return text, 1.0


def run(options: argparse.Namespace) -> int:
    """Make the worlds and return the exit code.

    Raises:
        DepthFusionError: if nothing could be made; nothing is written then.
    """
    from depthfusion.cli import styling
    from depthfusion.cli.jobs import jobs_from, prompts_from_file, unfinished
    from depthfusion.cli.target import library_target, target_from
    from depthfusion.cli.wish import request_from

    if styling.LIST in options.style:
        styling.print_styles(as_json=options.json)
        return 0
    source = _prompts_source(options)
    check_extra("generating", EXTRA)
    for text in (*options.prompt, options.negative or "", options.model or ""):
        _check_text(text)
    styles = styling.chosen_styles(options.style)
    base = styling.styled_request(request_from(options), styles)
    prompts = prompts_from_file(source) if source else [_prompt(options, base)]
    jobs = jobs_from(base, styling.styled_prompts(prompts, styles), options.count)
    _check(jobs)
    several = bool(source) or options.count > 1
    output = options.output
    target = library_target() if output is None else target_from(output, several=several)
    target.check((base.width or 0) * (base.height or 0))
    left, there = unfinished(jobs, target.finished()) if source else (jobs, [])
    return _run(options, target, left, there)


def _prompts_source(options: argparse.Namespace) -> str | None:
    """Return the name of the file with prompts, None where the line has the prompt."""
    words = options.prompt
    if len(words) > 1:
        raise UsageError(
            'want one prompt in quotes ("a mossy forest at dawn"), got several words; several '
            "prompts come from --prompts FILE"
        )
    if options.prompts is not None and words:
        raise UsageError("want a prompt or --prompts FILE, got both")
    if not words and options.prompts is None and options.like is None:
        raise UsageError(
            'want a prompt, as in: depthfusion generate "a mossy forest at dawn"; or --prompts FILE'
        )
    if words == ["-"]:
        return "-"
    source: str | None = options.prompts
    return source


def _prompt(options: argparse.Namespace, base: Request) -> str:
    """Return the prompt of the line, or of the world to make again.

    Raises:
        UsageError: if it is empty.
    """
    prompt = str(options.prompt[0] if options.prompt else base.like.get("prompt", "")).strip()
    if not prompt:
        raise UsageError("want a prompt that describes a place, got an empty one")
    return prompt


def _check_text(text: str) -> None:
    """Refuse what cannot be kept in a file: bytes of the line that are no text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError(f"want text in UTF-8, got {text!r}") from None


def _check(jobs: list[Job]) -> None:
    """Refuse what no model can do, before torch is imported."""
    from depthfusion.generator.repeat import asked
    from ldm3d.errors import Ldm3dError

    for job in jobs:
        try:
            asked(job.request)
        except Ldm3dError as error:
            refused = UsageError(str(error))
            refused.exit_code = error.exit_code
            raise refused from error


def _run(options: argparse.Namespace, target: Target, left: list[Job], there: list[Path]) -> int:
    from depthfusion.cli.batch import Done
    from depthfusion.cli.cancel import cancellable
    from depthfusion.cli.progress import Progress

    if isinstance(sys.stdout, io.TextIOWrapper):  # a name of any script, in any terminal
        sys.stdout.reconfigure(errors="backslashreplace")
    done = Done()
    progress = Progress(None if options.quiet else sys.stderr, len(left))
    with cancellable() as cancellation:
        try:
            _make(options, target, left, there, progress, cancellation, done)
        except KeyboardInterrupt:
            progress.close()
            _tell_cancelled(len(done.worlds) + len(there), len(left) + len(there))
            return cancellation.exit_code
        except DepthFusionError:
            progress.close()
            _tell_failures(done, len(left))
            raise
        finally:
            progress.close()
    code = _tell_failures(done, len(left))
    shown = [*done.worlds, *there]
    return _view(shown[0]) or code if options.view and shown else code


def _make(
    options: argparse.Namespace,
    target: Target,
    left: list[Job],
    there: list[Path],
    progress: Progress,
    cancellation: Cancellation,
    done: Done,
) -> None:
    """Make what is left; the model is let go again at the end."""
    from depthfusion.cli.batch import Batch
    from depthfusion.generator.latent import LatentGenerator
    from depthfusion.panorama.whole_folder import clear_leftovers

    clear_leftovers(target.folder)
    batch = Batch(LatentGenerator(), target, progress, cancellation, sys.stdout, options.json)
    if there:
        progress.tell(f"{len(there)} of {len(there) + len(left)} worlds are there already")
    for world in there:
        batch.tell_of(world)
    batch.run(left, done)


def _tell_cancelled(finished: int, wanted: int) -> None:
    rest = f": {finished} of {wanted} worlds are finished" if wanted > 1 else ""
    print(f"cancelled{rest}", file=sys.stderr)


def _tell_failures(done: Done, wanted: int) -> int:
    if not done.failed:
        return 0
    print(f"{len(done.failed)} of {wanted} worlds could not be made:", file=sys.stderr)
    for request, error in done.failed:
        print(f"  {request.prompt} (seed {request.seed}): {error}", file=sys.stderr)
    return DepthFusionError.exit_code


def _view(world: Path) -> int:
    """Open the window on a world, as `depthfusion view` does."""
    from depthfusion.cli import build_parser, view

    try:
        return view.run(build_parser("view").parse_args(["view", "--", str(world)]))
    except MissingPartError as error:
        raise MissingPartError(f"{world} is written, but cannot be shown: {error}") from error
