"""The amount of a phase drives its lines in all regions: model, both engines, missing regions."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitting.arrays import FloatArray
from fitting.build import build_model
from fitting.errors import PlanError
from fitting.joint import AMOUNT, joint_notes
from fitting.labels import exchangeable, in_order
from fitting.model import ModelTable, State
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.plan_check import check_plan
from fitting.plan_text import plan_text
from fitting.result import FitStatus, StepResult
from fitting.sensitivity import sensitivity
from fitting.seriesfit import fit_series, rounds_of
from fitting.spectrum import Spectrum
from tests.fitting.synthetic import spectra_of

DOUBLET = {"shape": "pseudo_voigt", "lorentz_fraction": 0.3}
FREE_X = {"symbol": "x", "value": 1.5, "min": 0.0, "max": 3.0, "known": "free"}
WIDTH = {"value": 1.1, "min": 0.7, "max": 1.8}
AMOUNTS = {"Li6PS5Cl": 4000.0, "Li2S": 6000.0, "LixP": 5000.0}


def plan_data(composition: Mapping[str, Any] | None = None, **tables: Any) -> dict[str, Any]:
    """Argyrodite, Li2S and LixP in three regions, and a loose line."""
    sulfur = [
        {"id": "ps4", "phase": "Li6PS5Cl", "count": 4, "center": 161.5, "fwhm": WIDTH},
        {"id": "lattice", "phase": "Li6PS5Cl", "center": 160.1, "fwhm": "ps4.fwhm"},
        {"id": "sulfide", "phase": "Li2S", "center": 160.2, "fwhm": "ps4.fwhm"},
        {"id": "loose", "center": 168.5, "fwhm": 1.6},
    ]
    phosphorus = [
        {"id": "ps4_p", "phase": "Li6PS5Cl", "center": 131.7, "fwhm": WIDTH},
        {"id": "lixp_p", "phase": "LixP", "center": 128.5, "fwhm": 2.0},
    ]
    lithium = [
        {"id": "pellet_li", "phase": "Li6PS5Cl", "count": 6, "center": 55.6, "fwhm": 1.4},
        {"id": "sulfide_li", "phase": "Li2S", "count": 2, "center": 54.6, "fwhm": 1.4},
        {"id": "lixp_li", "phase": "LixP", "count": "x", "center": 54.9, "fwhm": 1.4},
    ]

    def one(name: str, low: float, high: float, lines: list[Any], split: float = 0.0) -> Any:
        doublet = {"doublet": {"splitting": split, "ratio": 0.5}} if split else {}
        return {
            "name": name,
            "window": [low, high],
            "background": {"kind": "shirley", "active": True},
            "defaults": {**DOUBLET, **doublet},
            "components": lines,
        }

    given = {"symbol": "x", "value": 1.5}
    return {
        "series": {"strategy": "joint", **tables.pop("series", {})},
        "energy": {"photon_energy_eV": 1486.6, **tables.pop("energy", {})},
        "phases": {"Li6PS5Cl": {}, "Li2S": {}, "LixP": {"composition": composition or given}},
        "regions": [
            one("S 2p", 157.0, 171.5, sulfur, 1.18),
            one("P 2p", 124.0, 136.0, phosphorus, 0.86),
            one("Li 1s", 50.0, 61.0, lithium),
        ],
        **tables,
    }


def table_of(*args: Any, **tables: Any) -> ModelTable:
    return build_model(Plan.from_data(plan_data(*args, **tables)))


def truth_of(table: ModelTable, **amounts: float) -> FloatArray:
    wanted = {f"amount.{name}": value for name, value in (AMOUNTS | amounts).items()}
    free = table.start.copy()
    for f, index in enumerate(table.free):
        row = table.parameters[index]
        if row.name in wanted:
            free[f] = wanted[row.name]
        elif row.parameter == "level":
            free[f] = 300.0
        elif row.name == "loose.area":
            free[f] = 900.0
        elif row.parameter == "k":
            free[f] = 0.02
    return free


def measured(table: ModelTable, seed: int, **amounts: float) -> dict[str, Spectrum]:
    return spectra_of(table, truth_of(table, **amounts), np.random.default_rng(seed), margin=1.0)


def fitted(table: ModelTable, steps: list[dict[str, Spectrum]]) -> list[StepResult]:
    labels = [f"step {k}" for k in range(len(steps))]
    return fit_series(table, steps, labels, SilentMonitor())


def found(table: ModelTable, result: StepResult, name: str) -> tuple[float, float]:
    place = table.index[name]
    slopes = table.jacobian(result.values[table.free])[place]
    used = slopes != 0.0
    variance = slopes[used] @ result.covariance[np.ix_(used, used)] @ slopes[used]
    return float(result.values[place]), float(np.sqrt(variance))


def test_an_area_is_amount_times_count_times_sensitivity() -> None:
    table = table_of()
    values = table.values(truth_of(table))
    sulfur, phosphorus, lithium = (
        sensitivity(level, 1486.6).value for level in ("S 2p", "P 2p", "Li 1s")
    )
    expected = {
        "ps4.area": 4 * 4000.0,
        "lattice.area": 4000.0,
        "sulfide.area": 6000.0,
        "lixp_p.area": 5000.0 * phosphorus / sulfur,
        "lixp_li.area": 1.5 * 5000.0 * lithium / sulfur,
        "pellet_li.area": 6 * 4000.0 * lithium / sulfur,
    }
    for name, area in expected.items():
        assert values[table.index[name]] == pytest.approx(area)
        assert table.parameters[table.index[name]].state is State.LINKED
    link = table.parameters[table.index["ps4.area"]].link
    assert link == "amount.Li6PS5Cl * 4 * sensitivity.S 2p"
    assert table.parameters[table.index["loose.area"]].state is State.FREE
    assert table.blocks == ((0, 1, 2),)
    assert not table.links


def test_a_component_with_an_area_of_its_own_stays_loose() -> None:
    data = plan_data()
    data["regions"][2]["components"][1]["area"] = {"min": 0.0}
    table = build_model(Plan.from_data(data))
    assert table.parameters[table.index["sulfide_li.area"]].state is State.FREE
    assert table.parameters[table.index["lixp_li.area"]].link.startswith("amount.LixP * ")


@pytest.mark.parametrize("engine", ["compiled", "lmfit"])
def test_joint_gives_the_truth_and_both_engines_agree(engine: str) -> None:
    table = table_of(fit={"engine": engine})
    steps = [measured(table, seed, Li2S=2000.0 * seed) for seed in range(3)]
    results = fitted(table, steps)
    for k, result in enumerate(results):
        assert max(result.status) <= FitStatus.AT_BOUND
        for name, value in (AMOUNTS | {"Li2S": 2000.0 * k}).items():
            amount, error = found(table, result, f"amount.{name}")
            if value:
                assert abs(amount - value) < 4.0 * error
    absent = results[0].upper_limit[list(table.free).index(table.index["amount.Li2S"])]
    assert 0.0 < absent < 400.0
    other = table_of(fit={"engine": "lmfit" if engine == "compiled" else "compiled"})
    [same] = fitted(other, steps[2:])
    error = np.sqrt(np.diag(same.covariance))
    off = same.values[table.free] - results[2].values[table.free]
    assert np.all(np.abs(off) <= 0.01 * error)
    assert np.sqrt(np.diag(results[2].covariance)) == pytest.approx(error, rel=0.01)


def test_phosphorus_and_lithium_sharpen_what_sulfur_says() -> None:
    joint = table_of()
    spectra = measured(joint, 5)
    data = plan_data()
    alone = build_model(Plan.from_data({**data, "regions": data["regions"][:1]}))
    errors = [
        found(table, fitted(table, [{n: spectra[n] for n in names}])[0], "amount.Li2S")[1]
        for table, names in ((joint, ("S 2p", "P 2p", "Li 1s")), (alone, ("S 2p",)))
    ]
    assert errors[0] < 0.97 * errors[1]


def test_regions_may_be_missing_and_what_they_alone_tell_is_then_not_known() -> None:
    table = table_of()
    steps = [measured(table, seed) for seed in range(4)]
    del steps[1]["Li 1s"]
    del steps[2]["P 2p"], steps[2]["Li 1s"]
    results = fitted(table, steps)
    assert [list(r.status < FitStatus.FAILED) for r in results] == [
        [True, True, True],
        [True, True, False],
        [True, False, False],
        [True, True, True],
    ]
    phosphide = table.index["amount.LixP"]
    assert np.isnan(results[2].values[phosphide])
    assert np.isfinite([r.values[phosphide] for r in results]).tolist() == [True, True, False, True]
    for result in results:
        amount, error = found(table, result, "amount.Li2S")
        assert abs(amount - 6000.0) < 4.0 * error


def test_a_free_composition_is_a_mixture_of_its_ends() -> None:
    table = table_of(FREE_X)
    assert {"amount.LixP.min", "amount.LixP.max"} < set(table.index)
    made = table_of()
    steps = [measured(made, seed, LixP=40_000.0) for seed in range(2)]
    for result in fitted(table, steps):
        x, error = found(table, result, "LixP.x")
        assert abs(x - 1.5) < 4.0 * error < 1.5
        amount, error = found(table, result, "amount.LixP")
        assert abs(amount - 40_000.0) < 4.0 * error
    values = table.values(np.ones(len(table.free)))
    assert values[table.index["LixP.x"]] == pytest.approx(1.5)
    assert values[table.index["amount.LixP"]] == pytest.approx(2.0)
    assert table.linear.sum() == table_of().linear.sum() + 1


def test_two_lines_of_single_amounts_can_change_places() -> None:
    data = plan_data()
    data["phases"]["Li3P"] = {}
    lines = data["regions"][1]["components"]
    lines[1] |= {"center": {"min": 126.0, "max": 130.0}, "count": 2}
    center = {"min": 124.5, "max": 128.5}
    lines.append({"id": "li3p", "phase": "Li3P", "center": center, "fwhm": 2.0})
    data["regions"][2]["components"].pop()
    table = build_model(Plan.from_data(data))
    [pair] = exchangeable(table)
    assert sorted(pair.gain, reverse=True)[0] == pytest.approx(2.0 * min(pair.gain))
    free = truth_of(table)
    place = {table.parameters[i].name: f for f, i in enumerate(table.free)}
    free[place["amount.LixP"]], free[place["lixp_p.center"]] = 1000.0, 126.1
    free[place["amount.Li3P"]], free[place["li3p.center"]] = 3000.0, 128.4
    sorted_ = in_order(table, free)
    assert sorted_[place["amount.LixP"]] == pytest.approx(1500.0)
    assert sorted_[place["amount.Li3P"]] == pytest.approx(2000.0)
    assert sorted_[place["li3p.center"]] == 126.1


def test_what_is_shared_may_be_named_beside_joint() -> None:
    plan = Plan.from_data(plan_data(series={"shared": ["fwhm"]}))
    assert "shared" in rounds_of(plan)
    held = {"quantification": {"fit_sensitivities": False}}
    assert rounds_of(Plan.from_data(plan_data(**held))) == ("chain", "sweep", "join")
    assert "shared" in rounds_of(Plan.from_data(plan_data()))


WRONG = [
    ({"energy": {"photon_energy_eV": None}}, "series.strategy", "photon_energy_eV is missing"),
    ({"composition": {"symbol": "z", "value": 1}}, "lixp_li", "'x' alone is no parameter"),
    ({"composition": {**FREE_X, "min": -1.0}}, "lixp_li", "'x' is -1"),
    ({"composition": {**FREE_X, "min": None}}, "phases.LixP.composition", "needs min and max"),
    ({"composition": {**FREE_X, "value": 5.0}}, "phases.LixP.composition", "min <= value"),
    ({"series": {"stiffness": 3.0}}, "series", "stiffness needs shared"),
]


@pytest.mark.parametrize(("change", "key", "words"), WRONG)
def test_a_wrong_joint_plan_is_told_what_is_right(
    change: dict[str, Any], key: str, words: str
) -> None:
    with pytest.raises(PlanError, match=words) as caught:
        build_model(Plan.from_data(plan_data(**change)))
    assert key in caught.value.key


def test_a_composition_that_no_line_tells_is_refused() -> None:
    data = plan_data(FREE_X)
    data["regions"] = data["regions"][:2]
    checked = check_plan(Plan.from_data(data))
    assert [error.key for error in checked.problems] == ["phases.LixP.composition"]
    assert "known" in checked.problems[0].problem


def test_a_joint_plan_survives_being_written() -> None:
    plan = Plan.from_data(plan_data(FREE_X))
    assert Plan.from_toml(plan_text(plan)) == plan


NOTED = [
    ({"fit": {"errors": "profile"}}, "they are held", 'errors = "profile"'),
    ({"series": {"strategy": "chained"}, "composition": FREE_X}, "x is held at 1.5", '"joint"'),
]


@pytest.mark.parametrize(("change", "first", "second"), NOTED)
def test_what_is_asked_for_and_not_done_is_noted(
    change: dict[str, Any], first: str, second: str
) -> None:
    (note,) = joint_notes(Plan.from_data(plan_data(**change)))
    assert first in note
    assert second in note
    assert not joint_notes(Plan.from_data(plan_data(FREE_X)))


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.floats(0.3, 3.0), min_size=3, max_size=3),
    st.lists(st.floats(0.0, 1e5), min_size=4, max_size=4),
)
def test_slopes_of_areas_are_those_of_the_product(
    factors: list[float], amounts: list[float]
) -> None:
    table = table_of(FREE_X)
    free = truth_of(table)
    free[list(table.factor_places)] = factors
    places = [f for f, i in enumerate(table.free) if table.parameters[i].component == AMOUNT]
    free[places] = amounts
    areas = [table.index[name] for name in ("ps4.area", "lixp_p.area", "lixp_li.area")]
    slopes = table.jacobian(free)[areas]
    for f in (*places, *table.factor_places):
        step = 1.0 if f in places else 0.1
        ends = [table.values(free + step * sign * np.eye(len(free))[f])[areas] for sign in (1, -1)]
        found = (ends[0] - ends[1]) / (2.0 * step)  # bilinear: exact for any step
        assert found == pytest.approx(slopes[:, f], rel=1e-8, abs=1e-6)
    assert np.all(table.slopes(free[np.newaxis])[0][areas] == slopes)
