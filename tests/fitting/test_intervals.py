"""Standard errors beside a neighbour that sits at zero are as large as the errors are."""

import numpy as np
import pytest

from fitting.arrays import FloatArray
from fitting.chunkfit import fit_steps
from fitting.engines.compile_apart import available
from fitting.monitor import SilentMonitor
from tests.fitting.synthetic import component, region, spectra_of, truth
from tests.fitting.test_quantify import table_of_phases, tables

REPLICAS = 600
MOST, ERROR = 5.0, 30.0
"""Truth of the neighbour: evenly from nothing to so many of its standard errors."""

pytestmark = pytest.mark.skipif(not available(), reason="numba is not installed")


@pytest.fixture(scope="module")
def replicas() -> dict[str, FloatArray]:
    """Fractions of A, on whose flank B lies and may be absent, and those of C, which is apart."""
    lines = [
        component("a", "gaussian", 160.0, phase="A", fwhm=1.2),
        component("b", "gaussian", 160.4, phase="B", fwhm=1.2),
        component("c", "gaussian", 166.0, phase="C", fwhm=1.2),
    ]
    table = table_of_phases({"A": {}, "B": {}, "C": {}}, region(lines))
    rng = np.random.default_rng(7)
    areas = rng.uniform(0.0, MOST, REPLICAS) * ERROR
    free = [truth(table, b__area=area) for area in areas]
    spectra = [spectra_of(table, own, rng) for own in free]
    steps = fit_steps(table, spectra, [""] * REPLICAS, None, "each", SilentMonitor())
    found = tables(table, *steps)["S 2p", "area"]
    place = found.names.index("A")
    real = np.array([3000.0 / (6000.0 + area) for area in areas])
    columns = {name: getattr(found, name)[:, place] for name in ("fraction", "stderr")}
    columns |= {name: getattr(found, name)[:, place] for name in ("low95", "high95")}
    assert np.nanmedian(found.area_stderr[:, 1]) == pytest.approx(ERROR, rel=0.1)
    return {
        **columns,
        "truth": real,
        "absent": found.fraction[:, found.names.index("B")] == 0.0,
    }


def rms(values: FloatArray) -> float:
    return float(np.sqrt(np.mean(values**2)))


def test_errors_beside_a_neighbour_at_zero_are_as_claimed(replicas: dict[str, FloatArray]) -> None:
    """A flat prior in simulation and claim: mean squares have to agree."""
    at_zero = replicas["absent"].astype(bool)
    assert 20 < at_zero.sum() < 80
    error = replicas["fraction"] - replicas["truth"]
    for which in (at_zero, ~at_zero, np.ones_like(at_zero)):
        assert rms(error[which]) / rms(replicas["stderr"][which]) == pytest.approx(1.0, abs=0.2)


def test_the_error_does_not_jump_as_the_neighbour_vanishes(replicas: dict[str, FloatArray]) -> None:
    at_zero = replicas["absent"].astype(bool)
    ratio = replicas["stderr"][at_zero].max() / np.median(replicas["stderr"][~at_zero])
    assert 0.9 < ratio < 1.1


def test_intervals_cover(replicas: dict[str, FloatArray]) -> None:
    inside = (replicas["low95"] <= replicas["truth"]) & (replicas["truth"] <= replicas["high95"])
    assert 0.92 <= inside.mean() <= 0.98
