"""Tougaard, active and static, two and three parameters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from fitting.arrays import FloatArray
from fitting.backgrounds import tougaard
from fitting.errors import DataError
from tests.contracts.background import some_peaks, uneven_axis
from tests.fitting.backgrounds.casaxps import iron_oxide
from tests.shared_data import shared_file

seeds = st.integers(0, 2**32 - 1)


def loss_u2(lost: float, b: float, c: float) -> float:
    return b * lost / (c + lost * lost) ** 2


def loss_u3(lost: float, b: float, c: float, d: float) -> float:
    return b * lost / ((c - lost * lost) ** 2 + d * lost * lost)


CASES = [
    (tougaard.ACTIVE_U2, loss_u2, (2866.0, 1643.0)),
    (tougaard.ACTIVE_U3, loss_u3, (325.0, 542.0, 275.0)),
]
BOTH = pytest.mark.parametrize(("background", "loss", "values"), CASES, ids=["U2", "U3"])


def slow_response(x: FloatArray, peaks: FloatArray, loss, values) -> FloatArray:
    """Every point sums trapezoids of K(x - x') j(x') over all cells below it."""
    cast = np.zeros(len(x))
    for i in range(len(x)):
        for j in range(i):
            lower = loss(x[i] - x[j], *values) * peaks[j]
            upper = loss(x[i] - x[j + 1], *values) * peaks[j + 1]
            cast[i] += (x[j + 1] - x[j]) * (lower + upper) / 2.0
    return cast


@BOTH
@pytest.mark.parametrize("even", [False, True])
@given(seed=seeds)
@settings(deadline=None, max_examples=8)
def test_active_is_the_double_loop(background, loss, values, even: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.linspace(700.0, 750.0, 40) if even else uneven_axis(rng, 700.0, 750.0, 40)
    peaks = some_peaks(rng, x, 1)[0]
    fast = background.response(x, peaks, *values)
    slow = slow_response(x, peaks, loss, values)
    np.testing.assert_allclose(fast, slow, rtol=1e-9, atol=1e-9 * np.max(slow))


@BOTH
def test_an_axis_with_gaps_gives_the_same_curve(background, loss, values) -> None:
    x = np.linspace(700.0, 750.0, 2001)
    peak = 1000.0 * np.exp(-((x - 710.0) ** 2))
    kept = np.union1d(np.arange(0, 2001, 7), np.arange(300, 500))
    whole = background.response(x, peak, *values)
    part = background.response(x[kept], peak[kept], *values)
    np.testing.assert_allclose(part, whole[kept], atol=2e-3 * np.max(whole))


@BOTH
def test_a_narrow_line_casts_the_loss_function_itself(background, loss, values) -> None:
    """K integrated over a line of area 1 is K: position, sign and height of the tail."""
    x = np.linspace(0.0, 80.0, 2001)
    line = np.exp(-0.5 * ((x - 5.0) / 0.1) ** 2) / (0.1 * np.sqrt(2.0 * np.pi))
    cast = background.response(x, line, *values)
    expected = [loss(max(at - 5.0, 0.0), *values) for at in x]
    far = x > 6.0
    np.testing.assert_allclose(cast[far], np.array(expected)[far], rtol=1e-3)
    np.testing.assert_allclose(cast[x < 4.0], 0.0, atol=1e-9)
    most = {"tougaard_u2": np.sqrt(1643.0 / 3.0), "tougaard_u3": 21.5}[background.name]
    assert x[np.argmax(cast)] - 5.0 == pytest.approx(most, abs=0.5)


@pytest.mark.parametrize(
    ("loss", "values", "losses"),
    [
        (loss_u2, (2.0 * 1643.0, 1643.0), 1.0),
        (loss_u2, (2866.0, 1643.0), 0.872),
        (loss_u3, (tougaard.B_U3, tougaard.C_U3, tougaard.D_U3), 1.0),
    ],
)
def test_published_values_are_about_one_loss_per_mean_free_path(loss, values, losses) -> None:
    """The universal cross-sections are lambda K: their integral is 1 (analytic in U2: B / 2C)."""
    total = quad(loss, 0.0, np.inf, args=values)[0]
    assert total == pytest.approx(losses, rel=1e-3 if loss is loss_u2 else 0.15)


def test_a_fitted_c_and_d_are_never_those_of_the_call_before() -> None:
    """lmfitxps 4.2 returned the curve of the first C for every later one."""
    x = np.linspace(700.0, 750.0, 101)
    peaks = np.exp(-((x - 710.0) ** 2))
    calls = [(434.0, 551.0, 436.0), (434.0, 300.0, 436.0), (434.0, 551.0, 100.0)]
    curves = [tougaard.ACTIVE_U3.response(x, peaks, *call) for call in calls]
    for call, curve in zip(calls, curves, strict=True):
        slow = slow_response(x, peaks, loss_u3, call)
        np.testing.assert_allclose(curve, slow, rtol=1e-9, atol=1e-12)


def measured(level: float, b: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """A peak with all its losses (j = F + K * j), and the background of its static analysis."""
    x = np.linspace(700.0, 760.0, 241)
    primary = 1000.0 * np.exp(-((x - 710.0) ** 2)) * (x < 756.0)
    matrix = tougaard.loss_matrix(x, lambda lost: tougaard.u2(lost, b, 1643.0))
    all_losses = np.linalg.solve(np.eye(241) - matrix * tougaard.weights(x), primary)
    return x, level + all_losses, level + all_losses - primary


@given(level=st.floats(0.0, 1e4), b=st.floats(500.0, 4000.0))
@settings(deadline=None, max_examples=20)
def test_static_finds_the_losses_of_a_homogeneous_solid(level: float, b: float) -> None:
    """Tougaard's own case: F = j - K * j, with B from the high binding energy end."""
    x, intensity, truth = measured(level, b)
    found, scale = tougaard.scaled(x, intensity, lambda lost: tougaard.u2(lost, 1.0, 1643.0), 1)
    assert scale == pytest.approx(b, rel=1e-6)
    np.testing.assert_allclose(found, truth, atol=1e-6 * np.ptp(intensity))


