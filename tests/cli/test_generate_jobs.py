"""Prompts, names and jobs of `depthfusion generate`; its bar; what a signal does."""

from __future__ import annotations

import io
import os
import re
import shlex
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from depthfusion.cli import build_parser
from depthfusion.cli.cancel import cancellable
from depthfusion.cli.generate import lora
from depthfusion.cli.jobs import Job, jobs_from, seeded, unfinished
from depthfusion.cli.progress import Progress, bar, duration
from depthfusion.generator.request import Request
from depthfusion.panorama.world_name import MAX_SLUG_BYTES, slug


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("A mossy forest, at dawn!", "a-mossy-forest-at-dawn"),
        ("../../etc/passwd", "etc-passwd"),
        ("a\\b:c*d?\x00\n\u202e.", "a-b-c-d"),
        ("CON", "con"),
        ("Überfluß im Café", "überfluß-im-café"),
        ("Cafe\u0301", "café"),
        ("霧の深い森、夜明け", "霧の深い森-夜明け"),
        ("हिन्दी में", "हिन्दी-में"),
        ("ｆｕｌｌ　ｗｉｄｔｈ ①", "full-width-1"),
        ("🌲🌲", "world"),
        ("...", "world"),
        ("one " * 50, "one-one-one-one-one-one-one-one-one-one-one-one"),
    ],
)
def test_a_prompt_becomes_a_readable_name_on_every_system(prompt: str, name: str) -> None:
    assert slug(prompt) == name


@pytest.mark.parametrize("prompt", ["x" * 1000, "森" * 1000, "𝔘𠀀" * 500, "é" * 300])
def test_the_longest_name_fits_every_file_system(prompt: str) -> None:
    assert 0 < len(slug(prompt).encode()) <= MAX_SLUG_BYTES


def seeds(jobs: list[Job]) -> list[int | None]:
    return [job.request.seed for job in jobs]


def test_each_prompt_gets_its_worlds_and_seeds_count_up() -> None:
    jobs = jobs_from(Request("", seed=5), ["a", "b"], 2)
    assert [(j.request.prompt, j.request.seed) for j in jobs] == [
        ("a", 5), ("a", 6), ("b", 5), ("b", 6),
    ]  # fmt: skip


def test_the_same_world_is_not_made_twice() -> None:
    assert len(jobs_from(Request("", seed=5), ["a", "b", "a"], 2)) == 4
    assert len(jobs_from(Request("", like={"seed": 5}), ["a", "a"], 1)) == 1
    assert len(jobs_from(Request(""), ["a", "a"], 1)) == 2


def test_worlds_of_one_prompt_without_a_seed_get_seeds_in_a_row() -> None:
    jobs = jobs_from(Request(""), ["a", "b"], 3)
    assert seeds(jobs) == [None] * 6
    given = [request.seed or 0 for _, request in seeded(jobs)]
    assert given[:3] == [given[0] + n for n in range(3)]
    assert given[3:] == [given[3] + n for n in range(3)]
    assert given[0] != given[3]
    assert all(job.request.seed is None for job, _ in seeded(jobs))


def test_results_are_found_by_what_was_asked_for() -> None:
    base = Request("", steps=9, init_strength=0.5)
    jobs = jobs_from(base, ["a", "b", "a"], 2)
    stored = [(Path(str(n)), job.asked()) for n, job in enumerate(jobs)]
    left, there = unfinished(jobs, stored)
    assert left == [] and sorted(there) == [Path(n) for n in "012345"]
    left, there = unfinished(jobs, stored[:3])
    assert [job.request.prompt for job in left] == ["b", "a", "a"]
    left, _ = unfinished(jobs_from(Request("", steps=8), ["a"], 1), stored)
    assert len(left) == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a.safetensors", ("a.safetensors", 1.0)),
        ("a.safetensors:0.8", ("a.safetensors", 0.8)),
        ("C:\\a.safetensors", ("C:\\a.safetensors", 1.0)),
        ("C:\\a.safetensors:-1", ("C:\\a.safetensors", -1.0)),
        (":0.5", (":0.5", 1.0)),
    ],
)
def test_a_lora_may_carry_its_scale(text: str, value: tuple[str, float]) -> None:
    assert lora(text) == value


