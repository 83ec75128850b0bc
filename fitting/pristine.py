"""Compositions that are found on the pristine steps of a series, and held in all others.

There the phase itself is in the sample, what the plan names ``beside`` it, what is not counted and
loose lines; every other counted phase is taken to be absent. Without that, Li2S would be free to
stand for the free sulfide of an argyrodite, and no y could be told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fitting.build import build_model
from fitting.errors import DataError
from fitting.intervals import TWO_SIDED_95
from fitting.joint_errors import counting_covariance, systematic_covariance
from fitting.model import ModelTable
from fitting.monitor import Monitor
from fitting.plan import Plan
from fitting.plan_options import Composition
from fitting.result import StepResult
from fitting.seriesfit import fit_series
from fitting.sharedfit import fit_shared
from fitting.spectrum import Spectrum

StepSpectra = Mapping[str, Spectrum]


@dataclass(frozen=True)
class Found:
    """A composition as the pristine steps have it.

    Parameters
    ----------
    phase, symbol : which
    value, stderr : what they say, sensitivities included; the value of the plan and nan where they
        cannot tell
    steps : how many of them say something
    """

    phase: str
    symbol: str
    value: float
    stderr: float
    steps: int

    def to_json(self) -> dict[str, object]:
        """What run.json holds; an error that is not known is null."""
        stderr = self.stderr if np.isfinite(self.stderr) else None
        own = {"phase": self.phase, "symbol": self.symbol, "value": self.value}
        return {**own, "stderr": stderr, "pristine_steps": self.steps}

    def __str__(self) -> str:
        name = f"{self.symbol} in {self.phase}"
        if not np.isfinite(self.stderr):
            return f"{name}: not identified on the pristine steps; held at {self.value:g}"
        return f"{name}: {self.value:.4g} +- {self.stderr:.2g} on the pristine steps, then held"


def to_calibrate(plan: Plan) -> dict[str, Composition]:
    """Phases whose compositions are found on the pristine steps."""
    if plan.series.strategy != "joint":
        return {}
    found = {name: phase.composition for name, phase in plan.phases.items()}
    return {n: c for n, c in found.items() if c is not None and c.known == "pristine"}


def calibrate(
    plan: Plan, samples: Sequence[Sequence[StepSpectra]], monitor: Monitor
) -> tuple[Plan, tuple[Found, ...]]:
    """Find the compositions of a plan that the pristine steps tell.

    Parameters
    ----------
    samples : the pristine steps of every sample

    Returns
    -------
    The plan with these compositions held, and how they were found

    Raises
    ------
    DataError
        No pristine step could be fitted.
    FitCancelled
    """
    wanted = to_calibrate(plan)
    if not wanted:
        return plan, ()
    table = build_model(_free_plan(plan, wanted))
    results = [_fitted(table, steps, monitor) for steps in samples if len(steps)]
    if not any(np.isfinite(result.values[1:]).any() for own in results for result in own):
        raise DataError("series.pristine: none of these steps could be fitted")
    told = tuple(_found(table, name, own, results) for name, own in wanted.items())
    phases = dict(plan.phases)
    for one in told:
        held = {"value": one.value, "known": "given"}
        composition = wanted[one.phase].model_copy(update=held)
        phases[one.phase] = phases[one.phase].model_copy(update={"composition": composition})
    return plan.model_copy(update={"phases": phases}), told


def _free_plan(plan: Plan, wanted: Mapping[str, Composition]) -> Plan:
    """The plan of the pristine steps: these compositions free, other phases absent."""
    there = {*wanted, *(name for own in wanted.values() for name in own.beside)}
    absent = {name for name, phase in plan.phases.items() if phase.counted} - there
    phases = {
        name: phase.model_copy(update={"composition": _freed(phase.composition)})
        for name, phase in plan.phases.items()
    }
    regions = []
    for region in plan.regions:
        components = tuple(
            c.model_copy(update={"parameters": {**c.parameters, "area": 0.0}})
            if c.phase in absent
            else c
            for c in region.components
        )
        regions.append(region.model_copy(update={"components": components}))
    series = plan.series.model_copy(update={"shared": (), "stiffness": None})
    fit = plan.fit.model_copy(update={"errors": "covariance"})
    content = {"phases": phases, "regions": tuple(regions), "series": series, "fit": fit}
    return plan.model_copy(update=content)


def _freed(composition: Composition | None) -> Composition | None:
    if composition is None or composition.known != "pristine":
        return composition
    return composition.model_copy(update={"known": "free"})


def _fitted(table: ModelTable, steps: Sequence[StepSpectra], monitor: Monitor) -> list[StepResult]:
    labels = [f"pristine step {k}" for k in range(len(steps))]
    own = fit_series(table, steps, labels, monitor)
    if not table.factors.any():
        return own
    return fit_shared(table, steps, labels, np.arange(float(len(steps))), own, monitor)


def _found(
    table: ModelTable, phase: str, composition: Composition, results: Sequence[list[StepResult]]
) -> Found:
    """Mean over all steps, weighted by counting; what sensitivities do is the same for all."""
    place = table.index[f"{phase}.{composition.symbol}"]
    steps = [step for own in results for step in own]
    covariance = np.array([step.covariance for step in steps])
    slopes = table.slopes(np.array([step.values[table.free] for step in steps]))[:, place]
    values = np.array([step.values[place] for step in steps])
    counting = _variance(slopes, counting_covariance(covariance, table))
    systematic = _variance(slopes, systematic_covariance(covariance, table))
    told = np.isfinite(values) & np.isfinite(counting) & (counting > 0.0)
    if not told.any():
        return Found(phase, composition.symbol, composition.value, np.nan, 0)
    weight = 1.0 / counting[told]
    value = float(weight @ values[told] / weight.sum())
    error = float(np.sqrt(1.0 / weight.sum() + np.max(systematic[told])))
    assert composition.min is not None
    assert composition.max is not None
    reach = TWO_SIDED_95 * error
    if value - reach <= composition.min and value + reach >= composition.max:
        return Found(phase, composition.symbol, composition.value, np.nan, int(told.sum()))
    return Found(phase, composition.symbol, value, error, int(told.sum()))


def _variance(slopes: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """(K,) of a quantity with (K, F) derivatives; nan where one of these is not known."""
    used = slopes != 0.0
    pairs = used[:, :, np.newaxis] & used[:, np.newaxis]
    known = np.where(pairs, covariance, 0.0)
    return np.asarray(np.einsum("kf,kfg,kg->k", np.where(used, slopes, 0.0), known, slopes))
