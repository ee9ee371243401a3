"""A headset session for the bench: the real frame loop, drawing and loader; a headset of air."""

from __future__ import annotations

import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
from PIL import Image

from depthfusion.camera import eye_from_world
from depthfusion.headset import Frame, Submission
from depthfusion.headset.desktop import DesktopHeadset, DesktopOptions
from depthfusion.panorama.panorama import Panorama
from depthfusion.vr.eyes import WorldDrawing
from depthfusion.vr.loader import WorldLoader
from depthfusion.vr.loop import FrameLoop, Parts
from depthfusion.vr.messages import Begin, Order, Report, Shown, ShowWorld
from depthfusion.vr.panel import PanelPainter
from depthfusion.vr.panel_picture import panel_picture

REFRESH_HZ = 90.0


class AirHeadset(DesktopHeadset):
    """Notes when the poses were there and when both eyes were handed over."""

    def __init__(self, options: DesktopOptions) -> None:
        super().__init__(options)
        self.begun_s: list[float] = []
        self.own_s: list[float] = []
        self.begun_own_s: list[float] = []
        self._poses_s = 0.0

    def forget_notes(self) -> None:
        """Begin anew to note."""
        self.begun_s, self.begun_own_s, self.own_s = [], [], []

    def begin_frame(self) -> Frame:
        """Return the scripted poses."""
        frame = super().begin_frame()
        self.begun_s.append(time.perf_counter())
        self._poses_s = time.thread_time()
        self.begun_own_s.append(self._poses_s)
        return frame

    def end_frame(self, eyes: tuple[Submission, Submission] | None) -> None:
        """Take the pictures."""
        self.own_s.append(time.thread_time() - self._poses_s)
        super().end_frame(eyes)


class NoDesk:
    """A desktop that orders what a bench wants."""

    def __init__(self) -> None:
        self.orders: deque[Order] = deque()
        self.shown = 0

    def take(self) -> Order | None:
        """Return the next order."""
        return self.orders.popleft() if self.orders else None

    def say(self, report: Report) -> None:
        """Note how many worlds were shown."""
        self.shown += isinstance(report, Shown)


class NoScreen:
    """No mirror on the desktop."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self.ctx = ctx

    def show(self, drawing: Any) -> None:
        """Show nothing."""

    def is_left(self) -> bool:
        """Nobody leaves."""
        return False

    def close(self) -> None:
        """Nothing to close."""


class Session:
    """The real loop with a headset of air."""

    def __init__(
        self,
        ctx: moderngl.Context,
        options: DesktopOptions,
        scope: ExitStack,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.headset = AirHeadset(options)
        self.drawing = WorldDrawing(ctx)
        scope.callback(self.drawing.release)
        self.loader = WorldLoader(self.drawing.max_texture_px, is_software=self.drawing.is_software)
        scope.callback(self.loader.join, 60)
        scope.callback(self.loader.close)
        painter = PanelPainter(panel_picture)
        scope.callback(painter.close)
        self.desk = NoDesk()
        parts = Parts(self.headset, self.drawing, NoScreen(ctx), self.desk, self.loader, painter)
        self.loop = FrameLoop(parts, Begin(), clock)

    def show(self, number: int, color: Path) -> int:
        """Order a world and live until it is shown; return the frames that took."""
        before, shown = self.loop.frames, self.desk.shown
        self.desk.orders.append(ShowWorld(number, str(color)))
        while self.desk.shown == shown:
            self.loop.step()
        return self.loop.frames - before

    def live(self, frames: int) -> None:
        """Live through so many frames."""
        for _ in range(frames):
            self.loop.step()


def swaying(frame: int) -> np.ndarray:
    """Return the pose of a head that looks round and moves by up to 10 cm."""
    result = np.linalg.inv(
        eye_from_world(20 * np.sin(frame / 50), 8 * np.cos(frame / 70), np.zeros(3))
    )
    result[:3, 3] = 0.1 * np.sin(frame / 40), 0.05 * np.cos(frame / 30), 0.0
    return result


POSES = [swaying(frame) for frame in range(0, 4400, 2)]


def scripted(frame: int) -> np.ndarray:
    """Return a pose made beforehand: the script's own time is not ours."""
    return POSES[frame % len(POSES)]


def options(eye_px: tuple[int, int], *, is_paced: bool = False) -> DesktopOptions:
    """Return the headset's optics and pace."""
    return DesktopOptions(
        eye_px=eye_px, fov_deg=100, refresh_hz=REFRESH_HZ, is_paced=is_paced, pose=scripted
    )


@contextmanager
def world_files(panorama: Panorama, names: Sequence[str], width_px: int) -> Iterator[list[Path]]:
    """Write the panorama as JPEG with 16-bit depth, once for each name, mirrored alternately."""
    with tempfile.TemporaryDirectory(prefix="depthfusion-bench-") as folder:
        made = []
        assert panorama.depth is not None
        for number, name in enumerate(names):
            turn = slice(None, None, -1 if number % 2 else 1)
            color = Image.fromarray(np.ascontiguousarray(panorama.color[:, turn]))
            codes = np.rint(panorama.depth[:, turn] * 65535).astype(np.uint16)
            size = (width_px, width_px // 2)
            path = Path(folder, f"{name}.jpg")
            color.resize(size, Image.Resampling.BICUBIC).save(path, quality=90)
            depth = Image.fromarray(codes.astype(np.int32)).resize(size, Image.Resampling.NEAREST)
            code_path = path.with_name(f"{name}_depth.png")
            Image.fromarray(np.asarray(depth).astype(np.uint16)).save(code_path, compress_level=1)
            made.append(path)
        yield made
