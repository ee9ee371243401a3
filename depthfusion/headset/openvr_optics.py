"""What the runtime says of the headset: its name, its beat, and how each eye sees."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from depthfusion.headset.headset import Eye, EyeView, HeadsetInfo, Matrix, Tangents

HMD = 0
_MODEL_NAME = 1001
_MAKER_NAME = 1005
_SECONDS_TO_PHOTONS = 2001
_DISPLAY_HZ = 2002
_USUAL_HZ = 90.0


class OpenVROptics:
    """Name, sizes, and both eyes; read anew by `read`.

    Attributes:
        info: what the session is with.
        views: left and right; their matrices are written by `place`, in place.
        photons_s: from the display's beat until the picture is seen.
    """

    info: HeadsetInfo
    views: tuple[EyeView, EyeView]

    def __init__(self, openvr: Any, system: Any, is_seated: bool) -> None:
        self._openvr = openvr
        self._is_seated = is_seated
        self._get_size = system.getRecommendedRenderTargetSize
        self._get_tangents = system.getProjectionRaw
        self._get_eye = system.getEyeToHeadTransform
        self._get_mesh = system.getHiddenAreaMesh
        self._get_float = system.getFloatTrackedDeviceProperty
        self._get_text = system.getStringTrackedDeviceProperty
        self._runtime = f"SteamVR {system.getRuntimeVersion().decode(errors='replace')}"
        self._head_from_eye = (np.eye(4), np.eye(4))
        self._tracking_from_eye = (np.eye(4), np.eye(4))
        self._meshes: dict[Eye, NDArray[np.float32]] = {}
        self.read()

    def read(self) -> None:
        """Ask for everything again: eye distance, lenses and sizes may have changed."""
        width, height = ctypes.c_uint32(), ctypes.c_uint32()
        self._get_size(ctypes.byref(width), ctypes.byref(height))
        self.photons_s = self._float(_SECONDS_TO_PHOTONS)
        self.info = HeadsetInfo(
            name=self._name(),
            runtime=self._runtime,
            refresh_hz=self._float(_DISPLAY_HZ) or _USUAL_HZ,
            eye_px=(width.value, height.value),
            is_seated=self._is_seated,
        )
        left, right = (self._eye_view(eye) for eye in Eye)
        self.views = (left, right)
        self._meshes.clear()

    def place(self, tracking_from_head: Matrix) -> None:
        """Put both eyes where the head is; (4, 4), rigid."""
        left, right = self._head_from_eye
        np.matmul(tracking_from_head, left, out=self._tracking_from_eye[0])
        np.matmul(tracking_from_head, right, out=self._tracking_from_eye[1])

    def hidden_mesh(self, eye: Eye) -> NDArray[np.float32]:
        """Return (n, 3, 2) triangles in [0, 1], v up as in OpenGL; empty where there is none.

        The header does not say where (0, 0) is: at the lower left (openvr issue 176).
        """
        if eye not in self._meshes:
            mesh = self._get_mesh(eye.value, self._openvr.k_eHiddenAreaMesh_Standard)
            count = 3 * mesh.unTriangleCount if mesh.pVertexData else 0
            # Copied: the runtime's own memory goes with the session.
            flat = ctypes.cast(mesh.pVertexData, ctypes.POINTER(ctypes.c_float))
            corners = np.array(flat[: 2 * count], np.float32)
            self._meshes[eye] = corners.reshape(-1, 3, 2)
        return self._meshes[eye]

    def _eye_view(self, eye: Eye) -> EyeView:
        numbers = [ctypes.c_float() for _ in range(4)]
        self._get_tangents(eye.value, *(ctypes.byref(number) for number in numbers))
        # What the runtime calls top is the tangent downwards, negative (openvr issue 110).
        left, right, bottom, top = (number.value for number in numbers)
        own = self._get_eye(eye.value)
        self._head_from_eye[eye.value][:3] = np.ctypeslib.as_array(own.m)
        return EyeView(self._tracking_from_eye[eye.value], Tangents(left, right, bottom, top))

    def _name(self) -> str:
        maker, model = self._text(_MAKER_NAME), self._text(_MODEL_NAME)
        both = model if model.lower().startswith(maker.lower()) else f"{maker} {model}"
        return both.strip() or "a headset without a name"

    def _float(self, number: int) -> float:
        error = self._openvr.ETrackedPropertyError()
        value = self._get_float(HMD, number, ctypes.byref(error))
        return 0.0 if error.value else float(value)

    def _text(self, number: int) -> str:
        error = self._openvr.ETrackedPropertyError()
        buffer = ctypes.create_string_buffer(256)
        self._get_text(HMD, number, buffer, len(buffer), ctypes.byref(error))
        return "" if error.value else buffer.value.decode(errors="replace")
