"""How fast frames are: ratios to the plain sphere of 1024 columns, frozen in plain_sphere.py.

    python -m bench.speed                two eyes of 2016x2240, the issue's definition
    python -m bench.speed --frames 3     fewer turns

One process, one context, turns interleaved: every rival draws the same pose, then the next pose
comes. A turn's times are divided by the plain sphere's of the same turn; medians over turns are
printed. Shader runs are counted exactly (GL_ARB_pipeline_statistics_query). Every timed picture is
compared with the ray-traced truth: one that draws nothing would be very fast.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from bench.counters import ShaderRuns, can_count, live_objects, shader_runs
from bench.gl import Rival, Target, open_context, ours, plain
from bench.metrics import assert_sane
from bench.quality import view_of
from bench.room import Pose, pose_set, room_panorama, room_view
from depthfusion.renderer.quality import Quality
from depthfusion.view import Stereo, View

EYE_SIZE_PX = (2016, 2240)
"""Each axis is twice the size of the truth pictures: 2x2 pixels are averaged to compare."""
YARDSTICK = "plain 1024"
MAX_FRAME_TIME = 0.57
MAX_VERTEX_RUNS = 1 / 20
MAX_FRAGMENT_RUNS_PER_PIXEL = 1.8
MAX_STEREO_OVER_MONO = 2.0
STEADY_FRAMES = 120
MAX_FRAME_PEAK_BYTES = 64 * 1024
"""Python's own passing values in one steady frame; a picture or a mesh would be megabytes."""


@dataclass
class Times:
    """What was measured of one rival, one entry a turn."""

    frame_s: list[float] = field(default_factory=list)
    runs: list[ShaderRuns] = field(default_factory=list)

    def mean_runs(self) -> tuple[float, float]:
        """Return vertex and fragment shader runs of a stereo frame."""
        return (
            statistics.fmean(r.vertex for r in self.runs),
            statistics.fmean(r.fragment for r in self.runs),
        )


def timed(ctx: moderngl.Context, draw: Callable[[], None]) -> float:
    """Return the seconds of `draw` until everything is on the picture."""
    ctx.finish()
    start_s = time.perf_counter()
    draw()
    ctx.finish()
    return time.perf_counter() - start_s


