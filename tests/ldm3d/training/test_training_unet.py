"""The UNet's training, as a person meets it: it learns, is killed, goes on, is written, makes."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import ldm3d
from ldm3d.__main__ import main
from ldm3d.data.world_set import WorldSet
from ldm3d.errors import InputError, ModelError, RequestError
from ldm3d.model_folder import read_json
from ldm3d.training.attention import attend_by_products
from ldm3d.training.checkpoint import load_tensors, newest_checkpoint
from ldm3d.training.denoiser import decayed_groups, inner_weights, text_encoder_from, unet_from
from ldm3d.training.export import ModelFacts, ModelParts, write_model
from ldm3d.training.machine import Machine
from ldm3d.training.metrics import Metrics
from ldm3d.training.muon import KernelMuon
from ldm3d.training.order import Turn
from ldm3d.training.planes import split
from ldm3d.training.run import RunOptions, train
from ldm3d.training.tokenizer import tokenizer_from_captions
from ldm3d.training.unet import UnetTask
from ldm3d.training.unet_presets import UnetPreset
from ldm3d.training.unet_setup import LINEAR, UnetPlan, make_task, parts_of_run, steps_of
from ldm3d.training.vae import widened_autoencoder
from tests.ldm3d.tiny import tiny_model, tiny_upsampler
from tests.ldm3d.training.tiny_unet import TINY_UNET, preset_with, tiny_worlds


@dataclasses.dataclass(frozen=True)
class Place:
    data: Path
    autoencoder: Path


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    root = tmp_path_factory.mktemp("unet")
    return Place(tiny_worlds(root / "set"), tiny_model(root / "model"))


def plan(place: Place, run: Path, preset: UnetPreset = TINY_UNET, **changes: object) -> UnetPlan:
    return UnetPlan(run, place.data, place.autoencoder, preset, **changes)  # type: ignore[arg-type]


def run_plan(
    what: UnetPlan,
    steps: int = 8,
    change: Callable[[UnetTask], None] | None = None,
    save_every: int = 3,
) -> int:
    what = dataclasses.replace(what, steps=steps)

    def make(machine: Machine) -> UnetTask:
        task = make_task(machine, what)
        if change:
            change(task)
        return task

    options = RunOptions(what.run, steps, log_every=1, save_minutes=60, save_every=save_every)
    about = {
        "kind": "unet", "data": str(what.data), "autoencoder": str(what.autoencoder),
        "start": what.start and str(what.start), "width": what.width,
        **dataclasses.asdict(what.preset), "steps": steps,
    }  # fmt: skip
    return train(make, Machine("cpu", "float32"), options, about)


def losses(run: Path) -> list[float]:
    lines = Metrics(run / "metrics.jsonl").read()
    return [line["losses"]["loss"] for line in lines if "losses" in line]


def test_it_learns_and_shows_how_far_it_is(place: Place, tmp_path: Path) -> None:
    preset = preset_with(batch=8, lr=1e-2, decay_from=1.0)
    assert run_plan(plan(place, tmp_path, preset), steps=30, save_every=15) == 0
    found = losses(tmp_path)
    assert np.mean(found[-5:]) < 0.8 * np.mean(found[:5])
    lines = Metrics(tmp_path / "metrics.jsonl").read()
    measures = [line["measures"] for line in lines if "measures" in line]
    assert measures[-1]["unseen_loss"] < measures[0]["unseen_loss"]
    prompts = json.loads((tmp_path / "prompts.json").read_text())
    assert (len(prompts), len(set(prompts))) == (8, 4)
    with Image.open(tmp_path / "samples" / "step-0000030.png") as sheet:
        assert sheet.size == (4 * 384, 4 * 192)
        assert np.asarray(sheet).std() > 1


KILLED = """
    import os, signal, sys
    from pathlib import Path
    sys.path.insert(0, {root!r})
    from tests.ldm3d.training.test_training_unet import Place, plan, run_plan
    import torch
    torch.set_num_threads(1)

    def kill_at_five(task):
        inner = task.step
        def step(turns, batches):
            if turns[0].step == 5:
                os.kill(os.getpid(), signal.SIGKILL)
            return inner(turns, batches)
        task.step = step

    run_plan(plan(Place(Path({data!r}), Path({autoencoder!r})), Path({run!r})), change=kill_at_five)
