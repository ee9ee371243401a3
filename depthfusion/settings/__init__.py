"""What a person has chosen, kept in `settings.toml`: typed, versioned, shared between processes."""

from depthfusion.settings.place import CONFIG_VARIABLE, config_folder
from depthfusion.settings.settings import (
    SPECS,
    PictureQuality,
    Settings,
    Spec,
    Theme,
    Units,
    Wish,
    spec,
)
from depthfusion.settings.store import Store

__all__ = [
    "CONFIG_VARIABLE",
    "SPECS",
    "PictureQuality",
    "Settings",
    "Spec",
    "Store",
    "Theme",
    "Units",
    "Wish",
    "config_folder",
    "spec",
]
