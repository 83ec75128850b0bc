"""The peers of the engine benchmark: what a careful user would write with lmfit and scipy.

Every peer gets the same points, the same weights and the same start, and gives chi-square back.
"""

from collections.abc import Callable
from typing import Any

import lmfit
import numpy as np
from scipy.optimize import least_squares, leastsq

from benchmarks.cases import Case
from fitting.arrays import FloatArray

Fit = Callable[[FloatArray, FloatArray, FloatArray], float]
"""Counts, sigma, start -> chi-square."""


class Vectorised:
    """One function for the whole curve and one for its derivatives, lines as columns."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.lines = len(case.centers)
        self.columns = case.background()
        self.main = 1.0 / (1.0 + case.ratio) if case.ratio else 1.0

    def arguments(self, p: FloatArray) -> list[FloatArray]:
        """Areas, centers and shape of all lines, partners after the main lines."""
        n, case = self.lines, self.case
        area, center = p[:n], p[n : 2 * n]
        shape = p[2 * n : len(p) - len(self.columns)]
        own = shape.reshape(-1, n) if case.own_shapes else shape[:, None] * np.ones(n)
        if case.ratio:
            area = np.concatenate([area * self.main, area * self.main * case.ratio])
            center = np.concatenate([center, center + case.splitting])
            own = np.concatenate([own, own], axis=1)
        return [a[:, None] for a in (area, center, *own)]

    def model(self, p: FloatArray) -> FloatArray:
        """(N,)"""
        lines = self.case.shape.value(self.case.x, *self.arguments(p))
        return np.asarray(lines.sum(axis=0) + p[len(p) - len(self.columns) :] @ self.columns)

    def jacobian(self, p: FloatArray) -> FloatArray:
        """(P, N)"""
        n, case = self.lines, self.case
        slopes = case.shape.jacobian(case.x, *self.arguments(p))
        if case.ratio:
            slopes[0, :n] *= self.main
            slopes[0, n:] *= self.main * case.ratio
            slopes = slopes[:, :n] + slopes[:, n:]
        shape = slopes[2:].reshape(-1, len(case.x)) if case.own_shapes else slopes[2:].sum(axis=1)
        return np.concatenate([slopes[0], slopes[1], shape, self.columns])


def lmfit_vectorised(case: Case, analytic: bool, tolerance: float | None = None) -> Fit:
    """lmfit.Minimizer over one function, with numerical or analytic derivatives.

    Parameters
    ----------
    tolerance : of chi-square and the parameters; None: what lmfit has
    """
    own = Vectorised(case)
    names = [f"p{i}" for i in range(len(case.lower))]

    def vector(parameters: Any) -> FloatArray:
        return np.array([parameters[name].value for name in names])

    def fit(y: FloatArray, sigma: FloatArray, start: FloatArray) -> float:
        parameters = lmfit.Parameters()
        for name, value, low, high in zip(names, start, case.lower, case.upper, strict=True):
            parameters.add(name, value=value, min=low, max=high)
        minimizer = lmfit.Minimizer(lambda q: (own.model(vector(q)) - y) / sigma, parameters)
        options: dict[str, Any] = {}
        if analytic:
            options = {"Dfun": lambda q: own.jacobian(vector(q)) / sigma, "col_deriv": True}
        if tolerance is not None:
            options |= {"ftol": tolerance, "xtol": tolerance, "gtol": 0.0, "max_nfev": 2000}
        return float(minimizer.leastsq(**options).chisqr)

    return fit


def scipy_trf(case: Case) -> Fit:
    """least_squares with bounds and analytic derivatives."""
    own = Vectorised(case)

    def fit(y: FloatArray, sigma: FloatArray, start: FloatArray) -> float:
        found = least_squares(
            lambda p: (own.model(p) - y) / sigma,
            np.clip(start, case.lower + 1e-9, case.upper - 1e-9),
            lambda p: (own.jacobian(p) / sigma).T,
            bounds=(case.lower, case.upper),
            x_scale="jac",
        )
        return 2.0 * float(found.cost)

    return fit


def scipy_leastsq(case: Case, tolerance: float = 1.49012e-8) -> Fit:
    """MINPACK with analytic derivatives; it knows no bounds."""
    own = Vectorised(case)

    def fit(y: FloatArray, sigma: FloatArray, start: FloatArray) -> float:
        found = leastsq(
            lambda p: (own.model(p) - y) / sigma,
            start,
            Dfun=lambda p: own.jacobian(p) / sigma,
            col_deriv=True,
            ftol=tolerance,
            xtol=tolerance,
            maxfev=2000,
        )[0]
        residual = (own.model(found) - y) / sigma
        return float(residual @ residual)

    return fit


def lmfit_composite(case: Case) -> Fit:
    """One VoigtModel per line, doublets and shared widths by expressions.

    Uncertainty propagation through the expressions is switched off: it would take 93 % of the
    time and is no part of the fit.
    """
    lmfit.Parameters.create_uvars = lambda self, covar=None: {}
    model: Any = lmfit.models.LinearModel(prefix="bg_")
    for i in range(len(case.centers)):
        model = model + lmfit.models.VoigtModel(prefix=f"a{i}_")
        model = model + lmfit.models.VoigtModel(prefix=f"b{i}_")
    sigma_per_fwhm = 1.0 / np.sqrt(8.0 * np.log(2.0))

    def fit(y: FloatArray, sigma: FloatArray, start: FloatArray) -> float:
        n = len(case.centers)
        p = model.make_params()
        level, rise = start[-2:]
        slope = rise / (case.window[1] - case.window[0])
        p["bg_slope"].set(slope)
        p["bg_intercept"].set(level - slope * 0.5 * (case.window[0] + case.window[1]))
        main = 1.0 / (1.0 + case.ratio)
        for i in range(n):
            p[f"a{i}_amplitude"].set(start[i] * main, min=0.0)
            p[f"a{i}_center"].set(start[n + i], min=case.lower[n + i], max=case.upper[n + i])
            p[f"b{i}_amplitude"].set(expr=f"{case.ratio} * a{i}_amplitude")
            p[f"b{i}_center"].set(expr=f"a{i}_center + {case.splitting}")
            for side in ("a", "b"):
                if (side, i) == ("a", 0):
                    p["a0_sigma"].set(start[2 * n] * sigma_per_fwhm, min=0.1)
                    p["a0_gamma"].set(0.5 * start[2 * n + 1], min=0.0, vary=True, expr="")
                else:
                    p[f"{side}{i}_sigma"].set(expr="a0_sigma")
                    p[f"{side}{i}_gamma"].set(expr="a0_gamma")
        return float(model.fit(y, p, x=case.x, weights=1.0 / sigma).chisqr)

    return fit
