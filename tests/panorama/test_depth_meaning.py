import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from depthfusion.errors import PanoramaError, UsageError
from depthfusion.panorama import DepthIs, DepthMeaning, Panorama, ReadOptions, read_panorama
from depthfusion.panorama.depth import DepthMap, depth_from_values
from depthfusion.panorama.floor import floor_test
from depthfusion.panorama.gray import color_map_of, one_channel

AUTO = ReadOptions()
Room = np.ndarray


def read(values: np.ndarray, options: ReadOptions = AUTO, kind: str = "test map") -> DepthMap:
    return depth_from_values(values, "depth.png", kind, options)


def told(found: DepthMap | Panorama, words: str) -> bool:
    notes = found.notes if isinstance(found, DepthMap) else found.provenance.notes
    return any(words in note for note in notes)


def nearness(room_m: Room) -> np.ndarray:
    return room_m.min() / room_m


def bits8(values: np.ndarray) -> np.ndarray:
    return np.rint(values * 255).astype(np.uint8)


def bits16(values: np.ndarray) -> np.ndarray:
    return np.rint(values * 65535).astype(np.uint16)


def test_the_floor_tells_direction_and_kind(room_m: Room) -> None:
    inverse = floor_test(nearness(room_m))
    distance = floor_test(room_m)
    assert inverse.votes > 0 and inverse.inverse_fit > 0.98
    assert distance.votes < 0 and distance.linear_fit > 0.98
    assert abs(distance.linear_zero) < 0.3


def test_a_picture_without_a_floor_tells_nothing() -> None:
    assert floor_test(np.ones((64, 128), np.float32)).votes == 0
    noise = np.random.default_rng(1).random((64, 128))
    assert abs(floor_test(noise).votes) <= 1


@pytest.mark.parametrize("bits", [bits8, bits16])
def test_near_white_pictures_are_taken_as_they_are(
    bits: Callable[[np.ndarray], np.ndarray], room_m: Room
) -> None:
    found = read(bits(nearness(room_m)))
    assert found.meaning is DepthMeaning.RELATIVE and told(found, "white = near")
    assert np.abs(found.depth - nearness(room_m)).max() < 0.003
    assert told(found, "--invert-depth")


def test_near_black_inverse_depth_is_turned_round(room_m: Room) -> None:
    found = read(bits8(1 - nearness(room_m)))
    assert told(found, "black = near")
    assert np.corrcoef(found.depth.ravel(), nearness(room_m).ravel())[0, 1] > 0.999


def test_near_black_distances_become_inverse_ones(room_m: Room) -> None:
    found = read(bits8(np.minimum(room_m / room_m.max(), 1)), ReadOptions(DepthIs.NEAR_BLACK))
    assert told(found, "straight in distance")
    assert np.corrcoef(found.depth.ravel(), nearness(room_m).ravel())[0, 1] > 0.98


def test_a_black_picture_with_a_white_floor_stays_near_white_by_default() -> None:
    found = read(np.tile(np.arange(128, dtype=np.uint8), (64, 1)))
    assert told(found, "white = near") and told(found, "the floor tells little")


def closet_m() -> np.ndarray:
    """Distances in a closet: walls 0.8 m away, floor 1.6 m below, ceiling 1 m above."""
    latitude = np.radians(90 - 180 * (np.arange(64) + 0.5) / 64)[:, None]
    floor = np.where(latitude < 0, 1.6 / np.maximum(np.sin(-latitude), 1e-9), 99)
    ceiling = np.where(latitude > 0, 1.0 / np.maximum(np.sin(latitude), 1e-9), 99)
    walls = np.broadcast_to(0.8 / np.cos(latitude), (64, 128))
    return np.minimum(np.minimum(floor, ceiling), walls).astype(np.float32)


def test_a_closet_whose_floor_is_farther_than_its_walls_is_still_metric() -> None:
    assert floor_test(closet_m()).votes > 0
    for values in (closet_m(), np.rint(closet_m() * 1000).astype(np.uint16)):
        found = read(values)
        assert found.meaning is DepthMeaning.DISTANCE
        assert np.abs(found.depth - closet_m()).max() < 0.001


def test_an_exr_depth_channel_is_in_metres_whatever_the_floor_says(room_m: Room) -> None:
    disparity = (2000 / room_m).astype(np.float32)
    assert read(disparity, kind="EXR channel Z").meaning is DepthMeaning.DISTANCE
    assert read(disparity, kind="EXR channel G").meaning is DepthMeaning.RELATIVE


