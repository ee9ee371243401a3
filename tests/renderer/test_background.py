"""The layer behind: what it shows, where it lies, and that no hole is left."""

from __future__ import annotations

import numpy as np
import pytest

from depthfusion.panorama.panorama import Panorama
from depthfusion.renderer.background import background_from
from depthfusion.renderer.hidden import hidden_surface
from depthfusion.renderer.offscreen import OffscreenRenderer, render_image
from depthfusion.renderer.quality import Quality
from depthfusion.renderer.relief import relief_from_panorama
from depthfusion.renderer.stages import stages
from depthfusion.view import View


def nearness_of(post: Panorama) -> np.ndarray:
    return relief_from_panorama(post).nearness


def test_behind_the_post_lies_the_wall(post):
    hidden = hidden_surface(nearness_of(post), 0.75, columns=512)
    row = 128
    behind = hidden.field[row, 256 - 21 : 256 + 21]
    covered = hidden.covered[row, 256 - 20 : 256 + 20]
    assert covered[:8].all()
    assert covered[-8:].all()
    assert np.abs(behind[covered.argmax() : 8]).max() < 0.02


def test_no_farther_than_the_head_can_look(post):
    near = hidden_surface(nearness_of(post), 0.1, columns=512).covered.sum()
    far = hidden_surface(nearness_of(post), 0.75, columns=512).covered.sum()
    assert 0 < near < far


def test_the_fill_takes_the_walls_colour_not_the_posts(post):
    rims = np.zeros((256, 512), bool)
    background = background_from(post.color, nearness_of(post), rims, 0.75)
    assert background.fill.shape == (512, 1024, 4)
    inside = background.fill[200:300, 512 - 40 : 512 - 20]
    assert (inside[..., 3] == 255).all()
    assert inside[..., 1].min() > 120
    assert inside[..., 0].max() < 40


def test_a_map_without_jumps_has_no_layer_behind(smooth):
    last = list(stages(smooth))[-1]
    assert last.background is None
    assert last.mesh is not None
    assert len(last.mesh.stretched) == 0


@pytest.mark.parametrize("turn", [128, 256])
def test_the_fill_turns_with_the_picture(post, turn):
    """At the wrap it is what it is in the middle: no seam. Turns keep the means' blocks whole."""
    rng = np.random.default_rng(2)
    color = post.color.copy()
    color[..., 2] = rng.integers(0, 255, color.shape[:2])
    rims = np.zeros((256, 512), bool)
    nearness = nearness_of(post)
    here = background_from(color, nearness, rims, 0.75).fill
    color, nearness = np.roll(color, turn, axis=1), np.roll(nearness, turn, axis=1)
    there = background_from(color, nearness, rims, 0.75).fill
    scale = here.shape[1] // 512
    turned = np.roll(here, turn * scale, axis=1)
    hidden = turned[..., 3] == 255
    assert hidden.any()
    assert np.abs(there.astype(int) - turned)[hidden].max() <= 2


@pytest.mark.gl
@pytest.mark.parametrize("side_m", [-0.25, 0.25])
def test_beside_the_post_one_sees_wall_no_hole_and_no_rubber(post, side_m):
    view = View(position_m=(side_m, 0, 0), fov_deg=80)
    picture = render_image(post, view, (320, 320)).astype(int)
    red, green = picture[..., 0], picture[..., 1]
    assert (picture.sum(axis=-1) > 60).all(), "a hole"
    pure = (np.abs(red - 200) < 12) & (green < 12) | (np.abs(green - 160) < 12) & (red < 12)
    assert (~pure).mean() < 0.012, "more than an outline is a mixture of post and wall"


@pytest.mark.gl
def test_without_edges_the_rubber_sheet_shows(post):
    """The checker above bites: the plain surface has many mixed pixels."""
    view = View(position_m=(0.25, 0, 0), fov_deg=80)
    picture = render_image(post, view, (320, 320), Quality(edges=False)).astype(int)
    red, green = picture[..., 0], picture[..., 1]
    pure = (np.abs(red - 200) < 12) & (green < 12) | (np.abs(green - 160) < 12) & (red < 12)
    assert (~pure).mean() > 0.012


@pytest.mark.gl
def test_the_post_is_where_geometry_says(post):
    """Its left rim at 15° and 1 m, seen from 20 cm to the left."""
    view = View(position_m=(-0.2, 0, 0), fov_deg=90)
    with OffscreenRenderer() as offscreen:
        offscreen.load(post)
        row = offscreen.render(view, (600, 600))[300].astype(int)
    rim_rad = 21 / 512 * 2 * np.pi
    x, z = -np.sin(rim_rad) + 0.2, np.cos(rim_rad)
    expected = 300 + 300 * x / z
    found = np.flatnonzero(row[:, 0] > 100).min()
    assert found == pytest.approx(expected, abs=1.5)


@pytest.mark.gl
def test_at_the_centre_rims_are_as_in_the_picture(post):
    """No speckle, no fringe: what is cut elsewhere is whole where nothing parts."""
    with OffscreenRenderer() as cut, OffscreenRenderer(Quality(edges=False)) as plain:
        cut.load(post)
        with_cuts = cut.render(View(), (300, 200)).astype(int)
        plain.load(post)
        without = plain.render(View(), (300, 200))
    assert np.abs(with_cuts - without).max() <= 2


@pytest.mark.gl
def test_noisy_depth_leaves_no_hole_anywhere(post):
    """Leaves and railings: every cut has something behind it, whatever the map."""
    rng = np.random.default_rng(4)
    color = np.full((256, 512, 3), 255, np.uint8)
    depth = rng.uniform(0.1, 0.3, (256, 512)).astype(np.float32)
    depth[rng.random((256, 512)) < 0.3] = 0.95
    panorama = Panorama(color, depth)
    for position in ((0.25, 0, 0), (-0.1, 0.2, 0.1)):
        picture = render_image(panorama, View(position_m=position), (320, 240))
        assert (picture.min(axis=-1) > 200).mean() > 0.9995
