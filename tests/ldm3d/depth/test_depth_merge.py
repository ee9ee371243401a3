"""Merged tiles recover the true relief of known worlds, whatever scale and shift each one has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from ldm3d.depth import align as aligning
from ldm3d.depth import depth_steps, estimate_depth
from ldm3d.depth.align import align
from ldm3d.depth.events import DepthResult
from ldm3d.depth.merge import merged_rows
from ldm3d.depth.normalize import normalized
from ldm3d.depth.tiles import tiles_of
from ldm3d.seam import measure_seam
from tests.ldm3d.depth.knowing import (
    Errors,
    Floats,
    KnowingModel,
    World,
    bundled_world,
    errors_of,
    painted,
)

TESTDATA = Path(__file__).parents[4] / "shared" / "testdata"
WORLDS = ["great-library", "old-forest", "mountain-lake", "cherry-blossom", "northern-lights"]


@pytest.fixture(scope="module")
def library() -> World:
    return bundled_world("great-library")


def result_of(model: KnowingModel, *, detail: int = 1, turn: int = 0) -> DepthResult:
    color = np.roll(painted(256), turn, axis=1)
    *_, last = depth_steps(color, model, detail=detail)
    assert isinstance(last, DepthResult)
    return last


def seam_of(world: World) -> float:
    """The true map's jump across the back against those inside: there may be an edge there."""
    true = normalized(world.nearness, is_sphere=True)
    return measure_seam(np.zeros((*true.shape, 3), np.uint8), true).depth


def naive(world: World) -> Floats:
    """Each tile stretched to its own 0 to 1 and averaged: what merging without aligning gives."""
    model, tiles = KnowingModel(world), tiles_of(1)
    views = [model.inverse_depth(tile.view(painted(256), model.tile_px)) for tile in tiles]
    stretched = [(v - v.min()) / (v.max() - v.min()) for v in views]
    return np.concatenate(list(merged_rows(tiles, stretched, np.ones(16), 512, 256)))


@pytest.mark.parametrize("name", WORLDS)
def test_tiles_of_unknown_scale_shift_and_tilt_become_the_true_relief(name: str) -> None:
    world = bundled_world(name)
    found = result_of(KnowingModel(world))
    errors, without = errors_of(found.depth, world), errors_of(naive(world), world)
    assert errors.share_of_range < 0.02 and errors.abs_rel < 0.15, errors
    assert without.share_of_range > 3 * errors.share_of_range, (errors, without)
    assert found.disagreement is not None and found.disagreement < 0.02
    assert found.seam is not None and found.seam < max(1.2, 1.25 * seam_of(world))
    assert found.notes == ()


def test_a_room_as_another_program_saw_it_is_recovered() -> None:
    path = TESTDATA / "rgbd_pairs" / "hotel_room_16bit" / "depth.png"  # millimetres
    if not path.is_file():
        pytest.skip("no test pictures here")
    with Image.open(path) as image:
        distance_m = np.asarray(image.resize((512, 256), Image.Resampling.NEAREST)) / 1000
    world = World((1 / distance_m).astype(np.float32))
    errors = errors_of(result_of(KnowingModel(world)).depth, world)
    assert errors.share_of_range < 0.02 and errors.abs_rel < 0.05, errors


def test_the_way_from_z_to_the_ray_matters(library: World) -> None:
    class Careless(KnowingModel):
        def inverse_depth(self, picture: np.ndarray) -> np.ndarray:
            found = super().inverse_depth(picture)
            across = np.linspace(-1, 1, self.tile_px)
            # As if the answer were for rays already: undo the cosine that merging puts on.
            return np.float32(found * np.sqrt(1 + across[:, None] ** 2 + across[None, :] ** 2))

    good = errors_of(result_of(KnowingModel(library)).depth, library)
    bad = errors_of(result_of(Careless(library)).depth, library)
    assert bad.share_of_range > 2.5 * good.share_of_range


def test_a_bent_answer_is_off_by_little_more(library: World) -> None:
    errors = errors_of(result_of(KnowingModel(library, bend=0.2)).depth, library)
    assert errors.share_of_range < 0.025 and errors.abs_rel < 0.12


def test_a_network_without_shift_needs_none(library: World) -> None:
    model = KnowingModel(library, shift=0.0, tilt=0.0, has_shift=False)
    errors = errors_of(result_of(model).depth, library)
    assert errors.share_of_range < 0.015
    tiles = tiles_of(1)
    views = [model.inverse_depth(tile.view(painted(256), model.tile_px)) for tile in tiles]
    assert np.abs(align(tiles, views, has_shift=False).fields[:, 1:]).max() < 1e-3


def test_one_tile_that_is_all_wrong_does_not_bend_the_others(library: World) -> None:
    class OneWrong(KnowingModel):
        def inverse_depth(self, picture: np.ndarray) -> np.ndarray:
            found = super().inverse_depth(picture)
            return -found if len(self.asked) == 3 else found

    tiles, model = tiles_of(1), OneWrong(library)
    views = [model.inverse_depth(tile.view(painted(256), model.tile_px)) for tile in tiles]
    found = align(tiles, views, has_shift=True)
    assert (found.fields[:, 0] > 0).all()  # never inside out
    assert found.trust[2] < 0.1 and np.delete(found.trust, 2).min() > 0.9
    assert errors_of(result_of(OneWrong(library)).depth, library).share_of_range < 0.03


