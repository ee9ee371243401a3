"""`depthfusion render`: one picture of a panorama into a file, without a window."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from depthfusion.cli.reading import add_reading_arguments, reading_options
from depthfusion.errors import SaveError, UsageError
from depthfusion.view import DEFAULT_FOV_DEG, Mapping, Shading, Stereo, View

if TYPE_CHECKING:
    from depthfusion.panorama import Panorama
    from depthfusion.renderer.quality import Quality

DEFAULT_SIZE_PX = (1280, 720)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `render`."""
    # WORKAROUND: https://github.com/python/cpython/issues/53580, until argparse takes a list of
    # numbers that begins with a minus, as in `--position-m -0.1,0,0`, for a value.
    parser._negative_number_matcher = re.compile(r"-\.?\d")
    add_reading_arguments(parser, image_optional=True)
    parser.add_argument(
        "-o", "--output", metavar="FILE", required=True,
        help="PNG, JPEG or WebP by its ending; - writes a PNG to standard output",
    )  # fmt: skip
    parser.add_argument(
        "--size", type=size_px, default=DEFAULT_SIZE_PX, metavar="WxH",
        help="pixels of the whole picture, both eyes together (default: 1280x720)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="report as JSON on standard output")
    _add_view_arguments(parser.add_argument_group("what is seen"))
    quality = parser.add_argument_group("how well")
    quality.add_argument(
        "--plain", action="store_true",
        help="a plain displaced sphere: no adaptive mesh, no edge treatment, no background",
    )  # fmt: skip
    quality.add_argument(
        "--msaa", type=int, metavar="N", choices=(0, 2, 4, 8),
        help="samples a pixel, 0 for none (default: 4 on a GPU, none on software OpenGL)",
    )  # fmt: skip


def _add_view_arguments(group: argparse._ArgumentGroup) -> None:
    def number(name: str, metavar: str, text: str) -> None:
        # Left out of the namespace unless given: what is not said may come from the file.
        group.add_argument(name, type=float, metavar=metavar, default=argparse.SUPPRESS, help=text)

    number("--fov-deg", "DEG", f"vertical field of view (default: {DEFAULT_FOV_DEG:g})")
    number("--yaw-deg", "DEG", "0 looks at the picture's centre, positive turns right")
    number("--pitch-deg", "DEG", "positive looks up, -90 to 90")
    group.add_argument(
        "--position-m", type=position_m, metavar="X,Y,Z", default=argparse.SUPPRESS,
        help="head position in metres of the shown world: right, up, back (default: 0,0,0)",
    )  # fmt: skip
    _add_choice(group, "--stereo", Stereo, "how two eyes share the picture (default: mono)")
    number("--eye-separation-mm", "MM", "distance between the eyes (default: 63)")
    number("--convergence-m", "M", "distance that lies in the plane of the screen (default: 2)")
    _add_choice(
        group, "--mapping", Mapping,
        "how depth becomes distance (default: metric when the scale is known, else disparity)",
    )  # fmt: skip
    number("--strength", "S", "relief of a relative depth map, 0 flat to 1 (default: 0.75)")
    number("--world-scale", "X", "size of the shown world against the recorded (default: 1)")
    _add_choice(group, "--shading", Shading, "what the surface shows (default: color)")
    group.add_argument(
        "--use-stored-view", action="store_true",
        help="start from the view settings stored in the file; other options come on top",
    )  # fmt: skip


def _add_choice(
    group: argparse._ArgumentGroup,
    name: str,
    kind: type[Stereo] | type[Mapping] | type[Shading],
    text: str,
) -> None:
    group.add_argument(
        name, choices=[item.value for item in kind], default=argparse.SUPPRESS, help=text
    )


def size_px(text: str) -> tuple[int, int]:
    """Return width and height from "1280x720"."""
    match = re.fullmatch(r"(\d{1,6})[xX×](\d{1,6})", text)
    if not match or not all(int(v) for v in match.groups()):
        raise argparse.ArgumentTypeError(f"want WIDTHxHEIGHT such as 1280x720, got {text!r}")
    return int(match[1]), int(match[2])


def position_m(text: str) -> tuple[float, float, float]:
    """Return x, y and z from "0.1,0,-0.2"."""
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"want X,Y,Z in metres such as 0.1,0,-0.2, got {text!r}"
        ) from None
    return x, y, z


