"""What a plan says of its electrons: how fast they leave, how far they get."""

from fitting.attenuation import Material, tpp2m_nm
from fitting.errors import PlanError
from fitting.plan import Plan, Region
from fitting.plan_quantification import MaterialTable

_SLOWEST_EV = 50.0


def kinetic_energy_eV(plan: Plan, region: Region) -> float:
    """Kinetic energy of the lines of a region: photon energy less the middle of its window.

    Raises
    ------
    PlanError
        No photon energy, or one too low for the window.
    """
    photon = plan.energy.photon_energy_eV
    if photon is None:
        raise PlanError(
            "energy.photon_energy_eV",
            'is missing; basis "atomic" needs it for the cross-sections',
        )
    energy = photon - 0.5 * sum(region.window)
    if energy < _SLOWEST_EV:
        raise PlanError(
            "energy.photon_energy_eV",
            f"{photon:g} leaves {energy:g} eV for electrons of {region.name}; at least "
            f"{_SLOWEST_EV:g} are needed",
        )
    return energy


def mean_free_path_nm(kinetic_energy_eV: float, material: MaterialTable) -> float:
    """Inelastic mean free path after TPP-2M in a material of a plan, nm."""
    solid = Material(
        material.formula,
        material.density_g_cm3,
        material.molar_mass_g_mol,
        material.valence_electrons,
        material.band_gap_eV,
    )
    return tpp2m_nm(kinetic_energy_eV, solid)
