"""Onset of a phase: simulated rises of known beginning, and what never begins."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitting.arrays import FloatArray
from fitting.onset import Onset, OnsetKind, onset

AXIS = np.linspace(0.0, 50.0, 26)

SHAPES: dict[str, Callable[[FloatArray], FloatArray]] = {
    "constant rate": lambda u: 0.05 * u,
    "diffusion": lambda u: 0.2 * np.sqrt(u),
    "saturating": lambda u: 1.0 - np.exp(-u / 10.0),
    "rises and falls": lambda u: 0.15 * u * np.exp(-u / 15.0),
}


def measured(truth: FloatArray, sigma: float, rng: np.random.Generator) -> Onset:
    """Amounts as a fit gives them: what would be negative is zero and has a limit alone."""
    amount = np.maximum(truth + sigma * rng.standard_normal(len(truth)), 0.0)
    stderr = np.where(amount > 0.0, sigma, np.nan)
    return onset(AXIS, amount, stderr, amount + 1.645 * sigma)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("sigma", [0.2, 0.03])
def test_the_interval_holds_the_truth(shape: str, sigma: float) -> None:
    rng = np.random.default_rng(7)
    held = seen = 0
    for _ in range(60):
        begun = rng.uniform(8.0, 25.0)
        found = measured(SHAPES[shape](np.maximum(AXIS - begun, 0.0)), sigma, rng)
        seen += found.kind is OnsetKind.SEEN
        held += found.low95 <= begun <= found.high95
    assert seen >= 50
    assert held >= 0.9 * seen


@pytest.mark.parametrize("shape", SHAPES)
def test_the_standard_error_is_that_of_replicas(shape: str) -> None:
    rng = np.random.default_rng(7)
    off, claimed = [], []
    for _ in range(60):
        begun = rng.uniform(8.0, 25.0)
        found = measured(SHAPES[shape](np.maximum(AXIS - begun, 0.0)), 0.03, rng)
        off.append(found.value - begun)
        claimed.append(found.stderr)
    assert np.sqrt(np.mean(np.square(off)) / np.mean(np.square(claimed))) == pytest.approx(
        1.0, abs=0.35
    )


def test_noise_has_no_onset() -> None:
    rng = np.random.default_rng(3)
    kinds = [measured(np.zeros(26), 1.0, rng).kind for _ in range(200)]
    assert kinds.count(OnsetKind.NOT_SEEN) >= 196


def test_what_is_there_from_the_start_has_no_onset() -> None:
    rng = np.random.default_rng(3)
    kinds = [measured(5.0 + 0.1 * AXIS, 1.0, rng).kind for _ in range(50)]
    assert kinds.count(OnsetKind.FROM_START) >= 46


@settings(deadline=None, max_examples=10)
@given(st.floats(0.1, 50.0), st.floats(-20.0, 20.0), st.floats(1e-3, 1e6), st.booleans())
def test_units_and_direction_of_the_axis_change_nothing(
    scale: float, origin: float, size: float, back: bool
) -> None:
    amount = np.maximum(0.05 * (AXIS - 13.0), 0.0) + 0.03 * np.cos(9.0 * AXIS)
    amount, stderr = np.maximum(amount, 0.0), np.full(26, 0.03)
    one = onset(AXIS, amount, stderr)
    factor = -scale if back else scale
    other = onset(origin + factor * AXIS, size * amount, size * stderr)
    ends = sorted(origin + factor * np.array([one.low95, one.high95]))
    assert one.kind is other.kind is OnsetKind.SEEN
    assert other.value == pytest.approx(origin + factor * one.value, abs=0.2 * scale)
    assert (other.low95, other.high95) == pytest.approx(tuple(ends), abs=0.2 * scale)


def test_too_few_steps_and_an_axis_that_turns_back_say_nothing() -> None:
    amount, stderr = np.array([0.0, 0.0, 1.0, 2.0]), np.full(4, 0.1)
    unmeasured = np.array([0.1, np.nan, 0.1, 0.1])
    assert onset(np.arange(4.0), amount, unmeasured).kind is OnsetKind.UNKNOWN
    assert onset(np.array([0.0, 1.0, 0.5, 2.0]), amount, stderr).kind is OnsetKind.UNKNOWN
    assert onset(np.zeros(4), amount, stderr).kind is OnsetKind.UNKNOWN


def test_between_the_last_step_without_and_the_first_with() -> None:
    amount = np.where(AXIS > 21.0, 1.0, 0.0)
    found = onset(AXIS, amount, np.full(26, 0.01))
    assert found.low95 <= 20.0 < found.value < found.high95 <= 22.0
