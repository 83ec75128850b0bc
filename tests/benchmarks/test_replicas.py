from pathlib import Path

import numpy as np
import pytest

from benchmarks.bound import Truth
from benchmarks.replicas import Answers, answers_of, score, share
from benchmarks.samples import S2P
from fitting.series import IntensityUnit

HEADER = (
    "region,phase,fraction,fraction_stderr,fraction_low95,fraction_high95,detected,upper_limit95"
)


def test_answers_are_read_phase_by_phase_and_empty_cells_are_nan(tmp_path: Path) -> None:
    rows = ["S 2p,Li2S,0.1,0.01,0.08,0.12,true,0.117", "S 2p,PS4,0.9,,,,false,"]
    path = tmp_path / "phase_fractions.csv"
    path.write_text("\n".join([HEADER, *rows, *rows]) + "\n")
    answers = answers_of(path)
    assert set(answers) == {("S 2p", "Li2S"), ("S 2p", "PS4")}
    np.testing.assert_array_equal(answers["S 2p", "Li2S"].high, [0.12, 0.12])
    assert answers["S 2p", "Li2S"].detected.tolist() == [True, True]
    assert np.isnan(answers["S 2p", "PS4"].stderr).all()


def test_a_score_counts_what_it_says() -> None:
    fraction = np.array([0.09, 0.11, 0.13, 0.10])
    low = np.array([0.08, 0.09, 0.11, np.nan])
    answers = Answers(
        fraction,
        np.full(4, 0.02),
        low,
        np.array([0.12, 0.13, 0.15, np.nan]),
        np.array([0.11, 0.12, 0.14, 0.09]),
        np.array([True, True, True, False]),
    )
    got = score(Truth("S 2p", "Li2S", 0.10, 0.01), answers)
    assert got.coverage.value == 0.5  # one misses, one is empty
    assert got.limit.value == 0.75
    assert got.detected.value == 0.75
    assert got.empty == 0.25
    assert got.efficiency.value == pytest.approx(np.sqrt((1 + 1 + 9 + 0) / 4))
    assert got.bias.value == pytest.approx(0.75)
    assert got.claimed == pytest.approx(2.0 / got.efficiency.value)


def test_monte_carlo_errors_are_those_of_repeated_experiments() -> None:
    rng = np.random.default_rng(5)
    truth, scores, nothing = Truth("S 2p", "Li2S", 0.5, 0.01), [], np.zeros(400, dtype=bool)
    for _ in range(300):
        x = rng.normal(0.5, 0.01, 400)
        sigma = np.full(400, 0.01)
        limits = x - 1.96 * sigma, x + 1.96 * sigma
        scores.append(score(truth, Answers(x, sigma, *limits, x + 1.645 * sigma, nothing)))
    for name in ("efficiency", "bias", "coverage", "limit"):
        figures = [getattr(s, name) for s in scores]
        spread = np.std([f.value for f in figures])
        assert np.mean([f.error for f in figures]) == pytest.approx(spread, rel=0.15)


def test_a_share_of_nothing_still_has_an_error() -> None:
    assert share(np.zeros(100, dtype=bool)).error == pytest.approx(0.00705, rel=0.01)


def test_replicas_are_poisson_and_differ_from_trial_to_trial() -> None:
    trial = S2P.trial(1_000.0, 150.0)
    (series,) = trial.series(400, seed=1)
    expected = trial.curves()["S 2p"]
    counts = series.intensity
    np.testing.assert_allclose(
        counts.mean(axis=0), expected, atol=6.0 * np.sqrt(expected.max() / 400)
    )
    np.testing.assert_allclose((counts.var(axis=0) / expected).mean(), 1.0, atol=0.03)
    assert expected.max() - 150.0 == pytest.approx(1_000.0, rel=0.01)
    (other,) = S2P.trial(1_000.0, 150.0, recording="rate").series(400, seed=2)
    assert other.intensity_unit is IntensityUnit.COUNTS_PER_SECOND
    assert other.counts_per_unit is None
