"""NIST StRD Gauss1 and Gauss2 through the lmfit engine.

Two Gaussians on ``b1 exp(-b2 x)``, uniform weights. Ours in terms of NIST's: amplitude at the
lower end of the window b1 exp(-b2 x0), decay b2, area b3 b5 sqrt(pi), fwhm 2 sqrt(ln 2) b5.
Standard deviations are certified for equal variances, s^2 inv(J J^T): compared with our ordinary
covariance times s^2, carried over to b1 .. b8. The sandwich estimator that a plan with uniform
weights reports is another estimator of the same thing and only close (see below).
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from fitting.arrays import FloatArray
from fitting.engines.reference import minimise
from fitting.evaluate import RegionEvaluator
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.result import FitStatus
from fitting.spectrum import Spectrum
from fitting.stepfit import fit_step
from fitting.uncertainty import uncertainty
from tests.fitting.synthetic import problem_of, table_of
from tests.shared_data import shared_file

pytestmark = pytest.mark.real_data
WIDTH = 2.0 * math.sqrt(math.log(2.0))


@dataclass(frozen=True)
class Certified:
    """One file: two starts, parameters b1 .. b8, their standard deviations, sum of squares."""

    starts: FloatArray
    values: FloatArray
    deviations: FloatArray
    residual_sum: float
    x: FloatArray
    y: FloatArray


def certified(name: str) -> Certified:
    lines = Path(shared_file(f"certified/NIST_StRD/{name}.dat")).read_text("ascii").splitlines()
    table = np.array([[float(v) for v in line.split("=")[1].split()] for line in lines[40:48]])
    rss = next(line for line in lines if line.startswith("Residual Sum of Squares"))
    data = np.array([[float(v) for v in line.split()] for line in lines[60:] if line.strip()])
    return Certified(
        table[:, :2].T,
        table[:, 2],
        table[:, 3],
        float(rss.split(":")[1]),
        data[:, 1],
        data[:, 0],
    )


def table_from(start: FloatArray, low: float, high: float) -> ModelTable:
    _, b2, b3, b4, b5, b6, b7, b8 = start
    parts = [
        {
            "id": name,
            "shape": "gaussian",
            "area": {"value": height * width * math.sqrt(math.pi), "min": 0.0},
            "center": {"value": center},
            "fwhm": {"value": WIDTH * width},
        }
        for name, height, center, width in (("g1", b3, b4, b5), ("g2", b6, b7, b8))
    ]
    region = {
        "name": "NIST",
        "window": [low, high],
        "background": {"kind": "exponential", "decay": {"value": b2}},
        "components": parts,
    }
    return table_of(region, fit={"weights": "uniform"})


def as_nist(table: ModelTable, values: FloatArray) -> FloatArray:
    """b1 .. b8 from the parameters of our table."""
    named = {
        row.name.split("background.")[-1]: v
        for row, v in zip(table.parameters, values, strict=True)
    }
    low = table.regions[0].window[0]
    b2 = named["decay"]
    found = [named["amplitude"] * math.exp(b2 * low), b2]
    for g in ("g1", "g2"):
        width = named[f"{g}.fwhm"] / WIDTH
        found += [named[f"{g}.area"] / (width * math.sqrt(math.pi)), named[f"{g}.center"], width]
    return np.array(found)


def digits(found: FloatArray, expected: FloatArray) -> float:
    """Significant digits of the worst number."""
    return float(-np.log10(np.max(np.abs(found / expected - 1.0)) + 1e-16))


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("name", ["Gauss1", "Gauss2"])
def test_certified_values_and_deviations_through_the_engine(name: str, start: int) -> None:
    nist = certified(name)
    table = table_from(nist.starts[start], float(nist.x[0]), float(nist.x[-1]))
    spectrum = {"NIST": Spectrum(nist.x, nist.y)}
    first = table.start.copy()
    amplitude = table.index["NIST:background.amplitude"]
    b1, b2 = nist.starts[start][:2]
    first[table.free == amplitude] = b1 * math.exp(-b2 * nist.x[0])
    problem = problem_of(table, spectrum, "uniform")
    found = minimise(problem, first[problem.moving], SilentMonitor(), tolerance=1e-12)
    assert found.converged
    values = table.values(problem.full(found.moving))
    assert digits(as_nist(table, values), nist.values) >= 9.0
    assert found.chi_square == pytest.approx(nist.residual_sum, rel=1e-10)

    free = np.zeros(len(found.moving), dtype=bool)
    ordinary = uncertainty(problem, found.moving, free, absolute=True).covariance
    variance = found.chi_square / (problem.points - len(found.moving))
    rows = []
    for m in range(len(found.moving)):
        step = 1e-5 * abs(found.moving[m])
        moved = [found.moving + sign * step * np.eye(len(found.moving))[m] for sign in (1, -1)]
        high, low = (as_nist(table, table.values(problem.full(one))) for one in moved)
        rows.append((high - low) / (2 * step))
    slopes = np.array(rows)
    deviations = np.sqrt(np.diag(slopes.T @ (ordinary * variance) @ slopes))
    np.testing.assert_allclose(deviations, nist.deviations, rtol=1e-6)


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("name", ["Gauss1", "Gauss2"])
def test_certified_values_through_a_whole_step(name: str, start: int) -> None:
    nist = certified(name)
    table = table_from(nist.starts[start], float(nist.x[0]), float(nist.x[-1]))
    result = fit_step(table, {"NIST": Spectrum(nist.x, nist.y)}, None, SilentMonitor())
    assert result.status[0] == FitStatus.CONVERGED
    assert digits(as_nist(table, result.values), nist.values) >= 9.0
    curve = RegionEvaluator(table.regions[0], nist.x, np.zeros(len(nist.x)))
    residual = curve.envelope(result.values) - nist.y
    assert residual @ residual == pytest.approx(nist.residual_sum, rel=1e-10)
    assert np.isnan(result.reduced_chi_square[0])  # uniform weights have no scale
    center = int(np.flatnonzero(table.free == table.index["g1.center"])[0])
    sandwich = math.sqrt(result.covariance[center, center])
    assert sandwich == pytest.approx(nist.deviations[3], rel=0.25)