def test_a_file_that_is_called_so_is_no_scale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a:1").touch()
    assert lora("a:1") == ("a:1", 1.0)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    def screen(self) -> str:
        """Return what a person sees of the last line."""
        shown = ""
        for part in self.getvalue().split("\n")[-1].split("\r"):
            shown = part + shown[len(part) :]
        return shown.rstrip()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_on_a_terminal_one_line_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    stream, clock = Terminal(), Clock()
    progress = Progress(stream, 3, clock)
    progress.begin(1)
    progress.loading(0.0)
    assert stream.screen() == "1/3 .................... loading the model"
    clock.now += 1
    progress.loading(0.5)
    assert stream.screen() == "1/3 ##########.......... loading the model, 50%"
    clock.now += 1
    progress.step(6, 12, 41.0)
    assert stream.screen() == "1/3 ##########.......... step 6 of 12, 41 s left"
    progress.step(7, 12, 30.0)
    assert "step 6" in stream.screen(), "drawn more than ten times a second"
    progress.step(12, 12, 5.0)
    assert stream.screen() == "1/3 #################### decoding, 5 s left"
    progress.finished(60)
    progress.tell("a world")
    assert stream.getvalue().endswith("\ra world\n") and stream.screen() == ""
    progress.begin(2)
    clock.now += 1
    progress.step(1, 12, 40.0)
    assert stream.screen() == "2/3 ##.................. step 1 of 12, 40 s left, 1 min 40 s for all"
    progress.close()
    assert stream.screen() == "" and stream.getvalue().count("\n") == 1


@pytest.mark.parametrize("columns", [10, 20, 30, 40, 79])
def test_the_line_never_wraps(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(columns))
    stream = Terminal()
    progress = Progress(stream)
    progress.step(3, 12, 7000.0)
    progress.close()
    assert all(len(part) < columns for part in stream.getvalue().split("\r"))


def test_elsewhere_a_line_is_written_now_and_then() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = Progress(stream, 1, clock)
    progress.loading(0.0)
    for step in range(1, 31):
        clock.now += 1
        progress.step(step, 30, 30.0 - step)
    progress.close()
    assert stream.getvalue().splitlines() == [
        "loading the model",
        "step 1 of 30, 29 s left",
        "step 16 of 30, 14 s left",
    ]


def test_a_dumb_terminal_gets_lines_and_nobody_gets_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    Progress(stream).step(1, 2, None)
    assert stream.getvalue() == "step 1 of 2\n"
    quiet = Progress(None)
    quiet.loading(0)
    quiet.step(1, 2, 3)
    quiet.tell("x")
    quiet.close()


def test_times_and_bars_are_as_a_person_says_them() -> None:
    said = [duration(s) for s in (-1, 0.4, 41, 99.4, 100, 180, 601, 5999, 6000, 7500)]
    assert said == ["0 s", "0 s", "41 s", "99 s", "1 min 40 s", "3 min", "10 min", "99 min",
                    "1 h 40 min", "2 h 5 min"]  # fmt: skip
    assert (bar(2, 10), bar(-1, 10), bar(0.5, 5)) == ("##########" + " ", ".........." + " ", "")


@pytest.fixture
def handlers() -> Iterator[tuple[object, ...]]:
    """The handlers of this process, which come back after a test that was 'cancelled'."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield tuple(before.values())
    for number, handler in before.items():
        signal.signal(number, handler)


def handlers_now() -> tuple[object, ...]:
    return signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_raises_once_and_the_next_one_kills(
    number: signal.Signals, code: int, handlers: tuple[object, ...]
) -> None:
    with cancellable() as cancellation:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        assert cancellation.exit_code == code
        assert handlers_now() == (signal.SIG_DFL, signal.SIG_DFL)
        with pytest.raises(KeyboardInterrupt):
            cancellation.check()
    assert handlers_now() == (signal.SIG_DFL, signal.SIG_DFL), "it would break what runs at exit"


def test_without_a_signal_the_handlers_come_back(handlers: tuple[object, ...]) -> None:
    with cancellable() as cancellation:
        assert handlers_now() != handlers
        cancellation.check()
    assert handlers_now() == handlers


def test_a_signal_waits_for_what_is_held(handlers: tuple[object, ...]) -> None:
    done = False
    with cancellable() as cancellation, pytest.raises(KeyboardInterrupt):
        with cancellation.held():
            signal.raise_signal(signal.SIGTERM)
            done = True
        raise AssertionError("it went on after what was held")
    assert done


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with cancellable() as cancellation:
            os.kill(os.getpid(), signal.SIGINT)
            assert not cancellation.signal
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_every_line_of_the_how_to_is_one_that_generate_takes() -> None:
    text = (Path(__file__).parents[2] / "docs" / "generating.md").read_text(encoding="utf-8")
    lines = re.findall(r"depthfusion (generate [^|&)\n]+)", "\n".join(
        line for line in text.splitlines() if line.startswith("    ")
    ))  # fmt: skip
    assert len(lines) >= 9
    for line in lines:
        options = build_parser("generate").parse_args(shlex.split(line))
        assert len(options.prompt) + bool(options.prompts) + bool(options.like) >= 1
