"""Shared parameters of a series: the arrow of normal equations, and the way to its minimum.

Every step k has own parameters l and shared ones theta_k = B_k c. For given c the own ones are
eliminated (Schur complement), so that a step leaves a (G, G) matrix and a pull on theta; their
sums over the steps are the normal equations of c. Cost is linear in steps. A move of c takes all
own parameters with it to where their quadratic forms have their minimum inside the bounds.
Björck 1996, doi:10.1137/1.9781611971484, chapter 6.3.

Weights follow the model at every evaluation (quasi-likelihood: at the end this is the maximum of
the Poisson likelihood). So there is no sum of squares to compare, but its slope is exact: a move
is good if the mean of the slopes at its two ends, along it, goes down.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from scipy.optimize import lsq_linear

from fitting.arrays import BoolArray, FloatArray, IntArray

SETTLED = 1e-3
"""Fall of chi-square, in units of what counts as one, that the move after the last one may still
promise: shared parameters then stand within a thirtieth of their errors. What a move leaves is
judged by how much less it promises than the one before it."""

STANDS = 0.05
"""The same where every move is refused, as own parameters of some step then jump: shared ones stand
within a fifth of their errors."""

OWN_SETTLED = 1e-2
"""The same for the own parameters of the worst step."""

FIRST_DAMPING = 1e-6
MOST_DAMPING = 1e6
SHORT = 1e-2
"""Damping above which a move is too short for its promise to say that the end is near."""

BEND = 1e-9
"""Weight of second differences of the c: decides where a gap of the series leaves them open."""

FAR = 3.0
"""A step whose misfit is above so many times the median has no say in what is shared."""

MOST_ROUNDS = 20


@dataclass(frozen=True, eq=False)
class Reduced:
    """Normal equations of one step with the own parameters eliminated; M parameters, G shared.

    Parameters
    ----------
    ahead : (M,) best step of the own ones while theta stays
    slopes : (M, G) how the own ones follow theta; 0 for those held at bounds
    held : (M,) -1 at the lower bound, 1 at the upper, else 0, after that step
    matrix, pull : (G, G), (G,) second and first derivatives of half the chi-square
    fall : of chi-square by that step
    """

    ahead: FloatArray
    slopes: FloatArray
    held: IntArray
    matrix: FloatArray
    pull: FloatArray
    fall: float


def reduce_step(
    h: FloatArray, g: FloatArray, low: FloatArray, high: FloatArray, shared: IntArray
) -> Reduced:
    """Eliminate the own parameters of a step.

    Parameters
    ----------
    h, g : (M, M), (M,) products of the derivatives with each other and with the residual
    low, high : (M,) how far each may go from here
    shared : (G,) positions of the shared ones
    """
    size = len(g)
    own = np.setdiff1d(np.arange(size), shared)
    own = own[np.diag(h)[own] > 0.0]
    ahead, held = np.zeros(size), np.zeros(size, dtype=np.int64)
    step, at = bounded_minimum(h[np.ix_(own, own)], g[own], low[own], high[own])
    ahead[own], held[own] = step, at
    free = own[at == 0]
    slopes = np.zeros((size, len(shared)))
    if len(free):
        scale = 1.0 / np.sqrt(np.diag(h)[free])[:, np.newaxis]
        inner, across = h[np.ix_(free, free)] * scale * scale.T, h[np.ix_(free, shared)] * scale
        slopes[free] = -scale * np.linalg.lstsq(inner, across, rcond=None)[0]
    matrix = h[np.ix_(shared, shared)] + h[shared] @ slopes
    pull = g[shared] + h[shared] @ ahead
    fall = -float(2.0 * g @ ahead + ahead @ h @ ahead)
    return Reduced(ahead, slopes, held, 0.5 * (matrix + matrix.T), pull, fall)


def bounded_minimum(
    h: FloatArray, g: FloatArray, low: FloatArray, high: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Minimum of ``x . h . x / 2 + g . x`` inside bounds, and which of them hold (-1, 0, 1)."""
    if not len(g):
        return np.zeros(0), np.zeros(0, dtype=np.int64)
    scale = 1.0 / np.sqrt(np.diag(h))
    eigenvalues, vectors = np.linalg.eigh(h * np.outer(scale, scale))
    root = np.sqrt(np.maximum(eigenvalues, 1e-13 * eigenvalues[-1]))
    design = root[:, np.newaxis] * vectors.T
    target = -(vectors.T @ (scale * g)) / root
    bounds = (low / scale, high / scale)
    found = lsq_linear(design, target, bounds=bounds, method="bvls", tol=1e-14, max_iter=1000)
    held = np.asarray(found.active_mask, dtype=np.int64)
    step = np.where(held < 0, low, np.where(held > 0, high, scale * found.x))
    return np.clip(step, low, high), held


