"""pyproject.toml and constraints.txt agree, and bring nothing large or broken."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINNED = {
    canonicalize_name(match[1]): match[2]
    for match in re.finditer(
        r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.M
    )
}


def requirements() -> list[Requirement]:
    extras = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]
    found = [Requirement(line) for line in [*PROJECT["dependencies"], *extras]]
    return [r for r in found if r.name != PROJECT["name"]]


def test_every_requirement_has_a_tested_version_that_satisfies_it() -> None:
    for requirement in requirements():
        version = PINNED.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} is missing in constraints.txt"
        assert version in requirement.specifier, f"{requirement} and {version}"


def test_constraints_hold_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert all(line.startswith("#") or re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines)


def test_the_viewer_brings_no_torch() -> None:
    needed = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
    assert not needed & {"torch", "diffusers", "transformers", "accelerate", "peft"}
    assert not {name for name in PINNED if name.startswith(("nvidia", "cuda"))}


@pytest.mark.parametrize("version", ["6.11.0", "6.11.1", "6.12.0"])
def test_broken_versions_of_pyside_are_shut_out(version: str) -> None:
    pyside = next(r for r in requirements() if r.name == "PySide6-Essentials")
    assert version not in pyside.specifier
    assert "6.11.3" in pyside.specifier


def test_the_installed_distribution_has_its_command_and_version() -> None:
    import depthfusion

    distribution = metadata.distribution(PROJECT["name"])
    assert distribution.version == depthfusion.__version__
    assert [e.value for e in distribution.entry_points if e.name == "depthfusion"] == [
        "depthfusion.cli:main"
    ]


def test_links_between_the_pages_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", text):
            other = page.parent / target if target else page
            assert other.exists(), f"{page.name} -> {target}"
            if anchor:
                heads = re.findall(r"^#+ (.*)$", other.read_text(encoding="utf-8"), re.M)
                slugs = {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in heads}
                assert anchor in slugs, f"{page.name} -> {target}#{anchor}"
