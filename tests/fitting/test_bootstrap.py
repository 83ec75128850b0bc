"""Replicas of a fit against what the slopes say, where both must agree and where they must not."""

import numpy as np
import pytest

from fitting.bootstrap import bootstrapped
from fitting.chunkfit import fit_steps
from fitting.engines.compile_apart import available
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.result import StepResult
from tests.fitting.synthetic import component, region, spectra_of, table_of, truth

QUIET = SilentMonitor()

pytestmark = pytest.mark.skipif(not available(), reason="hundreds of fits need the compiler")


def two_regions(**fit: object) -> ModelTable:
    """The second region takes its shift from the first."""
    return table_of(
        region([component("a", "gaussian", 160.0)]),
        region([component("b", "gaussian", 131.0)], "linear", "P 2p", (126.0, 136.0)),
        energy={
            "photon_energy_eV": 1486.6,
            "reference": "component",
            "component": "a",
            "position_eV": 160.0,
        },
        fit={"errors": "bootstrap", "replicas": 300, **fit},
    )


def both(table: ModelTable, seed: tuple[int, ...] = (0, 0, 1, 0)) -> tuple[StepResult, StepResult]:
    free = truth(table)
    spectra = [spectra_of(table, free, np.random.default_rng(4))]
    plain = fit_steps(table, spectra, ["x"], None, "each", QUIET)
    return plain[0], bootstrapped(table, spectra, ["x"], plain, seed, QUIET)[0]


@pytest.mark.parametrize("weights", ["poisson", "estimated", "uniform"])
def test_replicas_spread_as_the_slopes_say(weights: str) -> None:
    plain, again = both(two_regions(weights=weights))
    known = np.isfinite(np.diag(plain.covariance))
    ratio = np.sqrt(np.diag(again.covariance) / np.diag(plain.covariance))[known]
    assert known.any()
    np.testing.assert_allclose(ratio, 1.0, atol=0.2)  # the spread of 300 is known to 4 %
    np.testing.assert_array_equal(again.values, plain.values)


def test_the_shift_of_another_region_is_in_the_errors() -> None:
    """Blocks are solved one after the other; replicas see them together."""
    table = two_regions()
    names = [table.parameters[i].name for i in table.free]
    plain, again = both(table)
    shift, area = 0, names.index("b.fwhm")
    assert np.isnan(plain.covariance[shift, area])
    assert np.isfinite(again.covariance[shift, area])


def test_the_seed_decides() -> None:
    table = two_regions()
    one, same, other = (both(table, seed)[1].covariance for seed in ((1, 2), (1, 2), (1, 3)))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other, equal_nan=True)
