"""`python -m ldm3d evaluate reconstruction | generation | depth | all`."""

from __future__ import annotations

import argparse
import math
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ldm3d.exit_codes import GOES_ON, told

if TYPE_CHECKING:
    from ldm3d.data.world_set import WorldSet
    from ldm3d.evaluation.classifier import Classifier
    from ldm3d.evaluation.findings import Findings
    from ldm3d.evaluation.inception import Inception
    from ldm3d.evaluation.made import Settings
    from ldm3d.evaluation.sweep import Judges
    from ldm3d.model import Model

_MOST_LEARNED = 8000
"""Pictures the classifier learns from at most: 1 GB of memory, minutes of a CPU."""
_HELP = {
    "reconstruction": "what the autoencoder keeps of pictures it never saw",
    "generation": "whether generated pictures are good, and show what was asked for",
    "depth": "how true the depth is",
    "all": "all three, one report",
}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the `evaluate` command and its parts to a parser. Costs no import of torch."""
    evaluate = commands.add_parser("evaluate", help="measure a model; writes report.md with plots")
    parts = evaluate.add_subparsers(dest="part", required=True, metavar="PART")
    for part, text in _HELP.items():
        parser = parts.add_parser(part, help=text)
        _add_common(parser)
        if part in {"reconstruction", "generation", "all"}:
            parser.add_argument("--inception", type=Path, metavar="FILE", help="FID's weights")
        if part in {"generation", "depth", "all"}:
            _add_generated(parser)
        if part in {"generation", "all"}:
            _add_generation(parser)
        if part in {"depth", "all"}:
            parser.add_argument(
                "--estimator", metavar="MODEL", help="a depth network: a folder or a name"
            )
        parser.set_defaults(
            run=told(_evaluate, stopped=GOES_ON, writes=lambda options: options.output)
        )


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", required=True, help="a model's folder or name")
    parser.add_argument("--data", required=True, type=Path, help="a set of worlds, made or unseen")
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="REPORT", help="folder")
    parser.add_argument("--count", type=_positive, default=128, metavar="N", help="pictures")
    parser.add_argument("--device", help="cuda, mps or cpu; default: the fastest there is")


def _add_generated(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--size", type=_size, metavar="WxH", help="default: the set's")
    parser.add_argument("--guidance", type=float, metavar="G", help="default: the model's")
    parser.add_argument("--steps", type=_positive, metavar="N", help="default: the model's")
    parser.add_argument(
        "--batch", type=_positive, default=1, metavar="N", help="pictures made at once"
    )
    parser.add_argument("--seed", type=int, default=0, help="chooses prompts and pictures")


def _add_generation(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clip", type=Path, metavar="FOLDER", help="a CLIP model for similarity")
    parser.add_argument(
        "--classifier-data", type=Path, metavar="SET", help="what it learns from; default: --data"
    )
    parser.add_argument(
        "--passes", type=_positive, default=30, help="of the classifier over its data"
    )
    parser.add_argument(
        "--sweep-guidance", type=_numbers, default=(), metavar="G,G", help="such as 1,3,5,7"
    )
    parser.add_argument(
        "--sweep-steps", type=_numbers, default=(), metavar="N,N", help="such as 5,10,20,50"
    )
    parser.add_argument("--sweep-count", type=_positive, default=48, metavar="N")
    parser.add_argument("--unseen", type=int, default=64, metavar="N", help="unseen prompts")
    parser.add_argument("--seeds", type=int, default=4, metavar="N", help="pictures a prompt")


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"want a whole number of at least 1, got {text!r}")
    return int(text)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(f"want WxH, such as 512x256; got {text!r}")
    return int(width), int(height)


def _numbers(text: str) -> tuple[float, ...]:
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(math.isfinite(value) and value >= 0 for value in found):
        raise argparse.ArgumentTypeError(f"want numbers such as 1,3,5; got {text!r}")
    return found


def _evaluate(options: argparse.Namespace) -> int:
    parts = [part for part in _HELP if part != "all"] if options.part == "all" else [options.part]
    with _Line() as line:
        work = _Work(options, line)
        for part in parts:
            path = work.do(part)
    print(path)
    return 0


class _Work:
    """What one call loads once and uses for several evaluations."""

    def __init__(self, options: argparse.Namespace, line: _Line) -> None:
        from ldm3d.data.world_set import WorldSet

        self.options, self.line = options, line
        self.worlds: WorldSet = WorldSet(options.data)
        self._model: Model | None = None
        options.output.mkdir(parents=True, exist_ok=True)

    def do(self, part: str) -> Path:
        """Evaluate one part, write the report, return its path."""
        from ldm3d.evaluation.report import keep_findings

        run = {
            "reconstruction": self._reconstruction,
            "generation": self._generation,
            "depth": self._depth,
        }
        findings = run[part]()
        findings.about["data"] = self.worlds.folder.name
        command = "python -m ldm3d " + shlex.join(sys.argv[1:])
        return keep_findings(findings, self.options.output, part, command)

    def _reconstruction(self) -> Findings:
        from ldm3d.evaluation.reconstruction import evaluate_reconstruction, load_autoencoder

        return evaluate_reconstruction(
            load_autoencoder(self.options.model, self.options.device),
            self.worlds,
            self.options.output,
            count=self.options.count,
            inception=self._inception(),
            on_picture=lambda done, total: self.line("reconstructing", done, total),
        )

    def _generation(self) -> Findings:
        from ldm3d.evaluation.generation import Plan, evaluate_generation

        options, model = self.options, self._loaded()
        plan = Plan(
            self._settings(model),
            count=options.count,
            guidances=options.sweep_guidance,
            steps=tuple(round(value) for value in options.sweep_steps),
            sweep_count=options.sweep_count,
            unseen=options.unseen,
            seeds=options.seeds,
            seed=options.seed,
            batch=options.batch,
        )
        return evaluate_generation(
            model, self.worlds, options.output, plan, self._judges(), self.line
        )

    def _depth(self) -> Findings:
        from ldm3d.depth import load_depth_model
        from ldm3d.evaluation.depth import evaluate_depth

        options, model = self.options, self._loaded()
        return evaluate_depth(
            model,
            self.worlds,
            options.output,
            self._settings(model),
            count=options.count,
            estimator=load_depth_model(options.estimator) if options.estimator else None,
            seed=options.seed,
            batch=options.batch,
            on_picture=self.line,
        )

    def _loaded(self) -> Model:
        from ldm3d.weights import load

        if self._model is None:
            self._model = load(self.options.model, device=self.options.device)
        return self._model

    def _settings(self, model: Model) -> Settings:
        from ldm3d.evaluation.made import settings_for

        size = self.options.size or (self.worlds.info.width, self.worlds.info.height)
        return settings_for(
            model, size=size, guidance=self.options.guidance, steps=self.options.steps
        )

    def _inception(self) -> Inception | None:
        from ldm3d.evaluation.inception import load_inception

        return load_inception(self.options.inception) if self.options.inception else None

    def _judges(self) -> Judges:
        from ldm3d.evaluation.clip_similarity import ClipSimilarity
        from ldm3d.evaluation.sweep import Judges

        clip = ClipSimilarity(self.options.clip) if self.options.clip else None
        return Judges(self._classifier(), self._inception(), clip)

    def _classifier(self) -> Classifier | None:
        """Read the classifier of this report, or train it on what is not measured."""
        from ldm3d.data.world_set import WorldSet
        from ldm3d.evaluation.classifier import load_classifier, train_classifier
        from ldm3d.evaluation.pictures_of import divided, spread

        given = self.options.classifier_data
        worlds = WorldSet(given) if given else self.worlds
        seen, _, _ = divided(worlds)
        seen = spread(worlds, seen, _MOST_LEARNED)
        if len({worlds.facts[number].family for number in seen} - {""}) < 2:
            return None
        about = {"set": worlds.folder.name, "pictures": len(seen), "passes": self.options.passes}
        folder = self.options.output / "classifier"
        if (folder / "classifier.json").is_file():
            found = load_classifier(folder)
            if {name: found.about.get(name) for name in about} == about:
                return found
        found = train_classifier(
            worlds,
            seen,
            passes=self.options.passes,
            on_pass=lambda done, loss: self.line(
                f"classifier, loss {loss:.2f}", done, self.options.passes
            ),
        )
        found.about |= about
        found.save(folder)
        return found


class _Line:
    """One line on a terminal that says how far it is, or a line now and then in a log."""

    def __init__(self) -> None:
        self._what, self._began_s, self._first, self._shown_s = "", 0.0, 0, 0.0
        self._live = sys.stderr.isatty()

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if what.split(",", maxsplit=1)[0] != self._what:
            self._what, self._began_s, self._first = what.split(",", maxsplit=1)[0], now, done
        if now - self._shown_s < (0.2 if self._live else 20) and done < total:
            return
        self._shown_s = now
        made = done - self._first
        left = f", {(now - self._began_s) / made * (total - done):.0f} s left" if made else ""
        text = f"{what}: {done} of {total}{left if done < total else ''}"
        print(f"\r{text:<70}" if self._live else text, end="" if self._live else "\n",
              file=sys.stderr, flush=True)  # fmt: skip

    def __enter__(self) -> Self:
        """Begin; the line is left at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the line, however it ended."""
        if self._live and self._what:
            print(file=sys.stderr)
