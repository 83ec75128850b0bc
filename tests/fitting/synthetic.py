"""Small plans, spectra made from them with known truth, and problems for engines."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from fitting.arrays import FloatArray
from fitting.build import build_model
from fitting.evaluate import RegionEvaluator
from fitting.model import ModelTable
from fitting.plan import Plan
from fitting.problem import Problem, RegionData
from fitting.spectrum import Spectrum

_WIDTH = {"value": 1.2, "min": 0.5, "max": 3.0}
_MIX = {"value": 0.4, "min": 0.0, "max": 1.0}
_ASYMMETRY = {"value": 0.1, "min": 0.0, "max": 0.3}
_NARROW = {"value": 0.6, "min": 0.1, "max": 2.0}

SHAPES: dict[str, dict[str, Any]] = {
    "gaussian": {"fwhm": _WIDTH},
    "lorentzian": {"fwhm": _WIDTH},
    "voigt": {"gaussian_fwhm": _WIDTH, "lorentzian_fwhm": _NARROW},
    "pseudo_voigt": {"fwhm": _WIDTH, "lorentz_fraction": _MIX},
    "gl": {"fwhm": _WIDTH, "mix": _MIX},
    "sgl": {"fwhm": _WIDTH, "mix": _MIX},
    "la": {"fwhm": _WIDTH, "alpha": {"value": 1.3, "min": 0.8, "max": 3.0}, "beta": 1.6, "m": 30.0},
    "doniach_sunjic": {"lorentzian_fwhm": _WIDTH, "asymmetry": _ASYMMETRY},
    "doniach_sunjic_gauss": {
        "lorentzian_fwhm": _NARROW,
        "asymmetry": _ASYMMETRY,
        "gaussian_fwhm": _WIDTH,
    },
}
"""What each line shape needs in a plan."""

BACKGROUNDS: dict[str, dict[str, Any]] = {
    "constant": {"kind": "constant"},
    "linear": {"kind": "linear"},
    "polynomial": {"kind": "polynomial", "degree": 3},
    "exponential": {"kind": "exponential", "decay": {"value": 0.03, "min": 0.0, "max": 1.0}},
    "shirley": {"kind": "shirley", "active": True},
    "shirley_linear": {"kind": "shirley", "active": True, "degree": 1},
    "tougaard_u2": {"kind": "tougaard_u2", "active": True},
    "tougaard_u3": {"kind": "tougaard_u3", "active": True},
}
LEVEL = 400.0
AREA = 3000.0


def component(name: str, shape: str, center: object, **rest: object) -> dict[str, Any]:
    return {"id": name, "shape": shape, "center": center, **SHAPES[shape], **rest}


def region(
    components: list[dict[str, Any]],
    background: Mapping[str, Any] | str = "linear",
    name: str = "S 2p",
    window: tuple[float, float] = (155.0, 170.0),
) -> dict[str, Any]:
    chosen = BACKGROUNDS[background] if isinstance(background, str) else dict(background)
    return {
        "name": name,
        "window": list(window),
        "background": chosen,
        "components": components,
    }


def table_of(*regions: dict[str, Any], **rest: object) -> ModelTable:
    phases = {c["phase"]: {} for r in regions for c in r["components"] if "phase" in c}
    return build_model(Plan.from_data({"phases": phases, "regions": list(regions), **rest}))


def truth(table: ModelTable, **overrides: float) -> FloatArray:
    """Free parameters: starts of the plan, areas of 3000, levels of 400; overrides by name,
    ``a__center`` for ``a.center``."""
    free = table.start.copy()
    wanted = {name.replace("__", "."): value for name, value in overrides.items()}
    for f, index in enumerate(table.free):
        row = table.parameters[index]
        if row.name in wanted:
            free[f] = wanted.pop(row.name)
        elif np.isnan(free[f]):
            is_level = row.parameter in ("level", "c0", "amplitude")
            free[f] = AREA if row.parameter == "area" else LEVEL * is_level
    assert not wanted, f"no free parameter {list(wanted)}"
    return free


def axis_of(window: tuple[float, float], step: float = 0.1, margin: float = 0.0) -> FloatArray:
    low, high = window[0] - margin, window[1] + margin
    return np.linspace(low, high, round((high - low) / step) + 1)


def spectra_of(
    table: ModelTable,
    free: FloatArray,
    rng: np.random.Generator | None = None,
    margin: float = 0.0,
    step: float = 0.1,
) -> dict[str, Spectrum]:
    """What would be measured: exact curves, or Poisson counts of them."""
    values, found = table.values(free), {}
    for model in table.regions:
        x = axis_of(model.window, step, margin)
        curve = RegionEvaluator(model, x, np.zeros(len(x))).envelope(values)
        counts = curve if rng is None else rng.poisson(curve).astype(float)
        found[model.name] = Spectrum(x, counts, None, 1.0)
    return found


def problem_of(
    table: ModelTable,
    spectra: Mapping[str, Spectrum],
    sigma: str = "poisson",
    rest: FloatArray | None = None,
) -> Problem:
    """All regions that have a spectrum, every point, all free parameters they depend on."""
    data, present = [], []
    for r, model in enumerate(table.regions):
        if model.name not in spectra:
            continue
        spectrum = spectra[model.name].window(*model.window)
        errors = {
            "poisson": np.sqrt(np.maximum(spectrum.intensity, 1.0)),
            "uniform": np.ones(len(spectrum)),
            "ramp": np.linspace(1.0, 30.0, len(spectrum)),
        }[sigma]
        evaluator = RegionEvaluator(model, spectrum.x, np.zeros(len(spectrum)))
        data.append(RegionData(evaluator, spectrum.intensity, errors))
        present.append(r)
    moving = np.flatnonzero(table.influence[present].any(axis=0))
    return Problem(table, tuple(data), moving, table.start if rest is None else rest)


def slopes_by_differences(problem: Problem, moving: FloatArray) -> FloatArray:
    """(M, N) derivatives of the residual, fourth order, slow and obvious."""
    rows = []
    for m in range(len(moving)):
        step = 1e-3 * max(1e-2, abs(moving[m]) if abs(moving[m]) < 50 else 1.0)

        def at(times: float, m: int = m, step: float = step) -> FloatArray:
            moved = moving.copy()
            moved[m] += times * step
            return problem.residual(moved)

        rows.append((8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step))
    return np.array(rows)
