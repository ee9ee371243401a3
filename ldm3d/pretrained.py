"""What loading with diffusers and with transformers has in common: quiet, one-line errors."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ldm3d.errors import ModelError


@contextlib.contextmanager
def damage_explained(place: Path) -> Iterator[None]:
    """Turn whatever the libraries raise on a damaged folder into one line.

    Raises:
        ModelError: instead of their errors; memory that ran out passes untouched.
    """
    import pickle

    from safetensors import SafetensorError

    from ldm3d.memory import is_out_of_memory

    try:
        yield
    except (
        SafetensorError,
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        ImportError,
        RuntimeError,
        pickle.UnpicklingError,
    ) as error:
        if is_out_of_memory(error):
            raise
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"cannot load {place}: {reason}; get the model again") from error


def check_keys(found: Mapping[str, Any], place: Path, unused: str) -> None:
    """Refuse weights that do not fill their network.

    Args:
        found: the loading report of the libraries.
        place: the folder, for the text.
        unused: regular expression of names that may be missing.

    Raises:
        ModelError: if others are missing or have another shape.
    """
    missing = sorted(str(key) for key in found.get("missing_keys", ()))
    odd = [key for key in missing if not re.search(unused, key)]
    odd += [str(key) for key in found.get("mismatched_keys", ())]
    if odd:
        raise ModelError(
            f"the weights in {place} do not fit its config.json: {len(odd)} are missing or have "
            f"another shape, the first is {odd[0]}"
        )


@contextlib.contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keep the libraries' bars and advice off the terminal; what matters is raised."""
    import diffusers.utils.logging as diffusers_log
    import transformers.utils.logging as transformers_log

    logs = (diffusers_log, transformers_log)
    levels = [log.get_verbosity() for log in logs]
    bars = [log.is_progress_bar_enabled() for log in logs]
    for log in logs:
        log.set_verbosity_error()
        log.disable_progress_bar()
    try:
        yield
    finally:
        for log, level, bar in zip(logs, levels, bars, strict=True):
            log.set_verbosity(level)
            if bar:
                log.enable_progress_bar()
