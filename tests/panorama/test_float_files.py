import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import OpenEXR
import pytest

from depthfusion.errors import PanoramaError
from depthfusion.panorama import read_panorama
from depthfusion.panorama.decode import decode
from depthfusion.panorama.exr_header import read_exr_header
from depthfusion.panorama.float_files import read_hdr, read_npy, read_npz, read_pfm
from depthfusion.panorama.tone import toned


def values_of(height: int = 8, width: int = 16) -> np.ndarray:
    return np.arange(1, height * width + 1, dtype=np.float32).reshape(height, width)


@pytest.mark.parametrize(("dtype", "scale"), [("<f4", "-1.0"), (">f4", "1.0")])
def test_pfm_is_read_in_both_byte_orders_and_from_the_bottom_up(
    dtype: str, scale: str, tmp_path: Path
) -> None:
    body = values_of()[::-1].astype(dtype).tobytes()
    (tmp_path / "a.pfm").write_bytes(f"Pf\n16 8\n{scale}\n".encode() + body)
    assert np.array_equal(read_pfm(tmp_path / "a.pfm").pixels, values_of())


def test_pillows_pfm_is_upright(testdata: Path) -> None:
    from PIL import Image

    path = testdata / "depth_formats/hopper_little_endian.pfm"
    assert np.array_equal(read_pfm(path).pixels, np.asarray(Image.open(path)))


@pytest.mark.parametrize(
    "head", ["Pf\n16 9999\n-1\n", "Pf\n0 8\n-1\n", "Pf\nab\n", "PF\n16 8\n-1\n"]
)
def test_a_bad_pfm_is_refused(head: str, tmp_path: Path) -> None:
    (tmp_path / "a.pfm").write_bytes(head.encode() + values_of().tobytes())
    with pytest.raises(PanoramaError):
        read_pfm(tmp_path / "a.pfm")


