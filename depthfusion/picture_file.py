"""A finished picture as a file: PNG, JPEG or WebP, written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from depthfusion._version import __version__
from depthfusion.errors import SaveError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
"""File ending -> Pillow's name of the format."""
QUALITY = 92
"""Of JPEG and WebP: no artefacts that a person sees at full size."""


def format_from_path(path: str) -> str:
    """Return the format that the ending of `path` names; "-", standard output, is PNG.

    Raises:
        UsageError: if it names none.
    """
    if path == "-":
        return "PNG"
    ending = Path(path).suffix.lower()
    if ending not in FORMATS:
        raise UsageError(f"want a file ending in {', '.join(FORMATS)}, got {path}")
    return FORMATS[ending]


def encode(
    image: NDArray[np.uint8], file_format: str, made: Mapping[str, Any] | None = None
) -> bytes:
    """Return the bytes of a picture file.

    Args:
        image: (H, W, 3) uint8, sRGB, row 0 up.
        file_format: a value of `FORMATS`.
        made: how the picture was made, JSON-able; a PNG carries it as the text `depthfusion`.

    Raises:
        SaveError: if the format cannot hold it; WebP ends at 16383 pixels, JPEG at 65500.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    options: dict[str, Any] = {}
    if file_format == "PNG":
        info = PngInfo()
        info.add(b"sRGB", b"\0")  # perceptual; says that the numbers are sRGB
        info.add_text("Software", f"DepthFusion {__version__}")
        if made is not None:
            info.add_itxt("depthfusion", json.dumps(made, ensure_ascii=False))
        options["pnginfo"] = info
    else:
        options["quality"] = QUALITY
    if file_format == "JPEG":
        options["subsampling"] = 0  # red and cyan of an anaglyph bleed otherwise
    buffer = BytesIO()
    try:
        Image.fromarray(image).save(buffer, file_format, **options)
    except (OSError, ValueError) as error:
        raise SaveError(
            f"a {file_format} file cannot hold {image.shape[1]}x{image.shape[0]} pixels ({error}):"
            " take PNG or a smaller size"
        ) from error
    return buffer.getvalue()


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` to `path` in one step: a reader sees the old file or the new one.

    Raises:
        SaveError: if it cannot be written; what stood there before is untouched.
    """
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(data)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
        temporary = None
    except OSError as error:
        raise SaveError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _umask() -> int:
    umask = os.umask(0)  # it can only be read by setting it
    os.umask(umask)
    return umask
