"""Whether this machine can show a window; asked before Qt is imported, which would abort."""

import ctypes
import os
import sys
from collections.abc import Mapping

QT_LIBRARIES: Mapping[str, str] = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
}
"""Library that Qt needs -> its Debian package; ``start.py`` has the same list."""

X11_LIBRARIES: Mapping[str, str] = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}
"""The same for a window on X11."""


def why_no_window() -> str:
    """What stands in the way of a window, in one sentence; empty if nothing does."""
    if not sys.platform.startswith("linux"):
        return ""
    platform = os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    wayland = platform.startswith("wayland") or (
        not platform and bool(os.environ.get("WAYLAND_DISPLAY"))
    )
    x11 = platform == "xcb" or (not platform and not wayland)
    missing = missing_packages({**QT_LIBRARIES, **(X11_LIBRARIES if x11 else {})})
    if missing:
        names = " ".join(missing)
        return (
            f"the window needs {names}; install with: "
            f"sudo apt-get update && sudo apt-get install -y {names}"
        )
    if x11 and not _x11_answers():
        display = os.environ.get("DISPLAY", "")
        which = f"DISPLAY={display} does not answer" if display else "DISPLAY is not set"
        return (
            f"there is no display for the window ({which}); start it on a desktop or through "
            "ssh -X, or use the commands, which need none: deconvolyte --help"
        )
    return ""


def missing_packages(libraries: Mapping[str, str]) -> list[str]:
    """Debian packages of the libraries that cannot be loaded."""
    return [package for name, package in libraries.items() if not _loads(name)]


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _x11_answers() -> bool:
    """Whether an X server takes a connection; Qt would abort the process if none does."""
    if not os.environ.get("DISPLAY"):
        return False
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # Qt brings what it needs; let it try
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = (ctypes.c_char_p, ctypes.c_void_p)
    xcb.xcb_connection_has_error.argtypes = (ctypes.c_void_p,)
    xcb.xcb_disconnect.argtypes = (ctypes.c_void_p,)
    connection = xcb.xcb_connect(None, None)
    answers = xcb.xcb_connection_has_error(connection) == 0
    xcb.xcb_disconnect(connection)
    return bool(answers)
