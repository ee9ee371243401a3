from pathlib import Path

import pytest

from depthfusion.panorama.partner import Role, partner_of

PAIRS = [
    ("x.jpg", "x_depth.png"),
    ("x.jpg", "x-dpt.png"),
    ("x_rgb.png", "x_depth.png"),
    ("rgb.png", "depth.png"),
    ("x.png", "x_disp.pfm"),
    ("x.png", "depth_x.exr"),
    ("X.JPG", "X_Depth.PNG"),
    ("1.jpg", "1depth.jpg"),
    ("kandao3.webp", "kandao3_depthmap.jpg"),
    ("color_0001.png", "depth_0001.png"),
    ("room.b.png", "room.b.depth.npz"),
    ("x.jpg", "x.npy"),
    ("eqr-rgb.jpg", "eqr-depth.jpg"),
    ("x.tif", "x depth map.tif"),
]


@pytest.mark.parametrize(("color", "depth"), PAIRS)
def test_partners_find_each_other(color: str, depth: str, tmp_path: Path) -> None:
    for name in (color, depth, "another.jpg", "another_depth.png", "x_depth.txt"):
        (tmp_path / name).touch()
    assert partner_of(tmp_path / color) == (tmp_path / depth, Role.COLOR)
    assert partner_of(tmp_path / depth) == (tmp_path / color, Role.DEPTH)


def test_strangers_are_no_partners(tmp_path: Path) -> None:
    for name in ("x.jpg", "y_depth.png", "depth.png", "xdepth2.png", "x.png", "x_depth.md"):
        (tmp_path / name).touch()
    assert partner_of(tmp_path / "x.jpg") is None
    assert partner_of(tmp_path / "depth.png") is None


def test_of_several_depth_maps_the_shortest_name_wins(tmp_path: Path) -> None:
    for name in ("x.jpg", "x_depth_map.png", "x_dpt.exr", "x_dpt.png"):
        (tmp_path / name).touch()
    assert partner_of(tmp_path / "x.jpg") == (tmp_path / "x_dpt.png", Role.COLOR)


def test_a_folder_is_no_partner_and_a_missing_folder_has_none(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").touch()
    (tmp_path / "x_depth.png").mkdir()
    assert partner_of(tmp_path / "x.jpg") is None
    assert partner_of(tmp_path / "nowhere" / "x.jpg") is None
