"""Dunes, canyons, volcanoes, glaciers: what they are made of."""

from collections.abc import Callable

import numpy as np
import pytest

from ldm3d.data.desert import acacia, camel, dead_tree, dry_bush, palm, saguaro, tent
from ldm3d.data.fine_ground import fine_ground
from ldm3d.data.ice import BLUE, SNOW, berg, crevasse, ice_chunk, penguin, serac
from ldm3d.data.land import Lane
from ldm3d.data.lava import bomb, cone_height, lava_block, molten, plates, plume
from ldm3d.data.mesh import Material, Mesh
from ldm3d.data.rocks import arch, cliff, hoodoo, loop, strata


@pytest.mark.parametrize(
    "make",
    [
        lambda: dry_bush(0, 1.0),
        lambda: palm(1, 1),
        lambda: acacia(0),
        lambda: dead_tree(0),
        lambda: saguaro(1),
        lambda: camel(False, (0.4, 0.1, 0.1)),
        lambda: tent("bell", (0.5, 0.5, 0.4), (0.4, 0.1, 0.1), np.random.default_rng(1)),
        lambda: tent("long", (0.05, 0.04, 0.04), (0.4, 0.1, 0.1), np.random.default_rng(1)),
        lambda: serac(0),
        lambda: berg(1),
        lambda: ice_chunk(2),
        lambda: penguin(0),
        lambda: lava_block(0),
        lambda: bomb(0),
    ],
)
def test_things_are_whole_meshes_on_the_ground(make: Callable[[], Mesh]) -> None:
    mesh = make()
    assert np.isfinite(mesh.position).all()
    assert np.isfinite(mesh.normal).all()
    assert mesh.faces.max() < len(mesh.position)
    assert mesh.position[:, 1].min() > -3.5
    assert mesh.position[:, 1].max() > 0.3
    assert (mesh.color[:, :3] >= 0).all()


def test_the_ground_is_finest_at_the_feet() -> None:
    mesh = fine_ground(lambda x, z: np.zeros_like(x), 0.3, 500.0)
    r = np.unique(np.round(np.hypot(mesh.position[:, 0], mesh.position[:, 2]), 2))
    steps = np.diff(r)
    assert steps[r[:-1] < 4].max() < 0.12
    assert r.max() == pytest.approx(500, rel=1e-3)
    assert (mesh.normal[:, 1] > 0.99).all()


def test_beds_of_rock_lie_level_and_repeat() -> None:
    beds = strata(np.random.default_rng(3), ((0.4, 0.1, 0.1), (0.5, 0.3, 0.2)), 20.0, 8)
    y = np.linspace(0, 19.9, 300)
    assert np.array_equal(beds.color(y), beds.color(y + 20.0))
    assert len(np.unique(beds.bed(y))) == 8


def test_a_cliff_faces_to_the_left_of_its_way_and_reaches_its_top() -> None:
    beds = strata(np.random.default_rng(3), ((0.4, 0.1, 0.1), (0.5, 0.3, 0.2)), 20.0, 8)
    line = np.stack([np.linspace(-60, 60, 90), np.zeros(90)], 1)
    wall = cliff(line, -1.0, 30.0, beds, 5, rough_m=0.5)
    assert wall.position[:, 1].min() == pytest.approx(-1.0, abs=0.1)
    assert wall.position[:, 1].max() >= 30.0
    # Along +x the left is -z: the rock lies at +z, its face looks to -z.
    face = (wall.position[:, 1] > 2) & (wall.position[:, 1] < 28)
    assert np.median(wall.position[face, 2]) > 0
    outward = wall.normal[face, 2] * np.sign(np.median(wall.normal[face, 2]))
    assert (outward > 0).mean() > 0.7


def test_towers_close_around() -> None:
    ring = loop(10.0, 4)
    gaps = np.linalg.norm(np.roll(ring, -1, 0) - ring, axis=1)
    assert gaps.max() < 4 * np.median(gaps)
    beds = strata(np.random.default_rng(3), ((0.4, 0.1, 0.1),), 20.0, 8)
    assert hoodoo(beds, 1, 9.0).position[:, 1].max() > 8
    span = arch(14.0, 9.0, beds, 1).position
    assert span[:, 0].min() < -6 < 6 < span[:, 0].max()
    assert span[np.abs(span[:, 0]) < 2, 1].min() > 3  # one can walk through


def test_cracks_part_the_plates() -> None:
    x, z = np.meshgrid(np.linspace(0, 20, 200), np.linspace(0, 20, 200))
    gap, own = plates(x, z, 2.0, 3)
    assert gap.min() >= 0
    assert 0.002 < (gap < 0.05).mean() < 0.3
    assert len(np.unique(own)) > 40


def test_molten_rock_is_red_where_cool_and_yellow_where_hot() -> None:
    at = np.zeros(1)
    cool, hot = molten(at, at, 1, -2.0)[0], molten(at, at, 1, 2.0)[0]
    assert hot[0] > cool[0] > 0.5
    assert hot[1] / hot[0] > cool[1] / cool[0]


def test_a_cone_has_a_crater_and_ends_at_its_foot() -> None:
    reach = np.array([0.0, 125.0, 300.0, 600.0, 1500.0], np.float32)
    y = cone_height(reach, np.zeros(5, np.float32), (0.0, 0.0), 1000.0, 700.0, 2)
    assert y[0] < y[1]
    assert y[1] > y[2] > y[3] > y[4] == 0


def test_smoke_rises_from_the_crater_and_leans_with_the_wind() -> None:
    puff, rows = plume(
        np.random.default_rng(1), 900.0, 60.0, (0.4, 0.0), (0.3, 0.3, 0.3), (3.0, 1.5, 0.9)
    )
    y = rows[:, 7]
    assert y.max() > 800
    assert rows[y > 600, 3].mean() > 100
    assert (puff.material == Material.SNOW).all()
    assert rows[np.argmin(y), 12] > rows[np.argmin(y), 14]  # fire below


def test_a_crevasse_lies_where_it_was_asked_for() -> None:
    x = np.array([0.0, 3.0], np.float32)
    apart, half = crevasse(x, np.zeros(2, np.float32), 0.0, 8.0, 3.0, 7)
    assert apart[0] == pytest.approx(3.0, abs=0.01)
    assert apart[1] < 1.0
    assert (half >= 0).all()


def test_ice_is_white_above_and_blue_below() -> None:
    mesh = serac(3)
    up = mesh.normal[:, 1] > 0.8
    down = mesh.normal[:, 1] < -0.1
    ratio = mesh.color[:, 2] / mesh.color[:, 0]
    assert ratio[up].mean() < ratio[down].mean()
    assert SNOW[0] > BLUE[0]


def test_a_lane_runs_beside_the_eye() -> None:
    # The families use a lane's signed distance for rivers and ice fronts: check its sign.
    lane = Lane(0.0, 5.0, 1.0, 0.0)
    x, z = lane.point(10.0)
    assert (x, z) == pytest.approx((5.0, -10.0))
