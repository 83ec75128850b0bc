"""Regions displaced against each other fail with the numbers; a rigid shift and a misfit do not."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fitting.displaced import best_move
from fitting.known_distances import known_distances_of
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.result import FitStatus, StepResult
from fitting.seriesfit import fit_series
from fitting.spectrum import Spectrum
from tests.fitting.shifted import plan_regions
from tests.fitting.synthetic import region, spectra_of, table_of, truth

COMPONENT = {"reference": "component", "component": "ps4_s", "position_eV": 161.5}
FITTED = {"reference": "fitted"}
AREAS = {"ps4_s": 13_000.0, "li2s": 3_000.0, "ps4_p": 5_000.0, "li3p": 1_000.0, "salt": 2_600.0}
BOUNDED = {"value": 131.7, "min": 131.3, "max": 132.1}


def model(energy: dict[str, Any], phosphorus: object = 131.7) -> ModelTable:
    regions = plan_regions()
    regions[1]["components"][0]["center"] = phosphorus
    return table_of(*regions, energy=energy)


def measured(moves: list[float], shift: float = 0.2) -> list[dict[str, Spectrum]]:
    """Steps whose P 2p is moved by so much."""
    table, rng = model(FITTED), np.random.default_rng(8)
    areas = {f"{name}__area": area for name, area in AREAS.items()}
    found = []
    for move in moves:
        free = truth(table, energy__shift=shift, li0__area=500.0, **areas)
        step = spectra_of(table, free, rng, margin=5.0)
        found.append({**step, "P 2p": replace(step["P 2p"], x=step["P 2p"].x + move)})
    return found


def fitted(table: ModelTable, steps: list[dict[str, Spectrum]]) -> list[StepResult]:
    return fit_series(table, steps, [f"cell, step {k}" for k in range(len(steps))], SilentMonitor())


@pytest.mark.parametrize("phosphorus", [131.7, BOUNDED], ids=["held", "bounded"])
@pytest.mark.parametrize("move", [0.7, -1.2])
def test_a_displaced_region_fails_with_the_numbers(move: float, phosphorus: object) -> None:
    table = model(COMPONENT, phosphorus)
    for k, result in enumerate(fitted(table, measured([move, move]))):
        assert result.status.tolist() == [FitStatus.CONVERGED, FitStatus.FAILED, 0]
        side = "higher" if move > 0.0 else "lower"
        words = f"cell, step {k}: P 2p lies {abs(move):.2f} eV {side} against S 2p"
        assert result.message[1].startswith(words)
        assert "29.80 eV in the plan" in result.message[1]
        assert np.isnan(result.values[table.index["ps4_p.area"]])
        assert np.isfinite(result.values[table.index["ps4_s.area"]])


def test_with_a_fitted_shift_none_of_the_regions_is_trusted() -> None:
    for result in fitted(model(FITTED), measured([0.8])):
        assert np.all(result.status == FitStatus.FAILED)
        assert "eV in the plan" in result.message[0]


@pytest.mark.parametrize("energy", [COMPONENT, FITTED], ids=["component", "fitted"])
@pytest.mark.parametrize("shift", [0.0, 2.0])
def test_a_rigid_offset_is_a_shift(energy: dict[str, Any], shift: float) -> None:
    for result in fitted(model(energy), measured([0.0, 0.3], shift)[:1]):
        assert np.all(result.status <= FitStatus.AT_BOUND)
        assert result.values[0] == pytest.approx(shift, abs=0.02)


def test_only_displaced_steps_fail() -> None:
    results = fitted(model(COMPONENT), measured([0.0, 1.0, 0.0]))
    failed = [int(result.status[1]) == FitStatus.FAILED for result in results]
    assert failed == [False, True, False]


def test_a_line_that_the_plan_lacks_is_no_displacement() -> None:
    steps = measured([0.0])
    phosphate = 2_000.0 * np.exp(-((steps[0]["P 2p"].x - 133.6) ** 2))
    rich = {
        **steps[0],
        "P 2p": replace(steps[0]["P 2p"], intensity=steps[0]["P 2p"].intensity + phosphate),
    }
    (result,) = fitted(model(COMPONENT), [rich])
    assert result.reduced_chi_square[1] > 2.0
    assert result.status[1] != FitStatus.FAILED


def argyrodite(center: object) -> ModelTable:
    sulfur = {"id": "s", "phase": "Li6PS5Cl", "shape": "gaussian", "center": 161.5, "fwhm": 1.2}
    other = {**sulfur, "id": "p", "center": center}
    return table_of(
        region([sulfur]),
        region([other], name="P 2p", window=(125.0, 137.0)),
        energy={"reference": "component", "component": "s", "position_eV": 161.5},
    )


def test_lines_of_one_compound_are_held_against_their_known_distance() -> None:
    table = argyrodite({"value": 131.7, "min": 129.0, "max": 134.5})
    (known,) = known_distances_of(table)
    assert (known.upper[1].id, known.lower[1].id, known.value) == ("s", "p", 29.8)
    rng = np.random.default_rng(5)
    for center, status in ((131.7, FitStatus.CONVERGED), (132.6, FitStatus.FAILED)):
        (result,) = fitted(table, [spectra_of(table, truth(table, p__center=center), rng, 4.0)])
        assert result.status[1] == status
    assert ", 29.8 eV in the reference lines" in result.message[1]


def test_oxide_is_known_by_its_distance() -> None:
    oxide = {"id": "o", "phase": "Li2O", "shape": "gaussian", "center": 528.5, "fwhm": 1.2}
    table = table_of(
        region([oxide], name="O 1s", window=(525.0, 535.0)),
        region([{**oxide, "id": "li", "center": 53.8}], name="Li 1s", window=(50.0, 60.0)),
    )
    (known,) = known_distances_of(table)
    assert known.value == 474.7


def test_the_shortest_of_moves_that_are_alike() -> None:
    def two_valleys(move: float) -> float:
        return min((move - 0.62) ** 2, (move + 1.4) ** 2 - 0.001)

    assert best_move(two_valleys, 3.0) == pytest.approx(0.62)
    assert best_move(lambda move: (move + 1.1) ** 2, 3.0) == pytest.approx(-1.1)


@pytest.mark.parametrize("energy", [COMPONENT, FITTED], ids=["component", "fitted"])
def test_amounts_that_do_not_go_together_are_no_displacement(energy: dict[str, Any]) -> None:
    """By itself every region is met well where it stands: the link between them is to blame."""
    regions = plan_regions()
    regions[2]["components"][0]["area"] = "ps4_s.area * 0.6"
    (result,) = fitted(table_of(*regions, energy=energy), measured([0.0]))
    assert np.nanmax(result.reduced_chi_square) > 2.0
    assert np.all(result.status != FitStatus.FAILED)
