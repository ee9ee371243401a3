"""A small network that recognises family, hour and weather of our worlds, from color and depth.

It learns from rendered pictures in minutes on a CPU and is asked two things: how often it sees in
a generated picture what the prompt asked for, beside its rate on real renders it never saw; and
which features it sees, for a Frechet distance that is called by its name, not FID.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor, nn

from ldm3d.data.world_set import WorldSet
from ldm3d.errors import InputError
from ldm3d.evaluation.labels import AXES, UNKNOWN, Classes, classes_of, shown_in

INPUT_PX = (64, 128)
"""What it looks at: height and width; finer detail than this decides nothing."""
FEATURES = 64
_BATCH = 64
_VERSION = 1


class Network(nn.Module):
    """Color and depth -> features -> classes; wraps around, knows up from down."""

    def __init__(self, sizes: Sequence[int]) -> None:
        """Make an untrained network.

        Args:
            sizes: classes of each axis.
        """
        super().__init__()
        widths = (4, 32, 64, 96, 128)
        kernels, strides = (5, 3, 3, 3), (4, 2, 2, 1)
        self.stages = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(before, after, kernel, stride=stride, bias=False),
                nn.GroupNorm(8, after),
                nn.SiLU(),
            )
            for (before, after), kernel, stride in zip(
                pairwise(widths), kernels, strides, strict=True
            )
        )
        self._margins = tuple(kernel // 2 for kernel in kernels)
        rows = INPUT_PX[0] // 16
        self.features = nn.Linear(2 * widths[-1] * rows, FEATURES)
        self.heads = nn.ModuleList(nn.Linear(FEATURES, max(1, size)) for size in sizes)

    def forward(self, planes: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return (B, FEATURES) features and each axis' (B, classes) logits of (B, 4, h, w)."""
        x = planes
        for stage, margin in zip(self.stages, self._margins, strict=True):
            # Circular around the horizon, plain above and below.
            around = F.pad(x, (margin, margin, 0, 0), mode="circular")
            x = stage(F.pad(around, (0, 0, margin, margin)))
        pooled = torch.cat([x.mean(dim=3), x.amax(dim=3)], dim=1).flatten(1)
        features = self.features(pooled)
        hidden = F.dropout(F.silu(features), 0.2, self.training)
        return features, [head(hidden) for head in self.heads]


