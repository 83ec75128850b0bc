import numpy as np

from benchmarks.bound import fisher, inverse, truths
from benchmarks.samples import RAMAN, S2P, two_regions
from benchmarks.trials import Trial
from fitting.arrays import FloatArray
from fitting.evaluate import RegionEvaluator


def information_by_differences(trial: Trial) -> FloatArray:
    """Expected curvature of the Poisson likelihood, from curves at shifted parameters."""
    (region,) = trial.table.regions
    evaluator = RegionEvaluator(region, trial.axes[region.name], np.zeros(region_points(trial)))

    def curve(free: FloatArray) -> FloatArray:
        return evaluator.envelope(trial.table.values(free))

    slopes = []
    for f, value in enumerate(trial.free):
        step = np.zeros(len(trial.free))
        step[f] = 1e-5 * max(1.0, abs(value))
        rise = curve(trial.free + step) - curve(trial.free - step)
        slopes.append(rise / (2.0 * step[f]))
    weighted = np.array(slopes) / np.sqrt(curve(trial.free))
    return weighted @ weighted.T


def region_points(trial: Trial) -> int:
    return len(next(iter(trial.axes.values())))


def test_the_information_is_the_curvature_of_the_likelihood() -> None:
    for sample in (S2P, RAMAN):
        trial = sample.trial(1_000.0, 150.0)
        expected = information_by_differences(trial)
        scale = np.sqrt(np.diag(expected))
        got = fisher(trial)
        np.testing.assert_allclose(
            got / np.outer(scale, scale), expected / np.outer(scale, scale), atol=3e-5
        )


def test_bounds_shrink_with_the_root_of_the_counts() -> None:
    high, low = (truths(S2P.trial(peak, 0.15 * peak)) for peak in (10_000.0, 100.0))
    np.testing.assert_allclose([t.bound for t in low], [10.0 * t.bound for t in high], rtol=1e-6)


def test_fractions_of_a_region_add_up_and_their_errors_cancel() -> None:
    areas = {"ps4_s2p": 6000.0, "free_s2p": 1500.0, "li2s_s2p": 2500.0}
    areas |= {"ps4_p2p": 1200.0, "lixp_p2p": 700.0, "li3p_p2p": 300.0, "loss_p2p": 300.0}
    found = truths(two_regions("E1", areas))
    sulphur = [t for t in found if t.region == "S 2p"]
    assert [t.phase for t in sulphur] == ["Li6PS5Cl", "Li2S"]
    np.testing.assert_allclose([t.fraction for t in sulphur], [0.75, 0.25])
    np.testing.assert_allclose(sulphur[0].bound, sulphur[1].bound)


def test_the_place_of_an_absent_line_does_not_matter() -> None:
    trial = S2P.without("S0").trial(1_000.0, 150.0)
    bounds = {t.phase: t for t in truths(trial)}
    assert bounds["S0"].fraction == 0.0
    assert 0.0 < bounds["S0"].bound < 0.02
    assert np.isfinite(inverse(fisher(trial))).all()
