"""Compositions of pristine steps: the window shows what the batch found, wherever it fits."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.session.apart import Apart
from app.session.exact_plan import carried_plan, exact_plan
from app.session.export import export_results
from app.session.live import fit_one, follow
from app.session.project import Project, with_fits
from app.session.store import open_project, save
from fitting.plan import Plan
from tests.app.batch.test_joint import PLAN, RATIO, Y, measured
from tests.app.program import write_matrix
from tests.app.session.window import QUIET, fitted, fractions_otherwise, opened, rows_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pristine")
    write_matrix(folder / "cellA__S 2p.csv", measured(1.0, 1.0, 1)[:, ::12])
    write_matrix(folder / "cellA__P 2p.csv", measured(Y * RATIO, 2.0 * RATIO, 2)[:, ::12])
    return folder


@pytest.fixture(scope="module")
def project(folder: Path) -> Project:
    """Seven steps, not fitted."""
    plan = Plan.from_toml(PLAN.replace("[energy]", '[fit]\nbasis = ["area", "molar"]\n[energy]'))
    return opened(sorted(folder.glob("*.csv")), plan)


@pytest.fixture(scope="module")
def done(project: Project, folder: Path) -> Project:
    return fitted(project, folder / "cache")


def composition(plan: Plan) -> float:
    found = plan.phases["A"].composition
    assert found is not None
    return found.value


def test_fractions_are_those_of_the_batch(done: Project, folder: Path) -> None:
    export_results(done, folder / "out", False, QUIET)
    assert list(fractions_otherwise(done, folder / "out")) == []
    assert {row["basis"] for row in rows_of(folder / "out" / "phase_fractions.csv")} > {"molar"}
    assert done.unfitted == 0


def test_one_step_is_fitted_with_the_composition_of_the_series(
    project: Project, done: Project
) -> None:
    before = fit_one(project, project.samples[0], 3, QUIET, Apart())
    after = fit_one(done, project.samples[0], 3, QUIET, Apart())
    series = done.fits["cellA"][0].plan
    assert after.plan is series
    assert composition(before.plan) == composition(series) != composition(done.plan or series)
    assert project.is_current(before)
    assert project.is_current(after)


def test_from_here_on_holds_what_the_pristine_steps_tell(project: Project, folder: Path) -> None:
    found = fitted(project, folder / "from", ("cellA", 3))
    assert sorted(found.fits["cellA"]) == [3, 4, 5, 6]
    assert composition(found.fits["cellA"][3].plan) == composition(exact_plan(project, QUIET))


def test_a_drag_keeps_the_composition(done: Project) -> None:
    assert done.plan is not None
    moved = replace(done, plan=done.plan.model_copy(update={"library": "9"}))
    before = done.fits["cellA"][2]
    fit = follow(moved, moved.samples[0], 2, QUIET, Apart())
    assert moved.is_current(fit)
    assert composition(fit.plan) == composition(before.plan)
    assert carried_plan(with_fits(moved, "cellA", {2: fit}), fit) is fit.plan


def test_saved_and_opened_the_fits_are_still_current(done: Project, tmp_path: Path) -> None:
    save(done, tmp_path / "cell.deconvolyte")
    again = open_project(tmp_path / "cell.deconvolyte", QUIET).project
    assert again.unfitted == 0
    assert composition(again.fits["cellA"][0].plan) == composition(done.fits["cellA"][0].plan)
