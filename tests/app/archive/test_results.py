"""result.h5: comes back bit for bit, opens in NeXus tools, and is as safe as an archive."""

import dataclasses
import pickle
import random
import tracemalloc

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.archive.nxfit import CURVE_BYTES
from app.archive.read import read_archive
from app.archive.results import ResultWriter, read_results
from app.archive.write import write_archive
from fitting.curves import redraw
from fitting.errors import ArchiveError
from fitting.quantify import quantify
from fitting.result import FitStatus, SeriesResult
from fitting.series import AxisKind, Series, Technique
from tests.app.archive.series import assert_same
from tests.app.archive.test_nexus import VALID_NAME, all_items, check_plot, default_plot, words
from tests.fitted_series import E1_PLAN, e1_series, fitted

STEPS = 5
PER_STEP = ("columns", "values", "covariance", "upper_limit", "deviance_drop",
            "lower95", "upper95", "at_bound", "status", "steps",
            "reduced_chi_square", "present", "sigma_source", "message", "start", "tried",
            "runner_up")  # fmt: skip


@dataclasses.dataclass(frozen=True, eq=False)
class Sample:
    table: object
    result: SeriesResult
    series: dict[str, Series]


@pytest.fixture(scope="module")
def samples():
    found = []
    for series in e1_series(STEPS).values():
        # the second region lacks a step, as it may in life
        gap = {**series, "P 2p": without_row(series["P 2p"], 2)}
        table, result = fitted(E1_PLAN, gap)
        found.append(Sample(table, result, gap))
    return found


def without_row(series, row):
    keep = np.arange(len(series)) != row
    return taken(series, np.flatnonzero(keep), series.steps[keep])


def taken(series, rows, steps):
    """Rows of a series, any number of times, under new step numbers."""
    part = {
        name: None if getattr(series, name) is None else getattr(series, name)[rows]
        for name in ("intensity", "sigma", "counts_per_unit", "acquisition_start", "acquisition_s")
    }
    columns = {name: values[rows] for name, values in series.columns.items()}
    x = series.x if series.x.ndim == 1 else series.x[rows]
    return dataclasses.replace(series, **part, x=x, steps=steps, columns=columns)


def result_rows(result, rows, steps):
    def part(value):
        return tuple(value[k] for k in rows) if isinstance(value, tuple) else value[rows]

    fields = {
        name: {c: v[rows] for c, v in result.columns.items()}
        if name == "columns"
        else part(getattr(result, name))
        for name in PER_STEP
    }
    return dataclasses.replace(result, **{**fields, "steps": steps})


def long_sample(sample, count):
    """The same steps over and over."""
    rows = np.arange(count) % STEPS
    result = result_rows(sample.result, rows, np.arange(count))
    series = {}
    for name, one in sample.series.items():
        here = np.flatnonzero(np.isin(rows, one.steps))
        series[name] = taken(one, np.searchsorted(one.steps, rows[here]), here)
    return Sample(sample.table, result, series)


def cut(sample, first, last):
    result = result_rows(sample.result, np.arange(first, last), sample.result.steps[first:last])
    series = {}
    for name, one in sample.series.items():
        begin, end = np.searchsorted(one.steps, [first, last])
        series[name] = one.rows(int(begin), int(end))
    return result, series


def write(path, samples, size=64, fail=None):
    with ResultWriter(path, samples[0].result.plan) as writer:
        for sample in samples:
            count = len(sample.result)
            writer.start_sample(*cut(sample, 0, min(size, count)), count)
            for first in range(0, count, size):
                writer.append(*cut(sample, first, min(first + size, count)))
            writer.end_sample()
            if fail is not None:
                raise fail
    return path


@pytest.fixture(scope="module")
def written(samples, tmp_path_factory):
    return write(tmp_path_factory.mktemp("results") / "result.h5", samples)


def assert_equal(before: SeriesResult, after: SeriesResult):
    for field in dataclasses.fields(SeriesResult):
        a, b = getattr(before, field.name), getattr(after, field.name)
        if field.name == "columns":
            assert list(a) == list(b)
            assert all(a[name].tobytes() == b[name].tobytes() for name in a)
        elif field.name == "parameters":
            assert repr(a) == repr(b)
        elif isinstance(a, np.ndarray):
            assert (a.shape, a.dtype, a.tobytes()) == (b.shape, b.dtype, b.tobytes()), field.name
        else:
            assert a == b, field.name


# --- round trip


