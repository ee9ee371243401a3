"""`python -m ldm3d train ...`."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ldm3d.errors import RequestError
from ldm3d.exit_codes import told

if TYPE_CHECKING:
    from ldm3d.data.world_set import WorldSet
    from ldm3d.training.machine import Machine
    from ldm3d.training.perceptual import PerceptualLoss
    from ldm3d.training.presets import AutoencoderPreset
    from ldm3d.training.run import RunOptions

Parts = argparse._SubParsersAction

_told = partial(
    told,
    stopped="stopped at once; the last checkpoint stands",
    label="error: ",
    writes=lambda options: getattr(options, "output", None) or options.folder,
)


def add_parser(commands: Parts[argparse.ArgumentParser]) -> None:
    """Add the `train` command and its parts to a parser. Costs no import of torch."""
    train = commands.add_parser("train", help="train an LDM3D: autoencoder, UNet, upsampler")
    parts = train.add_subparsers(dest="part", required=True, metavar="PART")
    _add_autoencoder(parts)
    _add_unet(parts)
    _add_upsampler(parts)
    _add_export(parts)
    _add_plot(parts)


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add what every training has: where, how long, on what."""
    parser.add_argument("--data", type=Path, required=True, metavar="SET", help="a set of worlds")
    parser.add_argument(
        "--run", type=Path, required=True, dest="folder", metavar="FOLDER",
        help="the run's folder; a run that is there goes on",
    )  # fmt: skip
    parser.add_argument("--steps", type=_positive, help="steps in all")
    parser.add_argument("--minutes", type=float, help="stop after so long, with a checkpoint")
    parser.add_argument("--batch", type=_positive, help="samples at a time in one process")
    parser.add_argument("--accumulate", type=_positive, default=1, metavar="N",
                        help="batches a step")  # fmt: skip
    parser.add_argument("--lr", type=float, help="peak learning rate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", help="cuda, cpu...; the fastest by default")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), help="to compute in")
    parser.add_argument("--compile", action="store_true", help="torch.compile, on CUDA")
    parser.add_argument("--log-every", type=_positive, default=20, metavar="STEPS")
    parser.add_argument("--save-minutes", type=float, default=5.0, metavar="M")
    parser.add_argument("--save-every", type=_positive, metavar="STEPS")
    parser.add_argument("--keep", type=_positive, default=2, help="checkpoints kept")
    parser.add_argument("--chunk-mib", type=float, help="largest file of a checkpoint")


def run_options(options: argparse.Namespace, steps: int) -> RunOptions:
    """Return the options of `run.train` that were given."""
    from ldm3d.training.run import RunOptions

    return RunOptions(
        folder=options.folder,
        steps=steps,
        minutes=options.minutes,
        seed=options.seed,
        log_every=options.log_every,
        save_minutes=options.save_minutes,
        save_every=options.save_every,
        keep=options.keep,
        chunk_mib=options.chunk_mib,
    )


def _add_autoencoder(parts: Parts[argparse.ArgumentParser]) -> None:
    parser = parts.add_parser("autoencoder", help="train the autoencoder of color and depth")
    parser.add_argument("--preset", choices=("starter", "paper"), default="starter")
    add_run_options(parser)
    parser.add_argument("--from", type=Path, dest="starts_from", metavar="FOLDER",
                        help="an autoencoder to start from; paper: Stable Diffusion")  # fmt: skip
    parser.add_argument("--perceptual", type=Path, metavar="FILE",
                        help="VGG16's weights for the perceptual loss")  # fmt: skip
    parser.add_argument("--lpips", type=Path, metavar="FILE",
                        help="LPIPS's linear layers for VGG, beside --perceptual")  # fmt: skip
    parser.add_argument("--perceptual-weight", type=float, metavar="W")
    parser.add_argument("--adversarial-weight", type=float, metavar="W")
    parser.add_argument("--rows", type=_positive, metavar="PX", help="height of the cuts")
    parser.add_argument("--no-seamless", action="store_true",
                        help="the pictures do not wrap, though the set says nothing")  # fmt: skip
    parser.set_defaults(run=_told(_autoencoder))


def _autoencoder(options: argparse.Namespace) -> int:
    from dataclasses import asdict

    from ldm3d.data.world_set import WorldSet
    from ldm3d.training.autoencoder import AutoencoderTask
    from ldm3d.training.machine import Machine
    from ldm3d.training.perceptual import PerceptualLoss
    from ldm3d.training.run import train

    if options.lpips and not options.perceptual:
        raise RequestError("want VGG16's weights (--perceptual FILE) beside --lpips")
    preset, worlds = _autoencoder_preset(options), WorldSet(options.data)
    seamless = worlds.info.seamless and not options.no_seamless
    machine = Machine(options.device, options.dtype)
    steps = preset.steps or _steps_of_epochs(preset.epochs or 1, worlds, machine, options)
    perceptual = None
    if preset.weights.perceptual and options.perceptual:
        perceptual = PerceptualLoss(options.perceptual, options.lpips, seamless)
    _tell_perceptual(preset.weights.perceptual, perceptual, machine.is_main)
    about = {
        "kind": "autoencoder",
        "preset": preset.name,
        "data": str(options.data),
        "steps": steps,
        "batch": preset.batch,
        "accumulate": options.accumulate,
        "lr": preset.lr,
        "rows_px": preset.rows_px,
        "perceptual_weight": preset.weights.perceptual,
        "perceptual": perceptual.name if perceptual else None,
        "adversarial_weight": preset.weights.adversarial,
        "losses": asdict(preset.weights),
        "seamless": seamless,
    }

    def make(place: Machine) -> AutoencoderTask:
        return AutoencoderTask(
            place, worlds, preset, steps=steps, parts=options.accumulate,
            starts_from=options.starts_from, perceptual=perceptual, seamless=seamless,
            compiled=options.compile,
        )  # fmt: skip

    return train(make, machine, run_options(options, steps), about)


