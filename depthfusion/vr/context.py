"""An OpenGL context for a headset whose pictures are shown nowhere else."""

from __future__ import annotations

import sys
from typing import Any

import moderngl

from depthfusion.errors import RendererError


class WindowlessContext:
    """A context without a window: EGL on Linux, the platform's own elsewhere.

    It is current in the thread that made it, which closes it, too.
    """

    def __init__(self) -> None:
        """Make it.

        Raises:
            RendererError: if there is none to be had.
        """
        reasons = []
        for settings in _ways():
            try:
                self.ctx = moderngl.create_context(standalone=True, require=330, **settings)
                break
            except Exception as error:  # glcontext raises bare Exception and ImportError
                reasons.append(f"{settings.get('backend', 'window system')}: {error}")
        else:
            raise RendererError(
                f"want an OpenGL 3.3 context, got none ({'; '.join(reasons)}):"
                " install a graphics driver"
            )
        self._is_egl = settings.get("backend") == "egl"
        self._is_closed = False

    def close(self) -> None:
        """Release it; later calls do nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        self.ctx.release()
        if self._is_egl:
            from depthfusion.renderer.offscreen import leave_egl

            leave_egl()


def _ways() -> list[dict[str, Any]]:
    """Return what to try; names of libraries are given, since ldconfig may be missing."""
    if sys.platform != "linux":
        return [{}]
    egl = {"backend": "egl", "libgl": "libGL.so.1", "libegl": "libEGL.so.1"}
    return [egl, {"libgl": "libGL.so.1", "libx11": "libX11.so.6"}]
