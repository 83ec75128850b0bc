"""What a series says of itself: how many components it holds, whatever the plan says.

Spectra of a region are moved back by the fitted shift, so that charging is no component, and
weighted by their noise, row by row and column by column, so that the rank stays (Landa, Zhang and
Kluger 2022, doi:10.1137/21M1456807). Singular values beyond those of noise are components (Tracy
and Widom's law: Johnstone 2001, doi:10.1214/aos/1009210544). The curves of the model are counted
by the same measure, with noise as it would add to them (Benaych-Georges and Nadakuditi 2012,
doi:10.1016/j.jmva.2012.04.019): a width that drifts counts in both. So are the residuals: what
many spectra leave over in one place is a component that the model does not hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

from fitting.arrays import FloatArray
from fitting.resampling import binned, resampled
from fitting.resolve import resolved

MOST_POINTS = 256
"""Wider windows are binned to at most so many points."""

MOST_ROWS = 512
"""Spectra that are looked at, from all over the series."""

_RESOLVED_ROWS = 64
_SCALINGS = 20
_SHOWN = 8

DRIFT = 0.03
"""Share of the window left out at both ends, for spectra that charging has moved."""

_FEWEST_POINTS, _ABSURD = 8, 1e100

_TRACY_WIDOM = 3.27
"""Exceeded by noise in 0.1 % of regions; real orthogonal class."""


@dataclass(frozen=True, eq=False)
class Rows:
    """K spectra of one region that were fitted, N points each, ascending; nan outside the window.

    Parameters
    ----------
    x : (K, N) as measured
    shift : (K,) measured minus referenced energy
    intensity, sigma, background : (K, N) measured, its error, everything under the peaks
    residual : (K, N) in standard errors
    phases : phase -> (K, N) its lines together
    """

    x: FloatArray
    shift: FloatArray
    intensity: FloatArray
    sigma: FloatArray
    background: FloatArray
    residual: FloatArray
    phases: Mapping[str, FloatArray]


@dataclass(frozen=True)
class PhaseWitness:
    """How well a phase stands in what the data hold, 0 to 1.

    Parameters
    ----------
    in_data : cosine between its spectrum and the space of the components of the data (target
        test, Malinowski 1978, doi:10.1016/S0003-2670(01)83099-3)
    in_resolved : cosine with the most similar of the spectra that the data were resolved into
    """

    phase: str
    in_data: float
    in_resolved: float


@dataclass(frozen=True, eq=False)
class Witness:
    """What the K spectra of a region hold.

    Parameters
    ----------
    spectra : K, of a long series those that were looked at
    of_data, of_model, of_residual : components above the noise
    phases : of those that were seen
    place : where the largest component of the residual is highest, on the referenced axis; nan if
        there is none
    share : how high it is there, root mean square over the series, over the highest of the peaks
    sizes_of_data, sizes_of_model : (at most 8,) components over the largest that noise has
    axis : (G,) referenced
    spectra_of_data : (of_data, G) non-negative spectra that the data were resolved into
    spectra_of_model : phase -> (G,) its mean curve
    """

    spectra: int
    of_data: int
    of_model: int
    of_residual: int
    phases: tuple[PhaseWitness, ...]
    place: float
    share: float
    sizes_of_data: FloatArray
    sizes_of_model: FloatArray
    axis: FloatArray
    spectra_of_data: FloatArray
    spectra_of_model: Mapping[str, FloatArray]


class Witnessing:
    """Gathers the spectra of one region as they come; the first one says on which points."""

    def __init__(self) -> None:
        self._grid = np.zeros(0)
        self._names: tuple[str, ...] = ()
        self._seen = 0
        self._stride = 1
        self._kept: list[tuple[int, FloatArray]] = []

    def add(self, rows: Rows) -> None:
        """Add spectra; those without noise or with holes are left out."""
        if not self._seen:
            self._names, self._grid = tuple(rows.phases), _points(rows)
        if len(self._grid) < _FEWEST_POINTS:
            return
        curves = [rows.intensity, rows.sigma**2, rows.residual, rows.background]
        curves += [rows.phases[name] for name in self._names]
        with np.errstate(all="ignore"):  # absurd intensities overflow; nothing is said of them
            at = self._grid + rows.shift[:, np.newaxis]
            for row in resampled(rows.x, np.stack(curves, axis=1), at):
                if np.abs(row).max() < _ABSURD and (row[1] > 0.0).all():
                    self._keep(row)

    def _keep(self, row: FloatArray) -> None:
        """Every so manyth row, fewer the longer the series is."""
        if self._seen % self._stride == 0:
            self._kept.append((self._seen, row))
        self._seen += 1
        if len(self._kept) > MOST_ROWS:
            self._stride *= 2
            self._kept = [pair for pair in self._kept if pair[0] % self._stride == 0]

    def found(self) -> Witness | None:
        """What there is to say; None of fewer than two spectra."""
        if len(self._kept) < 2:
            return None
        size = min(len(self._grid), MOST_POINTS)
        rows = binned(np.array([row for _, row in self._kept]), size)
        share = size / len(self._grid)
        rows[:, 1] *= share
        rows[:, 2] /= np.sqrt(share)
        axis = binned(self._grid[np.newaxis, np.newaxis], size)[0, 0]
        return _witness(axis, rows, self._names)


def _points(rows: Rows) -> FloatArray:
    """Points of the first spectrum, but for those at its ends: others may not reach as far."""
    own = (rows.x[0] - rows.shift[0])[np.isfinite(rows.background[0])]
    if len(own) < _FEWEST_POINTS:
        return np.zeros(0)
    margin = 2.001 * float(np.max(np.diff(own))) + DRIFT * float(np.ptp(own))
    return np.asarray(own[(own >= own[0] + margin) & (own <= own[-1] - margin)])


def _witness(axis: FloatArray, rows: FloatArray, names: Sequence[str]) -> Witness:
    """Of (K, 4 + P, G) intensity, variance, residual, background and phases."""
    intensity, variance, residual, background = rows[:, :4].swapaxes(0, 1)
    phases = rows[:, 4:]
    row, column = _scales(variance)
    weight = row[:, np.newaxis] * column
    _, values, vectors = _decomposed(intensity / weight)
    many = _above_noise(values, *weight.shape)
    model = _decomposed((background + phases.sum(axis=1)) / weight)[1]
    model = _with_noise(model, *weight.shape)
    known = _above_noise(model, *weight.shape)
    thin = slice(None, None, -(-len(rows) // _RESOLVED_ROWS))
    spectra = resolved(((intensity - background) / weight)[thin], many)
    curves = dict(zip(names, phases.mean(axis=0), strict=True))
    compared = tuple(
        _compared(name, curve / column, vectors[:many], spectra)
        for name, curve in curves.items()
        if curve.any()
    )
    left, place, share = _left_over(residual, variance, phases.sum(axis=1))
    where = float(axis[place]) if left else nan
    counts = (len(rows), many, known, left)
    noise = _highest_noise(*weight.shape)
    sizes = values[:_SHOWN] / noise, model[:_SHOWN] / noise
    return Witness(*counts, compared, where, share, *sizes, axis, spectra * column, curves)


def _scales(variance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(K,) and (G,) by which rows and columns are divided, so that all have unit variance."""
    row, column = np.ones(len(variance)), np.ones(variance.shape[1])
    for _ in range(_SCALINGS):
        row = (variance / column).mean(axis=1)
        column = (variance / row[:, np.newaxis]).mean(axis=0)
    return np.sqrt(row), np.sqrt(column)


