"""How near the pictures come to the truth: PSNR against the ray-traced room.

    python -m bench.quality                      the three rivals, both pose sets
    python -m bench.quality --ablate --poses a   every switch off by itself
    python -m bench.quality --size 504x560       a fourth of the pixels, for quick turns
    python -m bench.quality --save out/pictures  truth, plain, ours, error side by side

See room.py for the definition of the figures. Pictures that are blank or wrong stop it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import moderngl
import numpy as np
from PIL import Image

from bench.gl import MakeRival, Target, open_context, ours, plain
from bench.metrics import Error, Picture, assert_sane, heat
from bench.room import FOV_DEG, VIEW_SIZE_PX, DepthKind, Pose, pose_set, room_panorama, room_view
from depthfusion.panorama.panorama import Panorama
from depthfusion.renderer.quality import Quality
from depthfusion.view import Mapping, View

TARGET_GAIN_DB = {"a": (6.5, 1.3), "b": (7.5, 6.0)}
"""Pose set -> gain over plain 2048 that is asked for, over all and over visible pixels."""
SWITCHES: dict[str, Quality] = {
    "ours, full grid": Quality(adaptive=False),
    "ours, no dilation": Quality(dilate=False),
    "ours, no edges": Quality(edges=False),
    "ours, no background": Quality(background=False),
    "ours, no snap": Quality(snap=False),
    "ours, snap forced": Quality(snap=True),
    "ours, fringe left": Quality(decontaminate=False),
    "ours, 1024 columns": Quality(mesh_columns=1024),
    "ours, 4096 columns": Quality(mesh_columns=4096),
}


@dataclass
class Score:
    """What one rival reached on one pose set."""

    everywhere: Error = field(default_factory=Error)
    visible: Error = field(default_factory=Error)
    pictures: dict[Pose, Picture] = field(default_factory=dict)
    ready_s: float = 0.0
    holes: int = 0
    """Pixels left in the clear colour, pure black; nothing in the room is."""

    @property
    def psnr_db(self) -> tuple[float, float]:
        """Return all, visible-only."""
        return self.everywhere.psnr_db, self.visible.psnr_db

    @property
    def hidden_psnr_db(self) -> float:
        """Return what the filled-in pixels reached, those the panorama never saw."""
        whole, seen = self.everywhere, self.visible
        return Error(whole.square - seen.square, whole.count - seen.count).psnr_db


def view_of(pose: Pose) -> View:
    """Return the view a pose stands for; the matrix is given beside it."""
    return View(
        yaw_deg=pose.yaw_deg,
        pitch_deg=pose.pitch_deg,
        fov_deg=FOV_DEG,
        position_m=pose.position_m,
        mapping=Mapping.METRIC,
    )


def judge(
    ctx: moderngl.Context,
    name: str,
    make: MakeRival,
    panorama: Panorama,
    sets: Sequence[str],
    target: Target,
) -> dict[str, Score]:
    """Draw every pose with one rival and compare it with the truth."""
    start_s = time.perf_counter()
    rival = make(ctx, panorama)
    ready_s = time.perf_counter() - start_s
    scores = {}
    for set_name in sets:
        score = scores[set_name] = Score(ready_s=ready_s)
        for pose in pose_set(set_name):
            matrix = pose.clip_from_world(target.size_px)
            rival.draw_eye(matrix, view_of(pose), target.framebuffer, target.size_px)
            shown = target.read(ctx)
            truth = room_view(pose, target.size_px)
            assert_sane(truth.color, shown, f"{name}, {pose}")
            score.everywhere.add(truth.color, shown)
            score.visible.add(truth.color, shown, truth.visible)
            score.pictures[pose] = shown
            score.holes += int((~shown.any(axis=2)).sum())
    rival.release()
    return scores


def table(scores: dict[str, dict[str, Score]], sets: Sequence[str]) -> str:
    """Return the scores as Markdown."""
    heads = ["", *(f"{s}: all / visible / hidden (dB)" for s in sets), "holes (px)", "ready (s)"]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for name, by_set in scores.items():
        chosen = [by_set[s] for s in sets]
        cells = ["{:.2f} / {:.2f} / {:.1f}".format(*s.psnr_db, s.hidden_psnr_db) for s in chosen]
        cells += [str(sum(s.holes for s in chosen)), f"{chosen[0].ready_s:.2f}"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def verdicts(scores: dict[str, dict[str, Score]], sets: Sequence[str]) -> list[str]:
    """Return target and reached gains over plain 2048, one line a pose set."""
    lines = []
    if "plain 2048" not in scores or "ours" not in scores:
        return lines
    for set_name in sets:
        base, reached = scores["plain 2048"][set_name].psnr_db, scores["ours"][set_name].psnr_db
        for what, old, new, wanted in zip(
            ("all", "visible"), base, reached, TARGET_GAIN_DB[set_name], strict=True
        ):
            gain = new - old
            word = "reached" if gain >= wanted else "MISSED"
            lines.append(
                f"set {set_name}, {what}: gain {gain:+.2f} dB, target {wanted:+.1f}: {word}"
            )
    return lines


def save_pictures(
    folder: Path, scores: dict[str, dict[str, Score]], sets: Sequence[str], size_px: tuple[int, int]
) -> None:
    """Write truth | first rival | last rival | its error for the left eye of each pose."""
    folder.mkdir(parents=True, exist_ok=True)
    (first_name, first), (last_name, last) = (list(scores.items())[i] for i in (0, -1))
    for set_name in sets:
        for number, pose in enumerate(pose_set(set_name)[::2]):
            truth = room_view(pose, size_px)
            old, new = (s[set_name].pictures[pose] for s in (first, last))
            row = [truth.color, old, new, heat(truth.color, new, truth.visible)]
            Image.fromarray(np.hstack(row)).save(folder / f"{set_name}{number}.png")
    print(f"pictures: truth | {first_name} | {last_name} | error of the latter, in {folder}")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.quality", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--poses", default="ab", choices=["a", "b", "ab"])
    parser.add_argument("--size", default="{}x{}".format(*VIEW_SIZE_PX), metavar="WxH")
    parser.add_argument("--depth", default="relative16", choices=[k.value for k in DepthKind])
    parser.add_argument("--samples", type=int, default=0, help="multisampling, e.g. 4 on a GPU")
    parser.add_argument("--ablate", action="store_true", help="each switch off by itself")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="e.g. ours, 'plain 2048'")
    parser.add_argument("--mesh-columns", type=int, help="of ours, instead of the default")
    parser.add_argument("--save", type=Path, metavar="DIR", help="write pictures to look at")
    return parser.parse_args(arguments)


def rivals(options: argparse.Namespace) -> dict[str, MakeRival]:
    """Return who takes part, by name."""
    quality = Quality()
    if options.mesh_columns:
        quality = replace(quality, mesh_columns=options.mesh_columns)
    everyone = {"plain 1024": plain(1024), "plain 2048": plain(2048), "ours": ours(quality)}
    ablated = {name: ours(q) for name, q in SWITCHES.items()}
    if options.only:
        return {name: (everyone | ablated)[name] for name in options.only}
    return everyone | ablated if options.ablate else everyone


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 when a target was missed."""
    options = parse(arguments)
    width_px, height_px = (int(n) for n in options.size.split("x"))
    sets, size_px = list(options.poses), (width_px, height_px)
    panorama = room_panorama(kind=DepthKind(options.depth))
    ctx = open_context()
    target = Target.make(ctx, size_px, options.samples)
    print(f"{ctx.info['GL_RENDERER']}; 12 eyes of {options.size} a set; depth {options.depth}\n")
    scores = {
        name: judge(ctx, name, make, panorama, sets, target)
        for name, make in rivals(options).items()
    }
    print(table(scores, sets))
    # The targets were set for sharp depth; how far soft depth comes is told by the table.
    lines = [] if options.depth == DepthKind.SOFT else verdicts(scores, sets)
    print("", *lines, sep="\n")
    if options.save:
        save_pictures(options.save, scores, sets, size_px)
    target.release()
    ctx.release()
    return 1 if any("MISSED" in line for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
