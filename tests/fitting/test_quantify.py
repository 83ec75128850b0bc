"""Fractions: what they are shares of, and how well they are known."""

from typing import Any

import numpy as np
import pytest

from fitting.component_sensitivities import component_sensitivities, sensitivity_notices
from fitting.errors import PlanError
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.quantify import (
    UNASSIGNED,
    FractionTable,
    quantify,
)
from fitting.result import RegionInfo, SeriesResult, StepResult
from fitting.series import AxisKind, IntensityUnit, Technique
from fitting.seriesfit import fit_series
from fitting.spectrum import Spectrum
from fitting.stepfit import fit_step
from tests.fitting.joint_series import joint_fit
from tests.fitting.synthetic import component, region, spectra_of, table_of, truth
from tests.fitting.test_joint import FREE_X, measured
from tests.fitting.test_joint import plan_data as joint_plan

QUIET = SilentMonitor()
SENSITIVITY = {"a": 2.0, "b": 1.0, "b2": 1.0, "c": 1.0, "s": 4.0, "p": 0.5, "q": 0.5}


def model(**fit: Any) -> ModelTable:
    """S 2p: A, B (two lines, 2 : 1), C and something uncounted; P 2p: A and D."""

    def line(name: str, shape: str, center: object, **rest: object) -> dict[str, Any]:
        return component(name, shape, center, sensitivity=SENSITIVITY[name], **rest)

    sulfur = [
        line("a", "gaussian", {"value": 160.0}, phase="A", fwhm=1.2),
        line("b", "gaussian", 161.6, phase="B", count=2, fwhm=1.2),
        line("b2", "gaussian", 164.0, phase="B", count=1, fwhm=1.2),
        line("c", "gaussian", 162.4, phase="C", fwhm=1.2),
        line("s", "gaussian", 168.0, phase="S", fwhm=1.4),
    ]
    phosphorus = [
        line("p", "gaussian", 131.7, phase="A", fwhm=1.2),
        line("q", "gaussian", 129.0, phase="D", fwhm=1.2),
    ]
    phases = {"A": {}, "B": {}, "C": {}, "D": {}, "S": {"counted": False}}
    return table_of_phases(
        phases,
        region(sulfur),
        region(phosphorus, "linear", "P 2p", (125.0, 136.0)),
        groups={"BC": ["B", "C"]},
        fit={"basis": ["area", "atomic"], **fit},
    )


def table_of_phases(phases: dict[str, Any], *regions: Any, **rest: Any) -> ModelTable:
    from fitting.build import build_model
    from fitting.plan import Plan

    return build_model(Plan.from_data({"phases": phases, "regions": list(regions), **rest}))


def series_of(table: ModelTable, steps: list[StepResult]) -> SeriesResult:
    def stack(name: str) -> np.ndarray:
        return np.stack([getattr(step, name) for step in steps])

    infos = tuple(
        RegionInfo(r.name, Technique.XPS, AxisKind.BINDING_ENERGY, IntensityUnit.COUNTS)
        for r in table.regions
    )
    return SeriesResult(
        "cell",
        table.plan,
        table.parameters,
        table.free,
        infos,
        np.arange(len(steps)),
        {},
        stack("status") != 4,
        stack("values"),
        stack("covariance"),
        stack("upper_limit"),
        stack("deviance_drop"),
        stack("lower95"),
        stack("upper95"),
        stack("at_bound"),
        stack("status"),
        stack("reduced_chi_square"),
        tuple(step.sigma_source for step in steps),
        tuple(step.message for step in steps),
        tuple(step.start for step in steps),
        stack("tried"),
        stack("runner_up"),
    )


def fitted(table: ModelTable, seed: int = 0, **areas: float) -> StepResult:
    free = truth(table, **{f"{name}__area": value for name, value in areas.items()})
    return fit_step(table, spectra_of(table, free, np.random.default_rng(seed)), None, QUIET)


def tables(table: ModelTable, *steps: StepResult) -> dict[tuple[str, str], FractionTable]:
    return {(t.region, t.basis): t for t in quantify(series_of(table, list(steps)), table)}


