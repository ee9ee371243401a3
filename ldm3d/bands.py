"""The decoder in bands of rows: little memory, and the same picture as in one piece.

Cutting a picture into tiles that are decoded one by one changes it: each tile has its own GroupNorm
statistics, and halos of a finite size cut what the layers see. Here the *layers* are divided, not
the decoder. Each convolution runs band by band, with exactly the one row of neighbours it needs
above and below, and each GroupNorm's statistics are gathered over all bands first. A band
spans the whole ring, so the wrap is the convolution's own. What differs from the undivided decoder
is the order of floating-point sums.

What is kept whole: at most the input of a level, one hidden map and one result at that level, in
the autoencoder's dtype. The enlarged input of a level that narrows, the widest map by far, is never
kept: it is computed twice, each time for 4/9 of the usual multiplications.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from ldm3d.errors import ModelError
from ldm3d.seamless import CircularConv2d, wrap_columns


@dataclass(frozen=True)
class Layer:
    """A feature map (1, C, height, w) whose rows are at hand or computed when asked for."""

    height: int
    rows: Callable[[int, int], Tensor]
    """(top, bottom) -> (1, C, bottom - top, w)."""
    whole: Tensor | None = None
    """The map itself where it is stored."""


def stored(features: Tensor) -> Layer:
    """Return a layer over a map that is at hand."""
    return Layer(features.shape[-2], lambda top, bottom: features[:, :, top:bottom], features)


def up_block(source: Layer, block: nn.Module, band: int) -> Layer:
    """Run one `UpDecoderBlock2D` in bands of `band` rows. Overwrites a stored `source`.

    Raises:
        ModelError: if the block is of another kind.
    """
    if not _is_plain(block):
        raise ModelError(
            f"want an autoencoder of plain UpDecoderBlock2D to decode in bands, "
            f"got {type(block).__name__}: decode it in one piece"
        )
    for resnet in _parts(block, "resnets"):
        source = _resnet(source, resnet, band)
    for upsampler in _parts(block, "upsamplers"):
        source = _upsampled(source, upsampler.conv)
    return source


def undivided_up_block(features: Tensor, block: Any) -> Tensor:
    """Run one block of the decoder in one piece; the same as calling it, but cheaper."""
    if not _is_plain(block):
        result: Tensor = block(features)
        return result
    for resnet in block.resnets:
        features = resnet(features, temb=None)
    for upsampler in _parts(block, "upsamplers"):
        layer = _upsampled(stored(features), upsampler.conv)
        features = layer.rows(0, layer.height)
    return features


def output(source: Layer, decoder: Any, band: int) -> Tensor:
    """Run a decoder's last norm, activation and convolution in float32; (1, 3 + d, H, W)."""
    source = source if source.whole is not None else _store(source, band)
    norm = _Norm.gathered(decoder.conv_norm_out, source, band)
    layer = _convolved(source, norm, decoder.conv_act, decoder.conv_out, torch.float32)
    return _store(layer, band).rows(0, layer.height)


@dataclass(frozen=True)
class _Norm:
    """A GroupNorm whose statistics over the whole map are known."""

    norm: nn.GroupNorm
    mean: Tensor
    """(C,) float32: each channel has its group's."""
    variance: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        weight, bias = self.norm.weight.float(), self.norm.bias.float()
        return F.batch_norm(x, self.mean, self.variance, weight, bias, eps=self.norm.eps)

    @classmethod
    def gathered(cls, norm: nn.GroupNorm, source: Layer, band: int) -> _Norm:
        moments = _Moments(norm)
        for top, bottom in _bands(source.height, band):
            moments.add(source.rows(top, bottom))
        return moments.norm()


