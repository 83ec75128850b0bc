"""The lmfit engine keeps the contract of all engines."""

from typing import Any

import numpy as np

from fitting.arrays import FloatArray
from fitting.engines import reference
from fitting.monitor import SilentMonitor
from tests.contracts.engine import EngineContract, shaken, two_lines
from tests.fitting.synthetic import problem_of, spectra_of, truth


class TestReference(EngineContract):
    minimise = staticmethod(reference.minimise)


def test_numpy_warns_again_after_a_fit() -> None:
    table = two_lines("gaussian", "linear")
    free = truth(table)
    problem = problem_of(table, spectra_of(table, free))
    before = np.geterr()
    reference.minimise(problem, shaken(table, free), SilentMonitor())
    assert np.geterr() == before


class _TwinColumns:
    """A problem whose last two parameters do the same."""

    lower, upper = np.full(4, -np.inf), np.full(4, np.inf)

    def __init__(self) -> None:
        chance = np.random.default_rng(0)
        self._slopes = chance.normal(size=(40, 4))
        self._slopes[:, 3] = self._slopes[:, 2]
        self._measured = chance.normal(size=40)
        self._bend = np.arange(40.0)

    def residual(self, moving: FloatArray) -> FloatArray:
        bent = 0.1 * np.sin(moving[0] + self._bend)
        return np.asarray(self._slopes @ moving - self._measured + bent)

    def jacobian(self, moving: FloatArray) -> FloatArray:
        slopes = self._slopes.T.copy()
        slopes[0] += 0.1 * np.cos(moving[0] + self._bend)
        return slopes

    def chi_square(self, moving: FloatArray) -> float:
        residual = self.residual(moving)
        return float(residual @ residual)


def test_what_lies_in_memory_changes_nothing() -> None:
    """scipy's MINPACK reads beyond the Jacobian where two of its columns become one."""
    problem: Any = _TwinColumns()
    chance = np.random.default_rng(1)
    answers, clutter = set(), []
    for number in range(60):
        clutter.append(chance.bytes(int(chance.integers(1, 5000))))
        clutter = clutter[number % 3 == 0 :]
        found = reference.minimise(problem, np.array([1.0, 2.0, 3.0, 4.0]), SilentMonitor())
        answers.add(found.moving.tobytes())
    assert len(answers) == 1
