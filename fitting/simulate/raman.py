"""What a Raman microscope records: Voigt bands on fluorescence, a camera, cosmic rays."""

from dataclasses import dataclass

import numpy as np

from fitting.arrays import FloatArray

PIXELS = 1024
SPECTROMETER_FWHM_CM = 2.5
"""Gaussian width that the spectrometer adds to every band, as a neon lamp shows it."""

GAIN = 0.5
"""Variance per count: two photoelectrons make one count."""

READ_COUNTS = 6.0
SPIKED_SHARE = 0.12
"""Share of the spectra that a cosmic ray hits."""

_SPIKE_PIXELS = 3
_GAUSS = 2.0 * np.sqrt(2.0 * np.log(2.0))


@dataclass(frozen=True)
class Band:
    """A mode of a phase.

    Parameters
    ----------
    component, phase : names
    center_cm : Raman shift, cm-1
    fwhm_cm : of the band itself (Lorentzian), without the spectrometer, cm-1
    strength : share of the intensity of the phase in the window; those of a phase sum to 1
    """

    component: str
    phase: str
    center_cm: float
    fwhm_cm: float
    strength: float


@dataclass(frozen=True, eq=False)
class RamanPeak:
    """A band in K spectra: area (counts cm-1), center and Lorentzian width (cm-1), each (K,)."""

    component: str
    phase: str
    area: FloatArray
    center_cm: FloatArray
    fwhm_cm: FloatArray


@dataclass(frozen=True, eq=False)
class Baseline:
    """Light that is not Raman, in units of the counts at the top of the strongest line.

    Parameters
    ----------
    fluorescence : (K,) its height in the middle of the window
    center_cm : (K,) where its broad band has its maximum; it moves as dyes bleach
    wing : of the laser line, at the lower end of the window
    """

    fluorescence: FloatArray
    center_cm: FloatArray
    wing: float = 0.08
    width_cm: float = 1500.0
    wing_cm: float = 180.0


def axis(window_cm: tuple[float, float], pixels: int = PIXELS) -> FloatArray:
    """(N,) Raman shifts of the pixels, cm-1, ascending."""
    return np.round(np.linspace(*window_cm, pixels), 4)


def peak_curve(x: FloatArray, peak: RamanPeak) -> FloatArray:
    """(K, N) Voigt curve of one band, counts."""
    from scipy.special import voigt_profile

    away = x - peak.center_cm[:, None]
    unit = voigt_profile(away, SPECTROMETER_FWHM_CM / _GAUSS, 0.5 * peak.fwhm_cm[:, None])
    return np.asarray(peak.area[:, None] * unit)


def baseline_curve(x: FloatArray, baseline: Baseline) -> FloatArray:
    """(K, N) fluorescence and the wing of the laser line, relative."""
    middle = 0.5 * (x[0] + x[-1])

    def hump(at: FloatArray | float) -> FloatArray:
        away = (at - baseline.center_cm[:, None]) / baseline.width_cm
        return np.asarray(np.exp(-0.5 * away**2))

    broad = baseline.fluorescence[:, None] * hump(x) / hump(middle)
    return np.asarray(broad + baseline.wing * np.exp(-(x - x[0]) / baseline.wing_cm))


def recorded(expected: FloatArray, seed: tuple[int, ...], spike_counts: float) -> FloatArray:
    """(K, N) whole counts: photoelectrons, read noise, cosmic rays; equal seeds, equal counts.

    The variance is ``gain * signal + read^2``, that of rounding (1/12) apart.

    Parameters
    ----------
    expected : (K, N) counts without noise, >= 0
    spike_counts : height of a typical cosmic ray
    """
    electrons, reading, rays = (
        np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(3)
    )
    counts = GAIN * electrons.poisson(expected / GAIN)
    counts += reading.normal(0.0, READ_COUNTS, expected.shape)
    for k in np.flatnonzero(rays.random(len(expected)) < SPIKED_SHARE):
        first = int(rays.integers(0, expected.shape[1] - _SPIKE_PIXELS))
        width = int(rays.integers(1, _SPIKE_PIXELS + 1))
        counts[k, first : first + width] += spike_counts * rays.uniform(0.3, 1.5, width)
    return np.asarray(np.round(counts))
