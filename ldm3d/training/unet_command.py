"""`python -m ldm3d train unet`, and writing its result as a model's folder."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ldm3d.errors import InputError, RequestError

if TYPE_CHECKING:
    from ldm3d.training.unet_presets import UnetPreset


def add_unet_options(parser: argparse.ArgumentParser) -> None:
    """Add what only the UNet's training has. Costs no import of torch."""
    parser.add_argument("--preset", choices=("starter", "paper"), default="starter")
    parser.add_argument("--autoencoder", type=Path, required=True, metavar="FOLDER",
                        help="finished (train export), or a model with one")  # fmt: skip
    parser.add_argument("--start", type=Path, metavar="FOLDER",
                        help="Stable Diffusion, whose UNet goes on learning; paper")  # fmt: skip
    parser.add_argument("--init", type=Path, metavar="RUN",
                        help="begin with another run's weights: the next resolution")  # fmt: skip
    parser.add_argument("--width", type=int, metavar="PX",
                        help="average the pictures down to this width")  # fmt: skip
    parser.add_argument("--prediction", choices=("epsilon", "v_prediction", "sample"),
                        help="what the network answers")  # fmt: skip
    parser.add_argument("--zero-snr", action=argparse.BooleanOptionalAction, default=None,
                        help="the last step is pure noise")  # fmt: skip
    parser.add_argument("--times", choices=("uniform", "logit-normal"), help="noise levels")
    parser.add_argument("--gamma", type=float, metavar="G", help="of min-SNR; 0: unweighted")
    parser.add_argument("--channel-power", type=float, metavar="P",
                        help="an error counts V^P in a channel of variance V")  # fmt: skip
    parser.add_argument("--caption-dropout", type=float, metavar="SHARE")
    parser.add_argument("--optimizer", choices=("adamw", "adam", "muon"))
    parser.add_argument("--ema", type=float, metavar="DECAY", help="0: none")
    parser.add_argument("--lessons", type=int, metavar="N",
                        help="steps in which a new text encoder is taught first")  # fmt: skip
    parser.add_argument("--channels", type=_channels, metavar="N,N,N",
                        help="of the UNet's levels, starter")  # fmt: skip


def train_unet(options: argparse.Namespace) -> int:
    """Run the training that was asked for; return the exit code."""
    from ldm3d.data.world_set import WorldSet
    from ldm3d.training.command import run_options
    from ldm3d.training.machine import Machine
    from ldm3d.training.planes import split
    from ldm3d.training.progress import said
    from ldm3d.training.run import train
    from ldm3d.training.unet_setup import UnetPlan, make_task, steps_of

    preset = preset_from(options)
    if preset.unet is None and options.start is None:
        raise RequestError(
            "want Stable Diffusion's folder for the paper's preset (--start FOLDER): its UNet goes "
            "on learning; or choose --preset starter"
        )
    machine = Machine(options.device, options.dtype)
    plan = UnetPlan(
        run=options.folder,
        data=options.data,
        autoencoder=options.autoencoder,
        preset=preset,
        start=options.start,
        init=options.init,
        width=options.width,
        steps=options.steps,
        accumulate=options.accumulate,
        compiled=options.compile,
    )
    pictures = len(split(WorldSet(options.data))[0])
    steps = steps_of(preset, plan, machine, pictures)
    about = {
        "kind": "unet",
        "preset": options.preset,
        "data": str(options.data),
        "autoencoder": str(options.autoencoder),
        "start": options.start and str(options.start),
        "init": options.init and str(options.init),
        "width": options.width,
        "accumulate": options.accumulate,
        **asdict(preset),
        "steps": steps,
    }
    tell = said if machine.is_main else None
    return train(
        lambda place: make_task(place, replace(plan, steps=steps), tell),
        machine,
        run_options(options, steps),
        about,
    )


