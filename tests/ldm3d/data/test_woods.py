"""Pine forests, birch woods, meadows and villages: what every seed and look must keep."""

from collections.abc import Callable

import numpy as np
import pytest

from ldm3d.data import look as looks
from ldm3d.data.families import build_scene, family_module
from ldm3d.data.graphics import Graphics
from ldm3d.data.land import Land, Lane, country_height, seen_in, snow_cover
from ldm3d.data.mesh import Material, box
from ldm3d.data.render import world_from_scene
from ldm3d.data.scene import Air, Scene
from ldm3d.data.tarn import drawn_tarn, with_tarn
from ldm3d.data.world import World
from tests.ldm3d.data.summer_places import DETAIL, EFFORT, WIDTH, all_positions, summer

FAMILIES = ("pine_forest", "birch_wood", "meadow", "village")


def triangles(scene: Scene) -> int:
    return sum(len(batch.mesh.faces) * len(batch.instances) for batch in scene.batches)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_builds_the_same_place_and_another_seed_another(family: str) -> None:
    first, again, other = (
        build_scene(family, seed, detail=DETAIL, look=summer()) for seed in (5, 5, 6)
    )
    for a, b in zip(first.batches, again.batches, strict=True):
        assert np.array_equal(a.instances, b.instances)
        assert np.array_equal(a.mesh.position, b.mesh.position)
    assert all_positions(first).shape != all_positions(other).shape or not np.array_equal(
        all_positions(first), all_positions(other)
    )
    assert first.details != other.details


@pytest.mark.parametrize("family", FAMILIES)
def test_every_season_and_weather_builds_finite_geometry(family: str) -> None:
    module = family_module(family)
    seasons = getattr(module, "SEASONS", looks.SEASONS)
    for seed, season in enumerate(seasons):
        weather = "snowy" if season == "winter" else "rainy"
        scene = build_scene(family, seed, detail=DETAIL, look=summer("night", weather, season))
        assert np.isfinite(all_positions(scene)).all()
        for batch in scene.batches:
            assert np.isfinite(batch.mesh.position).all()
            assert np.isfinite(batch.mesh.color).all()
            assert (batch.mesh.color[:, :3] >= 0).all()
        assert scene.details
        assert scene.title
        assert scene.caption


@pytest.mark.parametrize("family", FAMILIES)
def test_training_pictures_stay_cheap(family: str) -> None:
    for seed in (1, 2, 3):
        assert triangles(build_scene(family, seed, detail=0.3, look=summer())) < 1_500_000


@pytest.mark.parametrize("family", FAMILIES)
def test_snow_covers_the_ground_only_in_a_snowy_winter(family: str) -> None:
    def white(season: str, weather: str) -> float:
        look = summer("noon", weather, season)
        scene = build_scene(family, 4, detail=DETAIL, look=look)
        ground = scene.batches[0].mesh
        near = np.hypot(ground.position[:, 0], ground.position[:, 2]) < 30
        return float((ground.material[near] == Material.SNOW).mean())

    assert white("winter", "snowy") > 0.9
    assert white("summer", "clear") == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_one_can_also_stand_at_the_other_eyes(family: str) -> None:
    scene = build_scene(family, 8, detail=DETAIL, look=summer())
    assert 2 <= len(scene.eyes) <= 4
    ground = scene.batches[0].mesh.position
    for x, y, z in scene.eyes:
        near = np.argsort(np.hypot(ground[:, 0] - x, ground[:, 2] - z))[:3]
        assert abs(y - scene.eye_height_m - ground[near, 1].mean()) < 0.25


def test_a_village_lights_its_windows_after_dark_only() -> None:
    def glowing(hour: str) -> int:
        scene = build_scene("village", 2, detail=DETAIL, look=summer(hour))
        return sum(int((b.mesh.material == Material.GLOW).sum()) for b in scene.batches)

    assert glowing("noon") == 0
    assert glowing("night") > 50


def test_birches_are_golden_in_autumn() -> None:
    def mean_leaf(season: str) -> np.ndarray:
        scene = build_scene("birch_wood", 3, detail=DETAIL, look=summer(season=season))
        color = np.concatenate([b.mesh.color for b in scene.batches if len(b.mesh.faces) > 900])
        leaves = color[color[:, 3] > 0.8, :3]  # what light shines through
        return leaves.mean(axis=0)

    red, green, _ = mean_leaf("autumn")
    assert red > green * 1.3
    red, green, _ = mean_leaf("summer")
    assert green > red


