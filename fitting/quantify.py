"""Areas -> fractions, with errors from the full covariance. Always says which fraction.

``area``: share of the fitted component area of a region. ``atomic``: areas over sensitivity,
as a share of all counted areas over sensitivity of all regions. ``molar``: amount of a phase, in
formula units, as a share of all counted phases. ``volume``: the same, each times its molar volume.
The last two have one row for all regions together.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fitting.amounts import amounts_of, molar_volumes
from fitting.arrays import BoolArray, FloatArray
from fitting.component_sensitivities import component_sensitivities
from fitting.intervals import Spread, spread_of
from fitting.joint_errors import systematic_covariance
from fitting.model import ComponentModel, ModelTable
from fitting.plan import Plan
from fitting.plan_options import JOINT_BASES
from fitting.region_steps import ALL, steps_of
from fitting.result import SeriesResult
from fitting.sensitivity import Sensitivity
from fitting.shares import Sums, common_stderr, shares_of, sums_of
from fitting.systematics import Common, sensitivities_in_common, systematic_stderr

UNASSIGNED = "unassigned"
"""Share of the area of components that are not counted, in all of the area."""


@dataclass(frozen=True, eq=False)
class FractionTable:
    """Fractions of one region, or of all together, in one basis along a series; K steps, Q names.

    Parameters
    ----------
    region, basis : what they are shares of; the region is ``all`` for amounts
    names : phases, then ``group:NAME``, then ``unassigned`` if something is not counted
    fraction, low95, high95, upper_limit95 : (K, Q); nan where the region was not fitted or the
        phase is not counted
    stderr : (K, Q); nan where it could not be estimated, as at a bound
    detected : (K, Q)
    systematic : (K, Q) standard error from the sensitivities, the same in all steps and no part of
        ``stderr``; nan where there are none
    area, area_stderr : (K, Q) fitted area of the phase in this region, or its amount
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


def quantify(
    result: SeriesResult,
    table: ModelTable,
    sensitivities: Mapping[str, Sensitivity | float] | None = None,
    common: FloatArray | None = None,
) -> list[FractionTable]:
    """Fractions of every region of a result, in every basis its plan asks for.

    Parameters
    ----------
    result, table : what was fitted, and its model
    sensitivities : of every component by id, for atomic fractions; None takes those of the plan
    common : (K, F, F) what uncertain sensitivities do to a joint fit; None: what the fit itself
        says, if it has fitted them

    Raises
    ------
    PlanError
        See ``component_sensitivities``.
    """
    tables = []
    spread, is_joint = spread_of(result, table), bool(amounts_of(table))
    if common is None and table.has_factors:
        common = systematic_covariance(result.covariance, table)

    def from_common(rows: Sums) -> FloatArray:
        if common is None:
            return np.full((len(result), len(rows.names)), np.nan)
        return common_stderr(rows, spread, common)

    for basis in result.plan.fit.basis:
        if basis in JOINT_BASES:
            rows = _amount_rows(table, basis)
            amounts, systematic = _amount_rows(table, "molar"), from_common(rows)
            tables.append(_table(result, (ALL, basis), rows, amounts, spread, systematic))
            continue
        scale, uncertain = _scales(table, basis, sensitivities)
        for region in result.regions:
            areas = _rows(table, region.name, dict.fromkeys(scale, 1.0), "area")
            rows = _rows(table, region.name, scale, basis)
            if is_joint and uncertain:
                systematic = from_common(rows)
            else:
                own = systematic_stderr(rows.weights, rows.denominator, result.values, uncertain)
                systematic = own if uncertain else np.full_like(own, np.nan)
            tables.append(_table(result, (region.name, basis), rows, areas, spread, systematic))
    return tables


