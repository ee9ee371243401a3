"""What `import depthfusion` offers: open, render, save. The commands stand on the same ground."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from depthfusion.errors import UsageError
from depthfusion.panorama import DepthIs, Layout, Panorama, ReadOptions, read_panorama
from depthfusion.renderer.quality import Quality
from depthfusion.view import View

FilePath = str | os.PathLike[str]
Choice = TypeVar("Choice", bound=StrEnum)


def open(
    image: FilePath,
    depth: FilePath | None = None,
    *,
    depth_is: str = "auto",
    invert_depth: bool = False,
    near_m: float | None = None,
    far_m: float | None = None,
    layout: str = "auto",
    find_partner: bool = True,
) -> Panorama:
    """Read a 360° picture and its depth map.

    Args:
        image: any picture that `depthfusion view` opens.
        depth: its depth map; None: looked for by name, or inside the picture itself.
        depth_is: "auto", "near-white", "near-black", "metres" or "millimetres".
        invert_depth: take near for far.
        near_m: distance in metres of the nearest value of a relative map; goes with `far_m`.
        far_m: distance in metres of the farthest; may be infinity.
        layout: "auto", "separate", "top-bottom" or "left-right".
        find_partner: whether to look for the depth map by name.

    Returns:
        The panorama; its `provenance.notes` say what was assumed, one sentence each.

    Raises:
        InputNotFoundError: if a file is not there.
        PanoramaError: if it is not a picture that can be used.
        UsageError: if an option has a value that does not exist.
    """
    options = ReadOptions(
        depth_is=_choice(DepthIs, "depth_is", depth_is),
        invert_depth=invert_depth,
        near_m=near_m,
        far_m=far_m,
        layout=_choice(Layout, "layout", layout),
        find_partner=find_partner,
    )
    return read_panorama(image, depth, options)


def render(
    panorama: Panorama,
    view: View = View(),
    size_px: tuple[int, int] = (1280, 720),
    quality: Quality = Quality(),
) -> NDArray[np.uint8]:
    """Return what `view` sees of `panorama`, as `depthfusion render` writes it.

    Makes an OpenGL context of its own and lets it go again; the calling thread's current context
    is another one afterwards.

    Args:
        panorama: the world.
        view: where to look from, how, and in which stereo mode.
        size_px: width and height of the whole picture, both eyes together.
        quality: the renderer's switches.

    Returns:
        (height, width, 3) uint8, sRGB, row 0 up.

    Raises:
        RendererError: if there is no OpenGL 3.3.
        UsageError: if the size cannot be.
    """
    from depthfusion.renderer.offscreen import render_image

    return render_image(panorama, view, size_px, quality)


def save(
    panorama: Panorama,
    path: FilePath,
    depth_path: FilePath | None = None,
    *,
    view: View | None = None,
) -> tuple[Path, Path | None]:
    """Write a pair: 8-bit colour PNG and 16-bit depth PNG, white = near; atomic.

    Args:
        panorama: what to write.
        path: of the colour file, ending in .png.
        depth_path: of the depth file; None: the same name with `_depth`.
        view: settings to keep in the files; None: those that came with the panorama.

    Returns:
        Both paths; the second is None for a panorama without depth.

    Raises:
        SaveError: if it cannot be written; what stood there before is untouched.
    """
    from depthfusion.panorama import write_pair

    return write_pair(panorama, path, depth_path, view=view)


def save_image(image: NDArray[np.uint8], path: FilePath) -> None:
    """Write a rendered picture as PNG, JPEG or WebP, by the ending of `path`; atomic.

    Raises:
        SaveError: if it cannot be written; what stood there before is untouched.
        UsageError: if the ending names no such format.
    """
    from depthfusion.picture_file import encode, format_from_path, write_atomically

    file_format = format_from_path(os.fspath(path))
    write_atomically(Path(path), encode(image, file_format))


def _choice(kind: type[Choice], name: str, value: str) -> Choice:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(item.value for item in kind)
        raise UsageError(f"want {name} as one of {known}, got {value!r}") from None
