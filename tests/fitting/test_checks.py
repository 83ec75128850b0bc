"""Quality checks say what they looked at and why."""

import numpy as np
import pytest

from fitting.checks import Check, check_step
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.result import StepResult
from fitting.spectrum import Spectrum
from fitting.stepfit import fit_step
from tests.fitting.synthetic import component, region, spectra_of, table_of, truth
from tests.fitting.test_quantify import series_of


def checked(table: ModelTable, step: StepResult) -> dict[tuple[str, str], Check]:
    found = check_step(series_of(table, [step]), 0, table)
    return {(c.region, c.check): c for c in found}


def fitted(table: ModelTable, seed: int = 0, **over: float) -> StepResult:
    spectra = spectra_of(table, truth(table, **over), np.random.default_rng(seed))
    return fit_step(table, spectra, None, SilentMonitor())


def pair(gap: float = 3.0) -> ModelTable:
    parts = [
        component("a", "gaussian", {"value": 161.0, "min": 160.5, "max": 161.5}, fwhm=1.2),
        component("b", "gaussian", 161.0 + gap, fwhm=1.2),
    ]
    return table_of(region(parts))


def test_a_good_fit_has_nothing_to_say() -> None:
    table = pair()
    found = checked(table, fitted(table))
    assert {name: c.verdict for (_, name), c in found.items()} == {
        "convergence": "ok",
        "chi_square": "ok",
        "at_bound": "ok",
        "errors": "ok",
    }
    assert "poisson errors" in found["S 2p", "chi_square"].detail


def test_a_wrong_model_is_a_misfit() -> None:
    table, fewer = pair(), table_of(region([component("a", "gaussian", {"value": 161.0})]))
    spectra = spectra_of(table, truth(table), np.random.default_rng(0))
    step = fit_step(fewer, spectra, None, SilentMonitor())
    check = checked(fewer, step)["S 2p", "chi_square"]
    assert check.verdict == "warn"
    assert "reduced chi-square" in check.detail


def test_a_position_on_its_bound_warns_an_absent_line_does_not() -> None:
    table = pair()
    other = table_of(
        region(
            [
                component("a", "gaussian", {"value": 161.9}, fwhm=1.2),
                component("b", "gaussian", 164.0, fwhm=1.2),
            ]
        )
    )
    spectra = spectra_of(other, truth(other), np.random.default_rng(0))
    pressed = checked(table, fit_step(table, spectra, None, SilentMonitor()))["S 2p", "at_bound"]
    assert pressed.verdict == "warn"
    assert "a.center = 161.5" in pressed.detail
    for seed in range(20):
        step = fitted(table, seed, b__area=0.0)
        if step.values[table.index["b.area"]] == 0.0:
            absent = checked(table, step)["S 2p", "at_bound"]
            assert (absent.verdict, absent.detail) == ("ok", "b.area = 0")
            return
    pytest.fail("never zero in 20 noises")


def test_lines_that_cannot_be_told_apart_warn() -> None:
    table = pair(0.1)
    check = checked(table, fitted(table))["S 2p", "correlation"]
    assert check.verdict == "warn"
    assert "a.area and b.area: r = -0." in check.detail
    assert "group" in check.detail


def test_a_failed_region_says_why_and_an_absent_one_nothing() -> None:
    table = table_of(
        region([component("a", "gaussian", {"value": 161.0})]),
        region([component("p", "gaussian", 131.0)], "linear", "P 2p", (126.0, 136.0)),
    )
    x = np.linspace(155.0, 170.0, 151)
    dead = {"S 2p": Spectrum(x, np.zeros(151), None, 1.0)}
    found = check_step(series_of(table, [fit_step(table, dead, None, SilentMonitor())]), 0, table)
    assert [(c.region, c.check, c.verdict) for c in found] == [("S 2p", "fit", "fail")]
    assert "all intensities are zero" in found[0].detail


def test_a_static_background_says_that_the_errors_leave_it_out() -> None:
    parts = [component("a", "gaussian", {"value": 161.0})]
    table = table_of(region(parts, {"kind": "shirley", "active": False}))
    plain = table_of(region(parts, "shirley"))
    spectra = spectra_of(plain, truth(plain), np.random.default_rng(0))
    found = checked(table, fit_step(table, spectra, None, SilentMonitor()))
    assert found["S 2p", "background"].verdict == "warn"
    assert "errors leave it out" in found["S 2p", "background"].detail


def test_uniform_weights_have_no_scale() -> None:
    parts = [component("a", "gaussian", {"value": 161.0})]
    table = table_of(region(parts), fit={"weights": "uniform"})
    check = checked(table, fitted(table))["S 2p", "chi_square"]
    assert (check.verdict, check.detail) == ("ok", "relative only: weights are uniform")
