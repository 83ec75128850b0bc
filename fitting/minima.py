"""Which minimum: every step of a block is tried from several starts, and the lowest is kept.

Solver status proves nothing about the minimum. Starts are the plan's own, the answers of
neighbouring steps and, where minima are in doubt, the best so far with some numbers thrown anew.
The deviance on the same points decides between them; the more starts agree, the fewer are tried.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.chunkfit import Start, fit_static
from fitting.engines import compiled
from fitting.engines.compiled import BlockFits, Cut, Wanted
from fitting.model import SHIFT
from fitting.monitor import Monitor
from fitting.spectrum import Spectrum

if TYPE_CHECKING:
    from fitting.engines.flat import FlatBlock

NEAR = (-1, 1)
FAR = (-5, 5, -25, 25)
"""Steps whose answers are tried as starts: always, and where the minimum is in doubt."""

PROBES = 4
"""Thrown starts of every step that may not ask its neighbours."""

FIRST_THROWS, THROWS = 8, 32
"""Thrown starts of a step in doubt; of one in which two minima were seen."""

THROWN = 0.3
"""Share of the bounded numbers that a thrown start takes from anywhere between their bounds."""

CATCHING = 2
"""A step this close to one in doubt is in doubt as well: lines come and go over many steps."""

PASSES = 4
"""How often a better minimum is handed on to the next steps."""

LOWER = 1e-6
"""Relative fall of the deviance from which on a start has won."""

SAME = 1e-5
"""Relative difference of the deviance from which on two ends are different minima."""

USUAL, WORSE = 0.25, 1.2
"""Where the deviance per point is 1.2 times this quantile of the chunk, the shift may be wrong."""

FEW = 8
"""Fewer steps than this say nothing about what is usual."""

GRID_EV = 0.1
"""A shift on the grid that is no further away than this is the same."""

_LOOK = Wanted(errors=False, tolerance=3e-7)


@dataclass(frozen=True, eq=False)
class Steps:
    """The K steps of a block that are searched, in order.

    Parameters
    ----------
    layout : the block
    spectra : K times region name -> spectrum
    rest : (K, F) free parameters that are known already, nan where not
    place : (K,) where the steps stand in ``known``
    known : (S, F) answers of the steps and their neighbours, nan where there are none
    words : K words: which start led to the answers of the steps
    """

    layout: "FlatBlock"
    spectra: Sequence[Mapping[str, Spectrum]]
    rest: FloatArray
    place: IntArray
    known: FloatArray
    words: Sequence[str]


class Search:
    """The lowest minimum so far of every step, while starts are tried.

    Parameters
    ----------
    moving : (K, M) where it is, nan where there is none
    deviance : (K,) there
    start : K words: which start led there
    tried : (K,) starts
    second : (K,) deviance of the lowest other minimum that was seen, else inf
    news : (K,) whether it was found since that was last handed on; improved : ever
    """

    def __init__(self, steps: Steps, monitor: Monitor) -> None:
        self._steps, self._monitor = steps, monitor
        count, layout = len(steps.spectra), steps.layout
        self._known = steps.known[:, layout.moving].copy()
        self._cut = np.full((count, len(layout.present), 2), -1)
        self._points = np.ones((count, len(layout.present)))
        table = layout.table
        self._lower, self._upper = table.lower[layout.moving], table.upper[layout.moving]
        self._is_shift = table.free[layout.moving] == SHIFT
        self.moving = self._known[steps.place]
        self.deviance = np.full(count, np.inf)
        self.start = list(steps.words)
        self.tried = np.zeros(count, dtype=np.int64)
        self.second = np.full(count, np.inf)
        self.news = np.zeros(count, dtype=bool)
        self.improved = np.zeros(count, dtype=bool)
        rows = np.flatnonzero(np.isfinite(self.moving).all(axis=1))
        self.try_starts(rows, self.moving[rows], [self.start[k] for k in rows], "polish")
        self.news[:] = self.improved[:] = False
        self.tried[:] = 0

    def try_starts(
        self,
        rows: IntArray,
        starts: FloatArray,
        words: Sequence[str],
        mode: Start = "given",
        *,
        anew: bool = False,
    ) -> None:
        """Fit (m,) steps from (m, M) starts and keep what is lower.

        ``anew``: in windows that are cut anew, since the shift of the start is another one.
        """
        if not len(rows):
            return
        if anew:
            self._cut[rows], cut = -1, self._cut[rows]
        fits = self._fit(rows, starts, mode)
        if anew:
            self._cut[rows] = cut
        first = np.isinf(self.deviance[rows])
        self._points[rows[first]] = fits.points[first]
        # per point where a background that is computed before moved the windows
        own = (fits.deviance * self._points[rows]).sum(axis=1)
        own[(fits.status > compiled.STOPPED) | ~np.isfinite(own)] = np.inf
        held = self.deviance[rows]
        with np.errstate(invalid="ignore"):
            won = (own < held) & ~(own >= held * (1.0 - LOWER))
            other = ~(np.abs(own - held) <= SAME * held)
        second = np.minimum(self.second[rows], np.maximum(own, held))
        self.second[rows] = np.where(other, second, self.second[rows])
        self.tried[rows] += 1
        for i in map(int, np.flatnonzero(own < held)):
            k = int(rows[i])
            self.deviance[k], self.moving[k] = own[i], fits.moving[i]
            self._known[self._steps.place[k]] = fits.moving[i]
            self._cut[k] = fits.cut[i]
            if won[i]:
                self.start[k], self.news[k], self.improved[k] = words[i], True, True

    def _fit(self, rows: IntArray, starts: FloatArray, mode: Start) -> BlockFits:
        """On the windows that the lowest minimum has; where there is none, they are cut anew."""
        steps, layout = self._steps, self._steps.layout
        full = np.full((len(rows), steps.rest.shape[1]), np.nan)
        full[:, layout.moving] = starts
        spectra = [steps.spectra[k] for k in rows]
        rest = steps.rest[rows]
        if layout.static:
            return fit_static(layout, spectra, rest, full, mode, self._monitor, _LOOK)
        cut = Cut(self._cut[rows], ())
        return compiled.fit_block(layout, spectra, rest, full, mode, self._monitor, cut, _LOOK)

    @property
    def above(self) -> FloatArray:
        """(K,) by how much the next minimum is higher; inf where no other was seen."""
        both = np.isfinite(self.second) & np.isfinite(self.deviance)
        difference = np.subtract(self.second, self.deviance, where=both, out=self.second.copy())
        return np.asarray(np.where(both, difference, np.inf))

    @property
    def everyone(self) -> IntArray:
        """(K,) all steps."""
        return np.arange(len(self.moving))

    @property
    def in_doubt(self) -> BoolArray:
        """(K,) steps that may have other minima, or are close to one that has.

        Two were seen, a line that could move is absent, or a center lies at the end of its room.
        """
        center_of = self._steps.layout.model.center_of
        areas, centers = center_of >= 0, center_of[center_of >= 0]
        at_low, at_high = self.moving == self._lower, self.moving == self._upper
        ends = at_low[:, areas] | (at_low | at_high)[:, centers]
        return _spread(np.isfinite(self.second) | ends.any(axis=1))

    @property
    def seen_others(self) -> BoolArray:
        """(K,) steps in which two minima were seen, or close to one."""
        return _spread(np.isfinite(self.second))

    @property
    def worse(self) -> IntArray:
        """Steps that the model meets worse than most; all, where they are too few to tell."""
        if len(self.deviance) < FEW:
            return self.everyone
        level = self.deviance / self._points.sum(axis=1)
        usual = np.quantile(level, USUAL, method="lower")
        return np.flatnonzero(~(level <= WORSE * usual))

    def from_grid(self, rows: IntArray) -> None:
        """Start at the shift that is the best of all that are searched, if it is another one."""
        steps, layout = self._steps, self._steps.layout
        place = layout.model.shift
        if place < 0 or layout.static or not len(rows):
            return
        nowhere = np.full((len(rows), steps.rest.shape[1]), np.nan)
        spectra = [steps.spectra[k] for k in rows]
        grid = compiled.fit_block(
            layout, spectra, steps.rest[rows], nowhere, "shift", self._monitor
        )
        starts = np.tile(layout.table.start[layout.moving], (len(rows), 1))
        starts[:, place] = grid.moving[:, place]
        other = ~(np.abs(starts[:, place] - self.moving[rows, place]) <= GRID_EV)
        words = ["grid"] * int(other.sum())
        self.try_starts(rows[other], starts[other], words, anew=True)

    def from_neighbours(self, rows: IntArray, offset: int) -> None:
        """Start where a neighbour stands."""
        there = self._steps.place[rows] + offset
        inside = (there >= 0) & (there < len(self._known))
        rows, there = rows[inside], there[inside]
        starts = self._known[there]
        usable = np.isfinite(starts).all(axis=1)
        words = [f"step {offset:+d}"] * int(usable.sum())
        self.try_starts(rows[usable], starts[usable], words)

    def from_plan(self, rows: IntArray) -> None:
        """Start where the plan starts, with areas by linear least squares; the shift stays."""
        layout = self._steps.layout
        starts = np.tile(layout.table.start[layout.moving], (len(rows), 1))
        starts[:, self._is_shift] = self.moving[rows][:, self._is_shift]
        self.try_starts(rows, starts, ["plan"] * len(rows))

    def thrown(self, rows: IntArray, rng: np.random.Generator, number: int) -> None:
        """Start from the best so far with some numbers anywhere inside their bounds.

        Numbers are drawn for all steps, so that no draw depends on which ones are in doubt.
        """
        bounded = np.isfinite(self._lower) & np.isfinite(self._upper) & ~self._is_shift
        low = np.where(bounded, self._lower, 0.0)
        room = np.where(bounded, self._upper, 1.0) - low
        drawn = low + room * rng.random(self.moving.shape)
        chosen = bounded & (rng.random(self.moving.shape) < THROWN)
        starts = np.where(chosen, drawn, self.moving)
        starts[:, self._steps.layout.model.linear != 0] = np.nan
        words = [f"thrown {number}"] * len(rows)
        self.try_starts(rows, starts[rows], words)

    def throw(self, rng: np.random.Generator) -> None:
        """Throw starts for steps in doubt, and go on where they have ended apart."""
        for number in range(1, THROWS + 1):
            rows = self.in_doubt if number <= FIRST_THROWS else self.seen_others
            if not rows.any():
                break
            self.thrown(np.flatnonzero(rows), rng, number)

    def hand_on(self) -> None:
        """Start next to a step that has found a better minimum."""
        fresh, self.news = self.news, np.zeros_like(self.news)
        for _ in range(PASSES):
            for offset in NEAR:
                near = np.zeros_like(fresh)
                near[max(0, -offset) : len(fresh) - max(0, offset)] = fresh[
                    max(0, offset) : len(fresh) + min(0, offset)
                ]
                self.from_neighbours(np.flatnonzero(near), offset)
            fresh, self.news = self.news, np.zeros_like(self.news)


def _spread(doubt: BoolArray) -> BoolArray:
    """Steps close to one in doubt are in doubt as well."""
    spread = doubt.copy()
    for offset in range(1, CATCHING + 1):
        spread[offset:] |= doubt[:-offset]
        spread[:-offset] |= doubt[offset:]
    return spread


def search_among_neighbours(steps: Steps, rng: np.random.Generator, monitor: Monitor) -> Search:
    """Plan, neighbours near and, in doubt, far, and thrown starts; successes are handed on.

    Raises
    ------
    FitCancelled
    """
    search = Search(steps, monitor)
    search.from_grid(search.worse)
    search.from_plan(search.everyone)
    for offset in NEAR:
        search.from_neighbours(search.everyone, offset)
    for offset in FAR:
        search.from_neighbours(np.flatnonzero(search.in_doubt), offset)
    search.hand_on()
    search.throw(rng)
    search.hand_on()
    return search


def search_alone(steps: Steps, rng: np.random.Generator, monitor: Monitor) -> Search:
    """A few thrown starts for every step, more in doubt; no step sees another's answer.

    Raises
    ------
    FitCancelled
    """
    search = Search(steps, monitor)
    for number in range(1, PROBES + 1):
        search.thrown(search.everyone, rng, number)
    search.throw(rng)
    return search


def search_at_ends(steps: Steps, news: BoolArray, monitor: Monitor) -> Search:
    """From those (S,) steps outside that have news, and onwards from there.

    Raises
    ------
    FitCancelled
    """
    search = Search(steps, monitor)
    for offset in (*NEAR, *FAR):
        there = steps.place + offset
        inside = (there >= 0) & (there < len(news))
        rows = np.flatnonzero(inside)
        search.from_neighbours(rows[news[there[rows]]], offset)
    search.hand_on()
    return search
