"""Shirley, active and static."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from fitting.arrays import FloatArray
from fitting.backgrounds import shirley
from fitting.errors import DataError
from tests.contracts.background import some_peaks, uneven_axis
from tests.fitting.backgrounds.casaxps import ionic_liquid
from tests.shared_data import shared_file

seeds = st.integers(0, 2**32 - 1)


def curve(x: FloatArray, intensity: FloatArray, points: int = 5) -> FloatArray:
    return shirley.STATIC.curve(x, intensity, points=points)


def slow_response(x: FloatArray, peaks: FloatArray, k: float) -> FloatArray:
    """Every point sums all trapezoids below it."""
    cast = np.zeros(len(x))
    for i in range(len(x)):
        for j in range(i):
            cast[i] += k * (x[j + 1] - x[j]) * (peaks[j] + peaks[j + 1]) / 2.0
    return cast


def textbook(x: FloatArray, intensity: FloatArray, low: float, high: float) -> FloatArray:
    """Proctor and Sherwood as in the textbook: areas by double loops, a fixed number of times."""
    background = np.full(len(x), low)
    for _ in range(60):
        net = intensity - background
        area = slow_response(x, net, 1.0)
        background = np.array([low + (high - low) * area[i] / area[-1] for i in range(len(x))])
    return background


@given(seed=seeds, k=st.floats(0.0, 1.0))
@settings(deadline=None, max_examples=10)
def test_active_is_the_double_loop(seed: int, k: float) -> None:
    rng = np.random.default_rng(seed)
    x = uneven_axis(rng, 157.0, 172.0, 30)
    peaks = some_peaks(rng, x, 1)[0]
    fast = shirley.ACTIVE.response(x, peaks, k)
    np.testing.assert_allclose(fast, slow_response(x, peaks, k), rtol=1e-10, atol=1e-10)


@given(seed=seeds, k=st.floats(0.001, 0.05), noise=st.floats(0.0, 0.02))
@settings(deadline=None, max_examples=10)
def test_static_is_the_double_loop(seed: int, k: float, noise: float) -> None:
    rng = np.random.default_rng(seed)
    x = uneven_axis(rng, 157.0, 172.0, 50)
    peaks = some_peaks(rng, x, 2).sum(axis=0)
    intensity = 100.0 + peaks + slow_response(x, peaks, k)
    intensity += noise * np.max(peaks) * rng.standard_normal(50)
    slow = textbook(x, intensity, np.mean(intensity[:3]), np.mean(intensity[-3:]))
    fast = curve(x, intensity, points=3)
    np.testing.assert_allclose(fast, slow, rtol=1e-6, atol=1e-6 * np.ptp(intensity))


@given(
    area=st.floats(500.0, 1e6),
    step=st.floats(0.01, 0.2),
    sigma=st.floats(0.4, 0.8),
    level=st.floats(0.0, 1e4),
)
@settings(deadline=None, max_examples=30)
def test_static_under_one_gaussian_is_its_integral(
    area: float, step: float, sigma: float, level: float
) -> None:
    """Analytic: a peak of area A on a step h has B = level + h Phi((x - c) / sigma)."""
    x = np.linspace(157.0, 172.0, 601)
    z = (x - 163.0) / sigma
    peak = area / (sigma * np.sqrt(2.0 * np.pi)) * np.exp(-0.5 * z**2)
    truth = level + step * area * ndtr(z)
    found = curve(x, truth + peak)
    # trapezoids are off by h^2 / 12 of the slope of the peak
    np.testing.assert_allclose(found, truth, atol=2e-4 * step * area)
    assert np.trapezoid(truth + peak - found, x) == pytest.approx(area, rel=2e-4)


@given(k=st.floats(0.0, 0.08), level=st.floats(-100.0, 1e4), seed=seeds)
@settings(deadline=None, max_examples=30)
def test_static_finds_again_what_active_cast(k: float, level: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.linspace(157.0, 172.0, 301)
    peaks = some_peaks(rng, x, 3)
    peaks *= np.exp(-(((x - 164.5) / 4.5) ** 8))  # nothing left at the ends
    cast = level + shirley.ACTIVE.response(x, peaks.sum(axis=0), k)
    found = curve(x, cast + peaks.sum(axis=0))
    np.testing.assert_allclose(found, cast, atol=1e-6 * (1.0 + np.ptp(cast)))


def test_half_of_the_step_lies_under_the_middle_of_the_peak() -> None:
    x = np.linspace(-10.0, 10.0, 401)
    peak = np.exp(-(x**2))
    cast = shirley.ACTIVE.response(x, peak, 0.5)
    assert cast[-1] == pytest.approx(0.5 * np.sqrt(np.pi), rel=1e-9)
    assert cast[200] == pytest.approx(0.25 * np.sqrt(np.pi), rel=1e-9)


def step_with_noise(counts: float, seed: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    x = np.linspace(157.0, 172.0, 301)
    z = (x - 163.0) / 0.6
    truth = counts * (0.3 + 0.15 * ndtr(z))
    intensity = np.random.default_rng(seed).poisson(truth + counts * np.exp(-0.5 * z**2))
    return x, truth, intensity.astype(float)


@pytest.mark.parametrize("counts", [1000.0, 100000.0])
def test_noise_moves_the_area_no_more_than_its_ends_do(counts: float) -> None:
    """No clipping: over 40 spectra the area is right on average."""
    errors = []
    for seed in range(40):
        x, truth, intensity = step_with_noise(counts, seed)
        found = curve(x, intensity)
        assert np.any(found > intensity) or counts > 1e4
        errors.append(np.trapezoid(truth - found, x))
    area = counts * 0.6 * np.sqrt(2.0 * np.pi)
    ends = np.sqrt(0.45 * counts / 5) * 15.0  # one end off by one standard error, over the window
    assert abs(np.mean(errors)) < 6.0 * ends / np.sqrt(40)
    assert np.std(errors) < 2.0 * ends
    assert abs(np.mean(errors)) < 0.05 * area


def test_a_falling_step_is_followed() -> None:
    x = np.linspace(157.0, 172.0, 301)
    z = (x - 163.0) / 0.6
    truth = 1000.0 - 200.0 * ndtr(z)
    found = curve(x, truth + 3000.0 * np.exp(-0.5 * z**2))
    np.testing.assert_allclose(found, truth, atol=0.1)


def test_more_points_at_the_ends_average_more_noise() -> None:
    def spread(points: int) -> float:
        found = [curve(*step_with_noise(1000.0, seed)[::2], points=points) for seed in range(30)]
        return float(np.std([background[0] for background in found]))

    assert spread(20) < 0.6 * spread(2)


def test_no_peak_above_the_ends_is_said() -> None:
    x = np.linspace(157.0, 172.0, 301)
    valley = 1000.0 + 10.0 * (x - 157.0) - 500.0 * np.exp(-((x - 164.0) ** 2))
    with pytest.raises(DataError, match=r"on 157 \.\. 172: the peaks above it do not .* linear"):
        curve(x, valley)


def test_a_wide_window_with_a_high_plateau() -> None:
    x = np.linspace(157.0, 217.0, 601)
    z = (x - 163.0) / 0.6
    truth = 1000.0 + 600.0 * ndtr(z)
    intensity = truth + 600.0 / 0.03 / (0.6 * np.sqrt(2.0 * np.pi)) * np.exp(-0.5 * z**2)
    background, k = shirley.solved(x, intensity, 5)
    np.testing.assert_allclose(background, truth, atol=1.0)
    assert k == pytest.approx(0.03, rel=1e-3)


@given(seed=seeds, points=st.integers(3, 12))
@settings(deadline=None, max_examples=50)
def test_few_points_and_wide_gaps_end_in_a_curve_or_a_sentence(seed: int, points: int) -> None:
    rng = np.random.default_rng(seed)
    x = uneven_axis(rng, 157.0, 172.0, points)
    intensity = rng.poisson(50.0, points).astype(float)
    try:
        found = curve(x, intensity, points=1)
    except DataError:
        return
    assert np.all(np.isfinite(found))
    assert found[-1] == pytest.approx(intensity[-1])


def test_points_at_one_place_are_refused() -> None:
    with pytest.raises(DataError, match="all 11 points of the window lie at 160"):
        curve(np.full(11, 160.0), np.arange(11.0))


REGIONS = [
    "20240220_Au_MPPipTFSI4AMSIol3_S_2p",
    "20240220_Au_MPPipTFSI4AMSIol3_F_1s",
    "20240220_Au_MPPipTFSI4AMSIol3_N_1s",
    "20240220_Au_MPPipTFSI4AMSIol3_O_1s",
    "20240228_Au_MPPipTFSIIol3_Au_4f",
    "20240228_Au_MPPipTFSIIol3_F_1s",
    "20240228_Au_Nadep_from_MPPipTFSI4AMSIol3_C_1s",
    "20240228_Au_Nadep_from_MPPipTFSI4AMSIol3_O_1s",
    "20240621_Au_Nadep_from_MPPipTFSI_Au_4f",
]


@pytest.mark.real_data
@pytest.mark.parametrize("name", REGIONS)
def test_against_casaxps(name: str) -> None:
    """CasaXPS sums the points below one, we draw trapezoids: its curve lags half a channel.

    Without that shift the curves differ by 2 to 4 % of the step, and the areas above them by
    less than 0.5 %. The levels at the ends are CasaXPS's own here.
    """
    x, intensity, drawn = ionic_liquid(shared_file(f"xps/casaxps_csv_ionic_liquid/{name}.csv"))
    hung = intensity.copy()
    hung[0], hung[-1] = drawn[0], drawn[-1]
    found = curve(x, hung, points=1)
    step = abs(drawn[-1] - drawn[0])
    assert np.max(np.abs(found - drawn)) < 0.05 * step
    lagging = np.interp(x - 0.5 * np.mean(np.diff(x)), x, found)
    assert np.max(np.abs(lagging - drawn)[1:-1]) < 0.012 * step
    area, their_area = np.trapezoid(intensity - found, x), np.trapezoid(intensity - drawn, x)
    assert area == pytest.approx(their_area, rel=0.005)


@pytest.mark.real_data
@pytest.mark.parametrize("name", REGIONS)
def test_against_the_sum_of_casaxps(name: str) -> None:
    """With the sum in place of trapezoids the same iteration gives CasaXPS's curve itself."""
    x, intensity, drawn = ionic_liquid(shared_file(f"xps/casaxps_csv_ionic_liquid/{name}.csv"))
    found = np.full(len(x), drawn[0])
    for _ in range(50):
        below = np.concatenate([[0.0], np.cumsum(np.diff(x) * (intensity - found)[:-1])])
        found = drawn[0] + (drawn[-1] - drawn[0]) * below / below[-1]
    assert np.max(np.abs(found - drawn)) < 0.01 * abs(drawn[-1] - drawn[0])
