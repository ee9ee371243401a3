"""`depthfusion doctor`: what this machine has, what it lacks, and how to get it."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields
from importlib import metadata
from pathlib import Path
from typing import Any

from depthfusion._version import __version__
from depthfusion.errors import MissingPartError

APPLICATION = "depthfusion"
PROBE_TIMEOUT_S = 30
LIBRARIES = {
    "NumPy": "numpy",
    "Pillow": "pillow",
    "SciPy": "scipy",
    "ModernGL": "moderngl",
    "PySide6": "PySide6-Essentials",
    "OpenEXR": "OpenEXR",
    "tifffile": "tifffile",
}
"""What a person calls it -> the distribution whose version is told."""
EXTRAS = {"generate": "torch", "vr": "openvr"}
"""Extra of this package -> the module that it brings."""

# Graphics drivers and Qt may abort the process instead of raising: both are tried in a child.
_OPENGL_PROBE = """
import json
from depthfusion.renderer.offscreen import standalone_context
with standalone_context() as context:
    info = context.info
    print(json.dumps({
        "renderer": info["GL_RENDERER"],
        "version": info["GL_VERSION"],
        "max_texture_px": info["GL_MAX_TEXTURE_SIZE"],
        "max_samples": context.max_samples,
    }))
"""
_DISPLAY_PROBE = """
import json
from PySide6.QtGui import QGuiApplication
application = QGuiApplication([])
screen = application.primaryScreen()
size = screen.size() * screen.devicePixelRatio()
print(json.dumps({
    "platform": application.platformName(),
    "size_px": [size.width(), size.height()],
    "refresh_hz": round(screen.refreshRate(), 1),
}))
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `doctor`."""
    parser.add_argument("--json", action="store_true", help="report as JSON on standard output")


def run(options: argparse.Namespace) -> int:
    """Examine, tell, and return 0 when `depthfusion view` can work here, 69 when not."""
    report = examine(os.environ)
    if options.json:
        print(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        print("\n".join(words(report)))
    return 0 if report["can_view"] else MissingPartError.exit_code


def examine(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return everything that `doctor` tells, JSON-able."""
    from depthfusion.gui.system_libraries import install_line, missing_libraries

    missing = missing_libraries(window=True)
    opengl = _probe(_OPENGL_PROBE)
    display = _examine_display(bool(missing))
    return {
        "depthfusion": __version__,
        "can_view": not missing and "error" not in opengl and "error" not in display,
        "can_render": "error" not in opengl,
        "python": {"version": platform.python_version(), "path": sys.executable},
        "system": platform.platform(),
        "versions": {name: _version(package) for name, package in LIBRARIES.items()},
        "missing_libraries": [library.file for library in missing],
        "install_line": install_line(missing) if missing else None,
        "opengl": opengl,
        "display": display,
        "extras": {
            extra: importlib.util.find_spec(module) is not None for extra, module in EXTRAS.items()
        },
        "headset_runtime": headset_runtime(environment),
        "headset": headset(),
        "models": models(environment),
        "folders": folders(),
    }


def words(report: Mapping[str, Any]) -> list[str]:
    """Return the report as lines, the verdict first."""
    verdict = "ready: depthfusion view works here"
    if not report["can_view"]:
        verdict = "not ready: depthfusion view cannot work here"
        if report["can_render"]:
            verdict += ", depthfusion render can"
    python, opengl, display = report["python"], report["opengl"], report["display"]
    versions = ", ".join(f"{n} {v or 'missing'}" for n, v in report["versions"].items())
    lines = [
        verdict,
        f"DepthFusion  {report['depthfusion']}",
        f"Python       {python['version']} ({python['path']})",
        f"System       {report['system']}",
        f"Packages     {versions}",
        f"OpenGL       {_opengl_words(opengl)}",
        f"Display      {_display_words(display)}",
    ]
    if report["missing_libraries"]:
        lines.append(f"Libraries    missing: {', '.join(report['missing_libraries'])}")
        lines.append(f"             install: {report['install_line']}")
    else:
        lines.append("Libraries    all system libraries are there")
    for extra, there in report["extras"].items():
        how = (
            "installed" if there else f"not installed: pip install 'depthfusion-panorama[{extra}]'"
        )
        lines.append(f"Extra {extra:<6} {how}")
    lines.append(f"Headset      {report['headset']['words']}")
    lines.append(f"             {_headset_words(report['headset_runtime'])}")
    known = report["models"]
    lines.append(f"Models       {len(known['found'])} in {known['folder']}")
    for name, folder in report["folders"].items():
        lines.append(f"{name.capitalize():<12} {folder}")
    return lines


