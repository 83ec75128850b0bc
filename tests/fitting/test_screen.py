"""Bad spectra are found, good ones are left alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.io import ReadOptions, read_file
from fitting.arrays import FloatArray
from fitting.errors import ReadError
from fitting.plan import Plan
from fitting.screen import faults_of, reasons_of
from fitting.series import AxisKind, IntensityUnit, Series, Technique
from tests.shared_data import SHARED_DATA, shared_file

X = np.linspace(155.0, 170.0, 151)
INTERRUPTED = "raman/renishaw_wdf/renishaw_test_zscan.wdf"
EMPTY_PROFILE = "raman/fitspy_with_fit/spectrum_2_1_profiles.csv"


def curve(level: float = 400.0, height: float = 3000.0, x: FloatArray = X) -> FloatArray:
    return np.asarray(level + height * np.exp(-(((x - 162.0) / 1.0) ** 2)))


def counted(
    rows: int = 5, seed: int = 0, level: float = 400.0, height: float = 3000.0
) -> FloatArray:
    wanted = np.broadcast_to(curve(level, height), (rows, len(X)))
    return np.random.default_rng(seed).poisson(wanted).astype(float)


def series(y: FloatArray, x: FloatArray = X, scale: float | None = 1.0) -> Series:
    per_unit = None if scale is None else np.full(len(y), scale)
    return Series(
        "cell A",
        "S 2p",
        Technique.XPS,
        AxisKind.BINDING_ENERGY,
        x,
        y,
        np.arange(len(y)),
        counts_per_unit=per_unit,
        intensity_unit=IntensityUnit.COUNTS,
    )


def faults(y: FloatArray, x: FloatArray = X, scale: float | None = 1.0) -> list[str]:
    return faults_of(series(y, x, scale), 155.0, 170.0)


def only(found: list[str], bad: int) -> str:
    assert [bool(text) for text in found] == [k == bad for k in range(len(found))], found
    return found[bad]


@pytest.mark.parametrize("value", [0.0, 7.0, 65535.0])
def test_one_value_all_over_is_a_dead_detector(value: float) -> None:
    y = counted()
    y[2] = value
    assert only(faults(y), 2) == f"all 151 intensities are {value:g} (dead detector?)"


@pytest.mark.parametrize("scale", [1.0, 0.2, None])
@pytest.mark.parametrize(("first", "last"), [(60, 80), (120, 151), (0, 30)])
def test_a_dead_stretch(first: int, last: int, scale: float | None) -> None:
    y = counted() / (scale or 1.0)
    y[3, first:last] = 0.0
    places = f"{last - first} points from {X[first]:g} to {X[last - 1]:g}"
    assert only(faults(y, scale=scale), 3).startswith(f"stuck at 0: {places}")


def test_a_detector_that_holds_its_last_value() -> None:
    y = counted()
    y[1, 60:80] = y[1, 60]
    assert "stuck at" in only(faults(y), 1)
    assert "20 points from 161 to 162.9" in only(faults(y), 1)


@pytest.mark.parametrize("lines", [1, 2])
def test_a_flat_top_is_saturated(lines: int) -> None:
    y = counted()
    y[0] += (lines - 1) * np.round(3000.0 * np.exp(-((X - 167.0) ** 2)))
    y[0] = np.minimum(y[0], 2500.0)
    assert only(faults(y), 0).startswith("flat at its highest value 2500: ")
    assert "saturated?" in faults(y)[0]


@pytest.mark.parametrize("own_axes", [False, True])
def test_a_scan_that_ended_early_is_cut_off(own_axes: bool) -> None:
    y = counted()
    y[4, 110:] = np.nan
    x = np.tile(X, (len(y), 1)) if own_axes else X
    if own_axes:
        x[4, 110:] = np.nan
    said = "measured from 155 to 165.9, not from 155 to 170 (cut off?)"
    assert only(faults(y, x), 4) == said
    # where several end there, it is how they were measured
    y[2, 110:] = np.nan
    assert not any(faults(y, x))


def test_a_scan_that_never_began() -> None:
    y = counted()
    y[1] = np.nan
    assert only(faults(y), 1) == "no point was measured between 155 and 170"


def test_what_lies_outside_the_window_does_not_count() -> None:
    y = counted()
    y[0, :40] = y[1, 130:] = 0.0
    y[2, 130:] = np.nan
    assert not any(faults_of(series(y), 159.5, 167.5))
    assert all(faults_of(series(y), 155.0, 170.0)[:3])


@settings(deadline=None, max_examples=50)
@given(
    st.integers(0, 10_000),
    st.sampled_from([0.0, 0.02, 0.3, 3.0, 100.0]),
    st.sampled_from([0.0, 0.5, 3.0, 30.0, 1e3, 1e6]),
    st.sampled_from([1.0, 0.27, None]),
)
def test_few_counts_are_good_counts(
    seed: int, level: float, height: float, scale: float | None
) -> None:
    y = counted(20, seed, level, height)
    good = y[(y != y[:, :1]).any(axis=1)]
    for drawn in (good, np.clip(good - np.round(level), 0.0, None)):
        found = faults(drawn / (scale or 1.0), scale=scale)
        assert not [text for text in found if text and not text.startswith("all ")]


@pytest.mark.parametrize("digits", [None, 0, 2])
def test_curves_without_noise_are_good(digits: int | None) -> None:
    step = 0.3 * 3000.0 / (1.0 + np.exp(-(X - 162.0)))
    for y in (curve(0.0), curve(5.0) + step, curve() * (X > 160.0)):
        drawn = y if digits is None else np.round(y / y.max() * 10.0, digits)
        assert not any(faults(drawn[np.newaxis], scale=None))


def test_spikes_and_far_off_counts_are_no_faults() -> None:
    y = counted(6)
    y[1, 70] = 1e5
    y[2, 70:74] = 65535.0
    y[3] = np.round(0.02 * y[3])
    y[4] *= 50.0
    assert not any(faults(y))


@pytest.mark.real_data
def test_no_real_spectrum_is_refused_but_those_of_nothing_but_zeros() -> None:
    shared_file(INTERRUPTED)
    found: dict[str, list[int]] = {}
    seen = 0
    for path in sorted(p for p in SHARED_DATA.rglob("*") if p.is_file()):
        for one in read(str(path.relative_to(SHARED_DATA))):
            seen += len(one)
            for k, text in enumerate(faults_of(one, -np.inf, np.inf)):
                if text:
                    assert not np.any(one.intensity[k])
                    found.setdefault(path.name, []).append(k)
    assert seen > 2500
    names = {INTERRUPTED.split("/")[-1]: list(range(0, 40, 2)), EMPTY_PROFILE.split("/")[-1]: [2]}
    assert found == names


def read(name: str) -> list[Series]:
    for options in (ReadOptions(photon_energy_eV=1486.6), ReadOptions(axis="raman_shift_cm-1")):
        try:
            return read_file(shared_file(name), options)
        except ReadError:
            continue
    return []


def planned(region: dict[str, object] | None = None, **rest: object) -> Plan:
    line = {"id": "a", "shape": "gaussian", "center": 162.0, "fwhm": 1.5}
    own = {
        "name": "S 2p",
        "window": [155.0, 170.0],
        "background": {"kind": "constant"},
        "components": [line],
    }
    return Plan.from_data({"regions": [own | (region or {})], **rest})


def reasons(plan: Plan, y: FloatArray) -> list[str]:
    found = reasons_of(plan, {"S 2p": series(y)}, np.arange(len(y)))
    return [step.get("S 2p", "") for step in found]


def test_steps_are_left_out_by_hand_or_not_looked_at() -> None:
    y = counted()
    y[1] = 0.0
    assert only(reasons(planned(), y), 1).startswith("all 151")
    assert not any(reasons(planned(series={"screen": False}), y))
    by_hand = planned(series={"screen": False, "exclude": [4, 77]})
    assert only(reasons(by_hand, y), 4) == "left out by the plan: series.exclude"
    of_region = planned(series={"screen": False}, region={"exclude": [3]})
    assert only(reasons(of_region, y), 3) == 'left out by the plan: regions["S 2p"].exclude'


def test_the_window_is_where_a_given_shift_puts_it() -> None:
    y = counted()
    y[2, :45] = 0.0
    moved = {"reference": "value", "shift_eV": 5.0}
    window = {"window": [155.0, 162.0]}
    assert any(reasons(planned(region=window), y))
    assert not any(reasons(planned(region=window, energy=moved), y))
