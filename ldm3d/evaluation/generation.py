"""How good generated pictures are (paper, table 1), and whether they show what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.families import family_names
from ldm3d.data.unseen import prompt_for, unseen_prompts
from ldm3d.data.world_set import WorldSet
from ldm3d.evaluation.chart import draw_bars
from ldm3d.evaluation.classifier import Classifier, planes_of_set, rates
from ldm3d.evaluation.findings import Findings, Table
from ldm3d.evaluation.frechet import frechet_distance, inception_score, moments
from ldm3d.evaluation.inception import seen_by_inception
from ldm3d.evaluation.labels import AXES, shown_in
from ldm3d.evaluation.made import Made, MadeFolder, Settings, Wish
from ldm3d.evaluation.measures import edge_agreement, ground_and_sky
from ldm3d.evaluation.pictures_of import divided, spread
from ldm3d.evaluation.reconstruction import NO_INCEPTION, short_name
from ldm3d.evaluation.sheet import prompt_sheet
from ldm3d.evaluation.sweep import Judges, Known, planes_of, point_of, tell_sweep
from ldm3d.model import Model

SEAM_LIMIT = 1.3
"""A wrap below this ratio is not seen."""
_FIRST_SEED = 5000

Told = Callable[[str, int, int], None]
"""Called with what is made, how many are done and how many there are."""


@dataclass(frozen=True)
class Plan:
    """How much is generated."""

    settings: Settings
    count: int = 128
    """Pictures for the main figures."""
    guidances: tuple[float, ...] = ()
    """Guidance scales of a sweep."""
    steps: tuple[int, ...] = ()
    """Denoising steps of a sweep."""
    sweep_count: int = 48
    """Pictures a point of a sweep."""
    unseen: int = 64
    """Prompts of the contact sheet."""
    seeds: int = 4
    """Pictures a prompt on the sheet of seeds."""
    seed: int = 0
    batch: int = 1
    """Pictures made at once."""


@dataclass(frozen=True, eq=False)
class Asked:
    """Prompts with the labels they name, and the real pictures that carry the same labels."""

    wishes: list[Wish]
    labels: list[Mapping[str, str]]
    real: list[int]


def asked_of(worlds: WorldSet, numbers: Sequence[int], count: int, seed: int) -> Asked:
    """Return prompts that name the labels of real pictures, or those pictures' captions.

    Args:
        worlds: the real pictures.
        numbers: which of them may be taken; `count` are, families in turn.
        count: prompts.
        seed: of chance; the first prompts do not depend on `count`.
    """
    real = spread(worlds, numbers, count, seed)
    rng = np.random.default_rng([seed, 21])
    wishes: list[Wish] = []
    labels: list[Mapping[str, str]] = []
    for place, number in enumerate(real):
        facts = worlds.facts[number]
        shown = shown_in(facts)
        if facts.family in family_names():
            tags = {axis: value for axis, value in shown.items() if axis != "family"}
            prompt = prompt_for(facts.family, tags, rng)
        else:
            prompt = facts.captions[0] if facts.captions else "a place"
        wishes.append(Wish(prompt, _FIRST_SEED + place))
        labels.append(shown)
    return Asked(wishes, labels, real)


def evaluate_generation(
    model: Model,
    worlds: WorldSet,
    report: Path,
    plan: Plan,
    judges: Judges,
    on_picture: Told | None = None,
) -> Findings:
    """Generate, judge and draw; pictures that are there from an earlier call are used again.

    Args:
        model: from `ldm3d.load`.
        worlds: real pictures; the unseen ones are compared with.
        report: folder of the report; pictures are kept in `report/made`.
        plan: counts and settings.
        judges: networks that look at the pictures.
        on_picture: told of each picture.
    """
    run = _Run(model, worlds, report, plan, judges, on_picture or (lambda *_: None))
    findings = run.findings
    asked = asked_of(worlds, run.unseen, plan.count, plan.seed)
    made = run.make("pictures", plan.settings, asked.wishes)
    run.judge(asked, made)
    guided = [(g, replace(plan.settings, guidance=g)) for g in plan.guidances]
    run.sweep("guidance scale", guided, asked)
    stepped = [(float(n), replace(plan.settings, steps=n)) for n in plan.steps]
    run.sweep("denoising steps", stepped, asked)
    run.unseen_sheet()
    run.seeds_sheet(asked)
    return findings


@dataclass(eq=False)
class _Run:
    """One call."""

    model: Model
    worlds: WorldSet
    report: Path
    plan: Plan
    judges: Judges
    tell: Told
    findings: Findings = field(init=False)

    def __post_init__(self) -> None:
        settings = self.plan.settings
        self.findings = Findings(
            "Generation",
            {
                "model": short_name(self.model.id),
                "fingerprint": self.model.fingerprint[:16],
                "size": f"{settings.width}x{settings.height}",
                "guidance": f"{settings.guidance:g}",
                "steps": f"{settings.steps} of {settings.scheduler}",
            },
        )
        seen, self.unseen, remark = divided(self.worlds)
        self.others = seen or self.unseen
        if remark:
            self.findings.notes.append(remark)

    def make(self, name: str, settings: Settings, wishes: Sequence[Wish]) -> list[Made]:
        """Return pictures made of wishes, or read those that are there."""
        place = self.report / "made" / name
        folder = MadeFolder(place, self.model, settings, self.plan.batch)
        return folder.make(wishes, lambda done, total: self.tell(name, done, total))

    # --- the main figures ----------------------------------------------------------------------

    def judge(self, asked: Asked, made: Sequence[Made]) -> None:
        """Measure the main pictures."""
        self.findings.about["pictures"] = str(len(made))
        self._networks(asked, made)
        self._classifier(asked, made)
        self._geometry(asked, made)

    def _networks(self, asked: Asked, made: Sequence[Made]) -> None:
        rows: list[tuple[str, float, str]] = []
        inception, clip = self.judges.inception, self.judges.clip
        if inception is None:
            self.findings.notes.append(f"FID and IS were skipped: {NO_INCEPTION}")
        elif len(made) > 1:
            seen = [seen_by_inception(inception, one.color) for one in made]
            real = [seen_by_inception(inception, self.worlds.color(n))[0] for n in asked.real]
            pair = moments(np.stack(real)), moments(np.stack([f for f, _ in seen]))
            score, deviation = inception_score(np.stack([p for _, p in seen]))
            rows.append(("FID", frechet_distance(*pair), f"against {len(real)} real pictures"))
            rows.append(("IS", score, f"± {deviation:.3g}"))
        if clip is None:
            self.findings.notes.append(
                "CLIP similarity was skipped: no CLIP folder was given (--clip FOLDER)"
            )
        else:
            values = [clip(one.color, one.wish.prompt) for one in made]
            rows.append(("CLIP similarity", float(np.mean(values)), f"± {np.std(values):.3g}"))
        if rows:
            self.findings.tables.append(Table("As in the paper", ("measure", "value", ""), rows))
            self.findings.figures |= {name: value for name, value, _ in rows}

    def _classifier(self, asked: Asked, made: Sequence[Made]) -> None:
        classifier = self.judges.classifier
        if classifier is None:
            self.findings.notes.append("the classifier was skipped: the set names no families")
            return
        labels = classifier.classes.rows(asked.labels)
        real_features, real_found = classifier.look(planes_of_set(self.worlds, asked.real))
        features, found = classifier.look(planes_of(made))
        real, generated = rates(classifier, real_found, labels), rates(classifier, found, labels)
        rows = [
            (axis, len(classifier.classes.values[axis]), real[axis], generated[axis],
             generated[axis] / real[axis] if real[axis] else float("nan"))
            for axis in AXES
        ]  # fmt: skip
        self.findings.tables.append(
            Table(
                "Recognised by a classifier trained on renders",
                ("", "classes", "real, unseen", "generated", "generated / real"),
                rows,
            )
        )
        for axis in AXES:
            self.findings.figures |= {
                f"rate_real_{axis}": real[axis], f"rate_generated_{axis}": generated[axis],
            }  # fmt: skip
        bars = {"real, unseen": list(real.values()), "generated": list(generated.values())}
        draw_bars(AXES, bars, self.report / "rates.png", title="Recognised by the classifier")
        self.findings.pictures.append(("rates.png", "Share of pictures in which it is recognised"))
        self.findings.notes.append(
            f"a rate from {len(made)} pictures is known to about ± {0.5 / len(made) ** 0.5:.2g}"
        )
        self._distance(classifier, asked, real_features, features)
        self._by_class(classifier, labels, found, real_found)

    def _distance(
        self,
        classifier: Classifier,
        asked: Asked,
        real: NDArray[np.float32],
        features: NDArray[np.float32],
    ) -> None:
        """Add the Frechet distance in the classifier's features beside that of real to real."""
        if len(features) < 2:
            return
        kept = set(asked.real)
        spare = [number for number in self.unseen if number not in kept]
        learned = "" if len(spare) >= len(kept) else ", some of them learned from"
        spare += [number for number in self.others if number not in kept] if learned else []
        value = frechet_distance(moments(real), moments(features))
        rows = [("generated to real, unseen", len(features), value)]
        if len(spare) >= 2:
            other = spread(self.worlds, spare, len(asked.real), 1)
            seen, _ = classifier.look(planes_of_set(self.worlds, other))
            rows.append((f"other real pictures to the same{learned}",
                         len(other), frechet_distance(moments(real), moments(seen))))  # fmt: skip
        self.findings.tables.append(
            Table("Frechet distance in the classifier's features (not FID)",
                  ("", "pictures", "distance"), rows)
        )  # fmt: skip
        self.findings.figures["classifier_frechet"] = value

    def _by_class(
        self,
        classifier: Classifier,
        labels: NDArray[np.int64],
        found: Sequence[NDArray[np.float32]],
        real_found: Sequence[NDArray[np.float32]],
    ) -> None:
        """Add how often each family, hour and weather is recognised, and as what else it is."""
        for place, axis in enumerate(AXES):
            names = classifier.classes.values[axis]
            taken, real_taken = found[place].argmax(axis=1), real_found[place].argmax(axis=1)
            rows = []
            for number, name in enumerate(names):
                own = labels[:, place] == number
                if not own.any():
                    continue
                wrong = np.bincount(taken[own & (taken != number)], minlength=len(names))
                instead = names[int(wrong.argmax())] if wrong.any() else ""
                rows.append((name, int(own.sum()), float((real_taken[own] == number).mean()),
                             float((taken[own] == number).mean()), instead))  # fmt: skip
            header = (axis, "pictures", "real", "generated", "mostly taken for")
            self.findings.tables.append(Table(f"By {axis}", header, rows))

    def _geometry(self, asked: Asked, made: Sequence[Made]) -> None:
        """Add what depth and wrap tell without any network."""
        real = [Made(Wish("", 0), self.worlds.color(n), self.worlds.depth(n)) for n in asked.real]
        columns = [_geometry_of(pictures) for pictures in (real, made)]
        rows = [
            (name, first, second)
            for (name, first), second in zip(columns[0].items(), columns[1].values(), strict=True)
        ]
        self.findings.tables.append(
            Table("Depth and wrap", ("", "real, unseen", "generated"), rows)
        )
        self.findings.figures |= {f"generated: {name}": value for name, value in columns[1].items()}

    # --- more pictures

    def sweep(self, what: str, points: Sequence[tuple[float, Settings]], asked: Asked) -> None:
        """Measure the first prompts at each setting."""
        count = min(self.plan.sweep_count, len(asked.wishes))
        known = Known(
            [self.worlds.color(number) for number in asked.real[:count]],
            planes_of_set(self.worlds, asked.real[:count]),
            asked.labels[:count],
        )
        found = [
            (value, point_of(self.make("pictures", settings, asked.wishes[:count]), known,
                             self.judges))
            for value, settings in points
        ]  # fmt: skip
        if found:
            tell_sweep(what, found, count, self.report, self.findings)

    def unseen_sheet(self) -> None:
        """Generate prompts in wordings no caption has; draw them and say how often they work."""
        prompts = unseen_prompts(self.plan.unseen, self.plan.seed)
        if not prompts:
            return
        wishes = [Wish(p.prompt, _FIRST_SEED + n) for n, p in enumerate(prompts)]
        made = self.make("unseen", self.plan.settings, wishes)
        prompt_sheet(made).save(self.report / "unseen.jpg", quality=88)
        self.findings.pictures.append(
            ("unseen.jpg", f"{len(made)} prompts in wordings no caption has, the first seed each")
        )
        classifier = self.judges.classifier
        if classifier is None:
            return
        labels = classifier.classes.rows([{**p.tags, "family": p.family} for p in prompts])
        found = rates(classifier, classifier.look(planes_of(made))[1], labels)
        self.findings.tables.append(
            Table("Recognised in unseen prompts", AXES, [tuple(found[axis] for axis in AXES)])
        )
        self.findings.figures |= {f"rate_unseen_{axis}": found[axis] for axis in AXES}

    def seeds_sheet(self, asked: Asked) -> None:
        """Generate a few prompts with several seeds and say how much they differ."""
        if self.plan.seeds < 2:
            return
        chosen = [wish.prompt for wish in asked.wishes[:6]]
        wishes = [Wish(p, seed) for p in chosen for seed in range(self.plan.seeds)]
        made = self.make("seeds", self.plan.settings, wishes)
        sheet = prompt_sheet(made, self.plan.seeds)
        sheet.save(self.report / "seeds.jpg", quality=88)
        self.findings.pictures.append(("seeds.jpg", "One prompt a row, another seed a column"))
        apart = [
            _mean_difference(made[start : start + self.plan.seeds])
            for start in range(0, len(made), self.plan.seeds)
        ]
        real = [Made(Wish("", 0), self.worlds.color(n), self.worlds.depth(n)) for n in asked.real]
        by_family: dict[str, list[Made]] = {}
        for one, label in zip(real, asked.labels, strict=True):
            by_family.setdefault(label.get("family", ""), []).append(one)
        pairs = [_mean_difference(own) for own in by_family.values() if len(own) > 1]
        self.findings.tables.append(
            Table("How much seeds differ (mean difference of small pictures, 0 to 1)",
                  ("one prompt, other seeds", "real pictures of one family"),
                  [(float(np.mean(apart)), float(np.mean(pairs)) if pairs else float("nan"))])
        )  # fmt: skip


