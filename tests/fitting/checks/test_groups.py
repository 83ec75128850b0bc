"""Phases that a series cannot tell apart are named, with the group to report."""

from typing import Any

from fitting.build import build_model
from fitting.checks.check import Check
from fitting.checks.groups import GroupProposals
from fitting.checks.series_checks import SeriesChecks
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.seriesfit import fit_series
from tests.fitted_series import stack
from tests.fitting.checks.cases import counted, fit, line, series_of
from tests.fitting.joint_series import joint_fit
from tests.fitting.synthetic import region, table_of, truth
from tests.fitting.test_joint import measured, plan_data

STEPS = 4


def proposed(table: ModelTable) -> list[Check]:
    series = {table.regions[0].name: series_of(table, counted(table, truth(table), STEPS))}
    found = GroupProposals(table)
    result = fit(table, series)
    found.look(result)
    return list(found.checks())


def test_two_lines_at_nearly_one_place_ask_for_a_group() -> None:
    table = table_of(region([line("a", 160.0), line("b", 160.15), line("c", 164.0)]))
    [check] = proposed(table)
    assert (check.step, check.region, check.check, check.verdict) == (None, "S 2p", "group", "warn")
    assert check.detail.startswith("A and B are not told apart in 4 of 4 steps")
    assert check.detail.endswith('in [groups]: A_or_B = ["A", "B"]')


def test_the_same_line_twice_asks_for_one_and_a_group_of_the_plan_is_enough() -> None:
    lines = [line("a", 160.0), line("b", 160.0), line("c", 164.0)]
    [check] = proposed(table_of(region(lines)))
    assert "A and B are not told apart in 4 of 4 steps" in check.detail
    assert not proposed(table_of(region(lines), groups={"both": ["A", "B"]}))


def test_lines_apart_ask_for_nothing() -> None:
    assert not proposed(table_of(region([line("a", 160.0), line("b", 163.0)])))


def alike(**tables: Any) -> ModelTable:
    """LixP and phosphorus of one position, only in P 2p; LixP in Li 1s is loose."""
    data = plan_data(**tables)
    data["phases"]["P0"] = {}
    twin = {"id": "p0_p", "phase": "P0", "center": 128.5, "fwhm": 2.0}
    data["regions"][1]["components"].append(twin)
    del data["regions"][2]["components"][2]
    return build_model(Plan.from_data(data))


def test_amounts_are_judged_once_for_all_regions() -> None:
    table = alike()
    steps = [measured(table, seed, P0=4000.0) for seed in range(2)]
    result, series = joint_fit(table, steps)
    found = GroupProposals(table)
    found.look(result)
    [check] = found.checks()
    assert check.region == "P 2p"
    assert "LixP and P0 are not told apart in 2 of 2 steps" in check.detail
    checks = SeriesChecks(table).look(result, series)
    assert {c.region for c in checks if c.check == "errors"} <= {"P 2p"}


def test_chunks_are_added_up() -> None:
    table = table_of(region([line("a", 160.0), line("b", 160.15)]))
    series = {"S 2p": series_of(table, counted(table, truth(table), STEPS))}
    spectra = [{"S 2p": series["S 2p"].spectrum(k)} for k in range(STEPS)]
    found = GroupProposals(table)
    for part in (slice(0, 1), slice(1, STEPS)):
        own = {"S 2p": series["S 2p"].rows(part.start, part.stop)}
        steps = fit_series(table, spectra[part], [""] * len(spectra[part]), SilentMonitor())
        found.look(stack(table, own, steps))
    [check] = found.checks()
    assert f"in {STEPS} of {STEPS} steps" in check.detail
