import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.archive.read import open_series, read_archive
from app.archive.write import write_archive
from app.batch.job import SPECTRA
from app.batch.prepare import Inputs, file_digest, prepare_job
from app.io import read_file
from fitting.errors import DataError, OutputError, ReadError
from fitting.plan import Plan
from fitting.series import AxisKind, Series
from tests.app.program import PLAN, spectra

BOTH = PLAN + PLAN[PLAN.index("[[regions]]") :].replace("S 2p", "P 2p").replace('"a', '"c').replace(
    '"b"', '"d"'
)


@pytest.fixture
def series(tmp_path: Path) -> Series:
    return read_file(spectra(tmp_path))[0]


def test_archives_stay_where_they_are(series: Series, tmp_path: Path) -> None:
    archive = tmp_path / "a.h5"
    write_archive(archive, [series])
    prepared = prepare_job(Inputs((archive,), ()), Plan.from_toml(PLAN), tmp_path / "out")
    (sample,) = prepared.job.samples
    assert sample.handles["S 2p"].path == archive
    assert sample.sources == {"S 2p": str(archive)}
    assert prepared.job.inputs == {str(archive): hashlib.sha256(archive.read_bytes()).hexdigest()}
    assert not (tmp_path / "out").exists()
    assert prepared.warnings == ()


def test_vendor_files_are_put_into_an_archive(series: Series, tmp_path: Path) -> None:
    inputs = Inputs((), (series,), (Path(series.source),))
    prepared = prepare_job(inputs, Plan.from_toml(PLAN), tmp_path / "out")
    (sample,) = prepared.job.samples
    own = sample.handles["S 2p"].path
    assert own.is_relative_to(tmp_path / "out" / ".parts" / "inputs")
    np.testing.assert_array_equal(read_archive(own)[0].intensity, series.intensity)
    assert sample.sources == {"S 2p": series.source}
    assert prepared.job.inputs[series.source] == file_digest(Path(series.source))
    assert prepared.job.inputs[SPECTRA] == file_digest(own)
    again = prepare_job(inputs, Plan.from_toml(PLAN), tmp_path / "out")
    assert again.job.hash == prepared.job.hash
    assert len(list(own.parent.iterdir())) == 1


def test_two_jobs_do_not_share_their_spectra(series: Series, tmp_path: Path) -> None:
    plan = Plan.from_toml(PLAN)
    first = prepare_job(Inputs((), (series,)), plan, tmp_path / "out").job
    other = replace(series, intensity=series.intensity + 1.0)
    second = prepare_job(Inputs((), (other,)), plan, tmp_path / "out").job
    paths = [job.samples[0].handles["S 2p"].path for job in (first, second)]
    assert paths[0] != paths[1]
    np.testing.assert_array_equal(read_archive(paths[0])[0].intensity, series.intensity)


def test_a_place_that_cannot_be_written(series: Series, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".parts").write_text("a file")
    with pytest.raises(OutputError, match=r"\.parts.*cannot be written"):
        prepare_job(Inputs((), (series,)), Plan.from_toml(PLAN), tmp_path / "out")


def test_samples_with_some_regions_and_with_none(series: Series, tmp_path: Path) -> None:
    others = [
        replace(series, sample="cellB", region="P 2p"),
        replace(series, sample="cellC", region="O 1s"),
    ]
    prepared = prepare_job(Inputs((), (series, *others)), Plan.from_toml(BOTH), tmp_path / "out")
    assert [sample.sample for sample in prepared.job.samples] == ["cellA", "cellB"]
    assert prepared.warnings == (
        "sample 'cellA' has no P 2p of the plan; it holds S 2p",
        "sample 'cellB' has no S 2p of the plan; it holds P 2p",
        "sample 'cellC' has no S 2p, P 2p of the plan; it holds O 1s",
    )


def test_regions_come_in_the_order_of_the_plan(series: Series, tmp_path: Path) -> None:
    both = (replace(series, region="P 2p"), series)
    prepared = prepare_job(Inputs((), both), Plan.from_toml(BOTH), tmp_path / "out")
    assert list(prepared.job.samples[0].handles) == ["S 2p", "P 2p"]


def test_nothing_of_the_plan(series: Series, tmp_path: Path) -> None:
    plan = Plan.from_toml(PLAN.replace("S 2p", "O 1s"))
    with pytest.raises(DataError, match=r"\(O 1s\) was found: sample 'cellA' .* it holds S 2p"):
        prepare_job(Inputs((), (series,)), plan, tmp_path / "out")


def test_kinetic_energies(series: Series, tmp_path: Path) -> None:
    kinetic = replace(series, axis_kind=AxisKind.KINETIC_ENERGY)
    plan = Plan.from_toml(PLAN)
    with pytest.raises(ReadError, match="cellA/S 2p: holds kinetic energies; give --photon-energy"):
        prepare_job(Inputs((), (kinetic,)), plan, tmp_path / "out")
    known = replace(kinetic, photon_energy_eV=1486.6)
    assert prepare_job(Inputs((), (known,)), plan, tmp_path / "out").job.samples


def test_an_archive_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"a\.h5: cannot be read: No such file"):
        prepare_job(Inputs((tmp_path / "a.h5",), ()), Plan.from_toml(PLAN), tmp_path / "out")


def test_samples_of_one_name_in_two_archives_stay_apart(series: Series, tmp_path: Path) -> None:
    paths = (tmp_path / "a.h5", tmp_path / "b.h5")
    for path in paths:
        write_archive(path, [series])
    job = prepare_job(Inputs(paths, ()), Plan.from_toml(PLAN), tmp_path / "out").job
    assert [sample.sources["S 2p"] for sample in job.samples] == [str(path) for path in paths]
    assert len(open_series(paths[0])) == 1
