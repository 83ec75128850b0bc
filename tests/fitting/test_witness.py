"""How many components a series holds: series of known rank, and models that lack a phase."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitting.arrays import FloatArray
from fitting.resampling import binned, resampled
from fitting.resolve import resolved
from fitting.witness import MOST_POINTS, MOST_ROWS, Rows, Witness, Witnessing

X = np.round(np.arange(155.0, 171.0, 0.1), 6)
CENTERS = {"PS4": 161.6, "Li2S": 160.2, "SO4": 168.0}


def line(x: FloatArray, center: float) -> FloatArray:
    """Unit height, 1.2 eV wide."""
    return np.exp(-4.0 * np.log(2.0) * ((x - center) / 1.2) ** 2)


def series(
    heights: dict[str, FloatArray],
    seed: int = 0,
    shift: FloatArray | float = 0.0,
    level: float = 200.0,
    x: FloatArray = X,
) -> Rows:
    """Counts of lines on a constant, and the exact model of them."""
    steps = len(next(iter(heights.values())))
    moved = np.broadcast_to(shift, steps)
    phases = {
        name: own[:, np.newaxis] * line(x - moved[:, np.newaxis], CENTERS[name])
        for name, own in heights.items()
    }
    background = np.full((steps, len(x)), level)
    model = background + np.sum(list(phases.values()), axis=0)
    counts = np.random.default_rng(seed).poisson(model).astype(float)
    rows = np.tile(x, (steps, 1))
    return of(Rows(rows, moved.astype(float), counts, model, background, model, phases))


def of(rows: Rows) -> Rows:
    """The same with the errors and residuals of its model."""
    model = rows.background + np.sum(list(rows.phases.values()), axis=0)
    sigma = np.sqrt(model)
    return replace(rows, sigma=sigma, residual=(rows.intensity - model) / sigma)


def without(rows: Rows, phase: str) -> Rows:
    return of(replace(rows, phases={n: c for n, c in rows.phases.items() if n != phase}))


def told(*parts: Rows) -> Witness:
    witnessing = Witnessing()
    for part in parts:
        witnessing.add(part)
    found = witnessing.found()
    assert found is not None
    return found


FALL, RISE = np.linspace(9000.0, 3000.0, 30), np.linspace(0.0, 5000.0, 30)
LATE = np.where(np.arange(30) > 19, 800.0, 0.0)


@pytest.mark.parametrize("seed", range(3))
def test_constant_spectra_are_one_component(seed: int) -> None:
    found = told(series({"PS4": np.full(30, 5000.0), "Li2S": np.full(30, 2000.0)}, seed))
    assert (found.of_data, found.of_model, found.of_residual) == (1, 1, 0)
    assert np.isnan(found.place)


@pytest.mark.parametrize("drift", [0.0, 0.4])
def test_a_scale_that_drifts_is_no_component(drift: float) -> None:
    shift = drift * np.sin(np.arange(30) / 3.0)
    found = told(series({"PS4": FALL, "Li2S": RISE, "SO4": LATE}, 1, shift, level=0.5))
    assert (found.of_data, found.of_model, found.of_residual) == (3, 3, 0)
    assert {p.phase: round(p.in_data, 1) for p in found.phases} == dict.fromkeys(CENTERS, 1.0)
    assert [p.in_resolved > 0.99 for p in found.phases] == [True, False, False]
    assert min(p.in_resolved for p in found.phases) > 0.7  # many resolutions are as good


def test_the_scale_must_be_put_right_first() -> None:
    shift = 0.4 * np.sin(np.arange(30) / 3.0)
    rows = series({"PS4": FALL, "Li2S": RISE}, 1, shift)
    assert told(replace(rows, shift=np.zeros(30))).of_data > told(rows).of_data


def test_a_phase_that_the_model_lacks() -> None:
    rows = series({"PS4": FALL, "Li2S": RISE, "SO4": LATE}, 2, 0.2)
    found = told(without(rows, "SO4"))
    assert found.of_data > found.of_model
    assert found.of_residual >= 1
    assert found.place == pytest.approx(168.0, abs=0.3)
    rms = np.sqrt(np.mean(LATE**2)) / (FALL + line(np.array([161.6]), 160.2) * RISE).mean()
    assert found.share == pytest.approx(rms, rel=0.3)


def test_one_bad_spectrum_is_no_component() -> None:
    rows = series({"PS4": FALL, "Li2S": RISE}, 3)
    rows.intensity[4] += 3000.0 * line(X, 165.0)
    assert told(of(rows)).of_residual == 0


def test_noise_alone_is_seldom_a_component() -> None:
    found = [told(series({"PS4": FALL, "Li2S": RISE}, seed)) for seed in range(60)]
    assert sum(one.of_residual > 0 for one in found) <= 1
    assert sum(one.of_data != 2 for one in found) <= 1


def test_chunks_change_nothing_but_rounding() -> None:
    rows = series({"PS4": FALL, "Li2S": RISE, "SO4": LATE}, 4, 0.1)
    whole = told(rows)
    parts = told(*(cut(rows, slice(k, k + 7)) for k in range(0, 30, 7)))
    assert (whole.of_data, whole.of_model) == (parts.of_data, parts.of_model)
    for one, other in zip(whole.phases, parts.phases, strict=True):
        assert one.in_data == pytest.approx(other.in_data, rel=1e-9)
        assert one.in_resolved == pytest.approx(other.in_resolved, rel=1e-6)


def cut(rows: Rows, part: slice) -> Rows:
    arrays = ("x", "shift", "intensity", "sigma", "background", "residual")
    own = {name: getattr(rows, name)[part] for name in arrays}
    return Rows(**own, phases={name: curve[part] for name, curve in rows.phases.items()})


def test_wide_windows_are_binned_and_long_series_thinned() -> None:
    x = np.linspace(150.0, 180.0, 1001)
    steps = 600
    heights = {"PS4": np.linspace(3000.0, 500.0, steps), "Li2S": np.linspace(0.0, 900.0, steps)}
    witnessing = Witnessing()
    witnessing.add(series(heights, 5, x=x))
    found = witnessing.found()
    assert found is not None
    assert len(found.axis) == MOST_POINTS
    assert found.spectra == steps / 2 < MOST_ROWS
    assert (found.of_data, found.of_residual) == (2, 0)


def test_spectra_without_noise_or_with_holes_are_left_out() -> None:
    rows = series({"PS4": FALL}, 6)
    assert of_nothing(replace(rows, sigma=np.full(rows.x.shape, np.nan)))
    rows.background[3:] = np.nan
    assert told(rows).spectra == 3
    rows.intensity[1:] *= 1e200
    assert of_nothing(rows)
    assert of_nothing(series({"PS4": FALL}, x=X[:9]))
    assert of_nothing(cut(rows, slice(0, 1)))


def of_nothing(rows: Rows) -> bool:
    witnessing = Witnessing()
    witnessing.add(rows)
    return witnessing.found() is None


def test_resolved_into_its_spectra_where_they_do_not_overlap() -> None:
    spectra = np.array([line(X, 158.0), line(X, 165.0)])
    amounts = np.random.default_rng(0).uniform(0.0, 1.0, (20, 2))
    amounts[:3, 0] = amounts[3:6, 1] = 0.0
    found = resolved(100.0 * amounts @ spectra, 2)
    cosines = (
        found @ spectra.T / np.outer(np.linalg.norm(found, axis=1), np.linalg.norm(spectra, axis=1))
    )
    assert np.all(found >= 0.0)
    assert np.sort(cosines.max(axis=1)) == pytest.approx([1.0, 1.0], abs=1e-3)
    assert resolved(np.zeros((3, 5)), 2).shape == (0, 5)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(-2.0, 2.0), min_size=4, max_size=4), st.floats(2.0, 7.0))
def test_cubics_are_read_off_exactly(cubic: list[float], at: float) -> None:
    x = np.cumsum(np.linspace(0.5, 1.2, 10))[np.newaxis]
    found = resampled(x, np.polyval(cubic, x)[np.newaxis], np.array([[at, x[0, 0]]]))
    assert found[0, 0, 0] == pytest.approx(np.polyval(cubic, at), rel=1e-9, abs=1e-8)
    assert np.isnan(found[0, 0, 1])


def test_bins_are_means() -> None:
    assert binned(np.arange(10.0)[np.newaxis, np.newaxis], 3)[0, 0].tolist() == [1.0, 4.0, 7.5]
