"""The ten lines of the package's README run as they stand there, on a tiny model."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "ldm3d" / "README.md"


def test_the_ten_lines_of_the_readme_make_a_picture_and_its_depth(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ldm3d.depth_codec import read_depth_png

    block = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    code = block[1].replace('"Intel/ldm3d-pano"', repr(str(tiny_folder)))
    code = code.replace("seed=7", "seed=7, steps=2, width=256, height=128")
    assert "tiny" in code and "steps=2" in code
    monkeypatch.chdir(tmp_path)
    exec(compile(code, str(README), "exec"), {})
    assert (tmp_path / "forest.png").stat().st_size > 10_000
    assert read_depth_png(tmp_path / "forest_depth.png").shape == (128, 256)
    assert len([line for line in block[1].splitlines() if line]) <= 12
