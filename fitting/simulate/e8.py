"""E8: Li6PS5Cl and NCM811 heated together under a Raman microscope (simulated).

After Rui et al. (doi:10.1039/d5eb00101c cites it): phosphate, sulfate and Li2Sx appear between 400
and 500 C. Oxygen of the cathode oxidises the electrolyte, Li6PS5Cl -> PO4 + 3/2 SO4 + 7/8 Li2S4.
Hot bands lie lower and are wider: every position falls and every width grows linearly with
temperature, each at a rate of its own.

Positions at 25 C are those recommended by the reference library, copied; rates, strengths and
widths are chosen. Truth: see `fitting.simulate.raman_scene`.
"""

import numpy as np

from fitting.arrays import FloatArray
from fitting.simulate.raman import Band, Baseline, RamanPeak
from fitting.simulate.raman_scene import Scene, light, record
from fitting.simulate.simulation import Simulation

STEPS = 22
REGION = "200-1100 cm-1"
WINDOW_CM = (200.0, 1100.0)
TEMPERATURES_C = (25.0, 550.0)
MINUTES_PER_C = 0.2
BROADENING_PER_C = 0.0015
BANDS = (
    Band("ps4_nu1", "Li6PS5Cl", 425.0, 7.0, 0.80),
    Band("ps4_bend", "Li6PS5Cl", 278.0, 14.0, 0.08),
    Band("ps4_asym_low", "Li6PS5Cl", 569.0, 15.0, 0.07),
    Band("ps4_asym_high", "Li6PS5Cl", 600.0, 15.0, 0.05),
    Band("ncm_eg", "NCM", 480.0, 45.0, 0.4),
    Band("ncm_a1g", "NCM", 590.0, 55.0, 0.6),
    Band("li2sx", "Li2Sx", 475.0, 14.0, 1.0),
    Band("po4_nu1", "PO4", 942.0, 10.0, 1.0),
    Band("so4_nu1", "SO4", 1007.0, 9.0, 1.0),
)
SHIFT_PER_C = {
    "ps4_nu1": -0.018,
    "ps4_bend": -0.010,
    "ps4_asym_low": -0.018,
    "ps4_asym_high": -0.018,
    "ncm_eg": -0.014,
    "ncm_a1g": -0.014,
    "li2sx": -0.012,
    "po4_nu1": -0.020,
    "so4_nu1": -0.020,
}
GROUPS = {"oxidised": ("Li2Sx", "PO4", "SO4")}
EFFICIENCY = {"Li6PS5Cl": 1.0, "NCM": 0.6, "Li2Sx": 0.6, "PO4": 0.5, "SO4": 0.5}
"""Intensity per mole over that of the electrolyte: chosen, for want of measured ones."""


def simulate(*, steps: int | None, counts: float, seed: int) -> Simulation:
    """Simulate E8. See `fitting.simulate.simulate` for the arguments."""
    scene = heated(STEPS if steps is None else steps)
    measured, known = record("E8", scene, counts, (seed, 0))
    return Simulation("E8", (measured,), {scene.sample: known}, {})


def heated(steps: int) -> Scene:
    """25 to 550 C in equal steps."""
    temperature = np.linspace(*TEMPERATURES_C, steps)
    warmer = temperature - TEMPERATURES_C[0]
    u = warmer / (TEMPERATURES_C[1] - TEMPERATURES_C[0])
    reacted = 0.55 * (np.tanh((temperature - 460.0) / 50.0) + 1.0) / 2.0
    reacted = np.where(temperature < 400.0, 0.0, reacted)
    amount = {
        "Li6PS5Cl": 1.0 - reacted,
        "NCM": np.full(steps, 1.0),
        "Li2Sx": 0.875 * reacted,
        "PO4": reacted,
        "SO4": 1.5 * reacted,
    }
    return Scene(
        sample="LPSCl + NCM811",
        region=REGION,
        window_cm=WINDOW_CM,
        peaks=tuple(_peak(band, amount[band.phase], warmer) for band in BANDS),
        light=light(steps, lost=(9,)),
        baseline=Baseline(0.3 + 0.5 * u**2, 1600 + 300 * u, wing=0.05),
        amount=amount,
        columns={"time_s": 60.0 * MINUTES_PER_C * warmer + 30.0, "temperature_C": temperature},
        not_counted=("NCM",),
        groups=GROUPS,
    )


def _peak(band: Band, amount: FloatArray, warmer_C: FloatArray) -> RamanPeak:
    return RamanPeak(
        band.component,
        band.phase,
        band.strength * EFFICIENCY[band.phase] * amount,
        band.center_cm + SHIFT_PER_C[band.component] * warmer_C,
        band.fwhm_cm * (1.0 + BROADENING_PER_C * warmer_C),
    )
