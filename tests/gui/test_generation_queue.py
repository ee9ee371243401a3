"""The queue of the window, with a worker that only writes down what it is told."""

from __future__ import annotations

from typing import Any, cast

import pytest
from PySide6.QtCore import QObject, Signal

from depthfusion.framing import FramingError
from depthfusion.generator.events import Failed, Failure, Finished, Loading, Preview, Step
from depthfusion.generator.request import AnyRequest, DepthRequest, Request
from depthfusion.gui.generation_queue import GenerationQueue
from depthfusion.gui.worker_link import WorkerLink

pytestmark = pytest.mark.usefixtures("qapp")


class Pretended(QObject):
    spoke = Signal(object)
    freed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.started: list[str] = []
        self.cancels = 0
        self.busy = False
        self.refuses = False

    def start(self, request: AnyRequest) -> None:
        if self.refuses:
            raise FramingError("want a shorter prompt")
        assert not self.busy
        self.busy = True
        self.started.append(named(request))

    def cancel(self) -> None:
        self.cancels += 1

    def end(self) -> None:
        self.busy = False
        self.freed.emit()


def named(request: AnyRequest) -> str:
    return request.prompt if isinstance(request, Request) else str(request.path)


class Bench:
    def __init__(self) -> None:
        self.link = Pretended()
        self.queue = GenerationQueue(cast(WorkerLink, self.link))
        self.heard: list[tuple[Any, ...]] = []
        queue = self.queue
        queue.began.connect(lambda job: self._note("began", job))
        queue.progressed.connect(lambda job, event: self._note("progressed", job, event))
        queue.previewed.connect(lambda job, event: self._note("previewed", job, event))
        queue.made.connect(lambda job, event: self._note("made", job, event))
        queue.failed.connect(lambda job, event: self._note("failed", job, event))
        queue.cancelled.connect(lambda job: self._note("cancelled", job))

    def _note(self, what: str, job: Any, event: Any = None) -> None:
        self.heard.append((what, named(job.request), *(() if event is None else (event,))))

    def add(self, *prompts: str) -> list[int]:
        return [self.queue.add(Request(prompt)).number for prompt in prompts]

    @property
    def waiting(self) -> list[str]:
        return [job.request.prompt for job in self.queue.waiting]

    def finish(self, image: int = 0, count: int = 1) -> Finished:
        event = Finished(cast(Any, None), image, count)
        self.link.spoke.emit(event)
        return event


def test_jobs_are_made_one_after_the_other() -> None:
    bench = Bench()
    bench.add("a", "b", "c")
    assert (bench.link.started, bench.waiting) == (["a"], ["b", "c"])
    bench.finish()
    assert bench.link.started == ["a"]  # the worker has not let go yet
    bench.link.end()
    assert (bench.link.started, bench.waiting) == (["a", "b"], ["c"])


def test_events_come_with_their_job() -> None:
    bench = Bench()
    bench.add("a")
    step, loading = Step(1, 4), Loading("m", 0.5)
    preview = Preview(1, 4, 0, cast(Any, None), cast(Any, None))
    for event in (loading, step, preview):
        bench.link.spoke.emit(event)
    done = bench.finish()
    assert bench.heard == [
        ("began", "a"), ("progressed", "a", loading), ("progressed", "a", step),
        ("previewed", "a", preview), ("made", "a", done),
    ]  # fmt: skip
    assert bench.queue.current is None


def test_a_job_of_several_pictures_ends_with_its_last() -> None:
    bench = Bench()
    bench.add("a")
    bench.finish(0, 2)
    assert bench.queue.current is not None
    bench.finish(1, 2)
    assert bench.queue.current is None
    assert [entry[0] for entry in bench.heard] == ["began", "made", "made"]


def test_cancelling_is_told_at_once_and_the_next_waits_for_the_worker() -> None:
    bench = Bench()
    bench.add("a", "b")
    bench.queue.cancel()
    assert bench.heard[-1] == ("cancelled", "a")
    assert bench.link.cancels == 1 and bench.link.started == ["a"]
    bench.link.spoke.emit(Step(1, 2))  # was on its way
    assert bench.heard[-1] == ("cancelled", "a")
    bench.link.end()
    assert bench.link.started == ["a", "b"]
    assert bench.queue.current is not None and bench.queue.current.request.prompt == "b"


def test_cancelling_with_nothing_to_cancel_does_nothing() -> None:
    bench = Bench()
    bench.queue.cancel()
    assert bench.link.cancels == 0 and not bench.heard


def test_waiting_jobs_are_moved_and_taken_out() -> None:
    bench = Bench()
    _, b, c, d = bench.add("a", "b", "c", "d")
    bench.queue.move(d, 0)
    assert bench.waiting == ["d", "b", "c"]
    bench.queue.move(b, 99)
    assert bench.waiting == ["d", "c", "b"]
    bench.queue.remove(c)
    bench.queue.remove(c)
    assert bench.waiting == ["d", "b"]
    bench.queue.clear()
    assert bench.waiting == [] and bench.link.started == ["a"]


def test_a_failure_holds_the_rest_until_it_is_told_to_go_on() -> None:
    bench = Bench()
    bench.add("a", "b")
    failed = Failed("no model", Failure.MODEL)
    bench.link.spoke.emit(failed)
    bench.link.end()
    assert bench.heard[-1] == ("failed", "a", failed)
    assert bench.queue.held and bench.link.started == ["a"]
    bench.queue.resume()
    assert bench.link.started == ["a", "b"] and not bench.queue.held


def test_a_new_job_lets_a_held_queue_go_on_in_order() -> None:
    bench = Bench()
    bench.add("a", "b")
    bench.link.spoke.emit(Failed("crashed", Failure.CRASH))
    bench.link.end()
    bench.add("c")
    assert (bench.link.started, bench.waiting) == (["a", "b"], ["c"])


def test_what_cannot_be_sent_fails_like_everything_else() -> None:
    bench = Bench()
    bench.link.refuses = True
    bench.add("a")
    what, prompt, event = bench.heard[-1]
    assert (what, prompt, event.message) == ("failed", "a", "want a shorter prompt")
    assert bench.queue.current is None


def test_jobs_for_depth_take_their_turn_among_worlds() -> None:
    bench = Bench()
    bench.add("a")
    bench.queue.add(DepthRequest("harbour.jpg"))
    bench.add("b")
    for _ in range(3):
        bench.finish()
        bench.link.end()
    assert bench.link.started == ["a", "harbour.jpg", "b"]
    assert [what for what, *_ in bench.heard].count("made") == 3