def cell(found: FractionTable, name: str, field: str = "fraction", step: int = 0) -> float:
    return float(getattr(found, field)[step, found.names.index(name)])


def test_names_and_order_of_the_rows() -> None:
    table = model()
    found = tables(table, fitted(table))
    assert list(found) == [
        ("S 2p", "area"),
        ("P 2p", "area"),
        ("S 2p", "atomic"),
        ("P 2p", "atomic"),
    ]
    assert found["S 2p", "area"].names == ("A", "B", "C", "S", "group:BC", UNASSIGNED)
    assert found["P 2p", "area"].names == ("A", "D")


def test_area_fractions_are_shares_of_the_counted_area_of_the_region() -> None:
    table = model()
    step = fitted(table, a=4000.0, b=2000.0, c=1000.0, s=9000.0)
    named = {row.name: v for row, v in zip(table.parameters, step.values, strict=True)}
    found = tables(table, step)["S 2p", "area"]
    counted = sum(named[f"{c}.area"] for c in ("a", "b", "b2", "c"))
    both = named["b.area"] + named["b2.area"]
    assert named["b2.area"] == pytest.approx(0.5 * named["b.area"])
    assert cell(found, "A") == pytest.approx(named["a.area"] / counted)
    assert cell(found, "B") == pytest.approx(both / counted)
    assert cell(found, "group:BC") == pytest.approx((both + named["c.area"]) / counted)
    assert cell(found, "A") + cell(found, "B") + cell(found, "C") == pytest.approx(1.0)
    # what is not counted is no share of anything but the whole
    assert np.isnan(cell(found, "S"))
    assert np.isnan(cell(found, "S", "upper_limit95"))
    everything = counted + named["s.area"]
    assert cell(found, UNASSIGNED) == pytest.approx(named["s.area"] / everything)
    assert cell(found, "S", "area") == pytest.approx(named["s.area"])


def test_the_uncounted_never_enters_a_denominator() -> None:
    table = model()
    little, much = (fitted(table, s=area) for area in (10.0, 50_000.0))
    found = tables(table, little, much)
    for key in found:
        for name in ("A", "B", "C", "D"):
            if name in found[key].names:
                one, other = (cell(found[key], name, step=k) for k in (0, 1))
                stderr = cell(found[key], name, "stderr", 1)
                assert abs(one - other) < 5 * stderr


def test_atomic_fractions_divide_by_sensitivity_and_span_all_regions() -> None:
    table = model()
    step = fitted(table, a=4000.0, b=2000.0, c=1000.0, p=700.0, q=300.0)
    named = {row.name: v for row, v in zip(table.parameters, step.values, strict=True)}
    atoms = {c: named[f"{c}.area"] / SENSITIVITY[c] for c in SENSITIVITY}
    total = sum(atoms[c] for c in ("a", "b", "b2", "c", "p", "q"))
    found = tables(table, step)
    sulfur, phosphorus = found["S 2p", "atomic"], found["P 2p", "atomic"]
    assert cell(sulfur, "A") == pytest.approx(atoms["a"] / total)
    assert cell(sulfur, "B") == pytest.approx((atoms["b"] + atoms["b2"]) / total)
    assert cell(phosphorus, "A") == pytest.approx(atoms["p"] / total)
    assert cell(phosphorus, "D") == pytest.approx(atoms["q"] / total)
    shares = [cell(sulfur, n) for n in "ABC"] + [cell(phosphorus, n) for n in "AD"]
    assert sum(shares) == pytest.approx(1.0)


