"""What the desktop shows of the headset: one eye or both, in a window or nowhere.

A window must never hold up the headset: it does not wait for the desktop's screen, and shows no
more frames than people need beside it.
"""

from __future__ import annotations

import logging
import time
import warnings
from typing import Any

import moderngl

from depthfusion.errors import RendererError
from depthfusion.renderer.program import program_from, set_uniforms
from depthfusion.vr.context import WindowlessContext
from depthfusion.vr.drawing import EyeDrawing, Mirror, Screen

_log = logging.getLogger(__name__)

FRAME_S = 1 / 30
"""Between two frames of the window beside a headset."""
WINDOW_PX = (960, 540)
"""Of the window at first; with both eyes it is as wide."""

Rectangle = tuple[int, int, int, int]


class MirrorPass:
    """Draws parts of the eyes' pictures into a framebuffer; the maker releases it."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._program = program_from(ctx, "stereo.vert", "headset_mirror.frag")
        self._triangle = ctx.vertex_array(self._program, [])

    def draw(
        self,
        framebuffer: moderngl.Framebuffer,
        size_px: tuple[int, int],
        mirror: Mirror,
        eyes: list[moderngl.Texture],
        used_px: list[tuple[int, int]],
    ) -> None:
        """Fill (0, 0) to `size_px`; black where no eye was drawn yet.

        Args:
            framebuffer: what to fill.
            size_px: width and height.
            mirror: which eyes; with both, the left one is in the left half.
            eyes: the pictures, left and right.
            used_px: the part of each, from its lower left corner, that was drawn.
        """
        framebuffer.scissor = None  # type: ignore[assignment]  # the stub forbids what the docs say
        framebuffer.color_mask = (True, True, True, True)
        framebuffer.use()
        framebuffer.viewport = (0, 0, *size_px)
        framebuffer.clear(0.0, 0.0, 0.0, 1.0)
        for eye, place in _places(mirror, size_px):
            if eye >= len(eyes) or min(used_px[eye]) <= 0 or min(place[2:]) <= 0:
                continue
            start, step = covering(used_px[eye], eyes[eye].size, place)
            eyes[eye].use(0)
            framebuffer.viewport = place
            set_uniforms(self._program, {"u_eye": 0, "u_uv_a": start, "u_uv_b": step})
            self._triangle.render(moderngl.TRIANGLES, vertices=3)

    def release(self) -> None:
        """Release every GL object it made."""
        self._triangle.release()
        self._program.release()


def _places(mirror: Mirror, size_px: tuple[int, int]) -> list[tuple[int, Rectangle]]:
    """Return which eye goes into which rectangle (left, bottom, width, height)."""
    width, height = size_px
    if mirror is Mirror.BOTH:
        half = width // 2
        return [(0, (0, 0, half, height)), (1, (half, 0, width - half, height))]
    if mirror is Mirror.NONE:
        return []
    return [(0 if mirror is Mirror.LEFT else 1, (0, 0, width, height))]


def covering(
    used_px: tuple[int, int], size_px: tuple[int, int], place: Rectangle
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return (a, b): texture coordinates a + b * pixel that fill `place` with the picture's middle.

    Pixels keep their shape; what does not fit is left out on both sides.

    Args:
        used_px: the part of the texture, from its lower left corner, that holds the picture.
        size_px: of the texture.
        place: left, bottom, width, height in pixels of the framebuffer.
    """
    scale = max(place[2] / used_px[0], place[3] / used_px[1])
    start, step = [], []
    for axis in (0, 1):
        middle = place[axis] + place[axis + 2] / 2
        per_pixel = 1 / scale / size_px[axis]
        start.append(used_px[axis] / 2 / size_px[axis] - middle * per_pixel)
        step.append(per_pixel)
    return (start[0], start[1]), (step[0], step[1])