def _left_over(
    residual: FloatArray, variance: FloatArray, peaks: FloatArray
) -> tuple[int, int, float]:
    """Components of the residuals; where and how high the largest is, over the highest peak.

    No spectrum counts as more than noise, or a single bad one would be a component.
    """
    sizes = np.sqrt((residual**2).mean(axis=1, keepdims=True))
    _, values, vectors = _decomposed(residual / np.maximum(sizes, 1.0))
    left = _above_noise(values, *residual.shape)
    if not left:
        return 0, 0, nan
    height = np.sqrt(np.mean((residual @ vectors[0]) ** 2))
    curve = np.abs(vectors[0]) * height * np.sqrt(variance.mean(axis=0))
    place, top = int(np.argmax(curve)), float(peaks.mean(axis=0).max())
    return left, place, float(curve[place]) / top if top > 0.0 else nan


def _decomposed(rows: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Left vectors, squares of the singular values, the largest first, and right vectors."""
    left, sizes, right = np.linalg.svd(rows, full_matrices=False)
    return left, sizes**2, right


def _above_noise(values: FloatArray, rows: int, points: int) -> int:
    """How many eigenvalues noise of unit variance does not reach, after those before them."""
    for found, value in enumerate(values[: min(rows, points)].tolist()):
        if value < _highest_noise(max(rows - found, 1), max(points - found, 1)):
            return found
    return int(min(rows, points))


def _highest_noise(rows: int, points: int) -> float:
    """Largest eigenvalue of noise of unit variance, but for one in a thousand."""
    roots = np.sqrt(rows - 1) + np.sqrt(points)
    spread = roots * (1.0 / np.sqrt(max(rows - 1, 1)) + 1.0 / np.sqrt(points)) ** (1.0 / 3.0)
    return float(roots**2 + _TRACY_WIDOM * spread)


def _with_noise(values: FloatArray, rows: int, points: int) -> FloatArray:
    """Where eigenvalues of exact curves come to lie if noise is added; 0 if they drown in it."""
    seen = values > np.sqrt(rows * points)
    safe = np.where(seen, values, 1.0)
    return np.where(seen, (safe + rows) * (safe + points) / safe, 0.0)


def _compared(
    name: str, curve: FloatArray, vectors: FloatArray, spectra: FloatArray
) -> PhaseWitness:
    length = float(np.linalg.norm(curve))
    inside = float(np.linalg.norm(vectors @ curve)) / length
    sizes = np.linalg.norm(spectra, axis=1)
    cosines = spectra @ curve / np.where(sizes > 0.0, sizes * length, np.inf)
    return PhaseWitness(name, inside, float(cosines.max(initial=0.0)))
