"""E6: Li6PS5Cl on lithium and on LiCoO2, watched by Raman through a window (simulated).

After Zhou et al. 2020 (Fig. 23 of the review, doi:10.1039/d5eb00101c): Li2S appears where lithium
is deposited, polysulfide and P2Sx where LiCoO2 is charged. Each sample is held at a constant
current for ten hours.

* On lithium: Li6PS5Cl + 8 Li -> 5 Li2S + Li3P + LiCl, with the square root of time. Of these only
  Li2S has a Raman line.
* On LiCoO2: the free sulfide and what two PS4 lose when they share a sulfur become polysulfide,
  2 Li6PS5Cl -> P2S7 units (named P2Sx) + 3 S in chains. LiCoO2 itself fades as it loses lithium,
  and its lines move down by 2 cm-1.

Positions are those recommended by the reference library, copied; CaF2 (321 cm-1, the window of
the cell) is general knowledge. Strengths and widths are chosen, none was measured. The line of
P-S-S-P bridges at 475 cm-1 is counted with the polysulfide: nothing tells them apart.
Truth: see `fitting.simulate.raman_scene`.
"""

import numpy as np

from fitting.arrays import FloatArray
from fitting.series import Series
from fitting.simulate.raman import Band, Baseline
from fitting.simulate.raman_scene import Scene, light, peaks_of, record, wander
from fitting.simulate.simulation import Simulation

STEPS = 21
REGION = "200-600 cm-1"
WINDOW_CM = (200.0, 640.0)  # beyond the last line
HOURS = 10.0
CURRENT_MA_CM2 = 0.05
BANDS = (
    Band("ps4_nu1", "Li6PS5Cl", 425.0, 7.0, 0.80),
    Band("ps4_bend", "Li6PS5Cl", 278.0, 14.0, 0.08),
    Band("ps4_asym_low", "Li6PS5Cl", 569.0, 15.0, 0.07),
    Band("ps4_asym_high", "Li6PS5Cl", 600.0, 15.0, 0.05),
    Band("li2s_t2g", "Li2S", 372.5, 10.0, 1.0),
    Band("li2sn_475", "Li2Sn", 475.0, 12.0, 0.7),
    Band("li2sn_453", "Li2Sn", 453.0, 12.0, 0.3),
    Band("p2s7", "P2Sx", 406.0, 9.0, 1.0),
    Band("licoo2_eg", "LiCoO2", 485.0, 9.0, 0.35),
    Band("licoo2_a1g", "LiCoO2", 595.0, 10.0, 0.65),
    Band("caf2", "CaF2", 321.0, 7.0, 1.0),
)
GROUPS = {"oxidised": ("Li2Sn", "P2Sx")}
EFFICIENCY = {
    "Li6PS5Cl": 1.0,
    "Li2S": 0.12,
    "Li2Sn": 0.8,
    "P2Sx": 0.9,
    "LiCoO2": 0.5,
    "CaF2": 1.0,
}
"""Intensity per mole over that of the electrolyte: chosen, for want of measured ones."""


def simulate(*, steps: int | None, counts: float, seed: int) -> Simulation:
    """Simulate E6. See `fitting.simulate.simulate` for the arguments."""
    count = STEPS if steps is None else steps
    series: list[Series] = []
    truth: dict[str, dict[str, FloatArray]] = {}
    for number, scene in enumerate((on_lithium(count), on_licoo2(count))):
        measured, known = record("E6", scene, counts, (seed, number))
        series.append(measured)
        truth[scene.sample] = known
    return Simulation("E6", tuple(series), truth, {})


def on_lithium(steps: int) -> Scene:
    """Lithium is deposited: the interphase grows with the square root of time."""
    u = np.linspace(0.0, 1.0, steps)
    reacted = 0.3 * np.sqrt(u)
    amount = {
        "Li6PS5Cl": 1.0 - reacted,
        "Li2S": 5.0 * reacted,
        "Li3P": reacted,
        "LiCl": reacted,
    }
    potential = -0.02 - 0.03 * (1.0 - np.exp(-4.0 * u)) * (u > 0.0)
    return _scene("LPSCl on Li", u, amount, np.where(u > 0.0, potential, 0.0), +1.0)


def on_licoo2(steps: int) -> Scene:
    """LiCoO2 is charged: what touches it is oxidised, the faster the higher the potential."""
    u = np.linspace(0.0, 1.0, steps)
    reacted = 0.35 * (1.0 - np.exp(-2.0 * u))
    amount = {
        "Li6PS5Cl": 1.0 - reacted,
        "P2Sx": 0.5 * reacted,
        "Li2Sn": 0.375 * reacted,
        "LiCoO2": np.full(steps, 1.0),
    }
    potential = np.where(u > 0.0, 3.85 + 0.1 * u + 0.35 * u**4, 3.0)
    return _scene("LPSCl on LiCoO2", u, amount, potential, -1.0)


def _scene(
    sample: str,
    u: FloatArray,
    amount: dict[str, FloatArray],
    potential_V: FloatArray,
    sign: float,
) -> Scene:
    """The charge counts from lithium delivered to the electrolyte."""
    steps = len(u)
    hours = HOURS * u
    zero = np.zeros(steps)
    signal = {
        phase: factor * amount.get(phase, zero)
        for phase, factor in EFFICIENCY.items()
        if phase != "CaF2"
    }
    signal["LiCoO2"] = signal["LiCoO2"] * np.exp(-2.5 * u)
    signal["CaF2"] = np.full(steps, 0.25)
    softer = {"licoo2_eg": -2.0 * u, "licoo2_a1g": -2.0 * u}
    return Scene(
        sample=sample,
        region=REGION,
        window_cm=WINDOW_CM,
        peaks=peaks_of(BANDS, signal, wander(steps, 0.25, 1.1), softer),
        light=light(steps, lost=(13,)),
        baseline=Baseline(0.35 + 0.5 * np.exp(-3.0 * u) + wander(steps, 0.02, 2.0), 1800 - 300 * u),
        amount=amount,
        columns={
            "charge_uAh_cm2": sign * 1000.0 * CURRENT_MA_CM2 * hours,
            "time_s": 3600.0 * hours + 30.0,
            "potential_V": potential_V,
        },
        not_counted=("LiCoO2", "CaF2"),
        groups=GROUPS,
        standard="CaF2",
    )
