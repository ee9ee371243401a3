"""The headset's page says what the program does."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench import controls_picture
from depthfusion.cli import view
from depthfusion.vr import comfort
from depthfusion.vr.panel import KEYS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "headset.md").read_text(encoding="utf-8")


def test_the_table_of_controls_is_that_of_the_bindings() -> None:
    assert controls_picture.table() in PAGE


def test_the_picture_of_the_controls_is_that_of_the_bindings() -> None:
    drawn = controls_picture.PICTURE.read_text(encoding="utf-8")
    assert drawn == controls_picture.picture()
    assert f"images/{controls_picture.PICTURE.name}" in PAGE


def test_the_panel_names_what_the_bindings_bind() -> None:
    told = " ".join(f"{keys} {meaning}" for keys, meaning in KEYS)
    for words in ("Triggers next world (right), previous (left)", "Right stick turn",
                  "Left A, X, grip recentre", "Right A, grip generate again"):  # fmt: skip
        assert words in told
    found = controls_picture.controls().values()
    assert all(hands["left"]["Trigger"] == "previous world" for hands in found)
    assert all("turn" in hands["right"].values() for hands in found)
    centring = {key for hands in found for key, does in hands["left"].items() if does == "recentre"}
    assert centring == {"A", "X", "Grip"}


def test_every_option_of_the_headset_is_on_the_page() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    view.add_headset_arguments(parser)
    flags = [flag for action in parser._actions for flag in action.option_strings]
    assert len(flags) == 8
    assert [flag for flag in flags if flag not in PAGE] == []


def test_the_distances_of_the_page_are_those_of_the_program() -> None:
    assert f"{comfort.NEAREST_M * 100:g} cm" in PAGE
    assert f"{comfort.FULL_BOX_M * 100:g} cm" in PAGE
    assert f"{comfort.HEAD_BOX_M * 100:g} cm" in PAGE
