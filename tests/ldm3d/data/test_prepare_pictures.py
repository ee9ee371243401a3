"""What becomes of one picture: decoding, fitting, given depth of several conventions."""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ldm3d.data.prepare_depth import estimated
from ldm3d.data.prepare_picture import Prepared, bombs_refused, fitting_box, prepared
from ldm3d.data.prepare_plan import DepthIs, Fit, LeftOutError, PreparePlan
from ldm3d.data.prepare_sources import Held, Sample
from tests.ldm3d.data.photographs import encoded, photo, pixels, ramp, sample

PLAN = PreparePlan(64, 64, min_side=32)
GIVEN = replace(PLAN, depth_is=DepthIs.NEAR_WHITE)
TESTDATA = Path(__file__).parents[4] / "shared/testdata"


def looked_at(plan: PreparePlan, files: dict[str, bytes]) -> Prepared:
    held = {suffix: Held(f"a.{suffix}", len(data), data) for suffix, data in files.items()}
    with bombs_refused(plan):
        return prepared(Sample("test", 0, "a", held), plan)


def filter_of(plan: PreparePlan, files: dict[str, bytes]) -> str:
    with pytest.raises(LeftOutError) as caught:
        looked_at(plan, files)
    return caught.value.filter


def with_picture(data: bytes) -> dict[str, bytes]:
    return {"png": data, "txt": b"a picture"}


def with_depth(image: Image.Image | np.ndarray, form: str = "PNG") -> dict[str, bytes]:
    file = io.BytesIO()
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    picture.save(file, form)
    suffix = "depth.png" if form == "PNG" else "depth.tif"
    return {"jpg": photo(1), "txt": b"a picture", suffix: file.getvalue()}


def test_a_picture_of_the_wanted_size_comes_through_unchanged() -> None:
    found = looked_at(PLAN, with_picture(encoded(pixels(1))))
    assert np.array_equal(found.color, pixels(1))
    assert found.depth is None


def test_cropping_keeps_the_middle_and_resizing_keeps_all() -> None:
    wide = np.zeros((64, 128, 3), np.uint8)
    wide[:, 32:96] = 200
    cropped = looked_at(PLAN, with_picture(encoded(wide)))
    squeezed = looked_at(replace(PLAN, fit=Fit.RESIZE), with_picture(encoded(wide)))
    assert cropped.color.min() == 200
    assert squeezed.color[:, 0].max() == 0
    assert squeezed.color[:, 32].min() == 200


@pytest.mark.parametrize(
    ("size", "box"),
    [((200, 100), (0.25, 0, 0.75, 1)), ((100, 200), (0, 0.25, 1, 0.75)), ((9, 9), (0, 0, 1, 1))],
)
def test_a_crop_takes_as_much_as_fits(size: tuple[int, int], box: tuple[float, ...]) -> None:
    assert fitting_box(size, PLAN) == pytest.approx(box)


def test_a_large_jpeg_is_decoded_small_and_its_size_is_still_told() -> None:
    found = looked_at(PLAN, {"jpg": photo(3, 900, 700), "txt": b"a picture"})
    assert found.size_px == (900, 700)
    whole = Image.fromarray(pixels(3, 900, 700)).resize((64, 64), box=(100, 0, 800, 700))
    assert np.abs(found.color.astype(int) - np.asarray(whole)).mean() < 3


def test_pictures_are_turned_as_their_exif_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = np.zeros((64, 96, 3), np.uint8)
    lying[:, :48] = 250  # the left becomes the top
    plan = replace(PLAN, fit=Fit.RESIZE)
    found = looked_at(plan, {"jpg": encoded(lying, "JPEG", exif=exif), "txt": b"a picture"})
    assert found.size_px == (64, 96)
    assert found.color[:24].min() > 200
    assert found.color[-24:].max() < 50


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "I;16", "1", "LA"])
def test_every_mode_of_pillow_becomes_rgb(mode: str) -> None:
    if mode == "I;16":
        picture = Image.fromarray(np.full((64, 64), 40000, np.uint16))
    else:
        picture = Image.new("RGB", (64, 64), (156, 156, 156)).convert(mode)
    file = io.BytesIO()
    picture.save(file, "TIFF" if mode == "CMYK" else "PNG")
    found = looked_at(PLAN, with_picture(file.getvalue()))
    assert found.color.shape == (64, 64, 3)
    assert found.color.mean() == pytest.approx(156, abs=4)


def test_what_is_transparent_is_seen_over_white() -> None:
    clear = np.zeros((64, 64, 4), np.uint8)
    clear[:32] = (10, 20, 30, 255)
    found = looked_at(PLAN, with_picture(encoded(clear)))
    assert found.color[0, 0].tolist() == [10, 20, 30]
    assert found.color[-1, -1].tolist() == [255, 255, 255]


