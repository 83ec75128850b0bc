"""What a reader is: a declaration, a sniffer of content, and one function."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.io.options import ReadOptions
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
    read_with : the same with what the user said, for kinds that cannot do without;
        names, energies and time zone are applied afterwards by ``app.io.read_file``

    Notes
    -----
    Times that carry no zone become POSIX seconds as if they were UTC, and the series says so
    by ``metadata["naive_time"] = True`` (see ``app.io.clock``).
    """

    name: str
    extensions: tuple[str, ...]
    sniff: Callable[[bytes], bool]
    read: Callable[[Path], list[Series]]
    read_with: Callable[[Path, ReadOptions], list[Series]] | None = None
