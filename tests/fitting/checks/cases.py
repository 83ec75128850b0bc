"""Regions fitted to simulated counts, and what the checks say of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fitting.arrays import FloatArray
from fitting.checks import Check, SeriesChecks
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.series import AxisKind, IntensityUnit, Series, Technique
from fitting.seriesfit import fit_series
from tests.fitted_series import stack
from tests.fitting.synthetic import component, spectra_of

DOUBLET = {"splitting": 1.18, "ratio": 0.5}
WIDTH = {"value": 1.2, "min": 0.7, "max": 2.5}


def line(name: str, center: object, **rest: Any) -> dict[str, Any]:
    """A gaussian doublet of S 2p with a phase of its own."""
    own = {"phase": name.upper(), "fwhm": 1.2, "doublet": DOUBLET, **rest}
    return component(name, "gaussian", center, **own)


def counted(table: ModelTable, truth: FloatArray, rows: int, seed: int = 0) -> FloatArray:
    """(K, N) Poisson counts of one region."""
    curve = spectra_of(table, truth)[table.regions[0].name].intensity
    return np.random.default_rng(seed).poisson(curve, (rows, len(curve))).astype(float)


def series_of(table: ModelTable, intensity: FloatArray, **over: Any) -> Series:
    """Spectra of the first region of a table on the grid of ``synthetic``."""
    model = table.regions[0]
    count = intensity.shape[1]
    given: dict[str, Any] = {
        "sample": "cell",
        "region": model.name,
        "technique": Technique.XPS,
        "axis_kind": AxisKind.BINDING_ENERGY,
        "x": np.linspace(*model.window, count),
        "intensity": intensity,
        "steps": np.arange(len(intensity)),
        "intensity_unit": IntensityUnit.COUNTS,
        "counts_per_unit": np.ones(len(intensity)),
    }
    return Series(**{**given, **over})


def fit(table: ModelTable, series: Mapping[str, Series]) -> Any:
    """Fit all steps of a table, each by itself."""
    steps = next(iter(series.values())).steps
    spectra = [{r: one.spectrum(k) for r, one in series.items()} for k in range(len(steps))]
    labels = [f"step {step}" for step in steps]
    parts = fit_series(table, spectra, labels, SilentMonitor())
    return stack(table, series, parts)


def checked(table: ModelTable, intensity: FloatArray, **over: Any) -> list[Check]:
    """Fit spectra with a table and look at all steps."""
    series = {table.regions[0].name: series_of(table, intensity, **over)}
    return SeriesChecks(table).look(fit(table, series), series)


def spoken(checks: Sequence[Check]) -> dict[str, Check]:
    """The first row of every check that has something against a step or a plan."""
    found: dict[str, Check] = {}
    for check in checks:
        if check.verdict != "ok" and check.check not in ("overall", "metadata"):
            found.setdefault(check.check, check)
    return found
