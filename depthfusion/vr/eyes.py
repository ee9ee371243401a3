"""Draws both eyes: the world, what darkens it, the panel; and shows them on the desktop."""

from __future__ import annotations

import moderngl
import numpy as np
from numpy.typing import NDArray

from depthfusion.errors import RendererError
from depthfusion.headset import Eye, Submission
from depthfusion.renderer import PanoramaRenderer, Stage
from depthfusion.vr.drawing import EyePicture, LeavingPicture, Mirror
from depthfusion.vr.gl_state import GlState
from depthfusion.vr.mirror import MirrorPass
from depthfusion.vr.mix import SCALE, SOFTWARE_SCALE, Layers, MixPass
from depthfusion.vr.panel_quad import PanelQuad
from depthfusion.vr.shade import Shade
from depthfusion.vr.targets import MSAA, EyeTarget, HiddenMesh
from depthfusion.vr.worlds_gpu import SLICE_BYTES, GpuWorlds

_OUT_OF_MEMORY = "GL_OUT_OF_MEMORY"


class WorldDrawing:
    """The `EyeDrawing` that really draws; whoever makes one releases it.

    Args:
        ctx: the context, current in the thread that all methods are called from.
        samples: a pixel; None: 4 on a GPU, 1 where the CPU draws.
        slice_bytes: how much of a coming world is uploaded in a frame.
    """

    def __init__(
        self,
        ctx: moderngl.Context,
        *,
        samples: int | None = None,
        slice_bytes: int = SLICE_BYTES,
    ) -> None:
        self._ctx = ctx
        self._state = GlState(ctx)
        self._state.for_uploading()
        self._renderer = PanoramaRenderer(ctx)
        if samples is None:
            samples = 1 if self._renderer.is_software else MSAA
        self._samples = min(samples, int(ctx.max_samples))
        self._worlds = GpuWorlds(self._renderer, slice_bytes)
        self._shade, self._mix = Shade(ctx), MixPass(ctx)
        self._panel = PanelQuad(ctx, is_software=self._renderer.is_software)
        self._mirror = MirrorPass(ctx)
        self._targets: list[EyeTarget] = []
        self._layers: Layers | None = None
        self._used_px: list[tuple[int, int]] = [(0, 0), (0, 0)]
        self._hidden: list[HiddenMesh | None] = [None, None]

    @property
    def is_software(self) -> bool:
        """Whether the CPU draws."""
        return self._renderer.is_software

    @property
    def max_texture_px(self) -> int:
        """The context's limit."""
        return self._renderer.max_texture_px

    @property
    def has_world(self) -> bool:
        """Whether there is a world to draw."""
        return self._worlds.has_world

    def resize(self, eye_px: tuple[int, int]) -> None:
        """Make both targets that large.

        Raises:
            RendererError: if the GPU cannot.
        """
        if self._targets and self._targets[0].size_px == eye_px:
            return
        self._state.for_uploading()
        self._release_targets()
        for _ in Eye:
            self._targets.append(EyeTarget(self._ctx, eye_px, self._samples))
        scale = SOFTWARE_SCALE if self.is_software else SCALE
        self._layers = Layers(self._ctx, self._targets[0], scale)

    def set_hidden_mesh(self, eye: Eye, triangles: NDArray[np.float32]) -> None:
        """Leave out what the eye cannot see: (n, 3, 2) in [0, 1] of the used part, v up."""
        before = self._hidden[eye.value]
        if before is not None:
            before.release()
        mesh = HiddenMesh(self._ctx, triangles) if len(triangles) else None
        self._hidden[eye.value] = mesh

    def upload(self, stage: Stage) -> bool:
        """Upload the next slice of the coming world; True once this stage is complete.

        Raises:
            RendererError: if there is no memory for it; what was coming is gone then.
        """
        self._state.for_uploading()
        try:
            is_complete = self._worlds.upload(stage)
            reason = self._ctx.error  # drivers take memory when something is written
            if reason != _OUT_OF_MEMORY:
                return is_complete
        except (MemoryError, moderngl.Error) as error:
            reason = str(error) or "out of memory"
        self._worlds.drop_all()
        raise RendererError(
            f"want room for another world on the graphics card, got none ({reason}):"
            " close other programs, or take a smaller picture"
        )

    def use_uploaded(self) -> None:
        """Show the coming world from the next frame on; the one that was shown is leaving."""
        self._worlds.use()

    def let_leave(self) -> None:
        """Let the leaving world go, if there is one."""
        self._worlds.let_leave()

    def drop_uploaded(self) -> None:
        """Let the coming world go, if there is one."""
        self._worlds.drop()

    def set_panel_picture(self, rgba: NDArray[np.uint8]) -> None:
        """Upload a new picture of the panel: (h, w, 4) uint8 sRGB, straight alpha, `PANEL_PX`."""
        self._state.for_uploading()
        self._panel.set_picture(rgba)

    def draw(self, eye: Eye, picture: EyePicture) -> Submission:
        """Draw one eye and return what is to be submitted: single-sample, resolved."""
        target, used_px = self._targets[eye.value], picture.used_px
        self._state.for_drawing()
        light = picture.brightness * picture.share if self.has_world else 0.0
        leaving = picture.brightness * picture.leaving.share if self.has_world else 0.0
        if light > 0 and leaving > 0:
            used_px = self._draw_both(eye, picture, target, (light, leaving))
        elif light > 0 or leaving > 0:
            self._draw_one(eye, picture, target, light or leaving, is_leaving=leaving > 0)
        else:
            self._clear(target, used_px)
        if picture.panel.opacity > 0:
            self._panel.draw(picture.clip_from_world, picture.panel)
        self._used_px[eye.value] = used_px
        return target.submission(used_px)

    def _draw_one(
        self,
        eye: Eye,
        picture: EyePicture,
        target: EyeTarget,
        light: float,
        *,
        is_leaving: bool,
    ) -> None:
        used_px = picture.used_px
        self._draw_world(eye, picture, target.drawn, used_px, is_leaving=is_leaving)
        target.resolve(used_px)
        self._darken(picture, used_px, light)

    def _draw_both(
        self, eye: Eye, picture: EyePicture, target: EyeTarget, shares: tuple[float, float]
    ) -> tuple[int, int]:
        """Draw the worlds one after the other, and return how small."""
        layers = self._layers
        assert layers is not None
        used_px = layers.used_px(picture.used_px)
        for index, is_leaving in enumerate((False, True)):
            drawn = layers.drawn(index, target)
            self._draw_world(eye, picture, drawn, used_px, is_leaving=is_leaving)
            target.resolve(used_px, layers.framebuffers[index])
        self._mix.draw(target, layers, used_px, shares)
        self._darken(picture, used_px, 1.0)
        return used_px

    def _draw_world(
        self,
        eye: Eye,
        picture: EyePicture,
        framebuffer: moderngl.Framebuffer,
        size_px: tuple[int, int],
        *,
        is_leaving: bool,
    ) -> None:
        what: EyePicture | LeavingPicture = picture.leaving if is_leaving else picture
        hidden = self._hidden[eye.value]
        self._worlds.select(is_leaving=is_leaving)
        self._renderer.draw_eye(
            what.clip_from_world,
            what.view,
            framebuffer,
            size_px,
            mask=hidden.mask if hidden is not None else None,
            nearest_m=picture.nearest_m,
        )

    def _darken(self, picture: EyePicture, used_px: tuple[int, int], light: float) -> None:
        if light < 1 or picture.vignette > 0:
            self._shade.draw(
                picture.clip_from_world, picture.ahead, used_px, light, picture.vignette
            )

    def _clear(self, target: EyeTarget, used_px: tuple[int, int]) -> None:
        picture = target.resolved
        picture.scissor = None  # type: ignore[assignment]  # the stub forbids what the docs say
        picture.color_mask = (True, True, True, True)
        picture.use()
        picture.viewport = (0, 0, *used_px)  # the panel follows
        picture.clear(0.0, 0.0, 0.0, 1.0)

    def show_on(
        self, framebuffer: moderngl.Framebuffer, size_px: tuple[int, int], mirror: Mirror
    ) -> None:
        """Fill (0, 0) to `size_px` of `framebuffer` with what was drawn last."""
        self._state.for_drawing()
        textures = [target.texture for target in self._targets]
        self._mirror.draw(framebuffer, size_px, mirror, textures, self._used_px)

    def release(self) -> None:
        """Release every GL object it made."""
        self._worlds.release()
        self._release_targets()
        for mesh in self._hidden:
            if mesh is not None:
                mesh.release()
        self._hidden = [None, None]
        for item in (self._shade, self._mix, self._panel, self._mirror, self._renderer):
            item.release()

    def _release_targets(self) -> None:
        for target in self._targets:
            target.release()
        if self._layers is not None:
            self._layers.release()
        self._targets, self._layers = [], None
