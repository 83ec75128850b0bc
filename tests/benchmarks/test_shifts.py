import numpy as np

from app.project.ready import ready_plan
from benchmarks.shifts import Found, measured
from fitting.plan import Plan


def test_shifts_of_an_experiment_are_held_against_their_truth() -> None:
    (found,) = measured(Plan.from_toml(ready_plan("E5")), "E5", 0, 3, jumps=True)
    assert len(found.shift) == len(found.truth) == 3
    assert found.rms < 0.02
    assert np.ptp(found.truth) > 0.5


def test_rms_and_pull() -> None:
    found = Found(np.array([0.1, -0.1]), np.array([0.1, np.nan]), np.zeros(2))
    assert np.isclose(found.rms, 0.1)
    assert np.isclose(found.pull, 1.0)
