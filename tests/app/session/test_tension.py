"""Regions of joint fits against each other, as the window shows them."""

import numpy as np

from app.session.numbers import tension_table
from app.session.project import Project, Sample, StepFit, View
from app.session.tension import tensions_of
from tests.fitting.joint_series import seen_with, series_of
from tests.fitting.test_joint import fitted, measured, table_of


def project(factor: float) -> Project:
    """Four steps whose S 2p shows an amount that is off by a factor."""
    table = table_of()
    made = seen_with(table, {"S 2p": factor})
    steps = [measured(made, seed) for seed in range(4)]
    fits = {k: StepFit(table.plan, one) for k, one in enumerate(fitted(table, steps))}
    sample = Sample("cell", series_of(steps), (0, 1, 2, 3))
    return Project((), (sample,), table.plan, {"cell": fits}, View("cell", "S 2p", 0))


def test_regions_that_agree_are_silent() -> None:
    (found,) = tensions_of(project(1.0))
    assert ("Li2S", "Li 1s") in found.pairs
    assert found.tension.shape == (4, len(found.pairs))
    assert np.nanmax(np.abs(found.tension)) < 5.0
    assert found.words == ()


def test_a_region_that_shows_too_much_is_named() -> None:
    (found,) = tensions_of(project(1.2))
    assert any("S 2p" in sentence for sentence in found.words)
    table = tension_table([found])
    assert len(table.places) == 4
    assert len(table.csv.splitlines()) == 5
    assert len(table.row(0)) == len(table.headers)


def test_fits_of_an_older_plan_are_not_compared() -> None:
    old = project(1.0)
    changed = old.plan.model_copy(update={"library": "9"}) if old.plan else None
    assert tensions_of(Project((), old.samples, changed, old.fits, old.view)) == ()
