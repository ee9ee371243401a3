"""Latents on disk: those of the pictures, exact under turns, renewed when something changed."""

from __future__ import annotations

import errno
import math
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Self

import numpy as np
import pytest
import torch

from ldm3d.data.world_set import SetInfo, WorldSet, begin_set
from ldm3d.errors import InputError, Ldm3dError, ModelError
from ldm3d.training.frozen import FrozenAutoencoder, load_frozen
from ldm3d.training.latent_cache import LatentCache, Variants, cached_latents
from ldm3d.training.machine import Machine
from ldm3d.training.order import Turn
from ldm3d.training.vae import new_autoencoder
from tests.ldm3d.training.tiny_training import TINY
from tests.ldm3d.training.tiny_unet import tiny_worlds, write_worlds

VARIANTS = Variants(phases=2, mirror=True)


@pytest.fixture(scope="module")
def autoencoder() -> Iterator[FrozenAutoencoder]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield FrozenAutoencoder(new_autoencoder(TINY).eval().requires_grad_(False))


@pytest.fixture
def worlds(tmp_path: Path) -> WorldSet:
    return WorldSet(tiny_worlds(tmp_path / "set"))


def encoded(worlds: WorldSet, index: int, autoencoder: FrozenAutoencoder, roll: int, flip: bool):
    color = torch.from_numpy(worlds.color(index).astype(np.float32) / 255).permute(2, 0, 1)
    planes = torch.cat([color, torch.from_numpy(worlds.depth(index))[None]])
    planes = planes.flip(-1) if flip else planes
    return autoencoder.encode(planes.roll(roll, dims=-1)[None])[0].numpy()


def test_the_cache_holds_phases_and_mirror_images(
    worlds: WorldSet, autoencoder: FrozenAutoencoder, tmp_path: Path
) -> None:
    cache = cached_latents(worlds, autoencoder, tmp_path / "latents", VARIANTS)
    half = autoencoder.factor // 2
    assert len(cache) == len(worlds) == 16
    assert (cache.variants, cache.shape) == (4, (4, 8, 16))
    for variant, (roll, flip) in enumerate([(0, False), (half, False), (0, True), (half, True)]):
        expected = encoded(worlds, 11, autoencoder, roll, flip)
        found = cache.latents(11, variant)
        assert found.dtype == np.float16
        np.testing.assert_allclose(found, expected, atol=2e-3 * np.abs(expected).max())
        others = [v for v in range(4) if v != variant]
        assert all(np.abs(cache.latents(11, v) - found).max() > 1e-3 for v in others)


def test_a_turn_by_whole_cells_is_a_roll_of_the_latents(
    worlds: WorldSet, autoencoder: FrozenAutoencoder, tmp_path: Path
) -> None:
    cache = cached_latents(worlds, autoencoder, tmp_path / "latents", VARIANTS)
    for cells in (1, 5, 15):
        expected = encoded(worlds, 3, autoencoder, cells * autoencoder.factor, False)
        rolled = np.roll(cache.latents(3), cells, axis=-1)
        np.testing.assert_allclose(rolled, expected, atol=2e-3 * np.abs(expected).max())


def test_turns_follow_from_their_step_alone(
    worlds: WorldSet, autoencoder: FrozenAutoencoder, tmp_path: Path
) -> None:
    cache = cached_latents(worlds, autoencoder, tmp_path / "latents", VARIANTS)
    turned = [cache.turned(3, Turn(7, step).random("turns")) for step in (4, 4, 5, 6)]
    assert np.array_equal(turned[0], turned[1])
    assert not np.array_equal(turned[0], turned[2])
    possible = [np.roll(cache.latents(3, v), c, -1) for v in range(4) for c in range(16)]
    assert all(any(np.array_equal(t, p) for p in possible) for t in turned)


def test_a_set_that_grew_costs_only_its_new_shard(
    autoencoder: FrozenAutoencoder, tmp_path: Path
) -> None:
    folder = tiny_worlds(tmp_path / "set", shards=1)
    told: list[int] = []
    cached_latents(WorldSet(folder), autoencoder, tmp_path / "latents", VARIANTS)
    write_worlds(folder, 1)
    cache = cached_latents(
        WorldSet(folder), autoencoder, tmp_path / "latents", VARIANTS, lambda n, _: told.append(n)
    )
    assert (len(cache), told) == (16, list(range(9, 17)))


def test_what_changed_is_encoded_anew_and_the_old_deleted(
    worlds: WorldSet, autoencoder: FrozenAutoencoder, tmp_path: Path
) -> None:
    place = tmp_path / "latents"
    before = cached_latents(worlds, autoencoder, place, VARIANTS).latents(0).copy()
    names = {path.name for path in place.iterdir()}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        other = FrozenAutoencoder(new_autoencoder(TINY).eval().requires_grad_(False))
    after = cached_latents(worlds, other, place, VARIANTS).latents(0)
    assert not np.array_equal(before, after)
    assert len(list(place.iterdir())) == 2
    assert not names & {path.name for path in place.iterdir()}
    write_worlds(worlds.folder, 0, count=4)
    fewer = cached_latents(WorldSet(worlds.folder), other, place, VARIANTS)
    assert len(fewer) == 12
    cached_latents(WorldSet(worlds.folder), other, place, Variants(1, False))
    assert len(list(place.iterdir())) == 2


