import numpy as np
import pytest

from fitting.backgrounds import shirley
from fitting.lineshapes.pseudo_voigt import pseudo_voigt
from fitting.simulate.spectra import Peak, peak_curve, poisson_counts, step_curve

X = np.linspace(-400.0, 400.0, 160_001)


def _peak(ratio=0.5):
    return Peak(
        component="one",
        phase="A",
        order=0,
        area=np.array([10.0, 250.0]),
        center_eV=np.array([0.0, 1.5]),
        fwhm_eV=np.array([1.1, 1.4]),
        splitting_eV=1.18,
        ratio=ratio,
    )


@pytest.mark.parametrize("ratio", [0.0, 0.5])
def test_area_is_that_of_the_whole_component(ratio):
    curve = peak_curve(X, _peak(ratio), 0.3)
    assert curve.shape == (2, len(X))
    # a Lorentzian leaves fwhm / (pi * 400) of its area outside
    np.testing.assert_allclose(np.trapezoid(curve, X), [10.0, 250.0], rtol=5e-4)


def test_width_is_the_full_width_at_half_maximum():
    curve = peak_curve(X, _peak(0.0), 0.3)[1]
    above = X[curve >= curve.max() / 2.0]
    assert above[-1] - above[0] == pytest.approx(1.4, abs=0.011)
    assert X[np.argmax(curve)] == pytest.approx(1.5, abs=0.006)


def test_same_line_shape_and_step_as_the_fit():
    x = np.linspace(157.0, 172.0, 151)
    peak = _peak()
    moved = Peak("one", "A", 0, peak.area, peak.center_eV + 161.5, peak.fwhm_eV, 1.18, 0.5)
    found = peak_curve(x, moved, 0.3)
    for k in range(2):
        wanted = pseudo_voigt(
            x, moved.area[k] / 1.5, moved.center_eV[k], moved.fwhm_eV[k], 0.3
        ) + pseudo_voigt(x, moved.area[k] / 3.0, moved.center_eV[k] + 1.18, moved.fwhm_eV[k], 0.3)
        np.testing.assert_allclose(found[k], wanted, rtol=1e-12)
    np.testing.assert_allclose(
        step_curve(x, found, 0.03), shirley.operator(x, 0.03)(found), rtol=1e-12, atol=1e-15
    )


def test_step_rises_by_the_area_passed():
    x = np.linspace(0.0, 10.0, 101)
    peaks = np.vstack([np.exp(-((x - 5.0) ** 2)), np.zeros(101)])
    step = step_curve(x, peaks, 0.03)
    for k in range(2):
        slow = [0.03 * np.trapezoid(peaks[k, : i + 1], x[: i + 1]) for i in range(101)]
        np.testing.assert_allclose(step[k], slow, atol=1e-15)
    assert np.all(step[1] == 0.0)


def test_counts_are_whole_and_follow_poisson():
    expected = np.full((200, 500), 37.5)
    counts = poisson_counts(expected, (3, 1))
    assert np.array_equal(counts, np.round(counts))
    assert counts.mean() == pytest.approx(37.5, abs=5.0 * np.sqrt(37.5 / counts.size))
    assert counts.var() == pytest.approx(37.5, rel=0.03)


def test_seeds_decide():
    expected = np.full((2, 50), 100.0)
    assert np.array_equal(poisson_counts(expected, (1, 2)), poisson_counts(expected, (1, 2)))
    assert not np.array_equal(poisson_counts(expected, (1, 2)), poisson_counts(expected, (1, 3)))
