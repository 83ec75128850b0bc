"""Starts: the best amounts for given positions, and the shift that fits best."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import lsq_linear

from fitting.errors import DataError
from fitting.model import SHIFT, ModelTable
from fitting.problem import Problem
from fitting.search import SEED_SHARE, lift_zero_areas, linear_start, shift_on_grid
from tests.fitting.synthetic import component, problem_of, region, spectra_of, table_of, truth


def four_lines() -> ModelTable:
    parts = [component(f"c{i}", "gaussian", 158.0 + 2.4 * i, fwhm=1.2) for i in range(4)]
    return table_of(region(parts, {"kind": "polynomial", "degree": 2}))


def case(table: ModelTable, seed: int, **over: float) -> Problem:
    return problem_of(table, spectra_of(table, truth(table, **over), np.random.default_rng(seed)))


@settings(max_examples=20)
@given(st.integers(0, 2**16), st.lists(st.floats(0.0, 5000.0), min_size=4, max_size=4))
def test_linear_start_is_the_bounded_least_squares_solution(seed: int, areas: list[float]) -> None:
    table = four_lines()
    problem = case(table, seed, **{f"c{i}__area": area for i, area in enumerate(areas)})
    found, chi_square = linear_start(problem, table.start)
    zero = np.zeros(len(found))
    judge = lsq_linear(
        problem.jacobian(zero).T,
        -problem.residual(zero),
        bounds=(problem.lower, problem.upper),
        tol=1e-14,
        method="bvls",
    )
    assert chi_square == pytest.approx(2.0 * judge.cost, rel=1e-6)
    lifted = found[:4] <= SEED_SHARE * found[:4].sum() * 1.01
    np.testing.assert_allclose(found[:4][~lifted], judge.x[:4][~lifted], rtol=1e-3)


def test_a_solver_that_gives_up_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    table = four_lines()
    problem = case(table, 0)
    expected, chi_square = linear_start(problem, table.start)

    def gives_up(*_: object, **__: object) -> None:
        raise RuntimeError("Maximum number of iterations reached.")

    monkeypatch.setattr("scipy.optimize.nnls", gives_up)
    found, other = linear_start(problem, table.start)
    assert other == pytest.approx(chi_square, rel=1e-6)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1.0)


def test_no_area_starts_at_zero() -> None:
    table = four_lines()
    problem = case(table, 0, c1__area=0.0, c3__area=0.0)
    found, _ = linear_start(problem, table.start)
    assert np.all(found[:4] > 0.0)
    neighbour = truth(table, c1__area=0.0, c3__area=0.0)
    lifted = lift_zero_areas(problem, neighbour)
    assert np.all(lifted[:4] >= 6.0 * 0.99)
    np.testing.assert_array_equal(lifted[[0, 2, 4, 5, 6]], neighbour[[0, 2, 4, 5, 6]])
    assert neighbour[1] == 0.0  # nothing is written to


def test_a_start_respects_bounds_of_areas() -> None:
    area = {"min": 100.0, "max": 500.0}
    parts = [component("a", "gaussian", 160.0, fwhm=1.2, area=area | {"value": 200.0})]
    table = table_of(region(parts))
    free = table_of(region([component("a", "gaussian", 160.0, fwhm=1.2)]))
    spectra = spectra_of(free, truth(free), np.random.default_rng(0))
    found, _ = linear_start(problem_of(table, spectra), table.start)
    assert found[0] == 500.0


def test_a_model_without_a_value_says_so() -> None:
    parts = [
        component("a", "gaussian", 160.0),
        component("b", "gaussian", 165.0, fwhm="log(a.fwhm - 2)"),
    ]
    table = table_of(region(parts))
    good = table_of(region([component("a", "gaussian", 160.0)]))
    problem = problem_of(table, spectra_of(good, truth(good)))
    with pytest.raises(DataError, match=r"b.fwhm = 'log\(a.fwhm - 2\)' has no value"):
        linear_start(problem, table.start)


@pytest.mark.parametrize("shift", [-2.87, -1.0, 0.04, 0.5, 2.21])
def test_grid_comes_within_its_step_of_the_shift(shift: float) -> None:
    parts = [component("a", "gaussian", 161.0), component("b", "gaussian", 164.0)]
    energy = {"reference": "component", "component": "a", "position_eV": 161.0}
    table = table_of(region(parts, window=(152.0, 173.0)), energy=energy)
    free = truth(table, energy__shift=shift, b__area=1500.0)
    problem = problem_of(table, spectra_of(table, free, np.random.default_rng(0)))
    found = shift_on_grid(problem, table.start, 3.0)
    assert found == pytest.approx(shift, abs=0.03)
    assert table.free[0] == SHIFT


def test_grid_stays_inside_its_reach() -> None:
    energy = {"reference": "component", "component": "a", "position_eV": 161.0}
    table = table_of(
        region([component("a", "gaussian", 161.0)], window=(152.0, 173.0)), energy=energy
    )
    free = truth(table, energy__shift=2.0)
    problem = problem_of(table, spectra_of(table, free))
    assert abs(shift_on_grid(problem, table.start, 1.0)) <= 1.1 + 1e-9
