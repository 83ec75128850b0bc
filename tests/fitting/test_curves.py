"""A redrawn fit is the fit: same points, same weights, same chi-square."""

from dataclasses import replace

import numpy as np
import pytest

from fitting.curves import draw, redraw
from fitting.errors import DataError
from fitting.model import SHIFT
from fitting.result import FitStatus
from fitting.series import AxisKind
from tests.fitted_series import E1_PLAN, e1_series, fit_steps, stack

STEPS = 4
FIXED = E1_PLAN.replace('reference = "component"', 'reference = "value"\nshift_eV = 0.2')
WEIGHTS_FOLLOW = 1e-3
"""Weights belong to the last model but one; the fit stops when they change by less than this."""


@pytest.fixture(scope="module")
def series():
    return next(iter(e1_series(STEPS).values()))


@pytest.fixture(scope="module")
def chained(series):
    table, parts = fit_steps(E1_PLAN, series)
    return table, parts, stack(table, series, parts)


def misfit(curves):
    return float(np.nansum(curves.residual**2) / np.count_nonzero(curves.inside))


BACKGROUNDS = {
    "active": '{kind="shirley", active=true}',
    "static": '{kind="shirley", active=false}',
    "polynomial": '{kind="polynomial", degree=1}',
}


@pytest.mark.parametrize("weights", ["poisson", "uniform", "estimated"])
@pytest.mark.parametrize("background", list(BACKGROUNDS))
def test_chi_square_is_that_of_the_fit(series, weights, background):
    plan = FIXED.replace("[fit]", f'[fit]\nweights = "{weights}"')
    plan = plan.replace(BACKGROUNDS["active"], BACKGROUNDS[background])
    table, parts = fit_steps(plan, series)
    result = stack(table, series, parts)
    tolerance = 1e-6 if weights == "uniform" else WEIGHTS_FOLLOW
    for row, part in enumerate(parts):
        for r, info in enumerate(result.regions):
            curves = redraw(table, result, row, series[info.name])
            assert misfit(curves) == pytest.approx(part.misfit[r], rel=tolerance)


def test_given_errors_are_those_of_the_file(series):
    given = {name: replace(one, sigma=np.sqrt(one.intensity + 1.0)) for name, one in series.items()}
    plan = FIXED.replace("[fit]", '[fit]\nweights = "given"')
    table, parts = fit_steps(plan, given)
    result = stack(table, given, parts)
    curves = redraw(table, result, 1, given["P 2p"])
    # the compiled engine does not draw the curve again after its last, tiny step
    assert misfit(curves) == pytest.approx(parts[1].misfit[1], rel=1e-6)
    assert np.array_equal(
        curves.sigma[curves.inside], np.sqrt(curves.intensity[curves.inside] + 1.0)
    )


def test_fitted_shift_moves_window_and_lines(series, chained):
    table, parts, result = chained
    for row, part in enumerate(parts):
        curves = redraw(table, result, row, series["P 2p"])
        shift = result.values[row, SHIFT]
        assert curves.shift == shift
        assert curves.x[curves.inside].min() >= 123.5 + shift
        assert curves.x[curves.inside].max() <= 136.0 + shift
        top = curves.x[np.nanargmax(curves.components[0])]
        assert top == pytest.approx(131.7 + shift, abs=0.16)
        # the region that carries the reference is cut before its shift is known, P 2p after
        assert misfit(curves) == pytest.approx(part.misfit[1], rel=WEIGHTS_FOLLOW)


def test_components_are_named_and_integrate_to_their_areas(series, chained):
    table, _, result = chained
    curves = redraw(table, result, STEPS - 1, series["S 2p"])
    assert curves.names == ("ps4_s2p", "free_s2p", "li2s_s2p")
    assert curves.phases == ("Li6PS5Cl", "Li6PS5Cl", "Li2S")
    inside = curves.inside
    for name, curve in zip(curves.names, curves.components, strict=True):
        area = result.values[STEPS - 1, table.index[f"{name}.area"]]
        # Lorentzian tails reach beyond the window
        assert np.trapezoid(curve[inside], curves.x[inside]) == pytest.approx(area, rel=0.06)
    assert np.allclose(
        curves.envelope[inside], curves.components[:, inside].sum(0) + curves.background[inside]
    )


def test_outside_the_window_there_are_no_numbers(series, chained):
    table, _, result = chained
    curves = redraw(table, result, 0, series["S 2p"])
    assert 0 < np.count_nonzero(curves.inside) < len(curves.x)
    for values in (curves.sigma, curves.background, curves.residual, curves.components[1]):
        assert np.array_equal(np.isfinite(values), curves.inside)
    assert np.all(np.isfinite(curves.intensity))


@pytest.mark.parametrize("status", [FitStatus.FAILED, FitStatus.EXCLUDED])
def test_what_was_not_fitted_shows_data_only(series, chained, status):
    table, _, result = chained
    words = np.array(result.status)
    words[2, 0] = status
    result = replace(result, status=words)
    curves = redraw(table, result, 2, series["S 2p"])
    assert not curves.fitted
    assert np.isnan(curves.envelope).all()
    assert len(curves.intensity) == series["S 2p"].intensity.shape[1]
    assert redraw(table, result, 2, series["P 2p"]).fitted


def test_kinetic_axes_and_points_that_are_nan_are_drawn_as_they_were_fitted(series, chained):
    table, parts, result = chained
    one = series["P 2p"]
    intensity = np.hstack([one.intensity, np.full((STEPS, 1), np.nan)])
    kinetic = replace(
        one,
        axis_kind=AxisKind.KINETIC_ENERGY,
        x=np.append(1486.6 - one.x, 900.0),
        intensity=intensity,
    )
    curves = redraw(table, result, 1, kinetic)
    assert misfit(curves) == pytest.approx(parts[1].misfit[1], rel=WEIGHTS_FOLLOW)


def test_a_step_without_the_region_is_an_error(series, chained):
    table, _, result = chained
    with pytest.raises(KeyError, match="S 2p, step 0"):
        redraw(table, result, 0, series["S 2p"].rows(1, 3))


def test_a_curve_that_cannot_be_drawn_again_is_a_gap_and_says_why_when_asked(series, chained):
    table, _, result = chained
    values = np.array(result.values)
    values[0, SHIFT] = 50.0
    moved = replace(result, values=values)
    assert not redraw(table, moved, 0, series["P 2p"]).fitted
    with pytest.raises(DataError, match=r"here: the window .* holds no data"):
        draw(table.regions[1], series["P 2p"].spectrum(0), values[0], "poisson", "here")