@dataclass(frozen=True, eq=False)
class Sums:
    """What the steps of a chunk, or of all, say about the coefficients c; C = G x J.

    Parameters
    ----------
    matrix, pull : (C, C), (C,)
    scores : (C, C) sum over steps of their pulls times themselves
    turn : twice the rise of half the chi-square along the last move
    square : chi-square; points : how many; steps : that take part
    unsettled : worst fall of chi-square that own parameters of a step still promise, in units
    absolute : whether the inverse of the matrix is the covariance of c
    """

    matrix: FloatArray
    pull: FloatArray
    scores: FloatArray
    turn: float
    square: float
    points: int
    steps: int
    unsettled: float
    absolute: bool

    @property
    def unit(self) -> float:
        """Chi-square that counts as one."""
        return self.square / max(self.points, 1)

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.matrix + other.matrix,
            self.pull + other.pull,
            self.scores + other.scores,
            self.turn + other.turn,
            self.square + other.square,
            self.points + other.points,
            self.steps + other.steps,
            max(self.unsettled, other.unsettled),
            self.absolute and other.absolute,
        )


def sum_steps(
    functions: FloatArray,
    matrix: FloatArray,
    pull: FloatArray,
    turn: FloatArray,
    square: FloatArray,
    points: IntArray,
    fall: FloatArray,
    *,
    absolute: bool,
) -> Sums:
    """Add up K steps that take part; (K, J) functions, the others with a leading K."""
    k, j = functions.shape
    g = pull.shape[1]
    pairs = (functions[:, :, np.newaxis] * functions[:, np.newaxis, :]).reshape(k, j * j)
    total = (pairs.T @ matrix.reshape(k, g * g)).reshape(j, j, g, g)
    own = (pull[:, :, np.newaxis] * functions[:, np.newaxis, :]).reshape(k, g * j)
    unit = square / np.maximum(points, 1)
    worst = float(np.max(fall / np.where(unit > 0.0, unit, 1.0))) if k else 0.0
    return Sums(
        total.transpose(2, 0, 3, 1).reshape(g * j, g * j),
        own.sum(axis=0),
        own.T @ own,
        float(turn.sum()),
        float(square.sum()),
        int(points.sum()),
        k,
        worst,
        absolute,
    )


class Verdict(StrEnum):
    """Where the search for the coefficients stands."""

    GOING = "going"
    SETTLED = "settled"
    STUCK = "stuck"


@dataclass(frozen=True, eq=False)
class Course:
    """The search for the coefficients, between two rounds.

    Parameters
    ----------
    standing, trial : (G, J) coefficients where all steps stand, and where they go next
    matrix, pull, scores : (C, C), (C,), (C, C) sums where they stand
    absolute : whether the inverse of the matrix is the covariance of c
    damping : share of the diagonal that is added to it
    fall : of chi-square that the move to the trial promises
    fresh : the trial is accepted whatever comes of it: nothing was compared yet
    taken : the last trial was better; else the steps go back to where they stood before it
    limit : misfit above which a step has no say
    verdict, rounds : how it stands after so many rounds
    center, precision : (G,) what is known beforehand, and 1 / its variance, 0: nothing. A parameter
        with such knowledge does not drift
    """

    standing: FloatArray
    trial: FloatArray
    matrix: FloatArray
    pull: FloatArray
    scores: FloatArray
    center: FloatArray
    precision: FloatArray
    absolute: bool = True
    damping: float = FIRST_DAMPING
    fall: float = float("inf")
    fresh: bool = True
    taken: bool = True
    limit: float = float("inf")
    verdict: Verdict = Verdict.GOING
    rounds: int = 0

    @property
    def ties(self) -> FloatArray:
        """(C, Z) coefficients from what may move: one number for all of what does not drift."""
        g, j = self.standing.shape
        columns = []
        for i in range(g):
            own = np.ones((j, 1)) if self.precision[i] > 0.0 else np.eye(j)
            columns.append(np.kron(np.eye(g)[:, [i]], own))
        return np.concatenate(columns, axis=1)


