"""What all steps share: the part of an error that more counts do not lessen.

Sensitivities of core levels are uncertain by some ten percent each, the same in every step. That
moves all atomic fractions of a series together and is never added to their counting errors.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fitting.arrays import BoolArray, FloatArray
from fitting.model import ModelTable
from fitting.sensitivity import Sensitivity

RELATIVE_UNCERTAINTY = 0.10
"""Of a sensitivity that the plan gives as a bare number."""


@dataclass(frozen=True, eq=False)
class Common:
    """One factor that many areas share.

    Parameters
    ----------
    cause : in words
    relative : its relative standard uncertainty
    areas : (P,) the parameters that are divided by it
    """

    cause: str
    relative: float
    areas: BoolArray


def sensitivities_in_common(
    table: ModelTable, sensitivities: Mapping[str, Sensitivity | float]
) -> list[Common]:
    """The sensitivities of a plan, each with the areas that it scales.

    One for each core level; components with an uncertainty of their own do not share its error.

    Parameters
    ----------
    sensitivities : of every component by id; a bare number counts for all of a region alike
    """
    areas: dict[tuple[str, float], list[int]] = {}
    for region in table.regions:
        for component in region.components:
            own = sensitivities[component.id]
            common = (region.name, RELATIVE_UNCERTAINTY)
            if not isinstance(own, float):
                common = (own.level, own.relative_uncertainty)
            areas.setdefault(common, []).append(component.area)
    every = np.arange(len(table.parameters))
    return [
        Common(f"sensitivity of {level}", relative, np.isin(every, own))
        for (level, relative), own in areas.items()
    ]


def systematic_stderr(
    weights: FloatArray, denominator: FloatArray, values: FloatArray, common: list[Common]
) -> FloatArray:
    """(K, Q) standard error of shares from factors that all steps share.

    Parameters
    ----------
    weights, denominator : (Q, P) sums of parameters, and what they are shares of
    values : (K, P)
    """
    known = np.nan_to_num(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = known @ np.nan_to_num(denominator).T
        fraction = known @ weights.T / total
        square = np.zeros_like(total)
        for factor in common:
            own = known * factor.areas
            moved = (
                own @ weights.T / total - fraction * (own @ np.nan_to_num(denominator).T) / total
            )
            square += (factor.relative * moved) ** 2
    return np.asarray(np.sqrt(square))
