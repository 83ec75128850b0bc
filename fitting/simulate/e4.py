"""E4: operando HAXPES of Li6PS5Cl through a nickel electrode of 6 nm.

After Aktekin et al. 2024, doi:10.1021/acsenergylett.4c01072 (Fig. 21 of the review): photons of
6 keV look through the working electrode while its potential goes down and up again. From 1.75 V
on the electrolyte is reduced, most Li2S forms between 1.5 and 1.0 V, NiO of the nickel becomes
Li2O close to it; above 2 V, Li2S and Li2O go to sulfite, then to sulfate.

Lines of nickel and its oxide stay at the Fermi level, all others follow the potential. Li 1s is
a thousand times weaker than S 1s at this energy and stands on the flank of Ni 3p: it is measured
in many sweeps and still says little. Amounts and fractions are those under the nickel. Besides
the paths of `scene_truth`: ``nickel_nm``.
"""

import numpy as np
from scipy.special import expit

from fitting.arrays import FloatArray
from fitting.simulate.film import Film
from fitting.simulate.lines import lines_of
from fitting.simulate.materials import NICKEL, litres, mixed
from fitting.simulate.plating import ARGYRODITE
from fitting.simulate.regions import acquisitions_s, clock
from fitting.simulate.scene import Glitch, Region, Scene

STEPS = 37
PHOTON_ENERGY_EV = 6000.0
NICKEL_NM = 6.0
START_V, LOWEST_V, LAST_V = 2.5, 0.5, 4.0
REGIONS = (
    Region("S 1s", (2462.0, 2484.0), 3530.0, 0.0, 0.0, 0.30, 1),
    Region("O 1s", (523.0, 538.0), 5468.0, 0.0, 0.0, 0.05, 10),
    Region("Li 1s", (50.0, 62.0), 5944.0, 0.0, 0.0, 0.02, 60),
)
PHASES = ("Ni", "NiO", "Li6PS5Cl", "Li2S", "LiCl", "Li3P", "Li2O", "Li2SO3", "Li2SO4")
GROUPS = {"sulfur_oxides": ("Li2SO3", "Li2SO4")}

_SHIFT_PER_V = -0.3  # lower potential: measured at higher binding energy
_RATE_V_S = 1e-4
_NIO_SHARE = 0.25  # of the volume of the film


def scenes(steps: int | None) -> tuple[Scene, ...]:
    """One sample."""
    passed = np.linspace(0.0, 2.0 * START_V - 2.0 * LOWEST_V + LAST_V - START_V, steps or STEPS)
    potential = LOWEST_V + np.abs(passed - (START_V - LOWEST_V))
    lowest = np.minimum.accumulate(potential)
    back = np.where(passed > START_V - LOWEST_V, potential, LOWEST_V)
    oxide = _lithium_oxide(lowest)
    amounts = mixed(_moles(lowest, back))
    nio = _NIO_SHARE * (1.0 - 0.7 * oxide)
    begin, middle = clock(REGIONS, passed / _RATE_V_S)
    ones = np.ones(len(passed))
    scene = Scene(
        sample="LPSCl under Ni",
        photon_energy_eV=PHOTON_ENERGY_EV,
        regions=REGIONS,
        lines=lines_of(PHASES),
        matrix=ARGYRODITE,
        below={region.name: amounts for region in REGIONS},
        shift_eV=0.1 + _SHIFT_PER_V * (potential - START_V),
        width_factor=1.0 + 0.02 * np.abs(potential - START_V),
        columns={"time_s": middle, "potential_V": potential},
        begin_s=begin,
        acquisition_s=acquisitions_s(REGIONS),
        film=Film(
            NICKEL,
            coverage=ones,
            thickness_nm=NICKEL_NM * ones,
            contents={"Ni": (1.0 - nio) / litres("Ni"), "NiO": nio / litres("NiO")},
            plasmons=False,
            known=True,
        ),
        grounded=("Ni", "NiO"),
        uncounted=("Ni", "NiO", "LiCl", "Li3P"),
        groups=GROUPS,
        layers=(("Li2O",), ("Li2S", "LiCl", "Li3P", "Li2SO3", "Li2SO4"), ("Li6PS5Cl",)),
        flux=1.0 - 0.04 * (np.arange(len(passed)) % 6).astype(np.float64) / 6.0,
        glitches=(
            Glitch("spike", "S 1s", 0.3),
            Glitch("missing", "Li 1s", 0.5),
            Glitch("dead", "O 1s", 0.7),
        ),
        truth={"nickel_nm": NICKEL_NM * ones},
        metadata={"scan_V_per_s": _RATE_V_S, "nickel_nm": NICKEL_NM},
    )
    return (scene,)


def _lithium_oxide(lowest_V: FloatArray) -> FloatArray:
    """(K,) share of the NiO that lithium can reach and has."""
    share: FloatArray = expit((1.6 - lowest_V) / 0.1)
    return share


def _moles(lowest_V: FloatArray, back_V: FloatArray) -> dict[str, FloatArray]:
    """Per mole of electrolyte that was there.

    Li6PS5Cl + 8 Li -> 5 Li2S + Li3P + LiCl; NiO + 2 Li -> Li2O + Ni; then
    Li2S + 3 O -> Li2SO3, + 4 O -> Li2SO4 with the oxygen of Li2O.
    """
    reduced = 0.05 * expit((1.7 - lowest_V) / 0.04) + 0.5 * expit((1.25 - lowest_V) / 0.1)
    oxidised = 0.6 * reduced * expit((back_V - 2.6) / 0.15)
    sulfate = expit((back_V - 3.3) / 0.2)
    oxygen = oxidised * (3.0 + sulfate)
    return {
        "Li6PS5Cl": 1.0 - reduced,
        "Li2S": 5.0 * reduced - oxidised,
        "Li3P": reduced,
        "LiCl": reduced,
        "Li2O": 1.6 * _lithium_oxide(lowest_V) - oxygen,
        "Li2SO3": oxidised * (1.0 - sulfate),
        "Li2SO4": oxidised * sulfate,
    }
