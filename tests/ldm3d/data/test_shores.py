"""Beaches, islands, reefs, jungles: what is placed, how far it is, that it wraps."""

from collections.abc import Callable

import numpy as np
import pytest

from ldm3d.data.coast import Coast, Surf, open_sea, surf_sea
from ldm3d.data.families import build_scene, family_module
from ldm3d.data.footing import nearest_m
from ldm3d.data.graphics import Graphics
from ldm3d.data.isles import STYLES, isle
from ldm3d.data.look import HOURS, SEASONS, WEATHERS, Look, look_from
from ldm3d.data.mesh import Material, Mesh, box
from ldm3d.data.palms import palm
from ldm3d.data.render import world_from_scene
from ldm3d.data.renderer import Effort
from ldm3d.data.scene import Scene
from ldm3d.data.undersea import caustics
from ldm3d.data.waterfall import valley_by_the_water
from ldm3d.data.world import World

FAMILIES = ("beach", "islands", "underwater", "waterfall_jungle")
DETAIL, WIDTH = 0.1, 128
EFFORT = Effort(
    passes=1, sky_fours=1, face_px=128, cloud_steps=4, clouds_px=64, coarseness=8, least_px=1.0,
    least_texels=2.0, shadowed_lamps=0, thrifty=True,
)  # fmt: skip


def summer(hour: str = "noon", weather: str = "clear", season: str = "summer") -> Look:
    return look_from(hour, weather, season, np.random.default_rng(3))


def built(family: str, seed: int, look: Look | None = None) -> Scene:
    return build_scene(family, seed, detail=DETAIL, look=look or summer())


def vertices(scene: Scene, *, near_m: float) -> np.ndarray:
    """Return the vertices (N, 3) within `near_m` of the eye, relative to it."""
    found = []
    for batch in scene.batches:
        matrix = batch.instances[:, :12].reshape(-1, 3, 4)
        reach = np.abs(batch.mesh.position).max() * np.abs(matrix[:, :, :3]).sum(axis=(1, 2))
        center = matrix[:, :, 3] - scene.eye
        for rows in matrix[np.linalg.norm(center, axis=1) < near_m + reach]:
            points = batch.mesh.position @ rows[:, :3].T + rows[:, 3] - scene.eye
            found.append(points[np.linalg.norm(points, axis=1) < near_m])
    return np.concatenate(found)


@pytest.fixture(scope="module")
def pictured(graphics: Graphics) -> Callable[[str, int], World]:
    kept: dict[tuple[str, int], World] = {}

    def rendered(family: str, seed: int) -> World:
        if (family, seed) not in kept:
            scene = built(family, seed)
            kept[family, seed] = world_from_scene(scene, family, seed, WIDTH, EFFORT, graphics)
        return kept[family, seed]

    return rendered


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_builds_the_same_place_and_another_seed_another(family: str) -> None:
    first, again, other = (built(family, seed) for seed in (5, 5, 6))
    for a, b in zip(first.batches, again.batches, strict=True):
        assert np.array_equal(a.instances, b.instances)
        assert np.array_equal(a.mesh.position, b.mesh.position)
    assert first.eyes == again.eyes
    assert (first.eye, first.facing_deg) != (other.eye, other.facing_deg)
    assert first.details != other.details


@pytest.mark.parametrize("family", FAMILIES)
def test_every_look_builds_finite_geometry_and_plain_words(family: str) -> None:
    module = family_module(family)
    weathers = getattr(module, "WEATHERS", WEATHERS)
    seasons = getattr(module, "SEASONS", SEASONS)
    for seed, hour in enumerate(getattr(module, "HOURS", HOURS)):
        season = seasons[seed % len(seasons)]
        weather = weathers[seed % len(weathers)]
        scene = built(
            family, seed, summer(hour, "clear" if weather == "snowy" else weather, season)
        )
        for batch in scene.batches:
            assert np.isfinite(batch.instances).all()
            assert np.isfinite(batch.mesh.position).all()
            assert np.isfinite(batch.mesh.normal).all()
            assert np.isfinite(batch.mesh.color).all()
            assert (batch.mesh.color[:, :3] >= 0).all()
        assert len(scene.details) >= 3
        assert len(set(scene.details)) == len(scene.details)
        assert hour not in scene.caption  # the light is told apart from the place
        assert hour not in scene.tags


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_something_besides_the_ground_is_near_in_every_seed(family: str, seed: int) -> None:
    near = vertices(built(family, seed), near_m=4.2)
    distance = np.linalg.norm(near, axis=1)
    assert ((distance > 1.0) & (near[:, 1] > -1.35)).any()
    # Nothing stands in the eye.
    assert distance.min() > 0.3


@pytest.mark.parametrize("family", FAMILIES)
def test_other_places_to_stand_are_free_and_at_eye_height(family: str) -> None:
    counts = []
    for seed in (1, 2, 3):
        scene = built(family, seed)
        counts.append(len(scene.eyes))
        for eye in scene.eyes:
            assert nearest_m(scene, eye) >= 0.5
            assert nearest_m(scene, (eye[0], eye[1] - 1.4, eye[2]), 3.0) < 1.0  # the ground
    assert sum(counts) >= 4


