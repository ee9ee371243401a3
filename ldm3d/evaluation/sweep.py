"""Figures over guidance and steps, with curves (paper, figures 4 to 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ldm3d.evaluation.chart import draw_lines
from ldm3d.evaluation.classifier import Classifier, rates, small_planes
from ldm3d.evaluation.clip_similarity import ClipSimilarity
from ldm3d.evaluation.findings import Findings, Table
from ldm3d.evaluation.frechet import frechet_distance, inception_score, moments
from ldm3d.evaluation.inception import Inception, seen_by_inception
from ldm3d.evaluation.made import Made

_CLASSIFIER_DISTANCE = "Frechet, classifier"


@dataclass(frozen=True)
class Judges:
    """What looks at the pictures; None: not there, said so and skipped."""

    classifier: Classifier | None = None
    inception: Inception | None = None
    clip: ClipSimilarity | None = None


@dataclass(frozen=True, eq=False)
class Known:
    """Real pictures to compare with, and what the prompts ask for."""

    colors: Sequence[NDArray[np.uint8]]
    planes: NDArray[np.float32]
    """What a classifier sees of them."""
    labels: Sequence[Mapping[str, str]]


def planes_of(made: Sequence[Made]) -> NDArray[np.float32]:
    """Return what a classifier sees of generated pictures, (N, 4, 64, 128)."""
    return np.stack([small_planes(one.color, one.depth) for one in made])


def point_of(made: Sequence[Made], known: Known, judges: Judges) -> dict[str, float]:
    """Return the figures of one setting, by name."""
    found: dict[str, float] = {}
    if judges.classifier is not None:
        labels = judges.classifier.classes.rows(known.labels)
        features, probabilities = judges.classifier.look(planes_of(made))
        for axis, rate in rates(judges.classifier, probabilities, labels).items():
            found[f"rate {axis}"] = rate
        if len(made) > 1:
            real = moments(judges.classifier.look(known.planes)[0])
            found[_CLASSIFIER_DISTANCE] = frechet_distance(real, moments(features))
    if judges.inception is not None and len(made) > 1:
        seen = [seen_by_inception(judges.inception, one.color) for one in made]
        truth = [seen_by_inception(judges.inception, color)[0] for color in known.colors]
        mine = np.stack([features for features, _ in seen])
        found["FID"] = frechet_distance(moments(np.stack(truth)), moments(mine))
        found["IS"] = inception_score(np.stack([p for _, p in seen]))[0]
    if judges.clip is not None:
        values = [judges.clip(one.color, one.wish.prompt) for one in made]
        found["CLIP similarity"] = float(np.mean(values))
    found["seam, color"] = float(np.mean([one.seam.color for one in made]))
    return found


def tell_sweep(
    what: str,
    points: Sequence[tuple[float, Mapping[str, float]]],
    count: int,
    report: Path,
    findings: Findings,
) -> None:
    """Add a table and curves.

    Args:
        what: the setting's name.
        points: its value, and the figures there.
        count: pictures a point.
        report: folder of the curves' files.
        findings: to add to.
    """
    names = list(points[0][1])
    rows: list[list[str | float]] = [
        [f"{value:g}", *(found[name] for name in names)] for value, found in points
    ]
    findings.tables.append(Table(f"Over {what}, {count} pictures each", (what, *names), rows))
    for title, file, chosen in (
        ("Recognised by the classifier", "rates", [n for n in names if n.startswith("rate")]),
        ("Frechet distance, classifier features", "frechet", [_CLASSIFIER_DISTANCE]),
        ("FID", "fid", ["FID"]),
        ("Inception Score", "is", ["IS"]),
        ("CLIP similarity", "clip", ["CLIP similarity"]),
    ):
        curves = {
            name: [(value, found[name]) for value, found in points]
            for name in chosen
            if name in names
        }
        if curves:
            name = f"{file}-over-{what.replace(' ', '-')}.png"
            draw_lines(curves, report / name, title=f"{title} over {what}", x_label=what)
            findings.pictures.append((name, f"{title} over {what}"))
