"""A series of results: views of single numbers, and what its arrays must agree on."""

from dataclasses import replace

import numpy as np
import pytest

from fitting.model import ModelTable
from fitting.result import SeriesResult
from tests.fitted_series import E1_PLAN, e1_series, fitted


@pytest.fixture(scope="module")
def fit() -> tuple[ModelTable, SeriesResult]:
    sample = next(iter(e1_series(steps=2).values()))
    return fitted(E1_PLAN, sample)


def test_a_free_parameter_has_the_error_of_its_covariance(
    fit: tuple[ModelTable, SeriesResult],
) -> None:
    table, result = fit
    place = table.index["ps4_s2p.fwhm"]
    own = int(np.flatnonzero(table.free == place)[0])
    found = result.estimate(1, "ps4_s2p.fwhm", table.jacobian(result.values[1, table.free]))
    assert found.value == result.values[1, place]
    assert found.stderr == pytest.approx(np.sqrt(result.covariance[1, own, own]))
    assert found.stderr == pytest.approx(result.stderr(1)[own])


def test_a_linked_parameter_has_the_error_of_what_it_follows(
    fit: tuple[ModelTable, SeriesResult],
) -> None:
    table, result = fit
    jacobian = table.jacobian(result.values[0, table.free])
    leader = result.estimate(0, "ps4_s2p.area", jacobian)
    linked = result.estimate(0, "free_s2p.area", jacobian)
    assert leader.stderr is not None
    assert linked.value == pytest.approx(leader.value / 4.0)
    assert linked.stderr == pytest.approx(leader.stderr / 4.0)
    assert linked.unit == leader.unit


def test_a_fixed_parameter_has_no_error(fit: tuple[ModelTable, SeriesResult]) -> None:
    table, result = fit
    found = result.estimate(0, "lixp_p2p.fwhm", table.jacobian(result.values[0, table.free]))
    assert (found.value, found.stderr) == (2.5, None)


def test_what_follows_something_unknown_is_unknown(fit: tuple[ModelTable, SeriesResult]) -> None:
    table, result = fit
    own = int(np.flatnonzero(table.free == table.index["ps4_s2p.area"])[0])
    covariance = result.covariance.copy()
    covariance[0, own, :] = covariance[0, :, own] = np.nan
    result = replace(result, covariance=covariance)
    jacobian = table.jacobian(result.values[0, table.free])
    assert result.estimate(0, "free_s2p.area", jacobian).stderr is None
    assert result.estimate(0, "ps4_s2p.fwhm", jacobian).stderr is not None


def test_arrays_agree_and_nobody_writes_to_them(fit: tuple[ModelTable, SeriesResult]) -> None:
    _, result = fit
    with pytest.raises(ValueError, match="read-only"):
        result.values[0, 0] = 1.0
    for name in ("values", "covariance", "upper_limit", "at_bound", "status", "present"):
        with pytest.raises(ValueError, match=f"{name} has shape"):
            replace(result, **{name: getattr(result, name)[:1]})
    with pytest.raises(KeyError):
        result.region_index("O 1s")
