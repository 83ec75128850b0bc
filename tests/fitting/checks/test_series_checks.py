"""Every check speaks where its rule is broken, and is quiet on data that match the plan."""

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest

from fitting.checks import Check, SeriesChecks
from fitting.checks.residuals import number_of_runs
from fitting.checks.solution import CHANCE
from fitting.model import ModelTable
from tests.fitting.checks.cases import WIDTH, checked, counted, fit, line, series_of, spoken
from tests.fitting.synthetic import region, table_of, truth

FREE = {"value": 161.0, "min": 160.0, "max": 162.0}
ROWS = 4


def two(gap: float = 3.0, **rest: Any) -> ModelTable:
    return table_of(region([line("a", FREE, fwhm=WIDTH), line("b", 161.0 + gap)]), **rest)


def against(table: ModelTable, made_by: ModelTable, **over: float) -> dict[str, Check]:
    """What is said of a table fitted to data of another."""
    return spoken(checked(table, counted(made_by, truth(made_by, **over), ROWS)))


def test_matched_data_have_one_row_for_each_step() -> None:
    table = two()
    found = checked(table, counted(table, truth(table), ROWS))
    steps = [c for c in found if c.step is not None]
    assert [(c.step, c.check, c.verdict) for c in steps] == [
        (k, "overall", "ok") for k in range(ROWS)
    ]
    assert all(c.detail.startswith("reduced chi-square ") for c in steps)
    assert all("poisson errors" in c.detail for c in steps)
    assert [(c.step, c.check) for c in found[: -len(steps)]] == [(None, "metadata")]


@pytest.mark.parametrize(("etched_s", "said"), [(0.0, False), (30.0, True)])
def test_phases_after_sputtering(etched_s: float, said: bool) -> None:
    table = two()
    columns = {"etch_time_s": np.linspace(0.0, etched_s, ROWS)}
    found = checked(table, counted(table, truth(table), ROWS), columns=columns)
    etched = [check for check in found if check.check == "etching"]
    assert [(check.step, check.verdict) for check in etched] == [(None, "warn")] * said
    assert all("A, B: below the surface each may be etch-induced" in c.detail for c in etched)


def test_a_missing_line() -> None:
    fewer = table_of(region([line("a", FREE, fwhm=WIDTH)]))
    found = against(fewer, two(4.0), b__area=1500.0)
    for name in ("chi_square", "residual_runs", "residual_spikes"):
        assert found[name].verdict == "warn"
    assert "reduced chi-square" in found["chi_square"].detail
    assert "runs of one sign" in found["residual_runs"].detail
    assert "sigma at 165" in found["residual_spikes"].detail


@pytest.mark.parametrize("loss", ["squares", "huber"])
def test_a_spike(loss: str) -> None:
    table = two(fit={"loss": loss})
    counts = counted(table, truth(table), 2)
    counts[1, 20] += 200.0
    found = checked(table, counts)
    spikes = [c for c in found if c.check == "residual_spikes"]
    assert [c.step for c in spikes] == [1]
    assert spikes[0].detail.startswith("+")
    assert "sigma at 157 eV" in spikes[0].detail


def test_a_spike_where_weights_have_no_scale() -> None:
    table = two(fit={"weights": "uniform"})
    counts = counted(table, truth(table), 2)
    counts[1, 20] += 2000.0
    found = checked(table, counts)
    assert {c.step for c in found if c.check == "residual_spikes"} == {1}
    assert not [c for c in found if c.check == "chi_square"]
    assert "no scale" in next(c for c in found if c.check == "overall").detail


def test_weights_that_were_estimated_are_read_back() -> None:
    """In counts per second of unknown dwell time the gain comes from the result."""
    table = two()
    counts = counted(table, truth(table, a__area=30000.0), 40) / 7.0
    counts[1, 20] += 200.0
    found = checked(table, counts, counts_per_unit=None)
    assert "estimated gain 0.1" in next(c for c in found if c.check == "overall").detail
    assert [c.step for c in found if c.check == "residual_spikes"] == [1]


def test_smoothed_data_are_too_good() -> None:
    table = two(fit={"weights": "given"})
    counts = counted(table, truth(table), 2)
    found = spoken(checked(table, counts, sigma=2.0 * np.sqrt(counts)))
    assert "too large" in found["chi_square"].detail


