"""Where the charge of a virtual electrode goes, and what it builds.

The beam charge that is not lost reduces lithium ions at the surface. They react with the
electrolyte as fast as they reach it through what has reacted already (linear-parabolic growth,
Deal and Grove 1965, doi:10.1063/1.1713945, here with charge for thickness); the rest is plated
as metal. Li6PS5Cl + (5 + x) Li -> 5 Li2S + LixP + LiCl, and on to Li3P with 8 Li.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import exprel

from fitting.arrays import FloatArray
from fitting.attenuation import Material

NMOL_PER_UAH = 3.6e-3 / 96485.33212 * 1e9
LIXP_LITHIUM = 1.5  # x of LixP
_NM_PER_CM3_NMOL = 1e-2  # nm layer per (cm3/mol x nmol/cm2)

LITHIUM = Material("Li", 0.534, 6.94, 1, 0.0)
LITHIUM_SULFIDE = Material("Li2S", 1.66, 45.94, 8, 3.9)
LITHIUM_PHOSPHIDE = Material("Li3P", 1.43, 51.79, 8, 0.7)
LITHIUM_CHLORIDE = Material("LiCl", 2.07, 42.39, 8, 9.4)
ARGYRODITE = Material("Li6PS5Cl", 1.865, 268.37, 48, 3.3)
_PHOSPHORUS_MOLAR_VOLUME = 14.0  # cm3/mol, red: 12.9 nm per uAh/cm2 when P0 is the end


@dataclass(frozen=True)
class PlatingModel:
    """Numbers chosen so that the curves look like those of Narayanan 2022; none was measured.

    Parameters
    ----------
    loss_share : of the passed charge: back-scattered and secondary electrons
    growth_uAh2_cm4_h : parabolic rate constant of the charge bound in the interphase
    spread_uAh_cm2 : interphase charge after which the surface is 63 % of the way to its final
        composition; before, the reaction is spread over the depth that the beam reaches
    surface_fraction_slow : volume share of products at the surface in the end, at low current
    half_current_mA_cm2 : current density that halves it
    phosphide_current_mA_cm2 : current density at which Li3P and LixP form 1 : 1
    phosphide_steepness : exponent of that switch
    contact_uAh_cm2 : plated charge after which 63 % of the LixP has become Li3P
    nucleus_nm : thickness of the first metal islands
    """

    loss_share: float = 0.15
    growth_uAh2_cm4_h: float = 6000.0
    spread_uAh_cm2: float = 5.0
    surface_fraction_slow: float = 0.85
    half_current_mA_cm2: float = 0.3
    phosphide_current_mA_cm2: float = 0.09
    phosphide_steepness: float = 3.0
    contact_uAh_cm2: float = 5.0
    nucleus_nm: float = 6.0


@dataclass(frozen=True, eq=False)
class Interphase:
    """State of the surface at K charges. Under a metal layer, products thin out exponentially.

    Parameters
    ----------
    charge_sei, charge_plated, charge_loss : (K,) uAh/cm2; their sum has passed
    phosphide_share : (K,) share of the reduced P that is Li3P, the rest LixP
    reacted_nmol_cm2 : (K,) electrolyte consumed, formula units per area
    product_volume_cm3 : (K,) of what one formula unit became, cm3/mol
    surface_fraction : (K,) volume share of products right under the metal
    decay_nm : (K,) depth over which that share falls to 1/e
    coverage, thickness_nm : (K,) share of the area under metal, thickness of the metal there
    """

    charge_sei: FloatArray
    charge_plated: FloatArray
    charge_loss: FloatArray
    phosphide_share: FloatArray
    reacted_nmol_cm2: FloatArray
    product_volume_cm3: FloatArray
    surface_fraction: FloatArray
    decay_nm: FloatArray
    coverage: FloatArray
    thickness_nm: FloatArray

    def product_fraction(self, escape_nm: float) -> FloatArray:
        """(K,) volume share of products, weighted with ``exp(-depth / escape_nm)``."""
        return self.surface_fraction * self.decay_nm / (self.decay_nm + escape_nm)


def grow(
    charge_uAh_cm2: FloatArray, current_density_mA_cm2: float, model: PlatingModel
) -> Interphase:
    """State of the interphase after each charge passed at constant current density.

    Parameters
    ----------
    charge_uAh_cm2 : (K,) passed charge, >= 0
    current_density_mA_cm2 : beam current over area, > 0
    model : the constants
    """
    sei = interphase_charge(charge_uAh_cm2, current_density_mA_cm2, model)
    loss = model.loss_share * charge_uAh_cm2
    plated = charge_uAh_cm2 - loss - sei
    at_once = _switch(current_density_mA_cm2, model)
    phosphide = 1.0 - (1.0 - at_once) * np.exp(-plated / model.contact_uAh_cm2)
    electrons = 8.0 * phosphide + (5.0 + LIXP_LITHIUM) * (1.0 - phosphide)
    reacted = sei * NMOL_PER_UAH / electrons
    volume = product_volume_cm3(phosphide)
    final = model.surface_fraction_slow / (1.0 + current_density_mA_cm2 / model.half_current_mA_cm2)
    progress = sei / model.spread_uAh_cm2
    nm_per_uAh = volume * NMOL_PER_UAH / electrons * _NM_PER_CM3_NMOL
    metal = plated * NMOL_PER_UAH * LITHIUM.molar_volume_cm3 * _NM_PER_CM3_NMOL
    return Interphase(
        charge_sei=sei,
        charge_plated=plated,
        charge_loss=loss,
        phosphide_share=phosphide,
        reacted_nmol_cm2=reacted,
        product_volume_cm3=volume,
        surface_fraction=-final * np.expm1(-progress),
        decay_nm=nm_per_uAh * model.spread_uAh_cm2 / final / exprel(-progress),
        coverage=metal / (metal + model.nucleus_nm),
        thickness_nm=metal + model.nucleus_nm,
    )


def interphase_charge(
    charge_uAh_cm2: FloatArray, current_density_mA_cm2: float, model: PlatingModel
) -> FloatArray:
    """(K,) charge bound in the interphase: ``q^2 / (2 k) + q / i = t``.

    All of the available current ``i`` at first, ``sqrt(2 k t)`` in the end.
    """
    available = 1000.0 * current_density_mA_cm2 * (1.0 - model.loss_share)
    hours = charge_uAh_cm2 / (1000.0 * current_density_mA_cm2)
    rate = model.growth_uAh2_cm4_h
    # The root in the form that does not cancel at small times.
    return 2.0 * hours / (1.0 / available + np.sqrt(available**-2 + 2.0 * hours / rate))


def product_volume_cm3(phosphide_share: FloatArray) -> FloatArray:
    """(K,) volume of 5 Li2S + LiCl + Li3P or LixP, cm3 per mole of electrolyte.

    LixP lies between P and Li3P in proportion to its lithium.
    """
    full = LITHIUM_PHOSPHIDE.molar_volume_cm3
    partial = _PHOSPHORUS_MOLAR_VOLUME + LIXP_LITHIUM / 3.0 * (full - _PHOSPHORUS_MOLAR_VOLUME)
    salts = 5.0 * LITHIUM_SULFIDE.molar_volume_cm3 + LITHIUM_CHLORIDE.molar_volume_cm3
    return salts + phosphide_share * full + (1.0 - phosphide_share) * partial


def _switch(current_density_mA_cm2: float, model: PlatingModel) -> float:
    """Share of Li3P in what forms first: little at low current density, most at high."""
    ratio = current_density_mA_cm2 / model.phosphide_current_mA_cm2
    return float(ratio**model.phosphide_steepness / (1.0 + ratio**model.phosphide_steepness))
