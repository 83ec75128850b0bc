"""The compiled engine says what the lmfit engine says, wherever it says anything."""

import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from subprocess import run

import numpy as np
import pytest

from fitting.arrays import FloatArray
from fitting.build import build_model
from fitting.chunkfit import compiled_blocks, fit_steps, notices
from fitting.engines import compiled
from fitting.errors import PlanError
from fitting.lineshapes.catalogue import LINE_SHAPES
from fitting.lineshapes.measured import Template, measured_shape
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.result import FitStatus, StepResult
from fitting.seriesfit import fit_series, free_values
from fitting.spectrum import Spectrum
from fitting.stepfit import fit_step
from tests.contracts.engine import two_lines
from tests.fitting.synthetic import (
    BACKGROUNDS,
    SHAPES,
    component,
    region,
    spectra_of,
    table_of,
    truth,
)

pytest.importorskip("numba", reason="the compiled engine needs numba")

MONITOR = SilentMonitor()
WEIGHTS = ("poisson", "given", "estimated", "uniform")
CENTER = {"value": 161.0, "min": 160.0, "max": 162.0}


def with_fit(table: ModelTable, **options: str) -> ModelTable:
    fit = table.plan.fit.model_copy(update=options)
    return build_model(table.plan.model_copy(update={"fit": fit}))


def counted(table: ModelTable, free: FloatArray, seed: int = 0) -> dict[str, Spectrum]:
    found = spectra_of(table, free, np.random.default_rng(seed))
    return {
        name: Spectrum(s.x, s.intensity, np.sqrt(np.maximum(s.intensity, 1.0)), 1.0)
        for name, s in found.items()
    }


def by_both(
    table: ModelTable, spectra: Mapping[str, Spectrum], start: FloatArray | None
) -> tuple[StepResult, StepResult]:
    starts = None if start is None else start[np.newaxis]
    mode = "each" if start is None else "given"
    assert all(compiled_blocks(table))
    own = fit_steps(table, [spectra], [""], starts, mode, MONITOR)[0]
    return own, fit_step(table, spectra, start, MONITOR)


def assert_same(table: ModelTable, own: StepResult, judge: StepResult, most: float = 1e-2) -> None:
    assert own.status.tolist() == judge.status.tolist(), (own.message, judge.message)
    assert own.sigma_source == judge.sigma_source
    assert own.at_bound.tolist() == judge.at_bound.tolist()
    assert np.isnan(own.covariance).tolist() == np.isnan(judge.covariance).tolist()
    errors = np.sqrt(np.diag(judge.covariance))
    off = np.abs(free_values(table, own) - free_values(table, judge)) / errors
    assert np.nanmax(off) < most
    close = np.sqrt(np.diag(own.covariance)) / errors
    assert np.nanmax(np.abs(close - 1.0)) < 0.02
    np.testing.assert_allclose(own.upper_limit, judge.upper_limit, rtol=0.02)
    np.testing.assert_allclose(own.reduced_chi_square, judge.reduced_chi_square, rtol=2e-3)


LINES = [
    ("gaussian", (1.1,)),
    ("lorentzian", (1.1,)),
    ("pseudo_voigt", (1.1, 0.3)),
    ("pseudo_voigt", (1.1, 0.0)),
    ("sgl", (1.1, 0.3)),
    ("gl", (1.1, 0.3)),
    ("gl", (1.1, 0.02)),
    ("voigt", (0.8, 0.3)),
    ("voigt", (0.8, 1e-3)),
    ("doniach_sunjic", (0.8, 0.1)),
    ("doniach_sunjic", (0.8, 0.0)),
    ("doniach_sunjic_gauss", (0.5, 0.1, 0.6)),
    ("la", (1.1, 0.8, 1.5, 50.0)),
    ("la", (0.7, 1.8, 0.6, 400.0)),
]


