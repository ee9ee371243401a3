"""Pine forests, birch woods, meadows and villages: seasons, and what they are made of."""

import numpy as np
import pytest

from ldm3d.data.families import build_scene
from ldm3d.data.land import Land, Lane, country_height, seen_in, snow_cover
from ldm3d.data.mesh import Material, box
from ldm3d.data.scene import Air, Scene
from ldm3d.data.tarn import drawn_tarn, with_tarn
from tests.ldm3d.data.summer_places import DETAIL, summer

FAMILIES = ("pine_forest", "birch_wood", "meadow", "village")


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
