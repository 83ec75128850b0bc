"""Tables again from a result, the same byte for byte."""

from pathlib import Path

from app.archive.results import read_results
from app.batch.folder import RECORD, make_folder
from app.batch.tables import Tables
from fitting.build import build_model
from fitting.errors import OutputError, PlanError
from fitting.monitor import Monitor, checkpoint
from fitting.series import STEP_COLUMNS
from fitting.seriesfit import CHUNK


def export_tables(result: Path, folder: Path, monitor: Monitor) -> list[str]:
    """Write all CSV tables of a result into a folder.

    Returns
    -------
    Names of the files.

    Raises
    ------
    ArchiveError
        The result cannot be read.
    PlanError
        The folder is a file, cannot be written to, or holds the tables of another run.
    OutputError
        The tables cannot be written.
    FitCancelled
    """
    handles = read_results(result)
    refuse_other_results(result, folder)
    table = build_model(handles[0].plan)
    names = dict.fromkeys(name for handle in handles for name in handle.columns)
    extra = [name for name in names if name not in STEP_COLUMNS]
    total, done = sum(handle.n_steps for handle in handles), 0
    try:
        with Tables(folder, table, extra) as tables:
            for handle in handles:
                for first in range(0, handle.n_steps, CHUNK):
                    checkpoint(monitor, done, total)
                    last = first + CHUNK
                    rows = handle.rows(first, last)
                    tables.add(rows, {r: handle.series(r, first, last) for r in handle.spectra})
                    done += len(rows)
                tables.end_sample()
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror}") from error
    checkpoint(monitor, done, total)
    return tables.names


def refuse_other_results(result: Path, folder: Path) -> None:
    """Make the folder, unless a run of its own lives there.

    Raises
    ------
    PlanError
    """
    if (folder / RECORD).exists() and folder.resolve() != result.resolve().parent:
        raise PlanError(
            f"-o {folder}", "holds the results of a run; choose another folder for these"
        )
    make_folder(folder)
