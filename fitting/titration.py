"""Side-reaction charge from the log of a coulometric titration time analysis.

Small portions of lithium are plated; each is used up by the reaction with the electrolyte, seen as
a rise of the potential, and then the next follows. When a portion is gone, all that was plated
so far has reacted: that is one point of side-reaction charge against time.
Aktekin et al. 2023, doi:10.1038/s41467-023-42512-y
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from fitting.arrays import FloatArray, IntArray, frozen
from fitting.errors import DataError

_MOVING = 0.02
"""Share of the highest current from which on a record is part of a portion."""


@dataclass(frozen=True, eq=False)
class ChargeRecord:
    """What a potentiostat recorded of one sample; R records.

    Parameters
    ----------
    sample, source : names
    time_s : (R,) not decreasing
    charge_mAh : (R,) with the log's own sign
    potential_V : (R,) or None
    area_cm2 : of the electrode, or None where nobody has said it
    charge_sign : "+" if positive charge in the log reduces the analysed interface, or None
    """

    sample: str
    source: str
    time_s: FloatArray
    charge_mAh: FloatArray
    potential_V: FloatArray | None = None
    area_cm2: float | None = None
    charge_sign: Literal["+", "-"] | None = None

    def __post_init__(self) -> None:
        for name in ("time_s", "charge_mAh", "potential_V"):
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, frozen(values))
                if values.shape != self.time_s.shape:
                    raise DataError(f"{self.sample}: {name} has another length than time_s")

    @property
    def charge_uAh_cm2(self) -> FloatArray:
        """(R,) lithium delivered per area since the first record.

        Raises
        ------
        DataError
            Nobody has said the area or the sign.
        """
        if self.area_cm2 is None or self.charge_sign is None:
            raise DataError(
                f"{self.sample}: area_cm2 and charge_sign of the log are not known; say them in "
                "[titration] of the plan, or by --area and --charge-sign"
            )
        sign = 1.0 if self.charge_sign == "+" else -1.0
        return np.asarray(sign * 1e3 / self.area_cm2 * (self.charge_mAh - self.charge_mAh[0]))


@dataclass(frozen=True, eq=False)
class SideCharge:
    """Side-reaction charge at the moments at which a portion of lithium was gone; K of them.

    Parameters
    ----------
    begin_s : when the first portion began
    time_s, charge_side_uAh_cm2 : (K,)
    left_out : portions after which the potential did not rise as far as was asked for
    """

    begin_s: float
    time_s: FloatArray
    charge_side_uAh_cm2: FloatArray
    left_out: int


def side_charge(record: ChargeRecord, depleted_above_V: float | None = None) -> SideCharge:
    """Points of side-reaction charge against time.

    Parameters
    ----------
    depleted_above_V : potential at which a portion counts as used up; None takes the moment at
        which the next portion began, as the instrument decided. The rest after the last portion
        counts only with it.

    Raises
    ------
    DataError
        No portions of lithium, or a potential is asked for that the log does not have.
    """
    charge = record.charge_uAh_cm2
    if depleted_above_V is not None and record.potential_V is None:
        raise DataError(f"{record.sample}: depleted_above_V needs potentials, the log has none")
    first, last = _portions(record, charge)
    ends = np.append(first[1:], len(charge) - 1)
    times, charges = [], []
    for rest, end in zip(last, ends, strict=True):
        if depleted_above_V is None:
            moment = float(record.time_s[end]) if end != len(charge) - 1 else np.nan
        else:
            moment = _crossing(record, int(rest), int(end), depleted_above_V)
        if np.isfinite(moment):
            times.append(moment)
            charges.append(float(charge[rest]))
    missed = len(last) - len(times) - (depleted_above_V is None)
    return SideCharge(float(record.time_s[first[0]]), np.array(times), np.array(charges), missed)


def _portions(record: ChargeRecord, charge: FloatArray) -> tuple[IntArray, IntArray]:
    """Last record before each portion of lithium, and the last one of it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.nan_to_num(np.diff(charge) / np.diff(record.time_s), posinf=0.0, neginf=0.0)
    moving = rate > _MOVING * max(float(rate.max(initial=0.0)), 1e-300)
    edges = np.diff(np.concatenate([[0], moving.astype(int), [0]]))
    first, last = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    if len(first) < 2:
        raise DataError(
            f"{record.sample}: {len(first)} portions of lithium in the log; a titration has many, "
            "with rests between them. Is charge_sign right?"
        )
    return first, last


def _crossing(record: ChargeRecord, rest: int, end: int, level: float) -> float:
    """When the potential rises above a level in a rest; nan if it does not."""
    assert record.potential_V is not None
    potential, time = record.potential_V[rest : end + 1], record.time_s[rest : end + 1]
    above = np.flatnonzero((potential[1:] > level) & (potential[:-1] <= level))
    if not len(above):
        return np.nan
    k = int(above[0])
    share = (level - potential[k]) / (potential[k + 1] - potential[k])
    return float(time[k] + share * (time[k + 1] - time[k]))
