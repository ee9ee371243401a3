import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from depthfusion.errors import PanoramaError
from depthfusion.panorama import DepthMeaning, Layout, Panorama, ReadOptions, read_panorama
from depthfusion.panorama.xmp import crop_from_xmp, gdepth_from_xmp, xmp_value


def told(found: Panorama, words: str) -> bool:
    return any(words in note for note in found.provenance.notes)


def gray_of(room_m: np.ndarray) -> np.ndarray:
    gray = np.rint(255 * room_m.min() / room_m).astype(np.uint8)
    return np.stack([gray] * 3, axis=2)


@pytest.mark.parametrize(("layout", "axis"), [(Layout.TOP_BOTTOM, 0), (Layout.LEFT_RIGHT, 1)])
@pytest.mark.parametrize("depth_first", [False, True])
@pytest.mark.parametrize("asked", [False, True])
def test_colour_and_depth_in_one_picture_are_taken_apart(
    layout: Layout, axis: int, depth_first: bool, asked: bool,
    picture: np.ndarray, room_m: np.ndarray, tmp_path: Path,
) -> None:  # fmt: skip
    gray = gray_of(room_m)
    both = [gray, picture] if depth_first else [picture, gray]
    Image.fromarray(np.concatenate(both, axis=axis)).save(tmp_path / "w.png")
    found = read_panorama(
        tmp_path / "w.png", options=ReadOptions(layout=layout if asked else Layout.AUTO)
    )
    assert np.array_equal(found.color, picture)
    assert found.depth is not None
    assert np.abs(found.depth - gray[..., 0] / 255).max() < 1e-6
    assert told(found, "as colour")


def test_separate_means_that_no_depth_is_looked_for_inside(
    picture: np.ndarray, room_m: np.ndarray, tmp_path: Path
) -> None:
    Image.fromarray(np.concatenate([picture, gray_of(room_m)])).save(tmp_path / "w.png")
    with pytest.raises(PanoramaError, match=r"1.00:1"):
        read_panorama(tmp_path / "w.png", options=ReadOptions(layout=Layout.SEPARATE))


def test_squeezed_halves_are_stretched_when_asked_for(
    picture: np.ndarray, room_m: np.ndarray, tmp_path: Path
) -> None:
    squeezed = np.concatenate([picture[::2], gray_of(room_m)[::2]])
    Image.fromarray(squeezed).save(tmp_path / "w.png")
    found = read_panorama(tmp_path / "w.png", options=ReadOptions(layout=Layout.TOP_BOTTOM))
    assert found.color.shape == (64, 128, 3) and told(found, "stretched to 2:1")
    assert found.depth is not None and found.depth.shape == (64, 128)


def test_two_coloured_halves_cannot_be_colour_and_depth(
    picture: np.ndarray, tmp_path: Path
) -> None:
    Image.fromarray(np.concatenate([picture, picture])).save(tmp_path / "w.png")
    with pytest.raises(PanoramaError, match="both are coloured"):
        read_panorama(tmp_path / "w.png", options=ReadOptions(layout=Layout.TOP_BOTTOM))
    assert told(read_panorama(tmp_path / "w.png"), "left eye")


def test_a_stereo_picture_takes_the_left_eye_of_its_depth_map_too(
    picture: np.ndarray, room_m: np.ndarray, tmp_path: Path
) -> None:
    gray = gray_of(room_m)[..., 0]
    Image.fromarray(np.concatenate([picture, picture])).save(tmp_path / "w.png")
    Image.fromarray(np.concatenate([gray, gray])).save(tmp_path / "w_depth.png")
    found = read_panorama(tmp_path / "w.png")
    assert found.depth is not None and np.abs(found.depth - gray / 255).max() < 1e-6


