"""How much memory a device has left, by every limit that binds this process.

torch is imported inside the functions that ask a GPU.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_PROC = Path("/proc/self")
_CGROUPS = Path("/sys/fs/cgroup")
_UNLIMITED = 1 << 60
"""Above this a limit means none: cgroup v1 writes 2^63 rounded to a page."""


def free_memory_bytes(device: torch.device) -> int:
    """Return how many bytes more a device can hold, 0 or more.

    For a CPU the smallest of: what the system says is available (swap not counted), what the
    process's control groups leave, and what RLIMIT_AS and RLIMIT_DATA leave. For CUDA what the
    driver and torch's own cache have left.
    """
    if device.type == "cuda":
        return _free_on_cuda(device)
    if device.type == "mps":
        return min(_free_on_mps(), free_main_memory_bytes())
    return free_main_memory_bytes()


def free_main_memory_bytes() -> int:
    """Return how many bytes of main memory this process can still take."""
    import psutil

    limits = [int(psutil.virtual_memory().available)]
    if sys.platform == "linux":
        limits += cgroup_free_bytes(_PROC / "cgroup", _CGROUPS)
    limits += _free_by_resource_limits()
    return max(0, min(limits))


def free_swap_bytes() -> int:
    """Return how much swap there is left, which is slow but better than being killed."""
    import psutil

    return int(psutil.swap_memory().free)


def cgroup_free_bytes(membership: Path, mount: Path) -> list[int]:
    """Return what each control group above this process leaves, of version 1 and 2.

    Args:
        membership: /proc/self/cgroup, lines of `id:controllers:path`.
        mount: /sys/fs/cgroup. In a container the path may lie outside of what is mounted; the
            mount itself is then the process's own group.
    """
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return []
    found: list[int] = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            names = ("memory.max", "memory.current", "inactive_file")
            found += _group_free_bytes(mount, path, names)
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            found += _group_free_bytes(mount / "memory", path, names)
    return found


def _group_free_bytes(root: Path, path: str, names: tuple[str, str, str]) -> Iterator[int]:
    limit_name, usage_name, cache_name = names
    group = root / path.lstrip("/")
    for folder in (group, *group.parents):
        limit = _number(folder / limit_name)
        used = _number(folder / usage_name)
        if limit is not None and used is not None and limit < _UNLIMITED:
            cache = _statistic(folder / "memory.stat", cache_name)
            yield limit - used + cache  # the kernel takes cached pages back first
        if folder == root:
            return


def _number(file: Path) -> int | None:
    """Return the number in a file; None if there is none, or it says "max"."""
    try:
        text = file.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None


def _statistic(file: Path, name: str) -> int:
    try:
        match = re.search(rf"^{name} (\d+)$", file.read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(match.group(1)) if match else 0


def _free_by_resource_limits() -> list[int]:
    """Return what RLIMIT_AS and RLIMIT_DATA leave; there are none on Windows."""
    if sys.platform == "win32":
        return []
    import resource

    import psutil

    memory = psutil.Process().memory_info()
    used = {resource.RLIMIT_AS: memory.vms, resource.RLIMIT_DATA: getattr(memory, "data", 0)}
    soft = {kind: resource.getrlimit(kind)[0] for kind in used}
    return [
        soft[kind] - used[kind]
        for kind in used
        if soft[kind] != resource.RLIM_INFINITY and used[kind]
    ]


def _free_on_cuda(device: torch.device) -> int:
    import torch

    free, _ = torch.cuda.mem_get_info(device)
    cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(free + cached)


def _free_on_mps() -> int:
    import torch

    return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
