"""Every error this project raises on purpose.

Each is one line for a person: what was wanted, what was found, what to do.

    DepthFusionError            1   something failed
    ├── UsageError              2   the command or setting itself is off
    ├── PanoramaError           1   the picture or depth map cannot be used
    ├── InputNotFoundError     66   no such file, or it cannot be opened
    ├── MissingPartError       69   an extra, a system library, a display or a headset is absent
    │   ├── RendererError      69   OpenGL cannot do what is needed
    │   └── HeadsetError       69   no headset or runtime, or its session is over
    └── SaveError               1   the result could not be written; what was there is untouched

The number is the process's exit code (130 is kept for Ctrl+C).
"""

from __future__ import annotations


class DepthFusionError(Exception):
    """Base of all expected failures; its text is one line that can be shown as it is."""

    exit_code = 1


class UsageError(DepthFusionError):
    """The command line or a setting asks for something that does not exist."""

    exit_code = 2


class PanoramaError(DepthFusionError):
    """A picture or depth map is broken, or is not what it would have to be."""


class InputNotFoundError(DepthFusionError):
    """A named input does not exist or cannot be opened."""

    exit_code = 66


class MissingPartError(DepthFusionError):
    """Something outside the program is absent: an extra, a library, a display, a headset."""

    exit_code = 69


class RendererError(MissingPartError):
    """OpenGL is absent, too old, or lost."""


class HeadsetError(MissingPartError):
    """There is no headset or no runtime, or the session with it is over."""


class SaveError(DepthFusionError):
    """A file could not be written; whatever stood there before is still intact."""
