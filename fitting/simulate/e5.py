"""E5: in-situ XPS of Li3PS4 while lithium is plated onto it and stripped again, three times.

After Zhang et al. 2024, doi:10.1002/anie.202409435 (Fig. 22 of the review). Plating reduces the
electrolyte to Li2S and Li3P; part of that comes back on stripping, part stays and adds up over
the cycles, some of its phosphorus as LixP. Towards the end of stripping a little P2Sx appears.
Islands of plated metal damp what is below and add their losses.

Besides the paths of `scene_truth`: ``coverage``, ``thickness_nm`` of the metal, ``irreversible``
share of the electrolyte in sight that does not come back.
"""

import numpy as np

from fitting.arrays import FloatArray
from fitting.simulate.film import Film
from fitting.simulate.lines import lines_of
from fitting.simulate.materials import THIOPHOSPHATE, litres, mixed
from fitting.simulate.plating import LITHIUM
from fitting.simulate.regions import (
    ALUMINIUM_EV,
    PHOSPHORUS_2P_METAL,
    SULFUR_2P,
    acquisitions_s,
    clock,
)
from fitting.simulate.scene import Glitch, Scene

STEPS = 37
CYCLES = 3
PORTION_UAH_CM2 = 12.0
PHASES = ("Li3PS4", "Li2S", "LixP", "Li3P", "P2Sx")
REGIONS = (SULFUR_2P, PHOSPHORUS_2P_METAL)
GROUPS = {"sei": ("Li2S", "LixP", "Li3P"), "reduced_phosphorus": ("LixP", "Li3P")}

_CURRENT_UA_CM2 = 50.0
_ISLAND_NM = 4.0
_COVERAGE = 0.35


def scenes(steps: int | None) -> tuple[Scene, ...]:
    """One sample."""
    place = np.linspace(0.0, CYCLES, STEPS if steps is None else steps)  # counts cycles
    plated = 1.0 - np.abs(2.0 * (place % 1.0) - 1.0)  # share of the portion on the surface
    throughput = 2.0 * PORTION_UAH_CM2 * place
    lasting = -0.35 * np.expm1(-place / 1.2)
    moles = _moles(plated, lasting, place)
    amounts = mixed(moles)
    begin, middle = clock(REGIONS, 3600.0 * throughput / _CURRENT_UA_CM2)
    ones = np.ones(len(place))
    coverage = _COVERAGE * plated
    scene = Scene(
        sample="Li3PS4 cycled",
        photon_energy_eV=ALUMINIUM_EV,
        regions=REGIONS,
        lines=lines_of(PHASES),
        matrix=THIOPHOSPHATE,
        below={region.name: amounts for region in REGIONS},
        shift_eV=0.15 - 0.35 * plated + 0.05 * place,
        width_factor=1.0 + 0.02 * place,
        columns={
            "time_s": middle,
            "cycle": np.minimum(np.floor(place), CYCLES - 1) + 1.0,
            "charge_uAh_cm2": PORTION_UAH_CM2 * plated,
            "charge_throughput_uAh_cm2": throughput,
        },
        begin_s=begin,
        acquisition_s=acquisitions_s(REGIONS),
        film=Film(
            LITHIUM,
            coverage=coverage,
            thickness_nm=_ISLAND_NM * ones,
            contents={"Li0": ones / litres("Li0")},
            plasmons=True,
        ),
        uncounted=("Li0",),
        groups=GROUPS,
        layers=(("Li2S", "LixP", "Li3P", "P2Sx"), ("Li3PS4",)),
        flux=1.0 - 0.05 * place / CYCLES,
        glitches=(
            Glitch("spike", "S 2p", 0.25),
            Glitch("missing", "P 2p", 0.5),
            Glitch("dead", "P 2p", 0.7),
        ),
        truth={"coverage": coverage, "thickness_nm": _ISLAND_NM * ones, "irreversible": lasting},
        metadata={"current_uA_cm2": _CURRENT_UA_CM2},
    )
    return (scene,)


def _moles(plated: FloatArray, lasting: FloatArray, place: FloatArray) -> dict[str, FloatArray]:
    """Per mole of electrolyte that was there.

    Li3PS4 + 8 Li -> 4 Li2S + Li3P (LixP with 5 + x); 2 Li3PS4 -> P2S5 + 3 Li2S.
    """
    coming_back = 0.20 * plated
    reduced = lasting + coming_back
    oxidised = 0.02 * (1.0 - plated) * -np.expm1(-place / 0.5)
    return {
        "Li3PS4": 1.0 - reduced - 2.0 * oxidised,
        "Li2S": 4.0 * reduced + 3.0 * oxidised,
        "LixP": 0.4 * lasting,
        "Li3P": 0.6 * lasting + coming_back,
        "P2Sx": oxidised,
    }
