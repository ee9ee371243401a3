"""The import contracts of pyproject.toml bite: each fails when an import breaks it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
pytest.importorskip("importlinter")

# Where an import is planted -> the import, and the contract that must not survive it.
PLANTS = {
    "depthfusion/panorama/planted.py": ("import depthfusion.renderer", "Layers:"),
    "depthfusion/camera.py": ("import PySide6", "Qt only in gui"),
    "depthfusion/geometry.py": ("import moderngl", "ModernGL only in"),
    "depthfusion/view.py": ("import openvr", "OpenVR only in headset"),
    "depthfusion/assets.py": ("import torch", "torch only in ldm3d"),
    "ldm3d/planted.py": ("import depthfusion", "ldm3d knows nothing"),
}


def lint(checkout: Path) -> dict[str, bool]:
    """Run the contracts in `checkout`; return the name of each, and whether it was kept."""
    # Its packages, not those of an editable install.
    environment = os.environ | {"PYTHONPATH": str(checkout), "COLUMNS": "200"}
    code = "from importlinter.cli import lint_imports_command as main; main()"
    result = subprocess.run(
        [sys.executable, "-c", code, "--no-cache"],
        cwd=checkout, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    found = {line: " KEPT" in line for line in lines if " KEPT" in line or " BROKEN" in line}
    assert found, result.stdout + result.stderr
    print(result.stdout)
    return found


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("depthfusion", "ldm3d"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.png")
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_every_contract_breaks_when_its_rule_is_broken(checkout: Path) -> None:
    for name, (planted_import, _) in PLANTS.items():
        path = checkout / name
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(f"{text}\n{planted_import}\n", encoding="utf-8")
    found = lint(checkout)
    for _, contract in PLANTS.values():
        kept = next(kept for line, kept in found.items() if line.startswith(contract))
        assert not kept, f"{contract}: the contract did not notice"
    assert len(found) == len(PLANTS), "a contract without a planted import"
