"""shifts.csv: where the energy scale of every step stood, group by group, and how broad it was."""

from collections.abc import Iterator

import numpy as np

from app.archive.fit_parameters import variances_of
from app.batch.csv_file import Cell
from fitting.arrays import FloatArray
from fitting.energy_scale import BROADENING_ROW, SHIFT_ROW, offset_row, shift_row
from fitting.model import ModelTable, State
from fitting.result import FitStatus, SeriesResult

SHIFT_COLUMNS = (
    "source,sample,step,group,shift,shift_stderr,unit,reference,state,broadening,broadening_stderr"
).split(",")

ALL, DEFAULT = "all", "default"
"""The group of everything where there are no others, and that of the rest where there are."""

HELD = "held: not detected"
NO_ERROR = "error not estimated"
NOT_FITTED = "not fitted"


def shift_rows(result: SeriesResult, table: ModelTable) -> Iterator[list[Cell]]:
    """One row for every step and group; a number nobody knows is empty, and ``state`` says why.

    ``state``: free, fixed, at_bound, or words.
    """
    energy = table.plan.energy
    stderr = np.sqrt(variances_of(result, table))
    groups = [(DEFAULT if energy.groups else ALL, SHIFT_ROW, SHIFT_ROW)]
    groups += [(name, shift_row(name), offset_row(name)) for name in energy.groups]
    reference = energy.component if energy.reference == "component" else energy.reference
    unit = result.regions[0].axis_kind.unit
    for k in range(len(result)):
        fitted = bool((result.status[k] <= FitStatus.NOT_CONVERGED).any())
        width = _numbers(result.values, stderr, k, table.index.get(BROADENING_ROW))
        for name, row, own in groups:
            value, error = _numbers(result.values, stderr, k, table.index[row])
            yield [
                *(result.regions[0].source, result.sample, int(result.steps[k]), name),
                *(value, error, unit, reference),
                _state(result, table, k, own, error) if fitted else NOT_FITTED,
                *width,
            ]


def _numbers(
    values: FloatArray, stderr: FloatArray, k: int, place: int | None
) -> tuple[float | None, float | None]:
    return (None, None) if place is None else (float(values[k, place]), float(stderr[k, place]))


def _state(result: SeriesResult, table: ModelTable, k: int, name: str, error: float | None) -> str:
    place = table.index[name]
    if table.parameters[place].state is not State.FREE:
        return table.parameters[place].state.value
    f = int(np.flatnonzero(table.free == place)[0])
    if f in table.offsets and result.values[k, place] == 0.0:
        return HELD
    if result.at_bound[k, f]:
        return "at_bound"
    return NO_ERROR if error is None or np.isnan(error) else State.FREE.value
