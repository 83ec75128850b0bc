"""NXfit (NeXus definitions v2026.01) of one region: curves, peaks, background, goodness.

NXfit knows one spectrum; here every number has one value per spectrum of the region. What the
standard has no word for (errors, links, shift) has names or attributes of our own.
"""

from typing import Any

import numpy as np

from app.archive.entry import INTENSITY_UNITS, EntryWriter
from app.archive.fit_parameters import ParameterFields
from app.archive.layout import SIGMA, SIGNAL, SPECTRA_ATTRIBUTE
from app.archive.names import item_name
from app.archive.rows import GrowingField
from app.archive.store import new_group, put_numbers, put_text, set_integers, set_text
from fitting.arrays import FloatArray
from fitting.drawing import draw_rows
from fitting.model import SHIFT, ComponentModel, ModelTable, RegionModel
from fitting.result import RegionInfo, SeriesResult
from fitting.series import AxisKind, Series

CURVE_BYTES = 8 * 2**20
"""Curves of single peaks are written only if all of a region's stay below this."""

_SHAPES = {
    "gaussian": "Gaussian",
    "lorentzian": "Lorentzian",
    "voigt": "Voigt",
    "pseudo_voigt": "Gaussian-Lorentzian Sum",
    "sgl": "Gaussian-Lorentzian Sum",
    "gl": "Gaussian-Lorentzian Product",
    "la": "Asymmetric Lorentzian",
    "doniach_sunjic": "Doniach-Sunjic",
    "doniach_sunjic_gauss": "Doniach-Sunjic",
}
_BACKGROUNDS = {
    "linear": "Linear",
    "shirley": "Shirley",
    "tougaard_u2": "Tougaard",
    "tougaard_u3": "Tougaard",
}


class FitWriter:
    """The NXfit of one region.

    Parameters
    ----------
    entry : in which the spectra of the region are
    table : what was fitted
    info : units of the region
    first : some spectra of the region, or none
    total_steps : at most so many spectra will come
    """

    def __init__(
        self,
        entry: EntryWriter,
        table: ModelTable,
        info: RegionInfo,
        first: Series,
        total_steps: int,
    ) -> None:
        self._table, self._region = table, _region(table, info.name)
        self._spectra = entry.regions[info.name]
        group = new_group(entry.entry, item_name(f"fit_{info.name}", entry.entry), "NXfit")
        set_text(group, SPECTRA_ATTRIBUTE, self._spectra.data.name.rsplit("/", 1)[-1])
        put_text(group, "label", f"{first.sample}, {first.region}")
        self._data = new_group(group, "data", "NXdata")
        self._axis = _own_axis(self._data, first)
        unit = INTENSITY_UNITS[first.intensity_unit]
        self._sum = GrowingField(self._data, "fit_sum", units=unit, long_name="Fit")
        self._residual = GrowingField(
            self._data, "residual", units=unit, long_name="Measured minus fit"
        )
        self._parameters = ParameterFields(table, info)
        self._parameters.add(group, SHIFT, "energy_shift")
        functions = [_begin_peak(group, c, self._parameters) for c in self._region.components]
        functions.append(_begin_background(group, self._region, self._parameters))
        self._functions = functions
        self._curves = _begin_curves(group, functions, first, total_steps, unit)
        self._goodness = GrowingField(
            group, "figure_of_merit_reduced_chi_square", units="", metric="reduced chi-square"
        )

    def append(self, result: SeriesResult, series: Series, variances: FloatArray) -> None:
        """Add spectra.

        Parameters
        ----------
        result, series : of the same steps
        variances : (k, P) of all parameters
        """
        rows = np.searchsorted(result.steps, series.steps)
        curves = draw_rows(self._table, result, series).as_measured()
        fit_sum = curves.sum(axis=1)
        self._sum.append(fit_sum)
        self._residual.append(series.intensity - fit_sum)
        for c, field in enumerate(self._curves):
            field.append(curves[:, c])
        if self._axis is not None:
            own = [series.axis(k) for k in range(len(series))]
            self._axis.append(np.array(own).reshape(series.intensity.shape))
        self._parameters.append(result.values[rows], variances[rows])
        r = result.region_index(series.region)
        self._goodness.append(result.reduced_chi_square[rows, r])

    def finish(self) -> None:
        """Write what is left and tie the curves to the spectra, which are finished by now."""
        self._parameters.finish()
        for field in (self._sum, self._residual, self._goodness, *self._curves):
            field.finish()
        if self._axis is not None:
            self._axis.finish()
        data, spectra = self._data, self._spectra.data
        data["input_dependent"] = spectra[SIGNAL]
        if SIGMA in spectra:
            data["input_dependent_errors"] = spectra[SIGMA]
        if "input_independent" not in data:
            data["input_independent"] = spectra[self._spectra.axis]
        row_axis = self._spectra.row_axis()
        data[row_axis] = spectra[row_axis]
        set_text(data, "auxiliary_signals", ["fit_sum", "residual"])
        _plot(data, "input_dependent", row_axis, "input_independent")
        for function in self._functions:
            if self._curves:
                own = function["data"]
                own["position"] = data["input_independent"]
                own[row_axis] = spectra[row_axis]
                _plot(own, "intensity", row_axis, "position")


