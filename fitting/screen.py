"""Spectra that no fit can use: dead detector, saturated, cut off. Found before the fit.

Every rule looks for what counts do not do by chance. A spectrum that is merely weak, noisy or
unlike its neighbours is good.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.model import ModelTable
from fitting.noise import estimated_gain
from fitting.plan import Plan
from fitting.result import StepResult
from fitting.series import Series

RUN = 6
"""Equal values in a row from which on a spectrum is looked at closely."""

CHANCE = 1e-9
"""Probability, judged by how often neighbours are equal elsewhere, below which a run is a fault."""

DROP = 0.1
"""A dead stretch starts and ends with at least this share of the range of the spectrum."""

SURE_COUNTS = 25.0
"""And with at least so many counts, estimated from the noise where the file does not say."""

JUDGES = 20
"""Points outside a run that it takes to say what is usual in a spectrum."""

TURNS = 0.2
"""Share of points that noise makes higher or lower than both neighbours, at least; 2/3 if flat.
Curves without noise are somebody's calculation, and may be as flat as they like."""

LOST = 0.1
"""A scan that lacks more than this share of the window at one end is cut off."""

SAME_END = 0.02
"""Scans that end within this share of the window of each other end there on purpose."""

Reasons = Mapping[str, str]
"""Region -> why its spectrum is left out of a step."""


def reasons_of(plan: Plan, series: Mapping[str, Series], steps: IntArray) -> list[Reasons]:
    """What is left out of each step: by the plan, or because the spectrum is faulty.

    Parameters
    ----------
    series : name of a region of the plan -> its spectra, among them those of these steps
    steps : (K,) step numbers
    """
    found: dict[int, dict[str, str]] = {int(step): {} for step in steps}
    for name, rows in series.items():
        region = plan.region(name)
        if region is None:
            continue
        low, high = (end + plan.energy.shift_eV for end in region.window)
        by_hand = {step: f'regions["{name}"].exclude' for step in region.exclude}
        by_hand |= dict.fromkeys(plan.series.exclude, "series.exclude")
        faults = faults_of(rows, low, high) if plan.series.screen else [""] * len(rows)
        for step, fault in zip(rows.steps.tolist(), faults, strict=True):
            why = f"left out by the plan: {by_hand[step]}" if step in by_hand else fault
            if why and step in found:
                found[step][name] = why
    return list(found.values())


def with_reasons(table: ModelTable, result: StepResult, reasons: Reasons) -> StepResult:
    """A step that says why regions were left out of it."""
    if not reasons:
        return result
    words = zip(table.regions, result.message, strict=True)
    return replace(result, message=tuple(reasons.get(model.name, own) for model, own in words))


def faults_of(series: Series, low: float, high: float) -> list[str]:
    """What is wrong with each of K spectra inside a window; empty text where nothing is.

    Parameters
    ----------
    low, high : ends of the window on the axis that is fitted

    Raises
    ------
    DataError
        Kinetic energies without a photon energy.
    """
    if series.x.ndim == 1:
        axis = series.axis(0)
        inside = (axis >= low) & (axis <= high)
        x, y = axis[np.newaxis, inside], series.intensity[:, inside]
    else:
        x, y = np.array([series.axis(k) for k in range(len(series))]), series.intensity
        y = np.where((x >= low) & (x <= high), y, np.nan)
    found = _cut_off(x, y)
    scales = series.counts_per_unit
    for k in np.flatnonzero(_has_run(y)):
        scale = np.nan if scales is None else float(scales[k])
        there = np.isfinite(y[k])
        row = x[0] if len(x) == 1 else x[k]
        found[k] = found[k] or _stuck(row[there], y[k, there], scale)
    return found


def _has_run(y: FloatArray) -> BoolArray:
    """(K,) whether `RUN` values in a row are equal."""
    if y.shape[1] < RUN:
        return np.zeros(len(y), dtype=bool)
    same = y[:, 1:] == y[:, :-1]
    count = same.shape[1] - RUN + 2
    run = same[:, :count].copy()
    for shift in range(1, RUN - 1):
        run &= same[:, shift : shift + count]
    return np.asarray(run.any(axis=1))


