"""E2: lithium deposited in the spectrometer onto Li6PS5Cl, seen by XPS.

After Wenzel et al. 2018, doi:10.1016/j.ssi.2017.07.005: lithium is sputtered onto the electrolyte
and spectra are taken after each portion. It reacts to Li2S, Li3P and LiCl (early, at little
lithium, to LixP), some with residual oxygen to Li2O; what comes faster than it reacts stays as
metal, in islands that hide most of what is below them and add plasmon losses to the rest.

All below the metal is mixed within the information depth. Besides the paths of `scene_truth`:
``reacted_li_nm``, ``oxidised_li_nm``, ``metal_nm`` (mean over the area) where the lithium went:
they add up to ``deposited_li_nm``; ``converted`` the share of the electrolyte in sight that has
reacted; ``coverage``, ``thickness_nm`` of the islands.
"""

import numpy as np

from fitting.arrays import FloatArray
from fitting.simulate.film import Film
from fitting.simulate.lines import lines_of
from fitting.simulate.materials import litres, mixed
from fitting.simulate.plating import ARGYRODITE, LITHIUM
from fitting.simulate.regions import (
    ALUMINIUM_EV,
    CHLORINE_2P,
    LITHIUM_1S_METAL,
    OXYGEN_1S,
    PHOSPHORUS_2P_METAL,
    SULFUR_2P,
    acquisitions_s,
    clock,
)
from fitting.simulate.scene import Glitch, Scene

STEPS = 26
LAST_NM = 20.0
PHASES = ("Li0", "Li6PS5Cl", "Li2S", "LixP", "Li3P", "LiCl", "Li2O", "Li2CO3")
REGIONS = (SULFUR_2P, PHOSPHORUS_2P_METAL, CHLORINE_2P, OXYGEN_1S, LITHIUM_1S_METAL)
GROUPS = {
    "sei": ("Li2S", "LixP", "Li3P", "LiCl", "Li2O"),
    "reduced_phosphorus": ("LixP", "Li3P"),
    "chloride": ("LiCl", "Li6PS5Cl"),
}

_OXIDISED_SHARE = 0.10  # of the deposited lithium
_REACTING_NM = 25.0  # lithium that the interphase takes up in the end
_CONVERSION_NM = 4.0  # reacted lithium after which 63 % of what is in sight has reacted
_PARTIAL_NM = 3.0  # lithium after which 63 % of LixP has become Li3P
_RATE_NM_S = 0.01
_ISLAND_NM = 12.0


def scenes(steps: int | None) -> tuple[Scene, ...]:
    """One sample."""
    deposited = np.linspace(0.0, LAST_NM, STEPS if steps is None else steps)
    oxidised = _OXIDISED_SHARE * deposited
    offered = deposited - oxidised
    reacted = -_REACTING_NM * np.expm1(-offered / _REACTING_NM)
    metal = offered - reacted
    converted = -np.expm1(-reacted / _CONVERSION_NM)
    moles = _moles(converted, -np.expm1(-reacted / _PARTIAL_NM), oxidised)
    begin, middle = clock(REGIONS, deposited / _RATE_NM_S)
    ones = np.ones(len(deposited))
    scene = Scene(
        sample="LPSCl under deposited Li",
        photon_energy_eV=ALUMINIUM_EV,
        regions=REGIONS,
        lines=lines_of(PHASES),
        matrix=ARGYRODITE,
        below={region.name: mixed(moles) for region in REGIONS},
        shift_eV=0.35 * np.exp(-deposited / 4.0) - 0.05,
        width_factor=1.0 + 0.03 * converted,
        columns={"time_s": middle, "deposited_li_nm": deposited},
        begin_s=begin,
        acquisition_s=acquisitions_s(REGIONS),
        film=Film(
            LITHIUM,
            coverage=metal / _ISLAND_NM,
            thickness_nm=_ISLAND_NM * ones,
            contents={"Li0": ones / litres("Li0")},
            plasmons=True,
        ),
        uncounted=("Li0",),
        groups=GROUPS,
        layers=(("Li2O", "Li2CO3"), ("Li2S", "LixP", "Li3P", "LiCl"), ("Li6PS5Cl",)),
        glitches=(
            Glitch("dead", "Cl 2p", 0.44),
            Glitch("spike", "S 2p", 0.6),
            Glitch("missing", "O 1s", 0.76),
        ),
        truth={
            "reacted_li_nm": reacted,
            "oxidised_li_nm": oxidised,
            "metal_nm": metal,
            "converted": converted,
            "coverage": metal / _ISLAND_NM,
            "thickness_nm": _ISLAND_NM * ones,
        },
        metadata={"deposition_nm_per_s": _RATE_NM_S},
    )
    return (scene,)


def _moles(
    converted: FloatArray, full: FloatArray, oxidised_nm: FloatArray
) -> dict[str, FloatArray]:
    """Per mole of electrolyte that was there: Li6PS5Cl + 8 Li -> 5 Li2S + Li3P + LiCl."""
    return {
        "Li6PS5Cl": 1.0 - converted,
        "Li2S": 5.0 * converted,
        "LixP": converted * (1.0 - full),
        "Li3P": converted * full,
        "LiCl": converted,
        "Li2O": 1.2 * oxidised_nm / (_OXIDISED_SHARE * LAST_NM),
        "Li2CO3": 0.08 * np.exp(-oxidised_nm / 0.5),
    }
