"""`python -m ldm3d train upsampler`, and writing its result as a folder."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldm3d.errors import InputError

if TYPE_CHECKING:
    from ldm3d.training.upsampler import UpsamplerPreset


def add_upsampler_options(parser: argparse.ArgumentParser) -> None:
    """Add what only the upsampler's training has. Costs no import of torch."""
    parser.add_argument("--autoencoder", type=Path, metavar="FOLDER",
                        help="half of the small pictures go through it first")  # fmt: skip
    parser.add_argument("--adversarial-weight", type=float, default=0.0, metavar="W",
                        help="of a PatchGAN; default: none")  # fmt: skip
    parser.add_argument("--cut", type=int, metavar="PX", help="side of the small cuts")


def train_upsampler(options: argparse.Namespace) -> int:
    """Run the training that was asked for; return the exit code."""
    from ldm3d.data.world_set import WorldSet
    from ldm3d.training.command import run_options
    from ldm3d.training.machine import Machine
    from ldm3d.training.progress import said
    from ldm3d.training.run import train
    from ldm3d.training.upsampler import UpsamplerTask
    from ldm3d.training.upsampler_data import decoded_set

    preset = preset_from(options)
    worlds = WorldSet(options.data)
    machine = Machine(options.device, options.dtype)
    decoded = None
    if options.autoencoder is not None:
        tell = said if machine.is_main else None
        if machine.is_main:
            decoded_set(options.folder / "decoded", worlds, options.autoencoder, machine, tell)
        machine.wait()
        decoded = decoded_set(options.folder / "decoded", worlds, options.autoencoder, machine)
    values = asdict(preset)
    about = {
        "kind": "upsampler",
        "data": str(options.data),
        "autoencoder": options.autoencoder and str(options.autoencoder),
        "accumulate": options.accumulate,
        "losses": values.pop("weights"),
        **values,
    }

    def make(place: Machine) -> UpsamplerTask:
        return UpsamplerTask(
            place, worlds, preset, steps=preset.steps, parts=options.accumulate,
            decoded=decoded, compiled=options.compile,
        )  # fmt: skip

    return train(make, machine, run_options(options, preset.steps), about)


def preset_from(options: argparse.Namespace) -> UpsamplerPreset:
    """Return the preset with what the command line changes."""
    from ldm3d.training.upsampler import UpsamplerPreset

    preset = UpsamplerPreset()
    given = {
        "steps": options.steps, "batch": options.batch, "lr": options.lr, "cut_px": options.cut
    }  # fmt: skip
    changed = {name: value for name, value in given.items() if value is not None}
    weights = replace(preset.weights, adversarial=options.adversarial_weight)
    return replace(preset, **changed, weights=weights)


def export_upsampler(run: Path, output: Path) -> Path:
    """Write a run's newest averaged upsampler to a folder, in float32.

    Args:
        run: of an upsampler, with a checkpoint.
        output: replaced if it is there; appears whole or not at all.

    Raises:
        InputError: if this is no such run, or it has no checkpoint yet.
    """
    from ldm3d.training.folder import replaced_folder

    network = upsampler_of_run(run)
    with replaced_folder(output) as new:
        network.save_pretrained(new)
    return output


def upsampler_of_run(run: Path) -> Any:
    """Return the averaged upsampler of a run's newest checkpoint.

    Raises:
        InputError: if this is no such run, or it has no checkpoint yet.
    """
    from ldm3d.training.checkpoint import load_tensors
    from ldm3d.training.folder import RunFolder
    from ldm3d.upsampler import Upsampler

    stored, newest = RunFolder(run).finished("upsampler")
    network = Upsampler(**stored["upsampler"])
    network.load_state_dict(load_tensors(newest, "ema-upsampler"))
    return network.eval()


def find_upsampler(folder: Path) -> Any:
    """Return the upsampler of a run, of a model, or of its own folder.

    Raises:
        InputError: if there is none.
        ModelError: if it is damaged.
    """
    from ldm3d.model_folder import UPSAMPLER
    from ldm3d.training.folder import RUN_FILE
    from ldm3d.upsampler import read_upsampler

    if (folder / RUN_FILE).is_file():
        return upsampler_of_run(folder)
    for place in (folder / UPSAMPLER, folder):
        if (place / "config.json").is_file():
            return read_upsampler(place)
    raise InputError(f"want an upsampler's run or folder, got {folder}")
