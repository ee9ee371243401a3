"""Depth for pictures without one, by a tiny real network: here and through the worker."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from depthfusion.errors import UsageError
from depthfusion.generator import both
from depthfusion.generator.both import BothGenerators
from depthfusion.generator.client import WorkerClient
from depthfusion.generator.estimator import DepthEstimator
from depthfusion.generator.events import Event, Failed, Failure, Finished, Loading, Step
from depthfusion.generator.latent import LatentGenerator
from depthfusion.generator.request import DepthRequest, Request
from depthfusion.panorama import Panorama
from tests.ldm3d.depth.tiny_networks import tiny_network

RequestOf = Callable[..., Request]
GPANO = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    'syntax-ns#"><rdf:Description xmlns:GPano="http://ns.google.com/photos/1.0/panorama/" '
    'GPano:ProjectionType="equirectangular" GPano:FullPanoWidthPixels="256" '
    'GPano:FullPanoHeightPixels="128" GPano:CroppedAreaImageWidthPixels="128" '
    'GPano:CroppedAreaImageHeightPixels="64" GPano:CroppedAreaLeftPixels="64" '
    'GPano:CroppedAreaTopPixels="32"/></rdf:RDF></x:xmpmeta>'
)


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_network("dpt", tmp_path_factory.mktemp("network"))


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A panorama, a part of one, a photo, a pair beside each other."""
    folder = tmp_path_factory.mktemp("pictures")
    noise = np.random.default_rng(5).integers(0, 255, (128, 256, 3), np.uint8)
    Image.fromarray(noise).save(folder / "square.png")
    Image.fromarray(noise).save(folder / "pair.png")
    Image.fromarray(noise[..., 0]).save(folder / "pair_depth.png")
    Image.fromarray(noise[:, :170]).save(folder / "photo.png")
    Image.fromarray(noise[:64, :128]).save(folder / "part.jpg", xmp=GPANO.encode(), quality=95)
    return folder


@pytest.fixture(scope="session")
def ask(network: Path, pictures: Path) -> Callable[..., DepthRequest]:
    def made(name: str = "square.png", **more: object) -> DepthRequest:
        return DepthRequest(str(pictures / name), str(network), **more)  # type: ignore[arg-type]

    return made


@pytest.fixture(scope="session")
def estimator() -> DepthEstimator:
    return DepthEstimator()


AskOf = Callable[..., DepthRequest]


def last(events: Iterator[Event]) -> Finished:
    *_, event = events
    assert isinstance(event, Finished), event
    return event


def depth_of(panorama: Panorama) -> np.ndarray:
    assert panorama.depth is not None
    return panorama.depth


def test_a_request_survives_the_wire_and_nonsense_does_not(ask: AskOf) -> None:
    request = ask(panorama=True, detail=2)
    assert DepthRequest.from_dict(request.to_dict()) == request
    for bad in ({"path": 5}, {"detail": None}, {"detail": True}, {"prompt": "x"}):
        with pytest.raises(UsageError, match="want a request's fields"):
            DepthRequest.from_dict(bad)


def test_a_panorama_gets_depth_by_tiles_and_the_network_stays_warm(ask: AskOf) -> None:
    estimator = DepthEstimator()
    first, again = list(estimator.estimate(ask())), list(estimator.estimate(ask()))
    assert isinstance(first[0], Loading) and first[0].model == ask().model
    steps = [event for event in first if isinstance(event, Step)]
    assert [step.index for step in steps] == list(range(1, 18))  # and one for the merging
    assert not any(isinstance(event, Loading) for event in again)
    made = last(iter(first)).panorama
    assert depth_of(made).shape == made.color.shape[:2] and made.holes is None
    assert np.ptp(depth_of(made)) > 0.5
    assert np.array_equal(depth_of(made), depth_of(last(iter(again)).panorama))
    assert made.title == "square"
    assert made.provenance.generation["depth"]["tiles"] == 16
    assert not any("has no depth map" in note for note in made.provenance.notes)
    estimator.release()
    assert isinstance(next(estimator.estimate(ask())), Loading)


def test_the_depth_map_beside_a_picture_is_left_aside(
    estimator: DepthEstimator, ask: AskOf
) -> None:
    alone, pair = (last(estimator.estimate(ask(name))) for name in ("square.png", "pair.png"))
    assert np.array_equal(depth_of(alone.panorama), depth_of(pair.panorama))


def test_a_part_of_the_sphere_is_looked_at_as_a_picture_and_the_rest_is_a_hole(
    estimator: DepthEstimator, ask: AskOf
) -> None:
    event = last(estimator.estimate(ask("part.jpg")))
    made = event.panorama
    assert made.color.shape == (128, 256, 3) and made.holes is not None
    assert not made.holes[32:96, 64:192].any()
    assert made.holes.sum() == 128 * 256 - 64 * 128
    assert made.provenance.generation["depth"]["tiles"] == 1
    assert any("part of the sphere" in note for note in event.notes)


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        ({"name": "nothing.png"}, Failure.REQUEST, "nothing.png"),
        ({"name": "photo.png"}, Failure.REQUEST, "an ordinary photo cannot be stood in"),
        ({"gives": "nonsense"}, Failure.REQUEST, "want gives as"),
        ({"detail": 9}, Failure.REQUEST, "detail"),
    ],
)
def test_what_cannot_be_is_one_line(
    estimator: DepthEstimator, ask: AskOf, change: dict[str, object], kind: Failure, says: str
) -> None:
    *_, failed = estimator.estimate(ask(**change))
    assert isinstance(failed, Failed) and failed.kind is kind
    assert says in failed.message and "\n" not in failed.message