def test_results_come_back_bit_for_bit(samples, written):
    for sample, handle in zip(samples, read_results(written), strict=True):
        assert_equal(sample.result, handle.rows(0, handle.n_steps))
        assert handle.n_steps == STEPS
        assert handle.columns == tuple(sample.result.columns)
        for name, one in sample.series.items():
            assert_same(one, handle.series(name, 0, STEPS))


def test_fitted_spectra_come_back_as_an_archive(samples, written):
    expected = [one for sample in samples for one in sample.series.values()]
    for before, after in zip(expected, read_archive(written), strict=True):
        assert_same(before, after)


def test_any_rows_can_be_read_alone(samples, tmp_path):
    sample = long_sample(samples[0], 150)
    (handle,) = read_results(write(tmp_path / "r.h5", [sample]))
    for first, last in [(0, 1), (63, 66), (100, 150), (70, 70), (149, 999)]:
        last = min(last, 150)
        result, series = cut(sample, first, last)
        assert_equal(result, handle.rows(first, last))
        for name, one in series.items():
            assert_same(one, handle.series(name, first, last))


def test_pieces_change_no_number_and_equal_pieces_no_byte(samples, tmp_path):
    sample = long_sample(samples[1], 140)
    whole = contents(write(tmp_path / "whole.h5", [sample], 140))
    first = write(tmp_path / "a.h5", [sample], 33)
    assert contents(first) == whole
    assert write(tmp_path / "b.h5", [sample], 33).read_bytes() == first.read_bytes()


def contents(path):
    with h5py.File(path) as file:
        return {
            name: (item.shape, item.dtype, item[()].tobytes())
            for name, item in all_items(file).items()
            # fractions are sums over matrices, whose last bit depends on their size
            if isinstance(item, h5py.Dataset) and "phase_fractions" not in name
        }


def test_handles_are_small_and_pickle(samples, written):
    handle = pickle.loads(pickle.dumps(read_results(written)[1]))
    assert len(pickle.dumps(handle)) < 40_000
    assert_equal(samples[1].result, handle.rows(0, STEPS))


@settings(deadline=None, max_examples=5)
@given(words=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
                      min_size=STEPS, max_size=STEPS))  # fmt: skip
def test_any_message_comes_back(samples, tmp_path_factory, words):
    message = tuple((word, "") for word in words)
    result = dataclasses.replace(samples[0].result, message=message)
    changed = Sample(samples[0].table, result, samples[0].series)
    (handle,) = read_results(write(tmp_path_factory.mktemp("m") / "r.h5", [changed]))
    assert handle.rows(0, STEPS).message == message


def test_memory_does_not_grow_with_the_steps(samples, tmp_path, monkeypatch):
    monkeypatch.setattr("app.archive.store._VALUES_PER_COLUMN_CHUNK", 64)
    peaks = []
    for count in (128, 384):
        sample = long_sample(samples[0], count)
        parts = [cut(sample, first, first + 64) for first in range(0, count, 64)]
        with ResultWriter(tmp_path / "r.h5", sample.result.plan) as writer:
            writer.start_sample(*parts[0], count)
            tracemalloc.start()
            for part in parts:
                writer.append(*part)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


# --- NeXus


def test_default_plot_is_the_fractions_of_the_first_region(samples, written):
    sample = samples[0]
    table = next(t for t in quantify(sample.result, sample.table) if t.basis == "area")
    with h5py.File(written) as file:
        data = default_plot(file)
        names = [words(data.attrs["signal"]), *words(data.attrs["auxiliary_signals"])]
        assert [words(data[name].attrs["long_name"]) for name in names] == list(table.names)
        for q, name in enumerate(names):
            assert np.array_equal(data[name][()], table.fraction[:, q], equal_nan=True)
            assert np.array_equal(data[f"{name}_errors"][()], table.stderr[:, q], equal_nan=True)
        assert words(data.attrs["axes"]) == ["charge_uAh_cm2"]
        assert np.array_equal(
            data["charge_uAh_cm2"][()], sample.result.columns["charge_uAh_cm2"][:, 0]
        )


def test_fractions_leave_out_steps_without_the_region_and_what_is_not_counted(samples, written):
    with h5py.File(written) as file:
        data = next(iter(file.values()))["phase_fractions/P_2p_area"]
        assert "loss" not in data
        assert data["unassigned"].shape == (STEPS - 1,)
        assert data["charge_uAh_cm2"].shape == (STEPS - 1,)
        assert {"P_2p_area", "P_2p_atomic", "S_2p_area", "S_2p_atomic"} < set(data.parent)


