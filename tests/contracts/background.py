"""What every background keeps, whatever its formula.

Each class is inherited once, over the whole catalogue:
``@pytest.mark.parametrize("background", BASIS.values(), ids=BASIS.keys())``.
"""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitting.arrays import FloatArray, frozen
from fitting.backgrounds.background import (
    ActiveBackground,
    BasisBackground,
    Option,
    StaticBackground,
)
from fitting.errors import DataError
from fitting.lineshapes.shape import ShapeParameter

FEW = settings(deadline=None, max_examples=10)
seeds = st.integers(0, 2**32 - 1)


def uneven_axis(rng: np.random.Generator, low: float, high: float, points: int) -> FloatArray:
    """Ascending points at random distances, with both ends among them."""
    inner = np.sort(rng.uniform(low, high, points - 2))
    return np.concatenate([[low], inner, [high]])


def some_peaks(rng: np.random.Generator, x: FloatArray, rows: int) -> FloatArray:
    """(rows, N) Gaussians of random place, width and height."""
    span = x[-1] - x[0]
    center = rng.uniform(x[0] + 0.2 * span, x[0] + 0.7 * span, (rows, 1))
    width = rng.uniform(0.02, 0.1, (rows, 1)) * span
    return rng.uniform(10.0, 1000.0, (rows, 1)) * np.exp(-(((x - center) / width) ** 2))


def some_values(
    rng: np.random.Generator, parameters: tuple[ShapeParameter, ...]
) -> tuple[float, ...]:
    """Values around the defaults, inside the limits."""
    around = [p.default * math.exp(rng.uniform(-1.0, 1.0)) for p in parameters]
    return tuple(
        float(np.clip(v, p.minimum, p.maximum)) for v, p in zip(around, parameters, strict=True)
    )


def in_other_unit(values: tuple[float, ...], parameters: tuple[ShapeParameter, ...], factor: float):
    """The same values on an axis whose numbers are ``factor`` times as large."""
    power = {"1": 0, "axis": 1, "1/axis": -1, "axis^2": 2}
    return tuple(v * factor ** power[p.unit] for v, p in zip(values, parameters, strict=True))


def option_choices(options: tuple[Option, ...]) -> list[dict[str, float | int | str]]:
    """Every combination of smallest, default and largest finite value."""
    names = [o.name for o in options]
    values = [
        {o.default, *o.choices} if o.choices else {o.default, type(o.default)(o.maximum)}
        for o in options
    ]
    return [dict(zip(names, chosen, strict=True)) for chosen in product(*values)]


def central_differences(curve, values: tuple[float, ...]) -> FloatArray:
    """Derivatives of ``curve(*values)`` by every value, slow and obvious."""
    slopes = []
    for i, value in enumerate(values):
        step = 1e-5 * abs(value)
        above = curve(*values[:i], value + step, *values[i + 1 :])
        below = curve(*values[:i], value - step, *values[i + 1 :])
        slopes.append((above - below) / (2.0 * step))
    return np.array(slopes)