def test_pairs_of_different_shape_are_refused(picture: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(picture).save(tmp_path / "w.png")
    Image.fromarray(picture[:, :85, 0].copy()).save(tmp_path / "d.png")
    with pytest.raises(PanoramaError, match=r"d.png is 1.33:1: do they belong together"):
        read_panorama(tmp_path / "w.png", tmp_path / "d.png")


def test_a_partner_found_by_name_that_does_not_fit_is_left_aside_and_told(
    picture: np.ndarray, tmp_path: Path
) -> None:
    Image.fromarray(picture).save(tmp_path / "w.png")
    (tmp_path / "w_depth.png").write_bytes(b"not a picture")
    found = read_panorama(tmp_path / "w.png")
    assert found.depth is None and told(found, "left aside: want a picture as PNG")
    with pytest.raises(PanoramaError):
        read_panorama(tmp_path / "w.png", tmp_path / "w_depth.png")


def gpano(full: tuple[int, int], size: tuple[int, int], at: tuple[int, int]) -> bytes:
    names = ("FullPanoWidthPixels", "FullPanoHeightPixels", "CroppedAreaImageWidthPixels")
    names += ("CroppedAreaImageHeightPixels", "CroppedAreaLeftPixels", "CroppedAreaTopPixels")
    values = zip(names, (*full, *size, *at), strict=True)
    return "".join(f"<GPano:{n}>{v}</GPano:{n}>" for n, v in values).encode()


def test_a_cropped_panorama_lies_where_gpano_says_and_its_depth_too(
    picture: np.ndarray, room_m: np.ndarray, tmp_path: Path
) -> None:
    area = np.s_[16:48, 32:112]
    xmp = gpano((1280, 640), (800, 320), (320, 160))
    Image.fromarray(picture[area]).save(tmp_path / "w.jpg", quality=100, subsampling=0, xmp=xmp)
    Image.fromarray(np.rint(room_m * 1000).astype(np.uint16)[area]).save(tmp_path / "w_depth.png")
    found = read_panorama(tmp_path / "w.jpg")
    assert found.color.shape == (64, 128, 3) and told(found, "62 % x 50 % of the sphere")
    assert np.abs(found.color[area].astype(int) - picture[area]).max() < 12
    assert (found.color[:16] == 0).all() and (found.color[:, :32] == 0).all()
    assert found.meaning is DepthMeaning.DISTANCE
    assert found.depth is not None and found.holes is not None
    assert np.abs(found.depth[area] - room_m[area]).max() < 0.001
    assert not found.holes[area].any() and found.holes[:16].all()


def test_a_draft_of_a_cropped_panorama_lies_in_the_same_place(
    picture: np.ndarray, tmp_path: Path
) -> None:
    large = np.kron(picture, np.ones((16, 16, 1), np.uint8))
    area = np.s_[256:768, 512:1792]
    xmp = gpano((2048, 1024), (1280, 512), (512, 256))
    Image.fromarray(large[area]).save(tmp_path / "w.jpg", quality=100, subsampling=0, xmp=xmp)
    found = read_panorama(tmp_path / "w.jpg", draft_px=160).color
    assert found.shape == (128, 256, 3)
    error = np.abs(found[32:96, 64:224].astype(int) - large[area][4::8, 4::8])
    assert np.median(error) < 4 and (found[:32] == 0).all()


def test_a_gpano_that_cannot_be_is_left_aside(picture: np.ndarray, tmp_path: Path) -> None:
    for full, size, at in [
        ((0, 0), (0, 0), (0, 0)),
        ((1280, 640), (800, 320), (900, 160)),
        ((1280, 640), (300, 320), (0, 0)),
        ((10**9, 1), (128, 64), (0, 0)),
    ]:
        xmp = gpano(full, size, at)
        Image.fromarray(picture).save(tmp_path / "w.jpg", xmp=xmp)
        assert told(read_panorama(tmp_path / "w.jpg"), "left aside"), (full, size, at)


def test_a_tiny_crop_of_a_giant_sphere_is_refused_before_room_is_made(
    picture: np.ndarray, tmp_path: Path
) -> None:
    xmp = gpano((200_000, 100_000), (128, 64), (0, 0))
    Image.fromarray(picture).save(tmp_path / "w.jpg", xmp=xmp)
    with pytest.raises(PanoramaError, match=r"sphere around w.jpg"):
        read_panorama(tmp_path / "w.jpg")


def test_xmp_is_read_from_attributes_and_elements_and_broken_packets() -> None:
    assert xmp_value(b'<a GPano:X = "7" />', "GPano:X") == "7"
    assert xmp_value(b"<a GPano:X='7'", "GPano:X") == "7"
    assert xmp_value(b"<GPano:X rdf:x='1'> 7 </GPano:X>", "GPano:X") == "7"
    assert xmp_value(b"<GPano:Y>7", "GPano:X") is None
    assert crop_from_xmp(b"", (128, 64)) == (None, "")


def gdepth(values: np.ndarray, kind: str, near: float, far: float) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(values).save(stream, "PNG")
    data = base64.b64encode(stream.getvalue()).decode()
    return (
        f'<x GDepth:Format="{kind}" GDepth:Near="{near}" GDepth:Far="{far}" '
        f'GDepth:Units="m" GDepth:Mime="image/png" GDepth:Data="{data}"/>'
    ).encode()


@pytest.mark.parametrize("kind", ["RangeInverse", "RangeLinear"])
def test_gdepth_inside_a_panorama_is_used_with_its_near_and_far(
    kind: str, picture: np.ndarray, room_m: np.ndarray, tmp_path: Path
) -> None:
    near, far = float(room_m.min()), float(room_m.max())
    if kind == "RangeInverse":
        share = (1 / near - 1 / room_m) / (1 / near - 1 / far)
    else:
        share = (room_m - near) / (far - near)
    packet = gdepth(np.rint(share * 255).astype(np.uint8), kind, near, far)
    Image.fromarray(picture).save(tmp_path / "w.jpg", xmp=packet)
    found = read_panorama(tmp_path / "w.jpg")
    assert found.is_metric and told(found, f"{kind}, {near:g} to {far:g} m")
    assert found.depth is not None and found.near_m is not None and found.far_m is not None
    distance = 1 / (found.depth / found.near_m + (1 - found.depth) / found.far_m)
    assert np.abs(distance - room_m).max() < 0.1


def test_depth_inside_the_picture_is_surer_than_a_name(
    picture: np.ndarray, room_m: np.ndarray, tmp_path: Path
) -> None:
    packet = gdepth(gray_of(room_m)[..., 0], "RangeInverse", 1, 5)
    Image.fromarray(picture).save(tmp_path / "w.jpg", xmp=packet)
    Image.fromarray(gray_of(room_m)).save(tmp_path / "w_depth.png")
    found = read_panorama(tmp_path / "w.jpg")
    assert found.near_m == 1 and not told(found, "by its name")
    assert found.provenance.depth_source == str(tmp_path / "w.jpg")
    asked = read_panorama(tmp_path / "w.jpg", tmp_path / "w_depth.png")
    assert asked.near_m is None
    assert asked.provenance.depth_source == str(tmp_path / "w_depth.png")


def test_damaged_gdepth_is_refused_in_words(picture: np.ndarray) -> None:
    good = gdepth(picture[..., 0].copy(), "RangeLinear", 1, 5)
    assert gdepth_from_xmp(good, "w.jpg") is not None
    for bad in (good.replace(b'Near="1"', b'Near="9"'), good.replace(b'Linear"', b'Other"')):
        with pytest.raises(PanoramaError, match=r"w.jpg"):
            gdepth_from_xmp(bad, "w.jpg")
