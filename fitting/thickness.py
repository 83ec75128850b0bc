"""Thickness of a closed layer from one line of it and one of what lies under it."""

import numpy as np

from fitting.arrays import FloatArray
from fitting.attenuation import Material, tpp2m_nm


def bulk_ratio(
    layer: Material,
    substrate: Material,
    atoms: tuple[float, float],
    kinetic_energies_eV: tuple[float, float],
) -> float:
    """Intensity ratio R0 of a line of the pure layer to one of the pure substrate.

    Atoms per volume times mean free path of each; for lines of one core level, for then
    cross-section, transmission and asymmetry cancel.

    Parameters
    ----------
    atoms : that are seen, per formula unit of layer and substrate
    kinetic_energies_eV : of the line of the layer and of that of the substrate
    """
    of_layer, of_substrate = (
        count / solid.molar_volume_cm3 * tpp2m_nm(energy, solid)
        for solid, count, energy in zip((layer, substrate), atoms, kinetic_energies_eV, strict=True)
    )
    return of_layer / of_substrate


def layer_thickness_nm(
    ratio: FloatArray,
    ratio_stderr: FloatArray,
    bulk: float,
    attenuation_length_nm: float,
    emission_angle_deg: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Thickness and its standard error, ``d = L cos(theta) ln(1 + R / R0)``.

    Parameters
    ----------
    ratio, ratio_stderr : (K,) area of the layer's line over that of the substrate's
    bulk : R0, see ``bulk_ratio``
    attenuation_length_nm : L, effective attenuation length in the layer, the same for both lines
    emission_angle_deg : (K,) theta from the surface normal; beyond some 55 to 60 degrees elastic
        scattering makes layers seem too thin

    Returns
    -------
    (K,), (K,) nm. The error is that of the ratio alone: L and R0, some 10 % each, move all alike.

    Notes
    -----
    Strohmeier 1990, doi:10.1002/sia.740150109, for oxides on aluminium.
    """
    escape = attenuation_length_nm * np.cos(np.deg2rad(np.asarray(emission_angle_deg, float)))
    thickness = escape * np.log1p(np.asarray(ratio, float) / bulk)
    error = escape * np.asarray(ratio_stderr, float) / (bulk + np.asarray(ratio, float))
    return thickness, error
