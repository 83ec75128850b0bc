"""What a curve along an axis says in numbers: onset, slope, plateau, growth with time.

One curved line, ``level + slope (1 - exp(-bend (x - begin))) / bend``, gives initial slope,
saturation, and where half of the way is gone, so that they belong together; `growth` gives their
intervals. Growth with the square root of time is the mark of a reaction that has to diffuse
through its own product; Wenzel et al. 2015, doi:10.1016/j.ssi.2015.06.001.

Errors of neighbouring steps are taken as independent: what all steps share (sensitivities, shared
parameters) moves a curve as a whole and is no part of these intervals.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fitting.arrays import FloatArray
from fitting.growth import (
    NOTHING,
    TWO_SIDED_95,
    Measured,
    Points,
    Profile,
    approach,
    begins,
    bends,
    power,
    profile,
)
from fitting.onset import OnsetKind, onset

FEWEST = 6
"""Steps with an error that a trend needs."""

SATURATED = 0.95
"""Share of the way to the plateau at which a curve counts as saturated."""

_EXPONENTS = np.linspace(0.05, 3.0, 60)
_CHANGES = 9.21
_BENDS = 6.63
_BEGINS_LATER = 11.0
_MOST_UNEXPLAINED = 0.1
_POOR_RATIO = 4.0
_LIMIT_ERRORS = 1.645
_CLEAR = 5.0


@dataclass(frozen=True, eq=False)
class Curve:
    """A quantity along an axis; K steps.

    Parameters
    ----------
    x : (K,) the axis, nan where unknown
    value : (K,) nan where not measured
    stderr : (K,) nan where not estimated, or None: then the scatter says it
    upper95 : (K,) one-sided limits, which stand in for the errors of what is absent, or None
    low95 : (K,) lower ends of intervals, the same for what is all there is, or None
    time_s : (K,) or None
    unit, axis_unit : words
    begin_s : what growth with time counts from; the first step where None
    """

    x: FloatArray
    value: FloatArray
    stderr: FloatArray | None
    upper95: FloatArray | None = None
    time_s: FloatArray | None = None
    unit: str = ""
    axis_unit: str = ""
    begin_s: float | None = None
    low95: FloatArray | None = None

    def sigma(self) -> FloatArray | None:
        """(K,) standard errors; at zero and one from the room to the other side."""
        if self.stderr is None or self.upper95 is None:
            return self.stderr
        limits = (self.upper95 - self.value) / _LIMIT_ERRORS
        if self.low95 is not None:
            limits = np.where(limits > 0.0, limits, (self.value - self.low95) / TWO_SIDED_95)
        return np.where(np.isfinite(self.stderr), self.stderr, limits)


@dataclass(frozen=True)
class Trend:
    """One number that a curve has, and words where it has none or where care is needed."""

    quantity: str
    measured: Measured
    unit: str
    note: str = ""

    def times(self, factor: float, quantity: str, unit: str, note: str) -> "Trend":
        """The same in another unit, factor > 0."""
        m = self.measured
        scaled = [factor * v for v in (m.value, m.stderr, m.low95, m.high95)]
        return Trend(quantity, Measured(*scaled), unit, "; ".join(filter(None, [note, self.note])))


def trends_of(curve: Curve) -> list[Trend]:
    """Everything a curve says along its axis, and along time where there is one."""
    return [_onset_of(curve), *along_axis(curve), *along_time(curve)]


def _onset_of(curve: Curve) -> Trend:
    if curve.stderr is None:
        return Trend("onset", NOTHING, curve.axis_unit, "not determined: no errors")
    _, points, forward = _ordered(curve)
    thin = None if points is None else points.thinned()
    if thin is None or thin is points or thin.sigma is None:
        found = onset(curve.x, curve.value, curve.stderr, curve.upper95)
    else:  # its cost grows with the square of the steps
        found = onset(forward * thin.x, thin.y, thin.sigma)
    if found.kind is not OnsetKind.SEEN:
        return Trend("onset", NOTHING, curve.axis_unit, f"{found.kind}")
    measured = Measured(found.value, found.stderr, found.low95, found.high95)
    return Trend("onset", measured, curve.axis_unit)


def along_axis(curve: Curve) -> list[Trend]:
    """Initial slope, saturation and where half of it and nearly all of it is reached."""
    problem, points, forward = _ordered(curve)
    if points is None:
        return [Trend(name, NOTHING, unit, problem) for name, unit in _units(curve)]
    found = _best_approach(points)
    flat = _chi_square_of_none(points)
    changes = (flat - found.chi_square.min()) / found.scale > _CHANGES
    bend, begin = found.shapes
    straight = _chi_square_of_lines(points, begin)
    levels = (straight - found.chi_square.min()) / found.scale > _BENDS
    words = _misfit(found, flat, points)
    steady = found if changes else profile(points, approach, [np.zeros(1), points.x[:1]])
    slope = steady.measured(forward * steady.slope, steady.slope_variance)
    if words.startswith("not determined"):
        return [Trend(name, NOTHING, unit, words) for name, unit in _units(curve)]
    rest = _plateau(found, points, forward) if changes and levels else [NOTHING] * 3
    absence = "no levelling off within the series" if changes else "no change beyond errors"
    reached = 1.0 - np.exp(-bend[found.best] * (points.x[-1] - begin[found.best]))
    if changes and levels and reached < 0.5:
        rest = [NOTHING] * 3
        absence = f"only {100.0 * reached:.0f} % of the way to a plateau within the series"
    elif changes and levels and reached < SATURATED:
        words = "; ".join(filter(None, [words, f"{100.0 * reached:.0f} % of the way at the end"]))
    notes = [words] + [words if m.known else f"not determined: {absence}" for m in rest]
    return [
        Trend(name, measured, unit, note)
        for (name, unit), measured, note in zip(_units(curve), [slope, *rest], notes, strict=True)
    ]


def described(curve: Curve, count: int = 200) -> tuple[FloatArray, FloatArray] | None:
    """The curve behind initial slope and saturation, as ``count`` points; None if there is none."""
    _, points, forward = _ordered(curve)
    if points is None:
        return None
    found = _best_approach(points)
    flat = _chi_square_of_none(points)
    if _misfit(found, flat, points).startswith("not determined"):
        return None
    if not (flat - found.chi_square.min()) / found.scale > _CHANGES:
        found = profile(points, approach, [np.zeros(1), points.x[:1]])
    x = np.linspace(points.x[0], points.x[-1], count)
    best = slice(found.best, found.best + 1)
    curved = approach(x, tuple(part[best] for part in found.shapes))[0]
    return forward * x, found.level[best] + found.slope[best] * curved


def _units(curve: Curve) -> list[tuple[str, str]]:
    per_axis = f"{curve.unit} per {curve.axis_unit}".strip() if curve.axis_unit else curve.unit
    return [
        ("initial_slope", per_axis),
        ("saturation", curve.unit),
        ("half_at", curve.axis_unit),
        ("saturated_at", curve.axis_unit),
    ]


def _ordered(curve: Curve) -> tuple[str, Points | None, float]:
    """The steps that have a number, along an axis that rises; or why there is nothing to see."""
    sigma = curve.sigma()
    known = np.isfinite(curve.x) & np.isfinite(curve.value)
    if sigma is not None:
        known &= np.isfinite(sigma) & (sigma > 0.0)
    if known.sum() < FEWEST:
        return f"not determined: {known.sum()} steps with an error, need {FEWEST}", None, 1.0
    x = curve.x[known]
    forward = 1.0 if x[-1] >= x[0] else -1.0
    if np.any(np.diff(forward * x) < 0.0) or np.ptp(x) == 0.0:
        return "not determined: the axis turns back or stands still", None, 1.0
    points = Points(forward * x, curve.value[known], None if sigma is None else sigma[known])
    return "", points, forward


def _best_approach(points: Points) -> Profile:
    """Growth from the first step on, or from later where the data demand it."""
    x = points.x
    at_once = profile(points, approach, [bends(x), x[:1]])
    later = profile(points, approach, [bends(x), begins(x)])
    gain = (at_once.chi_square.min() - later.chi_square.min()) / later.scale
    return later if gain > _BEGINS_LATER else at_once


def _chi_square_of_none(points: Points) -> float:
    weights = points.weights
    away = points.y - points.y @ weights / weights.sum()
    return float(weights @ away**2)


def _chi_square_of_lines(points: Points, begin: FloatArray) -> float:
    """Of the best straight line, bent once where growth may begin."""
    grid = np.unique(begin)
    return float(profile(points, approach, [np.zeros(1), grid]).chi_square.min())


def _comes_and_goes(points: Points) -> bool:
    """Whether more than half of a clear rise is lost again."""
    if points.sigma is None:
        return False
    y, sigma = points.y, points.sigma
    top = 1 + int(np.argmax(y[1:-1]))
    rise, loss = y[top] - y[0], y[top] - y[-1]
    clear = _CLEAR * np.hypot(sigma[top], sigma[[0, -1]])
    return bool(rise > clear[0] and loss > clear[1] and loss > 0.5 * rise)


def _misfit(found: Profile, flat: float, points: Points) -> str:
    """What is to be said where the curve does not describe the points."""
    if _comes_and_goes(points):
        return "not determined: no rise or fall to a plateau (it comes and goes)"
    count = len(points.x)
    if points.sigma is None:
        ratio = found.scale / max(_scatter_of_neighbours(points), 1e-300)
        poor, gross, noise = ratio > _POOR_RATIO, ratio > _POOR_RATIO, found.scale / ratio
        words = f"{ratio:.3g} times the variance between neighbours"
    else:
        poor, gross, noise = found.p_value < 0.01, found.p_value < 1e-4, 1.0
        words = f"reduced chi-square {found.reduced_chi_square:.3g}"
    unexplained = max(found.chi_square.min() - noise * count, 0.0) / max(flat, 1e-300)
    if gross and unexplained > _MOST_UNEXPLAINED:
        return f"not determined: no rise or fall to a plateau ({words})"
    return f"{words}: the curve is not quite of this form, errors widened" if poor else ""


def _scatter_of_neighbours(points: Points) -> float:
    """Variance of points around the straight line through the two beside each."""
    x, y = points.x, points.y
    width = np.maximum(x[2:] - x[:-2], 1e-300)
    share = (x[1:-1] - x[:-2]) / width
    away = y[1:-1] - (1.0 - share) * y[:-2] - share * y[2:]
    return float(np.mean(away**2 / (1.0 + share**2 + (1.0 - share) ** 2)))


def _plateau(found: Profile, points: Points, forward: float) -> list[Measured]:
    """Saturation, and where half of the way and nearly all of it is gone."""
    bend, begin = found.shapes
    with np.errstate(divide="ignore", invalid="ignore"):
        far = np.where(bend > 0.0, 1.0 / bend, np.inf)
        height = np.where(bend > 0.0, found.level + found.slope * far, np.inf)
        variance = np.where(
            bend > 0.0,
            found.level_variance + 2.0 * far * found.covariance + far**2 * found.slope_variance,
            0.0,
        )
    nothing = np.zeros_like(bend)
    places = []
    for share in (0.5, SATURATED):
        place = found.measured(begin - np.log1p(-share) * far, nothing)
        ends = (place.low95, place.high95) if forward > 0.0 else (-place.high95, -place.low95)
        places.append(Measured(forward * place.value, place.stderr, *ends))
    return [found.measured(height, variance), *places]


def along_time(curve: Curve) -> Iterator[Trend]:
    """Growth with the square root of the time since the first step, and the exponent of time."""
    per_root = f"{curve.unit} per h^0.5".strip()
    if curve.time_s is None or not np.isfinite(curve.time_s).any():
        yield Trend("sqrt_time_rate", NOTHING, per_root, "not determined: no time_s")
        return
    known = curve.time_s[np.isfinite(curve.time_s)]
    begin = known[0] if curve.begin_s is None else curve.begin_s
    passed = (curve.time_s - begin) / 3600.0
    hours = Curve(passed, curve.value, curve.stderr, curve.upper95, low95=curve.low95)
    problem, points, forward = _ordered(hours)
    if points is None or forward < 0.0:
        yield Trend(
            "sqrt_time_rate", NOTHING, per_root, problem or "not determined: time runs back"
        )
        return
    root = profile(points, power, [np.array([0.5])])
    free = profile(points, power, [_EXPONENTS])
    exponent = free.measured(free.shapes[0], np.zeros_like(free.shapes[0]))
    rate = root.measured(root.slope, root.slope_variance)
    changes = (_chi_square_of_none(points) - free.chi_square.min()) / free.scale > _CHANGES
    if not changes:
        yield Trend("sqrt_time_rate", rate, per_root, "no change beyond errors")
        return
    yield Trend("sqrt_time_rate", rate, per_root, _verdict(root, exponent))
    if points.sigma is not None:
        chi_square = Measured(root.reduced_chi_square, *[np.nan] * 3)
        yield Trend("sqrt_time_reduced_chi_square", chi_square, "")
    yield Trend("time_exponent", _inside(exponent), "", "0.5 is diffusion, 1 a constant rate")


def _inside(exponent: Measured) -> Measured:
    """An end that is the end of what was looked at is no end."""
    low = np.nan if exponent.low95 <= _EXPONENTS[0] else exponent.low95
    high = np.nan if exponent.high95 >= _EXPONENTS[-1] else exponent.high95
    return Measured(exponent.value, exponent.stderr, low, high)


def _verdict(root: Profile, exponent: Measured) -> str:
    scatters = root.p_value < 0.01
    other = not exponent.low95 <= 0.5 <= exponent.high95
    if not scatters and not other:
        return "sqrt(time) describes it"
    reasons = []
    if scatters:
        reasons.append(f"reduced chi-square {root.reduced_chi_square:.3g}")
    if other:
        reasons.append(f"exponent {exponent.value:.2g}")
    return f"sqrt(time) does not describe it: {', '.join(reasons)}"


def at_the_end(curve: Curve, quantity: str) -> Trend:
    """The last value, with the scatter around the power of time that fits best as its error."""
    hours = Curve((curve.x - (curve.begin_s or 0.0)) / 3600.0, curve.value, curve.stderr)
    problem, points, _ = _ordered(hours)
    if points is None:
        return Trend(quantity, NOTHING, curve.unit, problem)
    free = profile(points, power, [_EXPONENTS])
    value, stderr = float(points.y[-1]), float(np.sqrt(free.scale))
    way = free.reach * stderr
    note = "at the last point; error from the scatter"
    return Trend(quantity, Measured(value, stderr, value - way, value + way), curve.unit, note)


def difference(first: Trend, second: Trend) -> Trend | None:
    """First minus second with its interval, and whether they differ; None if one is not known.

    Ends add as errors do, each side for itself; Zou and Donner 2008, doi:10.1002/sim.3095.
    """
    a, b = first.measured, second.measured
    ends = [a.low95, a.high95, b.low95, b.high95]
    if first.unit != second.unit or not np.isfinite([a.value, b.value, *ends]).all():
        return None
    away = a.value - b.value
    down = float(np.hypot(a.value - a.low95, b.high95 - b.value))
    up = float(np.hypot(a.high95 - a.value, b.value - b.low95))
    toward_zero = down if away > 0.0 else up
    if toward_zero == 0.0:
        return None
    sigmas = TWO_SIDED_95 * abs(away) / toward_zero
    differs = abs(away) > toward_zero
    words = f"differ by {sigmas:.1f} sigma" if differs else "no difference beyond errors"
    stderr = 0.5 * (down + up) / TWO_SIDED_95
    return Trend(first.quantity, Measured(away, stderr, away - down, away + up), first.unit, words)
