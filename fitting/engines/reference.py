"""The lmfit engine: one vectorised residual, analytic derivatives, slow and obvious."""

from dataclasses import dataclass

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

    Raises
    ------
    FitCancelled
    """
    import lmfit

    names = [f"p{i}" for i in range(len(start))]
    parameters = lmfit.Parameters()
    for name, value, low, high in zip(names, start, problem.lower, problem.upper, strict=True):
        parameters.add(name, value=float(value), min=float(low), max=float(high))

    def vector(current: "lmfit.Parameters") -> FloatArray:
        return np.array([current[name].value for name in names])

    def stop_if_asked(*_: object, **__: object) -> None:
        stop_if_cancelled(monitor)

    minimizer = lmfit.Minimizer(
        lambda current: problem.residual(vector(current)),
        parameters,
        iter_cb=stop_if_asked,
        calc_covar=False,
        max_nfev=max_evaluations,
    )
    result = minimizer.leastsq(
        Dfun=lambda current: problem.jacobian(vector(current)),
        col_deriv=True,
        ftol=tolerance,
        xtol=tolerance,
        gtol=0.0,
    )
    moving = vector(result.params)
    return Minimum(
        moving,
        problem.chi_square(moving),
        bool(result.success),
        int(result.nfev),
        "" if result.success else str(result.message),
    )
