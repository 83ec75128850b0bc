from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitting.simulate.e1_truth import inventory
from fitting.simulate.plating import (
    ARGYRODITE,
    LIXP_LITHIUM,
    NMOL_PER_UAH,
    PlatingModel,
    grow,
    interphase_charge,
    product_volume_cm3,
)

CHARGE = np.linspace(0.0, 50.0, 26)
LITHIUM = {"Li0": 1, "Li6PS5Cl": 6, "Li2S": 2, "LixP": LIXP_LITHIUM, "Li3P": 3, "LiCl": 1}
ATOMS = {
    "S": {"Li6PS5Cl": 5, "Li2S": 1},
    "P": {"Li6PS5Cl": 1, "LixP": 1, "Li3P": 1},
    "Cl": {"Li6PS5Cl": 1, "LiCl": 1},
}
densities = st.floats(0.005, 1.0)


def _total(counts, amounts):
    return sum(count * amounts[phase] for phase, count in counts.items())


@given(density=densities)
@settings(deadline=None, max_examples=50)
def test_charge_is_conserved(density):
    state = grow(CHARGE, density, PlatingModel())
    parts = (state.charge_sei, state.charge_plated, state.charge_loss)
    np.testing.assert_allclose(sum(parts), CHARGE, atol=1e-12)
    assert all(np.all(part >= -1e-12) for part in parts)
    assert all(np.all(np.diff(part) > 0.0) for part in parts)


@given(density=densities)
@settings(deadline=None, max_examples=50)
def test_atoms_are_conserved(density):
    state = grow(CHARGE, density, PlatingModel())
    amounts = inventory(state)
    for counts in ATOMS.values():
        np.testing.assert_allclose(_total(counts, amounts), 0.0, atol=1e-9)
    delivered = (state.charge_sei + state.charge_plated) * NMOL_PER_UAH
    np.testing.assert_allclose(_total(LITHIUM, amounts), delivered, rtol=1e-12, atol=1e-9)


@given(density=densities)
@settings(deadline=None, max_examples=50)
def test_the_reaction_only_goes_on(density):
    state = grow(np.linspace(0.0, 50.0, 201), density, PlatingModel())
    assert np.all(np.diff(state.reacted_nmol_cm2) > 0.0)
    assert np.all(np.diff(state.reacted_nmol_cm2 * state.phosphide_share) > 0.0)
    for share in (state.coverage, state.phosphide_share, state.surface_fraction):
        assert np.all((share >= 0.0) & (share < 1.0))
        assert np.all(np.diff(share) >= 0.0)


def test_the_products_fill_the_depth_profile():
    state = grow(CHARGE, 0.05, PlatingModel())
    depth = np.linspace(0.0, 8000.0, 400_001)
    for k in (1, 10, 25):
        profile = state.surface_fraction[k] * np.exp(-depth / state.decay_nm[k])
        moles = np.trapezoid(profile, depth) * 1e-7 / state.product_volume_cm3[k] * 1e9
        assert moles == pytest.approx(state.reacted_nmol_cm2[k], rel=1e-5)
        weights = np.exp(-depth / 3.2) / 3.2
        assert np.trapezoid(profile * weights, depth) == pytest.approx(
            state.product_fraction(3.2)[k], rel=1e-5
        )


def test_growth_solves_its_law():
    model = PlatingModel()
    charge = interphase_charge(CHARGE, 0.05, model)
    hours = charge**2 / (2.0 * model.growth_uAh2_cm4_h) + charge / (50.0 * 0.85)
    np.testing.assert_allclose(hours, CHARGE / 50.0, rtol=1e-12)


def test_growth_takes_all_at_first_and_the_root_of_time_in_the_end():
    model = PlatingModel()
    first = interphase_charge(np.array([1e-6]), 0.15, model)
    assert first[0] == pytest.approx(0.85e-6, rel=1e-5)
    slow = replace(model, growth_uAh2_cm4_h=1e-3)
    late = interphase_charge(np.array([10.0, 40.0]), 0.15, slow)
    assert late[1] / late[0] == pytest.approx(2.0, rel=1e-3)


def test_thickness_per_charge_of_the_review():
    # 9.1 nm per uAh/cm2 down to Li3P, 12.9 to P0 (here LixP, between); 4.85 nm for the metal
    lithium_only = replace(PlatingModel(), growth_uAh2_cm4_h=1e-12, loss_share=0.0)
    metal = grow(np.array([1.0]), 0.1, lithium_only)
    assert metal.coverage[0] * metal.thickness_nm[0] == pytest.approx(4.85, abs=0.01)
    full = product_volume_cm3(np.ones(1))[0]
    assert full == pytest.approx(195.1, abs=0.1)
    assert full * NMOL_PER_UAH / 8.0 * 1e-2 == pytest.approx(9.1, abs=0.05)
    partial = product_volume_cm3(np.zeros(1))[0] * NMOL_PER_UAH / (5.0 + LIXP_LITHIUM) * 1e-2
    assert 9.1 < partial < 12.9
    assert ARGYRODITE.molar_volume_cm3 * NMOL_PER_UAH / 8.0 * 1e-2 == pytest.approx(6.7, abs=0.05)


def test_one_microampere_hour_is_the_moles_of_the_review():
    assert NMOL_PER_UAH == pytest.approx(37.3, abs=0.05)


def test_current_density_decides_which_phosphide_comes_first():
    slow = grow(np.array([2.0]), 0.05, PlatingModel())
    fast = grow(np.array([2.0]), 0.15, PlatingModel())
    assert slow.phosphide_share[0] < 0.3
    assert fast.phosphide_share[0] > 0.7


def test_more_metal_and_less_interphase_at_high_current_density():
    slow, fast = (grow(CHARGE[1:], j, PlatingModel()) for j in (0.05, 0.15))
    assert np.all(fast.charge_plated > slow.charge_plated)
    assert np.all(fast.charge_sei < slow.charge_sei)
    assert np.all(fast.coverage > slow.coverage)
