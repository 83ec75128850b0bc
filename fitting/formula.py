"""Chemical formulas as atoms: ``Li6PS5Cl`` -> Li 6, P 1, S 5, Cl 1."""

import re
from collections.abc import Mapping

from fitting.composition import count_at
from fitting.errors import DataError, PlanError
from fitting.plan_options import Composition


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


def atoms_at(formula: str, symbol: str, value: float) -> dict[str, float]:
    """Atoms of a formula with a number that may vary: ``Li(7-y)PS(6-y)Cl(y)`` at y.

    Parameters
    ----------
    symbol, value : what stands in the formula, and its value; zero atoms are no atoms

    Raises
    ------
    DataError
        Text that is no formula at 1/4 and 1/2 of the symbol.
    """
    low, high = (atoms(_filled(formula, symbol, at)) for at in (0.25, 0.5))
    steps = 4.0 * (value - 0.25)
    counts = {element: low[element] + steps * (high[element] - low[element]) for element in low}
    return {element: count for element, count in counts.items() if abs(count) > 1e-9}


def _filled(formula: str, symbol: str, value: float) -> str:
    """The formula with a number in place of its symbol, alone or in brackets."""
    composition = Composition(symbol=symbol, value=value)

    def number(found: re.Match[str]) -> str:
        try:
            return f"{count_at(found[1], composition, value):g}"
        except PlanError:
            return found[0]

    bracketed = re.sub(r"\(([^()]*)\)", number, formula)
    return re.sub(rf"(?<=[A-Za-z)]){re.escape(symbol)}(?![a-z])", f"{value:g}", bracketed)


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
