"""Growing fields: what is read is what was appended, in whatever pieces."""

import itertools

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.archive.rows import GrowingField, GrowingTexts


def pieces(values, cuts):
    edges = [0, *sorted(cut % (len(values) + 1) for cut in cuts), len(values)]
    return [values[a:b] for a, b in itertools.pairwise(edges)]


def stored(tmp_path_factory, kind, parts, **attributes):
    path = tmp_path_factory.mktemp("rows") / "a.h5"
    with h5py.File(path, "w", libver=("v110", "v110")) as file:
        field = kind(file, "field", **attributes)
        for part in parts:
            field.append(part)
        field.finish()
    return path


@settings(deadline=None, max_examples=30)
@given(
    rows=st.integers(0, 200),
    tail=st.sampled_from([(), (3,), (2, 2), (0,)]),
    cuts=st.lists(st.integers(0, 200), max_size=6),
)
def test_numbers_come_back_and_pieces_leave_no_trace(tmp_path_factory, rows, tail, cuts):
    values = np.random.default_rng(rows).normal(size=(rows, *tail))
    values[rows // 2 :] = np.nan
    cut = stored(tmp_path_factory, GrowingField, pieces(values, cuts), units="eV")
    whole = stored(tmp_path_factory, GrowingField, [values], units="eV")
    assert cut.read_bytes() == whole.read_bytes()
    with h5py.File(cut) as file:
        assert file["field"][()].tobytes() == values.tobytes()
        assert file["field"].shape == values.shape
        assert file["field"].attrs["units"] == b"eV"


@settings(deadline=None, max_examples=30)
@given(
    lengths=st.lists(st.integers(0, 70), max_size=200),
    cuts=st.lists(st.integers(0, 200), max_size=6),
)
def test_texts_of_any_length_come_back(tmp_path_factory, lengths, cuts):
    values = [["µ" * n, "x" * (70 - n)] for n in lengths]
    path = stored(tmp_path_factory, GrowingTexts, [np.zeros((0, 2), object), *pieces(values, cuts)])
    with h5py.File(path) as file:
        found = [[cell.decode() for cell in row] for row in file["field"][()].tolist()]
        assert found == values
        assert list(file) == ["field"]


def test_a_long_text_after_many_short_ones_widens_all(tmp_path_factory):
    values = [["short"]] * 150 + [["long " * 400]] + [["short"]] * 60
    path = stored(tmp_path_factory, GrowingTexts, pieces(values, [64, 128, 180]))
    with h5py.File(path) as file:
        assert [row[0].decode() for row in file["field"][()].tolist()] == [v[0] for v in values]
        assert file["field"].chunks == (64, 1)


def test_only_whole_chunks_are_written_before_the_end(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        field = GrowingField(file, "field")
        for _ in range(13):
            field.append(np.zeros((5, 4)))
        assert file["field"].shape == (64, 4)
        field.finish()
        assert file["field"].shape == (65, 4)
        assert file["field"].fletcher32


def test_texts_that_hdf5_cannot_hold_are_refused(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        field = GrowingTexts(file, "field")
        field.append([["a\0b"]])
        with pytest.raises(ValueError, match="NUL"):
            field.finish()
