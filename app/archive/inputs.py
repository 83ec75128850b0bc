"""What a command is given: archives and files of spectrometers, in any mixture."""

from collections.abc import Sequence
from pathlib import Path

from app.archive.checked import is_hdf5
from app.archive.read import read_archive
from app.io import ReadOptions, apply_options, read_file
from fitting.errors import DataError, ReadError
from fitting.monitor import Monitor, checkpoint
from fitting.series import Series


def load_inputs(
    paths: Sequence[Path], options: ReadOptions, monitor: Monitor
) -> tuple[list[Series], list[ReadError]]:
    """Read files and, one level deep, folders of files; bad ones are collected, others go on.

    Parameters
    ----------
    paths : archives, vendor files, folders of both; told apart by content
    options : what the user says about them, applied to archives as well
    monitor : told of each file; may cancel between files

    Returns
    -------
    The series as they are in the files, in order (not merged), and one error per bad file.

    Raises
    ------
    FitCancelled
    """
    files: list[Path] = []
    errors: list[ReadError] = []
    for path in paths:
        try:
            files += files_of(Path(path))
        except ReadError as error:
            errors.append(error)
    series: list[Series] = []
    for done, file in enumerate(files):
        checkpoint(monitor, done, len(files))
        try:
            series += load_file(file, options)
        except ReadError as error:
            errors.append(error)
    checkpoint(monitor, len(files), len(files))
    return series, errors


def load_file(path: Path, options: ReadOptions) -> list[Series]:
    """All series of one archive or vendor file, with what the user said applied.

    Raises
    ------
    ReadError
        Of no known kind, or damaged, or an option does not fit it.
    """
    if str(path).encode("utf-8", "replace").decode("utf-8") != str(path):
        raise ReadError(path, "", "has a name that is no UTF-8; rename the file")
    if not is_hdf5(path):
        return read_file(path, options)
    found = read_archive(path)
    samples = {series.sample for series in found}
    if options.sample is not None and len(samples) > 1:
        raise ReadError(
            path, "", f"holds {len(samples)} samples; --sample names the sample of a file of one"
        )
    try:
        return [apply_options(path, series, options, len(found)) for series in found]
    except DataError as error:
        raise ReadError(path, "", str(error)) from error


def files_of(path: Path) -> list[Path]:
    """The path itself, or the visible files of a folder in order of name.

    Half-written archives (``.part``) start with a point and are so left out.

    Raises
    ------
    ReadError
        A folder that is empty or cannot be listed.
    """
    if not path.is_dir():
        return [path]
    try:
        found = sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ReadError(path, "", f"cannot be listed: {reason}") from error
    if not found:
        raise ReadError(path, "", "is a folder without files; a spectrum was expected")
    return found
