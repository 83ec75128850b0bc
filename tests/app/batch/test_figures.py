"""Figures: what is drawn is what was fitted; gaps are gaps; the same bytes every time."""

from dataclasses import replace

import numpy as np
import pytest

from app.archive.results import ResultWriter, read_results
from app.batch.figures import write_figures
from app.batch.figures.collect import axis_column, fraction_curves
from app.batch.figures.fits import fit_pages
from app.batch.figures.fractions import draw_comparison, draw_fractions
from app.batch.figures.labels import column_label, phase_label, step_text
from app.batch.figures.style import colours, legend_columns, styled
from fitting.errors import FitCancelled
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.quantify import quantify
from fitting.result import FitStatus
from fitting.series import AxisKind, Technique
from tests.fitted_series import E1_PLAN, e1_series, fitted

STEPS = 14


@pytest.fixture(scope="module")
def samples():
    """Two fitted samples; in the first, P 2p failed in step 3 and is missing in step 5."""
    found = []
    for number, series in enumerate(e1_series(STEPS).values()):
        table, result = fitted(E1_PLAN, series)
        if number == 0:
            series = {**series, "P 2p": without(series["P 2p"], 5)}
            result = failed(result, 3, 1, "no more iterations")
            present, status = np.array(result.present), np.array(result.status)
            present[5, 1], status[5, 1] = False, FitStatus.EXCLUDED
            result = replace(result, present=present, status=status)
        found.append((table, result, series))
    return found


def without(series, row):
    first, last = series.rows(0, row), series.rows(row + 1, len(series))

    def both(name):
        return np.concatenate([getattr(first, name), getattr(last, name)])

    names = ("intensity", "steps", "counts_per_unit", "acquisition_start", "acquisition_s")
    columns = {c: np.concatenate([first.columns[c], last.columns[c]]) for c in series.columns}
    return replace(series, columns=columns, **{name: both(name) for name in names})


def failed(result, row, region, why):
    status, message = np.array(result.status), [list(words) for words in result.message]
    status[row, region], message[row][region] = FitStatus.FAILED, why
    return replace(result, status=status, message=tuple(map(tuple, message)))


def store(path, samples):
    with ResultWriter(path, samples[0][1].plan) as writer:
        for _, result, series in samples:
            writer.start_sample(result, series, len(result))
            writer.append(result, series)
            writer.end_sample()
    return path


@pytest.fixture(scope="module")
def stored(samples, tmp_path_factory):
    return store(tmp_path_factory.mktemp("figures") / "result.h5", samples)


def curves_of(stored, number, region, table, basis="area"):
    handle = read_results(stored)[number]
    found = fraction_curves(handle, table)
    return next(c for c in found if (c.region, c.basis) == (region, basis))


def drawn_lines(ax, colour, style):
    from matplotlib.colors import same_color

    return [
        line
        for line in ax.get_lines()
        if same_color(line.get_color(), colour) and line.get_linestyle() == style
    ]


def assert_nothing_is_cut(figure):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    page = figure.bbox
    texts = [t for ax in figure.axes for t in (ax.title, ax.xaxis.label, ax.yaxis.label)]
    for thing in (*figure.legends, *figure.texts, *texts):
        if not thing.get_visible():
            continue
        box = thing.get_window_extent(canvas.get_renderer())
        assert box.x0 >= page.x0 - 0.5
        assert box.x1 <= page.x1 + 0.5
        assert box.y0 >= page.y0 - 0.5
        assert box.y1 <= page.y1 + 0.5
    for legend in figure.legends:
        box = legend.get_window_extent(canvas.get_renderer())
        for ax in figure.axes:
            assert not box.overlaps(ax.get_window_extent(canvas.get_renderer()))


# --- fractions


def test_fractions_are_those_of_the_table(samples, stored):
    table, result, _ = samples[0]
    curves = curves_of(stored, 0, "P 2p", table)
    expected = next(t for t in quantify(result, table) if (t.region, t.basis) == ("P 2p", "area"))
    present = result.present[:, 1]
    for q, name in enumerate(curves.names):
        own = expected.names.index(name)
        for values in ("fraction", "low95", "high95", "upper_limit95", "detected"):
            shown = getattr(curves, values)[:, q]
            assert np.array_equal(shown, getattr(expected, values)[present, own], equal_nan=True)
    assert curves.column == "charge_uAh_cm2"
    assert np.array_equal(curves.x, result.columns["charge_uAh_cm2"][present, 1])
    assert "loss" not in curves.names


