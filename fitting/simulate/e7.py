"""E7: argyrodites of two chlorine contents, oxidised while a Raman microscope looks (simulated).

After Zeng et al. 2022, Nat. Commun. 13, 1909: P2S5 and polysulfide from 3.6 V upwards while the
mode of PS4 falls, or an interface that stops by itself. Here Li6PS5Cl goes on reacting and
Li5.5PS4.5Cl1.5 stops early; the second composition and both rates are chosen.

Li(7-y)PS(6-y)Cl(y) -> 1/2 P2S5 + (3.5 - y) S in chains (Li2S4) + lithium salts without a line.
Positions are those recommended by the reference library, copied, with the two further lines of
P2S5 it mentions (270, 390 cm-1); CaF2 (321 cm-1, the window) is general knowledge. Strengths and
widths are chosen. Truth: see `fitting.simulate.raman_scene`.
"""

import numpy as np

from fitting.arrays import FloatArray
from fitting.series import Series
from fitting.simulate.raman import Band, Baseline
from fitting.simulate.raman_scene import Scene, light, peaks_of, record, wander
from fitting.simulate.simulation import Simulation

STEPS = 19
REGION = "200-800 cm-1"
WINDOW_CM = (200.0, 800.0)
POTENTIALS_V = (2.6, 4.4)
ONSET_V = 3.6
HOURS_PER_V = 2.0
SAMPLES = (("Li6PS5Cl", 1.0), ("Li5.5PS4.5Cl1.5", 1.5))
BANDS = (
    Band("ps4_nu1", "argyrodite", 425.0, 7.0, 0.80),
    Band("ps4_bend", "argyrodite", 278.0, 14.0, 0.08),
    Band("ps4_asym_low", "argyrodite", 569.0, 15.0, 0.07),
    Band("ps4_asym_high", "argyrodite", 600.0, 15.0, 0.05),
    Band("p2s5_cage", "P2S5", 715.0, 9.0, 0.5),
    Band("p2s5_390", "P2S5", 390.0, 9.0, 0.3),
    Band("p2s5_270", "P2S5", 270.0, 9.0, 0.2),
    Band("li2sn_475", "Li2Sn", 475.0, 14.0, 1.0),
    Band("caf2", "CaF2", 321.0, 7.0, 1.0),
)
GROUPS = {"oxidised": ("P2S5", "Li2Sn")}
EFFICIENCY = {"argyrodite": 1.0, "P2S5": 0.9, "Li2Sn": 0.6}
"""Intensity per mole over that of the electrolyte: chosen, for want of measured ones."""


def simulate(*, steps: int | None, counts: float, seed: int) -> Simulation:
    """Simulate E7. See `fitting.simulate.simulate` for the arguments."""
    series: list[Series] = []
    truth: dict[str, dict[str, FloatArray]] = {}
    for number, (sample, chlorine) in enumerate(SAMPLES):
        scene = interface(sample, chlorine, STEPS if steps is None else steps)
        measured, known = record("E7", scene, counts, (seed, number))
        series.append(measured)
        truth[sample] = known
    return Simulation("E7", tuple(series), truth, {})


def reacted_share(potential_V: FloatArray, chlorine: float) -> FloatArray:
    """(K,) share of the probed electrolyte that is oxidised: all along, or until it stops."""
    beyond = np.maximum(potential_V - ONSET_V, 0.0)
    if chlorine > 1.0:
        return np.asarray(-0.07 * np.expm1(-beyond / 0.12))
    return np.asarray(0.55 * beyond**1.3 / (0.3 + beyond**1.3))


def interface(sample: str, chlorine: float, steps: int) -> Scene:
    """One sample from 2.6 to 4.4 V in equal steps."""
    u = np.linspace(0.0, 1.0, steps)
    potential = np.round(POTENTIALS_V[0] + (POTENTIALS_V[1] - POTENTIALS_V[0]) * u, 6)
    reacted = reacted_share(potential, chlorine)
    amount = {
        "argyrodite": 1.0 - reacted,
        "P2S5": 0.5 * reacted,
        "Li2Sn": (3.5 - chlorine) / 4.0 * reacted,
    }
    signal = {phase: EFFICIENCY[phase] * value for phase, value in amount.items()}
    signal["CaF2"] = np.full(steps, 0.25)
    return Scene(
        sample=sample,
        region=REGION,
        window_cm=WINDOW_CM,
        peaks=peaks_of(BANDS, signal, wander(steps, 0.25, 1.7)),
        light=light(steps, lost=(11,)),
        baseline=Baseline(0.5 + 0.3 * u + wander(steps, 0.03, 0.8), 1700 - 200 * u),
        amount=amount,
        columns={
            "time_s": 3600.0 * HOURS_PER_V * (potential - POTENTIALS_V[0]) + 30.0,
            "potential_V": potential,
        },
        not_counted=("CaF2",),
        groups=GROUPS,
        standard="CaF2",
    )
