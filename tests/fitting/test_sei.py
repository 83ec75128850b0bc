"""From formulas and side-reaction charge to the thickness of an interphase."""

import pytest

from fitting.errors import DataError
from fitting.formula import atoms, atoms_at, electrons, reduced_by_lithium
from fitting.sei import layers_per_charge


def test_formulas_are_counted():
    assert atoms("Li6PS5Cl") == {"Li": 6.0, "P": 1.0, "S": 5.0, "Cl": 1.0}
    assert atoms("Li1.5P") == {"Li": 1.5, "P": 1.0}
    assert atoms("Al2(SO4)3") == {"Al": 2.0, "S": 3.0, "O": 12.0}


@pytest.mark.parametrize("text", ["LixP", "Li2(S", "", "lithium"])
def test_what_is_no_formula_is_said(text):
    with pytest.raises(DataError, match="is no formula with numbers"):
        atoms(text)


@pytest.mark.parametrize(
    ("electrolyte", "products", "taken"),
    [
        ("Li6PS5Cl", {"Li2S": 5.0, "Li3P": 1.0, "LiCl": 1.0}, 8.0),
        ("Li6PS5Br", {"Li2S": 5.0, "Li3P": 1.0, "LiBr": 1.0}, 8.0),
        ("Li3PS4", {"Li2S": 4.0, "Li3P": 1.0}, 8.0),
        ("Li5.5PS4.5Cl1.5", {"Li2S": 4.5, "Li3P": 1.0, "LiCl": 1.5}, 8.0),
    ],
)
def test_reduction_by_lithium_is_balanced(electrolyte, products, taken):
    unit = atoms(electrolyte)
    assert reduced_by_lithium(unit) == products
    assert electrons(unit, products) == pytest.approx(taken)


def test_there_is_no_rule_for_an_oxide():
    assert reduced_by_lithium(atoms("Li7La3Zr2O12")) is None
    assert layers_per_charge("Li7La3Zr2O12") == ()


def test_thickness_per_charge_agrees_with_the_published_numbers():
    full, partly = layers_per_charge("Li6PS5Cl")
    assert (full.end, full.electrons) == ("Li3P", 8.0)
    assert (partly.end, partly.electrons) == ("P0", 5.0)
    assert full.nm_per_uAh_cm2 == pytest.approx(9.1, abs=0.05)
    assert partly.nm_per_uAh_cm2 == pytest.approx(12.9, abs=0.05)


def test_other_sulfides_follow_by_the_same_rule():
    full, partly = layers_per_charge("Li3PS4")
    assert (full.electrons, partly.electrons) == (8.0, 5.0)
    assert 0.0 < full.nm_per_uAh_cm2 < partly.nm_per_uAh_cm2 < 12.9


@pytest.mark.parametrize(
    ("formula", "symbol", "value", "counts"),
    [
        ("LixP", "x", 1.5, {"Li": 1.5, "P": 1.0}),
        ("LixP", "x", 0.0, {"P": 1.0}),
        ("Li2Sn", "n", 4.0, {"Li": 2.0, "S": 4.0}),
        ("Li(7-y)PS(6-y)Cl(y)", "y", 1.0, {"Li": 6.0, "P": 1.0, "S": 5.0, "Cl": 1.0}),
        ("Li(7-y)PS(6-y)Cl(y)", "y", 1.5, {"Li": 5.5, "P": 1.0, "S": 4.5, "Cl": 1.5}),
        ("Li7-yPS6-yCly", "z", 1.0, None),
    ],
)
def test_formulas_with_a_number_that_may_vary(formula, symbol, value, counts):
    if counts is None:
        with pytest.raises(DataError, match="is no formula with numbers"):
            atoms_at(formula, symbol, value)
    else:
        assert atoms_at(formula, symbol, value) == pytest.approx(counts)