class _Moments:
    """Mean and variance of each group, gathered band by band.

    Sums run in float32 within a band, over distances from the first band's mean (so that nothing
    cancels), and in float64 over the bands.
    """

    def __init__(self, norm: nn.GroupNorm) -> None:
        self._norm = norm
        self._origin: Tensor | None = None
        self._count = 0
        self._sums = torch.zeros(2, norm.num_channels, dtype=torch.float64)

    def add(self, x: Tensor) -> None:
        if self._origin is None:
            self._origin = x.float().mean(dim=(0, 2, 3), keepdim=True)
        distance = x - self._origin
        sums = distance.sum(dim=(0, 2, 3))
        self._sums += torch.stack([sums, distance.square_().sum(dim=(0, 2, 3))]).cpu()
        self._count += x[:, 0].numel()

    def norm(self) -> _Norm:
        assert self._origin is not None
        groups = self._norm.num_groups
        mean, square = self._sums / self._count
        variance = square - mean**2
        mean += self._origin.flatten().cpu()
        mean_of_group = mean.view(groups, -1).mean(dim=1, keepdim=True)
        spread = (mean.view(groups, -1) - mean_of_group) ** 2 + variance.view(groups, -1)
        each = self._norm.num_channels // groups
        pair = torch.stack([mean_of_group[:, 0], spread.mean(dim=1)]).repeat_interleave(each, dim=1)
        mean, variance = pair.float().to(self._origin.device)
        return _Norm(self._norm, mean, variance)


def _resnet(source: Layer, block: Any, band: int) -> Layer:
    """Run one `ResnetBlock2D`: shortcut(x) + conv2(act(norm2(conv1(act(norm1(x))))))."""
    shortcut, height = block.conv_shortcut, source.height
    if shortcut is None and source.whole is None:
        source = _store(source, band)
    norm = _Norm.gathered(block.norm1, source, band)
    moments = _Moments(block.norm2)
    hidden, result = _Filled(height), _Filled(height)
    for top, bottom in _bands(height, band):
        first, last = max(top - 1, 0), min(bottom + 1, height)
        x = source.rows(first, last)
        if shortcut is not None:
            result.put(top, shortcut(x[:, :, top - first : bottom - first]))
        x = block.nonlinearity(norm(x))
        x = _convolution(x, block.conv1, top == 0, bottom == height)
        moments.add(x)
        hidden.put(top, x)
    whole = source.whole if shortcut is None else result.whole
    assert whole is not None
    inner = _convolved(stored(hidden.whole), moments.norm(), block.nonlinearity, block.conv2)
    for top, bottom in _bands(height, band):
        whole[:, :, top:bottom] += inner.rows(top, bottom)
    return stored(whole)


def _convolved(
    source: Layer, norm: _Norm, activation: nn.Module, conv: nn.Conv2d, dtype: Any = None
) -> Layer:
    def rows(top: int, bottom: int) -> Tensor:
        x = source.rows(max(top - 1, 0), min(bottom + 1, source.height))
        x = activation(norm(x if dtype is None else x.to(dtype)))
        return _convolution(x, conv, top == 0, bottom == source.height)

    return Layer(source.height, rows)


def _upsampled(source: Layer, conv: nn.Conv2d) -> Layer:
    """Double a map and convolve it, without doubling it: 4/9 of the multiplications.

    In a map doubled by repetition two of the three rows that a kernel sees are equal, and two of
    its columns: each of the four pixels that come of one is a 2x2 convolution of the small map.
    """
    height, channels = 2 * source.height, conv.out_channels
    weight, bias = _phases(conv)
    circular = type(conv) is CircularConv2d

    def rows(top: int, bottom: int) -> Tensor:
        first, last = (top - 1) // 2, bottom // 2 + 1
        x = source.rows(max(first, 0), min(last, source.height))
        x = wrap_columns(x, 1, 1) if circular else x
        sides = 0 if circular else 1
        x = F.pad(x, (sides, sides, int(first < 0), int(last > source.height)))
        four = F.conv2d(x, weight, bias)
        four = four.view(1, 2, 2, channels, *four.shape[2:])
        width = x.shape[-1] - 2
        result = _empty(x, (1, channels, bottom - top, 2 * width))
        for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
            start = (row - top) % 2
            target = result[:, :, start::2, column::2]
            above = (top + start) // 2 - 1 + row - first
            phase = four[:, row, column, :, above : above + target.shape[2]]
            target.copy_(phase[..., column : column + width])
        return result

    return Layer(height, rows)