def test_lines_have_gaps_where_a_fit_failed_and_limits_where_nothing_was_found(samples, stored):
    table, result, _ = samples[0]
    curves = curves_of(stored, 0, "P 2p", table)
    palette = colours(result.plan)
    with styled():
        figure = draw_fractions(curves, palette)
        assert_nothing_is_cut(figure)
    ax = figure.axes[0]
    assert ax.get_ylabel() == "Share of P 2p area"
    assert figure.axes[-1].get_xlabel() == "Charge passed / µAh cm⁻²"
    limits = 0
    for q, name in enumerate(curves.names):
        if name not in palette:
            continue
        (line,) = drawn_lines(ax, palette[name], "-")
        seen = curves.detected[:, q]
        assert not seen[3]
        shown = np.asarray(line.get_ydata(), float)
        assert np.array_equal(np.isfinite(shown), seen)
        assert np.array_equal(shown[seen], curves.fraction[seen, q])
        triangles = [p for p in drawn_lines(ax, palette[name], "None") if p.get_marker() == "v"]
        hollow = [p for p in triangles if p.get_markerfacecolor() == "white"]
        missed = ~seen & np.isfinite(curves.upper_limit95[:, q])
        assert np.array_equal(hollow[0].get_ydata(), curves.upper_limit95[missed, q])
        limits += int(missed.sum())
    assert limits > 0
    assert "95 % upper limit" in [t.get_text() for t in figure.legends[0].get_texts()]


def test_samples_are_compared_phase_by_phase_in_the_same_colours(samples, stored):
    table, result, _ = samples[0]
    both = [curves_of(stored, n, "P 2p", table) for n in (0, 1)]
    palette = colours(result.plan)
    with styled():
        figure = draw_comparison(both, palette)
        assert_nothing_is_cut(figure)
    titles = [ax.get_title() for ax in figure.axes]
    assert titles == ["Li₆PS₅Cl", "LiₓP", "Li₃P", "reduced P (sum)"]
    for ax, name in zip(figure.axes[:3], ("Li6PS5Cl", "LixP", "Li3P"), strict=True):
        for line in ("-", "--"):
            assert len(drawn_lines(ax, palette[name], line)) == 1


def test_a_point_alone_gets_a_bar(samples, tmp_path):
    table, result, series = samples[1]
    for row in (1, 3):
        result = failed(result, row, 0, "")
    path = store(tmp_path / "r.h5", [(table, result, series)])
    curves = curves_of(path, 0, "S 2p", table)
    with styled():
        figure = draw_fractions(curves, colours(result.plan))
    from matplotlib.collections import LineCollection

    bars = [c for c in figure.axes[0].collections if isinstance(c, LineCollection)]
    places = {float(seg[0][0]) for bar in bars for seg in bar.get_segments()}
    assert float(curves.x[2]) in places
    assert float(curves.x[7]) not in places


def test_groups_that_repeat_a_curve_are_left_out(samples, tmp_path):
    plan = E1_PLAN.replace(
        "[groups]", '[groups]\nsulfides = ["Li2S"]\nreduced_again = ["Li3P", "LixP", "Li2S"]'
    )
    table, _, series = samples[1]
    table, result = fitted(plan, {name: one.rows(0, 2) for name, one in series.items()})
    two = {name: one.rows(0, 2) for name, one in series.items()}
    path = store(tmp_path / "r.h5", [(table, result, two)])
    assert not [n for n in curves_of(path, 0, "S 2p", table).names if n.startswith("group")]
    groups = [n for n in curves_of(path, 0, "P 2p", table).names if n.startswith("group")]
    assert groups == ["group:reduced_again"]


@pytest.mark.parametrize(
    ("columns", "wanted", "column"),
    [
        ({"time_s": [0.0, 1.0], "cycle": [1.0, 2.0]}, "cycle", "cycle"),
        ({"time_s": [0.0, np.nan]}, "charge_uAh_cm2", "time_s"),
        ({"potential_V": [np.nan, np.nan], "step": [0.0, 1.0]}, "potential_V", "step"),
    ],
)
def test_the_axis_is_that_of_the_plan_where_it_is_known(columns, wanted, column):
    assert axis_column({k: np.array(v) for k, v in columns.items()}, wanted) == column


# --- fits


def pages_of(stored, number, region, table):
    handle = read_results(stored)[number]
    with styled():
        return list(fit_pages(handle, region, table, colours(handle.plan)))


