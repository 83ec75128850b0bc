"""Series whose energy scale moves as it does in life, with known truth."""

from typing import Any

import numpy as np

from fitting.arrays import FloatArray
from fitting.model import ModelTable
from fitting.spectrum import Spectrum
from tests.fitting.synthetic import spectra_of, table_of, truth

STEPS = 40
PEAK = 10_000.0
JUMPS = {12: 1.3, 25: -1.1}
"""From these steps on the whole scale is displaced by so much: the charging has changed."""

GLITCHES = (7, 30)
"""Steps whose S 2p has lost most of its counts."""

MISSING = {4: "P 2p", 18: "S 2p", 19: "S 2p", 33: "Li 1s"}


def plan_regions(metal: object = 54.8) -> list[dict[str, Any]]:
    """Argyrodite, Li2S, Li3P and lithium in three regions; distances are held, widths free."""
    wide = {"value": 1.15, "min": 0.8, "max": 1.8}
    usual = {"shape": "pseudo_voigt", "lorentz_fraction": 0.3, "fwhm": wide}
    sulfur = {**usual, "doublet": {"splitting": 1.18, "ratio": 0.5}}
    phosphorus = {**usual, "doublet": {"splitting": 0.86, "ratio": 0.5}}
    background = {"kind": "shirley", "active": True}
    return [
        {
            "name": "S 2p",
            "window": [157.0, 166.0],
            "background": background,
            "components": [
                {"id": "ps4_s", "phase": "PS4", "center": 161.5, **sulfur},
                {**sulfur, "id": "li2s", "phase": "Li2S", "center": 160.1, "fwhm": "ps4_s.fwhm"},
            ],
        },
        {
            "name": "P 2p",
            "window": [124.0, 136.0],
            "background": background,
            "components": [
                {"id": "ps4_p", "phase": "PS4", "center": 131.7, **phosphorus},
                {**phosphorus, "id": "li3p", "phase": "Li3P", "center": 126.0, "fwhm": 1.5},
            ],
        },
        {
            "name": "Li 1s",
            "window": [51.0, 60.0],
            "background": background,
            "components": [
                {"id": "salt", "phase": "PS4", "center": 55.6, **usual, "fwhm": 1.4},
                {"id": "li0", "phase": "Li0", "center": metal, **usual, "fwhm": 0.8},
            ],
        },
    ]


def plan_table(engine: str = "auto", **energy: object) -> ModelTable:
    return table_of(
        *plan_regions(),
        fit={"engine": engine},
        energy={"reference": "fitted", **energy},
    )


def shifts(steps: int = STEPS) -> FloatArray:
    """(K,) a drift of 0.3 eV and two jumps."""
    k = np.arange(steps)
    moved = sum(by * (k >= first) for first, by in JUMPS.items())
    return np.asarray(0.1 + 0.3 * k / max(steps - 1, 1) + moved)


def series(
    table: ModelTable, rng: np.random.Generator, steps: int = STEPS, **overrides: FloatArray
) -> list[dict[str, Spectrum]]:
    """Spectra of all steps; ``overrides`` give numbers of every step by name, as ``truth`` does."""
    area = PEAK * 1.3
    found = []
    for k, shift in enumerate(shifts(steps)):
        part = k / max(steps - 1, 1)
        own = {
            "ps4_s": area * (1.2 - 0.6 * part),
            "li2s": area * (0.05 + part),
            "ps4_p": 0.4 * area,
        }
        own |= {"li3p": 0.2 * area * part, "salt": 0.2 * area, "li0": 0.2 * area * part}
        free = truth(
            table,
            energy__shift=shift,
            **{f"{name}__area": value for name, value in own.items()},
            **{name: float(values[k]) for name, values in overrides.items()},
        )
        step = spectra_of(table, free, rng, margin=5.0)
        if k in GLITCHES:
            x, counts = step["S 2p"].x, step["S 2p"].intensity
            step["S 2p"] = Spectrum(
                x, rng.binomial(counts.astype(int), 0.05).astype(float), None, 1.0
            )
        step.pop(MISSING.get(k, ""), None)
        found.append(step)
    return found
