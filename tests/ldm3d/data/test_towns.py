"""City streets, old towns, castles and ruins: light, rain, and what they are made of."""

import numpy as np
import pytest

from ldm3d.data.blocks import Blocks, box_corners, hexahedra
from ldm3d.data.families import build_scene
from ldm3d.data.mesh import Material, box
from ldm3d.data.paving import laid, weathered
from ldm3d.data.stonework import arch_stones, coursed, on_floor, on_tower, on_wall, snowed, stones
from tests.ldm3d.data.summer_places import DETAIL, summer


@pytest.mark.parametrize("family", ("city_street", "old_town", "castle"))
def test_lamps_and_windows_burn_when_it_is_dark(family: str) -> None:
    def glowing(hour: str) -> float:
        scene = build_scene(family, 3, detail=DETAIL, look=summer(hour))
        meshes = [b.mesh for b in scene.batches]
        return sum(float(m.color[m.material == Material.GLOW, :3].sum()) for m in meshes)

    assert glowing("night") > 10 * glowing("noon") + 100


@pytest.mark.parametrize("family", ("city_street", "old_town"))
def test_streets_mirror_when_they_are_wet(family: str) -> None:
    wet = build_scene(family, 3, detail=DETAIL, look=summer("night", "rainy"))
    assert wet.mirror_height_m == 0.0
    assert any((b.mesh.material == Material.POLISHED).any() for b in wet.batches)
    assert build_scene(family, 3, detail=DETAIL, look=summer()).mirror_height_m is None


def test_blocks_have_hard_edges_that_face_outwards() -> None:
    mesh = hexahedra(box_corners((1, 2, 3), (1, 2, 4)), (0.5, 0.5, 0.5))
    out = mesh.position - np.array([1, 2, 3])
    assert (np.einsum("ij,ij->i", out, mesh.normal) > 0).all()
    assert len(mesh.faces) == 12


def test_blocks_keep_their_colors_and_materials() -> None:
    blocks = Blocks()
    blocks.put((0, 0, 0), (1, 1, 1), (0.1, 0.2, 0.3), Material.WOOD)
    blocks.put(np.zeros((3, 3)), (1, 1, 1), (4, 4, 4), Material.GLOW)
    mesh = blocks.mesh()
    assert (mesh.material == Material.WOOD).sum() == 24
    assert (mesh.material == Material.GLOW).sum() == 72
    assert mesh.color[0, :3] == pytest.approx([0.1, 0.2, 0.3])


def test_stones_fill_their_strip_without_overlapping() -> None:
    rects = coursed(np.random.default_rng(1), 12.0, 3.0, (0.5, 0.25))
    assert (rects[:, 2] * rects[:, 3]).sum() == pytest.approx(36.0, rel=0.02)
    assert (rects[:, 0] - rects[:, 2] / 2).min() >= -1e-9
    assert (rects[:, 0] + rects[:, 2] / 2).max() <= 12.0 + 1e-9


def test_surfaces_of_stones_lie_where_they_should() -> None:
    u, v, out = np.array([1.0]), np.array([2.0]), np.array([0.5])
    assert on_floor(3.0)(u, v, out)[0] == pytest.approx([1, 3.5, 2])
    assert on_wall((-5, 0), (5, 0))(u, v, out)[0] == pytest.approx([-4, 2, 0.5])
    round_ = on_tower((0, 0), 4.0)(u, v, out)[0]
    assert np.hypot(round_[0], round_[2]) == pytest.approx(4.5)


def test_stones_of_a_wall_face_the_side_they_are_laid_on() -> None:
    rng = np.random.default_rng(1)
    mesh = stones(coursed(rng, 4, 2, (0.5, 0.3)), on_wall((-2, 0), (2, 0)), (0.3,) * 3, rng)
    assert (mesh.normal[:, 2] > 0).all()


def test_an_arch_springs_from_its_feet() -> None:
    mesh = arch_stones(np.random.default_rng(1), 1.0, 0.3, 0.5, (0.3, 0.3, 0.3))
    assert mesh.position[:, 1].min() == pytest.approx(0, abs=1e-6)
    assert mesh.position[:, 1].max() == pytest.approx(1.3, rel=0.02)


def test_snow_lies_on_what_faces_up_only() -> None:
    white = snowed(box((1, 1, 1)), 1.0)
    assert ((white.material == Material.SNOW) == (white.normal[:, 1] > 0.6)).all()
    assert snowed(box((1, 1, 1)), 0.0).material.max() == Material.MATTE


def test_dry_paving_stays_as_it_was_laid() -> None:
    mesh = laid(np.random.default_rng(1), (-2, -2, 2, 2), (0.3, 0.2), (0.2, 0.2, 0.2))
    same = weathered(mesh, summer(), 7)
    assert np.allclose(same.color, mesh.color)
    assert np.array_equal(same.material, mesh.material)
    white = weathered(mesh, summer("noon", "snowy", "winter"), 7)
    assert (white.material == Material.SNOW).mean() > 0.5
