"""Parts become results with the columns and regions of each step where they belong."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.archive.write import write_archive
from app.batch.job import Job
from app.batch.pool import Workers
from app.batch.prepare import Inputs, prepare_job
from app.batch.run import run_job
from app.batch.slices import result_slices
from app.io import read_file
from fitting.build import build_model
from fitting.errors import ArchiveError
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.result import SeriesResult
from tests.app.batch.test_prepare import BOTH
from tests.app.program import counts, write_matrix

STEPS = 66


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    folder = tmp_path_factory.mktemp("slices")
    whole = read_file(write_matrix(folder / "cellA__S 2p.csv", counts(STEPS)))[0]
    some = np.array([3, 64, 65])
    part = replace(
        whole,
        region="P 2p",
        intensity=whole.intensity[some],
        steps=some,
        columns={"charge_uAh_cm2": some * 10.0, "cycle": some * 1.0},
        counts_per_unit=np.ones(3),
    )
    write_archive(folder / "a.h5", [whole, part])
    plan = Plan.from_toml(BOTH.replace("chained", "independent"))
    job = prepare_job(Inputs((folder / "a.h5",), ()), plan, folder / "out").job
    job.parts.mkdir(parents=True)
    with Workers(1) as workers:
        assert run_job(job, workers, SilentMonitor()) == {}
    return job


@pytest.fixture(scope="module")
def results(job: Job) -> list[SeriesResult]:
    return [part.result for part in result_slices(job, 0, build_model(job.plan))]


def test_chunks_in_order(results: list[SeriesResult]) -> None:
    assert [result.steps.tolist() for result in results] == [list(range(64)), [64, 65]]
    assert [info.name for info in results[0].regions] == ["S 2p", "P 2p"]


def test_regions_are_where_they_were_measured(results: list[SeriesResult]) -> None:
    first, second = results
    assert first.present[:, 0].all()
    assert np.flatnonzero(first.present[:, 1]).tolist() == [3]
    assert second.present.all()


def test_columns_belong_to_their_region(results: list[SeriesResult]) -> None:
    first, second = results
    assert list(first.columns) == ["charge_uAh_cm2", "cycle"]
    np.testing.assert_array_equal(first.columns["charge_uAh_cm2"][:, 0], 0.25 * np.arange(64))
    charge = first.columns["charge_uAh_cm2"][:, 1]
    assert charge[3] == 30.0
    assert np.isnan(np.delete(charge, 3)).all()
    assert np.isnan(second.columns["cycle"][:, 0]).all()
    assert second.columns["cycle"][:, 1].tolist() == [64.0, 65.0]


def test_spectra_come_along(job: Job) -> None:
    first, second = result_slices(job, 0, build_model(job.plan))
    assert first.series["P 2p"].steps.tolist() == [3]
    assert second.series["S 2p"].steps.tolist() == [64, 65]
    np.testing.assert_array_equal(second.series["S 2p"].intensity, counts(STEPS)[:, 64:].T)


def test_a_part_that_is_gone(job: Job, tmp_path: Path) -> None:
    part = job.part(0, 0, 1)
    kept = part.rename(tmp_path / "kept")
    with pytest.raises(ArchiveError, match="a finished chunk is gone or damaged"):
        list(result_slices(job, 0, build_model(job.plan)))
    kept.rename(part)
