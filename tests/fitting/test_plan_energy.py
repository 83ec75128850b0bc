"""A new plan without a PS4 line in S 2p: one shift from lines whose distance is known."""

import numpy as np

from fitting.build import build_model
from fitting.chunkfit import fit_steps
from fitting.monitor import SilentMonitor
from fitting.propose import propose_plan
from fitting.result import FitStatus
from fitting.series import AxisKind, Series, Technique
from reference_lines import library

SHIFT_EV = 0.4


def measured(name: str, low: float, high: float, top: float) -> Series:
    x = np.arange(low, high, 0.1)
    curve = 200.0 + 9_000.0 * np.exp(-4.0 * np.log(2.0) * ((x - top) / 1.3) ** 2)
    intensity = np.random.default_rng(0).poisson(curve)[np.newaxis].astype(float)
    kinds = (Technique.XPS, AxisKind.BINDING_ENERGY)
    return Series("cell", name, *kinds, x, intensity, np.arange(1), photon_energy_eV=1486.6)


def oxide() -> list[Series]:
    """Li2O, all of it measured too high."""
    return [
        measured("O 1s", 522.0, 538.0, 528.5 + SHIFT_EV),
        measured("Li 1s", 48.0, 62.0, 53.8 + SHIFT_EV),
    ]


def test_two_regions_of_one_compound_find_the_shift_together() -> None:
    proposal = propose_plan(oxide(), library(), ["Li2O"])
    energy, components = proposal.plan.energy, proposal.plan.components
    assert energy.reference == "fitted"
    assert components["li2o_o1s"][1].parameters["center"] == 528.5
    assert components["li2o_li1s"][1].parameters["center"] == "li2o_o1s.center - 474.7"
    assert "found from all lines together" in proposal.comments.above["energy"][0]
    spectra = {one.region: one.spectrum(0) for one in oxide()}
    table = build_model(proposal.plan)
    (result,) = fit_steps(table, [spectra], [""], None, "each", SilentMonitor())
    assert np.all(result.status <= FitStatus.AT_BOUND)
    assert abs(result.values[0] - SHIFT_EV) < 0.02


def test_one_region_alone_is_taken_as_measured() -> None:
    proposal = propose_plan(oxide()[1:], library(), ["Li2O"])
    assert proposal.plan.energy.reference == "none"
