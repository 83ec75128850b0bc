"""What every engine keeps, however it minimises.

Inherit ``EngineContract`` and say which engine it is::

    class TestReference(EngineContract):
        minimise = staticmethod(reference.minimise)
"""

from dataclasses import replace
from itertools import product
from typing import Any, Protocol

import numpy as np
import pytest
from scipy.optimize import least_squares
from scipy.stats import chi2

from fitting.arrays import FloatArray, IntArray
from fitting.engines.reference import Minimum
from fitting.errors import DataError, FitCancelled
from fitting.model import ModelTable
from fitting.monitor import Monitor, SilentMonitor
from fitting.problem import Problem, RegionData
from fitting.uncertainty import inverse_fisher
from tests.fitting.synthetic import (
    BACKGROUNDS,
    SHAPES,
    component,
    problem_of,
    region,
    spectra_of,
    table_of,
    truth,
)

WEIGHTS = ("poisson", "uniform", "ramp")
DOUBLET = {"splitting": 1.18, "ratio": 0.5}
CENTER = {"value": 161.0, "min": 160.0, "max": 162.0}


class Engine(Protocol):
    """A function that goes downhill from one start."""

    def __call__(
        self,
        problem: Problem,
        start: FloatArray,
        monitor: Monitor,
        *,
        tolerance: float = ...,
        max_evaluations: int = ...,
    ) -> Minimum: ...


class CancelAfter(SilentMonitor):
    """Wants to stop after being asked so many times."""

    def __init__(self, times: int) -> None:
        self.left = times

    def cancelled(self) -> bool:
        self.left -= 1
        return self.left < 0


def two_lines(shape: str, background: Any) -> ModelTable:
    """A doublet, and a single line of tied width beside it."""
    width = next(iter(SHAPES[shape]))
    parts = [
        component("a", shape, CENTER, doublet=DOUBLET),
        component("b", shape, "a.center + 3.1") | {width: f"a.{width}"},
    ]
    for name in list(SHAPES[shape])[1:]:
        parts[1][name] = f"a.{name}"
    return table_of(region(parts, background))


def shaken(table: ModelTable, free: FloatArray, by: float = 1.0) -> FloatArray:
    """A start beside the truth: areas, widths and levels wrong by a tenth, centers by 0.15."""
    start = free.copy()
    for f, index in enumerate(table.free):
        row = table.parameters[index]
        sign = 1.0 if f % 2 else -1.0
        if row.parameter == "center":
            start[f] += 0.15 * by * sign
        elif row.parameter in ("splitting", "shift"):
            start[f] += 0.05 * by * sign
        else:
            start[f] *= 1.0 + 0.1 * by * sign
    return np.clip(start, table.lower, table.upper)


def errors_at(problem: Problem, moving: FloatArray) -> tuple[FloatArray, FloatArray]:
    covariance = inverse_fisher(problem.jacobian(moving))
    assert np.isfinite(covariance).all(), "the case itself is not determined"
    return np.sqrt(np.diag(covariance)), covariance


def thinned(problem: Problem, keep: IntArray) -> Problem:
    """The problem on some of the points of its first region."""
    first = problem.data[0]
    evaluator = replace(first.evaluator, x=first.evaluator.x[keep], held=first.evaluator.held[keep])
    data = RegionData(evaluator, first.intensity[keep], first.sigma[keep])
    return replace(problem, data=(data, *problem.data[1:]))


def as_if_measured(problem: Problem, truth_: FloatArray, rng: np.random.Generator) -> Problem:
    """Poisson counts of the true curves, with the errors of the true curves."""
    data = tuple(
        RegionData(d.evaluator, rng.poisson(model).astype(float), np.sqrt(model))
        for d, model in zip(problem.data, problem.models(truth_[problem.moving]), strict=True)
    )
    return replace(problem, data=data)


