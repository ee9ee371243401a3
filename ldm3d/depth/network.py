"""A depth network of transformers: a picture in, inverse depth along its axis out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ldm3d.depth.output import Frame, Gives

if TYPE_CHECKING:
    import torch

_NEAREST_M = 0.01
_BORDER_FACTOR = 3


@dataclass(frozen=True, eq=False)
class DepthNetwork:
    """A loaded network; a `DepthModel`. Made by `load_depth_model`."""

    name: str
    network: Any
    """A transformers model for depth estimation."""
    frame: Frame
    gives: Gives
    device: torch.device
    dtype: torch.dtype

    @property
    def has_shift(self) -> bool:
        """Whether an unknown shift lies on its inverse depth."""
        return self.gives is Gives.INVERSE_DEPTH

    @property
    def tile_px(self) -> int:
        """Side of the square picture that it looks at best."""
        return min(self.frame.height_px, self.frame.width_px)

    def inverse_depth(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return inverse depth along the picture's axis, (h', w') float32, larger = nearer.

        Args:
            picture: (h, w, 3) uint8, sRGB.
        """
        return self.inverse_depths([picture])[0]

    def inverse_depths(self, pictures: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Return the inverse depth of several pictures of one size, looked at together.

        Args:
            pictures: each (h, w, 3) uint8, sRGB.
        """
        import torch

        size_px = pictures[0].shape[:2]
        border = _border(pictures[0]) if self.frame.has_border else (0, 0)
        pixels = torch.from_numpy(np.concatenate([self._input(p, border) for p in pictures]))
        with torch.inference_mode():
            pixels = pixels.to(device=self.device, dtype=self.dtype)
            found = self.network(pixel_values=pixels).predicted_depth
        found = found.reshape(len(pictures), *found.shape[-2:]).float().cpu().numpy()
        return [self._inverse(_without_border(values, border, size_px)) for values in found]

    def _inverse(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.gives is not Gives.DISTANCE:
            return np.ascontiguousarray(values, dtype=np.float32)
        return np.ascontiguousarray(1 / np.maximum(values, np.float32(_NEAREST_M)), np.float32)

    def _input(self, picture: NDArray[np.uint8], border: tuple[int, int]) -> NDArray[np.float32]:
        """Return the network's input, (1, 3, h, w) float32."""
        from PIL import Image

        down, across = border
        if down or across:
            picture = np.pad(picture, ((down, down), (across, across), (0, 0)), mode="reflect")
        height, width = self.frame.input_size(*picture.shape[:2])
        image = Image.fromarray(picture)
        if image.size != (width, height):
            image = image.resize((width, height), Image.Resampling(self.frame.resample))
        pixels = np.asarray(image, dtype=np.float32) / np.float32(255)
        pixels -= np.array(self.frame.mean, np.float32)
        pixels /= np.array(self.frame.deviation, np.float32)
        return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])


def _border(picture: NDArray[np.uint8]) -> tuple[int, int]:
    """Return how many pixels ZoeDepth mirrors above and beside a picture."""
    height, width = picture.shape[:2]
    down, across = (int(math.sqrt(side / 2) * _BORDER_FACTOR) for side in (height, width))
    return min(down, height - 1), min(across, width - 1)


def _without_border(
    values: NDArray[np.float32], border: tuple[int, int], size_px: tuple[int, ...]
) -> NDArray[np.float32]:
    """Cut the border's share off again, exact to parts of a pixel."""
    if border == (0, 0):
        return values
    from PIL import Image

    rows, columns = values.shape
    top = rows * border[0] / (size_px[0] + 2 * border[0])
    left = columns * border[1] / (size_px[1] + 2 * border[1])
    box = (left, top, columns - left, rows - top)
    size = max(2, round(columns - 2 * left)), max(2, round(rows - 2 * top))
    image = Image.fromarray(values).resize(size, Image.Resampling.BICUBIC, box)
    return np.asarray(image, dtype=np.float32)
