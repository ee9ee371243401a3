from dataclasses import replace

import numpy as np
import pytest
import torch

from bench.generation import (
    Bench,
    Clock,
    assert_same,
    bare_loop,
    count_flops,
    in_turns,
    our_picture,
)
from bench.random_model import networks_on_meta, random_model
from ldm3d.memory import weight_bytes

CPU = torch.device("cpu")
# diffusers' schedulers hand tensors to np.array, which NumPy 2 warns of; nothing of ours.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def small_model():
    return random_model("small", CPU, torch.float32)


@pytest.fixture(scope="module")
def pictures(small_model):
    recipe = small_model.recipe(
        "a room", seed=1, steps=3, width=256, height=128, seamless=False, guidance=5.0,
        scheduler="dpm++2m-karras",
    )  # fmt: skip
    return bare_loop(small_model, recipe), our_picture(small_model, recipe)


@pytest.mark.slow
def test_the_bare_loop_makes_the_same_picture_as_the_pipeline(pictures):
    bare, ours = pictures
    assert_same(bare, ours, torch.float32)
    assert bare.color.shape == (128, 256, 3)


@pytest.mark.slow
def test_another_picture_and_an_empty_one_are_noticed(pictures):
    bare, ours = pictures
    with pytest.raises(AssertionError, match="different pictures"):
        assert_same(bare, replace(ours, depth=np.roll(ours.depth, 40, axis=1)), torch.float32)
    with pytest.raises(AssertionError, match="different pictures"):
        assert_same(bare, replace(ours, color=255 - ours.color), torch.float32)
    grey = np.full_like(ours.color, 128)
    with pytest.raises(AssertionError, match="contrast 0"):
        assert_same(replace(bare, color=grey), replace(ours, color=grey), torch.float32)


def test_the_full_size_has_the_parameters_of_ldm3d():
    sizes = [weight_bytes(network) / 2e6 for network in networks_on_meta("full", torch.bfloat16)]
    assert sizes == pytest.approx([859.5, 83.7, 123.1], abs=0.1)


@pytest.mark.slow
def test_the_counted_flops_are_those_of_stable_diffusion():
    unet, decoder = count_flops("full", 1024, 512)
    assert unet / 1e12 == pytest.approx(1.85, abs=0.01)
    assert decoder / 1e12 == pytest.approx(5.10, abs=0.01)


def test_random_weights_are_filled_and_repeat(small_model):
    for network in (small_model.unet, small_model.vae, small_model.text_encoder):
        for parameter in network.parameters():
            assert torch.isfinite(parameter).all()
    again = random_model("small", CPU, torch.float32)
    assert torch.equal(again.unet.conv_in.weight, small_model.unet.conv_in.weight)


def test_contenders_take_turns_and_change_their_order():
    calls = []
    contenders = {"bare": lambda: calls.append("bare"), "ours": lambda: calls.append("ours")}
    elapsed, quiet = in_turns(contenders, 2, Clock(CPU))
    assert calls == ["bare", "ours", "ours", "bare"]
    assert all(len(times) == 2 for times in (*elapsed.values(), *quiet.values()))


@pytest.mark.slow
def test_the_default_is_cheap_enough_in_flops(capsys):
    assert Bench(CPU, [torch.float32], (512, 256)).print_flops() == 0
    assert "times cheaper (target >= 2.5): reached" in capsys.readouterr().out