@pytest.mark.parametrize(("name", "numbers"), LINES)
def test_line_and_its_derivatives_are_those_of_the_catalogue(
    name: str, numbers: tuple[float, ...]
) -> None:
    from fitting.engines import kernels_lines as lines
    from fitting.engines import kernels_metals as metals

    x = np.linspace(157.0, 171.0, 288)
    shape = LINE_SHAPES[name]
    p = np.zeros(10)
    p[: 1 + len(numbers)] = 163.3, *numbers
    kernel = {
        "pseudo_voigt": lines.mixed,
        "sgl": lines.mixed,
        "la": metals.la,
        "doniach_sunjic": metals.doniach,
        "doniach_sunjic_gauss": metals.doniach,
    }.get(name) or getattr(lines, name)
    if kernel is lines.mixed:
        lines.mixture(name == "sgl", p[1], p[2], p[3:7])
    if name == "doniach_sunjic_gauss":
        p[4] = 1.0
    rows, gains = np.zeros((8, len(x))), np.array([3.0, 1.0, 3.0, 3.0, 3.0, 3.0, 3.0])
    kernel(x, len(x), rows, np.arange(8), gains, p)
    wanted = np.vstack(
        [shape.value(x, 3.0, 163.3, *numbers), shape.jacobian(x, 3.0, 163.3, *numbers)]
    )
    size = np.abs(wanted).max(axis=1, keepdims=True)
    assert np.max(np.abs(rows[: len(wanted)] - wanted) / size) < 1e-9


def test_both_lines_of_a_doublet_at_once_are_two_lines() -> None:
    from fitting.engines import kernels_lines as lines

    x = np.linspace(157.0, 171.0, 288)
    p = np.array([161.0, 1.0, 0.2, 0.0, 0.0, 0.0, 0.0, 162.2, 0.7, 0.3])
    lines.mixture(False, p[1], p[2], p[3:7])
    gains, slots = np.ones(7), np.arange(8)
    together, apart = np.zeros((8, 288)), np.zeros((8, 288))
    lines.mixed_doublet(x, 288, together, slots, gains, p)
    lines.mixed(x, 288, apart, slots, 0.7 * gains, p)
    p[0] = p[7]
    lines.mixed(x, 288, apart, slots, 0.3 * gains, p)
    assert np.max(np.abs(together - apart)[:5]) < 1e-12


def test_faddeeva_is_scipys() -> None:
    from scipy.special import wofz

    from fitting.engines.kernels_math import FAR, faddeeva, faddeeva_far

    rng = np.random.default_rng(0)
    for _ in range(2000):
        x, y = float(rng.uniform(-30.0, 30.0)), float(10.0 ** rng.uniform(-1.0, 1.0))
        w = faddeeva_far(x, y) if abs(x) > FAR else faddeeva(x, y)
        exact = wofz(complex(x, y))
        assert abs(complex(*w) - exact) < 1e-10 * abs(exact)


@pytest.mark.parametrize(("shape", "background"), list(product(SHAPES, BACKGROUNDS)))
def test_every_combination_ends_where_lmfit_ends(shape: str, background: str) -> None:
    table = two_lines(shape, background)
    free = truth(table)
    spectra = counted(table, free, len(shape) + len(background))
    for weights in WEIGHTS:
        judged = with_fit(table, weights=weights)
        own, judge = by_both(judged, spectra, free)
        assert_same(judged, own, judge)
        if weights in ("given", "uniform"):  # else the weights differ by their last repeat
            np.testing.assert_allclose(own.misfit, judge.misfit, rtol=1e-6)


def test_a_measured_template_as_a_component() -> None:
    x = np.linspace(150.0, 175.0, 251)
    height = 5.0 + 100.0 * np.exp(-(((x - 162.0) / 1.3) ** 2))
    shape = measured_shape(x, height, "area")
    assert isinstance(shape.value.__self__, Template)  # type: ignore[attr-defined]
    parts = [
        {"id": "a", "shape": "measured", "template": "t", "center": {"value": 0.1, "min": -1.0}},
        component("b", "gaussian", {"value": 166.0, "min": 165.0, "max": 167.0}),
    ]
    parts[0]["broadening"] = {"value": 0.8, "min": 0.0, "max": 2.0}
    templates = {"t": {"x": x.tolist(), "intensity": height.tolist()}}
    table = table_of(region(parts), templates=templates)
    free = truth(table)
    own, judge = by_both(table, counted(table, free), free)
    assert_same(table, own, judge)