def test_fit_curves_are_those_of_the_fit(samples, written):
    sample = samples[0]
    series = sample.series["P 2p"]
    with h5py.File(written) as file:
        fit = next(iter(file.values()))["fit_P_2p"]
        data = fit["data"]
        assert data["input_dependent"] == file[f"{fit.parent.name}/P_2p/data"]
        assert data["input_independent"] == file[f"{fit.parent.name}/P_2p/energy"]
        for row, step in enumerate(series.steps.tolist()):
            drawn = redraw(sample.table, sample.result, step, series)
            assert np.array_equal(data["fit_sum"][row], drawn.envelope, equal_nan=True)
            for name, curve in zip(drawn.names, drawn.components, strict=True):
                own = fit[f"peak_{name}/data/intensity"][row]
                assert np.array_equal(own, curve, equal_nan=True)
            background = fit["background/data/intensity"][row]
            assert np.array_equal(background, drawn.background, equal_nan=True)
        total = data["fit_sum"][()] + data["residual"][()]
        inside = np.isfinite(total)
        assert inside.any()
        assert np.allclose(total[inside], series.intensity[inside])
        assert check_fit_plots(fit) == 2 + len(sample.table.regions[1].components)


def check_fit_plots(fit):
    found = [
        item for item in all_items(fit).values() if words(item.attrs.get("NX_class")) == "NXdata"
    ]
    for data in found:
        signal = data[words(data.attrs["signal"])]
        for dimension, name in enumerate(words(data.attrs["axes"])):
            assert data[name].shape == (signal.shape[dimension],)
    return len(found)


def test_fit_parameters_have_values_errors_bounds_and_links(samples, written):
    sample = samples[0]
    table, result = sample.table, sample.result
    with h5py.File(written) as file:
        peak = next(iter(file.values()))["fit_S_2p/peak_ps4_s2p"]
        assert words(peak.attrs["phase"]) == "Li6PS5Cl"
        assert words(peak["function/function_type"][()]) == "Gaussian-Lorentzian Sum"
        own = peak["function/fit_parameters"]
        place = table.index["ps4_s2p.fwhm"]
        stderr = [result.stderr(k)[list(table.free).index(place)] for k in range(STEPS)]
        assert np.array_equal(own["width"][()], result.values[:, place])
        assert np.allclose(own["width_errors"][()], stderr, rtol=1e-12)
        assert (own["width"].attrs["min_value"], own["width"].attrs["max_value"]) == (0.7, 1.8)
        assert words(own["width"].attrs["units"]) == "eV"
        assert not own["width"].attrs["fixed"]
        assert own["position"].attrs["fixed"]
        assert "position_errors" not in own
        assert np.array_equal(peak["total_area"][()], own["area"][()])
        linked = peak.parent["peak_free_s2p/function/fit_parameters/area"]
        assert words(linked.attrs["link"]) == "ps4_s2p.area * 0.25"
        assert np.allclose(linked[()] * 4.0, own["area"][()])
        goodness = peak.parent["figure_of_merit_reduced_chi_square"]
        assert words(goodness.attrs["metric"]) == "reduced chi-square"
        assert np.array_equal(goodness[()], result.reduced_chi_square[:, 0])
        shape = peak.parent["background/function"]
        assert words(shape["function_type"][()]) == "Shirley"
        assert set(shape["fit_parameters"]) == {"k", "k_errors", "level", "level_errors"}


def test_names_are_valid_and_groups_have_classes(written):
    with h5py.File(written) as file:
        for name, item in all_items(file).items():
            assert VALID_NAME.match(name.rsplit("/", 1)[-1]), name
            assert isinstance(item, h5py.Dataset) or "NX_class" in item.attrs, name
        for entry in file.values():
            for region in ("S_2p", "P_2p"):
                assert "definition" in entry
                assert words(entry["definition"][()]) == "NXxps"
                assert "data_errors" not in entry[region]


