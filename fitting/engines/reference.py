"""The lmfit engine: one vectorised residual, analytic derivatives, slow and obvious."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fitting.arrays import FloatArray
from fitting.monitor import Monitor, stop_if_cancelled
from fitting.problem import Problem


@dataclass(frozen=True, eq=False)
class Minimum:
    """Where a minimisation ended.

    Parameters
    ----------
    moving : (M,) values of the parameters that moved, inside their bounds
    chi_square : sum of squared residuals there
    converged : whether the solver's own tests were met; proves nothing about the minimum
    evaluations : residuals computed
    message : the solver's word where it did not converge
    """

    moving: FloatArray
    chi_square: float
    converged: bool
    evaluations: int
    message: str


def minimise(
    problem: Problem,
    start: FloatArray,
    monitor: Monitor,
    *,
    tolerance: float = 1e-10,
    max_evaluations: int = 2000,
) -> Minimum:
    """Levenberg-Marquardt through ``lmfit.Minimizer`` from one start.

    Parameters
    ----------
    problem : residual, derivatives and bounds
    start : (M,) inside the bounds
    tolerance : relative change of chi-square and of the parameters at which it stops
    max_evaluations : residuals computed at most; the best point so far is then the answer

    Raises
    ------
    DataError
        The model has no value at the start.
    FitCancelled
    """
    if not len(start):
        return Minimum(start.copy(), problem.chi_square(start), True, 1, "")
    import lmfit

    path = _Path(problem, start)
    parameters = lmfit.Parameters()
    bounds = zip(path.names, start, problem.lower, problem.upper, strict=True)
    for name, value, low, high in bounds:
        parameters.add(name, value=float(value), min=float(low), max=float(high))
    parameters.add(_IDLE, value=0.0)

    def stop_if_asked(*_: object, **__: object) -> None:
        stop_if_cancelled(monitor)

    minimizer = lmfit.Minimizer(
        path.residual, parameters, iter_cb=stop_if_asked, max_nfev=max_evaluations
    )
    # errors come from our own derivatives; lmfit's take a tenth of the time
    minimizer._calculate_uncertainties_correlations = lambda: None
    # lmfit silences numpy for the whole process and forgets to restore it when it is left early
    with np.errstate(all="ignore"):
        result = minimizer.leastsq(
            Dfun=path.jacobian, col_deriv=True, ftol=tolerance, xtol=tolerance, gtol=0.0
        )
    if result.success or result.ier in _AS_EXACT_AS_IT_GETS:
        if tolerance < _ROUGH:
            path.polish()
        return Minimum(path.best, path.chi_square, True, int(result.nfev), "")
    return Minimum(path.best, path.chi_square, False, int(result.nfev), str(result.message))


_TURN_BACK = 1e100
"""Residual where the model has no value: no step is ever accepted there."""

_AS_EXACT_AS_IT_GETS = (6, 7, 8)
"""MINPACK: the tolerances are met to the last bit; lmfit calls that a failure."""

_ROUGH = 1e-6
"""From this tolerance on nobody asks for the last digits."""

_ROUNDING = 1e-13
"""Relative error of chi-square from rounding alone."""

_IDLE = "idle"
"""A parameter that changes nothing, last in the table.

MINPACK as scipy has it since 1.15 reads one number beyond the end of the Jacobian where the last
column loses its length against the others (two lines of one place and width), and runs of one
fit then differ by what lies in memory. The column of this parameter stays last and keeps its
length. Seen with memcheck; the Fortran of scipy 1.14 did not.
"""

_IDLE_SLOPE = 1e-30
"""Smaller than any slope, so that it is never chosen before another column."""

_SINGULAR = 1e-8
"""Directions that change the curves by less than this share of others are left alone."""


class _Path:
    """What the solver asks for, and the best point it has seen.

    lmfit's own last point is not it: after too many evaluations it is just the last one tried.
    """

    def __init__(self, problem: Problem, start: FloatArray) -> None:
        self.names = [f"p{i}" for i in range(len(start))]
        self.best = np.array(start, dtype=float)
        self.chi_square = problem.chi_square(start)
        self._problem = problem
        if not np.isfinite(self.chi_square):
            raise problem.undefined(start)

    def residual(self, current: Mapping[str, Any]) -> FloatArray:
        moving = self._vector(current)
        residual = self._problem.residual(moving)
        if not np.isfinite(residual).all():
            return np.full(len(residual) + 1, _TURN_BACK)
        chi_square = float(residual @ residual)
        if chi_square < self.chi_square:
            self.best, self.chi_square = moving, chi_square
        return np.append(residual, 0.0)

    def polish(self) -> None:
        """One more undamped step inside the bounds.

        The solver stops where a step lowers chi-square by less than rounding; the slopes still
        tell the minimum from there, by two more digits.
        """
        slopes = self._problem.jacobian(self.best)
        if not np.isfinite(slopes).all():
            return
        scale = np.sqrt((slopes**2).sum(axis=1))
        scale[scale == 0.0] = 1.0
        slopes /= scale[:, np.newaxis]
        step, *_ = np.linalg.lstsq(slopes.T, self._problem.residual(self.best), _SINGULAR)
        moving = self.best - step / scale
        if np.any((moving < self._problem.lower) | (moving > self._problem.upper)):
            return
        chi_square = self._problem.chi_square(moving)
        if chi_square <= (1.0 + _ROUNDING) * self.chi_square:
            self.best, self.chi_square = moving, chi_square

    def jacobian(self, current: Mapping[str, Any]) -> FloatArray:
        slopes = self._problem.jacobian(self._vector(current))
        bordered = np.zeros((slopes.shape[0] + 1, slopes.shape[1] + 1))
        bordered[:-1, :-1] = slopes
        bordered[-1, -1] = _IDLE_SLOPE
        return bordered

    def _vector(self, current: Mapping[str, Any]) -> FloatArray:
        return np.array([current[name].value for name in self.names])
