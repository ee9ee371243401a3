"""Whatever the line, the hub or the disk does: nothing wrong is kept, nothing right is lost."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server import (
    BLOCK_BYTES,
    MODEL,
    UNET,
    HubServer,
    model_files,
    paths_under,
    safetensors,
    wait_until,
)
from huggingface_hub import constants

from ldm3d.errors import DownloadError, ModelNotFoundError
from ldm3d.hub import Doing, Progress, client, download, find, look, transfer
from ldm3d.hub.listing import RemoteFile
from ldm3d.hub.transfer import Transfer

CONTENT = model_files()[UNET]
CHECKSUM = hashlib.sha256(CONTENT).hexdigest()


def fetched(seen: list[Progress] | None = None) -> Path:
    return download(MODEL, accept_licence=True, progress=None if seen is None else seen.append)


def assert_whole(folder: Path) -> None:
    assert {n: (folder / n).read_bytes() for n in paths_under(folder)} == model_files()


def test_a_line_cut_in_the_middle_is_gone_on_with_from_there(hub: HubServer) -> None:
    hub.fault(UNET, "cut", at=100_000)
    hub.fault(UNET, "cut", at=50_000)
    seen: list[Progress] = []
    assert_whole(fetched(seen))
    starts = [e.start for e in hub.gets(UNET)]
    assert starts[0] is None
    assert 0 < starts[1] <= 100_000 < starts[2] <= 150_000  # type: ignore[operator]
    assert hub.sent_bytes[UNET] < len(CONTENT) + 2 * 64 * 1024
    assert Doing.WAIT in {p.doing for p in seen}


def test_a_line_that_only_fails_ends_with_one_line_and_keeps_what_arrived(
    hub: HubServer, cache: Path
) -> None:
    hub.fault(UNET, "cut", at=100_000)
    hub.fault(UNET, "cut", at=0, times=99)
    with pytest.raises(DownloadError, match=r"stopped at \d+ of .*goes on from there"):
        fetched()
    part = cache / "blobs" / f"{CHECKSUM}.incomplete"
    assert part.read_bytes() == CONTENT[: part.stat().st_size]
    kept = part.stat().st_size
    assert kept > 0
    assert len(hub.gets(UNET)) == 2 + transfer.MAX_FAILURES
    hub.faults.clear()
    assert_whole(fetched())
    assert hub.gets(UNET)[-1].start == kept


def test_wrong_bytes_are_thrown_away_and_never_appear_as_a_model(
    hub: HubServer, cache: Path
) -> None:
    hub.fault(UNET, "wrong-bytes", at=123_456)
    with pytest.raises(DownloadError, match="another checksum than the hub lists"):
        fetched()
    assert not (cache / "blobs" / CHECKSUM).exists()
    assert not (cache / "blobs" / f"{CHECKSUM}.incomplete").exists()
    with pytest.raises(ModelNotFoundError):
        find(MODEL)
    assert_whole(fetched())


def test_a_part_that_was_damaged_on_the_disk_is_found_and_fetched_anew(
    hub: HubServer, cache: Path
) -> None:
    part = cache / "blobs" / f"{CHECKSUM}.incomplete"
    part.parent.mkdir(parents=True)
    part.write_bytes(bytes(200_000))
    assert_whole(fetched())
    assert [e.start for e in hub.gets(UNET)] == [200_000, None]


@pytest.mark.parametrize("extra", [0, 1000])
def test_a_part_as_long_as_the_file_or_longer_is_checked_too(
    hub: HubServer, cache: Path, extra: int
) -> None:
    part = cache / "blobs" / f"{CHECKSUM}.incomplete"
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT + bytes(extra))
    assert_whole(fetched())
    assert len(hub.gets(UNET)) == (1 if extra else 0)


@pytest.mark.parametrize("kind", ["wrong-size", "longer"])
def test_another_size_than_listed_is_refused(hub: HubServer, cache: Path, kind: str) -> None:
    hub.fault(UNET, kind)
    with pytest.raises(DownloadError, match=rf"with {len(CONTENT)} bytes, the hub sends \d+"):
        fetched()
    parts = list((cache / "blobs").glob("*.incomplete"))
    assert all(p.stat().st_size <= len(CONTENT) for p in parts)
    assert_whole(fetched())


@pytest.mark.parametrize("name", [UNET, "vae/config.json"])
def test_a_file_without_end_is_not_read_to_its_end(hub: HubServer, name: str) -> None:
    hub.fault(name, "endless")
    with pytest.raises(DownloadError):
        fetched()
    assert hub.sent_bytes.get(name, 0) < 16 * 2**20  # of 64: what fits into the buffers on the way


def test_a_hub_that_ignores_ranges_makes_it_start_anew(hub: HubServer) -> None:
    hub.fault(UNET, "cut", at=100_000)
    hub.fault(UNET, "ignore-range")
    assert_whole(fetched())


def test_a_hub_that_sends_another_range_is_not_believed(hub: HubServer) -> None:
    hub.fault(UNET, "cut", at=100_000)
    hub.fault(UNET, "wrong-range")
    assert_whole(fetched())
    assert hub.gets(UNET)[-1].start is None


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_failure_that_may_pass_is_tried_again(hub: HubServer, status: int) -> None:
    hub.fault(UNET, "status", status=status, times=2)
    seen: list[Progress] = []
    assert_whole(fetched(seen))
    notes = [p.note for p in seen if p.doing is Doing.WAIT]
    assert notes == [f"HTTP {status}"] * 2


def test_a_hub_that_says_how_long_to_wait_is_obeyed(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(transfer.time, "sleep", waited.append)
    hub.fault(UNET, "status", status=429, retry_after="7")
    hub.fault(UNET, "status", status=429, retry_after="86400")
    assert_whole(fetched())
    assert waited == [7.0, transfer.LONGEST_WAIT_S]


def test_a_file_that_is_listed_and_not_there_is_one_line(hub: HubServer) -> None:
    hub.fault(UNET, "status", status=404)
    with pytest.raises(DownloadError, match=r"HTTP 404.*though it lists it"):
        fetched()


def test_a_gated_model_says_where_to_ask(hub: HubServer) -> None:
    hub.repos[MODEL].is_gated = True
    with pytest.raises(DownloadError, match=r"asks for permission first.*HF_TOKEN"):
        fetched()


def test_a_model_the_hub_does_not_have_is_not_found(hub: HubServer) -> None:
    with pytest.raises(ModelNotFoundError, match=r"no model nobody/nothing.*check the name"):
        look("nobody/nothing")
    with pytest.raises(ModelNotFoundError, match=r"did you mean Intel/ldm3d-pano"):
        look("Intel/ldm3d-panorama")
    with pytest.raises(ModelNotFoundError, match="has no revision v9"):
        look(MODEL, "v9")


def test_a_silent_line_times_out_and_is_tried_again(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 0.2)
    hub.fault(UNET, "hang", at=65_536)
    assert_whole(fetched())
    assert 0 < hub.gets(UNET)[-1].start <= 65_536  # type: ignore[operator]


def test_a_hub_that_never_answers_is_one_line_in_time(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 0.2)
    hub.fault(f"/api/{MODEL}", "silence", times=9)
    start = time.monotonic()
    with pytest.raises(DownloadError, match="cannot reach"):
        look(MODEL)
    assert time.monotonic() - start < 3


def test_a_page_of_another_network_is_not_taken_for_the_hub(hub: HubServer) -> None:
    hub.fault(f"/api/{MODEL}", "html")
    with pytest.raises(DownloadError, match="did not answer as a model hub does"):
        look(MODEL)
    hub.fault("vae/config.json", "html")
    with pytest.raises(DownloadError, match="another checksum"):
        look(MODEL)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "nonsense", "http://[::"])
def test_a_hub_that_is_not_there_is_one_line(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", url)
    with pytest.raises(DownloadError, match="check the network or HF_ENDPOINT"):
        look(MODEL)


def test_offline_mode_is_told_before_any_request(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(DownloadError, match="offline mode is on"):
        fetched()
    assert hub.log == []


def test_offline_a_model_that_is_here_is_still_found(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fetched()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert find(MODEL) == folder


def test_too_little_room_is_told_before_a_weight_is_sent(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ldm3d.hub.offer.free_bytes", lambda: 1000)
    with pytest.raises(DownloadError, match=r"GB more.*free: make room, or set HF_HOME"):
        fetched()
    assert hub.weight_bytes() == 0


def test_a_cache_that_cannot_be_written_is_one_line(hub: HubServer, tmp_path: Path) -> None:
    (tmp_path / "hub").write_text("a file where the folder should be")
    with pytest.raises(DownloadError, match="set HF_HOME to a folder that can be written"):
        fetched()


def test_two_downloads_of_one_model_do_not_write_into_each_other(hub: HubServer) -> None:
    hub.fault(UNET, "slow", wait_s=0.05)
    other = threading.Thread(target=fetched)
    other.start()
    wait_until(lambda: hub.sent_bytes.get(UNET))
    with pytest.raises(DownloadError, match="by another process"):
        fetched()
    other.join()
    assert_whole(find(MODEL))


def test_git_hashes_of_small_files_are_compared_too(hub: HubServer, tmp_path: Path) -> None:
    content = model_files()["tokenizer/vocab.json"]
    file = RemoteFile("tokenizer/vocab.json", len(content), "0" * 40)
    url = client.file_url(MODEL, hub.repos[MODEL].refs["main"], file.name)
    with pytest.raises(DownloadError, match="another checksum"):
        list(Transfer(url, tmp_path / "part", file, MODEL).run())


posix = pytest.mark.skipif(sys.platform == "win32", reason="no such signals and limits")

SCRIPT = f"""
import resource, sys
from ldm3d.errors import Ldm3dError
from ldm3d.hub import download
if len(sys.argv) > 1:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
try:
    print(download({MODEL!r}, accept_licence=True))