class EngineContract:
    """Inherited by the tests of every engine."""

    minimise: Engine

    def run(self, problem: Problem, start: FloatArray, **options: Any) -> Minimum:
        found = self.minimise(problem, start, SilentMonitor(), **options)
        assert found.moving.shape == start.shape
        assert np.all(found.moving >= problem.lower)
        assert np.all(found.moving <= problem.upper)
        assert found.chi_square == pytest.approx(problem.chi_square(found.moving), rel=1e-9)
        assert found.evaluations >= 1
        return found

    @pytest.mark.parametrize(
        ("shape", "background", "weights"), list(product(SHAPES, BACKGROUNDS, WEIGHTS))
    )
    def test_exact_data_give_the_truth(self, shape: str, background: str, weights: str) -> None:
        table = two_lines(shape, background)
        free = truth(table)
        problem = problem_of(table, spectra_of(table, free), weights)
        found = self.run(problem, shaken(table, free)[problem.moving], tolerance=1e-12)
        assert found.converged, found.message
        assert found.message == ""
        errors, _ = errors_at(problem, free[problem.moving])
        assert np.all(np.abs(found.moving - free[problem.moving]) < 1e-3 * errors)

    @pytest.mark.parametrize(("shape", "background"), list(product(SHAPES, BACKGROUNDS)))
    def test_counted_data_give_the_truth_within_errors(self, shape: str, background: str) -> None:
        table = two_lines(shape, background)
        free = truth(table)
        rng = np.random.default_rng([len(shape), len(background), 5])
        problem = as_if_measured(problem_of(table, spectra_of(table, free)), free, rng)
        found = self.run(problem, shaken(table, free)[problem.moving])
        assert found.converged, found.message
        _, covariance = errors_at(problem, found.moving)
        off = found.moving - free[problem.moving]
        distance = float(off @ np.linalg.solve(covariance, off))
        assert distance < chi2.isf(1e-5, len(off))
        assert found.chi_square < chi2.isf(1e-5, problem.points - len(off))

    def test_two_regions_on_unequal_axes_that_share_a_width(self) -> None:
        rng = np.random.default_rng(3)
        other = component("b", "gaussian", {"value": 131.0}, fwhm="a.fwhm + 0.1")
        table = table_of(
            region([component("a", "gaussian", CENTER)]),
            region([other], "constant", "P 2p", (126.0, 136.0)),
        )
        free = truth(table)
        spectra = spectra_of(table, free, step=0.05)
        keep = np.sort(rng.choice(len(spectra["S 2p"]), 90, replace=False))
        problem = thinned(problem_of(table, spectra), keep)
        assert len({len(d.intensity) for d in problem.data}) == 2
        found = self.run(problem, shaken(table, free), tolerance=1e-12)
        errors, _ = errors_at(problem, free)
        assert np.all(np.abs(found.moving - free) < 1e-3 * errors)

    def test_points_left_out_do_not_matter(self) -> None:
        table = two_lines("pseudo_voigt", "linear")  # a Shirley tail needs all points
        free = truth(table)
        problem = problem_of(table, spectra_of(table, free))
        x = problem.data[0].evaluator.x
        masked = thinned(problem, np.flatnonzero((x < 159.0) | (x > 160.2)))
        found = self.run(masked, shaken(table, free), tolerance=1e-12)
        errors, _ = errors_at(masked, free)
        assert np.all(np.abs(found.moving - free) < 1e-3 * errors)

    def test_a_region_that_is_missing_leaves_its_parameters_alone(self) -> None:
        table = table_of(
            region([component("a", "gaussian", CENTER)]),
            region(
                [component("b", "gaussian", {"value": 131.0})], "linear", "P 2p", (126.0, 136.0)
            ),
        )
        free = truth(table)
        spectra = spectra_of(table, free)
        problem = problem_of(table, {"S 2p": spectra["S 2p"]})
        assert np.isnan(problem.rest).any()
        assert len(problem.moving) < len(table.free)
        found = self.run(problem, shaken(table, free)[problem.moving])
        assert found.moving == pytest.approx(free[problem.moving], rel=1e-6, abs=1e-3)

    def test_links_that_are_not_affine(self) -> None:
        parts = [
            component("a", "gaussian", CENTER),
            component("b", "gaussian", "a.center + 2", fwhm="sqrt(a.fwhm ** 2 + 1)"),
            component("c", "gaussian", 166.0, area="a.area * c.fwhm / a.fwhm"),
        ]
        table = table_of(region(parts))
        assert len(table.links) == 2
        free = truth(table)
        problem = problem_of(table, spectra_of(table, free))
        found = self.run(problem, shaken(table, free), tolerance=1e-12)
        errors, _ = errors_at(problem, free)
        assert np.all(np.abs(found.moving - free) < 1e-3 * errors)

    def test_a_link_without_a_value_is_turned_back_from(self) -> None:
        fwhm = {"value": 1.4, "min": 0.1, "max": 3.0}
        parts = [
            component("a", "gaussian", CENTER, fwhm=fwhm),
            component("b", "gaussian", 165.0, fwhm="0.3 + sqrt(a.fwhm - 1)"),
        ]
        table = table_of(region(parts))
        free = truth(table, a__fwhm=1.02)
        problem = problem_of(table, spectra_of(table, free))
        found = self.run(problem, truth(table))
        assert found.moving == pytest.approx(free, rel=1e-4, abs=1.0)
        outside = truth(table, a__fwhm=0.8)
        with pytest.raises(DataError, match=r"b.fwhm = .*sqrt.* no value where the fit starts"):
            self.run(problem, outside)

    def test_bounds_hold_and_the_rest_is_as_good_as_it_gets(self) -> None:
        parts = [
            component("a", "gaussian", CENTER),
            component("b", "gaussian", {"value": 163.5, "min": 163.0, "max": 164.0}),
            component("absent", "gaussian", 167.0, fwhm=1.2),
        ]
        table = table_of(region(parts))
        free = truth(table, b__center=164.4, absent__area=0.0)
        rng = np.random.default_rng(11)
        problem = as_if_measured(problem_of(table, spectra_of(table, free)), free, rng)
        start = shaken(table, truth(table))
        found = self.run(problem, start)
        judge = least_squares(
            problem.residual,
            start,
            lambda moving: problem.jacobian(moving).T,
            bounds=(problem.lower, problem.upper),
            x_scale="jac",
            xtol=1e-14,
            ftol=1e-14,
        )
        assert found.chi_square <= 2.0 * judge.cost * (1.0 + 1e-4)

    def test_nothing_to_move(self) -> None:
        table = two_lines("gaussian", "constant")
        free = truth(table)
        problem = problem_of(table, spectra_of(table, free))
        held = replace(problem, moving=np.zeros(0, dtype=np.int64), rest=free)
        found = self.run(held, np.zeros(0))
        assert found.converged
        assert found.chi_square == pytest.approx(0.0, abs=1e-12)

    def test_same_bits_twice_and_nothing_is_written_to(self) -> None:
        table = two_lines("voigt", "shirley")
        free = truth(table)
        problem = as_if_measured(
            problem_of(table, spectra_of(table, free)), free, np.random.default_rng(1)
        )
        start = shaken(table, free)
        start.setflags(write=False)
        first, second = self.run(problem, start), self.run(problem, start)
        assert first.moving.tobytes() == second.moving.tobytes()
        assert first.chi_square == second.chi_square

    @pytest.mark.parametrize("factor", [1e-9, 1e-3, 1e6])
    def test_unit_of_the_intensity_does_not_matter(self, factor: float) -> None:
        table = two_lines("pseudo_voigt", "linear")
        free = truth(table)
        problem = as_if_measured(
            problem_of(table, spectra_of(table, free)), free, np.random.default_rng(1)
        )
        data = tuple(
            RegionData(d.evaluator, d.intensity * factor, d.sigma * factor) for d in problem.data
        )
        scale = np.where(table.linear, factor, 1.0)
        found = self.run(problem, shaken(table, free))
        scaled = self.run(replace(problem, data=data), shaken(table, free) * scale)
        assert scaled.converged
        errors, _ = errors_at(problem, found.moving)
        assert np.all(np.abs(scaled.moving / scale - found.moving) < 1e-3 * errors)

    def test_a_tighter_tolerance_is_no_worse(self) -> None:
        table = two_lines("voigt", "shirley")
        free = truth(table)
        problem = as_if_measured(
            problem_of(table, spectra_of(table, free)), free, np.random.default_rng(2)
        )
        start = shaken(table, free)
        loose = self.run(problem, start, tolerance=1e-2)
        tight = self.run(problem, start, tolerance=1e-12)
        assert tight.chi_square <= loose.chi_square
        assert loose.chi_square < 1.1 * tight.chi_square
        assert loose.evaluations < tight.evaluations

    def test_too_few_evaluations_are_said_and_the_best_point_is_kept(self) -> None:
        table = two_lines("voigt", "shirley")
        free = truth(table)
        problem = problem_of(table, spectra_of(table, free))
        start = shaken(table, free, 2.0)
        found = self.run(problem, start, max_evaluations=3)
        assert not found.converged
        assert found.message
        assert found.evaluations <= 3
        assert found.chi_square <= problem.chi_square(start)

    def test_cancelled_from_inside(self) -> None:
        table = two_lines("voigt", "shirley")
        free = truth(table)
        problem = problem_of(table, spectra_of(table, free))
        monitor = CancelAfter(2)
        before = np.geterr()
        with pytest.raises(FitCancelled):
            self.minimise(problem, shaken(table, free), monitor)
        assert monitor.left == -1, "the engine went on asking, or stopped late"
        assert np.geterr() == before
