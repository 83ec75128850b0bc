"""A Raman experiment: what each spectrum holds, the series it gives, and what is true of it.

Every Raman experiment has these paths of the truth, each (K,) by step:

its columns; ``light`` laser power, 1 at first; ``fluorescence`` height of the
background in the middle of the window over that of the strongest line of the first spectrum;
``amount/PHASE`` mol in the probed volume per mol of electrolyte there at first (see the module of
the experiment);
``area/REGION/PHASE`` counts cm-1; ``component_area/REGION/COMPONENT`` the same by band;
``area_fraction/REGION/PHASE`` share of the counted area, also for ``.../group:NAME``;
``position_cm/REGION/COMPONENT`` and ``fwhm_cm/REGION/COMPONENT`` of the band, in cm-1, the width
without that of the spectrometer;
``standard_ratio/REGION/PHASE`` area over that of the internal standard, where there is one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from fitting.arrays import FloatArray
from fitting.series import AxisKind, Series, Technique
from fitting.simulate.raman import (
    GAIN,
    PIXELS,
    READ_COUNTS,
    SPECTROMETER_FWHM_CM,
    Band,
    Baseline,
    RamanPeak,
    axis,
    baseline_curve,
    peak_curve,
    recorded,
)

ACQUISITION_S = 60.0
_FIRST_START_S = 1_668_000_000.0  # POSIX; samples follow a day apart
_SPIKE = 0.6


@dataclass(frozen=True, eq=False)
class Scene:
    """One sample in K spectra.

    Parameters
    ----------
    sample, region : names
    window_cm : Raman shifts that the camera sees
    peaks : with relative areas; those of a series are scaled together
    light : (K,) laser power, 1 at first
    baseline : everything that is not Raman, at full light
    amount : phase -> (K,) mol
    columns : of the steps, ``time_s`` among them
    not_counted : phases that are left out of fractions
    groups : name -> members
    standard : the phase that is there in equal amount all along, or none
    """

    sample: str
    region: str
    window_cm: tuple[float, float]
    peaks: tuple[RamanPeak, ...]
    light: FloatArray
    baseline: Baseline
    amount: Mapping[str, FloatArray]
    columns: Mapping[str, FloatArray]
    not_counted: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] | None = None
    standard: str | None = None


def peaks_of(
    bands: tuple[Band, ...],
    signal: Mapping[str, FloatArray],
    moved_cm: FloatArray,
    own_cm: Mapping[str, FloatArray] | None = None,
) -> tuple[RamanPeak, ...]:
    """Bands of constant width, all moved alike.

    Parameters
    ----------
    signal : phase -> (K,) intensity of all its bands
    moved_cm : (K,) drift of the spectrometer
    own_cm : component -> (K,) what it moves beyond that
    """
    own = own_cm or {}
    return tuple(
        RamanPeak(
            band.component,
            band.phase,
            band.strength * signal[band.phase],
            band.center_cm + moved_cm + own.get(band.component, 0.0),
            np.full(len(moved_cm), band.fwhm_cm),
        )
        for band in bands
    )


def record(
    key: str, scene: Scene, counts: float, seed: tuple[int, int], pixels: int = PIXELS
) -> tuple[Series, dict[str, FloatArray]]:
    """The series of a sample, and what is true of it.

    Parameters
    ----------
    counts : at the top of the strongest line of the first spectrum
    seed : of the experiment, and the number of the sample
    """
    peaks, expected = expected_counts(scene, counts, pixels)
    measured = recorded(expected, seed, _SPIKE * counts)
    return _series(key, scene, measured, counts, seed), _truth(scene, peaks)


def expected_counts(
    scene: Scene, counts: float, pixels: int = PIXELS
) -> tuple[tuple[RamanPeak, ...], FloatArray]:
    """Peaks with their areas in counts cm-1, and (K, N) spectra without noise."""
    x = axis(scene.window_cm, pixels)
    lines = sum((peak_curve(x, peak) for peak in scene.peaks), np.zeros(len(x)))
    scale = counts / lines[0].max() * scene.light
    peaks = tuple(replace(peak, area=peak.area * scale) for peak in scene.peaks)
    other = counts * scene.light[:, None] * baseline_curve(x, scene.baseline)
    return peaks, lines * scale[:, None] + other


def wander(steps: int, amplitude: float, phase: float) -> FloatArray:
    """(K,) slow drift about zero that is 0 at first: two waves over the series."""
    u = np.linspace(0.0, 1.0, steps)
    waves = np.sin(7.3 * u + phase) + 0.5 * np.sin(17.9 * u + 2.0 * phase)
    return np.asarray(amplitude * (waves - waves[0]))


def light(steps: int, lost: tuple[int, ...] = ()) -> FloatArray:
    """(K,) laser power that drifts by some per cent, and drops in the steps ``lost``."""
    drift = 1.0 + wander(steps, 0.03, 0.4)
    dim = [step for step in lost if step < steps]
    drift[dim] *= 0.4
    return drift


def _series(
    key: str, scene: Scene, measured: FloatArray, counts: float, seed: tuple[int, int]
) -> Series:
    begun = scene.columns["time_s"] - 0.5 * ACQUISITION_S
    notes = {"key": key, "seed": seed[0], "counts": counts}
    camera = {
        "gain": GAIN,
        "read_counts": READ_COUNTS,
        "spectrometer_fwhm_cm-1": SPECTROMETER_FWHM_CM,
    }
    return Series(
        sample=scene.sample,
        region=scene.region,
        technique=Technique.RAMAN,
        axis_kind=AxisKind.RAMAN_SHIFT,
        x=axis(scene.window_cm, measured.shape[1]),
        intensity=measured,
        steps=np.arange(len(measured)),
        columns=scene.columns,
        acquisition_start=_FIRST_START_S + 86_400.0 * seed[1] + begun,
        acquisition_s=np.full(len(measured), ACQUISITION_S),
        source=f"simulated {key}",
        metadata={"simulation": notes, "camera": camera},
    )


def _truth(scene: Scene, peaks: tuple[RamanPeak, ...]) -> dict[str, FloatArray]:
    region = scene.region
    areas: dict[str, FloatArray] = {}
    for peak in peaks:
        areas[peak.phase] = areas.get(peak.phase, 0.0) + peak.area
    truth = {
        **scene.columns,
        "light": scene.light,
        "fluorescence": scene.baseline.fluorescence,
        **{f"amount/{phase}": amount for phase, amount in scene.amount.items()},
        **{f"area/{region}/{phase}": area for phase, area in areas.items()},
        **{f"component_area/{region}/{peak.component}": peak.area for peak in peaks},
        **{f"position_cm/{region}/{peak.component}": peak.center_cm for peak in peaks},
        **{f"fwhm_cm/{region}/{peak.component}": peak.fwhm_cm for peak in peaks},
    }
    truth |= {f"area_fraction/{region}/{name}": v for name, v in _fractions(scene, areas).items()}
    if scene.standard is not None:
        whole = areas[scene.standard]
        truth |= {f"standard_ratio/{region}/{phase}": v / whole for phase, v in areas.items()}
    return truth


def _fractions(scene: Scene, areas: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Phase or ``group:NAME`` -> (K,) share of the counted area."""
    counted = {phase: area for phase, area in areas.items() if phase not in scene.not_counted}
    whole = np.sum(list(counted.values()), axis=0)
    found = {phase: area / whole for phase, area in counted.items()}
    for name, members in (scene.groups or {}).items():
        found[f"group:{name}"] = np.sum([found[m] for m in members if m in found], axis=0)
    return found