def _phases(conv: nn.Conv2d) -> tuple[Tensor, Tensor | None]:
    """Return (4 O, I, 2, 2) weights and (4 O,) biases, ordered by row and column of the four."""
    folded = conv.weight.new_tensor(
        [[[1, 0, 0], [0, 1, 1]], [[1, 1, 0], [0, 0, 1]]], dtype=torch.float32
    )  # (which of two, weight of the small map, weight of the doubled map)
    four = torch.einsum("rau,cbv,oiuv->rcoiab", folded, folded, conv.weight.float())
    weight = four.flatten(0, 2).to(conv.weight)
    if conv.weight.is_contiguous(memory_format=torch.channels_last):
        weight = weight.contiguous(memory_format=torch.channels_last)
    return weight, None if conv.bias is None else conv.bias.repeat(4)


def _convolution(x: Tensor, conv: nn.Conv2d, above: bool, below: bool) -> Tensor:
    """Apply a 3x3 convolution to rows that include their neighbours, zeros beyond the picture."""
    circular = type(conv) is CircularConv2d
    x = wrap_columns(x, 1, 1) if circular else x
    if above or below:
        x = F.pad(x, (0, 0, int(above), int(below)))
    bias = None if conv.bias is None else conv.bias.to(x.dtype)
    return F.conv2d(x, conv.weight.to(x.dtype), bias, padding=(0, 0 if circular else 1))


class _Filled:
    """A map that is filled from bands; it takes the first one's dtype, layout and device."""

    def __init__(self, height: int) -> None:
        self._height = height
        self._whole: Tensor | None = None

    @property
    def whole(self) -> Tensor:
        assert self._whole is not None
        return self._whole

    def put(self, top: int, x: Tensor) -> None:
        if self._whole is None:
            self._whole = _empty(x, (*x.shape[:2], self._height, x.shape[3]))
        self._whole[:, :, top : top + x.shape[2]] = x


def _empty(like: Tensor, shape: tuple[int, ...]) -> Tensor:
    flat = like.is_contiguous()
    layout = torch.contiguous_format if flat else torch.channels_last
    return torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=layout)


def _store(source: Layer, band: int) -> Layer:
    filled = _Filled(source.height)
    for top, bottom in _bands(source.height, band):
        filled.put(top, source.rows(top, bottom))
    return stored(filled.whole)


def _bands(height: int, band: int) -> Iterator[tuple[int, int]]:
    for top in range(0, height, band):
        yield top, min(top + band, height)


def _parts(block: Any, name: str) -> list[Any]:
    return list(getattr(block, name, None) or [])


def _is_plain(block: Any) -> bool:
    """Tell whether a block is what `_resnet` and `_upsampled` know."""
    if type(block).__name__ != "UpDecoderBlock2D":
        return False
    plain = all(
        type(resnet).__name__ == "ResnetBlock2D" and resnet.output_scale_factor == 1
        for resnet in block.resnets
    )
    return plain and all(_doubles(upsampler) for upsampler in _parts(block, "upsamplers"))


def _doubles(upsampler: Any) -> bool:
    """Tell whether a layer doubles by repetition and applies a 3x3 convolution, nothing else."""
    conv = getattr(upsampler, "conv", None)
    return (
        type(upsampler).__name__ == "Upsample2D"
        and upsampler.interpolate
        and upsampler.norm is None
        and isinstance(conv, nn.Conv2d)
        and (conv.kernel_size, conv.padding, conv.groups) == ((3, 3), (1, 1), 1)
    )
