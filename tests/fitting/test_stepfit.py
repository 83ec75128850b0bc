"""One step from spectra to numbers: shifts, starts, bounds, and data that are no use."""

import re
from collections.abc import Callable

import numpy as np
import pytest

from fitting.arrays import FloatArray
from fitting.errors import FitCancelled
from fitting.model import SHIFT, ModelTable
from fitting.monitor import SilentMonitor
from fitting.result import FitStatus, StepResult
from fitting.spectrum import Spectrum
from fitting.stepfit import fit_step
from tests.contracts.engine import CancelAfter
from tests.fitting.synthetic import component, region, spectra_of, table_of, truth

QUIET = SilentMonitor()
REFERENCE = {"reference": "component", "component": "a", "position_eV": 161.5}


def referenced(background: str = "shirley") -> ModelTable:
    """S 2p with the line that fixes the energy scale, and P 2p that only uses the shift."""
    sulfur = [
        component("a", "pseudo_voigt", 161.5, doublet={"splitting": 1.18}),
        component("b", "gaussian", "a.center - 1.8", fwhm="a.fwhm"),
        component("c", "gaussian", {"value": 168.5, "min": 168.0, "max": 169.0}),
    ]
    center = {"value": 131.7, "min": 131.3, "max": 132.1}
    phosphorus = [component("p", "gaussian", center, doublet={"splitting": 0.86})]
    return table_of(
        region(sulfur, background, window=(157.0, 172.0)),
        region(phosphorus, "linear", "P 2p", (127.0, 137.0)),
        energy=REFERENCE,
    )


def value(table: ModelTable, result: StepResult, name: str) -> float:
    return float(result.values[table.index[name]])


def error(table: ModelTable, result: StepResult, name: str) -> float:
    f = int(np.flatnonzero(table.free == table.index[name])[0])
    return float(np.sqrt(result.covariance[f, f]))


def at_bound(table: ModelTable, result: StepResult, name: str) -> bool:
    return bool(result.at_bound[np.flatnonzero(table.free == table.index[name])[0]])


@pytest.mark.parametrize("margin", [4.0, 2.0, 0.0])
@pytest.mark.parametrize("shift", [-2.5, -1.3, -0.4, 0.0, 0.7, 1.9, 2.5])
def test_shift_is_found_also_where_the_window_leaves_the_data(shift: float, margin: float) -> None:
    table = referenced()
    free = truth(table, energy__shift=shift, b__area=1500.0)
    spectra = spectra_of(table, free, np.random.default_rng(1), margin)
    result = fit_step(table, spectra, None, QUIET)
    assert result.status.tolist() == [FitStatus.CONVERGED, FitStatus.CONVERGED]
    assert value(table, result, "energy.shift") == pytest.approx(
        shift, abs=5 * error(table, result, "energy.shift")
    )
    assert value(table, result, "a.center") == 161.5
    # the second region is measured at the shift of the first
    wrong = value(table, result, "p.center") - 131.7
    together = np.hypot(error(table, result, "p.center"), error(table, result, "energy.shift"))
    assert abs(wrong) < 5 * together


@pytest.mark.parametrize("wrong_start", [-1.5, -0.4, 0.3, 1.0])
def test_the_neighbours_shift_is_a_start_and_no_more(wrong_start: float) -> None:
    table = referenced()
    free = truth(table, energy__shift=0.5, b__area=1500.0)
    spectra = spectra_of(table, free, np.random.default_rng(2), 4.0)
    cold = fit_step(table, spectra, None, QUIET)
    start = free.copy()
    start[table.free == SHIFT] = wrong_start
    warm = fit_step(table, spectra, start, QUIET)
    for name in ("energy.shift", "a.area", "b.area", "p.area"):
        close = 0.1 * error(table, cold, name)
        assert value(table, warm, name) == pytest.approx(value(table, cold, name), abs=close)


def test_without_the_reference_region_the_others_say_why() -> None:
    table = referenced()
    spectra = spectra_of(table, truth(table), np.random.default_rng(1))
    result = fit_step(table, {"P 2p": spectra["P 2p"]}, None, QUIET)
    assert result.status.tolist() == [FitStatus.EXCLUDED, FitStatus.FAILED]
    assert "energy reference could not be fitted in this step" in result.message[1]
    assert np.isnan(value(table, result, "p.area"))
    assert np.isnan(value(table, result, "energy.shift"))