def _stuck(x: FloatArray, y: FloatArray, counts_per_unit: float) -> str:
    """Dead or saturated: a run of equal values that chance does not explain."""
    starts = np.flatnonzero(np.diff(y, prepend=np.nan) != 0.0)
    lengths = np.diff(starts, append=len(y))
    if len(starts) == 1:
        return f"all {len(y)} intensities are {y[0]:g} (dead detector?)"
    slopes = np.diff(y[starts])
    turns = np.count_nonzero(slopes[1:] * slopes[:-1] < 0.0)
    if len(starts) < JUDGES or turns < TURNS * len(starts):
        return ""
    lowest, highest = float(y.min()), float(y.max())
    least = DROP * (highest - lowest)
    for value in np.unique(y[starts[lengths >= RUN]]):
        own = y[starts] == value
        if not _is_no_chance(lengths, own):
            continue
        at = np.argmax(np.where(own, lengths, 0))
        first, last = int(starts[at]), int(starts[at] + lengths[at])
        ends = sorted((x[first], x[last - 1]))
        where = f"{last - first} points from {ends[0]:g} to {ends[1]:g}"
        if value == highest:
            return f"flat at its highest value {value:g}: {where} (saturated?)"
        count = 1.0 / counts_per_unit if counts_per_unit > 0.0 else estimated_gain(y[starts])
        level = lowest + max(least, SURE_COUNTS * count)
        alone = value == lowest and lengths[own].min() >= RUN
        if value > lowest + least or (alone and _is_dropout(y, first, last, level)):
            return f"stuck at {value:g}: {where} (dead detector, or cut off?)"
    return ""


def _is_no_chance(lengths: IntArray, own: BoolArray) -> bool:
    """Whether a run of one value is too long for a spectrum with so few equal neighbours.

    Runs of other values tell how often neighbours are equal: two lines may be saturated.

    Parameters
    ----------
    lengths, own : of all runs, and which are those of the value
    """
    equal = (lengths[~own] - 1).sum() + 1.0
    share = equal / (lengths[~own].sum() + 1.0)
    return bool(lengths.sum() * share ** (lengths[own].max() - 1.0) < CHANCE)


def _is_dropout(y: FloatArray, first: int, last: int, level: float) -> bool:
    """Whether a run of the lowest value begins and ends at once; a signal that fades does not."""
    sides = y[max(first - 3, 0) : first], y[last : last + 3]
    return all(bool(np.all(side >= level)) for side in sides)


def _cut_off(x: FloatArray, y: FloatArray) -> list[str]:
    """Scans that stop short of where the others go, one of a kind."""
    if len(x) == 1 and y.size and np.isfinite(y).all():
        return [""] * len(y)
    place = np.where(np.isfinite(y), x, np.nan)
    empty = np.asarray(np.isnan(place).all(axis=1))
    begin = np.where(np.isnan(place), np.inf, place).min(axis=1, initial=np.inf)
    end = np.where(np.isnan(place), -np.inf, place).max(axis=1, initial=-np.inf)
    if len(x) == 1 and x.size:  # an axis that all share is what was meant to be measured
        low, high = float(np.min(x)), float(np.max(x))
    elif np.count_nonzero(~empty) >= 3:
        low, high = float(np.median(begin[~empty])), float(np.median(end[~empty]))
    else:
        return [""] * len(y)
    lost = np.maximum(begin - low, high - end)
    found = [""] * len(y)
    for k in np.flatnonzero(lost > LOST * (high - low)):
        if empty[k]:
            found[k] = f"no point was measured between {low:g} and {high:g}"
            continue
        apart = np.abs(begin[~empty] - begin[k]) + np.abs(end[~empty] - end[k])
        if np.count_nonzero(apart <= SAME_END * (high - low)) == 1:
            found[k] = (
                f"measured from {begin[k]:g} to {end[k]:g}, not from {low:g} to {high:g} (cut off?)"
            )
    return found