except KeyboardInterrupt:
    sys.exit(130)
except Ldm3dError as error:
    sys.exit(str(error))
"""


@pytest.fixture
def environment(hub: HubServer, tmp_path: Path) -> dict[str, str]:
    """What another process needs to use the same hub and cache."""
    changes = {
        "HF_ENDPOINT": hub.url,
        "HF_HUB_CACHE": str(tmp_path / "hub"),
        "HF_HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }
    return {k: v for k, v in os.environ.items() if not k.startswith("HF_")} | changes


@pytest.fixture
def slow_child(hub: HubServer, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A process in the middle of the largest file."""
    hub.fault(UNET, "slow", wait_s=0.1)
    child = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_until(lambda: hub.sent_bytes.get(UNET, 0) > 100_000)
    yield child
    child.kill()
    child.communicate(timeout=20)


def kept_bytes(cache: Path) -> int:
    return (cache / "blobs" / f"{CHECKSUM}.incomplete").stat().st_size


@posix
def test_a_killed_download_is_gone_on_with(
    hub: HubServer, cache: Path, slow_child: subprocess.Popen[str]
) -> None:
    slow_child.send_signal(signal.SIGKILL)
    slow_child.communicate(timeout=20)
    kept = kept_bytes(cache)
    assert 50_000 < kept < len(CONTENT)
    before = hub.sent_bytes[UNET]
    assert_whole(fetched())
    assert hub.gets(UNET)[-1].start == kept
    # What the server wrote to the dead process's socket is counted too, a block or two.
    assert hub.sent_bytes[UNET] - before <= len(CONTENT) - kept + 2 * BLOCK_BYTES