def _autoencoder_preset(options: argparse.Namespace) -> AutoencoderPreset:
    """Return the preset with what the command line changes."""
    from dataclasses import replace

    from ldm3d.training.autoencoder import preset_with
    from ldm3d.training.presets import PRESETS

    preset = PRESETS[options.preset]
    if preset.starts_from_sd and options.starts_from is None:
        raise RequestError(
            "want Stable Diffusion's folder for the paper's preset (--from FOLDER): the "
            "autoencoder is widened from it; or choose --preset starter"
        )
    weights = preset.weights
    if options.perceptual_weight is not None:
        weights = replace(weights, perceptual=options.perceptual_weight)
    if options.adversarial_weight is not None:
        weights = replace(weights, adversarial=options.adversarial_weight)
    return preset_with(
        preset, steps=options.steps, batch=options.batch, lr=options.lr, rows_px=options.rows,
        weights=weights,
    )  # fmt: skip


def _tell_perceptual(weight: float, loss: PerceptualLoss | None, is_main: bool) -> None:
    if weight and is_main:
        text = f"perceptual loss: {loss.name}" if loss else (
            "training without a perceptual loss: no weights given (--perceptual FILE with VGG16's)"
        )  # fmt: skip
        print(text, file=sys.stderr)


def _steps_of_epochs(
    epochs: int, worlds: WorldSet, machine: Machine, options: argparse.Namespace
) -> int:
    from ldm3d.training.planes import split

    batch = options.batch or 8
    a_step = batch * options.accumulate * machine.ranks
    count = len(split(worlds)[0])
    return -(-epochs * count // int(a_step))


def _add_unet(parts: Parts[argparse.ArgumentParser]) -> None:
    from ldm3d.training.unet_command import add_unet_options

    parser = parts.add_parser("unet", help="train the UNet on a finished autoencoder's latents")
    add_run_options(parser)
    add_unet_options(parser)
    parser.set_defaults(run=_told(_unet))


def _unet(options: argparse.Namespace) -> int:
    from ldm3d.training.unet_command import train_unet

    return train_unet(options)


def _add_upsampler(parts: Parts[argparse.ArgumentParser]) -> None:
    from ldm3d.training.upsampler_command import add_upsampler_options

    parser = parts.add_parser("upsampler", help="train the network that doubles a model's pictures")
    add_run_options(parser)
    add_upsampler_options(parser)
    parser.set_defaults(run=_told(_upsampler))


def _upsampler(options: argparse.Namespace) -> int:
    from ldm3d.training.upsampler_command import train_upsampler

    return train_upsampler(options)


def _add_export(parts: Parts[argparse.ArgumentParser]) -> None:
    parser = parts.add_parser("export", help="write a run's autoencoder, upsampler or model")
    parser.add_argument("folder", type=Path, metavar="RUN")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--data", type=Path, metavar="SET", help="where the run's set is now")
    parser.add_argument("--autoencoder", type=Path, metavar="FOLDER",
                        help="where it is now; of a UNet's run")  # fmt: skip
    parser.add_argument("--upsampler", type=Path, metavar="FOLDER",
                        help="a run or folder; goes into a UNet's model")  # fmt: skip
    parser.add_argument("--guidance", type=float, metavar="G",
                        help="that the model advises; default: the preset's")  # fmt: skip
    parser.add_argument("--temperature", type=float, metavar="T", default=1.0,
                        help="of the noise that its pictures begin with")  # fmt: skip
    parser.add_argument("--title", default="", help="of the model")
    parser.add_argument("--licence", default="", help="of the model")
    parser.set_defaults(run=_told(_export))


def _export(options: argparse.Namespace) -> int:
    from ldm3d.training.exporting import export_autoencoder
    from ldm3d.training.folder import RunFolder
    from ldm3d.training.unet_command import export_unet
    from ldm3d.training.upsampler_command import export_upsampler

    kind = RunFolder(options.folder).read().get("kind")
    if options.upsampler and kind != "unet":
        raise RequestError(f"want --upsampler with the run of a UNet, {options.folder} is another")
    if kind == "upsampler":
        print(export_upsampler(options.folder, options.output))
        return 0
    if kind == "unet":
        written = export_unet(
            options.folder, options.output, data=options.data, autoencoder=options.autoencoder,
            upsampler=options.upsampler, guidance=options.guidance,
            temperature=options.temperature, title=options.title, licence=options.licence,
        )  # fmt: skip
        print(written)
        return 0
    print(export_autoencoder(options.folder, options.output, options.data))
    return 0


def _add_plot(parts: Parts[argparse.ArgumentParser]) -> None:
    parser = parts.add_parser("plot", help="draw a run's losses and measures as a PNG")
    parser.add_argument("folder", type=Path, metavar="RUN")
    parser.add_argument("-o", "--output", type=Path, metavar="PNG")
    parser.set_defaults(run=_told(_plot))


def _plot(options: argparse.Namespace) -> int:
    from ldm3d.training.folder import RunFolder
    from ldm3d.training.metrics import Metrics, plot_metrics

    folder = RunFolder(options.folder)
    folder.read()
    output = options.output or folder.path / "metrics.png"
    names = plot_metrics(Metrics(folder.metrics).read(), output)
    print(f"{output}: {', '.join(names) or 'nothing measured yet'}")
    return 0


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"want a whole number above 0, got {text}")
    return value
