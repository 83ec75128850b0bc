"""How far photoelectrons get: TPP-2M mean free paths, overlayers, depth weights."""

from dataclasses import dataclass

import numpy as np

from fitting.arrays import FloatArray

_RELATIVISTIC_ABOVE_EV = 2000.0
_ELECTRON_REST_ENERGY_EV = 510_999.0


@dataclass(frozen=True)
class Material:
    """What TPP-2M needs to know of a solid.

    Parameters
    ----------
    formula : chemical formula
    density_g_cm3 : mass density, g/cm3
    molar_mass_g_mol : of the formula unit, g/mol
    valence_electrons : per formula unit (8 for Li2S)
    band_gap_eV : 0 for a metal; enters weakly
    """

    formula: str
    density_g_cm3: float
    molar_mass_g_mol: float
    valence_electrons: float
    band_gap_eV: float

    @property
    def molar_volume_cm3(self) -> float:
        """Volume of a mole of formula units, cm3/mol."""
        return self.molar_mass_g_mol / self.density_g_cm3


def tpp2m_nm(kinetic_energy_eV: float, material: Material) -> float:
    """Inelastic mean free path of an electron after the TPP-2M formula.

    Parameters
    ----------
    kinetic_energy_eV : inside the solid, 50 eV to some 30 keV
    material : the solid

    Returns
    -------
    float, nm. Good to about 10 %; Li metal and light binaries are worse.

    Notes
    -----
    Tanuma, Powell, Penn 1994, doi:10.1002/sia.740210302. Above 2 keV the relativistic energy
    of Shinotsuka et al. 2015, doi:10.1002/sia.5789, takes the place of E in the Bethe terms,
    which steps down by 0.6 % at 2 keV.
    """
    energy = kinetic_energy_eV
    electrons = material.valence_electrons / material.molar_volume_cm3
    plasmon = 28.8 * np.sqrt(electrons)
    beta = (
        -0.10
        + 0.944 / np.hypot(plasmon, material.band_gap_eV)
        + 0.069 * material.density_g_cm3**0.1
    )
    gamma = 0.191 / np.sqrt(material.density_g_cm3)
    c = 1.97 - 0.91 * electrons
    d = 53.4 - 20.8 * electrons
    bethe = energy
    if energy > _RELATIVISTIC_ABOVE_EV:
        rest = _ELECTRON_REST_ENERGY_EV
        bethe *= (1.0 + energy / (2.0 * rest)) / (1.0 + energy / rest) ** 2
    bracket = beta * np.log(gamma * bethe) - c / energy + d / energy**2
    return float(0.1 * bethe / (plasmon**2 * bracket))


def overlayer_factor(
    covered_fraction: FloatArray | float,
    thickness_nm: FloatArray | float,
    attenuation_length_nm: float,
    emission_angle_deg: float = 0.0,
) -> FloatArray:
    """Share of a line that gets through a layer covering part of the surface.

    ``(1 - c) + c exp(-d / (lambda cos theta))``

    Parameters
    ----------
    covered_fraction : c, 0 to 1
    thickness_nm : d of the covered part, >= 0
    attenuation_length_nm : lambda, effective attenuation length in the layer at the kinetic
        energy of the line
    emission_angle_deg : theta from the surface normal, 0 to < 90

    Notes
    -----
    Jablonski, Powell 2002, doi:10.1016/S0167-5729(02)00031-6, on what lambda is.
    """
    escape = attenuation_length_nm * np.cos(np.deg2rad(emission_angle_deg))
    covered = np.asarray(covered_fraction, float)
    through: FloatArray = np.exp(-np.asarray(thickness_nm, float) / escape)
    return (1.0 - covered) + covered * through


def layer_weight(
    top_nm: FloatArray | float, bottom_nm: FloatArray | float, escape_nm: float
) -> FloatArray:
    """Share of the information depth that lies between two depths.

    ``exp(-top / L) - exp(-bottom / L)``: 1 for everything from the surface down.

    Parameters
    ----------
    top_nm, bottom_nm : depths below the surface, >= 0; the bottom may be inf
    escape_nm : L = lambda cos theta
    """
    top: FloatArray = np.exp(-np.asarray(top_nm, float) / escape_nm)
    return top - np.exp(-np.asarray(bottom_nm, float) / escape_nm)
