"""Quality checks of a fit, as data: what was looked at, the verdict, and why."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from fitting.model import ModelTable
from fitting.result import FitStatus, SeriesResult

Verdict = Literal["ok", "warn", "fail"]

CORRELATED = 0.95
"""Two parameters correlated beyond this are not told apart by the data."""

MISFIT = 1.5
"""Reduced chi-square above which the model does not describe the data within their noise."""


@dataclass(frozen=True)
class Check:
    """One verdict on one region of one step."""

    region: str
    check: str
    verdict: Verdict
    detail: str


def check_step(result: SeriesResult, row: int, table: ModelTable) -> list[Check]:
    """All checks of one step, region by region."""
    found = []
    for r, info in enumerate(result.regions):
        if not result.present[row, r]:
            continue
        status = FitStatus(int(result.status[row, r]))
        if not status.usable:
            found.append(Check(info.name, "fit", "fail", result.message[row][r] or status.label))
            continue
        mine = _free_of(table, info.name)
        found.append(_solver(result, row, r, info.name, status))
        found.append(_misfit(result, row, r, info.name))
        found.append(_bounds(result, row, table, mine, info.name))
        found.append(_errors(result, row, table, mine, info.name))
        found += _correlations(result, row, table, mine, info.name)
        found += _background(table, info.name)
    return found


def _free_of(table: ModelTable, region: str) -> np.ndarray:
    r = next(i for i, model in enumerate(table.regions) if model.name == region)
    return np.flatnonzero(table.influence[r])


def _name(table: ModelTable, f: int) -> str:
    return table.parameters[int(table.free[f])].name


def _solver(result: SeriesResult, row: int, r: int, region: str, status: FitStatus) -> Check:
    if status is FitStatus.NOT_CONVERGED:
        return Check(region, "convergence", "warn", result.message[row][r])
    return Check(region, "convergence", "ok", "")


def _misfit(result: SeriesResult, row: int, r: int, region: str) -> Check:
    value = result.reduced_chi_square[row, r]
    source = result.sigma_source[row][r]
    if np.isnan(value):
        return Check(region, "chi_square", "ok", f"relative only: weights are {source}")
    verdict: Verdict = "warn" if value > MISFIT else "ok"
    return Check(region, "chi_square", verdict, f"reduced chi-square {value:.3g}, {source} errors")


def _bounds(
    result: SeriesResult, row: int, table: ModelTable, mine: np.ndarray, region: str
) -> Check:
    here = [f for f in mine if result.at_bound[row, f]]
    words = [f"{_name(table, f)} = {result.values[row, table.free[f]]:.6g}" for f in here]
    only_absent = all(table.parameters[table.free[f]].parameter == "area" for f in here)
    verdict: Verdict = "ok" if only_absent else "warn"
    return Check(region, "at_bound", verdict, ", ".join(words))


def _errors(
    result: SeriesResult, row: int, table: ModelTable, mine: np.ndarray, region: str
) -> Check:
    missing = np.isnan(result.stderr(row)) & ~result.at_bound[row]
    names = [_name(table, f) for f in mine if missing[f]]
    if names:
        return Check(region, "errors", "warn", f"not estimated: {', '.join(names)}")
    return Check(region, "errors", "ok", "")


def _correlations(
    result: SeriesResult, row: int, table: ModelTable, mine: np.ndarray, region: str
) -> list[Check]:
    sigma = result.stderr(row)[mine]
    covariance = result.covariance[row][np.ix_(mine, mine)]
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = covariance / np.outer(sigma, sigma)
    areas = np.array([table.parameters[table.free[f]].parameter == "area" for f in mine])
    high = np.triu(np.abs(np.nan_to_num(correlation)) > CORRELATED, k=1)
    return [
        Check(
            region,
            "correlation",
            "warn",
            f"{_name(table, mine[i])} and {_name(table, mine[j])}: r = {correlation[i, j]:.3f}; "
            "report their sum as a group",
        )
        for i, j in zip(*np.nonzero(high & np.outer(areas, areas)), strict=True)
    ]


def _background(table: ModelTable, region: str) -> list[Check]:
    model = table.region(region)
    if model is None or model.static is None:
        return []
    detail = f"{model.static.background.name} was computed before the fit; errors leave it out"
    return [Check(region, "background", "warn", detail)]