@pytest.mark.parametrize("key", [("S 2p", "area"), ("S 2p", "atomic"), ("P 2p", "atomic")])
def test_errors_equal_those_of_drawing_from_the_covariance(key: tuple[str, str]) -> None:
    table = model()
    step = fitted(table, a=4000.0, b=2000.0, c=1000.0)
    found = tables(table, step)[key]
    rng = np.random.default_rng(0)
    covariance = np.nan_to_num(step.covariance)  # nan between regions that share nothing
    draws = rng.multivariate_normal(step.values[table.free], covariance, 20_000)
    values = draws @ table.matrix.T + table.offset
    areas = {c: values[:, table.index[f"{c}.area"]] for c in SENSITIVITY}
    if key[1] == "atomic":
        areas = {c: area / SENSITIVITY[c] for c, area in areas.items()}
    here = ("a", "b", "b2", "c") if key[1] == "area" else ("a", "b", "b2", "c", "p", "q")
    total = sum(areas[c] for c in here)
    members = {
        "S 2p": {"A": "a", "B": "b b2", "C": "c", "group:BC": "b b2 c"},
        "P 2p": {"A": "p", "D": "q"},
    }[key[0]]
    for name, parts in members.items():
        share = sum(areas[c] for c in parts.split()) / total
        assert cell(found, name, "stderr") == pytest.approx(share.std(), rel=0.03)
        low, high = np.quantile(share, [0.025, 0.975])
        assert cell(found, name, "low95") == pytest.approx(low, abs=0.1 * share.std())
        assert cell(found, name, "high95") == pytest.approx(high, abs=0.1 * share.std())
    if key == ("S 2p", "area"):  # b and c overlap: their sum is known better than either
        separate = np.hypot(cell(found, "B", "stderr"), cell(found, "C", "stderr"))
        assert cell(found, "group:BC", "stderr") < 0.7 * separate


def test_an_absent_phase_has_fraction_zero_no_error_and_a_limit() -> None:
    table = model()
    for seed in range(20):
        step = fitted(table, seed, c=0.0)
        if step.values[table.index["c.area"]] == 0.0:
            break
    else:
        pytest.fail("never zero in 20 noises")
    for basis in ("area", "atomic"):
        found = tables(table, step)["S 2p", basis]
        assert cell(found, "C") == 0.0
        assert np.isnan(cell(found, "C", "stderr"))
        assert np.isnan(cell(found, "C", "area_stderr"))
        assert not cell(found, "C", "detected")
        limit = cell(found, "C", "upper_limit95")
        assert 0.0 < limit < 0.1
        assert cell(found, "C", "low95") == 0.0
        # one-sided against two-sided
        assert limit < cell(found, "C", "high95") < 1.5 * limit
        # its group still has the error of the one that is there
        assert cell(found, "group:BC") == cell(found, "B")
        assert cell(found, "group:BC", "stderr") > 0.0
        assert cell(found, "group:BC", "detected")
        assert cell(found, "A", "stderr") > 0.0


def test_limits_and_intervals_lie_between_zero_and_one() -> None:
    table = model()
    steps = [fitted(table, seed, c=20.0, b=20.0) for seed in range(6)]
    for found in tables(table, *steps).values():
        for field in ("fraction", "low95", "high95", "upper_limit95"):
            values = getattr(found, field)
            known = np.isfinite(values)
            assert np.all((values[known] >= 0.0) & (values[known] <= 1.0))
        known = np.isfinite(found.fraction)
        assert np.all(found.low95[known] <= found.fraction[known])
        assert np.all(found.fraction[known] <= found.high95[known])
        assert np.all(found.fraction[known] <= found.upper_limit95[known])


def test_detection_is_five_point_four_in_deviance() -> None:
    table = model()
    strong, weak = fitted(table, c=1500.0), fitted(table, 3, c=30.0)
    found = tables(table, strong, weak)["S 2p", "area"]
    assert found.detected[0, found.names.index("C")]
    assert not found.detected[1, found.names.index("C")]
    for k in (0, 1):
        ratio = cell(found, "C", "area", k) / cell(found, "C", "area_stderr", k)
        expected = ratio**2 >= 5.41 if np.isfinite(ratio) else False
        assert found.detected[k, found.names.index("C")] == expected


def test_a_missing_region_leaves_nothing_that_needs_it() -> None:
    table = model()
    free = truth(table)
    spectra = spectra_of(table, free, np.random.default_rng(0))
    whole = fit_step(table, spectra, None, QUIET)
    part = fit_step(table, {"S 2p": spectra["S 2p"]}, None, QUIET)
    found = tables(table, part, whole)
    assert np.isfinite(cell(found["S 2p", "area"], "A", step=0))
    for key in (("P 2p", "area"), ("S 2p", "atomic"), ("P 2p", "atomic")):
        for field in ("fraction", "stderr", "low95", "high95", "upper_limit95"):
            values = getattr(found[key], field)
            assert np.isnan(values[0]).all(), (key, field)
        assert not found[key].detected[0].any()
        assert np.isfinite(cell(found[key], "A", step=1))


