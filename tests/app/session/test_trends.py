"""Trends and progress as the window shows them are the tables of the batch."""

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest

from app.archive.write import write_archive
from app.project.ready import ready_plan
from app.session.export import export_results
from app.session.figures import Plot, draw, figure_name
from app.session.long_tables import progress_table, quantity_label, trend_table, with_error
from app.session.looked import Subject, looked_at
from app.session.progress import Quantity
from app.session.project import Project
from fitting.errors import DataError
from fitting.plan import Plan
from fitting.simulate import simulate
from tests.app.session.window import QUIET, fitted, opened, rows_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trends")


@pytest.fixture(scope="module")
def project(folder: Path) -> Project:
    """Six steps of the two samples of E1, fitted jointly and exported."""
    write_archive(folder / "e1.h5", simulate("E1", steps=6, counts=3000.0, seed=1).series)
    plan = Plan.from_toml(ready_plan("E1_joint"))
    made = fitted(opened([folder / "e1.h5"], plan), folder / "cache")
    export_results(made, folder / "out", False, QUIET)
    return made


def copied(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_trends_are_those_of_the_batch(project: Project, folder: Path) -> None:
    trends = looked_at(project, Subject.TRENDS).trends
    assert trend_table(trends.rows).csv == (folder / "out" / "trends.csv").read_text()
    some = trends.rows_of("all", "molar", project.samples[0].name, lambda _: True)
    assert {(row[2], row[4]) for row in some} == {("all", "molar"), ("", "charge_uAh_cm2")}
    table = trend_table(some)
    assert [table.row(k)[2] for k in range(2)] == ["Onset", "Initial slope"]
    said = {table.row(k)[1:3] for k in range(len(some))}
    assert ("Charge passed / µAh cm⁻²", "Thickness to P0 at most") in said
    assert all(place[1] is None for place in table.places)
    (one, *_) = trends.chosen("all", "molar", [project.samples[0].name])
    assert set(one.found) >= {"onset", "initial_slope", "saturation", "half_at"}


def test_progress_is_that_of_the_batch(project: Project, folder: Path) -> None:
    progress = looked_at(project, Subject.PROGRESS).progress
    wanted = rows_of(folder / "out" / "progress.csv")
    tables = [progress_table(progress, kind) for kind in Quantity]
    mine = [row for table in tables for row in copied(table.csv)]
    assert sorted(map(str, mine)) == sorted(map(str, wanted))
    assert len(wanted) > 50
    assert "±" in tables[0].row(0)[4]
    assert tables[0].places[0] == (project.samples[0].name, 0)


def test_trends_are_a_figure(project: Project, tmp_path: Path) -> None:
    view = replace(project.view, region="all")
    shown = replace(project, view=view)
    path = draw(shown, Plot.TRENDS, "molar", tmp_path / "trends.svg", 170.0)
    assert "Molar fraction" in path.read_text("utf-8")
    with pytest.raises(DataError, match="no trends"):
        draw(replace(shown, fits={}), Plot.TRENDS, "molar", path, 170.0)


@pytest.mark.parametrize(
    ("plot", "said"),
    [
        (Plot.SHIFTS, "Shift of the axis / eV"),
        (Plot.TENSION, "Region alone against all / σ"),
        (Plot.EXTENT, "All elements"),
        (Plot.RATIO, "expected"),
        (Plot.BALANCE, "S per P"),
    ],
)
def test_what_the_tab_draws_is_a_figure(
    project: Project, plot: Plot, said: str, tmp_path: Path
) -> None:
    for width in (85.0, 170.0):
        text = draw(project, plot, "molar", tmp_path / "one.svg", width).read_text("utf-8")
        assert said in text
        assert project.view.sample in text
        points = re.search(r'width="([\d.]+)pt"', text)
        assert points is not None
        assert float(points[1]) == pytest.approx(width / 25.4 * 72.0, abs=1e-3)
    name = figure_name(project, plot, "svg")
    assert name.startswith(f"{project.view.sample} ")
    with pytest.raises(DataError, match=project.view.sample):
        draw(replace(project, fits={}), plot, "molar", tmp_path / "none.svg", 85.0)


def test_fits_of_an_older_plan_have_no_trends(project: Project) -> None:
    assert project.plan is not None
    old = replace(project, plan=project.plan.model_copy(update={"library": "9"}))
    assert looked_at(old, Subject.TRENDS).trends.rows == ()
    assert looked_at(old, Subject.PROGRESS).progress == ()


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.01234, 0.00056, "0.01234 ± 0.00056"),
        (12.3, 0.54, "12.30 ± 0.54"),
        (1234.0, 30.0, "1234 ± 30"),
        (5.0, float("nan"), "5"),
        (float("nan"), 1.0, "–"),
        (1e-9, 2e-10, "1e-09 ± 2e-10"),
    ],
)
def test_numbers_have_two_digits_of_their_error(value: float, error: float, text: str) -> None:
    assert with_error(value, error) == text


def test_quantities_are_words() -> None:
    assert quantity_label("extent") == "All elements"
    assert quantity_label("balance_S_per_P") == "S per P"
    assert quantity_label("Li2S_per_Li3P") == "Li₂S per Li₃P"
