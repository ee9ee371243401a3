"""Sessions with what is worn: a shape that every backend has, OpenVR, and a headset made of air."""

from depthfusion.headset.headset import (
    Controls,
    Event,
    EventKind,
    Eye,
    EyeView,
    Frame,
    FrameTiming,
    Haptic,
    Headset,
    HeadsetInfo,
    Submission,
    Tangents,
)

__all__ = [
    "Controls",
    "Event",
    "EventKind",
    "Eye",
    "EyeView",
    "Frame",
    "FrameTiming",
    "Haptic",
    "Headset",
    "HeadsetInfo",
    "Submission",
    "Tangents",
]
