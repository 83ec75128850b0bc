"""Onset, slope, plateau and growth with time on curves whose truth is known."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitting.growth import Measured
from fitting.trends import Curve, Trend, along_axis, along_time, described, difference, trends_of

REPEATS = 60
X = np.linspace(0.0, 50.0, 26)
RISE, PER = 0.3, 10.0
TRUE = {
    "initial_slope": RISE / PER,
    "saturation": 0.1 + RISE,
    "half_at": PER * np.log(2.0),
    "saturated_at": PER * np.log(20.0),
}


def saturating(x: np.ndarray) -> np.ndarray:
    return 0.1 + RISE * -np.expm1(-x / PER)


def noisy(true: np.ndarray, sigma: float, seed: int) -> Curve:
    errors = sigma * np.ones(len(true))
    values = true + np.random.default_rng(seed).normal(0.0, sigma, len(true))
    return Curve(X, values, errors, time_s=3600.0 * X, axis_unit="uAh/cm2")


def by_name(trends: list[Trend]) -> dict[str, Trend]:
    return {trend.quantity: trend for trend in trends}


def holds(measured: Measured, true: float) -> bool:
    low = -np.inf if np.isnan(measured.low95) else measured.low95
    high = np.inf if np.isnan(measured.high95) else measured.high95
    return bool(low <= true <= high)


def coverage(
    true: np.ndarray, sigma: float, expected: dict[str, float], look: Callable[[Curve], list[Trend]]
) -> dict[str, float]:
    """How many intervals hold the truth; all have to be there."""
    held = dict.fromkeys(expected, 0)
    for seed in range(REPEATS):
        found = by_name(look(noisy(true, sigma, seed)))
        for name, value in expected.items():
            assert found[name].measured.known, found[name]
            held[name] += holds(found[name].measured, value)
    return {name: count / REPEATS for name, count in held.items()}


@pytest.mark.parametrize("sigma", [0.01, 0.0005])
def test_intervals_of_a_rise_to_a_plateau_hold_the_truth(sigma):
    for name, share in coverage(saturating(X), sigma, TRUE, along_axis).items():
        assert 0.85 <= share <= 1.0, name


def test_a_fall_is_as_good_as_a_rise():
    expected = {"initial_slope": -RISE / PER, "saturation": 0.6, "half_at": TRUE["half_at"]}
    found = coverage(1.0 - saturating(X), 0.01, expected, along_axis)
    assert all(0.85 <= share <= 1.0 for share in found.values())


def test_along_an_axis_that_falls_slopes_change_sign_and_places_stay():
    """Potential against Li: the same points, the axis counted down."""
    up = by_name(along_axis(noisy(saturating(X), 0.01, 3)))
    curve = noisy(saturating(X), 0.01, 3)
    down = by_name(along_axis(Curve(3.0 - X, curve.value, curve.stderr)))
    assert down["initial_slope"].measured.value == pytest.approx(
        -up["initial_slope"].measured.value
    )
    there, here = down["half_at"].measured, up["half_at"].measured
    assert there.value == pytest.approx(3.0 - here.value)
    assert (there.low95, there.high95) == pytest.approx((3.0 - here.high95, 3.0 - here.low95))
    assert there.low95 < there.value < there.high95


def test_growth_that_begins_late_keeps_its_slope_and_half():
    true = RISE * -np.expm1(-np.maximum(X - 14.0, 0.0) / PER)
    expected = {"initial_slope": RISE / PER, "saturation": RISE, "half_at": 14.0 + TRUE["half_at"]}
    found = coverage(true, 0.01, expected, along_axis)
    assert all(0.85 <= share <= 1.0 for share in found.values())


def test_a_straight_line_has_a_slope_and_no_plateau():
    for seed in range(30):
        found = by_name(along_axis(noisy(0.1 + 0.005 * X, 0.01, seed)))
        assert not found["saturation"].measured.known
        assert found["saturation"].note.startswith("not determined: ")
    shares = coverage(0.1 + 0.005 * X, 0.01, {"initial_slope": 0.005}, along_axis)
    assert shares["initial_slope"] >= 0.85


def test_what_does_not_change_has_slope_zero_and_no_plateau():
    shares = coverage(0.1 + 0.0 * X, 0.01, {"initial_slope": 0.0}, along_axis)
    assert 0.85 <= shares["initial_slope"] <= 1.0
    found = by_name(along_axis(noisy(0.1 + 0.0 * X, 0.01, 1)))
    assert found["half_at"].note == "not determined: no change beyond errors"


def test_a_species_that_comes_and_goes_has_no_plateau_and_says_so():
    found = by_name(along_axis(noisy(0.3 * X / 15.0 * np.exp(1.0 - X / 15.0), 0.002, 1)))
    for trend in found.values():
        assert not trend.measured.known
        assert "no rise or fall to a plateau" in trend.note


def test_a_curve_of_another_form_has_wider_errors_and_says_so():
    true = 0.3 * X / (X + 8.0)
    exact = noisy(true, 1e-3, 1)
    trend = by_name(along_axis(exact))["saturation"]
    assert "not quite of this form" in trend.note
    assert trend.measured.high95 - trend.measured.low95 > 4.0 * 1e-3


def test_without_errors_a_wrong_form_is_seen_by_the_neighbours():
    bump = 0.3 * X / 15.0 * np.exp(1.0 - X / 15.0)
    for true, wrong in ((bump, True), (saturating(X), False)):
        curve = noisy(true, 0.002, 1)
        found = by_name(along_axis(Curve(X, curve.value, None)))
        assert found["saturation"].note.startswith("not determined") == wrong
        assert found["saturation"].measured.known != wrong


def test_the_curve_that_is_drawn_is_the_one_that_was_read_off():
    curve = noisy(saturating(X), 0.01, 1)
    found = by_name(along_axis(curve))
    line = described(curve)
    assert line is not None
    x, y = line
    assert (x[0], x[-1]) == (X[0], X[-1])
    slope = (y[1] - y[0]) / (x[1] - x[0])
    assert slope == pytest.approx(found["initial_slope"].measured.value, rel=0.02)
    half = 0.5 * (y[0] + found["saturation"].measured.value)
    assert np.interp(found["half_at"].measured.value, x, y) == pytest.approx(half, rel=0.01)
    assert described(Curve(X, 0.0 * X, np.full(26, np.nan))) is None


def test_square_root_growth_is_recognised_and_measured():
    expected = {"sqrt_time_rate": 0.05, "time_exponent": 0.5}
    found = coverage(0.05 * np.sqrt(X), 0.01, expected, lambda curve: list(along_time(curve)))
    assert all(0.85 <= share <= 1.0 for share in found.values())
    said = [by_name(list(along_time(noisy(0.05 * np.sqrt(X), 0.01, s)))) for s in range(40)]
    right = sum(one["sqrt_time_rate"].note == "sqrt(time) describes it" for one in said)
    assert right >= 35


def test_a_constant_rate_is_no_square_root():
    trend = by_name(list(along_time(noisy(0.005 * X, 0.005, 1))))["sqrt_time_rate"]
    assert trend.note.startswith("sqrt(time) does not describe it: ")


def test_without_errors_the_scatter_gives_them():
    true = 12.0 + 3.0 * np.sqrt(X)
    held = 0
    for seed in range(REPEATS):
        curve = noisy(true, 0.2, seed)
        bare = Curve(X, curve.value, None, time_s=curve.time_s)
        held += holds(by_name(list(along_time(bare)))["sqrt_time_rate"].measured, 3.0)
    assert 0.85 <= held / REPEATS <= 1.0


def test_absent_steps_count_with_their_limits():
    """A phase at zero with an upper limit still holds the curve down."""
    true = RISE * -np.expm1(-np.maximum(X - 14.0, 0.0) / PER)
    curve = noisy(true, 0.01, 5)
    value = np.maximum(curve.value, 0.0)
    stderr = np.where(value > 0.0, 0.01, np.nan)
    found = by_name(trends_of(Curve(X, value, stderr, upper95=value + 0.0165)))
    assert holds(found["onset"].measured, 14.0)
    assert found["half_at"].measured.value == pytest.approx(14.0 + TRUE["half_at"], abs=1.5)


def test_steps_of_nothing_but_one_phase_count_with_the_room_below() -> None:
    """Shares are told as surely from above as from below."""
    absent = np.maximum(noisy(0.04 * X, 0.01, 5).value, 0.0)
    absent[:6] = 0.0
    stderr = np.where(absent > 0.0, 0.01, np.nan)
    limit = absent + 0.0196
    rising = Curve(X, absent, stderr, upper95=absent + 0.01645)
    falling = Curve(X, 1.0 - absent, stderr, upper95=1.0 - absent, low95=1.0 - limit)
    up, down = (by_name(along_axis(curve))["initial_slope"].measured for curve in (rising, falling))
    assert down.value == pytest.approx(-up.value)
    assert down.stderr == pytest.approx(up.stderr, rel=1e-4)


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (np.concatenate([X[:13], X[:13]]), "turns back"),
        (np.zeros(26), "stands still"),
        (np.full(26, np.nan), "0 steps with an error, need 6"),
    ],
)
def test_an_axis_that_is_none_gives_words_and_no_number(x, said):
    curve = noisy(saturating(X), 0.01, 1)
    for trend in along_axis(Curve(x, curve.value, curve.stderr)):
        assert not trend.measured.known
        assert said in trend.note


def test_differences_of_samples_come_with_the_errors_of_both():
    held = 0
    for seed in range(REPEATS):
        slow = by_name(along_axis(noisy(saturating(X), 0.01, seed)))
        fast = by_name(along_axis(noisy(saturating(2.0 * X), 0.01, 1000 + seed)))
        away = difference(fast["initial_slope"], slow["initial_slope"])
        assert away is not None
        held += holds(away.measured, RISE / PER)
        assert away.note.startswith("differ by")
    assert held / REPEATS >= 0.85


def test_equal_samples_do_not_differ_and_unknown_ones_are_not_compared():
    first, second = (by_name(along_axis(noisy(saturating(X), 0.01, s))) for s in (1, 2))
    same = difference(first["saturation"], second["saturation"])
    assert same is not None
    assert same.note == "no difference beyond errors"
    line = by_name(along_axis(noisy(0.005 * X, 0.01, 1)))
    assert difference(first["saturation"], line["saturation"]) is None


@settings(deadline=None, max_examples=12)
@given(scale=st.floats(1e-3, 1e3), stretch=st.floats(1e-3, 1e3), seed=st.integers(0, 20))
def test_units_do_not_matter(scale, stretch, seed):
    curve = noisy(saturating(X), 0.01, seed)
    plain = by_name(along_axis(curve))
    other = Curve(stretch * X, scale * curve.value, scale * curve.stderr)
    for name, power in {"initial_slope": -1, "half_at": 1, "saturation": 0}.items():
        there = by_name(along_axis(other))[name].measured
        factor = stretch**power * (1.0 if name == "half_at" else scale)
        here = plain[name].measured
        assert there.value == pytest.approx(factor * here.value, rel=0.01)
        assert there.low95 == pytest.approx(factor * here.low95, rel=0.02)


def test_many_steps_are_put_together_and_say_the_same():
    x = np.linspace(0.0, 50.0, 5000)
    rng = np.random.default_rng(1)
    curve = Curve(x, saturating(x) + rng.normal(0.0, 0.05, 5000), np.full(5000, 0.05))
    found = by_name(along_axis(curve))
    for name, true in TRUE.items():
        assert found[name].measured.value == pytest.approx(true, rel=0.1)
        assert holds(found[name].measured, true)


def test_the_onset_of_many_steps_is_that_of_few():
    x = np.linspace(0.0, 50.0, 5000)
    true = RISE * -np.expm1(-np.maximum(x - 14.0, 0.0) / PER)
    values = true + np.random.default_rng(1).normal(0.0, 0.1, 5000)
    for axis, place in ((x, 14.0), (3.0 - x, -11.0)):
        found = by_name(trends_of(Curve(axis, values, np.full(5000, 0.1))))["onset"].measured
        assert found.value == pytest.approx(place, abs=1.0)
        assert holds(found, place)


def test_a_tail_that_would_be_called_a_plateau_is_none():
    gone = np.where(X > 0.0, 0.063 * np.exp(-X / 8.0) + 0.002, 0.0)
    told = by_name(along_axis(noisy(gone, 0.002, 0)))
    assert not told["saturation"].measured.known
    assert "comes and goes" in told["saturation"].note