class BasisContract:
    """A sum of columns fitted with the peaks."""

    @given(seed=seeds)
    @FEW
    def test_columns_are_finite_and_of_order_one_on_the_window(
        self, background: BasisBackground, seed: int
    ) -> None:
        rng = np.random.default_rng(seed)
        width = rng.uniform(1.0, 2000.0)
        u = uneven_axis(rng, 0.0, width, 40)
        for options in option_choices(background.options):
            columns = background.columns(
                u, width, *some_values(rng, background.parameters), **options
            )
            assert columns.shape == (len(background.coefficients(**options)), 40)
            assert np.all(np.abs(columns) <= 1.0 + 1e-12)
            assert np.all(np.any(columns != 0.0, axis=1))

    def test_coefficients_have_names_of_their_own(self, background: BasisBackground) -> None:
        for options in option_choices(background.options):
            names = [name for name, _ in background.coefficients(**options)]
            names += [p.name for p in background.parameters]
            assert len(set(names)) == len(names)
            assert all(name.isidentifier() for name in names)

    @given(seed=seeds)
    @FEW
    def test_jacobian_is_that_of_central_differences(
        self, background: BasisBackground, seed: int
    ) -> None:
        rng = np.random.default_rng(seed)
        u = uneven_axis(rng, 0.0, 150.0, 30)
        values = some_values(rng, background.parameters)
        for options in option_choices(background.options):
            jacobian = background.jacobian(u, 150.0, *values, **options)
            columns = len(background.coefficients(**options))
            assert jacobian.shape == (len(values), columns, 30)
            slow = central_differences(
                lambda *v, chosen=options: background.columns(u, 150.0, *v, **chosen), values
            )
            if values:
                np.testing.assert_allclose(jacobian, slow, rtol=1e-6, atol=1e-6)

    @given(seed=seeds)
    @FEW
    def test_order_of_points_does_not_matter(self, background: BasisBackground, seed: int) -> None:
        rng = np.random.default_rng(seed)
        u = uneven_axis(rng, 0.0, 15.0, 30)
        order = rng.permutation(30)
        values = some_values(rng, background.parameters)
        for options in option_choices(background.options):
            sorted_first = background.columns(u, 15.0, *values, **options)[:, order]
            mixed = background.columns(u[order], 15.0, *values, **options)
            np.testing.assert_allclose(mixed, sorted_first, rtol=1e-12, atol=1e-12)

    @given(seed=seeds, factor=st.floats(0.01, 100.0))
    @FEW
    def test_units_of_parameters_are_those_they_say(
        self, background: BasisBackground, seed: int, factor: float
    ) -> None:
        rng = np.random.default_rng(seed)
        u = uneven_axis(rng, 0.0, 15.0, 30)
        values = some_values(rng, background.parameters)
        other = in_other_unit(values, background.parameters, factor)
        for options in option_choices(background.options):
            np.testing.assert_allclose(
                background.columns(factor * u, factor * 15.0, *other, **options),
                background.columns(u, 15.0, *values, **options),
                rtol=1e-9,
                atol=1e-9,
            )

    def test_columns_are_well_conditioned_over_a_wide_window(
        self, background: BasisBackground
    ) -> None:
        u, width = np.linspace(0.0, 990.0, 500), 990.0
        values = tuple(3.0 / width for _ in background.parameters)
        for options in option_choices(background.options):
            columns = background.columns(u, width, *values, **options)
            assert np.linalg.cond(columns) < 20.0


