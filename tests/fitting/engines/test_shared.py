"""Small pieces of the arrow: each against the obvious, dense way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from fitting.engines.shared import (
    Course,
    Verdict,
    bounded_minimum,
    finish,
    first_course,
    next_course,
    reduce_step,
    sum_steps,
)

INFINITE = np.array([np.inf, np.inf])


def positive(rng: np.random.Generator, size: int) -> np.ndarray:
    rows = rng.normal(size=(size, 3 * size))
    return rows @ rows.T


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 6), st.integers(0, 10_000))
def test_bounded_minimum_is_that_of_a_general_minimiser(size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    h, g = positive(rng, size), 10.0 * rng.normal(size=size)
    low, high = -rng.uniform(0.0, 1.0, size), rng.uniform(0.0, 1.0, size)
    step, held = bounded_minimum(h, g, low, high)

    def form(x: np.ndarray) -> float:
        return float(0.5 * x @ h @ x + g @ x)

    other = minimize(
        form,
        np.zeros(size),
        jac=lambda x: h @ x + g,
        bounds=list(zip(low, high, strict=True)),
        method="L-BFGS-B",
        options={"ftol": 1e-15, "gtol": 1e-10},
    )
    assert form(step) <= other.fun + 1e-8 * (1.0 + abs(other.fun))
    assert np.all((step >= low) & (step <= high))
    assert np.all(step[held < 0] == low[held < 0])
    assert np.all(step[held > 0] == high[held > 0])


def test_elimination_is_the_inverse_of_the_dense_matrix() -> None:
    rng = np.random.default_rng(3)
    h, g, shared = positive(rng, 5), rng.normal(size=5), np.array([1, 3])
    free = np.full(5, np.inf)
    found = reduce_step(h, g, -free, free, shared)
    dense = np.linalg.inv(h)
    assert np.linalg.inv(found.matrix) == pytest.approx(dense[np.ix_(shared, shared)])
    move = -np.linalg.solve(found.matrix, found.pull)
    own = np.array([0, 2, 4])
    whole = -dense @ g
    assert move == pytest.approx(whole[shared])
    assert (found.ahead + found.slopes @ move)[own] == pytest.approx(whole[own])


def test_what_is_held_does_not_follow() -> None:
    h, g = np.array([[2.0, 1.0], [1.0, 2.0]]), np.array([1.0, 0.0])
    found = reduce_step(h, g, np.array([0.0, -9.0]), np.array([9.0, 9.0]), np.array([1]))
    assert found.held.tolist() == [-1, 0]
    assert found.slopes[0, 0] == 0.0
    assert found.matrix[0, 0] == 2.0


def test_sums_are_those_of_the_whole_matrix() -> None:
    rng = np.random.default_rng(4)
    functions = rng.uniform(size=(7, 3))
    matrix = np.array([positive(rng, 2) for _ in range(7)])
    pull = rng.normal(size=(7, 2))
    ones, points = np.ones(7), np.full(7, 10)
    found = sum_steps(functions, matrix, pull, ones, ones, points, ones, absolute=True)
    dense, slope = np.zeros((6, 6)), np.zeros(6)
    for k in range(7):
        spread = np.kron(np.eye(2), functions[k][np.newaxis])
        dense += spread.T @ matrix[k] @ spread
        slope += spread.T @ pull[k]
    assert found.matrix == pytest.approx(dense)
    assert found.pull == pytest.approx(slope)
    assert (found.points, found.steps, found.square) == (70, 7, 7.0)


def walk(course: Course, minimum: np.ndarray, h: np.ndarray, bend: float) -> Course:
    """Follow a course down a bent bowl over two constants."""
    lower, upper = np.array([-1.0, -50.0]), np.array([1.0, 50.0])
    before, old = None, np.zeros(2)
    while course.verdict is Verdict.GOING:
        at = course.trial[:, 0]
        gone = at - minimum
        pull = h @ gone + bend * gone**3
        moved = at - course.standing[:, 0] if before is not None else 0.0 * at
        sums = sum_steps(
            np.ones((1, 1)),
            h[np.newaxis],
            pull[np.newaxis],
            np.array([moved @ (pull + old)]),
            np.array([100.0]),
            np.array([100]),
            np.zeros(1),
            absolute=True,
        )
        before = course
        course = next_course(course, sums, lower, upper)
        old = pull if course.taken else old
    return course


@pytest.mark.parametrize("bend", [0.0, 5.0])
def test_a_course_ends_in_the_minimum_and_turns_back_from_what_goes_up(bend: float) -> None:
    h, minimum = np.array([[4.0, 1.0], [1.0, 3.0]]), np.array([0.3, -2.0])
    end = walk(first_course(np.array([[-1.0], [6.0]]), np.inf), minimum, h, bend)
    assert end.verdict is Verdict.SETTLED
    errors = np.sqrt(np.diag(np.linalg.inv(h)))
    assert np.all(np.abs(end.trial[:, 0] - minimum) < 0.05 * errors)


def test_a_coefficient_on_its_bound_has_no_error_there() -> None:
    h, minimum = np.array([[4.0, 1.0], [1.0, 3.0]]), np.array([5.0, -2.0])
    end = walk(first_course(np.zeros((2, 1)), np.inf), minimum, h, 0.0)
    found = finish(end, np.array([-1.0, -50.0]), np.array([1.0, 50.0]))
    assert found.coefficients[0, 0] == 1.0
    assert found.covariance[0].tolist() == [0.0, 0.0]
    assert found.covariance[1, 1] == pytest.approx(1.0 / 3.0)
    assert found.settled