def _geometry_of(pictures: Sequence[Made]) -> dict[str, float]:
    """Return means over pictures."""
    seams = [one.seam for one in pictures]
    ground, sky = np.mean([ground_and_sky(one.depth) for one in pictures], axis=0)
    below = [ground_and_sky(one.depth) for one in pictures]
    agreement = [edge_agreement(one.color, one.depth) for one in pictures]
    known = [value for value in agreement if np.isfinite(value)]
    return {
        "seam ratio, color": float(np.mean([seam.color for seam in seams])),
        "seam ratio, depth": float(np.mean([seam.depth for seam in seams])),
        f"share with seam ratio up to {SEAM_LIMIT}": float(
            np.mean([seam.color <= SEAM_LIMIT and seam.depth <= SEAM_LIMIT for seam in seams])
        ),
        "mean depth of the lowest fifth": float(ground),
        "mean depth of the highest fifth": float(sky),
        "share with the ground nearer than the sky": float(np.mean([g > s for g, s in below])),
        "depth edges beside a color edge (chance 0.41)": float(np.mean(known))
        if known
        else float("nan"),
    }


def _mean_difference(pictures: Sequence[Made]) -> float:
    """Return the mean absolute difference of all pairs, at 64x128, color and depth."""
    planes = planes_of(pictures)
    pairs = [
        np.abs(planes[a] - planes[b]).mean() / 2
        for a in range(len(planes))
        for b in range(a + 1, len(planes))
    ]
    return float(np.mean(pairs))
