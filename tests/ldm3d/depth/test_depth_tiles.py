"""Tiles of the sphere: where they look, that they cover it, and that nothing has a seam."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ldm3d.depth.sphere import directions_of_rows, resized_equirect, sampled_equirect
from ldm3d.depth.tiles import MAX_DETAIL, TURN_TILES, Tile, sampled_tile, tiles_of
from ldm3d.errors import RequestError
from tests.ldm3d.depth.knowing import camera_of, painted


@pytest.mark.parametrize("detail", range(1, MAX_DETAIL + 1))
def test_every_direction_lies_well_inside_of_a_tile_of_the_finest_level(detail: int) -> None:
    directions = directions_of_rows(0, 90, 180, 90).reshape(-1, 3)
    best = np.zeros(len(directions))
    for tile in tiles_of(detail):
        if tile.level == detail - 1:
            points = tile.points(directions)
            best[points.index] = np.maximum(best[points.index], points.weight)
    assert best.min() > 0.05


def test_more_detail_adds_narrower_tiles_to_the_same_wide_ones() -> None:
    counts = [len(tiles_of(detail)) for detail in (1, 2, 3)]
    assert counts == [16, 60, 152]
    assert tiles_of(3)[:60] == tiles_of(2) and tiles_of(2)[:16] == tiles_of(1)
    with pytest.raises(RequestError, match="from 1 to 3, got 4"):
        tiles_of(4)


def test_a_quarter_turn_moves_every_tile_onto_another_one() -> None:
    def looks(turn_rad: float) -> set[tuple[int, int, int]]:
        return {
            (round(math.degrees(t.yaw_rad + turn_rad) * 10) % 3600, t.level,
             round(math.degrees(t.pitch_rad) * 10))
            for t in tiles_of(3)
        }  # fmt: skip

    assert looks(2 * math.pi / TURN_TILES) == looks(0.0)
    assert looks(0.1) != looks(0.0)


@pytest.mark.parametrize(("yaw", "pitch", "fov"), [(0, 0, 90), (135, 55, 90), (-70, -36, 56)])
def test_a_tile_shows_what_a_camera_there_would_see(yaw: float, pitch: float, fov: float) -> None:
    tile = Tile(*map(math.radians, (yaw, pitch, fov)))
    camera = camera_of(tile.view(painted(), 64))  # from the colours alone
    x, y = np.meshgrid((np.arange(64) + 0.5) / 64, (np.arange(64) + 0.5) / 64)
    rays = np.stack([x, y, np.ones_like(x)], axis=2) @ camera.T
    seen = rays / np.linalg.norm(rays, axis=2, keepdims=True)
    assert np.abs(seen - tile.directions(64)).max() < 2e-3
    up = seen[0].mean(axis=0) - seen[-1].mean(axis=0)
    assert up[1] > 0  # the tile stands upright
    assert seen[32, 32] @ tile.tile_from_world[2] > 0.999


def test_points_and_directions_of_a_tile_agree() -> None:
    tile = Tile(0.7, -0.9, 1.4)
    directions = tile.directions(20).reshape(-1, 3)
    points = tile.points(directions)
    assert len(points.index) == 400
    centers = (np.arange(20) + 0.5) / 10 - 1
    assert np.allclose(points.x.reshape(20, 20), centers[None, :], atol=1e-5)
    assert np.allclose(points.y.reshape(20, 20), centers[:, None], atol=1e-5)
    assert np.allclose(points.cosine, directions @ tile.tile_from_world[2], atol=1e-6)
    values = np.random.default_rng(0).random((20, 20), dtype=np.float32)
    assert np.allclose(sampled_tile(values, points).reshape(20, 20), values, atol=1e-4)
    assert tile.points(-directions).index.size == 0  # nothing behind the camera


def test_sampling_goes_on_across_the_back_and_over_the_poles() -> None:
    picture = painted(64)
    random = np.random.default_rng(1).standard_normal((4000, 3))
    random[:200, 0], random[:200, 2] = 1e-3 * random[:200, 0], np.abs(random[:200, 2])  # the back
    random[200:400, ::2] *= 0.01  # the poles
    directions = (random / np.linalg.norm(random, axis=1, keepdims=True)).astype(np.float32)
    found = sampled_equirect(picture, directions) / 127.5 - 1
    assert np.abs(found - directions).max() < 0.02  # half a step of 8 bits and of the grid


def test_resizing_a_panorama_leaves_no_seam_and_turns_with_it() -> None:
    rows, columns = np.mgrid[0:32, 0:64]
    smooth = np.sin(2 * np.pi * (columns + 0.5) / 64) * np.sin(np.pi * (rows + 0.5) / 32)
    large = resized_equirect(smooth.astype(np.float32), 256, 128)
    rows, columns = np.mgrid[0:128, 0:256]
    exact = np.sin(2 * np.pi * (columns + 0.5) / 256) * np.sin(np.pi * (rows + 0.5) / 128)
    assert np.abs(large - exact)[:, [0, 1, -2, -1]].max() < 2e-3
    turned = resized_equirect(np.roll(smooth, 16, axis=1).astype(np.float32), 256, 128)
    assert np.allclose(turned, np.roll(large, 64, axis=1), atol=1e-6)
