"""Baselines of Raman spectra by the algorithms of pybaselines, under their names there.

What we add: options are checked, the axis is made even where an algorithm counts points instead
of reading the axis, repeated points are averaged, results scale with the intensity, and a
baseline that did not converge is an error, not a curve. Options in points (half windows) and
``lam`` (which grows with the fourth power of the number of points) belong to one axis: keep
the axis of a series. A half window of 0 is estimated from each spectrum, so it may jump from
one step to the next.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from fitting.arrays import FloatArray
from fitting.backgrounds.background import Option, OptionValue, StaticBackground
from fitting.errors import DataError

SOURCE = "pybaselines, doi:10.5281/zenodo.5608581; each algorithm's paper is named in its manual"
MINIMUM_POINTS = 10
_UNEVEN = 0.01  # largest deviation of a step from the mean step that still counts as even
_AUTOMATIC = frozenset({"half_window", "max_half_window", "smooth_half_window"})  # 0 is None


@dataclass(frozen=True)
class _Algorithm:
    name: str
    options: tuple[Option, ...]
    even: bool  # counts points: needs an even axis (the library's manual, "x-values")


def baseline(
    x: FloatArray, intensity: FloatArray, *, algorithm: str, even: bool, **options: OptionValue
) -> FloatArray:
    """Baseline (N,) of one spectrum on ascending x (N,).

    Parameters
    ----------
    x, intensity : (N,)
    algorithm : method of ``pybaselines.Baseline``
    even : whether it needs an even axis; an uneven one is interpolated to as many even points
    options : arguments of the method

    Raises
    ------
    DataError
        Too few points, no convergence, or whatever else the library complains about.
    """
    if len(x) < MINIMUM_POINTS:
        raise DataError(f"{len(x)} points are too few for {algorithm}; need {MINIMUM_POINTS}")
    scale = float(np.ptp(intensity))
    if scale == 0.0:
        return intensity.copy()
    axis, place = np.unique(x, return_inverse=True)
    means = np.bincount(place, intensity / scale) / np.bincount(place)
    if even and _is_uneven(axis):
        grid = np.linspace(axis[0], axis[-1], len(axis))
        curve = _run(grid, np.interp(grid, axis, means), algorithm, options)
        return scale * np.interp(x, grid, curve)
    return scale * _run(axis, means, algorithm, options)[place]


def _is_uneven(axis: FloatArray) -> bool:
    steps = np.diff(axis)
    mean = float(np.mean(steps))
    return bool(np.max(np.abs(steps - mean)) > _UNEVEN * mean)


def _run(
    x: FloatArray, intensity: FloatArray, algorithm: str, options: dict[str, OptionValue]
) -> FloatArray:
    from pybaselines import Baseline

    arguments = {k: None if k in _AUTOMATIC and v == 0 else v for k, v in options.items()}
    method: Callable[..., tuple[FloatArray, dict[str, FloatArray]]]
    method = getattr(Baseline(x, assume_sorted=True), algorithm)
    where = f"the {algorithm} baseline on {x[0]:g} .. {x[-1]:g}"
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.simplefilter("error", RuntimeWarning)
        try:
            curve, details = method(intensity, **arguments)
        except (ValueError, RuntimeError, UserWarning, RuntimeWarning) as error:
            raise DataError(f"{where} failed: {' '.join(str(error).split())[:200]}") from error
    history = details.get("tol_history")
    if history is not None and len(history) and not history[-1] <= options["tol"]:
        raise DataError(
            f"{where} did not converge in {options['max_iter']} iterations "
            f"(last change {history[-1]:.1g}, allowed {options['tol']:g}): "
            "raise max_iter or tol, or change its other options"
        )
    if not np.all(np.isfinite(curve)):
        raise DataError(f"{where} is not finite: change its options or the window")
    lowest, highest = float(np.min(intensity)), float(np.max(intensity))
    if np.min(curve) < lowest - (highest - lowest):
        raise DataError(
            f"{where} falls to {np.min(curve):.4g}, far below the data ({lowest:.4g} and up): "
            "a band at the end of the window; widen it, or use a smaller half window or asls"
        )
    return np.asarray(curve, dtype=np.float64)


def _lam(default: float) -> Option:
    return Option("lam", default, 1e-6, 1e20, "stiffness, grows with (number of points)^4")


def _p(default: float) -> Option:
    return Option("p", default, 1e-9, 1.0 - 1e-9, "weight of points above the baseline")


def _half_window(name: str = "half_window") -> Option:
    return Option(name, 0, 0, 100000, "half width of the widest peak in points; 0: estimated")


def _iterations(tolerance: float, iterations: int) -> tuple[Option, Option]:
    return (
        Option("tol", tolerance, 1e-15, 1.0, "relative change in the last iteration"),
        Option("max_iter", iterations, 1, 100000, "iterations before giving up"),
    )


_DIFF = Option("diff_order", 2, 1, 3, "order of the differences that are penalised")
_ORDER = Option("poly_order", 2, 0, 9, "degree of the polynomial")
_KNOTS = Option("num_knots", 100, 3, 10000, "knots of the spline")
_DEGREE = Option("spline_degree", 3, 0, 5, "degree of the spline")
_NUM_STD = Option("num_std", 1.0, 0.0, 100.0, "standard deviations up to which points belong to it")
_SMOOTH = Option("smooth_half_window", 0, 0, 100000, "half window of smoothing in points; 0: none")
_COST = Option(
    "cost_function",
    "asymmetric_truncated_quadratic",
    0,
    0,
    "how points off the baseline count",
    (
        "asymmetric_truncated_quadratic",
        "symmetric_truncated_quadratic",
        "asymmetric_huber",
        "symmetric_huber",
        "asymmetric_indec",
        "symmetric_indec",
    ),
)
_WHITTAKER = _iterations(1e-3, 200)

_ALGORITHMS = (
    _Algorithm("asls", (_lam(1e6), _p(0.01), _DIFF, *_WHITTAKER), True),
    _Algorithm(
        "iasls",
        (
            _lam(1e6),
            _p(0.01),
            Option("lam_1", 1e-4, 0.0, 1e20, "stiffness of the first derivative"),
            Option("diff_order", 2, 2, 3, "order of the differences that are penalised"),
            *_WHITTAKER,
        ),
        True,
    ),
    _Algorithm("airpls", (_lam(1e6), _DIFF, *_WHITTAKER), True),
    _Algorithm("arpls", (_lam(1e5), _DIFF, *_WHITTAKER), True),
    _Algorithm(
        "drpls",
        (
            _lam(1e5),
            Option("eta", 0.5, 0.0, 1.0, "how much the stiffness follows the weights"),
            Option("diff_order", 2, 2, 3, "order of the differences that are penalised"),
            *_WHITTAKER,
        ),
        True,
    ),
    _Algorithm("iarpls", (_lam(1e5), _DIFF, *_WHITTAKER), True),
    _Algorithm("psalsa", (_lam(1e5), _p(0.5), _DIFF, *_WHITTAKER), True),
    _Algorithm("modpoly", (_ORDER, *_iterations(1e-3, 500)), False),
    _Algorithm("imodpoly", (_ORDER, _NUM_STD, *_iterations(1e-3, 500)), False),
    _Algorithm("penalized_poly", (_ORDER, _COST, *_iterations(1e-3, 500)), False),
    _Algorithm(
        "quant_reg",
        (
            _ORDER,
            Option("quantile", 0.05, 1e-6, 1 - 1e-6, "share of points below the baseline"),
            *_iterations(1e-6, 500),
        ),
        False,
    ),
    _Algorithm(
        "loess",
        (
            Option("fraction", 0.2, 0.01, 1.0, "share of the points in one local fit"),
            Option("poly_order", 1, 0, 2, "degree of the local polynomial"),
            Option("scale", 3.0, 0.1, 100.0, "residuals beyond this many deviations are peaks"),
            *_iterations(1e-3, 50),
        ),
        False,
    ),
    _Algorithm("pspline_asls", (_lam(1e3), _p(0.01), _KNOTS, _DEGREE, _DIFF, *_WHITTAKER), False),
    _Algorithm("pspline_airpls", (_lam(1e3), _KNOTS, _DEGREE, _DIFF, *_WHITTAKER), False),
    _Algorithm("pspline_arpls", (_lam(1e3), _KNOTS, _DEGREE, _DIFF, *_WHITTAKER), False),
    _Algorithm(
        "mixture_model",
        (
            _lam(1e5),
            _p(0.01),
            _KNOTS,
            _DEGREE,
            Option("diff_order", 3, 1, 3, "order of the differences that are penalised"),
            *_WHITTAKER,
        ),
        False,
    ),
    _Algorithm("mor", (_half_window(),), True),
    _Algorithm("imor", (_half_window(), *_iterations(1e-3, 500)), True),
    _Algorithm("rolling_ball", (_half_window(), _SMOOTH), True),
    _Algorithm("tophat", (_half_window(),), True),
    _Algorithm(
        "snip",
        (
            _half_window("max_half_window"),
            Option("decreasing", True, 0, 1, "whether the window shrinks: smoother"),
            _SMOOTH,
            Option("filter_order", 2, 2, 8, "2, 4, 6 or 8: how curved the baseline may be"),
        ),
        True,
    ),
    _Algorithm("swima", (_half_window("max_half_window"), _SMOOTH), True),
    _Algorithm("noise_median", (_half_window(), _SMOOTH), True),
    _Algorithm(
        "rubberband",
        (
            Option("segments", 1, 1, 1000, "equal parts with a hull each"),
            _SMOOTH,
        ),
        False,
    ),
)

BASELINES = {
    item.name: StaticBackground(
        name=item.name,
        options=item.options,
        curve=partial(baseline, algorithm=item.name, even=item.even),
        techniques=("raman",),
        source=SOURCE,
    )
    for item in _ALGORITHMS
}
