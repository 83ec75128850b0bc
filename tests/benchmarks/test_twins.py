"""The comparison of regions names what the plan has wrong, and is quiet where it is right."""

import pytest

from benchmarks.twins import PLANS, outcome
from fitting.simulate import experiments
from fitting.simulate.mismatch import MISMATCHES
from fitting.simulate.photoemission import Photoemission

STEPS = 5
NO_CHANCE = 4.0


def test_every_photoemission_experiment_has_a_plan_here():
    assert {k for k, made in experiments().items() if isinstance(made, Photoemission)} == set(PLANS)


@pytest.fixture(scope="module")
def e3():
    """Twin -> what came out of E3 with the sensitivities of the plan."""
    return {mismatch: outcome("E3", mismatch, STEPS, hold=True) for mismatch in (None, *MISMATCHES)}


def test_regions_agree_where_the_plan_is_right(e3):
    assert abs(e3[None].tension) < NO_CHANCE
    assert e3[None].rms < 1.5 * e3[None].stderr
    assert e3[None].reduced_chi_square == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize(
    ("mismatch", "regions"),
    [("layered", {"O 1s"}), ("sensitivities", {"S 2p", "P 2p", "O 1s", "Li 1s"})],
)
def test_the_tension_is_named(e3, mismatch, regions):
    assert abs(e3[mismatch].tension) > 2.0 * NO_CHANCE
    assert e3[mismatch].region in regions
    assert e3[mismatch].rms > 2.0 * e3[None].rms


def test_another_shape_shows_in_the_misfit(e3):
    assert e3["shape"].reduced_chi_square > e3[None].reduced_chi_square + 0.05
    assert e3["shape"].rms > 1.5 * e3[None].rms


def test_fitted_sensitivities_find_what_is_wrong_with_them(e3):
    found = outcome("E3", "sensitivities", STEPS, hold=False)
    assert abs(found.factor - 1.0) > 0.07
    assert found.rms < 2.0 * found.stderr
    assert found.rms < 0.5 * e3["sensitivities"].rms