def test_curves_of_peaks_are_left_out_where_they_would_fill_the_disk(samples, tmp_path):
    sample = samples[0]
    points = sample.series["S 2p"].intensity.shape[1]
    for many, kept in ((CURVE_BYTES // (points * 4 * 8), True), (CURVE_BYTES // points, False)):
        with ResultWriter(tmp_path / "r.h5", sample.result.plan) as writer:
            writer.start_sample(sample.result, sample.series, many)
            writer.append(sample.result, sample.series)
        with h5py.File(tmp_path / "r.h5") as file:
            fit = next(iter(file.values()))["fit_S_2p"]
            assert ("data" in fit["peak_li2s_s2p"]) is kept
            assert ("curves_of_peaks" in fit.attrs) is not kept
            assert fit["data/fit_sum"].shape == (STEPS, points)


def variant(sample, technique=Technique.XPS, **changes):
    """The sample with its P 2p measured in another way."""
    series = {**sample.series, "P 2p": dataclasses.replace(sample.series["P 2p"], **changes)}
    series["P 2p"] = dataclasses.replace(series["P 2p"], technique=technique)
    regions = (
        sample.result.regions[0],
        dataclasses.replace(sample.result.regions[1], technique=technique),
    )
    result = dataclasses.replace(sample.result, regions=regions)
    return Sample(sample.table, result, series)


@pytest.mark.parametrize("own_axes", [False, True])
def test_kinetic_energies_get_their_binding_energies(samples, tmp_path, own_axes):
    x = 1486.6 - samples[0].series["P 2p"].x
    if own_axes:
        x = np.add.outer(0.01 * np.arange(STEPS - 1), x)
    sample = variant(samples[0], axis_kind=AxisKind.KINETIC_ENERGY, x=x)
    (handle,) = read_results(write(tmp_path / "r.h5", [sample]))
    assert_same(sample.series["P 2p"], handle.series("P 2p", 0, STEPS))
    with h5py.File(tmp_path / "r.h5") as file:
        data = next(iter(file.values()))["fit_P_2p/data"]
        assert np.allclose(data["input_independent"][()], 1486.6 - x)
        assert words(data.attrs["axes"])[1] == ("." if own_axes else "input_independent")


def test_two_techniques_of_one_sample_are_one_result(samples, tmp_path):
    sample = variant(samples[0], technique=Technique.HAXPES)
    (handle,) = read_results(write(tmp_path / "r.h5", [sample]))
    assert_equal(sample.result, handle.rows(0, STEPS))
    for name, one in sample.series.items():
        assert_same(one, handle.series(name, 0, STEPS))
    with h5py.File(tmp_path / "r.h5") as file:
        assert len(file) == 2
        assert [("fit_S_2p" in e, "fit_P_2p" in e) for e in file.values()] == [
            (False, True),
            (True, False),
        ]


def test_what_failed_is_a_gap(samples, tmp_path):
    status = np.array(samples[0].result.status)
    status[1] = FitStatus.FAILED
    values = np.array(samples[0].result.values)
    values[1] = np.nan
    result = dataclasses.replace(samples[0].result, status=status, values=values)
    sample = Sample(samples[0].table, result, samples[0].series)
    (handle,) = read_results(write(tmp_path / "r.h5", [sample]))
    assert_equal(result, handle.rows(0, STEPS))
    with h5py.File(tmp_path / "r.h5") as file:
        entry = next(iter(file.values()))
        assert np.isnan(entry["fit_S_2p/data/fit_sum"][1]).all()
        assert np.isnan(default_plot(file)["Li2S"][1])
        assert np.isfinite(default_plot(file)["Li2S"][0])


# --- writing ends well or leaves nothing


def test_an_error_leaves_the_old_file_and_no_other(samples, tmp_path):
    path = tmp_path / "r.h5"
    path.write_text("old")
    with pytest.raises(ValueError, match="of other samples"):
        write(path, samples, fail=ValueError("of other samples"))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_fitted_is_no_file(samples, tmp_path):
    with (
        pytest.raises(ArchiveError, match="nothing was fitted"),
        ResultWriter(tmp_path / "r.h5", samples[0].result.plan),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_text_that_cannot_be_kept_is_an_archive_error(samples, tmp_path):
    result = dataclasses.replace(samples[0].result, message=(("a\0b", ""),) * STEPS)
    with pytest.raises(ArchiveError, match="NUL"):
        write(tmp_path / "r.h5", [Sample(None, result, samples[0].series)])
    assert list(tmp_path.iterdir()) == []


# --- damaged and hostile files


def outcome(path, sample):
    """Whether a file was read, which is allowed only if everything is right."""
    try:
        (handle,) = read_results(path)
        result = handle.rows(0, STEPS)
        series = {name: handle.series(name, 0, STEPS) for name in sample.series}
    except ArchiveError:
        return "refused"
    assert_equal(sample.result, result)
    for name, one in series.items():
        assert_same(sample.series[name], one)
    return "read"


def test_damage_is_refused_or_does_no_harm(samples, tmp_path):
    path = write(tmp_path / "r.h5", samples[:1])
    good = path.read_bytes()
    rng = random.Random(5)
    outcomes = set()
    for number in range(60):
        position = rng.randrange(len(good) - 40)
        changed = bytearray(good)
        if number % 2:
            changed[position] ^= 1 << rng.randrange(8)
        else:
            changed[position : position + 40] = rng.randbytes(40)
        path.write_bytes(changed)
        outcomes.add(outcome(path, samples[0]))
    assert "refused" in outcomes
    path.write_bytes(good[: len(good) // 2])
    assert outcome(path, samples[0]) == "refused"


@pytest.fixture
def own(samples, tmp_path):
    """Group of the numbers of a result, open for tampering, and its path."""
    path = write(tmp_path / "r.h5", samples[:1])
    with h5py.File(path, "r+") as file:
        yield next(iter(file.values()))["deconvolyte_result"], path


def replace_field(group, name, value):
    del group[name]
    group[name] = value


def texts(*values):
    return np.array([v.encode() for v in values], dtype=h5py.string_dtype("utf-8", 80))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("plan", texts('{"regions": []}'), "is not a plan"),
        ("plan", texts("[1]"), "is not a plan"),
        ("plan", texts("{"), "damaged"),
        ("plan", texts("[" * 79), "damaged"),
        ("provenance", texts('{"seed": "x"}'), "is not the provenance"),
        ("free", np.array([0, 10**6]), "points beyond"),
        ("free", np.array([-1]), "points beyond"),
        ("free", np.array([0, 1]), "damaged"),
        ("status", np.full((STEPS, 2), 7), "mean nothing"),
        ("values", np.zeros((STEPS, 3)), "damaged"),
        ("values", np.zeros((STEPS, 3), dtype="i8"), "need floats"),
        ("step", np.arange(STEPS)[::-1].copy(), "step numbers in order"),
        ("step", np.arange(3), "need 3"),
        ("message", np.array([[b"a"]] * STEPS), "words that do not belong"),
        ("parameters/state", texts("free"), "different lengths"),
        ("parameters/linear", np.zeros(3, dtype="i8"), "different lengths"),
        ("regions/technique", texts("XPS", "spectroscopy"), "damaged"),
        ("regions/name", texts("S 2p", "Cl 2p"), "lacks the spectra of Cl 2p"),
    ],
)
def test_tampered_results_are_refused(own, name, value, said):
    group, path = own
    replace_field(group, name, value)
    group.file.close()
    with pytest.raises(ArchiveError, match=said):
        read_results(path)[0].rows(0, STEPS)


def test_missing_fields_links_and_newer_formats_are_refused(own):
    group, path = own
    del group["covariance"]
    group["covariance"] = h5py.SoftLink("/nowhere")
    group.file.close()
    with pytest.raises(ArchiveError, match="is a link"):
        read_results(path)[0].rows(0, STEPS)
    with h5py.File(path, "r+") as file:
        next(iter(file.values()))["deconvolyte_result"].attrs["result_format"] = 99
    with pytest.raises(ArchiveError, match="results of format 99"):
        read_results(path)


def test_a_result_that_changed_meanwhile_is_refused(samples, tmp_path):
    path = write(tmp_path / "r.h5", samples[:1])
    (handle,) = read_results(path)
    write(path, [long_sample(samples[0], 9)])
    with pytest.raises(ArchiveError, match="is not what it was"):
        handle.rows(0, 1)


def test_an_archive_without_results_says_so(samples, tmp_path):
    write_archive(tmp_path / "a.h5", list(samples[0].series.values()))
    with pytest.raises(ArchiveError, match="is an archive without results; fit it first"):
        read_results(tmp_path / "a.h5")


def test_spectra_in_a_result_still_plot(written):
    with h5py.File(written) as file:
        for entry in file.values():
            assert words(entry["S_2p"].attrs["axes"]) == ["charge_uAh_cm2", "energy"]


def test_errors_of_the_file_are_linked_into_the_fit(samples, tmp_path):
    sigma = np.sqrt(samples[0].series["P 2p"].intensity + 1.0)
    sample = variant(samples[0], sigma=sigma)
    write(tmp_path / "r.h5", [sample])
    with h5py.File(tmp_path / "r.h5") as file:
        entry = next(iter(file.values()))
        assert check_plot(entry["P_2p"]) == ["charge_uAh_cm2", "energy"]
        assert entry["fit_P_2p/data/input_dependent_errors"] == entry["P_2p/data_errors"]
