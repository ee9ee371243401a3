"""The pairs of others: each must be taken as what its makers meant (MANIFEST.csv of testdata)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from depthfusion.errors import PanoramaError
from depthfusion.panorama import DepthMeaning, Panorama, ReadOptions, read_panorama
from depthfusion.panorama.aspect import Placement
from depthfusion.panorama.decode import decode
from depthfusion.panorama.depth import depth_from_values
from depthfusion.panorama.depth_file import depth_map_from, depth_source

NEAR_WHITE = {
    "kandao3_beach": ("jpg", (2440, 4880), (512, 1024)),
    "cyclist_plaza": ("jpg", (480, 960), (480, 960)),
    "messy_bedroom": ("jpg", (512, 1024), (512, 1024)),
    "cafeteria_serrano": ("png", (1024, 2048), (1024, 2048)),
    "sunny_road_person": ("jpg", (591, 1183), (591, 1183)),
}


def told(found: Panorama, words: str) -> bool:
    return any(words in note for note in found.provenance.notes)


@pytest.mark.parametrize("name", NEAR_WHITE)
@pytest.mark.parametrize("alone", [True, False])
def test_near_white_pairs(name: str, alone: bool, testdata: Path) -> None:
    ending, color_shape, depth_shape = NEAR_WHITE[name]
    folder = testdata / "rgbd_pairs" / name
    depth_path = folder / f"depth.{ending}"
    found = read_panorama(folder / f"rgb.{ending}", None if alone else depth_path)
    assert found.color.shape[:2] == color_shape
    assert found.depth is not None and found.depth.shape == depth_shape
    assert found.meaning is DepthMeaning.RELATIVE and not found.is_metric
    assert told(found, "took depth." + ending + " as white = near")
    source = np.asarray(Image.open(depth_path).convert("L")).astype(float)
    assert np.corrcoef(found.depth.ravel(), source.ravel())[0, 1] > 0.999
    assert told(found, "by its name") == alone


def test_a_depth_map_alone_finds_its_picture(testdata: Path) -> None:
    found = read_panorama(testdata / "rgbd_pairs/kandao3_beach/depth.jpg")
    assert found.color.shape == (2440, 4880, 3)
    assert found.depth is not None and found.depth.shape == (512, 1024)


def test_a_low_range_is_stretched(testdata: Path) -> None:
    found = read_panorama(testdata / "rgbd_pairs/cafeteria_serrano/rgb.png")
    assert found.depth is not None and found.depth.max() == pytest.approx(1)
    assert told(found, "93 of 255")


def test_sixteen_bit_millimetres_and_every_conversion_give_the_same_metres(
    testdata: Path,
) -> None:
    folder = testdata / "rgbd_pairs/hotel_room_16bit"
    truth = np.asarray(Image.open(folder / "depth.png")).astype(np.float32) / np.float32(1000)
    names = ["depth.npz", "depth_float32_m.npy", "depth_float32_m.tif", "depth_float32_m_Z.exr"]
    derived = testdata / "depth_formats/derived_from_hotel_room"
    for path in [folder / "depth.png", *(derived / name for name in names)]:
        found = read_panorama(folder / "rgb.png", path)
        assert found.meaning is DepthMeaning.DISTANCE, path.name
        assert found.depth is not None and np.array_equal(found.depth, truth), path.name
        assert found.holes is None and found.near_m is None


def test_viridis_is_refused_in_words(testdata: Path) -> None:
    folder = testdata / "rgbd_pairs/colourmapped_depth_viridis"
    with pytest.raises(PanoramaError, match=r"false colours .viridis"):
        read_panorama(folder / "rgb.png", folder / "depth_viridis.png")


def test_colour_above_depth_in_an_odd_square(testdata: Path) -> None:
    found = read_panorama(testdata / "rgbd_pairs/observatory_people_topbottom.jpg")
    assert found.color.shape == (409, 819, 3)
    assert found.depth is not None and found.depth.shape == (409, 819)
    assert told(found, "colour above and depth below") and told(found, "white = near")
    assert found.depth[380].mean() > 0.9 and found.depth[20].mean() < 0.1


def test_the_same_wrong_ratio_is_stretched_and_told(testdata: Path) -> None:
    folder = testdata / "rgbd_pairs/wrong_ratio_4to3_webp"
    found = read_panorama(folder / "rgb.webp", folder / "depth.webp", draft_px=600)
    height, width = found.color.shape[:2]
    assert width == 2 * height and told(found, "1.33:1 and not 2:1: both were stretched")
    with pytest.raises(PanoramaError, match=r"twice as wide as high, but rgb.webp is 1.33:1"):
        read_panorama(folder / "rgb.webp", options=ReadOptions(find_partner=False), draft_px=600)


def test_a_stereo_picture_is_no_colour_and_depth(testdata: Path) -> None:
    path = testdata / "rgb_only/museum_whale_stereo_topbottom.jpg"
    found = read_panorama(path, draft_px=1024)
    assert found.depth is None and told(found, "left eye") and told(found, "flat sphere")
    whole = decode(path, 1024).pixels
    assert np.array_equal(found.color, whole[: len(whole) // 2])


def test_pictures_without_depth_are_flat_spheres(testdata: Path) -> None:
    for name in ("park_gpano_full.jpg", "mountain_rock.jpg", "office_rgba.png"):
        found = read_panorama(testdata / "rgb_only" / name, draft_px=512)
        assert found.depth is None and told(found, "flat sphere")


def test_a_strip_wider_than_two_to_one_stays_level_in_the_middle(testdata: Path) -> None:
    found = read_panorama(testdata / "rgb_only/crowd_station_not_2to1.jpg")
    assert found.color.shape == (306, 612, 3) and told(found, "full turn around the horizon")
    assert (found.color[:10] == 0).all() and found.color[40].any()


@pytest.mark.parametrize(
    "name",
    [
        "nyu_rgb.jpg",
        "nyu_depth_16bit_mm.png",
        "kitti360_fisheye_depth_16bit_sparse.png",
        "cones_disparity_float32.tif",
        "cones_left.tif_named_png.png",
        "trunks_deep_z.exr",
        "wide_float_range.exr",
        "hopper_little_endian.pfm",
        "spatial_filters_float32.npy",
        "phone_photo_gdepth_xmp.jpg",
    ],
)
def test_pictures_that_are_no_panorama_are_refused_in_one_line(name: str, testdata: Path) -> None:
    with pytest.raises(PanoramaError, match=name) as error:
        read_panorama(testdata / "depth_formats" / name)
    assert "\n" not in str(error.value) and "want" in str(error.value)


def numbers(testdata: Path, name: str) -> tuple[np.ndarray, str]:
    found = decode(testdata / "depth_formats" / name, exact=True)
    return found.pixels, found.kind


def test_nyu_is_millimetres_with_holes(testdata: Path) -> None:
    values, kind = numbers(testdata, "nyu_depth_16bit_mm.png")
    found = depth_from_values(values, "nyu.png", kind, ReadOptions())
    assert found.meaning is DepthMeaning.DISTANCE and found.holes is not None
    assert np.array_equal(found.holes, values == 0)
    good = ~found.holes
    assert np.array_equal(found.depth[good], values[good].astype(np.float32) / np.float32(1000))
    assert found.depth.max() == np.float32(4.047)


def test_kitti_is_sparse_and_filled(testdata: Path) -> None:
    values, kind = numbers(testdata, "kitti360_fisheye_depth_16bit_sparse.png")
    assert kind == "16-bit PNG" and values.max() == 20442
    found = depth_from_values(values, "kitti.png", kind, ReadOptions())
    assert found.meaning is DepthMeaning.DISTANCE and found.holes is not None
    assert found.holes.mean() == pytest.approx((values == 0).mean()) and found.depth.min() > 0


def test_disparities_are_near_white(testdata: Path) -> None:
    values, kind = numbers(testdata, "cones_disparity_float32.tif")
    assert kind == "float32 TIFF" and (values.min(), values.max()) == (0, 55)
    found = depth_from_values(values, "cones.tif", kind, ReadOptions())
    assert found.meaning is DepthMeaning.RELATIVE
    assert np.allclose(found.depth, values / 55)


def test_a_phones_gdepth_is_nearness_between_its_near_and_far(testdata: Path) -> None:
    decoded = decode(testdata / "depth_formats/phone_photo_gdepth_xmp.jpg")
    source = depth_source(decoded, None, None, inside=True)
    assert source is not None and source.gdepth is not None
    assert source.values.shape == (2048, 1536)
    found = depth_map_from(source, Placement(source.aspect), ReadOptions())
    assert found.near_m == pytest.approx(18.8, abs=0.1)
    assert found.far_m == pytest.approx(633, abs=1)
    assert np.allclose(found.depth, 1 - source.values / 255, atol=1e-6)
