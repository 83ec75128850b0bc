"""Regions that stand apart: their lines are further from each other than lines of one scale can be.

A shift moves all regions alike. Where a region is met badly, its own displacement is looked for on
a grid, and it is displaced if that explains the misfit. Lines whose distance inside one compound
is known are compared with it as well, wherever they were found.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from fitting.chunkfit import Chunk, fit_block_into, moving_in
from fitting.covariances import estimated
from fitting.engines.compiled import Wanted
from fitting.errors import DataError
from fitting.known_distances import known_distances_of
from fitting.model import SHIFT, ComponentModel, ModelTable, RegionModel
from fitting.monitor import Monitor, checkpoint
from fitting.problem import Problem, RegionData
from fitting.result import FitStatus
from fitting.search import linear_start
from fitting.sensitivity import is_level
from fitting.spectrum import Spectrum
from fitting.stepfit import WIDE, StepDraft, prepare_block

FAR_EV = 0.5
"""Regions that are further apart than this are displaced; the bounds of centers are narrower."""

BADLY = 2.0
"""Reduced chi-square from which on a region is looked at."""

EXPLAINED = 0.25
"""The misfit (above the noise) that may be left once a region is moved back."""

LOOKS = 5
"""Badly met steps of a chunk that are looked at; others are tried with what these have found."""

ALIKE = 0.05
"""Share of what the best move gains that a shorter one may gain less."""

_COARSE_EV, _FINE_EV = 0.1, 0.02

StepSpectra = Mapping[str, Spectrum]


@dataclass(frozen=True)
class Displaced:
    """A region that stands apart from another one in a step; both by position, and why."""

    region: int
    other: int
    words: str


@dataclass(frozen=True)
class Move:
    """A region that should move by ``own`` eV, and so by ``way`` against another one."""

    region: int
    other: int
    own: float
    way: float


def fail_displaced(
    table: ModelTable,
    spectra: Sequence[StepSpectra],
    labels: Sequence[str],
    drafts: Sequence[StepDraft],
    monitor: Monitor,
) -> None:
    """Let regions fail that stand apart from the others, and what was fitted together with them.

    Parameters
    ----------
    spectra, labels, drafts : of K steps, in order; the drafts hold answers with errors

    Raises
    ------
    FitCancelled
    """
    bad = [k for k, draft in enumerate(drafts) if _met_badly(table, draft)]
    looked = {bad[int(i)] for i in np.linspace(0, len(bad) - 1, min(LOOKS, len(bad)))}
    found: dict[int, Move] = {}
    for k in [*sorted(looked), *(k for k in bad if k not in looked)]:
        checkpoint(monitor, k, len(drafts))
        step = _Step(table, spectra[k], labels[k], drafts[k], monitor)
        moves = step.moves() if k in looked else _nearest(found, k)
        own = next((move for move in moves if step.is_explained_by(move)), None)
        if own is not None:
            found[k] = own
    for k, draft in enumerate(drafts):
        step = _Step(table, spectra[k], labels[k], draft, monitor)
        one = step.displaced(found[k]) if k in found else next(step.wrong_distances(), None)
        if one is not None:
            step.fail(one)


def _nearest(found: Mapping[int, Move], k: int) -> list[Move]:
    """What other steps have found, those closest to step k first, each once."""
    near = {abs(other - k): move for other, move in found.items()}
    return list({(m.region, round(m.own, 1)): m for _, m in sorted(near.items())}.values())


def _met_badly(table: ModelTable, draft: StepDraft) -> bool:
    usable = _usable(table, draft)
    return len(usable) > 1 and bool(np.any(draft.reduced[usable] > BADLY))


def _usable(table: ModelTable, draft: StepDraft) -> list[int]:
    """Core levels that have an answer."""
    regions = zip(table.regions, table.plan.regions, strict=True)
    levels = [r for r, (m, p) in enumerate(regions) if is_level(m.name) or is_level(p.measured)]
    return [r for r in levels if draft.status[r] <= FitStatus.NOT_CONVERGED]


@dataclass(frozen=True, eq=False)
class _Step:
    """One step with its answers."""

    table: ModelTable
    spectra: StepSpectra
    label: str
    draft: StepDraft
    monitor: Monitor

    def moves(self) -> list[Move]:
        """Regions that are met badly and stand apart from the one that stands best."""
        own = {r: self._own_move(r) if bad > BADLY else 0.0 for r, bad in self.alone.items()}
        owner = self.table.reference_region
        still = owner if owner in own else min(own, key=lambda r: abs(own[r]))
        found = [Move(r, still, move, move - own[still]) for r, move in own.items()]
        far = [move for move in found if abs(move.way) > FAR_EV]
        return sorted(far, key=lambda move: -abs(move.way))

    @cached_property
    def alone(self) -> dict[int, float]:
        """Reduced chi-square of every region by itself, where the scale is that of the step."""
        return {r: self._moved_back(r, 0.0) for r in _usable(self.table, self.draft)}

    def _own_move(self, r: int) -> float:
        """By how much the lines of a region would have to move, from the starts of the plan."""
        table, shift = self.table, self.table.free == SHIFT
        rest = np.where(np.isnan(table.start), 1.0, table.start)
        rest[shift] = self.draft.free[shift]
        moving = np.flatnonzero(table.influence[r] & table.linear)
        try:
            setup = prepare_block(table, [r], self.spectra, moving, rest, WIDE, self.label)
        except DataError:
            return 0.0
        data, first = setup.problem.data[0], np.full(len(moving), np.nan)

        def misfit(move: float) -> float:
            evaluator = replace(data.evaluator, x=data.evaluator.x - move)
            there = RegionData(evaluator, data.intensity, data.sigma)
            return linear_start(Problem(table, (there,), moving, rest), first)[1]

        return best_move(misfit, table.plan.energy.search_eV)

    def is_explained_by(self, move: Move) -> bool:
        """Whether little misfit is left where the region is moved back."""
        misfit = self.alone.get(move.region, np.nan)
        left = self._moved_back(move.region, move.own) if misfit > BADLY else np.nan
        return left - 1.0 < EXPLAINED * (misfit - 1.0)

    def _moved_back(self, r: int, move: float) -> float:
        """Reduced chi-square of a region that is fitted by itself, with the scale of the step."""
        table, name = self.table, self.table.regions[r].name
        spectrum = self.spectra[name]
        back = {name: replace(spectrum, x=spectrum.x - move)}
        trial, scale = StepDraft(table), list(table.energy_places)
        trial.free[scale] = self.draft.free[scale]
        start = np.full((1, len(table.free)), np.nan)
        chunk = Chunk(table, [back], [""], start, "each", [trial], Wanted(errors=False))
        fit_block_into(chunk, (r,), self.monitor)
        return float(trial.reduced[r])

    def displaced(self, move: Move) -> Displaced:
        """What is said of a region that stands apart."""
        return Displaced(move.region, move.other, _words(self.table, move))

    def wrong_distances(self) -> Iterator[Displaced]:
        """Lines of one compound whose distance is known, and is another one here."""
        table, draft = self.table, self.draft
        for known in known_distances_of(table):
            (upper, high), (lower, low) = known.upper, known.lower
            r, other = table.regions.index(lower), table.regions.index(upper)
            usable = bool(np.all(draft.status[[r, other]] <= FitStatus.NOT_CONVERGED))
            if not usable or not all(_clear(table, draft, line) for line in (high, low)):
                continue
            values = table.values(np.where(np.isnan(draft.free), 1.0, draft.free))
            measured = float(values[high.center] - values[low.center])
            if abs(measured - known.value) > FAR_EV:
                numbers = (
                    f"{high.id} minus {low.id} is {measured:.2f} eV, {known.value:g} eV in the "
                    "reference lines"
                )
                way = known.value - measured
                yield Displaced(r, other, _sentence(lower.name, upper.name, way, numbers))

    def fail(self, one: Displaced) -> None:
        """The region, unless it sets the scale; and all that shares parameters with it."""
        table, draft = self.table, self.draft
        guilty = one.other if one.region == table.reference_region else one.region
        block = next(block for block in table.blocks if guilty in block)
        failed = [r for r in block if draft.status[r] <= FitStatus.NOT_CONVERGED]
        draft.fail(failed, f"{self.label}: {one.words}" if self.label else one.words)
        draft.forget(moving_in(table, tuple(block), table.factor_places))
        draft.reduced[failed] = draft.misfit[failed] = np.nan


def best_move(misfit: Callable[[float], float], reach: float) -> float:
    """The move that makes the misfit small; of moves that do so almost alike, the shortest.

    Parameters
    ----------
    misfit : of a move
    reach : the grid runs from ``-reach`` to ``reach``, in steps of 0.1 and then 0.02
    """
    half = round(reach / _COARSE_EV)
    grid = _COARSE_EV * np.arange(-half, half + 1)
    height = np.array([misfit(float(move)) for move in grid])
    lowest, here = float(height.min()), float(height[half])
    padded = np.pad(height, 1, constant_values=np.inf)
    valleys = (height <= padded[:-2]) & (height <= padded[2:])
    good = np.flatnonzero(valleys & (height <= lowest + ALIKE * (here - lowest)))
    start = float(grid[good[np.argmin(np.abs(grid[good]))]])
    fine = start + _FINE_EV * np.arange(-5, 6)
    return float(fine[int(np.argmin([misfit(float(move)) for move in fine]))])


def _words(table: ModelTable, move: Move) -> str:
    """Two lines, one of each region: how far they are apart, and how far in the plan."""
    start = table.values(np.where(np.isnan(table.start), 1.0, table.start))
    regions = table.regions[move.region], table.regions[move.other]
    one, two = _lines_of_one_phase(*regions)
    expected = float(start[one.center] - start[two.center])
    upper, lower = (one, two) if expected > 0.0 else (two, one)
    measured = abs(expected + move.way)
    numbers = (
        f"{upper.id} minus {lower.id} is {measured:.2f} eV, {abs(expected):.2f} eV in the plan"
    )
    return _sentence(regions[0].name, regions[1].name, move.way, numbers)


def _sentence(region: str, other: str, way: float, numbers: str) -> str:
    side = "higher" if way > 0.0 else "lower"
    return (
        f"{region} lies {abs(way):.2f} eV {side} against {other} than one energy scale allows "
        f"({numbers}); correct the axis of one of them, "
        "or add the phase that has a line there, and fit again"
    )


def _lines_of_one_phase(
    one: RegionModel, other: RegionModel
) -> tuple[ComponentModel, ComponentModel]:
    """The first phase that has lines in both; else the first line of each."""
    for mine in one.components:
        for theirs in other.components:
            if mine.phase and mine.phase == theirs.phase:
                return mine, theirs
    return one.components[0], other.components[0]


def _clear(table: ModelTable, draft: StepDraft, component: ComponentModel) -> bool:
    """Whether a line is so strong that its place is no matter of chance."""
    own = table.depends[component.area] & table.linear
    strong = (draft.free > 0.0) & np.isnan(draft.deviance_drop)
    return bool((strong & estimated(draft.covariance))[own].any())
