"""docs/generator.md says what the code does: its examples run, its numbers are the code's."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType

import pytest

from depthfusion import framing
from depthfusion.generator import outbox, pace, protocol, worker
from depthfusion.generator.child import WORKER_FLAG, WORKER_MARK
from depthfusion.generator.client import WorkerClient
from depthfusion.generator.events import Failure
from depthfusion.generator.request import Request

PAGE = (Path(__file__).parents[2] / "docs" / "generator.md").read_text(encoding="utf-8")


def test_the_examples_run(
    client: WorkerClient, request_of: Callable[..., Request], tiny: ModuleType, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    small = {"defaults": {"steps": 2, "width": 128, "height": 64}}
    folder = tiny.tiny_model(tmp_path / "small", info=small)
    monkeypatch.setattr("depthfusion.generator.warm.default_model", lambda: str(folder))
    here, there = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {}
    exec(here, names)
    assert capsys.readouterr().out.splitlines() == [
        "1/2: step 1 of 2", "1/2: step 2 of 2", "(64, 128, 3) 7",
        "2/2: step 1 of 2", "2/2: step 2 of 2", "(64, 128, 3) 8",
    ]  # fmt: skip
    monkeypatch.setattr("depthfusion.generator.client.WorkerClient", lambda: nullcontext(client))
    names["Request"] = lambda *_, **__: request_of(steps=2)
    exec(there, names)
    assert capsys.readouterr().out.split() == ["Step", "Step", "Finished"]


@pytest.mark.parametrize(
    "says",
    [
        f"killed {protocol.CANCEL_GRACE_S:g} s after",
        f"leaves within {worker._LEAVE_WITHIN_S:g} s",
        f"nice {worker._NICENESS}",
        f"exit code {worker.EXIT_FAULT}",
        f"the version is {framing.PROTOCOL_VERSION}",
        f"{framing.MAX_LINE_BYTES // 2**20} MiB a line",
        f"{framing.MAX_ARRAYS_BYTES // 2**20} MiB of arrays",
        f"with {outbox.MAX_RESULTS} results unsent",
        f"a guess of {pace.FIRST_GUESS_OF_TAIL_STEPS:g} steps",
        f"`{WORKER_MARK}`",
        f"`{WORKER_FLAG}`",
        *(f"| `{kind.value}` |" for kind in Failure),
    ],
)
def test_the_page_has_the_codes_own_numbers_and_words(says: str) -> None:
    assert says in PAGE


def test_what_a_window_imports_brings_no_torch() -> None:
    names = ("client", "protocol", "latent", "warm", "worker", "repeat")
    program = "import sys\n" + "".join(f"import depthfusion.generator.{name}\n" for name in names)
    program += (
        "print([n for n in ('torch', 'diffusers', 'transformers', 'PySide6') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
