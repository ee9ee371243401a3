import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from depthfusion.errors import InputNotFoundError, PanoramaError
from depthfusion.panorama import read_panorama
from depthfusion.panorama.decode import decode
from depthfusion.panorama.decoded import oriented

LOSSLESS = ["png", "tif", "bmp", "ppm"]
LOSSY = ["jpg", "webp", "avif"]


@pytest.mark.parametrize("ending", LOSSLESS)
def test_lossless_pictures_come_back_as_they_were(
    ending: str, picture: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / f"world.{ending}"
    Image.fromarray(picture).save(path)
    assert np.array_equal(read_panorama(path).color, picture)


@pytest.mark.parametrize("ending", LOSSY)
def test_lossy_pictures_come_back_nearly(ending: str, picture: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / f"world.{ending}"
    Image.fromarray(picture).save(path, quality=95)
    error = np.abs(read_panorama(path).color.astype(int) - picture)
    assert error.mean() < 6


def test_content_and_not_the_name_decides(picture: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "world.exr"
    Image.fromarray(picture).save(path, "PNG")
    assert np.array_equal(read_panorama(path).color, picture)


def test_palette_and_gray_pictures_become_colour(picture: np.ndarray, tmp_path: Path) -> None:
    image = Image.fromarray(picture)
    image.quantize(64).save(tmp_path / "palette.png")
    image.convert("L").save(tmp_path / "gray.png")
    assert np.abs(read_panorama(tmp_path / "palette.png").color.astype(int) - picture).mean() < 20
    gray = read_panorama(tmp_path / "gray.png").color
    assert (gray == gray[..., :1]).all()


def test_transparent_parts_lie_over_black_and_are_told(picture: np.ndarray, tmp_path: Path) -> None:
    alpha = np.full((64, 128, 1), 255, np.uint8)
    alpha[:32] = 0
    Image.fromarray(np.concatenate([picture, alpha], axis=2)).save(tmp_path / "a.png")
    found = read_panorama(tmp_path / "a.png")
    assert (found.color[:32] == 0).all() and np.array_equal(found.color[32:], picture[32:])
    assert any("transparent" in note for note in found.provenance.notes)


def test_a_wholly_transparent_picture_is_shown_all_the_same(
    picture: np.ndarray, tmp_path: Path
) -> None:
    alpha = np.zeros((64, 128, 1), np.uint8)
    Image.fromarray(np.concatenate([picture, alpha], axis=2)).save(tmp_path / "a.png")
    assert np.array_equal(read_panorama(tmp_path / "a.png").color, picture)


def test_sixteen_bit_gray_keeps_its_upper_bits(tmp_path: Path) -> None:
    values = np.linspace(0, 65535, 64 * 128).astype(np.uint16).reshape(64, 128)
    Image.fromarray(values).save(tmp_path / "g.png")
    assert np.array_equal(read_panorama(tmp_path / "g.png").color[..., 0], values >> 8)


def test_sixteen_bit_and_float_colour_tiff_are_read(picture: np.ndarray, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "deep.tif", picture.astype(np.uint16) * 257, photometric="rgb")
    assert np.array_equal(read_panorama(tmp_path / "deep.tif").color, picture)
    linear = np.full((64, 128, 3), 0.5, np.float32)
    linear[0] = 1
    tifffile.imwrite(tmp_path / "float.tif", linear, photometric="rgb")
    assert abs(int(read_panorama(tmp_path / "float.tif").color[32, 0, 0]) - 188) <= 1


@pytest.mark.parametrize("packing", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
def test_compressed_tiff_is_read(packing: str, picture: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(picture).save(tmp_path / "w.tif", compression=packing)
    color = read_panorama(tmp_path / "w.tif").color
    assert np.abs(color.astype(int) - picture).mean() < (8 if packing == "jpeg" else 0.001)
    if packing != "jpeg":
        depth = np.linspace(1, 9, 64 * 128, dtype=np.float32).reshape(64, 128)
        Image.fromarray(depth).save(tmp_path / "d.tif", compression=packing)
        found = decode(tmp_path / "d.tif", exact=True)
        assert np.array_equal(found.pixels, depth) and found.kind == "float32 TIFF"


def test_cmyk_jpeg_has_its_colours_the_right_way_round(tmp_path: Path) -> None:
    red = Image.new("RGB", (128, 64), (200, 30, 20)).convert("CMYK")
    red.save(tmp_path / "cmyk.jpg", quality=95)
    color = read_panorama(tmp_path / "cmyk.jpg").color[32, 64]
    assert color[0] > 150 and color[1] < 80


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_turns_pixels_as_pillow_does(orientation: int, picture: np.ndarray) -> None:
    from PIL import ImageOps

    image = Image.fromarray(picture)
    image.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(image))
    assert np.array_equal(oriented(picture, orientation), expected)


def test_exif_orientation_is_honoured_in_colour_and_depth(
    picture: np.ndarray, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    Image.fromarray(picture).save(tmp_path / "x.png", exif=exif)
    values = np.linspace(0, 255, 64 * 128).astype(np.uint8).reshape(64, 128)
    Image.fromarray(values).save(tmp_path / "x_depth.png", exif=exif)
    found = read_panorama(tmp_path / "x.png")
    assert np.array_equal(found.color, picture[::-1, ::-1])
    assert np.array_equal(decode(tmp_path / "x_depth.png").pixels, values[::-1, ::-1])


def test_a_draft_is_small_and_looks_the_same(tmp_path: Path) -> None:
    columns = np.broadcast_to(np.linspace(0, 255, 1024).astype(np.uint8), (512, 1024))
    Image.fromarray(np.stack([columns] * 3, axis=2)).save(tmp_path / "w.jpg", quality=95)
    Image.fromarray(columns.copy()).save(tmp_path / "w_depth.png")
    found = read_panorama(tmp_path / "w.jpg", draft_px=256)
    assert found.color.shape == (128, 256, 3)
    assert found.depth is not None and found.depth.shape == (128, 256)
    assert abs(float(found.color[64, 128, 0]) - 128) < 4
    assert abs(float(found.depth[64, 128]) - 0.5) < 0.02


def test_an_mpo_gives_its_first_picture(testdata: Path) -> None:
    assert decode(testdata / "malformed/pillow/frozenpond.mpo").pixels.shape == (480, 640, 3)


def test_files_that_are_not_there_and_folders_are_input_errors(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.png", tmp_path):
        with pytest.raises(InputNotFoundError):
            read_panorama(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names there")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "w.png")
    with pytest.raises(InputNotFoundError, match="no ordinary file"):
        read_panorama(tmp_path / "w.png")


def test_an_unknown_kind_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(b"GIF89a" + bytes(50))
    with pytest.raises(PanoramaError, match="a GIF"):
        read_panorama(tmp_path / "a.gif")


def test_a_png_that_ends_early_is_refused(saved_picture: Path) -> None:
    data = saved_picture.read_bytes()
    saved_picture.write_bytes(data[: len(data) - 12])
    with pytest.raises(PanoramaError, match="cut off"):
        read_panorama(saved_picture)


def test_a_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    import struct
    import zlib

    head = struct.pack(">IIBBBBB", 60_000, 30_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + head
    data = b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    data += struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    (tmp_path / "bomb.png").write_bytes(data)
    with pytest.raises(PanoramaError, match="at most 160 megapixels"):
        read_panorama(tmp_path / "bomb.png")


def test_pillows_global_limit_and_the_warning_filters_stay_as_they_were(
    saved_picture: Path,
) -> None:
    import warnings

    before = (Image.MAX_IMAGE_PIXELS, list(warnings.filters))
    read_panorama(saved_picture)
    assert (Image.MAX_IMAGE_PIXELS, list(warnings.filters)) == before