def _amount_rows(table: ModelTable, basis: str) -> Sums:
    """Amounts of phases, or the volumes they take up, as shares of those that are counted."""
    places, size = amounts_of(table), len(table.parameters)
    scale = dict.fromkeys(places, 1.0)
    if basis == "volume":
        scale = molar_volumes(table.plan, places)
    by_phase = {}
    for phase, own in places.items():
        by_phase[phase] = np.zeros(size)
        by_phase[phase][own] = scale[phase]
    counted, left_over = np.zeros(size), np.zeros(size)
    for phase, weights in by_phase.items():
        total = counted if table.plan.phases[phase].counted else left_over
        total += weights
    return _named(table.plan, by_phase, _Totals(counted, left_over, counted + left_over))


@dataclass(frozen=True, eq=False)
class _Totals:
    """(P,) weights of sums over all phases, and of what a row ``unassigned`` holds."""

    counted: FloatArray
    left_over: FloatArray
    everything: FloatArray


def _named(plan: Plan, by_phase: Mapping[str, FloatArray], totals: _Totals) -> Sums:
    """Phases, then groups, then what is not counted, each as a share of what it is a share of."""
    names, weights, denominators = list(by_phase), list(by_phase.values()), []
    nothing = np.full(len(totals.counted), np.nan)
    for name in by_phase:
        denominators.append(totals.counted if plan.phases[name].counted else nothing)
    for group, members in plan.groups.items():
        here = [by_phase[m] for m in members if m in by_phase and plan.phases[m].counted]
        if here:
            names.append(f"group:{group}")
            weights.append(np.sum(here, axis=0))
            denominators.append(totals.counted)
    if totals.left_over.any():
        names.append(UNASSIGNED)
        weights.append(totals.left_over)
        denominators.append(totals.everything)
    shape = (len(names), len(totals.counted))
    return Sums(
        tuple(names), np.array(weights).reshape(shape), np.array(denominators).reshape(shape)
    )


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


def _rows(table: ModelTable, region: str, scale: Mapping[str, float], basis: str) -> Sums:
    plan, size = table.plan, len(table.parameters)
    counted, everything, left_over = np.zeros(size), np.zeros(size), np.zeros(size)
    by_phase: dict[str, FloatArray] = {}
    for model in table.regions:
        for c in model.components:
            here, in_denominator = model.name == region, basis != "area" or model.name == region
            is_counted = c.phase in plan.phases and plan.phases[c.phase].counted
            atoms = scale[c.id] * (_area(table, c) if basis == "area" else _atoms(table, c))
            counted += atoms * (is_counted and in_denominator)
            everything += atoms * in_denominator
            left_over += atoms * (here and not is_counted)
            if here and c.phase:
                by_phase[c.phase] = by_phase.get(c.phase, np.zeros(size)) + atoms
    return _named(plan, by_phase, _Totals(counted, left_over, everything))


def _area(table: ModelTable, component: ComponentModel) -> FloatArray:
    """(P,) weights of the area of a component."""
    weights = np.zeros(len(table.parameters))
    weights[component.area] = 1.0
    return weights


def _atoms(table: ModelTable, component: ComponentModel) -> FloatArray:
    """(P,) the same at the sensitivity of the plan, where another was fitted."""
    if (table.scaled[component.area] < 0).all():
        return _area(table, component)
    weights = np.zeros(len(table.parameters))
    weights[table.free] = table.matrix[component.area]
    return weights


def _table(
    result: SeriesResult,
    what: tuple[str, str],
    rows: Sums,
    areas: Sums,
    spread: Spread,
    systematic: FloatArray,
) -> FractionTable:
    """Fractions of one region in one basis."""
    region, basis = what
    usable = steps_of(result, region).usable
    shares = shares_of(rows, spread, result.deviance_drop, usable)
    systematic[np.isnan(shares.fraction)] = np.nan
    area, area_stderr = sums_of(areas.weights, spread)
    return FractionTable(
        region,
        basis,
        rows.names,
        **vars(shares),
        systematic=systematic,
        area=area,
        area_stderr=area_stderr,
    )