def first_course(
    coefficients: FloatArray,
    limit: float,
    center: FloatArray | None = None,
    precision: FloatArray | None = None,
) -> Course:
    """Begin with (G, J) coefficients; the others as of ``Course``, None: nothing is known."""
    size, nobody = coefficients.size, np.zeros(len(coefficients))
    nothing = np.zeros((size, size))
    return Course(
        coefficients,
        coefficients,
        nothing,
        np.zeros(size),
        nothing,
        nobody if center is None else center,
        nobody if precision is None else precision,
        limit=limit,
    )


def with_prior(course: Course, sums: Sums) -> Sums:
    """Sums at the trial with what is known beforehand, as if it had been measured too."""
    if not course.precision.any():
        return sums
    unit = 1.0 if sums.absolute else sums.unit
    weight = np.zeros_like(course.trial)
    weight[:, 0] = unit * course.precision
    off, off_before = (c - course.center[:, None] for c in (course.trial, course.standing))
    gone = course.trial - course.standing
    return replace(
        sums,
        matrix=sums.matrix + np.diag(weight.ravel()),
        pull=sums.pull + (weight * off).ravel(),
        scores=sums.scores + unit * np.diag(weight.ravel()),
        turn=sums.turn + float(np.sum(weight * gone * (off + off_before))),
    )


def next_course(course: Course, sums: Sums, lower: FloatArray, upper: FloatArray) -> Course:
    """Look at what the trial brought, and go on.

    Parameters
    ----------
    sums : over all steps that take part, at the trial
    lower, upper : (G,) bounds of the shared parameters
    """
    rounds, damping = course.rounds + 1, course.damping
    sums = with_prior(course, sums)
    taken = course.fresh or (np.isfinite(sums.turn) and sums.turn <= 1e-9 * sums.unit)
    if taken:
        here, matrix, pull = course.trial, sums.matrix, sums.pull
        course = replace(course, scores=sums.scores, absolute=sums.absolute)
        damping = damping if course.fresh else max(0.1 * damping, 1e-12)
    else:
        here, matrix, pull = course.standing, course.matrix, course.pull
        damping = max(10.0 * damping, 1e-3)
    move, fall = move_from(here, matrix, pull, damping, (lower, upper), course.ties)
    verdict = Verdict.GOING
    known = 0.0 < course.fall < np.inf
    left = fall * min(1.0, fall / course.fall) if known else fall
    near = left <= SETTLED * sums.unit and sums.unsettled <= OWN_SETTLED
    if taken and near and damping <= SHORT:
        verdict = Verdict.SETTLED
    elif damping > MOST_DAMPING or rounds >= MOST_ROUNDS:
        verdict = Verdict.STUCK
        whole = move_from(here, matrix, pull, FIRST_DAMPING, (lower, upper), course.ties)[1]
        if whole <= STANDS * sums.unit:
            verdict = Verdict.SETTLED
    stays = verdict is Verdict.STUCK or (verdict is Verdict.SETTLED and not taken)
    trial = here if stays else here + move
    trial = np.clip(trial, lower[:, np.newaxis], upper[:, np.newaxis])
    return replace(
        course,
        standing=here,
        trial=trial,
        matrix=matrix,
        pull=pull,
        damping=damping,
        fall=max(fall, 0.0),
        fresh=False,
        taken=taken,
        verdict=verdict,
        rounds=rounds,
    )


