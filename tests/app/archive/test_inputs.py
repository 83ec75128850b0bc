"""Archives and vendor files in one call, bad ones apart."""

import pytest

from app.archive.inputs import load_inputs
from app.archive.write import write_archive
from app.io import ReadOptions
from fitting.errors import FitCancelled
from fitting.monitor import SilentMonitor
from fitting.series import AxisKind, Technique
from tests.app.archive.series import assert_same, example
from tests.shared_data import shared_file

MATRIX = (
    "binding_energy_eV\\charge_uAh_cm2,0,1,2\n160,10,11,12\n161,20,21,22\n162,10,9,8\n163,1,2,3\n"
)


def load(*paths, **options):
    return load_inputs(paths, ReadOptions(**options), SilentMonitor())


def test_archives_and_tables_are_read_in_order_and_bad_ones_named(tmp_path):
    write_archive(tmp_path / "a.h5", [example(), example("Li 1s")])
    (tmp_path / "cellB__P 2p.csv").write_text(MATRIX)
    cut = tmp_path / "cut.h5"
    cut.write_bytes((tmp_path / "a.h5").read_bytes()[:-200])
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / ".a.h5.0123.part").write_bytes(b"half")
    series, errors = load(tmp_path, tmp_path / "missing.vms")
    assert [s.region for s in series] == ["S 2p", "Li 1s", "P 2p"]
    assert_same(series[0], example())
    assert [error.path.name for error in errors] == ["cut.h5", "picture.png", "missing.vms"]
    assert "damaged or cut short" in str(errors[0])


def test_the_ending_of_a_name_means_nothing(tmp_path):
    write_archive(tmp_path / "a.csv", [example()])
    series, errors = load(tmp_path / "a.csv")
    assert (len(series), errors) == (1, [])


def test_empty_folders_are_errors_and_the_rest_goes_on(tmp_path):
    (tmp_path / "empty").mkdir()
    write_archive(tmp_path / "a.h5", [example()])
    series, errors = load(tmp_path / "empty", tmp_path / "a.h5")
    assert len(series) == 1
    assert "is a folder without files" in str(errors[0])


def test_what_the_user_says_goes_for_archives_too(tmp_path):
    kinetic = example(
        axis_kind=AxisKind.KINETIC_ENERGY, photon_energy_eV=None, work_function_eV=None
    )
    write_archive(tmp_path / "a.h5", [kinetic])
    [found], errors = load(
        tmp_path / "a.h5", sample="B", photon_energy_eV=6000.0, work_function_eV=4.5
    )
    assert errors == []
    assert (found.sample, found.photon_energy_eV, found.work_function_eV) == ("B", 6000.0, 4.5)
    assert found.technique is Technique.HAXPES


def test_names_for_files_of_many_are_refused(tmp_path):
    write_archive(tmp_path / "a.h5", [example(), example(sample="B")])
    assert "holds 2 samples; --sample" in str(load(tmp_path / "a.h5", sample="C")[1][0])
    assert "holds 2 regions; --region" in str(load(tmp_path / "a.h5", region="C")[1][0])


def test_cancelling_stops_between_files(tmp_path):
    class Impatient(SilentMonitor):
        def cancelled(self) -> bool:
            return True

    write_archive(tmp_path / "a.h5", [example()])
    with pytest.raises(FitCancelled):
        load_inputs([tmp_path / "a.h5"], ReadOptions(), Impatient())


@pytest.mark.real_data
def test_foreign_nexus_beside_other_files_is_one_error():
    path = shared_file("xps/phi_depth_profile/phi_pro_ref.nxs")
    series, [error] = load(path)
    assert series == []
    assert "NeXus file (NXxps) of another program" in str(error)
