"""Beaches, islands, reefs, jungles: what they are made of."""

import numpy as np
import pytest

from ldm3d.data.coast import Coast, Surf, open_sea, surf_sea
from ldm3d.data.families import build_scene
from ldm3d.data.isles import STYLES, isle
from ldm3d.data.mesh import Material, Mesh
from ldm3d.data.palms import palm
from ldm3d.data.undersea import caustics
from ldm3d.data.waterfall import valley_by_the_water
from tests.ldm3d.data.summer_places import DETAIL, summer


def test_water_never_rises_over_the_level_where_its_mirror_image_is_cut() -> None:
    for family in ("beach", "islands", "waterfall_jungle"):
        scene = build_scene(family, 4, detail=DETAIL, look=summer("noon"))
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
