"""Solids of the reference library as TPP-2M needs to know them."""

from dataclasses import dataclass

import reference_lines
from fitting.attenuation import Material
from reference_lines import Constant, Library

_NEEDED = ("density", "molar mass", "valence electrons", "band gap")


@dataclass(frozen=True)
class NamedMaterial:
    """A solid, and how well its numbers are known.

    Parameters
    ----------
    source : in words, number by number
    """

    material: Material
    source: str


def material_names(library: Library | None = None) -> tuple[str, ...]:
    """Species of the library that a mean free path can be computed for."""
    return tuple(_tables(library or reference_lines.library()))


def find_material(name: str, library: Library | None = None) -> NamedMaterial:
    """A solid of the library by key, alias or formula of its species.

    Parameters
    ----------
    name : such as ``"Li6PS5Cl"``, ``"NCM811"`` or ``"Li"``
    library : as shipped where None

    Raises
    ------
    ValueError
        The library lacks one of its numbers; names what there is.
    """
    known = library or reference_lines.library()
    tables = _tables(known)
    solids = [item for item in known.species if item.key in tables]
    named = {item.key for item in known.named(name)}
    keys = [item.key for item in solids if item.key in named or item.formula == name]
    if len(keys) != 1:
        raise ValueError(
            f"no material {name!r} in the library, which has {', '.join(tables)}; or give a table "
            "{formula=, density_g_cm3=, molar_mass_g_mol=, valence_electrons=, band_gap_eV=}"
        )
    numbers = tables[keys[0]]
    density, mass, electrons, gap = (numbers[word] for word in _NEEDED)
    formula = next(item.formula for item in known.species if item.key == keys[0])
    solid = Material(formula, density.value, mass.value, electrons.value, gap.value)
    said = f"density {density.evidence}, band gap {gap.evidence}"
    return NamedMaterial(solid, f"reference library {known.version}: {said}")


def _tables(library: Library) -> dict[str, dict[str, Constant]]:
    """Species -> its numbers, of those that have all."""
    found: dict[str, dict[str, Constant]] = {}
    for constant in library.constants:
        if constant.name in _NEEDED:
            found.setdefault(constant.species, {})[constant.name] = constant
    return {name: numbers for name, numbers in found.items() if len(numbers) == len(_NEEDED)}
