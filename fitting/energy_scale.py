"""The energy scale of a step: its shift, that of other electrical groups, and a broadening.

A line of another group, or of a step that is broadened, is drawn from an apparent number: its own
one plus what the step adds. Both are affine, so engines know nothing of groups or broadening.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from fitting.arrays import BoolArray, FloatArray
from fitting.errors import PlanError
from fitting.intervals import DETECTION_DEVIANCE
from fitting.model import SHIFT, ModelTable, ParameterRow, State
from fitting.plan import Component, Plan

SHIFT_ROW = "energy.shift"
BROADENING_ROW = "energy.broadening"

OFFSET, BROADENING = "offset", "broadening"

_WIDTHS = ("gaussian_fwhm", "fwhm", "lorentzian_fwhm", "broadening")
"""The width of a shape that takes the broadening: the first that it has."""

_HELD = 1e-9


def offset_row(group: str) -> str:
    """Name of the parameter by which the shift of a group differs from the default one."""
    return f"energy.offset_{group}"


def shift_row(group: str) -> str:
    """Name of the shift of a group."""
    return f"energy.shift_{group}"


def energy_rows(plan: Plan) -> list[ParameterRow]:
    """Parameters of the energy scale; the shift is the first of all."""
    energy = plan.energy
    free = ParameterRow(SHIFT_ROW, "", "energy", "", "shift", "axis", State.FREE, value=0.0)
    fixed = replace(free, state=State.FIXED, value=energy.shift_eV)
    rows = [free if energy.reference in ("component", "fitted") else fixed]
    for group in energy.groups:
        far = energy.within_eV
        name, parameter = offset_row(group), f"{OFFSET}_{group}"
        rows.append(replace(free, name=name, parameter=parameter, minimum=-far, maximum=far))
        link = f"{SHIFT_ROW} + {name}"
        own = replace(free, name=shift_row(group), parameter=f"shift_{group}", value=np.nan)
        rows.append(replace(own, state=State.LINKED, link=link))
    if energy.broadening:
        rows.append(replace(free, name=BROADENING_ROW, parameter=BROADENING, minimum=0.0))
    return rows


def apparent_center(plan: Plan, component: Component, own: ParameterRow) -> ParameterRow | None:
    """Where a line of another group appears on the scale of the default one; else None."""
    group = group_of(plan, component.phase)
    return _apparent(own, offset_row(group)) if group else None


def apparent_width(plan: Plan, own: Sequence[ParameterRow]) -> ParameterRow | None:
    """The width of a line in a step that is broadened; None where steps are not."""
    names = [row.parameter for row in own]
    chosen = next((name for name in _WIDTHS if name in names), None)
    if chosen is None or not plan.energy.broadening:
        return None
    return _apparent(own[names.index(chosen)], BROADENING_ROW)


def _apparent(own: ParameterRow, added: str) -> ParameterRow:
    parameter = f"apparent_{own.parameter}"
    name = f"{own.component}.{parameter}"
    link = f"{own.name} + {added}"
    return replace(own, name=name, parameter=parameter, state=State.LINKED, value=np.nan, link=link)


def group_of(plan: Plan, phase: str | None) -> str:
    """The electrical group of a phase; empty for the default one."""
    return next((name for name, phases in plan.energy.groups.items() if phase in phases), "")


def undetected(
    table: ModelTable, block: Sequence[int], free: FloatArray, deviance_drop: FloatArray
) -> list[int]:
    """Offsets of electrical groups none of whose lines in a block is detected.

    Parameters
    ----------
    block : regions
    free : (F,) free parameters of a step; an offset of nan was not fitted
    deviance_drop : (F,) of amounts that are weak, else nan
    """
    seen = (free > 0.0) & ~(deviance_drop < DETECTION_DEVIANCE)
    found = []
    for f in table.offsets:
        if np.isfinite(free[f]) and table.influence[list(block), f].any():
            amounts = np.zeros(len(table.free), dtype=bool)
            for component in (c for r in block for c in table.regions[r].components):
                if table.depends[component.center, f]:
                    amounts |= table.depends[component.area]
            if not (amounts & table.linear & seen).any():
                found.append(f)
    return found


@lru_cache(maxsize=64)
def holds(table: ModelTable, present: tuple[int, ...], f: int) -> bool:
    """Whether lines of these regions hold a free parameter of the energy scale.

    It is held unless other free parameters can do all that it does: a shift, if all centers can
    move along; a broadening, if all widths can grow.

    Parameters
    ----------
    present : regions
    f : position of the parameter among the free ones
    """
    rows, effect = _effect(table, present, f)
    others = np.delete(table.matrix[rows], f, axis=1)
    others = others[:, others.any(axis=0)]
    found = np.linalg.lstsq(others, effect, rcond=None)[0]
    return bool(np.abs(others @ found - effect).max(initial=0.0) > _HELD)


def _effect(table: ModelTable, present: Sequence[int], f: int) -> tuple[BoolArray, FloatArray]:
    """Numbers that enter the curves of regions, and how they move with a free parameter."""
    rows = np.zeros(len(table.parameters), dtype=bool)
    effect = table.matrix[:, f].copy()
    for r in present:
        region = table.regions[r]
        rows[region.local] = True
        if table.free[f] == SHIFT:
            effect[[c.center for c in region.components]] += 1.0
    rows[SHIFT] = False
    return rows, effect[rows]


def check_energy_scale(table: ModelTable) -> None:
    """Refuse plans in which nothing holds a parameter of the energy scale.

    Raises
    ------
    PlanError
    """
    everything = tuple(range(len(table.regions)))
    for f in table.energy_places:
        row = table.parameters[table.free[f]]
        fixed_by_line = table.free[f] == SHIFT and table.reference_region is not None
        if not fixed_by_line and not holds(table, everything, f):
            raise PlanError(*_not_held(row))


def _not_held(row: ParameterRow) -> tuple[str, str]:
    if row.parameter == BROADENING:
        return "energy.broadening", (
            "is true, but every width can grow with it, so nothing holds it; give the fwhm of a "
            "line as a number"
        )
    if row.parameter == "shift":
        return "energy.reference", (
            'is "fitted", but all centers can move along, so nothing holds the energy scale; give '
            "the center of a line that is always there as a number"
        )
    group = row.parameter.removeprefix(f"{OFFSET}_")
    return f"energy.groups.{group}", (
        "has no line whose center is held, so it has no shift of its own to fit; give the center "
        "of one of its lines as a number"
    )