def preset_from(options: argparse.Namespace) -> UnetPreset:
    """Return the preset with what the command line changes."""
    from ldm3d.training.unet_presets import preset_named

    preset = preset_named(options.preset)
    zero_snr = options.zero_snr
    if zero_snr is None and options.prediction == "epsilon":
        zero_snr = False
    gamma = preset.diffusion.gamma if options.gamma is None else options.gamma or None
    diffusion = replace(
        preset.diffusion,
        **_given(
            prediction=options.prediction,
            zero_snr=zero_snr,
            times=options.times,
            channel_power=options.channel_power,
        ),
        gamma=gamma,
    )
    reading = replace(preset.reading, **_given(dropout=options.caption_dropout))
    if options.channels is not None:
        if preset.unet is None:
            raise RequestError("want --channels with the starter's preset only")
        preset = replace(preset, unet={**preset.unet, "block_out_channels": options.channels})
    if options.lessons is not None:
        if preset.lessons is None:
            raise RequestError("want --lessons with the starter's preset only")
        preset = replace(preset, lessons=replace(preset.lessons, steps=options.lessons))
    ema = preset.ema if options.ema is None else options.ema or None
    changed = _given(lr=options.lr, batch=options.batch, optimizer=options.optimizer)
    return replace(preset, diffusion=diffusion, reading=reading, ema=ema, **changed)


def export_unet(
    run: Path,
    output: Path,
    *,
    data: Path | None = None,
    autoencoder: Path | None = None,
    upsampler: Path | None = None,
    guidance: float | None = None,
    temperature: float = 1.0,
    title: str = "",
    licence: str = "",
) -> Path:
    """Write a run's newest averaged weights as a model's folder, in float16.

    Args:
        run: of a UNet, with a checkpoint.
        output: replaced if it is there; appears whole or not at all.
        data: the set, where it is no longer at the place the run has noted.
        autoencoder: likewise.
        upsampler: a run or folder of one, for pictures of twice the size and more; the model then
            recommends twice the size that its UNet was taught.
        guidance: what the model advises; None: as its preset does.
        temperature: of the noise that its pictures begin with, above 0 up to 1.
        title: of the model, for `ldm3d.json`.
        licence: likewise.

    Raises:
        InputError: if this is no such run, or it has no checkpoint yet.
        RequestError: if there can be no such temperature.
    """
    if not 0 < temperature <= 1:
        raise RequestError(f"want a temperature above 0 and up to 1, got {temperature:g}")
    from ldm3d.data.world_set import read_info
    from ldm3d.training.export import ModelFacts, write_model
    from ldm3d.training.folder import RunFolder, replaced_folder
    from ldm3d.training.unet_setup import parts_of_run
    from ldm3d.training.upsampler_command import find_upsampler

    stored = RunFolder(run).read()
    if stored.get("kind") != "unet":
        raise InputError(f"want the run of a UNet, {run} is one of {stored.get('kind')!r}")
    info = read_info(data or Path(stored["data"]))
    width = stored["width"] or info.width
    size = {"width": width, "height": width * info.height // info.width}
    parts = parts_of_run(run, stored, autoencoder or Path(stored["autoencoder"]))
    defaults = {**stored["defaults"], **_given(guidance=guidance), **size}
    if not info.seamless:
        defaults["seamless"] = False
    if upsampler is not None:
        parts = replace(parts, upsampler=find_upsampler(upsampler))
        defaults |= {name: 2 * side for name, side in size.items()}
    facts = ModelFacts(title, licence, defaults, size, info.near_m, info.far_m, temperature)
    with replaced_folder(output) as new:
        write_model(new, parts, facts)
    return output


def _given(**values: Any) -> Mapping[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _channels(text: str) -> tuple[int, ...]:
    values = tuple(int(part) for part in text.split(","))
    if len(values) != 3 or any(value < 32 or value % 32 for value in values):
        raise argparse.ArgumentTypeError(f"want three multiples of 32, such as 64,128,192; {text}")
    return values