def test_without_a_network_it_says_how_to_get_one(
    estimator: DepthEstimator, pictures: Path
) -> None:
    [failed] = estimator.estimate(DepthRequest(str(pictures / "square.png"), "no/such-network"))
    assert isinstance(failed, Failed)
    assert (failed.kind, failed.exit_code) == (Failure.MODEL, 66)
    assert "no/such-network" in failed.message


# Beside the model that makes worlds ----------------------------------------------------------


@pytest.fixture
def pair(
    generator: LatentGenerator, estimator: DepthEstimator, request_of: RequestOf, ask: AskOf
) -> BothGenerators:
    """Both warm."""
    both_of = BothGenerators(generator, estimator)
    for wish in (request_of(steps=1), ask()):
        last(both_of.events(wish))
    assert generator.is_warm and estimator.is_warm
    return both_of


def test_both_stay_loaded_while_there_is_room(
    pair: BothGenerators, request_of: RequestOf, ask: AskOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(both, "_free_bytes", lambda: both.GENERATE_ROOM_BYTES)
    for wish in (request_of(steps=1), ask(), request_of(steps=1)):
        assert not isinstance(next(pair.events(wish)), Loading)


def test_where_memory_is_short_one_makes_room_for_the_other(
    pair: BothGenerators, request_of: RequestOf, ask: AskOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(both, "_free_bytes", lambda: both.ESTIMATE_ROOM_BYTES - 1)
    last(pair.events(request_of(steps=1)))
    assert pair.latent.is_warm and not pair.depth.is_warm
    last(pair.events(ask()))
    assert pair.depth.is_warm and not pair.latent.is_warm


def test_memory_that_runs_out_is_tried_once_more_without_the_other(
    pair: BothGenerators, ask: AskOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(both, "_free_bytes", lambda: 10**12)
    from ldm3d import depth

    really = depth.depth_steps
    calls: list[bool] = []

    def short(*args: object, **more: object) -> object:
        calls.append(pair.latent.is_warm)
        if pair.latent.is_warm:
            raise MemoryError
        return really(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(depth, "depth_steps", short)
    events = list(pair.events(ask()))
    assert calls == [True, False] and isinstance(events[-1], Finished)
    assert not any(isinstance(event, Failed) for event in events)


def test_if_it_runs_out_again_it_is_told_as_that(
    pair: BothGenerators, ask: AskOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(*_: object, **__: object) -> object:
        raise MemoryError

    monkeypatch.setattr("ldm3d.depth.depth_steps", short)
    [failed] = pair.events(ask())
    assert isinstance(failed, Failed) and failed.kind is Failure.MEMORY
    assert pair.depth.is_warm and not pair.latent.is_warm


# Through the worker --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def worker(client: WorkerClient, ask: AskOf) -> WorkerClient:
    """The client whose worker has a model, with a depth network beside it, amid stray prints."""
    last(client.estimate(ask()))
    return client


def test_the_worker_gives_the_same_bits(
    worker: WorkerClient, estimator: DepthEstimator, ask: AskOf
) -> None:
    pid = worker.pid
    there, here = last(worker.estimate(ask())), last(estimator.estimate(ask()))
    assert np.array_equal(depth_of(there.panorama), depth_of(here.panorama))
    assert there.panorama.provenance == here.panorama.provenance
    assert (there.seam_depth, there.notes) == (here.seam_depth, here.notes)
    assert worker.pid == pid


def test_cancelling_keeps_the_worker_and_its_network(
    worker: WorkerClient, ask: AskOf, request_of: RequestOf
) -> None:
    pid = worker.pid
    with closing(worker.estimate(ask(detail=3))) as events:
        assert isinstance(next(events), Step)
        threading.Timer(0.02, worker.cancel).start()
        assert all(isinstance(event, Step) for event in events)  # no end of its own
    assert isinstance(next(worker.estimate(ask())), Step)
    last(worker.generate(request_of()))
    assert worker.pid == pid


def test_cancelled_while_it_loads_the_next_one_takes_over(
    noise: dict[str, str], ask: AskOf
) -> None:
    with WorkerClient(environment=noise) as client:
        events = client.estimate(ask())
        assert isinstance(next(events), Loading)
        pid = client.pid
        events.close()
        last(client.estimate(ask()))
        assert client.pid == pid


def test_out_of_memory_is_told_as_that_and_the_worker_lives_on(
    worker: WorkerClient, ask: AskOf, tmp_path: Path
) -> None:
    import resource

    import psutil

    Image.new("RGB", (8192, 4096), "teal").save(tmp_path / "large.jpg")
    pid = worker.pid
    assert pid is not None
    before = resource.prlimit(pid, resource.RLIMIT_AS)
    space = psutil.Process(pid).memory_info().vms
    resource.prlimit(pid, resource.RLIMIT_AS, (space + 4_000_000, before[1]))
    try:
        failed = list(worker.estimate(ask(str(tmp_path / "large.jpg"))))[-1]
    finally:
        resource.prlimit(pid, resource.RLIMIT_AS, before)
    assert isinstance(failed, Failed)
    assert failed.kind is Failure.MEMORY, failed.message + failed.details
    last(worker.estimate(ask()))
    assert worker.pid == pid


def test_kill_9_is_told_and_the_next_estimate_starts_afresh(
    noise: dict[str, str], ask: AskOf
) -> None:
    with WorkerClient(environment=noise) as client:
        events = client.estimate(ask(detail=3))
        for event in events:
            if isinstance(event, Step):
                break
        pid = client.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        *_, failed = events
        assert isinstance(failed, Failed) and failed.kind is Failure.CRASH
        last(client.estimate(ask()))
        assert client.pid not in {None, pid}
