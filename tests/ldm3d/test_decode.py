"""Are planes decoded right, alike in one piece and in bands, and with 16 bits of depth?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL
from torch import Tensor

from ldm3d import bands
from ldm3d.decode import decode_bytes, decode_latents, encode_planes, preview_planes
from ldm3d.errors import Ldm3dError, ModelError, RequestError
from ldm3d.seamless import is_seamless, set_seamless


def autoencoder(planes: int = 4, latents: int = 4, **changes: Any) -> AutoencoderKL:
    torch.manual_seed(0)
    network = AutoencoderKL(**{
        "in_channels": planes, "out_channels": planes, "latent_channels": latents,
        "block_out_channels": (8, 8, 16, 16), "layers_per_block": 1, "norm_num_groups": 4,
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4, **changes,
    }).eval()  # fmt: skip
    for parameter in network.parameters():  # norms and biases as trained ones are: not 1 and 0
        torch.nn.init.normal_(parameter, mean=parameter.detach().mean().item(), std=0.15)
    return network


def latents(channels: int = 4, batch: int = 1, height: int = 8, width: int = 16) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(batch, channels, height, width, generator=generator)


def by_diffusers(network: AutoencoderKL, scaled: Tensor) -> Tensor:
    with torch.no_grad():
        planes: Tensor = network.decode(scaled / network.config.scaling_factor).sample
    return (planes / 2 + 0.5).clamp(0, 1)


@pytest.mark.parametrize("planes, channels", [(3, 4), (4, 4), (6, 4), (4, 8)])
def test_one_piece_is_what_the_autoencoder_itself_decodes(planes, channels):
    network = autoencoder(planes, channels)
    z = latents(channels, batch=2)
    result = decode_latents(network, z, wrap=False)
    assert result.shape == (2, planes, 64, 128) and result.dtype is torch.float32
    assert result.std() > 0.05 and result.min() >= 0 and result.max() <= 1
    torch.testing.assert_close(result, by_diffusers(network, z), rtol=0, atol=1e-5)


@pytest.mark.parametrize("wrap", [True, False], ids=["wrap", "no-wrap"])
@pytest.mark.parametrize("changes", [
    {}, {"mid_block_add_attention": False}, {"layers_per_block": 2, "act_fn": "gelu"},
    {"block_out_channels": (16, 8, 8, 24)}, {"use_post_quant_conv": False},
], ids=str)  # fmt: skip
def test_bands_of_any_height_decode_to_the_same_picture(changes, wrap):
    network = autoencoder(**changes)
    z = latents(height=7)
    whole = decode_latents(network, z, wrap=wrap)
    for tile in (1, 2, 3, 5, 7, 100):
        banded = decode_latents(network, z, wrap=wrap, tile=tile)
        assert (banded - whole).abs().max() < 2e-5


def test_tiles_of_the_usual_kind_would_not_be_the_same_picture():
    """Bites: two halves decoded each by itself differ a hundred times more than bands may."""
    network, z = autoencoder(), latents()
    whole = decode_latents(network, z, wrap=False)
    halves = torch.cat([decode_latents(network, z[:, :, top:][:, :, :4]) for top in (0, 4)], dim=2)
    assert (halves - whole).abs().max() > 2e-3


def test_bands_turn_with_the_latents():
    network, z = autoencoder(), latents()
    for wrap, low, high in ((True, 0, 2e-5), (False, 1e-3, 1)):
        straight = decode_latents(network, z, tile=2, wrap=wrap)
        turned = decode_latents(network, z.roll(3, -1), tile=2, wrap=wrap)
        assert low <= (turned - straight.roll(24, -1)).abs().max() <= high


@pytest.mark.parametrize("shift", [1e3, -40.0])
def test_statistics_hold_far_from_zero(shift):
    """GroupNorm of maps whose mean is a thousand times their spread."""
    norm = torch.nn.GroupNorm(4, 16, eps=1e-6)
    x = latents(16, height=32, width=64) + shift * torch.linspace(0.9, 1, 16).view(1, -1, 1, 1)
    gathered = bands._Norm.gathered(norm, bands.stored(x), band=5)
    torch.testing.assert_close(gathered(x), norm(x.double().float()), rtol=1e-3, atol=1e-3)
    groups = x.double().view(4, -1)
    variance = groups.var(dim=1, correction=0).repeat_interleave(4).float()
    torch.testing.assert_close(gathered.variance, variance, rtol=1e-5, atol=0)


def test_each_picture_of_a_batch_is_decoded_as_if_alone():
    network, z = autoencoder(), latents(batch=3)
    together = decode_latents(network, z)
    for index in range(3):
        assert torch.equal(
            together[index : index + 1], decode_latents(network, z[index : index + 1])
        )


def test_the_autoencoder_is_left_as_it_was_found():
    network, z = autoencoder(), latents()
    set_seamless(network.encoder)
    decode_latents(network, z, wrap=True)
    assert not is_seamless(network.decoder) and is_seamless(network.encoder)
    set_seamless(network)
    unwrapped = decode_latents(network, z, wrap=False)
    assert is_seamless(network.decoder)
    set_seamless(network, False)
    assert torch.equal(unwrapped, decode_latents(network, z, wrap=False))


@pytest.mark.parametrize("tile", [None, 2])
def test_depth_keeps_more_than_eight_bits_out_of_a_16_bit_autoencoder(tile):
    network = autoencoder().to(torch.bfloat16)
    result = decode_latents(network, latents(), tile=tile)
    assert result.dtype is torch.float32
    depth = result[0, 3]
    inside = depth[(depth > 0.5) & (depth < 1)]
    steps_of_bfloat16 = by_diffusers(network, latents().to(torch.bfloat16))[0, 3].unique().numel()
    assert inside.unique().numel() > 0.9 * inside.numel() > 4 * steps_of_bfloat16
    exact = decode_latents(autoencoder(), latents())
    assert (result - exact).abs().mean() < 0.01


@pytest.mark.parametrize("tile", [None, 3])
def test_channels_last_decodes_to_the_same(tile):
    network, z = autoencoder(), latents()
    plain = decode_latents(network, z, tile=tile)
    network.to(memory_format=torch.channels_last)
    torch.testing.assert_close(decode_latents(network, z, tile=tile), plain, rtol=0, atol=2e-5)


@pytest.mark.parametrize("scaling", [
    {"scaling_factor": 0.18215}, {"scaling_factor": 0.36, "shift_factor": 0.12},
    {"scaling_factor": 0.5, "latents_mean": (0.1, -0.2, 0, 1), "latents_std": (1, 2, 0.5, 1)},
], ids=str)  # fmt: skip
def test_scaling_is_undone_on_the_way_back(scaling):
    network = autoencoder(**scaling)
    planes = torch.rand(2, 4, 32, 64)
    with torch.no_grad():
        moments = [network.encode(2 * one[None] - 1).latent_dist.mode() for one in planes]
    raw = torch.cat(moments)
    encoded = encode_planes(network, planes)
    assert encoded.shape == (2, 4, 4, 8) and encoded.dtype is torch.float32
    factor, shift = network.config.scaling_factor, network.config.shift_factor or 0
    mean = torch.tensor(scaling.get("latents_mean", (0,) * 4)).view(1, -1, 1, 1)
    std = torch.tensor(scaling.get("latents_std", (1,) * 4)).view(1, -1, 1, 1)
    torch.testing.assert_close(encoded, (raw - shift - mean) / std * factor)
    with torch.no_grad():
        expected = (network.decode(raw).sample / 2 + 0.5).clamp(0, 1)
    torch.testing.assert_close(
        decode_latents(network, encoded, wrap=False), expected, rtol=0, atol=1e-5
    )


@pytest.mark.parametrize("size, max_cells, shape", [
    ((8, 16), 512, (64, 128)), ((8, 16), 32, (32, 64)), ((32, 64), 512, (128, 256)),
    ((24, 40), 100, (48, 80)), ((8, 16), 1, (8, 8)), ((4, 100), 64, (8, 264)),
    ((4, 100), 10, (8, 80)),
])  # fmt: skip
def test_previews_stay_under_their_number_of_cells(size, max_cells, shape):
    network = autoencoder()
    preview = preview_planes(network, latents(batch=2, height=size[0], width=size[1]), max_cells)
    assert preview.shape == (2, 4, *shape)
    assert shape[0] * shape[1] <= 64 * max_cells
    assert preview.dtype is torch.float32


def test_a_preview_shows_the_picture_small():
    """Latents with large structures: the preview is close to the averaged picture."""
    network = autoencoder()
    z = torch.nn.functional.interpolate(latents(height=2, width=4), size=(16, 32), mode="bicubic")
    whole = torch.nn.functional.avg_pool2d(decode_latents(network, z), 4)
    preview = preview_planes(network, z, 32)
    assert preview.shape == whole.shape
    both = torch.stack([preview[0].flatten(), whole[0].flatten()])
    assert torch.corrcoef(both)[0, 1] > 0.5


def test_a_preview_wraps_if_the_autoencoder_does():
    network, z = autoencoder(), latents(height=16, width=32)
    set_seamless(network)
    straight, turned = (preview_planes(network, x, 128) for x in (z, z.roll(4, -1)))
    torch.testing.assert_close(turned, straight.roll(16, -1), rtol=0, atol=1e-4)


def test_overflow_is_an_error_with_a_way_on():
    with pytest.raises(Ldm3dError, match="float32: use bfloat16 or float32"):
        decode_latents(autoencoder(), torch.full((1, 4, 2, 4), float("nan")))


@pytest.mark.parametrize("tile", [0, -3])
def test_tiles_without_rows_are_refused(tile):
    with pytest.raises(RequestError, match="at least 1 latent row"):
        decode_latents(autoencoder(), latents(), tile=tile)


def test_decoders_of_other_blocks_are_decoded_whole_and_refused_in_bands():
    network = autoencoder(up_block_types=("UpDecoderBlock2D",) * 3 + ("AttnUpDecoderBlock2D",))
    z = latents(height=2, width=4)
    torch.testing.assert_close(
        decode_latents(network, z, wrap=False), by_diffusers(network, z), rtol=0, atol=1e-5
    )
    with pytest.raises(ModelError, match="AttnUpDecoderBlock2D: decode it in one piece"):
        decode_latents(network, z, tile=1)


def test_bands_hold_less_memory_than_one_piece():
    """Counts what the tensors themselves take at the worst moment, by torch's own profiler."""
    network = autoencoder(block_out_channels=(32, 64, 64, 64), norm_num_groups=8)
    z = latents(height=16, width=32)
    whole = _peak_bytes(lambda: decode_latents(network, z))
    banded = _peak_bytes(lambda: decode_latents(network, z, tile=1))
    assert banded < 0.45 * whole
    assert decode_bytes(network, 256, 128) == pytest.approx(whole, rel=0.3)
    assert decode_bytes(network, 256, 128, tile=1) == pytest.approx(banded, rel=0.3)


def _peak_bytes(run: Any) -> int:
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        run()
    events = [e for e in recorded.profiler.kineto_results.events() if e.name() == "[memory]"]
    events.sort(key=lambda e: e.start_ns())
    return int(np.cumsum([e.nbytes() for e in events]).max())