def test_a_failed_region_has_no_fractions() -> None:
    table = model()
    spectra = spectra_of(table, truth(table), np.random.default_rng(0))
    dead = spectra["P 2p"]
    spectra["P 2p"] = Spectrum(dead.x, 0.0 * dead.intensity, None, 1.0)
    found = tables(table, fit_step(table, spectra, None, QUIET))
    assert np.isnan(found["P 2p", "area"].fraction).all()
    assert np.isfinite(cell(found["S 2p", "area"], "A"))


def test_an_area_on_a_bound_that_is_not_zero_has_no_error() -> None:
    parts = [
        component(
            "a", "gaussian", 160.0, phase="A", fwhm=1.2, area={"value": 900.0, "max": 1000.0}
        ),
        component("b", "gaussian", 165.0, phase="B", fwhm=1.2, area={"value": 900.0, "min": 800.0}),
        component("c", "gaussian", 168.0, phase="C", fwhm=1.2),
    ]
    loose = table_of_phases(
        {"A": {}, "B": {}, "C": {}},
        region(
            [
                component("a", "gaussian", 160.0, phase="A", fwhm=1.2),
                component("b", "gaussian", 165.0, phase="B", fwhm=1.2),
                component("c", "gaussian", 168.0, phase="C", fwhm=1.2),
            ]
        ),
    )
    table = table_of_phases({"A": {}, "B": {}, "C": {}}, region(parts))
    spectra = spectra_of(loose, truth(loose, b__area=200.0), np.random.default_rng(0))
    step = fit_step(table, spectra, None, QUIET)
    assert step.values[table.index["a.area"]] == 1000.0
    assert step.values[table.index["b.area"]] == 800.0
    found = tables(table, step)["S 2p", "area"]
    for name in ("A", "B"):
        assert np.isnan(cell(found, name, "stderr"))
        assert np.isnan(cell(found, name, "area_stderr"))
    assert np.isnan(cell(found, "C", "stderr"))  # its denominator is not known
    assert np.isfinite(cell(found, "C", "area_stderr"))


def test_a_fixed_area_has_no_error_of_its_own() -> None:
    parts = [
        component("a", "gaussian", 160.0, phase="A", fwhm=1.2, area=500.0),
        component("b", "gaussian", 165.0, phase="B", fwhm=1.2),
    ]
    table = table_of_phases({"A": {}, "B": {}}, region(parts))
    found = tables(table, fitted(table))["S 2p", "area"]
    assert np.isnan(cell(found, "A", "area_stderr"))
    assert cell(found, "A", "stderr") == pytest.approx(cell(found, "B", "stderr"))


def test_two_lines_nobody_can_tell_apart_have_no_errors() -> None:
    parts = [
        component("a", "gaussian", 160.0, phase="A", fwhm=1.2),
        component("b", "gaussian", 160.0, phase="B", fwhm=1.2),
    ]
    table = table_of_phases({"A": {}, "B": {}}, region(parts))
    found = tables(table, fitted(table))["S 2p", "area"]
    assert np.isnan(cell(found, "A", "stderr"))
    assert not cell(found, "A", "detected")


def test_links_that_are_not_affine_carry_their_errors() -> None:
    parts = [
        component("a", "gaussian", {"value": 160.0}, phase="A"),
        component("b", "gaussian", 165.0, phase="B", area="a.area * b.fwhm / a.fwhm"),
    ]
    table = table_of_phases({"A": {}, "B": {}}, region(parts))
    step = fitted(table)
    found = tables(table, step)["S 2p", "area"]
    rng = np.random.default_rng(0)
    draws = rng.multivariate_normal(step.values[table.free], step.covariance, 5_000)
    values = np.array([table.values(draw) for draw in draws])
    a, b = (values[:, table.index[f"{c}.area"]] for c in "ab")
    assert cell(found, "B", "stderr") == pytest.approx(np.std(b / (a + b)), rel=0.05)
    assert cell(found, "B", "area_stderr") == pytest.approx(b.std(), rel=0.05)


