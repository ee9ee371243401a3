"""`report.md` from the findings that are in its folder."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path

from ldm3d.evaluation.findings import Findings, Table, load_findings, shown

PARTS = ("reconstruction", "generation", "depth")


def keep_findings(findings: Findings, report: Path, part: str, command: str) -> Path:
    """Store one evaluation's findings, write the report anew and return its path.

    Args:
        findings: what was found.
        report: folder.
        part: of `PARTS`.
        command: what a reader can type to get the same.
    """
    findings.about["command"] = f"`{command}`"
    findings.save(report / f"{part}.json")
    return write_report(report)


def write_report(report: Path) -> Path:
    """Write `report.md` from all findings there are and return its path."""
    found = [
        load_findings(report / f"{part}.json")
        for part in PARTS
        if (report / f"{part}.json").is_file()
    ]
    lines = ["# Evaluation", "", f"On {_machine()}. What each measure is: docs/evaluation.md.", ""]
    for findings in found:
        lines += _section(findings)
    path = report / "report.md"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _section(findings: Findings) -> list[str]:
    lines = [f"## {findings.title}", ""]
    lines += [f"- {name}: {value}" for name, value in findings.about.items()]
    for table in findings.tables:
        lines += ["", f"### {table.title}", "", *_rows(table)]
    if findings.notes:
        lines += ["", "### To be kept in mind", ""]
        lines += [f"- {note}." for note in findings.notes]
    for file, text in findings.pictures:
        lines += ["", f"![{text}]({file})", "", f"*{text}*"]
    return [*lines, ""]


def _rows(table: Table) -> list[str]:
    return [
        _line(table.header),
        "|" + "---|" * len(table.header),
        *(_line([shown(value) for value in row]) for row in table.rows),
    ]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _machine() -> str:
    import diffusers
    import torch

    versions = f"torch {torch.__version__}, diffusers {diffusers.__version__}"
    return (
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {versions}"
    )
