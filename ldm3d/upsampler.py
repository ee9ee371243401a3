"""Doubles a panorama: color and depth together, by a small network beside a fixed interpolation.

    result = interpolation(planes) + network(planes)
    interpolation = bicubic, corrected once so that means of 2 x 2 pixels are about the planes again

The network works on the picture folded 2 x 2, so that its kernels see far for little, then at the
picture's size, and unfolds its answer (pixel shuffle, arXiv 1609.05158). It has no norm: what a
pixel becomes depends on its surroundings alone, so that bands of rows give the same as the whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn

from ldm3d.block_autoencoder import PLANES, curved, folded, straightened, unfolded
from ldm3d.errors import Ldm3dError, RequestError
from ldm3d.model_folder import read_json
from ldm3d.pretrained import check_keys, damage_explained, quiet_libraries
from ldm3d.seamless import is_seamless, wrap_columns

BAND_PX = 1 << 18
"""Pixels of the input at a time, halo not counted: never more memory, whatever the size."""
FOLD = 2
_TAPS = 2
"""Pixels that the interpolation wants beyond an edge."""


class Upsampler(ModelMixin, ConfigMixin):  # type: ignore[misc]  # untyped in diffusers
    """Makes (B, 4, 2H, 2W) planes of (B, 4, H, W) ones; H and W even.

    Planes are in [0, 1]: red, green, blue, depth. In *network form* their depth is as
    `depth_curve` says (see `BlockAutoencoder`).
    """

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        channels: int = 96,
        blocks: int = 4,
        tail_channels: int = 32,
        planes: int = PLANES,
        depth_curve: str = "root",
    ) -> None:
        """Build it; at first it only interpolates.

        Args:
            channels: of the folded picture's features.
            blocks: residual blocks of two convolutions.
            tail_channels: of the features at the picture's own size.
            planes: color and depth.
            depth_curve: "root" or "linear".
        """
        super().__init__()
        self.first = nn.Conv2d(planes * FOLD**2, channels, 3, padding=1)
        self.body = nn.ModuleList([_Block(channels) for _ in range(blocks)])
        self.spread = nn.Conv2d(channels, tail_channels * FOLD**2, 1)
        self.beside = nn.Conv2d(planes, tail_channels, 3, padding=1)
        self.tail = nn.Conv2d(tail_channels, tail_channels, 3, padding=1)
        self.last = nn.Conv2d(tail_channels, planes * 4, 3, padding=1)
        for values in self.last.parameters():
            nn.init.zeros_(values)

    def forward(self, planes: Tensor) -> Tensor:
        """Return planes of twice the size, both in network form; float32, not clipped."""
        centered = 2 * planes - 1
        x = centered.to(self.dtype, memory_format=torch.channels_last)
        features = self.first(folded(x, FOLD))
        for block in self.body:
            features = block(features)
        features = unfolded(self.spread(features), FOLD) + self.beside(x)
        features = features + self.tail(F.silu(features))
        detail = self.last(F.silu(features)).float()
        return self.interpolated(planes) + unfolded(detail, 2)

    def interpolated(self, planes: Tensor) -> Tensor:
        """Return planes of twice the size, without what the network knows; float32, not clipped.

        One step of back-projection (Irani and Peleg, 1991): what bicubic interpolation blurs away
        from the means of 2 x 2 pixels is added, interpolated as well.
        """
        double = self.bicubic(planes)
        return double + self.bicubic(planes.float() - F.avg_pool2d(double, 2))

    def bicubic(self, planes: Tensor) -> Tensor:
        """Return planes of twice the size by bicubic interpolation, in float32.

        Columns wrap where the network is seamless; beyond top and bottom the edge is repeated.
        """
        x = planes.float()
        if is_seamless(self):
            x = F.pad(wrap_columns(x, _TAPS, _TAPS), (0, 0, _TAPS, _TAPS), mode="replicate")
        else:
            x = F.pad(x, (_TAPS,) * 4, mode="replicate")
        # With `antialias` the kernel is Catmull and Rom's, which keeps ramps straight.
        double = F.interpolate(x, scale_factor=2, mode="bicubic", antialias=True)
        beyond = 2 * _TAPS
        return double[..., beyond:-beyond, beyond:-beyond]

    @property
    def halo_px(self) -> int:
        """How many rows away a pixel still matters; even."""
        radius = FOLD * (1 + 2 * len(self.body)) + 2 + 1
        return -(-radius // FOLD) * FOLD

    @torch.no_grad()
    def enlarge(self, planes: Tensor, band_px: int = BAND_PX) -> Tensor:
        """Return (B, 4, 2H, 2W) float32 planes in [0, 1] of (B, 4, H, W) ones; depth as it is.

        In bands of rows, each with what it sees of its neighbours. How they are cut depends on
        the width alone, so that a picture has the same bits however much memory is free.

        Args:
            planes: in [0, 1], on the network's device.
            band_px: pixels of the input at a time.

        Raises:
            RequestError: if these are no such planes.
            Ldm3dError: if the result is not finite.
        """
        batch, count, height, width = planes.shape
        if count != self.config.planes or height % FOLD or width % FOLD:
            raise RequestError(
                f"want {self.config.planes} planes with even sides to enlarge, got {count} of "
                f"{width}x{height}"
            )
        result = planes.new_empty((batch, count, 2 * height, 2 * width), dtype=torch.float32)
        for picture in range(batch):
            one, target = planes[picture : picture + 1], result[picture : picture + 1]
            for top, bottom in _bands(height, width, band_px):
                first = max(0, top - self.halo_px)
                rows = one[:, :, first : min(height, bottom + self.halo_px)]
                double = self(curved(rows.float(), self.config.depth_curve))
                double = double[:, :, 2 * (top - first) : 2 * (bottom - first)]
                target[:, :, 2 * top : 2 * bottom] = straightened(double, self.config.depth_curve)
        if not torch.isfinite(result).all():
            raise Ldm3dError(
                f"want finite colors and depths from the upsampler, got overflow in "
                f"{str(self.dtype).removeprefix('torch.')}: use bfloat16 or float32"
            )
        return result.clamp_(0, 1)


class _Block(nn.Module):
    """x + convolution(silu(convolution(silu(x)))), which begins near x."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        with torch.no_grad():
            self.second.weight.mul_(0.1)

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the same shape."""
        result: Tensor = x + self.second(F.silu(self.first(F.silu(x))))
        return result


def read_upsampler(folder: Path, dtype: torch.dtype = torch.float32) -> Any:
    """Load an upsampler from its own folder (config.json, safetensors).

    Raises:
        ModelError: if there is none, or it is damaged.
    """
    read_json(folder / "config.json")
    with damage_explained(folder), quiet_libraries():
        network, found = Upsampler.from_pretrained(
            folder,
            torch_dtype=dtype,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
    check_keys(found, folder, unused=r"(?!)")
    return network


def working_bytes(width: int, height: int, channels: int, element_bytes: int) -> int:
    """Estimate what one pass that *ends* at width x height takes besides the weights.

    Input, result and its finished copy in float32; of one band two and a half maps of the fold's
    features, and three of the doubled planes in float32. Measured at ends of 1024x512 to 4096x2048:
    0.8 to 1.0 of it.
    """
    whole = (width * height * 5 // 4 + width * height) * PLANES * 4
    band = min(width * height // 4, 2 * BAND_PX)  # a halo of half a band above and below
    return whole + band * (5 * channels * element_bytes // 2 // FOLD**2 + 3 * 4 * PLANES * 4)


def _bands(height: int, width: int, band_px: int) -> Iterator[tuple[int, int]]:
    rows = max(FOLD, band_px // width // FOLD * FOLD)
    for top in range(0, height, rows):
        yield top, min(top + rows, height)
