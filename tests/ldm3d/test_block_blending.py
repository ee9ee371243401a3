"""Four shifted grids of blocks in one picture."""

from __future__ import annotations

import pytest
import torch

from ldm3d.block_autoencoder import BlockAutoencoder
from ldm3d.block_blending import decode_blended
from ldm3d.decode import decode_latents
from ldm3d.seamless import set_seamless

BLOCK_PX = 8


def mean_codec(seamless: bool = True) -> BlockAutoencoder:
    """An autoencoder that keeps each plane's mean of a block and nothing else."""
    torch.manual_seed(0)
    vae = BlockAutoencoder(
        in_channels=64, out_channels=64, patch_size=4, block_px=BLOCK_PX, depth_curve="linear",
        block_out_channels=(8, 8), down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2, latent_channels=4, norm_num_groups=4,
        linear_encoder=True,
    ).eval()  # fmt: skip
    axes = torch.eye(4).repeat_interleave(BLOCK_PX**2, dim=0) / BLOCK_PX
    vae.begin_linear(torch.zeros(4 * BLOCK_PX**2), axes, torch.ones(4))
    set_seamless(vae, seamless)
    return vae


def largest_step(planes: torch.Tensor) -> float:
    across = (planes - planes.roll(1, -1)).abs().max()
    return float(max(across, planes.diff(dim=-2).abs().max()))


@torch.no_grad()
def test_a_step_from_block_to_block_becomes_a_slope() -> None:
    vae = mean_codec()
    latents = torch.rand(1, 4, 4, 8) * BLOCK_PX
    plain, blended = vae.decode_planes(latents), decode_blended(vae, latents)
    assert largest_step(blended) < 0.4 * largest_step(plain)
    centre = (..., slice(3, None, 8), slice(3, None, 8))  # nearly all of its weight is its own
    torch.testing.assert_close(blended[centre], plain[centre], atol=0.1, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("seamless", [True, False])
def test_an_even_picture_stays_as_it_is_to_its_edges(seamless: bool) -> None:
    vae = mean_codec(seamless)
    latents = (torch.rand(1, 4, 1, 1) * BLOCK_PX).expand(1, 4, 3, 6)
    torch.testing.assert_close(decode_blended(vae, latents), vae.decode_planes(latents))


@torch.no_grad()
def test_a_turned_panorama_is_blended_alike() -> None:
    """Also where cells see their neighbours, on each of the four grids."""
    vae = mean_codec()
    torch.nn.init.normal_(vae.decoder.conv_out.weight, std=0.1)
    latents = torch.rand(1, 4, 4, 8) * BLOCK_PX
    blended = decode_blended(vae, latents)
    assert (blended - decode_blended(mean_codec(), latents)).abs().max() > 0.01
    turned = decode_blended(vae, latents.roll(3, -1))
    torch.testing.assert_close(turned, decode_blended(vae, latents).roll(3 * BLOCK_PX, -1))


@torch.no_grad()
def test_only_what_a_denoiser_made_is_blended() -> None:
    vae = mean_codec()
    latents = torch.rand(2, 4, 4, 8) * BLOCK_PX
    assert torch.equal(decode_latents(vae, latents), vae.decode_planes(latents))
    blended = torch.cat([decode_blended(vae, one[None]) for one in latents])
    assert torch.equal(decode_latents(vae, latents, blend=True), blended)
