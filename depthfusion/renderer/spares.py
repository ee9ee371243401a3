"""Textures that were let go and wait for a world of the same size.

Making a large texture takes a driver long (a software one clears it: 80 ms for 8192x4096), so the
frame loop of a headset writes the next world into what the last but one has left.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

import moderngl


class TextureKind(Enum):
    """What a texture of a panorama holds."""

    COLOR = auto()
    DEPTH = auto()
    FILL = auto()


_FORMATS = {
    TextureKind.COLOR: (4, "f1"),
    TextureKind.DEPTH: (1, "nu2"),
    TextureKind.FILL: (4, "f1"),
}
"""Components and ModernGL's dtype of each kind."""


@dataclass
class Tag:
    """What `Texture.extra` of our textures holds."""

    kind: TextureKind
    has_levels: bool = False
    """Whether its mip levels have been allocated."""


class Spares:
    """Makes textures and keeps some of those given back. Its context's thread only.

    Args:
        ctx: the context.
        keep: how many of each kind are kept; 0: all are released at once.
    """

    def __init__(self, ctx: moderngl.Context, keep: int = 0) -> None:
        self._ctx = ctx
        self._keep = keep
        self._kept: list[moderngl.Texture] = []

    def take(self, kind: TextureKind, size_px: tuple[int, int]) -> moderngl.Texture:
        """Return a texture of that kind and size; what is in it is anybody's guess."""
        for texture in self._kept:
            if texture.extra.kind is kind and texture.size == size_px:
                self._kept.remove(texture)
                return texture
        return self.made(kind, size_px)

    def made(self, kind: TextureKind, size_px: tuple[int, int]) -> moderngl.Texture:
        """Return a new texture of that kind and size."""
        components, dtype = _FORMATS[kind]
        texture = self._ctx.texture(size_px, components, dtype=dtype, alignment=1)
        texture.extra = Tag(kind)
        return texture

    def has(self, kind: TextureKind, size_px: tuple[int, int]) -> bool:
        """Return whether `take` would not have to make one."""
        return any(t.extra.kind is kind and t.size == size_px for t in self._kept)

    def give(self, texture: moderngl.Texture) -> None:
        """Take a texture back: keep it, and release the oldest of its kind beyond `keep`."""
        kind = texture.extra.kind
        self._kept.append(texture)
        same = [t for t in self._kept if t.extra.kind is kind]
        for old in same[: max(0, len(same) - self._keep)]:
            self._kept.remove(old)
            old.release()

    def release(self) -> None:
        """Release what was kept."""
        for texture in self._kept:
            texture.release()
        self._kept = []
