"""Spectra on another axis: read off between their points, or put together in bins."""

import numpy as np

from fitting.arrays import FloatArray


def resampled(x: FloatArray, curves: FloatArray, at: FloatArray) -> FloatArray:
    """(K, M, G) curves between their points, by the cubic through the four points around.

    Parameters
    ----------
    x : (K, N) ascending, nan behind
    curves : (K, M, N)
    at : (K, G); nan comes back for places with fewer than two points on each side
    """
    count = np.isfinite(x).sum(axis=1)
    found = np.full((*curves.shape[:2], at.shape[1]), np.nan)
    if x.shape[1] < 4:
        return found
    pairs = zip(x, count, at, strict=True)
    place = np.array([np.searchsorted(row[:n], own) for row, n, own in pairs])
    inside = (place >= 2) & (place <= count[:, np.newaxis] - 2)
    first = np.clip(place - 2, 0, x.shape[1] - 4)
    four = first[..., np.newaxis] + np.arange(4)
    nodes = np.take_along_axis(x[:, np.newaxis], four.reshape(len(x), 1, -1), axis=2)
    nodes = nodes.reshape(four.shape)
    weights = _lagrange(nodes, at)
    own = np.take_along_axis(curves, four.reshape(len(x), 1, -1), axis=2)
    values = (own.reshape(*curves.shape[:2], *four.shape[1:]) * weights[:, np.newaxis]).sum(axis=3)
    return np.where(inside[:, np.newaxis], values, np.nan)


def _lagrange(nodes: FloatArray, at: FloatArray) -> FloatArray:
    """(K, G, 4) weights of four nodes (K, G, 4)."""
    weights = np.ones(nodes.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        for i in range(4):
            for j in range(4):
                if i != j:
                    step = nodes[..., i] - nodes[..., j]
                    weights[..., i] *= (at - nodes[..., j]) / step
    return weights


def binned(curves: FloatArray, size: int) -> FloatArray:
    """(K, M, size) means of neighbouring points; the bins are as even as they can be."""
    edges = np.linspace(0, curves.shape[2], size + 1).astype(int)[:-1]
    counts = np.diff([*edges, curves.shape[2]])
    return np.asarray(np.add.reduceat(curves, edges, axis=2) / counts) if size else curves
