"""The lmfit engine keeps the contract of all engines."""

import numpy as np

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
