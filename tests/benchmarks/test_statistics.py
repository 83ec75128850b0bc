"""The statistics in small, with gates of four Monte Carlo standard errors and fixed seeds."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import statistics
from benchmarks.bound import Truth
from benchmarks.criteria import CRITERIA, Outcome
from benchmarks.replicas import Measured, Score, scores
from benchmarks.report import Report, Settings
from benchmarks.samples import P2P, S2P
from benchmarks.trials import Trial
from benchmarks.write import save_plot

REPLICAS = 256


@pytest.mark.parametrize(
    "trial",
    [
        S2P.trial(10_000.0, 150.0).with_strategy("chained"),
        S2P.trial(1_000.0, 150.0, weights="uniform"),
        P2P.trial(1_000.0, 2.0),
    ],
    ids=lambda trial: trial.name,
)
def test_intervals_cover_and_fractions_are_as_good_as_can_be(trial: Trial) -> None:
    for s in scores(trial, REPLICAS):
        assert abs(s.coverage.value - 0.95) < 4.0 * 0.0136
        assert s.empty == 0.0
        assert abs(s.bias.value) < 0.35
        assert 0.82 < s.efficiency.value < (1.18 if trial.efficient else 1.35)
        assert 0.85 < s.claimed < 1.18
        assert s.detected.value == 1.0


def test_an_absent_phase_is_seldom_detected_and_its_neighbours_are_covered() -> None:
    for s in scores(S2P.without("sulfate").trial(10_000.0, 1_500.0), REPLICAS):
        assert s.coverage.value > 0.95 - 4.0 * 0.0136
        if s.absent:
            assert s.detected.value < 0.02 + 4.0 * 0.0088
            assert s.limit.value == 1.0
        else:
            assert s.detected.value == 1.0


def made_up(coverage: float, fraction: float = 0.2) -> Score:
    one = Measured(1.0, 0.01)
    return Score(
        Truth("S 2p", "Li2S", fraction, 0.01),
        1_000,
        one,
        Measured(0.1, 0.03),
        Measured(coverage, 0.005),
        one,
        Measured(0.01, 0.003),
        1.0,
        0.0,
    )


def test_what_is_missed_is_said() -> None:
    trial = S2P.trial(1_000.0, 150.0)
    outcomes = [Outcome(trial, (made_up(0.95),)), Outcome(trial, (made_up(0.92),))]
    report = Report("Title", "About.")
    statistics.add_summary(report, CRITERIA[1], outcomes)
    statistics.add_trial(report, outcomes[1])
    (summary,), (row,) = report.figures, report.details
    assert summary.reached is False
    assert summary.value == "1 of 2 phases; worst 92.0 ± 0.5 %"
    assert row.reached is False
    assert "missed: coverage of Li2S" in row.note


def test_near_zero_is_not_judged_as_well_determined() -> None:
    trial = S2P.trial(1_000.0, 150.0)
    outcome = Outcome(trial, (made_up(0.95), made_up(0.95, fraction=0.03)))
    asked = [len(criterion.scores(outcome)) for criterion in CRITERIA]
    assert asked == [0, 0, 2, 1, 0]
    few = Outcome(S2P.trial(100.0, 15.0), (made_up(0.95),))
    assert not few.well_determined


def test_the_benchmark_runs_from_end_to_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trials = [P2P.trial(1_000.0, 150.0), P2P.without("LixP").trial(1_000.0, 150.0)]
    monkeypatch.setattr(statistics, "all_trials", lambda: trials)
    monkeypatch.setattr(statistics, "add_gain", lambda report, settings: None)  # takes minutes
    report = statistics.run(Settings(size=8))
    assert (len(report.figures), len(report.details)) == (len(CRITERIA), len(trials))
    assert "LixP" in capsys.readouterr().out
    assert report.draw is not None
    save_plot(report.draw, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").stat().st_size > 10_000


def test_all_trials_have_their_names_and_their_distance() -> None:
    trials = statistics.all_trials()
    names = [trial.name for trial in trials]
    assert len(set(names)) == len(names)
    assert all(np.isfinite(trial.free).all() for trial in trials)