def test_a_position_on_its_bound_but_not_an_absent_line() -> None:
    table, other = two(), two()
    found = against(table, other, a__center=162.0, b__area=0.0)
    assert not found or set(found) <= {"at_bound"}
    narrow = {"value": 161.0, "min": 160.9, "max": 161.1}
    pressed = table_of(region([line("a", narrow, fwhm=1.2), line("b", 164.0)]))
    said = against(pressed, two(), a__center=161.3)["at_bound"]
    assert "a.center = 161.1 eV" in said.detail
    absent = table_of(region([line("a", 160.0, fwhm=1.2), line("b", narrow, area={"min": 0.0})]))
    assert "at_bound" not in against(absent, absent, b__area=0.0)


def test_lines_that_the_data_do_not_tell_apart_have_a_group_to_paste() -> None:
    table = two(0.08)
    found = against(table, table)["correlation"]
    assert "a.area and b.area: r = -0." in found.detail
    _, _, group = found.detail.partition("[groups]: ")
    assert json.loads(group.partition(" = ")[2]) == ["A", "B"]
    grouped = two(0.08, groups={"both": ["A", "B"]})
    assert "correlation" not in against(grouped, grouped)


def test_lines_that_are_one_and_the_same() -> None:
    table = table_of(region([line("a", 161.0), line("b", 161.0)]))
    found = against(table, table)["errors"]
    assert "not estimated" in found.detail
    assert 'A_or_B = ["A", "B"]' in found.detail


def test_a_width_unlike_the_others() -> None:
    wide = {"value": 1.2, "min": 0.3, "max": 5.0}
    parts = [line("a", 159.0, fwhm=wide), line("b", 162.5, fwhm=wide), line("c", 166.0, fwhm=wide)]
    table = table_of(region(parts))
    found = against(table, table, b__fwhm=2.4)["width"]
    assert found.detail.startswith("b is 2.")
    planned = table_of(region([line("a", 159.0), line("b", 163.0), line("c", 167.0, fwhm=3.0)]))
    assert "c is held at 3 eV" in against(planned, planned)["width"].detail


def test_doublets_against_the_table() -> None:
    free = {"splitting": {"value": 1.18, "min": 0.8, "max": 1.8}, "ratio": {"value": 0.5, "min": 0}}
    table = table_of(region([line("a", FREE, doublet=free)]))
    assert "doublet" not in against(table, table)
    found = against(table, table, a__ratio=0.8)["doublet"]
    assert "a.ratio = 0." in found.detail
    assert "not 0.45 .. 0.55" in found.detail
    assert "a.splitting = 1." in against(table, table, a__splitting=1.4)["doublet"].detail
    planned = table_of(region([line("a", FREE, doublet={"splitting": 1.18, "ratio": 1.0})]))
    assert against(planned, planned)["doublet"].step is None
    single = table_of(region([line("a", FREE, doublet=False)]))
    assert "has no spin-orbit partner" in against(single, single)["doublet"].detail


def test_a_compound_as_lorentzian_as_a_metal() -> None:
    mix = {"value": 0.3, "min": 0.0, "max": 1.0}
    own = line("a", FREE, lorentz_fraction=mix) | {"shape": "pseudo_voigt"}
    table = table_of(region([own]))
    assert "mix" not in against(table, table)
    assert "lorentz_fraction = 0." in against(table, table, a__lorentz_fraction=0.95)["mix"].detail


@pytest.mark.parametrize(("ends", "side"), [((160.4, 172.0), "low"), ((150.0, 162.4), "high")])
def test_a_window_that_cuts_a_line(ends: tuple[float, float], side: str) -> None:
    narrow = table_of(region([line("a", 161.0)], window=ends))
    found = against(narrow, narrow)["window"]
    assert f"at the {side} end" in found.detail
    assert "most of it a" in found.detail


def test_a_background_above_the_data() -> None:
    table = table_of(region([line("a", 161.0)], {"kind": "linear", "active": False}))
    plain = table_of(region([line("a", 161.0)]))
    counts = counted(plain, truth(plain), 2)
    counts[1, 90:130] = np.random.default_rng(5).poisson(250.0, 40)
    found = checked(table, counts)
    assert [c.step for c in found if c.check == "background"] == [1]
    (static,) = (c for c in found if c.check == "static_background")
    assert (static.step, static.verdict) == (None, "warn")


