"""Checkpoints: whole or not there, bounded, and the same after they were read."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
import torch

from ldm3d.errors import Ldm3dError
from ldm3d.training import checkpoint
from ldm3d.training.checkpoint import (
    State,
    checkpoint_folders,
    clean_checkpoints,
    load_optimizer,
    load_state,
    load_tensors,
    newest_checkpoint,
    optimizer_tensors,
    save_checkpoint,
)

TENSORS = {
    "network-a": {"weight": torch.arange(600.0).view(30, 20), "bias": torch.tensor(3.0)},
    "ema-a": {"weight": torch.ones(2, 3, dtype=torch.bfloat16)},
}


def save(folder: Path, step: int = 3, **options: object) -> Path:
    state = State(step, 24, 1.5, {"count": 1, "sums": {"color": 0.1}})
    return save_checkpoint(folder, state, TENSORS, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("chunk_bytes", [None, 500, 100_000])
def test_what_was_saved_is_read_again(tmp_path: Path, chunk_bytes: int | None) -> None:
    path = save(tmp_path, chunk_bytes=chunk_bytes)
    assert load_state(path) == State(3, 24, 1.5, {"count": 1, "sums": {"color": 0.1}})
    for group, values in TENSORS.items():
        for name, value in load_tensors(path, group).items():
            assert torch.equal(value, values[name])
            assert value.dtype == values[name].dtype
    with pytest.raises(Ldm3dError, match="network-b"):
        load_tensors(path, "network-b")


def test_only_the_newest_stay(tmp_path: Path) -> None:
    for step in (1, 2, 10, 11):
        save(tmp_path, step, keep=2)
    assert [path.name for path in checkpoint_folders(tmp_path)] == ["step-0000010", "step-0000011"]


def test_a_half_written_one_is_ignored_and_cleaned(tmp_path: Path) -> None:
    whole = save(tmp_path, 1, keep=9)
    (tmp_path / ".step-0000002.abcd").mkdir()
    (tmp_path / ".step-0000002.abcd" / "state.json").write_text("{")
    cut = save(tmp_path, 3, keep=9)
    weights = cut / "network-a.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    unread = save(tmp_path, 4, keep=9)
    (unread / "state.json").write_text('{"step": 4')
    assert newest_checkpoint(tmp_path) == whole
    clean_checkpoints(tmp_path)
    assert not list(tmp_path.glob(".step-*"))


@pytest.mark.parametrize(
    ("number", "told"), [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "cannot write")]
)
def test_a_disk_that_refuses_leaves_the_older_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, told: str
) -> None:
    older = save(tmp_path, 1)

    def refuse(path: Path) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(checkpoint, "sync", refuse)
    with pytest.raises(Ldm3dError, match=rf"{told}.*step-0000001 stands"):
        save(tmp_path, 2)
    assert newest_checkpoint(tmp_path) == older
    assert [path.name for path in tmp_path.iterdir()] == ["step-0000001"]


@pytest.mark.parametrize("kind", ["adamw", "muon"])
def test_an_optimiser_goes_on_where_it_was(kind: str) -> None:
    def made() -> tuple[torch.nn.Parameter, torch.optim.Optimizer]:
        weight = torch.nn.Parameter(torch.arange(12.0).view(3, 4) / 10)
        if kind == "muon":
            return weight, torch.optim.Muon([weight], lr=0.1)
        return weight, torch.optim.AdamW([weight], lr=0.1)

    def step(weight: torch.nn.Parameter, optimizer: torch.optim.Optimizer) -> None:
        optimizer.zero_grad()
        weight.square().sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    weight, optimizer = made()
    step(weight, optimizer)
    other, resumed = made()
    other.data.copy_(weight.data)
    load_optimizer(resumed, optimizer_tensors(optimizer))
    for _ in range(2):
        step(weight, optimizer)
        step(other, resumed)
    assert torch.equal(weight, other)
