"""The picture that `depthfusion depth` reads and the depth map that it writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from depthfusion._version import __version__
from depthfusion.errors import InputNotFoundError, PanoramaError, SaveError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from depthfusion.panorama.decoded import Array


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture without depth, in its own shape."""

    color: NDArray[np.uint8]
    """(H, W, 3) uint8, sRGB."""
    is_part: bool
    """Its metadata say that it covers a part of the sphere."""
    saved: Mapping[str, Any] = field(default_factory=dict)
    """What the file says of itself: how it was made, title, view settings."""


def read_picture(path: Path) -> Picture:
    """Read any picture file that is understood.

    Raises:
        InputNotFoundError: if there is no such file.
        PanoramaError: if it is damaged, no colour picture, or has depth in it already.
    """
    from depthfusion.panorama.decode import decode
    from depthfusion.panorama.depth_file import depth_source, json_object
    from depthfusion.panorama.parameters import generation_from_parameters
    from depthfusion.panorama.xmp import crop_from_xmp

    if path.is_dir():
        raise InputNotFoundError(f"{path}: is a folder, not a picture")
    decoded = decode(path)
    if depth_source(decoded, None, None, inside=True) is not None:
        raise PanoramaError(f"want a picture without depth, {path.name} has a depth map inside")
    color = _rgb(decoded.pixels, path.name)
    _refuse_two(color, path.name)
    text = decoded.metadata.text
    saved = json_object(text.get("depthfusion", ""))
    if not saved and "parameters" in text:
        saved = {"generation": generation_from_parameters(text["parameters"])}
    crop, _ = crop_from_xmp(decoded.metadata.xmp, decoded.full_size_px)
    return Picture(color, crop is not None, saved)


def _rgb(pixels: Array, name: str) -> NDArray[np.uint8]:
    import numpy as np

    from depthfusion.panorama.tone import toned

    if pixels.dtype.kind == "f":
        if pixels.ndim == 2:
            raise PanoramaError(f"want a colour picture, {name} holds one number a pixel")
        return toned(pixels)
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    return np.ascontiguousarray(pixels[..., :3], dtype=np.uint8)


def _refuse_two(color: NDArray[np.uint8], name: str) -> None:
    from depthfusion.panorama.layout import split
    from depthfusion.panorama.options import Layout

    parts = split(color, color.shape[1] / color.shape[0], name, Layout.AUTO)
    if parts.side is not None:
        what = "a stereo pair" if parts.depth is None else "a depth map as one half"
        raise PanoramaError(f"want one picture without depth, {name} holds {what}: cut it first")


def output_path(image: Path, output: str | None, *, overwrite: bool) -> Path:
    """Return where the depth map goes, after checking that it can.

    Args:
        image: the picture.
        output: as asked for; None: beside the picture, with `_depth`.
        overwrite: whether a file that is there may be replaced.

    Raises:
        UsageError: if the name is no PNG, is the picture itself, or is taken.
        SaveError: if its folder does not exist.
    """
    path = image.with_name(f"{image.stem}_depth.png") if output is None else Path(output)
    if path.suffix.lower() != ".png":
        raise UsageError(f"want a name that ends in .png for the depth map, got {path.name}")
    if not path.parent.is_dir():
        raise SaveError(f"want a folder that exists for {path}, got {path.parent}: make it first")
    if path.is_dir():
        raise UsageError(f"want a file name, {path} is a folder")
    if path.exists():
        if image.exists() and path.samefile(image):
            raise UsageError(f"want another file than the picture, got {path} for both")
        if not overwrite:
            raise UsageError(
                f"{path} is there already: --overwrite replaces it, -o names another file"
            )
    return path


def write_depth(
    path: Path, depth: NDArray[np.float32], picture: Picture, made: Mapping[str, Any],
    *, is_sphere: bool,
) -> None:  # fmt: skip
    """Write a 16-bit PNG, white = near, whole or not at all.

    Args:
        path: of the file.
        depth: (H, W) float32 in [0, 1], 1 = nearer.
        picture: what it belongs to; how that was made stays known.
        made: how the depth was made, JSON-able.
        is_sphere: it covers the full sphere, and says so (GPano).

    Raises:
        SaveError: if it cannot be written; what stood there before is untouched.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    from depthfusion.panorama.coding import codes_from
    from depthfusion.panorama.panorama import DepthMeaning
    from depthfusion.panorama.write import FORMAT_VERSION, plain
    from depthfusion.panorama.xmp import gpano_xmp
    from depthfusion.picture_file import write_atomically

    codes, coding = codes_from(depth, DepthMeaning.RELATIVE)
    generation = dict(picture.saved.get("generation") or {}) | {"depth": dict(made)}
    saved = dict(picture.saved) | {
        "version": FORMAT_VERSION,
        "software": f"DepthFusion {__version__}",
        "generation": generation,
    }
    info = PngInfo()
    if is_sphere:
        saved["depth"] = coding
        info.add_itxt("XML:com.adobe.xmp", gpano_xmp(codes.shape[1], codes.shape[0]))
    info.add_itxt("depthfusion", json.dumps(plain(saved), ensure_ascii=False))
    buffer = BytesIO()
    Image.fromarray(codes).save(buffer, "PNG", pnginfo=info, compress_level=1)
    write_atomically(path, buffer.getvalue())


def viewed_instead(image: Path, written: Path) -> str:
    """Return what `view IMAGE` would take for depth instead of what was written, or ""."""
    from depthfusion.panorama.partner import partner_of

    found = partner_of(image)
    if found is not None and found[0].exists() and found[0].samefile(written):
        return ""
    other = "no depth map" if found is None else found[0].name
    return (
        f"`depthfusion view {image}` alone takes {other} by its name: "
        f"`depthfusion view {image} {written}` shows this one"
    )
