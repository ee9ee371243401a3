"""What goes wrong while something is made, as the one event that ends a request: `Failed`."""

from __future__ import annotations

import traceback
from collections.abc import Generator, Mapping

from depthfusion.errors import DepthFusionError, InputNotFoundError, PanoramaError, UsageError
from depthfusion.generator.events import Event, Failed, Failure
from ldm3d import errors as ldm3d_errors

_KINDS: Mapping[type[Exception], Failure] = {
    ldm3d_errors.RequestError: Failure.REQUEST,
    ldm3d_errors.InputError: Failure.REQUEST,
    ldm3d_errors.ModelError: Failure.MODEL,
    ldm3d_errors.ModelNotFoundError: Failure.MODEL,
    ldm3d_errors.DownloadError: Failure.MODEL,
    ldm3d_errors.OutOfMemoryError: Failure.MEMORY,
    UsageError: Failure.REQUEST,
    InputNotFoundError: Failure.REQUEST,
    PanoramaError: Failure.REQUEST,
}


def told_as_failed(events: Generator[Event], doing: str) -> Generator[Event]:
    """Pass events on; what is refused, and too little memory, becomes the last of them.

    Args:
        events: what happens; closed with this generator.
        doing: such as "generating".
    """
    try:
        yield from events
    except (ldm3d_errors.Ldm3dError, DepthFusionError) as error:
        kind = next((k for e, k in _KINDS.items() if isinstance(error, e)), Failure.OTHER)
        yield Failed(str(error), kind, error.exit_code, traceback.format_exc())
    except MemoryError:
        line = "not enough memory: choose a smaller size, or close other programs"
        yield Failed(line, Failure.MEMORY, 1, traceback.format_exc())
    except ModuleNotFoundError as error:
        line = f"{doing} needs {error.name}: pip install 'depthfusion-panorama[generate]'"
        yield Failed(line, Failure.OTHER, 69, traceback.format_exc())
