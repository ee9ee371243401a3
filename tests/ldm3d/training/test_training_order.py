"""What is random follows from the seed and the step alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ldm3d.block_autoencoder import folded, unfolded
from ldm3d.training.ema import Ema
from ldm3d.training.order import Turn
from ldm3d.training.planes import changed_planes, row_weights
from ldm3d.training.update import Schedule


def test_an_epoch_takes_every_sample_once_over_all_processes_and_parts() -> None:
    taken = [
        index
        for step in range(2)
        for part in range(3)
        for rank in range(2)
        for index in Turn(7, step, part, 3, rank, 2).indices(24, 2)
    ]
    assert sorted(taken) == list(range(24))
    assert taken != list(range(24))
    second = [index for step in range(2, 14) for index in Turn(7, step).indices(24, 2)]
    assert second != taken


def test_a_turn_draws_the_same_whenever_it_is_asked() -> None:
    one, same, other = Turn(1, 5), Turn(1, 5), Turn(1, 6)
    draw = lambda turn: torch.randn(4, generator=turn.generator("noise"))  # noqa: E731
    assert torch.equal(draw(one), draw(same))
    assert not torch.equal(draw(one), draw(other))
    assert one.random("cut").integers(1 << 40) != one.random("noise").integers(1 << 40)
    one.seed_dropout()
    first = torch.rand(3)
    same.seed_dropout()
    assert torch.equal(torch.rand(3), first)


def test_a_cut_is_a_turned_and_maybe_mirrored_window_of_whole_rows() -> None:
    planes = np.arange(8 * 16, dtype=np.float32).reshape(1, 8, 16)
    mirrored = 0
    tops = set()
    for step in range(60):
        cut, top = changed_planes(planes, Turn(0, step), 0, (4, 16))
        tops.add(top)
        rows = planes[0, top : top + 4]
        backward = (np.diff(cut[0, 0]) < 0).sum() > 2
        mirrored += backward
        base = rows[:, ::-1] if backward else rows
        first = int(np.argwhere(base[0] == cut[0, 0, 0])[0, 0])
        assert np.array_equal(np.roll(base, -first, axis=1), cut[0])
    assert tops == {0, 1, 2, 3, 4}
    assert 15 < mirrored < 45


def test_weights_of_rows_are_the_cosine_of_latitude_with_mean_one() -> None:
    weight = row_weights([0], 512, 512)[0, 0, :, 0]
    assert weight.mean() == pytest.approx(1, abs=0.01)
    assert weight[256] == pytest.approx(np.pi / 2, abs=0.01)
    parts = row_weights([0, 256], 256, 512)
    torch.testing.assert_close(torch.cat([parts[0, 0, :, 0], parts[1, 0, :, 0]]), weight)


def test_folding_is_undone_by_unfolding() -> None:
    planes = torch.rand(2, 4, 8, 16)
    assert folded(planes, 4).shape == (2, 64, 2, 4)
    assert torch.equal(unfolded(folded(planes, 4), 4), planes)


def test_the_rate_rises_stays_and_falls() -> None:
    schedule = Schedule(steps=100, warmup=10, decay_from=0.6, floor=0.02)
    factors = [schedule.factor(step) for step in range(100)]
    assert factors[0] == pytest.approx(0.1)
    assert factors[9] == factors[60] == 1
    assert factors[80] == pytest.approx(0.5)
    assert min(factors[61:]) >= 0.02
    assert Schedule(steps=10, warmup=1, decay_from=1.0).factor(9) == 1


def test_an_average_follows_and_lends_its_weights() -> None:
    network = torch.nn.Linear(2, 2)
    ema = Ema(network, decay=0.9)
    with torch.no_grad():
        network.weight.fill_(1)
    for step in range(200):
        ema.update(step)
    own = network.weight.detach().clone()
    with ema.swapped() as lent:
        torch.testing.assert_close(lent.weight, torch.ones(2, 2), atol=1e-3, rtol=0)
    assert torch.equal(network.weight, own)
