"""A surface at K steps as the analyser sees it: amounts of phases -> lines -> spectra.

``area = atoms x amount x sensitivity``, with the amount as the mean over the information depth
of the region: what is mixed below, damped by the film on top; the film; what lies upon it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from fitting.arrays import FloatArray
from fitting.attenuation import Material, tpp2m_nm
from fitting.sensitivity import Factor, Sensitivity, sensitivity
from fitting.simulate.film import PLASMON_EV, PLASMON_WIDTH_EV, Film
from fitting.simulate.lines import Line
from fitting.simulate.spectra import Peak, peak_curve, step_curve

AXIS_STEP_EV = 0.1
LORENTZ_FRACTION = 0.3
STEP_PER_EV = 0.03


@dataclass(frozen=True)
class Region:
    """A core level: its window, doublet, and flat background relative to ``counts``.

    ``sweeps`` says how often it is measured; intensities are those of one sweep.
    """

    name: str
    window_eV: tuple[float, float]
    kinetic_energy_eV: float
    splitting_eV: float
    ratio: float
    background: float
    sweeps: int = 1

    @property
    def axis(self) -> FloatArray:
        """(N,) binding energies, eV, ascending."""
        low, high = self.window_eV
        return np.round(low + AXIS_STEP_EV * np.arange(round((high - low) / AXIS_STEP_EV) + 1), 6)


@dataclass(frozen=True)
class Glitch:
    """What went wrong with one spectrum: ``dead``, ``spike`` or ``missing``.

    ``at`` is where in the series, 0 to 1.
    """

    kind: str
    region: str
    at: float


@dataclass(frozen=True, eq=False)
class Scene:
    """One sample at K steps.

    Parameters
    ----------
    sample : name
    photon_energy_eV : of the source
    regions : in the order in which they are measured; amounts of the truth are those that the
        first one sees
    lines : of all phases
    matrix : what mean free paths below the film are those of
    below : region -> phase -> (K,) mol/L under the film, mean over its information depth
    shift_eV, width_factor : (K,) of all lines
    columns : step values
    begin_s : (K,) when the first region of each step begins
    acquisition_s : of each region
    film : on top of what is ``below``
    upon : phase -> (K,) mol/L as seen, on top of everything: contamination
    grounded : phases that do not follow the shift: metals at the Fermi level
    uncounted : phases that are no part of fractions
    groups : phases whose sum is of interest
    layers : phases below from the top down, for the twin in which they are not mixed
    flux : (K,) of the source, relative
    sensitivity_factors : region -> by how much its true sensitivity differs from the computed
    lorentz_fraction : of all lines
    glitches : faults of single spectra
    truth : more paths -> (K,)
    metadata : of every series
    """

    sample: str
    photon_energy_eV: float
    regions: tuple[Region, ...]
    lines: tuple[Line, ...]
    matrix: Material
    below: Mapping[str, Mapping[str, FloatArray]]
    shift_eV: FloatArray
    width_factor: FloatArray
    columns: Mapping[str, FloatArray]
    begin_s: FloatArray
    acquisition_s: Mapping[str, float]
    film: Film | None = None
    upon: Mapping[str, FloatArray] = field(default_factory=dict)
    grounded: tuple[str, ...] = ()
    uncounted: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    layers: tuple[tuple[str, ...], ...] = ()
    flux: FloatArray | None = None
    sensitivity_factors: Mapping[str, float] = field(default_factory=dict)
    lorentz_fraction: float = LORENTZ_FRACTION
    glitches: tuple[Glitch, ...] = ()
    truth: Mapping[str, FloatArray] = field(default_factory=dict)
    metadata: Mapping[str, object] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.shift_eV)

    def seen(self, region: Region) -> dict[str, FloatArray]:
        """Phase -> (K,) mol/L, mean over the information depth of a region."""
        below = self.below[region.name]
        if self.film is None:
            return {**self.upon, **below}
        through = self.film.through(region.kinetic_energy_eV)
        under = {phase: through * amount for phase, amount in below.items()}
        return {**self.upon, **self.film.seen(region.kinetic_energy_eV), **under}


def level_sensitivity(scene: Scene, region: Region, level: str, phase: str = "") -> Sensitivity:
    """Cross-section times mean free path, in the film for what is in the film."""
    in_film = scene.film is not None and phase in scene.film.contents
    material = scene.film.material if scene.film is not None and in_film else scene.matrix
    energy = region.kinetic_energy_eV
    source = f"TPP-2M, {material.formula} at {energy:g} eV"
    return sensitivity(
        level,
        scene.photon_energy_eV,
        mean_free_path=Factor(tpp2m_nm(energy, material), source),
        beyond_table="total",
    )


def sensitivities(scene: Scene) -> dict[str, Sensitivity]:
    """Region -> cross-section times mean free path below the film."""
    return {r.name: level_sensitivity(scene, r, r.name) for r in scene.regions}


def all_peaks(scene: Scene, counts: float) -> dict[str, tuple[Peak, ...]]:
    """Region -> every component, replicas after their parents; areas in counts eV per sweep.

    Scaled so that the strongest line of the first step is ``counts`` high.
    """
    unit = {region.name: region_peaks(scene, region, 1.0) for region in scene.regions}
    scale = counts / max(
        _first_height(scene, region, unit[region.name]) for region in scene.regions
    )
    return {region.name: region_peaks(scene, region, scale) for region in scene.regions}


def region_peaks(scene: Scene, region: Region, scale: float) -> tuple[Peak, ...]:
    """Components of a region: areas are ``scale`` x atoms x amount x sensitivity."""
    amounts = scene.seen(region)
    wrong = scene.sensitivity_factors.get(region.name, 1.0)
    flux = np.ones(len(scene)) if scene.flux is None else scene.flux
    peaks = []
    for line in scene.lines:
        if line.region != region.name or line.phase not in amounts:
            continue
        factor = level_sensitivity(scene, region, line.level or region.name, line.phase)
        area = scale * wrong * factor.value * line.atoms * amounts[line.phase] * flux
        for order, ratio in enumerate(_replicas(scene, region, line.phase)):
            peaks.append(_peak(scene, region, line, order, area * ratio))
    return tuple(peaks)


def expected_counts(
    scene: Scene, region: Region, peaks: tuple[Peak, ...], counts: float
) -> FloatArray:
    """(K, N) spectra of one sweep without noise: components, their step, and a constant."""
    x = region.axis
    curves = (peak_curve(x, peak, scene.lorentz_fraction) for peak in peaks)
    lines = sum(curves, np.zeros((len(scene), len(x))))
    flux = 1.0 if scene.flux is None else scene.flux[:, None]
    return lines + step_curve(x, lines, STEP_PER_EV) + region.background * counts * flux


def _replicas(scene: Scene, region: Region, phase: str) -> FloatArray:
    if scene.film is None or phase in scene.upon:
        return np.ones((1, len(scene)))
    return scene.film.replicas(region.kinetic_energy_eV, phase in scene.film.contents)


def _peak(scene: Scene, region: Region, line: Line, order: int, area: FloatArray) -> Peak:
    shift = 0.0 if line.phase in scene.grounded else scene.shift_eV
    single = bool(line.level)
    return Peak(
        component=line.component + (f"_loss{order}" if order else ""),
        phase=line.phase,
        order=order,
        area=area,
        center_eV=line.center_eV + order * PLASMON_EV + shift * np.ones(len(scene)),
        fwhm_eV=line.fwhm_eV * scene.width_factor + order * PLASMON_WIDTH_EV,
        splitting_eV=0.0 if single else region.splitting_eV,
        ratio=0.0 if single else region.ratio,
    )


def _first_height(scene: Scene, region: Region, peaks: tuple[Peak, ...]) -> float:
    """Of the lines of the first spectrum; what only reaches into the window does not count."""
    x = region.axis
    inside = [peak for peak in peaks if x[0] <= peak.center_eV[0] <= x[-1]]
    curves = (peak_curve(x, peak, LORENTZ_FRACTION)[0] for peak in inside)
    return float(np.max(sum(curves, np.zeros(len(x)))))
