"""A project comes back as it was; a foreign or damaged file is one sentence."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.archive.write import write_archive
from app.session.data import load
from app.session.phases import add_phase, new_plan
from app.session.project import Project, Source, StepFit, View, with_fits
from app.session.recovery import Recovery, discard, left_over
from app.session.store import open_project, save
from fitting.build import build_model
from fitting.chunkfit import fit_steps
from fitting.errors import PlanError, ReadError
from fitting.monitor import SilentMonitor
from fitting.simulate import simulate
from reference_lines import library

QUIET = SilentMonitor()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    archive = tmp_path_factory.mktemp("data") / "e1.h5"
    made = simulate("E1", steps=4, counts=2000.0, seed=1)
    write_archive(archive, made.series)
    sources = (Source((archive,)),)
    samples = load(sources, QUIET).samples
    series = [one for sample in samples for one in sample.series.values()]
    plan = new_plan(series, library(), ["Li6PS5Cl", "Li2S", "LiCl"]).plan
    first = samples[0]
    found = Project(sources, samples, plan, {}, View(sample=first.name, region="S 2p", step=1))
    table = build_model(plan)
    spectra = [{name: s.spectrum(k) for name, s in first.series.items()} for k in range(2)]
    results = fit_steps(table, spectra, ["", ""], None, "each", QUIET)
    return with_fits(found, first.name, {k: StepFit(plan, r) for k, r in enumerate(results)})


def test_a_project_comes_back_as_it_was(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "cell.deconvolyte"
    save(project, path)
    again = open_project(path, QUIET).project
    assert (again.sources, again.plan, again.view) == (project.sources, project.plan, project.view)
    assert again.plan is not None
    assert project.plan is not None
    assert list(again.plan.phases) == list(project.plan.phases) != sorted(project.plan.phases)
    assert [s.name for s in again.samples] == [s.name for s in project.samples]
    name = project.samples[0].name
    for step, fit in project.fits[name].items():
        other = again.fits[name][step]
        assert again.is_current(other)
        np.testing.assert_array_equal(other.result.values, fit.result.values)
        np.testing.assert_array_equal(other.result.covariance, fit.result.covariance)
        assert other.result.message == fit.result.message
    assert again.unfitted == project.unfitted > 0


def test_fits_of_an_older_plan_stay_and_are_known_as_such(project: Project, tmp_path: Path) -> None:
    assert project.plan is not None
    series = [one for sample in project.samples for one in sample.series.values()]
    newer = replace(project, plan=add_phase(project.plan, "Li3P", series, library()).plan)
    path = tmp_path / "cell.deconvolyte"
    save(newer, path)
    again = open_project(path, QUIET).project
    fit = again.fit_of(project.samples[0].name, 0)
    assert fit is not None
    assert fit.plan == project.plan
    assert not again.is_current(fit)


def test_a_phase_is_added_in_every_region_once(project: Project) -> None:
    assert project.plan is not None
    series = [one for sample in project.samples for one in sample.series.values()]
    plan = add_phase(project.plan, "Li3P", series, library()).plan
    regions = {region.name for region, c in plan.components.values() if c.phase == "Li3P"}
    assert regions == {"P 2p", "Li 1s"}
    with pytest.raises(PlanError, match="already"):
        add_phase(plan, "Li3P", series, library())
    with pytest.raises(PlanError, match="library"):
        add_phase(plan, "unobtainium", series, library())


def test_lithium_metal_brings_the_losses_of_what_is_under_it() -> None:
    series = simulate("E1", steps=2).series
    plan = new_plan(series, library(), ["Li6PS5Cl", "Li2S"]).plan
    covered = add_phase(plan, "Li0", series, library()).plan
    added = set(covered.components) - set(plan.components)
    assert {"li0_li1s", "li0_li1s_loss", "ps4_s2p_loss", "li2s_s2p_loss"} <= added
    assert covered.phases["loss_Li2S"].counted is False
    sulfur = covered.region("S 2p")
    assert sulfur is not None
    assert sulfur.window[1] == 172.0
    more = add_phase(covered, "Li3P", series, library()).plan
    assert set(more.components) - set(covered.components) == {
        "li3p_p2p",
        "li3p_li1s",
        "li3p_p2p_loss",
    }


def test_a_foreign_file_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "cell.deconvolyte"
    path.write_bytes(b"not a project")
    with pytest.raises(ReadError, match="no Deconvolyte project"):
        open_project(path, QUIET)


@pytest.mark.parametrize(
    "change", [{"format": 99}, {"plan": {"regions": 3}}, {"fits": [{"sample": "a"}]}, {"view": []}]
)
def test_a_damaged_project_is_one_sentence(
    project: Project, tmp_path: Path, change: dict[str, object]
) -> None:
    good, bad = tmp_path / "good.deconvolyte", tmp_path / "bad.deconvolyte"
    save(project, good)
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(bad, "w") as target:
        about = json.loads(source.read("project.json"))
        target.writestr("project.json", json.dumps({**about, **change}))
    with pytest.raises(ReadError, match=r"bad\.deconvolyte"):
        open_project(bad, QUIET)


def test_a_failed_save_leaves_the_old_file(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cell.deconvolyte"
    save(project, path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.session.store.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        save(replace(project, plan=None), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_crash_leaves_is_found_and_what_runs_is_let_be(
    project: Project, tmp_path: Path
) -> None:
    running = Recovery(tmp_path)
    running.keep(project, tmp_path / "cell.deconvolyte")
    assert left_over(tmp_path) == ()
    running._lock.close()  # as the system does for a process that dies
    (copy,) = left_over(tmp_path)
    opened = open_project(copy, QUIET)
    assert opened.origin == tmp_path / "cell.deconvolyte"
    assert opened.project.plan == project.plan
    discard(copy)
    assert list(tmp_path.iterdir()) == []


def test_a_project_that_is_closed_leaves_no_copy(project: Project, tmp_path: Path) -> None:
    running = Recovery(tmp_path)
    running.keep(project, None)
    running.end()
    assert list(tmp_path.iterdir()) == []
