"""What must not change from step to step: the energy scale, distances inside a phase.

The steps of a sample come a chunk at a time; what one must know of those before is kept here.
"""

from collections.abc import Iterator
from copy import copy
from itertools import combinations

import numpy as np

from fitting.arrays import BoolArray, FloatArray
from fitting.checks.check import Check
from fitting.checks.view import SIGNIFICANT, RegionView, deviations
from fitting.model import SHIFT, ModelTable

SHIFT_JUMP_EV = 0.35
"""Charging moves slowly along a series. Analysts of one spectrum differ by up to 0.34 eV (NIST
XPS-STD round robin): a larger step is a change of charging, or the wrong line was followed."""

DISTANCE_EV = 0.1
"""Distances inside a phase hold within this: the repeatability of a calibrated scale is 0.1 to
0.2 eV (ISO 15472)."""

Pair = tuple[int, int]


class Neighbours:
    """Checks of a series against its earlier steps; one of these for each sample."""

    def __init__(self, table: ModelTable) -> None:
        self._table = table
        self._pairs = distances(table)
        self._shift: float | None = None
        self._first: dict[Pair, tuple[int, float, float]] = {}

    def fork(self) -> "Neighbours":
        """Another that has seen the same, and goes on by itself."""
        other = copy(self)
        other._first = dict(self._first)
        return other

    def look(self, view: RegionView) -> Iterator[Check]:
        """Checks of one region; regions and steps in their order."""
        if view.info.axis_kind.unit != "eV":
            return
        if self._tells_the_scale(view):
            yield from self._jumps(view)
        for pair in self._pairs:
            if self._table.parameters[pair[1]].region == view.region.name:
                yield from self._drifts(view, pair)

    def _tells_the_scale(self, view: RegionView) -> bool:
        """Whether it is the region of the reference line, or the first if all find the shift."""
        owner = self._table.reference_region
        if owner is None and self._table.plan.energy.reference == "fitted":
            owner = 0
        return owner is not None and self._table.regions[owner] is view.region

    def _jumps(self, view: RegionView) -> Iterator[Check]:
        shifts = view.values[:, SHIFT]
        before = self._shift
        for k, shift in enumerate(shifts.tolist()):
            if before is not None and abs(shift - before) > SHIFT_JUMP_EV:
                words = (
                    f"the energy scale jumps by {shift - before:+.2f} eV to {shift:+.2f} eV: "
                    "charging changed, or the reference line was taken for another"
                )
                yield view.say(k, "shift_jump", "warn", words)
            before = shift
        self._shift = before

    def _drifts(self, view: RegionView, pair: Pair) -> Iterator[Check]:
        rows = self._table.parameters
        value, stderr = _difference(view, pair)
        for k in np.flatnonzero(np.isfinite(stderr) & _both_seen(view, pair)).tolist():
            step, first, spread = self._first.setdefault(
                pair, (int(view.steps[k]), float(value[k]), float(stderr[k]))
            )
            moved, allowed = value[k] - first, SIGNIFICANT * np.hypot(stderr[k], spread)
            if abs(moved) > max(DISTANCE_EV, allowed):
                words = (
                    f"{rows[pair[1]].name} minus {rows[pair[0]].name} is {value[k]:.2f} +- "
                    f"{stderr[k]:.2g} eV, {moved:+.2f} eV from step {step}: distances inside a "
                    "phase are constant, link them"
                )
                yield view.say(k, "distance", "warn", words)


def distances(table: ModelTable) -> tuple[Pair, ...]:
    """Centers of one phase in one region whose distance is free in the plan."""
    found = []
    for region in table.regions:
        of_phase: dict[str, list[int]] = {}
        for c in region.components:
            if c.phase:
                of_phase.setdefault(c.phase, []).append(c.center)
        for centers in of_phase.values():
            for first, second in combinations(centers, 2):
                affine = table.matrix[second] - table.matrix[first]
                if affine.any() and not any(i in (first, second) for i, _ in table.links):
                    found.append((first, second))
    return tuple(found)


def _difference(view: RegionView, pair: Pair) -> tuple[FloatArray, FloatArray]:
    weights = np.zeros((1, len(view.table.parameters)))
    weights[0, pair[1]], weights[0, pair[0]] = 1.0, -1.0
    stderr = deviations(weights, view.slopes, view.covariance)[:, 0]
    return view.values[:, pair[1]] - view.values[:, pair[0]], stderr


def _both_seen(view: RegionView, pair: Pair) -> BoolArray:
    both = [c for c, component in enumerate(view.region.components) if component.center in pair]
    return np.asarray(view.seen[:, both].all(axis=1))
