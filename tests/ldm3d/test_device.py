import subprocess
import sys

import pytest
import torch
from diffusers import AutoencoderKL

from ldm3d import device as device_module
from ldm3d.device import bfloat16_gain, choose_device, choose_dtype, compile_module, prepare
from ldm3d.errors import RequestError

CPU = torch.device("cpu")


def pretend_devices(monkeypatch, **counts):
    """Stand in for other machines: what torch would report there, kind by kind."""
    monkeypatch.setattr(device_module, "device_count", lambda kind: counts.get(kind, 0))


def test_the_fastest_kind_of_device_is_taken(monkeypatch):
    pretend_devices(monkeypatch, cuda=2, mps=1, cpu=1)
    assert choose_device() == choose_device("auto") == torch.device("cuda")
    pretend_devices(monkeypatch, mps=1, cpu=1)
    assert choose_device() == torch.device("mps")
    pretend_devices(monkeypatch, cpu=1)
    assert choose_device() == CPU


def test_a_named_device_is_taken_if_it_exists(monkeypatch):
    pretend_devices(monkeypatch, cuda=2, cpu=1)
    assert choose_device("cpu") == CPU
    assert choose_device("cuda:1") == torch.device("cuda", 1)
    with pytest.raises(RequestError, match="cuda:2, torch finds only cuda, cpu"):
        choose_device("cuda:2")
    with pytest.raises(RequestError, match="mps, torch finds only"):
        choose_device("mps")


@pytest.mark.parametrize("name", ["gpu", "cuda:-1", "cuda:one", "", "CPU "])
def test_an_unknown_name_is_refused_in_one_line(name):
    with pytest.raises(RequestError, match="want auto, cpu, cuda") as caught:
        choose_device(name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("gain", "dtype"), [(0.4, torch.float32), (1.1, torch.float32), (2.5, torch.bfloat16)]
)
def test_a_cpu_gets_bf16_only_where_it_measured_faster(monkeypatch, gain, dtype):
    monkeypatch.setattr(device_module, "bfloat16_gain", lambda: gain)
    assert choose_dtype(CPU) == dtype


def test_the_measurement_agrees_with_the_instructions_the_cpu_has():
    gain = bfloat16_gain()
    if torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported():
        assert gain > device_module.BFLOAT16_GAIN
    else:
        assert gain > 0.01
    assert bfloat16_gain() is gain  # once a process


def test_measuring_leaves_random_numbers_and_threads_as_they_were():
    torch.manual_seed(3)
    wanted, threads = torch.rand(4), torch.get_num_threads()
    torch.manual_seed(3)
    bfloat16_gain.cache_clear()
    bfloat16_gain()
    assert torch.equal(torch.rand(4), wanted)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_prepared_network_is_ready_to_run_and_says_the_same(dtype):
    vae = AutoencoderKL(block_out_channels=(32,), norm_num_groups=4).train()
    latents = torch.randn(1, 4, 8, 8)
    with torch.no_grad():
        wanted = vae.decode(latents).sample
        prepare(vae, CPU, dtype)
        got = vae.decode(latents.to(dtype)).sample
    assert not vae.training
    assert not any(parameter.requires_grad for parameter in vae.parameters())
    assert vae.dtype == dtype
    assert vae.decoder.conv_in.weight.is_contiguous(memory_format=torch.channels_last)
    assert torch.allclose(got.float(), wanted, atol=1e-4 if dtype == torch.float32 else 0.1)


def test_compiling_is_refused_where_it_does_not_pay():
    with pytest.raises(RequestError, match="CUDA device to compile for, got cpu"):
        compile_module(torch.nn.Linear(2, 2))


def test_importing_the_choice_of_device_does_not_import_torch():
    code = (
        "import sys, ldm3d.device, ldm3d.memory, ldm3d.free_memory; print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