"""


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_to_the_same_losses(place: Place, tmp_path: Path) -> None:
    run_plan(plan(place, tmp_path / "unbroken"))
    root = Path(__file__).parents[3]
    script = textwrap.dedent(KILLED).format(
        root=str(root), data=str(place.data), autoencoder=str(place.autoencoder),
        run=str(tmp_path / "killed"),
    )  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    newest = newest_checkpoint(tmp_path / "killed" / "checkpoints")
    assert newest is not None
    assert newest.name == "step-0000003"
    assert run_plan(plan(place, tmp_path / "killed")) == 0
    assert losses(tmp_path / "killed") == losses(tmp_path / "unbroken")
    ends = [tmp_path / name / "checkpoints" / "step-0000008" for name in ("unbroken", "killed")]
    for group in ("network-denoiser", "ema-denoiser"):
        unbroken, killed = (load_tensors(end, group) for end in ends)
        assert all(torch.equal(unbroken[name], killed[name]) for name in unbroken)


def test_the_command_trains_and_writes_a_model_that_generates(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = ["--data", str(place.data), "--autoencoder", str(place.autoencoder)]
    sizes = ["--steps", "2", "--batch", "2", "--channels", "32,32,32", "--save-minutes", "60"]
    sizes += ["--lessons", "2"]
    run = tmp_path / "run"
    command = ["train", "unet", *told, "--run", str(run), "--device", "cpu", *sizes]
    assert main([*command, "--gamma", "0", "--optimizer", "muon", "--chunk-mib", "4"]) == 0
    assert max(p.stat().st_size for p in (run / "checkpoints").rglob("*")) < 4.5 * 2**20
    stored = read_json(run / "run.json")
    assert stored["diffusion"]["gamma"] is None
    assert stored["optimizer"] == "muon"
    model = tmp_path / "model"
    facts = ["--title", "Tiny", "--licence", "MIT"]
    assert main(["train", "export", str(run), "-o", str(model), *facts]) == 0
    capsys.readouterr()
    info = json.loads((model / "ldm3d.json").read_text())
    assert info["near_m"] == 0.6
    assert info["far_m"] is None
    assert (info["title"], info["licence"]) == ("Tiny", "MIT")
    assert info["defaults"]["width"] == 128
    loaded = ldm3d.load(model, device="cpu", dtype="float32")
    *_, result = ldm3d.generate(loaded, loaded.recipe("a lake at dawn", steps=2))
    assert isinstance(result, ldm3d.Result)
    assert result.color.shape == (64, 128, 3)
    assert result.near_m == 0.6

    assert info["native"] == {"width": 128, "height": 64}
    upsampler = ["--upsampler", str(tiny_upsampler(tmp_path / "upsampler"))]
    assert main(["train", "export", str(run), "-o", str(model), *upsampler]) == 0
    doubling = ldm3d.load(model, device="cpu", dtype="float32")
    *_, large = ldm3d.generate(doubling, doubling.recipe("a lake at dawn", steps=2))
    assert isinstance(large, ldm3d.Result)
    assert large.color.shape == (128, 256, 3)
    assert large.recipe.made_with["sampled"] == {"width": 128, "height": 64}


def test_what_is_written_is_the_average_in_float16(place: Place, tmp_path: Path) -> None:
    run_plan(plan(place, tmp_path / "run"), steps=3)
    checkpoint = newest_checkpoint(tmp_path / "run" / "checkpoints")
    assert checkpoint is not None
    averages = load_tensors(checkpoint, "ema-denoiser")
    weights = load_tensors(checkpoint, "network-denoiser")
    parts = parts_of_run(
        tmp_path / "run", read_json(tmp_path / "run" / "run.json"), place.autoencoder
    )
    write_model(tmp_path / "model", parts, ModelFacts())
    loaded = ldm3d.load(tmp_path / "model", device="cpu", dtype="float32")
    differ = False
    for name, value in loaded.unet.state_dict().items():
        assert torch.equal(value, averages[f"unet.{name}"].half().float())
        differ |= not torch.equal(averages[f"unet.{name}"], weights[f"unet.{name}"])
    assert differ
    token = "text_model.embeddings.token_embedding.weight"
    mine = [v for k, v in averages.items() if k.endswith("token_embedding.weight")]
    theirs = [v for k, v in loaded.text_encoder.state_dict().items() if token.endswith(k[-22:])]
    assert torch.equal(theirs[0], mine[0].half().float())


def test_the_next_resolution_begins_with_the_weights_of_the_last(
    place: Place, tmp_path: Path
) -> None:
    first, second = tmp_path / "small", tmp_path / "large"
    run_plan(plan(place, first), steps=3)
    large = Place(tiny_worlds(tmp_path / "set", 1, size=(256, 128)), place.autoencoder)
    what = plan(large, second, init=first, steps=3)
    second.mkdir()
    task = make_task(Machine("cpu", "float32"), what)
    checkpoint = newest_checkpoint(first / "checkpoints")
    assert checkpoint is not None
    averages = load_tensors(checkpoint, "ema-denoiser")
    state = task.networks["denoiser"].state_dict()
    learned = [name for name in averages if not name.startswith(LINEAR)]  # that fits its own size
    assert len(learned) > 50
    assert all(torch.equal(state[name], averages[name]) for name in learned)
    assert state[f"{LINEAR}mean"].shape == (4, 16)
    assert task.batch(Turn(0, 0))["clean"].shape == (4, 4, 16, 32)
    words = [(run / "tokenizer" / "tokenizer.json").read_bytes() for run in (first, second)]
    assert words[0] == words[1]
    with pytest.raises(InputError, match="to begin with"):
        make_task(Machine("cpu", "float32"), plan(large, second, init=tmp_path / "none", steps=3))


def test_the_papers_preset_goes_on_with_stable_diffusion(place: Place, tmp_path: Path) -> None:
    from diffusers import AutoencoderKL
    from transformers import CLIPTextModel

    start = tiny_model(tmp_path / "sd", "color-only")
    widened_autoencoder(AutoencoderKL.from_pretrained(start / "vae")).save_pretrained(
        tmp_path / "vae"
    )
    told = ["--data", str(place.data), "--autoencoder", str(tmp_path / "vae")]
    run, model = tmp_path / "run", tmp_path / "model"
    command = ["train", "unet", "--preset", "paper", *told, "--run", str(run), "--batch", "4"]
    assert main(command) == 2  # without Stable Diffusion
    assert main([*command, "--start", str(start), "--steps", "3", "--device", "cpu"]) == 0
    stored = read_json(run / "run.json")
    assert (stored["lr"], stored["epochs"], stored["optimizer"]) == (1e-5, 178, "adam")
    assert stored["diffusion"]["prediction"] == "epsilon"
    assert main(["train", "export", str(run), "-o", str(model)]) == 0
    loaded = ldm3d.load(model, device="cpu", dtype="float32")
    expected = CLIPTextModel.from_pretrained(start / "text_encoder").state_dict()
    found = loaded.text_encoder.state_dict()
    assert all(torch.equal(found[name], expected[name].half().float()) for name in expected)
    config = read_json(start / "scheduler" / "scheduler_config.json")
    assert loaded.scheduler_config == config
    before = ldm3d.load(place.autoencoder, device="cpu", dtype="float32").unet.state_dict()
    after = loaded.unet.state_dict()
    assert before.keys() == after.keys()


def test_epochs_count_samples(place: Place) -> None:
    preset = preset_with(steps=None, epochs=10, batch=4)
    machine = Machine("cpu", "float32")
    pictures = len(split(WorldSet(place.data))[0])
    steps = steps_of(preset, plan(place, Path(), preset, accumulate=2), machine, pictures)
    assert steps == -(-10 * pictures // 8)
    with pytest.raises(RequestError, match="--steps"):
        steps_of(preset_with(steps=None, epochs=None), plan(place, Path()), machine, 5)


def test_batches_follow_from_their_turn_alone(place: Place, tmp_path: Path) -> None:
    task = make_task(Machine("cpu", "float32"), plan(place, tmp_path, steps=8))
    batches = [task.batch(Turn(1, step)) for step in (3, 3, 4)]
    assert batches[0].keys() == {"clean", "noise", "text", "times"}
    for name, value in batches[0].items():
        assert torch.equal(value, batches[1][name])
        assert not torch.equal(value, batches[2][name])


def test_accumulated_gradients_are_those_of_one_large_batch(place: Place, tmp_path: Path) -> None:
    machine = Machine("cpu", "float32")
    gradients = []
    for parts in (1, 2):
        torch.manual_seed(0)
        task = make_task(machine, plan(place, tmp_path, steps=8, accumulate=parts))
        halves = [task.batch(Turn(0, 0, part, 2)) for part in range(2)]
        whole = {name: torch.cat([half[name] for half in halves]) for name in halves[0]}
        task.step([Turn(0, 0, p, parts) for p in range(parts)], halves if parts == 2 else [whole])
        learned = [p for p in task.networks["denoiser"].parameters() if p.requires_grad]
        gradients.append([p.grad.clone() for p in learned])
    for one, two in zip(*gradients, strict=True):
        torch.testing.assert_close(one, two, atol=1e-6, rtol=1e-3)


def test_attention_by_products_answers_and_learns_alike() -> None:
    torch.manual_seed(0)
    unets = [unet_from(TINY_UNET.unet or {}, 4) for _ in range(2)]
    torch.nn.init.normal_(unets[0].conv_out.weight)
    unets[1].load_state_dict(unets[0].state_dict())
    attend_by_products(unets[1])
    x, text = torch.randn(2, 4, 8, 16), torch.randn(2, 5, 16)
    for unet in unets:
        answer = unet(x, torch.tensor([3, 700]), encoder_hidden_states=text, return_dict=False)[0]
        answer.square().mean().backward()
    for (name, one), two in zip(unets[0].named_parameters(), unets[1].parameters(), strict=True):
        torch.testing.assert_close(one.grad, two.grad, atol=1e-5, rtol=1e-3, msg=name)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_muon_steps_kernels_as_matrices(layout: torch.memory_format) -> None:
    torch.manual_seed(0)
    first = torch.randn(6, 4, 3, 3)
    gradients = [torch.randn(6, 4, 3, 3) for _ in range(3)]
    kernel = torch.nn.Parameter(first.clone().to(memory_format=layout))
    matrix = torch.nn.Parameter(first.flatten(1).clone())
    mine = KernelMuon([kernel], lr=0.1, weight_decay=0.01)
    theirs = torch.optim.Muon([matrix], lr=0.1, weight_decay=0.01, adjust_lr_fn="match_rms_adamw")
    for gradient in gradients:
        kernel.grad = gradient.clone().to(memory_format=layout)
        matrix.grad = gradient.flatten(1).clone()
        mine.step()
        theirs.step()
    torch.testing.assert_close(kernel.detach().flatten(1), matrix.detach(), atol=2e-2, rtol=0)
    assert float((kernel.detach() - first).abs().mean()) > 0.02


def test_weights_are_shared_out_among_the_optimizers() -> None:
    from ldm3d.training.denoiser import Denoiser

    tokenizer = tokenizer_from_captions(["a lake"], vocabulary=600, max_tokens=16)
    encoder = text_encoder_from(TINY_UNET.text or {}, tokenizer)
    denoiser = Denoiser(unet_from(TINY_UNET.unet or {}, 4), encoder)
    inner = inner_weights(denoiser)
    groups = decayed_groups(denoiser, 0.01, without=inner)
    ids = [id(p) for p in inner] + [id(p) for group in groups for p in group["params"]]
    assert sorted(ids) == sorted(id(p) for p in denoiser.parameters())
    assert inner
    assert id(denoiser.unet.conv_in.weight) not in ids[: len(inner)]


def test_large_networks_are_written_in_several_files(place: Place, tmp_path: Path) -> None:
    model = ldm3d.load(place.autoencoder, device="cpu", dtype="float32")
    parts = ModelParts(
        model.unet, model.vae, model.text_encoder, model.tokenizer, model.scheduler_config
    )
    write_model(tmp_path / "m", parts, ModelFacts(), dtype=torch.float32, max_file_mb=1)
    files = list((tmp_path / "m" / "unet").glob("*.safetensors"))
    assert len(files) > 1
    assert max(file.stat().st_size for file in files) < 1.1e6
    again = ldm3d.load(tmp_path / "m", device="cpu", dtype="float32")
    for name, value in again.unet.state_dict().items():
        assert torch.equal(value, model.unet.state_dict()[name])


def test_weights_that_do_not_fit_float16_are_refused(place: Place, tmp_path: Path) -> None:
    model = ldm3d.load(place.autoencoder, device="cpu", dtype="float32")
    with torch.no_grad():
        model.unet.conv_in.weight[0, 0, 0, 0] = 1e6
    parts = ModelParts(
        model.unet, model.vae, model.text_encoder, model.tokenizer, model.scheduler_config
    )
    with pytest.raises(ModelError, match=r"finite weights in float16, unet has others.*conv_in"):
        write_model(tmp_path, parts, ModelFacts())


def test_parts_that_do_not_fit_are_refused(place: Place, tmp_path: Path) -> None:
    machine = Machine("cpu", "float32")
    colors = dataclasses.replace(place, autoencoder=tiny_model(tmp_path / "rgb", "color-only"))
    with pytest.raises(ModelError, match="over color and depth"):
        make_task(machine, plan(colors, tmp_path / "run", steps=2))
    with pytest.raises(RequestError, match="--start"):
        make_task(machine, plan(place, tmp_path / "run", preset_with(unet=None), steps=2))