def test_what_a_kill_left_is_cleaned(
    worlds: WorldSet, autoencoder: FrozenAutoencoder, tmp_path: Path
) -> None:
    place = tmp_path / "latents"
    place.mkdir()
    (place / ".shard-00000.0123.abcd.npy").write_bytes(b"half")
    cached_latents(worlds, autoencoder, place, VARIANTS)
    assert not list(place.glob(".*"))


def test_pictures_are_averaged_down(autoencoder: FrozenAutoencoder, tmp_path: Path) -> None:
    large = WorldSet(tiny_worlds(tmp_path / "set", 1, size=(256, 128)))
    cache = cached_latents(large, autoencoder, tmp_path / "latents", Variants(1, False, 128))
    assert cache.shape == (4, 8, 16)
    color = large.color(2).astype(np.float32).reshape(64, 2, 128, 2, 3).mean(axis=(1, 3)) / 255
    depth = large.depth(2).reshape(64, 2, 128, 2).mean(axis=(1, 3))
    planes = np.concatenate([color.transpose(2, 0, 1), depth[None]]).astype(np.float32)
    expected = autoencoder.encode(torch.from_numpy(planes)[None])[0].numpy()
    np.testing.assert_allclose(cache.latents(2), expected, atol=3e-3 * np.abs(expected).max())


def test_latents_that_are_no_numbers_name_their_picture(tmp_path: Path) -> None:
    worlds = WorldSet(tiny_worlds(tmp_path / "set"))
    with torch.random.fork_rng(devices=[]):
        broken = new_autoencoder(TINY).eval().requires_grad_(False)
    broken.quant_conv.weight.fill_(float("nan"))
    with pytest.raises(InputError, match=r"no numbers for picture 0 of .*forest 0"):
        cached_latents(worlds, FrozenAutoencoder(broken), tmp_path / "latents", VARIANTS)
    assert not list((tmp_path / "latents").iterdir())


@pytest.mark.parametrize(
    ("size", "variants"),
    [((120, 60), Variants(1)), ((128, 64), Variants(3)), ((128, 64), Variants(1, False, 96))],
)
def test_sizes_that_do_not_fit_are_refused(
    autoencoder: FrozenAutoencoder, tmp_path: Path, size: tuple[int, int], variants: Variants
) -> None:
    worlds = WorldSet(tiny_worlds(tmp_path / "set", 1, size=size))
    with pytest.raises(InputError, match="cell"):
        cached_latents(worlds, autoencoder, tmp_path / "latents", variants)


def test_an_autoencoder_is_loaded_from_its_own_folder_or_a_models(tmp_path: Path) -> None:
    with torch.random.fork_rng(devices=[]):
        new_autoencoder(TINY).save_pretrained(tmp_path / "model" / "vae")
    machine = Machine("cpu", "float32")
    for folder in (tmp_path / "model", tmp_path / "model" / "vae"):
        loaded = load_frozen(folder, machine)
        assert (loaded.factor, loaded.planes, loaded.channels) == (8, 4, 4)
        planes = torch.rand(1, 4, 16, 32)
        there = loaded.encode(planes)
        rolled = loaded.encode(planes.roll(8, dims=-1))
        torch.testing.assert_close(there.roll(1, dims=-1), rolled, atol=1e-5, rtol=1e-4)
        assert loaded.decode(there).shape == planes.shape
    with pytest.raises(ModelError, match="want an autoencoder's folder"):
        load_frozen(tmp_path, machine)


def test_a_cache_of_several_shards_reads_the_right_row(tmp_path: Path) -> None:
    files = []
    for part, count in enumerate((3, 1, 4)):
        files.append(tmp_path / f"{part}.npy")
        values = np.arange(count, dtype=np.float16) + 10 * part
        np.save(files[-1], np.broadcast_to(values[:, None, None, None, None], (count, 2, 1, 1, 2)))
    cache = LatentCache(files)
    assert [float(cache.latents(i)[0, 0, 0]) for i in range(8)] == [0, 1, 2, 10, 20, 21, 22, 23]


class _FullDisk:
    """A file that has no room left after its header."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, data: bytes) -> int:
        if len(data) > 500:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._file.write(data)


def test_a_full_disk_is_said_and_leaves_nothing(
    worlds: WorldSet,
    autoencoder: FrozenAutoencoder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = Path.open

    def full(path: Path, mode: str = "r", *rest: Any, **options: Any) -> Any:
        file = real(path, mode, *rest, **options)
        return _FullDisk(file) if mode == "xb" else file

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(Ldm3dError, match="the disk is full: free some space"):
        cached_latents(worlds, autoencoder, tmp_path / "latents", VARIANTS)
    assert not list((tmp_path / "latents").iterdir())
    monkeypatch.undo()
    assert len(cached_latents(worlds, autoencoder, tmp_path / "latents", VARIANTS)) == 16


def test_an_empty_set_says_so(tmp_path: Path) -> None:
    begin_set(tmp_path / "set", SetInfo(128, 64, 0.6, math.inf))
    with pytest.raises(InputError, match="holds none yet"):
        WorldSet(tmp_path / "set")
