"""E10: coulometric titration time analysis, a charge log without spectra.

After Aktekin et al. 2023, doi:10.1038/s41467-023-42512-y: on a steel foil against Li6PS5Cl,
portions of lithium are plated; each reacts away, the potential leaves that of lithium, and when
it passes a limit the next portion follows. What has reacted grows with the square root of time,
for lithium has to get through what has formed. Two cells: bare, and with a layer that slows the
reaction down. The numbers were chosen, none was measured. There are no counts: what scatters is
how soon a portion is gone.

Paths of the truth, by portion of lithium (K,)
----------------------------------------------
``time_s`` when it is gone, from the first portion on; ``charge_side_uAh_cm2`` bound by then;
``sei_thickness_to_Li3P_nm  sei_thickness_to_P0_nm`` if that is dense;
``sqrt_time_rate_uAh_cm2_h`` (1,) rate per root of an hour.
"""

import numpy as np

from fitting.arrays import FloatArray
from fitting.sei import layers_per_charge
from fitting.simulate.simulation import Simulation
from fitting.titration import ChargeRecord

ELECTROLYTE = "Li6PS5Cl"
CELLS = {"bare": 2.4, "coated": 1.5}
"""Cell -> rate, uAh/cm2 per root of an hour."""

PORTIONS = 40
AREA_CM2 = 0.785
LIMIT_V = 0.1
_PORTION_UAH_CM2 = 0.5
_CURRENT_UA_CM2 = 50.0
_SCATTER_UAH_CM2 = 0.05
_DRAINED_V = 0.8
_RECORDS_OF_A_REST = 40
_START_S = 600.0


def simulate(*, steps: int | None, counts: float, seed: int) -> Simulation:
    """Simulate E10; ``steps`` portions of lithium, ``counts`` says nothing here.

    See `fitting.simulate.simulate` for the arguments.
    """
    portions = PORTIONS if steps is None else steps
    records, truth = [], {}
    for number, (cell, rate) in enumerate(CELLS.items()):
        generator = np.random.default_rng(np.random.SeedSequence((seed, number)))
        charge: FloatArray = _PORTION_UAH_CM2 * np.arange(1, portions + 1, dtype=np.float64)
        gone = _times_s(charge, rate)
        scatter = generator.normal(0.0, _SCATTER_UAH_CM2, portions)
        seen = np.maximum(_times_s(charge + scatter, rate), _plated_s(charge))
        records.append(_record(cell, charge, np.maximum.accumulate(seen), generator))
        truth[cell] = {
            "time_s": gone,
            "charge_side_uAh_cm2": charge,
            **{
                f"sei_thickness_to_{layer.end}_nm": layer.nm_per_uAh_cm2 * charge
                for layer in layers_per_charge(ELECTROLYTE)
            },
            "sqrt_time_rate_uAh_cm2_h": np.array([rate]),
        }
    return Simulation("E10", (), truth, {}, tuple(records))


def _times_s(charge: FloatArray, rate: float) -> FloatArray:
    """When so much has reacted, from the first portion on."""
    return np.asarray(3600.0 * (charge / rate) ** 2)


def _plated_s(charge: FloatArray) -> FloatArray:
    """No portion can be gone before it has come."""
    return np.asarray(1.5 * 3600.0 * charge / _CURRENT_UA_CM2)


def _record(
    cell: str, charge: FloatArray, gone_s: FloatArray, generator: np.random.Generator
) -> ChargeRecord:
    """Records of every portion and of the rest after it, up to the limit of the potential."""
    pulse_s = 3600.0 * _PORTION_UAH_CM2 / _CURRENT_UA_CM2
    times, passed, potential = [np.array([0.0])], [np.array([0.0])], [np.array([1.2])]
    begin = _START_S
    for k, end in enumerate(gone_s):
        before = charge[k] - _PORTION_UAH_CM2
        end_s = max(_START_S + end, begin + pulse_s + 60.0)
        plating = np.linspace(begin, begin + pulse_s, 7)
        rest = np.linspace(plating[-1], end_s, _RECORDS_OF_A_REST + 1)[1:]
        rise = _DRAINED_V * np.exp((rest - end_s) / 120.0) * (LIMIT_V / _DRAINED_V)
        times += [plating, rest]
        passed += [np.linspace(before, charge[k], 7), np.full(len(rest), charge[k])]
        potential += [np.full(7, -0.02), rise]
        begin = end_s
    volts = np.concatenate(potential)
    volts[1:] += generator.normal(0.0, 1e-4, len(volts) - 1)
    return ChargeRecord(
        sample=cell,
        source="simulated E10",
        time_s=np.concatenate(times),
        charge_mAh=-np.concatenate(passed) * AREA_CM2 / 1e3,
        potential_V=volts,
        area_cm2=AREA_CM2,
        charge_sign="-",
    )
