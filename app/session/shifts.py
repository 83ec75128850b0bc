"""The energy scale along a series: the shift of every electrical group, and the broadening."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.batch.shift_table import ALL, DEFAULT, Shifts
from app.session.parts import Part, along, fullest
from app.session.project import Project
from fitting.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class ShiftSeries:
    """One shift of the axis along one sample; K steps.

    Parameters
    ----------
    group : whose; ``all`` and ``default`` are the common one, ``BROADENED`` is a width
    x, column : along what; see ``FractionCurves``
    shift, stderr : (K,) in ``unit``; stderr is nan where the shift is held or has no error
    states : (K,) free, fixed, at_bound, or words
    """

    sample: str
    group: str
    column: str
    x: FloatArray
    steps: IntArray
    current: BoolArray
    shift: FloatArray
    stderr: FloatArray
    states: tuple[str, ...]
    unit: str

    @property
    def is_common(self) -> bool:
        """Whether it is that of everything, or of the rest."""
        return self.group in (ALL, DEFAULT)


def shift_series(project: Project, parts: Sequence[Part]) -> list[ShiftSeries]:
    """The common shift of a sample, those of other groups, the broadening.

    Parameters
    ----------
    parts : as ``parts_of`` sorts them: the last one says which groups there are
    """
    column, x = along(project, parts, [fullest(part.result) for part in parts])
    steps = np.concatenate([part.result.steps for part in parts])
    current = np.concatenate([np.full(len(part.result), part.current) for part in parts])
    order = np.argsort(steps, kind="stable")
    found = [part.shifts for part in parts]
    unit = parts[-1].result.regions[0].axis_kind.unit
    made = []
    for place, one in enumerate(found[-1]):
        own = [_same(place, one.name, other) for other in found]
        states = [state for shifts in own for state in shifts.states]
        made.append(
            ShiftSeries(
                sample=parts[0].result.sample,
                group=one.name,
                column=column,
                x=x[order],
                steps=steps[order],
                current=current[order],
                shift=np.concatenate([shifts.value for shifts in own])[order],
                stderr=np.concatenate([shifts.stderr for shifts in own])[order],
                states=tuple(states[k] for k in order.tolist()),
                unit=unit,
            )
        )
    return made


def _same(place: int, name: str, others: Sequence[Shifts]) -> Shifts:
    """The shift of that name in the fits of another plan; the common one is called two ways."""
    if place == 0:
        return others[0]
    unknown = np.full(len(others[0].value), np.nan)
    absent = Shifts(name, unknown, unknown, ("not in the plan",) * len(unknown))
    return next((one for one in others[1:] if one.name == name), absent)