def absent_phase(counts: float = 1.0, seed: int = 4) -> tuple[ModelTable, dict[str, Spectrum]]:
    parts = [
        component("a", "gaussian", CENTER),
        component("gone", "gaussian", {"value": 166.0, "min": 165.5, "max": 166.5}, fwhm=1.2),
    ]
    table = table_of(region(parts))
    return table, counted(table, truth(table, gone__area=0.0), seed)


def test_an_absent_line_gets_a_limit() -> None:
    for seed in range(6):
        table, spectra = absent_phase(seed=seed)
        own, judge = by_both(table, spectra, None)
        gone = [table.parameters[i].name for i in table.free].index("gone.area")
        assert own.misfit.sum() <= judge.misfit.sum() * (1.0 + 1e-4)
        if own.at_bound[gone]:
            assert own.status.tolist() == [FitStatus.AT_BOUND]
            assert own.values[table.free][gone] == 0.0
            assert own.upper_limit[gone] > 0.0
            assert np.isnan(own.covariance[gone, gone])


@pytest.mark.parametrize("weights", ["poisson", "uniform"])
@pytest.mark.parametrize("area", [0.0, 25.0, 60.0])
def test_profiles_of_a_weak_line_are_those_of_lmfit(area: float, weights: str) -> None:
    table = with_fit(absent_phase()[0], weights=weights)
    gone = [table.parameters[i].name for i in table.free].index("gone.area")
    weak = 0
    for seed in range(3):
        spectra = counted(table, truth(table, gone__area=area), seed)
        own, judge = by_both(table, spectra, truth(table, gone__area=area))
        weak += int(np.isfinite(judge.upper95[gone]))
        for name, near in (("upper_limit", 0.03), ("upper95", 0.03), ("lower95", 0.05)):
            found, expected = getattr(own, name), getattr(judge, name)
            np.testing.assert_allclose(found, expected, rtol=near, err_msg=name)
        drops = own.deviance_drop[gone], judge.deviance_drop[gone]
        assert drops[0] == pytest.approx(drops[1], rel=0.03, abs=0.03, nan_ok=True)
    assert weak > 0


def test_a_line_that_faded_is_found_where_it_comes_back() -> None:
    table, _ = absent_phase()
    free = truth(table, gone__center=166.45)
    start = truth(table, gone__center=165.5, gone__area=0.0)
    own, _ = by_both(table, counted(table, free), start)
    place = [table.parameters[i].name for i in table.free].index("gone.center")
    assert free_values(table, own)[place] == pytest.approx(166.45, abs=0.1)


def drifting(steps: int = 12, **rest: object) -> tuple[ModelTable, list[dict[str, Spectrum]]]:
    """Two regions on one energy scale that moves, and a line that comes."""
    parts = [
        component("a", "pseudo_voigt", 161.5, doublet={"splitting": 1.18, "ratio": 0.5}),
        component("b", "pseudo_voigt", "a.center - 1.3", fwhm="a.fwhm", lorentz_fraction=0.3),
    ]
    other = [component("c", "gaussian", {"value": 131.0, "min": 130.0, "max": 132.0})]
    table = table_of(
        region(parts, "shirley", window=(157.0, 168.0)),
        region(other, "linear", "P 2p", (126.0, 136.0)),
        energy={
            "photon_energy_eV": 1486.6,
            "reference": "component",
            "component": "a",
            "position_eV": 161.5,
            "search_eV": 1.0,
        },
        **rest,
    )
    spectra = []
    for k in range(steps):
        free = truth(table, energy__shift=0.4 + 0.02 * k, b__area=300.0 * k)
        own = spectra_of(table, free, np.random.default_rng(k), margin=2.0)
        spectra.append(own)
    return table, spectra


def labels(spectra: Sequence[object]) -> list[str]:
    return [f"step {k}" for k in range(len(spectra))]


