from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from ldm3d.errors import InputError, ModelError, RequestError
from ldm3d.lora import applied
from ldm3d.recipe import Lora
from ldm3d.seamless import set_seamless

RANK, ALPHA = 2, 3.0
BLOCK = "down_blocks.0.attentions.0.transformer_blocks.0"
QUERY, OUT = f"{BLOCK}.attn1.to_q", f"{BLOCK}.attn2.to_out.0"
FEED, CONV, POINT = (
    f"{BLOCK}.ff.net.0.proj",
    "down_blocks.0.resnets.0.conv1",
    ("down_blocks.0.attentions.0.proj_in"),
)
TEXT_QUERY, TEXT_FEED = "encoder.layers.0.self_attn.q_proj", "encoder.layers.1.mlp.fc1"
TEXT_OUT = "encoder.layers.1.self_attn.out_proj"


@pytest.fixture(scope="module")
def networks(tiny_folder: Path) -> Any:
    from diffusers import UNet2DConditionModel
    from transformers import CLIPTextModel

    return SimpleNamespace(
        unet=UNet2DConditionModel.from_pretrained(tiny_folder / "unet"),
        text=CLIPTextModel.from_pretrained(tiny_folder / "text_encoder"),
    )


def factors(module: Any, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """Random down and up matrices for a layer."""
    generator = torch.manual_seed(seed)
    out, *inner = module.weight.shape
    tail = (1, 1) if len(inner) == 3 else ()
    down = torch.randn(RANK, *inner, generator=generator) * 0.1
    return down, torch.randn(out, RANK, *tail, generator=generator) * 0.1


def layer(network: Any, name: str) -> Any:
    return network.get_submodule(name)


def delta(module: Any, seed: int = 1) -> torch.Tensor:
    """B @ A, written out index by index instead of as the code does it."""
    down, up = factors(module, seed)
    if down.ndim == 4:
        return torch.einsum("or,rikl->oikl", up[:, :, 0, 0], down)
    return torch.einsum("or,ri->oi", up, down)


def weights(networks: Any) -> dict[str, torch.Tensor]:
    return {
        f"{part}.{key}": value.clone()
        for part in ("unet", "text")
        for key, value in getattr(networks, part).state_dict().items()
    }


def assert_changed(
    networks: Any, before: Mapping[str, torch.Tensor], deltas: Mapping[str, torch.Tensor]
) -> None:
    """These layers have moved by these deltas, and nothing else has."""
    for key, value in weights(networks).items():
        name = key.removesuffix(".weight")
        if name in deltas:
            assert (value - before[key] - deltas[name]).abs().max() < 1e-6, key
            assert deltas[name].abs().max() > 1e-3
        else:
            assert torch.equal(value, before[key]), key


def assert_same(networks: Any, before: Mapping[str, torch.Tensor]) -> None:
    assert_changed(networks, before, {})


def saved(path: Path, pairs: Mapping[str, torch.Tensor], **metadata: str) -> str:
    save_file({k: v.clone().contiguous() for k, v in pairs.items()}, path, metadata or None)
    return str(path)


def file_of(
    path: Path, networks: Any, pattern: Mapping[str, str], alpha: float | None = None
) -> str:
    """Write a LoRA: `pattern` maps "unet.<layer>" or "text.<layer>" to the key's format string.

    Its `{role}` becomes what the layout calls down and up, which stands behind the #.
    """
    tensors = {}
    for name, whole in pattern.items():
        part, _, inner = name.partition(".")
        down, up = factors(layer(getattr(networks, part), inner))
        form, _, roles = whole.partition("#")
        for role, tensor in zip(roles.split("|"), (down, up), strict=True):
            tensors[form.format(role=role)] = tensor
        if alpha is not None:
            stem = form.split(".lora_{role}")[0]
            tensors[f"{stem}.alpha"] = torch.tensor(alpha)
    return saved(path, tensors)


def kohya(name: str) -> str:
    return name.replace(".", "_") + ".lora_{role}.weight#down|up"


LAYOUTS: Mapping[str, Mapping[str, str]] = {
    "kohya": {
        f"unet.{QUERY}": "lora_unet_" + kohya(QUERY),
        f"unet.{OUT}": "lora_unet_" + kohya(OUT),
        f"unet.{FEED}": "lora_unet_" + kohya(FEED),
        f"unet.{CONV}": "lora_unet_" + kohya(CONV),
        f"unet.{POINT}": "lora_unet_" + kohya(POINT),
        f"text.{TEXT_QUERY}": "lora_te_text_model_" + kohya(TEXT_QUERY),
        f"text.{TEXT_FEED}": "lora_te1_text_model_" + kohya(TEXT_FEED),
    },
    "diffusers, oldest": {
        f"unet.{QUERY}": f"{BLOCK}.attn1.processor.to_q_lora.{{role}}.weight#down|up",
        f"unet.{OUT}": f"{BLOCK}.attn2.processor.to_out_lora.{{role}}.weight#down|up",
    },
    "diffusers, old": {
        f"unet.{QUERY}": f"unet.{BLOCK}.attn1.processor.to_q_lora.{{role}}.weight#down|up",
        f"unet.{OUT}": f"unet.{BLOCK}.attn2.processor.to_out_lora.{{role}}.weight#down|up",
        f"text.{TEXT_QUERY}": (
            "text_encoder.text_model.encoder.layers.0.self_attn.to_q_lora.{role}.weight#down|up"
        ),
        f"text.{TEXT_OUT}": (
            "text_encoder.text_model.encoder.layers.1.self_attn.to_out_lora.{role}.weight#down|up"
        ),
    },
    "diffusers": {
        f"unet.{QUERY}": f"unet.{QUERY}.lora.{{role}}.weight#down|up",
        f"unet.{FEED}": f"unet.{FEED}.lora.{{role}}.weight#down|up",
        f"text.{TEXT_QUERY}": (
            f"text_encoder.text_model.{TEXT_QUERY}.lora_linear_layer.{{role}}.weight#down|up"
        ),
    },
    "diffusers through peft": {
        f"unet.{QUERY}": f"unet.{QUERY}.lora_{{role}}.weight#A|B",
        f"unet.{OUT}": f"unet.{OUT}.lora_{{role}}.weight#A|B",
        f"unet.{CONV}": f"unet.{CONV}.lora_{{role}}.weight#A|B",
        f"text.{TEXT_QUERY}": f"text_encoder.text_model.{TEXT_QUERY}.lora_{{role}}.weight#A|B",
        f"text.{TEXT_FEED}": f"text_encoder.{TEXT_FEED}.lora_{{role}}.weight#A|B",
    },
    "peft, UNet": {
        f"unet.{QUERY}": f"base_model.model.{QUERY}.lora_{{role}}.weight#A|B",
        f"unet.{OUT}": f"base_model.model.{OUT}.lora_{{role}}.default.weight#A|B",
    },
    "peft, text encoder": {
        f"text.{TEXT_QUERY}": f"base_model.model.text_model.{TEXT_QUERY}.lora_{{role}}.weight#A|B",
    },
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_weight_plus_scale_times_b_a(
    layout: str, networks: Any, tmp_path: Path
) -> None:
    pattern = LAYOUTS[layout]
    path = file_of(tmp_path / "style.safetensors", networks, pattern)
    before = weights(networks)
    deltas = {name: 0.7 * delta(layer(getattr(networks, name[:4]), name[5:])) for name in pattern}
    with applied(networks.unet, networks.text, [Lora(path, 0.7)]) as notes:
        assert notes == ()
        assert_changed(networks, before, deltas)
    assert_same(networks, before)


def test_kohyas_alpha_is_divided_by_the_rank(networks: Any, tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.safetensors", networks, LAYOUTS["kohya"], alpha=ALPHA)
    before = weights(networks)
    deltas = {
        name: 0.5 * ALPHA / RANK * delta(layer(getattr(networks, name[:4]), name[5:]))
        for name in LAYOUTS["kohya"]
    }
    with applied(networks.unet, networks.text, [Lora(path, 0.5)]):
        assert_changed(networks, before, deltas)


@pytest.mark.parametrize(
    ("config", "factor"),
    [
        ({"lora_alpha": 6, "r": RANK}, 6 / RANK),
        ({"lora_alpha": 6, "use_rslora": True}, 6 / RANK**0.5),
        ({"lora_alpha": 6, "alpha_pattern": {"attn1.to_q": 1}}, 1 / RANK),
        ({"lora_alpha": 6, "alpha_pattern": {"attn2.to_q": 1}}, 6 / RANK),
    ],
)
@pytest.mark.parametrize("where", ["header", "beside"])
def test_pefts_alpha_is_found_in_the_header_and_beside_the_file(
    where: str, config: dict[str, Any], factor: float, networks: Any, tmp_path: Path
) -> None:
    down, up = factors(layer(networks.unet, QUERY))
    path = tmp_path / "adapter_model.safetensors"
    prefix = "unet." if where == "header" else "base_model.model."
    pair = {f"{prefix}{QUERY}.lora_A.weight": down, f"{prefix}{QUERY}.lora_B.weight": up}
    if where == "header":
        told = {f"unet.{key}": value for key, value in config.items()}
        saved(path, pair, lora_adapter_metadata=json.dumps(told))
    else:
        saved(path, pair)
        (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    before = weights(networks)
    with applied(networks.unet, networks.text, [Lora(str(path))]):
        deltas = {f"unet.{QUERY}": factor * delta(layer(networks.unet, QUERY))}
        assert_changed(networks, before, deltas)


@pytest.mark.parametrize("layout", ["kohya", "diffusers, old", "diffusers through peft"])
def test_the_unet_is_what_diffusers_own_loader_makes_of_the_file(
    layout: str, networks: Any, tiny_folder: Path, tmp_path: Path
) -> None:
    from diffusers import StableDiffusionPipeline, UNet2DConditionModel

    pattern = {k: v for k, v in LAYOUTS[layout].items() if k.startswith("unet.")}
    alpha = ALPHA if layout == "kohya" else None
    path = file_of(tmp_path / "style.safetensors", networks, pattern, alpha)
    theirs = UNet2DConditionModel.from_pretrained(tiny_folder / "unet")
    state, alphas = StableDiffusionPipeline.lora_state_dict(path)
    StableDiffusionPipeline.load_lora_into_unet(state, alphas, theirs)
    theirs.fuse_lora(lora_scale=0.7)
    with applied(networks.unet, networks.text, [Lora(path, 0.7)]):
        for name in pattern:
            ours = layer(networks.unet, name[5:]).weight
            reference = layer(theirs, name[5:]).base_layer.weight
            assert (ours - reference).abs().max() < 1e-6, name


def test_several_files_are_added_up(networks: Any, tmp_path: Path) -> None:
    one = file_of(tmp_path / "1.safetensors", networks, LAYOUTS["diffusers"])
    two = file_of(tmp_path / "2.safetensors", networks, LAYOUTS["peft, UNet"])
    before = weights(networks)
    with applied(networks.unet, networks.text, [Lora(one, 0.5), Lora(two, -0.2)]):
        step = weights(networks)[f"unet.{QUERY}.weight"] - before[f"unet.{QUERY}.weight"]
        assert (step - 0.3 * delta(layer(networks.unet, QUERY))).abs().max() < 1e-6
    assert_same(networks, before)


def test_no_files_change_nothing(networks: Any) -> None:
    before = weights(networks)
    with applied(networks.unet, networks.text, []) as notes:
        assert notes == ()
        assert_same(networks, before)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_bits_dtype_seamless_and_memory_format_come_back(
    dtype: torch.dtype, tiny_folder: Path, tmp_path: Path, networks: Any
) -> None:
    from diffusers import UNet2DConditionModel

    path = file_of(tmp_path / "a.safetensors", networks, LAYOUTS["kohya"])
    unet = UNet2DConditionModel.from_pretrained(tiny_folder / "unet", torch_dtype=dtype)
    unet = unet.to(memory_format=torch.channels_last)
    set_seamless(unet, True)
    conv = layer(unet, CONV)
    before, kind = conv.weight.detach().clone(), type(conv)
    with applied(unet, networks.text, [Lora(path)]):
        assert conv.weight.dtype == dtype and type(conv) is kind
        assert conv.weight.is_contiguous(memory_format=torch.channels_last)
        wanted = (before.float() + delta(conv)).to(dtype)
        assert (conv.weight - wanted).abs().max() <= (0 if dtype == torch.bfloat16 else 1e-6)
        with torch.no_grad():
            unet(torch.zeros(1, 4, 8, 8, dtype=dtype), 1, torch.zeros(1, 3, 32, dtype=dtype))
    assert torch.equal(conv.weight, before)
    assert conv.weight.is_contiguous(memory_format=torch.channels_last)


def test_an_error_inside_puts_the_weights_back(networks: Any, tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.safetensors", networks, LAYOUTS["kohya"])
    before = weights(networks)
    with (
        pytest.raises(ZeroDivisionError),
        applied(networks.unet, networks.text, [Lora(path)]),
    ):
        raise ZeroDivisionError
    assert_same(networks, before)


def test_layers_the_model_does_not_have_are_told_and_the_rest_is_used(
    networks: Any, tmp_path: Path
) -> None:
    down, up = factors(layer(networks.unet, QUERY))
    path = saved(
        tmp_path / "style.safetensors",
        {
            f"unet.{QUERY}.lora_A.weight": down,
            f"unet.{QUERY}.lora_B.weight": up,
            f"unet.{QUERY}.lora_magnitude_vector": torch.ones(3),
            "text_encoder_2.encoder.layers.0.mlp.fc1.lora_A.weight": down,
            "text_encoder_2.encoder.layers.0.mlp.fc1.lora_B.weight": up,
            **{f"unet.{name}.lora_A.weight": down for name in ("alone", "b", "c", "d")},
        },
    )
    before = weights(networks)
    with applied(networks.unet, networks.text, [Lora(path)]) as notes:
        assert_changed(networks, before, {f"unet.{QUERY}": delta(layer(networks.unet, QUERY))})
    assert notes == (
        "not used of style.safetensors's 6 layers, as this model has none such: "
        "text_encoder_2.encoder.layers.0.mlp.fc1, unet.alone, unet.b and 2 more",
        "not used of style.safetensors, as they are no plain LoRA: "
        f"unet.{QUERY}.lora_magnitude_vector",
    )


def refused(networks: Any, lora: Lora, error: type[Exception]) -> str:
    """The one line; the weights are untouched."""
    before = weights(networks)
    with (
        pytest.raises(error) as caught,
        applied(networks.unet, networks.text, [lora]),
    ):
        pass
    assert_same(networks, before)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_file_for_another_size_of_model_is_refused_before_anything_changes(
    networks: Any, tmp_path: Path
) -> None:
    down, up = factors(layer(networks.unet, QUERY))
    path = saved(
        tmp_path / "sdxl.safetensors",
        {
            f"unet.{QUERY}.lora_A.weight": down,
            f"unet.{QUERY}.lora_B.weight": up,
            f"unet.{OUT}.lora_A.weight": torch.zeros(4, 640),
            f"unet.{OUT}.lora_B.weight": torch.zeros(640, 4),
        },
    )
    text = refused(networks, Lora(path), ModelError)
    assert "another kind of model" in text and "(4, 640)" in text and "(32, 32)" in text


def test_a_file_none_of_whose_layers_is_known_is_refused(networks: Any, tmp_path: Path) -> None:
    path = saved(
        tmp_path / "flux.safetensors",
        {
            "transformer.blocks.0.attn.lora_A.weight": torch.zeros(2, 8),
            "transformer.blocks.0.attn.lora_B.weight": torch.zeros(8, 2),
        },
    )
    assert "none of its 1 layers" in refused(networks, Lora(path), ModelError)


def test_a_file_without_low_rank_pairs_is_refused(networks: Any, tmp_path: Path) -> None:
    path = saved(tmp_path / "x.safetensors", {"lora_unet_a.hada_w1_a": torch.zeros(2, 8)})
    assert "found none" in refused(networks, Lora(path), ModelError)


def test_values_that_are_no_numbers_are_refused(networks: Any, tmp_path: Path) -> None:
    down, up = factors(layer(networks.unet, QUERY))
    down[0, 0] = torch.nan
    pair = {f"unet.{QUERY}.lora_A.weight": down, f"unet.{QUERY}.lora_B.weight": up}
    path = saved(tmp_path / "nan.safetensors", pair)
    assert "no numbers" in refused(networks, Lora(path), ModelError)


def test_a_missing_file_is_named(networks: Any, tmp_path: Path) -> None:
    text = refused(networks, Lora(str(tmp_path / "none.safetensors")), InputError)
    assert "none.safetensors" in text and "No such file" in text


def test_a_folder_is_not_a_file(networks: Any, tmp_path: Path) -> None:
    assert "directory" in refused(networks, Lora(str(tmp_path)), InputError)


@pytest.mark.parametrize("name", ["style.bin", "style.safetensors"])
@pytest.mark.parametrize("writer", ["pickle", "torch"])
def test_a_pickle_is_refused_whatever_it_is_called(
    name: str, writer: str, networks: Any, tmp_path: Path
) -> None:
    path = tmp_path / name
    if writer == "pickle":
        path.write_bytes(pickle.dumps({"a": 1}))
    else:
        torch.save({"a": torch.zeros(1)}, path)
    assert "pickle, which can run code" in refused(networks, Lora(str(path)), InputError)


def test_another_ending_is_refused(networks: Any, tmp_path: Path) -> None:
    path = tmp_path / "style.txt"
    path.write_text("hello")
    assert "called style.txt" in refused(networks, Lora(str(path)), InputError)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_half_a_file_is_called_damaged(share: float, networks: Any, tmp_path: Path) -> None:
    path = Path(file_of(tmp_path / "a.safetensors", networks, LAYOUTS["kohya"]))
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    assert "is damaged" in refused(networks, Lora(str(path)), InputError)


def test_a_scale_that_is_not_finite_is_refused(networks: Any, tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.safetensors", networks, LAYOUTS["kohya"])
    assert "finite" in refused(networks, Lora(path, float("nan")), RequestError)
