"""Thickness of an interphase from the charge that side reactions took.

Dense layer, all products stay, no gas. Of the total charge, part may have plated metal or gone
elsewhere: then the same number is an upper limit. Aktekin et al. 2023,
doi:10.1038/s41467-023-42512-y
"""

from dataclasses import dataclass

from fitting.formula import atoms, electrons, reduced_by_lithium
from reference_lines import Library

FARADAY_C_PER_MOL = 96485.33212
_C_PER_UAH = 3.6e-3
_NM_PER_CM = 1e7


@dataclass(frozen=True)
class LayerPerCharge:
    """What a charge builds.

    Parameters
    ----------
    end : what becomes of the phosphorus: Li3P (all the way) or P0 (as little as can be)
    electrons : per formula unit of electrolyte
    nm_per_uAh_cm2 : thickness of the dense products, nm per uAh/cm2
    """

    end: str
    electrons: float
    nm_per_uAh_cm2: float


def layers_per_charge(formula: str, library: Library) -> tuple[LayerPerCharge, ...]:
    """The two ends between which the reduction of an electrolyte by lithium lies.

    For Li6PS5Cl 9.1 nm per uAh/cm2 to Li3P (8 electrons) and 12.9 to P0 (5 electrons).

    Parameters
    ----------
    formula : of the electrolyte
    library : densities and molar masses

    Returns
    -------
    Empty for an electrolyte that `reduced_by_lithium` has no rule for, or without densities.

    Raises
    ------
    DataError
        Not a formula.
    """
    unit = atoms(formula)
    products = reduced_by_lithium(unit)
    if products is None:
        return ()
    partly = {**products, "P": products["Li3P"]}
    del partly["Li3P"]
    try:
        return (
            _layer("Li3P", unit, products, library),
            _layer("P0", unit, partly, library),
        )
    except KeyError:
        return ()


def _layer(
    end: str, unit: dict[str, float], products: dict[str, float], library: Library
) -> LayerPerCharge:
    taken = electrons(unit, products)
    volume = sum(moles * molar_volume_cm3(phase, library) for phase, moles in products.items())
    return LayerPerCharge(end, taken, volume / taken * _C_PER_UAH / FARADAY_C_PER_MOL * _NM_PER_CM)


def molar_volume_cm3(phase: str, library: Library) -> float:
    """Volume of a mole of formula units, cm3/mol. Raises KeyError where no density is known."""
    species = {"P": "P0"}.get(phase, phase)
    mass = library.constant("molar mass", species).value
    return mass / library.constant("density", species).value