def test_a_chain_is_lmfits_chain() -> None:
    table, spectra = drifting()
    assert compiled_blocks(table) == (True, True)
    fast = fit_steps(table, spectra, labels(spectra), None, "chain", MONITOR)
    slow_table = with_fit(table, engine="lmfit")
    assert not any(compiled_blocks(slow_table))
    slow = fit_steps(slow_table, spectra, labels(spectra), None, "chain", MONITOR)
    for own, judge in zip(fast, slow, strict=True):
        assert_same(table, own, judge, 0.05)


def test_threads_and_the_cut_into_calls_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    table, spectra = drifting(16)

    def chain(_: int) -> bytes:
        found = fit_steps(table, spectra, labels(spectra), None, "chain", MONITOR)
        return b"".join(r.values.tobytes() + r.covariance.tobytes() for r in found)

    alone = chain(0)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(chain, range(8))) == {alone}
    monkeypatch.setattr(compiled, "_AT_ONCE", 3)
    assert chain(0) == alone


def test_static_backgrounds_are_held() -> None:
    for background in ({"kind": "shirley", "active": False}, {"kind": "linear", "active": False}):
        table = table_of(region([component("a", "gaussian", CENTER)], background))
        source = table_of(region([component("a", "gaussian", CENTER)], "shirley"))
        spectra = counted(source, truth(source))
        own, judge = by_both(table, spectra, None)
        assert_same(table, own, judge)


def test_static_backgrounds_follow_the_shift() -> None:
    table, spectra = drifting()
    plan = table.plan.model_copy(
        update={
            "regions": tuple(
                r.model_copy(update={"background": type(r.background)(kind="linear", active=False)})
                for r in table.plan.regions
            )
        }
    )
    table = build_model(plan)
    fast = fit_steps(table, spectra, labels(spectra), None, "chain", MONITOR)
    slow_table = with_fit(table, engine="lmfit")
    slow = fit_steps(slow_table, spectra, labels(spectra), None, "chain", MONITOR)
    for own, judge in zip(fast, slow, strict=True):
        assert_same(table, own, judge, 0.05)


def test_what_has_no_kernel_goes_to_lmfit_and_is_said() -> None:
    parts = [
        component("a", "gaussian", CENTER),
        component("b", "gaussian", "a.center + 2", fwhm="sqrt(a.fwhm ** 2 + 1)"),
    ]
    other = [component("c", "gaussian", {"value": 131.0, "min": 130.0, "max": 132.0})]
    table = table_of(region(parts), region(other, "linear", "P 2p", (126.0, 136.0)))
    assert compiled_blocks(table) == (False, True)
    assert "S 2p: fitted by lmfit" in notices(table)[0]
    assert "b.fwhm" in notices(table)[0]
    free = truth(table)
    spectra = counted(table, free)
    own = fit_steps(table, [spectra], [""], free[np.newaxis], "given", MONITOR)[0]
    assert_same(table, own, fit_step(table, spectra, free, MONITOR))
    with pytest.raises(PlanError, match=r"fit\.engine.*b\.fwhm"):
        compiled_blocks(with_fit(table, engine="compiled"))


def test_failures_say_what_lmfit_says() -> None:
    table = table_of(region([component("a", "gaussian", CENTER)]))
    good = counted(table, truth(table))["S 2p"]
    cases = [
        replace(good, intensity=np.zeros(len(good))),
        replace(good, intensity=-good.intensity),
        good.window(160.0, 160.25),
        good.window(100.0, 101.0),
    ]
    for bad in cases:
        own, judge = by_both(table, {"S 2p": bad}, None)
        assert own.status.tolist() == [FitStatus.FAILED]
        assert own.message == judge.message


def test_a_missing_region_and_one_whose_reference_is_missing() -> None:
    table, spectra = drifting(6)
    spectra[2].pop("P 2p")
    spectra[4].pop("S 2p")
    found = fit_steps(table, spectra, labels(spectra), None, "chain", MONITOR)
    assert found[2].status.tolist()[1] == FitStatus.EXCLUDED
    assert found[4].status.tolist() == [FitStatus.EXCLUDED, FitStatus.FAILED]
    assert "reference" in found[4].message[1]
    assert found[5].status.tolist() == found[3].status.tolist()