class ActiveContract:
    """What the peaks cast to high binding energy."""

    @staticmethod
    def _case(background: ActiveBackground, seed: int, rows: int = 3):
        rng = np.random.default_rng(seed)
        x = uneven_axis(rng, 157.0, 197.0, 60)
        return frozen(x), frozen(some_peaks(rng, x, rows)), some_values(rng, background.parameters)

    @given(seed=seeds)
    @FEW
    def test_finite_and_never_below_zero(self, background: ActiveBackground, seed: int) -> None:
        x, peaks, values = self._case(background, seed)
        cast = background.response(x, peaks, *values)
        assert cast.shape == peaks.shape
        assert np.all(np.isfinite(cast))
        assert np.all(cast >= 0.0)
        assert np.all(cast[:, 0] == 0.0)
        assert np.all(cast[:, -1] > 0.0)

    @given(seed=seeds)
    @FEW
    def test_linear_in_the_peaks(self, background: ActiveBackground, seed: int) -> None:
        x, peaks, values = self._case(background, seed)
        operator = background.operator(x, *values)
        both = operator(2.5 * peaks[0] - 0.5 * peaks[1])
        separate = 2.5 * operator(peaks[0]) - 0.5 * operator(peaks[1])
        np.testing.assert_allclose(both, separate, rtol=1e-10, atol=1e-8)

    @given(seed=seeds)
    @FEW
    def test_many_rows_are_as_good_as_one(self, background: ActiveBackground, seed: int) -> None:
        x, peaks, values = self._case(background, seed, rows=4)
        together = background.response(x, peaks.reshape(2, 2, -1), *values)
        alone = np.array([background.response(x, row, *values) for row in peaks])
        np.testing.assert_allclose(together.reshape(4, -1), alone, rtol=1e-11, atol=1e-9)

    @given(seed=seeds, cut=st.integers(1, 58))
    @FEW
    def test_only_peaks_at_lower_binding_energy_count(
        self, background: ActiveBackground, seed: int, cut: int
    ) -> None:
        x, peaks, values = self._case(background, seed)
        changed = peaks.copy()
        changed[:, cut + 1 :] += 1000.0
        before = background.response(x, peaks, *values)
        after = background.response(x, changed, *values)
        np.testing.assert_allclose(after[:, : cut + 1], before[:, : cut + 1], rtol=1e-11, atol=1e-9)
        assert np.all(after[:, -1] > before[:, -1])

    @given(seed=seeds, shift=st.floats(-100.0, 1000.0))
    @FEW
    def test_moves_with_the_axis(
        self, background: ActiveBackground, seed: int, shift: float
    ) -> None:
        x, peaks, values = self._case(background, seed)
        here = background.response(x, peaks, *values)
        there = background.response(x + shift, peaks, *values)
        np.testing.assert_allclose(there, here, rtol=1e-6, atol=1e-6)

    @given(seed=seeds, factor=st.floats(0.1, 10.0))
    @FEW
    def test_units_of_parameters_are_those_they_say(
        self, background: ActiveBackground, seed: int, factor: float
    ) -> None:
        x, peaks, values = self._case(background, seed)
        other = in_other_unit(values, background.parameters, factor)
        np.testing.assert_allclose(
            background.response(factor * x, peaks, *other),
            background.response(x, peaks, *values),
            rtol=1e-8,
            atol=1e-8,
        )

    @given(seed=seeds)
    @FEW
    def test_jacobian_is_that_of_central_differences(
        self, background: ActiveBackground, seed: int
    ) -> None:
        x, peaks, values = self._case(background, seed)
        for axis in (x, np.linspace(157.0, 197.0, 60)):
            jacobian = background.jacobian(axis, peaks[0], *values)
            slow = central_differences(
                lambda *v, at=axis: background.response(at, peaks[0], *v), values
            )
            for fast, obvious in zip(jacobian, slow, strict=True):
                np.testing.assert_allclose(
                    fast, obvious, rtol=1e-5, atol=1e-7 * np.max(np.abs(obvious))
                )

    @given(seed=seeds)
    @FEW
    def test_every_parameter_changes_the_result_on_the_same_data(
        self, background: ActiveBackground, seed: int
    ) -> None:
        """lmfitxps 4.2 kept the curve of an earlier C and D (cache keyed by the data alone)."""
        x, peaks, values = self._case(background, seed)
        before = background.response(x, peaks, *values)
        for i in range(len(values)):
            doubled = (*values[:i], 2.0 * values[i], *values[i + 1 :])
            after = background.response(x, peaks, *doubled)
            assert np.max(np.abs(after - before)) > 1e-3 * np.max(before)
        np.testing.assert_array_equal(background.response(x, peaks, *values), before)


def noisy_spectrum(technique: str) -> tuple[FloatArray, FloatArray]:
    """Three bands with noise, on a curve that ends higher than it begins.

    The curve falls first and then rises in Raman spectra, and is a step under each band in XPS.
    """
    x = np.linspace(200.0, 800.0, 401)
    bands = np.zeros(len(x))
    for height, center, width in ((400.0, 320.0, 10.0), (700.0, 430.0, 14.0), (250.0, 600.0, 18.0)):
        bands += height * np.exp(-(((x - center) / width) ** 2))
    if technique == "raman":
        smooth = 300.0 + 0.3 * (x - 200.0) + 80.0 * np.exp(-(x - 200.0) / 200.0)
    else:
        smooth = 300.0 + 0.006 * np.cumsum(bands) * (x[1] - x[0])
    return x, smooth + bands + np.random.default_rng(7).normal(0.0, 10.0, len(x))


