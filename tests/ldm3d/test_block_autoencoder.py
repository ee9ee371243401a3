"""Our own small autoencoder in a whole model: loaded, sampled and decoded as any other."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tiny import tiny_model

import ldm3d
from ldm3d.block_autoencoder import BlockAutoencoder, curved, folded, straightened, unfolded
from ldm3d.decode import decode_latents, encode_planes
from ldm3d.depth_codec import Layout
from ldm3d.events import Result
from ldm3d.seamless import set_seamless


def tiny_autoencoder(reach: int = 0) -> BlockAutoencoder:
    torch.manual_seed(0)
    return BlockAutoencoder(
        block_out_channels=(8, 8, 16), latent_channels=4, norm_num_groups=4, linear_reach=reach
    ).eval()  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tiny_model(tmp_path_factory.mktemp("block") / "model")
    tiny_autoencoder().save_pretrained(made / "vae")
    return made


def test_a_model_with_it_is_loaded_and_generates(folder: Path) -> None:
    model = ldm3d.load(folder, device="cpu", dtype="float32")
    assert isinstance(model.vae, BlockAutoencoder)
    assert model.layout is Layout.FOUR
    assert model.factor == 16
    recipe = model.recipe("a meadow", seed=1, steps=2, width=256, height=128)
    result = list(ldm3d.generate(model, recipe))[-1]
    assert isinstance(result, Result)
    assert result.color.shape == (128, 256, 3)
    assert 0 <= result.depth.min() <= result.depth.max() <= 1


def test_planes_come_back_through_a_complete_linear_codec() -> None:
    """With as many numbers as a block has, an orthonormal basis loses nothing."""
    torch.manual_seed(0)
    vae = BlockAutoencoder(
        in_channels=4, out_channels=4, patch_size=1, block_px=2, block_out_channels=(8, 8),
        down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=16, norm_num_groups=4,
    ).eval()  # fmt: skip
    axes, _ = torch.linalg.qr(torch.randn(16, 16))
    vae.begin_linear(torch.rand(16), axes, torch.rand(16) + 0.5)
    planes = torch.rand(2, 4, 8, 16)
    latents = encode_planes(vae, planes)
    assert latents.shape == (2, 16, 4, 8)
    torch.testing.assert_close(decode_latents(vae, latents), planes, atol=1e-4, rtol=0)


def test_a_linear_encoder_is_final_while_the_decoder_learns() -> None:
    torch.manual_seed(0)
    vae = BlockAutoencoder(
        block_out_channels=(8, 8, 16), latent_channels=4, norm_num_groups=4, linear_encoder=True
    )
    axes, _ = torch.linalg.qr(torch.randn(1024, 4))
    vae.begin_linear(torch.rand(1024), axes, torch.rand(4) + 0.5)
    assert not [name for name in vae.state_dict() if name.startswith(("encoder", "quant_conv"))]
    planes = torch.rand(1, 4, 32, 64)
    before = vae.encode_planes(planes)
    optimizer = torch.optim.SGD((p for p in vae.parameters() if p.requires_grad), 0.1)
    for _ in range(2):  # the first step moves nothing but the last layer
        loss = vae.decoded(vae.moments(planes)[0]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert torch.equal(vae.encode_planes(planes), before)
    assert all(p.grad is not None for p in vae.decoder.parameters())


def test_what_weighs_more_in_the_codec_comes_back_nearer() -> None:
    """Two numbers for three independent planes and depth: the weighted one is kept."""
    torch.manual_seed(0)
    planes = torch.rand(1, 4, 16, 16)
    cells = planes.permute(0, 2, 3, 1).reshape(-1, 4)
    lost = []
    for heavy in (0.2, 5.0):
        vae = BlockAutoencoder(
            in_channels=4, out_channels=4, patch_size=1, block_px=1, block_out_channels=(8,),
            down_block_types=("DownEncoderBlock2D",), up_block_types=("UpDecoderBlock2D",),
            latent_channels=2, norm_num_groups=4, linear_encoder=True,
        ).eval()  # fmt: skip
        weight = torch.tensor([1.0, 1.0, 1.0, heavy])
        mean = cells.mean(dim=0)
        values, axes = torch.linalg.eigh(torch.cov(((cells - mean) * weight).T))
        vae.begin_linear(mean, axes.flip(1)[:, :2], values.flip(0)[:2].sqrt(), weight)
        with torch.no_grad():
            back = vae.decoded(vae.moments(planes)[0])
        lost.append(float((back - planes)[:, 3].abs().mean()))
    assert lost[1] < 0.1 * lost[0]


@pytest.mark.parametrize("reach", [0, 1])
def test_it_does_not_know_where_the_picture_begins(reach: int) -> None:
    vae = tiny_autoencoder(reach)
    set_seamless(vae)
    planes = torch.rand(1, 4, 32, 64)
    with torch.no_grad():
        latents = vae.encode_planes(planes)
        turned = vae.encode_planes(planes.roll(16, dims=3))
        torch.testing.assert_close(turned, latents.roll(1, dims=3))
        again = vae.decode_planes(turned)
        torch.testing.assert_close(again, vae.decode_planes(latents).roll(16, dims=3))


def test_an_even_field_is_decoded_alike_at_poles_and_edges() -> None:
    """What lies beyond is as the last cell, or the one on the other side: never nothing."""
    vae = tiny_autoencoder(reach=1)
    latents = torch.randn(1, 4, 1, 1).expand(1, 4, 3, 4)
    for seamless in (True, False):
        set_seamless(vae, seamless)
        with torch.no_grad():
            blocks = vae.linear_decoded(latents)
        torch.testing.assert_close(blocks, blocks.roll((16, 16), dims=(2, 3)))


def test_folding_and_the_root_of_depth_are_undone() -> None:
    planes = torch.rand(1, 4, 8, 16)
    assert torch.equal(unfolded(folded(planes, 4), 4), planes)
    torch.testing.assert_close(straightened(curved(planes, "root"), "root"), planes)
    assert torch.equal(curved(planes, "linear"), planes)
