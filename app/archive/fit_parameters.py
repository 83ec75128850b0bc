"""Numbers of a model in NXparameters: one value per spectrum, with errors, bounds and links."""

from typing import Any

import numpy as np

from app.archive.names import item_name
from app.archive.rows import GrowingField
from fitting.arrays import FloatArray
from fitting.covariances import variances
from fitting.model import ModelTable, State
from fitting.result import RegionInfo, SeriesResult
from fitting.units import unit_text

_NEXUS_NAMES = {
    "center": "position",
    "fwhm": "width",
    "apparent_center": "position",
    "apparent_fwhm": "width",
}
_DESCRIPTIONS = {
    "area": "area of the whole component, both lines of a doublet",
    "center": "position in referenced energy; measured position = this + energy_shift",
    "fwhm": "full width at half maximum",
    "apparent_center": "center plus what the electrical group of the phase is off the default one",
    "apparent_fwhm": "fwhm plus the broadening of the step",
    "shift": "measured minus referenced energy",
    "splitting": "distance of the partner of a doublet, to higher binding energy",
    "ratio": "area of the partner over the area of the main line",
}


def variances_of(result: SeriesResult, table: ModelTable) -> FloatArray:
    """(K, P) variances of all parameters; nan where fixed or not estimated."""
    return variances(table.slopes(result.values[:, table.free]), result.covariance)


class ParameterFields:
    """Fields of parameters of one region, row by row.

    Parameters
    ----------
    table : the model
    info : units of the region
    """

    def __init__(self, table: ModelTable, info: RegionInfo) -> None:
        self._table = table
        self._info = info
        self._values: list[tuple[int, GrowingField, Any]] = []
        self._errors: list[tuple[int, GrowingField]] = []

    def add(self, group: Any, place: int, name: str | None = None) -> str:
        """Make the field of one parameter, and of its errors unless it is fixed.

        Parameters
        ----------
        place : index in the parameter table
        name : of the field; None for the name that NeXus has for it
        """
        row = self._table.parameters[place]
        taken = [field.name for _, field, owner in self._values if owner == group]
        wanted = name or _NEXUS_NAMES.get(row.parameter, row.parameter)
        name = item_name(wanted, [*taken, *(f"{other}_errors" for other in taken)])
        unit = unit_text(row.unit, self._info.axis_kind, self._info.intensity_unit)
        unit = "" if unit == "1" else unit
        described = {"description": _DESCRIPTIONS.get(row.parameter, row.parameter)}
        link = {"link": row.link} if row.link else {}
        field = GrowingField(
            group, name, units=unit, parameter=row.name, state=row.state.value, **described, **link
        )
        self._values.append((place, field, group))
        if row.state is not State.FIXED:
            self._errors.append((place, GrowingField(group, f"{name}_errors", units=unit)))
        return name

    def append(self, values: FloatArray, variances: FloatArray) -> None:
        """Add rows: (k, P) values and variances of all parameters."""
        for place, field, _ in self._values:
            field.append(values[:, place])
        for place, field in self._errors:
            field.append(np.sqrt(variances[:, place]))

    def finish(self) -> None:
        """Write what is left, and what NXparameters says of each."""
        for place, field, _ in self._values:
            dataset = field.finish()
            row = self._table.parameters[place]
            dataset.attrs.create("fixed", row.state is State.FIXED, dtype=bool)
            if row.state is State.FREE:
                for name, bound in (("min_value", row.minimum), ("max_value", row.maximum)):
                    if np.isfinite(bound):
                        dataset.attrs.create(name, bound, dtype="<f8")
        for _, field in self._errors:
            field.finish()
