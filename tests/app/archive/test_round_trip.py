"""What is written comes back, bit for bit."""

import os
import pathlib
import tempfile
import time
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.archive.read import is_archive, open_series, read_archive, read_truth
from app.archive.write import write_archive
from fitting.errors import ArchiveError
from fitting.series import Technique
from tests.app.archive.series import assert_same, example, experiments


@settings(deadline=None, max_examples=50)
@given(written=experiments())
def test_any_experiment_comes_back_bit_for_bit(written):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "a.h5"
        write_archive(path, written)
        found = read_archive(path)
        assert len(found) == len(written)
        for before, after in zip(written, found, strict=True):
            assert_same(before, after)
        for before, handle in zip(written, open_series(path), strict=True):
            assert_same(before, handle.rows(0, len(before)))


def test_nan_payloads_and_signed_zeros_survive(tmp_path):
    odd = np.array([0x7FF8000000000001, 0xFFF8DEADBEEF0000], "u8").view(float)
    series = example(k=1, n=3, intensity=[[odd[0], -0.0, odd[1]]])
    write_archive(tmp_path / "a.h5", [series])
    assert_same(series, read_archive(tmp_path / "a.h5")[0])


def test_large_padded_series_with_own_axes_come_back(tmp_path):
    k, n = 200, 150
    intensity = np.random.default_rng(1).poisson(50.0, (k, n)).astype(float)
    intensity[:, 140:] = np.nan
    series = example(k=k, n=n, intensity=intensity, x=np.add.outer(np.arange(k), np.arange(n)))
    write_archive(tmp_path / "a.h5", [series])
    assert_same(series, read_archive(tmp_path / "a.h5")[0])


def test_truth_comes_back_by_sample_and_path_in_order(tmp_path):
    truth = {
        "cell A": {
            "fractions/Li 2S/area": np.linspace(0, 1, 1000),
            "fractions": np.array(3.0),
            "fractions/Li_2S/area": np.array([[1.0, np.nan]]),
            "a//b": np.empty((0, 3)),
            "": np.array([7.0]),
        },
        "cell/B": {"x": np.zeros((3, 4, 5))},
    }
    both = [example(), example(sample="cell/B"), example(technique=Technique.RAMAN, region="R")]
    write_archive(tmp_path / "a.h5", both, truth)
    found = read_truth(tmp_path / "a.h5")
    assert {sample: list(paths) for sample, paths in found.items()} == {
        sample: list(paths) for sample, paths in truth.items()
    }
    for sample, paths in truth.items():
        for path, values in paths.items():
            assert found[sample][path].shape == values.shape
            assert found[sample][path].tobytes() == values.tobytes()


def test_no_truth_is_an_empty_answer(tmp_path):
    write_archive(tmp_path / "a.h5", [example()])
    assert read_truth(tmp_path / "a.h5") == {}


def test_truth_of_an_unknown_sample_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(ArchiveError, match='no series of a sample "cell B"; there are: cell A'):
        write_archive(tmp_path / "a.h5", [example()], {"cell B": {}})
    assert list(tmp_path.iterdir()) == []


def test_metadata_beyond_json_become_the_nearest_json(tmp_path):
    metadata = {
        "gain": np.float64(2.5),
        "sweeps": np.int64(3),
        "curve": np.arange(3),
        "pair": (1, 2),
        "when": datetime(2026, 1, 2, tzinfo=UTC),
        "path": pathlib.PurePosixPath("a/b"),
        "raw": b"\xe9",
        "lone": "\ud800",
        "infinite": float("inf"),
    }
    write_archive(tmp_path / "a.h5", [example(metadata=metadata)])
    assert read_archive(tmp_path / "a.h5")[0].metadata == {
        "gain": 2.5,
        "sweeps": 3,
        "curve": [0, 1, 2],
        "pair": [1, 2],
        "when": "2026-01-02T00:00:00+00:00",
        "path": "a/b",
        "raw": "é",
        "lone": "\ud800",
        "infinite": float("inf"),
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"metadata": {"a": {"b": object()}}}, "metadata: .*type object cannot be kept as JSON"),
        ({"region": "S\0p"}, "NUL character"),
        ({"source": "\ud800"}, "cannot be kept in HDF5"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(tmp_path, changes, words):
    path = tmp_path / "a.h5"
    with pytest.raises(ArchiveError, match=words):
        write_archive(path, [example(**changes)])
    assert list(tmp_path.iterdir()) == []


def test_metadata_that_contain_themselves_are_refused(tmp_path):
    metadata: dict = {}
    metadata["self"] = metadata
    with pytest.raises(ArchiveError, match="metadata"):
        write_archive(tmp_path / "a.h5", [example(metadata=metadata)])


def test_nothing_and_twice_the_same_are_refused(tmp_path):
    with pytest.raises(ArchiveError, match="at least one series"):
        write_archive(tmp_path / "a.h5", [])
    with pytest.raises(ArchiveError, match="cell A/S 2p: is given twice"):
        write_archive(tmp_path / "a.h5", [example(), example()])


def test_equal_input_gives_equal_bytes_whatever_the_time_and_name(tmp_path):
    series = [example(k=100, n=200), example("Li 1s", k=100)]
    write_archive(tmp_path / "a.h5", series, {"cell A": {"x/y": np.arange(9.0)}})
    time.sleep(1.1)  # HDF5 counts times in seconds
    write_archive(tmp_path / "another.h5", series, {"cell A": {"x/y": np.arange(9.0)}})
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "another.h5").read_bytes()


def test_a_failed_write_leaves_the_old_archive_and_no_wreck(tmp_path, monkeypatch):
    path = tmp_path / "a.h5"
    write_archive(path, [example()])
    before = path.read_bytes()

    def full(_fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ArchiveError, match="cannot be written: No space left on device"):
        write_archive(path, [example("Li 1s")])
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.h5"]


def test_a_missing_folder_is_a_sentence(tmp_path):
    with pytest.raises(ArchiveError, match="cannot be written"):
        write_archive(tmp_path / "no" / "a.h5", [example()])


def test_reading_changes_nothing(tmp_path):
    path = tmp_path / "a.h5"
    write_archive(path, [example()])
    path.chmod(0o444)
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    read_archive(path)
    open_series(path)[0].rows(0, 2)
    assert is_archive(path)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_ten_thousand_spectra_are_written_and_read_within_seconds(tmp_path):
    path = tmp_path / "a.h5"
    series = example(k=10_000, n=281, sigma=None)
    start = time.process_time()
    write_archive(path, [series])
    written = time.process_time()
    assert_same(series, read_archive(path)[0])
    read = time.process_time()
    assert written - start < 8.0
    assert read - written < 4.0
    assert path.stat().st_size < 0.25 * series.intensity.nbytes


@settings(deadline=None, max_examples=25)
@given(first=st.integers(-12, 12), last=st.integers(-12, 12), own_axes=st.booleans())
def test_rows_of_a_handle_are_rows_of_the_series(first, last, own_axes):
    x = np.add.outer(np.arange(7), np.arange(9)) if own_axes else np.arange(9)
    series = example(k=7, n=9, x=x)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "a.h5"
        write_archive(path, [series])
        assert_same(series.rows(first, last), open_series(path)[0].rows(first, last))