def test_every_step_has_its_panel(samples, stored):
    table, result, series = samples[0]
    pages = pages_of(stored, 0, "P 2p", table)
    assert [count for _, count in pages] == [12, 1]
    with styled():
        assert_nothing_is_cut(pages[0][0])
    titles = [ax.get_title(loc="left") for figure, _ in pages for ax in figure.axes[::2]]
    charge = result.columns["charge_uAh_cm2"][:, 0]
    steps = series["P 2p"].steps.tolist()
    assert titles == [f"Step {k} · {charge[k]:.4g} µAh cm⁻²" for k in steps]


def test_panels_show_points_envelope_and_residual_on_referenced_energies(samples, stored):
    table, result, series = samples[0]
    figure = pages_of(stored, 0, "S 2p", table)[0][0]
    upper, lower = figure.axes[2], figure.axes[3]
    low, high = upper.get_xlim()[::-1]
    assert low < 158.0 < 167.0 < high
    spectrum = series["S 2p"].spectrum(1)
    shift = result.values[1, 0]
    points = [line for line in upper.get_lines() if line.get_marker() == "."]
    x = np.concatenate([line.get_xdata() for line in points])
    y = np.concatenate([line.get_ydata() for line in points])
    assert np.allclose(np.sort(x), spectrum.x - shift)
    assert np.allclose(np.sort(y) * 1e3, np.sort(spectrum.intensity))
    levels = [line.get_ydata()[0] for line in lower.get_lines()[:3]]
    assert levels == [0.0, -3.0, 3.0]
    residual = np.asarray(lower.get_lines()[-1].get_ydata())
    degrees = np.nanmean(residual**2)
    assert degrees == pytest.approx(result.reduced_chi_square[1, 0], rel=0.3)


def test_what_failed_shows_its_points_and_why(samples, stored):
    table, _, _ = samples[0]
    upper = pages_of(stored, 0, "P 2p", table)[0][0].axes[2 * 3]
    assert upper.texts[0].get_text() == "failed\nno more iterations"
    assert upper.collections[:] == []
    assert sum(len(line.get_xdata()) for line in upper.get_lines()) == 161


def test_raman_ascends_and_uniform_weights_have_no_sigma_lines(samples, tmp_path):
    table, result, series = samples[1]
    raman = replace(series["S 2p"], technique=Technique.RAMAN, axis_kind=AxisKind.RAMAN_SHIFT)
    info = replace(result.regions[0], technique=Technique.RAMAN, axis_kind=AxisKind.RAMAN_SHIFT)
    unweighted = np.full_like(result.reduced_chi_square, np.nan)
    result = replace(result, regions=(info, result.regions[1]), reduced_chi_square=unweighted)
    path = store(tmp_path / "r.h5", [(table, result, {**series, "S 2p": raman})])
    figure = pages_of(path, 0, "S 2p", table)[0][0]
    low, high = figure.axes[0].get_xlim()
    assert low < high
    assert len(figure.axes[1].get_lines()) == 2
    assert any("Raman shift / cm⁻¹" in text.get_text() for text in figure.texts)


def test_one_step_is_one_panel_of_a_column(samples, tmp_path):
    table, result, series = samples[1]
    one = {name: rows.rows(0, 1) for name, rows in series.items()}
    table, result = fitted(E1_PLAN, one)
    path = store(tmp_path / "r.h5", [(table, result, one)])
    (figure, count), *more = pages_of(path, 0, "S 2p", table)
    assert (count, more) == (1, [])
    assert "Binding energy / eV\nreferenced to ps4_s2p at 161.5 eV" in [
        text.get_text() for text in figure.texts
    ]
    assert figure.get_size_inches()[0] == pytest.approx(85.0 / 25.4)
    with styled():
        assert_nothing_is_cut(figure)


# --- files


class Counting(SilentMonitor):
    def __init__(self, stop_at=None):
        self.reports, self.stop_at = [], stop_at

    def report(self, done, total):
        self.reports.append((done, total))

    def cancelled(self):
        return self.stop_at is not None and len(self.reports) >= self.stop_at


@pytest.fixture(scope="module")
def few(samples, tmp_path_factory):
    """A result small enough to be drawn often."""
    found = []
    for _, _, series in samples:
        short = {"S 2p": series["S 2p"].rows(0, 2)}
        found.append((*fitted(E1_PLAN.replace(', "atomic"', ""), short), short))
    return store(tmp_path_factory.mktemp("few") / "result.h5", found)


@pytest.fixture(scope="module")
def files(few, tmp_path_factory):
    folder, monitor = tmp_path_factory.mktemp("drawn"), Counting()
    paths = write_figures(few, folder / "new", monitor)
    assert monitor.reports[-1] == (4, 4)
    assert sorted(monitor.reports) == monitor.reports
    assert {p.name for p in (folder / "new").iterdir()} == {path.name for path in paths}
    return {path.name: path.read_bytes() for path in paths}