@posix
def test_ctrl_c_ends_a_download_at_once_and_keeps_what_arrived(
    hub: HubServer, cache: Path, slow_child: subprocess.Popen[str]
) -> None:
    start = time.monotonic()
    slow_child.send_signal(signal.SIGINT)
    slow_child.communicate(timeout=20)
    assert slow_child.returncode == 130
    assert time.monotonic() - start < 2
    kept = kept_bytes(cache)
    assert_whole(fetched())
    assert hub.gets(UNET)[-1].start == kept


def run_child(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments], env=environment, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip


@posix
def test_a_limit_on_file_sizes_is_told_as_a_full_disk(
    hub: HubServer, cache: Path, environment: dict[str, str]
) -> None:
    result = run_child(environment, "150000")
    assert result.returncode == 1
    assert "is full: make room" in result.stderr
    assert result.stderr.count("\n") == 1
    assert kept_bytes(cache) == 150_000
    assert_whole(fetched())
    assert hub.gets(UNET)[-1].start == 150_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 256 kB, where this process may mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no right to mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_fills_up_keeps_what_arrived(
    hub: HubServer, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(small_disk))
    with pytest.raises(DownloadError, match="GB free: make room"):
        fetched()
    monkeypatch.setattr("ldm3d.hub.offer.free_bytes", lambda: 10**12)
    with pytest.raises(DownloadError, match="is full: make room"):
        fetched()
    part = small_disk / "models--Intel--ldm3d-pano" / "blobs" / f"{CHECKSUM}.incomplete"
    kept = part.stat().st_size
    assert part.read_bytes() == CONTENT[:kept]
    subprocess.run(["mount", "-o", "remount,size=2m", str(small_disk)], check=True)
    assert_whole(fetched())
    assert hub.gets(UNET)[-1].start == kept


def test_a_change_of_the_repository_in_between_does_not_mix(hub: HubServer) -> None:
    offer = look(MODEL)
    hub.repos[MODEL].commit(model_files() | {UNET: safetensors(8, 400_000)})
    from ldm3d.hub import downloading

    list(downloading(offer))
    assert_whole(find(MODEL))
