"""Areas -> fractions, with errors from the full covariance. Always says which fraction.

``area``: share of the fitted component area of a region. ``atomic``: areas over sensitivity,
as a share of all counted areas over sensitivity of all regions.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fitting.arrays import BoolArray, FloatArray
from fitting.component_sensitivities import component_sensitivities
from fitting.intervals import (
    DETECTION_DEVIANCE,
    ONE_SIDED_95,
    TWO_SIDED_95,
    Spread,
    at,
    reach,
    spread_of,
    touches,
    without,
)
from fitting.model import ModelTable
from fitting.result import FitStatus, SeriesResult
from fitting.sensitivity import Sensitivity
from fitting.systematics import Common, sensitivities_in_common, systematic_stderr

UNASSIGNED = "unassigned"
"""Share of the area of components that are not counted, in all of the area."""


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
    systematic : (K, Q) standard error from the sensitivities, the same in all steps and no part of
        ``stderr``; nan where there are none
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
    systematic: FloatArray
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
    spread = spread_of(result, table)
    for basis in result.plan.fit.basis:
        scale, common = _scales(table, basis, sensitivities)
        for region in result.regions:
            area_rows = _rows(table, region.name, dict.fromkeys(scale, 1.0), "area")
            rows = _rows(table, region.name, scale, basis)
            own = systematic_stderr(rows.weights, rows.denominator, result.values, common)
            systematic = own if common else np.full_like(own, np.nan)
            tables.append(_table(result, region.name, basis, rows, area_rows, spread, systematic))
    return tables


def _scales(
    table: ModelTable, basis: str, sensitivities: Mapping[str, Sensitivity | float] | None
) -> tuple[dict[str, float], list[Common]]:
    """By what the area of each component is multiplied, and what is uncertain about that."""
    plan = table.plan
    if basis == "area":
        return dict.fromkeys(plan.components, 1.0), []
    if sensitivities is None:
        sensitivities = component_sensitivities(plan)
    scale = {
        name: 1.0 / (s if isinstance(s, float) else s.value) for name, s in sensitivities.items()
    }
    return scale, sensitivities_in_common(table, sensitivities)


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
    region: str,
    basis: str,
    rows: _Rows,
    area_rows: _Rows,
    spread: Spread,
    systematic: FloatArray,
) -> FractionTable:
    share = _share_of(rows, spread)
    sigma = np.sqrt(spread.variance(share.slopes))
    at_zero = (share.amount == 0.0) & share.known
    low = np.where(
        _reaches_zero(spread, share.amount, share.own), 0.0, _end(spread, share, -1.0, TWO_SIDED_95)
    )
    rest = _reaches_zero(spread, share.total - share.amount, share.below - share.own)
    high = np.where(rest, 1.0, _end(spread, share, 1.0, TWO_SIDED_95))
    upper = _end(spread, share, 1.0, ONE_SIDED_95)
    open_ended = touches(share.own, spread.absent & np.isnan(spread.up))
    high[open_ended] = upper[open_ended] = np.nan
    # where all that could vary sits at zero there is no error, only room to one side
    stderr = np.where(at_zero | (sigma == 0.0) | ~share.known_share, np.nan, sigma)
    usable = result.status[:, result.region_index(region)] <= FitStatus.NOT_CONVERGED
    hide = ~usable[:, np.newaxis] | np.isnan(share.fraction)
    low[~share.known_share] = high[~share.known_share] = np.nan
    for values in (share.fraction, stderr, low, high, upper, systematic):
        values[hide] = np.nan
    area, area_stderr = _areas(area_rows.weights, spread)
    seen = _drop(share.own, share.amount, result.deviance_drop, spread) >= DETECTION_DEVIANCE
    return FractionTable(
        region,
        basis,
        rows.names,
        share.fraction,
        stderr,
        low,
        high,
        seen & share.known & (share.amount > 0.0) & ~hide,
        upper,
        systematic,
        area,
        area_stderr,
    )


@dataclass(frozen=True, eq=False)
class _Share:
    """Amounts as shares of totals, (K, Q), and their derivatives, (K or 1, Q, F)."""

    amount: FloatArray
    total: FloatArray
    fraction: FloatArray
    own: FloatArray
    below: FloatArray
    slopes: FloatArray
    known: BoolArray
    known_share: BoolArray


def _share_of(rows: _Rows, spread: Spread) -> _Share:
    amount, total = (_sums(w, spread.values) for w in (rows.weights, rows.denominator))
    own, below = spread.gradients(rows.weights), spread.gradients(rows.denominator)
    with np.errstate(invalid="ignore", divide="ignore"):
        fraction = np.where(total > 0.0, amount / total, np.nan)
        slopes = np.nan_to_num((own - fraction[:, :, np.newaxis] * below) / total[:, :, np.newaxis])
    known = ~touches(own, spread.unknown) & ~np.isnan(amount)
    known_share = known & ~touches(below, spread.unknown)
    return _Share(amount, total, fraction, own, below, slopes, known, known_share)


def _end(spread: Spread, share: _Share, side: float, level: float) -> FloatArray:
    """(K, Q) one end of all fractions.

    A phase that is not detected may as well not be there: the interval of any other also holds
    what it would say without it.
    """
    best = _moved(share, reach(spread, share.slopes, share.own != 0.0, side, level))
    doubtful = spread.doubtful
    sets = [np.eye(doubtful.shape[1], dtype=bool)[f] for f in np.flatnonzero(doubtful.any(axis=0))]
    if len(sets) > 1:
        sets.append(np.ones(doubtful.shape[1], dtype=bool))
    for chosen in sets:
        steps = np.flatnonzero((doubtful & chosen).sum(axis=1) >= min(2, chosen.sum()))
        part = _Share(*(v if len(v) == 1 else v[steps] for v in vars(share).values()))
        gone = doubtful[steps] & chosen
        inner, way = without(at(spread, steps), gone)
        own = part.own != 0.0
        ways = way[:, np.newaxis] + reach(inner, part.slopes, own, side, level)
        other = np.where(touches(part.own, gone), best[steps], _moved(part, ways))
        best[steps] = side * np.fmax(side * best[steps], side * other)
    return best


def _moved(share: _Share, way: FloatArray) -> FloatArray:
    """(K, Q) fractions after all free parameters went a way."""
    amount = np.maximum(share.amount + (share.own * way).sum(axis=2), 0.0)
    rest = share.total - share.amount + ((share.below - share.own) * way).sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(amount / (amount + np.maximum(rest, 0.0)))


def _reaches_zero(spread: Spread, amount: FloatArray, own: FloatArray) -> BoolArray:
    """(K, Q) whether the interval of an amount itself goes down to zero."""
    way = reach(spread, own, own != 0.0, -1.0, TWO_SIDED_95)
    return np.asarray(amount + (own * way).sum(axis=2) <= 1e-9 * np.abs(amount))


def _drop(
    own: FloatArray, amount: FloatArray, deviance_drop: FloatArray, spread: Spread
) -> FloatArray:
    """(K, Q) by how much the deviance rises if an amount is taken away.

    For a single area from its profile where it is weak; else, and for sums, by how far zero is.
    """
    way = reach(spread, own, own != 0.0, -1.0, TWO_SIDED_95)
    with np.errstate(invalid="ignore", divide="ignore"):
        distance = amount / np.abs((own * way).sum(axis=2))
    found = (TWO_SIDED_95 * distance) ** 2
    single = (own != 0.0).sum(axis=2) == 1
    profiled = np.matmul((own != 0.0) * 1.0, np.nan_to_num(deviance_drop)[:, :, np.newaxis])[..., 0]
    weak = single & touches(own, np.isfinite(deviance_drop))
    return np.asarray(np.where(weak, profiled, found))


def _sums(weights: FloatArray, values: FloatArray) -> FloatArray:
    """(K, Q) weighted sums; parameters of no weight may be nan."""
    used = weights != 0.0
    sums = np.nan_to_num(values) @ np.nan_to_num(weights).T
    missing = np.isnan(values) @ used.T
    sums[missing | np.isnan(weights).any(axis=1)] = np.nan
    return np.asarray(sums)


def _areas(weights: FloatArray, spread: Spread) -> tuple[FloatArray, FloatArray]:
    """(K, Q) sums of areas and their standard errors, nan where not known or at a bound."""
    area, deviation = _sums(weights, spread.values), spread.deviation(weights)
    unknown = touches(spread.gradients(weights), spread.unknown) | np.isnan(area)
    deviation[unknown | (deviation == 0.0)] = np.nan
    return area, deviation
