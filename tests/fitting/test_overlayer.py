"""A fitted overlayer: found where lines of one phase have different attenuation lengths."""

from typing import Any

import numpy as np
import pytest

from fitting.build import build_model
from fitting.chunkfit import notices
from fitting.errors import PlanError
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.overlayer import overlayer_notes
from fitting.plan import Plan
from fitting.plan_check import bent_links, plan_notes
from fitting.result import StepResult
from fitting.seriesfit import fit_series
from fitting.sharedfit import fit_shared
from fitting.stepfit import fit_step
from tests.fitting.synthetic import spectra_of, truth

NICKEL = {"material": "Ni", "thickness_nm": {"value": 3.0, "max": 30.0}, "phases": ["Ni"]}
THICKNESS = "overlayer.thickness_nm"
LINES = {"S 1s": (2463.0, 2470.2), "S 2p": (155.0, 160.2), "Li 1s": (47.0, 54.5)}
COUNTS = {"S 1s": 1, "S 2p": 1, "Li 1s": 2}
AMOUNT = 60_000.0


def plan_of(*regions: str, **layer: Any) -> Plan:
    """Li2S and a sulfate under nickel at Cr K alpha; one line of each in every region."""

    def lines(name: str) -> list[dict[str, Any]]:
        center, slug = LINES[name][1], name.replace(" ", "").lower()
        sulfide = {"id": f"li2s_{slug}", "phase": "Li2S", "count": COUNTS[name], "center": center}
        sulfate = {"id": f"so4_{slug}", "phase": "SO4", "center": center + 6.0}
        return [sulfide, sulfate]

    data = {
        "series": {"strategy": "joint"},
        "energy": {"source": "Cr Ka"},
        "quantification": {"material": "Li6PS5Cl"},
        "overlayer": {**NICKEL, **layer},
        "phases": {"Li2S": {}, "SO4": {}, "Ni": {}},
        "regions": [
            {
                "name": name,
                "window": [LINES[name][0], LINES[name][0] + 19.0],
                "background": {"kind": "linear"},
                "defaults": {"shape": "gaussian", "fwhm": 1.4},
                "components": lines(name),
            }
            for name in regions
        ],
    }
    return Plan.from_data(data)


def fitted(plan: Plan, seed: int, **layer: float) -> tuple[ModelTable, StepResult]:
    table = build_model(plan)
    true = {"amount__Li2S": AMOUNT, "amount__SO4": AMOUNT / 3.0, **layer}
    spectra = spectra_of(table, truth(table, **true), np.random.default_rng(seed))
    return table, fit_step(table, spectra, None, SilentMonitor())


def found(table: ModelTable, step: StepResult, name: str) -> tuple[float, float]:
    at = table.index[name]
    free = int(np.flatnonzero(table.free == at)[0])
    variance = step.covariance[free, free]  # marked by its sign where only sums are known
    return float(step.values[at]), float(np.sqrt(variance)) if variance >= 0.0 else np.nan


def test_thickness_comes_back_with_its_error() -> None:
    plan = plan_of("S 1s", "S 2p")
    pulls = []
    for seed in range(4):
        table, step = fitted(plan, seed, overlayer__thickness_nm=6.0)
        thickness, error = found(table, step, THICKNESS)
        assert 0.05 < error < 0.5
        pulls.append((thickness - 6.0) / error)
    assert np.abs(pulls).max() < 3.5
    assert np.mean(np.square(pulls)) < 3.0


def test_amounts_are_those_without_the_layer() -> None:
    table, step = fitted(plan_of("S 1s", "S 2p"), 0, overlayer__thickness_nm=6.0)
    amount, error = found(table, step, "amount.Li2S")
    assert abs(amount - AMOUNT) < 4.0 * error
    seen = step.values[table.index["li2s_s1s.area"]]
    assert 0.1 < seen / amount < 0.3  # exp(-6 / 3.56)