def test_points_repeated_and_too_few_places() -> None:
    table = table_of(region([component("a", "gaussian", CENTER)]))
    good = counted(table, truth(table))["S 2p"]
    twice = Spectrum.from_points(
        np.concatenate([good.x, good.x]),
        np.concatenate([good.intensity, good.intensity]),
        counts_per_unit=1.0,
    )
    own, judge = by_both(table, {"S 2p": twice}, None)
    assert_same(table, own, judge)


def test_without_the_compiler_lmfit_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "available", lambda: False)
    table = table_of(region([component("a", "gaussian", CENTER)]))
    assert compiled_blocks(table) == (False,)
    assert "numba is not installed" in notices(table)[0]
    spectra = counted(table, truth(table))
    found = fit_series(table, [spectra], [""], MONITOR)
    assert found[0].status.tolist() == [FitStatus.CONVERGED]


def test_numba_stays_out_of_the_start() -> None:
    code = "import app.main, fitting.seriesfit, sys; assert 'numba' not in sys.modules"
    assert run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("spikes", [(), (62, 90, 30)])
@pytest.mark.parametrize(("shape", "background"), [("gaussian", "linear"), ("voigt", "shirley")])
def test_a_robust_loss(shape: str, background: str, spikes: tuple[int, ...], weights: str) -> None:
    table = with_fit(two_lines(shape, background), weights=weights, loss="huber")
    spectrum = counted(table, truth(table), 3)["S 2p"]
    y = spectrum.intensity.copy()
    for i in spikes:
        y[i] += np.round(20.0 * np.sqrt(y[i]))
    spectra = {"S 2p": Spectrum(spectrum.x, y, spectrum.sigma, 1.0)}
    own, judge = by_both(table, spectra, None)
    assert_same(table, own, judge)
    assert own.sigma_source[0].endswith(", huber")
    squares = with_fit(table, loss="squares")
    plain = by_both(squares, spectra, None)[0]
    errors = np.sqrt(np.diag(own.covariance))
    moved = np.nanmax(np.abs(free_values(table, own) - free_values(table, plain)) / errors)
    assert moved > 1.0 if spikes else moved < 1.0


def test_a_chain_that_keeps_normal_equations_ends_where_single_fits_end() -> None:
    table = two_lines("pseudo_voigt", "linear")
    free = truth(table)
    for weights in WEIGHTS:
        judged = with_fit(table, weights=weights)
        spectra = [counted(judged, free * (1.0 + 0.001 * k), k) for k in range(12)]
        labels = [""] * len(spectra)
        chain = fit_steps(judged, spectra, labels, None, "chain", MONITOR)
        starts = np.array([free_values(judged, step) for step in chain])
        starts[1:] = starts[:-1]
        apart = fit_steps(judged, spectra, labels, starts, "given", MONITOR)
        for own, judge in zip(chain, apart, strict=True):
            assert_same(judged, own, judge)
            np.testing.assert_allclose(own.covariance, judge.covariance, rtol=0.01, atol=1e-12)


def test_a_chain_survives_a_jump_in_intensity() -> None:
    table = with_fit(two_lines("pseudo_voigt", "linear"), weights="given")
    spectra = []
    for k, gain in enumerate((1.0, 1.0, 0.01, 0.01, 1.0, 1.0)):
        one = counted(table, truth(table), k)["S 2p"]
        y = np.random.default_rng(k).poisson(one.intensity * gain).astype(float)
        spectra.append({"S 2p": Spectrum(one.x, y, np.sqrt(np.maximum(y, 1.0)), 1.0)})
    chain = fit_steps(table, spectra, [""] * 6, None, "chain", MONITOR)
    cold = fit_steps(table, spectra, [""] * 6, None, "each", MONITOR)
    for own, judge in zip(chain, cold, strict=True):
        np.testing.assert_allclose(own.misfit, judge.misfit, rtol=1e-5)