def test_a_failed_region_says_why_and_an_absent_one_nothing() -> None:
    table = table_of(region([line("a", 161.0)]), region([line("p", 131.0)], name="P 2p"))
    counts = counted(table, truth(table), 2)
    counts[1] = 0.0
    own = [c for c in checked(table, counts) if c.step == 1]
    assert [(c.region, c.check, c.verdict) for c in own] == [
        ("S 2p", "overall", "fail"),
        ("S 2p", "fit", "fail"),
    ]
    assert "all intensities are zero" in own[1].detail


def test_an_absent_line_is_a_limit_and_no_fault() -> None:
    table = two()
    found = checked(table, counted(table, truth(table, b__area=0.0), ROWS))
    limits = [c for c in found if c.check == "upper_limit"]
    assert limits
    assert {c.verdict for c in limits} == {"ok"}
    assert all("b < " in c.detail and "counts eV" in c.detail for c in limits)


ANCHORED = {"reference": "component", "component": "a", "position_eV": 161.0}


def test_a_jump_of_the_energy_scale_whatever_the_chunks() -> None:
    table = table_of(region([line("a", 161.0)]), energy=ANCHORED)
    counts = counted(table, truth(table), ROWS)
    counts[2:] = np.roll(counts[2:], 8, axis=1)
    series = {"S 2p": series_of(table, counts)}
    result = fit(table, series)
    found = SeriesChecks(table).look(result, series)
    (jump,) = (c for c in found if c.check == "shift_jump")
    assert jump.step == 2
    assert "+0.8" in jump.detail or "+0.7" in jump.detail


def test_distances_inside_a_phase() -> None:
    parts = [line("a", FREE), line("b", {"value": 165.0, "min": 164.0, "max": 166.0}, phase="A")]
    parts[1]["area"] = "a.area"
    table = table_of(region(parts))
    counts = counted(table, truth(table), ROWS)
    assert "distance" not in spoken(checked(table, counts))
    counts[2] = counted(table, truth(table, b__center=165.5), 1)[0]
    (moved,) = (c for c in checked(table, counts) if c.check == "distance")
    assert moved.step == 2
    assert "from step 0" in moved.detail


def test_carbon_beside_lithium_metal() -> None:
    carbon = line("a", 284.8, doublet=False, phase="C")
    plan = region([carbon], name="C 1s", window=(278.0, 292.0))
    energy = {**ANCHORED, "position_eV": 284.8}
    table = table_of(plan, energy=energy)
    assert "reference" not in against(table, table)
    metal = table_of(plan, region([line("l", 54.8, phase="Li0")], name="Li 1s"), energy=energy)
    assert "Li0" in against(metal, metal)["reference"].detail


def test_metadata_are_asked_for_once() -> None:
    table = two()
    counts = counted(table, truth(table), 3)
    (said,) = (c for c in checked(table, counts) if c.check == "metadata")
    assert "pass energy" in said.detail
    assert "photon energy" in said.detail
    told = {"header": {"pass_energy_eV": 20.0}, "parts": [{"dwell": 0.1, "model": ""}]}
    (less,) = (c for c in checked(table, counts, metadata=told) if c.check == "metadata")
    assert "pass energy" not in less.detail
    assert "dwell" not in less.detail


def test_the_number_of_runs_is_counted_over_the_points_kept() -> None:
    rng = np.random.default_rng(0)
    residual, kept = rng.normal(size=(50, 30)), rng.random((50, 30)) < 0.7
    kept[0] = False
    for own, there, found in zip(residual, kept, number_of_runs(residual, kept), strict=True):
        signs = own[there] > 0.0
        assert found == (0 if not len(signs) else 1 + np.count_nonzero(signs[1:] != signs[:-1]))


@pytest.mark.parametrize(("level", "scale"), [(30.0, 1.0), (4000.0, 1.0), (400.0, None)])
def test_statistical_checks_keep_their_rate(level: float, scale: float | None) -> None:
    """At 0.1 % four or more of 400 spectra are flagged by chance in 1 % of all tries."""
    table = two()
    free = truth(table, a__area=10.0 * level, b__area=5.0 * level)
    free = np.where(free == 400.0, level, free)
    known = None if scale is None else np.full(400, scale)
    found = checked(table, counted(table, free, 400, seed=11), counts_per_unit=known)
    kinds = Counter(c.check for c in found if c.verdict != "ok")
    assert CHANCE == 1e-3
    for name in ("chi_square", "residual_runs", "residual_spikes", "background"):
        assert kinds[name] <= 3, kinds
