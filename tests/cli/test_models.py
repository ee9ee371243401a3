"""`depthfusion models`, as a person and as a script runs it, against a small hub on 127.0.0.1."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from depthfusion.cli import completion, main
from depthfusion.cli.transfer_line import JsonLines, TransferLine, words
from depthfusion.generator.amounts import size
from ldm3d.hub import Doing, Progress

sys.path.append(str(Path(__file__).parents[1] / "ldm3d" / "hub"))

from hub_server import MODEL, UNET, HubServer, model_files, wait_until

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
Models = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        server.repo(MODEL)
        yield server


@pytest.fixture
def environment(hub: HubServer, tmp_path: Path) -> dict[str, str]:
    """Settings that keep another process to this hub and to folders of the test."""
    return {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_CACHE": str(tmp_path / "hf" / "hub"),
        "HF_TOKEN": "",
        "NO_PROXY": "*",
        "HF_HUB_OFFLINE": "0",
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }


@pytest.fixture
def models(run_command: Run, environment: dict[str, str]) -> Models:
    """Run `depthfusion models ...`."""

    def run(*arguments: object, **extra: str) -> subprocess.CompletedProcess[str]:
        result = run_command("models", *arguments, **(environment | extra))
        out, err = result.stdout.decode(), result.stderr.decode()
        assert "Traceback" not in err
        return subprocess.CompletedProcess(result.args, result.returncode, out, err)

    return run


def test_what_can_be_downloaded_is_listed(models: Models) -> None:
    result = models("list")
    assert result.returncode == 0
    (line,) = [row for row in result.stdout.splitlines() if row.startswith(f"{MODEL} ")]
    assert "not here: 360° panoramas with depth, 1024x512" in line


def test_a_script_that_did_not_accept_the_licence_is_refused_and_shown_it(
    models: Models, hub: HubServer
) -> None:
    result = models("download", MODEL)
    assert result.returncode == 2
    assert "CreativeML OpenRAIL-M" in result.stderr
    assert "You may not use the model" in result.stderr
    assert "a summary by DepthFusion: the licence itself decides" in result.stderr
    assert result.stderr.splitlines()[-1] == (
        f"depthfusion: the licence of {MODEL} has to be accepted first: "
        "read it, then give --accept-licence"
    )
    assert hub.weight_bytes() == 0


def test_a_download_tells_its_size_first_and_its_folder_last(
    models: Models, hub: HubServer
) -> None:
    result = models("download", MODEL, "--accept-licence")
    assert result.returncode == 0
    total = size(sum(map(len, model_files().values())))
    assert f"size     {total} in {len(model_files())} files, {total} to fetch" in result.stderr
    assert "free at" in result.stderr
    assert ", accepted by --accept-licence\n" in result.stderr
    folder = Path(result.stdout.strip())
    assert (folder / UNET).read_bytes() == model_files()[UNET]
    assert f"here, commit {folder.name[:12]}" in models("list").stdout


def test_a_second_download_fetches_nothing_and_asks_nothing(models: Models, hub: HubServer) -> None:
    first = models("download", MODEL, "--accept-licence")
    before = hub.weight_bytes()
    second = models("download", MODEL)
    assert (second.returncode, second.stdout) == (0, first.stdout)
    assert "nothing to fetch" in second.stderr
    assert ", accepted before\n" in second.stderr
    assert hub.weight_bytes() == before


def test_what_a_download_costs_is_told_without_one(models: Models, hub: HubServer) -> None:
    offer = json.loads(models("download", MODEL, "--dry-run", "--json").stdout)
    total = sum(map(len, model_files().values()))
    assert (offer["model"], offer["size_bytes"]) == (MODEL, total)
    assert offer["licence"] == "CreativeML OpenRAIL-M"
    assert "You may not use the model" in offer["licence_summary"]
    assert offer["is_accepted"] is False
    assert hub.weight_bytes() == 0
    told = models("download", MODEL, "--dry-run")
    assert (told.returncode, told.stdout) == (0, "")
    assert "free at" in told.stderr


def test_a_program_gets_progress_and_result_as_json(models: Models) -> None:
    arguments = (MODEL, "--accept-licence", "--json", "--progress", "json")
    result = models("download", *arguments)
    lines = [json.loads(line) for line in result.stderr.splitlines() if line.startswith("{")]
    assert lines[-1]["done_bytes"] == lines[-1]["total_bytes"] > 0
    assert {line["doing"] for line in lines} == {"download"}
    made = json.loads(result.stdout)
    assert (made["model"], Path(made["folder"]).name) == (MODEL, made["commit"])
    (report,) = json.loads(models("verify", MODEL, "--json", "--progress", "json").stdout)
    assert report["is_ok"]


def test_the_list_as_json_has_every_model(models: Models) -> None:
    models("download", MODEL, "--accept-licence")
    rows = {row["name"]: row for row in json.loads(models("list", "--json").stdout)}
    assert set(rows) >= {MODEL, "Intel/ldm3d", "Intel/ldm3d-4c"}
    assert rows[MODEL]["is_here"]
    assert rows[MODEL]["is_pinned"]
    assert rows[MODEL]["licence"] == "CreativeML OpenRAIL-M"
    assert not rows["Intel/ldm3d"]["is_here"]


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals")
@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("\n", 1), ("\x04", 1)])
def test_a_person_is_asked(
    hub: HubServer, environment: dict[str, str], answer: str, code: int
) -> None:
    import pty

    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "depthfusion", "models", "download", MODEL],
        env=os.environ | environment, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    os.close(theirs)
    os.write(ours, answer.encode())
    _, err = child.communicate(timeout=60)
    os.close(ours)
    assert child.returncode == code
    assert b"Accept this licence and download 463 kB? [y/N]" in err
    assert (hub.weight_bytes() > 0) is (code == 0)


def test_ctrl_c_is_exit_130_and_the_next_run_goes_on(
    models: Models, hub: HubServer, environment: dict[str, str]
) -> None:
    hub.fault(UNET, "slow", wait_s=0.1)
    child = subprocess.Popen(
        [sys.executable, "-m", "depthfusion", "models", "download", MODEL, "--accept-licence"],
        env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    wait_until(lambda: hub.sent_bytes.get(UNET, 0) > 100_000)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=20)
    assert (child.returncode, out) == (130, b"")
    assert err.endswith(b"what arrived is kept: the same command goes on from there\ncancelled\n")
    assert models("download", MODEL).returncode == 0
    assert hub.gets(UNET)[-1].start > 50_000  # type: ignore[operator]


def test_a_model_that_does_not_exist_is_exit_66(models: Models) -> None:
    result = models("download", "nobody/nothing", "--accept-licence")
    assert result.returncode == 66
    assert result.stderr.startswith("depthfusion: the hub has no model nobody/nothing")
    assert result.stderr.count("\n") == 1


def test_what_cannot_be_an_id_is_exit_2(models: Models) -> None:
    result = models("download", "../../etc")
    assert result.returncode == 2
    assert "want a hub id such as Intel/ldm3d-pano" in result.stderr


def test_offline_is_one_line(models: Models, hub: HubServer) -> None:
    result = models("download", MODEL, "--accept-licence", HF_HUB_OFFLINE="1")
    assert result.returncode == 1
    assert "offline mode is on (HF_HUB_OFFLINE)" in result.stderr
    assert result.stderr.count("\n") == 1
    assert hub.log == []


@pytest.mark.slow
def test_a_whole_model_verifies_and_a_damaged_one_is_exit_1(models: Models) -> None:
    folder = Path(models("download", MODEL, "--accept-licence").stdout.strip())
    count = len(model_files())
    assert models("verify").stdout == f"{MODEL}: {count} files as recorded\n"
    (folder / UNET).resolve().write_bytes(b"damaged")
    result = models("verify", MODEL)
    assert result.returncode == 1
    assert f"{MODEL}: {UNET} has 7 bytes" in result.stdout
    assert f"`depthfusion models download {MODEL}` repairs it" in result.stdout
    (report,) = json.loads(models("verify", "--json").stdout)
    assert (report["is_ok"], report["model"]) == (False, MODEL)
    assert models("download", MODEL).returncode == 0
    assert models("verify", MODEL).returncode == 0


def test_an_unfinished_download_is_listed(models: Models, hub: HubServer) -> None:
    hub.fault(UNET, "status", status=404)
    assert models("download", MODEL, "--accept-licence").returncode == 1
    assert f"begun, `depthfusion models download {MODEL}` goes on" in models("list").stdout


def test_verify_without_models_says_so(models: Models) -> None:
    result = models("verify")
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == "no models to verify on this machine\n"
    assert models("verify", "nothing").returncode == 66


def test_a_folder_is_added_under_a_name_and_forgotten(models: Models, tmp_path: Path) -> None:
    folder = tmp_path / "my forest"
    for name, content in model_files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    assert models("add", folder).returncode == 2  # a space in the name
    assert models("add", folder, "--name", "forest").stdout == "forest\n"
    assert f"folder {folder}" in models("list").stdout
    assert models("verify", "forest").returncode == 0
    result = models("remove", "forest")
    assert result.stderr == f"removed forest, the folder {folder} stays\n"
    assert (folder / UNET).is_file()


def test_a_folder_that_is_no_model_is_not_added(models: Models, tmp_path: Path) -> None:
    result = models("add", tmp_path)
    assert result.returncode == 1
    assert "want a model's folder with model_index.json" in result.stderr
    assert models("add", tmp_path / "nowhere").returncode == 66


def test_removing_asks_and_a_script_has_to_say_yes(models: Models) -> None:
    folder = Path(models("download", MODEL, "--accept-licence").stdout.strip())
    refused = models("remove", MODEL)
    assert refused.returncode == 2
    assert "give --yes" in refused.stderr
    assert folder.is_dir()
    assert "freed 463 kB" in models("remove", MODEL, "--yes").stderr
    assert not folder.exists()
    assert models("remove", MODEL, "--yes").returncode == 66


def test_without_an_action_it_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(["models"])
    assert error.value.code == 2
    assert "ACTION" in capsys.readouterr().err


def test_listing_imports_neither_torch_nor_qt(environment: dict[str, str], tmp_path: Path) -> None:
    code = (
        "import sys; from depthfusion.cli import main; main(['models', 'list']);"
        "print([m for m in ('torch', 'PySide6', 'diffusers', 'transformers') if m in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert out.stdout.splitlines()[-1] == "[]"


def test_shells_complete_actions_and_folders(tmp_path: Path) -> None:
    (command,) = [c for c in completion.commands() if c.name == "models"]
    assert command.positionals[0].choices == ("list", "download", "verify", "add", "remove")
    assert command.positionals[1].is_file
    assert "models:add) compopt -o default;" in completion.script("bash")


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def progress(done: int, doing: Doing = Doing.DOWNLOAD, note: str = "") -> Progress:
    return Progress(doing, UNET, done, 4_270_000_000, 35_200_000.0, 87.0, note)


def test_progress_says_how_far_how_fast_and_how_long() -> None:
    assert words(progress(1_200_000_000)) == "1.20 of 4.27 GB, 35.2 MB/s, 87 s left"
    assert words(progress(900_000_000)) == "900.0 MB of 4.27 GB, 35.2 MB/s, 87 s left"
    assert words(progress(1_000_000_000, Doing.CHECK)) == f"checking {UNET}, 1.00 of 4.27 GB"
    assert words(progress(1_000_000_000, Doing.WAIT, "HTTP 503")) == (
        "1.00 of 4.27 GB, waiting to try again (HTTP 503)"
    )


def test_a_terminal_gets_one_line_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    stream, clock = Terminal(), Clock()
    line = TransferLine(stream, clock)
    for second in range(5):
        clock.now = float(second)
        line.show(progress(second * 10**9))
        line.show(progress(second * 10**9 + 1))  # too soon to be drawn
    line.close()
    drawn = stream.getvalue().split("\r")
    assert [d.strip().split(" ")[0].count("#") for d in drawn[1:6]] == [0, 5, 9, 14, 19]
    assert all(len(d) < 60 for d in drawn)
    assert drawn[-1] == ""
    assert "\n" not in stream.getvalue()


def test_a_program_gets_whole_lines_not_too_often() -> None:
    stream, clock = io.StringIO(), Clock()
    lines = JsonLines(stream, clock)
    for step in range(100):
        clock.now = step / 50
        lines.show(progress(step))
    assert 15 <= len(stream.getvalue().splitlines()) <= 21
    assert json.loads(stream.getvalue().splitlines()[0])["remaining_s"] == 87.0


def test_a_log_gets_a_line_now_and_then_and_every_wait() -> None:
    stream, clock = io.StringIO(), Clock()
    line = TransferLine(stream, clock)
    for second in range(40):
        clock.now = float(second)
        line.show(progress(second * 10**8))
    line.show(progress(39 * 10**8, Doing.WAIT, "HTTP 503"))
    line.close()
    assert len(stream.getvalue().splitlines()) == 3
    assert stream.getvalue().endswith("waiting to try again (HTTP 503)\n")


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (999, "999 B"), (12_400, "12 kB"), (3_440_000, "3.4 MB"), (4 * 10**9, "4.00 GB")],
)
def test_sizes_are_said_in_decimal_units(count: int, said: str) -> None:
    assert size(count) == said
