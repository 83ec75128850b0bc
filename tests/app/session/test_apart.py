"""Work in a process beside the window: its answers, its end, and the wish to stop."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.session.apart import Apart
from app.session.live import fit_one, follow
from app.session.project import with_fits
from fitting.errors import DataError, FitCancelled
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from tests.app.program import PLAN, counts, write_matrix
from tests.app.session.window import QUIET, opened


class Impatient(SilentMonitor):
    def cancelled(self) -> bool:
        return True


@pytest.fixture(scope="module")
def apart() -> Iterator[Apart]:
    made = Apart()
    yield made
    made.end()


def test_fits_by_lmfit_leave_this_process_alone(
    apart: Apart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan.from_toml(PLAN)
    slow = plan.model_copy(update={"fit": plan.fit.model_copy(update={"engine": "lmfit"})})
    project = opened([write_matrix(tmp_path / "cellA__S 2p.csv", counts(2, 0))], slow)
    sample = project.samples[0]
    monkeypatch.setattr("app.session.live.fit_steps", None)
    fit = fit_one(project, sample, 1, QUIET, apart)
    assert (fit.result.status <= 1).all()
    again = follow(with_fits(project, sample.name, {1: fit}), sample, 1, QUIET, apart)
    np.testing.assert_allclose(again.result.values, fit.result.values, rtol=1e-4)


def test_it_is_another_process_and_another_one_follows_it(apart: Apart) -> None:
    first = apart.run(QUIET, os.getpid)
    assert first == apart.run(QUIET, os.getpid) != os.getpid()
    with pytest.raises(DataError, match="ended by itself"):
        apart.run(QUIET, os._exit, 1)
    assert apart.run(QUIET, os.getpid) != first


def test_the_wish_to_stop_ends_it(apart: Apart) -> None:
    begun = time.monotonic()
    with pytest.raises(FitCancelled):
        apart.run(Impatient(), time.sleep, 60.0)
    assert time.monotonic() - begun < 30.0
