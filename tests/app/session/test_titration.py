"""Charge logs alone: opened, their plan changed, kept, exported; the numbers are the batch's."""

from pathlib import Path

import pytest

from app.archive.charge_record import write_records
from app.archive.reading import Reading
from app.project.ready import ready_plan
from app.session.export import export_results, run_batch
from app.session.figures import Plot, draw, plots_of
from app.session.long_tables import side_table, trend_table
from app.session.plan_document import document_text, with_text
from app.session.preview import preview
from app.session.project import Project, Source
from app.session.store import open_project, save
from app.session.titration import (
    log_results,
    log_values,
    records_of,
    with_log_value,
    with_logs,
)
from fitting.errors import DataError, PlanError
from fitting.simulate import simulate
from fitting.titration_plan import titration_plan
from tests.app.program import call, spectra
from tests.app.session.window import QUIET, opened


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("logs") / "e10.h5"
    made = simulate("E10", steps=30, seed=1)
    write_records(path, made.records, made.truth)
    return path


@pytest.fixture(scope="module")
def project(archive: Path) -> Project:
    """As the preview takes it over, with the ready plan."""
    source = Source((archive,))
    found = preview(source, Project(), lambda _: None, QUIET)
    assert found.problem == ""
    assert [row.region for row in found.rows] == ["charge log", "charge log"]
    assert found.is_good
    assert found.logs is not None
    return with_text(with_logs(Project(), source, found.logs), ready_plan("E10"))


def test_the_results_and_the_export_are_the_tables_of_the_batch(
    project: Project, archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export_results(project, tmp_path / "mine", True, QUIET)
    plan = tmp_path / "plan.toml"
    plan.write_text(document_text(project), "utf-8")
    assert call(capsys, "fit", archive, "--plan", plan, "-o", tmp_path / "out").status == 0
    for name in ("side_charge.csv", "trends.csv", "result.h5"):
        assert (tmp_path / "mine" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()
    assert (tmp_path / "mine" / "figures" / "side_charge.pdf").exists()
    results = log_results(project)
    assert trend_table(results.trends).csv == (tmp_path / "out" / "trends.csv").read_text()
    assert side_table(results.points).csv == (tmp_path / "out" / "side_charge.csv").read_text()
    assert [one.sample for one in results.curves] == ["bare", "coated"]
    assert all(one.line is not None for one in results.curves)
    ended = run_batch(Source((archive,)), project.logs.plan, tmp_path / "queue", QUIET)  # type: ignore[union-attr]
    assert ended.complete


def test_the_growth_is_a_figure(project: Project, tmp_path: Path) -> None:
    assert plots_of(project) == (Plot.SIDE_CHARGE,)
    path = draw(project, Plot.SIDE_CHARGE, "", tmp_path / "side.svg", 85.0)
    assert "Side-reaction charge" in path.read_text("utf-8")


def test_the_plan_is_a_form_and_a_text(project: Project) -> None:
    assert project.logs is not None
    assert titration_plan(document_text(project)) == project.logs.plan
    assert log_values(project.logs.plan)["thickness_nm_per_uAh_cm2"] == "Li3P = 9.1, P0 = 12.9"
    later = with_log_value(project, "area_cm2", 1.57)
    assert {one.area_cm2 for one in records_of(later)} == {1.57}
    bare = with_log_value(later, "area_cm2", None)
    assert {one.area_cm2 for one in records_of(bare)} == {0.785}
    with pytest.raises(PlanError, match="greater than 0"):
        with_log_value(project, "area_cm2", -1.0)
    with pytest.raises(PlanError, match="no pair"):
        with_log_value(project, "thickness_nm_per_uAh_cm2", "9.1")
    with pytest.raises(PlanError, match="no regions"):
        with_text(project, ready_plan("E1"))


def test_what_the_user_says_goes_before_the_plan(archive: Path) -> None:
    source = Source((archive,), Reading(area_cm2=2.0))
    found = preview(source, Project(), lambda _: None, QUIET)
    assert found.logs is not None
    project = with_text(with_logs(Project(), source, found.logs), ready_plan("E10"))
    assert {one.area_cm2 for one in records_of(project)} == {2.0}


def test_a_log_that_nobody_explained_says_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "log.h5"
    (record, *_) = simulate("E10", steps=5, seed=1).records
    bare = type(record)(record.sample, record.source, record.time_s, record.charge_mAh)
    write_records(path, [bare])
    found = preview(Source((path,)), Project(), lambda _: None, QUIET)
    assert found.logs is not None
    assert any("area" in word for word in found.rows[0].lacks)
    results = log_results(with_logs(Project(), Source((path,)), found.logs))
    assert "area_cm2 and charge_sign" in results.problem


def test_logs_and_spectra_are_not_mixed(project: Project, archive: Path, tmp_path: Path) -> None:
    files = [spectra(tmp_path)]
    assert (
        "charge logs are open"
        in preview(Source(tuple(files)), project, lambda _: None, QUIET).problem
    )
    other = opened(files, None)
    assert "spectra are open" in preview(Source((archive,)), other, lambda _: None, QUIET).problem
    assert project.logs is not None
    with pytest.raises(DataError, match="a log of bare already"):
        with_logs(project, Source((archive,)), project.logs)


def test_a_project_of_logs_comes_back(project: Project, archive: Path, tmp_path: Path) -> None:
    save(project, tmp_path / "cell.deconvolyte")
    again = open_project(tmp_path / "cell.deconvolyte", QUIET).project
    assert project.logs is not None
    assert again.logs is not None
    assert again.logs.plan == project.logs.plan
    assert repr(log_results(again).trends) == repr(log_results(project).trends)
