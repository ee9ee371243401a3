"""What desktop and headset say to each other survives the way."""

from __future__ import annotations

import math

import pytest

from depthfusion.framing import FramingError, Message, MessageReader, encode
from depthfusion.panorama.options import DepthIs, Layout, ReadOptions
from depthfusion.view import Mapping, Shading, View
from depthfusion.vr import messages
from depthfusion.vr.messages import (
    Beat,
    Begin,
    ChangeView,
    Ended,
    Leave,
    Ready,
    Shown,
    ShowWorld,
    Status,
    TellProgress,
    ViewSteered,
    Wish,
    Wished,
    WorldFailed,
    message_from,
    value_from,
)

EVERYTHING = [
    Begin(preview=True, standing=True, mirror="both", supersample=1.5, turn_deg=45, nearest_m=1),
    ShowWorld(
        3,
        "wälder/bild.png",
        "depth.png",
        ReadOptions(DepthIs.METRES, True, 0.5, math.inf, Layout.TOP_BOTTOM, False),
        View(mapping=Mapping.METRIC, far_m=math.inf, shading=Shading.DEPTH, yaw_deg=-30),
        "Ein Wald",
    ),
    ShowWorld(1, "world"),
    ChangeView(View(strength=0.25, world_scale=2.0)),
    TellProgress("Step 3 of 18, 40 s left", 0.2),
    TellProgress(),
    Leave(),
    Ready("Index", "SteamVR 2.12", 120.0, (2016, 2240)),
    Shown(4),
    WorldFailed(5, "no such file"),
    Wished(Wish.AGAIN),
    ViewSteered(0.5, 1.25),
    Status("The headset was taken off"),
    Beat(900),
    Ended("SteamVR ended the session"),
    Ended("it crashed", is_fault=True),
]


@pytest.mark.parametrize("value", EVERYTHING, ids=lambda value: type(value).__name__)
def test_every_message_arrives_as_it_was_sent(value):
    [arrived] = MessageReader(0).feed(b"".join(encode(message_from(value))))
    assert value_from(arrived) == value


def test_every_kind_is_tried_here():
    assert {type(value) for value in EVERYTHING} == set(messages._KINDS.values())


def test_only_orders_are_orders():
    kinds = {message_from(value).kind for value in EVERYTHING[:7]}
    assert kinds == set(messages.ORDERS)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("dance", {}),
        ("world", {"number": 1}),
        ("world", {"number": "one", "color": "a.png"}),
        ("world", {"number": 1, "color": ["a.png"]}),
        ("world", {"number": 1, "color": "a.png", "view": {"strength": 7}}),
        ("world", {"number": 1, "color": "a.png", "options": {"depth_is": "deep"}}),
        ("view", {"view": 3}),
        ("ready", {"headset": "x", "runtime": "y", "refresh_hz": 90, "eye_px": [1]}),
        ("wished", {"wish": "fly"}),
    ],
)
def test_what_cannot_be_meant_is_refused(kind, fields):
    with pytest.raises(FramingError):
        value_from(Message(kind, fields=fields))


def test_unknown_fields_of_a_newer_sender_are_passed_over():
    assert value_from(Message("shown", fields={"number": 2, "mood": "good"})) == Shown(2)
