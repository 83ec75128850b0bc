"""Plans that come with the program: they can be read, and are for what is simulated."""

import pytest

from app.project.ready import ready_plan, ready_plans
from fitting.errors import PlanError
from fitting.plan import Plan
from fitting.plan_check import check_plan
from fitting.simulate import experiments, simulate
from fitting.titration_plan import titration_plan


def test_keys_are_in_the_order_of_the_experiments():
    keys = ready_plans()
    assert keys[0] == "E1"
    numbers = [int(key[1:]) for key in keys if key[1:].isdecimal()]
    assert numbers == sorted(numbers)


OF_SPECTRA = [key for key in ready_plans() if titration_plan(ready_plan(key)) is None]


@pytest.mark.parametrize("key", ready_plans())
def test_every_plan_stands_and_says_something(key):
    text = ready_plan(key)
    assert key not in OF_SPECTRA or check_plan(Plan.from_toml(text)).problems == ()
    assert text.startswith(f"# {key}: ")


def test_one_experiment_is_a_log_alone():
    assert set(ready_plans()) - set(OF_SPECTRA) == {"E10"}


@pytest.mark.parametrize("key", sorted(set(OF_SPECTRA) & set(experiments())))
def test_every_plan_names_the_regions_of_its_experiment(key):
    plan, made = Plan.from_toml(ready_plan(key)), simulate(key, steps=2)
    assert {region.measured for region in plan.regions} <= {one.region for one in made.series}


def test_no_such_plan():
    with pytest.raises(PlanError, match="no plan for 'E99'; there is E1, "):
        ready_plan("E99")
