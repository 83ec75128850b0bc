"""Damaged, foreign and hostile files end in one sentence, never in another way."""

import random

import h5py
import numpy as np
import pytest

from app.archive.read import is_archive, open_series, read_archive, read_truth
from app.archive.write import write_archive
from fitting.errors import ArchiveError
from tests.app.archive.series import assert_same, example
from tests.shared_data import shared_file

REGION = "cell_A/S_2p"
OWN = "cell_A/deconvolyte/S_2p"
TRUTH = {"cell A": {"fractions/Li2S": np.linspace(0.0, 1.0, 900), "seed": np.array(1.0)}}


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "a.h5"
    write_archive(path, [example(k=70), example("Li 1s")], TRUTH)
    return path


def read_by_rows(path):
    return [handle.rows(0, handle.n_spectra) for handle in open_series(path)]


def refusal(path):
    """The sentence with which both ways of reading refuse a file."""
    with pytest.raises(ArchiveError) as whole:
        read_archive(path)
    with pytest.raises(ArchiveError):
        read_by_rows(path)
    assert whole.value.path == path
    return str(whole.value)


# --- damage


def outcome(path, series):
    """Whether a file was read, which is allowed only if everything is right."""
    try:
        found, truth = read_archive(path), read_truth(path)
    except ArchiveError:
        return "refused"
    assert len(found) == len(series)
    for before, after in zip(series, found, strict=True):
        assert_same(before, after)
    assert list(truth) == ["cell A"]
    for name, values in TRUTH["cell A"].items():
        assert truth["cell A"][name].tobytes() == values.tobytes()
    return "read"


def small_archive(path):
    """Little data and much structure (also dense attributes), so that damage hits structure."""
    columns = {f"channel{i}_V": np.arange(3.0) for i in range(9)}
    series = [example(k=3, n=40, columns=columns), example("Li 1s", k=1, n=4)]
    write_archive(path, series, TRUTH)
    return series, path.read_bytes()


def test_flipped_bits_are_refused_or_do_no_harm(tmp_path):
    path = tmp_path / "a.h5"
    series, good = small_archive(path)
    rng = random.Random(2)
    outcomes = set()
    for _ in range(250):
        position = rng.randrange(len(good))
        changed = bytearray(good)
        changed[position] ^= 1 << rng.randrange(8)
        path.write_bytes(changed)
        outcomes.add(outcome(path, series))
    assert "refused" in outcomes


def test_overwritten_stretches_are_refused_or_do_no_harm(tmp_path):
    path = tmp_path / "a.h5"
    series, good = small_archive(path)
    rng = random.Random(3)
    outcomes = set()
    for _ in range(150):
        position = rng.randrange(len(good) - 40)
        changed = bytearray(good)
        changed[position : position + 40] = rng.choice([bytes(40), b"\xff" * 40, rng.randbytes(40)])
        path.write_bytes(changed)
        outcomes.add(outcome(path, series))
    assert "refused" in outcomes


def test_every_truncation_is_refused(tmp_path):
    path = tmp_path / "a.h5"
    series, good = small_archive(path)
    for length in [*range(0, 64, 3), *range(64, len(good) - 1, 251), len(good) - 1]:
        path.write_bytes(good[:length])
        assert outcome(path, series) == "refused", length


def test_a_truncated_archive_says_so(archive):
    archive.write_bytes(archive.read_bytes()[:-100])
    assert "is damaged or cut short; copy it again or import it anew" in refusal(archive)
    assert not is_archive(archive)


# --- other files


def test_other_files_are_called_by_what_they_are(tmp_path):
    path = tmp_path / "a.h5"
    assert "no such file" in refusal(path)
    path.write_bytes(b"")
    assert "is empty" in refusal(path)
    path.write_text("binding energy, counts\n1,2\n")
    assert "is not an HDF5 file" in refusal(path)
    assert not is_archive(path)
    path.unlink()
    path.mkdir()
    assert "cannot be opened: Is a directory" in refusal(path)
    assert not is_archive(path)