@pytest.mark.gl
@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_something_stands_at_one_to_four_metres(
    family: str, world: Callable[[str, int], World]
) -> None:
    for seed in (1, 2):
        distance = world(family, seed).distance_m
        latitude = (0.5 - (np.arange(WIDTH // 2) + 0.5) / (WIDTH // 2)) * np.pi
        plain = 1.62 / np.maximum(np.sin(-latitude), 1e-6)[:, None]
        # Nearer than flat ground would be, or above the horizon.
        thing = (distance > 1) & (distance < 4) & (distance < 0.8 * plain)
        assert thing.sum() > 12, seed


@pytest.mark.gl
@pytest.mark.parametrize("family", FAMILIES)
def test_the_ground_below_and_the_sky_above_have_their_distances(
    family: str, world: Callable[[str, int], World]
) -> None:
    distance = world(family, 1).distance_m
    assert np.median(distance[-1]) == pytest.approx(1.62, abs=0.12)
    assert np.isinf(distance).any()
    assert not np.isinf(distance[WIDTH // 4 + 10 :]).any()


@pytest.mark.gl
@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_no_other_eye_stands_in_something(family: str, graphics: Graphics) -> None:
    scene = build_scene(family, 403, detail=DETAIL, look=summer())
    for eye in scene.eyes:
        scene.eye = eye
        made = world_from_scene(scene, family, 403, WIDTH, EFFORT, graphics)
        assert made.distance_m[: WIDTH // 3].min() > 0.6


@pytest.mark.gl
@pytest.mark.parametrize("family", FAMILIES)
def test_left_and_right_edge_are_neighbours(
    family: str, world: Callable[[str, int], World]
) -> None:
    color = world(family, 2).color.astype(float)
    steps = np.abs(np.diff(color, axis=1, append=color[:, :1])).mean(axis=(0, 2))
    assert steps[-1] < 1.6 * np.percentile(steps, 95)


@pytest.mark.gl
def test_a_known_box_in_a_meadow_is_where_it_was_put(graphics: Graphics) -> None:
    scene = build_scene("meadow", 1, detail=DETAIL, look=summer())
    scene.facing_deg = 0.0
    x, y, z = scene.eye
    scene.add(box((1.0, 1.0, 1.0), (x, y, z - 1.5)))
    made = world_from_scene(scene, "meadow", 1, WIDTH, EFFORT, graphics)
    middle = made.distance_m[WIDTH // 4 - 1 : WIDTH // 4 + 1, WIDTH // 2 - 1 : WIDTH // 2 + 1]
    assert middle == pytest.approx(1.0, abs=0.01)


def test_a_lane_passes_the_eye_at_its_offset() -> None:
    lane = Lane(0.7, 1.5, 0.8, 2.0, 40.0, 1.0)
    zero = np.zeros(1, np.float32)
    assert lane.distance(zero, zero)[0] == pytest.approx(1.5, abs=1e-5)
    x, z = lane.point(12.0, -0.6)
    at = np.array([x], np.float32), np.array([z], np.float32)
    assert lane.aside(*at)[0] == pytest.approx(-0.6, abs=1e-4)
    assert lane.along(*at)[0] == pytest.approx(12.0, abs=1e-4)


def test_things_are_not_put_into_each_other() -> None:
    scene = Scene(eye=(0, 1.6, 0), air=Air())
    land = Land(scene, country_height(3), np.random.default_rng(1), summer())
    land.claim(0.0, 0.0, 0.95)
    spots = [land.find(1.5, 9.0, 0.6) for _ in range(12)]
    for i, (x, z) in enumerate(spots):
        for other_x, other_z in spots[:i]:
            assert np.hypot(x - other_x, z - other_z) > 1.2


def test_melting_snow_lies_in_patches() -> None:
    line = np.linspace(-40, 40, 400, dtype=np.float32)
    x, z = np.meshgrid(line, line)
    assert snow_cover(x, z, 0.0, 1).max() == 0
    assert snow_cover(x, z, 1.0, 1).min() > 0.9
    half = snow_cover(x, z, 0.5, 1)
    assert 0.2 < half.mean() < 0.9
    assert half.min() == 0


def test_a_tarn_is_wet_inside_and_dry_where_one_stands() -> None:
    flat = country_height(5, roll_m=0.5)
    tarn = drawn_tarn(np.random.default_rng(2), flat, 5)
    height = with_tarn(flat, tarn)
    zero = np.zeros(1, np.float32)
    assert height(zero, zero)[0] > tarn.level_m + 0.2
    middle = np.array([tarn.x], np.float32), np.array([tarn.z], np.float32)
    assert height(*middle)[0] < tarn.level_m - 0.8
    angle = np.linspace(0, 6.283, 60, dtype=np.float32)
    x, z = (
        tarn.x + 1.9 * tarn.radius_m * np.cos(angle),
        tarn.z + 1.9 * tarn.radius_m * np.sin(angle),
    )
    banks = tarn.shore_m(x, z) > 0.6
    assert (height(x[banks], z[banks]) > tarn.level_m).all()


def test_nothing_is_planted_in_the_water() -> None:
    scene = Scene(eye=(0, 1.6, 0), air=Air())
    land = Land(scene, country_height(3), np.random.default_rng(1), summer())
    land.shore = lambda x, z: x  # water where x is negative
    x = np.linspace(-5, 5, 41, dtype=np.float32)
    land.plant(box((1, 1, 1)), x, np.zeros_like(x))
    assert len(scene.batches[0].instances) == 20
    assert (scene.batches[0].instances[:, 3] > 0).all()


def test_fog_hides_what_is_far_from_the_words() -> None:
    details = ["a church with a tower", "oak barrels", "oak barrels"]
    assert seen_in(summer(), details) == ("a church with a tower", "oak barrels")
    assert seen_in(summer(weather="foggy"), details) == ("oak barrels",)
