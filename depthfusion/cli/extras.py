"""Whether the packages of an extra are installed, asked without importing them."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable

from depthfusion.errors import MissingPartError

GENERATE_LINE = "pip install 'depthfusion-panorama[generate]'"


def check_extra(doing: str, packages: Iterable[str]) -> None:
    """Refuse before anything is begun where PyTorch and what stands on it are not installed.

    Args:
        doing: what needs them, such as "generating".
        packages: their names.

    Raises:
        MissingPartError: with the line that installs them.
    """
    for name in packages:
        try:
            found = importlib.util.find_spec(name) is not None
        except ValueError:  # it was taken out of sys.modules by name
            found = False
        if not found:
            raise MissingPartError(f"{doing} needs {name}: {GENERATE_LINE}")
