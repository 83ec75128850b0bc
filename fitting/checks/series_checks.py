"""All checks of a sample, a chunk of its steps at a time."""

from collections.abc import Callable, Iterator, Mapping
from copy import copy

import numpy as np

from fitting.checks.check import OVERALL, Check, worst
from fitting.checks.compositions import compositions
from fitting.checks.degenerate import correlation
from fitting.checks.doublets import doublets
from fitting.checks.joint import sensitivities, unknown_amounts
from fitting.checks.limits import upper_limits
from fitting.checks.neighbours import Neighbours
from fitting.checks.points import views_of
from fitting.checks.reporting import once
from fitting.checks.residuals import runs, spikes
from fitting.checks.solution import at_bound, chi_square, errors
from fitting.checks.starts import starts
from fitting.checks.view import RegionView
from fitting.checks.widths import mixes, widths
from fitting.checks.window import background, window
from fitting.model import ModelTable
from fitting.result import FitStatus, SeriesResult
from fitting.series import Series

STEP_CHECKS: tuple[Callable[[RegionView], Iterator[Check]], ...] = (
    chi_square,
    runs,
    spikes,
    at_bound,
    errors,
    correlation,
    compositions,
    widths,
    doublets,
    mixes,
    window,
    background,
    upper_limits,
)
"""What is looked at in every region of every step, in the order of the rows."""


class SeriesChecks:
    """Checks of one sample; its chunks come in their order, and how it is cut changes nothing.

    Parameters
    ----------
    table : the model that was fitted
    """

    def __init__(self, table: ModelTable) -> None:
        self._table = table
        self._neighbours = Neighbours(table)
        self._begun = False

    def fork(self) -> "SeriesChecks":
        """Another that has seen the same, and goes on by itself."""
        other = copy(self)
        other._neighbours = self._neighbours.fork()
        return other

    def look(
        self,
        result: SeriesResult,
        series: Mapping[str, Series],
        views: Mapping[int, RegionView] | None = None,
    ) -> list[Check]:
        """Checks of some steps: what holds for the whole sample first, then step by step.

        Every region of a step has one row ``overall`` with the worst verdict, and a row for
        everything that has something to say.

        Parameters
        ----------
        series : region -> spectra of these steps; without its spectra a region only has the
            checks that need none
        views : the fitted rows of the regions, where they are known already
        """
        views = views_of(result, self._table, series) if views is None else views
        with np.errstate(all="ignore"):  # absurd intensities overflow; their checks are nan
            found = self._by_region(result, views)
        return [*self._once(result, series), *_by_step(result, found)]

    def _by_region(
        self, result: SeriesResult, views: Mapping[int, RegionView]
    ) -> dict[tuple[int, int], list[Check]]:
        """What has something to say, by row and region."""
        found: dict[tuple[int, int], list[Check]] = {}
        place = {int(step): k for k, step in enumerate(result.steps)}
        for r in range(len(result.regions)):
            unknown = unknown_amounts(result, self._table, r)
            checks = [*_unsolved(result, r), *unknown, *starts(result, r)]
            view = views.get(r)
            if view is not None:
                for check in STEP_CHECKS:
                    checks += check(view)
                checks += self._neighbours.look(view)
            for one in checks:
                assert one.step is not None
                found.setdefault((place[one.step], r), []).append(one)
        return found

    def _once(self, result: SeriesResult, series: Mapping[str, Series]) -> Iterator[Check]:
        if not self._begun:
            self._begun = True
            for info in result.regions:
                yield from once(self._table, info.name, info, series.get(info.name))
            yield from sensitivities(result, self._table)


def _unsolved(result: SeriesResult, r: int) -> Iterator[Check]:
    """Regions that failed or did not converge."""
    region = result.regions[r].name
    for k in np.flatnonzero(result.present[:, r]).tolist():
        status = FitStatus(int(result.status[k, r]))
        step, message = int(result.steps[k]), result.message[k][r]
        if status is FitStatus.EXCLUDED:
            yield Check(step, region, "excluded", "warn", message)
        elif not status.usable:
            yield Check(step, region, "fit", "fail", message or status.label)
        elif status is FitStatus.NOT_CONVERGED:
            yield Check(step, region, "convergence", "warn", message)


def _by_step(result: SeriesResult, found: Mapping[tuple[int, int], list[Check]]) -> Iterator[Check]:
    for k, r in np.argwhere(result.present).tolist():
        own = found.get((k, r), [])
        names = dict.fromkeys(c.check for c in own if c.verdict != "ok")
        words = ", ".join(names) or _goodness(result, k, r)
        region = result.regions[r].name
        yield Check(int(result.steps[k]), region, OVERALL, worst(own), words)
        yield from own


def _goodness(result: SeriesResult, k: int, r: int) -> str:
    value, source = result.reduced_chi_square[k, r], result.sigma_source[k][r]
    if np.isnan(value):
        return f"chi-square has no scale: weights are {source}"
    return f"reduced chi-square {value:.3g}, {source} errors"
