"""Lines of one kind never change places from step to step."""

import numpy as np
import pytest

from fitting.labels import exchangeable, in_order
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.seriesfit import fit_series, free_values
from tests.fitting.synthetic import component, region, spectra_of, table_of, truth

LOW = {"value": 162.0, "min": 161.0, "max": 163.2}
HIGH = {"value": 163.0, "min": 161.8, "max": 164.0}


def model(strategy: str = "chained", **high: object) -> ModelTable:
    shape = {"fwhm": "low.fwhm"}
    parts = [
        component("high", "gaussian", HIGH) | {"fwhm": "low.fwhm"} | high,
        component("low", "gaussian", LOW),
        component("far", "gaussian", {"value": 168.0, "min": 167.5, "max": 168.5}) | shape,
    ]
    return table_of(region(parts, "linear"), series={"strategy": strategy})


def test_pairs_with_common_room_and_nothing_else_of_their_own() -> None:
    table = model()
    (pair,) = exchangeable(table)
    names = [
        [table.parameters[table.free[f]].name for f in side] for side in (pair.lower, pair.upper)
    ]
    assert names == [["low.area", "low.center"], ["high.area", "high.center"]]
    assert not exchangeable(model(shape="lorentzian"))
    assert not exchangeable(model(area="far.area * 0.5"))
    assert not exchangeable(model(fwhm=1.1))
    assert not exchangeable(model(center="low.center + 1"))
    own = model(fwhm={"value": 1.2, "min": 0.5, "max": 3.0})
    assert len(exchangeable(own)) == 0  # the width of the other one is that of a third as well


@pytest.mark.parametrize(
    ("low", "high", "swapped"),
    [
        ((100.0, 162.9), (80.0, 162.1), True),
        ((100.0, 162.1), (80.0, 162.9), False),
        ((100.0, 162.9), (2.0, 162.1), True),  # the strong one decides: it is where high is
        ((2.0, 162.9), (100.0, 162.6), False),
        ((100.0, 161.2), (80.0, 161.9), False),
        ((80.0, 162.4), (100.0, 162.4), False),
    ],
)
def test_the_lower_line_belongs_lower(
    low: tuple[float, float], high: tuple[float, float], swapped: bool
) -> None:
    table = model()
    free = truth(
        table,
        low__area=low[0],
        low__center=low[1],
        high__area=high[0],
        high__center=high[1],
    )
    found = in_order(table, free)
    (pair,) = exchangeable(table)
    expected = free.copy()
    if swapped:
        expected[pair.lower], expected[pair.upper] = free[pair.upper], free[pair.lower]
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(in_order(table, found), found)


def test_outside_its_bounds_no_line_is_moved() -> None:
    table = model()
    free = truth(table, low__center=163.1, low__area=50.0, high__center=161.9, high__area=60.0)
    free[exchangeable(table)[0].lower[1]] = 161.5
    np.testing.assert_array_equal(in_order(table, free), free)


@pytest.mark.parametrize("strategy", ["chained", "independent"])
def test_no_line_takes_the_place_of_another_along_a_series(strategy: str) -> None:
    """One grows while the other fades, from 0.9 to 0.5 eV apart, all of it in common room."""
    table = model(strategy)
    rng = np.random.default_rng(3)
    truths = [
        truth(
            table,
            low__area=6000.0 - 5000.0 * part,
            high__area=1000.0 + 5000.0 * part,
            low__center=162.1 + 0.2 * part,
            high__center=163.0 - 0.2 * part,
            low__fwhm=0.7,
        )
        for part in np.linspace(0.0, 1.0, 30)
    ]
    spectra = [spectra_of(table, free, rng) for free in truths]
    results = fit_series(table, spectra, [""] * 30, SilentMonitor(), chunk=16)
    for free, result in zip(truths, results, strict=True):
        sigma = np.sqrt(np.diag(result.covariance))
        known = np.isfinite(sigma)
        assert np.all(np.abs(free_values(table, result) - free)[known] < 6.0 * sigma[known])
