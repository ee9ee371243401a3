"""`depthfusion generate`, in this process, on a tiny model in a real folder."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from depthfusion.cli import main
from depthfusion.library import Library
from depthfusion.panorama import DepthMeaning, read_panorama
from depthfusion.panorama.world_folder import about_world
from tests.ldm3d.tiny import tiny_model

FILES = {"color.png", "depth.png", "thumbnail.jpg", "world.json"}
Said = Callable[..., "tuple[int, str, str]"]


@pytest.fixture
def generate(
    tiny_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Said:
    """Run `generate` in an empty folder on the tiny model; return code, output, errors.

    Worlds go to that folder unless `-o` is among the arguments; `-o None` leaves it out.
    """
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("DEPTHFUSION_LIBRARY", str(tmp_path / "library"))

    def run(*arguments: object, model: object = tiny_folder) -> tuple[int, str, str]:
        line = ["generate", *map(str, arguments)]
        if "-o" not in line:
            line += ["-o", "."]
        elif line[line.index("-o") + 1] == "None":
            place = line.index("-o")
            line = line[:place] + line[place + 2 :]
        if model is not None:
            line += ["--model", str(model)]
        if "--like" not in line:
            line += ["--steps", "2"] if "--steps" not in line else []
            line += ["--size", "128x64"] if "--size" not in line else []
        code = main(line)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def pictures(folder: Path) -> tuple[bytes, bytes]:
    return (folder / "color.png").read_bytes(), (folder / "depth.png").read_bytes()


def test_a_prompt_becomes_a_world_named_after_it_and_its_seed(generate: Said) -> None:
    code, out, err = generate("A mossy forest, at dawn!", "--seed", 7)
    assert (code, out) == (0, "a-mossy-forest-at-dawn-7\n")
    world = Path("a-mossy-forest-at-dawn-7")
    assert names(Path()) == {world.name}
    assert names(world) == FILES
    assert "128x64, seed 7" in err and "seam" in err
    found = read_panorama(world)
    assert found.title == "A mossy forest, at dawn!"
    assert found.color.shape == (64, 128, 3)
    assert found.meaning is DepthMeaning.RELATIVE and found.near_m is None
    assert found.depth is not None and 0 <= found.depth.min() < found.depth.max() <= 1
    recipe = found.provenance.generation
    assert (recipe["seed"], recipe["steps"], recipe["seamless"]) == (7, 2, True)
    with Image.open(world / "color.png") as image:
        text = image.text["parameters"]  # type: ignore[attr-defined]
    assert text.startswith("A mossy forest, at dawn!\nSteps: 2, Sampler: dpm++2m-karras")


def test_without_a_folder_it_is_kept_in_the_library(generate: Said, tmp_path: Path) -> None:
    code, out, _ = generate("a lake", "--seed", 7, "-o", None)
    world = tmp_path / "library" / "a-lake-7"
    assert (code, out) == (0, f"{world}\n")
    assert names(world) == FILES
    assert not names(Path())
    with Library(tmp_path / "library", indexes=tmp_path / "indexes") as library:
        library.scan()
        assert [found.title for found in library.page()] == ["a lake"]


def test_a_library_whose_drive_is_gone_gets_nothing(generate: Said, tmp_path: Path) -> None:
    assert generate("a lake", "--seed", 7, "-o", None)[0] == 0
    with Library(tmp_path / "library") as library:
        library.scan()
    shutil.rmtree(tmp_path / "library")
    code, _, err = generate("a lake", "-o", None)
    assert code == 66 and "plug in its drive" in err
    assert not (tmp_path / "library").exists()


def test_a_model_that_knows_its_range_gives_a_world_in_metres(
    generate: Said, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tiny_model(tmp_path / "metric", info={"near_m": 0.5, "far_m": 100.0})
    assert generate("a hall", "-o", "hall", model=model)[0] == 0
    assert main(["info", "hall", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["is_metric"] and told["title"] == "a hall"
    assert (told["depth"]["near_m"], told["depth"]["far_m"]) == (0.5, 100.0)
    assert main(["info", "hall"]) == 0
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert ["prompt", "a hall"] in lines and ["steps", "2"] in lines
    assert any(line[0] == "versions" and line[1].startswith("torch 2") for line in lines)
    assert not any(line[0] in {"start", "negative_prompt", "tile"} for line in lines)


def test_the_seed_nobody_chose_is_told_and_makes_the_same_again(generate: Said) -> None:
    assert generate("a lake", "-o", "first")[0] == 0
    seed = about_world("first")["generation"]["seed"]
    assert generate("a lake", "-o", "second", "--seed", seed)[0] == 0
    assert generate("a lake", "-o", "third")[0] == 0
    assert pictures(Path("first")) == pictures(Path("second"))
    assert pictures(Path("first")) != pictures(Path("third"))


def test_like_repeats_bit_by_bit_from_any_of_the_files(generate: Said) -> None:
    asked = ("--negative", "fog", "--guidance", 3.5, "--scheduler", "euler", "--no-seamless")
    generate("a lake", "-o", "lake", "--seed", 3, *asked)
    for number, name in enumerate(["", "world.json", "color.png", "depth.png"]):
        again = f"again-{number}"
        code, _, err = generate("--like", Path("lake", name), "-o", again, model=None)
        assert code == 0
        assert pictures(Path(again)) == pictures(Path("lake")), name
        assert "may differ" not in err
        assert about_world(again)["generation"] == about_world("lake")["generation"]


def test_other_options_change_what_is_like(generate: Said) -> None:
    generate("a lake", "-o", "lake", "--seed", 3)
    assert generate("a sea", "--like", "lake", "--steps", 3, "-o", "sea", model=None)[0] == 0
    recipe = about_world("sea")["generation"]
    assert (recipe["prompt"], recipe["steps"], recipe["seed"]) == ("a sea", 3, 3)
    assert (recipe["width"], recipe["height"]) == (128, 64)
    assert pictures(Path("sea")) != pictures(Path("lake"))


def test_like_says_when_the_model_is_not_the_same_any_more(generate: Said, tmp_path: Path) -> None:
    model = tiny_model(tmp_path / "model", seed=1)
    generate("a lake", "-o", "lake", model=model)
    shutil.rmtree(model)
    tiny_model(model, seed=2)
    code, _, err = generate("--like", "lake", "-o", "again", model=None)
    assert code == 0
    assert "note: the picture may differ" in err and "the model's files" in err
    assert pictures(Path("lake")) != pictures(Path("again"))


def test_several_worlds_lie_side_by_side_with_seeds_in_a_row(generate: Said) -> None:
    code, out, _ = generate("a lake", "--count", 3, "-o", "lakes", "--seed", 5)
    assert code == 0
    assert out.splitlines() == [str(Path("lakes", f"a-lake-{seed}")) for seed in (5, 6, 7)]
    assert names(Path("lakes")) == {"a-lake-5", "a-lake-6", "a-lake-7"}
    generate("a lake", "-o", "alone", "--seed", 6)
    assert pictures(Path("alone")) == pictures(Path("lakes", "a-lake-6"))


def test_an_existing_folder_gets_the_world_as_a_folder_in_it(generate: Said) -> None:
    Path("worlds").mkdir()
    Path("worlds", "notes.txt").write_text("mine")
    generate("a lake", "-o", "worlds", "--seed", 1)
    code, out, _ = generate("a lake", "-o", "worlds", "--seed", 1)
    assert (code, out) == (0, f"{Path('worlds', 'a-lake-1-2')}\n")
    assert names(Path("worlds")) == {"notes.txt", "a-lake-1", "a-lake-1-2"}


def test_a_folder_that_is_not_there_is_made_with_those_above_it(generate: Said) -> None:
    assert generate("a lake", "-o", Path("a", "b", "lake"))[0] == 0
    assert names(Path("a", "b", "lake")) == FILES


def test_names_of_every_script_are_told_in_every_encoding(
    generate: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    for more in ([], ["--json"]):
        output = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", output)
            assert generate("霧 🌲", "--seed", 1, *more)[0] == 0
        output.flush()
        told.append(output.buffer.getvalue().decode())  # type: ignore[attr-defined]
        shutil.rmtree("霧-1")
    assert told[0] == "\\u9727-1\n"
    assert json.loads(told[1])["prompt"] == "霧 🌲"


def test_json_has_a_line_for_each_world(generate: Said) -> None:
    code, out, _ = generate("a lake", "--count", 2, "--seed", 1, "--json", "--quiet")
    assert code == 0
    told = [json.loads(line) for line in out.splitlines()]
    assert [line["seed"] for line in told] == [1, 2]
    first = told[0]
    assert first["prompt"] == "a lake" and first["size_px"] == [128, 64]
    assert first["depth_is"] == {"meaning": "relative", "near_m": None, "far_m": None}
    assert first["seconds"] > 0 and first["seam"]["color"] > 0 and not first["skipped"]
    assert Path(first["world"]) / "color.png" == Path(first["color"])
    assert Path(first["depth"]).is_file()
    assert first["recipe"] == read_panorama(first["world"]).provenance.generation


def test_quiet_says_nothing_but_the_folder(generate: Said) -> None:
    assert generate("a lake", "--seed", 1, "--quiet") == (0, "a-lake-1\n", "")


def test_progress_names_the_model_the_steps_and_the_time_left(generate: Said) -> None:
    _, _, err = generate("a lake", "--steps", 3)
    assert err.startswith("loading the model\n")


def test_a_world_is_the_beginning_of_another(generate: Said) -> None:
    generate("a lake", "-o", "lake", "--seed", 1)
    start = ["--init", "lake/color.png", "--init-depth", "lake/depth.png"]
    asked = ["--init-strength", 0.5, "--steps", 4, "--seed", 2]
    code, _, err = generate("snow", *start, *asked, "-o", "snow")
    assert code == 0, err
    assert generate("snow", "--init", "lake", *asked, "-o", "by-folder")[0] == 0
    assert pictures(Path("by-folder")) == pictures(Path("snow"))
    recipe = about_world("snow")["generation"]
    assert recipe["start"]["color"] == str(Path("lake/color.png").absolute())
    assert generate("--like", "snow", "-o", "again", model=None)[0] == 0
    assert pictures(Path("again")) == pictures(Path("snow"))
    Image.new("RGB", (128, 64), "red").save("lake/color.png")
    _, _, err = generate("--like", "snow", "-o", "other", model=None)
    assert "may differ" in err and "starting picture" in err


def test_without_a_display_the_world_is_written_and_then_told(
    generate: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    code, out, err = generate("a lake", "--seed", 1, "--view")
    assert (code, out) == (69, "a-lake-1\n")
    assert "a-lake-1 is written, but cannot be shown" in err.splitlines()[-1]
    assert names(Path("a-lake-1")) == FILES


def prompts(text: str | bytes, name: str = "prompts.txt") -> str:
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


def test_prompts_from_a_file_are_resumed_where_they_stopped(generate: Said) -> None:
    file = prompts("# places\na lake\n\n  a hill  \n\\#1 city\n")
    code, out, _ = generate("--prompts", file, "-o", "out")
    assert code == 0
    worlds = [Path(line) for line in out.splitlines()]
    assert [about_world(w)["title"] for w in worlds] == ["a lake", "a hill", "#1 city"]
    shutil.rmtree(worlds[1])
    kept = [pictures(worlds[i]) for i in (0, 2)]
    prompts("a cave\na hill\na lake\n#1 city\n\\#1 city\n")  # another order, and a new one
    code, out, err = generate("--prompts", file, "-o", "out")
    assert code == 0 and "2 of 4 worlds are there already" in err
    assert [pictures(worlds[i]) for i in (0, 2)] == kept
    titles = sorted(about_world(w)["title"] for w in Path("out").iterdir())
    assert titles == ["#1 city", "a cave", "a hill", "a lake"]
    code, out, _ = generate("--prompts", file, "-o", "out", "--json", "--quiet")
    assert all(json.loads(line)["skipped"] for line in out.splitlines())
    assert len(names(Path("out"))) == 4


def test_another_setting_is_another_world_and_more_of_a_prompt_are_added(generate: Said) -> None:
    file = prompts("a lake")
    generate("--prompts", file, "-o", "out")
    generate("--prompts", file, "-o", "out", "--count", 3)
    assert len(names(Path("out"))) == 3
    generate("--prompts", file, "-o", "out", "--guidance", 2)
    assert len(names(Path("out"))) == 4
    Path("out", "x").mkdir()
    Path("out", "x", "world.json").write_text("[]")  # nothing of ours stops it
    code, out, _ = generate("--prompts", file, "-o", "out", "--guidance", 2)
    assert code == 0 and len(out.splitlines()) == 1


def test_another_picture_under_the_same_name_is_another_start(generate: Said) -> None:
    file = prompts("snow")
    for color, worlds in (("red", 1), ("red", 1), ("blue", 2)):
        Image.new("RGB", (128, 64), color).save("start.png")
        code, _, err = generate("--prompts", file, "-o", "out", "--init", "start.png")
        assert code == 0, err
        assert len(names(Path("out"))) == worlds


def test_prompts_come_from_standard_input_too(
    generate: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = io.BytesIO("\ufeffa lake\r\nein Fluß\n".encode())
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=data))
    code, out, _ = generate("-", "--seed", 4)
    assert (code, out) == (0, "a-lake-4\nein-fluß-4\n")


def untouched(folder: Path) -> dict[str, Any]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


BAD = [
    (["", "-o", "x"], 2, "want a prompt that describes a place"),
    (["  ", "-o", "x"], 2, "want a prompt that describes a place"),
    ([], 2, "want a prompt, as in"),
    (["a", "mossy", "forest"], 2, "want one prompt in quotes"),
    (["a", "--prompts", "p.txt"], 2, "got both"),
    (["a\udcff"], 2, "want text in UTF-8"),
    (["a", "--size", "1000x500"], 2, "try 1024x512"),
    (["a", "--size", "512x512"], 2, "twice as wide as high"),
    (["a", "--steps", "0"], 2, "want steps"),
    (["a", "--seed", "-1"], 2, "want seed"),
    (["a", "--count", "0"], 2, "want a count"),
    (["a", "--guidance", "nan"], 2, "want guidance"),
    (["a", "--init-strength", "0.5"], 2, "want a picture to start from"),
    (["a", "--init", "{png}", "--init-strength", "0"], 2, "want an init strength"),
    (["a", "--init", "nowhere.png"], 66, "no such file"),
    (["a", "--init", "{folder}"], 66, "a folder without one"),
    (["a", "--init-depth", "{folder}"], 66, "cannot open"),
    (["a", "--init", "broken.png"], 66, "broken.png"),
    (["a", "--lora", "nowhere.safetensors"], 66, "no such file"),
    (["a", "--lora", "broken.png:0.5"], 66, "broken.png"),
    (["a", "--model", "nobody/nothing"], 66, "nobody/nothing"),
    (["a", "--model", "./nowhere"], 66, "nowhere"),
    (["a", "--model", "{folder}"], 1, "model_index.json"),
    (["--prompts", "nowhere.txt"], 66, "no such file: nowhere.txt"),
    (["--prompts", "{folder}"], 66, "cannot open"),
    (["--prompts", "empty.txt"], 2, "has none"),
    (["--prompts", "latin1.txt"], 2, "line 2 of latin1.txt is not"),
    (["--prompts", "binary.txt"], 2, "binary data"),
    (["--like", "nowhere"], 66, "no such file"),
    (["--like", "{folder}"], 66, "a folder without one"),
    (["--like", "{png}"], 1, "does not say how it was made"),
    (["--like", "broken.json"], 1, "want JSON of a world"),
    (["--like", "odd.json"], 1, "does not say how it was made"),
    (["--like", "odder.json"], 2, "want steps"),
    (["a", "-o", "{png}"], 2, "is a file"),
    (["a", "-o", "{png}/x"], 1, "want a folder to write to"),
    (["a", "-o", "x" * 300], 1, "cannot write to"),
    (["a", "-o", "world"], 2, "holds a world already"),
]  # fmt: skip


@pytest.fixture
def odd_files(generate: Said, tmp_path: Path) -> dict[str, Path]:
    """An empty folder, a picture of no world, a world, and broken files of every kind."""
    Image.new("RGB", (128, 64)).save("picture.png")
    Path("broken.png").write_bytes(Path("picture.png").read_bytes()[:60])
    Path("empty.txt").write_text("# nothing\n\n")
    Path("latin1.txt").write_bytes(b"a lake\nein Flu\xdf\n")
    Path("binary.txt").write_bytes(b"a\0b\n")
    Path("broken.json").write_text("{")
    recipe = {"prompt": "a", "seed": 1, "width": 128, "height": 64, "scheduler": "ddim"}
    Path("odd.json").write_text(json.dumps(recipe | {"made_with": [1]}))
    Path("odder.json").write_text(json.dumps(recipe | {"steps": "many"}))
    Path("empty").mkdir()
    Path("world").mkdir()
    Path("world", "world.json").write_text("{}")
    return {"png": Path("picture.png"), "folder": Path("empty")}


MALFORMED = Path(__file__).parents[3] / "shared" / "testdata" / "malformed"


@pytest.mark.skipif(not MALFORMED.is_dir(), reason="no collection of damaged pictures here")
def test_damaged_pictures_to_start_from_are_one_line_each(generate: Said) -> None:
    for name in ("premature_end.png", "pillow/truncated_jpeg.jpg", "gdk_pixbuf_fail/invalid.1.bmp"):
        code, out, err = generate("a", "--init", MALFORMED / name, "--quiet")
        assert (code, out) == (66, ""), name
        assert len(err.splitlines()) == 1 and Path(name).name in err
    assert names(Path()) == set()


@pytest.mark.parametrize(("arguments", "code", "words"), BAD)
def test_bad_input_is_one_line_and_nothing_is_written(
    generate: Said, odd_files: dict[str, Path], arguments: list[str], code: int, words: str
) -> None:
    before = untouched(Path())
    named = [argument.format(**odd_files) for argument in arguments]
    given = {"model": None} if "--model" in named else {}
    got, out, err = generate(*named, "--quiet", **given)
    assert (got, out) == (code, ""), err
    assert words in err and len(err.splitlines()) == 1
    assert untouched(Path()) == before


def test_broken_and_wrong_models_are_one_line_and_nothing_is_written(
    generate: Said, tmp_path: Path, tiny_folder: Path
) -> None:
    half = tmp_path / "half"
    shutil.copytree(tiny_folder, half)
    weights = next((half / "unet").glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])
    swapped = tmp_path / "swapped"
    six = tiny_model(tmp_path / "six", "6-channel")
    shutil.copytree(tiny_folder, swapped)
    shutil.copy(six / "vae" / "diffusion_pytorch_model.safetensors", swapped / "vae")
    color_only = tiny_model(tmp_path / "color-only", "color-only")
    for model in (half, swapped, color_only):
        code, out, err = generate("a lake", "--quiet", model=model)
        assert (code, out) == (1, ""), model.name
        assert len(err.splitlines()) == 1 and model.name in err, err
    assert names(Path()) == set()


def test_what_fails_alone_is_listed_at_the_end_and_the_others_are_made(
    generate: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    from depthfusion.generator.events import Failed, Failure
    from depthfusion.generator.latent import LatentGenerator

    real = LatentGenerator.generate

    def failing(self: Any, request: Any, **more: Any) -> Any:
        if request.prompt == "a hill":  # what no small test can cause: memory for one is missing
            return (event for event in [Failed("not enough memory", Failure.MEMORY)])
        return real(self, request, **more)

    monkeypatch.setattr(LatentGenerator, "generate", failing)
    file = prompts("a lake\na hill\na cave")
    code, out, err = generate("--prompts", file, "--seed", 1, "-o", "out")
    assert code == 1
    assert [Path(line).name for line in out.splitlines()] == ["a-lake-1", "a-cave-1"]
    assert err.splitlines()[-2:] == [
        "1 of 3 worlds could not be made:",
        "  a hill (seed 1): not enough memory",
    ]
    _, out, _ = generate("--prompts", prompts("a hill\na tree"), "--seed", 1, "--json")
    failed, made = (json.loads(line) for line in out.splitlines())
    assert failed == {"prompt": "a hill", "seed": 1, "error": "not enough memory"}
    assert made["prompt"] == "a tree"


def test_the_depth_in_the_file_is_the_models_to_16_bits(generate: Said, tiny_folder: Path) -> None:
    import ldm3d

    generate("a lake", "-o", "lake", "--seed", 9)
    recipe = ldm3d.Recipe.from_dict(about_world("lake")["generation"])
    model = ldm3d.load(tiny_folder)
    *_, result = ldm3d.generate(model, recipe)
    assert isinstance(result, ldm3d.Result)
    with Image.open("lake/depth.png") as image:
        codes = np.asarray(image)
    assert codes.dtype == np.uint16 and len(np.unique(codes)) > 1000
    assert np.abs(codes / 65535 - result.depth).max() <= 0.5001 / 65535
    with Image.open("lake/color.png") as image:
        assert np.array_equal(np.asarray(image), result.color)
