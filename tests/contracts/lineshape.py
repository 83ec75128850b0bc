"""What every line shape keeps, whatever its formula.

Inherited once, over all registered cases: ``@pytest.mark.parametrize("case", CASES)``.
"""

import math
import pickle
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitting.arrays import FloatArray
from fitting.lineshapes.shape import LineShape

FEW = settings(deadline=None, max_examples=15)
seeds = st.integers(0, 2**32 - 1)
NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)


@dataclass(frozen=True)
class Case:
    """A line shape and what its tests need to know beside it.

    ``ranges`` : low and high of every parameter where numbers are compared
    ``reach`` : how far from the center the area is integrated, from the parameters
    ``beyond`` : share of the area further out than that, from an analytic tail
    ``stretched`` : the same shape on an axis whose numbers are k times as large
    ``longer_tail`` : parameters of a line with an asymmetric tail, None for symmetric shapes
    """

    shape: LineShape
    ranges: tuple[tuple[float, float], ...]
    reach: Callable[..., float]
    beyond: Callable[..., float] = lambda *_: 0.0
    stretched: Callable[[float], LineShape] | None = None
    longer_tail: tuple[float, ...] | None = None

    def draw(self, rng: np.random.Generator) -> tuple[float, ...]:
        return tuple(float(rng.uniform(low, high)) for low, high in self.ranges)

    def on_axis_times(self, factor: float) -> LineShape:
        return self.shape if self.stretched is None else self.stretched(factor)


def axis(rng: np.random.Generator, points: int = 61) -> FloatArray:
    return np.sort(rng.uniform(-12.0, 12.0, points))


def integral(curve: Callable[[FloatArray], FloatArray], reach: float, width: float) -> float:
    """Composite Gauss-Legendre over x = width sinh(v), which reaches far with few points."""
    edges = np.linspace(-1.0, 1.0, 201) * math.asinh(reach / width)
    half = 0.5 * np.diff(edges)[:, None]
    v = (0.5 * (edges[1:] + edges[:-1]))[:, None] + half * NODES
    weight = half * WEIGHTS * width * np.cosh(v)
    return float(curve(width * np.sinh(v.ravel())) @ weight.ravel())


def slow_fwhm(curve: Callable[[FloatArray], FloatArray], reach: float) -> float:
    x = np.linspace(-reach, reach, 20_001)
    y = curve(x)
    above = np.flatnonzero(y >= 0.5 * y.max())
    first, last = above[0], above[-1]
    half = 0.5 * y.max()
    left = np.interp(half, y[first - 1 : first + 1], x[first - 1 : first + 1])
    right = np.interp(half, y[last : last + 2][::-1], x[last : last + 2][::-1])
    return float(right - left)


def central_differences(shape: LineShape, x: FloatArray, values: tuple[float, ...]) -> FloatArray:
    """Derivatives by every argument after x, fourth order, slow and obvious."""
    slopes = []
    for i, value in enumerate(values):
        step = 1e-3 * (abs(value) if i != 1 else 1.0)

        def moved(by: float, i: int = i, value: float = value) -> FloatArray:
            return shape.value(x, *values[:i], value + by, *values[i + 1 :])

        near = (moved(step) - moved(-step)) / (2.0 * step)
        far = (moved(2.0 * step) - moved(-2.0 * step)) / (4.0 * step)
        slopes.append((4.0 * near - far) / 3.0)
    return np.array(slopes)


