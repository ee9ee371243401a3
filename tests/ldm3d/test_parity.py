"""Our latents against those of diffusers' maintained Stable Diffusion pipelines.

Same weights, prompts, seeds and settings, seamless off: at most 1e-4 apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from ldm3d import load
from ldm3d.decode import encode_planes
from ldm3d.model import Model
from ldm3d.pipeline import latents_from_recipes
from ldm3d.recipe import Lora, Recipe, Start
from ldm3d.start import planes_from_start
from tests.ldm3d.test_lora import LAYOUTS, file_of
from tests.ldm3d.tiny import tiny_model

pytestmark = pytest.mark.filterwarnings(
    # diffusers itself, with NumPy 2
    "ignore:__array__ implementation:DeprecationWarning"
)

WITHIN = 1e-4
SCHEDULERS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "ddim": ("DDIMScheduler", {}),
    "dpm++2m-karras": ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
    "unipc": ("UniPCMultistepScheduler", {}),
    "euler": ("EulerDiscreteScheduler", {}),
    "lcm": ("LCMScheduler", {}),
    "tcd": ("TCDScheduler", {}),
}
SETTINGS = {
    "negative_prompt": "blurry, ugly", "width": 128, "height": 64, "steps": 6, "guidance": 5.0,
    "seamless": False,
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _no_progress_thread() -> Iterator[None]:
    """Keep tqdm, which diffusers' pipelines use even for a bar not shown, from a thread."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tqdm.std.tqdm.monitor_interval", 0)
        yield


@pytest.fixture(scope="module")
def model(tiny_folder: Path) -> Model:
    return load(tiny_folder, device="cpu", dtype="float32")


def theirs(model: Model, kind: str, scheduler: str) -> Any:
    """diffusers' pipeline over the same networks."""
    import diffusers

    class_name, options = SCHEDULERS[scheduler]
    config = dict(model.scheduler_config)
    pipeline = getattr(diffusers, kind)(
        model.vae, model.text_encoder, model.tokenizer, model.unet,
        getattr(diffusers, class_name).from_config(config, **options), None, None,
        requires_safety_checker=False,
    )  # fmt: skip
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def their_latents(model: Model, recipes: list[Recipe], **options: Any) -> torch.Tensor:
    first = recipes[0]
    kind = "StableDiffusionImg2ImgPipeline" if "image" in options else "StableDiffusionPipeline"
    if "image" not in options:
        options |= {"width": first.width, "height": first.height}
    if first.scheduler == "tcd":  # its authors' value and the scheduler's own; the pipeline says 0
        options["eta"] = 0.3
    latents: torch.Tensor = theirs(model, kind, first.scheduler)(
        [recipe.prompt for recipe in recipes],
        negative_prompt=[recipe.negative_prompt for recipe in recipes],
        num_inference_steps=first.steps,
        guidance_scale=first.guidance,
        generator=[torch.Generator().manual_seed(recipe.seed) for recipe in recipes],
        output_type="latent",
        **options,
    ).images
    return latents


def recipe(scheduler: str, seed: int = 3, **changes: Any) -> Recipe:
    return Recipe("a mossy forest at dawn", seed=seed, scheduler=scheduler, **SETTINGS | changes)


def distance(one: torch.Tensor, other: torch.Tensor) -> float:
    assert one.shape == other.shape and torch.isfinite(one).all()
    return float((one - other).abs().max())


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_text_to_image_has_diffusers_latents(model: Model, scheduler: str) -> None:
    wanted = recipe(scheduler)
    ours = latents_from_recipes(model, wanted)
    assert distance(ours, their_latents(model, [wanted])) < WITHIN
    assert float(ours.std()) > 0.1


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_a_batch_has_diffusers_latents(model: Model, scheduler: str) -> None:
    batch = [
        recipe(scheduler, seed=5),
        Recipe("the sea", seed=2**40, scheduler=scheduler, **SETTINGS | {"negative_prompt": ""}),
    ]
    ours = latents_from_recipes(model, batch)
    assert distance(ours, their_latents(model, batch)) < WITHIN
    assert distance(ours[:1], ours[1:]) > 0.1


