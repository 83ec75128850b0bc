"""Full width at half maximum of any profile, found numerically."""

from collections.abc import Callable

import numpy as np

from fitting.arrays import FloatArray

Profile = Callable[[FloatArray], FloatArray]


def full_width(profile: Profile, scale: float) -> float:
    """Distance between the two points where a line has half of its maximum.

    Parameters
    ----------
    profile : takes positions (N,) relative to the center of the line, returns (N,)
    scale : length of the order of the width; the maximum lies within 3 of it from the center
    """
    from scipy.optimize import minimize_scalar

    def at(position: float) -> float:
        return float(profile(np.array([position]))[0])

    grid = np.linspace(-3.0, 3.0, 601) * scale
    coarse = grid[int(np.argmax(profile(grid)))]
    step = grid[1] - grid[0]
    top = minimize_scalar(
        lambda position: -at(position),
        bounds=(coarse - step, coarse + step),
        method="bounded",
        options={"xatol": 1e-9 * scale},
    ).x
    half = 0.5 * max(at(top), at(coarse))
    return _crossing(at, top, half, scale) - _crossing(at, top, half, -scale)


def _crossing(at: Callable[[float], float], top: float, half: float, step: float) -> float:
    from scipy.optimize import brentq

    outside = top + step
    while at(outside) > half:
        step *= 2.0
        outside = top + step
    found: float = brentq(
        lambda position: at(position) - half, top, outside, xtol=1e-14, rtol=1e-13
    )
    return found
