"""Does a turn of the input turn the output, and does nothing else change?"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import Tensor, nn

from ldm3d.errors import ModelError
from ldm3d.seamless import CircularConv2d, is_seamless, set_seamless, wrap_columns

SD = {
    "down_block_types": ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
    "up_block_types": ("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
}
OTHERS = {
    "down_block_types": (
        "AttnDownBlock2D", "ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D", "DownBlock2D",
    ),
    "up_block_types": (
        "UpBlock2D", "SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D", "AttnUpBlock2D",
    ),
}  # fmt: skip


def unet(in_channels: int = 4, **kinds: Any) -> UNet2DConditionModel:
    torch.manual_seed(0)
    return UNet2DConditionModel(
        in_channels=in_channels, out_channels=4, block_out_channels=(16, 32, 32, 32),
        layers_per_block=1, norm_num_groups=8, attention_head_dim=4, cross_attention_dim=24,
        **kinds,
    ).eval()  # fmt: skip


def autoencoder(planes: int = 4, latents: int = 4, **changes: Any) -> AutoencoderKL:
    torch.manual_seed(0)
    return AutoencoderKL(**{
        "in_channels": planes, "out_channels": planes, "latent_channels": latents,
        "block_out_channels": (8, 8, 16, 16), "layers_per_block": 1, "norm_num_groups": 4,
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4, **changes,
    }).eval()  # fmt: skip


@torch.no_grad()
def roll_error(run: Callable[[Tensor], Tensor], x: Tensor, turn: int) -> float:
    """Return how far turning before `run` is from turning after it, relative to the output."""
    straight = run(x)
    turned = run(x.roll(turn, dims=-1))
    factor = straight.shape[-1] / x.shape[-1]
    error = (turned - straight.roll(round(turn * factor), dims=-1)).abs().max()
    return float(error / straight.abs().max())


def run_unet(network: UNet2DConditionModel) -> Callable[[Tensor], Tensor]:
    text = torch.randn(1, 5, 24, generator=torch.Generator().manual_seed(1))
    return lambda x: network(x, torch.tensor(500), encoder_hidden_states=text).sample


@pytest.mark.parametrize("kinds", [SD, OTHERS], ids=["stable-diffusion", "other-blocks"])
@pytest.mark.parametrize("in_channels", [4, 8])
def test_turning_the_latents_turns_what_the_unet_says(kinds, in_channels):
    network = unet(in_channels, **kinds)
    x = torch.randn(1, in_channels, 16, 32)
    assert roll_error(run_unet(network), x, 8) > 1e-2
    set_seamless(network)
    for turn in (8, 16, -8):
        assert roll_error(run_unet(network), x, turn) < 1e-4


@pytest.mark.parametrize("planes, latents, attention", [(3, 4, True), (4, 8, False), (6, 4, True)])
def test_turning_the_latents_turns_the_decoded_picture(planes, latents, attention):
    network = autoencoder(planes, latents, mid_block_add_attention=attention)
    x = torch.randn(1, latents, 8, 16)
    assert roll_error(lambda x: network.decode(x).sample, x, 3) > 1e-2
    set_seamless(network)
    for turn in (1, 3, -5):
        assert roll_error(lambda x: network.decode(x).sample, x, turn) < 1e-4


@pytest.mark.parametrize("planes, attention", [(3, False), (4, True), (6, True)])
def test_turning_the_picture_by_latent_cells_turns_its_latents(planes, attention):
    network = autoencoder(planes, mid_block_add_attention=attention)
    x = torch.rand(1, planes, 64, 128)

    def encode(x: Tensor) -> Tensor:
        mode: Tensor = network.encode(x).latent_dist.mode()
        return mode

    assert roll_error(encode, x, 24) > 1e-2
    set_seamless(network)
    for turn in (8, 24, -40):
        assert roll_error(encode, x, turn) < 1e-4


def test_a_network_without_sampling_between_levels_turns_by_single_cells():
    network = UNet2DConditionModel(
        in_channels=4, out_channels=4, block_out_channels=(16,), layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D",), up_block_types=("CrossAttnUpBlock2D",),
        norm_num_groups=8, attention_head_dim=4, cross_attention_dim=24,
    ).eval()  # fmt: skip
    set_seamless(network)
    assert roll_error(run_unet(network), torch.randn(1, 4, 8, 16), 1) < 1e-4


@pytest.mark.parametrize("options", [
    {"kernel_size": 3, "padding": 1},
    {"kernel_size": 5, "padding": 2},
    {"kernel_size": 4, "padding": 2},
    {"kernel_size": 3, "padding": 1, "stride": 2},
    {"kernel_size": 3, "padding": 2, "dilation": 2, "groups": 4},
    {"kernel_size": (3, 1), "padding": (1, 0)},
], ids=str)  # fmt: skip
def test_columns_away_from_the_wrap_and_all_rows_are_what_they_were(options):
    conv = nn.Conv2d(4, 4, **options)
    x = torch.randn(2, 4, 12, 24)
    before = conv(x)
    set_seamless(conv)
    after = conv(x)
    assert after.shape == before.shape
    torch.testing.assert_close(after[..., 3:-3], before[..., 3:-3], rtol=0, atol=1e-6)
    if conv.padding[1]:
        assert (after - before).abs().max() > 1e-2


def test_switching_off_gives_the_old_network_back_and_keys_never_change():
    for network in (unet(**SD), autoencoder()):
        state = {name: value.clone() for name, value in network.state_dict().items()}
        kinds = [type(layer) for layer in network.modules()]
        for on in (True, True, False, False, True):
            set_seamless(network, on)
            assert is_seamless(network) is on
            assert list(network.state_dict()) == list(state)
        set_seamless(network, False)
        assert [type(layer) for layer in network.modules()] == kinds
        assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())


def test_every_padded_convolution_is_exchanged_and_no_other_network_is_touched():
    network, other = unet(**SD), unet(**SD)
    set_seamless(network)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            assert (type(layer) is CircularConv2d) == bool(layer.padding[1])
    assert not is_seamless(other)
    assert type(nn.Conv2d(1, 1, 3, padding=1)) is nn.Conv2d


def test_copies_and_saved_weights_keep_working(tmp_path):
    network = autoencoder()
    set_seamless(network)
    copied = copy.deepcopy(network)
    x = torch.randn(1, 4, 8, 16)
    assert torch.equal(copied.decode(x).sample, network.decode(x).sample)
    network.save_pretrained(tmp_path)
    loaded = AutoencoderKL.from_pretrained(tmp_path)
    assert not is_seamless(loaded)
    set_seamless(loaded)
    assert torch.equal(loaded.decode(x).sample, network.decode(x).sample)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_channels_last_stays_and_gives_the_same(dtype):
    conv = nn.Conv2d(8, 8, 3, padding=1).to(dtype)
    set_seamless(conv)
    x = torch.randn(1, 8, 16, 32, dtype=dtype)
    expected = conv(x)
    conv.to(memory_format=torch.channels_last)
    result = conv(x.to(memory_format=torch.channels_last))
    assert result.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(result, expected)
    assert wrap_columns(x, 1, 1).dtype is dtype


def test_gradients_flow_around_the_ring():
    conv = nn.Conv2d(1, 1, 3, padding=1)
    set_seamless(conv)
    x = torch.zeros(1, 1, 3, 8, requires_grad=True)
    conv(x)[0, 0, 1, 0].backward()
    assert x.grad is not None
    assert x.grad[0, 0, 1, -1] != 0
    assert x.grad[0, 0, 1, 2:-1].abs().max() == 0


@pytest.mark.parametrize("layer", [
    nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect"),
    nn.Conv2d(1, 1, 3, padding="same"),
    nn.ConvTranspose2d(1, 1, 4, stride=2, padding=1),
    type("OwnConv2d", (nn.Conv2d,), {})(1, 1, 3, padding=1),
], ids=lambda layer: type(layer).__name__)  # fmt: skip
def test_layers_that_pad_in_another_way_are_refused_and_nothing_is_changed(layer):
    network = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), layer)
    with pytest.raises(ModelError, match="seamless off") as caught:
        set_seamless(network)
    assert type(layer).__name__ in str(caught.value)
    assert not is_seamless(network)


def test_networks_with_filters_of_their_own_are_refused():
    with pytest.raises(ModelError, match="KDownsample2D"):
        set_seamless(unet(
            down_block_types=("DownBlock2D", "KDownBlock2D", "DownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D",) * 4,
        ))  # fmt: skip


@pytest.mark.slow
def test_a_seamless_network_compiles_into_one_graph():
    network = autoencoder().encoder
    set_seamless(network)
    x = torch.rand(1, 4, 64, 128)
    with torch.no_grad():
        compiled = torch.compile(network, backend="eager", fullgraph=True)
        torch.testing.assert_close(compiled(x), network(x))
