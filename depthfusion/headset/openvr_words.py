"""What OpenVR's error numbers mean to a person: what was wanted, what was found, what to do.

Numbers: EVRInitError and EVRCompositorError of openvr.h (2.12).
"""

from __future__ import annotations

MISSING_EXTRA = (
    "want the OpenVR library, found none: pip install 'depthfusion-panorama[vr]'"
    " (it exists for 64-bit PCs only)"
)
TOO_OLD = "want a newer SteamVR, found one that lacks {part}: update SteamVR in Steam"

_NO_RUNTIME = "want SteamVR, found none: install it in Steam, start it once, then try again"
_BROKEN = "want a working SteamVR, found a broken one: let Steam verify its files"
_NO_HEADSET = (
    "want a headset, found none: connect it, switch it on, and see that SteamVR shows it as ready"
)
_BUSY = "want SteamVR, found it starting or closing: wait a moment, then try again"
_NO_PLACE = "want SteamVR's own folders, found none that can be used: start SteamVR once"
_UPDATING = "want a headset, found it busy with an update: let SteamVR finish, then try again"
_NO_DISPLAY = "want the headset's display, found none: check its cable, then restart SteamVR"
_NO_LEASE = (
    "want the headset's display, but the desktop does not hand it over:"
    " log in to an X11 session or update the desktop, then restart SteamVR"
)
NOT_RUNNING = "SteamVR does not run: start it to see the headset's name and sizes"
ASLEEP = "the headset is asleep: put it on"

_INIT = {
    **dict.fromkeys((100, 110), _NO_RUNTIME),
    **dict.fromkeys((101, 102, 103, 104, 106, 148), _BROKEN),
    105: TOO_OLD.format(part="an interface"),
    **dict.fromkeys((107, 111, 112, 113), _NO_PLACE),
    **dict.fromkeys((108, 125, 126), _NO_HEADSET),
    **dict.fromkeys((115, 117, 119, 143, 159, 160), _BUSY),
    116: "want SteamVR, but its start was cancelled: try again",
    121: NOT_RUNNING,
    **dict.fromkeys((137, 138, 139, 140), _UPDATING),
    204: TOO_OLD.format(part="what the headset's driver needs"),
    205: "want the headset, found it in use: close the other program, then try again",
    **dict.fromkeys((208, 212, 213), _NO_DISPLAY),
    215: "want the headset, found it asleep or out of reach: switch it on, then try again",
    **dict.fromkeys((496, 497, 498), _NO_LEASE),
    2000: _NO_RUNTIME,
}
_RANGES = (
    (range(200, 300), "want the headset's driver, found it failing: restart SteamVR"),
    (range(300, 400), "want SteamVR, found it not answering: restart SteamVR"),
    (range(400, 600), "want SteamVR's compositor, found it failing: restart SteamVR"),
    (range(1000, 1200), "want the headset, found trouble in its maker's software: restart that"),
)


def init_words(number: int | None, description: str = "") -> str:
    """Return why a session could not begin, in one line.

    Args:
        number: of EVRInitError; None where the binding knows none.
        description: the runtime's own, for numbers that are not known here.
    """
    if number in _INIT:
        words = _INIT[number]
    else:
        found = [words for numbers, words in _RANGES if number is not None and number in numbers]
        words = found[0] if found else "want SteamVR, found trouble: restart SteamVR"
    own = " ".join(description.split())
    said = f", {own}" if own and number not in _INIT else ""
    return words if number is None else f"{words} (OpenVR error {number}{said})"


_COMPOSITOR = {
    1: "the compositor refuses",
    100: "SteamVR and this program do not fit together: update both",
    102: "it does not take the picture (invalid texture, or no OpenGL context is current)",
    103: "SteamVR does not take this program for one that draws",
    104: "the picture lies on another graphics card than the headset: choose the headset's",
    105: "it does not take the picture's format: want one sample a pixel, RGBA8 or SRGB8_ALPHA8",
    106: "the graphics driver does not share textures: update it",
    107: "it knows no such eye",
    109: "it does not take the picture's bounds",
}


def compositor_words(number: int) -> str:
    """Return why the compositor ended a session, in one line; `number` of EVRCompositorError."""
    why = _COMPOSITOR.get(number, "it gives an error that is not known")
    return f"SteamVR showed no picture: {why} (compositor error {number})"
