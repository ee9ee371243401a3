"""Which pictures of a set are for measuring, and which are real pictures to compare with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ldm3d.data.world_set import Facts, SetInfo, WorldSet
from ldm3d.evaluation.measures import latitude_weights
from ldm3d.training.planes import is_held_out

UNSEEN_FROM = 1_000_000
"""Sets made with seeds from here on are never trained on."""


def is_unseen(facts: Facts) -> bool:
    """Whether no training sees a picture: by its seed, or as one of the worlds it leaves out."""
    return facts.seed >= UNSEEN_FROM or is_held_out(facts)


def divided(worlds: WorldSet) -> tuple[list[int], list[int], str | None]:
    """Return the numbers of seen and unseen pictures, and a remark where there are no unseen."""
    unseen = [number for number, facts in enumerate(worlds.facts) if is_unseen(facts)]
    kept = set(unseen)
    seen = [number for number in range(len(worlds)) if number not in kept]
    if unseen:
        return seen, unseen, None
    remark = (
        f"{worlds.folder.name} holds no unseen worlds: all of it was measured, so training may "
        "have seen these pictures"
    )
    return seen, list(range(len(worlds))), remark


def row_weights(info: SetInfo) -> tuple[NDArray[np.float64], str]:
    """Return the weights of a set's rows, (H,), sum 1, and their name.

    Rows of a panorama cover the sphere unequally, those of a photograph count alike.
    """
    if info.seamless:
        return latitude_weights(info.height), "cos-latitude weights"
    return np.full(info.height, 1 / info.height), "all pixels alike"


def spread(worlds: WorldSet, numbers: Sequence[int], count: int, seed: int = 0) -> list[int]:
    """Return up to `count` of the numbers: families in turn, worlds before variants, by chance."""
    rng = np.random.default_rng([seed, 11])
    queues: dict[str, list[int]] = {}
    order = [numbers[int(i)] for i in rng.permutation(len(numbers))]
    for number in sorted(order, key=lambda n: worlds.facts[n].variant):
        queues.setdefault(worlds.facts[number].family, []).append(number)
    found: list[int] = []
    while len(found) < min(count, len(numbers)):
        for family in sorted(queues):
            if queues[family] and len(found) < count:
                found.append(queues[family].pop(0))
    return found
