"""Figures over seeds of whole experiments, from numbers whose answer is known."""

import numpy as np
import pytest

from benchmarks.experiment_statistics import BY_AREA, JOINT, Tally, measured
from fitting.arrays import FloatArray

SEEDS = 400


def tally(systematic: float = 0.0, claimed: float = 1.0) -> Tally:
    rng = np.random.default_rng(0)
    truth = np.array([0.3, 0.5, 0.01, 0.0])
    common = systematic * rng.normal(size=(SEEDS, 1))
    fraction = truth + 0.01 * rng.normal(size=(SEEDS, 4)) + common
    fraction[:, 3] = np.maximum(fraction[:, 3], 0.0)

    def all_(value: float) -> FloatArray:
        return np.full((SEEDS, 4), value)

    error = 0.01 * claimed
    low = np.maximum(fraction - 1.96 * error, 0.0)
    detected = (fraction > 2.326 * 0.01) * 1.0
    return Tally(
        truth, fraction, all_(error), all_(systematic), low, fraction + 1.96 * error, detected
    )


def test_honest_errors_are_on_the_bound_and_cover() -> None:
    own = tally()
    assert own.far.tolist() == [True, True, False, False]
    assert own.efficiency().value == pytest.approx(1.0, abs=0.06)
    assert own.coverage(own.far, systematic=True).value == pytest.approx(0.95, abs=0.02)
    assert own.false().value == pytest.approx(0.01, abs=0.012)


def test_a_common_part_counts_in_bound_and_coverage() -> None:
    own = tally(systematic=0.02)
    assert own.efficiency().value == pytest.approx(1.0, abs=0.1)
    assert own.coverage(own.far, systematic=True).value == pytest.approx(0.95, abs=0.025)
    assert own.coverage(own.far, systematic=False).value < 0.75


def test_errors_claimed_too_small_show() -> None:
    own = tally(claimed=0.5)
    assert own.efficiency().value > 1.8
    assert own.coverage(own.far, systematic=True).value < 0.75


def test_an_experiment_is_measured() -> None:
    assert len(JOINT) + len(BY_AREA) == 10
    own, shifts = measured("E6", 2, 2)
    assert own.fraction.shape[0] == 2
    assert np.isfinite(own.truth).all()
    assert not len(shifts)
