"""Amounts that a step could not tell, and sensitivities that came out far from what was known."""

from collections.abc import Iterator

import numpy as np

from fitting.checks.check import Check
from fitting.joint import AMOUNT, SENSITIVITY
from fitting.model import ModelTable
from fitting.result import FitStatus, SeriesResult

FAR = 2.5
"""Prior standard deviations from 1 beyond which a sensitivity is no matter of its uncertainty."""


def sensitivities(result: SeriesResult, table: ModelTable) -> Iterator[Check]:
    """Core levels whose fitted sensitivity is far from that of the plan; once for a sample."""
    for f in table.factor_places:
        row = table.parameters[table.free[f]]
        found = result.values[:, table.free[f]]
        found = found[np.isfinite(found)]
        regions = [region.name for r, region in enumerate(table.regions) if table.influence[r, f]]
        if not len(found) or abs(found[0] - 1.0) <= FAR * table.prior[f]:
            continue
        far = abs(found[0] - 1.0) / table.prior[f]
        words = (
            f"the sensitivity of {row.parameter} came out as {found[0]:.3g} times that of the "
            f"plan, {far:.1f} of its uncertainties away: a wrong count, layers, or a line that is "
            "another phase's"
        )
        yield Check(None, regions[0], SENSITIVITY, "warn", words)


def unknown_amounts(result: SeriesResult, table: ModelTable, r: int) -> Iterator[Check]:
    """Amounts that no region of a step shows; said beside the first region that was fitted."""
    rows = [f for f, i in enumerate(table.free) if table.parameters[i].component == AMOUNT]
    usable = result.present & (result.status <= FitStatus.NOT_CONVERGED)
    first = usable[:, r] & ~usable[:, :r].any(axis=1)
    for k in np.flatnonzero(first).tolist():
        lost = [f for f in rows if np.isnan(result.values[k, table.free[f]])]
        if not lost:
            continue
        names = ", ".join(table.parameters[table.free[f]].name for f in lost)
        shows = [g.name for i, g in enumerate(table.regions) if table.influence[i, lost].any()]
        words = f"not known in this step: {names}; shown by {', '.join(shows)}, not fitted here"
        yield Check(int(result.steps[k]), result.regions[r].name, AMOUNT, "ok", words)
