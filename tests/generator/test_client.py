"""A request through the worker process: the same bits, and every way in which it can go wrong."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest

from depthfusion.generator.child import WORKER_MARK
from depthfusion.generator.client import WorkerClient
from depthfusion.generator.events import (
    Event,
    Failed,
    Failure,
    Finished,
    Loading,
    Preview,
    Step,
)
from depthfusion.generator.latent import LatentGenerator
from depthfusion.generator.request import AnyRequest, Request
from depthfusion.generator.worker_process import MAX_WAITING_EVENTS, WorkerProcess

RequestOf = Callable[..., Request]
CANCELLED_WITHIN_S = 2.0
LONG = {"steps": 1000, "width": 256, "height": 128}
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="uses Linux's limits and signals")


def kinds(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def up_to(events: Iterator[Event], kind: type[Event], index: int = 0) -> Event:
    """Return the first event of a kind whose index is at least `index`."""
    for event in events:
        if isinstance(event, kind) and getattr(event, "index", 0) >= index:
            return event
        assert not isinstance(event, Failed), event.message + event.details
    raise AssertionError(f"no {kind.__name__} came")


def ended_within_s(pid: int) -> float:
    """Wait until a process is gone and return how long that took, at most 10 s."""
    start_s = time.monotonic()
    while psutil.pid_exists(pid) and time.monotonic() < start_s + 10:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                break
        except psutil.NoSuchProcess:
            break
        time.sleep(0.01)
    return time.monotonic() - start_s


def test_the_worker_gives_the_same_bits_as_this_process_amid_stray_prints(
    client: WorkerClient, generator: LatentGenerator, request_of: RequestOf
) -> None:
    request = request_of(count=2)
    there, here = (
        [event for event in source.generate(request) if isinstance(event, Finished)]
        for source in (client, generator)
    )
    assert len(there) == len(here) == 2
    for a, b in zip(there, here, strict=True):
        assert a.panorama.depth is not None and b.panorama.depth is not None
        assert np.array_equal(a.panorama.color, b.panorama.color)
        assert np.array_equal(a.panorama.depth, b.panorama.depth)
        assert a.panorama.provenance == b.panorama.provenance
        assert (a.image, a.seam_color, a.notes) == (b.image, b.seam_color, b.notes)


def test_the_second_request_finds_the_model_warm(
    client: WorkerClient, request_of: RequestOf
) -> None:
    pid = client.pid
    assert kinds(list(client.generate(request_of()))) == ["Step"] * 3 + ["Finished"]
    assert client.pid == pid


def test_cancelling_from_another_thread_stops_within_a_step_and_keeps_the_model(
    client: WorkerClient, request_of: RequestOf
) -> None:
    pid, events = client.pid, client.generate(request_of(**LONG))
    up_to(events, Step, 2)
    canceller = threading.Timer(0.05, client.cancel)
    canceller.start()
    rest = list(events)  # ends by itself, without Finished or Failed
    canceller.join()
    assert set(kinds(rest)) <= {"Step"}
    # Not killed, and idle within its grace: the next request begins with a step.
    assert kinds(list(client.generate(request_of()))) == ["Step"] * 3 + ["Finished"]
    assert client.pid == pid


def test_closing_the_iterator_cancels_and_an_old_one_takes_nothing_from_the_new(
    client: WorkerClient, request_of: RequestOf
) -> None:
    pid, old = client.pid, client.generate(request_of(**LONG))
    up_to(old, Step)
    new = client.generate(request_of(seed=1))
    assert list(old) == []
    closed = client.generate(request_of(**LONG))
    closed.close()
    assert list(new) == []  # it was cancelled by the one that was closed
    last = list(client.generate(request_of(seed=2)))[-1]
    assert isinstance(last, Finished)
    assert last.panorama.provenance.generation["seed"] == 2
    assert client.pid == pid


def test_previews_come_at_most_ten_a_second(client: WorkerClient, request_of: RequestOf) -> None:
    events = client.generate(request_of(steps=30, previews=True))
    start_s = time.monotonic()
    previews = [event for event in events if isinstance(event, Preview)]
    assert 1 <= len(previews) <= 2 + (time.monotonic() - start_s) / 0.1
    assert all(p.color.shape[:2] == p.depth.shape for p in previews)


def test_who_reads_slowly_gets_the_newest_steps_and_nothing_piles_up(
    client: WorkerClient, request_of: RequestOf
) -> None:
    events = client.generate(request_of(steps=300, previews=True))
    first = up_to(events, Step)
    time.sleep(1.5)
    waiting = [next(events) for _ in range(4)]
    newest = max(e.index for e in waiting if isinstance(e, Step | Preview))
    assert isinstance(first, Step)
    assert newest > first.index + MAX_WAITING_EVENTS or any(
        isinstance(event, Finished) for event in waiting
    )
    events.close()


def test_a_refusal_comes_through_with_its_kind_and_exit_code(
    client: WorkerClient, request_of: RequestOf
) -> None:
    [failed] = client.generate(request_of(model="no/such-model"))
    assert isinstance(failed, Failed)
    assert (failed.kind, failed.exit_code) == (Failure.MODEL, 66)
    assert "no/such-model" in failed.message
    assert "Traceback" in failed.details


def test_a_request_that_cannot_be_sent_fails_and_the_next_one_works(
    client: WorkerClient, request_of: RequestOf
) -> None:
    [failed] = client.generate(request_of(prompt="x" * 2**20))
    assert isinstance(failed, Failed) and failed.kind is Failure.REQUEST
    assert isinstance(list(client.generate(request_of()))[-1], Finished)


@LINUX
def test_out_of_memory_is_told_as_that_and_a_smaller_picture_works_at_once(
    client: WorkerClient, request_of: RequestOf
) -> None:
    import resource

    pid = client.pid
    assert pid is not None
    before = resource.prlimit(pid, resource.RLIMIT_AS)
    space = psutil.Process(pid).memory_info().vms
    resource.prlimit(pid, resource.RLIMIT_AS, (space + 4_000_000, before[1]))
    try:
        failed = list(client.generate(request_of(steps=1, width=1024, height=512)))[-1]
    finally:
        resource.prlimit(pid, resource.RLIMIT_AS, before)
    assert isinstance(failed, Failed)
    assert failed.kind is Failure.MEMORY, failed.message + failed.details
    assert "smaller size" in failed.message and "1024x512" in failed.message
    assert kinds(list(client.generate(request_of()))) == ["Step"] * 3 + ["Finished"]
    assert client.pid == pid


@pytest.fixture(scope="session")
def after_a_kill(client: WorkerClient, request_of: RequestOf) -> tuple[list[Event], list[Event]]:
    """What came after the worker was killed in a step: in that request, and in the next."""
    events = client.generate(request_of(**LONG))
    up_to(events, Step, 3)
    killed = client.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    rest = list(events)
    again = list(client.generate(request_of()))
    assert client.pid != killed
    return rest, again


@pytest.mark.slow
def test_a_worker_killed_in_a_step_is_a_crash_and_the_next_request_works(
    after_a_kill: tuple[list[Event], list[Event]],
) -> None:
    (*steps, failed), again = after_a_kill
    assert set(kinds(steps)) <= {"Step"}
    assert isinstance(failed, Failed)
    assert failed.kind is Failure.CRASH and "signal 9" in failed.message
    assert isinstance(again[0], Loading) and isinstance(again[-1], Finished)


@contextmanager
def loading_client(request: Request) -> Iterator[tuple[WorkerClient, Iterator[Event], int]]:
    """A client whose worker has just begun to load: cheap, for what needs no picture."""
    with WorkerClient() as client:
        events = client.generate(request)
        assert isinstance(next(events), Loading)
        pid = client.pid
        assert pid is not None
        yield client, events, pid


@LINUX
def test_a_crash_in_a_library_leaves_its_last_words_in_the_details(request_of: RequestOf) -> None:
    with loading_client(request_of()) as (_, events, pid):
        os.kill(pid, signal.SIGSEGV)
        *_, failed = events
        assert isinstance(failed, Failed)
        assert failed.kind is Failure.CRASH and "signal 11" in failed.message
        assert "Segmentation fault" in failed.details


@LINUX
def test_a_worker_that_stopped_is_killed_within_two_seconds_of_cancelling(
    request_of: RequestOf,
) -> None:
    with loading_client(request_of()) as (client, events, pid):
        os.kill(pid, signal.SIGSTOP)
        start_s = time.monotonic()
        client.cancel()
        assert set(kinds(list(events))) <= {"Loading"}
        assert time.monotonic() - start_s < 0.5  # who waited is free at once
        assert ended_within_s(pid) < CANCELLED_WITHIN_S
        [failed] = client.generate(Request("  "))
        assert isinstance(failed, Failed) and failed.kind is Failure.REQUEST
        assert client.pid != pid


@LINUX
def test_a_new_request_does_not_wait_longer_than_two_seconds_for_a_stopped_worker(
    request_of: RequestOf,
) -> None:
    with loading_client(request_of()) as (client, _, pid):
        os.kill(pid, signal.SIGSTOP)
        start_s = time.monotonic()
        [failed] = client.generate(Request("  "))
        assert isinstance(failed, Failed) and failed.kind is Failure.REQUEST
        assert time.monotonic() - start_s < CANCELLED_WITHIN_S + 1.0  # and a worker's start
        assert client.pid != pid


@LINUX
def test_closing_ends_even_a_stopped_worker_within_two_seconds(request_of: RequestOf) -> None:
    with loading_client(request_of()) as (client, _, pid):
        os.kill(pid, signal.SIGSTOP)
        start_s = time.monotonic()
        client.close()
        assert time.monotonic() - start_s < CANCELLED_WITHIN_S
        assert not psutil.pid_exists(pid)


@LINUX
def test_a_request_too_long_for_the_pipe_of_a_stopped_worker_can_be_cancelled() -> None:
    with WorkerClient() as client:
        [failed] = client.generate(Request("  "))
        pid = client.pid
        assert isinstance(failed, Failed) and pid is not None
        os.kill(pid, signal.SIGSTOP)
        threading.Timer(0.1, client.cancel).start()
        assert list(client.generate(Request("x" * 900_000))) == []
        assert ended_within_s(pid) < CANCELLED_WITHIN_S


def test_a_worker_that_died_while_idle_is_replaced_without_a_failure() -> None:
    with WorkerClient() as client:
        [refused] = client.generate(Request("  "))
        pid = client.pid
        assert pid is not None
        os.kill(pid, signal.SIGTERM)
        ended_within_s(pid)
        time.sleep(0.1)
        [again] = client.generate(Request("  "))
        assert again == refused or again.message == refused.message
        assert client.pid != pid


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("import sys; sys.exit('no torch today')", "exit code 1"),
        ("print('nonsense\\n' * 200_000)", "greeting"),
        ('print(\'{"kind": "hello", "protocol": 1}\\nnonsense\', flush=True); input()', "message"),
        ('print(\'{"kind": "hello", "protocol": 0}\', flush=True); input()', "updated"),
        ("import os; os.close(1); import time; time.sleep(60)", "ended"),
    ],
    ids=["dies", "prints", "nonsense", "version", "closes-stdout"],
)
def test_another_program_in_its_place_is_one_clear_failure(program: str, says: str) -> None:
    with WorkerClient(command=[sys.executable, "-c", program]) as client:
        start_s = time.monotonic()
        [failed] = client.generate(Request("a lake"))
        assert time.monotonic() - start_s < 5
    assert isinstance(failed, Failed) and failed.kind is Failure.CRASH
    assert "\n" not in failed.message
    assert says in failed.message
    if says == "exit code 1":
        assert "no torch today" in failed.details


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("import sys; sys.exit('no torch today')", "exit code 1"),
        ('print(\'{"kind": "hello", "protocol": 0}\', flush=True); input()', "updated"),
    ],
    ids=["dies", "version"],
)
def test_one_that_ends_before_it_is_asked_is_a_clear_failure_too(
    program: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class AskedLate(WorkerProcess):
        def start(self, request: AnyRequest) -> int | None:
            with self._changed:
                assert self._changed.wait_for(lambda: self._protocol.broken, 20)
            return super().start(request)

    monkeypatch.setattr("depthfusion.generator.client.WorkerProcess", AskedLate)
    with WorkerClient(command=[sys.executable, "-c", program]) as client:
        [failed] = client.generate(Request("a lake"))
    assert isinstance(failed, Failed) and failed.kind is Failure.CRASH
    assert says in failed.message


def test_a_program_that_is_not_there_is_one_clear_failure(tmp_path: Path) -> None:
    with WorkerClient(command=[str(tmp_path / "none")]) as client:
        [failed] = client.generate(Request("a lake"))
    assert isinstance(failed, Failed) and "cannot start" in failed.message


def test_a_worker_starts_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WORKER_MARK, "1")
    with WorkerClient() as client:
        [failed] = client.generate(Request("a lake"))
        assert isinstance(failed, Failed) and client.pid is None


def test_nothing_is_started_before_the_first_event_is_asked_for() -> None:
    with WorkerClient() as client:
        client.cancel()
        events = client.generate(Request("a lake"))
        client.cancel()
        assert list(events) == []
        assert client.pid is None


def test_a_client_that_was_dropped_is_complained_about() -> None:
    client = WorkerClient()
    list(client.generate(Request("  ")))
    worker = client._worker
    assert worker is not None
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        del client
    assert [w.category for w in told] == [ResourceWarning]
    worker.close()
