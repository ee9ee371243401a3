"""Sampling a depth map on the grid: surfaces stay exact, rims grow, the ring closes."""

from __future__ import annotations

import numpy as np

from depthfusion.geometry import direction_from_uv
from depthfusion.renderer.grid import (
    around_vertices,
    at_vertices,
    discontinuities,
    enlarged,
    flat_step,
    grown,
    over_cells,
    over_corners,
    widened,
)


def floor_map(width: int = 256) -> np.ndarray:
    """1/r of a floor 1 m below, sampled at texel centres."""
    v, u = (np.mgrid[0 : width // 2, 0:width] + 0.5) / np.array([width // 2, width])[:, None, None]
    return np.maximum(-direction_from_uv(np.stack([u, v], -1))[..., 1], 0).astype(np.float32)


def test_a_slope_is_sampled_where_the_vertex_is():
    field = at_vertices(floor_map(), 128)
    lat = (0.5 - np.arange(65) / 64) * np.pi
    expected = np.maximum(-np.sin(lat), 0)
    assert np.abs(field[40:60, 7] - expected[40:60]).max() < 1e-3


def test_vertices_take_one_side_of_an_edge_never_the_middle():
    step = np.zeros((64, 128), np.float32)
    step[:, 31:90] = 1
    assert set(np.unique(at_vertices(step, 64))) == {0.0, 1.0}


def test_a_near_surface_grows_over_its_rim_and_nowhere_else():
    nearness = np.full((128, 256), 0.2, np.float32)
    nearness[40:80, 60:100] = 0.9
    field = at_vertices(nearness, 128)
    wide = widened(nearness, field)
    near_before, near_after = field > 0.5, wide > 0.5
    assert near_after.sum() > near_before.sum()
    assert (near_after & ~grown(near_before, 1)).sum() == 0
    assert (wide[near_before] == field[near_before]).all()


def test_a_steep_slope_is_no_rim():
    ramp = np.abs(np.linspace(-1, 1, 256, endpoint=False)).astype(np.float32)
    nearness = np.broadcast_to(ramp * 0.9, (128, 256)).copy()
    field = at_vertices(nearness, 128)
    np.testing.assert_array_equal(widened(nearness, field), field)


def test_a_slanted_surface_goes_on_straight_over_its_rim():
    nearness = np.full((128, 256), 0.1, np.float32)
    nearness[:, 100:140] = 0.5 + 0.004 * np.arange(40)  # towards 0.656 at the right rim
    field = at_vertices(nearness, 128)
    wide = widened(nearness, field)
    row = wide[32]
    rim = int(np.flatnonzero(row > 0.4).max())
    assert row[rim] <= 0.66
    assert abs(row[rim] - (2 * row[rim - 1] - row[rim - 2])) < 0.01


def test_a_floor_to_the_horizon_has_no_jumps():
    assert not discontinuities(at_vertices(floor_map(512), 256), flat_step(256)).any()


def test_a_box_has_jumps_only_at_its_rim():
    field = np.full((65, 128), 0.2, np.float32)
    field[20:40, 30:60] = 0.8
    jumps = discontinuities(field, 0.012)
    assert jumps[20, 45]
    assert jumps[30, 29]
    assert not jumps[30, 45]


def test_masks_grow_across_the_wrap():
    mask = np.zeros((8, 16), bool)
    mask[4, 0] = True
    assert grown(mask, 2)[4, 14]
    assert grown(mask, 2).sum() == 25


def test_cells_of_uneven_maps_cover_every_texel():
    values = np.arange(30 * 60, dtype=np.float32).reshape(30, 60)
    cells = over_cells(values, 32, np.maximum)
    assert cells.shape == (16, 32)
    assert cells.max() == values.max()
    even = over_cells(np.arange(32 * 64, dtype=np.float32).reshape(32, 64), 32, np.minimum)
    assert even[0, 1] == 2


def test_corners_and_cells_are_neighbours_across_the_wrap():
    vertices = np.zeros((5, 8))
    vertices[2, 0] = 1
    cells = over_corners(vertices, np.maximum)
    assert set(map(tuple, np.argwhere(cells))) == {(1, 0), (1, 7), (2, 0), (2, 7)}
    assert set(map(tuple, np.argwhere(around_vertices(cells, np.minimum)))) == {(2, 0)}


def test_enlarging_keeps_edges_hard_and_slopes_smooth():
    small = np.full((32, 64), 0.2, np.float32)
    small[:, 20:30] = 0.8
    assert set(np.unique(enlarged(small, (64, 128)))) == {np.float32(0.2), np.float32(0.8)}
    ramp = np.tile(np.linspace(0.3, 0.4, 64, dtype=np.float32), (32, 1))
    assert np.abs(np.diff(enlarged(ramp, (64, 128))[0, 4:-4])).max() < 0.0012