def test_links_go_to_lmfit_and_that_is_said() -> None:
    table = build_model(plan_of("S 1s", "S 2p"))
    assert set(bent_links(table)) == {f"{c}.area" for c in table.plan.components}
    assert any("lmfit" in note for note in notices(table))


def test_what_is_not_covered_is_not_bent() -> None:
    table = build_model(plan_of("S 1s", "S 2p", covers=["S 1s"]))
    assert set(bent_links(table)) == {"li2s_s1s.area", "so4_s1s.area"}


def test_sensitivities_leave_a_thickness_open() -> None:
    (note,) = overlayer_notes(plan_of("S 1s", "S 2p"))
    # 10 % twice over the difference of 1 / 3.56 and 1 / 5.69 per nm
    assert "leave it open by 1.4 nm" in note
    assert "identified" not in note
    assert note in plan_notes(plan_of("S 1s", "S 2p"))


@pytest.mark.parametrize(
    ("regions", "layer"),
    [
        (("S 2p",), {}),
        (("S 2p", "Li 1s"), {}),
        (("S 1s", "S 2p"), {"covered_fraction": {"value": 0.8}}),
        (("S 1s", "S 2p", "Li 1s"), {"covered_fraction": {"value": 0.8}}),
    ],
)
def test_not_identified_is_said(regions: tuple[str, ...], layer: dict[str, Any]) -> None:
    notes = overlayer_notes(plan_of(*regions, **layer))
    assert len(notes) == 1 + len(layer)
    assert all("is not identified by the lines of this plan" in note for note in notes)


def test_numbers_that_are_not_identified_have_no_error() -> None:
    plan = plan_of("S 1s", "S 2p", covered_fraction={"value": 0.5})
    layer = {"overlayer__thickness_nm": 6.0, "overlayer__covered_fraction": 0.8}
    table, step = fitted(plan, 0, **layer)
    for name in (THICKNESS, "overlayer.covered_fraction", "amount.Li2S"):
        assert np.isnan(found(table, step, name)[1])


def test_a_thickness_that_all_steps_share_is_known_better() -> None:
    plan = plan_of("S 1s", "S 2p")
    shared = plan.series.model_copy(update={"shared": ("thickness_nm",)})
    table = build_model(plan.model_copy(update={"series": shared}))
    rng = np.random.default_rng(1)
    steps = [
        spectra_of(
            table,
            truth(
                table,
                amount__Li2S=AMOUNT * share,
                amount__SO4=AMOUNT,
                overlayer__thickness_nm=6.0,
            ),
            rng,
        )
        for share in (0.2, 0.5, 0.8, 1.0)
    ]
    alone, one = found(table, fit_step(table, steps[0], None, SilentMonitor()), THICKNESS)
    labels = [f"step {k}" for k in range(len(steps))]
    own = fit_series(table, steps, labels, SilentMonitor())
    position = np.linspace(0.0, 1.0, len(steps))
    results = fit_shared(table, steps, labels, position, own, SilentMonitor())
    thicknesses = [found(table, step, THICKNESS) for step in results]
    assert len({thickness for thickness, _ in thicknesses}) == 1
    thickness, error = thicknesses[0]
    assert abs(thickness - 6.0) < 3.5 * error
    assert error < 0.75 * one
    assert abs(alone - 6.0) < 4.0 * one


def test_the_compiled_engine_refuses_and_says_why() -> None:
    plan = plan_of("S 1s", "S 2p")
    forced = plan.model_copy(update={"fit": plan.fit.model_copy(update={"engine": "compiled"})})
    table = build_model(forced)
    spectra = spectra_of(table, truth(table))
    with pytest.raises(PlanError, match="is not affine"):
        fit_series(table, [spectra], ["step 0"], SilentMonitor())


def test_a_known_layer_has_no_notes() -> None:
    assert overlayer_notes(plan_of("S 1s", "S 2p", thickness_nm=6.0)) == []
    assert bent_links(build_model(plan_of("S 1s", "S 2p", thickness_nm=6.0))) == {}
