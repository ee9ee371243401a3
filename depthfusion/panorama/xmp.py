"""GPano (where a picture lies on the sphere) and GDepth (depth inside a JPEG), read and written.

Read with regular expressions, not an XML parser: broken packets are common, and entity bombs
cannot happen.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from depthfusion.errors import PanoramaError
from depthfusion.panorama.decoded import Array

_GPANO = "http://ns.google.com/photos/1.0/panorama/"
_MAX_GDEPTH_BYTES = 100_000_000


@dataclass(frozen=True)
class Crop:
    """The part of the full sphere that a picture covers, in fractions of its width and height."""

    left: float
    top: float
    width: float
    height: float


def xmp_value(xmp: bytes, name: str) -> str | None:
    """Return the value of e.g. "GPano:ProjectionType", as attribute or element; None if absent."""
    key = re.escape(name.encode())
    match = re.search(key + rb"""\s*=\s*(?:"([^"]{0,200})"|'([^']{0,200})')""", xmp)
    match = match or re.search(rb"<" + key + rb"[^>]{0,200}>([^<]{0,200})()<", xmp)
    if match is None:
        return None
    return (match[1] or match[2] or b"").decode("utf-8", "replace").strip()


def _number(xmp: bytes, name: str) -> float | None:
    value = xmp_value(xmp, name)
    if value is None:
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def crop_from_xmp(xmp: bytes, size_px: tuple[int, int]) -> tuple[Crop | None, str]:
    """Return where a picture of `size_px` lies on the sphere by its GPano, and a note or "".

    None when there is no GPano, when the picture covers the full sphere, or when what is said
    cannot be (then the note tells).
    """
    names = (
        *("FullPanoWidthPixels", "FullPanoHeightPixels", "CroppedAreaImageWidthPixels"),
        *("CroppedAreaImageHeightPixels", "CroppedAreaLeftPixels", "CroppedAreaTopPixels"),
    )
    found = [_number(xmp, f"GPano:{name}") for name in names]
    if any(value is None for value in found):
        return None, ""
    full_w, full_h, width, height, left, top = (float(v or 0) for v in found)
    if min(full_w, full_h, width, height) < 1 or min(left, top) < 0:
        return None, "its GPano sizes cannot be and were left aside"
    if (width, height) == (full_w, full_h):
        return None, ""
    fits = left + width <= 1.001 * full_w and top + height <= 1.001 * full_h
    same = abs(width / height / (size_px[0] / size_px[1]) - 1) < 0.02
    if not fits or not same or abs(full_w / full_h - 2) > 0.06:
        return None, "its GPano crop does not fit the picture and was left aside"
    crop = Crop(left / full_w, top / full_h, width / full_w, height / full_h)
    return crop, "" if min(crop.width, crop.height) > 0.01 else "it covers a tiny part"


@dataclass(frozen=True, eq=False)
class GDepth:
    """Depth that a phone put inside its JPEG."""

    values: Array
    """(h, w) uint8 or uint16; 0 = near."""
    is_inverse: bool
    """RangeInverse (linear in 1 / distance) or RangeLinear."""
    near: float
    far: float
    unit: str
    """"m", "mm" or "" when it is not said."""

    def nearness(self) -> NDArray[np.float32]:
        """Return (h, w) float32 in [0, 1], 1 = near, linear in inverse distance.

        Near and far are as stored; RangeInverse: https://developers.google.com/depthmap-metadata.
        """
        full = 255 if self.values.dtype == np.uint8 else 65535
        share = self.values.astype(np.float32) / np.float32(full)
        if self.is_inverse:
            return np.float32(1) - share
        distance = self.near + share * np.float32(self.far - self.near)
        inverse = (1 / distance - 1 / self.far) / (1 / self.near - 1 / self.far)
        return np.clip(inverse, 0, 1).astype(np.float32)


def gdepth_from_xmp(xmp: bytes, name: str) -> GDepth | None:
    """Return the GDepth map of an XMP packet with its extension, None if there is none.

    Raises:
        PanoramaError: if there is one that is damaged or has no sensible near and far.
    """
    kind = xmp_value(xmp, "GDepth:Format")
    match = re.search(rb"""GDepth:Data\s*=\s*["']([A-Za-z0-9+/=\s]*)["']""", xmp)
    match = match or re.search(rb"<GDepth:Data>([A-Za-z0-9+/=\s]*)</", xmp)
    if kind is None or match is None:
        return None
    near, far = _number(xmp, "GDepth:Near"), _number(xmp, "GDepth:Far")
    if kind not in {"RangeInverse", "RangeLinear"} or near is None or far is None:
        raise PanoramaError(f"want GDepth with a format, near and far in {name}, got {kind}")
    if not 0 < near < far:
        raise PanoramaError(f"want 0 < near < far in the GDepth of {name}, got {near:g}, {far:g}")
    try:
        data = base64.b64decode(match[1][:_MAX_GDEPTH_BYTES])
    except binascii.Error as error:
        raise PanoramaError(f"the GDepth map inside {name} is damaged") from error
    values = _gdepth_values(data, name)
    return GDepth(values, kind == "RangeInverse", near, far, xmp_value(xmp, "GDepth:Units") or "")


def _gdepth_values(data: bytes, name: str) -> Array:
    from PIL import JpegImagePlugin, PngImagePlugin

    from depthfusion.panorama.gray import one_channel
    from depthfusion.panorama.sniff import check_size

    png = data.startswith(b"\x89PNG")
    opener = PngImagePlugin.PngImageFile if png else JpegImagePlugin.JpegImageFile
    image = opener(io.BytesIO(data))
    check_size(*image.size, f"the depth inside {name}")
    image.load()
    if image.mode in {"L", "I;16"}:
        return np.asarray(image)
    return one_channel(np.asarray(image.convert("RGB")), f"the depth inside {name}")


def gpano_xmp(width_px: int, height_px: int) -> str:
    """Return an XMP packet that says: a full equirectangular sphere of this size."""
    sizes = {
        "FullPanoWidthPixels": width_px,
        "FullPanoHeightPixels": height_px,
        "CroppedAreaImageWidthPixels": width_px,
        "CroppedAreaImageHeightPixels": height_px,
        "CroppedAreaLeftPixels": 0,
        "CroppedAreaTopPixels": 0,
    }
    attributes = "".join(f' GPano:{name}="{value}"' for name, value in sizes.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:GPano="{_GPANO}"'
        ' GPano:ProjectionType="equirectangular" GPano:UsePanoramaViewer="True"'
        f"{attributes}/></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="w"?>'
    )
