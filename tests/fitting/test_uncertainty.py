"""Errors against the spread of many repetitions of the same experiment."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares
from scipy.stats import norm

from fitting.arrays import BoolArray, FloatArray
from fitting.covariances import blind_directions, estimated, only_in_sums, told, unmarked
from fitting.engines.reference import minimise
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.problem import Problem, RegionData
from fitting.profile import of_one_place
from fitting.stepfit import fit_step
from fitting.uncertainty import inverse_fisher, inverse_with_sums, uncertainty
from tests.fitting.synthetic import component, problem_of, region, spectra_of, table_of, truth

QUIET = SilentMonitor()
REPLICAS = 500
WINDOW = (157.0, 165.0)  # 81 points


def pair() -> ModelTable:
    parts = [
        component("a", "gaussian", {"value": 160.0}),
        component("b", "gaussian", {"value": 161.4}, fwhm="a.fwhm"),
    ]
    return table_of(region(parts, "linear", window=WINDOW))


def none(moving: FloatArray) -> BoolArray:
    return np.zeros(len(moving), dtype=bool)


@cache
def repeated(weights: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Truth (M,), estimates and standard errors (replicas, M)."""
    table = pair()
    free = truth(table)
    exact = problem_of(table, spectra_of(table, free))
    (data,) = exact.data
    rng = np.random.default_rng(20)
    sigma = np.sqrt(data.intensity) if weights == "poisson" else np.ones(len(data.intensity))
    found, errors = [], []
    for _ in range(REPLICAS):
        counts = rng.poisson(data.intensity).astype(float)
        one = RegionData(data.evaluator, counts, sigma)
        problem = Problem(table, (one,), exact.moving, exact.rest)
        minimum = minimise(problem, free, QUIET, tolerance=1e-6)
        absolute = weights == "poisson"
        own = uncertainty(problem, minimum.moving, none(free), absolute=absolute)
        found.append(minimum.moving)
        errors.append(np.sqrt(np.diag(own.covariance)))
    return free, np.array(found), np.array(errors)


@pytest.mark.parametrize("weights", ["poisson", "uniform"])
def test_errors_equal_the_spread_and_intervals_cover_the_truth(weights: str) -> None:
    free, found, errors = repeated(weights)
    spread = found.std(axis=0)
    # the spread of 500 is itself known to 3 %
    np.testing.assert_allclose(np.sqrt((errors**2).mean(axis=0)), spread, rtol=0.12)
    covered = (np.abs(found - free) < 1.96 * errors).mean(axis=0)
    assert np.all(covered > 0.92)
    assert np.all(covered < 0.98)
    assert covered.mean() == pytest.approx(0.95, abs=0.02)


def test_uniform_weights_without_the_sandwich_would_be_wrong() -> None:
    """The sandwich is there for a reason: the plain covariance misses the truth by far more."""
    table = pair()
    free = truth(table, a__area=20_000.0)
    problem = problem_of(table, spectra_of(table, free), "uniform")
    (data,) = problem.data
    rng = np.random.default_rng(1)
    counts = rng.poisson(data.intensity).astype(float)
    problem = Problem(
        table, (RegionData(data.evaluator, counts, data.sigma),), problem.moving, problem.rest
    )
    minimum = minimise(problem, free, QUIET)
    sandwich = uncertainty(problem, minimum.moving, none(free), absolute=False).covariance
    variance = minimum.chi_square / (problem.points - len(free))
    plain = inverse_fisher(problem.jacobian(minimum.moving)) * variance
    ratio = np.sqrt(np.diag(sandwich) / np.diag(plain))
    assert ratio.max() > 1.3
    assert ratio.min() < 0.8


def test_covariance_of_counted_data_is_the_whole_matrix() -> None:
    _, found, _ = repeated("poisson")
    table = pair()
    free = truth(table)
    problem = problem_of(table, spectra_of(table, free))
    expected = uncertainty(problem, free, none(free), absolute=True).covariance
    scale = np.sqrt(np.diag(expected))
    correlation = np.corrcoef(found.T)
    np.testing.assert_allclose(correlation, expected / np.outer(scale, scale), atol=0.12)