@pytest.mark.parametrize("dtype", ["f2", "<f4", ">f4", "f8", "i4", "u1", "u2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_of_every_number_type_is_read(dtype: str, order: str, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array(values_of(), dtype=dtype, order=order))
    assert np.array_equal(read_npy(tmp_path / "a.npy").pixels, values_of())


def test_npy_may_have_sides_of_one(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", values_of()[None, ..., None])
    assert read_npy(tmp_path / "a.npy").pixels.shape == (8, 16)


def test_npy_never_unpickles(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[print]], dtype=object), allow_pickle=True)
    with pytest.raises(PanoramaError, match="plain numbers"):
        read_npy(tmp_path / "a.npy")


def test_npy_that_promises_more_than_it_has_is_refused_before_reading(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", values_of())
    data = (tmp_path / "a.npy").read_bytes().replace(b"(8, 16), ", b"(8000,9000),")
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(PanoramaError):
        decode(tmp_path / "a.npy")


def test_npz_gives_the_array_called_depth(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", other=np.zeros(3), depth=values_of())
    assert np.array_equal(read_npz(tmp_path / "a.npz").pixels, values_of())
    np.savez(tmp_path / "b.npz", alone=values_of())
    assert np.array_equal(read_npz(tmp_path / "b.npz").pixels, values_of())
    np.savez(tmp_path / "c.npz", one=values_of(), two=values_of())
    with pytest.raises(PanoramaError, match="one, two"):
        read_npz(tmp_path / "c.npz")


def test_an_npz_bomb_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        np.save(tmp_path / "h.npy", np.zeros((1, 1), np.float64))
        head = (tmp_path / "h.npy").read_bytes()[:128].replace(b"(1, 1), ", b"(60000, 60000),")
        archive.writestr("depth.npy", head + bytes(1_000_000))
    with pytest.raises(PanoramaError):
        decode(tmp_path / "a.npz")


def rgbe(linear: np.ndarray) -> np.ndarray:
    mantissa, exponent = np.frexp(linear.max(axis=2))
    scale = mantissa * 256 / np.maximum(linear.max(axis=2), 1e-30)
    out = np.concatenate([linear * scale[..., None], (exponent + 128)[..., None]], axis=2)
    return out.astype(np.uint8)


def hdr_bytes(linear: np.ndarray, *, packed: bool) -> bytes:
    height, width = linear.shape[:2]
    data = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n" + f"-Y {height} +X {width}\n".encode()
    for row in rgbe(linear):
        if not packed:
            data += row.tobytes()
            continue
        data += b"\x02\x02" + width.to_bytes(2, "big")
        for channel in row.T:
            half = width // 2  # half as a literal, half as a run
            data += bytes([half]) + channel[:half].tobytes()
            data += bytes([128 + width - half, channel[-1]])
    return data


@pytest.mark.parametrize("packed", [False, True])
def test_radiance_pictures_are_read_flat_and_packed(packed: bool, tmp_path: Path) -> None:
    linear = np.full((16, 32, 3), [0.5, 1.5, 3.0], np.float32)
    linear[:, :16] *= np.linspace(0.1, 4, 16, dtype=np.float32)[None, :, None]
    linear[:, 16:] = [2, 1, 0.25]
    (tmp_path / "a.hdr").write_bytes(hdr_bytes(linear, packed=packed))
    found = read_hdr(tmp_path / "a.hdr").pixels
    assert np.abs(found - linear).max() < 0.02 * linear.max()
    assert read_panorama(tmp_path / "a.hdr").color.shape == (16, 32, 3)


@pytest.mark.parametrize("keep", [30, 60, 200])
def test_a_radiance_picture_that_ends_early_is_refused(keep: int, tmp_path: Path) -> None:
    data = hdr_bytes(np.ones((16, 32, 3), np.float32), packed=False)
    (tmp_path / "a.hdr").write_bytes(data[:keep])
    with pytest.raises(PanoramaError):
        decode(tmp_path / "a.hdr")


def write_exr(path: Path, channels: dict[str, np.ndarray]) -> None:
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, channels).write(str(path))


def test_exr_colour_and_its_depth_channel_are_read_together(
    room_m: np.ndarray, tmp_path: Path
) -> None:
    rgb = np.random.default_rng(1).random((3, 64, 128), dtype=np.float32)
    write_exr(tmp_path / "a.exr", {"R": rgb[0], "G": rgb[1], "B": rgb[2], "Z": room_m})
    found = read_panorama(tmp_path / "a.exr")
    assert found.depth is not None and np.array_equal(found.depth, room_m)
    assert found.provenance.depth_source == found.provenance.color_source


@pytest.mark.parametrize("name", ["Z", "depth", "V", "ViewLayer.Depth.Z"])
def test_exr_depth_channels_are_found_by_name_or_by_being_alone(
    name: str, room_m: np.ndarray, tmp_path: Path
) -> None:
    write_exr(tmp_path / "a.exr", {name: room_m.astype(np.float16)})
    found = decode(tmp_path / "a.exr")
    assert np.allclose(found.pixels, room_m, rtol=1e-3) and found.pixels.dtype == np.float32


def test_exr_without_a_known_channel_is_refused_in_words(tmp_path: Path) -> None:
    write_exr(tmp_path / "a.exr", {"one": values_of(), "two": values_of()})
    with pytest.raises(PanoramaError, match="channels R, G, B or Z"):
        decode(tmp_path / "a.exr")


def test_a_deep_exr_is_refused_in_words(testdata: Path) -> None:
    with pytest.raises(PanoramaError, match="deep"):
        decode(testdata / "depth_formats/trunks_deep_z.exr")


def test_an_exr_header_that_asks_for_too_much_is_refused(tmp_path: Path) -> None:
    write_exr(tmp_path / "a.exr", {"Z": values_of()})
    data = (tmp_path / "a.exr").read_bytes()
    place = data.index(b"dataWindow\0box2i\0") + 21
    huge = b"".join(n.to_bytes(4, "little") for n in (0, 0, 59_999, 29_999))
    (tmp_path / "b.exr").write_bytes(data[:place] + huge + data[place + 16 :])
    with pytest.raises(PanoramaError, match="megapixels"):
        read_exr_header(tmp_path / "b.exr")


def test_broken_exr_pixels_are_refused_without_a_word_of_the_library(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(2).random((64, 128), dtype=np.float32)
    write_exr(tmp_path / "a.exr", {"Z": noise})
    data = bytearray((tmp_path / "a.exr").read_bytes())
    data[len(data) // 2 : len(data) // 2 + 2000] = bytes(2000)
    (tmp_path / "a.exr").write_bytes(data)
    with pytest.raises(PanoramaError, match="damaged"):
        decode(tmp_path / "a.exr")
    assert capfd.readouterr() == ("", "")


def test_a_decoder_that_dies_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_exr(tmp_path / "a.exr", {"Z": values_of()})
    dying = tmp_path / "python"
    dying.write_text("#!/bin/sh\nkill -SEGV $$\n")
    dying.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(dying))
    with pytest.raises(PanoramaError, match="decoder gave up"):
        decode(tmp_path / "a.exr")


def test_nothing_in_the_current_folder_is_run(tmp_path: Path) -> None:
    write_exr(tmp_path / "a.exr", {"Z": values_of()})
    for name in ("json.py", "numpy.py", "OpenEXR.py"):
        (tmp_path / name).write_text("open('ran', 'w').close(); raise SystemExit(5)")
    code = (
        "from pathlib import Path; from depthfusion.panorama.decode import decode\n"
        "print(decode(Path('a.exr')).pixels.shape)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "(8, 16)\n" and not (tmp_path / "ran").exists()


def test_tone_mapping_takes_any_number_and_keeps_the_order() -> None:
    linear = np.geomspace(1e-4, 1e4, 128, dtype=np.float32)
    picture = np.broadcast_to(linear[None, :, None], (64, 128, 3)).copy()
    gray = toned(picture)[0, :, 0].astype(int)
    assert (np.diff(gray) >= 0).all() and gray[0] < 20 and gray[-1] > 250
    picture[0, 0] = np.nan, -np.inf, np.inf
    assert toned(picture)[0, 0].tolist()[:2] == [0, 0]
    assert toned(picture)[0, 0, 2] > 240


def test_tone_mapping_does_not_depend_on_the_unit_of_light() -> None:
    picture = np.random.default_rng(3).gamma(1, 2, (64, 128, 3)).astype(np.float32)
    difference = toned(picture).astype(int) - toned(picture * 1000)
    assert np.abs(difference).max() <= 3


def test_high_dynamic_range_pictures_are_neither_black_nor_burnt(testdata: Path) -> None:
    for name in ("hdri_night.exr", "hdri_forest.exr"):
        color = read_panorama(testdata / "rgb_only" / name).color
        assert 60 < color.mean() < 200
        assert (color == 255).all(axis=2).mean() < 0.05
