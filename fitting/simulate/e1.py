"""E1: lithium plated through a virtual electrode onto Li6PS5Cl, seen by XPS.

After Narayanan et al. 2022, doi:10.1038/s41467-022-34855-9: an electron beam draws lithium to
the free surface; one sample for each current density, spectra after each portion of charge.
`plating` says where the charge goes and what it builds, `e1_surface` what is seen of it:
products mixed into the electrolyte and thinning out with depth, metal islands on top.

What a plan needs to give the truth back
----------------------------------------
Pseudo-Voigt, lorentz_fraction 0.3; doublets S 2p 1.18 eV, P 2p 0.86 eV, ratio 0.5; background
a constant and an active Shirley step; every line of a step shifted and widened alike.

* The rows of ``e1_surface.LINES``, one phase each, counted. The areas of one phase in one
  region stand as their atoms (4 : 1 for PS4 and free sulfide).
* Loss replicas are components of their own, of a phase that is **not counted**: center = parent
  + 7.5 eV, fwhm = parent + 1.5 eV, splitting and ratio of the parent. Areas of the replicas of
  one region keep the proportions of their parents, except those of Li0, which are its own. The
  second order (+ 15 eV, fwhm + 3 eV) reaches into the windows with its tails only. In Li 1s one
  free component at that of Li0 and one at that of Li6PS5Cl suffice.
* Li 1s alone tells Li0, Li6PS5Cl and the sum of the rest apart. With the areas of all but Li0
  tied to S 2p and P 2p (`e1_surface.lithium_area_links`; regions have equal dwell times) all of
  it comes back, without noise within 0.4 %: the metal damps Li 1s a little less than the others.

Paths of the truth, every one (K,) by step
------------------------------------------
``charge_uAh_cm2  time_s  current_density_mA_cm2  shift_eV  width_factor``;
``charge_sei_uAh_cm2  charge_plated_uAh_cm2  charge_loss_uAh_cm2`` and ``charge_share/sei``,
``.../plated``, ``.../loss`` of the charge passed so far (limits at zero charge);
``coverage  thickness_nm`` (of the covered part; that of the first islands at zero charge)
``sei_thickness_nm`` (as if dense)
``sei_surface_fraction  sei_decay_nm`` (see `plating.Interphase`);
``inventory_nmol_cm2/PHASE`` formed per area (Li6PS5Cl: negative, consumed);
``amount/PHASE`` mol/L, mean over the information depth of Li 1s, metal included;
``molar_fraction/PHASE`` its share of all phases;
``area/REGION/PHASE`` counts eV; ``area_fraction/REGION/PHASE`` share of the counted area of the
region; ``atomic_fraction/REGION/PHASE`` share of all counted areas over sensitivity of all
regions; the last two also for ``.../group:NAME`` of ``e1_truth.GROUPS``;
``component_area/REGION/COMPONENT`` counts eV, replicas included (``..._loss1``);
``loss_area/REGION`` counts eV, all replicas of the region;
``sulfide_160eV_fraction`` share of the S 2p area near 160 eV, lattice sulfide included.
"""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np

from fitting.arrays import FloatArray
from fitting.series import AxisKind, Series, Technique
from fitting.simulate.e1_surface import (
    ACQUISITION_S,
    ELECTRODE_AREA_CM2,
    PHOTON_ENERGY_EV,
    REGIONS,
    Region,
    Surface,
    axis,
    begin_s,
    expected_counts,
    plate,
    region_peaks,
    sensitivities,
)
from fitting.simulate.e1_truth import truth_of
from fitting.simulate.plating import PlatingModel
from fitting.simulate.simulation import Simulation
from fitting.simulate.spectra import poisson_counts

STEPS = 26
BEAM_CURRENTS_UA = (10.0, 30.0)
FIRST_START_S = 1_668_000_000.0  # POSIX; samples follow a day apart


def simulate(*, steps: int | None, counts: float, seed: int) -> Simulation:
    """Simulate E1. See `fitting.simulate.simulate` for the arguments."""
    model = PlatingModel()
    factors = sensitivities()
    series: list[Series] = []
    truth: dict[str, dict[str, FloatArray]] = {}
    for number, current in enumerate(BEAM_CURRENTS_UA):
        surface = plate(current, STEPS if steps is None else steps, model)
        peaks = {region.name: region_peaks(surface, region, counts) for region in REGIONS}
        for place, region in enumerate(REGIONS):
            expected = expected_counts(region, peaks[region.name], counts)
            measured = poisson_counts(expected, (seed, number, place))
            notes = {"key": "E1", "seed": seed, "counts": counts, **asdict(model)}
            series.append(_series(surface, region, measured, (number, place), notes))
        truth[surface.sample] = truth_of(surface, peaks, factors)
    return Simulation("E1", tuple(series), truth, factors)


def _series(
    surface: Surface,
    region: Region,
    measured: FloatArray,
    place: tuple[int, int],
    notes: Mapping[str, object],
) -> Series:
    """Regions are taken one after the other while the beam is off: equal charge, later time."""
    steps = np.arange(len(measured))
    begun = begin_s(surface) + place[1] * ACQUISITION_S
    density = np.full(len(steps), surface.current_density_mA_cm2)
    return Series(
        sample=surface.sample,
        region=region.name,
        technique=Technique.XPS,
        axis_kind=AxisKind.BINDING_ENERGY,
        x=axis(region),
        intensity=measured,
        steps=steps,
        columns={
            "charge_uAh_cm2": surface.charge_uAh_cm2,
            "time_s": begun + 0.5 * ACQUISITION_S,
            "current_density_mA_cm2": density,
        },
        counts_per_unit=np.ones(len(steps)),
        photon_energy_eV=PHOTON_ENERGY_EV,
        acquisition_start=FIRST_START_S + 86_400.0 * place[0] + begun,
        acquisition_s=np.full(len(steps), ACQUISITION_S),
        source="simulated E1",
        metadata={
            "simulation": dict(notes),
            "beam_current_uA": surface.beam_current_uA,
            "electrode_area_cm2": ELECTRODE_AREA_CM2,
        },
    )
