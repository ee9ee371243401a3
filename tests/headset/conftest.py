"""The simulated runtime for all tests of this folder."""

from tests.headset.simulated.fixtures import runtime, runtime_folder

__all__ = ["runtime", "runtime_folder"]
