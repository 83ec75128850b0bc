"""Chemical formulas as atoms: ``Li6PS5Cl`` -> Li 6, P 1, S 5, Cl 1."""

from collections.abc import Mapping

from fitting.errors import DataError


def atoms(formula: str) -> dict[str, float]:
    """Element -> atoms per formula unit, by atomic number; brackets and fractions are allowed.

    Raises
    ------
    DataError
        Text that is no formula, such as one with an open ``x``.
    """
    import xraylib

    try:
        parsed = xraylib.CompoundParser(formula)
    except ValueError as error:
        raise DataError(f"{formula!r} is no formula with numbers, such as Li6PS5Cl") from error
    pairs = zip(parsed["Elements"], parsed["nAtoms"], strict=True)
    return {xraylib.AtomicNumberToSymbol(number): float(count) for number, count in pairs}


def reduced_by_lithium(electrolyte: Mapping[str, float]) -> dict[str, float] | None:
    """What lithium makes of a sulfide electrolyte in the end: phase -> moles per formula unit.

    Li6PS5Cl + 8 Li -> 5 Li2S + Li3P + LiCl; the same rule for Li3PS4 and for Br and I.
    None for what is no compound of Li, P and S with at most halides beside.
    """
    halides = [element for element in electrolyte if element in ("F", "Cl", "Br", "I")]
    if set(electrolyte) - set(halides) != {"Li", "P", "S"}:
        return None
    products = {"Li2S": electrolyte["S"], "Li3P": electrolyte["P"]}
    return products | {f"Li{element}": electrolyte[element] for element in halides}


def electrons(electrolyte: Mapping[str, float], products: Mapping[str, float]) -> float:
    """Lithium, and so electrons, that one formula unit takes up to become these products."""
    bound = sum(moles * atoms(phase).get("Li", 0.0) for phase, moles in products.items())
    return bound - electrolyte["Li"]
