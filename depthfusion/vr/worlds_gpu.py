"""The world that is shown and the one that is coming, or leaving, both on the GPU."""

from __future__ import annotations

from collections.abc import Iterator

from depthfusion.renderer import PanoramaRenderer, Stage
from depthfusion.renderer.gpu_panorama import GpuPanorama, build_levels
from depthfusion.renderer.spares import Spares, TextureKind

SLICE_BYTES = 1 << 20
"""How much is uploaded in a frame: 0.1 ms of copying, up to 2 ms where a CPU makes mip levels."""


class GpuWorlds:
    """Brings worlds onto the GPU in small slices. Its context's thread only.

    Two textures of each kind go round: the world after next is written into what the shown one
    leaves. So nothing large is made or released while worlds of one size follow each other.
    """

    def __init__(self, renderer: PanoramaRenderer, slice_bytes: int = SLICE_BYTES) -> None:
        self._renderer = renderer
        self._slice_bytes = slice_bytes
        self._spares = Spares(renderer.ctx, keep=1)
        self._shown: GpuPanorama | None = None
        self._coming: GpuPanorama | None = None
        self._leaving: GpuPanorama | None = None
        self._upload: tuple[Stage, Iterator[GpuPanorama | None]] | None = None

    @property
    def has_world(self) -> bool:
        """Whether there is something to draw."""
        return self._shown is not None

    def upload(self, stage: Stage) -> bool:
        """Upload the next slice of `stage`; True once it is complete.

        A stage with a color begins a world; one without goes on with what is coming, or else
        improves what is shown as soon as it is complete.
        """
        if self._upload is None or self._upload[0] is not stage:
            self._stop()
            if stage.color is not None:
                self.drop()
            self._upload = (stage, self._steps(stage))
        ready = next(self._upload[1])
        if ready is None:
            return False
        self._upload = None
        if stage.color is None and self._coming is None:
            self._show(ready)
        else:
            if self._coming is not None:
                self._coming.release_except(ready)
            self._coming = ready
        return True

    def _steps(self, stage: Stage) -> Iterator[GpuPanorama | None]:
        before = None if stage.color is not None else (self._coming or self._shown)
        steps = self._renderer.upload_steps(
            stage,
            before,
            self._spares,
            slice_bytes=self._slice_bytes,
            in_place=before is not None and before is self._coming,
        )
        yield from steps if self.has_world else self._with_twins(steps)

    def _with_twins(self, steps: Iterator[GpuPanorama | None]) -> Iterator[GpuPanorama | None]:
        """Make the textures for the world after the first, too, while all is dark anyway."""
        for ready in steps:
            if ready is not None:
                twins = [(TextureKind.COLOR, ready.color), (TextureKind.DEPTH, ready.depth)]
                if ready.fill is not None:
                    twins.append((TextureKind.FILL, ready.fill))
                for kind, texture in twins:
                    if self._spares.has(kind, texture.size):
                        continue
                    twin = self._spares.made(kind, texture.size)
                    if kind is TextureKind.COLOR:
                        build_levels(twin, self._renderer.is_software)
                    self._spares.give(twin)
            yield ready

    def use(self) -> None:
        """Show what has come, as far as it is complete; what was shown is leaving.

        A stage that is still on its way goes on from there.
        """
        if self._coming is None:
            return
        self.let_leave()
        self._leaving, self._shown, self._coming = self._shown, self._coming, None
        if self._upload is not None:  # it overwrites in place what is shown from now on
            self._stop()
        self.select(is_leaving=False)

    def let_leave(self) -> None:
        """Let go what is leaving; its textures are kept for later."""
        if self._leaving is not None:
            self._leaving.release_except(self._shown)
            self._leaving = None

    def select(self, *, is_leaving: bool) -> None:
        """Let the renderer draw what is leaving, or what is shown; without a leaving one, that."""
        self._renderer.show((self._leaving if is_leaving else None) or self._shown)

    def _show(self, panorama: GpuPanorama) -> None:
        if self._shown is not None:
            self._shown.release_except(panorama)
        self._shown = panorama
        self.select(is_leaving=False)

    def drop(self) -> None:
        """Let go what is coming."""
        self._stop()
        if self._coming is not None:
            self._coming.release()
            self._coming = None

    def drop_all(self) -> None:
        """Let go what is coming and what was kept for it: there is no memory for more."""
        self.drop()
        self._spares.release()

    def _stop(self) -> None:
        if self._upload is not None:
            self._upload[1].close()  # type: ignore[attr-defined]  # it is a generator
            self._upload = None

    def release(self) -> None:
        """Release every GL object it made; the renderer shows nothing."""
        self.drop()
        self.let_leave()
        self._renderer.show(None)
        if self._shown is not None:
            self._shown.release()
            self._shown = None
        self._spares.release()