def view_from_options(options: argparse.Namespace, stored: dict[str, Any]) -> View:
    """Return the view that the options ask for, on top of `stored` or of the defaults.

    Raises:
        UsageError: if a value is out of range.
    """
    base = View.from_dict(stored).to_dict() if options.use_stored_view else {}
    given = {
        name: getattr(options, name)
        for name in (
            "fov_deg", "yaw_deg", "pitch_deg", "position_m", "stereo", "eye_separation_mm",
            "convergence_m", "mapping", "strength", "world_scale", "shading",
        )
        if hasattr(options, name)
    }  # fmt: skip
    # Near, far and inversion on the command line were applied while the file was read.
    if options.near_m is not None:
        base = base | {"near_m": None, "far_m": None}
    if options.invert_depth:
        base = base | {"invert_depth": False}
    return View.from_dict(base | given)


def run(options: argparse.Namespace) -> int:
    """Read, render, write; tell on standard error what was assumed."""
    from depthfusion.panorama import read_panorama
    from depthfusion.picture_file import encode, format_from_path, write_atomically

    if options.output == "-" and options.json:
        raise UsageError("want the picture or the report on standard output, got both: drop one")
    if options.output == "-" and sys.stdout.isatty():
        raise UsageError("want a pipe or a file behind -o -, got a terminal")
    file_format = format_from_path(options.output)
    view_from_options(options, {})  # complain about values before the picture is read
    image_path, depth_path = _source(options)
    panorama = read_panorama(image_path, depth_path, reading_options(options))
    _check_output(options.output, panorama)
    view = view_from_options(options, dict(panorama.provenance.view))
    for note in panorama.provenance.notes:
        print(f"note: {note}", file=sys.stderr)

    from depthfusion.renderer.offscreen import render_image

    image = render_image(panorama, view, options.size, _quality(options))
    made = _how_it_was_made(panorama, view, options.size)
    data = encode(image, file_format, made)
    if options.output == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()  # here, where a reader that left early is no error
        return 0
    write_atomically(Path(options.output), data)
    if options.json:
        report = {"output": options.output, "bytes": len(data), **made}
        print(json.dumps(report, ensure_ascii=False))
    else:
        print(f"{options.output}: {options.size[0]}x{options.size[1]}", file=sys.stderr)
    return 0


def _source(options: argparse.Namespace) -> tuple[str, str | None]:
    """Return the named files, or the first bundled world as `view` opens it."""
    if options.image is not None:
        return options.image, options.depth
    from depthfusion.gui.worlds import bundled_worlds

    world = bundled_worlds()[0]
    return world.color, world.depth


def _check_output(output: str, panorama: Panorama) -> None:
    """Refuse to write over what was read, or where nothing can be written."""
    path = Path(output)
    if output == "-":
        return
    if not path.parent.is_dir():
        raise SaveError(f"want a folder that exists for {output}, got {path.parent}: make it first")
    sources = (panorama.provenance.color_source, panorama.provenance.depth_source)
    for source in sources:
        if source and path.exists() and Path(source).exists() and path.samefile(source):
            raise UsageError(f"want another file than the one that is read, got {output} for both")


def _quality(options: argparse.Namespace) -> Quality:
    from depthfusion.renderer.quality import Quality

    samples = None if options.msaa is None else max(1, options.msaa)
    if not options.plain:
        return Quality(msaa=samples)
    return Quality(
        adaptive=False, dilate=False, edges=False, background=False, snap=False,
        decontaminate=False, msaa=samples,
    )  # fmt: skip


def _how_it_was_made(panorama: Panorama, view: View, size: tuple[int, int]) -> dict[str, Any]:
    """Return what a rendered file carries; names of files without their folders."""
    provenance = panorama.provenance
    return {
        "kind": "render",
        "size_px": list(size),
        "view": view.to_dict(),
        "title": panorama.title,
        "color_file": _name(provenance.color_source),
        "depth_file": _name(provenance.depth_source),
        "notes": list(provenance.notes),
        "generation": dict(provenance.generation),
    }


def _name(source: str | None) -> str | None:
    return None if source is None else Path(source).name
