"""What the renderer may spend on looks: each part can be switched, all are on by default."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quality:
    """The switches of the renderer. Measured reasons stand in docs/rendering.md."""

    mesh_columns: int = 2048
    """Columns of the UV sphere's grid, a power of two; rows are half of it."""
    adaptive: bool = True
    """Error-bounded adaptive triangulation instead of the full grid."""
    dilate: bool = True
    """Widen near surfaces by about one mesh step, so that their rims are covered."""
    edges: bool = True
    """Cut the stretched triangles between near and far surfaces at the true silhouette."""
    background: bool = True
    """Draw a filled second layer behind the cuts. Without it `edges` is not applied either."""
    snap: bool | None = None
    """Sharpen soft depth edges as networks make them; None: when the map's edges are soft."""
    decontaminate: bool = True
    """Remove the foreground's colour fringe from the background's rim."""
    msaa: int | None = None
    """Samples a pixel in offscreen frames; None: 4 on a GPU, 1 on software OpenGL."""
