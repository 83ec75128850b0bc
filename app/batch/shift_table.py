"""shifts.csv: where the energy scale of every step stood, group by group, and how broad it was."""

from collections.abc import Iterator
from dataclasses import dataclass

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

BROADENED = "broadening of all lines"

HELD = "held: not detected"
NO_ERROR = "error not estimated"
NOT_FITTED = "not fitted"


@dataclass(frozen=True, eq=False)
class Shifts:
    """One number of the energy scale in K steps.

    Parameters
    ----------
    name : of the group, or ``BROADENED``
    value, stderr : (K,) nan where not known
    states : (K,) free, fixed, at_bound, or words
    """

    name: str
    value: FloatArray
    stderr: FloatArray
    states: tuple[str, ...]


def shifts_of(result: SeriesResult, table: ModelTable) -> list[Shifts]:
    """The shift of every group, then the broadening if there is one."""
    groups = table.plan.energy.groups
    found = [(DEFAULT if groups else ALL, SHIFT_ROW, SHIFT_ROW)]
    found += [(name, shift_row(name), offset_row(name)) for name in groups]
    if BROADENING_ROW in table.index:
        found.append((BROADENED, BROADENING_ROW, BROADENING_ROW))
    errors = np.sqrt(variances_of(result, table))
    fitted = np.any(result.status <= FitStatus.NOT_CONVERGED, axis=1).tolist()
    made = []
    for name, row, own in found:
        value, stderr = result.values[:, table.index[row]], errors[:, table.index[row]]
        states = tuple(
            _state(result, table, k, table.index[own], stderr[k]) if good else NOT_FITTED
            for k, good in enumerate(fitted)
        )
        made.append(Shifts(name, value, stderr, states))
    return made


def shift_rows(result: SeriesResult, table: ModelTable) -> Iterator[list[Cell]]:
    """One row for every step and group; a number nobody knows is empty, and ``state`` says why."""
    energy = table.plan.energy
    found = shifts_of(result, table)
    reference = energy.component if energy.reference == "component" else energy.reference
    unit = result.regions[0].axis_kind.unit
    for k, step in enumerate(result.steps.tolist()):
        width = [(float(o.value[k]), float(o.stderr[k])) for o in found if o.name == BROADENED]
        for one in found:
            if one.name != BROADENED:
                yield [
                    *(result.regions[0].source, result.sample, step, one.name),
                    *(float(one.value[k]), float(one.stderr[k]), unit, reference, one.states[k]),
                    *(width[0] if width else (None, None)),
                ]


def _state(result: SeriesResult, table: ModelTable, k: int, place: int, error: float) -> str:
    if table.parameters[place].state is not State.FREE:
        return table.parameters[place].state.value
    f = int(np.flatnonzero(table.free == place)[0])
    if f in table.offsets and result.values[k, place] == 0.0:
        return HELD
    if result.at_bound[k, f]:
        return "at_bound"
    return NO_ERROR if np.isnan(error) else State.FREE.value
