"""The numbers that figures show, taken from a result a chunk at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from app.archive.results import ResultHandle
from app.batch.beside import beside
from app.batch.figures.labels import STEP
from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.model import ModelTable
from fitting.plan import Plan
from fitting.quantify import FractionTable, quantify
from fitting.region_steps import ALL, steps_of
from fitting.series import STEP_COLUMNS
from fitting.seriesfit import CHUNK

Truth = Mapping[str, Mapping[str, FloatArray]]
NO_TRUTH: Truth = {}


@dataclass(frozen=True, eq=False)
class FractionCurves:
    """Fractions of one region of one sample in one basis; K steps that have it, Q names.

    Parameters
    ----------
    sample, region, basis : what they are
    column : step column along which they are drawn, or ``step``
    x : (K,) its values
    names : phases, groups, unassigned; those that never have a number are left out
    fraction, low95, high95, upper_limit95, detected : (K, Q)
    truth : (K, Q) of a simulation, nan where it says nothing
    places : (K, 2) x and y in um where the steps are points of a map, else None
    beside : step columns such as a resistance, (K,) each
    """

    sample: str
    region: str
    basis: str
    column: str
    x: FloatArray
    names: tuple[str, ...]
    fraction: FloatArray
    low95: FloatArray
    high95: FloatArray
    upper_limit95: FloatArray
    detected: BoolArray
    truth: FloatArray
    places: FloatArray | None = None
    beside: Mapping[str, FloatArray] = field(default_factory=dict)


def fraction_curves(
    handle: ResultHandle, table: ModelTable, truth: Truth = NO_TRUTH
) -> Iterator[FractionCurves]:
    """Fractions of a sample, region by region in every basis of the plan.

    Parameters
    ----------
    truth : of a simulation, by step; see ``fitting.simulate``
    """
    found: dict[tuple[str, str], list[_Part]] = {}
    for first in range(0, handle.n_steps, CHUNK):
        result = handle.rows(first, first + CHUNK)
        for fractions in quantify(result, table):
            own = steps_of(result, fractions.region)
            columns = {**own.columns, STEP: np.asarray(result.steps, float)}
            key = (fractions.region, fractions.basis)
            found.setdefault(key, []).append(_Part(fractions, own.present, columns))
    for parts in found.values():
        yield _joined(handle, parts, truth.get(handle.sample, {}))


@dataclass(frozen=True, eq=False)
class _Part:
    """Fractions of some steps, which of these have the region, and their columns."""

    fractions: FractionTable
    present: BoolArray
    columns: Mapping[str, FloatArray]


def _joined(
    handle: ResultHandle, parts: list[_Part], truth: Mapping[str, FloatArray]
) -> FractionCurves:
    first = parts[0].fractions
    columns = {
        name: np.concatenate([part.columns[name][part.present] for part in parts])
        for name in parts[0].columns
    }

    def joined(name: str) -> FloatArray:
        return np.concatenate([getattr(part.fractions, name)[part.present] for part in parts])

    fraction = joined("fraction")
    shown = [
        q
        for q, name in enumerate(first.names)
        if np.isfinite(fraction[:, q]).any() and not _repeats(q, first.names, handle.plan)
    ]
    column = axis_column(columns, handle.plan.series.axis)
    return FractionCurves(
        sample=handle.sample,
        region=first.region,
        basis=first.basis,
        column=column,
        x=columns[column],
        names=tuple(first.names[q] for q in shown),
        fraction=fraction[:, shown],
        low95=joined("low95")[:, shown],
        high95=joined("high95")[:, shown],
        upper_limit95=joined("upper_limit95")[:, shown],
        detected=joined("detected")[:, shown].astype(bool),
        truth=_truth_of(first, shown, columns[STEP].astype(int), truth),
        places=_places_of(columns),
        beside=beside(columns, column),
    )


def _places_of(columns: dict[str, FloatArray]) -> FloatArray | None:
    """(K, 2) x and y of a map; None unless both differ from step to step and all are known."""
    axes = [columns[name] for name in ("x_um", "y_um") if name in columns]
    if len(axes) < 2 or not all(np.isfinite(v).all() and len(np.unique(v)) > 1 for v in axes):
        return None
    return np.stack(axes, axis=1)


def _truth_of(
    fractions: FractionTable, shown: list[int], steps: IntArray, truth: Mapping[str, FloatArray]
) -> FloatArray:
    known = np.full((len(steps), len(shown)), np.nan)
    for place, q in enumerate(shown):
        where = "" if fractions.region == ALL else f"{fractions.region}/"
        path = f"{fractions.basis}_fraction/{where}{fractions.names[q]}"
        if path in truth:
            known[:, place] = truth[path][steps]
    return known


def _repeats(q: int, names: tuple[str, ...], plan: Plan) -> bool:
    """Whether the curve of a group is that of its only member here, or of a group before it."""
    members = _members(names[q], names, plan)
    if members is None:
        return False
    return len(members) < 2 or members in [_members(name, names, plan) for name in names[:q]]


def _members(name: str, names: tuple[str, ...], plan: Plan) -> set[str] | None:
    """Counted members of a group that the region has; None if it is no group."""
    if not name.startswith("group:"):
        return None
    members = plan.groups[name.removeprefix("group:")]
    return {m for m in members if m in names and plan.phases[m].counted}


def axis_column(columns: dict[str, FloatArray], wanted: str) -> str:
    """The column of the plan if it is known anywhere, else the first known one, else step."""
    for column in (wanted, *STEP_COLUMNS):
        if column in columns and np.isfinite(columns[column]).any():
            return column
    return STEP
