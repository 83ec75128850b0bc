"""Descriptions of series on the disk, for many processes that read rows."""

import pickle
import subprocess
import sys

import h5py
import numpy as np
import pytest

from app.archive.read import is_archive, open_series, read_archive
from app.archive.write import write_archive
from fitting.errors import ArchiveError
from fitting.series import AxisKind, IntensityUnit, Technique
from tests.app.archive.series import assert_same, example


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "a.h5"
    write_archive(path, [example(k=200), example("200-600 cm-1", technique=Technique.RAMAN)])
    return path


def test_a_handle_says_what_is_there(archive):
    first, second = open_series(archive)
    assert (first.sample, first.region, first.technique) == ("cell A", "S 2p", Technique.XPS)
    assert (first.n_spectra, first.n_points) == (200, 40)
    assert first.steps.tolist() == list(range(200))
    assert first.columns == ("charge_uAh_cm2", "time_s", "resistance_ohm_cm2")
    assert first.axis_kind is AxisKind.BINDING_ENERGY
    assert first.intensity_unit is IntensityUnit.COUNTS
    assert first.photon_energy_eV == 1486.6
    assert second.axis_kind is AxisKind.RAMAN_SHIFT


def test_a_pickled_handle_reads_and_is_small(archive):
    handle = open_series(archive)[0]
    sent = pickle.dumps(handle)
    assert len(sent) < 4096
    assert_same(pickle.loads(sent).rows(64, 128), example(k=200).rows(64, 128))


def test_no_handle_is_held_open(archive):
    handle = open_series(archive)[0]
    handle.rows(0, 3)
    with h5py.File(archive, "r+") as file:  # refused while a reader holds the file
        file.attrs["note"] = "edited"
    assert len(handle.rows(0, 3)) == 3


def test_another_programs_lock_is_a_sentence(archive):
    code = (
        "import h5py, sys; f = h5py.File(sys.argv[1], 'r+'); print('open', flush=True);"
        "sys.stdin.read()"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", code, str(archive)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert writer.stdout.readline() == "open\n"
        with pytest.raises(ArchiveError, match="open for writing in another program"):
            read_archive(archive)
        assert not is_archive(archive)
    finally:
        writer.communicate("")


def test_an_archive_that_changed_since_is_noticed(archive):
    handle = open_series(archive)[0]
    other = example(k=200, steps=np.arange(200) * 2)
    write_archive(archive, [other, example("200-600 cm-1", technique=Technique.RAMAN)])
    with pytest.raises(ArchiveError, match="cell A/S 2p: is not what it was"):
        handle.rows(0, 64)


def test_an_archive_that_went_away_is_a_sentence(archive):
    handle = open_series(archive)[0]
    archive.unlink()
    with pytest.raises(ArchiveError, match="no such file"):
        handle.rows(0, 1)