def test_hdf5_of_other_programs_is_refused(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(3)
    assert "is an HDF5 file of another program, not an archive of Deconvolyte" in refusal(path)
    with h5py.File(path, "a") as file:
        file.create_group("entry").attrs["NX_class"] = "NXentry"
    assert "is a NeXus file of another program" in refusal(path)
    with h5py.File(path, "a") as file:
        file["entry/definition"] = "NXarpes"
    assert "is a NeXus file (NXarpes) of another program" in refusal(path)
    assert not is_archive(path)


@pytest.mark.real_data
def test_nexus_files_of_pynxtools_are_refused_by_name():
    path = shared_file("xps/phi_depth_profile/phi_pro_ref.nxs")
    before = path.read_bytes()
    assert "is a NeXus file (NXxps) of another program" in refusal(path)
    assert path.read_bytes() == before


def test_a_user_block_in_front_does_no_harm(archive, tmp_path):
    with h5py.File(tmp_path / "b.h5", "w", userblock_size=1024) as copy, h5py.File(archive) as file:
        copy.attrs.update(file.attrs)
        for name in file:
            file.copy(name, copy)
    assert is_archive(tmp_path / "b.h5")
    assert_same(read_archive(tmp_path / "b.h5")[0], example(k=70))


# --- what an edited archive may hold


def edit(path, change):
    with h5py.File(path, "r+") as file:
        change(file)


def replaced(name, make):
    """An edit that puts something else in the place of a field."""

    def change(file):
        del file[name]
        make(file, name)

    return change


def virtual(file, name):
    layout = h5py.VirtualLayout((70, 40), "f8")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (70, 40))
    file.create_virtual_dataset(name, layout)


def external(file, name):
    file.create_dataset(name, (70, 40), "f8", external=[("/etc/passwd", 0, 70 * 40 * 8)])


def huge(file, name):
    file.create_dataset(name, (10**9, 10**6), "f8", chunks=(1, 100))


def never_written(file, name):
    file.create_dataset(name, (70, 10**6), "f8", chunks=(1, 100))


def huge_chunk(file, name):
    data = file.create_dataset(name, (70, 40), "f8", maxshape=(None, None), chunks=(2**14, 2**14))
    assert data.chunks == (2**14, 2**14)


def odd_filter(file, name):
    file.create_dataset(name, data=np.ones((70, 40)), compression="lzf")


def references(file, name):
    file.create_dataset(name, (70, 40), h5py.ref_dtype)


def lists(file, name):
    file.create_dataset(name, (70, 40), h5py.vlen_dtype(np.float64))


def compound(file, name):
    file.create_dataset(name, (70, 40), [("a", "f8")])