def halved(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the means of 2x2 pixels."""
    even = picture.astype(np.uint16)
    total = even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]
    return ((total + 2) // 4).astype(np.uint8)


def race(
    ctx: moderngl.Context, rivals: dict[str, Rival], frames: int, targets: tuple[Target, Target]
) -> dict[str, Times]:
    """Let the rivals draw the same stereo frames in turn."""
    eyes = pose_set("a")
    results = {name: Times() for name in rivals}
    names = list(rivals)
    for turn in range(-1, frames):  # turn -1 warms up: shaders are compiled at their first use
        pair = eyes[2 * (turn % 6) : 2 * (turn % 6) + 2]
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            rival = rivals[name]

            def draw(rival: Rival = rival, pair: Sequence[Pose] = pair) -> None:
                for pose, target in zip(pair, targets, strict=True):
                    matrix = pose.clip_from_world(EYE_SIZE_PX)
                    rival.draw_eye(matrix, view_of(pose), target.framebuffer, EYE_SIZE_PX)

            frame_s = timed(ctx, draw)
            for pose, target in zip(pair, targets, strict=True):
                truth = room_view(pose).color
                assert_sane(truth, halved(target.read(ctx)), f"{name}, timed frame at {pose}")
            if turn < 0:
                continue
            results[name].frame_s.append(frame_s)
            if turn < 6 and can_count(ctx):
                with shader_runs() as runs:
                    draw()
                results[name].runs.append(runs)
    return results


def ratios(times: Times, base: Times) -> float:
    """Return the median over turns of the frame time against the same turn of `base`."""
    return statistics.median(a / b for a, b in zip(times.frame_s, base.frame_s, strict=True))


def race_table(results: dict[str, Times]) -> str:
    """Return the race as Markdown."""
    pixels = 2 * EYE_SIZE_PX[0] * EYE_SIZE_PX[1]
    base = results[YARDSTICK]
    lines = [
        "| | frame time / plain 1024 | frame (ms) | vertex runs | / plain 1024 "
        "| fragment runs | / pixel |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, times in results.items():
        cells = [
            name,
            f"{ratios(times, base):.2f}",
            f"{1e3 * statistics.median(times.frame_s):.0f}",
        ]
        if times.runs:
            vertex, fragment = times.mean_runs()
            share = vertex / base.mean_runs()[0]
            cells += [f"{vertex / 1e6:.2f} M", f"{share:.3f}"]
            cells += [f"{fragment / 1e6:.1f} M", f"{fragment / pixels:.2f}"]
        else:
            cells += ["not counted here"] * 4
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


@dataclass(frozen=True)
class Verdict:
    """One figure beside its target; `reached` must not be above `target`."""

    what: str
    reached: float
    target: float
    noise: float = 0.0
    """Fraction of the target that is allowed on top: what times waver by."""

    def __str__(self) -> str:
        word = "reached" if self.reached <= self.target * (1 + self.noise) else "MISSED"
        return f"{self.what}: {self.reached:.3f}, target <= {self.target:.3f}: {word}"


def race_verdicts(results: dict[str, Times]) -> list[Verdict]:
    """Return the three targets of the race."""
    own, base = results["ours"], results[YARDSTICK]
    found = [Verdict("frame time / plain 1024", ratios(own, base), MAX_FRAME_TIME)]
    if own.runs:
        pixels = 2 * EYE_SIZE_PX[0] * EYE_SIZE_PX[1]
        vertex, fragment = own.mean_runs()
        vertex_share = vertex / base.mean_runs()[0]
        found.append(Verdict("vertex runs / plain 1024", vertex_share, MAX_VERTEX_RUNS))
        per_pixel = fragment / pixels
        found.append(Verdict("fragment runs / pixel", per_pixel, MAX_FRAGMENT_RUNS_PER_PIXEL))
    return found


def stereo_verdicts(
    ctx: moderngl.Context, renderer: Any, targets: tuple[Target, Target], frames: int
) -> list[Verdict]:
    """Return what two eyes cost against one, and each stereo mode in a picture of mono's size."""
    mono = replace(view_of(pose_set("a")[0]), position_m=(0.0, 0.0, 0.0))
    target, size_px = targets[0], EYE_SIZE_PX

    def draw_eyes(count: int) -> None:
        for pose, eye_target in zip(pose_set("a")[:count], targets, strict=False):
            matrix = pose.clip_from_world(size_px)
            renderer.draw_eye(matrix, view_of(pose), eye_target.framebuffer, size_px)

    def draw_mode(mode: Stereo) -> None:
        renderer.draw(replace(mono, stereo=mode), target.framebuffer, size_px)

    shares: dict[str, list[float]] = {}
    contrast = 0.0
    for turn in range(-1, frames):
        one_eye_s, two_eyes_s = (timed(ctx, lambda n=n: draw_eyes(n)) for n in (1, 2))
        turn_shares = {"two eyes / one eye": two_eyes_s / one_eye_s}
        mono_s = 0.0
        for mode in Stereo:
            mode_s = timed(ctx, lambda mode=mode: draw_mode(mode))
            shown = float(target.read(ctx).std())
            if mode is Stereo.MONO:
                mono_s, contrast = mode_s, shown
            elif shown < 0.5 * contrast:
                raise AssertionError(f"{mode.value}: want a picture, got one without contrast")
            else:
                turn_shares[f"{mode.value} / mono, in a picture of one size"] = mode_s / mono_s
        if turn >= 0:
            for name, share in turn_shares.items():
                shares.setdefault(name, []).append(share)
    return [
        Verdict(name, statistics.median(found), MAX_STEREO_OVER_MONO, noise=0.05)
        for name, found in shares.items()
    ]


def steady_verdicts(ctx: moderngl.Context, renderer: Any) -> list[Verdict]:
    """Return what steady frames leave behind and take in passing."""
    target = Target.make(ctx, (128, 128))
    views = [View(yaw_deg=3 * n, position_m=(0.01 * n, 0, 0)) for n in range(STEADY_FRAMES)]

    def draw_all() -> None:
        for view in views:
            renderer.draw(view, target.framebuffer, target.size_px)
        ctx.finish()

    draw_all()
    objects_before = live_objects()
    tracemalloc.start()
    draw_all()  # what the interpreter caches by itself settles here
    kept_before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    draw_all()
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    born = sum(abs(n - objects_before[kind]) for kind, n in live_objects().items())
    target.release()
    return [
        Verdict(f"GL objects made in {2 * STEADY_FRAMES} steady frames", born, 0),
        Verdict("Python bytes in passing", peak - kept_before, MAX_FRAME_PEAK_BYTES),
        Verdict("Python bytes kept a frame", (kept - kept_before) / STEADY_FRAMES, 16),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; 1 when a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.speed", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--frames", type=int, default=12, help="turns; 6 see every pose once")
    parser.add_argument("--only-plain", action="store_true", help="without DepthFusion's renderer")
    options = parser.parse_args(arguments)
    panorama, ctx = room_panorama(), open_context()
    makers = {YARDSTICK: plain(1024), "plain 2048": plain(2048)}
    if not options.only_plain:
        makers["ours"] = ours(Quality())
    rivals = {name: make(ctx, panorama) for name, make in makers.items()}
    targets = (Target.make(ctx, EYE_SIZE_PX), Target.make(ctx, EYE_SIZE_PX))
    size = "{}x{}".format(*EYE_SIZE_PX)
    print(f"{ctx.info['GL_RENDERER']}; two eyes of {size}, {options.frames} turns\n")
    results = race(ctx, rivals, options.frames, targets)
    print(race_table(results))
    found: list[Verdict] = []
    if "ours" in rivals:
        found = race_verdicts(results)
        found += stereo_verdicts(ctx, rivals["ours"], targets, max(3, options.frames // 2))
        found += steady_verdicts(ctx, rivals["ours"])
    print("", *found, sep="\n")
    for thing in (*rivals.values(), *targets, ctx):
        thing.release()
    return 1 if any("MISSED" in str(verdict) for verdict in found) else 0


if __name__ == "__main__":
    sys.exit(main())
