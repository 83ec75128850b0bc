"""Reading measured spectra: every kind of file, told by content, never by name.

Adding a kind of file: write ``app/io/<kind>.py`` with ``FORMAT = FileFormat(...)`` and list it
in ``FORMATS``. The first whose ``sniff`` says yes reads the file, so the strict come before the
lenient. Heavy libraries are imported inside the functions that use them.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from app.io import (
    casaxps,
    columns,
    horiba,
    khervefitting,
    matrix,
    phi,
    raman_text,
    renishaw,
    scienta,
    specs_xml,
    specs_xy,
    vamas,
)
from app.io.clock import NAIVE_TIME, localise
from app.io.foreign import describe, known_kind
from app.io.format import FileFormat
from app.io.options import NOTHING_SAID, ReadOptions
from app.io.refused import REFUSED
from fitting.arrays import FloatArray
from fitting.errors import DataError, ReadError
from fitting.series import AxisKind, Series, Technique

HEAD_BYTES = 65536
HAXPES_FROM_EV = 2000.0

FORMATS: tuple[FileFormat, ...] = (
    # photoelectron vendor files
    vamas.FORMAT,
    phi.FORMAT,
    casaxps.FORMAT_CSV,
    casaxps.FORMAT_TEXT,
    scienta.FORMAT_TEXT,
    scienta.FORMAT_IGOR,
    specs_xy.FORMAT,
    specs_xml.FORMAT,
    khervefitting.FORMAT,
    # Raman vendor files
    renishaw.FORMAT,
    horiba.FORMAT,
    raman_text.WITEC,
    raman_text.BWTEK,
    raman_text.ROD,
    # known, but not spectra: refused in one sentence
    *REFUSED,
    # tables of text: lenient sniffers, last
    matrix.FORMAT,
    columns.FORMAT,
)


def identify(path: Path) -> FileFormat:
    """Kind of a file, told from its first 64 KiB.

    Raises
    ------
    ReadError
        Missing, a folder, not permitted, empty, or of no known kind.
    """
    head = _head(path)
    for file_format in FORMATS:
        if file_format.sniff(head):
            return file_format
    if known_kind(head) is not None:
        raise ReadError(path, "", describe(head))
    read = ", ".join(file_format.name for file_format in FORMATS if file_format not in REFUSED)
    raise ReadError(path, "", f"{describe(head)}; looked for: {read}")


def read_file(path: Path, options: ReadOptions = NOTHING_SAID) -> list[Series]:
    """All series of one file, with what the user said applied.

    Raises
    ------
    ReadError
        See ``identify``; or the content is damaged; or an option does not fit it.
    """
    path = Path(path)
    file_format = identify(path)
    try:
        if file_format.read_with is not None:
            found = file_format.read_with(path, options)
        else:
            found = file_format.read(path)
        return [apply_options(path, series, options, len(found)) for series in found]
    except DataError as error:
        raise ReadError(path, "", str(error)) from error


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except FileNotFoundError as error:
        raise ReadError(path, "", "no such file; check the name and the folder") from error
    except IsADirectoryError as error:
        raise ReadError(path, "", "is a folder; name the files in it") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ReadError(path, "", f"cannot be opened: {reason}") from error
    if not head:
        raise ReadError(path, "", "is empty (0 bytes); a spectrum was expected")
    return head


def apply_options(path: Path, series: Series, options: ReadOptions, count: int) -> Series:
    """One of the ``count`` series of a file, with what the user said applied.

    Raises
    ------
    ReadError
        A region name for a file that holds several.
    """
    if options.region is not None and count > 1:
        raise ReadError(
            path, "", f"holds {count} regions; --region names the region of a file that has one"
        )
    series = replace(
        series,
        sample=options.sample or series.sample,
        region=options.region or series.region,
    )
    return _with_clock(_with_energies(series, options), options.timezone)


def _with_energies(series: Series, options: ReadOptions) -> Series:
    if series.technique is Technique.RAMAN:
        return series
    photon = options.photon_energy_eV or series.photon_energy_eV
    hard = photon is not None and photon > HAXPES_FROM_EV
    work_function = series.work_function_eV
    if options.work_function_eV is not None and series.axis_kind is AxisKind.KINETIC_ENERGY:
        work_function = options.work_function_eV
    return replace(
        series,
        photon_energy_eV=photon,
        work_function_eV=work_function,
        technique=Technique.HAXPES if hard else series.technique,
    )


def _with_clock(series: Series, timezone: str | None) -> Series:
    start = series.acquisition_start
    if timezone is None or start is None or not series.metadata.get(NAIVE_TIME):
        return series
    metadata = {**series.metadata, NAIVE_TIME: False, "timezone": timezone}
    return replace(series, acquisition_start=_localised(start, timezone), metadata=metadata)


def _localised(start: FloatArray, timezone: str) -> FloatArray:
    return np.array([localise(t, timezone) if np.isfinite(t) else np.nan for t in start])


__all__ = [
    "FORMATS",
    "FileFormat",
    "ReadOptions",
    "apply_options",
    "identify",
    "read_file",
]