EDITS = [
    (replaced(f"{REGION}/data", virtual), "is a virtual dataset of other files; refused"),
    (replaced(f"{REGION}/data", external), "keeps its data in another file; refused"),
    (replaced(f"{REGION}/data", huge), "declares 8,000,000,000,000,000 bytes"),
    (replaced(f"{REGION}/data", never_written), "refused as absurd"),
    (replaced(f"{REGION}/data", huge_chunk), "refused as absurd"),
    (replaced(f"{REGION}/data", odd_filter), "is packed with HDF5 filter 32000; only gzip"),
    (replaced(f"{REGION}/data", references), "holds object, need floats"),
    (replaced(f"{REGION}/data", lists), "holds object, need floats"),
    (replaced(f"{REGION}/data", compound), "need floats"),
    (replaced(f"{REGION}/data", lambda f, n: f.create_group(n)), "is not a field"),
    (replaced(f"{REGION}/data", lambda f, n: f.__setitem__(n, np.dtype("f8"))), "is not a field"),
    (replaced(f"{REGION}/data", lambda f, n: f.__setitem__(n, h5py.Empty("f8"))), "need floats"),
    (replaced(f"{REGION}/data", lambda f, n: f.__setitem__(n, np.ones(4))), "of shape|dimensions"),
    (replaced(f"{REGION}/data", lambda f, n: None), "S_2p/data: is missing"),
    (replaced(f"{REGION}/step", lambda f, n: f.__setitem__(n, np.ones(70))), "need integers"),
    (
        replaced(f"{REGION}/step", lambda f, n: f.__setitem__(n, np.zeros(70, int))),
        "step numbers must increase",
    ),
    (replaced(REGION, lambda f, n: None), "cell_A/S_2p: is missing"),
    (
        replaced(REGION, lambda f, n: f.__setitem__(n, h5py.SoftLink("/cell_A/Li_1s"))),
        "S_2p: is a link",
    ),
    (
        replaced(REGION, lambda f, n: f.__setitem__(n, h5py.ExternalLink("b.h5", "/x"))),
        'is a link to another file \\("b.h5"\\); refused',
    ),
    (
        lambda f: f.__setitem__("cell_A/truth/x", h5py.ExternalLink("/etc/passwd", "/")),
        "truth/x: is a link to another file",
    ),
    (lambda f: f.__setitem__("other", h5py.ExternalLink("b.h5", "/")), "link to another file"),
    (lambda f: f.attrs.__setitem__("deconvolyte_format", 2), "made by a newer version"),
    (lambda f: f.attrs.__setitem__("deconvolyte_format", 0), "formats count from 1"),
    (lambda f: f.attrs.__setitem__("deconvolyte_format", "one"), "need one integer"),
    (lambda f: f[REGION].attrs.__setitem__("position", 1), "position 1 is taken twice"),
    (lambda f: f[REGION].attrs.__delitem__("region"), "S_2p@region: is missing"),
    (lambda f: f[REGION].attrs.__setitem__("region", 3.5), "need text"),
    (replaced("cell_A/deconvolyte", lambda f, n: None), "is an archive without spectra"),
    (replaced(f"{OWN}/axis_kind", lambda f, n: f.__setitem__(n, np.bytes_("eV"))), "'eV'"),
    (
        replaced(f"{OWN}/metadata", lambda f, n: f.__setitem__(n, np.bytes_("[1]"))),
        "metadata are list, need a JSON object",
    ),
    (
        replaced(f"{OWN}/metadata", lambda f, n: f.__setitem__(n, np.bytes_("[" * 10**5))),
        "is damaged",
    ),
    (
        replaced(f"{OWN}/photon_energy", lambda f, n: f.__setitem__(n, np.ones(3))),
        "has shape \\(3,\\), need one number",
    ),
]


@pytest.mark.parametrize(("change", "words"), EDITS)
def test_hostile_edits_are_refused_with_the_place(archive, change, words):
    edit(archive, change)
    with pytest.raises(ArchiveError, match=words):
        read_archive(archive)
    with pytest.raises(ArchiveError):
        read_by_rows(archive)


def test_a_newer_version_is_still_recognised_as_an_archive(archive):
    edit(archive, lambda file: file.attrs.__setitem__("deconvolyte_format", 99))
    assert is_archive(archive)
    assert "(archive format 99, this one reads up to 1); update Deconvolyte" in refusal(archive)


def test_groups_that_contain_themselves_end(archive):
    def loop(file):
        truth = file["cell_A/truth"]
        truth["again"] = truth
        truth["once_more"] = truth

    edit(archive, loop)
    assert len(read_archive(archive)) == 2
    with pytest.raises(ArchiveError, match="is reached twice"):
        read_truth(archive)


def test_notes_and_links_inside_the_file_do_no_harm(archive):
    def note(file):
        file["cell_A/note"] = "measured on a Monday"
        file["cell_A/plot"] = h5py.SoftLink("/cell_A/S_2p")
        file["cell_A/again"] = file["cell_A/S_2p"]
        file["cell_A/S_2p"].attrs["comment"] = "good"
        file["cell_A/S_2p/smoothed"] = np.ones((70, 40))
        file["mine"] = np.arange(3)

    edit(archive, note)
    assert_same(read_archive(archive)[0], example(k=70))


def test_texts_rewritten_by_another_program_are_read(archive):
    edit(archive, lambda file: file[REGION].attrs.__setitem__("region", "S 2p, again"))
    assert read_archive(archive)[0].region == "S 2p, again"
