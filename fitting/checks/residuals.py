"""Structure that is left in the residual: too few changes of sign, and single points far off."""

from collections.abc import Iterator

import numpy as np

from fitting.arrays import BoolArray, FloatArray
from fitting.checks.check import Check
from fitting.checks.solution import CHANCE
from fitting.checks.view import RegionView

LEAST_COUNTS = 5.0
"""Below, the sign of a Poisson residual is not a fair coin any more."""

FEWEST_POINTS = 20
"""The number of runs of fewer points is not near enough to normal (Wald and Wolfowitz 1940)."""

FAR = 3.0
"""Standard errors; this many neighbours on one side are a cluster:"""

NEIGHBOURS = 3

SHOWN = 3
"""Clusters that are named; of more, the number is said."""

FAR_FROM_SCATTER = 5.0
"""The same where weights are only relative, for a single point, in local scatter: the scatter of
31 points of which one is far off gives at most 5.6."""


def runs(view: RegionView) -> Iterator[Check]:
    """Wald-Wolfowitz test: too few runs of one sign for residuals without structure.

    Wald and Wolfowitz 1940, doi:10.1214/aoms/1177731909; one-sided at 0.1 %, normal with
    continuity correction. Beside it the Abbe value, half of the mean squared difference of
    neighbours over the mean square: 1 for independent residuals (von Neumann 1941,
    doi:10.1214/aoms/1177731677).
    """
    from scipy.special import ndtr

    kept = view.drawn.inside & (view.counts >= LEAST_COUNTS) & np.isfinite(view.residual)
    points, found = kept.sum(axis=1), number_of_runs(view.residual, kept)
    positive = (kept & (view.residual > 0.0)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = 2.0 * positive * (points - positive) / points + 1.0
        spread = np.sqrt((expected - 1.0) * (expected - 2.0) / (points - 1.0))
        chance = ndtr((found + 0.5 - expected) / spread)
    for k in np.flatnonzero((points >= FEWEST_POINTS) & (chance < CHANCE)).tolist():
        own = np.where(kept[k], view.residual[k], np.nan)
        words = (
            f"{found[k]} runs of one sign where {expected[k]:.0f} are expected "
            f"(p = {chance[k]:.1g}; Abbe value {_abbe(own):.2f}): the residual has structure, "
            f"most at {_place(view, k)}"
        )
        yield view.say(k, "residual_runs", "warn", words)


def number_of_runs(residual: FloatArray, kept: BoolArray) -> np.ndarray:
    """(K,) how many stretches of one sign the kept points (K, N) of a residual fall into."""
    place = np.where(kept, np.arange(residual.shape[1]), -1)
    place = np.maximum.accumulate(place, axis=1)
    last = np.take_along_axis(residual > 0.0, np.maximum(place, 0), axis=1)
    both = kept[:, 1:] & (place[:, :-1] >= 0)
    changes = (both & (last[:, 1:] != last[:, :-1])).sum(axis=1)
    return np.asarray(changes + kept.any(axis=1))


def _abbe(residual: FloatArray) -> float:
    own = residual[np.isfinite(residual)]
    own = own - own.mean()
    return float(0.5 * np.mean(np.diff(own) ** 2) / max(np.mean(own**2), 1e-300))


def _place(view: RegionView, k: int) -> str:
    """Where the mean of five neighbouring residuals is largest."""
    own = np.nan_to_num(view.residual[k])
    at = int(np.argmax(np.abs(np.convolve(own, np.full(5, 0.2), mode="same"))))
    return view.number(float(view.drawn.x[k, at]), "axis")


def spikes(view: RegionView) -> Iterator[Check]:
    """Points farther off than 0.1 % of all spectra have one, or three neighbours beyond 3 sigma.

    The first is Bonferroni's bound for the number of points (4.6 sigma for 281). Both are wider
    by the relative error of an estimated variance.
    """
    from scipy.special import ndtri

    residual = np.nan_to_num(view.residual)
    points = np.maximum(view.drawn.inside.sum(axis=1), 1)
    wider = 1.0 + view.variance_error
    limit = -wider * np.asarray(ndtri(0.5 * CHANCE / points))
    limit = np.where(view.absolute, limit, FAR_FROM_SCATTER)[:, np.newaxis]
    far = np.abs(residual) > limit
    beyond = (np.abs(residual) > FAR * wider[:, np.newaxis]) & view.absolute[:, np.newaxis]
    for sign in (-1.0, 1.0):
        far |= _in_clusters(beyond & (np.sign(residual) == sign))
    for k in np.flatnonzero(far.any(axis=1)).tolist():
        unit = "sigma" if view.absolute[k] else "times the local scatter"
        words = "; ".join(_clusters(view, k, far[k], unit))
        yield view.say(k, "residual_spikes", "warn", f"{words}: spike, or a line is missing")


def _in_clusters(beyond: BoolArray) -> BoolArray:
    """(K, N) points with at least two neighbours that are beyond as well, in a row."""
    found = np.zeros_like(beyond)
    width = beyond.shape[1] - NEIGHBOURS + 1
    if width < 1:
        return found
    whole = np.ones((len(beyond), width), dtype=bool)
    for i in range(NEIGHBOURS):
        whole &= beyond[:, i : i + width]
    for i in range(NEIGHBOURS):
        found[:, i : i + width] |= whole
    return found


def _clusters(view: RegionView, k: int, far: BoolArray, unit: str) -> Iterator[str]:
    """The worst clusters, and how many more there are."""
    places = np.flatnonzero(far)
    size = np.abs(view.residual[k])
    clusters = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    clusters.sort(key=lambda cluster: -float(size[cluster].max()))
    for cluster in clusters[:SHOWN]:
        top = cluster[np.argmax(size[cluster])]
        many = f" ({len(cluster)} points)" if len(cluster) > 1 else ""
        where = view.number(float(view.drawn.x[k, top]), "axis")
        yield f"{view.residual[k, top]:+.1f} {unit} at {where}{many}"
    if len(clusters) > SHOWN:
        yield f"{len(clusters) - SHOWN} more"
