"""What every family keeps: words, layout, places to stand, light, and a picture of a place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pytest

from ldm3d.data.families import build_scene, family_module, family_names
from ldm3d.data.footing import nearest_m
from ldm3d.data.grade import graded
from ldm3d.data.graphics import Graphics
from ldm3d.data.look import HOURS, SEASONS, WEATHERS, Look
from ldm3d.data.make_shard import finished, useless
from ldm3d.data.mesh import box
from ldm3d.data.renderer import WorldRenderer
from ldm3d.data.scene import Batch, Scene, identity
from ldm3d.data.told import INDOOR
from tests.ldm3d.data.summer_places import (
    DETAIL,
    EFFORT,
    WIDTH,
    all_positions,
    summer,
    triangles,
)

TRIANGLES = {
    "alpine_lake": 4.0e6, "old_forest": 4.5e6, "winter_night": 3.0e6, "blossom_garden": 6.0e6,
    "living_room": 1.0e6, "cave": 1.0e6, "cathedral": 1.0e6,
}  # fmt: skip
"""At most in a training picture; others: 1.5e6. The first families are drawn for larger ones."""
BARE = (
    "dunes", "canyon", "volcano", "glacier", "alien_world", "sky_islands", "winter_night"
)  # fmt: skip
"""Where there may be two things to name, not three."""
FLAT = ("city_street", "old_town", "castle", "ruins", "living_room", "cathedral", "cave")
"""Where one stands as high everywhere."""
GROUND_M = {
    "pine_forest": 0.25, "birch_wood": 0.25, "meadow": 0.25, "village": 0.25,
    "dunes": 0.6, "canyon": 0.6, "volcano": 0.6, "glacier": 0.6,
}  # fmt: skip
"""How far an eye may be from its height above the first batch, which is the ground."""
FREE_M = {"old_forest": 0.35, "cave": 0.3, "winter_night": 0.2, "blossom_garden": 0.05}
"""How near something may be to another place to stand; others: 0.5 m."""
LEAST_COLOR = {"alpine_lake": -0.03, "glacier": -0.03}
"""Of meshes; others: 0. A few vertices of far mountains overshoot."""
SHORES = ("beach", "islands", "underwater", "waterfall_jungle")
CLOSED = INDOOR | {"underwater"}
"""Where something is above everywhere."""
ROOFED = CLOSED | {"old_forest", "birch_wood", "pine_forest", "beach", "waterfall_jungle"}
"""Where something may be right above."""


@dataclass(frozen=True)
class Picture:
    """What is seen from a place, at `WIDTH`."""

    scene: Scene
    light: np.ndarray
    distance_m: np.ndarray

    @cached_property
    def color(self) -> np.ndarray:
        return graded(self.light, self.scene.air).astype(float)


class Family:
    """A family, and scenes of it that several tests look at; each is built once."""

    def __init__(self, name: str) -> None:
        module = family_module(name)
        self.name = name
        self.hours, self.weathers, self.seasons = (
            tuple(dict.fromkeys(getattr(module, word, every)))
            for word, every in (("HOURS", HOURS), ("WEATHERS", WEATHERS), ("SEASONS", SEASONS))
        )
        self.season = "summer" if "summer" in self.seasons else self.seasons[0]
        self.hour = "morning" if "morning" in self.hours else self.hours[0]

    def build(self, seed: int, hour: str = "") -> Scene:
        """Build a scene on a plain day."""
        look = summer(hour or self.hour, season=self.season)
        return build_scene(self.name, seed, detail=DETAIL, look=look)

    @cached_property
    def first(self) -> Scene:
        return self.build(5)

    @cached_property
    def second(self) -> Scene:
        return self.build(6)

    @cached_property
    def first_at_another_hour(self) -> Scene:
        """At noon, where it knows one."""
        return self.build(5, "noon" if "noon" in self.hours else self.hours[1])

    @cached_property
    def in_all_weathers(self) -> tuple[tuple[Look, Scene], ...]:
        """Four seeds, each in another season and at another hour, in the worst weather it has."""
        found = []
        for seed in range(4):
            season = self.seasons[seed % len(self.seasons)]
            weathers = [w for w in self.weathers if w != "snowy" or season == "winter"]
            worst = "snowy" if season == "winter" else "rainy"
            hour = self.hours[round(seed * (len(self.hours) - 1) / 3)]
            look = summer(hour, worst if worst in weathers else weathers[-1], season)
            found.append((look, build_scene(self.name, seed, detail=DETAIL, look=look)))
        return tuple(found)

    @cached_property
    def scenes(self) -> tuple[Scene, ...]:
        return self.first, self.second, *(scene for _, scene in self.in_all_weathers)


def seen(graphics: Graphics, scene: Scene, *eyes: tuple[float, float, float]) -> Iterator[Picture]:
    renderer = WorldRenderer(graphics, scene, EFFORT)
    for eye in eyes:
        there = replace(scene, eye=eye)
        renderer.look_again(there)
        yield Picture(there, *renderer.render(WIDTH, EFFORT, 5))
    renderer.release()


@pytest.fixture(scope="module", params=family_names())
def family(request: pytest.FixtureRequest) -> Family:
    return Family(request.param)


@pytest.fixture(scope="module")
def pictures(family: Family, graphics: Graphics) -> tuple[Picture, ...]:
    """What is seen from the first and from the last place of the second scene."""
    scene = family.second
    return tuple(seen(graphics, scene, scene.eye, *scene.eyes[-1:]))


@pytest.mark.parametrize("name", family_names())
def test_names_and_looks_are_sensible(name: str) -> None:
    module = family_module(name)
    assert 6 <= len(set(module.NAMES)) == len(module.NAMES) <= 12
    assert all(name == name.strip().lower() for name in module.NAMES)
    assert set(getattr(module, "HOURS", HOURS)) <= set(HOURS)
    assert set(getattr(module, "WEATHERS", WEATHERS)) <= set(WEATHERS)
    assert set(getattr(module, "SEASONS", SEASONS)) <= set(SEASONS)


def test_the_same_seed_builds_the_same_place_and_another_seed_another(family: Family) -> None:
    first, again, other = family.first, family.build(5), family.second
    for a, b in zip(first.batches, again.batches, strict=True):
        assert np.array_equal(a.instances, b.instances)
        assert np.array_equal(a.mesh.position, b.mesh.position)
    assert (first.caption, first.details) == (again.caption, again.details)
    assert (first.eye, first.eyes) == (again.eye, again.eyes)
    assert not np.array_equal(all_positions(first), all_positions(other)) or not np.array_equal(
        first.batches[0].mesh.position, other.batches[0].mesh.position
    )
    assert (first.details, first.eyes) != (other.details, other.eyes)


def test_geometry_is_sound_in_every_season_by_day_and_by_night(family: Family) -> None:
    for scene in family.scenes:
        assert scene.air.indoor == (family.name in INDOOR)
        for batch in scene.batches:
            mesh = batch.mesh
            assert np.isfinite(batch.instances).all()
            assert np.isfinite(mesh.position).all()
            assert np.isfinite(mesh.normal).all()
            assert np.isfinite(mesh.color).all()
            assert mesh.color[:, :3].min() >= LEAST_COLOR.get(family.name, 0)
            assert mesh.faces.max() < len(mesh.position)


def test_a_scene_says_what_it_holds_in_plain_words(family: Family) -> None:
    for scene in family.scenes:
        assert scene.title
        assert scene.caption
        assert (2 if family.name in BARE else 3) <= len(scene.details) <= 20
        assert len(set(scene.details)) == len(scene.details)
        assert all(type(word) is str and word.strip() == word for word in scene.details)
        assert scene.details[0] in scene.caption or family.name not in FLAT
        assert not any(word.isupper() or "_" in word for word in scene.details)


@pytest.mark.parametrize("family", SHORES, indirect=True)
def test_the_light_is_told_apart_from_the_place(family: Family) -> None:
    for look, scene in family.in_all_weathers:
        assert look.hour not in scene.tags
        assert look.hour not in scene.caption


def test_a_scene_stays_within_the_triangles_of_a_training_picture(family: Family) -> None:
    look = summer(family.hour, season=family.season)
    scene = build_scene(family.name, 3, detail=0.3, look=look)
    assert triangles(scene) < TRIANGLES.get(family.name, 1.5e6)


def test_another_hour_changes_the_light_and_nothing_else(family: Family) -> None:
    if len(family.hours) == 1:
        pytest.skip("it knows one hour")
    before, after = family.first, family.first_at_another_hour
    assert before.air != after.air
    assert before.air.sun_azimuth_deg == after.air.sun_azimuth_deg
    assert (before.eye, before.details) == (after.eye, after.details)
    for a, b in zip(before.batches, after.batches, strict=True):
        assert np.array_equal(a.instances, b.instances)


def test_nights_are_dark_but_for_lamps(family: Family) -> None:
    if not {"noon", "night"} <= set(family.hours):
        pytest.skip("it knows no noon and night")
    noon, night = family.first_at_another_hour, family.build(5, "night")
    assert max(noon.air.sun) > 10 * max(night.air.sun)
    assert len(noon.lamps) <= len(night.lamps)
    assert night.air.stars > 0.5 or family.name in CLOSED


def test_something_stands_at_one_to_four_metres_but_nothing_in_the_eye(family: Family) -> None:
    for scene in family.scenes:
        # What one stands on is the first batch, but for islands: there it is a pier or a yacht.
        apart = things_beside(scene, 0 if family.name == "islands" else 1)
        assert ((apart > 0.8) & (apart < 4.2)).sum() >= 30
        assert nearest_m(scene, scene.eye) > 0.35


def things_beside(scene: Scene, first: int) -> np.ndarray:
    """Return metres on the ground from the eye to the vertices of what stands around it."""
    eye, found = np.array(scene.eye), [np.zeros(0)]
    for batch in scene.batches[first:]:
        for row in batch.instances:
            matrix = row[:12].reshape(3, 4)
            if len(batch.instances) == 1 or np.hypot(*(matrix[[0, 2], 3] - eye[[0, 2]])) < 7:
                point = batch.mesh.position @ matrix[:, :3].T + matrix[:, 3] - eye
                level = (point[:, 1] > -1.4) & (point[:, 1] < 3)
                found.append(np.hypot(point[level, 0], point[level, 2]))
    return np.concatenate(found)


def test_there_are_other_places_to_stand_free_and_above_the_ground(family: Family) -> None:
    assert max(len(scene.eyes) for scene in family.scenes) >= 2
    for scene in family.scenes:
        for x, y, z in scene.eyes:
            assert np.hypot(x - scene.eye[0], z - scene.eye[2]) > 0.9
            assert nearest_m(scene, (x, y, z)) >= FREE_M.get(family.name, 0.5)
            assert nearest_m(scene, (x, y - 1.4, z), 3.0) < 1.0
            if family.name in FLAT:
                assert abs(y - scene.eye[1]) < 0.7


@pytest.mark.parametrize("family", sorted(GROUND_M), indirect=True)
def test_the_other_eyes_are_as_high_above_the_ground_as_the_first(family: Family) -> None:
    for scene in family.scenes:
        ground = scene.batches[0].mesh.position
        for x, y, z in scene.eyes:
            near = np.argsort(np.hypot(ground[:, 0] - x, ground[:, 2] - z))[:3]
            above_m = y - ground[near, 1].mean()
            assert abs(above_m - scene.eye_height_m) < GROUND_M[family.name]


@pytest.mark.gl
def test_every_place_to_stand_shows_a_world(pictures: tuple[Picture, ...]) -> None:
    for picture in pictures:
        assert useless(*finished(picture.light, picture.distance_m, picture.scene, 1)) is None
        assert 20 < picture.color.mean() < 215
        assert picture.color.std() > 12
        assert picture.distance_m.min() > 0.5


@pytest.mark.gl
def test_the_ground_is_below_and_the_sky_is_infinitely_far_above(
    family: Family, pictures: tuple[Picture, ...]
) -> None:
    for picture in pictures:
        distance, eye_m = picture.distance_m, picture.scene.eye_height_m
        assert np.isfinite(distance[WIDTH // 4 + 12 :]).all()
        assert 0.5 * eye_m < np.median(distance[-1]) < 1.5 * eye_m
        if family.name in CLOSED:
            assert np.isinf(distance).mean() < 0.12
        else:
            assert np.isinf(distance).mean() > 0.03
    first = pictures[0]
    assert np.median(first.distance_m[-1]) == pytest.approx(first.scene.eye_height_m, abs=0.15)
    if family.name not in ROOFED:
        assert np.isinf(first.distance_m[:4]).mean() > 0.5


@pytest.mark.gl
def test_the_wrap_seam_jumps_no_more_than_the_interior(pictures: tuple[Picture, ...]) -> None:
    for picture in pictures:
        color = picture.color
        steps = np.abs(np.diff(color, axis=1)).mean(axis=(0, 2))
        assert np.abs(color[:, 0] - color[:, -1]).mean() <= steps.max()


@pytest.mark.gl
@pytest.mark.parametrize(
    "family", ["beach", "city_street", "dunes", "meadow", "underwater"], indirect=True
)
def test_the_distance_to_a_known_box_is_that_of_its_face(
    family: Family, graphics: Graphics
) -> None:
    scene = family.second
    x, y, z = scene.eye
    put = Batch(box((2.0, 1.0, 0.2), (x, y, z - 0.8)), identity())
    (picture,) = seen(graphics, replace(scene, batches=[*scene.batches, put]), scene.eye)
    columns = slice(WIDTH // 2 - 4, WIDTH // 2 + 4)
    lon_rad = ((np.arange(WIDTH) + 0.5) / WIDTH - 0.5) * 2 * np.pi
    lat_rad = (0.5 - (WIDTH // 4 + 0.5) / (WIDTH // 2)) * np.pi
    truth_m = 0.7 / (np.cos(lat_rad) * np.cos(lon_rad[columns]))
    assert np.abs(picture.distance_m[WIDTH // 4, columns] - truth_m).max() < 5e-3
