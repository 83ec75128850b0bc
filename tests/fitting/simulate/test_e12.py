"""E12: the resistance beside the spectra follows from the interphase of E1."""

import numpy as np

from fitting.simulate import simulate
from fitting.simulate.e12 import CONTACT_OHM_CM2


def test_spectra_are_those_of_e1_and_the_resistance_comes_along():
    there, here = simulate("E1", steps=4), simulate("E12", steps=4)
    for one, other in zip(there.series, here.series, strict=True):
        np.testing.assert_array_equal(one.intensity, other.intensity)
        assert set(other.columns) - set(one.columns) == {"resistance_ohm_cm2"}


def test_the_column_scatters_around_the_truth():
    made = simulate("E12")
    away = []
    for series in made.series:
        true = made.truth[series.sample]["interfacial_resistance_ohm_cm2"]
        away.append(series.columns["resistance_ohm_cm2"] / true - 1.0)
    assert 0.01 < np.std(away) < 0.03


def test_a_faster_plated_surface_has_the_lower_resistance():
    slow, fast = (t["interfacial_resistance_ohm_cm2"] for t in simulate("E12").truth.values())
    assert slow[0] == fast[0] == CONTACT_OHM_CM2
    assert np.all(fast[1:] < 0.5 * slow[1:])