class StaticContract:
    """A curve computed from the data before the fit."""

    @staticmethod
    def _curve(background: StaticBackground, x: FloatArray, intensity: FloatArray) -> FloatArray:
        return background.curve(x, intensity, **{o.name: o.default for o in background.options})

    def test_finite_and_mostly_inside_the_data(self, background: StaticBackground) -> None:
        x, intensity = noisy_spectrum(background.techniques[0])
        curve = self._curve(background, x, intensity)
        assert curve.shape == x.shape
        assert curve.dtype == np.float64
        assert np.all(np.isfinite(curve))
        assert np.min(curve) > np.min(intensity) - 0.3 * np.ptp(intensity)
        assert np.max(curve) < np.max(intensity)
        assert np.sum(intensity - curve) > 0.0

    def test_flat_data_have_a_flat_background(self, background: StaticBackground) -> None:
        x, _ = noisy_spectrum(background.techniques[0])
        for level in (0.0, 150.0):
            curve = self._curve(background, x, np.full(len(x), level))
            np.testing.assert_allclose(curve, level, rtol=1e-12, atol=1e-12)

    @given(factor=st.floats(1e-6, 1e6))
    @settings(deadline=None, max_examples=4)
    def test_scales_with_the_intensity(self, background: StaticBackground, factor: float) -> None:
        x, intensity = noisy_spectrum(background.techniques[0])
        whole = self._curve(background, x, intensity)
        scaled = self._curve(background, x, factor * intensity)
        np.testing.assert_allclose(scaled / factor, whole, rtol=1e-6)

    @pytest.mark.parametrize("shift", [-150.0, 5000.0])
    def test_moves_with_the_axis(self, background: StaticBackground, shift: float) -> None:
        x, intensity = noisy_spectrum(background.techniques[0])
        here = self._curve(background, x, intensity)
        there = self._curve(background, x + shift, intensity)
        np.testing.assert_allclose(there, here, rtol=1e-6)

    def test_inputs_stay_as_they_were_and_results_repeat(
        self, background: StaticBackground
    ) -> None:
        x, intensity = noisy_spectrum(background.techniques[0])
        first = self._curve(background, frozen(x), frozen(intensity))
        axis, counts = x.copy(), intensity.copy()
        second = self._curve(background, axis, counts)
        np.testing.assert_array_equal(first, second)
        np.testing.assert_array_equal(axis, x)
        np.testing.assert_array_equal(counts, intensity)
        assert not np.shares_memory(second, counts)

    def test_an_uneven_axis_gives_nearly_the_same_curve(self, background: StaticBackground) -> None:
        """A third of the points left out at random: the sampling changes, not the curve."""
        x, intensity = noisy_spectrum(background.techniques[0])
        kept = np.sort(np.random.default_rng(3).permutation(len(x))[: 2 * len(x) // 3])
        kept = np.union1d(kept, [*range(6), *range(len(x) - 6, len(x))])
        whole = self._curve(background, x, intensity)
        part = self._curve(background, x[kept], intensity[kept])
        assert np.sqrt(np.mean((part - whole[kept]) ** 2)) < 0.08 * np.ptp(intensity)

    def test_repeated_points_are_welcome(self, background: StaticBackground) -> None:
        x, intensity = noisy_spectrum(background.techniques[0])
        twice = np.sort(np.concatenate([np.arange(len(x)), [50, 51, 200]]))
        curve = self._curve(background, x[twice], intensity[twice])
        once = self._curve(background, x, intensity)
        assert np.sqrt(np.mean((curve - once[twice]) ** 2)) < 0.03 * np.ptp(intensity)

    @pytest.mark.parametrize("points", [0, 1, 3])
    def test_too_few_points_are_refused_in_a_sentence(
        self, background: StaticBackground, points: int
    ) -> None:
        x, intensity = noisy_spectrum(background.techniques[0])
        with pytest.raises(DataError, match="too few"):
            self._curve(background, x[:points], intensity[:points])

    def test_defaults_pass_their_own_checks(self, background: StaticBackground) -> None:
        for option in background.options:
            checked = option.checked(option.default)
            assert checked == option.default
            assert type(checked) is type(option.default)
            with pytest.raises(ValueError, match="must be"):
                option.checked(None)
