"""Rows of trends.csv: what is compared with what, and what a blank gets."""

from dataclasses import replace

import numpy as np
import pytest

from app.batch.beside import beside
from app.batch.trends_table import TREND_COLUMNS, TrendsTable, axis_unit
from fitting.plan import Plan
from fitting.quantify import FractionTable
from fitting.result import RegionInfo, SeriesResult
from fitting.series import AxisKind, IntensityUnit, Technique
from tests.app.program import PLAN
from tests.fitted_series import fitted

RESISTANCE = "resistance_ohm_cm2"
CHARGE = np.linspace(0.0, 20.0, 21)


def _fractions(value: np.ndarray) -> FractionTable:
    part = value[:, np.newaxis]
    error = np.full_like(part, 0.01)
    known = np.ones_like(part, bool)
    rest = [part, error, part - 0.02, part + 0.02, known, part + 0.0165, error, part, error]
    return FractionTable("S 2p", "area", ("A",), *rest)


def _steps(sample: str, charge: np.ndarray) -> SeriesResult:
    """A result of which only what the table looks at is there."""
    from tests.app.batch.test_tables import series

    few = series("S 2p", sample, [0, 1])
    result = fitted(PLAN, {"S 2p": few})[1]
    columns = {"charge_uAh_cm2": charge[:, np.newaxis], "time_s": 360.0 * CHARGE[:, np.newaxis]}
    many = {
        name: np.repeat(getattr(result, name)[:1], len(charge), axis=0)
        for name in (
            *("values", "covariance", "upper_limit", "deviance_drop", "lower95", "upper95"),
            *("at_bound", "status", "reduced_chi_square", "tried", "runner_up", "present"),
        )
    }
    info = RegionInfo("S 2p", Technique.XPS, AxisKind.BINDING_ENERGY, IntensityUnit.COUNTS, "a.vms")
    return replace(result, regions=(info,), steps=np.arange(len(charge)), columns=columns, **many)


@pytest.fixture(scope="module")
def made() -> dict[str, SeriesResult]:
    return {
        "cell": _steps("cell", CHARGE),
        "other": _steps("other", CHARGE),
        "blank": _steps("blank", 0.0 * CHARGE),
    }


def rows(made: dict[str, SeriesResult], *names: str, plan: str = PLAN) -> list[dict[str, object]]:
    table = TrendsTable(Plan.from_toml(plan))
    height = {"cell": 0.4, "other": 0.2, "blank": 0.01}
    for name in names:
        noise = np.random.default_rng(len(name)).normal(0.0, 0.01, len(CHARGE))
        curve = height[name] * -np.expm1(-CHARGE / 4.0) + noise
        for first in (0, 7):
            rest = slice(first, 7 if first == 0 else None)
            part = _cut(made[name], rest)
            table.add(part, _fractions(curve[rest]))
    return [dict(zip(TREND_COLUMNS, row, strict=True)) for row in table.rows()]


def _cut(result: SeriesResult, part: slice) -> SeriesResult:
    from tests.app.batch.test_tables import some_steps

    count = len(result.steps)
    whole = replace(
        result,
        **{
            name: tuple(getattr(result, name)[:1]) * count
            for name in ("sigma_source", "start", "message")
        },
    )
    return some_steps(whole, part)


def test_two_samples_have_their_own_rows_and_then_what_differs(made):
    found = rows(made, "cell", "other")
    slopes = [r for r in found if r["quantity"] == "initial_slope"]
    assert [(r["sample"], r["compared_with"]) for r in slopes] == [
        ("cell", ""),
        ("other", ""),
        ("cell", "other"),
    ]
    assert {(r["axis"], r["unit"]) for r in slopes} == {("charge_uAh_cm2", "per uAh/cm2")}
    assert slopes[2]["value"] == pytest.approx(slopes[0]["value"] - slopes[1]["value"])
    assert slopes[2]["note"].startswith("differ by")
    assert slopes[0]["source"] == "a.vms"


def test_a_blank_has_rates_along_time_and_so_have_those_beside_it(made):
    found = [r for r in rows(made, "cell", "blank") if r["quantity"] == "initial_slope"]
    assert [(r["sample"], r["axis"], r["compared_with"]) for r in found] == [
        ("cell", "charge_uAh_cm2", ""),
        ("cell", "time_s", ""),
        ("blank", "time_s", ""),
        ("cell", "time_s", "blank"),
    ]
    assert found[2]["note"].startswith("blank")
    assert found[2]["unit"] == "per s"


def test_the_plan_can_call_a_sample_blank(made):
    plan = PLAN.replace('strategy = "chained"', 'strategy = "chained"\nblank = ["other"]')
    found = rows(made, "cell", "other", plan=plan)
    assert {r["axis"] for r in found if r["sample"] == "other"} == {"time_s"}


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        ("charge_uAh_cm2", "uAh/cm2"),
        ("time_s", "s"),
        ("resistance_ohm_cm2", "ohm cm2"),
        ("cycle", ""),
    ],
)
def test_units_of_an_axis(column, unit):
    assert axis_unit(column) == unit


def test_what_is_measured_beside_the_spectra():
    varying = np.linspace(1.0, 2.0, 5)
    columns = {
        "charge_uAh_cm2": varying,
        "charge_throughput_uAh_cm2": varying,
        "time_s": varying,
        "cycle": varying,
        "current_density_mA_cm2": np.ones(5),
        "resistance_ohm_cm2": varying,
        "pressure_MPa": np.array([np.nan, 1.0, np.nan, 2.0, np.nan]),
        "dose_Gy": varying,
    }
    assert list(beside(columns, "dose_Gy")) == ["resistance_ohm_cm2", "pressure_MPa"]


def test_a_resistance_has_rows_of_its_own(made):
    resistance = 5.0 + 2.0 * CHARGE
    columns = {**made["cell"].columns, "resistance_ohm_cm2": resistance[:, np.newaxis]}
    found = rows({"cell": replace(made["cell"], columns=columns)}, "cell")
    (row,) = (r for r in found if (r["basis"], r["quantity"]) == (RESISTANCE, "initial_slope"))
    assert row["value"] == pytest.approx(2.0)
    assert row["unit"] == "ohm cm2 per uAh/cm2"
    assert (row["region"], row["phase"]) == ("", "")


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("charge_uAh_cm2", "sei_thickness_to_Li3P_at_most"),
        ("charge_side_uAh_cm2", "sei_thickness_to_Li3P"),
    ],
)
def test_the_last_charge_as_a_layer(made, column, name):
    """Of all charge it is an upper limit and no value; of side reactions it is the layer."""
    columns = {**made["cell"].columns, column: CHARGE[:, np.newaxis]}
    plan = PLAN.replace("A = {}", 'A = {formula = "Li6PS5Cl"}')
    found = rows({"cell": replace(made["cell"], columns=columns)}, "cell", plan=plan)
    (row,) = (r for r in found if str(r["quantity"]).startswith("sei_thickness_to_Li3P"))
    assert row["quantity"] == name
    known, empty = ("high95", "value") if name.endswith("most") else ("value", "high95")
    assert row[known] == pytest.approx(9.098 * 20.0, rel=1e-3)
    assert np.isnan(row[empty])
    assert ("upper limit" in str(row["note"])) == name.endswith("most")
