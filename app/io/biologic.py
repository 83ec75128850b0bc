"""BioLogic EC-Lab files: binary ``.mpr`` through galvani, text ``.mpt`` here.

galvani's reader of ``.mpt`` refuses LF line ends, letters beyond ASCII and newer columns.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from app.io.clock import posix
from app.io.library import parsing
from app.io.text import Layout, parse_rows, read_text
from fitting.arrays import FloatArray
from fitting.errors import ReadError

MPR_MAGIC = b"BIO-LOGIC MODULAR FILE"
MPT_MAGICS = (b"EC-Lab ASCII FILE", b"BT-Lab ASCII FILE")
_STARTED = re.compile(r"Acquisition started on\s*:\s*(\S+ \S+)")
_DATES = ("%m/%d/%Y %H:%M:%S.%f", "%m/%d/%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S.%f", "%d.%m.%Y %H:%M:%S")


@dataclass(frozen=True, eq=False)
class LogTable:
    """Columns of an electrochemical record by name, and when its time began.

    Parameters
    ----------
    columns : name -> (R,) values
    start : POSIX seconds of time zero, or None
    header : lines above the table
    start_is_naive : the zone of that clock is unknown
    """

    columns: dict[str, FloatArray]
    start: float | None
    header: tuple[str, ...] = ()
    start_is_naive: bool = True


def read_mpr(path: Path) -> LogTable:
    """Read a binary EC-Lab file.

    Raises
    ------
    ReadError
        Damaged, cut short, or of a version or technique that galvani does not know.
    """
    from galvani.BioLogic import MPRfile

    with parsing(path, "galvani", "galvani"), path.open("rb") as file:
        record = MPRfile(file)
        data = record.data
        columns = {
            name: np.asarray(data[name], float)
            for name in data.dtype.names
            if data.dtype[name].kind in "iuf"
        }
        started = getattr(record, "timestamp", None)
    return LogTable(columns, None if started is None else posix(started)[0])


def read_mpt(path: Path) -> LogTable:
    """Read an EC-Lab text export, decimal points or commas.

    Raises
    ------
    ReadError
        The header is not EC-Lab's, or a row is damaged.
    """
    lines = read_text(path).splitlines()
    count = re.match(r"Nb header lines\s*:\s*(\d+)", lines[1]) if len(lines) > 1 else None
    if count is None or not 3 <= int(count[1]) <= len(lines):
        raise ReadError(path, "line 2", "does not say Nb header lines as an EC-Lab export does")
    head = int(count[1])
    names = lines[head - 1].rstrip().split("\t")
    rows = [
        (head + i + 1, line.rstrip("\t ")) for i, line in enumerate(lines[head:]) if line.strip()
    ]
    comma = any("," in line for _, line in rows[:5])
    table = parse_rows(path, rows, Layout("\t", decimal_comma=comma), len(names))
    started = _STARTED.search("\n".join(lines[: head - 1]))
    return LogTable(
        dict(zip(names, table.T, strict=True)),
        None if started is None else _start(started[1]),
        tuple(line.strip() for line in lines[: head - 1] if line.strip()),
    )


def _start(text: str) -> float | None:
    for layout in _DATES:
        try:
            return posix(datetime.strptime(text, layout))[0]
        except ValueError:
            continue
    return None
