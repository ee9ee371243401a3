"""Coarser meshes, pieces of large ones, and meshes made once, without drawing."""

import numpy as np
import pytest

from ldm3d.data.levels import joined, leaf_starts, levels_of, pieces_of
from ldm3d.data.mesh import Mesh, box, icosphere, merged
from ldm3d.data.plants import kites, pine
from ldm3d.data.prototypes import prototype


def leaves(count: int) -> Mesh:
    rng = np.random.default_rng(4)
    base = rng.uniform(-1, 1, (count, 3))
    along = rng.normal(0, 0.03, (count, 3))
    side = np.cross(along, [0, 1, 0]) * 0.3
    return kites(base, along, side, base, (0.1, 0.3, 0.05), 0.5)


def area_m2(mesh: Mesh) -> float:
    a, b, c = (mesh.position[mesh.faces[:, i]] for i in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def test_leaves_are_found_among_other_things() -> None:
    mesh = merged([box((1, 1, 1)), leaves(50), icosphere(1)])
    starts = leaf_starts(mesh)
    assert len(starts) == 50
    assert starts[0] == len(box((1, 1, 1)).position)


def test_a_box_has_no_leaves() -> None:
    assert len(leaf_starts(box((1, 2, 3)))) == 0


def test_thinned_leaves_keep_most_of_their_area_and_color() -> None:
    mesh = leaves(6000)
    coarse = levels_of(mesh)[0].mesh
    assert len(coarse.faces) < 0.7 * len(mesh.faces)
    assert area_m2(coarse) == pytest.approx(area_m2(mesh), rel=0.15)
    assert coarse.color.mean(axis=0) == pytest.approx(mesh.color.mean(axis=0), rel=0.05)


def test_levels_get_coarser_and_are_asked_for_by_larger_pixels() -> None:
    levels = levels_of(pine(np.random.default_rng(0), 14.0))
    counts = [len(level.mesh.faces) for level in levels]
    assert len(levels) >= 2
    assert counts == sorted(counts, reverse=True)
    assert [level.pixel_m for level in levels] == sorted(level.pixel_m for level in levels)


def test_joining_moves_no_vertex_farther_than_its_cell() -> None:
    ball = icosphere(5)
    coarse = joined(ball, ball.faces, 0.1)
    assert len(coarse.faces) < 0.5 * len(ball.faces)
    assert np.abs(np.linalg.norm(coarse.position, axis=1) - 1).max() < 0.1 * 3**0.5


def test_joining_keeps_the_corners_of_a_box() -> None:
    mesh = box((2, 2, 2))
    coarse = joined(mesh, mesh.faces, 0.3)
    assert len(coarse.faces) == len(mesh.faces)
    assert np.abs(coarse.position) == pytest.approx(1.0)


def test_pieces_hold_every_face_once_within_their_spheres() -> None:
    ball = icosphere(5)
    pieces = pieces_of(ball, faces_each=700)
    assert pieces.starts[-1] == len(ball.faces)
    assert np.array_equal(np.unique(pieces.faces, axis=0), np.unique(ball.faces, axis=0))
    for i, (begin, end) in enumerate(zip(pieces.starts[:-1], pieces.starts[1:], strict=True)):
        points = ball.position[pieces.faces[begin:end]]
        far = np.linalg.norm(points - pieces.centers[i], axis=-1)
        assert far.max() <= pieces.radii[i] + 1e-5
        assert end - begin <= 700


@prototype
def knobbly(rng: np.random.Generator, size: float = 1.0) -> Mesh:
    return icosphere(1).scaled(size * rng.uniform(0.5, 1.5))


def test_a_prototype_is_made_twice_and_then_kept() -> None:
    meshes = [knobbly(np.random.default_rng(771), 2.0) for _ in range(3)]
    assert meshes[0] is not meshes[1]
    assert meshes[2] is meshes[1]
    assert np.array_equal(meshes[0].position, meshes[2].position)


def test_a_prototype_leaves_the_generator_as_its_making_does() -> None:
    after = []
    for _ in range(3):
        rng = np.random.default_rng(772)
        knobbly(rng)
        after.append(rng.random())
    assert after[0] == after[1] == after[2]


def test_prototypes_of_other_arguments_are_others() -> None:
    for _ in range(3):
        small = knobbly(np.random.default_rng(773), 1.0)
        large = knobbly(np.random.default_rng(773), 3.0)
    assert large.position.max() == pytest.approx(3 * small.position.max())


def test_a_kept_mesh_cannot_be_written_to() -> None:
    for _ in range(2):
        mesh = knobbly(np.random.default_rng(774))
    with pytest.raises(ValueError, match="read-only"):
        mesh.color[0] = 0
