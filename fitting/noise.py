"""How uncertain each point is: Poisson only where the counts really are, else estimated.

Variances follow the model, not the data (iteratively reweighted least squares), which at its
fixed point is the maximum of the Poisson likelihood.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from fitting.arrays import BoolArray, FloatArray
from fitting.errors import DataError
from fitting.robust import trust
from fitting.spectrum import Spectrum

POISSON_TOLERANCE = 0.2
"""Variance over mean of counts may differ from 1 by this, beyond what chance allows."""

_DIFFERENCE = np.array([1.0, -5.0, 10.0, -10.0, 5.0, -1.0])
_DIFFERENCE_GAIN = float(np.sum(_DIFFERENCE**2))
_ORDER = len(_DIFFERENCE)
_OVERLAP = np.correlate(_DIFFERENCE, _DIFFERENCE, mode="full") / _DIFFERENCE_GAIN
_MEDIAN_OF_SQUARE = 0.4549
"""Median of the square of a standard normal deviate."""

_CHANCE = float(np.sqrt(2.0 * np.sum(_OVERLAP**2)))
"""Relative standard error of a variance from N fifth differences, times sqrt(N)."""


_ROUNDING = 1e-16
"""Least variance as a share of the mean square: exact curves have no noise of their own."""


@dataclass(frozen=True, eq=False)
class Noise:
    """Variance of the points of one spectrum: ``gain * model + read_variance``.

    Parameters
    ----------
    gain : variance per unit of intensity; 1 for pure counts, 0 for constant noise
    read_variance : constant part, intensity^2
    given : (N,) standard errors from the file, used instead, or None
    absolute : False for uniform weights: only ratios of chi-square then mean anything
    source : what a result says about its weights, ``sigma_source``
    robust : far points pull no harder than those at the limit of ``fitting.robust``
    """

    gain: float
    read_variance: float
    given: FloatArray | None
    absolute: bool
    source: str
    robust: bool = False

    @property
    def follows_model(self) -> bool:
        """Whether the variances change with the model."""
        return self.given is None and self.gain > 0.0

    @property
    def changes(self) -> bool:
        """Whether the weights change with the fit, and it has to be repeated."""
        return self.robust or self.follows_model

    def sigma(self, model: FloatArray) -> FloatArray:
        """(N,) standard errors where the model takes these values; never below one tenth count."""
        if self.given is not None:
            return self.given
        floor = 0.1 * self.gain**2 if self.gain > 0.0 else 0.0
        return np.sqrt(np.maximum(self.gain * model, floor) + self.read_variance)

    def weighted_sigma(self, intensity: FloatArray, model: FloatArray) -> FloatArray:
        """(N,) standard errors; larger for points that a robust loss trusts less."""
        sigma = self.sigma(model)
        if not self.robust:
            return sigma
        sizes = np.abs(model - intensity) / sigma
        return np.asarray(sigma / trust(sizes, self.absolute))

    def deviance(self, intensity: FloatArray, model: FloatArray, sigma: FloatArray) -> float:
        """Twice the log-likelihood that a curve loses against one through all points.

        Weights that follow the model are the score ``(y - mu) / V(mu)``; this is its integral
        (quasi-likelihood, Wedderburn 1974, doi:10.1093/biomet/61.3.439), for counts the Poisson
        deviance. For all others it is chi-square.

        Parameters
        ----------
        intensity, model : (N,) measured and fitted
        sigma : (N,) errors, where they do not follow the model
        """
        residual = (model - intensity) / self._own_sigma(model, sigma)
        trusted = trust(np.abs(residual), self.absolute) if self.robust else np.ones(len(residual))
        # chi-square, which turns linear where a robust loss trusts a point less
        parts = (residual * trusted) ** 2 * (2.0 - trusted**2)
        if self.follows_model:
            plain = trusted == 1.0
            parts[plain] = self._quasi_deviance(intensity[plain], model[plain])
        return float(parts.sum())

    def _own_sigma(self, model: FloatArray, sigma: FloatArray) -> FloatArray:
        return self.sigma(model) if self.changes else sigma

    def _quasi_deviance(self, intensity: FloatArray, model: FloatArray) -> FloatArray:
        """(N,) of every point."""
        gain, floor = self.gain, 0.1 * self.gain**2
        extra, low = self.read_variance / gain, floor / gain

        def potential(t: FloatArray) -> FloatArray:
            above = np.maximum(t, low)
            value = ((intensity + extra) * np.log(above + extra) - above) / gain
            beneath = (t - above) * (intensity - 0.5 * (t + above)) / (floor + self.read_variance)
            return np.asarray(value + beneath)

        return np.asarray(2.0 * (potential(intensity) - potential(model)))


Weights = Literal["poisson", "given", "estimated", "uniform"]


def noise_of(spectrum: Spectrum, weights: Weights, where: str, *, robust: bool = False) -> Noise:
    """Choose the noise of a spectrum.

    Parameters
    ----------
    spectrum : points inside the fit window
    weights : what the plan asks for
    where : sample, region and step, for messages
    robust : whether spikes must not pull

    Raises
    ------
    DataError
        Negative counts under Poisson weights; errors asked for that the file does not hold.
    """
    noise = _noise_of(spectrum, weights, where, robust)
    return replace(noise, robust=True) if robust else noise


def _noise_of(spectrum: Spectrum, weights: Weights, where: str, robust: bool) -> Noise:
    # points repeated at one place would turn the slope of a line into noise
    once = spectrum.intensity[np.diff(spectrum.x, prepend=-np.inf) > 0.0]
    if weights == "uniform":
        return _uniform(once, "uniform")
    if weights == "given":
        return _given(spectrum, where)
    if weights == "poisson":
        _refuse_negative(spectrum, where)
        scale = spectrum.counts_per_unit
        if scale is not None and scale > 0.0 and _are_counts(once * scale):
            return Noise(1.0 / scale, 0.0, None, True, "poisson")
        gain = estimated_gain(once)
        if gain > 0.0:
            return Noise(gain, 0.0, None, True, f"estimated gain {gain:.4g}")
    return _estimated(once, robust)


def _uniform(intensity: FloatArray, source: str) -> Noise:
    """One error for all points, of about the right size in whatever unit the data are."""
    variance = high_frequency_variance(intensity)
    level = float(variance.mean()) if len(variance) else 0.0
    size = float(np.mean(intensity**2)) or 1.0
    return Noise(0.0, max(level, _ROUNDING * size), None, False, source)


def _given(spectrum: Spectrum, where: str) -> Noise:
    if spectrum.sigma is None:
        raise DataError(f'{where}: weights = "given", but the file holds no errors')
    if not np.all(np.isfinite(spectrum.sigma) & (spectrum.sigma > 0.0)):
        raise DataError(f"{where}: errors from the file must be positive numbers")
    return Noise(0.0, 0.0, spectrum.sigma, True, "given")


def _refuse_negative(spectrum: Spectrum, where: str) -> None:
    lowest = int(np.argmin(spectrum.intensity))
    if spectrum.intensity[lowest] < 0.0:
        raise DataError(
            f"{where}: negative counts ({spectrum.intensity[lowest]:g} at "
            f'{spectrum.x[lowest]:g}); set weights = "estimated" if a background was subtracted'
        )


def _are_counts(counts: FloatArray) -> bool:
    if not np.allclose(counts, np.round(counts), rtol=0.0, atol=1e-3 + 1e-6 * np.max(counts)):
        return False
    allowed = POISSON_TOLERANCE + 3.0 * _CHANCE / np.sqrt(len(counts))
    return bool(abs(variance_ratio(counts) - 1.0) <= allowed)


def high_frequency_variance(intensity: FloatArray) -> FloatArray:
    """(N - 5,) local variance of the noise from fifth differences.

    Lines drop out if they are smooth over six points; third differences still see the lithium
    metal line (0.85 eV on a 0.1 eV grid) as noise.
    """
    if len(intensity) < _ORDER:
        return np.zeros(0)
    return np.convolve(intensity, _DIFFERENCE, mode="valid") ** 2 / _DIFFERENCE_GAIN


def _local_mean(intensity: FloatArray) -> FloatArray:
    if len(intensity) < _ORDER:
        return np.zeros(0)
    return np.convolve(intensity, np.full(_ORDER, 1.0 / _ORDER), mode="valid")


def variance_ratio(counts: FloatArray) -> float:
    """High-frequency variance over mean; 1 for independent counts. 1 where it cannot be told."""
    variance, mean = high_frequency_variance(counts), _local_mean(counts)
    if not len(variance) or np.sum(mean) <= 0.0:
        return 1.0
    weight = 1.0 / np.maximum(mean, 1.0)
    kept = _without_spikes(variance * weight)
    return float(np.sum((variance * weight)[kept]) / np.sum((mean * weight)[kept]))


def variance_error(points: FloatArray) -> FloatArray:
    """Relative standard error of a variance that was estimated from so many points."""
    return np.asarray(_CHANCE / np.sqrt(np.maximum(points, 1)))


def estimated_gain(intensity: FloatArray) -> float:
    """Variance per unit of intensity; 0 where it cannot be told."""
    variance, mean = high_frequency_variance(intensity), _local_mean(intensity)
    usable = mean > 0.0
    if np.count_nonzero(usable) < 8:
        return 0.0
    gains = variance[usable] / mean[usable]
    return float(np.mean(gains[_without_spikes(gains)]))


def _without_spikes(variances: FloatArray) -> BoolArray:
    """Local variances that chance allows: one cosmic ray would outweigh a whole spectrum.

    Five standard deviations about zero, judged by the median; Gaussian noise loses nothing.
    """
    typical = float(np.median(variances)) / _MEDIAN_OF_SQUARE
    return (
        np.asarray(variances <= 25.0 * typical)
        if typical > 0.0
        else np.ones(len(variances), dtype=bool)
    )


def _estimated(intensity: FloatArray, robust: bool) -> Noise:
    """``gain * signal + read^2`` by non-negative regression of local variances on local means.

    A robust one is repeated without the spikes that the first one shows.
    """
    variance, mean = high_frequency_variance(intensity), np.maximum(_local_mean(intensity), 0.0)
    if len(variance) < 8 or not np.any(variance > 0.0):
        return _uniform(intensity, "uniform, noise could not be estimated")
    from scipy.optimize import nnls

    level = max(float(mean.mean()), 1e-300)
    scale = 1.0 / (variance.mean() * (mean / level + 1.0))
    design = np.stack([mean / level, np.ones_like(mean)], axis=1)
    weighted, target = design * scale[:, np.newaxis], variance * scale
    found, _ = nnls(weighted, target)
    if robust:
        kept = _without_spikes(variance / np.maximum(design @ found, 1e-300))
        found, _ = nnls(weighted[kept], target[kept])
    gain, constant = float(found[0] / level), float(found[1])
    return Noise(
        gain,
        constant,
        None,
        True,
        f"estimated gain {gain:.4g}, read noise {np.sqrt(constant):.4g}",
    )
