"""Any file -> `Decoded`: content decides the format, not the name."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from depthfusion.panorama.decoded import Decoded
from depthfusion.panorama.sniff import FileKind, sniff, told_as_broken


def decode(path: Path, draft_px: int | None = None, *, exact: bool = False) -> Decoded:
    """Decode the picture or depth map at `path`.

    Args:
        path: the file.
        draft_px: width wanted for a quick first picture; None decodes in full.
        exact: when reducing, drop pixels instead of mixing them, as depth needs.

    Raises:
        InputNotFoundError: if there is no such file.
        PanoramaError: if it is damaged, too large, or of a kind that is not read.
    """
    kind = sniff(path)
    with told_as_broken(path, kind), np.errstate(all="ignore"):  # files hold any float
        return _decode(path, kind, draft_px, exact)


def _decode(path: Path, kind: FileKind, draft_px: int | None, exact: bool) -> Decoded:
    if kind is FileKind.EXR:
        from depthfusion.panorama.exr_file import read_exr

        return read_exr(path, draft_px)
    if kind in {FileKind.PFM, FileKind.NPY, FileKind.NPZ, FileKind.HDR}:
        from depthfusion.panorama import float_files

        readers = {
            FileKind.PFM: float_files.read_pfm,
            FileKind.NPY: float_files.read_npy,
            FileKind.NPZ: float_files.read_npz,
            FileKind.HDR: float_files.read_hdr,
        }
        return readers[kind](path, draft_px)
    if kind is FileKind.TIFF:
        from depthfusion.panorama.tiff_file import read_tiff

        return read_tiff(path, draft_px, exact=exact)
    from depthfusion.panorama.pillow_file import read_with_pillow

    return read_with_pillow(path, kind, draft_px, exact=exact)