class NoWindow:
    """A `Screen` that shows nothing: a context without a window."""

    def __init__(self) -> None:
        self._context = WindowlessContext()

    @property
    def ctx(self) -> moderngl.Context:
        """The context that everything is drawn with."""
        return self._context.ctx

    def show(self, drawing: EyeDrawing) -> None:
        """Show nothing."""

    def is_left(self) -> bool:
        """Nobody can close it."""
        return False

    def close(self) -> None:
        """Release the context; later calls do nothing."""
        self._context.close()


class MirrorWindow:
    """A `Screen` in a window of moderngl-window."""

    def __init__(self, mirror: Mirror, frame_s: float = FRAME_S) -> None:
        """Open it.

        Args:
            mirror: which eyes it shows.
            frame_s: least time between two of its frames.

        Raises:
            RendererError: if there is no window system, or moderngl-window is not installed.
        """
        self._mirror = mirror
        self._window: Any = _opened_window(WINDOW_PX)
        self._frame_s = frame_s
        self._next_s = 0.0
        self._is_left = False
        # Its own keys would destroy the context, or make it anew, in the middle of a frame.
        self._window.exit_key = self._window.fullscreen_key = None
        self._window.close_func = self._on_close
        self._window.key_event_func = self._on_key

    @property
    def ctx(self) -> moderngl.Context:
        """The context that everything is drawn with."""
        ctx: moderngl.Context = self._window.ctx
        return ctx

    @property
    def window(self) -> Any:
        """The window of moderngl-window, for its mouse and keys; None after `close`."""
        return self._window

    def show(self, drawing: EyeDrawing) -> None:
        """Draw the mirror and present it, if it is time for a frame."""
        now_s = time.perf_counter()
        if now_s < self._next_s or self.is_left():
            return
        self._next_s = now_s + self._frame_s
        drawing.show_on(self.ctx.screen, self._window.buffer_size, self._mirror)
        self._window.swap_buffers()  # takes events, too

    def is_left(self) -> bool:
        """Whether the window was closed, or Escape pressed in it."""
        return self._is_left

    def close(self) -> None:
        """Close the window and release the context; later calls do nothing."""
        window, self._window, self._is_left = self._window, None, True
        if window is not None:
            window.ctx.release()
            window.close()

    def _on_close(self) -> None:
        self._is_left = True

    def _on_key(self, key: Any, action: Any, _modifiers: Any) -> None:
        """Heard as an event: in a slow frame a key goes down and up between two looks at it."""
        keys = self._window.keys
        if key == keys.ESCAPE and action == keys.ACTION_PRESS:
            self._is_left = True


def _opened_window(size_px: tuple[int, int]) -> Any:
    try:
        with warnings.catch_warnings():  # it imports PyGLM by its old name
            warnings.simplefilter("ignore")
            from moderngl_window import get_local_window_cls

            kind = get_local_window_cls("pyglet")
        window = kind(
            title="DepthFusion: what the headset shows",
            size=size_px,
            vsync=False,
            resizable=True,
            gl_version=(3, 3),
        )
    except ImportError:
        raise RendererError(
            "want moderngl-window for the mirror's window, it is not installed:"
            " pip install 'depthfusion-panorama[vr]', or choose no mirror (a preview needs it)"
        ) from None
    except Exception as error:  # pyglet raises whatever the platform's window system makes of it
        reason = " ".join(str(error).split()) or type(error).__name__
        raise RendererError(
            f"want a window for the mirror, got none ({reason}):"
            " choose no mirror (a preview needs it)"
        ) from error
    return window


def open_screen(mirror: Mirror, frame_s: float = FRAME_S) -> Screen:
    """Open the window of the mirror, or make a context without one.

    Where no window can be had the session goes on without: what is worn matters more. The log says
    why.

    Args:
        mirror: which eyes the window shows.
        frame_s: least time between two of its frames; 0 where the window is what one looks at.

    Raises:
        RendererError: if there is no OpenGL 3.3.
    """
    if mirror is not Mirror.NONE:
        try:
            return MirrorWindow(mirror, frame_s)
        except RendererError as error:
            _log.warning("no mirror on the desktop: %s", error)
    return NoWindow()