def test_atomic_without_photon_energy_or_sensitivities_says_so() -> None:
    parts = [component("a", "gaussian", {"value": 161.0}, phase="A")]
    table = table_of(region(parts), fit={"basis": ["atomic"]})
    with pytest.raises(PlanError, match=r'energy.photon_energy_eV: is missing; basis "atomic"'):
        component_sensitivities(table.plan)


def test_computed_sensitivities_carry_a_photon_energy() -> None:
    parts = [
        component("a", "gaussian", {"value": 161.0}, phase="A"),
        component("b", "gaussian", 165.0, phase="A", sensitivity=0.7),
    ]
    table = table_of(region(parts), energy={"photon_energy_eV": 1486.6})
    found = component_sensitivities(table.plan)
    assert found["b"].value == 0.7
    assert not isinstance(found["a"], float)
    assert found["a"].level == "S 2p"


def test_sensitivities_of_ones_own_replace_those_of_the_plan() -> None:
    table = model()
    result = series_of(table, [fitted(table)])
    plans = component_sensitivities(table.plan)
    plain = {t.region: t for t in quantify(result, table) if t.basis == "atomic"}
    same = {t.region: t for t in quantify(result, table, plans) if t.basis == "atomic"}
    np.testing.assert_array_equal(plain["P 2p"].fraction, same["P 2p"].fraction)
    strong = plans | {"q": 3.0 * SENSITIVITY["q"]}
    found = {t.region: t for t in quantify(result, table, strong) if t.basis == "atomic"}
    before, after = cell(plain["P 2p"], "D"), cell(found["P 2p"], "D")
    assert after == pytest.approx(before / 3.0 / (1.0 - before + before / 3.0))


def test_what_atomic_fractions_take_for_granted_is_said() -> None:
    parts = [
        component("a", "gaussian", {"value": 161.0}, phase="A"),
        component("b", "gaussian", 165.0, phase="A"),
    ]
    energy = {"photon_energy_eV": 1486.6}
    plan = table_of(region(parts), energy=energy, fit={"basis": ["area", "atomic"]}).plan
    said = sensitivity_notices(plan)
    assert len(said) == 3
    for word in ("mean free path", "transmission", "asymmetry"):
        assert sum(f"S 2p: {word}" in phrase for phrase in said) == 1
    assert sensitivity_notices(table_of(region(parts), energy=energy).plan) == ()
    own = [component("a", "gaussian", {"value": 161.0}, phase="A", sensitivity=0.7)]
    assert sensitivity_notices(table_of(region(own), fit={"basis": ["atomic"]}).plan) == ()


def test_beside_an_absent_phase_there_is_room_below_but_no_error() -> None:
    lines = [
        component("a", "gaussian", 160.0, phase="A", fwhm=1.2),
        component("b", "gaussian", 163.0, phase="B", fwhm=1.2),
    ]
    table = table_of_phases({"A": {}, "B": {}}, region(lines))
    seeds = (seed for seed in range(50) if fitted(table, seed, b=0.0).at_bound.any())
    found = tables(table, fitted(table, next(seeds), b=0.0))["S 2p", "area"]
    assert cell(found, "A") == 1.0
    assert np.isnan(cell(found, "A", "stderr"))
    room = 1.0 - cell(found, "A", "low95")
    assert room == pytest.approx(cell(found, "B", "high95"), rel=1e-6)


