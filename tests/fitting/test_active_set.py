"""Bounds settled from the slopes: the minimum of the slow way, in a fraction of its steps."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from fitting import stepfit
from fitting.active_set import PATIENCE, minimise_within
from fitting.engines.reference import Minimum, minimise
from fitting.monitor import SilentMonitor
from fitting.problem import Problem
from fitting.result import FitStatus
from fitting.search import linear_start
from fitting.spectrum import Spectrum
from tests.fitting.synthetic import component, problem_of, region, spectra_of, table_of, truth


def engine(problem: Problem, start: np.ndarray, tolerance: float) -> Minimum:
    return minimise(problem, start, SilentMonitor(), tolerance=tolerance, max_evaluations=PATIENCE)


def problem_with_a_dip(depth: float) -> Problem:
    """Two lines, and a third of fixed position that the data would like to be negative."""
    absent = {"id": "b", "shape": "gaussian", "center": 163.5, "fwhm": 1.0}
    center = {"value": 161.0, "min": 160.0, "max": 162.0}
    lines = [component("a", "gaussian", center), absent, component("c", "gaussian", 165.5)]
    table = table_of(region(lines, "constant"), fit={"weights": "uniform"})
    clean = spectra_of(table, truth(table, b__area=0.0))["S 2p"]
    measured = clean.intensity - depth * np.exp(-(((clean.x - 163.6) / 0.5) ** 2))
    return problem_of(table, {"S 2p": Spectrum(clean.x, measured)}, "uniform")


@pytest.mark.parametrize("depth", [1.0, 30.0, 300.0])
def test_an_absent_line_costs_a_step_few_evaluations(
    depth: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem, evaluations = problem_with_a_dip(depth), []

    def counted(*args: Any, **options: Any) -> Minimum:
        found = minimise(*args, **options)
        evaluations.append(found.evaluations)
        return found

    monkeypatch.setattr(stepfit, "minimise", counted)
    data = problem.data[0]
    spectrum = Spectrum(data.evaluator.x, data.intensity)
    found = stepfit.fit_step(problem.table, {"S 2p": spectrum}, None, SilentMonitor())
    assert found.status.tolist() == [FitStatus.AT_BOUND]
    names = [row.name for row in problem.table.parameters]
    assert found.values[names.index("b.area")] == 0.0
    assert sum(evaluations) < 3 * PATIENCE


def test_slow_but_steady_is_not_cut_off() -> None:
    """An engine that gets one step further each time it is called is called until it is there."""
    problem = problem_with_a_dip(0.0)
    goal, _ = minimise_within(
        problem, linear_start(problem, problem.table.start[problem.moving])[0], engine
    )
    calls = []

    def sluggish(inner: Problem, start: np.ndarray, tolerance: float) -> Minimum:
        found = engine(inner, start, tolerance)
        calls.append(tolerance)
        if len(calls) % 6:
            return Minimum(start, inner.chi_square(start), False, PATIENCE, "out of patience")
        return found

    first, _ = linear_start(problem, problem.table.start[problem.moving])
    found, _ = minimise_within(problem, first, sluggish)
    assert found.converged
    assert len(calls) >= 6
    np.testing.assert_allclose(found.moving, goal.moving, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("depth", [0.0, 30.0])
def test_linear_problems_end_where_bounded_least_squares_ends(depth: float) -> None:
    problem = problem_with_a_dip(depth)
    linear = problem.table.linear[problem.moving]
    start = problem.table.start[problem.moving].copy()
    start[linear] = 1.0
    only = Problem(problem.table, problem.data, problem.moving[linear], problem.full(start))
    columns, target = only.jacobian(start[linear]), -only.residual(np.zeros(int(linear.sum())))
    slow = lsq_linear(columns.T, target, bounds=(only.lower, only.upper), tol=1e-14)
    found, at_bound = minimise_within(only, start[linear], engine)
    np.testing.assert_allclose(found.moving, slow.x, rtol=1e-6, atol=1e-3)
    assert found.chi_square == pytest.approx(2.0 * slow.cost, rel=1e-9, abs=1e-9)
    assert np.array_equal(found.moving == 0.0, at_bound)