def _opengl_words(opengl: Mapping[str, Any]) -> str:
    if "error" in opengl:
        return str(opengl["error"])
    return (
        f"{opengl['version']}, {opengl['renderer']}; textures up to {opengl['max_texture_px']} px,"
        f" {opengl['max_samples']} samples"
    )


def _display_words(display: Mapping[str, Any]) -> str:
    if "error" in display:
        return str(display["error"])
    width, height = display["size_px"]
    return f"{display['platform']}, {width}x{height} at {display['refresh_hz']:g} Hz"


def _headset_words(runtime: Mapping[str, Any]) -> str:
    if not runtime["registered"]:
        return f"no OpenVR runtime registered ({runtime['registry']} is not there)"
    if runtime["runtime"] is None:
        return f"{runtime['registry']} names no runtime that is there: start SteamVR once"
    return f"OpenVR runtime in {runtime['runtime']}"


def _examine_display(libraries_missing: bool) -> dict[str, Any]:
    from depthfusion.gui.system_libraries import has_display

    if not has_display():
        return {"error": "none: neither DISPLAY nor WAYLAND_DISPLAY is set"}
    if libraries_missing:
        return {"error": "not tried: Qt would abort without the missing libraries"}
    return _probe(_DISPLAY_PROBE)


def _probe(code: str) -> dict[str, Any]:
    """Run `code` in a child; return the JSON it prints, or {"error": why not}."""
    try:
        child = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"error": f"no answer within {PROBE_TIMEOUT_S} s"}
    try:
        result = json.loads(child.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        said = [line for line in child.stderr.splitlines() if line.strip()]
        reason = said[-1].strip() if said else "it said nothing"
        return {"error": f"failed with exit status {child.returncode}: {reason}"}
    return dict(result)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def headset() -> dict[str, Any]:
    """Return what a runtime says about the headset; asked in a child, for it may abort or hang."""
    from depthfusion.headset.probe import probe

    report = probe()
    found = {f.name: getattr(report, f.name) for f in fields(report)}
    return found | {"words": report.words() or "there, but nothing is known of it"}


def headset_runtime(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return what OpenVR's path registry says, read as a file: nothing is started."""
    registry = _openvr_registry(environment)
    result: dict[str, Any] = {
        "registry": str(registry), "registered": registry.is_file(), "runtime": None
    }  # fmt: skip
    try:
        listed = json.loads(registry.read_text(encoding="utf-8-sig"))["runtime"]
        result["runtime"] = next((str(path) for path in listed if Path(path).is_dir()), None)
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not there, or not written by a runtime: both mean that none is registered
    return result


def _openvr_registry(environment: Mapping[str, str]) -> Path:
    override = environment.get("VR_PATHREG_OVERRIDE")
    if override:
        return Path(override)
    if sys.platform == "win32":
        base = Path(environment.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "openvr"
    elif sys.platform == "darwin":
        base = Path.home() / "Library/Application Support/OpenVR/.openvr"
    else:
        config = environment.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        base = Path(config) / "openvr"
    return base / "openvrpaths.vrpath"


def models(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the model folder of the Hugging Face hub's rules, and the LDM3D models in it."""
    folder = environment.get("HF_HUB_CACHE")
    if not folder:
        cache = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        folder = str(Path(environment.get("HF_HOME") or Path(cache) / "huggingface") / "hub")
    path = Path(folder).expanduser()
    try:
        found = sorted(item.name for item in path.glob("models--*") if "ldm3d" in item.name.lower())
    except OSError:
        found = []
    return {"folder": str(path), "found": [name[8:].replace("--", "/", 1) for name in found]}


def folders() -> dict[str, str]:
    """Return where settings, worlds, data, and what is remembered between two starts are kept."""
    import platformdirs

    from depthfusion.library.place import default_folder
    from depthfusion.settings import Store, config_folder

    return {
        "settings": str(config_folder()),
        "library": str(Store().settings.library or default_folder()),
        "data": platformdirs.user_data_dir(APPLICATION, appauthor=False),
        "state": platformdirs.user_state_dir(APPLICATION, appauthor=False),
    }
