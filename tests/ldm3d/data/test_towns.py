"""City streets, old towns, castles and ruins: what every seed and look must keep."""

from collections.abc import Callable

import numpy as np
import pytest

from ldm3d.data import look as looks
from ldm3d.data.blocks import Blocks, box_corners, hexahedra
from ldm3d.data.families import build_scene
from ldm3d.data.graphics import Graphics
from ldm3d.data.mesh import Material, box
from ldm3d.data.paving import laid, weathered
from ldm3d.data.render import world_from_scene
from ldm3d.data.stonework import arch_stones, coursed, on_floor, on_tower, on_wall, snowed, stones
from ldm3d.data.world import World
from tests.ldm3d.data.summer_places import DETAIL, EFFORT, WIDTH, all_positions, summer

FAMILIES = ("city_street", "old_town", "castle", "ruins")
SEEDS = (2, 3)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_builds_the_same_place_and_another_seed_another(family: str) -> None:
    first, again, other = (
        build_scene(family, seed, detail=DETAIL, look=summer()) for seed in (5, 5, 6)
    )
    for a, b in zip(first.batches, again.batches, strict=True):
        assert np.array_equal(a.instances, b.instances)
        assert np.array_equal(a.mesh.position, b.mesh.position)
    assert all_positions(first).shape != all_positions(other).shape
    assert first.facing_deg != other.facing_deg


@pytest.mark.parametrize("family", FAMILIES)
def test_every_season_builds_sound_geometry_at_night_and_in_bad_weather(family: str) -> None:
    for seed, season in enumerate(looks.SEASONS):
        weather = "snowy" if season == "winter" else "rainy"
        scene = build_scene(family, seed, detail=DETAIL, look=summer("night", weather, season))
        assert np.isfinite(all_positions(scene)).all()
        for batch in scene.batches:
            mesh = batch.mesh
            assert np.isfinite(mesh.position).all()
            assert np.isfinite(mesh.normal).all()
            assert (mesh.color[:, :3] >= 0).all()
            assert mesh.faces.max() < len(mesh.position)


@pytest.mark.parametrize("family", FAMILIES)
def test_details_are_plain_words_without_repeats(family: str) -> None:
    for seed in SEEDS:
        scene = build_scene(family, seed, detail=DETAIL, look=summer())
        assert len(scene.details) >= 3
        assert len(set(scene.details)) == len(scene.details)
        assert all(type(word) is str and word.strip() == word for word in scene.details)
        assert scene.details[0] in scene.caption


@pytest.mark.parametrize("family", FAMILIES)
def test_there_are_other_places_to_stand_at_eye_height(family: str) -> None:
    counts = []
    for seed in SEEDS:
        scene = build_scene(family, seed, detail=DETAIL, look=summer())
        counts.append(len(scene.eyes))
        for x, y, z in scene.eyes:
            assert abs(y - scene.eye[1]) < 0.6
            assert 0.9 < np.hypot(x, z) < 14
    assert max(counts) >= 2


@pytest.mark.parametrize("family", FAMILIES)
def test_a_scene_stays_within_the_triangles_of_a_training_picture(family: str) -> None:
    scene = build_scene(family, 3, detail=0.3, look=summer())
    assert sum(len(b.mesh.faces) * len(b.instances) for b in scene.batches) < 1.5e6


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


@pytest.mark.gl
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("seed", SEEDS)
def test_something_stands_within_reach_and_nothing_in_the_face(
    family: str, seed: int, world: Callable[[str, int], World]
) -> None:
    distance = world(family, seed).distance_m
    assert distance.min() > 0.75
    # The floor is nearer than 4 m only below 24 degrees: what is nearer above it stands there.
    above = distance[: int(WIDTH / 2 * 0.61)]
    assert ((above > 0.8) & (above < 4.5)).sum() >= 8


@pytest.mark.gl
@pytest.mark.parametrize("family", FAMILIES)
def test_the_sky_is_infinitely_far_and_the_ground_is_not(
    family: str, world: Callable[[str, int], World]
) -> None:
    for seed in SEEDS:
        distance = world(family, seed).distance_m
        assert np.isinf(distance[:6]).mean() > 0.5
        assert np.isfinite(distance[WIDTH // 4 + 4 :]).all()


@pytest.mark.gl
@pytest.mark.parametrize("family", FAMILIES)
def test_the_distance_to_a_known_box_is_that_of_its_face(family: str, graphics: Graphics) -> None:
    scene = build_scene(family, 2, detail=DETAIL, look=summer())
    scene.facing_deg = 0.0
    x, y, z = scene.eye
    scene.add(box((2.0, 1.0, 0.2), (x, y, z - 0.8)).painted((0.5, 0.1, 0.1)))
    found = world_from_scene(scene, family, 2, WIDTH, EFFORT, graphics).distance_m
    lon = ((np.arange(WIDTH) + 0.5) / WIDTH - 0.5) * 2 * np.pi
    columns = slice(WIDTH // 2 - 4, WIDTH // 2 + 4)
    lat = (0.5 - (WIDTH // 4 + 0.5) / (WIDTH // 2)) * np.pi
    truth = 0.7 / (np.cos(lat) * np.cos(lon[columns]))
    assert np.abs(found[WIDTH // 4, columns] - truth).max() < 5e-3


@pytest.mark.gl
@pytest.mark.parametrize("family", FAMILIES)
def test_the_wrap_seam_jumps_no_more_than_the_interior(
    family: str, world: Callable[[str, int], World]
) -> None:
    color = world(family, 2).color.astype(float)
    steps = np.abs(np.diff(color, axis=1)).mean(axis=(0, 2))
    assert np.abs(color[:, 0] - color[:, -1]).mean() <= steps.max()


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
