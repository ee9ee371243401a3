"""Every error `ldm3d` raises on purpose: one line that says what was wanted, got, and what to do.

    Ldm3dError               1   something failed
    ├── RequestError         2   the recipe asks for something impossible (size, steps, scheduler)
    ├── ModelError           1   the folder is broken, or holds another kind of model
    ├── ModelNotFoundError  66   no such model, here or on the hub
    ├── MissingPackageError 69   an optional package is not installed
    ├── DownloadError        1   the hub could not be reached or sent something else; resumable
    ├── InputError          66   a picture or file to start from cannot be read
    └── OutOfMemoryError     1   the device has not enough memory; the text says a way on

The number is the process's exit code.
"""

from __future__ import annotations


class Ldm3dError(Exception):
    """Base of all expected failures; its text is one line that can be shown as it is."""

    exit_code = 1


class RequestError(Ldm3dError):
    """A recipe or option asks for something that cannot be done."""

    exit_code = 2


class ModelError(Ldm3dError):
    """A model's folder is incomplete, damaged, or not an LDM3D."""


class ModelNotFoundError(Ldm3dError):
    """A model is neither a folder nor in the hub's cache."""

    exit_code = 66


class MissingPackageError(Ldm3dError):
    """An optional package is not installed."""

    exit_code = 69


class DownloadError(Ldm3dError):
    """A download failed; what arrived is kept and the next one goes on from there."""


class InputError(Ldm3dError):
    """A file to read does not exist or is not what it has to be."""

    exit_code = 66


class OutOfMemoryError(Ldm3dError):
    """The device has not enough memory for this request."""