@given(seed=seeds, c=st.floats(100.0, 3000.0), d=st.floats(20.0, 900.0), gap=st.floats(0.0, 8.0))
@settings(deadline=None, max_examples=10)
def test_static_is_the_double_loop(seed: int, c: float, d: float, gap: float) -> None:
    rng = np.random.default_rng(seed)
    x = uneven_axis(rng, 700.0, 750.0, 40)
    intensity = 50.0 + some_peaks(rng, x, 2).sum(axis=0) + 2.0 * (x - 700.0)
    low, high = np.mean(intensity[:3]), np.mean(intensity[-3:])

    def loss(lost: float) -> float:
        return loss_u3(lost, 1.0, c, d) if lost >= gap else 0.0

    tail = slow_response(x, intensity - low, loss, ())
    found = tougaard.STATIC_U3.curve(x, intensity, points=3, C=c, D=d, gap=gap)
    np.testing.assert_allclose(found, low + (high - low) * tail / tail[-1], rtol=1e-8)


def test_static_meets_the_data_at_both_ends_and_obeys_its_options() -> None:
    x, intensity, _ = measured(300.0, 2000.0)
    u2 = tougaard.STATIC_U2.curve(x, intensity, points=5, C=1643.0)
    assert u2[0] == pytest.approx(np.mean(intensity[:5]), rel=1e-12)
    assert u2[-1] == pytest.approx(np.mean(intensity[-5:]), rel=1e-12)
    other = tougaard.STATIC_U2.curve(x, intensity, points=5, C=300.0)
    assert np.max(np.abs(other - u2)) > 0.05 * np.ptp(u2)
    u3 = [
        tougaard.STATIC_U3.curve(x, intensity, points=5, C=c, D=d, gap=gap)
        for c, d, gap in (
            (551.0, 436.0, 0.0),
            (300.0, 436.0, 0.0),
            (551.0, 50.0, 0.0),
            (551.0, 436.0, 8.0),
        )
    ]
    for changed in u3[1:]:
        assert np.max(np.abs(changed - u3[0])) > 0.01 * np.ptp(u3[0])


@pytest.mark.parametrize("background", [tougaard.STATIC_U2, tougaard.STATIC_U3])
def test_nothing_above_the_low_end_is_said(background) -> None:
    x = np.linspace(700.0, 750.0, 101)
    options = {o.name: o.default for o in background.options}
    valley = 1000.0 - 500.0 * np.exp(-(((x - 720.0) / 5.0) ** 2)) + 0.01 * x
    with pytest.raises(DataError, match="no net intensity above the level"):
        background.curve(x, valley, **options)


@pytest.mark.real_data
def test_against_casaxps() -> None:
    """FeO, Fe 2p, U 3 Tougaard with B = 335.44588, C = 551, D = 436, T0 = 3 in its VAMAS file.

    With CasaXPS's own levels at the ends our B is 335.458 and the curves differ by at most
    0.03 % of the step; with our mean of five points inside the region, by the noise of the ends.
    """
    path = shared_file("xps/casaxps_fitted/FeO_analyzed_lineshapes_cols.txt")
    x, intensity, drawn = iron_oxide(path)
    step = drawn[-1] - drawn[0]

    def beyond_gap(lost: FloatArray) -> FloatArray:
        return np.where(lost > 3.0 - 1e-9, tougaard.u3(lost, 1.0, 551.0, 436.0), 0.0)

    hung = intensity.copy()
    hung[0], hung[-1] = drawn[0], drawn[-1]
    found, b = tougaard.scaled(x, hung, beyond_gap, 1)
    assert b == pytest.approx(335.44588, rel=5e-4)
    assert np.max(np.abs(found - drawn)) < 5e-4 * step
    own_ends = tougaard.STATIC_U3.curve(x, intensity, points=5, C=551.0, D=436.0, gap=3.0)
    assert np.max(np.abs(own_ends - drawn)) < 0.01 * step
    area, their_area = np.trapezoid(intensity - own_ends, x), np.trapezoid(intensity - drawn, x)
    assert area == pytest.approx(their_area, rel=0.01)
