"""What the frame loop asks of whoever draws: two eyes, a panel, and a mirror on the desktop.

The loop knows no OpenGL. It decides where the eyes are, how bright the picture is and what the
panel says; the drawing side owns the context, the targets and the worlds on the GPU. All methods
belong to the loop's thread, with the context current. One frame, once everything is there:

    drawing.upload(stage)                       # while a new world comes: one slice a frame
    left = drawing.draw(Eye.LEFT, pictures[0])
    right = drawing.draw(Eye.RIGHT, pictures[1])
    headset.end_frame((left, right))            # OpenGL's state is anybody's after this
    screen.show(drawing)                        # never waits for the desktop's screen
    headset.after_mirror()

The world that is shown stays as it is until `use_uploaded`. From then on it is the one that leaves:
drawn beside the new one, as dim as `LeavingPicture.share` says, until `let_leave`. The loop uploads
nothing meanwhile, so there are never more than two worlds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from depthfusion.geometry import MIN_DISTANCE_M
from depthfusion.headset import Eye, Submission
from depthfusion.view import View

if TYPE_CHECKING:
    import moderngl

    from depthfusion.renderer import Stage

Matrix = NDArray[np.float64]

PANEL_PX = (1024, 640)
"""Width and height of the panel's picture."""


class Mirror(StrEnum):
    """What the desktop's window shows of the headset."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"
    """Left eye in the left half."""
    NONE = "none"
    """No window."""


@dataclass(frozen=True)
class PanelWords:
    """What the panel in the headset says; `panel_picture.panel_picture(words)` makes a picture.

    Making the picture takes milliseconds: it is done in another thread than the loop's.
    """

    title: str = ""
    """Of the world that is shown: one or two lines, shortened if need be."""
    status: str = ""
    """What is going on, in one line: "Generating, 41 s left"."""
    progress: float | None = None
    """0 to 1; None: no bar."""
    keys: tuple[tuple[str, str], ...] = ()
    """Key help: what to press -> what it does."""


@dataclass(eq=False)
class PanelPlace:
    """Where the panel hangs in a frame; the loop writes into the same object each time."""

    world_from_panel: Matrix = field(default_factory=lambda: np.eye(4))
    """(4, 4) rigid: the panel lies in its own x-y plane, centred, +x right, +y up, seen from +z."""
    width_m: float = 1.0
    """Its height follows from `PANEL_PX`."""
    opacity: float = 0.0
    """0 (not drawn) to 1."""


@dataclass(eq=False)
class LeavingPicture:
    """What goes while something else comes, seen by the same eye; the same object all the time.

    It is the world that was shown before `EyeDrawing.use_uploaded`. Where no other world has come,
    it is the shown one as it stood, or looked, before.
    """

    clip_from_world: Matrix = field(default_factory=lambda: np.eye(4))
    """(4, 4) float64, as `EyePicture.clip_from_world`: it keeps its own place."""
    view: View = field(default_factory=View)
    """How it was shown."""
    share: float = 0.0
    """0 (not drawn) to 1: factor on its linear light, beside `EyePicture.brightness`."""


@dataclass(eq=False)
class EyePicture:
    """One eye of one frame; the loop writes into the same two objects each time: keep nothing."""

    clip_from_world: Matrix = field(default_factory=lambda: np.eye(4))
    """(4, 4) float64 for column vectors, OpenGL clip space (z from -1 to 1), far plane at infinity,
    in metres of the shown world (`View.world_scale` is the drawing's matter, as on a monitor)."""
    position_m: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    """(3,) of the eye in the world, metres."""
    view: View = field(default_factory=View)
    """Mapping, strength, scale, near, far and shading, limited for comfort; the same object as long
    as nothing changes. Place, direction, field of view and stereo are the matrix's matter."""
    used_px: tuple[int, int] = (1, 1)
    """Width and height to draw, from the target's lower left corner; up to the target's size."""
    brightness: float = 1.0
    """0 (dark, and the world need not be drawn) to 1: factor on linear light of all but the panel.
    """
    share: float = 1.0
    """0 to 1: factor on the shown world's linear light, beside `brightness`."""
    leaving: LeavingPicture = field(default_factory=LeavingPicture)
    """The world that goes; its light is added."""
    vignette: float = 0.0
    """0 (none) to 1 (dark from 25 degrees beside straight ahead on): while the wearer is turned."""
    ahead: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    """(3,) where the head looks, in the world: the middle of the vignette, the same for both eyes,
    whose own axes may part by 10 degrees and more; zeros: where the eye itself looks."""
    nearest_m: float = MIN_DISTANCE_M
    """No surface is drawn nearer to the world's centre, in metres: nearer ones are pushed back to
    it, each by itself, and the rest of the world stays where it is."""
    panel: PanelPlace = field(default_factory=PanelPlace)
    """Both eyes have the same; drawn over the world, whatever lies nearer."""


class EyeDrawing(Protocol):
    """Draws worlds into two targets. `vr.eyes.WorldDrawing(ctx)` is the real one."""

    @property
    def is_software(self) -> bool:
        """Whether the CPU draws: `renderer.stages` makes smaller meshes then."""

    @property
    def max_texture_px(self) -> int:
        """The context's limit, for `renderer.stages`."""

    @property
    def has_world(self) -> bool:
        """Whether there is a world to draw; until then the eyes are dark, with the panel."""

    def resize(self, eye_px: tuple[int, int]) -> None:
        """Make both targets that large; not in a steady frame: at the start, or new optics.

        Raises:
            RendererError: if the GPU cannot.
        """

    def set_hidden_mesh(self, eye: Eye, triangles: NDArray[np.float32]) -> None:
        """Leave out what the eye cannot see.

        Args:
            eye: which one.
            triangles: (n, 3, 2) float32 in [0, 1] of the used part, v up; n may be 0.
        """

    def upload(self, stage: Stage) -> bool:
        """Upload the next slice of the coming world; True once this stage is complete.

        The world that is shown is not touched. The stages of one world come in their order, each
        until it is complete. The first stage of another world (it has a colour) replaces a coming
        world that was not used.

        Raises:
            RendererError: if there is no memory for it; what was coming is gone then.
        """

    def use_uploaded(self) -> None:
        """Show the coming world from the next frame on, as far as it is complete.

        The one that was shown leaves, and can be drawn until `let_leave`.
        """

    def let_leave(self) -> None:
        """Let the leaving world go, if there is one.

        Cheap enough for a frame: at most handles are released.
        """

    def drop_uploaded(self) -> None:
        """Let the coming world go, if there is one."""

    def set_panel_picture(self, rgba: NDArray[np.uint8]) -> None:
        """Upload a new picture of the panel: (h, w, 4) uint8 sRGB, straight alpha, `PANEL_PX`."""

    def draw(self, eye: Eye, picture: EyePicture) -> Submission:
        """Draw one eye and return what is to be submitted: single-sample, resolved.

        With two worlds it is smaller than `EyePicture.used_px`, so that it takes no longer.

        Relies on no OpenGL state that it did not set itself: a runtime leaves anything behind.
        """

    def show_on(
        self, framebuffer: moderngl.Framebuffer, size_px: tuple[int, int], mirror: Mirror
    ) -> None:
        """Fill (0, 0) to `size_px` of `framebuffer` with what was drawn last."""

    def release(self) -> None:
        """Release every GL object it made."""


class Screen(Protocol):
    """The window with the mirror, or none: `vr.mirror.open_screen(mirror)` opens the real one.

    It owns the OpenGL context of the process, which is current from the start on.
    """

    @property
    def ctx(self) -> moderngl.Context:
        """The context that everything is drawn with."""

    def show(self, drawing: EyeDrawing) -> None:
        """Draw the mirror and present it, without waiting for the desktop's screen.

        May leave out frames: a window that shows 30 a second is enough.
        """

    def is_left(self) -> bool:
        """Whether the window was closed, or Escape pressed in it: the wearer's session ends."""

    def close(self) -> None:
        """Close the window and release the context; later calls do nothing."""