def test_a_region_tied_to_the_reference_region_cannot_stand_in_for_it() -> None:
    table = table_of(
        region([component("a", "gaussian", 161.5)]),
        region([component("p", "gaussian", 131.7, fwhm="a.fwhm")], "linear", "P 2p", (127, 137)),
        energy=REFERENCE,
    )
    assert table.blocks == ((0, 1),)
    spectra = spectra_of(table, truth(table), np.random.default_rng(1))
    result = fit_step(table, {"P 2p": spectra["P 2p"]}, None, QUIET)
    assert result.status.tolist() == [FitStatus.EXCLUDED, FitStatus.FAILED]


def test_a_given_shift_moves_window_and_lines() -> None:
    parts = [component("a", "gaussian", {"value": 161.0})]
    table = table_of(region(parts), energy={"reference": "value", "shift_eV": 7.0})
    spectra = spectra_of(table, truth(table), np.random.default_rng(0), margin=10.0)
    moved = spectra["S 2p"]
    result = fit_step(table, {"S 2p": moved}, None, QUIET)
    assert value(table, result, "a.center") == pytest.approx(161.0, abs=0.05)
    assert moved.x[int(np.argmax(moved.intensity))] == pytest.approx(168.0, abs=0.3)


def crowded(**changes: object) -> ModelTable:
    parts = [
        component("a", "gaussian", {"value": 161.0, "min": 160.5, "max": 161.5}),
        component("b", "gaussian", {"value": 163.0, "min": 162.5, "max": 163.5}) | changes,
    ]
    return table_of(region(parts))


@pytest.mark.parametrize("center", [162.5, 163.0, 163.4, 163.5])
def test_a_line_that_was_absent_next_door_is_not_frozen(center: float) -> None:
    table = crowded()
    free = truth(table, b__area=800.0, b__center=162.8)
    spectra = spectra_of(table, free, np.random.default_rng(4))
    neighbour = truth(table, b__area=0.0, b__center=center)
    warm, cold = (fit_step(table, spectra, start, QUIET) for start in (neighbour, None))
    assert warm.status[0] == FitStatus.CONVERGED
    assert value(table, warm, "b.area") == pytest.approx(
        800.0, abs=5 * error(table, warm, "b.area")
    )
    assert warm.misfit[0] == pytest.approx(cold.misfit[0], rel=1e-6)


def test_nothing_next_door_at_all() -> None:
    table = crowded()
    spectra = spectra_of(table, truth(table), np.random.default_rng(4))
    result = fit_step(table, spectra, truth(table, a__area=0.0, b__area=0.0), QUIET)
    assert value(table, result, "a.area") == pytest.approx(3000.0, rel=0.1)


def test_what_presses_on_a_bound_is_put_on_it_and_said() -> None:
    table = crowded()
    free = truth(table, b__center=163.8)
    spectra = spectra_of(table, free, np.random.default_rng(4))
    result = fit_step(table, spectra, None, QUIET)
    assert result.status[0] == FitStatus.AT_BOUND
    assert value(table, result, "b.center") == 163.5
    assert at_bound(table, result, "b.center")
    assert np.isnan(error(table, result, "b.center"))
    assert not at_bound(table, result, "a.center")
    assert np.isfinite(error(table, result, "a.area"))


def test_an_absent_line_has_area_zero_and_a_limit_and_the_rest_of_it_is_not_at_a_bound() -> None:
    table = crowded()
    seeds = range(12)
    for seed in seeds:
        spectra = spectra_of(table, truth(table, b__area=0.0), np.random.default_rng(seed))
        result = fit_step(table, spectra, None, QUIET)
        if value(table, result, "b.area") == 0.0:
            break
    else:
        pytest.fail(f"never zero in {len(seeds)} noises")
    assert result.status[0] == FitStatus.AT_BOUND
    assert at_bound(table, result, "b.area")
    assert not at_bound(table, result, "b.center")
    assert not at_bound(table, result, "b.fwhm")
    assert np.isnan(error(table, result, "b.center"))
    limit = result.upper_limit[np.flatnonzero(table.free == table.index["b.area"])[0]]
    assert 0.0 < limit < 300.0
    assert np.isfinite(error(table, result, "a.area"))


def test_result_at_the_fixed_point_does_not_depend_on_the_start() -> None:
    table = crowded()
    free = truth(table, b__area=1500.0)
    spectra = spectra_of(table, free, np.random.default_rng(9))
    first = fit_step(table, spectra, None, QUIET)
    other = fit_step(table, spectra, truth(table, a__center=161.2, b__fwhm=1.6), QUIET)
    np.testing.assert_allclose(other.values, first.values, rtol=1e-5)
    np.testing.assert_allclose(
        np.diag(other.covariance), np.diag(first.covariance), rtol=1e-3, atol=0
    )


