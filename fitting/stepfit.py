"""One step: every block of regions from start to minimum, weights and errors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fitting.active_set import FINE, PATIENCE, ROUGH, minimise_within
from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.energy_scale import holds
from fitting.engines.reference import Minimum, minimise
from fitting.errors import DataError
from fitting.evaluate import RegionEvaluator
from fitting.model import SHIFT, ModelTable, RegionModel
from fitting.monitor import Monitor
from fitting.noise import Noise, noise_of
from fitting.prepare import held_background, window_at
from fitting.problem import Problem, RegionData
from fitting.profile import errors_at
from fitting.result import FitStatus, StepResult
from fitting.robust import HUBER
from fitting.search import lift_zero_areas, linear_start, shift_on_grid
from fitting.spectrum import Spectrum
from fitting.uncertainty import Uncertainty, unknown
from fitting.weights import largest_change, reweighted

REWEIGHTINGS = 4
"""Weights follow the model; this many repeats reach the fixed point well within the errors."""

ROBUST_REWEIGHTINGS = 25
"""Trust in a point that stands far out settles more slowly."""

OWN_ERRORS = ("upper_limit", "deviance_drop", "lower95", "upper95")
"""Errors of the parameters one by one."""

WEIGHTS_SETTLED = 1e-3
"""Relative change of the variances below which another repeat would change nothing."""


@dataclass(frozen=True, eq=False)
class BlockFit:
    """The minimum of a block, and the problem with the weights that belong to it."""

    minimum: Minimum
    problem: Problem
    noises: tuple[Noise, ...]
    at_bound: BoolArray

    @property
    def absolute(self) -> bool:
        """Whether all weights are real errors."""
        return all(noise.absolute for noise in self.noises)

    def errors(self, monitor: Monitor) -> Uncertainty:
        """Covariance, and the profile of what is weak."""
        return errors_at(self.problem, self.noises, self.minimum.moving, self.at_bound, monitor)


def fit_step(
    table: ModelTable,
    spectra: Mapping[str, Spectrum],
    start: FloatArray | None,
    monitor: Monitor,
    where: str = "",
) -> StepResult:
    """Fit all regions of one step.

    Parameters
    ----------
    table : the model
    spectra : region name -> spectrum; regions may be missing
    start : (F,) free parameters of a neighbouring step, nan where unknown; None: none is known
    where : sample and step, for messages

    Returns
    -------
    StepResult
        A region that could not be fitted is ``failed`` with a sentence; others are unaffected.

    Raises
    ------
    FitCancelled
    """
    draft = StepDraft(table)
    for block in table.blocks:
        present = [r for r in block if table.regions[r].name in spectra]
        if not present:
            continue
        try:
            fit = fit_block(table, present, spectra, draft.free, start, monitor, where)
            draft.accept(present, fit, monitor)
        except (DataError, ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
            draft.fail(present, str(error))
    return draft.finish()


class StepDraft:
    """The result of a step while its blocks come in.

    ``common`` (F,) marks parameters that the whole series determined: this step spends no degree
    of freedom on them. Factors that belong to the series are held where nothing determined them.
    """

    def __init__(self, table: ModelTable) -> None:
        regions, size = len(table.regions), len(table.free)
        self.table = table
        self.free = np.where(table.factors, table.start, np.nan)
        self.covariance = np.full((size, size), np.nan)
        self.upper_limit = np.full(size, np.nan)
        self.deviance_drop = np.full(size, np.nan)
        self.lower95 = np.full(size, np.nan)
        self.upper95 = np.full(size, np.nan)
        self.at_bound = np.zeros(size, dtype=bool)
        self.common = np.zeros(size, dtype=bool)
        self.status = np.full(regions, int(FitStatus.EXCLUDED))
        self.reduced = np.full(regions, np.nan)
        self.misfit = np.full(regions, np.nan)
        self.source = [""] * regions
        self.message = [""] * regions
        self.start = [""] * regions
        self.tried = np.zeros(regions, dtype=np.int64)
        self.runner_up = np.full(regions, np.nan)

    def fail(self, present: list[int], message: str) -> None:
        """These regions have no answer, and why."""
        for r in present:
            self.status[r] = FitStatus.FAILED
            self.message[r] = message

    def accept(
        self, present: list[int], fit: BlockFit, monitor: Monitor, *, errors: bool = True
    ) -> None:
        """Take the minimum of a block, with its errors if they are wanted."""
        moving, problem = fit.problem.moving, fit.problem
        own = fit.errors(monitor) if errors else unknown(len(moving))
        misfit = []
        for data, model in zip(problem.data, problem.models(fit.minimum.moving), strict=True):
            residual = (model - data.intensity) / data.sigma
            misfit.append(float(residual @ residual) / len(residual))
        self.set_values(moving, fit.minimum.moving, fit.at_bound, own)
        points = np.array([len(data.intensity) for data in problem.data])
        verdict = None if fit.minimum.converged else FitStatus.NOT_CONVERGED
        message = fit.minimum.message
        sources = [noise.source for noise in fit.noises]
        self.set_regions(
            present, moving, points, np.array(misfit), sources, fit.absolute, verdict, message
        )

    def hold(self, f: int, value: float) -> None:
        """Not fit a free parameter in this step; its error stays unknown."""
        self.free[f] = value

    def forget(self, moving: IntArray) -> None:
        """Know nothing of these free parameters any more."""
        self.free[moving] = np.nan
        self.covariance[moving, :] = self.covariance[:, moving] = np.nan
        for name in OWN_ERRORS:
            getattr(self, name)[moving] = np.nan
        self.at_bound[moving] = False

    def note(self, present: Sequence[int], start: str, tried: int, runner_up: float) -> None:
        """Which start led here, of how many, and by how much the next minimum is higher."""
        for r in present:
            self.start[r], self.tried[r], self.runner_up[r] = start, tried, runner_up

    def set_values(
        self, moving: IntArray, values: FloatArray, at_bound: BoolArray, own: Uncertainty
    ) -> None:
        """Values and errors of the (M,) parameters of a block."""
        place = np.ix_(moving, moving)
        self.free[moving] = values
        known = np.isfinite(self.covariance[place])
        self.covariance[place] = np.where(known, np.nan, own.covariance)
        for name in OWN_ERRORS:
            getattr(self, name)[moving] = getattr(own, name)
        self.at_bound[moving] = at_bound

    def set_regions(
        self,
        present: Sequence[int],
        moving: IntArray,
        points: IntArray,
        misfit: FloatArray,
        sources: Sequence[str],
        absolute: bool,
        verdict: FitStatus | None,
        message: str,
    ) -> None:
        """How the fit of the regions of a block ended; a verdict of None: it converged."""
        at_bound = self.at_bound[moving]
        touches = self.table.influence[list(present)][:, moving]
        degrees = _degrees_of_freedom(touches & ~at_bound & ~self.common[moving], points)
        for place, r in enumerate(present):
            touched = (touches[place] & at_bound).any()
            own = FitStatus.AT_BOUND if touched else FitStatus.CONVERGED
            self.status[r] = own if verdict is None else verdict
            self.misfit[r] = misfit[place]
            if absolute and degrees[place] > 0.0:
                self.reduced[r] = misfit[place] * points[place] / degrees[place]
            robust = f", {HUBER}" if self.table.plan.fit.loss == HUBER else ""
            self.source[r], self.message[r] = sources[place] + robust, message

    def finish(self) -> StepResult:
        """The result of the step."""
        values = np.full(len(self.table.parameters), np.nan)
        factors = self.table.factors
        held = factors & ~self.common
        self.covariance[held, :] = self.covariance[:, held] = 0.0
        if np.isfinite(self.free[~factors]).any() or not len(self.free):
            values = _values_where_known(self.table, self.free)
        return StepResult(
            values,
            self.covariance,
            self.upper_limit,
            self.deviance_drop,
            self.lower95,
            self.upper95,
            self.at_bound,
            self.status,
            self.reduced,
            self.misfit,
            tuple(self.source),
            tuple(self.message),
            tuple(self.start),
            self.tried,
            self.runner_up,
        )


def _degrees_of_freedom(touches: BoolArray, points: IntArray) -> FloatArray:
    """Points of each region less its parameters; shared ones count by share of points.

    Parameters
    ----------
    touches : (R, M) which parameters that are not held change which region
    points : (R,)
    """
    weights = touches * points[:, np.newaxis].astype(float)
    shares = weights / np.maximum(weights.sum(axis=0), 1.0)
    return np.asarray(points - shares.sum(axis=1))


def _values_where_known(table: ModelTable, free: FloatArray) -> FloatArray:
    """All parameters; nan only where they depend on a free one that was not fitted."""
    unknown = np.isnan(free)
    filled = np.where(unknown, 1.0, free)
    values = table.values(filled)
    if unknown.any():
        depends = table.jacobian(filled)[:, unknown] != 0.0
        values[depends.any(axis=1)] = np.nan
    return values


def fit_block(
    table: ModelTable,
    present: list[int],
    spectra: Mapping[str, Spectrum],
    solved: FloatArray,
    start: FloatArray | None,
    monitor: Monitor,
    where: str,
) -> BlockFit:
    """Fit regions of one step that are solved together, by lmfit.

    Parameters
    ----------
    present : the regions
    solved : (F,) what blocks before have found, else nan
    start : (F,) free parameters of a neighbour, or None for a cold start

    Raises
    ------
    DataError
        The data cannot be fitted.
    """
    moving = moving_of(table, present, solved)
    rest = np.where(np.isfinite(solved), solved, table.start)
    first = rest[moving] if start is None else _neighbour(start, rest)[moving]

    def prepared(shift: float) -> Setup:
        return prepare_block(table, present, spectra, moving, rest, shift, where)

    place = np.flatnonzero(table.free[moving] == SHIFT)
    shift = _known_shift(table, solved)
    cold = start is None or not np.isfinite(first).all()
    if len(place) and cold:
        shift = shift_on_grid(prepared(WIDE).problem, first, table.plan.energy.search_eV)
    elif len(place):
        shift = float(first[place[0]])
    first[place] = shift
    setup = prepared(shift)
    enough_points(setup.problem, where)
    lift = _linear if cold else lift_zero_areas
    fit = _to_fixed_point(setup, lift(setup.problem, first), monitor)
    for _ in range(RECUTS if len(place) else 0):
        found = fit.minimum.moving
        if abs(found[place[0]] - shift) <= SAME_WINDOW:
            break
        shift = float(found[place[0]])
        setup = prepared(shift)
        fit = _to_fixed_point(setup, lift_zero_areas(setup.problem, found), monitor)
    return fit


def _linear(problem: Problem, first: FloatArray) -> FloatArray:
    return linear_start(problem, first)[0]


SAME_WINDOW = 0.05
"""eV; a shift found further than this from where the window was cut has it cut again there, so
that the neighbour is a start and nothing more."""

RECUTS = 3


WIDE = float("nan")
"""Instead of a shift: not known yet, take every point the search may need."""


def moving_of(table: ModelTable, present: list[int], solved: FloatArray) -> IntArray:
    """Positions of the free parameters that are fitted with these regions.

    Raises
    ------
    DataError
        The shift is needed and was not found, or nothing measured in this step holds it.
    """
    wanted = table.influence[present].any(axis=0) & np.isnan(solved)
    shift = table.free == SHIFT
    owner = table.reference_region
    if owner is not None and owner not in present and np.isnan(solved[shift]).any():
        raise DataError(
            "the region of the energy reference could not be fitted in this step, "
            "so its shift is not known"
        )
    for f in table.energy_places:
        handed_on = owner is not None and shift[f]
        if wanted[f] and not handed_on and not holds(table, tuple(present), f):
            name = table.parameters[table.free[f]].name
            raise DataError(f"no region that was measured in this step holds {name}")
    return np.flatnonzero(wanted)


def _known_shift(table: ModelTable, solved: FloatArray) -> float:
    place = np.flatnonzero(table.free == SHIFT)
    if len(place):
        return float(np.nan_to_num(solved[place[0]]))
    return float(table.offset[SHIFT])


def _neighbour(start: FloatArray, rest: FloatArray) -> FloatArray:
    return np.where(np.isfinite(start), start, rest)


@dataclass(frozen=True, eq=False)
class Setup:
    """The points of a block and how uncertain they are."""

    problem: Problem
    noises: tuple[Noise, ...]


def prepare_block(
    table: ModelTable,
    present: list[int],
    spectra: Mapping[str, Spectrum],
    moving: IntArray,
    rest: FloatArray,
    shift: float,
    where: str,
) -> Setup:
    """Cut the windows, compute static backgrounds, and choose the noise."""
    data, noises = [], []
    for r in present:
        region = table.regions[r]
        label = f"{where}, {region.name}" if where else region.name
        low, high = window_at(region, shift, table.plan.energy.search_eV)
        points = spectra[region.name].window(low, high)
        _refuse_empty(points, region, label)
        options = table.plan.fit
        noise = noise_of(points, options.weights, label, robust=options.loss == HUBER)
        evaluator = RegionEvaluator(region, points.x, held_background(region, points))
        data.append(RegionData(evaluator, points.intensity, noise.sigma(_smooth(points.intensity))))
        noises.append(noise)
    return Setup(Problem(table, tuple(data), moving, rest), tuple(noises))


def _refuse_empty(points: Spectrum, region: RegionModel, where: str) -> None:
    low, high = region.window
    if not len(points):
        raise DataError(f"{where}: the window {low:g} .. {high:g} holds no data")
    if len(points) > 1 and not points.x[-1] > points.x[0]:
        raise DataError(f"{where}: all {len(points)} points lie at {points.x[0]:g}")
    if not np.any(points.intensity):
        raise DataError(f"{where}: all intensities are zero (dead detector?)")


def enough_points(problem: Problem, where: str) -> None:
    """Refuse more parameters than places. Raises DataError."""
    places = sum(len(np.unique(d.evaluator.x)) for d in problem.data)
    if places <= len(problem.moving):
        names = ", ".join(d.evaluator.region.name for d in problem.data)
        raise DataError(
            f"{where}, {names}: {places} points cannot determine {len(problem.moving)} "
            "free parameters; widen the window or fix some"
        )


def _smooth(intensity: FloatArray) -> FloatArray:
    """Five-point mean: the first guess of the model that the variances follow."""
    if len(intensity) < 5:
        return np.full(len(intensity), intensity.mean())
    padded = np.pad(intensity, 2, mode="edge")
    return np.convolve(padded, np.full(5, 0.2), mode="valid")


def _to_fixed_point(setup: Setup, first: FloatArray, monitor: Monitor) -> BlockFit:
    """Minimise inside the bounds, let the variances follow the model, repeat until settled."""

    def engine(problem: Problem, start: FloatArray, tolerance: float) -> Minimum:
        return minimise(problem, start, monitor, tolerance=tolerance, max_evaluations=PATIENCE)

    problem = setup.problem
    follows = any(noise.changes for noise in setup.noises)
    minimum, at_bound = minimise_within(problem, first, engine, finest=ROUGH if follows else FINE)
    fine = False
    robust = any(noise.robust for noise in setup.noises)
    for _ in range(ROBUST_REWEIGHTINGS if robust else REWEIGHTINGS if follows else 0):
        following = reweighted(problem, setup.noises, minimum.moving)
        if fine and largest_change(problem, following) < WEIGHTS_SETTLED:
            break
        problem, fine = following, True
        minimum, at_bound = minimise_within(problem, minimum.moving, engine, held=at_bound)
    return BlockFit(minimum, problem, setup.noises, at_bound)
