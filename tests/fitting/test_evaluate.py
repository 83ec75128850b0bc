"""Curves and derivatives of the evaluator against slow, obvious ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitting.arrays import FloatArray
from fitting.evaluate import RegionEvaluator
from fitting.lineshapes.catalogue import LINE_SHAPES
from fitting.model import SHIFT, ModelTable
from tests.fitting.synthetic import (
    AREA,
    BACKGROUNDS,
    SHAPES,
    axis_of,
    component,
    problem_of,
    region,
    slopes_by_differences,
    spectra_of,
    table_of,
    truth,
)

DOUBLET = {"splitting": {"value": 1.18, "min": 0.5}, "ratio": {"value": 0.5, "max": 2.0}}
REFERENCE = {"reference": "component", "component": "a", "position_eV": 161.0}


def slow_components(table: ModelTable, x: FloatArray, values: FloatArray) -> FloatArray:
    """One line after the other, by name."""
    named = {row.name: v for row, v in zip(table.parameters, values, strict=True)}
    curves = []
    for c in table.regions[0].components:
        shape = c.shape
        own = [named[f"{c.id}.{p.name}"] for p in shape.parameters]
        area, center = named[f"{c.id}.area"], named[f"{c.id}.center"] + named["energy.shift"]
        if f"{c.id}.ratio" not in named:
            curves.append(shape.value(x, area, center, *own))
            continue
        ratio, splitting = named[f"{c.id}.ratio"], named[f"{c.id}.splitting"]
        main = shape.value(x, area / (1 + ratio), center, *own)
        partner = shape.value(x, area * ratio / (1 + ratio), center + splitting, *own)
        curves.append(main + partner)
    return np.array(curves)


def mixed_table() -> ModelTable:
    """Every shape, doublets among them, in an order that mixes the batches."""
    names = [*SHAPES, *SHAPES]
    parts = [
        component(f"c{i}", shape, 158.0 + 0.6 * i, **({"doublet": DOUBLET} if i % 3 else {}))
        for i, shape in enumerate(names)
    ]
    return table_of(region(parts, "shirley_linear"))


def test_every_line_shape_of_the_catalogue_is_tried_here() -> None:
    assert set(SHAPES) == set(LINE_SHAPES)


def test_components_are_the_same_as_one_line_after_the_other() -> None:
    table = mixed_table()
    rng = np.random.default_rng(0)
    free = truth(table) * rng.uniform(0.98, 1.02, len(table.free))
    values = table.values(free)
    values[SHIFT] = 0.37
    x = axis_of((155.0, 172.0))
    curves = RegionEvaluator(table.regions[0], x, np.zeros(len(x))).curves(values)
    expected = slow_components(table, x, values)
    np.testing.assert_allclose(curves.components, expected, rtol=1e-12, atol=1e-9)


def test_area_of_a_doublet_is_that_of_both_lines() -> None:
    table = table_of(region([component("a", "gaussian", 161.0, doublet=DOUBLET)]))
    x = axis_of((150.0, 175.0), 0.01)
    curves = RegionEvaluator(table.regions[0], x, np.zeros(len(x))).curves(
        table.values(truth(table))
    )
    assert np.trapezoid(curves.components[0], x) == pytest.approx(AREA, rel=1e-9)


def test_envelope_is_components_background_and_what_was_held() -> None:
    table = mixed_table()
    x = axis_of((155.0, 172.0))
    evaluator = RegionEvaluator(table.regions[0], x, np.full(len(x), 7.0))
    values = table.values(truth(table))
    curves = evaluator.curves(values)
    np.testing.assert_allclose(evaluator.envelope(values), curves.envelope, rtol=1e-13)
    np.testing.assert_allclose(
        evaluator.envelope(values),
        RegionEvaluator(table.regions[0], x, np.zeros(len(x))).envelope(values) + 7.0,
        rtol=1e-12,
    )


def assert_slopes(table: ModelTable, free: FloatArray, tolerance: float = 2e-6) -> None:
    problem = problem_of(table, spectra_of(table, free))
    moving = free[problem.moving]
    expected = slopes_by_differences(problem, moving)
    found = problem.jacobian(moving)
    scale = np.abs(expected).max(axis=1, keepdims=True) + 1e-6
    assert np.all(scale > 2e-6), "a free parameter that changes nothing"
    worst = np.abs(found - expected) / scale
    names = [table.parameters[table.free[f]].name for f in problem.moving]
    assert worst.max() < tolerance, names[int(worst.max(axis=1).argmax())]


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_slopes_of_every_shape_on_every_background(shape: str, background: str) -> None:
    parts = [
        component("a", shape, 161.0, doublet=DOUBLET),
        component("b", shape, {"value": 163.4}),
    ]
    table = table_of(region(parts, background), energy=REFERENCE)
    assert_slopes(table, truth(table, energy__shift=0.3))


@pytest.mark.parametrize("active", ["shirley", "tougaard_u2", "tougaard_u3"])
def test_slopes_of_freed_parameters_of_active_backgrounds(active: str) -> None:
    settings_of = {
        "shirley": {},
        "tougaard_u2": {"C": {"value": 900.0}},
        "tougaard_u3": {"C": {"value": 500.0}, "D": {"value": 400.0}},
    }
    background = {"kind": active, "active": True, **settings_of[active]}
    table = table_of(region([component("a", "pseudo_voigt", {"value": 158.0})], background))
    assert_slopes(table, truth(table))


def test_slopes_of_an_exponential_with_a_level() -> None:
    background = {"kind": "exponential", "constant": True, "decay": {"value": 0.2}}
    table = table_of(region([component("a", "voigt", {"value": 161.0})], background))
    assert_slopes(table, truth(table))


def test_slopes_of_a_measured_spectrum_as_component() -> None:
    x = np.linspace(150.0, 172.0, 60)
    points = np.exp(-((x - 161.0) ** 2)) + 0.1
    part = {
        "id": "a",
        "shape": "measured",
        "template": "t",
        "center": {"value": 0.3},
        "broadening": {"value": 0.7},
    }
    template = {"x": x.tolist(), "intensity": points.tolist()}
    table = table_of(region([part, component("b", "gaussian", 164.0)]), templates={"t": template})
    assert_slopes(table, truth(table))


LINKED = {
    "equal heights": {"area": "a.area * b.fwhm / a.fwhm", "center": 163.0},
    "root": {"fwhm": "sqrt(a.fwhm ** 2 + 0.5)", "center": 163.0},
    "chain": {"center": "a.center + exp(c.center - 165)", "fwhm": "max(a.fwhm, 0.2)"},
    "ratio of areas": {"area": "0.1 * a.area ** 1.2", "center": "a.center * 1.01"},
    "affine of a bent one": {"fwhm": "2 * c.fwhm - 0.5", "center": 163.0},
}


@settings(max_examples=40)
@given(
    st.sampled_from(sorted(LINKED)),
    st.floats(160.0, 162.0),
    st.floats(0.8, 2.0),
    st.floats(500.0, 5000.0),
    st.floats(-1.0, 1.0),
)
def test_slopes_through_links(
    link: str, center: float, fwhm: float, area: float, shift: float
) -> None:
    parts = [
        component("r", "gaussian", 168.0),
        component("a", "pseudo_voigt", {"value": 161.0}),
        component("b", "gaussian", 163.0) | LINKED[link],
        component("c", "gaussian", {"value": 165.2}, fwhm="a.fwhm * 2 / a.fwhm ** 0.5"),
    ]
    energy = REFERENCE | {"component": "r", "position_eV": 168.0}
    table = table_of(region(parts, "shirley"), energy=energy)
    assert table.links
    free = truth(table, a__center=center, a__fwhm=fwhm, a__area=area, energy__shift=shift)
    assert_slopes(table, free, 5e-6)


def test_an_affine_map_is_the_same_as_following_the_links() -> None:
    parts = [
        component("a", "gaussian", {"value": 161.0}, phase="A", count=4),
        component("b", "gaussian", "a.center - 1.4", phase="A", count=1),
        component("c", "gaussian", "2 * b.center - a.center", area="b.area / 2 + 3"),
    ]
    table = table_of(region(parts))
    assert not table.links
    values = table.values(truth(table, a__area=1000.0, a__center=161.2))
    named = {row.name: v for row, v in zip(table.parameters, values, strict=True)}
    assert named["b.area"] == pytest.approx(250.0)
    assert named["c.area"] == pytest.approx(128.0)
    assert named["b.center"] == pytest.approx(159.8)
    assert named["c.center"] == pytest.approx(158.4)
