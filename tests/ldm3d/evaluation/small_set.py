"""A small set of drawn pictures whose family, hour and weather can be told, for tests."""

from pathlib import Path

import numpy as np

from ldm3d.data.world_set import Facts, SetInfo, WorldSet, begin_set, write_shard

FAMILIES = ("pine_forest", "beach")
HOURS = ("noon", "night")
SIZE_PX = (64, 128)


def small_set(folder: Path, count: int = 48, first_unseen: int = 32) -> WorldSet:
    """Write `count` pictures; those from `first_unseen` on have seeds that training leaves out."""
    rng = np.random.default_rng(0)
    height, width = SIZE_PX
    color = np.empty((count, height, width, 3), np.uint8)
    depth = np.zeros((count, height, width), np.uint16)
    facts = []
    latitude = (0.5 - (np.arange(height) + 0.5) / height) * np.pi
    ground = np.clip(0.6 * np.sin(-latitude) / 1.6, 0, 1)  # a floor 1.6 m below
    for number in range(count):
        family, hour = FAMILIES[number % 2], HOURS[number // 2 % 2]
        light = 1.0 if hour == "noon" else 0.25
        sky, floor = (120, 170, 230), ((40, 90, 40), (220, 200, 150))[number % 2]
        color[number, : height // 2] = np.array(sky) * light
        color[number, height // 2 :] = np.array(floor) * light
        depth[number] = (ground * 65535)[:, None]
        for _ in range(3 + 9 * (number % 2 == 0)):  # trunks in the forest, a few posts elsewhere
            left = int(rng.integers(width - 4))
            color[number, 20:44, left : left + 3] = np.array((70, 50, 30)) * light
            depth[number, 20:44, left : left + 3] = 65535 * 0.3
        seed = number if number < first_unseen else 1_000_000 + number
        tags = {"hour": hour, "weather": "clear", "season": "summer"}
        facts.append(Facts((f"a {family} at {hour}",), family, seed, 0, tags))
    noisy = color.astype(np.int16) + rng.integers(-6, 7, color.shape)
    begin_set(folder, SetInfo(width, height, 0.6, float("inf")))
    write_shard(folder, 0, np.clip(noisy, 0, 255).astype(np.uint8), depth, facts)
    return WorldSet(folder)
