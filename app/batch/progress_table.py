"""progress.csv: how far the electrolyte has reacted, and whether its elements add up."""

from collections.abc import Iterator, Sequence

import numpy as np

from app.batch.csv_file import Cell
from fitting.checks import Check
from fitting.progress import VIOLATED, Progress
from fitting.region_steps import ALL, steps_of
from fitting.result import SeriesResult
from fitting.series import STEP_COLUMNS

PROGRESS_COLUMNS = (
    *("source", "sample", "step", *STEP_COLUMNS),
    *("quantity", "value", "stderr", "systematic_stderr", "expected"),
    *("tension", "tension_systematic", "note"),
)


def progress_rows(result: SeriesResult, found: Sequence[Progress]) -> Iterator[list[Cell]]:
    """Rows of some steps, step by step."""
    own = steps_of(result, ALL)
    nothing = np.full(len(result), np.nan)
    columns = [own.columns.get(name, nothing) for name in STEP_COLUMNS]
    for k in np.flatnonzero(own.present).tolist():
        place: list[Cell] = [own.info.source, result.sample, int(result.steps[k])]
        for one in found:
            yield [
                *place,
                *(float(values[k]) for values in columns),
                *(one.quantity, float(one.value[k]), float(one.stderr[k])),
                *(float(one.systematic[k]), one.expected),
                *(float(one.tension[k]), float(one.tension_with_sensitivities[k])),
                one.note(k),
            ]


def balance_checks(result: SeriesResult, found: Sequence[Progress]) -> Iterator[Check]:
    """Steps whose elements do not add up beyond counting and sensitivities."""
    for one in found:
        if one.is_balance:
            away = np.abs(np.nan_to_num(one.tension_with_sensitivities))
            for k in np.flatnonzero(away > VIOLATED).tolist():
                ratio = one.quantity.removeprefix("balance_").replace("_per_", " per ")
                detail = f"{one.value[k]:.3g} {ratio}, not {one.expected:.3g}: {one.note(k)}"
                yield Check(int(result.steps[k]), ALL, "mass_balance", "warn", detail)
