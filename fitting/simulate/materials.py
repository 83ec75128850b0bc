"""Solids of the simulated surfaces: what mean free paths and molar volumes need.

Densities, molar masses, band gaps are those of the reference library where it has them, copied;
the others are handbook values of general knowledge.
"""

from collections.abc import Mapping

from fitting.arrays import FloatArray
from fitting.attenuation import Material
from fitting.simulate.plating import (
    ARGYRODITE,
    LITHIUM,
    LITHIUM_CHLORIDE,
    LITHIUM_PHOSPHIDE,
    LITHIUM_SULFIDE,
)

THIOPHOSPHATE = Material("Li3PS4", 1.88, 180.03, 32, 3.6)
NICKEL = Material("Ni", 8.908, 58.69, 10, 0.0)

MATERIALS: Mapping[str, Material] = {
    "Li0": LITHIUM,
    "Li6PS5Cl": ARGYRODITE,
    "Li3PS4": THIOPHOSPHATE,
    "Li2S": LITHIUM_SULFIDE,
    "Li3P": LITHIUM_PHOSPHIDE,
    "LixP": Material("Li1.5P", 1.65, 41.38, 6.5, 1.0),
    "LiCl": LITHIUM_CHLORIDE,
    "Li2O": Material("Li2O", 2.01, 29.88, 8, 8.0),
    "Li2O2": Material("Li2O2", 2.31, 45.88, 14, 5.0),
    "Li2CO3": Material("Li2CO3", 2.11, 73.89, 24, 7.5),
    "Li3PO4": Material("Li3PO4", 2.48, 115.79, 32, 8.0),
    "PO4": Material("Li3PO4", 2.48, 115.79, 32, 8.0),
    "Li2SO3": Material("Li2SO3", 2.1, 93.94, 26, 6.0),
    "SO3": Material("Li2SO3", 2.1, 93.94, 26, 6.0),
    "Li2SO4": Material("Li2SO4", 2.22, 109.94, 32, 8.0),
    "SO4": Material("Li2SO4", 2.22, 109.94, 32, 8.0),
    "P2Sx": Material("P2S5", 2.09, 222.27, 40, 2.5),
    "NCM": Material("LiNi0.8Co0.1Mn0.1O2", 4.78, 97.28, 22, 2.0),
    "Ni": NICKEL,
    "NiO": Material("NiO", 6.67, 74.69, 16, 4.0),
}


def litres(phase: str) -> float:
    """Molar volume of a phase, L/mol."""
    return MATERIALS[phase].molar_volume_cm3 / 1000.0


def mixed(moles: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Phase -> (K,) mol/L of a dense mixture that holds phases in these proportions."""
    volume = sum(n * litres(phase) for phase, n in moles.items())
    return {phase: n / volume for phase, n in moles.items()}
