"""The algorithms of pybaselines: what we add to them."""

import inspect

import numpy as np
import pytest
from pybaselines import Baseline

from fitting.backgrounds.baselines import BASELINES, baseline
from fitting.errors import DataError
from tests.contracts.background import noisy_spectrum
from tests.shared_data import shared_file

EACH = pytest.mark.parametrize("name", BASELINES)


def like_default(name: str, **options):
    return {o.name: o.default for o in BASELINES[name].options} | options


@EACH
def test_options_are_arguments_of_the_library(name: str) -> None:
    known = inspect.signature(getattr(Baseline, name)).parameters
    assert {o.name for o in BASELINES[name].options} <= set(known)


@EACH
def test_on_an_even_axis_it_is_the_library_itself(name: str) -> None:
    x, intensity = noisy_spectrum("raman")
    options = {
        k: None if "half_window" in k and v == 0 else v for k, v in like_default(name).items()
    }
    theirs, _ = getattr(Baseline(x), name)(intensity, **options)
    ours = BASELINES[name].curve(x, intensity, **like_default(name))
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)


@pytest.mark.parametrize("name", ["asls", "arpls", "snip", "imodpoly", "rubberband"])
def test_options_reach_the_library(name: str) -> None:
    x, intensity = noisy_spectrum("raman")
    changed = {
        "asls": {"lam": 1e3},
        "arpls": {"lam": 1e2},
        "snip": {"max_half_window": 5},
        "imodpoly": {"poly_order": 7},
        "rubberband": {"segments": 4},
    }[name]
    before = BASELINES[name].curve(x, intensity, **like_default(name))
    after = BASELINES[name].curve(x, intensity, **like_default(name, **changed))
    assert np.max(np.abs(after - before)) > 0.01 * np.ptp(intensity)


def test_no_convergence_is_an_error_that_names_the_option() -> None:
    x, intensity = noisy_spectrum("raman")
    with pytest.raises(DataError, match=r"arpls baseline on 200 \.\. 800 did not .* max_iter"):
        BASELINES["arpls"].curve(x, intensity, **like_default("arpls", max_iter=1, tol=1e-9))


def test_a_warning_of_the_library_is_an_error() -> None:
    """Without noise IarPLS runs out of points below its curve and warns."""
    x = np.linspace(200.0, 1200.0, 501)
    clean = 200.0 + 0.1 * (x - 200.0) + 80.0 * np.exp(-(x - 200.0) / 300.0)
    for height, center, width in ((300.0, 400.0, 10.0), (500.0, 640.0, 12.0), (200.0, 900.0, 15.0)):
        clean += height * np.exp(-(((x - center) / width) ** 2))
    with pytest.raises(DataError, match=r"iarpls baseline .* below the data"):
        BASELINES["iarpls"].curve(x, clean, **like_default("iarpls"))


def test_what_the_library_refuses_is_an_error_in_one_line() -> None:
    x, intensity = noisy_spectrum("raman")
    with pytest.raises(DataError, match=r"snip baseline .* failed: filter_order") as caught:
        BASELINES["snip"].curve(x, intensity, **like_default("snip", filter_order=3))
    assert "\n" not in str(caught.value)


def test_points_in_a_straight_line_do_not_crash_the_hull() -> None:
    x = np.linspace(200.0, 800.0, 101)
    with pytest.raises(DataError, match="rubberband"):
        BASELINES["rubberband"].curve(x, 3.0 * x, **like_default("rubberband"))


def test_an_uneven_axis_is_made_even_where_points_are_counted() -> None:
    """Twice as dense in its upper half: taken as even, the stiff curve would be too soft there."""
    x = np.concatenate([np.arange(200.0, 500.0, 3.0), np.arange(500.0, 800.0, 1.0)])
    fine, intensity = noisy_spectrum("raman")
    data = np.interp(x, fine, intensity)
    ours = baseline(x, data, algorithm="asls", even=True, **like_default("asls"))
    grid = np.linspace(x[0], x[-1], len(x))
    theirs, _ = Baseline(grid).asls(np.interp(grid, x, data), lam=1e6, p=0.01)
    np.testing.assert_allclose(ours, np.interp(x, grid, theirs), rtol=1e-6)
    counted = baseline(x, data, algorithm="asls", even=False, **like_default("asls"))
    assert np.max(np.abs(ours - counted)) > 0.01 * np.ptp(data)


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["asls", "arpls", "airpls", "imodpoly", "snip", "rubberband"])
def test_a_reaction_of_real_spectra_gets_a_smooth_series_of_baselines(name: str) -> None:
    path = shared_file("raman/reaction_time_series/mcrnmf_raman.csv")
    table = np.genfromtxt(path, delimiter=",", skip_header=1)[::-1]
    x, spectra = table[:, 0], table[:, 1::20].T
    curves = np.array([BASELINES[name].curve(x, row, **like_default(name)) for row in spectra])
    assert np.all(np.isfinite(curves))
    assert np.mean(curves < spectra + 0.02 * np.ptp(spectra)) > 0.9
