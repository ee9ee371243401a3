"""Loading a model's folder: every layout, and every way in which a folder can be wrong."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import ldm3d
from ldm3d.depth_codec import Layout
from ldm3d.errors import ModelError, ModelNotFoundError, RequestError
from ldm3d.model_folder import fingerprint
from tests.ldm3d.tiny import tiny_model


@pytest.fixture
def folder(tiny_folder: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(tiny_folder, tmp_path / "model"))


def changed(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.mark.parametrize("layout", Layout)
def test_a_folder_of_either_layout_is_loaded(tmp_path: Path, layout: Layout) -> None:
    model = ldm3d.load(tiny_model(tmp_path, layout), device="cpu", dtype="float32")
    assert model.layout is layout
    assert model.vae.config.out_channels == 3 + layout.depth_channels
    assert not model.unet.training
    assert not any(p.requires_grad for p in model.unet.parameters())


def test_defaults_and_range_of_our_own_models_are_read(tmp_path: Path) -> None:
    info = {"defaults": {"steps": 8, "width": 512, "height": 256, "odd": 1}, "near_m": 0.6}
    model = ldm3d.load(tiny_model(tmp_path, info=info), device="cpu", dtype="float32")
    recipe = model.recipe("a forest", guidance=None)
    assert (recipe.steps, recipe.width, recipe.guidance, recipe.seamless) == (8, 512, 5.0, True)
    assert (model.near_m, model.far_m) == (0.6, float("inf"))
    with pytest.raises(RequestError, match="got speed"):
        model.recipe("a forest", speed=3)


def test_loading_tells_how_far_it_is(tiny_folder: Path) -> None:
    told: list[float] = []
    ldm3d.load(tiny_folder, device="cpu", dtype="float32", progress=told.append)
    assert told == sorted(told) and told[0] == 0 and told[-1] == 1


def test_bin_files_are_read_when_there_are_no_safetensors(folder: Path) -> None:
    import torch
    from safetensors.torch import load_file

    for part, old, new in (
        ("unet", "diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.bin"),
        ("vae", "diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.bin"),
        ("text_encoder", "model.safetensors", "pytorch_model.bin"),
    ):
        torch.save(load_file(folder / part / old), folder / part / new)
        (folder / part / old).unlink()
    model = ldm3d.load(folder, device="cpu", dtype="float32")
    assert model.layout is Layout.FOUR


class Trap:
    """A pickle that runs code when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (Path.touch, (self.path,))


def test_a_pickle_with_code_is_refused_and_not_run(folder: Path, tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(pickle.dumps(Trap(sprung)))
    with pytest.raises(ModelError, match="cannot load"):
        ldm3d.load(folder, device="cpu", dtype="float32")
    assert not sprung.exists()


def halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


WEIGHTS = "diffusion_pytorch_model.safetensors"
DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "half a file": (lambda f: halve(f / "unet" / WEIGHTS), "damaged or was cut off"),
    "no weights": (lambda f: (f / "vae" / WEIGHTS).unlink(), "want weights"),
    "no part": (lambda f: shutil.rmtree(f / "text_encoder"), "not a whole model"),
    "no tokenizer": (lambda f: shutil.rmtree(f / "tokenizer"), "want tokenizer.json"),
    "no JSON": (lambda f: (f / "unet" / "config.json").write_text("{"), "cannot read"),
    "a list": (lambda f: (f / "unet" / "config.json").write_text("[]"), "want a JSON object"),
    "super-resolution": (
        lambda f: changed(f / "unet" / "config.json", in_channels=8), "super-resolution",
    ),
    "no UNet of ours": (
        lambda f: changed(f / "unet" / "config.json", in_channels=5), "5 in and 4 out",
    ),
    "two models": (
        lambda f: changed(f / "unet" / "config.json", cross_attention_dim=768), "two models",
    ),
    "6 channels called 4": (
        lambda f: changed(f / "vae" / "config.json", in_channels=6, out_channels=6),
        "configured for 6 channels and its weights have 4",
    ),
    "another width": (
        lambda f: changed(f / "unet" / "config.json", block_out_channels=[32, 128]), "unet",
    ),
    "no scheduler": (lambda f: shutil.rmtree(f / "scheduler"), "scheduler_config.json"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_wrong_folder_is_refused_in_one_line(folder: Path, damage: str) -> None:
    harm, words = DAMAGE[damage]
    harm(folder)
    with pytest.raises(ModelError, match=words) as caught:
        ldm3d.load(folder, device="cpu", dtype="float32")
    assert "\n" not in str(caught.value)


def test_a_plain_stable_diffusion_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="makes no depth"):
        ldm3d.load(tiny_model(tmp_path, "color-only"), device="cpu", dtype="float32")


def test_any_other_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"want a model's folder with model_index\.json"):
        ldm3d.load(tmp_path, device="cpu")


def test_an_unknown_model_is_not_found() -> None:
    with pytest.raises(ModelNotFoundError):
        ldm3d.load("no/such-model", device="cpu")


def test_half_precision_is_refused_on_a_cpu(tiny_folder: Path) -> None:
    with pytest.raises(RequestError, match="slower"):
        ldm3d.load(tiny_folder, device="cpu", dtype="float16")


def test_compiling_is_refused_where_it_does_not_pay(tiny_folder: Path) -> None:
    with pytest.raises(RequestError, match="CUDA"):
        ldm3d.load(tiny_folder, device="cpu", compiled=True)


def test_the_fingerprint_changes_with_one_weight_and_not_with_the_place(
    folder: Path, tiny_folder: Path
) -> None:
    before = fingerprint(folder)
    assert before == fingerprint(tiny_folder)
    weights = folder / "unet" / WEIGHTS
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert fingerprint(folder) != before
