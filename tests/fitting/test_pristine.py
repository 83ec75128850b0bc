"""Compositions found on the pristine steps, and held afterwards."""

from typing import Any

import numpy as np
import pytest

from fitting.build import build_model
from fitting.errors import DataError
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.pristine import calibrate, to_calibrate
from fitting.spectrum import Spectrum
from tests.fitting.synthetic import spectra_of

Y = {"symbol": "y", "value": 1.0, "min": 0.0, "max": 2.0, "known": "pristine"}


def plan(chlorine: bool = True, **composition: Any) -> Plan:
    """Argyrodite Li(7-y)PS(6-y)Cl(y), with Li2S and LiCl that come later."""
    pellet = {"phase": "pellet"}
    sulfur = [
        {"id": "ps4", **pellet, "count": 4, "center": 161.5},
        {"id": "lattice", **pellet, "count": "2 - y", "center": 160.1},
        {"id": "sulfide", "phase": "Li2S", "center": 160.2},
    ]
    halide = [
        {"id": "chloride", **pellet, "count": "y", "center": 198.5},
        {"id": "licl", "phase": "LiCl", "center": 198.7},
    ]

    def one(name: str, low: float, high: float, lines: Any, split: float) -> dict[str, Any]:
        width = {"fwhm": 1.2, "lorentz_fraction": 0.3}
        shape = {"shape": "pseudo_voigt", "doublet": {"splitting": split}, **width}
        background = {"kind": "linear"}
        window = [low, high]
        return {
            "name": name,
            "window": window,
            "background": background,
            "defaults": shape,
            "components": lines,
        }

    regions = [one("S 2p", 157.0, 166.0, sulfur, 1.18)]
    regions += [one("Cl 2p", 195.0, 204.0, halide, 1.6)] if chlorine else []
    return Plan.from_data(
        {
            "series": {"strategy": "joint"},
            "energy": {"photon_energy_eV": 1486.6},
            "phases": {"pellet": {"composition": {**Y, **composition}}, "Li2S": {}, "LiCl": {}},
            "regions": regions,
        }
    )


def spectra(table: ModelTable, seed: int, amount: float) -> dict[str, Spectrum]:
    rows = [table.parameters[i] for i in table.free]
    free = np.array([{"level": 500.0, "amount": 0.0}.get(row.parameter, 0.0) for row in rows])
    free[[row.name == "amount.pellet" for row in rows]] = amount
    free[table.factors] = 1.0
    return spectra_of(table, free, np.random.default_rng(seed))


def pristine(y: float, steps: int = 3, amount: float = 5000.0) -> list[dict[str, Spectrum]]:
    table = build_model(plan(known="given", value=y))
    return [spectra(table, seed, amount) for seed in range(steps)]


@pytest.mark.parametrize("y", [0.7, 1.5])
def test_the_composition_of_the_pellet_is_found_and_held(y: float) -> None:
    held, (found,) = calibrate(plan(), [pristine(y)], SilentMonitor())
    assert 0.0 < found.stderr < 0.15
    assert abs(found.value - y) < 3.0 * found.stderr
    composition = held.phases["pellet"].composition
    assert composition is not None
    assert (composition.known, composition.value) == ("given", found.value)
    assert not to_calibrate(held)
    assert found.steps == 3
    assert "then held" in str(found)
    assert held.regions == plan().regions


def test_more_steps_tell_more_up_to_what_sensitivities_leave_open() -> None:
    few, many = (
        calibrate(plan(), [pristine(1.0, steps, 300.0)], SilentMonitor())[1][0].stderr
        for steps in (1, 6)
    )
    assert many < 0.8 * few
    exact = plan().model_copy(
        update={
            "quantification": plan().quantification.model_copy(update={"fit_sensitivities": False})
        }
    )
    held = calibrate(exact, [pristine(1.0, 6, 300.0)], SilentMonitor())[1][0].stderr
    assert held < many


def test_what_is_not_identified_is_said_and_the_plan_keeps_its_value() -> None:
    held, (found,) = calibrate(plan(), [pristine(1.0, 1, 2.0)], SilentMonitor())
    assert found.value == 1.0
    assert np.isnan(found.stderr)
    assert "not identified" in str(found)
    assert found.to_json()["stderr"] is None
    assert held.phases["pellet"].composition is not None


def test_nothing_to_fit_is_an_error() -> None:
    with pytest.raises(DataError, match="pristine"):
        calibrate(plan(), [[{}]], SilentMonitor())


def test_a_plan_without_pristine_compositions_stays_as_it_is() -> None:
    given = plan(known="given")
    assert calibrate(given, [], SilentMonitor()) == (given, ())
