"""A scene measured: counts with their noise and faults, as series."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from fitting.arrays import BoolArray, FloatArray
from fitting.series import AxisKind, IntensityUnit, Series, Technique
from fitting.simulate.mismatch import twin
from fitting.simulate.regions import DWELL_S
from fitting.simulate.scene import Region, Scene, all_peaks, expected_counts, sensitivities
from fitting.simulate.scene_truth import glitch_step, truth_of
from fitting.simulate.simulation import Simulation
from fitting.simulate.spectra import poisson_counts

FIRST_START_S = 1_668_000_000.0  # POSIX; samples follow a day apart
SPIKE_COUNTS = 25.0  # of the square root of the counts of the highest point
_HARD_EV = 2000.0


@dataclass(frozen=True)
class Photoemission:
    """An experiment that is measured as photoelectrons.

    Parameters
    ----------
    key : of the experiment
    scenes : its samples, at so many steps each; None for the usual number
    """

    key: str
    scenes: Callable[[int | None], tuple[Scene, ...]]

    def __call__(
        self, *, steps: int | None, counts: float, seed: int, mismatch: str | None = None
    ) -> Simulation:
        """Simulate. See `fitting.simulate.simulate` for the arguments."""
        return measured(self.key, self.scenes(steps), counts, seed, mismatch)


def measured(
    key: str, scenes: tuple[Scene, ...], counts: float, seed: int, mismatch: str | None
) -> Simulation:
    """Spectra and truth of some samples.

    Parameters
    ----------
    key : of the experiment
    scenes : its samples
    counts : at the top of the strongest line of the first step of each
    seed : of the noise
    mismatch : the twin that is measured in place of each scene; the truth stays that of the scene
    """
    series: list[Series] = []
    truth = {}
    for number, scene in enumerate(scenes):
        notes = {"key": key, "seed": seed, "counts": counts, "mismatch": mismatch or ""}
        shown = twin(scene, mismatch)
        peaks = all_peaks(shown, counts)
        for place, region in enumerate(scene.regions):
            expected = expected_counts(shown, region, peaks[region.name], counts)
            drawn = poisson_counts(region.sweeps * expected, (seed, number, place))
            series.append(_series(scene, region, drawn, (number, place), notes))
        truth[scene.sample] = truth_of(scene, all_peaks(scene, counts))
    factors = {name: one for scene in scenes for name, one in sensitivities(scene).items()}
    return Simulation(key, tuple(series), truth, factors)


def _series(
    scene: Scene,
    region: Region,
    drawn: FloatArray,
    place: tuple[int, int],
    notes: Mapping[str, object],
) -> Series:
    """Regions are taken one after the other at one charge: later time."""
    earlier = scene.regions[: place[1]]
    begun = scene.begin_s + sum(scene.acquisition_s[one.name] for one in earlier)
    lasts = scene.acquisition_s[region.name]
    spoilt, kept = _spoilt(scene, region, drawn)
    sweeps = region.sweeps
    hard = scene.photon_energy_eV > _HARD_EV
    columns = dict(scene.columns) | {"time_s": begun + 0.5 * lasts}
    return Series(
        sample=scene.sample,
        region=region.name,
        technique=Technique.HAXPES if hard else Technique.XPS,
        axis_kind=AxisKind.BINDING_ENERGY,
        x=region.axis,
        intensity=spoilt[kept] / (sweeps * DWELL_S),
        intensity_unit=_unit(scene),
        steps=np.flatnonzero(kept),
        columns={name: values[kept] for name, values in columns.items()},
        counts_per_unit=np.full(int(kept.sum()), sweeps * DWELL_S),
        photon_energy_eV=scene.photon_energy_eV,
        acquisition_start=(FIRST_START_S + 86_400.0 * place[0] + begun)[kept],
        acquisition_s=np.full(int(kept.sum()), lasts),
        source=f"simulated {notes['key']}",
        metadata={"simulation": dict(notes), **scene.metadata},
    )


def _unit(scene: Scene) -> IntensityUnit:
    """Counts can be compared between regions where all were measured equally long."""
    equal = all(region.sweeps == 1 for region in scene.regions)
    return IntensityUnit.COUNTS if equal else IntensityUnit.COUNTS_PER_SECOND


def _spoilt(scene: Scene, region: Region, drawn: FloatArray) -> tuple[FloatArray, BoolArray]:
    """(K, N) counts with the faults in, and (K,) which spectra are there at all."""
    spoilt = drawn.copy()
    kept = np.ones(len(drawn), dtype=bool)
    points = drawn.shape[1]
    for glitch in scene.glitches:
        step = glitch_step(glitch, len(scene))
        if glitch.region != region.name or step is None:
            continue
        if glitch.kind == "missing":
            kept[step] = False
        elif glitch.kind == "dead":  # the detector trips half way
            spoilt[step, points // 2 :] = 0.0
        else:
            spoilt[step, points // 16] += round(SPIKE_COUNTS * float(np.sqrt(drawn[step].max())))
    return spoilt, kept
