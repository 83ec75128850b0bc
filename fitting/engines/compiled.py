"""The compiled engine: one block of regions over the steps of a chunk, in machine code.

It fits the same table as the lmfit engine, from the same starts, to the same minimum. Kernels
are imported here, inside functions: numba stays out of the start of the program.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

import numpy as np

from fitting.arrays import BoolArray, FloatArray, IntArray
from fitting.engines.compile_apart import available, make_ready
from fitting.model import ModelTable
from fitting.monitor import Monitor, stop_if_cancelled
from fitting.robust import HUBER
from fitting.spectrum import Spectrum
from fitting.uncertainty import weak_below

if TYPE_CHECKING:
    from fitting.engines.flat import FlatBlock
    from fitting.engines.kernels_curve import Work
    from fitting.engines.kernels_fit import Solver
    from fitting.engines.kernels_noise import Data
    from fitting.engines.kernels_out import Out

Mode = Literal["each", "chain", "given", "shift", "polish", "stay"]

TOLERANCE = 3e-6
"""Relative fall of chi-square of the last step; what is left after it is a thousandth of that
where the minimum is well determined."""

_AT_ONCE = 64
"""Steps between two looks at whether the user wants to stop."""

_VECTOR = 8


@dataclass(frozen=True, eq=False)
class BlockFits:
    """What the kernels made of K steps of a block with M moving parameters and R regions.

    Parameters
    ----------
    moving, upper_limit : (K, M); at_bound : (K, M)
    deviance_drop, lower95, upper95 : (K, M), see ``StepResult``
    covariance : (K, M, M), nan where not known
    misfit, deviance : (K, R) weighted square per point; deviance per point, which decides between
        minima of one step with the same window; points : (K, R)
    noise : (K, R, 3) code of the source of the weights, gain, constant variance
    status : (K,) FITTED, STOPPED, WITHOUT_VALUE, UNUSABLE or TOO_FEW of ``kernels_out``
    careful : (K,) the errors could not be had by plain inversion
    cold : (K,) areas had to be found first
    cut : (K, R, 2) first and last point of the window
    steps, evaluations : (K,)
    """

    moving: FloatArray
    upper_limit: FloatArray
    deviance_drop: FloatArray
    lower95: FloatArray
    upper95: FloatArray
    at_bound: BoolArray
    covariance: FloatArray
    misfit: FloatArray
    deviance: FloatArray
    points: IntArray
    noise: FloatArray
    status: IntArray
    careful: BoolArray
    cold: BoolArray
    cut: IntArray
    steps: IntArray
    evaluations: IntArray


@dataclass(frozen=True)
class Wanted:
    """How far a fit goes.

    Parameters
    ----------
    errors : covariance and limits too; a fit that only looks for minima needs none
    tolerance : relative fall of chi-square of the last step
    """

    errors: bool = True
    tolerance: float = TOLERANCE


EVERYTHING = Wanted()


@dataclass(frozen=True, eq=False)
class Cut:
    """Windows of one step that are cut already.

    Parameters
    ----------
    ends : (R, 2) first point, and the one after the last
    held : R backgrounds on those points
    """

    ends: IntArray
    held: tuple[FloatArray, ...]


def lay_out_block(table: ModelTable, present: Sequence[int], moving: IntArray) -> "FlatBlock | str":
    """The block as arrays for the kernels, or one sentence: why lmfit has to fit it."""
    if not available():
        return "numba is not installed"
    from fitting.engines.flat import lay_out

    return lay_out(table, present, moving)


def fit_block(
    block: "FlatBlock",
    spectra: Sequence[Mapping[str, Spectrum]],
    rest: FloatArray,
    start: FloatArray,
    mode: Mode,
    monitor: Monitor,
    cut: Cut | None = None,
    wanted: Wanted = EVERYTHING,
) -> BlockFits:
    """Fit K steps of a block.

    Parameters
    ----------
    spectra : K times region name -> spectrum; all regions of the block are there
    rest : (K, F) free parameters that are known already, nan where not
    start : (K, F) where the steps start if the mode is ``given``; nan where unknown
    mode : ``each`` step from its own cold start; in a ``chain`` from the one before it, the first
        from ``start``; all as ``given`` in ``start``, where areas (all, by linear least squares)
        and the shift (on a grid) are looked for if they are nan; only find the energy ``shift``;
        ``polish`` the minimum in which ``start`` lies, where absent lines stay absent; or ``stay``
        at ``start`` and look at the minimum there
    cut : windows and the backgrounds held in them, where they are known before
    wanted : errors or not, and how close to the minimum

    Raises
    ------
    FitCancelled
    """
    make_ready("kernels_steps")
    from fitting.engines import kernels_steps as kernels

    data = pack(block, spectra, rest, start)
    if cut is not None:
        data.cut[:] = cut.ends
        for r, held in enumerate(cut.held):
            data.held[r, :, cut.ends[r, 0] : cut.ends[r, 1]] = held
    work, solver = buffers(block, data.x.shape[2])
    out = results(block, len(spectra))
    code = {
        "each": kernels.EACH,
        "chain": kernels.CHAIN,
        "given": kernels.GIVEN_START,
        "shift": kernels.SHIFT_ONLY,
        "polish": kernels.POLISH,
        "stay": kernels.STAY,
    }[mode]
    plan_start = block.table.start[block.moving]
    weak = weak_below(block.table.plan.fit.errors)
    task = kernels.Task(code, wanted.tolerance, wanted.errors, weak, plan_start)
    for first in range(0, len(spectra), _AT_ONCE):
        stop_if_cancelled(monitor)
        last = min(first + _AT_ONCE, len(spectra))
        kernels.fit_steps(block.model, data, work, solver, out, first, last, task)
    return fits_of(out)


def pack(
    block: "FlatBlock",
    spectra: Sequence[Mapping[str, Spectrum]],
    rest: FloatArray,
    start: FloatArray,
) -> "Data":
    """Spectra of K steps for the kernels; windows are to be cut there, nothing is held."""
    from fitting.engines import kernels_noise as noise

    table = block.table
    names = [table.regions[r].name for r in block.present]
    longest = max(len(step[name]) for step in spectra for name in names)
    shape = (len(names), len(spectra), max(longest, 1))
    once = (shape[0], 1, shape[2])
    given = table.plan.fit.weights == "given"
    own = [[step[name] for step in spectra] for name in names]
    one_axis = all(s.x is column[0].x for column in own for s in column)
    x, y = np.zeros(once if one_axis else shape), np.zeros(shape)
    sigma = np.full(shape if given else once, np.nan)
    points, scale = np.zeros(shape[:2], dtype=np.int64), np.full(shape[:2], np.nan)
    for r, column in enumerate(own):
        points[r] = [len(s) for s in column]
        scale[r] = [s.counts_per_unit or np.nan for s in column]
        _lay(x[r], [s.x for s in (column[:1] if one_axis else column)])
        _lay(y[r], [s.intensity for s in column])
        if given:
            _lay(
                sigma[r], [np.full(len(s), np.nan) if s.sigma is None else s.sigma for s in column]
            )
    weights = {
        "uniform": noise.PLAN_UNIFORM,
        "given": noise.PLAN_GIVEN,
        "poisson": noise.PLAN_POISSON,
        "estimated": noise.PLAN_ESTIMATED,
    }[table.plan.fit.weights]
    return noise.Data(
        x=x,
        y=y,
        sigma=sigma,
        held=np.zeros(once),
        points=points,
        scale=scale,
        cut=np.full((len(spectra), len(names), 2), -1, dtype=np.int64),
        base=base_of(block, rest),
        start=np.ascontiguousarray(start[:, block.moving]),
        weights=weights,
        robust=table.plan.fit.loss == HUBER,
    )


def _lay(target: FloatArray, rows: list[FloatArray]) -> None:
    """Rows into (K, N); those that are shorter leave the end alone."""
    if len({len(row) for row in rows}) == 1:
        np.stack(rows, out=target[:, : len(rows[0])])
        return
    for k, row in enumerate(rows):
        target[k, : len(row)] = row


def base_of(block: "FlatBlock", rest: FloatArray) -> FloatArray:
    """(K, V) numbers of the block where nothing of it moves; what nobody knows has no influence."""
    known = np.where(np.isnan(rest), 1.0, rest)
    known[:, block.moving] = 0.0
    base: FloatArray = known @ block.table.matrix[block.numbers].T
    return np.ascontiguousarray(base + block.table.offset[block.numbers])


def buffers(block: "FlatBlock", longest: int) -> "tuple[Work, Solver]":
    """Buffers of one thread, for spectra of that many points."""
    from fitting.engines.kernels_curve import Work
    from fitting.engines.kernels_fit import Solver

    regions, size = len(block.present), len(block.moving)
    n = (longest + _VECTOR - 1) // _VECTOR * _VECTOR
    flat = (regions, n)
    losses = (regions, 3, n, n) if block.losses else (regions, 3, 1, 1)
    # a row does not start where the row before it does in the cache: 8 spare points
    work = Work(
        x=np.zeros(flat),
        y=np.zeros(flat),
        weight=np.zeros(flat),
        held=np.zeros(flat),
        model=np.zeros(flat),
        points=np.zeros((regions, 4), dtype=np.int64),
        rows=np.zeros((regions, block.rows, n + _VECTOR)),
        columns=np.zeros((regions, block.columns, n)),
        values=np.zeros(len(block.numbers)),
        local=np.zeros((block.rows + 4, block.rows + 4)),
        matrices=np.zeros(losses),
        slots=np.zeros(9, dtype=np.int64),
        gains=np.zeros(9),
        p=np.zeros(10),
    )
    solver = Solver(
        h=np.zeros((size, size)),
        g=np.zeros(size),
        step=np.zeros(size),
        low=np.zeros(size),
        high=np.zeros(size),
        trial=np.zeros(size),
        best=np.zeros(size),
        state=np.zeros(size, dtype=np.int64),
        places=np.zeros(size, dtype=np.int64),
        held=np.zeros(size, dtype=np.int64),
        unit=np.zeros(size),
        factor=np.zeros((size + 2, size)),
        spare=np.zeros((max(size, 1), size)),
        noise=np.zeros((regions, 6)),
        trust=np.ones((regions, n)),
        misfit=np.zeros(regions),
        kept=np.zeros(1, dtype=np.int64),
    )
    return work, solver


def results(block: "FlatBlock", steps: int) -> "Out":
    """Empty results of so many steps."""
    from fitting.engines.kernels_out import Out

    size, regions = len(block.moving), len(block.present)
    return Out(
        moving=np.full((steps, size), np.nan),
        upper_limit=np.full((steps, size), np.nan),
        deviance_drop=np.full((steps, size), np.nan),
        lower95=np.full((steps, size), np.nan),
        upper95=np.full((steps, size), np.nan),
        at_bound=np.zeros((steps, size), dtype=np.int64),
        covariance=np.full((steps, size, size), np.nan),
        misfit=np.full((steps, regions), np.nan),
        deviance=np.full((steps, regions), np.nan),
        points=np.zeros((steps, regions), dtype=np.int64),
        noise=np.zeros((steps, regions, 3)),
        status=np.zeros((steps, 3), dtype=np.int64),
        counts=np.zeros((steps, 2), dtype=np.int64),
        cut=np.zeros((steps, regions, 2), dtype=np.int64),
    )


def fits_of(out: "Out") -> BlockFits:
    """What the kernels wrote down, in the words of the others."""
    return BlockFits(
        moving=out.moving,
        upper_limit=out.upper_limit,
        deviance_drop=out.deviance_drop,
        lower95=out.lower95,
        upper95=out.upper95,
        at_bound=out.at_bound != 0,
        covariance=out.covariance,
        misfit=out.misfit,
        deviance=out.deviance,
        points=out.points,
        noise=out.noise,
        status=out.status[:, 0],
        careful=out.status[:, 1] != 0,
        cold=out.status[:, 2] != 0,
        cut=out.cut,
        steps=out.counts[:, 0],
        evaluations=out.counts[:, 1],
    )


STOPPED = 1
"""Status up to which a step has an answer; see ``kernels_out``."""

NOT_CONVERGED = "no lower chi-square was found along the way, but the end is no clear minimum"


def is_absolute(code: float) -> bool:
    """Whether weights of this source are real errors."""
    from fitting.engines.kernels_noise import FROM_NOTHING, FROM_UNIFORM

    return int(code) not in (FROM_UNIFORM, FROM_NOTHING)


def source(noise: FloatArray) -> str:
    """What a result says about its weights: ``sigma_source``, from code, gain and variance."""
    gain, read = noise[1], np.sqrt(noise[2])
    return (
        "uniform",
        "given",
        "poisson",
        f"estimated gain {gain:.4g}",
        f"estimated gain {gain:.4g}, read noise {read:.4g}",
        "uniform, noise could not be estimated",
    )[int(noise[0])]


def joined(fits: Sequence[BlockFits]) -> BlockFits:
    """Steps one after the other."""
    parts = [[getattr(fit, field.name) for fit in fits] for field in fields(BlockFits)]
    return BlockFits(*(np.concatenate(own) for own in parts))


def unusable(block: "FlatBlock") -> BlockFits:
    """One step without an answer."""
    from fitting.engines.kernels_out import UNUSABLE

    out = results(block, 1)
    out.status[:, 0] = UNUSABLE
    return fits_of(out)
