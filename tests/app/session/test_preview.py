"""What files hold is told in the words of the screen."""

from pathlib import Path

import pytest

from app.archive.gather import Reading
from app.io.options import ReadOptions
from app.session.preview import FIELDS, in_words, kind_of, preview, usual_of, with_usual
from app.session.project import Project, Source, View
from app.session.samples import region_turned, settled, stepped, without_region, without_sample
from app.session.settings import Usual
from app.session.states import Light, RegionState
from fitting.monitor import SilentMonitor
from tests.app.program import counts, spectra, write_matrix

QUIET = SilentMonitor()


def nothing(kind: str) -> None:
    del kind


def test_every_option_of_the_reading_has_a_name_on_the_screen() -> None:
    assert in_words("--area: is missing: charge per cm2 needs it") == (
        "“Area”: is missing: charge per cm2 needs it"
    )
    assert in_words("--charge-sign, --unknown") == "“Positive current”, --unknown"
    assert len(set(FIELDS.values())) == len(FIELDS) - 1  # --laser has two spellings


def test_what_is_found_is_told(tmp_path: Path) -> None:
    found = preview(Source((spectra(tmp_path),)), Project(), nothing, QUIET)
    (row,) = found.rows
    assert (row.sample, row.region, row.spectra) == ("cellA", "S 2p", "3 spectra, 41 points")
    assert row.axis == "binding energy 158 to 166 eV"
    assert row.steps == "charge 0 to 0.5 µAh cm⁻²"
    assert (found.problem, found.recalled) == ("", None)
    assert found.kind == kind_of([tmp_path])
    assert found.loaded is not None


def test_a_bad_file_among_good_ones_is_a_notice(tmp_path: Path) -> None:
    spectra(tmp_path)
    (tmp_path / "notes.txt").write_text("Dear colleague", "utf-8")
    found = preview(Source((tmp_path,)), Project(), nothing, QUIET)
    assert found.loaded is not None
    assert any("notes.txt" in notice for notice in found.notices)


def test_what_cannot_be_opened_says_why(tmp_path: Path) -> None:
    found = preview(Source((tmp_path / "missing.vms",)), Project(), nothing, QUIET)
    assert found.loaded is None
    assert "missing.vms" in found.problem


def test_what_was_said_last_time_fills_in_but_does_not_override() -> None:
    last = Usual(ReadOptions(photon_energy_eV=1486.6, timezone="UTC"), 0.5, "+")
    now = Reading(ReadOptions(photon_energy_eV=6000.0, sample="a"))
    merged = with_usual(now, last)
    assert merged.options == ReadOptions(photon_energy_eV=6000.0, timezone="UTC", sample="a")
    assert merged.area_cm2 is None
    assert usual_of(merged).options.sample is None


@pytest.fixture
def project(tmp_path: Path) -> Project:
    for name in ("cellA__S 2p", "cellA__P 2p", "cellB__S 2p"):
        write_matrix(tmp_path / f"{name}.csv", counts(3))
    loaded = preview(Source((tmp_path,)), Project(), nothing, QUIET).loaded
    assert loaded is not None
    return Project((), loaded.samples, None, {}, View("cellA", "P 2p", 1))


def test_moving_about_stays_inside(project: Project) -> None:
    assert stepped(project, 1).step == 2
    assert stepped(project, 10).step == 2
    assert stepped(project, -10).step == 0
    assert region_turned(project, 1).region == "S 2p"
    assert region_turned(project, 2).region == "P 2p"
    assert stepped(Project(), 1) == View()


def test_removing_leaves_the_rest_and_is_written_down(project: Project) -> None:
    one = without_region(project, "cellA", "P 2p")
    assert [list(sample.series) for sample in one.samples] == [["S 2p"], ["S 2p"]]
    assert (one.view.sample, one.view.region) == ("cellA", "S 2p")
    two = without_region(one, "cellA", "S 2p")
    assert [sample.name for sample in two.samples] == ["cellB"]
    none = without_sample(two, "cellB")
    assert none.samples == ()
    assert none.view == settled(project.view, ())
    assert none.left_out == (("cellA", "P 2p"), ("cellA", ""), ("cellB", ""))


@pytest.mark.parametrize(
    ("state", "light"),
    [
        (RegionState(3, 0, 0, 0, planned=False), Light.EMPTY),
        (RegionState(3, 0, 0, 0, planned=True), Light.OPEN),
        (RegionState(3, 2, 0, 0, planned=True), Light.PARTLY),
        (RegionState(3, 3, 0, 0, planned=True), Light.FITTED),
        (RegionState(3, 2, 1, 0, planned=True), Light.STALE),
        (RegionState(3, 2, 1, 1, planned=True), Light.DOUBTFUL),
    ],
)
def test_the_light_says_the_worst(state: RegionState, light: Light) -> None:
    assert state.light is light
    assert f"{state.steps} steps" in state.words