class LineShapeContract:
    def test_parameters_say_what_they_are(self, case: Case):
        names = [p.name for p in case.shape.parameters]
        assert len(set(names)) == len(names)
        assert not {"area", "center", ""} & set(names)
        assert len(case.ranges) == len(names)
        for p in case.shape.parameters:
            assert p.minimum <= p.default <= p.maximum
            assert p.unit in {"axis", "1"}
            assert p.meaning
        assert case.shape.source

    def test_travels_to_another_process(self, case: Case):
        twin = pickle.loads(pickle.dumps(case.shape))
        values = (3.0, 0.2, *(low for low, _ in case.ranges))
        x = np.linspace(-3.0, 3.0, 7)
        np.testing.assert_array_equal(twin.value(x, *values), case.shape.value(x, *values))

    @given(seeds)
    @FEW
    def test_integral_is_the_area(self, case: Case, seed: int):
        rng = np.random.default_rng(seed)
        area, values = rng.uniform(0.1, 1e5), case.draw(rng)
        reach, width = case.reach(*values), case.shape.fwhm(*values)
        inside = integral(lambda x: case.shape.value(x, area, 0.0, *values), reach, width)
        assert inside == pytest.approx(area * (1.0 - case.beyond(reach, *values)), rel=1e-7)

    @given(seeds)
    @settings(deadline=None, max_examples=5)
    def test_fwhm_is_what_a_ruler_measures(self, case: Case, seed: int):
        rng = np.random.default_rng(seed)
        values = case.draw(rng)
        stated = case.shape.fwhm(*values)
        measured = slow_fwhm(lambda x: case.shape.value(x, 7.0, 0.0, *values), 3.0 * stated)
        assert stated == pytest.approx(measured, rel=1e-6)

    @given(seeds)
    @FEW
    def test_moves_with_its_center(self, case: Case, seed: int):
        rng = np.random.default_rng(seed)
        x, values, shift = axis(rng), case.draw(rng), rng.uniform(-1000.0, 1000.0)
        here = case.shape.value(x, 5.0, 0.3, *values)
        there = case.shape.value(x + shift, 5.0, 0.3 + shift, *values)
        np.testing.assert_allclose(there, here, rtol=1e-8, atol=1e-9 * np.abs(here).max())

    @given(seeds)
    @FEW
    def test_another_unit_of_the_axis_only_changes_the_height(self, case: Case, seed: int):
        rng = np.random.default_rng(seed)
        x, values, factor = axis(rng), case.draw(rng), 10.0 ** rng.uniform(-2.0, 2.0)
        units = [p.unit for p in case.shape.parameters]
        scaled = [v * factor if u == "axis" else v for v, u in zip(values, units, strict=True)]
        here = case.shape.value(x, 5.0, 0.3, *values)
        there = case.on_axis_times(factor).value(x * factor, 5.0, 0.3 * factor, *scaled)
        np.testing.assert_allclose(there * factor, here, rtol=1e-8, atol=1e-9 * np.abs(here).max())

    @given(seeds)
    @FEW
    def test_points_may_come_in_any_order(self, case: Case, seed: int):
        rng = np.random.default_rng(seed)
        x, values = axis(rng), (5.0, 0.3, *case.draw(rng))
        shuffled = rng.permutation(len(x))
        for call in (case.shape.value, case.shape.jacobian):
            straight = call(x, *values)
            np.testing.assert_allclose(
                call(x[shuffled], *values), straight[..., shuffled], rtol=1e-9, atol=1e-12
            )

    @given(st.data())
    @settings(deadline=None, max_examples=40)
    def test_finite_everywhere_inside_its_bounds(self, case: Case, data: st.DataObject):
        values = []
        for p in case.shape.parameters:
            low, high = p.minimum, min(p.maximum, 1e3)
            values.append(data.draw(st.sampled_from([low, high]) | st.floats(low, high)))
        center = data.draw(st.floats(-2e3, 2e3))
        x = np.array([center, 0.0, -1e3, 1e3, center - 1.0, center + 1e-7, 1e4])
        assert np.isfinite(case.shape.value(x, 1e6, center, *values)).all()
        assert np.isfinite(case.shape.jacobian(x, 1e6, center, *values)).all()

    @given(seeds)
    @FEW
    def test_jacobian_is_the_slope_of_the_value(self, case: Case, seed: int):
        rng = np.random.default_rng(seed)
        x = axis(rng)
        values = (rng.uniform(0.5, 1e4), rng.uniform(-1.0, 1.0), *case.draw(rng))
        slopes = case.shape.jacobian(x, *values)
        assert slopes.shape == (len(values), len(x))
        for fast, slow in zip(slopes, central_differences(case.shape, x, values), strict=True):
            np.testing.assert_allclose(fast, slow, rtol=0.0, atol=3e-6 * np.abs(slow).max())

    @given(seeds)
    @FEW
    def test_first_row_of_the_jacobian_is_the_line_of_unit_area(self, case: Case, seed: int):
        rng = np.random.default_rng(seed)
        x, values = axis(rng), case.draw(rng)
        unit = case.shape.jacobian(x, 123.0, 0.3, *values)[0]
        value = case.shape.value(x, 123.0, 0.3, *values)
        np.testing.assert_allclose(123.0 * unit, value, rtol=1e-10, atol=1e-12 * value.max())

    @given(seeds)
    @FEW
    def test_columns_of_lines_equal_a_loop_over_lines(self, case: Case, seed: int):
        rng = np.random.default_rng(seed)
        x = axis(rng)
        lines = [(rng.uniform(1.0, 9.0), rng.uniform(-5.0, 5.0), *case.draw(rng)) for _ in "abc"]
        columns = [np.array(column)[:, None] for column in zip(*lines, strict=True)]
        together = case.shape.value(x, *columns)
        slopes = case.shape.jacobian(x, *columns)
        assert together.shape == (3, len(x))
        assert slopes.shape == (len(columns), 3, len(x))
        for i, line in enumerate(lines):
            np.testing.assert_allclose(
                together[i], case.shape.value(x, *line), rtol=1e-9, atol=1e-12
            )
            np.testing.assert_allclose(
                slopes[:, i], case.shape.jacobian(x, *line), rtol=1e-9, atol=1e-12
            )

    def test_asymmetric_tail_points_to_higher_x(self, case: Case):
        if case.stretched is not None:
            pytest.skip("a template has whatever tail was measured")
        even = case.longer_tail is None
        values = tuple(high for _, high in case.ranges) if even else case.longer_tail
        distance = case.shape.fwhm(*values) * np.linspace(2.0, 9.0, 30)
        above = case.shape.value(distance, 1.0, 0.0, *values)
        below = case.shape.value(-distance, 1.0, 0.0, *values)
        if even:
            np.testing.assert_allclose(above, below, rtol=1e-9)
        else:
            assert (above > 1.5 * below).all()
