"""What is true of E1. The paths are listed in `fitting.simulate.e1`."""

from collections.abc import Mapping

import numpy as np

from fitting.arrays import FloatArray
from fitting.sensitivity import Sensitivity
from fitting.simulate.e1_surface import (
    ACQUISITION_S,
    REGIONS,
    Surface,
    begin_s,
    seen_amounts,
)
from fitting.simulate.plating import NMOL_PER_UAH, Interphase
from fitting.simulate.spectra import Peak

GROUPS: Mapping[str, tuple[str, ...]] = {
    "sei": ("Li2S", "LixP", "Li3P", "LiCl"),
    "reduced_phosphorus": ("LixP", "Li3P"),
    "chloride": ("LiCl", "Li6PS5Cl"),
}


def truth_of(
    surface: Surface,
    peaks: Mapping[str, tuple[Peak, ...]],
    factors: Mapping[str, Sensitivity],
) -> dict[str, FloatArray]:
    """Slash path -> (K,) values of one sample, from its components by region."""
    amounts = seen_amounts(surface, REGIONS[0])
    everything = sum(amounts.values(), np.zeros(len(surface.charge_uAh_cm2)))
    return {
        **_history(surface),
        **{f"inventory_nmol_cm2/{phase}": n for phase, n in inventory(surface.state).items()},
        **{f"amount/{phase}": n for phase, n in amounts.items()},
        **{f"molar_fraction/{phase}": n / everything for phase, n in amounts.items()},
        **_areas(peaks),
        **_fractions(peaks, factors),
    }


def inventory(state: Interphase) -> dict[str, FloatArray]:
    """Phase -> (K,) nmol/cm2 formed in all depths; the electrolyte is negative, consumed."""
    reacted = state.reacted_nmol_cm2
    return {
        "Li0": state.charge_plated * NMOL_PER_UAH,
        "Li6PS5Cl": -reacted,
        "Li2S": 5.0 * reacted,
        "LixP": reacted * (1.0 - state.phosphide_share),
        "Li3P": reacted * state.phosphide_share,
        "LiCl": reacted,
    }


def _history(surface: Surface) -> dict[str, FloatArray]:
    state, passed = surface.state, surface.charge_uAh_cm2
    parts = {
        "sei": state.charge_sei,
        "plated": state.charge_plated,
        "loss": state.charge_loss,
    }
    lost = surface.model.loss_share
    at_zero = {"sei": 1.0 - lost, "plated": 0.0, "loss": lost}
    any_passed = np.where(passed > 0.0, passed, 1.0)
    return {
        "charge_uAh_cm2": passed,
        "time_s": begin_s(surface) + 0.5 * len(REGIONS) * ACQUISITION_S,
        "current_density_mA_cm2": np.full(len(passed), surface.current_density_mA_cm2),
        "shift_eV": surface.shift_eV,
        "width_factor": surface.width_factor,
        "coverage": state.coverage,
        "thickness_nm": state.thickness_nm,
        "sei_thickness_nm": state.surface_fraction * state.decay_nm,
        "sei_surface_fraction": state.surface_fraction,
        "sei_decay_nm": state.decay_nm,
        **{f"charge_{name}_uAh_cm2": part for name, part in parts.items()},
        **{
            f"charge_share/{name}": np.where(passed > 0.0, part / any_passed, at_zero[name])
            for name, part in parts.items()
        },
    }


def _areas(peaks: Mapping[str, tuple[Peak, ...]]) -> dict[str, FloatArray]:
    truth: dict[str, FloatArray] = {}
    for region, components in peaks.items():
        for peak in components:
            truth[f"component_area/{region}/{peak.component}"] = peak.area
            path = f"loss_area/{region}" if peak.order else f"area/{region}/{peak.phase}"
            truth[path] = truth.get(path, 0.0) + peak.area
    near_160 = truth["component_area/S 2p/free_s2p"] + truth["component_area/S 2p/li2s_s2p"]
    truth["sulfide_160eV_fraction"] = near_160 / (near_160 + truth["component_area/S 2p/ps4_s2p"])
    return truth


def _fractions(
    peaks: Mapping[str, tuple[Peak, ...]], factors: Mapping[str, Sensitivity]
) -> dict[str, FloatArray]:
    counted = {region: _by_phase(components) for region, components in peaks.items()}
    zero = np.zeros(len(next(iter(peaks.values()))[0].area))
    atoms = sum(
        (sum(areas.values(), zero) / factors[region].value for region, areas in counted.items()),
        zero,
    )
    truth: dict[str, FloatArray] = {}
    for region, areas in counted.items():
        whole = sum(areas.values(), zero)
        for name, area in _with_groups(areas).items():
            truth[f"area_fraction/{region}/{name}"] = area / whole
            truth[f"atomic_fraction/{region}/{name}"] = area / factors[region].value / atoms
    return truth


def _by_phase(components: tuple[Peak, ...]) -> dict[str, FloatArray]:
    """Phase -> (K,) area of its lines; replicas are not counted."""
    areas: dict[str, FloatArray] = {}
    for peak in components:
        if peak.order == 0:
            areas[peak.phase] = areas.get(peak.phase, 0.0) + peak.area
    return areas


def _with_groups(areas: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Phases, and the groups of which at least one has a line here."""
    named = dict(areas)
    for group, members in GROUPS.items():
        present = [areas[phase] for phase in members if phase in areas]
        if present:
            named[f"group:{group}"] = np.sum(present, axis=0)
    return named
