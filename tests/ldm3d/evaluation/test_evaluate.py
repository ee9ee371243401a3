"""The command: from a model's folder and a set to a report."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import ldm3d
from ldm3d.__main__ import main
from ldm3d.data.world_set import WorldSet
from ldm3d.evaluation.chart import draw_bars, draw_lines, round_steps
from ldm3d.evaluation.findings import Findings, Table, load_findings
from ldm3d.evaluation.made import MadeFolder, Wish, settings_for
from ldm3d.evaluation.reconstruction import evaluate_reconstruction, load_autoencoder
from ldm3d.evaluation.report import keep_findings
from tests.ldm3d.evaluation.small_set import small_set
from tests.ldm3d.tiny import tiny_model

QUICK = ["--steps", "2", "--passes", "4", "--unseen", "3", "--seeds", "2", "--count", "6"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    base = tmp_path_factory.mktemp("evaluation")
    small_set(base / "set")
    return tiny_model(base / "model"), base / "set"


@pytest.mark.slow
def test_one_command_writes_a_report_with_tables_plots_and_sheets(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, data = folders
    words = ["evaluate", "all", "--model", str(model), "--data", str(data), "-o", str(tmp_path)]
    sweeps = ["--sweep-guidance", "1,5", "--sweep-steps", "1,2", "--sweep-count", "2"]
    assert main([*words, *QUICK, *sweeps]) == 0
    text = (tmp_path / "report.md").read_text()
    for title in (
        "## Reconstruction",
        "## Generation",
        "## Depth",
        "By family",
        "By hour",
        "guidance scale",
    ):
        assert title in text
    for skipped in ("FID and IS were skipped", "rFID was skipped", "CLIP similarity was skipped",
                    "no depth network was given"):  # fmt: skip
        assert skipped in text
    assert "| FID" not in text and "not FID" in text
    for file in ("rates.png", "unseen.jpg", "seeds.jpg", "reconstruction.jpg",
                 "rates-over-guidance-scale.png", "frechet-over-denoising-steps.png"):  # fmt: skip
        assert f"({file})" in text
        with Image.open(tmp_path / file) as picture:
            assert picture.width >= 320
    figures = json.loads((tmp_path / "reconstruction.json").read_text())["figures"]
    assert 0 < figures["color_db"] < 60 and figures["abs_rel"] > 0
    assert str(tmp_path / "report.md") in capsys.readouterr().out


def test_pictures_that_are_there_are_not_made_again(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    model = ldm3d.load(folders[0], device="cpu", dtype="float32")
    settings = settings_for(model, size=(128, 64), steps=1)
    made = MadeFolder(tmp_path, model, settings)
    wishes = [Wish("a lake", 1), Wish("a cave", 2)]
    first = made.make(wishes)
    kept = {p: p.stat().st_mtime_ns for p in made.folder.iterdir()}
    again = made.make([wishes[0], Wish("a cave at night", 2)])
    changed = {p.name for p in made.folder.iterdir() if p.stat().st_mtime_ns != kept[p]}
    assert changed == {"00001.png", "00001_depth.png", "00001.json"}
    assert np.array_equal(first[0].color, again[0].color)
    assert np.array_equal(first[0].depth, again[0].depth)
    (made.folder / "00000.png").write_bytes(b"half of a")  # killed while writing
    assert np.array_equal(made.make(wishes[:1])[0].color, first[0].color)


def test_a_batch_gives_each_wish_its_own_picture(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    model = ldm3d.load(folders[0], device="cpu", dtype="float32")
    settings = settings_for(model, size=(128, 64), steps=1)
    wishes = [Wish("a lake", 1), Wish("a cave", 2), Wish("a lake", 3)]
    told: list[tuple[int, int]] = []
    one = MadeFolder(tmp_path / "one", model, settings).make(wishes)
    two = MadeFolder(tmp_path / "two", model, settings, 2).make(
        wishes, lambda done, total: told.append((done, total))
    )
    assert told == [(0, 3), (2, 3), (3, 3)]
    for single, batched in zip(one, two, strict=True):
        assert np.abs(single.depth - batched.depth).max() < 0.01
        assert single.wish == batched.wish
    assert not np.array_equal(one[0].color, one[2].color)


def test_an_autoencoder_alone_can_be_measured(folders: tuple[Path, Path], tmp_path: Path) -> None:
    words = ["evaluate", "reconstruction", "--model", str(folders[0] / "vae"), "--count", "2"]
    assert main([*words, "--data", str(folders[1]), "-o", str(tmp_path)]) == 0
    findings = load_findings(tmp_path / "reconstruction.json")
    assert findings.about["autoencoder"] == "vae"
    assert "2 of 128x64" in findings.about["pictures"]


def test_our_own_kind_of_autoencoder_keeps_what_its_linear_half_can(tmp_path: Path) -> None:
    from ldm3d.training.presets import STARTER
    from ldm3d.training.vae import new_autoencoder

    preset = replace(STARTER, channels=(16, 16, 16), groups=4)
    new_autoencoder(preset).save_pretrained(tmp_path / "vae")
    small_set(tmp_path / "set")
    found = evaluate_reconstruction(
        load_autoencoder(tmp_path / "vae", "cpu"), WorldSet(tmp_path / "set"), tmp_path, count=2
    )
    assert 3 < found.figures["color_db"] < 60
    bare = load_autoencoder(tmp_path / "vae", "cpu")
    color, depth = bare.there_and_back(
        np.zeros((64, 128, 3), np.uint8), np.zeros((64, 128), np.float32)
    )
    assert color.shape == (64, 128, 3) and depth.shape == (64, 128)


def test_what_is_missing_is_told_in_one_line(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate", "generation", "--model", str(folders[0]), "-o", str(tmp_path / "r")]
    assert main([*words, "--data", str(tmp_path / "none")]) == 66
    assert "want a set of worlds" in capsys.readouterr().err
    some = [*words, "--data", str(folders[1]), *QUICK, "--inception", str(tmp_path / "no.pth")]
    assert main(some) == 66
    assert "FID's Inception weights" in capsys.readouterr().err.splitlines()[-1]
    with pytest.raises(SystemExit):
        main([*words, "--data", str(folders[1]), "--sweep-guidance", "1,x"])
    assert "want numbers such as" in capsys.readouterr().err


def test_help_costs_no_import_of_torch() -> None:
    code = (
        "import sys\nfrom ldm3d.__main__ import main\n"
        "try:\n    main(['evaluate', 'all', '--help'])\nexcept SystemExit:\n    pass\n"
        "assert not {'torch', 'diffusers', 'transformers'} & set(sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode
        == 0
    )


def test_findings_come_back_and_show_what_is_not_a_number(tmp_path: Path) -> None:
    table = Table("T", ("a", "b"), [("x", float("nan")), ("y", 1.23456)])
    findings = Findings("Depth", {"model": "m"}, [table], [("p.png", "a plot")], ["kept small"])
    findings.figures["psnr"] = float("inf")
    path = keep_findings(findings, tmp_path, "depth", "python -m ldm3d evaluate depth")
    text = path.read_text()
    assert "| y | 1.235 |" in text and "- kept small." in text and "![a plot](p.png)" in text
    again = load_findings(tmp_path / "depth.json")
    assert again.tables[0].rows[1][1] == 1.23456 and again.figures == {"psnr": "infinite"}


def test_charts_are_drawn_where_the_figures_are(tmp_path: Path) -> None:
    draw_lines({"up": [(1, 0.0), (3, 1.0), (2, float("nan"))]}, tmp_path / "a.png",
               title="t", x_label="x")  # fmt: skip
    pixels = np.asarray(Image.open(tmp_path / "a.png")).astype(int)
    blue = np.argwhere((pixels[..., 2] - pixels[..., 0] > 100) & (np.arange(380)[:, None] > 60))
    assert blue[:, 0].min() < 100 and blue[:, 0].max() > 280  # from low left to high right
    assert blue[blue[:, 1].argmin()][0] > blue[blue[:, 1].argmax()][0]
    draw_bars(["a", "b"], {"one": [1.0, 0.25]}, tmp_path / "b.png", title="t")
    pixels = np.asarray(Image.open(tmp_path / "b.png")).astype(int)
    heights = ((pixels[60:, :, 2] - pixels[60:, :, 0]) > 100).sum(axis=0)
    assert heights[100:300].max() == pytest.approx(4 * heights[400:600].max(), rel=0.05)


def test_steps_of_an_axis_are_round_numbers() -> None:
    assert round_steps(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert round_steps(-0.3, 26) == [0, 10, 20] or round_steps(-0.3, 26) == [0, 5, 10, 15, 20, 25]