def test_a_sky_without_relief_does_not_blow_up() -> None:
    nearness = np.zeros((256, 512), np.float32)
    nearness[140:] = np.linspace(0.1, 0.6, 116, dtype=np.float32)[:, None]
    world = World(nearness)
    found = result_of(KnowingModel(world))
    assert errors_of(found.depth, world).share_of_range < 0.03
    assert found.depth[:80].std() < 0.03


def test_turning_the_panorama_by_a_quarter_turns_its_depth() -> None:
    class Seeing(KnowingModel):
        """Answers from the colours alone, always alike for a picture."""

        def inverse_depth(self, picture: np.ndarray) -> np.ndarray:
            gray = gaussian_filter(picture.astype(np.float32).mean(axis=2) / 255, 3)
            return np.float32(gray + 0.3 * gray.mean() + 0.2 * gray[:8].mean())

    color = gaussian_filter(
        np.random.default_rng(2).uniform(-2000, 2200, (128, 256, 3)), (4, 4, 0), mode="wrap"
    )
    color = np.clip(color, 0, 255).astype(np.uint8)
    model = Seeing(World(np.ones((2, 4), np.float32)))
    depth = estimate_depth(color, model)
    for quarters in (1, 2, 3):
        turned = estimate_depth(np.roll(color, 64 * quarters, axis=1), model)
        assert np.abs(turned - np.roll(depth, 64 * quarters, axis=1)).max() < 1e-3
    other = estimate_depth(np.roll(color, 20, axis=1), model)  # no step of the tiles
    assert np.abs(other - np.roll(depth, 20, axis=1)).max() > 1e-3


def test_the_back_and_the_poles_are_as_smooth_as_everything_else(library: World) -> None:
    depth = result_of(KnowingModel(library, noise=0.0)).depth
    jumps = np.abs(np.diff(np.concatenate([depth, depth[:, :1]], axis=1), axis=1))
    assert jumps[:, -1].mean() < 1.5 * jumps[:, :-1].mean()
    assert np.ptp(depth[0]) < 0.05 and np.ptp(depth[-1]) < 0.05  # one point each


def test_two_bands_keep_edges_that_a_plain_mean_would_double(
    library: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiles, model = tiles_of(1), KnowingModel(library, noise=0.0, tilt=0.0)
    views = [model.inverse_depth(tile.view(painted(256), model.tile_px)) for tile in tiles]
    random = np.random.default_rng(4)
    shifted = [np.roll(v, random.integers(-3, 4, 2), (0, 1)) for v in views]  # edges are off a bit
    found = align(tiles, shifted, has_shift=True)
    aligned = [found.aligned(n, v) for n, v in enumerate(shifted)]
    sharp = np.concatenate(list(merged_rows(tiles, aligned, found.trust, 512, 256)))
    monkeypatch.setattr("ldm3d.depth.merge._SHARPNESS", 1)
    mean = np.concatenate(list(merged_rows(tiles, aligned, found.trust, 512, 256)))
    steepest = [np.quantile(np.abs(np.diff(m, axis=1)), 0.99) for m in (sharp, mean)]
    assert steepest[0] > 1.1 * steepest[1]


@pytest.mark.slow
def test_narrower_tiles_bring_finer_detail(library: World) -> None:
    fine = bundled_world("great-library", 512)
    model = KnowingModel(fine, tile_px=96, noise=0.0)
    errors: list[Errors] = []
    for detail in (1, 2):
        *_, last = depth_steps(painted(512), replace(model, asked=[]), detail=detail)
        assert isinstance(last, DepthResult)
        errors.append(errors_of(last.depth, fine))
    assert errors[1].abs_rel < 0.8 * errors[0].abs_rel, errors


def test_compared_directions_are_even_and_turn_onto_themselves() -> None:
    directions = aligning.compared_directions()
    assert np.abs(directions.mean(axis=0)).max() < 1e-3
    turned = directions @ np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]], np.float32)
    order = [np.lexsort(np.rint(d * 1e4).T) for d in (directions, turned)]
    assert np.allclose(directions[order[0]], turned[order[1]], atol=2e-4)


def test_normalizing_keeps_all_but_a_thousandth_and_the_middle_of_nothing() -> None:
    values = np.linspace(-3, 5, 100 * 200, dtype=np.float32).reshape(100, 200)
    values[50, 50] = 1e6  # one wrong pixel
    depth = normalized(values, is_sphere=False)
    assert depth.min() == 0 and depth.max() == 1
    assert np.abs(depth - (values + 3) / 8)[:50].max() < 2e-3
    flat = normalized(np.full((8, 16), 7, np.float32), is_sphere=True)
    assert (flat == 0.5).all()
    polar = np.zeros((100, 200), np.float32)
    polar[0], polar[30:] = 9, np.arange(70, dtype=np.float32)[:, None] / 70
    assert normalized(polar, is_sphere=True)[60, 0] > 0.4  # a pole row is hardly any area
    assert normalized(polar, is_sphere=False)[60, 0] < 0.1