def test_sixteen_bit_millimetres_become_metres(room_m: Room) -> None:
    found = read(np.rint(room_m * 1000).astype(np.uint16))
    assert found.meaning is DepthMeaning.DISTANCE and told(found, "millimetres")
    assert np.abs(found.depth - room_m).max() < 0.001


def test_floats_beyond_one_are_metres(room_m: Room) -> None:
    found = read(room_m)
    assert found.meaning is DepthMeaning.DISTANCE and np.array_equal(found.depth, room_m)


def test_float_millimetres_are_seen_by_their_size(room_m: Room) -> None:
    found = read(room_m * 1000)
    assert told(found, "millimetres") and np.allclose(found.depth, room_m)


def test_float_inverse_depth_of_any_scale_becomes_nearness(room_m: Room) -> None:
    found = read((2000 / room_m).astype(np.float32))
    assert found.meaning is DepthMeaning.RELATIVE
    assert np.allclose(found.depth, nearness(room_m), atol=1e-5)


def test_what_the_user_says_wins(room_m: Room) -> None:
    values = np.rint(room_m * 1000).astype(np.uint16)
    metres = read(values, ReadOptions(DepthIs.METRES))
    assert metres.depth.max() == values.max() and told(metres, "as you said")
    white = read(values, ReadOptions(DepthIs.NEAR_WHITE))
    assert white.meaning is DepthMeaning.RELATIVE
    assert white.depth.argmax() == values.argmax()


@pytest.mark.parametrize("said", list(DepthIs))
def test_inverting_turns_near_and_far_round(said: DepthIs, room_m: Room) -> None:
    values = bits16(nearness(room_m))
    plain = read(values, ReadOptions(said))
    turned = read(values, ReadOptions(said, invert_depth=True))
    nearest = (np.argmax if plain.meaning is DepthMeaning.RELATIVE else np.argmin)(plain.depth)
    farthest = (np.argmin if plain.meaning is DepthMeaning.RELATIVE else np.argmax)(plain.depth)
    assert turned.meaning is DepthMeaning.RELATIVE and told(turned, "inverted")
    assert turned.depth.flat[nearest] < turned.depth.flat[farthest]


def test_near_and_far_go_with_relative_maps(room_m: Room) -> None:
    found = read(bits8(nearness(room_m)), ReadOptions(near_m=1.5, far_m=np.inf))
    assert (found.near_m, found.far_m) == (1.5, np.inf)
    metric = read(room_m, ReadOptions(near_m=1.0, far_m=9.0))
    assert metric.near_m is None and told(metric, "left aside")


def test_near_and_far_make_near_black_values_distances(room_m: Room) -> None:
    low, high = float(room_m.min()), float(room_m.max())
    values = bits16((room_m - low) / (high - low))
    found = read(values, ReadOptions(DepthIs.NEAR_BLACK, near_m=low, far_m=high))
    distance = 1 / (found.depth / low + (1 - found.depth) / high)
    assert np.abs(distance - room_m).max() < 0.001


@pytest.mark.parametrize(("near", "far"), [(1.0, None), (None, 5.0), (2.0, 1.0), (0.0, 1.0)])
def test_impossible_near_and_far_are_usage_errors(near: float | None, far: float | None) -> None:
    with pytest.raises(UsageError):
        ReadOptions(near_m=near, far_m=far)


def test_low_ranges_are_stretched_and_told(room_m: Room) -> None:
    found = read(np.rint(nearness(room_m) * 59).astype(np.uint8))
    assert found.depth.max() == pytest.approx(1) and told(found, "59 of 255")


def test_a_constant_map_is_told() -> None:
    for values in (np.full((64, 128), 77, np.uint8), np.full((64, 128), 3.5, np.float32)):
        assert told(read(values), "the same value")


@pytest.mark.parametrize("mark", [np.nan, 0.0, -1.0, -9999.0, -np.inf])
def test_marks_in_metric_floats_are_holes(mark: float, room_m: Room) -> None:
    values = room_m.copy()
    values[40:44, 20:30] = mark
    found = read(values)
    assert found.holes is not None and found.holes.sum() == 40 and found.holes[40, 20]
    assert np.isfinite(found.depth).all() and told(found, "filled from the farther side")
    assert np.array_equal(found.depth[~found.holes], room_m[~found.holes])


