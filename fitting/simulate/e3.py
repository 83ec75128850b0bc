"""E3: operando XPS of a Li3PS4-type glass, lithium driven in and out again.

After Wood et al. 2018, doi:10.1038/s41467-018-04762-z: electrons charge the free surface, which
draws lithium there; light drives it back. Oxygen at the surface is taken up first, as Li3PO4;
then the glass is reduced to Li2S and LixP, and Li2O forms. On the way back some of that is undone,
Li2O becomes Li2O2, and Li3PO4 stays. The surface charges, and all lines of a step with it.

``charge_uAh_cm2`` turns round, ``charge_throughput_uAh_cm2`` does not. All is mixed within the
information depth. Beside the paths of `scene_truth`: ``converted`` the share of the glass in
sight that has reacted.
"""

import numpy as np

from fitting.arrays import FloatArray
from fitting.simulate.lines import lines_of
from fitting.simulate.materials import THIOPHOSPHATE, mixed
from fitting.simulate.regions import (
    ALUMINIUM_EV,
    LITHIUM_1S,
    OXYGEN_1S,
    PHOSPHORUS_2P,
    SULFUR_2P,
    acquisitions_s,
    clock,
)
from fitting.simulate.scene import Glitch, Scene

STEPS = 41
LITHIATED_UAH_CM2 = 10.0
RETURNED_UAH_CM2 = 6.0
PHASES = ("Li3PS4", "Li3PO4", "Li2S", "LixP", "Li2O", "Li2O2", "adsorbate")
REGIONS = (SULFUR_2P, PHOSPHORUS_2P, OXYGEN_1S, LITHIUM_1S)
GROUPS = {"sei": ("Li3PO4", "Li2S", "LixP", "Li2O", "Li2O2"), "oxides": ("Li2O", "Li2O2")}

_CURRENT_UA_CM2 = 1.0


def scenes(steps: int | None) -> tuple[Scene, ...]:
    """One sample."""
    last = LITHIATED_UAH_CM2 + RETURNED_UAH_CM2
    throughput = np.linspace(0.0, last, STEPS if steps is None else steps)
    given = np.minimum(throughput, LITHIATED_UAH_CM2)
    returned = throughput - given
    moles = _moles(given / LITHIATED_UAH_CM2, returned / RETURNED_UAH_CM2)
    begin, middle = clock(REGIONS, 3600.0 * throughput / _CURRENT_UA_CM2)
    amounts = mixed(moles)
    scene = Scene(
        sample="Li3PS4 glass",
        photon_energy_eV=ALUMINIUM_EV,
        regions=REGIONS,
        lines=lines_of(PHASES),
        matrix=THIOPHOSPHATE,
        below={region.name: amounts for region in REGIONS},
        shift_eV=0.1 - 0.7 * -np.expm1(-given / 4.0) + 0.5 * returned / RETURNED_UAH_CM2,
        width_factor=1.0 + 0.03 * given / LITHIATED_UAH_CM2,
        columns={
            "time_s": middle,
            "charge_uAh_cm2": given - returned,
            "charge_throughput_uAh_cm2": throughput,
        },
        begin_s=begin,
        acquisition_s=acquisitions_s(REGIONS),
        upon={"adsorbate": 3.0 + 0.6 * np.exp(-throughput / 5.0)},
        uncounted=("adsorbate",),
        groups=GROUPS,
        layers=(("Li2O", "Li2O2", "Li3PO4"), ("Li2S", "LixP"), ("Li3PS4",)),
        glitches=(
            Glitch("spike", "O 1s", 0.2),
            Glitch("missing", "Li 1s", 0.35),
            Glitch("dead", "P 2p", 0.8),
        ),
        truth={"converted": 1.0 - moles["Li3PS4"]},
        metadata={"current_uA_cm2": _CURRENT_UA_CM2},
    )
    return (scene,)


def _moles(given: FloatArray, returned: FloatArray) -> dict[str, FloatArray]:
    """Per mole of glass that was there, at shares of the charge given and returned.

    Li3PS4 + 8 Li + 4 O -> Li3PO4 + 4 Li2S; Li3PS4 + (5 + x) Li -> 4 Li2S + LixP, partly undone;
    2 Li2O -> Li2O2 + 2 Li. A little phosphate was there before.
    """
    phosphate = 0.01 - 0.10 * np.expm1(-given / 0.1)
    reduced = -0.55 * np.expm1(-np.maximum(given - 0.12, 0.0) / 0.4) * (1.0 - 0.35 * returned)
    rise = np.clip((given - 0.35) / 0.65, 0.0, 1.0)
    oxide = 0.8 * rise**2 * (3.0 - 2.0 * rise)
    peroxide = 0.3 * returned * oxide
    return {
        "Li3PS4": 1.0 - phosphate - reduced,
        "Li3PO4": phosphate,
        "Li2S": 4.0 * (phosphate - 0.01 + reduced),
        "LixP": reduced,
        "Li2O": oxide - 2.0 * peroxide,
        "Li2O2": peroxide,
    }
