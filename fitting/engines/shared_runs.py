"""Steps with the same regions, moved together: by kernels, or one by one in numpy.

Both ways fill the same arrays and end in the same place; numpy is the slow, obvious one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.covariances import marked, only_in_sums, unmarked
from fitting.engines import compiled
from fitting.engines.arrow import Arrow, new_arrow
from fitting.engines.compile_apart import make_ready
from fitting.engines.compiled import Cut
from fitting.engines.shared import Reduced, reduce_step
from fitting.far_points import Ended, profiled_again, steps_with_far_points
from fitting.monitor import SilentMonitor
from fitting.noise import Noise
from fitting.problem import Problem
from fitting.profile import errors_at
from fitting.spectrum import Spectrum
from fitting.stepfit import Setup
from fitting.uncertainty import Uncertainty, weak_below
from fitting.weights import reweighted

if TYPE_CHECKING:
    from fitting.engines.flat import FlatBlock

FITTED, STOPPED, WITHOUT_VALUE = 0, 1, 2
"""As in ``kernels_out``, which needs the compiler."""

ROUGH = 0.1
"""Share of chi-square that own parameters may promise before they are looked after at once."""

_FINE = 1e-4
_MOST_STEPS = 40


@dataclass(frozen=True, eq=False)
class StepEnd:
    """How one step ended.

    Parameters
    ----------
    status : FITTED, STOPPED or worse
    moving, at_bound : (M,)
    errors : of them; None where a slower way has to look at them
    misfit, points : (R,)
    sources : R words
    absolute : whether the weights are real errors
    """

    status: int
    moving: FloatArray
    at_bound: BoolArray
    errors: Uncertainty | None
    misfit: FloatArray
    points: IntArray
    sources: tuple[str, ...]
    absolute: bool


class Run(Protocol):
    """K steps in which the same regions of a block were measured."""

    @property
    def arrow(self) -> Arrow:
        """Where they stand."""
        ...

    @property
    def points(self) -> IntArray:
        """(K,) fitted points."""
        ...

    @property
    def absolute(self) -> bool:
        """Whether the inverse of the normal matrix is the covariance in all steps."""
        ...

    def put_rest(self, rest: FloatArray) -> None:
        """New (K, F) values of the parameters of other blocks."""
        ...

    def advance(self, enough: float) -> None:
        """To ``arrow.theta``, and reduced there; see ``kernels_shared.advance``."""
        ...

    def finish(self, spread: FloatArray) -> list[StepEnd]:
        """To the minimum of the own parameters, with errors; spread: (K, G, G) of theta."""
        ...


class CompiledRun:
    """By kernels.

    Parameters
    ----------
    layout : the block
    places : (G,) positions of the shared parameters among the moving
    spectra : of the steps
    rest, start : (K, F) values of all free parameters; the windows lie where start puts them
    cuts : windows and backgrounds of the steps, where these are computed beforehand
    """

    def __init__(
        self,
        layout: "FlatBlock",
        places: IntArray,
        spectra: Sequence[Mapping[str, Spectrum]],
        rest: FloatArray,
        start: FloatArray,
        cuts: Sequence[Cut] | None,
    ) -> None:
        make_ready("kernels_shared")
        from fitting.engines import kernels_shared

        self._kernels, self._layout = kernels_shared, layout
        self._spectra, self._rest = spectra, rest
        data = compiled.pack(layout, spectra, rest, start)
        if cuts is not None:
            data = data._replace(held=np.zeros_like(data.y))
            for k, cut in enumerate(cuts):
                data.cut[k] = cut.ends
                for r, held in enumerate(cut.held):
                    data.held[r, k, cut.ends[r, 0] : cut.ends[r, 1]] = held
        self._data = data
        self._work, self._solver = compiled.buffers(layout, data.x.shape[2])
        self.arrow = new_arrow(len(spectra), len(layout.moving), places, len(layout.present))
        self.arrow.moving[:] = start[:, layout.moving]
        kernels_shared.lay_out_steps(layout.model, data, self._work, self._solver, self.arrow)
        codes = np.unique(self.arrow.noise[self.arrow.status == FITTED, :, 4])
        self.absolute = not data.robust and all(map(compiled.is_absolute, codes))

    @property
    def points(self) -> IntArray:
        """See ``Run``."""
        return np.asarray(self.arrow.cut[:, :, 2].sum(axis=1))

    def put_rest(self, rest: FloatArray) -> None:
        """See ``Run``."""
        self._rest = rest
        self._data = self._data._replace(base=compiled.base_of(self._layout, rest))

    def advance(self, enough: float) -> None:
        """See ``Run``."""
        self._kernels.advance(
            self._layout.model,
            self._data,
            self._work,
            self._solver,
            self.arrow,
            0,
            len(self.arrow.status),
            enough,
        )

    def finish(self, spread: FloatArray) -> list[StepEnd]:
        """See ``Run``."""
        count = len(self.arrow.status)
        out = compiled.results(self._layout, count)
        self._kernels.finish(
            self._layout.model,
            self._data,
            self._work,
            self._solver,
            self.arrow,
            np.ascontiguousarray(spread),
            out,
            0,
            count,
            weak_below(self._layout.table.plan.fit.errors),
        )
        fits = compiled.fits_of(out)
        if self._data.robust:
            self._profile_again(fits)
        codes, which = np.unique(fits.noise.reshape(count, -1), axis=0, return_inverse=True)
        words = [self._words(own.reshape(-1, 3)) for own in codes]
        return [self._end(fits, k, *words[i]) for k, i in enumerate(which.ravel().tolist())]

    def _profile_again(self, fits: compiled.BlockFits) -> None:
        """Beside far points, theta held; see ``fitting.far_points``."""
        whole, fitted = self._layout, np.flatnonzero(fits.status <= STOPPED)
        own = np.setdiff1d(np.arange(len(whole.moving)), self.arrow.places)
        layout = compiled.lay_out_block(whole.table, whole.present, whole.moving[own])
        if isinstance(layout, str):
            return
        free = self._rest[fitted]
        free[:, whole.moving] = fits.moving[fitted]
        ended = Ended([self._spectra[k] for k in fitted.tolist()], free, fits.cut[fitted])
        far = steps_with_far_points(layout, ended, SilentMonitor())
        for i, ends in profiled_again(layout, ended, far, SilentMonitor()).items():
            for name, values in ends._asdict().items():
                getattr(fits, name)[fitted[i], own] = values

    @staticmethod
    def _words(codes: FloatArray) -> tuple[tuple[str, ...], bool]:
        """Where the weights of all regions are from, and whether they are real errors."""
        absolute = all(compiled.is_absolute(code) for code in codes[:, 0])
        return tuple(compiled.source(code) for code in codes), absolute

    def _end(
        self, fits: compiled.BlockFits, k: int, sources: tuple[str, ...], absolute: bool
    ) -> StepEnd:
        errors = Uncertainty(
            fits.covariance[k],
            fits.upper_limit[k],
            fits.deviance_drop[k],
            fits.lower95[k],
            fits.upper95[k],
        )
        return StepEnd(
            int(fits.status[k]),
            fits.moving[k],
            fits.at_bound[k],
            None if fits.careful[k] else errors,
            fits.misfit[k],
            fits.points[k],
            sources,
            absolute,
        )


class PlainRun:
    """Step by step in numpy, whatever the model is made of.

    Parameters
    ----------
    setups : points and noise of the steps
    moving : (M,) positions among the free parameters
    places : (G,) positions of the shared ones among the moving
    start : (K, F)
    """

    def __init__(
        self, setups: Sequence[Setup], moving: IntArray, places: IntArray, start: FloatArray
    ) -> None:
        self._setups = list(setups)
        regions = len(setups[0].noises)
        self.arrow = new_arrow(len(setups), len(moving), places, regions)
        self.arrow.moving[:] = start[:, moving]

    @property
    def points(self) -> IntArray:
        """See ``Run``."""
        return np.array([setup.problem.points for setup in self._setups])

    @property
    def absolute(self) -> bool:
        """See ``Run``."""
        return all(_is_plain(setup) for setup in self._setups)

    def put_rest(self, rest: FloatArray) -> None:
        """See ``Run``."""
        self._setups = [
            replace(setup, problem=replace(setup.problem, rest=own))
            for setup, own in zip(self._setups, rest, strict=True)
        ]

    def advance(self, enough: float) -> None:
        """See ``Run``."""
        for k in np.flatnonzero(self.arrow.status == FITTED):
            before = self.arrow.moving[k].copy()
            end = self._go(int(k), enough, units=False)
            if end is None:
                self.arrow.status[k] = WITHOUT_VALUE
                continue
            problem, reduced, gradient = end
            a = self.arrow
            a.turn[k] = (a.moving[k] - before) @ (a.gradient[k] + gradient)
            a.gradient[k], a.square[k] = gradient, problem.chi_square(a.moving[k])
            a.ahead[k], a.slopes[k], a.held[k] = reduced.ahead, reduced.slopes, reduced.held
            a.matrix[k], a.pull[k] = reduced.matrix, reduced.pull

    def _at(self, k: int, moving: FloatArray) -> tuple[Problem, FloatArray, FloatArray] | None:
        """The problem with the weights of the model there, and its normal equations."""
        setup = self._setups[k]
        if not all(np.isfinite(m).all() for m in setup.problem.models(moving)):
            return None
        problem = reweighted(setup.problem, setup.noises, moving)
        jacobian, residual = problem.jacobian(moving), problem.residual(moving)
        return problem, jacobian @ jacobian.T, jacobian @ residual

    def _reduced(self, problem: Problem, h: FloatArray, g: FloatArray, at: FloatArray) -> Reduced:
        return reduce_step(h, g, problem.lower - at, problem.upper - at, self.arrow.places)

    def _go(
        self, k: int, enough: float, *, units: bool
    ) -> tuple[Problem, Reduced, FloatArray] | None:
        """Follow theta, then look after own parameters that promise more than enough."""
        a = self.arrow
        lower, upper = self._setups[k].problem.lower, self._setups[k].problem.upper
        before = a.moving[k].copy()
        at = before + a.ahead[k] + a.slopes[k] @ (a.theta[k] - before[a.places])
        at = np.where(a.held[k] < 0, lower, np.where(a.held[k] > 0, upper, at))
        at = np.clip(at, lower, upper)
        at[a.places] = a.theta[k]
        here = self._at(k, at)
        if here is None:
            at = before
            at[a.places] = a.theta[k]
            here = self._at(k, at)
        if here is None:
            return None
        shorter = 1.0
        reduced = self._reduced(*here, at)
        for _ in range(_MOST_STEPS):
            problem, _, g = here
            square = problem.chi_square(at)
            unit = square / problem.points if units else square
            if reduced.fall <= enough * unit or shorter < 1e-6:
                break
            trial = np.clip(at + shorter * reduced.ahead, lower, upper)
            if shorter == 1.0:
                trial = np.where(reduced.held < 0, lower, trial)
                trial = np.where(reduced.held > 0, upper, trial)
            there = self._at(k, trial)
            if there is None or (trial - at) @ (g + there[2]) > 0.0:
                shorter *= 0.3
                continue
            at, here, shorter = trial, there, 1.0
            reduced = self._reduced(*here, at)
        a.moving[k], a.fall[k] = at, max(reduced.fall, 0.0)
        return here[0], reduced, here[2]

    def finish(self, spread: FloatArray) -> list[StepEnd]:
        """See ``Run``."""
        return [self._end(k, spread[k]) for k in range(len(self._setups))]

    def _end(self, k: int, spread: FloatArray) -> StepEnd:
        setup, moving = self._setups[k], self.arrow.moving[k]
        end = None
        if self.arrow.status[k] == FITTED:
            end = self._go(k, _FINE, units=True)
        points = np.array([len(d.intensity) for d in setup.problem.data])
        sources = tuple(noise.source for noise in setup.noises)
        absolute = all(noise.absolute for noise in setup.noises)
        if end is None:
            nothing = np.full(len(moving), np.nan)
            held = np.zeros(len(moving), dtype=bool)
            status = max(int(self.arrow.status[k]), WITHOUT_VALUE)
            return StepEnd(status, nothing, held, None, 0.0 * points, points, sources, absolute)
        problem = end[0]
        at_bound = (moving == problem.lower) | (moving == problem.upper)
        misfit = np.array(
            [
                float(np.mean(((model - d.intensity) / d.sigma) ** 2))
                for d, model in zip(problem.data, problem.models(moving), strict=True)
            ]
        )
        unit = problem.chi_square(moving) / max(problem.points, 1)
        status = FITTED if self.arrow.fall[k] <= _FINE * unit + 1e-12 else STOPPED
        errors = shared_uncertainty(
            problem, setup.noises, moving, at_bound, self.arrow.places, spread
        )
        return StepEnd(status, moving, at_bound, errors, misfit, points, sources, absolute)


def _is_plain(setup: Setup) -> bool:
    """Whether the inverse of the normal matrix is the covariance."""
    return all(noise.absolute and not noise.robust for noise in setup.noises)


def shared_uncertainty(
    problem: Problem,
    noises: tuple[Noise, ...],
    moving: FloatArray,
    at_bound: BoolArray,
    places: IntArray,
    spread: FloatArray,
) -> Uncertainty:
    """Errors of a step whose shared parameters are known to within ``spread``.

    Those of the own parameters with theta held, and what the errors of theta add. Limits and
    profiles of weak amounts hold theta.

    Parameters
    ----------
    problem : with the standard errors that belong to the minimum
    noises : of its regions
    moving, at_bound : (M,)
    places : (G,) positions of the shared parameters
    spread : (G, G) covariance of theta
    """
    size = len(moving)
    own = np.setdiff1d(np.arange(size), places)
    inner = Problem(problem.table, problem.data, problem.moving[own], problem.full(moving))
    held = errors_at(inner, noises, moving[own], at_bound[own], SilentMonitor())
    jacobian = problem.jacobian(moving)
    h = jacobian @ jacobian.T
    free = own[~at_bound[own] & (np.diag(h)[own] > 0.0)]
    follow = np.zeros((size, len(places)))
    if len(free):
        scale = 1.0 / np.sqrt(np.diag(h)[free])[:, np.newaxis]
        inner_h, across = h[np.ix_(free, free)] * scale * scale.T, h[np.ix_(free, places)] * scale
        follow[free] = -scale * np.linalg.lstsq(inner_h, across, rcond=1e-12)[0]
    follow[places] = np.eye(len(places))
    covariance, blind = np.zeros((size, size)), np.zeros(size, dtype=bool)
    covariance[np.ix_(own, own)] = unmarked(held.covariance)
    blind[own] = only_in_sums(held.covariance)
    covariance = marked(covariance + follow @ spread @ follow.T, blind)
    at_bound = at_bound & ~blind
    unknown = at_bound | np.isnan(np.diag(covariance))
    covariance[unknown, :] = covariance[:, unknown] = np.nan
    # what is at a bound keeps how the others would follow
    alone = np.full((size, size), np.nan)
    alone[np.ix_(own, own)] = held.covariance
    covariance = np.where(at_bound[:, np.newaxis] ^ at_bound, alone, covariance)

    def spread_over(values: FloatArray) -> FloatArray:
        found = np.full(size, np.nan)
        found[own] = values
        return found

    ends = (held.upper_limit, held.deviance_drop, held.lower95, held.upper95)
    return Uncertainty(covariance, *map(spread_over, ends))
