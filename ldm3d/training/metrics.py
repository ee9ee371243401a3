"""What a run measures while it trains: one JSON line a log interval, and curves of them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from ldm3d.training.machine import Machine


class Metrics:
    """The file metrics.jsonl; lines of steps that a kill undid are dropped."""

    def __init__(self, path: Path) -> None:
        """Name the file; it need not exist yet."""
        self.path = path

    def cut(self, step: int) -> None:
        """Forget lines of later steps than `step` steps done, and a half-written last one."""
        kept = [line for line in self.read() if line["step"] <= step]
        if not self.path.exists():
            return
        temporary = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        text = "".join(json.dumps(line) + "\n" for line in kept)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(self.path)

    def write(self, line: Mapping[str, Any]) -> None:
        """Append one line."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def read(self) -> list[dict[str, Any]]:
        """Return the lines that are whole."""
        lines = []
        if self.path.exists():
            for text in self.path.read_text(encoding="utf-8").splitlines():
                try:
                    lines.append(json.loads(text))
                except ValueError:
                    continue  # the process died while it wrote this one
        return lines


class Meter:
    """Means of losses over a log interval, summed on the device without waiting for it."""

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        """Begin, or go on with the sums of a checkpoint."""
        state = state or {}
        self.count: int = state.get("count", 0)
        self._carried: dict[str, float] = dict(state.get("sums", {}))
        self._sums: dict[str, Tensor] = {}

    def add(self, losses: Mapping[str, Tensor]) -> None:
        """Take in one step's losses."""
        for name, value in losses.items():
            plain = value.detach().float()
            if name not in self._sums:
                self._sums[name] = plain.new_tensor(self._carried.get(name, 0.0))
            self._sums[name] = self._sums[name] + plain
        self.count += 1

    def read(self, machine: Machine) -> dict[str, float]:
        """Return the means over all processes; this waits for the device."""
        return {
            name: float(machine.mean_over_ranks(total).item()) / max(1, self.count)
            for name, total in self._sums.items()
        }

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint keeps; float32 sums are exact in JSON."""
        sums = self._carried | {name: float(total.item()) for name, total in self._sums.items()}
        return {"count": self.count, "sums": sums}

    def reset(self) -> None:
        """Begin a new interval."""
        self.count = 0
        self._carried, self._sums = {}, {}


def plot_metrics(lines: Iterable[Mapping[str, Any]], path: Path) -> list[str]:
    """Draw every loss and measure over the steps into one PNG; return their names.

    Each curve has a panel with its own range; losses are drawn on a logarithmic axis where all
    values are positive and span more than a factor of 3.
    """
    from ldm3d.training.plot import draw_panels

    curves: dict[str, list[tuple[float, float]]] = {}
    for line in lines:
        for group in ("losses", "measures"):
            for name, value in line.get(group, {}).items():
                if value is not None:
                    curves.setdefault(name, []).append((line["step"], value))
        if line.get("samples_per_s"):
            curves.setdefault("samples/s", []).append((line["step"], line["samples_per_s"]))
    draw_panels(curves, path)
    return list(curves)
