import numpy as np
import pytest

from benchmarks.gain import COURSES, OVERLAPPING, Course, Side, add_course, ratio, simulated
from benchmarks.report import Report
from benchmarks.samples import S2P


def test_what_there_is_to_gain_is_as_published() -> None:
    """PERFORMANCE.md, section 5: 1.85 1.96 1.38 2.01 1.10 1.09 for constant amounts."""
    np.testing.assert_allclose(COURSES[0].most(), [1.85, 1.96, 1.38, 2.01, 1.10, 1.09], rtol=0.15)


def test_a_series_follows_its_course() -> None:
    series, truth = simulated(COURSES[2], 2)
    assert len(series) == 2
    assert series[0].sample != series[1].sample
    assert not np.array_equal(series[0].intensity, series[1].intensity)
    first = [share for _, share, _ in S2P.phases.values()]
    np.testing.assert_allclose(truth[0], np.array(first) / np.sum(first))
    assert truth[-1, 0] == pytest.approx(0.25 / sum(COURSES[2].last.values()))


def test_gain_and_its_error_are_those_of_known_scatter() -> None:
    rng = np.random.default_rng(3)
    own, other = rng.normal(0.0, 1.0, (40, 100)), rng.normal(0.0, 2.0, (40, 100))
    gain = ratio(own, other)
    assert abs(gain.value - 2.0) < 4.0 * gain.error
    assert gain.error == pytest.approx(2.0 / np.sqrt(4000.0), rel=0.4)  # two of sqrt(1 / 2n)


def test_a_loss_under_drift_is_a_miss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Course, "most", lambda course: np.ones(len(S2P.phases)))  # takes seconds
    rng = np.random.default_rng(4)
    shape = (3, 50, len(S2P.phases))
    covered = rng.random(shape) < 0.95
    own = Side(rng.normal(0.0, 1.2, shape), covered)
    other = Side(rng.normal(0.0, 1.0, shape), covered)
    report = Report("Title", "About.")
    add_course(report, COURSES[2], own, other)
    assert report.figures[0].reached is False
    add_course(report, COURSES[0], own, Side(3.0 * other.error, covered))
    assert report.figures[2].reached is True
    assert all(phase in report.figures[2].note for phase in OVERLAPPING)
