"""Whether the window holds its lines whole, and the background lies under the data."""

from collections.abc import Iterator

import numpy as np

from fitting.arrays import FloatArray
from fitting.checks.check import Check
from fitting.checks.solution import CHANCE
from fitting.checks.view import SIGNIFICANT, RegionView

TAIL = 0.05
"""Lines may have this share of their highest point left at an end of the window. ISO 19830, 5.2
asks for a background that runs beyond the envelope on both sides; the number is ours."""

RUN = 5
"""Points over which a background must stand above the data to count."""

_LONG_TAILS = ("doniach_sunjic", "doniach_sunjic_gauss", "measured")


def window(view: RegionView) -> Iterator[Check]:
    """Lines that are cut off by an end of the window, beyond noise and 5 % of the highest point.

    Shapes whose tails have no end (Doniach-Sunjic) and measured ones are left out.
    """
    ends = [c.shape.name not in _LONG_TAILS for c in view.region.components]
    inside = view.drawn.inside
    if not any(ends) or not inside.any():
        return
    lines = view.drawn.components[:, ends]
    peaks = lines.sum(axis=1)
    top = np.nanmax(np.where(inside, peaks, 0.0), axis=1)
    first, last = inside.argmax(axis=1), inside.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)
    rows = np.arange(len(inside))
    names = [c.id for c, kept in zip(view.region.components, ends, strict=True) if kept]
    noise = np.nan_to_num(view.sigma)
    for at, side in ((first, "low"), (last, "high")):
        left = peaks[rows, at]
        cut = (left > TAIL * top) & (left > SIGNIFICANT * noise[rows, at])
        for k in np.flatnonzero(cut & inside.any(axis=1)).tolist():
            whose = names[int(np.argmax(lines[k, :, at[k]]))]
            end = view.number(float(view.drawn.x[k, at[k]]), "axis")
            words = (
                f"at the {side} end, {end}, the lines still have {left[k] / top[k]:.0%} of their "
                f"highest point, most of it {whose}: let the window end on background"
            )
            yield view.say(k, "window", "warn", words)


def background(view: RegionView) -> Iterator[Check]:
    """A background above the data: the mean of five neighbours, beyond what noise does.

    At 0.1 % for a whole spectrum (Bonferroni's bound).
    """
    from scipy.special import ndtri

    above = _above(view)
    if above.shape[1] < RUN:
        return
    total = np.cumsum(np.pad(np.nan_to_num(above), ((0, 0), (1, 0))), axis=1)
    mean = (total[:, RUN:] - total[:, :-RUN]) / np.sqrt(RUN)
    whole = np.isfinite(above[:, : mean.shape[1]]) & np.isfinite(above[:, RUN - 1 :])
    mean = np.where(whole, mean, 0.0)
    points = np.maximum(view.drawn.inside.sum(axis=1), 1)
    limit = -(1.0 + view.variance_error) * np.asarray(ndtri(CHANCE / points))
    far = mean > limit[:, np.newaxis]
    for k in np.flatnonzero(far.any(axis=1)).tolist():
        places = np.flatnonzero(far[k])
        ends = view.drawn.x[k, [places[0], places[-1] + RUN - 1]]
        worst = mean[k].max()
        words = (
            f"above the data by up to {worst:.1f} sigma (mean of {RUN} points) between "
            f"{ends[0]:.6g} and {view.number(float(ends[1]), 'axis')}: another background or window"
        )
        yield view.say(k, "background", "warn", words)


def _above(view: RegionView) -> FloatArray:
    """(K, N) background minus data in standard errors, or in the scatter of the residual."""
    drawn = view.drawn
    difference = drawn.background - drawn.intensity
    left = drawn.intensity - drawn.background - drawn.components.sum(axis=1)
    count = np.maximum(drawn.inside.sum(axis=1), 1)
    scatter = np.sqrt(np.nansum(left**2, axis=1) / count)
    sigma = np.where(np.isfinite(view.sigma), view.sigma, scatter[:, np.newaxis])
    return np.asarray(difference / np.where(sigma > 0.0, sigma, np.nan))
