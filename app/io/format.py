"""What a reader is: a declaration, a sniffer of content, and one function."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fitting.series import Series


@dataclass(frozen=True)
class FileFormat:
    """One kind of file.

    Parameters
    ----------
    name : for people
    extensions : usual endings, lower case with the dot; for file dialogs only, never to decide
    sniff : says from the first 64 KiB whether a file is of this kind
    read : path in, series out; raises ReadError (path, place, what was expected)
    """

    name: str
    extensions: tuple[str, ...]
    sniff: Callable[[bytes], bool]
    read: Callable[[Path], list[Series]]
