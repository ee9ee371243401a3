"""A small thing alone in a wide world: something must lie behind it, too."""

from __future__ import annotations

import numpy as np
import pytest

from depthfusion.geometry import direction_from_uv
from depthfusion.panorama.panorama import DepthMeaning, Panorama
from depthfusion.renderer.offscreen import render_image
from depthfusion.renderer.rtin import Triangles
from depthfusion.renderer.stages import stages
from depthfusion.renderer.surface import touched
from depthfusion.view import View

PLACES = [(0.53, 0.46), (0.1, 0.3)]


def ball_before_a_wall(uv: tuple[float, float]) -> Panorama:
    """A pink disc of 2 degrees at 1 m, where `uv` says, before a grey wall at 6 m."""
    v, u = (np.mgrid[0:512, 0:1024] + 0.5) / 512
    way = direction_from_uv(np.stack([u / 2, v], axis=-1))
    near = way @ direction_from_uv(np.array(uv)) > np.cos(np.radians(2))
    color = np.full((512, 1024, 3), 120, np.uint8)
    color[near] = (250, 90, 90)
    distance = np.where(near, np.float32(1), np.float32(6))
    return Panorama(color, distance, DepthMeaning.DISTANCE)


@pytest.mark.gl
@pytest.mark.parametrize("uv", PLACES)
def test_no_black_hole_opens_behind_it(uv):
    yaw_deg, pitch_deg = (uv[0] - 0.5) * 360, (0.5 - uv[1]) * 180
    view = View(yaw_deg=yaw_deg, pitch_deg=pitch_deg, fov_deg=60, position_m=(0.2, 0.0, 0.0))
    assert render_image(ball_before_a_wall(uv), view, (200, 150)).max(axis=-1).min() > 80


@pytest.mark.parametrize("uv", PLACES)
def test_the_layer_behind_has_triangles_of_some_area(uv):
    surface = list(stages(ball_before_a_wall(uv)))[1]
    assert surface.background is not None
    mesh = surface.background.mesh
    columns = mesh.vertices["grid"][:, 0].astype(int)[mesh.smooth]
    rows = mesh.vertices["grid"][:, 1].astype(int)[mesh.smooth]
    assert len(mesh.smooth) > 0
    assert (np.ptp(rows, axis=1) <= mesh.columns // 8).all()
    wide = np.ptp(columns, axis=1)
    assert (np.minimum(wide, mesh.columns - wide) <= mesh.columns // 8).all()


def test_a_triangle_over_half_of_the_ring_knows_its_half():
    cells = np.zeros((4, 8), bool)
    cells[1, 6] = True
    grid = np.array([[0, 0], [4, 4], [4, 0], [0, 4]], np.uint16)
    left = [[0, 1, 2], [1, 0, 3]]  # columns 0 to 4
    right = [[0, 1, 3], [1, 0, 2]]  # columns 4 to 8, where 8 is 0 again
    triangles = Triangles(grid, np.array(left + right, np.uint32))
    assert touched(triangles, cells).tolist() == [False, False, True, True]
