"""Whether a plan and measured data go together, said before anything is fitted."""

from collections.abc import Sequence

from fitting.errors import DataError
from fitting.plan import Plan, Region
from fitting.series import Series
from fitting.spectrum import Spectrum


def data_problems(plan: Plan, series: Sequence[Series]) -> list[str]:
    """What of a plan does not fit some spectra: one sentence each, empty if all is well."""
    regions = {s.region for s in series}
    there = ", ".join(sorted(regions))
    problems = [
        f"no spectrum of {region.measured!r}; the files hold {there}"
        for region in plan.regions
        if region.measured not in regions
    ]
    for s in series:
        for region in plan.regions:
            if region.measured == s.region:
                problems += _window_problems(region, s)
    return problems + _axis_problems(plan.series.axis, series)


def _axis_problems(axis: str, series: Sequence[Series]) -> list[str]:
    """A plan's axis that is not among the step columns; without any, nothing can be chosen."""
    columns = list(dict.fromkeys(name for s in series for name in s.columns))
    if axis in columns or not columns or all(len(s) == 1 for s in series):
        return []
    return [
        f"no spectrum has the axis {axis!r}, results would go by step number; "
        f"the files have {', '.join(columns)}"
    ]


def _window_problems(region: Region, series: Series) -> list[str]:
    """Steps in which the window holds no data, in one sentence."""
    low, high = region.window
    empty = []
    for row, step in enumerate(series.steps):
        try:
            spectrum = series.spectrum(row)
        except DataError as error:
            return [str(error)]
        if not len(spectrum.window(low, high)):
            empty.append((int(step), _run_of(spectrum)))
    if not empty:
        return []
    step, run = empty[0]
    some = len(empty) < len(series)
    steps = f"in {len(empty)} of {len(series)} steps, first {step}, " if some else ""
    return [
        f"{series.sample}/{series.region}: {steps}the window {low:g} .. {high:g} holds no data; "
        f"they {run}"
    ]


def _run_of(spectrum: Spectrum) -> str:
    if not len(spectrum):
        return "have no points"
    # what rounding leaves of 0 eV is 0
    first, last = (round(float(end), 9) + 0.0 for end in (spectrum.x[0], spectrum.x[-1]))
    return f"run from {first:g} to {last:g}"
