"""The child of `probe`: asks the runtime step by step and prints each answer as a line of JSON."""

from __future__ import annotations

import json
from typing import Any

from depthfusion.errors import HeadsetError
from depthfusion.headset.openvr_library import ApplicationType, functions, load
from depthfusion.headset.openvr_words import TOO_OLD, init_words

_STANDBY = 3
_HMD = 0


def main() -> None:
    """Look, tell, and end."""
    try:
        openvr = load()
    except HeadsetError:
        _tell(is_installed=False, is_done=True)
        return
    _tell(is_installed=True, installed=True)
    _tell(runtime_path=openvr.getRuntimePath() or None)
    _tell(has_headset=bool(openvr.isHmdPresent()))
    _ask_running(openvr)
    _tell(is_done=True)


def _tell(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


def _ask_running(openvr: Any) -> None:
    """Tell about the headset of a SteamVR that runs already; it is never started for this."""
    try:
        openvr.init(int(ApplicationType.BACKGROUND))
    except openvr.OpenVRError as error:
        number = getattr(error, "error_value", None)
        if number is None:
            _tell(error=0, error_words=TOO_OLD.format(part=openvr.IVRSystem_Version))
        else:
            own = openvr.getVRInitErrorAsEnglishDescription(number)
            _tell(error=int(number), error_words=init_words(int(number), own))
        return
    except KeyError as error:  # a number that the binding does not know
        _tell(error=int(error.args[0]))
        return
    try:
        _tell(is_running=True, has_headset=True)
        _tell_headset(openvr)
    finally:
        openvr.shutdown()


def _tell_headset(openvr: Any) -> None:
    from depthfusion.headset.openvr_optics import OpenVROptics

    system = functions(openvr, "VRSystem")
    info = OpenVROptics(openvr, system, is_seated=True).info
    _tell(
        name=info.name,
        runtime=info.runtime,
        refresh_hz=info.refresh_hz,
        eye_px=info.eye_px,
        is_awake=system.getTrackedDeviceActivityLevel(_HMD) != _STANDBY,
    )
    for name in ("VRCompositor", "VRInput"):
        try:
            functions(openvr, name)
        except HeadsetError as error:
            _tell(error=0, error_words=str(error))
            return


if __name__ == "__main__":
    main()
