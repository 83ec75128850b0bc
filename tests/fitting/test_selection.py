"""Which phases: simulated series in which some are offered that are not there."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from fitting.arrays import FloatArray
from fitting.build import build_model
from fitting.errors import FitCancelled
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.selection import Selection, select, worth_of
from fitting.spectrum import Spectrum
from tests.contracts.engine import CancelAfter
from tests.fitting.synthetic import component, region, spectra_of, truth

STEPS = 12
CENTERS = {"PS4": 161.6, "Li2S": 160.2, "S0": 163.6, "SO3": 166.6, "SO4": 168.6}


def plan(*more: dict[str, object], **centers: object) -> Plan:
    parts = [
        component(name.lower(), "gaussian", centers.get(name, center), phase=name, fwhm=1.2)
        for name, center in CENTERS.items()
    ]
    parts[0]["fwhm"] = {"value": 1.2, "min": 0.8, "max": 1.8}
    parts += more
    phases: Mapping[str, object] = {str(p["phase"]): {} for p in parts}
    return Plan.from_data({"phases": phases, "regions": [region(parts, window=(156.0, 172.0))]})


def areas(table: ModelTable, present: Mapping[str, FloatArray]) -> list[dict[str, float]]:
    names = [table.parameters[i].name for i in table.free]
    area = [name for name in names if name.endswith(".area")]
    return [
        {
            name.replace(".", "__"): float(present.get(name[:-5], np.zeros(STEPS))[k])
            for name in area
        }
        for k in range(STEPS)
    ]


def measured(
    whole: Plan, present: Mapping[str, FloatArray], seed: int = 0
) -> list[dict[str, Spectrum]]:
    table, rng = build_model(whole), np.random.default_rng(seed)
    return [spectra_of(table, truth(table, **own), rng) for own in areas(table, present)]


def selected(whole: Plan, spectra: Sequence[dict[str, Spectrum]]) -> Selection:
    return select(whole, spectra, [f"step {k}" for k in range(len(spectra))], SilentMonitor())


GROWING: dict[str, FloatArray] = {
    "ps4": np.linspace(8000, 3000, STEPS),
    "li2s": np.linspace(0, 5000, STEPS),
}


def test_phases_that_are_not_there_are_left_out_and_a_runner_up_is_shown() -> None:
    found = selected(plan(), measured(plan(), GROWING))
    assert found.found == ("PS4", "Li2S")
    assert found.left_out == ("S0", "SO3", "SO4")
    assert found.runner_up is not None
    assert 0.0 < found.runner_up.delta_bic < 25.0
    assert found.runner_up.without is None
    assert not found.inseparable
    assert found.misfit == pytest.approx(1.0, abs=0.1)


def test_how_often_the_exact_set_is_found() -> None:
    exact = [selected(plan(), measured(plan(), GROWING, seed)).found for seed in range(1, 9)]
    assert exact.count(("PS4", "Li2S")) >= 7


def test_a_phase_that_is_there_in_two_steps_only_is_kept() -> None:
    late = np.where(np.arange(STEPS) >= STEPS - 2, 500.0, 0.0)
    found = selected(plan(), measured(plan(), {**GROWING, "so4": late}))
    assert found.found == ("PS4", "Li2S", "SO4")
    worth = next(w for w in found.worths if w.phase == "SO4")
    assert worth.steps == 2


def test_what_no_phase_explains_is_evidence_for_none() -> None:
    whole = plan()
    spectra = measured(whole, GROWING)
    rough = [
        {
            name: Spectrum(s.x, np.round(s.intensity * (1.0 + 0.15 * np.sin(9.0 * s.x))), None, 1.0)
            for name, s in step.items()
        }
        for step in spectra
    ]
    found = selected(whole, rough)
    assert found.misfit > 3.0
    assert {"PS4", "Li2S"} <= set(found.found)


def test_a_bad_spectrum_has_no_say() -> None:
    spectra = measured(plan(), GROWING)
    own = spectra[5]["S 2p"]
    dead = np.where(own.x > 163.0, 0.0, own.intensity)
    spectra[5]["S 2p"] = Spectrum(own.x, dead, None, 1.0)
    assert selected(plan(), spectra).found == ("PS4", "Li2S")


def test_two_lines_in_one_place_are_scored_as_one() -> None:
    twin = component("twin", "gaussian", 160.23, phase="Twin", fwhm=1.2)
    whole = plan(twin)
    found = selected(whole, measured(whole, GROWING))
    one = set(found.found) & {"Li2S", "Twin"}
    assert len(one) == 1
    assert set(found.found) - one == {"PS4"}
    pairs = {frozenset(pair.phases) for pair in found.inseparable}
    assert pairs == {frozenset(("Li2S", "Twin"))}
    assert any(pair.correlation is not None for pair in found.inseparable)
    assert found.runner_up is not None
    assert found.runner_up.instead != "Twin" or found.runner_up.without is None


def test_a_free_center_costs() -> None:
    free = {"value": 163.6, "min": 162.9, "max": 164.3}
    whole = plan(S0=free, SO3={"value": 166.6, "min": 165.9, "max": 167.3})
    assert selected(whole, measured(whole, GROWING, 5)).found == ("PS4", "Li2S")


def test_missing_regions_and_steps_without_an_answer() -> None:
    own = component("li3p", "gaussian", 126.0, phase="Li3P", fwhm=1.5)
    two = plan().model_dump(mode="json")
    two["phases"]["Li3P"] = {}
    extra = Plan.from_data({"phases": {"Li3P": {}}, "regions": [region([own], name="P 2p")]})
    two["regions"].append(extra.model_dump(mode="json")["regions"][0] | {"window": [122.0, 136.0]})
    whole = Plan.from_data(two)
    spectra = measured(whole, {**GROWING, "li3p": np.full(STEPS, 2000.0)})
    for step in spectra[:8]:
        step.pop("P 2p")
    spectra[3]["S 2p"] = Spectrum(np.arange(3.0), np.ones(3), None, 1.0)
    found = selected(whole, spectra)
    assert found.found == ("PS4", "Li2S", "Li3P")
    assert next(w for w in found.worths if w.phase == "Li3P").steps == 4


def test_the_user_can_stop() -> None:
    spectra = measured(plan(), GROWING)
    with pytest.raises(FitCancelled):
        select(plan(), spectra, ["" for _ in spectra], CancelAfter(3))


drops = arrays.arrays(float, st.integers(1, 30), elements=st.floats(-5.0, 100.0))


@settings(deadline=None, max_examples=50)
@given(drops, st.floats(3.0, 20.0))
def test_worth_is_the_best_choice_of_steps(drop: FloatArray, cost: float) -> None:
    from math import comb, log

    best, steps = worth_of(drop, np.full(len(drop), cost))
    ordered = sorted((max(d, 0.0) - cost for d in drop), reverse=True)
    total = len(drop)
    tried = [sum(ordered[:m]) - 2.0 * log(comb(total, m)) for m in range(1, total + 1)]
    assert best == pytest.approx(max(tried), abs=1e-6)
    assert tried[steps - 1] == pytest.approx(best, abs=1e-6)


def test_steps_in_which_a_phase_cannot_be_seen_say_nothing() -> None:
    drop, cost = np.array([50.0, 500.0, np.nan]), np.array([6.0, 0.0, 0.0])
    assert worth_of(drop, cost) == (44.0, 1)
    assert worth_of(drop, np.zeros(3)) == (0.0, 0)
