"""Regions against each other: what one alone gives, tensions, and who is to blame."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from fitting.arrays import FloatArray
from fitting.build import build_model
from fitting.checks.points import views_of
from fitting.consistency import Consistency, pairs_of
from fitting.consistency_series import SeriesConsistency
from fitting.consistency_words import (
    AGREES,
    ALONE,
    SILENT,
    level_verdicts,
    pair_verdicts,
    series_checks,
    step_verdicts,
    suspect,
)
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.quantify import quantify
from fitting.result import SeriesResult
from fitting.sharedfit import fit_shared
from tests.fitted_series import stack
from tests.fitting.joint_series import Steps, joint_fit, seen_with, series_of
from tests.fitting.test_joint import FREE_X, fitted, measured, plan_data, table_of
from tests.fitting.test_joint_sensitivities import series as sensitivity_series

SEVEN = [
    ("Li6PS5Cl", "S 2p"),
    ("Li6PS5Cl", "P 2p"),
    ("Li6PS5Cl", "Li 1s"),
    ("Li2S", "S 2p"),
    ("Li2S", "Li 1s"),
    ("LixP", "P 2p"),
    ("LixP", "Li 1s"),
]


def looked_at(table: ModelTable, steps: Steps) -> tuple[SeriesConsistency, Consistency]:
    result, series = joint_fit(table, steps)
    look = SeriesConsistency(table)
    return look, look.look(result, views_of(result, table, series).values())


def seen(
    count: int, factors: Mapping[str, float] | None = None, **amounts: float
) -> tuple[SeriesConsistency, Consistency]:
    table = table_of()
    made = seen_with(table, factors or {})
    return looked_at(table, [measured(made, seed, **amounts) for seed in range(count)])


def test_phases_of_several_regions() -> None:
    table = table_of()
    found = [(pair.phase, table.regions[pair.region].name) for pair in pairs_of(table)]
    assert found == SEVEN
    data = plan_data()
    data["regions"][2]["components"][1]["area"] = {"min": 0.0}
    loose = build_model(Plan.from_data(data))
    assert "Li2S" not in [pair.phase for pair in pairs_of(loose)]
    chained = build_model(Plan.from_data(plan_data(series={"strategy": "chained"})))
    assert pairs_of(chained) == ()


def test_tensions_of_data_that_match_have_unit_variance() -> None:
    look, found = seen(24)
    assert found.tension.shape == (24, 7)
    assert np.isfinite(found.tension).all()
    assert 0.85 < float(np.std(found.tension)) < 1.15
    assert np.all(np.abs(found.tension.mean(axis=0)) < 4.0 / np.sqrt(24))
    pooled = look.pooled()
    assert pooled is not None
    assert np.all(np.abs(pooled.tension) < 4.0)
    assert np.all(np.abs(pooled.drift) < 4.0)
    assert not list(series_checks(pooled, look)) or np.abs(pooled.tension).max() > 3.0


@pytest.mark.parametrize("region", [0, 1])
def test_alone_is_what_a_fit_of_that_region_gives(region: int) -> None:
    table = table_of()
    steps = [measured(seen_with(table, {"S 2p": 1.01}), seed) for seed in range(3)]
    _, found = looked_at(table, steps)
    data = plan_data()
    name = data["regions"][region]["name"]
    own = build_model(Plan.from_data({**data, "regions": data["regions"][region : region + 1]}))
    slow = fitted(own, [{name: step[name]} for step in steps])
    for t, pair in enumerate(found.pairs):
        if pair.region != region:
            continue
        # sensitivities are shares of the largest in the plan, which is S 2p
        scale = own.matrix[own.index[f"{_first(own, pair.phase)}.area"]].max()
        full = table.matrix[table.index[f"{_first(own, pair.phase)}.area"]].max()
        place = own.index[f"amount.{pair.phase}"]
        for k, step in enumerate(slow):
            amount = step.values[place] * scale / full
            free = list(own.free).index(place)
            error = np.sqrt(step.covariance[free, free]) * scale / full
            assert abs(found.alone[k, t] - amount) < 0.2 * error
            assert found.alone_stderr[k, t] == pytest.approx(error, rel=0.05)


def _first(table: ModelTable, phase: str) -> str:
    return next(c.id for c in table.regions[0].components if c.phase == phase)


def test_a_sensitivity_that_is_off_is_named() -> None:
    look, found = seen(6, {"S 2p": 1.1})
    assert np.all(np.abs(found.tension[:, 0]) > 5.0)
    assert np.all(np.abs(found.tension_with(look.relative)) < 3.0)
    pooled = look.pooled()
    assert pooled is not None
    best = suspect(pooled)
    assert best is not None
    assert pooled.levels[best] == "S 2p"
    assert pooled.factor[best] == pytest.approx(1.1, abs=0.02)
    words = pair_verdicts(pooled, look.relative)
    assert words[1].startswith("gives 7")
    assert "less than all regions, as uncertain sensitivities may" in words[1]
    assert "explained if the sensitivity of S 2p is 9." in words[1]
    assert "all phases agree then" in level_verdicts(pooled, look.relative)[best]
    checks = list(series_checks(pooled, look))
    assert {"S 2p", "P 2p"} <= {check.region for check in checks}
    assert all(check.check == "consistency" and check.step is None for check in checks)


def test_a_phase_that_one_region_sees_ever_less_of_reads_as_layers() -> None:
    table = table_of()
    steps = [measured(seen_with(table, {"P 2p/LixP": 1.3 - 0.1 * seed}), seed) for seed in range(7)]
    look, found = looked_at(table, steps)
    assert found.alone.shape == (7, 7)
    pooled = look.pooled()
    assert pooled is not None
    place = SEVEN.index(("LixP", "Li 1s"))
    assert pooled.drift[place] > 0.0
    made = seen_with(table, {"P 2p/Li6PS5Cl": 1.2, "Li 1s/Li6PS5Cl": 0.8})
    look, _ = looked_at(table, [measured(made, seed) for seed in range(4)])
    pooled = look.pooled()
    assert pooled is not None
    words = pair_verdicts(pooled, look.relative)
    assert any("explain" in word and "layers" in word for word in words)


def test_an_absent_phase_may_be_below_zero_in_one_region() -> None:
    _, found = seen(16, Li2S=0.0)
    t = SEVEN.index(("Li2S", "S 2p"))
    assert np.nanmin(found.alone[:, t]) < 0.0 < np.nanmax(found.alone[:, t])
    assert 0.6 < float(np.nanstd(found.tension[:, t])) < 1.45


def test_regions_that_are_missing() -> None:
    table = table_of()
    steps = [measured(table, seed) for seed in range(4)]
    del steps[1]["Li 1s"]
    del steps[2]["P 2p"], steps[2]["Li 1s"]
    _, found = looked_at(table, steps)
    known = np.isfinite(found.tension)
    assert known[[0, 3]].all()
    assert known[1].tolist() == [True, True, False, False, False, False, False]
    assert not known[2].any()
    # the only region still gives what it gives
    assert np.isfinite(found.alone[2]).tolist() == [True, False, False, True, False, False, False]
    words = step_verdicts(found.tension, found.tension, found.alone)
    assert words[14 : 14 + 2] == [ALONE, SILENT]
    assert set(words) <= {AGREES, ALONE, SILENT} or np.nanmax(np.abs(found.tension)) > 3.0


def test_a_region_cannot_tell_the_two_ends_of_a_composition_apart() -> None:
    table = table_of(FREE_X)
    _, found = looked_at(table, [measured(table_of(), seed, LixP=40_000.0) for seed in range(2)])
    pairs = [(pair.phase, table.regions[pair.region].name) for pair in found.pairs]
    assert pairs == SEVEN
    alone: FloatArray = found.alone[:, pairs.index(("LixP", "Li 1s"))]
    assert np.isnan(alone).all()  # lithium alone sees x times the amount
    assert np.isfinite(found.alone[:, pairs.index(("LixP", "P 2p"))]).all()


def test_sensitivities_that_were_fitted_do_not_hide_a_region() -> None:
    table, held = table_of(), table_of(quantification={"fit_sensitivities": False})
    assert table.has_factors
    assert not held.has_factors
    _, steps = sensitivity_series(table, 6, (1.1, 1.0, 1.0))
    found = {}
    for own in (table, held):
        results = fitted(own, steps)
        if own is table:
            results = fit_shared(own, steps, [""] * 6, np.arange(6.0), results, SilentMonitor())
        series = series_of(steps)
        result = stack(own, series, results)
        look = SeriesConsistency(own)
        compared = look.look(result, views_of(result, own, series).values())
        pooled = look.pooled()
        assert pooled is not None
        found[own is table] = pooled
        common = None if own is table else compared.systematic(look.relative)
        molar = quantify_molar(own, result, common)
        assert np.all(molar > 0.0)
        # all levels together say which is off: what is left open is less than beforehand
        assert np.all(molar < 0.01) if own is table else np.any(molar > 0.02)
    for pooled in found.values():
        assert suspect(pooled) == 0
        assert pooled.factor[0] == pytest.approx(1.1, abs=0.015)
    assert found[True].ratio == pytest.approx(found[False].ratio, abs=0.02)


def quantify_molar(
    table: ModelTable, result: SeriesResult, common: FloatArray | None
) -> FloatArray:
    plan = table.plan.model_copy(
        update={"fit": table.plan.fit.model_copy(update={"basis": ("molar",)})}
    )
    return quantify(replace(result, plan=plan), table, common=common)[0].systematic


def test_several_sensitivities_are_told_together() -> None:
    look, _ = seen(6, {"S 2p": 1.12, "P 2p": 0.88})
    pooled = look.pooled()
    assert pooled is not None
    together = pooled.together(look.relative)
    assert together[0] > 0.05
    assert together[1] < -0.05
    assert np.all(np.abs(pooled.left_by(together)) < 4.5)
    words = " ".join(pair_verdicts(pooled, look.relative) + level_verdicts(pooled, look.relative))
    assert "P 2p" in words
    assert "lower" in words
