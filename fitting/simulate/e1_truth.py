"""What happened to the surface of E1. The paths are listed in `fitting.simulate.e1`."""

import numpy as np

from fitting.arrays import FloatArray
from fitting.simulate.e1_surface import Surface
from fitting.simulate.plating import NMOL_PER_UAH, Interphase


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


def history(surface: Surface) -> dict[str, FloatArray]:
    """Slash path -> (K,) values of one sample that no spectrum shows."""
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
        **{f"inventory_nmol_cm2/{phase}": n for phase, n in inventory(state).items()},
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
