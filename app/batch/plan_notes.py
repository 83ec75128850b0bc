"""Where a plan reaches beyond measured data: no error, but seldom meant."""

from collections.abc import Sequence

from fitting.errors import DataError
from fitting.plan import Plan, Region
from fitting.series import Series


def data_notes(plan: Plan, series: Sequence[Series]) -> list[str]:
    """Windows that begin or end outside the data of some steps: one sentence per region."""
    return [
        note
        for s in series
        for region in plan.regions
        if region.measured == s.region
        for note in _beyond(region, s)
    ]


def _beyond(region: Region, series: Series) -> list[str]:
    """The first step whose data do not fill the window; where they miss it, that is an error."""
    low, high = region.window
    for row, step in enumerate(series.steps):
        try:
            x = series.spectrum(row).x
        except DataError:
            return []
        if len(x) < 2 or x[0] > high or x[-1] < low:
            continue
        spacing = (x[-1] - x[0]) / (len(x) - 1)
        if low < x[0] - spacing or high > x[-1] + spacing:
            return [
                f"{series.sample}/{series.region}: step {step}: the window {low:g} .. {high:g} "
                f"reaches beyond the data, {x[0]:g} to {x[-1]:g}"
            ]
    return []
