"""The adaptive mesh: no cracks, the error it promises, few triangles where little happens."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depthfusion.geometry import direction_from_uv
from depthfusion.renderer.rtin import (
    errors_from_field,
    tolerance_for_budget,
    triangles_from_errors,
)


def bumpy(rows: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : rows + 1, 0 : 2 * rows] * (np.pi / rows)
    field = sum(
        rng.normal() / (k + 1) * np.sin(k * x + rng.uniform(0, 6)) * np.sin(y) ** 2
        for k in range(1, 6)
    )
    field = 0.5 + 0.1 * field
    field[rows // 3 : rows // 2, rows // 4 : rows] += 0.3
    return field.astype(np.float32)


def edge_counts(indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    i = indices.astype(np.int64)
    edges = np.sort(np.concatenate([i[:, [0, 1]], i[:, [1, 2]], i[:, [2, 0]]]), axis=1)
    return np.unique(edges, axis=0, return_counts=True)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), tolerance=st.sampled_from([1e-4, 1e-3, 1e-2, 0.1]))
def test_every_edge_inside_is_shared_by_exactly_two_triangles(seed, tolerance):
    rows = 32
    mesh = triangles_from_errors(errors_from_field(bumpy(rows, seed)), tolerance)
    edges, counts = edge_counts(mesh.indices)
    on_pole = np.isin(mesh.grid[edges][:, :, 1], [0, rows]).all(axis=1)
    assert (counts[~on_pole] == 2).all()


def test_the_checker_of_cracks_bites():
    mesh = triangles_from_errors(errors_from_field(bumpy(16, 1)), 1e-3)
    _, counts = edge_counts(mesh.indices[1:])
    assert (counts == 1).any()


def test_every_vertex_above_the_tolerance_is_kept():
    error = errors_from_field(bumpy(64, 3))
    mesh = triangles_from_errors(error, 2e-3)
    kept = np.zeros(error.shape, bool)
    kept[mesh.grid[:, 1], mesh.grid[:, 0]] = True
    assert kept[error > 2e-3].all()


def test_errors_grow_from_each_vertex_to_those_it_depends_on():
    error = errors_from_field(bumpy(32, 5))
    # A square's centre is at least as wrong as the middles of its edges; here the 4x4 squares.
    centre = error[2::4, 2::4]
    assert (centre >= error[0:-1:4, 2::4]).all()
    assert (centre >= error[2::4, 0::4]).all()


def test_a_plane_costs_few_triangles_though_its_depth_varies():
    rows = 128
    y, x = np.mgrid[0 : rows + 1, 0 : 2 * rows]
    direction = direction_from_uv(np.stack([x / (2 * rows), y / rows], axis=-1))
    floor = np.maximum(-direction[..., 1], 0).astype(np.float32)  # 1/r of a floor 1 m below
    mesh = triangles_from_errors(errors_from_field(floor), 2e-3)
    assert len(mesh.indices) < 0.12 * 4 * rows * rows


def test_triangles_wind_over_the_whole_sphere_once():
    rows = 32
    mesh = triangles_from_errors(errors_from_field(bumpy(rows, 7)), 1e-3)
    x = mesh.grid[:, 0].astype(int)[mesh.indices]
    y = mesh.grid[:, 1].astype(int)[mesh.indices]
    x = np.where(((np.ptp(x, axis=1) > rows)[:, None]) & (x < rows), x + 2 * rows, x)
    a = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
    assert abs(a).sum() / 2 == 2 * rows * rows


def test_noise_is_held_within_the_budget():
    rng = np.random.default_rng(0)
    error = errors_from_field(rng.uniform(0, 1, (129, 256)).astype(np.float32))
    tolerance = tolerance_for_budget(error, 1e-3, 3000)
    assert tolerance > 1e-3
    assert len(triangles_from_errors(error, tolerance).grid) < 3200


def test_a_field_that_is_no_power_of_two_is_refused():
    with pytest.raises(ValueError, match="power of two"):
        errors_from_field(np.zeros((101, 200), np.float32))
