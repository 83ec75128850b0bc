"""Maps: a square for each point, in its place, hollow where nothing was found."""

from dataclasses import replace

import numpy as np
import pytest

from app.archive.results import ResultWriter, read_results
from app.batch.figures import write_figures
from app.batch.figures.collect import fraction_curves
from app.batch.figures.maps import draw_map
from app.batch.figures.style import styled
from app.project.ready import ready_plan
from fitting.monitor import SilentMonitor
from fitting.simulate import simulate
from tests.fitted_series import fitted

POINTS = 24


@pytest.fixture(scope="module")
def mapped(tmp_path_factory):
    """Two rows of the map of E9, fitted and stored; and its truth."""
    made = simulate("E9", steps=POINTS)
    (series,) = made.series
    own = {series.region: series}
    table, result = fitted(ready_plan("E9"), own)
    path = tmp_path_factory.mktemp("map") / "result.h5"
    with ResultWriter(path, result.plan) as writer:
        writer.start_sample(result, own, len(result))
        writer.append(result, own)
        writer.end_sample()
    return path, table, made.truth


def curves_of(mapped):
    path, table, truth = mapped
    (curves,) = fraction_curves(read_results(path)[0], table, truth)
    return curves


def test_squares_are_the_fractions_in_their_places(mapped):
    curves = curves_of(mapped)
    with styled():
        figure = draw_map(curves)
        figure.draw_without_rendering()
    titles = [ax.get_title() for ax in figure.axes]
    assert titles == [
        "Li₆PS₅Cl",
        "In₂S₃",
        "Li₆PS₅Cl, ± of 95 % interval",
        "In₂S₃, ± of 95 % interval",
        "Li₆PS₅Cl, truth (simulated)",
        "In₂S₃, truth (simulated)",
    ]
    q = curves.names.index("In2S3")
    seen = curves.detected[:, q]
    assert 0 < seen.sum() < POINTS
    filled, hollow = figure.axes[1].collections
    assert np.array_equal(filled.get_array(), curves.fraction[seen, q])
    boxes = np.array([path.get_extents().bounds for path in filled.get_paths()])
    centers = boxes[:, :2] + 0.5 * boxes[:, 2:]
    np.testing.assert_allclose(centers, curves.places[seen])
    np.testing.assert_allclose(boxes[:, 2:], 5.0)
    assert len(hollow.get_paths()) == POINTS - seen.sum()
    assert figure.axes[4].get_xlabel() == "x / µm"


def test_points_that_were_not_fitted_stay_white(mapped):
    curves = curves_of(mapped)
    fraction, detected = np.array(curves.fraction), np.array(curves.detected)
    fraction[3], detected[3] = np.nan, False
    with styled():
        figure = draw_map(replace(curves, fraction=fraction, detected=detected))
    for ax in figure.axes[:2]:
        assert sum(len(part.get_paths()) for part in ax.collections) == POINTS - 1


def part(mapped, first, last):
    """A result of some of the points."""
    handle = read_results(mapped[0])[0]
    rows = handle.rows(first, last)
    path = mapped[0].with_name(f"{first}_{last}.h5")
    with ResultWriter(path, rows.plan) as writer:
        series = {name: handle.series(name, first, last) for name in handle.spectra}
        writer.start_sample(rows, series, last - first)
        writer.append(rows, series)
        writer.end_sample()
    return path


def test_a_map_is_written_instead_of_curves(mapped, tmp_path):
    path = part(mapped, 11, 14)  # the end of the first row and the begin of the second
    first, again = (write_figures(path, tmp_path / name, SilentMonitor()) for name in ("a", "b"))
    names = {one.name for one in first}
    assert {f"map_In_on_LPSCl_200_500_cm_1.{kind}" for kind in ("pdf", "png", "svg")} < names
    assert not [name for name in names if name.startswith("fractions")]
    for a, b in zip(first, again, strict=True):
        assert a.read_bytes() == b.read_bytes()


def test_a_line_scan_is_no_map(mapped):
    (curves,) = fraction_curves(read_results(part(mapped, 0, 12))[0], mapped[1])
    assert curves.places is None
    assert curves.column == "x_um"