@pytest.mark.gl
@pytest.mark.parametrize("family", FAMILIES)
def test_the_picture_wraps_and_has_sky_or_depth(
    family: str, pictured: Callable[[str, int], World]
) -> None:
    world = pictured(family, 2)
    assert world.color.shape == (WIDTH // 2, WIDTH, 3)
    step = np.abs(np.diff(world.color.astype(float), axis=1)).mean(axis=(0, 2))
    seam = np.abs(world.color[:, 0].astype(float) - world.color[:, -1]).mean()
    assert seam <= step.mean() + 4 * step.std()
    assert np.isfinite(world.distance_m[-1]).all()
    above = world.distance_m[: WIDTH // 8]
    if family == "underwater":  # the surface closes the view upwards
        assert np.isfinite(above).mean() > 0.95
    else:
        assert np.isinf(world.distance_m[: WIDTH // 4]).mean() > 0.15


@pytest.mark.gl
@pytest.mark.parametrize("family", FAMILIES)
def test_the_distance_to_a_known_box_is_exact(family: str, graphics: Graphics) -> None:
    scene = built(family, 3)
    scene.facing_deg = 0.0
    x, y, z = scene.eye
    scene.add(box((0.6, 0.6, 0.2), (x, y, z - 0.6)))
    world = world_from_scene(scene, family, 3, WIDTH, EFFORT, graphics)
    row, column = WIDTH // 4, WIDTH // 2  # half a pixel off the middle
    off = np.pi / WIDTH
    truth = 0.5 / np.cos(off) ** 2
    assert world.distance_m[row, column] == pytest.approx(truth, rel=2e-3)


def test_water_never_rises_over_the_level_where_its_mirror_image_is_cut() -> None:
    for family in ("beach", "islands", "waterfall_jungle"):
        scene = built(family, 4)
        assert scene.mirror_height_m is not None
        for batch in scene.batches:
            wet = batch.mesh.material == Material.WATER
            if wet.any():
                drawn = batch.mesh.position[batch.mesh.faces[wet[batch.mesh.faces[:, 0]]]]
                assert drawn[..., 1].max() < scene.mirror_height_m


def test_a_coast_finds_its_places_again() -> None:
    coast = Coast(1.1, 5.0, 0.004, 3.0, 7)
    u, out = np.linspace(-80, 80, 33), np.linspace(-20, 60, 33)
    x, z = coast.place(u, out)
    assert coast.along(x, z) == pytest.approx(u, abs=1e-3)
    assert coast.out(x, z) == pytest.approx(out, abs=1e-2)


def _white(mesh: Mesh) -> float:
    return float((mesh.color[:, 0] > 0.6).mean())


def test_higher_waves_have_more_foam() -> None:
    colors = ((0.02, 0.2, 0.2), (0.004, 0.04, 0.08))
    calm, rough = (open_sea(None, 3, 0.3, colors, wave_m) for wave_m in (0.1, 1.2))
    assert _white(rough) > _white(calm)
    assert np.ptp(rough.position[:, 1]) > 4 * np.ptp(calm.position[:, 1])


def test_the_surf_lies_on_the_sand_and_in_the_sea() -> None:
    coast = Coast(0.0, 4.0, 0.002, 2.0, 5)

    def ground(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        return np.asarray(-0.08 * coast.out(x, z), np.float32)

    surf = Surf((0.2, 0.2, 0.15), (0.05, 0.4, 0.4), (0.01, 0.1, 0.2), (0.01, 0.08, 0.1))
    sea = surf_sea(coast, surf, ground, 0.3)
    used = sea.position[np.unique(sea.faces)]
    assert coast.out(used[:, 0], used[:, 2]).min() > -6
    assert -0.6 < used[:, 1].min() < used[:, 1].max() < 1.2
    assert 0.001 < _white(sea) < 0.5


@pytest.mark.parametrize("kind", range(8))
def test_an_island_stands_out_of_the_sea_and_goes_below_at_its_rim(kind: int) -> None:
    mesh = isle(kind, STYLES[kind % len(STYLES)], 1)
    assert 3 < mesh.position[:, 1].max() < 110
    assert mesh.position[:, 1].min() < -1
    assert np.isfinite(mesh.position).all()


def test_far_palms_have_fewer_faces() -> None:
    counts = [len(palm(0, level).faces) for level in range(3)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 3 * counts[2]


def test_the_net_of_light_is_thin_and_bright() -> None:
    x, z = np.meshgrid(np.linspace(0, 12, 200, dtype=np.float32), np.float32([0, 1, 2, 3]))
    net = caustics(x, z, 1.2, 4)
    assert 0 <= net.min() < 0.1
    assert net.max() > 0.8
    assert net.mean() < 0.5


def test_a_valley_has_its_water_within_reach_of_the_eye() -> None:
    here = np.zeros(1, np.float32)
    for seed in range(6):
        valley = valley_by_the_water(np.random.default_rng(seed), seed)
        assert 0.2 < float(valley.shore(here, here)[0]) < 7
