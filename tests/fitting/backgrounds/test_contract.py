"""Every background of the catalogue keeps the contract of its kind."""

import importlib
import pickle
import pkgutil

import pytest

import fitting.backgrounds
from fitting.backgrounds.background import ActiveBackground, BasisBackground, StaticBackground
from fitting.backgrounds.catalogue import ACTIVE, BASIS, STATIC
from tests.contracts.background import ActiveContract, BasisContract, StaticContract


@pytest.mark.parametrize("background", BASIS.values(), ids=BASIS.keys())
class TestBasis(BasisContract):
    pass


@pytest.mark.parametrize("background", ACTIVE.values(), ids=ACTIVE.keys())
class TestActive(ActiveContract):
    pass


@pytest.mark.parametrize("background", STATIC.values(), ids=STATIC.keys())
class TestStatic(StaticContract):
    pass


def test_no_background_is_left_out_of_the_catalogue() -> None:
    """What is not in the catalogue would miss the contract."""
    kinds = (BasisBackground, ActiveBackground, StaticBackground)
    listed = [*BASIS.values(), *ACTIVE.values(), *STATIC.values()]
    found = []
    for module in pkgutil.iter_modules(fitting.backgrounds.__path__, "fitting.backgrounds."):
        content = vars(importlib.import_module(module.name)).values()
        found += [value for value in content if isinstance(value, kinds)]
        for table in (value for value in content if isinstance(value, dict)):
            found += [value for value in table.values() if isinstance(value, kinds)]
    assert len(found) >= len(listed)
    assert all(any(value is known for known in listed) for value in found)


@pytest.mark.parametrize("table", [BASIS, ACTIVE, STATIC], ids=["basis", "active", "static"])
def test_backgrounds_go_to_worker_processes_and_say_where_they_come_from(table) -> None:
    for name, background in table.items():
        assert background.name == name
        assert pickle.loads(pickle.dumps(background)).name == name
        assert set(background.techniques) <= {"xps", "haxpes", "raman"}
        assert background.techniques
        assert background.source or name in ("constant", "linear")