def without_far(course: Course, limit: float) -> Course:
    """Go on from the end without the steps whose misfit is above a limit."""
    return replace(
        course,
        verdict=Verdict.GOING,
        fresh=True,
        fall=float("inf"),
        limit=limit,
        standing=course.trial,
    )


def move_from(
    here: FloatArray,
    matrix: FloatArray,
    pull: FloatArray,
    damping: float,
    bounds: tuple[FloatArray, FloatArray],
    ties: FloatArray,
) -> tuple[FloatArray, float]:
    """(G, J) best move inside the bounds, and the fall of chi-square that it promises.

    Parameters
    ----------
    bounds : (G,) lower and upper
    ties : see ``Course``
    """
    g, j = here.shape
    stiff = matrix + bending(matrix, g, j)
    slope = pull + (stiff - matrix) @ here.ravel()
    tied = ties.T @ stiff @ ties
    live = np.flatnonzero(np.diag(tied) > 0.0)
    h = tied[np.ix_(live, live)].copy()
    h[np.diag_indices(len(live))] *= 1.0 + damping
    first = ties.argmax(axis=0)[live]
    low, high = ((np.repeat(end, j) - here.ravel())[first] for end in bounds)
    step, _ = bounded_minimum(h, (ties.T @ slope)[live], low, high)
    move = ties[:, live] @ step
    fall = -float(2.0 * slope @ move + move @ stiff @ move)
    return move.reshape(g, j), fall


def bending(matrix: FloatArray, g: int, j: int) -> FloatArray:
    """(C, C) second differences of the coefficients, too weak to matter where there are data."""
    if j < 3:
        return np.zeros_like(matrix)
    second = np.diff(np.eye(j), n=2, axis=0)
    weight = BEND * np.diag(matrix).reshape(g, j).mean(axis=1)
    return np.asarray(np.kron(np.diag(weight), second.T @ second), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Shared:
    """The shared parameters of a series as they were found.

    Parameters
    ----------
    coefficients : (G, J)
    covariance : (C, C) of the coefficients; 0 where one is held at a bound
    known : (G,) whether the data say anything about it
    settled : whether the search ended where it should
    limit : misfit above which a step had no say
    """

    coefficients: FloatArray
    covariance: FloatArray
    known: BoolArray
    settled: bool
    limit: float

    def values(self, functions: FloatArray) -> FloatArray:
        """(K, G) at the steps whose (K, J) functions are given."""
        return functions @ self.coefficients.T

    def spread(self, functions: FloatArray) -> FloatArray:
        """(K, G, G) their covariance there."""
        g, j = self.coefficients.shape
        four = self.covariance.reshape(g, j, g, j)
        spread = np.einsum("ki,gihj,kj->kgh", functions, four, functions, optimize=True)
        return np.asarray(spread)


def finish(course: Course, lower: FloatArray, upper: FloatArray) -> Shared:
    """Coefficients with their errors, at the end of a course.

    Where weights are no real errors, steps stand for clusters in the sandwich estimator
    (Liang and Zeger 1986, doi:10.1093/biomet/73.1.13).
    """
    g, j = course.trial.shape
    ties = course.ties
    inside = (course.trial > lower[:, np.newaxis]) & (course.trial < upper[:, np.newaxis])
    tied = ties.T @ (course.matrix + bending(course.matrix, g, j)) @ ties
    free = np.flatnonzero(inside.ravel()[ties.argmax(axis=0)] & (np.diag(tied) > 0.0))
    covariance = np.zeros((g * j, g * j))
    if len(free):
        own = tied[np.ix_(free, free)]
        scale = 1.0 / np.sqrt(np.diag(own))
        inverse = np.linalg.pinv(own * np.outer(scale, scale), rcond=1e-12, hermitian=True)
        inverse = inverse * np.outer(scale, scale)
        spread = ties[:, free]
        if not course.absolute:
            inverse = inverse @ (spread.T @ course.scores @ spread) @ inverse
        covariance = spread @ inverse @ spread.T
    known = np.asarray((np.diag(course.matrix) > 0.0).reshape(g, j).any(axis=1))
    return Shared(course.trial, covariance, known, course.verdict is Verdict.SETTLED, course.limit)
