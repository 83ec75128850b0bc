"""From lines to counts: pseudo-Voigt doublets, the step they cast, Poisson noise."""

from dataclasses import dataclass

import numpy as np

from fitting.arrays import FloatArray

_LN2 = np.log(2.0)


@dataclass(frozen=True, eq=False)
class Peak:
    """One component in K spectra; a doublet is one component.

    Parameters
    ----------
    component, phase : names
    order : 0 for the line itself, n for its n-th loss replica
    area : (K,) of the whole doublet, counts eV
    center_eV, fwhm_eV : (K,) of the line, of its partner with the higher j in a doublet
    splitting_eV : partner at higher binding energy by this much
    ratio : area of the partner over area of the first; 0 for a single line
    """

    component: str
    phase: str
    order: int
    area: FloatArray
    center_eV: FloatArray
    fwhm_eV: FloatArray
    splitting_eV: float
    ratio: float


def peak_curve(x: FloatArray, peak: Peak, lorentz_fraction: float) -> FloatArray:
    """(K, N) curve of one component on ``x`` (N,), counts."""
    first = peak.area / (1.0 + peak.ratio)
    curve = _pseudo_voigt(x, first, peak.center_eV, peak.fwhm_eV, lorentz_fraction)
    if peak.ratio > 0.0:
        center = peak.center_eV + peak.splitting_eV
        curve += _pseudo_voigt(x, first * peak.ratio, center, peak.fwhm_eV, lorentz_fraction)
    return curve


def step_curve(x: FloatArray, peaks: FloatArray, step_per_eV: float) -> FloatArray:
    """(K, N) background that rises by a fixed share of the peak area already passed.

    ``k`` times the integral of the peaks from the low end of ``x`` (trapezoids): the active
    Shirley background. Herrera-Gomez et al. 2014, doi:10.1002/sia.5453.

    Parameters
    ----------
    x : (N,) binding energy, ascending
    peaks : (K, N)
    step_per_eV : k, 1/eV
    """
    trapezoids = 0.5 * (peaks[:, 1:] + peaks[:, :-1]) * np.diff(x)
    passed = np.cumsum(trapezoids, axis=1)
    return step_per_eV * np.concatenate([np.zeros((len(peaks), 1)), passed], axis=1)


def poisson_counts(expected: FloatArray, seed: tuple[int, ...]) -> FloatArray:
    """Whole counts drawn around ``expected``; equal seeds give equal counts."""
    generator = np.random.default_rng(np.random.SeedSequence(seed))
    return generator.poisson(expected).astype(np.float64)


def _pseudo_voigt(
    x: FloatArray,
    area: FloatArray,
    center: FloatArray,
    fwhm: FloatArray,
    lorentz_fraction: float,
) -> FloatArray:
    u = 2.0 * (x - center[:, None]) / fwhm[:, None]
    gauss = np.sqrt(_LN2 / np.pi) * np.exp(-_LN2 * u**2)
    lorentz = 1.0 / (np.pi * (1.0 + u**2))
    mixed = (1.0 - lorentz_fraction) * gauss + lorentz_fraction * lorentz
    scaled: FloatArray = (2.0 * area / fwhm)[:, None] * mixed
    return scaled
