"""How far the electrolyte has reacted and whether its elements add up: for the results tab."""

from dataclasses import dataclass
from enum import StrEnum

from app.batch.csv_file import Cell
from app.batch.progress_table import progress_rows
from app.session.parts import along, parts_of
from app.session.project import Project
from fitting.arrays import FloatArray, IntArray
from fitting.progress import Progress, progress_of
from fitting.region_steps import ALL, steps_of


class Quantity(StrEnum):
    """What kind of number it is."""

    EXTENT = "Extent of the reaction"
    RATIO = "Ratios of products"
    BALANCE = "Balance of elements"


@dataclass(frozen=True, eq=False)
class ProgressSeries:
    """Numbers of progress.csv along one sample; K steps.

    Parameters
    ----------
    x, column : along what; see ``FractionCurves``
    steps : (K,) their numbers
    found : one number each
    rows : cells in the order of ``PROGRESS_COLUMNS``
    """

    sample: str
    column: str
    x: FloatArray
    steps: IntArray
    found: tuple[Progress, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def chosen(self, kind: Quantity) -> list[Progress]:
        """Numbers of one kind."""
        return [one for one in self.found if kind_of(one.quantity) is kind]


def kind_of(quantity: str) -> Quantity:
    """Kind of a quantity of progress.csv."""
    if quantity.startswith("extent"):
        return Quantity.EXTENT
    return Quantity.BALANCE if quantity.startswith("balance_") else Quantity.RATIO


def progress_series(project: Project) -> tuple[ProgressSeries, ...]:
    """Of all samples, from the fits of the plan as it is now.

    Raises
    ------
    PlanError
        See ``parts_of``.
    """
    made = []
    for sample in project.samples:
        for part in parts_of(project, sample):
            found = progress_of(part.result, part.table) if part.current else ()
            if found:
                column, x = along(project, [part], [steps_of(part.result, ALL)])
                rows = tuple(tuple(row) for row in progress_rows(part.result, found))
                steps = part.result.steps
                made.append(ProgressSeries(sample.name, column, x, steps, found, rows))
    return tuple(made)
