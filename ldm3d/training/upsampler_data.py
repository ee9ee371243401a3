"""Pairs to learn doubling from: a picture, and the small one that a model would have made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ldm3d.data.world_set import WorldSet, begin_set, shard_numbers, write_shard
from ldm3d.errors import InputError, ModelError, RequestError
from ldm3d.model_folder import fingerprint
from ldm3d.poles import linear_from_srgb, srgb_from_linear
from ldm3d.training.frozen import FrozenAutoencoder, load_frozen
from ldm3d.training.machine import Machine
from ldm3d.training.order import Turn
from ldm3d.training.planes import planes_of

MAX_BLUR_PX = 0.6
MAX_NOISE = 0.02
ROUGHENED = 0.25
"""How many small pictures are blurred, how many are noisy, how many are in 8 bits."""
_LIGHT = linear_from_srgb(np.arange(256, dtype=np.float32) / np.float32(255)).astype(np.float32)
"""Linear light of the 256 sRGB values."""

Planes = NDArray[np.float32]


def halved(color: NDArray[np.uint8], depth: NDArray[np.float32]) -> Planes:
    """Return (4, H / 2, W / 2) planes: the mean of each 2 x 2 pixels.

    Of color in linear light, and of depth as it is, which is the inverse of distance: what a set
    rendered at half the size with 2 x 2 samples a pixel holds, but for its tone curve.

    Args:
        color: (H, W, 3), sRGB.
        depth: (H, W) in [0, 1].
    """
    light = srgb_from_linear(_means(_LIGHT[color]))
    return np.concatenate([light.transpose(2, 0, 1), _means(depth[..., None])[None, ..., 0]])


def halved_picture(worlds: WorldSet, number: int) -> Planes:
    """Return a whole picture of a set at half its size, (4, H / 2, W / 2)."""
    return halved(worlds.color(number), worlds.depth(number))


def cut_pair(
    worlds: WorldSet,
    number: int,
    turn: Turn,
    place: int,
    cut_px: int,
    decoded: WorldSet | None = None,
    share: float = 0.5,
) -> tuple[Planes, Planes, int]:
    """Cut a square out of a picture, turned and mirrored by chance, and make what shall become it.

    Args:
        worlds: the pictures.
        number: which.
        turn: what chance follows from.
        place: of the picture in its batch.
        cut_px: side of the small cut.
        decoded: the same pictures at half their size as an autoencoder gives them back.
        share: how many small cuts are taken from there.

    Returns:
        Small (4, cut, cut) and wanted (4, 2 cut, 2 cut) planes in [0, 1], depth as it is, and
        the wanted one's top row in its picture.
    """
    random = turn.random(f"cut {place}")
    is_decoded, is_mirrored = random.random() < share, random.random() < 0.5
    height, width, side = worlds.info.height, worlds.info.width, 2 * cut_px
    slack = (height - side) // 2
    top = 2 * int(np.clip(random.integers(-cut_px // 8, slack + cut_px // 8 + 1), 0, slack))
    starts = width if worlds.info.seamless else width - side + 2
    first = 2 * int(random.integers(starts // 2))
    rows, columns = slice(top, top + side), (first + np.arange(side)) % width
    color = worlds.color(number)[rows][:, columns]
    depth = worlds.depth(number)[rows][:, columns]
    wanted = np.concatenate([color.transpose(2, 0, 1) / np.float32(255), depth[None]])
    if decoded is not None and is_decoded:
        half = slice(top // 2, top // 2 + cut_px)
        small = planes_of(decoded, number)[:, half][..., columns[::2] // 2]
    else:
        small = roughened(halved(color, depth), random)
    if is_mirrored:
        small, wanted = small[..., ::-1], wanted[..., ::-1]
    return np.ascontiguousarray(small), np.ascontiguousarray(wanted), top


def roughened(planes: Planes, random: np.random.Generator) -> Planes:
    """Return planes a little blurred, noisy, or in 8 bits, each by chance: none is the true one."""
    blurs, is_noisy, is_rounded = random.random(3) < ROUGHENED
    if blurs:
        for axis in (1, 2):
            sigma_px = random.uniform(0.3, MAX_BLUR_PX)
            blurred: Planes = gaussian_filter1d(planes, sigma_px, axis=axis, mode="nearest")
            planes = blurred
    if is_noisy:
        noise = random.standard_normal(planes.shape, np.float32)
        noise[3] *= planes[3]  # of distance: relative
        noise *= np.float32(random.uniform(0, MAX_NOISE))
        planes = np.clip(planes + noise, 0, 1, dtype=np.float32)
    if is_rounded:
        planes = np.rint(planes * np.float32(255)) / np.float32(255)
    return planes


def decoded_set(
    folder: Path,
    worlds: WorldSet,
    autoencoder: Path,
    machine: Machine,
    tell: Callable[[str], None] | None = None,
) -> WorldSet:
    """Return a set of a set's pictures, halved, there and back through an autoencoder.

    What is missing is made, shard by shard; another autoencoder gets a folder of its own.

    Args:
        folder: to keep them in.
        worlds: the pictures, with the depth and range that the autoencoder was taught.
        autoencoder: its folder, or a model's.
        machine: where to run it.
        tell: is given a line a shard.

    Raises:
        ModelError: if it is no autoencoder of 4 planes.
        RequestError: if halved pictures are no whole number of its cells.
    """
    place = autoencoder / "vae" if (autoencoder / "vae").is_dir() else autoencoder
    vae = load_frozen(place, machine, worlds.info.seamless)
    if vae.planes != 4:
        raise ModelError(f"want an autoencoder of 4 planes, {place} has {vae.planes}")
    width, height = worlds.info.width // 2, worlds.info.height // 2
    if width % vae.factor or height % vae.factor:
        raise RequestError(f"want halved pictures in multiples of {vae.factor} pixels")
    home = folder / fingerprint(place)
    begin_set(home, replace(worlds.info, width=width, height=height))
    there = shard_numbers(home)
    for name, numbers in worlds.shards:
        shard = int(name.removeprefix("shard-"))
        if shard in there:
            continue
        pictures = [_there_and_back(halved_picture(worlds, n), vae) for n in numbers]
        color = np.stack([np.rint(p[:3].transpose(1, 2, 0) * 255) for p in pictures])
        depth = np.stack([np.rint(p[3] * 65535) for p in pictures])
        facts = [worlds.facts[n] for n in numbers]
        write_shard(home, shard, color.astype(np.uint8), depth.astype(np.uint16), facts)
        if tell is not None:
            tell(f"decoded {numbers.stop} of {len(worlds)} pictures")
    decoded = WorldSet(home)
    if decoded.facts != worlds.facts:
        raise InputError(f"{home} is of another set than {worlds.folder}: delete it")
    return decoded


def _there_and_back(planes: Planes, vae: FrozenAutoencoder) -> Planes:
    given = torch.from_numpy(planes)[None]
    back: Planes = vae.decode(vae.encode(given))[0].cpu().numpy()
    return back


def _means(values: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width, count = values.shape
    cut = values.reshape(height // 2, 2, width // 2, 2, count)
    means: NDArray[np.float32] = (cut[:, 0, :, 0] + cut[:, 0, :, 1] + cut[:, 1, :, 0]
                                  + cut[:, 1, :, 1]) / np.float32(4)  # fmt: skip
    return means
