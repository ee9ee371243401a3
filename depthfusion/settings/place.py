"""Where settings and styles are kept: `DEPTHFUSION_CONFIG`, else the platform's own place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

CONFIG_VARIABLE = "DEPTHFUSION_CONFIG"
FILE = "settings.toml"
APPLICATION = "depthfusion"


def config_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Return the folder of `settings.toml` and `styles/`; it need not exist yet.

    Args:
        environment: instead of this process's own.
    """
    named = (os.environ if environment is None else environment).get(CONFIG_VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    import platformdirs

    return platformdirs.user_config_path(APPLICATION, appauthor=False)
