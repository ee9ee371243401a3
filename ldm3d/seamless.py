"""Networks whose left and right edge are neighbours.

A convolution pads its input; circular padding in x (zeros stay in y) makes it exactly equivariant
to a turn of the panorama. GroupNorm and attention know no position, so the whole network becomes
equivariant. Nothing is retrained and no state-dict key changes: only the class of the padded
layers is exchanged, on this one network's instances.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from diffusers.models.downsampling import Downsample2D
from torch import Tensor, nn

from ldm3d.errors import ModelError

STRANGE_LAYERS = frozenset(
    {"FirDownsample2D", "FirUpsample2D", "KDownsample2D", "KUpsample2D", "PatchEmbed"}
)
"""Layers of diffusers that pad or know their position in ways not treated here."""


class CircularConv2d(nn.Conv2d):
    """A zero-padded `Conv2d` whose padding in x is circular."""

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        rows, columns = int(self.padding[0]), int(self.padding[1])
        wrapped = wrap_columns(input, columns, columns)
        return F.conv2d(wrapped, weight, bias, self.stride, (rows, 0), self.dilation, self.groups)


class CircularDownsample2D(Downsample2D):  # type: ignore[misc]  # untyped in diffusers
    """The encoder's `Downsample2D`, which pads one column at the right and one row below."""

    def forward(self, hidden_states: Tensor) -> Tensor:
        """Halve (B, C, h, w), with column 0 as the right neighbour of the last one."""
        if self.norm is not None:
            hidden_states = self.norm(hidden_states.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        below = F.pad(hidden_states, (0, 0, 0, 1))
        halved: Tensor = self.conv(wrap_columns(below, 0, 1))
        return halved


def wrap_columns(x: Tensor, left: int, right: int) -> Tensor:
    """Return (..., w) with `left` and `right` columns more, taken from the other side.

    `cat` keeps the memory format (channels-last), which `F.pad(mode="circular")` does not.
    """
    if not left and not right:
        return x
    width = x.shape[-1]
    if max(left, right) > width:
        raise ValueError(f"want at most {width} columns of padding, got {max(left, right)}")
    return torch.cat([x[..., width - left :], x, x[..., :right]], dim=-1)


def set_seamless(module: nn.Module, on: bool = True) -> None:
    """Make every padded convolution of a network circular in x, or undo it.

    For a `UNet2DConditionModel` or `AutoencoderKL` of diffusers (or a part of one). Idempotent;
    weights, state-dict keys, dtype, device and memory format stay. Call it before `torch.compile`
    and before adapters (LoRA) are wrapped around layers.

    Raises:
        ModelError: if a layer pads in another way; then nothing is changed.
    """
    layers = list(module.modules())
    for layer in layers:
        _check(layer)
    for layer in layers:
        _exchange(layer, on)


def is_seamless(module: nn.Module) -> bool:
    """Tell whether `set_seamless` is on for a network."""
    return any(type(layer) in (CircularConv2d, CircularDownsample2D) for layer in module.modules())


def _exchange(layer: nn.Module, on: bool) -> None:
    if isinstance(layer, nn.Conv2d) and layer.padding[-1]:
        layer.__class__ = CircularConv2d if on else nn.Conv2d
    elif isinstance(layer, Downsample2D) and layer.use_conv and layer.padding == 0:
        layer.__class__ = CircularDownsample2D if on else Downsample2D


def _check(layer: nn.Module) -> None:
    name = type(layer).__name__
    if isinstance(layer, nn.Conv2d):
        plain = type(layer) in (nn.Conv2d, CircularConv2d) and not isinstance(layer.padding, str)
        strange = not plain or layer.padding_mode != "zeros"
    elif isinstance(layer, Downsample2D):
        strange = type(layer) not in (Downsample2D, CircularDownsample2D)
    else:
        strange = name in STRANGE_LAYERS or isinstance(layer, nn.ConvTranspose2d)
    if strange:
        raise ModelError(
            f"want a network with plain zero-padded convolutions to make it seamless, "
            f"got a layer of kind {name}: run it with seamless off"
        )
