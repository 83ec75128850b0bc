"""From what a plan says to terms of the model."""

from types import SimpleNamespace

import pytest

from fitting.backgrounds.catalogue import ACTIVE, BASIS, NAMES, STATIC, background, resolve
from fitting.errors import PlanError
from fitting.plan import Free

KEY = 'regions["S 2p"].background'


def chosen(kind: str, active: bool | None = None, degree: int | None = None, **settings):
    return SimpleNamespace(kind=kind, active=active, degree=degree, settings=settings)


def test_every_kind_is_found_by_its_name() -> None:
    assert set(NAMES) == set(BASIS) | set(ACTIVE) | set(STATIC)
    for name in NAMES:
        assert background(name).name == name
    assert set(ACTIVE) <= set(STATIC)
    assert set(BASIS) & set(STATIC) == {"linear"}


def test_active_is_the_default_where_there_is_the_choice() -> None:
    for name in ACTIVE:
        assert background(name) is ACTIVE[name]
        assert background(name, True) is ACTIVE[name]
        assert background(name, False) is STATIC[name]
    assert background("asls", False) is STATIC["asls"]
    assert background("linear") is BASIS["linear"]
    assert background("linear", False) is STATIC["linear"]


@pytest.mark.parametrize(
    ("kind", "active", "key", "sentence"),
    [
        ("shirly", None, "kind", "unknown background 'shirly'; did you mean 'shirley'?"),
        ("shirly", None, "kind", "there are constant, linear, polynomial, exponential, shirley"),
        ("asls", True, "active", "'asls' is not cast by the peaks; active are shirley"),
        ("linear", True, "active", "'linear' is not cast by the peaks"),
        ("constant", False, "active", "'constant' is fitted with the peaks; leave `active` out"),
    ],
)
def test_wrong_kinds_are_named(kind: str, active: bool | None, key: str, sentence: str) -> None:
    with pytest.raises(PlanError) as caught:
        background(kind, active, KEY)
    assert caught.value.key == f"{KEY}.{key}"
    assert sentence in str(caught.value)


def test_basis_takes_its_options_and_parameters() -> None:
    found = resolve(chosen("polynomial", degree=4), KEY)
    assert (found.basis, found.active, found.static) == ("polynomial", None, None)
    assert found.basis_options == {"degree": 4}
    assert resolve(chosen("polynomial"), KEY).basis_options == {"degree": 1}
    decay = {"value": 0.02, "min": 0.0, "max": 1.0}
    found = resolve(chosen("exponential", constant=True, decay=decay), KEY)
    assert found.basis_options == {"constant": True}
    assert found.parameters == {"decay": Free(value=0.02, min=0.0, max=1.0)}


def test_active_goes_with_a_constant_or_a_polynomial() -> None:
    found = resolve(chosen("shirley", k=0.03), KEY)
    assert (found.basis, found.active, found.static) == ("constant", "shirley", None)
    assert found.parameters == {"k": 0.03}
    found = resolve(chosen("shirley", True, degree=2), KEY)
    assert (found.basis, found.basis_options) == ("polynomial", {"degree": 2})


def test_what_one_window_cannot_tell_is_held_unless_the_plan_frees_it() -> None:
    assert resolve(chosen("tougaard_u2"), KEY).parameters == {"C": 1643.0}
    freed = resolve(chosen("tougaard_u3", D={"value": 300.0}, B="k * 2"), KEY).parameters
    assert freed == {"C": 551.0, "D": Free(value=300.0), "B": "k * 2"}


def test_static_gets_every_option() -> None:
    found = resolve(chosen("tougaard_u3", False, C=542, D=275.0), KEY)
    assert (found.basis, found.active, found.static) == (None, None, "tougaard_u3")
    assert found.static_options == {"points": 5, "C": 542.0, "D": 275.0, "gap": 0.0}
    assert isinstance(found.static_options["C"], float)
    assert resolve(chosen("asls", p=0.001), KEY).static_options["p"] == 0.001


@pytest.mark.parametrize(
    ("background", "key", "sentence"),
    [
        (chosen("asls", lamda=1e5), "lamda", "unknown option 'lamda'; did you mean 'lam'?"),
        (chosen("asls", lam="much"), "lam", "'much' must be a number"),
        (chosen("asls", p=1.5), "p", "1.5 must lie in 1e-09 .. 1"),
        (chosen("asls", max_iter=10.5), "max_iter", "10.5 must be a whole number"),
        (chosen("asls", max_iter=True), "max_iter", "True must be a whole number"),
        (chosen("asls", degree=2), "degree", "unknown option 'degree'"),
        (chosen("snip", decreasing=1), "decreasing", "1 must be true or false"),
        (chosen("penalized_poly", cost_function="l2"), "cost_function", "'l2' must be one of"),
        (chosen("shirley", False, points=0), "points", "0 must lie in 1 .. 1000"),
        (chosen("shirley", False, k=0.1), "k", "unknown option 'k'"),
        (chosen("shirley", points=3), "points", "belongs to the static shirley"),
        (chosen("shirley", slope=3), "slope", "unknown setting 'slope'; there are degree, k"),
        (chosen("shirley", k=[1]), "k", "a parameter is a number (fixed)"),
        (chosen("linear", degree=3), "degree", "unknown setting 'degree'"),
        (chosen("linear", points=3), "points", "belongs to the static linear; say active = false"),
        (chosen("polynomial", degree=12), "degree", "12 must lie in 0 .. 9"),
        (chosen("exponential", rate=3), "rate", "there are constant, decay"),
    ],
)
def test_wrong_settings_are_named(background, key: str, sentence: str) -> None:
    with pytest.raises(PlanError) as caught:
        resolve(background, KEY)
    assert caught.value.key == f"{KEY}.{key}"
    assert sentence in str(caught.value)
