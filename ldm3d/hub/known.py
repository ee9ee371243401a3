"""The models this project knows by name, and what is true of them without asking anyone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

OPENRAIL_M = "CreativeML OpenRAIL-M"

DEFAULT_MODEL = "Intel/ldm3d-pano"
"""The large model for panoramas."""

DEPTH_MODEL = "Intel/dpt-large"
"""Estimates depth for pictures that have none, as LDM3D's teachers did."""


@dataclass(frozen=True)
class KnownModel:
    """What is known of a checkpoint before the hub is asked; its size is asked for there."""

    model_id: str
    purpose: str
    """What it is for, in a few words."""
    size: str
    """Pixels it was made for, as `WxH`."""
    depth_channels: int
    """Of its autoencoder: 1, or 3 for depth packed into an RGB-like image; 0: no LDM3D but a
    network that estimates depth."""
    licence: str = OPENRAIL_M
    revision: str | None = None
    """A commit that is taken unless another is asked for; None: what the hub's main branch names
    at the first download, which is then recorded and kept to."""


KNOWN_MODELS: Mapping[str, KnownModel] = MappingProxyType(
    {
        model.model_id: model
        for model in (
            KnownModel(DEFAULT_MODEL, "360° panoramas with depth", "1024x512", 1),
            KnownModel("Intel/ldm3d-4c", "pictures with depth, the better depth", "512x512", 1),
            KnownModel("Intel/ldm3d", "pictures with depth, as in the paper", "512x512", 3),
            KnownModel(DEPTH_MODEL, "depth for pictures without", "384x384", 0, "Apache-2.0"),
        )
    }
)
"""Hub id -> what is known of it, the one for panoramas first."""