def test_systematic_errors_are_what_moved_sensitivities_do() -> None:
    """Against atomic fractions computed again with one region's sensitivities 1 % larger."""
    table = model()
    step = fitted(table, a=4000.0, b=2000.0, c=1000.0, p=700.0, q=300.0)
    plain = tables(table, step)
    assert np.isnan(plain["S 2p", "area"].systematic).all()
    series = series_of(table, [step])
    square: dict[str, np.ndarray] = {}
    for moved in ("S 2p", "P 2p"):
        own = {
            c.id: SENSITIVITY[c.id] * (1.01 if r.name == moved else 1.0)
            for r in table.regions
            for c in r.components
        }
        for found in quantify(series, table, own):
            if found.basis == "atomic":
                off = found.fraction - plain[found.region, "atomic"].fraction
                part = (off / np.log(1.01) * 0.10) ** 2
                square[found.region] = square.get(found.region, 0.0) + part
    for region_, expected in square.items():
        got = plain[region_, "atomic"].systematic
        assert np.nanmax(got) > 0.005
        np.testing.assert_allclose(got, np.sqrt(expected), rtol=0.02)
    # what all sensitivities share cancels, and nothing of it is in the counting error
    alone = quantify(series, table, {name: 3.0 * s for name, s in SENSITIVITY.items()})
    atomic = next(t for t in alone if t.basis == "atomic")
    np.testing.assert_allclose(atomic.stderr, plain["S 2p", "atomic"].stderr, rtol=1e-9)


# --- amounts that all regions share --------------------------------------------------------


JOINT = {"fit": {"basis": ["molar", "volume", "atomic"]}}
VOLUMES = {"Li6PS5Cl": 143.9, "Li2S": 27.7, "LixP": 30.0}


def joint_table(**composition: Any) -> ModelTable:
    from fitting.build import build_model
    from fitting.plan import Plan

    data = joint_plan(**composition, **JOINT, groups={"reduced": ["Li2S", "LixP"]})
    data["phases"]["LixP"]["molar_volume_cm3"] = VOLUMES["LixP"]
    return build_model(Plan.from_data(data))


def test_molar_and_volume_fractions_are_shares_of_amounts() -> None:
    table = joint_table()
    made = [measured(table, seed) for seed in range(2)]
    result, _ = joint_fit(table, made)
    found = {(t.region, t.basis): t for t in quantify(result, table)}
    assert list(found)[:2] == [("all", "molar"), ("all", "volume")]
    assert [region for region, basis in found if basis == "atomic"] == ["S 2p", "P 2p", "Li 1s"]
    molar, volume = found["all", "molar"], found["all", "volume"]
    assert molar.names == ("Li6PS5Cl", "Li2S", "LixP", "group:reduced")
    amounts = result.values[:, [table.index[f"amount.{n}"] for n in molar.names[:3]]]
    shares = amounts / amounts.sum(axis=1, keepdims=True)
    assert molar.fraction[:, :3] == pytest.approx(shares)
    assert molar.fraction[:, 3] == pytest.approx(shares[:, 1:].sum(axis=1))
    assert molar.area[:, :3] == pytest.approx(amounts)
    volumes = [table.plan.phases[n].molar_volume_cm3 for n in molar.names[:3]]
    assert volumes == pytest.approx(list(VOLUMES.values()), rel=1e-3)
    filled = amounts * volumes
    assert volume.fraction[:, :3] == pytest.approx(filled / filled.sum(axis=1, keepdims=True))
    # the errors are those of the full covariance
    places = [list(table.free).index(table.index[f"amount.{n}"]) for n in molar.names[:3]]
    for k in range(2):
        inner = result.covariance[k][np.ix_(places, places)]
        total, share = amounts[k].sum(), shares[k]
        slopes = (np.eye(3) - share[:, np.newaxis]) / total
        expected = np.sqrt(np.diag(slopes @ inner @ slopes.T))
        assert molar.stderr[k, :3] == pytest.approx(expected, rel=1e-6)
        assert molar.stderr[k, 3] == pytest.approx(expected[0], rel=1e-6)
    assert np.all((molar.low95 < molar.fraction) & (molar.fraction < molar.high95))
    assert np.all((molar.low95 >= 0.0) & (molar.high95 <= 1.0))
    assert molar.detected.all()


