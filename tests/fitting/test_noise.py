"""Which noise a spectrum has, and that its weights lead to the right place."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import gammaln

from fitting.arrays import FloatArray
from fitting.errors import DataError
from fitting.evaluate import RegionEvaluator
from fitting.monitor import SilentMonitor
from fitting.noise import Noise, Weights, estimated_gain, noise_of, variance_ratio
from fitting.spectrum import Spectrum
from fitting.stepfit import fit_step
from tests.fitting.synthetic import component, region, spectra_of, table_of, truth

X = np.linspace(155.0, 170.0, 301)
SEEDS = range(20)


def curve(level: float, height: float) -> FloatArray:
    return np.asarray(level + height * np.exp(-(((X - 162.0) / 1.0) ** 2)))


def counts(seed: int, level: float = 400.0, height: float = 3000.0) -> FloatArray:
    return np.random.default_rng(seed).poisson(curve(level, height)).astype(float)


def chosen(
    intensity: FloatArray, weights: Weights = "poisson", per_unit: float | None = None
) -> Noise:
    return noise_of(Spectrum(X, intensity, None, per_unit), weights, "cell A, step 2, S 2p")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("level", "height"), [(400.0, 3000.0), (2.0, 20.0), (2.0, 0.0), (1e5, 1e6)]
)
def test_counts_are_recognised(level: float, height: float, seed: int) -> None:
    noise = chosen(counts(seed, level, height), per_unit=1.0)
    assert (noise.gain, noise.read_variance, noise.source) == (1.0, 0.0, "poisson")
    assert noise.absolute
    assert noise.follows_model


@pytest.mark.parametrize("dwell", [0.1, 0.25, 7.0])
def test_counts_per_second_of_a_known_dwell_are_counts(dwell: float) -> None:
    noise = chosen(counts(0) / dwell, per_unit=dwell)
    assert noise.source == "poisson"
    assert noise.gain == pytest.approx(1.0 / dwell)
    sigma = noise.sigma(curve(400.0, 3000.0) / dwell)
    np.testing.assert_allclose(sigma, np.sqrt(curve(400.0, 3000.0)) / dwell)


@pytest.mark.parametrize("factor", [0.003, 0.37, 5.0, 1e4])
@pytest.mark.parametrize("level", [5.0, 400.0])
def test_gain_of_scaled_counts_is_estimated(level: float, factor: float) -> None:
    gains = []
    for seed in SEEDS:
        noise = chosen(factor * counts(seed, level, 8 * level))
        assert noise.source.startswith("estimated gain")
        assert noise.absolute
        gains.append(noise.gain / factor)
    assert np.mean(gains) == pytest.approx(1.0, abs=0.15)
    assert np.std(gains) < 0.25


@pytest.mark.parametrize("per_unit", [1.0, None])
def test_integers_that_are_not_counts_are_not_taken_for_them(per_unit: float | None) -> None:
    for seed in SEEDS:
        noise = chosen(10.0 * counts(seed), per_unit=per_unit)
        assert noise.source.startswith("estimated gain")
        assert noise.gain == pytest.approx(10.0, rel=0.5)


def test_smoothed_counts_are_not_taken_for_counts() -> None:
    for seed in SEEDS:
        smooth = np.round(np.convolve(counts(seed), np.full(3, 1 / 3), mode="same"))
        smooth[[0, -1]] = smooth[[1, -2]]
        assert chosen(smooth, per_unit=1.0).source != "poisson"


def test_nearly_integers_of_a_wrong_dwell_are_not_counts() -> None:
    assert chosen(counts(0) / 0.25, per_unit=0.3).source.startswith("estimated gain")


def test_gain_and_read_noise_of_a_detector() -> None:
    gain, read = 2.5, 30.0
    gains, reads = [], []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        signal = gain * rng.poisson(curve(20.0, 4000.0)) + rng.normal(0.0, read, len(X))
        noise = chosen(signal, "estimated")
        assert noise.source.startswith("estimated gain")
        assert "read noise" in noise.source
        gains.append(noise.gain)
        reads.append(np.sqrt(noise.read_variance))
    assert np.mean(gains) == pytest.approx(gain, rel=0.15)
    assert np.mean(reads) == pytest.approx(read, rel=0.15)


def test_estimated_may_be_negative_poisson_may_not() -> None:
    subtracted = counts(0) - 420.0
    assert chosen(subtracted, "estimated").absolute
    with pytest.raises(
        DataError,
        match=r'cell A, step 2, S 2p: negative counts \(-\d+ at 1\d\d.*"estimated" if a background',
    ):
        chosen(subtracted)


def test_errors_of_the_file() -> None:
    sigma = np.linspace(1.0, 5.0, len(X))
    spectrum = Spectrum(X, counts(0), sigma, 1.0)
    noise = noise_of(spectrum, "given", "here")
    assert noise.source == "given"
    assert not noise.follows_model
    np.testing.assert_array_equal(noise.sigma(np.zeros(len(X))), sigma)
    with pytest.raises(DataError, match='weights = "given", but the file holds no errors'):
        chosen(counts(0), "given")
    for bad in (0.0, -1.0, np.nan, np.inf):
        broken = sigma.copy()
        broken[3] = bad
        with pytest.raises(DataError, match="positive numbers"):
            noise_of(Spectrum(X, counts(0), broken), "given", "here")


def test_uniform_is_one_error_about_as_large_as_the_noise() -> None:
    noise = chosen(counts(0, 1000.0, 0.0), "uniform")
    assert not noise.absolute
    sigma = noise.sigma(np.zeros(len(X)))
    assert np.ptp(sigma) == 0.0
    assert sigma[0] == pytest.approx(np.sqrt(1000.0), rel=0.2)


@pytest.mark.parametrize("weights", ["poisson", "estimated", "uniform"])
@pytest.mark.parametrize("points", [1, 2, 5, 6, 9])
def test_few_points_still_get_an_error(points: int, weights: Weights) -> None:
    spectrum = Spectrum(X[:points], counts(0)[:points], None, 1.0)
    sigma = noise_of(spectrum, weights, "here").sigma(spectrum.intensity)
    assert np.all(np.isfinite(sigma) & (sigma > 0.0))


def test_no_model_however_wrong_makes_an_error_vanish() -> None:
    noise = chosen(counts(0), per_unit=1.0)
    sigma = noise.sigma(np.array([-5.0, 0.0, 0.01, 100.0]))
    np.testing.assert_allclose(sigma, np.sqrt([0.1, 0.1, 0.1, 100.0]))


@pytest.mark.parametrize(("level", "area"), [(2.0, 60.0), (30.0, 300.0), (400.0, 3000.0)])
def test_reweighted_least_squares_end_at_the_maximum_of_the_poisson_likelihood(
    level: float, area: float
) -> None:
    parts = [component("a", "gaussian", {"value": 161.0})]
    table = table_of(region(parts, "linear", window=(157.0, 165.0)))
    free = truth(table, a__area=area) * np.where(
        [table.parameters[i].parameter == "level" for i in table.free], level / 400.0, 1.0
    )
    spectra = spectra_of(table, free, np.random.default_rng(7))
    result = fit_step(table, spectra, None, SilentMonitor())
    assert result.sigma_source[0] == "poisson"
    spectrum = spectra["S 2p"]
    evaluator = RegionEvaluator(table.regions[0], spectrum.x, np.zeros(len(spectrum)))

    def deviance(moving: FloatArray) -> float:
        model = evaluator.envelope(table.values(moving))
        if np.any(model <= 0.0):
            return 1e9
        terms = model - spectrum.intensity * np.log(model) + gammaln(spectrum.intensity + 1)
        return float(2.0 * terms.sum())

    found = result.values[table.free]
    stderr = np.sqrt(np.diag(result.covariance))
    best = minimize(
        lambda scaled: deviance(found + stderr * scaled),
        np.full(len(found), 0.1),
        method="Nelder-Mead",
        options={"xatol": 1e-6, "fatol": 1e-10, "maxfev": 20_000, "maxiter": 20_000},
    )
    assert best.success
    assert np.max(np.abs(best.x)) < 5e-3  # in standard errors
    assert deviance(found) - best.fun < 1e-3


def test_a_cosmic_ray_leaves_the_gain_alone() -> None:
    counts = np.random.default_rng(3).poisson(400.0, 300).astype(float)
    struck = counts.copy()
    struck[150] += 1e6
    assert estimated_gain(struck) == pytest.approx(estimated_gain(counts), rel=0.1)
    assert variance_ratio(struck) == pytest.approx(variance_ratio(counts), rel=0.1)
