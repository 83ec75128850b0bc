"""Whether the fit found a minimum, describes the data, and could estimate its errors."""

from collections.abc import Iterator

import numpy as np

from fitting.arrays import BoolArray
from fitting.checks.check import Check
from fitting.checks.degenerate import proposal
from fitting.checks.view import RegionView

MISFIT = 1.5
"""Reduced chi-square above which the model does not describe the data within their errors."""

TOO_GOOD = 1.0 / MISFIT
"""Reduced chi-square below which the errors of the points are too large, or points not
independent (smoothed data)."""

CLEAR = 20.0
"""Standard errors of the area from which on a bound is met for a reason: below, noise alone moves
a width by more than 8 % of itself, and bounds of a quarter of it are met by chance."""

CHANCE = 1e-3
"""Rate at which a statistical check may speak on data that match the model, per region and step."""


def chi_square(view: RegionView) -> Iterator[Check]:
    """Reduced chi-square beyond 1.5 or below 1/1.5 where chance does not explain it.

    Only where weights are real errors: with others it has no scale (Fairley et al. 2023,
    doi:10.1116/6.0002196). Chance: its logarithm is about normal, of variance 2 / degrees of
    freedom and that of the errors themselves.
    """
    from scipy.special import ndtri

    value = view.reduced_chi_square
    moving = (~view.at_bound[:, view.mine]).sum(axis=1)
    degrees = np.maximum(view.drawn.inside.sum(axis=1) - moving, 1)
    reach = -float(ndtri(0.5 * CHANCE)) * np.sqrt(2.0 / degrees + view.variance_error**2)
    high, low = np.maximum(MISFIT, np.exp(reach)), np.minimum(TOO_GOOD, np.exp(-reach))
    for k in np.flatnonzero((value > high) | (value < low)).tolist():
        if value[k] > high[k]:
            advice = "the model does not describe the data within their errors"
        else:
            advice = "the errors of the points are too large, or the data were smoothed"
        words = f"reduced chi-square {value[k]:.3g} with {view.sources[k]} errors: {advice}"
        yield view.say(k, "chi_square", "warn", words)


def errors(view: RegionView) -> Iterator[Check]:
    """Parameters whose errors could not be estimated; those of absent lines do not count."""
    missing = np.isnan(view.stderr) & ~view.at_bound & view.matters(view.seen)
    own = missing[:, view.mine]
    for k in np.flatnonzero(own.any(axis=1)).tolist():
        lost = view.mine[own[k]]
        names = ", ".join(view.name(f) for f in lost)
        words = f"not estimated: {names}; the data do not tell them apart, fix or link some"
        group = proposal(view, _areas(view, lost))
        yield view.say(k, "errors", "warn", f"{words}; {group}" if group else words)


def at_bound(view: RegionView) -> Iterator[Check]:
    """Parameters that ended on a bound.

    Not areas or background steps of zero, nor what shapes and moves faint lines only.
    """
    zero = view.values[:, view.table.free] == 0.0
    clear = view.matters(view.beyond(CLEAR))
    pressed = view.at_bound & clear & ~(zero & _may_vanish(view))
    own = pressed[:, view.mine]
    for k in np.flatnonzero(own.any(axis=1)).tolist():
        free = view.values[k, view.table.free]
        words = ", ".join(view.quantity(f, free[f]) for f in view.mine[own[k]])
        yield view.say(k, "at_bound", "warn", f"{words}: widen the bounds, or something is missing")


def _may_vanish(view: RegionView) -> BoolArray:
    """(F,) whether zero says that something is absent: a line, the step of a background."""
    rows = [view.table.parameters[f] for f in view.table.free]
    return np.array([r.may_be_absent or r.component == "background" for r in rows])


def _areas(view: RegionView, lost: np.ndarray) -> list[int]:
    rows = view.table.parameters
    return [int(f) for f in lost if rows[view.table.free[f]].may_be_absent]