def test_two_lines_that_are_the_same_line_are_not_estimated() -> None:
    parts = [
        component("a", "gaussian", 160.0, fwhm=1.2),
        component("b", "gaussian", 160.0, fwhm=1.2),
        component("c", "gaussian", 162.5, fwhm=1.2),
    ]
    table = table_of(region(parts, "linear", window=WINDOW))
    free = truth(table)
    problem = problem_of(table, spectra_of(table, free))
    own = uncertainty(problem, free, none(free), absolute=True).covariance
    known = estimated(own)
    names = [table.parameters[i].name for i in table.free]
    assert dict(zip(names, known.tolist(), strict=True)) == {
        "a.area": False,
        "b.area": False,
        "c.area": True,
        "S 2p:background.level": True,
        "S 2p:background.rise": True,
    }
    assert only_in_sums(own).tolist() == (~known).tolist()
    # what can be told is what a fit with one of the two lines would say
    one = table_of(region([parts[0], parts[2]], "linear", window=WINDOW))
    alone = problem_of(one, spectra_of(table, free))
    expected = uncertainty(alone, free[1:], none(free[1:]), absolute=True).covariance
    np.testing.assert_allclose(own[2:, 2:], expected[1:, 1:], rtol=1e-6)


def test_nearly_the_same_line_is_estimated_with_an_honest_error() -> None:
    parts = [
        component("a", "gaussian", 160.00, fwhm=1.2),
        component("b", "gaussian", 160.02, fwhm=1.2),
    ]
    table = table_of(region(parts, "linear", window=WINDOW))
    free = truth(table)
    problem = problem_of(table, spectra_of(table, free))
    own = uncertainty(problem, free, none(free), absolute=True).covariance
    assert np.sqrt(own[0, 0]) > 0.2 * free[0]
    total = own[0, 0] + own[1, 1] + 2 * own[0, 1]
    assert np.sqrt(total) < 0.02 * free[0]


def test_what_changes_nothing_is_not_estimated() -> None:
    table = pair()
    free = truth(table, b__area=0.0)
    problem = problem_of(table, spectra_of(table, free))
    held = np.zeros(len(free), dtype=bool)
    names = [table.parameters[i].name for i in table.free]
    held[names.index("b.area")] = True
    own = uncertainty(problem, free, held, absolute=True)
    errors = dict(zip(names, np.diag(own.covariance), strict=True))
    assert np.isnan(errors["b.center"])
    assert np.isnan(errors["b.area"])
    assert np.isfinite(errors["a.center"])


def weak_pair() -> ModelTable:
    """A line whose center is free, and one of the same width on its flank."""
    parts = [
        component("a", "gaussian", {"value": 160.0}),
        component("b", "gaussian", 161.4, fwhm="a.fwhm"),
    ]
    return table_of(region(parts, "linear", window=WINDOW))


def poisson_deviance(problem: Problem, held: dict[int, float], start: FloatArray) -> float:
    """Least Poisson deviance with some parameters held, by scipy on signed roots; areas >= 0."""
    free = np.array([m for m in range(len(start)) if m not in held])
    (data,) = problem.data
    counts = data.intensity

    def roots(others: FloatArray) -> FloatArray:
        moving = start.copy()
        moving[free], moving[list(held)] = others, list(held.values())
        curve = np.maximum(problem.models(moving)[0], 1e-9)
        ratio = np.where(counts > 0.0, counts, 1.0) / curve
        part = curve - counts + counts * np.log(np.where(counts > 0.0, ratio, 1.0))
        return np.sign(curve - counts) * np.sqrt(2.0 * np.maximum(part, 0.0))

    low, high = problem.lower[free], problem.upper[free]
    begin = np.clip(start[free], low + 1e-6, high)
    found = least_squares(roots, begin, bounds=(low, high), x_scale="jac", xtol=1e-12, ftol=1e-12)
    return 2.0 * float(found.cost)


@pytest.mark.parametrize("level", [400.0, 2.0])
def test_ends_are_where_the_poisson_deviance_has_risen(level: float) -> None:
    table = weak_pair()
    area = 30.0 if level > 10.0 else 6.0
    free = truth(table, b__area=area, **{"S 2p:background__level": level})
    b = [table.parameters[i].name for i in table.free].index("b.area")
    inside = 0
    for seed in range(5):
        spectra = spectra_of(table, free, np.random.default_rng(seed))
        result = fit_step(table, spectra, None, QUIET)
        problem, best = problem_of(table, spectra), result.values[table.free]
        lowest = poisson_deviance(problem, {}, np.maximum(best, 1e-6 * (best == 0.0)))

        def rise(
            value: float, p: Problem = problem, at: FloatArray = best, d: float = lowest
        ) -> float:
            return poisson_deviance(p, {b: value}, at) - d

        assert rise(result.upper_limit[b]) == pytest.approx(2.71, rel=0.02)
        assert rise(result.upper95[b]) == pytest.approx(3.84, rel=0.02)
        assert rise(0.0) == pytest.approx(result.deviance_drop[b], abs=0.02)
        if result.deviance_drop[b] > 3.84:
            inside += 1
            assert rise(result.lower95[b]) == pytest.approx(3.84, rel=0.02)
        else:
            assert result.lower95[b] == 0.0
    assert 0 < inside < 5


