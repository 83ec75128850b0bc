"""Thickness of an interphase from the charge that side reactions took.

Dense layer, all products stay, no gas. Of the total charge, part may have plated metal or gone
elsewhere: then the same number is an upper limit. Aktekin et al. 2023,
doi:10.1038/s41467-023-42512-y
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fitting.errors import DataError
from fitting.formula import atoms, electrons, reduced_by_lithium
from fitting.growth import Measured
from fitting.materials import find_material
from fitting.titration import SideCharge
from fitting.trends import Curve, Trend, along_time, at_the_end

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


def layers_per_charge(formula: str) -> tuple[LayerPerCharge, ...]:
    """The two ends between which the reduction of an electrolyte by lithium lies.

    For Li6PS5Cl 9.1 nm per uAh/cm2 to Li3P (8 electrons) and 12.9 to P0 (5 electrons).

    Parameters
    ----------
    formula : of the electrolyte

    Returns
    -------
    Empty for a text that is no formula, an electrolyte that `reduced_by_lithium` has no rule for,
    or where the library lacks the density of a product.
    """
    try:
        unit = atoms(formula)
    except DataError:
        return ()
    products = reduced_by_lithium(unit)
    if products is None:
        return ()
    partly = {name: moles for name, moles in products.items() if name != "Li3P"}
    partly["P0"] = products["Li3P"]
    try:
        return _layer("Li3P", unit, products), _layer("P0", unit, partly)
    except ValueError:
        return ()


def _layer(end: str, unit: Mapping[str, float], products: Mapping[str, float]) -> LayerPerCharge:
    bound = {name.removesuffix("0"): moles for name, moles in products.items()}
    taken = electrons(unit, bound)
    volume = sum(
        moles * find_material(name).material.molar_volume_cm3 for name, moles in products.items()
    )
    return LayerPerCharge(end, taken, volume / taken * _C_PER_UAH / FARADAY_C_PER_MOL * _NM_PER_CM)


def side_charge_trends(side: SideCharge, nm_per_uAh_cm2: Mapping[str, float]) -> list[Trend]:
    """Growth of side-reaction charge with time, and the thickness of what it built.

    Errors are those of the scatter of the points; those of densities are not in them.

    Parameters
    ----------
    nm_per_uAh_cm2 : what the phosphorus becomes -> thickness of the products per charge
    """
    curve = Curve(
        x=side.time_s,
        value=side.charge_side_uAh_cm2,
        stderr=None,
        time_s=side.time_s,
        unit="uAh/cm2",
        axis_unit="s",
        begin_s=side.begin_s,
    )
    growth = list(along_time(curve))
    last = at_the_end(curve, "side_charge")
    found = [*growth, last]
    for end, factor in nm_per_uAh_cm2.items():
        said = f"dense, no gas, {factor:.3g} nm per uAh/cm2"
        found.append(last.times(factor, f"sei_thickness_to_{end}", "nm", said))
        found.append(growth[0].times(factor, f"sei_growth_to_{end}", "nm per h^0.5", said))
    return found


def thickness_from_step(charge_uAh_cm2: float, formula: str, *, side: bool) -> list[Trend]:
    """Thickness that the charge of the last step of a series stands for.

    Parameters
    ----------
    side : the charge is that of side reactions alone; else the thickness is an upper limit
    """
    found = []
    for layer in layers_per_charge(formula):
        value = layer.nm_per_uAh_cm2 * charge_uAh_cm2
        said = f"dense, no gas, {layer.nm_per_uAh_cm2:.3g} nm per uAh/cm2"
        if side:
            name, measured = f"sei_thickness_to_{layer.end}", Measured(value, *[np.nan] * 3)
        else:
            name = f"sei_thickness_to_{layer.end}_at_most"
            measured = Measured(np.nan, np.nan, np.nan, value)
            said = f"upper limit: total charge, part of it may have plated metal; {said}"
        found.append(Trend(name, measured, "nm", f"at the last step; {said}"))
    return found