def test_a_phase_of_free_composition_counts_as_one() -> None:
    table = joint_table(composition=FREE_X)
    made = [measured(joint_table(), seed, LixP=amount) for seed, amount in enumerate((30_000, 0.0))]
    result, _ = joint_fit(table, made)
    found = quantify(result, table)[0]
    q = found.names.index("LixP")
    ends = result.values[:, [table.index[f"amount.LixP.{end}"] for end in ("min", "max")]]
    assert found.area[:, q] == pytest.approx(ends.sum(axis=1))
    assert found.detected[:, q].tolist() == [True, False]
    assert abs(found.fraction[0, q] - 0.75) < 4.0 * found.stderr[0, q] < 0.1
    assert 0.0 < found.upper_limit95[1, q] < 0.1


def test_molar_fractions_need_the_amounts_of_a_joint_fit() -> None:
    from fitting.plan import Plan

    data = joint_plan(**JOINT, series={"strategy": "chained"})
    with pytest.raises(PlanError, match='"molar" needs one amount of each phase'):
        Plan.from_data(data)


def test_volume_fractions_need_molar_volumes() -> None:
    from fitting.plan import Plan

    with pytest.raises(PlanError, match='is missing: basis "volume" needs it') as caught:
        Plan.from_data(joint_plan(**JOINT))
    assert caught.value.key == "phases.LixP.molar_volume_cm3"


# --- phases that the data cannot tell apart --------------------------------------------------


def same_lines(*ids: str, **rest: Any) -> ModelTable:
    lines = [component(i, "gaussian", 160.0, phase=i.upper(), fwhm=1.2) for i in ids]
    lines.append(component("c", "gaussian", 163.0, phase="C", fwhm=1.2))
    return table_of_phases({i.upper(): {} for i in (*ids, "c")}, region(lines), **rest)


@pytest.mark.parametrize("engine", ["auto", "lmfit"])
@pytest.mark.parametrize("weights", ["poisson", "uniform"])
def test_the_sum_of_two_phases_that_share_their_line_has_its_error(
    engine: str, weights: str
) -> None:
    fit = {"engine": engine, "weights": weights}
    groups = {"both": ["A", "B"], "mixed": ["A", "C"]}
    table, single = same_lines("a", "b", groups=groups, fit=fit), same_lines("a", fit=fit)
    spectra = spectra_of(single, truth(single, a__area=4000.0), np.random.default_rng(3))
    two, one = (
        tables(t, *fit_series(t, [spectra], [""], QUIET))["S 2p", "area"] for t in (table, single)
    )
    for field in ("fraction", "stderr", "low95", "high95", "upper_limit95", "area", "area_stderr"):
        assert cell(two, "group:both", field) == pytest.approx(cell(one, "A", field), rel=1e-3)
        assert cell(two, "C", field) == pytest.approx(cell(one, "C", field), rel=1e-3)
    assert cell(two, "group:both", "detected")
    for name in ("A", "B", "group:mixed"):
        assert np.isnan(cell(two, name, "stderr"))
        assert np.isnan(cell(two, name, "low95"))
        assert np.isnan(cell(two, name, "area_stderr"))
        assert not cell(two, name, "detected")


def test_three_phases_that_share_a_line() -> None:
    table = same_lines("a", "b", "d", groups={"all": ["A", "B", "D"], "two": ["A", "B"]})
    single = same_lines("a")
    spectra = spectra_of(single, truth(single), np.random.default_rng(3))
    [three], [one] = (fit_series(t, [spectra], [""], QUIET) for t in (table, single))
    found, alone = tables(table, three)["S 2p", "area"], tables(single, one)["S 2p", "area"]
    assert cell(found, "group:all", "stderr") == pytest.approx(cell(alone, "A", "stderr"), rel=1e-3)
    assert np.isnan(cell(found, "group:two", "stderr"))


def test_a_phase_without_amount_is_noted() -> None:
    from fitting.plan import Plan
    from fitting.plan_check import plan_notes

    data = joint_plan(fit={"basis": ["molar"]})
    data["phases"]["LiCl"] = {}
    line = {"id": "licl", "phase": "LiCl", "center": 56.2, "fwhm": 1.4, "area": {"min": 0.0}}
    data["regions"][2]["components"].append(line)
    words = "phases.LiCl: all its lines have areas of their own, so it is in no molar fraction"
    assert words in plan_notes(Plan.from_data(data))
    data["fit"]["basis"] = ["area"]
    assert words not in plan_notes(Plan.from_data(data))