@pytest.mark.parametrize(
    "changes",
    [
        {"guidance": 1.0},
        {"guidance": 0.0},
        {"guidance": 12.5},
        {"steps": 1},
        {"steps": 25},
        {"width": 64, "height": 192},
        {"negative_prompt": ""},
    ],
    ids=str,
)
def test_settings_have_diffusers_latents(model: Model, changes: dict[str, Any]) -> None:
    wanted = recipe("dpm++2m-karras", **changes)
    assert distance(latents_from_recipes(model, wanted), their_latents(model, [wanted])) < WITHIN


@pytest.mark.parametrize("scheduler", ["ddim", "unipc", "euler"])
@pytest.mark.parametrize(
    "config",
    [
        {"prediction_type": "v_prediction"},
        {
            "prediction_type": "v_prediction",
            "rescale_betas_zero_snr": True,
            "timestep_spacing": "trailing",
        },
        {"timestep_spacing": "trailing"},
    ],
    ids=["v", "v, zero terminal SNR", "trailing"],
)
def test_other_kinds_of_model_have_diffusers_latents(
    model: Model, config: dict[str, Any], scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "scheduler_config", {**model.scheduler_config, **config})
    wanted = recipe(scheduler)
    ours = latents_from_recipes(model, wanted)
    scale = float(ours.abs().max().clamp(min=1))
    assert distance(ours, their_latents(model, [wanted])) < WITHIN * scale


@pytest.mark.parametrize("strength", [0.5, 1.0])
@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_image_to_image_has_diffusers_latents(
    model: Model, scheduler: str, strength: float, tmp_path: Path
) -> None:
    generator = np.random.default_rng(0)
    color = tmp_path / "color.png"
    Image.fromarray(generator.integers(0, 256, (64, 128, 3), np.uint8)).save(color)
    start = Start(str(color), strength=strength)
    wanted = recipe(scheduler, start=start)
    planes = torch.from_numpy(planes_from_start(start, 128, 64, model.layout))[None]
    with torch.no_grad():
        clean = encode_planes(model.vae, planes)
    ours = latents_from_recipes(model, wanted)
    assert distance(ours, their_latents(model, [wanted], image=clean, strength=strength)) < WITHIN


def test_a_lora_has_diffusers_latents(tiny_folder: Path, tmp_path: Path) -> None:
    model = load(tiny_folder, device="cpu", dtype="float32")
    networks = SimpleNamespace(unet=model.unet, text=model.text_encoder)
    pattern = {k: v for k, v in LAYOUTS["kohya"].items() if k.startswith("unet.")}
    path = file_of(tmp_path / "style.safetensors", networks, pattern, alpha=8.0)
    plain, styled = recipe("ddim"), recipe("ddim", loras=(Lora(path, 0.8),))
    ours = latents_from_recipes(model, styled)
    assert distance(ours, latents_from_recipes(model, plain)) > 100 * WITHIN
    pipeline = theirs(model, "StableDiffusionPipeline", "ddim")
    pipeline.load_lora_weights(path)
    pipeline.fuse_lora(lora_scale=0.8)
    assert distance(ours, their_latents(model, [plain])) < WITHIN


@pytest.mark.parametrize(
    "change", [{"seed": 4}, {"seamless": True}, {"guidance": 5.1}, {"steps": 7}], ids=str
)
def test_the_comparison_notices_a_difference(model: Model, change: dict[str, Any]) -> None:
    reference = their_latents(model, [recipe("ddim")])
    ours = latents_from_recipes(model, recipe("ddim", **change))
    assert distance(ours, reference) > 10 * WITHIN


def test_a_six_channel_model_has_diffusers_latents_too(tmp_path: Path) -> None:
    model = load(tiny_model(tmp_path / "six", "6-channel"), device="cpu", dtype="float32")
    wanted = recipe("dpm++2m-karras")
    assert distance(latents_from_recipes(model, wanted), their_latents(model, [wanted])) < WITHIN