def test_a_center_that_chooses_its_place_needs_a_larger_drop() -> None:
    """The chance of a drop anywhere against a long simulation of a line in pure noise."""
    rng = np.random.default_rng(5)
    x = np.linspace(-5.0, 5.0, 201)
    places = np.linspace(-2.0, 2.0, 81)
    lines = np.exp(-0.5 * (x - places[:, np.newaxis]) ** 2)
    lines /= np.linalg.norm(lines, axis=1)[:, np.newaxis]
    length = float(np.linalg.norm(np.diff(lines, axis=0), axis=1).sum())
    largest = (rng.normal(size=(20_000, 201)) @ lines.T).max(axis=1)
    for root in (1.8, 2.3, 2.8):
        often = float(np.mean(largest > root))
        assert norm.sf(np.sqrt(of_one_place(root, length))) == pytest.approx(
            often, rel=0.1, abs=0.002
        )
        assert of_one_place(root, 0.0) == pytest.approx(root**2)


def test_limits_cover_a_weak_line_about_as_often_as_they_say() -> None:
    table = table_of(
        region(
            [
                component("a", "gaussian", 160.0, fwhm=1.2),
                component("b", "gaussian", 161.4, fwhm=1.2),
            ],
            "linear",
            window=WINDOW,
        )
    )
    absent = truth(table, b__area=0.0)
    exact = problem_of(table, spectra_of(table, absent))
    own = uncertainty(exact, absent, none(absent), absolute=True).covariance
    area = float(np.sqrt(own[1, 1]))  # one standard error
    weak = truth(table, b__area=area)
    covered = zeros = 0
    rng = np.random.default_rng(3)
    replicas = 150
    for _ in range(replicas):
        result = fit_step(table, spectra_of(table, weak, rng), weak, QUIET)
        zeros += int(result.at_bound[1])
        limit = result.upper_limit[1]
        assert np.isfinite(limit)
        covered += limit > area
    assert 0.05 < zeros / replicas < 0.3
    assert 0.90 < covered / replicas < 0.995


seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=40)
@given(seeds, st.lists(st.integers(-6, 6), min_size=5, max_size=5))
def test_units_of_the_parameters_do_not_matter(seed: int, powers: list[int]) -> None:
    rng = np.random.default_rng(seed)
    jacobian = rng.normal(size=(5, 40))
    factors = 10.0 ** np.array(powers, dtype=float)
    expected = inverse_fisher(jacobian)
    scaled = inverse_fisher(jacobian * factors[:, np.newaxis])
    np.testing.assert_allclose(scaled * np.outer(factors, factors), expected, rtol=1e-8)
    slow = np.linalg.inv(jacobian @ jacobian.T)
    np.testing.assert_allclose(expected, slow, rtol=1e-6, atol=1e-9)


@settings(max_examples=40)
@given(seeds, st.integers(0, 4), st.integers(0, 4))
def test_a_row_repeated_is_unknown_whatever_its_size(seed: int, i: int, j: int) -> None:
    rng = np.random.default_rng(seed)
    jacobian = rng.normal(size=(5, 40))
    if i == j:
        jacobian[i] = 0.0
    else:
        jacobian[j] = 1e5 * jacobian[i]
    inverse = inverse_fisher(jacobian)
    unknown = np.isnan(np.diag(inverse))
    assert set(np.flatnonzero(unknown)) == {i, j}
    rest = [m for m in range(5) if m not in (i, j)]
    assert np.isfinite(inverse[np.ix_(rest, rest)]).all()


@settings(max_examples=40)
@given(seeds, st.floats(-1e3, 1e3).filter(lambda f: abs(f) > 1e-3))
def test_the_sum_of_two_that_are_the_same_is_known(seed: int, factor: float) -> None:
    rng = np.random.default_rng(seed)
    jacobian = rng.normal(size=(6, 40))
    jacobian[4] = factor * jacobian[1]
    jacobian[5] = 0.5 * jacobian[2] - 2.0 * jacobian[3]
    found = inverse_with_sums(jacobian)
    assert only_in_sums(found).tolist() == [False, True, True, True, True, True]
    one = np.linalg.inv(jacobian[:4] @ jacobian[:4].T)
    # parameters of the four rows that are left, as sums of the six
    sums = np.eye(4, 6)
    sums[1, 4], sums[2, 5], sums[3, 5] = factor, 0.5, -2.0
    again = sums @ unmarked(found) @ sums.T
    np.testing.assert_allclose(again, one, rtol=1e-6, atol=1e-9)
    directions, lengths = blind_directions(found[np.newaxis])
    assert told(sums[np.newaxis], directions, lengths).all()
    alone = told(np.eye(6)[np.newaxis], directions, lengths)[0]
    assert alone.tolist() == [True, False, False, False, False, False]
