"""Living rooms, caves and cathedrals: light inside, and what they are made of."""

import numpy as np
import pytest

from ldm3d.data.cave_rock import Gap, Hollow, solid_noise
from ldm3d.data.families import build_scene, draw_look
from ldm3d.data.gothic import Opening, crown, pierced_wall, rise
from ldm3d.data.graphics import Graphics
from ldm3d.data.lounge import soft
from ldm3d.data.mesh import Material
from ldm3d.data.render import world_from_scene
from ldm3d.data.rooms import Room, Window, wall
from ldm3d.data.scene import Scene
from ldm3d.data.stained_glass import Glass, glass_panel
from tests.ldm3d.data.summer_places import DETAIL, EFFORT, WIDTH, summer


@pytest.mark.parametrize("family", ("living_room", "cathedral"))
def test_it_is_darker_inside_at_night(family: str) -> None:
    noon, night = (build_scene(family, 3, detail=DETAIL, look=summer(h)) for h in ("noon", "night"))
    assert max(noon.air.room[0]) > 2 * max(night.air.room[0])
    assert max(noon.air.sun) > 5 * max(night.air.sun)


def test_lamps_in_the_living_room_burn_when_it_is_dark() -> None:
    def glowing(hour: str) -> int:
        scene = build_scene("living_room", 3, detail=DETAIL, look=summer(hour))
        return sum(int((b.mesh.material == Material.GLOW).sum()) for b in scene.batches)

    assert glowing("night") > glowing("noon")


def test_caves_differ_in_rock_and_light() -> None:
    scenes = [
        build_scene("cave", seed, detail=0.05, look=draw_look("cave", seed)) for seed in range(8)
    ]
    assert len({scene.tags[-1] for scene in scenes}) >= 3
    assert all(scene.lamps or max(scene.air.sun) > 0 for scene in scenes)


@pytest.mark.gl
def test_a_cathedral_by_night_shows_more_than_blackness(graphics: Graphics) -> None:
    scene = build_scene("cathedral", 2, detail=DETAIL, look=summer("night"))
    color = world_from_scene(scene, "cathedral", 2, WIDTH, EFFORT, graphics).color
    assert 12 < color.mean() < 150
    assert color.std() > 12


def test_round_and_pointed_arches_meet_their_feet_and_crown() -> None:
    for point in (1.0, 1.5):
        assert rise(2.0, 2.0, point) == pytest.approx(0, abs=1e-6)
        assert rise(0.0, 2.0, point) == pytest.approx(crown(2.0, point))
    assert crown(2.0, 1.0) == pytest.approx(2.0)
    assert crown(2.0, 1.5) > 2.5


def test_a_pierced_wall_leaves_its_opening_free() -> None:
    hole = Opening(0.8, 1.0, 2.0, 1.4)
    mesh = pierced_wall(4.0, 5.0, (hole,), 0.5)
    middle = mesh.position[mesh.faces].mean(axis=1)
    front = middle[np.abs(middle[:, 2]) < 1e-4]
    inside = hole.holds(front[:, 0] * 1.1, front[:, 1])
    assert not inside[np.abs(front[:, 0]) < 0.7].any()
    area = np.linalg.norm(
        np.cross(*(np.diff(mesh.position[mesh.faces], axis=1).transpose(1, 0, 2))), axis=1
    )
    flat = np.abs(mesh.position[mesh.faces][:, :, 2]).max(axis=1) < 1e-4
    assert 15.5 < area[flat].sum() / 2 < 18.0


def test_glass_fills_its_window_with_the_colors_of_its_palette() -> None:
    hole = Opening(0.7, 1.0, 3.0, 1.4)
    panel = glass_panel(hole, Glass("blue", 0, 1), 0, 1.0)
    assert (panel.material == Material.GLOW).all()
    assert np.abs(panel.position[:, 0]).max() < 0.85
    assert 0.9 < panel.position[:, 1].min() < 1.2
    assert panel.color[:, 2].mean() > panel.color[:, 1].mean()


def test_a_wall_has_holes_where_its_windows_are() -> None:
    mesh = wall(4.0, 2.5, [Window(0.5, 0.6, 0.9, 2.1)], (0.5, 0.5, 0.5))
    area = 0.0
    for face in mesh.position[mesh.faces]:
        if np.abs(face[:, 2]).max() < 1e-5:
            area += float(np.linalg.norm(np.cross(face[1] - face[0], face[2] - face[0]))) / 2
    assert area == pytest.approx((4.0 + 2 * 0.28) * 2.5 - 1.2 * 1.2, rel=1e-3)


def test_things_at_a_wall_look_into_the_room_and_keep_their_floor() -> None:
    room = Room(Scene((0, 0, 0), summer().air), 6.0, 8.0, 2.5)
    for side in range(4):
        x, z = room.spot(side, 0.0, 0.5)
        yaw = room.yaw(side)
        assert (x + np.sin(yaw), z + np.cos(yaw)) == pytest.approx((x * 0.6, z * 0.7), abs=1.2)
        assert np.hypot(x + np.sin(yaw), z + np.cos(yaw)) < np.hypot(x, z)
    room.at_wall(soft((1, 1, 1), (0, 0.5, 0), (0.5, 0.5, 0.5)), 0, 0.0, 0.5, half=(0.5, 0.5))
    assert not room.free(0.0, -3.0, 0.8)
    assert room.free(0.0, 1.0, 0.8)


def test_a_tunnel_leads_away_and_the_rest_of_a_hollow_does_not() -> None:
    closed = Hollow((8.0, 6.0), 6.0, 0.0, 3)
    gap = Gap(0.0, 0.0, 0.3, 12.0)
    open_ = Hollow((8.0, 6.0), 6.0, 0.0, 3, gaps=(gap,))
    ways = np.array([gap.direction(), -gap.direction()])
    assert open_.reach(ways)[0] > closed.reach(ways)[0] + 9
    assert open_.reach(ways)[1] == pytest.approx(closed.reach(ways)[1])


def test_solid_noise_is_smooth_and_centered() -> None:
    at = np.random.default_rng(1).random((4000, 3)) * 60
    value = solid_noise(at, 4.0, 5)
    assert abs(float(value.mean())) < 0.15
    assert 0.2 < float(value.std()) < 0.8
    assert np.abs(solid_noise(at + np.array([0.01, 0, 0]), 4.0, 5) - value).max() < 0.1
