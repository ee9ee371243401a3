"""`python -m ldm3d data ...`: render worlds, contact sheets and the bundled set."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ldm3d.data.prepare_command import add_prepare
from ldm3d.exit_codes import GOES_ON, told


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the `data` command and its parts to a parser."""
    data = commands.add_parser("data", help="make RGBD panoramas and training data")
    parts = data.add_subparsers(dest="part", required=True, metavar="PART")

    render = parts.add_parser("render", help="render a procedural world, color and depth")
    render.add_argument("--family", required=True, help="kind of place; --family list shows all")
    render.add_argument("--seed", type=int, default=1, help="chooses layout, look and words")
    render.add_argument("--size", type=_size, default=(2048, 1024), metavar="WxH")
    render.add_argument("--passes", type=int, default=4, help="samples a pixel (default 4)")
    render.add_argument("-o", "--output", type=Path, default=Path("world.png"), metavar="OUT")
    render.add_argument("--sheet", type=int, default=0, metavar="N", help="N seeds on one sheet")
    render.set_defaults(run=_render)

    bundle = parts.add_parser("bundle", help="make the worlds that ship with DepthFusion")
    bundle.add_argument("-o", "--output", type=Path, default=Path("resources/worlds"))
    bundle.add_argument("--width", type=int, default=4096)
    bundle.add_argument("--only", nargs="*", default=(), metavar="SLUG")
    bundle.set_defaults(run=_bundle)

    _add_make(parts)
    add_prepare(parts)
    _add_sheet(parts)


def _add_make(parts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    make = parts.add_parser("make", help="make a training set of procedural worlds; resumable")
    make.add_argument("folder", type=Path, help="of the set")
    make.add_argument("--count", type=int, required=True, metavar="N", help="worlds in all")
    make.add_argument("--families", nargs="*", default=(), metavar="NAME", help="default: all")
    make.add_argument("--size", type=_size, default=(512, 256), metavar="WxH")
    make.add_argument("--workers", type=int, default=1, metavar="K", help="processes")
    make.add_argument("--variants", type=int, default=4, metavar="V", help="pictures of a scene")
    make.add_argument(
        "--seed", type=int, default=0, help="first seed; 1000000 and more are for held-out sets"
    )
    make.add_argument("--shard", type=int, default=256, metavar="N", help="worlds a shard")
    make.add_argument("--detail", type=float, default=0.3, help="share of small things, up to 1")
    make.add_argument("--supersample", type=int, default=1, metavar="S", help="S x S samples")
    make.add_argument("--device", type=int, default=None, help="EGL device; default: the best")
    make.set_defaults(run=told(_make, stopped=GOES_ON))


def _add_sheet(parts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sheet = parts.add_parser("sheet", help="make a contact sheet of a set")
    sheet.add_argument("folder", type=Path, help="of the set")
    sheet.add_argument("-o", "--output", type=Path, default=Path("sheet.png"), metavar="OUT")
    sheet.add_argument("--count", type=int, default=32, metavar="N", help="pictures")
    sheet.add_argument("--columns", type=int, default=4)
    sheet.add_argument("--width", type=int, default=400, help="of one picture, pixels")
    sheet.add_argument("--families", nargs="*", default=(), metavar="NAME", help="default: all")
    sheet.set_defaults(run=told(_contact_sheet, writes=lambda options: options.output))


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and int(width) == 2 * int(height) >= 64):
        raise argparse.ArgumentTypeError(f"want WxH with W = 2 H, such as 2048x1024; got {text!r}")
    return int(width), int(height)


def depth_path(color: Path) -> Path:
    """Return where the depth picture of a color picture goes."""
    return color.with_name(f"{color.stem}_depth.png")


def _render(options: argparse.Namespace) -> int:
    from ldm3d.data.families import family_names

    if options.family == "list":
        print("\n".join(family_names()))
        return 0
    if options.family not in family_names():
        names = ", ".join(family_names())
        print(f"no family {options.family!r}: choose one of {names}", file=sys.stderr)
        return 2
    if options.sheet:
        return _sheet(options)
    from ldm3d.data.files import save_color, save_depth
    from ldm3d.data.render import render_world
    from ldm3d.data.renderer import effort_for

    width = options.size[0]
    effort = effort_for(width, options.passes)
    world = render_world(options.family, options.seed, width, effort=effort)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    save_color(world, options.output)
    save_depth(world, depth_path(options.output))
    print(f"{options.output}: {world.caption}")
    return 0


def _sheet(options: argparse.Namespace) -> int:
    from PIL import Image

    from ldm3d.data.graphics import Graphics
    from ldm3d.data.render import render_world
    from ldm3d.data.renderer import effort_for

    width, height = options.size
    sheet = Image.new("RGB", (width, height * options.sheet))
    with Graphics() as graphics:
        for row in range(options.sheet):
            world = render_world(
                options.family,
                options.seed + row,
                width,
                effort=effort_for(width, options.passes),
                graphics=graphics,
            )
            sheet.paste(Image.fromarray(world.color), (0, row * height))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(options.output)
    print(options.output)
    return 0


def _bundle(options: argparse.Namespace) -> int:
    from ldm3d.data.bundle import make_bundle

    for line in make_bundle(options.output, options.width, options.only):
        print(line, flush=True)
    return 0


def _make(options: argparse.Namespace) -> int:
    from ldm3d.data.families import family_names
    from ldm3d.data.make import make_set
    from ldm3d.data.make_shard import Plan
    from ldm3d.data.progress_line import ProgressLine

    unknown = sorted(set(options.families) - set(family_names()))
    if unknown:
        print(f"no family {unknown[0]!r}: choose of {', '.join(family_names())}", file=sys.stderr)
        return 2
    plan = Plan(
        tuple(options.families) or family_names(),
        options.count,
        options.size[0],
        options.variants,
        options.seed,
        options.shard,
        options.detail,
        options.supersample,
    )
    with ProgressLine(sys.stderr) as line:
        for progress in make_set(options.folder, plan, options.workers, options.device):
            line.show(progress)
    print(options.folder)
    return 0


def _contact_sheet(options: argparse.Namespace) -> int:
    from ldm3d.data.sheet import chosen, contact_sheet
    from ldm3d.data.world_set import WorldSet

    worlds = WorldSet(options.folder)
    indices = chosen(worlds, options.count, options.families)
    if not indices:
        print(f"no world of {', '.join(options.families)} in {options.folder}", file=sys.stderr)
        return 66
    options.output.parent.mkdir(parents=True, exist_ok=True)
    contact_sheet(worlds, indices, options.columns, options.width).save(options.output)
    print(options.output)
    return 0
