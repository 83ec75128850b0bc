"""Areas -> fractions, with errors from the full covariance. Always says which fraction.

``area``: share of the fitted component area of a region. ``atomic``: areas over sensitivity,
as a share of all counted areas over sensitivity of all regions.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fitting.arrays import BoolArray, FloatArray
from fitting.model import ModelTable
from fitting.plan import Plan
from fitting.result import FitStatus, SeriesResult
from fitting.sensitivity import Sensitivity, is_level, sensitivity

UNASSIGNED = "unassigned"
"""Share of the area of components that are not counted, in all of the area."""

DETECTION_DEVIANCE = 5.41
"""Deviance drop at which a phase counts as detected: one-sided 1 %."""

_ONE_SIDED_95 = 1.645
_TWO_SIDED_95 = 1.96


@dataclass(frozen=True, eq=False)
class FractionTable:
    """Fractions of one region in one basis along a series; K steps, Q names.

    Parameters
    ----------
    region, basis : what they are shares of
    names : phases, then ``group:NAME``, then ``unassigned`` if something is not counted
    fraction, low95, high95, upper_limit95 : (K, Q); nan where the region was not fitted or the
        phase is not counted
    stderr : (K, Q); nan where it could not be estimated, as at a bound
    detected : (K, Q)
    area, area_stderr : (K, Q) fitted area of the phase in this region
    """

    region: str
    basis: str
    names: tuple[str, ...]
    fraction: FloatArray
    stderr: FloatArray
    low95: FloatArray
    high95: FloatArray
    detected: BoolArray
    upper_limit95: FloatArray
    area: FloatArray
    area_stderr: FloatArray


@dataclass(frozen=True, eq=False)
class _Rows:
    """Sums of component areas: which, of what region, and their derivatives.

    ``weights`` (Q, P) sums parameters; ``denominator`` (Q, P) sums what a row is a share of.
    """

    names: tuple[str, ...]
    weights: FloatArray
    denominator: FloatArray


@dataclass(frozen=True, eq=False)
class _Spread:
    """Free parameters of all steps and how far they are known.

    ``limit`` (K, F): 95 % limit of areas that sit at zero, 0 for all others.
    """

    values: FloatArray
    covariance: FloatArray
    unknown: BoolArray
    limit: FloatArray
    slopes: FloatArray


def component_sensitivities(plan: Plan) -> dict[str, Sensitivity | float]:
    """Sensitivity of every component: the plan's own number, or that of its core level.

    Raises
    ------
    PlanError
        A region that is no core level, or no photon energy, and no number in the plan.
    """
    from fitting.errors import PlanError

    found: dict[str, Sensitivity | float] = {}
    for component_id, (region, component) in plan.components.items():
        if component.sensitivity is not None:
            found[component_id] = component.sensitivity
        elif plan.energy.photon_energy_eV is None:
            raise PlanError(
                "energy.photon_energy_eV",
                'is missing; basis "atomic" needs it for the cross-sections',
            )
        else:
            level = region.name if is_level(region.name) else region.measured
            found[component_id] = sensitivity(level, plan.energy.photon_energy_eV)
    return found


def sensitivity_notices(plan: Plan) -> tuple[str, ...]:
    """What its atomic fractions take for granted, a phrase each; none without that basis.

    Raises
    ------
    PlanError
        See ``component_sensitivities``.
    """
    if "atomic" not in plan.fit.basis:
        return ()
    found = component_sensitivities(plan).values()
    return tuple(dict.fromkeys(n for s in found if not isinstance(s, float) for n in s.notices))


def quantify(
    result: SeriesResult,
    table: ModelTable,
    sensitivities: Mapping[str, Sensitivity | float] | None = None,
) -> list[FractionTable]:
    """Fractions of every region of a result, in every basis its plan asks for.

    Parameters
    ----------
    result, table : what was fitted, and its model
    sensitivities : of every component by id, for atomic fractions; None takes those of the plan

    Raises
    ------
    PlanError
        See ``component_sensitivities``.
    """
    tables = []
    spread = _spread(result, table)
    for basis in result.plan.fit.basis:
        scale = _scales(result.plan, basis, sensitivities)
        for region in result.regions:
            area_rows = _rows(table, region.name, dict.fromkeys(scale, 1.0), "area")
            rows = _rows(table, region.name, scale, basis)
            tables.append(_table(result, table, region.name, basis, rows, area_rows, spread))
    return tables


def _scales(
    plan: Plan, basis: str, sensitivities: Mapping[str, Sensitivity | float] | None
) -> dict[str, float]:
    if basis == "area":
        return dict.fromkeys(plan.components, 1.0)
    if sensitivities is None:
        sensitivities = component_sensitivities(plan)
    return {
        name: 1.0 / (s if isinstance(s, float) else s.value) for name, s in sensitivities.items()
    }


def _spread(result: SeriesResult, table: ModelTable) -> _Spread:
    variance = np.diagonal(result.covariance, axis1=1, axis2=2)
    free = result.values[:, table.free]
    absent = result.at_bound & (free == 0.0)
    unknown = np.isnan(variance) & ~absent
    limit = np.where(absent, result.upper_limit, 0.0)
    if table.links:
        filled = np.where(np.isnan(free), 1.0, free)
        slopes = np.array([table.jacobian(row) for row in filled])
    else:
        slopes = table.matrix[np.newaxis]
    covariance = np.nan_to_num(result.covariance)
    return _Spread(result.values, covariance, unknown, limit, slopes)


def _rows(table: ModelTable, region: str, scale: Mapping[str, float], basis: str) -> _Rows:
    plan, size = table.plan, len(table.parameters)
    counted, everything = np.zeros(size), np.zeros(size)
    by_phase: dict[str, FloatArray] = {}
    for model in table.regions:
        for c in model.components:
            in_denominator = basis != "area" or model.name == region
            is_counted = c.phase in plan.phases and plan.phases[c.phase].counted
            counted[c.area] += scale[c.id] * (is_counted and in_denominator)
            everything[c.area] += scale[c.id] * in_denominator
            if model.name == region and c.phase:
                own = by_phase.setdefault(c.phase, np.zeros(size))
                own[c.area] += scale[c.id]
    names, weights, denominators = list(by_phase), list(by_phase.values()), []
    for name in by_phase:
        denominators.append(counted if plan.phases[name].counted else np.full(size, np.nan))
    for group, members in plan.groups.items():
        here = [by_phase[m] for m in members if m in by_phase and plan.phases[m].counted]
        if here:
            names.append(f"group:{group}")
            weights.append(np.sum(here, axis=0))
            denominators.append(counted)
    left_over = _left_over(table, region, scale)
    if left_over.any():
        names.append(UNASSIGNED)
        weights.append(left_over)
        denominators.append(everything)
    return _Rows(tuple(names), np.array(weights), np.array(denominators))


def _left_over(table: ModelTable, region: str, scale: Mapping[str, float]) -> FloatArray:
    left = np.zeros(len(table.parameters))
    model = table.region(region)
    for c in model.components if model is not None else ():
        if c.phase not in table.plan.phases or not table.plan.phases[c.phase].counted:
            left[c.area] += scale[c.id]
    return left


def _table(
    result: SeriesResult,
    table: ModelTable,
    region: str,
    basis: str,
    rows: _Rows,
    area_rows: _Rows,
    spread: _Spread,
) -> FractionTable:
    area, area_stderr, _, _ = _amounts(area_rows.weights, spread)
    amount, _, known, limit = _amounts(rows.weights, spread)
    fraction, variance, known_share = _shares(rows, spread)
    at_zero = (amount == 0.0) & known
    sigma = np.where(known & known_share, np.sqrt(np.maximum(variance, 0.0)), np.nan)
    # where all that could vary sits at zero there is no error, only room to one side
    stderr = np.where(at_zero | (sigma == 0.0), np.nan, sigma)
    total = _sums(rows.denominator, spread.values)
    with np.errstate(invalid="ignore", divide="ignore"):
        highest = limit / (limit + total - amount)
        signal = (amount / _deviation(rows.weights, spread)) ** 2
    lowest = _lowest(rows, spread, amount, total)
    upper = np.where(at_zero, highest, np.minimum(1.0, fraction + _ONE_SIDED_95 * sigma))
    low = np.clip(fraction - np.hypot(_TWO_SIDED_95 * sigma, fraction - lowest), 0.0, 1.0)
    low[at_zero] = 0.0
    high = np.where(at_zero, highest, np.clip(fraction + _TWO_SIDED_95 * sigma, 0.0, 1.0))
    r = result.region_index(region)
    usable = result.status[:, r] <= FitStatus.NOT_CONVERGED
    hide = ~usable[:, np.newaxis] | np.isnan(fraction)
    for values in (fraction, stderr, low, high, upper):
        values[hide] = np.nan
    return FractionTable(
        region,
        basis,
        rows.names,
        fraction,
        stderr,
        low,
        high,
        (signal >= DETECTION_DEVIANCE) & known & (amount > 0.0) & ~hide,
        upper,
        area,
        area_stderr,
    )


def _lowest(rows: _Rows, spread: _Spread, amount: FloatArray, total: FloatArray) -> FloatArray:
    """Fractions if everything else that sits at zero were at its upper limit instead."""
    others = _gradients(rows.denominator, spread) - _gradients(rows.weights, spread)
    room = np.matmul(np.maximum(others, 0.0), np.nan_to_num(spread.limit)[:, :, np.newaxis])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(amount / (total + room[:, :, 0]))


def _sums(weights: FloatArray, values: FloatArray) -> FloatArray:
    """(K, Q) weighted sums; parameters of no weight may be nan."""
    used = weights != 0.0
    sums = np.nan_to_num(values) @ np.nan_to_num(weights).T
    missing = np.isnan(values) @ used.T
    sums[missing | np.isnan(weights).any(axis=1)] = np.nan
    return np.asarray(sums)


def _gradients(weights: FloatArray, spread: _Spread) -> FloatArray:
    """(K or 1, Q, F) derivatives of weighted sums with respect to the free parameters."""
    return np.asarray(np.einsum("qp,kpf->kqf", np.nan_to_num(weights), spread.slopes))


def _variance(gradients: FloatArray, spread: _Spread) -> FloatArray:
    """(K, Q) variances of quantities with these gradients."""
    through = np.matmul(gradients, spread.covariance)
    return np.asarray((through * gradients).sum(axis=2))


def _deviation(weights: FloatArray, spread: _Spread) -> FloatArray:
    return np.sqrt(np.maximum(_variance(_gradients(weights, spread), spread), 0.0))


def _amounts(
    weights: FloatArray, spread: _Spread
) -> tuple[FloatArray, FloatArray, BoolArray, FloatArray]:
    """Sums of areas: value, standard error, whether it is known, and one-sided 95 % limit."""
    gradients = _gradients(weights, spread)
    amount = _sums(weights, spread.values)
    known = ~_touches(gradients, spread.unknown) & ~np.isnan(amount)
    deviation = np.sqrt(np.maximum(_variance(gradients, spread), 0.0))
    beyond = np.matmul(gradients, np.nan_to_num(spread.limit)[:, :, np.newaxis])[:, :, 0]
    limit = amount + _ONE_SIDED_95 * deviation + beyond
    limit[_touches(gradients, np.isnan(spread.limit))] = np.nan
    deviation[~known | (deviation == 0.0)] = np.nan
    return amount, deviation, known, limit


def _touches(gradients: FloatArray, unknown: BoolArray) -> BoolArray:
    touched = np.matmul((gradients != 0.0).astype(float), unknown[:, :, np.newaxis].astype(float))
    return np.asarray(touched[:, :, 0] > 0.0)


def _shares(rows: _Rows, spread: _Spread) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Fractions, their variances, and whether the denominator is known."""
    amount = _sums(rows.weights, spread.values)
    total = _sums(rows.denominator, spread.values)
    below = _gradients(rows.denominator, spread)
    with np.errstate(invalid="ignore", divide="ignore"):
        fraction = np.where(total > 0.0, amount / total, np.nan)
        gradients = _gradients(rows.weights, spread) - fraction[:, :, np.newaxis] * below
        variance = _variance(np.nan_to_num(gradients), spread) / total**2
    return np.asarray(fraction), variance, ~_touches(below, spread.unknown)
