"""The bytes and lines of a file, with places that errors can name."""

import math
from pathlib import Path

from fitting.errors import ReadError


def read_bytes(path: Path) -> bytes:
    """Whole content of a file.

    Raises
    ------
    ReadError
        Missing, a folder, not permitted, or empty.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ReadError(path, "", f"cannot be opened: {reason}") from error
    if not content:
        raise ReadError(path, "", "is empty (0 bytes); a spectrum was expected")
    return content


def split_lines(text: str) -> list[str]:
    """Lines ended by CR LF, LF or CR; control characters inside a line do not split it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def shown(value: str, length: int = 60) -> str:
    """A value found in a file as an error shows it: quoted, printable, short."""
    text = value if len(value) <= length else value[:length] + "..."
    return ascii(text)


def number(text: str, path: Path, place: str, what: str) -> float:
    """A finite number written in a file.

    Raises
    ------
    ReadError
        Anything else was written.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or "_" in text:
        raise ReadError(path, place, f"found {shown(text)} where {what} was expected, a number")
    return value
