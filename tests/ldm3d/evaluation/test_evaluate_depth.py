"""Depth against a network that knows the truth."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ldm3d
from ldm3d.data.world_set import Facts, SetInfo, WorldSet, begin_set, write_shard
from ldm3d.evaluation.depth import HEADER, evaluate_depth
from ldm3d.evaluation.findings import Table
from ldm3d.evaluation.made import settings_for
from ldm3d.model import Model
from tests.ldm3d.depth.knowing import KnowingModel, bundled_world, painted
from tests.ldm3d.tiny import tiny_model

NEAR_M = 0.6


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tiny_model(tmp_path_factory.mktemp("depth"))
    return ldm3d.load(folder, device="cpu", dtype="float32")


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> WorldSet:
    """One picture, painted with its directions, with the true depth of the great library."""
    folder = tmp_path_factory.mktemp("worlds")
    near = bundled_world("great-library", 128).nearness
    codes = np.rint(np.clip(NEAR_M * near, 0, 1) * 65535).astype(np.uint16)
    begin_set(folder, SetInfo(256, 128, NEAR_M, float("inf")))
    facts = Facts(("a library",), "reading_hall", 1_000_000, 0, {"hour": "golden hour"})
    write_shard(folder, 0, painted(128)[None], codes[None], [facts])
    return WorldSet(folder)


def rows_of(table: Table) -> dict[str, dict[str, object]]:
    named = [dict(zip(HEADER, row, strict=True)) for row in table.rows]
    return {f"{row['depth of']}, {row['aligned']}": row for row in named}


@pytest.mark.slow
def test_a_network_that_knows_the_truth_is_nearly_right_and_noise_is_not(
    model: Model, worlds: WorldSet, tmp_path: Path
) -> None:
    knowing = KnowingModel(bundled_world("great-library", 128), noise=0.0, tilt=0.0, tile_px=64)
    settings = replace(settings_for(model, size=(128, 64)), steps=1)
    found = evaluate_depth(model, worlds, tmp_path, settings, count=1, estimator=knowing)
    rows = rows_of(found.tables[0])
    truth = rows["the depth network on real pictures, yes"]
    assert float(str(truth["AbsRel"])) < 0.15
    assert float(str(truth["δ < 1.25"])) > 0.85
    lost = rows["real pictures after the autoencoder, no"]
    assert float(str(lost["AbsRel"])) > 2 * float(str(truth["AbsRel"]))  # its weights are random
    assert found.about["estimator"] == "the truth"


def test_without_a_network_generated_depth_is_left_out_and_said_so(
    model: Model, worlds: WorldSet, tmp_path: Path
) -> None:
    settings = settings_for(model, size=(128, 64), steps=1)
    found = evaluate_depth(model, worlds, tmp_path, settings, count=1)
    assert {"no", "yes"} == {name.split(", ")[1] for name in rows_of(found.tables[0])}
    assert any("no depth network was given" in note for note in found.notes)
    assert not (tmp_path / "made").exists()
