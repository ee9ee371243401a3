import gc
import subprocess
import sys
import textwrap
import weakref
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ldm3d import memory
from ldm3d.errors import Ldm3dError, OutOfMemoryError, RequestError
from ldm3d.free_memory import cgroup_free_bytes, free_memory_bytes
from ldm3d.memory import (
    MemoryNeed,
    MemoryPlan,
    explained_out_of_memory,
    home_of_weights,
    in_words,
    plan_memory,
    weight_bytes,
)

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


class Network(torch.nn.Module):
    """A network of a given size that only notes where it is sent; `place` is a device here."""

    def __init__(self, size_bytes, place, **config):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.empty(size_bytes // 4, device="meta"))
        self.config = SimpleNamespace(**config)
        self.place = place
        self.moves = []

    def to(self, device):
        self.place = torch.device(device)
        self.moves.append(self.place.type)
        return self

    def parameters(self, recurse=True):
        # Storage-less, but claiming its place: there is no second device in these tests.
        yield SimpleNamespace(
            device=self.place, numel=self.weight.numel, element_size=self.weight.element_size
        )


def full_size_model(device, place=None, dtype=torch.bfloat16):
    """The sizes of LDM3D: 1.07 B parameters, 2.13 GB in bf16."""
    size, place = dtype.itemsize, place or device
    return SimpleNamespace(
        text_encoder=Network(123_100_000 * size, place),
        unet=Network(859_500_000 * size, place, block_out_channels=(320, 640, 1280, 1280)),
        vae=Network(83_700_000 * size, place, block_out_channels=(128, 256, 512, 512),
                    out_channels=4),
        device=device, dtype=dtype, factor=8, upsampler=None, passes=lambda width, height: 0,
    )  # fmt: skip


@pytest.fixture
def free(monkeypatch):
    def set_free(gigabytes, swap=0.0):
        monkeypatch.setattr(memory, "free_memory_bytes", lambda device: int(gigabytes * 1e9))
        monkeypatch.setattr(memory, "free_swap_bytes", lambda: int(swap * 1e9))

    return set_free


def test_with_enough_memory_nothing_is_done(free):
    free(24)
    for device in (CPU, CUDA):
        plan = plan_memory(full_size_model(device), 1024, 512, 1)
        assert plan == MemoryPlan(offload=False, tile=None)


def test_a_short_cpu_decodes_in_bands_and_the_shorter_the_smaller(free):
    tiles = []
    for gigabytes in (1.7, 1.2, 1.0, 0.95):
        free(gigabytes)
        tiles.append(plan_memory(full_size_model(CPU), 1024, 512, 1).tile)
    assert tiles[0] is not None
    assert tiles == sorted(tiles, reverse=True)
    assert tiles[-1] < tiles[0]


def test_swap_is_used_before_a_run_is_refused(free):
    free(0.3, swap=8)
    plan = plan_memory(full_size_model(CPU), 1024, 512, 1)
    assert not plan.offload
    assert plan.tile == memory.TILES[-1]


def test_a_run_that_cannot_fit_is_refused_with_figures_and_a_way_on(free):
    free(0.3)
    with pytest.raises(OutOfMemoryError) as caught:
        plan_memory(full_size_model(CPU), 4096, 2048, 1)
    text = str(caught.value)
    assert "4096x2048" in text
    assert "300 MB are free" in text
    assert "smaller size" in text
    assert "\n" not in text


def test_a_gpu_with_little_memory_keeps_one_network_at_a_time(free):
    free(2.5)  # nothing loaded yet: the weights alone are 2.13 GB
    plan = plan_memory(full_size_model(CUDA, place=CPU), 1024, 512, 1)
    assert plan.offload
    free(0.4)  # the weights are on it already, 2.5 GB in all: the others have to leave
    assert plan_memory(full_size_model(CUDA), 1024, 512, 1).offload


def test_little_memory_is_used_where_that_is_wanted_and_no_time_lost_where_not(free):
    free(24)
    plan = plan_memory(full_size_model(CPU), 1024, 512, 1, low_memory=True)
    assert plan == MemoryPlan(offload=False, tile=memory.FEW_ROWS)
    assert plan_memory(full_size_model(CUDA), 1024, 512, 1, low_memory=True).offload
    assert plan_memory(full_size_model(CPU), 128, 64, 1, low_memory=True).tile == 4
    fast = MemoryPlan(offload=False, tile=None)
    assert plan_memory(full_size_model(CUDA), 1024, 512, 1, low_memory=False) == fast
    free(1.2)
    assert plan_memory(full_size_model(CPU), 1024, 512, 1).tile is not None
    for device in (CPU, CUDA):
        with pytest.raises(OutOfMemoryError):
            plan_memory(full_size_model(device), 1024, 512, 1, low_memory=False)


def test_larger_pictures_batches_and_formats_need_more():
    model = full_size_model(CPU)
    base = MemoryNeed.of(model, 1024, 512, 1).at_once(None)
    assert MemoryNeed.of(model, 2048, 1024, 1).at_once(None) > 3 * base
    assert MemoryNeed.of(model, 1024, 512, 8).at_once(None) > base
    assert (
        MemoryNeed.of(full_size_model(CPU, dtype=torch.float32), 1024, 512, 1).at_once(None)
        > 1.5 * base
    )


def test_the_estimate_holds_what_the_full_size_was_seen_to_take():
    # Resident peaks above the weights on a CPU in bf16, one thread (docs/speed.md).
    need = MemoryNeed.of(full_size_model(CPU), 1024, 512, 1)
    assert need.at_once(None) > 457e6
    assert 1094e6 < need.decoding(None) < 2 * 1094e6
    assert 510e6 < need.decoding(8) < 2 * 510e6


def test_offloading_moves_a_network_once_and_keeps_only_one_on_the_device():
    text, unet, vae = (Network(4, CPU) for _ in range(3))
    plan = MemoryPlan(True, None, (text, unet, vae))
    for network in (text, unet, unet, unet, vae):
        with plan.on_device(network, CUDA):
            here = [n for n in (text, unet, vae) if n.place.type == "cuda"]
            assert here == [network]
    assert unet.moves == ["cuda", "cpu"]
    assert vae.moves == ["cuda"]


def test_without_offloading_networks_stay_where_they_were_brought():
    text, unet, vae = Network(4, CPU), Network(4, CUDA), Network(4, torch.device("cuda", 0))
    plan = MemoryPlan(False, None, (text, unet, vae))
    for network in (text, unet, vae, text):
        with plan.on_device(network, CUDA):
            pass
    assert text.moves == ["cuda"]
    assert unet.moves == vae.moves == []


def test_weights_wait_in_main_memory_where_a_gpu_is_too_small(free):
    networks = [torch.nn.Linear(1000, 1000) for _ in range(3)]
    free(24)
    assert home_of_weights(networks, CUDA, torch.bfloat16) == CUDA
    free(0.5)
    assert home_of_weights(networks, CUDA, torch.bfloat16) == CPU
    assert home_of_weights(networks, CPU, torch.bfloat16) == CPU
    assert weight_bytes(networks[0]) == 4 * 1001 * 1000


def too_much_from_torch():
    torch.empty(1 << 50)


def too_much_from_numpy():
    np.empty(1 << 55)


def too_much_on_cuda():
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has ...")


def too_much_for_mps():
    raise RuntimeError("MPS backend out of memory (MPS allocated: 5 GB, max allowed: 6 GB)")


def no_room_for_a_map():
    raise OSError(12, "Cannot allocate memory")


@pytest.mark.parametrize(
    "work",
    [too_much_from_torch, too_much_from_numpy, too_much_on_cuda, too_much_for_mps,
     no_room_for_a_map],
)  # fmt: skip
def test_running_out_of_memory_becomes_one_sentence_with_a_way_on(work):
    with (
        pytest.raises(OutOfMemoryError, match=r"^not enough memory for a picture") as caught,
        explained_out_of_memory("a picture of 1024x512", "choose a smaller size"),
    ):
        work()
    assert str(caught.value).endswith(": choose a smaller size")
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is not None


def test_the_size_of_the_failed_piece_is_told_if_known():
    with (
        pytest.raises(OutOfMemoryError, match=r"last piece alone was 2\.7 GB"),
        explained_out_of_memory("a picture", "wait"),
    ):
        too_much_on_cuda()


@pytest.mark.parametrize(
    "error",
    [RuntimeError("mat1 and mat2 shapes cannot be multiplied"), OSError(2, "No such file"),
     RequestError("want 64"), OutOfMemoryError("told already"), KeyError("memory")],
)  # fmt: skip
def test_other_errors_pass_untouched(error):
    with pytest.raises(type(error)) as caught, explained_out_of_memory("x", "y"):
        raise error
    assert caught.value is error


def test_the_error_does_not_keep_the_tensors_of_the_failed_work():
    seen = []

    def work():
        held = torch.zeros(1000)
        seen.append(weakref.ref(held))
        too_much_from_torch()

    with pytest.raises(Ldm3dError) as caught, explained_out_of_memory("x", "y"):
        work()
    gc.collect()
    assert caught.value.__cause__ is not None
    assert seen[0]() is None


def test_sizes_are_told_as_people_say_them():
    assert [in_words(size) for size in (3, 850e6, 3.42e9)] == ["1 MB", "850 MB", "3.4 GB"]


def test_a_control_group_of_version_2_and_its_parents_limit_what_is_free(tmp_path):
    group = tmp_path / "box" / "job"
    group.mkdir(parents=True)
    (tmp_path / "membership").write_text("0::/box/job\n")
    (group / "memory.max").write_text("max\n")
    (group / "memory.current").write_text("700\n")
    (group.parent / "memory.max").write_text("1000\n")
    (group.parent / "memory.current").write_text("900\n")
    (group.parent / "memory.stat").write_text("anon 100\ninactive_file 250\n")
    assert cgroup_free_bytes(tmp_path / "membership", tmp_path) == [350]


def test_a_control_group_of_version_1_is_found_even_if_its_path_is_not_mounted(tmp_path):
    (tmp_path / "membership").write_text("9:cpu:/a\n4:memory:/docker/abc\n")
    folder = tmp_path / "memory"
    folder.mkdir()
    (folder / "memory.limit_in_bytes").write_text("2000\n")
    (folder / "memory.usage_in_bytes").write_text("1500\n")
    (folder / "memory.stat").write_text("total_inactive_file 100\n")
    assert cgroup_free_bytes(tmp_path / "membership", tmp_path) == [600]
    (folder / "memory.limit_in_bytes").write_text("9223372036854771712\n")
    assert cgroup_free_bytes(tmp_path / "membership", tmp_path) == []


def test_without_control_groups_there_is_no_limit(tmp_path):
    assert cgroup_free_bytes(tmp_path / "none", tmp_path) == []


def test_free_memory_is_not_more_than_the_system_has():
    import psutil

    assert 0 < free_memory_bytes(CPU) <= psutil.virtual_memory().total


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS binds on Linux")
def test_a_process_with_little_address_space_knows_it_and_says_so():
    code = """
        import resource, psutil, torch
        from ldm3d.free_memory import free_memory_bytes
        from ldm3d.memory import explained_out_of_memory
        torch.set_num_threads(1)
        used = psutil.Process().memory_info().vms
        resource.setrlimit(resource.RLIMIT_AS, (used + 300_000_000, resource.RLIM_INFINITY))
        print(free_memory_bytes(torch.device("cpu")) <= 300_000_000)
        try:
            with explained_out_of_memory("a picture", "choose a smaller size"):
                torch.ones(200_000_000)
        except Exception as error:
            print(type(error).__name__, error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines() == [
        "True",
        "OutOfMemoryError not enough memory for a picture (the last piece alone was 800 MB): "
        "choose a smaller size",
    ]