GOOD_P = (127.0, 137.0)


def spoilt(name: str, good: Spectrum) -> Spectrum:
    x, y = good.x, good.intensity
    negative = y.copy()
    negative[10] = -5.0
    made: dict[str, Callable[[], tuple[FloatArray, FloatArray]]] = {
        "zero": lambda: (x, 0.0 * y),
        "three points": lambda: (x[60:63], y[60:63]),
        "elsewhere": lambda: (x + 100.0, y),
        "all nan": lambda: (x, np.full(len(x), np.nan)),
        "empty": lambda: (x[:0], y[:0]),
        "one place": lambda: (np.full(40, 160.0), y[:40]),
        "one point": lambda: (x[50:51], y[50:51]),
        "negative": lambda: (x, negative),
    }
    return Spectrum.from_points(*made[name](), counts_per_unit=1.0)


SENTENCES = {
    "zero": "all intensities are zero",
    "three points": "3 points cannot determine",
    "elsewhere": "the window 155 .. 170 holds no data",
    "all nan": "holds no data",
    "empty": "holds no data",
    "one place": "all 40 points lie at 160",
    "one point": "1 points cannot determine",
    "negative": r'negative counts \(-5 at 156\); set weights = "estimated"',
}


@pytest.mark.parametrize("background", ["linear", "shirley", {"kind": "shirley", "active": False}])
@pytest.mark.parametrize("name", SENTENCES)
def test_a_useless_spectrum_fails_with_a_sentence_and_the_others_come_out(
    name: str, background: str | dict[str, object]
) -> None:
    parts = [
        component("a", "pseudo_voigt", {"value": 161.0, "min": 160.0, "max": 162.0}),
        component("b", "gaussian", 165.0),
    ]
    other = region([component("p", "gaussian", {"value": 131.7})], "linear", "P 2p", GOOD_P)
    table = table_of(region(parts, background), other)
    good = spectra_of(table, truth(table), np.random.default_rng(0))
    spectra = good | {"S 2p": spoilt(name, good["S 2p"])}
    result = fit_step(table, spectra, None, QUIET, "cell A, step 3")
    assert result.status.tolist() == [FitStatus.FAILED, FitStatus.CONVERGED]
    message = result.message[0]
    if isinstance(background, str):
        assert message.startswith("cell A, step 3, S 2p: ")
        assert re.search(SENTENCES[name], message)
    assert message
    assert "\n" not in message
    assert np.isnan(value(table, result, "a.area"))
    assert value(table, result, "p.area") == pytest.approx(3000.0, rel=0.1)
    assert np.isfinite(error(table, result, "p.area"))
    assert np.isnan(result.misfit[0])


def line_only() -> ModelTable:
    return table_of(region([component("a", "gaussian", {"value": 161.0})]))


def test_nan_points_are_left_out() -> None:
    table = line_only()
    good = spectra_of(table, truth(table), np.random.default_rng(0))["S 2p"]
    holes = good.intensity.copy()
    holes[::7] = np.nan
    result = fit_step(
        table, {"S 2p": Spectrum.from_points(good.x, holes, counts_per_unit=1.0)}, None, QUIET
    )
    keep = np.isfinite(holes)
    expected = fit_step(
        table, {"S 2p": Spectrum(good.x[keep], good.intensity[keep], None, 1.0)}, None, QUIET
    )
    assert result.values.tolist() == expected.values.tolist()


def test_repeated_points_count_as_often_as_they_were_measured() -> None:
    table = line_only()
    rng = np.random.default_rng(5)
    once, again = (spectra_of(table, truth(table), rng)["S 2p"] for _ in range(2))
    both = Spectrum.from_points(
        np.concatenate([once.x, again.x]),
        np.concatenate([once.intensity, again.intensity]),
        counts_per_unit=1.0,
    )
    single, double = (fit_step(table, {"S 2p": s}, None, QUIET) for s in (once, both))
    assert double.status[0] == FitStatus.CONVERGED
    ratio = error(table, double, "a.area") / error(table, single, "a.area")
    assert ratio == pytest.approx(np.sqrt(0.5), rel=0.05)


@pytest.mark.parametrize("level", [1.0, 100.0])
def test_a_constant_spectrum_holds_no_line(level: float) -> None:
    table = line_only()
    x = np.linspace(155.0, 170.0, 151)
    flat = Spectrum(x, np.full(151, level), None, 1.0)
    result = fit_step(table, {"S 2p": flat}, None, QUIET)
    assert result.status[0] == FitStatus.AT_BOUND
    assert value(table, result, "a.area") == 0.0
    assert result.sigma_source[0] == "uniform, noise could not be estimated"
    assert np.isnan(result.reduced_chi_square[0])