def test_files_are_named_by_sample_and_region_and_hold_text(files):
    stems = ["fractions_LPSCl_0_05_mA_cm_2_S_2p", "fractions_LPSCl_0_15_mA_cm_2_S_2p"]
    kinds = ("pdf", "png", "svg")
    witness = [f"witness_LPSCl_0_{n}_mA_cm_2" for n in ("05", "15")]
    drawn = (*stems, "fractions_S_2p", *witness)
    expected = {f"{stem}.{kind}" for stem in drawn for kind in kinds}
    expected |= {f"fits_LPSCl_0_{n}_mA_cm_2_S_2p.pdf" for n in ("05", "15")}
    assert set(files) == expected
    assert "resolved from the data" in files[f"{witness[0]}.svg"].decode()
    svg = files[f"{stems[0]}.svg"].decode()
    assert ">Charge passed / µAh cm⁻²</text>" in svg
    assert "Date" not in svg
    assert b"CreationDate" not in files[f"{stems[0]}.pdf"]


def test_bytes_are_the_same_again_whatever_the_user_has_set(few, files, tmp_path):
    import matplotlib as mpl

    with mpl.rc_context({"font.size": 20.0, "axes.grid": True, "lines.linestyle": ":"}):
        before = dict(mpl.rcParams)
        again = write_figures(few, tmp_path, SilentMonitor())
        assert dict(mpl.rcParams) == before
    assert {path.name: path.read_bytes() for path in again} == files


def test_cancelling_leaves_no_draft(few, tmp_path):
    with pytest.raises(FitCancelled):
        write_figures(few, tmp_path, Counting(stop_at=4))
    assert list(tmp_path.glob("fractions_*"))
    assert not list(tmp_path.glob(".*"))


# --- words and colours


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Li6PS5Cl", "Li₆PS₅Cl"),
        ("Li2Sn", "Li₂Sn"),
        ("LixP", "LiₓP"),
        ("P2Sx", "P₂Sₓ"),
        ("Li0", "Li⁰"),
        ("SO4", "SO₄"),
        ("Ca(OH)2", "Ca(OH)₂"),
        ("loss_Li3P", "loss Li₃P"),
        ("NCM811", "NCM811"),
        ("matrix", "matrix"),
        ("phase 2", "phase 2"),
        ("group:reduced_P", "reduced P (sum)"),
        ("unassigned", "not counted"),
        ("_", "_"),
    ],
)
def test_phases_are_spelled_as_formulas(name, label):
    assert phase_label(name) == label


@pytest.mark.parametrize(
    ("column", "label"),
    [
        ("charge_uAh_cm2", "Charge passed / µAh cm⁻²"),
        ("time_s", "Time / s"),
        ("temperature_C", "Temperature / °C"),
        ("potential_V", "Potential / V"),
        ("current_density_mA_cm2", "Current density / mA cm⁻²"),
        ("interface_resistance_ohm_cm2", "Interface resistance / Ω cm²"),
        ("charge_throughput_uAh_cm2", "Charge throughput / µAh cm⁻²"),
        ("cycle", "Cycle"),
        ("step", "Step"),
        ("x_um", "x / µm"),
    ],
)
def test_columns_are_spelled_with_their_units(column, label):
    assert column_label(column) == label


def test_steps_say_where_they_are():
    assert step_text(3, "charge_uAh_cm2", 12.0) == "Step 3 · 12 µAh cm⁻²"
    assert step_text(3, "cycle", 2.0) == "Step 3 · 2"
    assert step_text(3, "time_s", float("nan")) == "Step 3"


def test_every_phase_has_one_colour_and_greys_are_for_what_is_not_counted():
    plan = Plan.from_toml(E1_PLAN)
    palette = colours(plan)
    assert list(palette) == ["Li6PS5Cl", "Li2S", "LixP", "Li3P", "loss"]
    assert len(set(palette.values())) == 5
    grey = palette["loss"]
    assert grey[1:3] == grey[3:5] == grey[5:7]


def test_the_order_of_phases_survives_the_result(few):
    assert list(read_results(few)[0].plan.phases) == list(Plan.from_toml(E1_PLAN).phases)


def test_legends_break_into_rows_when_they_get_too_wide():
    assert legend_columns(["Li", "P"], 80.0) == 2
    assert legend_columns(["a long name of a sample"] * 4, 80.0) == 1
    assert legend_columns(["a long name of a sample"] * 4, 170.0) >= 3
    assert legend_columns(["x" * 300], 80.0) == 1
