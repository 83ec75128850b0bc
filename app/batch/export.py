"""Tables again from a result, the same byte for byte."""

from pathlib import Path

from app.archive.results import read_results
from app.batch.tables import Tables
from fitting.build import build_model
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
    FitCancelled
    """
    handles = read_results(result)
    table = build_model(handles[0].plan)
    names = dict.fromkeys(name for handle in handles for name in handle.columns)
    extra = [name for name in names if name not in STEP_COLUMNS]
    total, done = sum(handle.n_steps for handle in handles), 0
    with Tables(folder, table, extra) as tables:
        for handle in handles:
            for first in range(0, handle.n_steps, CHUNK):
                checkpoint(monitor, done, total)
                rows = handle.rows(first, first + CHUNK)
                tables.add(rows)
                done += len(rows)
            tables.end_sample()
    checkpoint(monitor, done, total)
    return tables.names
