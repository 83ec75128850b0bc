import csv
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitting.attenuation import Material, layer_weight, overlayer_factor, tpp2m_nm
from tests.shared_data import shared_file

LITHIUM = Material("Li", 0.534, 6.94, 1, 0.0)
LITHIUM_SULFIDE = Material("Li2S", 1.66, 45.94, 8, 3.9)


def _constants():
    path = shared_file("../reference_lines/reference_lines.csv")
    with path.open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream) if row["technique"] == "constant"]


def _materials(rows):
    def number(line, formula):
        return next(
            float(row["position"])
            for row in rows
            if row["line"] == line and row["species"] == formula
        )

    for row in rows:
        if row["line"] == "TPP-2M inputs":
            formula = row["species"]
            gap = re.search(r"Eg = ([\d.]+) eV", row["source"])
            yield Material(
                formula,
                number("density", formula),
                number("molar mass", formula),
                float(row["position"]),
                float(gap.group(1)),
            )


@pytest.mark.real_data
def test_tabulated_mean_free_paths():
    rows = _constants()
    materials = {material.formula: material for material in _materials(rows)}
    paths = [row for row in rows if row["line"] == "IMFP TPP-2M"]
    assert len(paths) >= 50
    for row in paths:
        energy = float(re.search(r"([\d.]+) eV", row["environment"]).group(1))
        found = tpp2m_nm(energy, materials[row["species"]])
        wanted = float(row["position"])
        assert found == pytest.approx(wanted, abs=0.0051), (row["species"], energy)


def _without_relativity(energy, material):
    electrons = material.valence_electrons * material.density_g_cm3 / material.molar_mass_g_mol
    squared = 28.8**2 * electrons
    rho = material.density_g_cm3
    beta = -0.1 + 0.944 / (squared + material.band_gap_eV**2) ** 0.5 + 0.069 * rho**0.1
    c, d = 1.97 - 0.91 * electrons, 53.4 - 20.8 * electrons
    bethe = beta * np.log(0.191 * rho**-0.5 * energy) - c / energy + d / energy**2
    return energy / (squared * bethe) / 10.0


def test_relativity_counts_above_2_keV_only():
    for energy in (100.0, 955.0, 2000.0):
        assert tpp2m_nm(energy, LITHIUM) == pytest.approx(_without_relativity(energy, LITHIUM))
    shortened = tpp2m_nm(10_000.0, LITHIUM) / _without_relativity(10_000.0, LITHIUM)
    assert 0.970 < shortened < 0.980  # alpha = 0.9713, its logarithm gives a little back


def test_molar_volume():
    assert LITHIUM_SULFIDE.molar_volume_cm3 == pytest.approx(27.67, abs=0.01)


def test_uncovered_and_buried():
    assert overlayer_factor(0.0, 100.0, 4.0) == 1.0
    assert overlayer_factor(1.0, 400.0, 4.0) == pytest.approx(0.0, abs=1e-12)
    assert overlayer_factor(0.25, 400.0, 4.0) == pytest.approx(0.75)


def test_one_attenuation_length_at_60_degrees_counts_twice():
    assert overlayer_factor(1.0, 4.0, 4.0, 60.0) == pytest.approx(np.exp(-2.0))


@given(
    covered=st.floats(0.0, 1.0),
    thickness=st.floats(0.0, 50.0),
    more=st.floats(0.01, 10.0),
    length=st.floats(0.5, 20.0),
    angle=st.floats(0.0, 80.0),
)
@settings(deadline=None, max_examples=50)
def test_a_thicker_layer_never_lets_more_through(covered, thickness, more, length, angle):
    thin = overlayer_factor(covered, thickness, length, angle)
    thick = overlayer_factor(covered, thickness + more, length, angle)
    assert 0.0 <= thick <= thin <= 1.0
    assert thick >= 1.0 - covered - 1e-12


@given(
    edges=st.lists(st.floats(0.0, 60.0), min_size=1, max_size=6, unique=True),
    escape=st.floats(0.5, 20.0),
)
@settings(deadline=None, max_examples=50)
def test_layers_of_a_stack_weigh_one_together(edges, escape):
    depths = np.array([0.0, *sorted(edges), np.inf])
    weights = layer_weight(depths[:-1], depths[1:], escape)
    assert np.all(weights >= 0.0)
    assert weights.sum() == pytest.approx(1.0)


def test_layer_weight_is_the_integral_over_depth():
    z = np.linspace(2.0, 5.0, 20_001)
    wanted = np.trapezoid(np.exp(-z / 3.3) / 3.3, z)
    assert layer_weight(2.0, 5.0, 3.3) == pytest.approx(wanted, rel=1e-8)
