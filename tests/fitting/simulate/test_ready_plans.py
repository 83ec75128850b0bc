"""A fit with the ready plan gives the truth of an experiment back."""

import numpy as np
import pytest

from app.project.ready import ready_plan
from fitting.quantify import quantify
from fitting.simulate import simulate
from tests.fitted_series import fitted

STEPS = 5
FLOOR = 0.002  # damping that no plan knows differs by so much between regions
PLANS = {"E1_joint": "E1", "E2": "E2", "E3": "E3", "E4": "E4", "E5": "E5", "E11": "E11"}


@pytest.fixture(scope="module", params=PLANS)
def fit(request):
    """Of one sample: the truth, the fractions, the result."""
    made = simulate(PLANS[request.param], steps=STEPS, seed=3)
    sample = made.series[-1].sample
    series = {one.region: one for one in made.series if one.sample == sample}
    table, result = fitted(ready_plan(request.param), series)
    return made.truth[sample], quantify(result, table), result


def test_fractions_are_the_truth_within_their_errors(fit):
    truth, tables, _ = fit
    compared = outside = 0
    for one in (table for table in tables if table.basis == "atomic"):
        for q, name in enumerate(one.names):
            known = truth.get(f"atomic_fraction/{one.region}/{name}")
            if known is None:
                continue
            off = np.abs(one.fraction[:, q] - known)
            allowed = 4.0 * np.nan_to_num(one.stderr[:, q]) + FLOOR
            assert np.all(off < allowed + 0.01), (one.region, name)
            compared += len(off)
            outside += int(np.sum(off > allowed))
    assert compared >= 5 * STEPS
    assert outside <= 0.03 * compared


def test_shifts_are_the_truth(fit):
    truth, _, result = fit
    names = [row.name for row in result.parameters]
    shift = result.values[:, names.index("energy.shift")]
    assert np.all(np.abs(shift - truth["shift_eV"]) < 0.02)


def test_the_model_describes_the_spectra(fit):
    assert np.median(fit[2].reduced_chi_square) == pytest.approx(1.0, abs=0.15)
