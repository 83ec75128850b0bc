"""Where a command writes: never over an input, never over a file that is not ours."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fitting.errors import ArchiveError, OutputError, PlanError, ReadError


def refuse_archive_path(output: Path, inputs: Iterable[Path] = ()) -> None:
    """Refuse a place for an archive before any work is done.

    Raises
    ------
    PlanError
        It is an input, a folder, a file of another kind, or lies in no folder that is there.
    """
    from app.archive.read import is_archive

    key = f"-o {output}"
    if output.is_dir():
        raise PlanError(key, "is a folder; name the archive, such as cellA.h5")
    if not output.parent.is_dir():
        raise PlanError(key, f"there is no folder {output.parent}; make it first")
    if not output.exists():
        return
    if any(_same(output, path) for path in _files(inputs)):
        raise PlanError(key, "is an input; inputs are never written to, choose another name")
    if not is_archive(output):
        raise PlanError(key, "is there and is no archive of Deconvolyte; choose another name")


@contextmanager
def writing(output: Path) -> Iterator[None]:
    """An archive that cannot be written is no archive that cannot be read.

    Raises
    ------
    OutputError
    """
    try:
        yield
    except ArchiveError as error:
        raise OutputError(str(error)) from error
    except OSError as error:
        raise OutputError(f"{output}: cannot be written: {error.strerror}") from error


def _files(inputs: Iterable[Path]) -> Iterator[Path]:
    from app.archive.inputs import files_of

    for path in inputs:
        try:
            yield from files_of(path)
        except ReadError:
            yield path


def _same(output: Path, other: Path) -> bool:
    try:
        return output.samefile(other)
    except OSError:
        return False
