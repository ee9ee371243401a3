"""Mutated files of every format: refused with a `PanoramaError`, or a panorama that holds."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from depthfusion.errors import PanoramaError
from depthfusion.panorama import Panorama, ReadOptions, read_panorama

WIDTH, HEIGHT = 32, 16
OPTIONS = ReadOptions(find_partner=False)


def color() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def depth() -> np.ndarray:
    return np.linspace(1, 9, HEIGHT * WIDTH, dtype=np.float32).reshape(HEIGHT, WIDTH)


def pillow(array: np.ndarray, kind: str, **how: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, kind, **how)
    return stream.getvalue()


def palette_png() -> bytes:
    stream = io.BytesIO()
    Image.fromarray(color()).quantize(16).save(stream, "PNG")
    return stream.getvalue()


def with_numpy(save: Callable[..., None], array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    save(stream, depth=array) if save is not np.save else save(stream, array)
    return stream.getvalue()


def float_tiff() -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, np.stack([depth()] * 3, axis=2), photometric="rgb")
    return stream.getvalue()


def exr() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.exr")
        header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
        OpenEXR.File(header, {"Z": depth()}).write(str(path))
        return path.read_bytes()


def hdr() -> bytes:
    head = f"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y {HEIGHT} +X {WIDTH}\n".encode()
    row = b"\x02\x02" + WIDTH.to_bytes(2, "big") + 4 * bytes([16, *range(16), 128 + 16, 9])
    return head + HEIGHT * row


SAMPLES: dict[str, bytes] = {
    "png": pillow(color(), "PNG"),
    "palette png": palette_png(),
    "16-bit png": pillow((depth() * 1000).astype(np.uint16), "PNG"),
    "jpeg": pillow(color(), "JPEG", xmp=b'<x GPano:FullPanoWidthPixels="64"/>'),
    "webp": pillow(color(), "WEBP"),
    "avif": pillow(color(), "AVIF"),
    "tiff": pillow(color(), "TIFF"),
    "lzw tiff": pillow(depth(), "TIFF", compression="tiff_lzw"),
    "float tiff": float_tiff(),
    "bmp": pillow(color(), "BMP"),
    "ppm": pillow(color(), "PPM"),
    "hdr": hdr(),
    "pfm": f"Pf\n{WIDTH} {HEIGHT}\n-1.0\n".encode() + depth().tobytes(),
    "npy": with_numpy(np.save, depth()),
    "npz": with_numpy(np.savez_compressed, depth()),
}
EXR = exr()
Mutation = list[tuple[float, int]]


def mutated(data: bytes, changes: Mutation, keep: float) -> bytes:
    """Set the byte at each share of the length to a value; heads are hit as often as bodies."""
    out = bytearray(data[: max(1, int(len(data) * keep))])
    for place, value in changes:
        reach = min(len(out), 200) if value % 2 else len(out)
        out[int(place * (reach - 1))] = value
    return bytes(out)


CHANGES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8)
KEEP = st.one_of(st.just(1.0), st.just(1.0), st.floats(0, 1))


def check(data: bytes, folder: Path) -> None:
    """Read `data` as picture and as depth map."""
    path, good = folder / "fuzzed", folder / "good.bmp"
    path.write_bytes(data)
    if not good.exists():
        Image.fromarray(color()).save(good)
    for pair in ((path, None), (good, path)):
        try:
            assert isinstance(read_panorama(*pair, OPTIONS), Panorama)
        except PanoramaError as error:
            assert "\n" not in str(error) and len(str(error)) < 600


FUZZ = settings(
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.slow
@pytest.mark.parametrize("kind", SAMPLES)
def test_mutated_files_are_refused_or_hold(
    kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    @settings(FUZZ, max_examples=25 if kind == "lzw tiff" else 150)  # that one starts processes
    @given(changes=CHANGES, keep=KEEP)
    def hammer(changes: Mutation, keep: float) -> None:
        check(mutated(SAMPLES[kind], changes, keep), tmp_path)

    hammer()
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_mutated_exr_files_are_refused_or_hold(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    @settings(FUZZ, max_examples=25)
    @given(changes=CHANGES, keep=KEEP)
    def hammer(changes: Mutation, keep: float) -> None:
        check(mutated(EXR, changes, keep), tmp_path)

    hammer()
    assert capfd.readouterr().err == ""


def test_the_untouched_samples_are_all_read(tmp_path: Path) -> None:
    Image.fromarray(color()).save(tmp_path / "good.png")
    for kind, data in {**SAMPLES, "exr": EXR}.items():
        path = tmp_path / "sample"
        path.write_bytes(data)
        is_depth = kind in {"16-bit png", "lzw tiff", "pfm", "npy", "npz", "exr"}
        pair = (tmp_path / "good.png", path) if is_depth else (path, None)
        found = read_panorama(*pair, OPTIONS)
        assert (found.depth is not None) == is_depth, kind


@pytest.mark.slow
@settings(FUZZ, max_examples=200)
@given(
    values=st.lists(st.floats(width=32, allow_subnormal=True), min_size=8, max_size=32),
    said=st.sampled_from(["auto", "near-white", "near-black", "metres", "millimetres"]),
    invert=st.booleans(),
)
def test_any_floats_whatever_give_a_sound_depth_or_a_refusal(
    values: list[float], said: str, invert: bool
) -> None:
    from depthfusion.panorama import DepthIs
    from depthfusion.panorama.depth import depth_from_values

    grid = np.resize(np.array(values, np.float32), (HEIGHT, WIDTH))
    try:
        found = depth_from_values(grid, "d", "float32", ReadOptions(DepthIs(said), invert))
    except PanoramaError:
        return
    Panorama(color(), found.depth, found.meaning, holes=found.holes)
