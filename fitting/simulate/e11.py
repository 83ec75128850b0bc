"""E11: sputter depth profile of an aged cathode composite, argyrodite with NCM.

The question of Fig. 15 of the review: which oxides of sulfur and phosphorus lie how deep, and
what of that did the ion beam make itself. Sulfate, phosphate and oxidised thiophosphate lie at
the surface, some LiCl below them; the beam reduces sulfate to sulfite and turns a little
electrolyte into Li2S and LiCl.

All is mixed within the information depth. Besides the paths of `scene_truth`:
``etch_induced/PHASE`` the share of a phase in sight that the beam made; no fit can tell it from
the rest.
"""

import numpy as np

from fitting.arrays import FloatArray
from fitting.simulate.lines import lines_of
from fitting.simulate.materials import litres
from fitting.simulate.plating import ARGYRODITE
from fitting.simulate.regions import (
    ALUMINIUM_EV,
    CHLORINE_2P,
    OXYGEN_1S,
    PHOSPHORUS_2P,
    SULFUR_2P,
    acquisitions_s,
    clock,
)
from fitting.simulate.scene import Glitch, Scene

STEPS = 31
LAST_S = 1500.0
NM_PER_S = 0.02
PHASES = (
    *("Li6PS5Cl", "Li2S", "P2Sx", "SO3", "SO4", "PO4", "LiCl", "NCM"),
    "adsorbate",
)
REGIONS = (SULFUR_2P, PHOSPHORUS_2P, CHLORINE_2P, OXYGEN_1S)
GROUPS = {"SOx": ("SO3", "SO4"), "chloride": ("LiCl", "Li6PS5Cl")}


def scenes(steps: int | None) -> tuple[Scene, ...]:
    """One sample."""
    etched_s = np.linspace(0.0, LAST_S, STEPS if steps is None else steps)
    depth = NM_PER_S * etched_s
    native, made = _native(depth), _made(etched_s)
    sulfate = native["SO4"]
    reduced = 0.35 * -np.expm1(-etched_s / 150.0) * sulfate
    shares = {**native, "SO4": sulfate - reduced, "SO3": reduced, "Li2S": made["Li2S"]}
    shares["LiCl"] = native["LiCl"] + made["LiCl"]
    shares["Li6PS5Cl"] = 1.0 - np.sum(list(shares.values()), axis=0)
    amounts = {phase: share / litres(phase) for phase, share in shares.items()}
    begin, middle = clock(REGIONS, etched_s)
    ones = np.ones(len(depth))
    scene = Scene(
        sample="aged cathode composite",
        photon_energy_eV=ALUMINIUM_EV,
        regions=REGIONS,
        lines=lines_of(PHASES),
        matrix=ARGYRODITE,
        below={region.name: amounts for region in REGIONS},
        shift_eV=0.3 * np.exp(-depth / 5.0),
        width_factor=1.0 + 0.05 * -np.expm1(-etched_s / 300.0),
        columns={"time_s": middle, "etch_time_s": etched_s, "depth_nm": depth},
        begin_s=begin,
        acquisition_s=acquisitions_s(REGIONS),
        upon={"adsorbate": 12.0 * np.exp(-depth / 1.0)},
        uncounted=("adsorbate",),
        groups=GROUPS,
        layers=(("SO4", "SO3", "PO4", "P2Sx"), ("LiCl", "Li2S"), ("NCM", "Li6PS5Cl")),
        glitches=(
            Glitch("spike", "P 2p", 0.3),
            Glitch("missing", "Cl 2p", 0.5),
            Glitch("dead", "O 1s", 0.83),
        ),
        truth={
            "etch_induced/SO3": ones,
            "etch_induced/Li2S": ones,
            "etch_induced/LiCl": made["LiCl"] / shares["LiCl"],
        },
        metadata={"etch_nm_per_s": NM_PER_S, "ion": "Ar+ 1 keV"},
    )
    return (scene,)


def _native(depth_nm: FloatArray) -> dict[str, FloatArray]:
    """Phase -> (K,) share of the volume that was there before the beam."""
    return {
        "SO4": 0.30 * np.exp(-depth_nm / 3.5),
        "PO4": 0.15 * np.exp(-depth_nm / 6.0) + 0.01,
        "P2Sx": 0.10 * np.exp(-depth_nm / 10.0),
        "LiCl": 0.03 + 0.10 * np.exp(-(((depth_nm - 6.0) / 5.0) ** 2)),
        "NCM": 0.25 * -np.expm1(-depth_nm / 8.0) + 0.03,
    }


def _made(etched_s: FloatArray) -> dict[str, FloatArray]:
    """Phase -> (K,) share of the volume that the beam made of the electrolyte."""
    risen = -np.expm1(-etched_s / 400.0)
    return {"Li2S": 0.05 * risen, "LiCl": 0.02 * risen}