def small_planes(color: NDArray[np.uint8], depth: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return what the classifier sees of a picture: (4, 64, 128) float32.

    Color in [-1, 1], and depth as 2 d^(1/3) - 1, which shows the far as well as the near.
    """
    planes = np.concatenate(
        [color.transpose(2, 0, 1).astype(np.float32) / 255, np.asarray(depth, np.float32)[None]]
    )
    small = F.interpolate(torch.from_numpy(planes)[None], INPUT_PX, mode="area")[0].numpy()
    small[3] = np.cbrt(np.clip(small[3], 0, 1))
    return np.asarray(2 * small - 1, np.float32)


@dataclass(eq=False)
class Classifier:
    """A trained network and its classes."""

    network: Network
    classes: Classes
    about: dict[str, Any]
    """How it was trained."""

    @torch.no_grad()
    def look(
        self, planes: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
        """Return features (N, FEATURES) and each axis' probabilities (N, classes)."""
        self.network.eval()
        features: list[Tensor] = []
        found: list[list[Tensor]] = [[] for _ in AXES]
        for start in range(0, len(planes), 256):
            part, logits = self.network(torch.from_numpy(planes[start : start + 256]))
            features.append(part)
            for axis, values in enumerate(logits):
                found[axis].append(values.softmax(dim=1))
        return torch.cat(features).numpy(), [torch.cat(axis).numpy() for axis in found]

    def save(self, folder: Path) -> None:
        """Write weights and classes."""
        from safetensors.torch import save_file

        folder.mkdir(parents=True, exist_ok=True)
        save_file(self.network.state_dict(), folder / "classifier.safetensors")
        about = {"version": _VERSION, "classes": self.classes.values, "about": self.about}
        (folder / "classifier.json").write_text(json.dumps(about, indent=2), encoding="utf-8")


def load_classifier(folder: Path) -> Classifier:
    """Read what `Classifier.save` wrote.

    Raises:
        InputError: if it is not there or broken.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        about = json.loads((folder / "classifier.json").read_text(encoding="utf-8"))
        classes = Classes({axis: tuple(about["classes"][axis]) for axis in AXES})
        network = Network([len(classes.values[axis]) for axis in AXES])
        network.load_state_dict(load_file(folder / "classifier.safetensors"))
        return Classifier(network, classes, about["about"])
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise InputError(
            f"want a classifier in {folder}, cannot read it: {error}; delete it to train anew"
        ) from error


def rates(
    classifier: Classifier, probabilities: Sequence[NDArray[np.float32]], labels: NDArray[np.int64]
) -> dict[str, float]:
    """Return for each axis how often the likeliest class is the right one; NaN where none is."""
    found = {}
    for number, axis in enumerate(AXES):
        known = labels[:, number] != UNKNOWN
        right = probabilities[number].argmax(axis=1)[known] == labels[known, number]
        found[axis] = float(right.mean()) if known.any() else float("nan")
    return found


def planes_of_set(worlds: WorldSet, numbers: Sequence[int]) -> NDArray[np.float32]:
    """Return what the classifier sees of pictures of a set, (N, 4, 64, 128)."""
    out = np.empty((len(numbers), 4, *INPUT_PX), np.float32)
    for row, number in enumerate(numbers):
        out[row] = small_planes(worlds.color(number), worlds.depth(number))
    return out


def train_classifier(
    worlds: WorldSet,
    numbers: Sequence[int],
    *,
    passes: int = 30,
    seed: int = 0,
    on_pass: Callable[[int, float], None] | None = None,
) -> Classifier:
    """Train on some pictures of a set; the same arguments give the same network on a machine.

    Pictures are turned by chance, mirrored, blurred and toned a little: a classifier that hangs on
    sharpness would judge an autoencoder, not a place.

    Args:
        worlds: the set.
        numbers: which pictures; others are left for measuring.
        passes: over all of them.
        seed: of weights and chance.
        on_pass: called with the passes done and the mean loss.
    """
    shown = [shown_in(worlds.facts[number]) for number in numbers]
    classes = classes_of(shown)
    labels = torch.from_numpy(classes.rows(shown))
    planes = torch.from_numpy(planes_of_set(worlds, numbers))
    chance = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Network([len(classes.values[axis]) for axis in AXES])
        _fit(network, planes, labels, passes, chance, on_pass)
    about = {"pictures": len(numbers), "passes": passes, "seed": seed}
    return Classifier(network, classes, about)


def _fit(
    network: Network,
    planes: Tensor,
    labels: Tensor,
    passes: int,
    chance: torch.Generator,
    on_pass: Callable[[int, float], None] | None,
) -> None:
    network.train()
    batch = min(_BATCH, len(planes))
    steps = passes * max(1, len(planes) // batch)
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 4e-3, total_steps=steps + 1, pct_start=0.15
    )
    for number in range(passes):
        order = torch.randperm(len(planes), generator=chance)
        total = torch.zeros(())
        starts = range(0, len(planes) - batch + 1, batch)
        for start in starts:
            rows = order[start : start + batch]
            _, logits = network(_changed(planes[rows], chance))
            loss = _loss(logits, labels[rows])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()
            total += loss.detach()
        if on_pass is not None:
            on_pass(number + 1, float(total) / max(1, len(starts)))


def _loss(logits: Sequence[Tensor], labels: Tensor) -> Tensor:
    """Return the sum of the axes' cross entropies over what is known."""
    total = torch.zeros(())
    for number, values in enumerate(logits):
        known = labels[:, number] != UNKNOWN
        if bool(known.any()):
            total = total + F.cross_entropy(
                values[known], labels[known, number], label_smoothing=0.05
            )
    return total


def _changed(planes: Tensor, chance: torch.Generator) -> Tensor:
    """Turn, mirror, blur and tone a batch by chance."""
    changed = torch.roll(planes, int(torch.randint(INPUT_PX[1], (), generator=chance)), 3)
    flip = torch.rand(len(planes), 1, 1, 1, generator=chance) < 0.5
    changed = torch.where(flip, changed.flip(3), changed)
    if float(torch.rand((), generator=chance)) < 0.4:
        small = F.interpolate(changed, scale_factor=0.5, mode="area")
        changed = F.interpolate(small, INPUT_PX, mode="bilinear", align_corners=False)
    gain = 1 + 0.08 * torch.randn(len(planes), 1, 1, 1, generator=chance)
    tone = 0.04 * torch.randn(len(planes), 4, 1, 1, generator=chance)
    noise = 0.03 * torch.randn(changed.shape[1:], generator=chance)  # one for all: cheaper
    return changed * gain + tone + noise
