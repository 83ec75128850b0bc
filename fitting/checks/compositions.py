"""Compositions that were free, and that the data of a step do not tell."""

from collections.abc import Iterator

import numpy as np

from fitting.checks.check import Check
from fitting.checks.view import RegionView
from fitting.intervals import TWO_SIDED_95
from fitting.joint import amount_name


def compositions(view: RegionView) -> Iterator[Check]:
    """Free compositions whose 95 % interval holds all that they may be, or that have none.

    A phase that is absent has no composition, which is no fault.
    """
    used = dict.fromkeys(component.phase for component in view.region.components)
    for phase in used:
        own = view.table.plan.phases.get(phase)
        composition = None if own is None else own.composition
        place = view.table.index.get("" if composition is None else f"{phase}.{composition.symbol}")
        if composition is None or composition.known != "free" or place is None:
            continue
        assert composition.min is not None
        assert composition.max is not None
        value, error = view.values[:, place], view.deviation([place])[:, 0]
        low, high = value - TWO_SIDED_95 * error, value + TWO_SIDED_95 * error
        open_ = ~((low > composition.min) | (high < composition.max))
        there = view.values[:, view.table.index[amount_name(phase)]] > 0.0
        for k in np.flatnonzero(open_ & there).tolist():
            known = f"+- {error[k]:.2g}" if np.isfinite(error[k]) else "without an error"
            name = f"{composition.symbol} in {phase}"
            room = f"{composition.min:g} .. {composition.max:g}"
            words = f"{name} is not identified: {value[k]:.3g} {known}, within {room}"
            advice = 'hold it (known = "given"), or find it on pristine steps'
            yield view.say(k, "composition", "warn", f"{words}; {advice}")