def bomb(width: int, height: int) -> bytes:
    """Return a PNG whose header asks for many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        checked = name + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99))


@pytest.mark.parametrize("side", [1001, 1300, 20000])
def test_a_picture_of_too_many_pixels_is_never_decoded(side: int) -> None:
    plan = replace(PLAN, max_megapixels=1.0)
    assert filter_of(plan, with_picture(bomb(side, side))) == "too-large"
    depth = {**sample(1), "depth.png": bomb(side, side)}
    assert filter_of(replace(GIVEN, max_megapixels=1.0), depth) == "too-large"


def test_the_limit_of_pillow_is_put_back() -> None:
    before, shown = Image.MAX_IMAGE_PIXELS, list(warnings.filters)
    looked_at(replace(PLAN, max_megapixels=1.0), with_picture(encoded(pixels(1))))
    assert before == Image.MAX_IMAGE_PIXELS
    assert list(warnings.filters) == shown


def malformed() -> Iterator[Path]:
    folder = TESTDATA / "malformed"
    yield from (path for path in sorted(folder.rglob("*.*")) if path.stat().st_size < 3_000_000)


@pytest.mark.slow
def test_no_broken_file_ends_the_work() -> None:
    files = list(malformed())
    if not files:
        pytest.skip("no test pictures beside the project")
    taken = []
    for path in files:
        try:
            found = looked_at(replace(PLAN, min_side=1), with_picture(path.read_bytes()))
        except LeftOutError:
            continue
        assert found.color.shape == (64, 64, 3)
        taken.append(path.name)
    assert "basn6a08.png" in taken
    assert not {"xcrn0g04.png", "truncated_image.png"} & set(taken)


def test_near_white_stays_and_near_black_turns_round() -> None:
    files = {**sample(1), "depth.png": ramp(most=65535)}
    white = looked_at(GIVEN, files).depth
    black = looked_at(replace(GIVEN, depth_is=DepthIs.NEAR_BLACK), files).depth
    assert white is not None
    assert black is not None
    assert white[0] == pytest.approx(np.linspace(0, 1, 64), abs=1e-4)
    assert black == pytest.approx(1 - white, abs=1e-4)


def test_millimetres_become_inverse_depth_between_near_and_far() -> None:
    levels = np.full((64, 64), 4000, np.uint16)
    levels[:, 32:] = 1000
    plan = replace(GIVEN, depth_is=DepthIs.MILLIMETRES, near_m=0.5)
    depth = looked_at(plan, with_depth(levels)).depth
    assert depth is not None
    assert depth[0, 0] == pytest.approx(0.5 / 4)
    assert depth[0, -1] == pytest.approx(0.5 / 1)
    cut = looked_at(replace(plan, far_m=4.0), with_depth(levels)).depth
    assert cut is not None
    assert cut[0, 0] == 0
    assert cut[0, -1] == pytest.approx((1 - 0.25) / (2 - 0.25))


def test_metres_may_be_floats_with_a_sky() -> None:
    metres = np.full((64, 64), 3.0, np.float32)
    metres[:20] = np.inf
    plan = replace(GIVEN, depth_is=DepthIs.METRES)
    depth = looked_at(plan, with_depth(metres, "TIFF")).depth
    assert depth is not None
    assert depth[0, 0] == 0
    assert depth[-1, -1] == pytest.approx(0.2)


def test_few_holes_are_filled_and_many_are_left_out() -> None:
    levels = np.tile(np.linspace(1000, 3000, 64).astype(np.uint16), (64, 1))
    levels[30:33, 30:33] = 0
    plan = replace(GIVEN, depth_is=DepthIs.MILLIMETRES)
    depth = looked_at(plan, with_depth(levels)).depth
    assert depth is not None
    assert depth[31, 31] == pytest.approx(0.6 / 1.98, rel=0.05)
    levels[:10] = 65535
    assert filter_of(plan, with_depth(levels)) == "holes"


def colorful() -> np.ndarray:
    return pixels(3)


@pytest.mark.parametrize(
    ("depth", "why"),
    [
        (colorful(), "broken-depth"),
        (np.full((64, 64), 9, np.uint16), "flat-depth"),
        (np.zeros((64, 128), np.uint16), "broken-depth"),
        (np.linspace(-1, 1, 4096, dtype=np.float32).reshape(64, 64), "broken-depth"),
        (np.full((64, 64), np.nan, np.float32), "broken-depth"),
    ],
)
def test_what_is_no_depth_is_left_out(depth: np.ndarray, why: str) -> None:
    form = "TIFF" if depth.dtype == np.float32 else "PNG"
    assert filter_of(GIVEN, with_depth(depth, form)) == why


def test_gray_stored_as_color_is_depth_of_8_bits() -> None:
    gray = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (64, 1))
    depth = looked_at(GIVEN, with_depth(np.stack([gray] * 3, axis=-1))).depth
    assert depth is not None
    assert depth[0, 32] == pytest.approx(128 / 255)


def test_depth_is_cut_as_its_picture_is() -> None:
    small = ramp(128, 64, most=65535)
    files = {"jpg": photo(1, 256, 128), "txt": b"a picture", "depth.png": small}
    depth = looked_at(GIVEN, files).depth
    assert depth is not None
    assert (depth[0, 0], depth[0, -1]) == pytest.approx((0.25, 0.75), abs=0.01)


class Strange:
    """A network that gives numbers for red pictures only."""

    name = "strange"

    def inverse_depths(self, pictures: list[np.ndarray]) -> list[np.ndarray]:
        slope = np.tile(np.arange(8, dtype=np.float32), (8, 1))
        return [slope if picture[..., 0].any() else slope * np.nan for picture in pictures]


def test_an_estimate_that_is_no_number_leaves_out_only_its_picture() -> None:
    red = np.zeros((64, 64, 3), np.uint8)
    red[..., 0] = 255
    first, second = estimated([red, red * 0], Strange(), panoramas=False)  # type: ignore[arg-type]
    assert isinstance(first, np.ndarray)
    assert (first.shape, first.dtype) == ((64, 64), np.float32)
    assert (first.min(), first.max()) == (0, 1)
    assert isinstance(second, LeftOutError)
