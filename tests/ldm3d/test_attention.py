import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor2_0

from ldm3d import attention as attention_module
from ldm3d.attention import MatrixAttention, attention, choose_attention, set_matrix_attention


def small_unet(seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return (
            UNet2DConditionModel(
                block_out_channels=(32, 64), norm_num_groups=16, layers_per_block=1,
                attention_head_dim=4, cross_attention_dim=32,
                down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
                up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
            )
            .eval()
            .requires_grad_(False)
        )  # fmt: skip


def processors(unet):
    return {type(processor) for processor in unet.attn_processors.values()}


@pytest.mark.parametrize(
    ("rows", "context", "channels", "scores"),
    [(40, 40, 8, 2**20), (100, 7, 16, 2**20), (100, 100, 8, 2500), (33, 200, 4, 1)],
)
def test_blocks_of_any_size_give_the_attention_of_torch(
    monkeypatch, rows, context, channels, scores
):
    monkeypatch.setattr(attention_module, "BLOCK_SCORES", scores)
    torch.manual_seed(1)
    query = torch.randn(2, rows, 3, channels).transpose(1, 2)
    key, value = torch.randn(2, 2, 3, context, channels)
    wanted = F.scaled_dot_product_attention(query, key, value)
    assert torch.allclose(attention(query, key, value), wanted, atol=1e-5)


def test_a_unet_says_the_same_with_either_attention():
    unet = small_unet()
    latents, text = torch.randn(2, 4, 16, 32), torch.randn(2, 5, 32)
    with torch.no_grad():
        wanted = unet(latents, 500, encoder_hidden_states=text)[0]
        set_matrix_attention(unet, True)
        assert processors(unet) == {MatrixAttention}
        got = unet(latents, 500, encoder_hidden_states=text)[0]
        set_matrix_attention(unet, False)
        assert processors(unet) == {AttnProcessor2_0}
        again = unet(latents, 500, encoder_hidden_states=text)[0]
    assert torch.allclose(got, wanted, atol=1e-5)
    assert torch.equal(again, wanted)


def test_in_bf16_the_unet_is_as_near_to_fp32_as_with_the_fused_attention():
    unet = small_unet()
    torch.manual_seed(2)
    latents, text = torch.randn(1, 4, 32, 64), torch.randn(1, 5, 32)
    errors = []
    with torch.no_grad():
        wanted = unet(latents, 500, encoder_hidden_states=text)[0]
        torch.nn.Module.to(unet, torch.bfloat16)
        for on in (False, True):
            set_matrix_attention(unet, on)
            got = unet(latents.bfloat16(), 500, encoder_hidden_states=text.bfloat16())[0]
            errors.append((got.float() - wanted).norm() / wanted.norm())
    assert errors[1] < 1.3 * errors[0] < 0.1


@pytest.mark.parametrize(
    ("gain", "dtype", "device", "kind"),
    [
        (1.7, torch.bfloat16, "cpu", MatrixAttention),
        (1.1, torch.bfloat16, "cpu", AttnProcessor2_0),
        (1.7, torch.bfloat16, "cuda", AttnProcessor2_0),
        (1.7, torch.float32, "cpu", AttnProcessor2_0),
    ],
)
def test_only_bf16_on_a_cpu_that_gains_is_changed(monkeypatch, gain, dtype, device, kind):
    monkeypatch.setattr(attention_module, "attention_gain", lambda: gain)
    unet = torch.nn.Module.to(small_unet(), dtype)
    assert choose_attention(unet, torch.device(device)) is (kind is MatrixAttention)
    assert processors(unet) == {kind}


def test_with_gradients_the_fused_attention_runs_and_they_flow():
    unet = small_unet()
    set_matrix_attention(unet, True)
    latents = torch.randn(1, 4, 16, 16, requires_grad=True)
    unet(latents, 500, encoder_hidden_states=torch.randn(1, 5, 32))[0].sum().backward()
    assert latents.grad is not None
    assert latents.grad.abs().sum() > 0


def test_the_gain_is_measured_once_and_is_a_ratio():
    gain = attention_module.attention_gain()
    assert 0.05 < gain < 50
    assert attention_module.attention_gain() is gain
