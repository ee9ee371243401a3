"""What the headset's process costs: our own time a frame, drawing, memory, a world that arrives.

    python -m bench.headset                    all of it, some two minutes
    python -m bench.headset --only cpu arrival

The frame loop is the real one (depthfusion/vr/loop.py) with the real drawing and the real loader;
the headset is made of air: scripted poses, no compositor. Linux with EGL.

cpu       processor time of our own frame, from the poses to the submission, two eyes of 2016x2240.
          The driver's drawing is taken out where it begins: glDraw*, glClear and glFlush lead to a
          function that returns at once; all else (our code, ModernGL, the driver's state, uniforms
          and their checks) is real. The very same loop with nothing taken out draws the pictures
          that are compared with the truth.
steady    what such frames keep and take in passing.
ratio     drawing both eyes against the plain sphere and against the window's way, in turns, as in
          bench.speed; what a frame of a cross-fade costs, in which two worlds are drawn; and what
          hidden parts save: an eye that is wholly hidden shows that hidden pixels are not shaded.
arrival   90 frames a second, drawing taken out as above (a GPU would do it), uploads real: how long
          the longest frame takes while a world of 8192x4096 is read, prepared, uploaded, and takes
          the place of another.
long      10,000 frames and 10 worlds with tiny eyes, nothing taken out: OpenGL objects and memory.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import moderngl
import numpy as np

from bench.counters import live_objects
from bench.gl import Target, open_context, plain
from bench.headset_arrival import arrival_verdicts
from bench.headset_fade import OTHER, HeldFade, changing_pictures, check_change
from bench.metrics import Picture, assert_sane
from bench.quality import view_of
from bench.room import Pose, pose_set, room_panorama, room_view
from bench.speed import EYE_SIZE_PX, MAX_FRAME_TIME, Verdict, halved, timed
from bench.undrawn import undrawn_context
from bench.worn import Session, options, world_files
from depthfusion.camera import eye_from_world
from depthfusion.headset import Eye
from depthfusion.renderer import stages
from depthfusion.vr.drawing import EyePicture
from depthfusion.vr.eyes import WorldDrawing

PARTS = ("cpu", "steady", "ratio", "arrival", "long")
MAX_CPU_MS = 1.0
LONG_FRAMES, FRAMES_A_WORLD = 10_000, 1000
MAX_GROWTH_MB = 4.0
TINY_PX = (32, 36)


# cpu and steady -------------------------------------------------------------------------------


def cpu_verdicts(frames: int) -> list[Verdict]:
    """Return our own processor time a frame, and what steady frames keep."""
    found = []
    check_loop()
    with ExitStack() as scope:
        ctx = scope.enter_context(undrawn_context())
        files = scope.enter_context(world_files(room_panorama(), ["room"], 2048))
        session = Session(ctx, options(EYE_SIZE_PX), scope)
        session.show(1, files[0])
        session.live(300)
        session.loop._panel.show_for(1e9)  # with the panel, a frame has most to do
        session.live(300)
        was = gc.isenabled()
        gc.disable()
        session.headset.forget_notes()
        session.live(frames)
        own_ms = [1e3 * s for s in session.headset.own_s]
        print(f"own frame, {frames} frames: {spread(own_ms)} ms of processor time")
        found.append(Verdict("cpu: own frame, median (ms)", statistics.median(own_ms), MAX_CPU_MS))
        found += steady_verdicts(session, 2000)
        session.loop._crossfade = HeldFade()
        session.loop._wearer.begin_leaving()
        session.headset.forget_notes()
        session.live(frames)
        own_ms = [1e3 * s for s in session.headset.own_s]
        print(f"own frame of a cross-fade, {frames} frames: {spread(own_ms)} ms")
        middle = statistics.median(own_ms)
        found.append(Verdict("cpu: own frame of a cross-fade, median (ms)", middle, MAX_CPU_MS))
        if was:
            gc.enable()
    return found


def check_loop() -> None:
    """Compare what the loop hands over with the truth, nothing taken out."""
    passed_s = iter(np.arange(0, 1e4, 0.1).tolist())
    pair = pose_set("a")[2:4]
    head = np.eye(4)
    with ExitStack() as scope:
        ctx = open_context()
        scope.callback(ctx.release)
        files = scope.enter_context(world_files(room_panorama(), ["room"], 4096))
        optics = replace(options(EYE_SIZE_PX), pose=lambda _frame: head)
        session = Session(ctx, optics, scope, lambda: next(passed_s))
        session.live(80)  # in the dark, until the panel is gone
        session.show(1, files[0])
        session.live(8)  # until the light is back
        turned = np.linalg.inv(eye_from_world(pair[0].yaw_deg, pair[0].pitch_deg, np.zeros(3)))
        head[:] = turned
        session.live(1)
        for eye in Eye:
            truth = room_view(pair[eye.value]).color
            assert_sane(truth, halved(read_eye(session.drawing, eye)), f"the loop's {eye.name}")


def spread(values: Sequence[float]) -> str:
    """Return median, 99th percentile and greatest."""
    ordered = sorted(values)
    high = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    return f"median {statistics.median(ordered):.3f}, 99 % {high:.3f}, longest {ordered[-1]:.3f}"


def steady_verdicts(session: Session, frames: int) -> list[Verdict]:
    """Return what steady frames keep: live memory blocks, objects; and the most in passing."""
    headset = session.headset
    tracemalloc.start()
    session.live(100)
    headset.forget_notes()
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    headset_lists = 3 * (8 * 1.2 + 24) * frames + 4096  # what the bench itself notes
    objects = len(gc.get_objects())
    session.live(frames)
    after, peak = tracemalloc.get_traced_memory()
    more_objects = len(gc.get_objects()) - objects
    tracemalloc.stop()
    kept = max(0.0, after - before - headset_lists)
    print(
        f"steady, {frames} frames: {after - before} bytes kept (the bench's notes: "
        f"{headset_lists:.0f}), {more_objects} more objects, at most "
        f"{peak - after} bytes in passing; collections: {gc.get_count()[1]}"
    )
    return [
        Verdict("steady: bytes kept a frame", kept / frames, 1.0),
        Verdict("steady: objects for the collector, more", max(0, more_objects), 8),
    ]


# ratio -------------------------------------------------------------------------------------------


def eye_pictures(pair: Sequence[Pose]) -> tuple[EyePicture, ...]:
    """Return what the drawing is asked for two poses of the truth."""
    return tuple(
        EyePicture(pose.clip_from_world(EYE_SIZE_PX), view=view_of(pose), used_px=EYE_SIZE_PX)
        for pose in pair
    )


def read_eye(drawing: WorldDrawing, eye: Eye) -> Picture:
    """Return what is submitted, (h, w, 3), row 0 up."""
    texture = drawing._targets[eye.value].texture
    pixels = np.frombuffer(texture.read(), np.uint8).reshape(*EYE_SIZE_PX[::-1], 4)
    return np.ascontiguousarray(pixels[::-1, :, :3])


def lens_mesh() -> np.ndarray:
    """Return triangles that hide what a round lens does: some 14 % of the picture."""
    steps = np.radians(np.arange(0, 360, 5))
    circle = 0.5 + 0.525 * np.stack([np.cos(steps), np.sin(steps)], axis=1)
    edge = 0.5 + 0.8 * np.stack([np.cos(steps), np.sin(steps)], axis=1)
    inner, outer = np.clip(circle, 0, 1), np.clip(edge, 0, 1)
    after_inner, after_outer = np.roll(inner, -1, axis=0), np.roll(outer, -1, axis=0)
    rings = [np.stack(t, axis=1) for t in (
        (inner, outer, after_inner), (after_inner, outer, after_outer))]  # fmt: skip
    return np.concatenate(rings).astype(np.float32)


WHOLE = np.array([[[0, 0], [1, 0], [0, 1]], [[1, 1], [0, 1], [1, 0]]], np.float32)
NOTHING = np.empty((0, 3, 2), np.float32)


def ratio_verdicts(turns: int) -> list[Verdict]:
    """Return what both eyes cost against the plain sphere of 1024 columns."""
    panorama, ctx = room_panorama(), open_context()
    yardstick = plain(1024)(ctx, panorama)
    targets = (Target.make(ctx, EYE_SIZE_PX), Target.make(ctx, EYE_SIZE_PX))
    drawing = WorldDrawing(ctx)
    drawing.resize(EYE_SIZE_PX)
    for _ in ("the leaving one", "the shown one"):
        for stage in stages(panorama, software=drawing.is_software):
            while not drawing.upload(stage):
                pass
        drawing.use_uploaded()
    shares: dict[str, list[float]] = {}
    for turn in range(-1, turns):
        pair = pose_set("a")[2 * (turn % 6) : 2 * (turn % 6) + 2]
        measured = one_turn(ctx, drawing, yardstick, targets, pair, turn)
        if turn >= 0:
            for name, took_s in measured.items():
                shares.setdefault(name, []).append(took_s / measured["plain 1024"])
    for name, values in shares.items():
        print(f"{name}: {statistics.median(values):.3f} of the plain sphere's time")
    drawing.release()
    for thing in (yardstick, *targets, ctx):
        thing.release()
    hidden, own, change = (
        statistics.median(a / b for a, b in zip(shares[one], shares[other], strict=True))
        for one, other in (
            ("wholly hidden", "eyes"), ("eyes", "as in the window"), ("a cross-fade", "eyes"),
        )
    )  # fmt: skip
    return [
        Verdict("ratio: both eyes / the same two in a window", own, 1.0, noise=0.05),
        Verdict("ratio: both eyes / plain 1024", statistics.median(shares["eyes"]), MAX_FRAME_TIME),
        Verdict("ratio: two worlds in a cross-fade / one world", change, 1.0, noise=0.05),
        Verdict("ratio: wholly hidden / whole", hidden, 0.5),
    ]


def one_turn(
    ctx: moderngl.Context,
    drawing: WorldDrawing,
    yardstick: Any,
    targets: tuple[Target, Target],
    pair: Sequence[Pose],
    first: int,
) -> dict[str, float]:
    """Return the seconds of each variant for two eyes; the pictures are compared with the truth.

    `first`: the number of the variant that begins, another in each turn.
    """
    pictures = eye_pictures(pair)

    def draw_plain() -> None:
        for pose, target in zip(pair, targets, strict=True):
            matrix = pose.clip_from_world(EYE_SIZE_PX)
            yardstick.draw_eye(matrix, view_of(pose), target.framebuffer, EYE_SIZE_PX)

    def draw_window() -> None:
        for picture, target in zip(pictures, targets, strict=True):
            matrix, framebuffer = picture.clip_from_world, target.framebuffer
            drawing._renderer.draw_eye(matrix, picture.view, framebuffer, EYE_SIZE_PX)

    def draw_eyes() -> None:
        for eye in Eye:
            drawing.draw(eye, pictures[eye.value])

    def into_targets(name: str, draw: Callable[[], None]) -> float:
        took_s = timed(ctx, draw)
        for pose, target in zip(pair, targets, strict=True):
            assert_sane(room_view(pose).color, halved(target.read(ctx)), name)
        return took_s

    def into_eyes(name: str, mesh: np.ndarray, vignette: float) -> float:
        for eye in Eye:
            drawing.set_hidden_mesh(eye, mesh)
            pictures[eye.value].vignette = vignette
        took_s = timed(ctx, draw_eyes)
        for eye in Eye:
            check_eye(name, pair[eye.value], read_eye(drawing, eye), mesh)
        return took_s

    def into_change(name: str) -> float:
        others = [pose_set("a")[(2 * first + OTHER + eye.value) % 12] for eye in Eye]
        changing = changing_pictures(pictures, eye_pictures(others))
        for eye in Eye:
            drawing.set_hidden_mesh(eye, NOTHING)

        def draw_changing() -> None:
            for eye in Eye:
                drawing.draw(eye, changing[eye.value])

        took_s = timed(ctx, draw_changing)
        for eye in Eye:
            truths = [room_view(of[eye.value]).color for of in (pair, others)]
            width, height = drawing._used_px[eye.value]
            check_change(name, truths, read_eye(drawing, eye)[-height:, :width])
        return took_s

    variants: dict[str, Callable[[str], float]] = {
        "plain 1024": lambda name: into_targets(name, draw_plain),
        "as in the window": lambda name: into_targets(name, draw_window),
        "eyes": lambda name: into_eyes(name, NOTHING, 0.0),
        "a cross-fade": into_change,
        "eyes with a rim": lambda name: into_eyes(name, NOTHING, 0.5),
        "eyes behind lenses": lambda name: into_eyes(name, lens_mesh(), 0.0),
        "wholly hidden": lambda name: into_eyes(name, WHOLE, 0.0),
    }
    names = list(variants)
    names = names[first % len(names) :] + names[: first % len(names)]
    return {name: variants[name](name) for name in names}


def check_eye(name: str, pose: Pose, shown: Picture, mesh: np.ndarray) -> None:
    """Refuse a timed picture that is not what it should be."""
    truth = room_view(pose).color
    small = halved(shown)
    if mesh is WHOLE:
        assert not small.any(), "want nothing where all is hidden"
        return
    height, width = truth.shape[:2]
    middle = (slice(height // 3, -height // 3), slice(width // 3, -width // 3))
    assert_sane(truth[middle], small[middle], name)
    if name == "eyes":
        assert_sane(truth, small, name)


# long --------------------------------------------------------------------------------------------


def long_verdicts(frames: int) -> list[Verdict]:
    """Return what `frames` frames with a new world every 500 leave behind."""
    small = room_panorama(1024)
    with ExitStack() as scope:
        ctx = open_context()
        scope.callback(ctx.release)
        files = scope.enter_context(world_files(small, ["one", "two"], 512))
        session = Session(ctx, options(TINY_PX), scope)

        def live(worlds: int) -> None:
            for turn in range(worlds):
                session.show(turn, files[turn % 2])
                session.live(FRAMES_A_WORLD)
                session.headset.forget_notes()
            gc.collect()

        live(4)  # caches and pools fill up
        before, memory_before, begun = live_objects(), resident_mb(), session.loop.frames
        live(-(-frames // FRAMES_A_WORLD))
        after, memory_after = live_objects(), resident_mb()
        lived = session.loop.frames - begun
    born = sum(abs(count - before[kind]) for kind, count in after.items())
    print(f"long: {lived} frames, memory {memory_before:.1f} to {memory_after:.1f} MB")
    return [
        Verdict("long: GL objects, more or fewer", born, 0),
        Verdict("long: memory, growth (MB)", max(0, memory_after - memory_before), MAX_GROWTH_MB),
    ]


def resident_mb() -> float:
    """Return the memory that the process has, from /proc."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures beside their limits; 1 when one is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.headset", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART")
    parser.add_argument("--quick", action="store_true", help="fewer frames and turns")
    chosen = parser.parse_args(arguments)
    few = chosen.quick
    makers: dict[str, Callable[[], list[Verdict]]] = {
        "cpu": lambda: cpu_verdicts(500 if few else 3000),
        "ratio": lambda: ratio_verdicts(3 if few else 12),
        "arrival": lambda: arrival_verdicts(1 if few else 3),
        "long": lambda: long_verdicts(2000 if few else LONG_FRAMES),
    }
    found: list[Verdict] = []
    for name, make in makers.items():
        if name in chosen.only or (name == "cpu" and "steady" in chosen.only):
            found += make()
    print("", *found, sep="\n")
    return 1 if any("MISSED" in str(verdict) for verdict in found) else 0


if __name__ == "__main__":
    sys.exit(main())