@pytest.mark.parametrize("mark", [np.inf, 1e10])
def test_infinity_is_sky_above_and_a_hole_below(mark: float, room_m: Room) -> None:
    values = room_m.copy()
    values[:20] = mark
    values[50:54, 60:70] = mark
    found = read(values)
    assert np.isinf(found.depth[:20]).all() and np.isfinite(found.depth[20:]).all()
    assert found.holes is not None and found.holes.sum() == 40
    assert told(found, "taken as sky")


@pytest.mark.parametrize("mark", [0, 65535])
def test_marks_in_millimetres_are_holes(mark: int, room_m: Room) -> None:
    values = np.rint(room_m * 1000).astype(np.uint16)
    values[10:14, 5:9] = mark
    found = read(values)
    assert found.meaning is DepthMeaning.DISTANCE
    assert found.holes is not None and found.holes.sum() == 16
    assert found.depth.max() < 10


def test_marks_in_relative_floats_are_holes(room_m: Room) -> None:
    for mark in (np.nan, -9999.0, 1e10, -1.0):
        values = nearness(room_m).astype(np.float32)
        values[50:52, 60:62] = mark
        found = read(values)
        assert found.holes is not None and found.holes.sum() == 4, mark
        assert np.allclose(found.depth[~found.holes], values[~found.holes], atol=1e-6), mark


def test_a_map_of_nothing_but_marks_is_refused() -> None:
    for values in (np.full((64, 128), np.nan, np.float32), np.full((64, 128), -9999, np.float32)):
        with pytest.raises(PanoramaError, match="no depth value"):
            read(values)
    with pytest.raises(PanoramaError, match="no depth value"):
        read(np.zeros((64, 128), np.uint16), ReadOptions(DepthIs.MILLIMETRES))


def test_no_numbers_whatever_break_the_contract_of_the_panorama() -> None:
    rng = np.random.default_rng(5)
    special = np.array([np.nan, np.inf, -np.inf, 0, -1, 1e10, -9999, 1e-40, 3e38, -3e38], "f4")
    for said, inverted, power in itertools.product(DepthIs, (False, True), (-3, 0, 3, 30)):
        values = (rng.random((32, 64)) * 10.0**power).astype(np.float32)
        values[rng.random((32, 64)) < 0.3] = rng.choice(special)
        try:
            found = read(values, ReadOptions(said, inverted))
        except PanoramaError:
            continue
        Panorama(np.zeros((32, 64, 3), np.uint8), found.depth, found.meaning, holes=found.holes)


def rainbow(values: np.ndarray, anchors: str) -> np.ndarray:
    colors = np.array([list(bytes.fromhex(c)) for c in anchors.split()], float)
    place = values * (len(colors) - 1)
    return np.stack(
        [np.interp(place, range(len(colors)), colors[:, i]) for i in range(3)], axis=2
    ).astype(np.uint8)


@pytest.mark.parametrize(
    ("name", "anchors"),
    [
        ("jet", "000080 0000ff 00ffff ffff00 ff0000 800000"),
        ("magma", "000004 51127c b73779 fc8961 fcfdbf"),
        ("turbo", "30123b 4777ef 1bd0d5 62fc6b d2e935 fe9b2d db3a07 7a0403"),
    ],
)
def test_false_colours_are_recognised_by_name(name: str, anchors: str, room_m: Room) -> None:
    with pytest.raises(PanoramaError, match=name):
        one_channel(rainbow(nearness(room_m), anchors), "d.png")


def test_a_photograph_is_no_colour_map_and_no_depth_map(testdata: Path) -> None:
    from depthfusion.panorama.decode import decode

    for name in ("park_gpano_full.jpg", "mountain_rock.jpg", "office_rgba.png"):
        pixels = decode(testdata / "rgb_only" / name).pixels
        assert color_map_of(pixels) is None
        with pytest.raises(PanoramaError, match="colour picture"):
            one_channel(pixels, name)


def test_gray_stored_as_colour_is_one_channel(room_m: Room) -> None:
    gray = bits8(nearness(room_m))
    assert np.array_equal(one_channel(np.stack([gray] * 3, axis=2), "d.png"), gray)


def test_all_of_it_arrives_in_the_panorama(
    saved_picture: Path, saved_depth: Callable[[np.ndarray], Path], room_m: Room
) -> None:
    values = np.rint(room_m * 1000).astype(np.uint16)
    values[30, 40] = 0
    found = read_panorama(saved_picture, saved_depth(values))
    assert found.is_metric and found.holes is not None and found.holes[30, 40]
    assert told(found, "took values.png as distances in millimetres")
    assert found.provenance.depth_source is not None