def _region(table: ModelTable, name: str) -> RegionModel:
    region = table.region(name)
    if region is None:
        raise ValueError(f"the plan has no region {name!r}")
    return region


def _own_axis(data: Any, first: Series) -> GrowingField | None:
    """Binding energies where the spectra have kinetic ones; else the axis is that of the data."""
    if first.axis_kind is not AxisKind.KINETIC_ENERGY:
        return None
    words = {"units": "eV", "long_name": "Binding energy (eV)", "type": "binding"}
    if first.x.ndim == 1:
        put_numbers(data, "input_independent", first.axis(0), **words)
        return None
    return GrowingField(data, "input_independent", **words)


def _begin_peak(group: Any, component: ComponentModel, parameters: ParameterFields) -> Any:
    peak = new_group(group, item_name(f"peak_{component.id}", group), "NXpeak")
    put_text(peak, "label", component.id)
    set_text(peak, "phase", component.phase)
    parameters.add(peak, component.area, "total_area")
    shape = component.shape
    function = _function(peak, _SHAPES.get(shape.name, ""), f"{shape.name}; {shape.source}")
    own = [component.area, component.center, *component.shape_parameters]
    for place in (*own, component.splitting, component.ratio):
        if place >= 0:
            parameters.add(function, place)
    return peak


def _begin_background(group: Any, region: RegionModel, parameters: ParameterFields) -> Any:
    background = new_group(group, "background", "NXpeak")
    put_text(background, "label", "background")
    terms = (region.static, region.active, region.basis)
    kinds = [term.background for term in terms if term is not None]
    known = [_BACKGROUNDS[kind.name] for kind in kinds if kind.name in _BACKGROUNDS]
    words = " + ".join(f"{kind.name} ({kind.source})" for kind in kinds)
    function = _function(background, known[0] if known else "", words)
    active = () if region.active is None else region.active.parameters
    basis = () if region.basis is None else region.basis.parameters + region.basis.coefficients
    for place in (*active, *basis):
        parameters.add(function, place)
    return background


def _function(group: Any, function_type: str, description: str) -> Any:
    """NXfit_function with its parameters; the type only where NXxps has a word for it."""
    function = new_group(group, "function", "NXfit_function")
    if function_type:
        put_text(function, "function_type", function_type)
    put_text(function, "description", description)
    return new_group(function, "fit_parameters", "NXparameters")


def _begin_curves(
    group: Any, functions: list[Any], first: Series, total_steps: int, unit: str
) -> list[GrowingField]:
    wanted = total_steps * first.intensity.shape[1] * len(functions) * 8
    if wanted > CURVE_BYTES:
        words = f"left out: they would take {wanted} bytes, more than {CURVE_BYTES}; see fit_sum"
        set_text(group, "curves_of_peaks", words)
        return []
    return [
        GrowingField(new_group(function, "data", "NXdata"), "intensity", units=unit)
        for function in functions
    ]


def _plot(data: Any, signal: str, row_axis: str, axis: str) -> None:
    shared = data[axis].ndim == 1
    set_text(data, "signal", signal)
    set_text(data, "axes", [row_axis, axis if shared else "."])
    set_integers(data, f"{row_axis}_indices", 0)
    set_integers(data, f"{axis}_indices", 1 if shared else [0, 1])
