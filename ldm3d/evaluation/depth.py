"""How true the depth is (paper, table 2): of generated pictures against a depth network's.

A generated picture has no true depth. As in the paper a network estimates it from the color, and
the model's own depth is compared with that, after scale and shift in disparity. Our renders have
true depth, so the network itself is judged on them too: no model can be shown to be better than
its reference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.world_set import WorldSet
from ldm3d.depth import DepthModel
from ldm3d.evaluation.findings import Findings, Table
from ldm3d.evaluation.generation import asked_of
from ldm3d.evaluation.made import MadeFolder, Settings
from ldm3d.evaluation.measures import DepthErrors, depth_errors, latitude_weights
from ldm3d.evaluation.pictures_of import divided, row_weights
from ldm3d.evaluation.reconstruction import Autoencoder, mean_errors, short_name
from ldm3d.model import Model

HEADER = ("depth of", "against", "pictures", "aligned", "AbsRel", "RMSE", "δ < 1.25", "MARE")


def evaluate_depth(
    model: Model,
    worlds: WorldSet,
    report: Path,
    settings: Settings,
    *,
    count: int = 32,
    estimator: DepthModel | None = None,
    seed: int = 0,
    batch: int = 1,
    on_picture: Callable[[str, int, int], None] | None = None,
) -> Findings:
    """Measure depth after the autoencoder, of generated pictures, and of the estimator itself.

    Args:
        model: from `ldm3d.load`.
        worlds: real pictures with true depth.
        report: folder of the report; generated pictures are those of `evaluate_generation`.
        settings: how pictures are generated.
        count: pictures of each kind.
        estimator: a depth network (`ldm3d.depth.load_depth_model`); None: skipped, and said so.
        seed: chooses prompts and pictures, as in `evaluate_generation`.
        batch: pictures made at once.
        on_picture: told of each picture.
    """
    tell = on_picture or (lambda *_: None)
    findings = Findings(
        "Depth", {"model": short_name(model.id), "size": f"{settings.width}x{settings.height}"}
    )
    _, unseen, remark = divided(worlds)
    if remark:
        findings.notes.append(remark)
    asked = asked_of(worlds, unseen, count, seed)
    weights, weighing = row_weights(worlds.info)
    rows = _after_autoencoder(model, worlds, asked.real, weights, tell)
    if estimator is None:
        findings.notes.append(
            "generated depth was not compared: no depth network was given (--estimator FOLDER)"
        )
    else:
        folder = MadeFolder(report / "made" / "pictures", model, settings, batch)
        made = folder.make(asked.wishes, lambda done, total: tell("pictures", done, total))
        pairs = [(one.color, one.depth) for one in made]
        rows.append(_against(estimator, pairs, None, worlds.info.seamless, tell))
        real = [(worlds.color(n), worlds.depth(n)) for n in asked.real]
        near_m = worlds.info.near_m or 1.0
        rows.append(_against(estimator, real, near_m, worlds.info.seamless, tell))
        findings.about["estimator"] = estimator.name
    findings.tables.append(Table(f"Depth, {weighing}", HEADER, rows))
    findings.figures["abs_rel_autoencoder"] = float(rows[0][4])
    findings.notes.append(
        "RMSE is in metres against the truth, else in units of the nearest distance"
        if worlds.info.near_m
        else "RMSE is in units of the nearest distance: this set has no scale"
    )
    return findings


def _after_autoencoder(
    model: Model,
    worlds: WorldSet,
    numbers: Sequence[int],
    weights: NDArray[np.float64],
    tell: Callable[[str, int, int], None],
) -> list[tuple[str | float | int, ...]]:
    from ldm3d.seamless import set_seamless

    set_seamless(model.vae, worlds.info.seamless)
    autoencoder = Autoencoder(model.vae, model.layout, model.id, model.device)
    found: dict[bool, list[DepthErrors]] = {False: [], True: []}
    for done, number in enumerate(numbers, 1):
        true = worlds.depth(number)
        _, back = autoencoder.there_and_back(worlds.color(number), true)
        for align, kept in found.items():
            near_m = worlds.info.near_m or 1.0
            kept.append(depth_errors(back, true, near_m=near_m, align=align, weights=weights))
        tell("autoencoder", done, len(numbers))
    return [
        _row("real pictures after the autoencoder", "truth", kept, align)
        for align, kept in found.items()
    ]


def _against(
    estimator: DepthModel,
    pictures: Sequence[tuple[NDArray[np.uint8], NDArray[np.float32]]],
    true_near_m: float | None,
    sphere: bool,
    tell: Callable[[str, int, int], None],
) -> tuple[str | float | int, ...]:
    """Compare depth with estimates.

    Args:
        estimator: the depth network.
        pictures: color and depth.
        true_near_m: distance of depth 1 if the depth is the truth: then the estimate is judged by
            it; None: the depth is judged by the estimate.
        sphere: whether they are panoramas, whose rows weigh cos(latitude).
        tell: told of each picture.
    """
    from ldm3d.depth import estimate_depth

    found = []
    for done, (color, depth) in enumerate(pictures, 1):
        panorama = None if sphere else False
        estimate = estimate_depth(np.ascontiguousarray(color), estimator, panorama=panorama)
        given, reference = (depth, estimate) if true_near_m is None else (estimate, depth)
        weights = latitude_weights(len(depth)) if sphere else None
        near_m = true_near_m or 1.0
        found.append(depth_errors(given, reference, near_m=near_m, align=True, weights=weights))
        tell("estimates", done, len(pictures))
    if true_near_m is None:
        return _row("generated pictures", "the depth network", found, True)
    return _row("the depth network on real pictures", "truth", found, True)


def _row(
    of: str, against: str, errors: Sequence[DepthErrors], align: bool
) -> tuple[str | float | int, ...]:
    values = mean_errors(errors).to_dict().values()
    return (of, against, len(errors), "yes" if align else "no", *values)
