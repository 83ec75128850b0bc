"""Series of the joint plan of ``test_joint``, made with sensitivities of their own if wanted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from fitting.model import ModelTable
from fitting.result import SeriesResult
from fitting.series import AxisKind, IntensityUnit, Series, Technique
from fitting.spectrum import Spectrum
from tests.fitted_series import stack
from tests.fitting.test_joint import fitted

Steps = Sequence[Mapping[str, Spectrum]]


def seen_with(table: ModelTable, factors: Mapping[str, float]) -> ModelTable:
    """The model, areas of phases times a factor: by region, or by ``REGION/PHASE``."""
    matrix = table.matrix.copy()
    for region in table.regions:
        for c in region.components:
            if c.phase:
                matrix[c.area] *= factors.get(region.name, 1.0)
                matrix[c.area] *= factors.get(f"{region.name}/{c.phase}", 1.0)
    return replace(table, matrix=matrix)


def series_of(steps: Steps) -> dict[str, Series]:
    """Region -> its spectra in the steps that have it."""
    found = {}
    for name in dict.fromkeys(name for step in steps for name in step):
        own = [k for k, step in enumerate(steps) if name in step]
        found[name] = Series(
            sample="cell",
            region=name,
            technique=Technique.XPS,
            axis_kind=AxisKind.BINDING_ENERGY,
            x=steps[own[0]][name].x,
            intensity=np.array([steps[k][name].intensity for k in own]),
            steps=np.array(own),
            columns={"charge_uAh_cm2": 2.0 * np.array(own)},
            intensity_unit=IntensityUnit.COUNTS,
            counts_per_unit=np.ones(len(own)),
        )
    return found


def joint_fit(table: ModelTable, steps: Steps) -> tuple[SeriesResult, dict[str, Series]]:
    """Fit steps that all have every region."""
    series = series_of(steps)
    return stack(table, series, fitted(table, [dict(step) for step in steps])), series
