"""The fitted steps of one region, as arrays that checks look at."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.checks.check import Check, Verdict
from fitting.covariances import variances
from fitting.drawing import DrawnRows
from fitting.model import ComponentModel, ModelTable, RegionModel
from fitting.result import RegionInfo
from fitting.units import unit_text

SIGNIFICANT = 3.0
"""An area of fewer standard errors than this is a limit, not a value (PEERS: section 5, 3)."""


@dataclass(frozen=True, eq=False)
class RegionView:
    """K steps of one region, all of which have numbers; P parameters, F free, C components.

    Parameters
    ----------
    table, region, info : the model, its part, and what its numbers are measured in
    steps : (K,)
    values : (K, P)
    covariance : (K, F, F); nan where not estimated
    upper_limit, at_bound : (K, F)
    slopes : (K or 1, P, F) derivatives of all parameters by the free ones
    reduced_chi_square : (K,)
    sources : K words: what the weights are
    drawn : the spectra with their curves
    sigma : (K, N) standard errors of the points; nan where weights are only relative
    residual : (K, N) measured minus envelope in standard errors; nan outside the window. Where
        weights are only relative, in units of the local scatter
    counts : (K, N) envelope in counts; infinite where noise does not come from counting
    variance_error : (K,) relative standard error of the variances of the points; 0 where they
        are known
    """

    table: ModelTable
    region: RegionModel
    info: RegionInfo
    steps: IntArray
    values: FloatArray
    covariance: FloatArray
    upper_limit: FloatArray
    at_bound: BoolArray
    slopes: FloatArray
    reduced_chi_square: FloatArray
    sources: tuple[str, ...]
    drawn: DrawnRows
    sigma: FloatArray
    residual: FloatArray
    counts: FloatArray
    variance_error: FloatArray

    def say(self, k: int, check: str, verdict: Verdict, detail: str) -> Check:
        """A check of row ``k``."""
        return Check(int(self.steps[k]), self.region.name, check, verdict, detail)

    @property
    def absolute(self) -> BoolArray:
        """(K,) whether the weights are real errors."""
        return np.asarray(np.isfinite(self.sigma).any(axis=1))

    @cached_property
    def mine(self) -> IntArray:
        """Free parameters that the curve depends on."""
        place = self.table.regions.index(self.region)
        return np.flatnonzero(self.table.influence[place])

    @cached_property
    def stderr(self) -> FloatArray:
        """(K, F)"""
        variance = np.diagonal(self.covariance, axis1=1, axis2=2)
        return np.sqrt(np.where(variance >= 0.0, variance, np.nan))

    @cached_property
    def area(self) -> FloatArray:
        """(K, C)"""
        return self.values[:, [c.area for c in self.region.components]]

    @cached_property
    def area_stderr(self) -> FloatArray:
        """(K, C); nan where not estimated or fixed."""
        return self.deviation([c.area for c in self.region.components])

    @cached_property
    def seen(self) -> BoolArray:
        """(K, C) whether a component is there: its area is no mere limit."""
        return self.beyond(SIGNIFICANT)

    def beyond(self, errors: float) -> BoolArray:
        """(K, C) areas of more than so many standard errors, or of none that is known."""
        unknown = np.isnan(self.area_stderr)
        return np.asarray((self.area > 0.0) & (unknown | (self.area > errors * self.area_stderr)))

    @cached_property
    def users(self) -> BoolArray:
        """(C, F) whether place or shape of a component depend on a free parameter."""
        depends = self.table.depends
        places = [
            [c.center, *c.shape_parameters, *(i for i in (c.splitting, c.ratio) if i >= 0)]
            for c in self.region.components
        ]
        return np.array([depends[own].any(axis=0) for own in places])

    def matters(self, there: BoolArray) -> BoolArray:
        """(K, F) False for what only shapes or moves components that are not there (K, C)."""
        used = self.users.any(axis=0)
        return np.asarray((there[:, :, np.newaxis] & self.users).any(axis=1) | ~used)

    def deviation(self, parameters: list[int]) -> FloatArray:
        """(K, Q) standard errors of parameters; nan where not estimated or fixed."""
        weights = np.zeros((len(parameters), len(self.table.parameters)))
        weights[np.arange(len(parameters)), parameters] = 1.0
        return self.deviation_of(weights)

    def deviation_of(self, weights: FloatArray) -> FloatArray:
        """(K, Q) standard errors of weighted sums (Q, P) of parameters."""
        return deviations(weights, self.slopes, self.covariance)

    def name(self, f: int) -> str:
        """Name of a free parameter."""
        return self.table.parameters[int(self.table.free[f])].name

    def quantity(self, f: int, value: float) -> str:
        """A free parameter with a value and its unit: ``a.center = 161.5 eV``."""
        row = self.table.parameters[int(self.table.free[f])]
        return f"{row.name} = {self.number(value, row.unit)}"

    def number(self, value: float, unit: str) -> str:
        """A value with its unit."""
        text = unit_text(unit, self.info.axis_kind, self.info.intensity_unit)
        return f"{value:.6g}" if text in ("", "1") else f"{value:.6g} {text}"


def is_counted(table: ModelTable, component: ComponentModel) -> bool:
    """Whether a component stands for a chemical state, not for a loss or a contamination."""
    phase = table.plan.phases.get(component.phase)
    return not component.phase or (phase is not None and phase.counted)


def deviations(weights: FloatArray, slopes: FloatArray, covariance: FloatArray) -> FloatArray:
    """(K, Q) standard errors of weighted sums of parameters; nan where not estimated or fixed.

    Parameters
    ----------
    weights : (Q, P)
    slopes : (K or 1, P, F)
    covariance : (K, F, F)
    """
    return np.sqrt(variances(np.matmul(weights, slopes), covariance))
