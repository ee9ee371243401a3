from __future__ import annotations

import os
import stat
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ldm3d.depth_codec import (
    Layout,
    codes_from_depth,
    codes_from_rgb,
    depth_from_codes,
    depth_from_planes,
    planes_from_depth,
    read_depth_png,
    rgb_from_codes,
    write_depth_png,
)
from ldm3d.errors import InputError, Ldm3dError

ALL_CODES = np.arange(65536, dtype=np.uint16).reshape(256, 256)
LAYOUTS = tuple(Layout)


def test_the_layouts_have_three_planes_and_one() -> None:
    assert [(str(layout), layout.depth_channels) for layout in LAYOUTS] == [
        ("6-channel", 3),
        ("4-channel", 1),
    ]


def test_red_is_empty_green_the_high_byte_blue_the_low_one() -> None:
    codes = np.array([0, 1, 255, 256, 0x1234, 65535], np.uint16)
    expected = [[0, 0, 0], [0, 0, 1], [0, 0, 255], [0, 1, 0], [0, 0x12, 0x34], [0, 255, 255]]
    assert rgb_from_codes(codes).tolist() == expected


def test_all_codes_survive_bytes_and_floats_both_ways() -> None:
    assert np.array_equal(codes_from_rgb(rgb_from_codes(ALL_CODES)), ALL_CODES)
    depth = depth_from_codes(ALL_CODES)
    assert depth.dtype == np.float32
    assert depth.min() == 0 and depth.max() == 1 and (np.diff(depth.ravel()) > 0).all()
    assert np.array_equal(codes_from_depth(depth), ALL_CODES)
    bytes_first = rgb_from_codes(codes_from_rgb(rgb_from_codes(ALL_CODES)))
    assert np.array_equal(bytes_first, rgb_from_codes(ALL_CODES))


def test_red_says_nothing() -> None:
    rgb = rgb_from_codes(ALL_CODES)
    rgb[..., 0] = 200
    assert np.array_equal(codes_from_rgb(rgb), ALL_CODES)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_all_codes_survive_the_planes(layout: Layout) -> None:
    planes = planes_from_depth(depth_from_codes(ALL_CODES), layout)
    assert planes.shape == (layout.depth_channels, 256, 256) and planes.dtype == np.float32
    assert planes.min() == 0 and planes.max() == 1
    depth = depth_from_planes(planes, layout)
    assert depth.dtype == np.float32 and depth.shape == (256, 256)
    assert np.array_equal(codes_from_depth(depth), ALL_CODES)
    assert np.array_equal(planes_from_depth(depth, layout), planes)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_all_codes_survive_the_encoders_range_of_minus_one_to_one(layout: Layout) -> None:
    planes = planes_from_depth(depth_from_codes(ALL_CODES), layout)
    there = (planes * np.float32(2) - np.float32(1)).astype(np.float32)
    back = there / np.float32(2) + np.float32(0.5)
    assert np.array_equal(codes_from_depth(depth_from_planes(back, layout)), ALL_CODES)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_all_codes_survive_the_picture(layout: Layout, tmp_path: Path) -> None:
    planes = planes_from_depth(depth_from_codes(ALL_CODES), layout)
    write_depth_png(tmp_path / "depth.png", depth_from_planes(planes, layout))
    with Image.open(tmp_path / "depth.png") as picture:
        assert picture.mode == "I;16"
        assert np.array_equal(np.asarray(picture), ALL_CODES)
    assert np.array_equal(codes_from_depth(read_depth_png(tmp_path / "depth.png")), ALL_CODES)


def test_a_six_channel_depth_is_not_the_mean_of_its_planes() -> None:
    planes = planes_from_depth(np.full((1, 1), 0.75), Layout.SIX)
    assert depth_from_planes(planes, Layout.SIX)[0, 0] == pytest.approx(0.75, abs=1e-5)
    assert abs(planes.mean() - 0.75) > 0.1


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_outside_or_no_number_is_clipped(layout: Layout) -> None:
    depth = np.array([[-3.0, 1.5, np.nan, np.inf, -np.inf]])
    assert codes_from_depth(depth).tolist() == [[0, 65535, 0, 65535, 0]]
    planes = np.repeat(depth.astype(np.float32)[None], layout.depth_channels, axis=0)
    assert depth_from_planes(planes, layout).tolist() == [[0, 1, 0, 1, 0]]
    assert np.isnan(depth[0, 2]) and np.isnan(planes[0, 0, 2])  # what was given is left alone


@pytest.mark.parametrize(
    ("layout", "least", "most"), [(Layout.SIX, 0.20, 0.32), (Layout.FOUR, 0.25, 0.37)]
)
def test_noise_of_one_255th_costs_a_third_of_a_percent(
    layout: Layout, least: float, most: float
) -> None:
    generator = np.random.default_rng(0)
    depth = depth_from_codes(ALL_CODES)[8:-8]
    planes = planes_from_depth(depth, layout)
    noisy = planes + generator.normal(0, 1 / 255, planes.shape)
    error_percent = 100 * np.abs(depth_from_planes(noisy, layout) - depth).mean()
    assert least < error_percent < most


def test_noise_below_half_a_step_never_costs_the_high_byte() -> None:
    generator = np.random.default_rng(0)
    planes = planes_from_depth(depth_from_codes(ALL_CODES), Layout.SIX)
    noisy = planes + generator.uniform(-0.45, 0.45, planes.shape).astype(np.float32) / 255
    assert np.array_equal(codes_from_depth(depth_from_planes(noisy, Layout.SIX)), ALL_CODES)


@pytest.mark.parametrize(
    ("shape", "layout"),
    [
        ((1, 4, 4), Layout.SIX),
        ((3, 4, 4), Layout.FOUR),
        ((4, 4), Layout.FOUR),
        ((4, 4, 3), Layout.SIX),
    ],
)
def test_planes_of_the_other_layout_are_refused(shape: tuple[int, ...], layout: Layout) -> None:
    with pytest.raises(ValueError, match=rf"want \({layout.depth_channels}, H, W\)"):
        depth_from_planes(np.zeros(shape, np.float32), layout)


def test_an_eight_bit_picture_is_read_too(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 51, 255]], np.uint8)).save(tmp_path / "depth.png")
    assert read_depth_png(tmp_path / "depth.png").tolist() == [[0, pytest.approx(0.2), 1]]


def test_a_color_picture_a_broken_and_an_absent_one_are_refused_in_one_line(
    tmp_path: Path,
) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "color.png")
    write_depth_png(tmp_path / "half.png", np.zeros((64, 64)))
    data = (tmp_path / "half.png").read_bytes()
    (tmp_path / "half.png").write_bytes(data[: len(data) // 2])
    for name, words in (
        ("color.png", "mode RGB"),
        ("half.png", "cannot be"),
        ("no.png", "No such"),
    ):
        with pytest.raises(InputError, match=words) as caught:
            read_depth_png(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_a_picture_that_cannot_be_written_leaves_the_old_one_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "depth.png"
    write_depth_png(target, np.zeros((4, 4)))
    before = target.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(Ldm3dError, match=r"depth\.png, but No space left on device"):
        write_depth_png(target, np.ones((4, 4)))
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["depth.png"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Ldm3dError, match="No such file"):
        write_depth_png(tmp_path / "none" / "depth.png", np.zeros((4, 4)))


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_the_picture_can_be_read_by_whom_the_umask_allows(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    write_depth_png(tmp_path / "depth.png", np.zeros((4, 4)))
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("other", "depth.png")]
    assert modes[0] == modes[1]