@pytest.mark.parametrize("factor", [1e-12, 1e12])
@pytest.mark.parametrize("weights", ["uniform", "estimated", "poisson"])
def test_the_unit_of_the_intensity_changes_nothing_but_itself(weights: str, factor: float) -> None:
    parts = [component("a", "gaussian", {"value": 161.0}), component("b", "gaussian", 165.0)]
    table = table_of(region(parts), fit={"weights": weights})
    good = spectra_of(table, truth(table), np.random.default_rng(0))["S 2p"]
    plain = fit_step(table, {"S 2p": Spectrum(good.x, good.intensity)}, None, QUIET)
    scaled = fit_step(table, {"S 2p": Spectrum(good.x, factor * good.intensity)}, None, QUIET)
    assert scaled.status.tolist() == plain.status.tolist()
    for name in ("a.area", "b.area"):
        expected = factor * value(table, plain, name)
        assert value(table, scaled, name) == pytest.approx(expected, rel=1e-5)
        stderr = factor * error(table, plain, name)
        assert error(table, scaled, name) == pytest.approx(stderr, rel=1e-3)


def test_equal_heights_by_a_link_need_no_start_for_the_area() -> None:
    parts = [
        component("a", "gaussian", {"value": 161.0}),
        component("b", "gaussian", 165.0, area="a.area * b.fwhm / a.fwhm"),
    ]
    table = table_of(region(parts))
    assert table.linear.sum() == 3  # a.area and two of the line
    spectra = spectra_of(table, truth(table), np.random.default_rng(0))
    result = fit_step(table, spectra, None, QUIET)
    assert result.status[0] == FitStatus.CONVERGED
    assert value(table, result, "a.area") == pytest.approx(3000.0, rel=0.1)


@pytest.mark.parametrize("link", ["a.area / 2500", "sqrt(a.area) / 50"])
def test_an_area_that_sets_a_width_is_not_taken_as_linear(link: str) -> None:
    parts = [
        component("a", "gaussian", {"value": 161.0}),
        component("b", "gaussian", 165.0, fwhm=link),
    ]
    table = table_of(region(parts))
    names = [table.parameters[i].name for i in table.free[table.linear]]
    assert "a.area" not in names
    assert "b.area" in names
    free = truth(table)
    result = fit_step(table, spectra_of(table, free, np.random.default_rng(0)), None, QUIET)
    assert result.status[0] == FitStatus.CONVERGED
    assert value(table, result, "a.area") == pytest.approx(3000.0, rel=0.1)


def test_everything_fixed_is_an_answer_too() -> None:
    parts = [component("a", "gaussian", 161.0, area=3000.0, fwhm=1.2)]
    table = table_of(region(parts, {"kind": "shirley", "active": False}))
    assert len(table.free) == 0
    x = np.linspace(155.0, 170.0, 151)
    counts = np.random.default_rng(0).poisson(400 + 2300 * np.exp(-((x - 161.0) ** 2) / 0.52))
    result = fit_step(table, {"S 2p": Spectrum(x, counts.astype(float), None, 1.0)}, None, QUIET)
    assert result.status[0] == FitStatus.CONVERGED
    assert value(table, result, "a.area") == 3000.0


def test_a_link_that_has_no_value_at_the_start_says_which() -> None:
    parts = [
        component("a", "gaussian", {"value": 161.0}),
        component("b", "gaussian", 165.0, fwhm="sqrt(a.fwhm - 2)"),
    ]
    table = table_of(region(parts))
    x = np.linspace(155.0, 170.0, 151)
    spectrum = Spectrum(x, np.random.default_rng(0).poisson(400.0, 151).astype(float), None, 1.0)
    result = fit_step(table, {"S 2p": spectrum}, None, QUIET)
    assert result.status[0] == FitStatus.FAILED
    assert "b.fwhm = 'sqrt(a.fwhm - 2)' has no value where the fit starts" in result.message[0]


@pytest.mark.parametrize("asked", [0, 1, 5])
def test_cancelled_in_the_middle(asked: int) -> None:
    table = referenced()
    spectra = spectra_of(table, truth(table), np.random.default_rng(1))
    with pytest.raises(FitCancelled):
        fit_step(table, spectra, None, CancelAfter(asked))
