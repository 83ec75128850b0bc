"""What the data hold whatever the plan says: components above the noise, and their spectra."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from app.archive.results import ResultHandle
from app.batch.figures.labels import phase_label
from app.batch.figures.style import FAINT, INK, PAGE_MM, inches
from fitting.arrays import FloatArray
from fitting.checks.points import views_of
from fitting.checks.shared_residuals import Witnesses
from fitting.model import ModelTable
from fitting.seriesfit import CHUNK
from fitting.witness import Witness

_ROW_MM = 48.0


def witnesses_of(handle: ResultHandle, table: ModelTable) -> dict[str, Witness]:
    """Region -> what its spectra hold, of one sample; none without spectra."""
    gathered = Witnesses(table)
    for first in range(0, handle.n_steps, CHUNK):
        last = first + CHUNK
        series = {region: handle.series(region, first, last) for region in handle.spectra}
        for view in views_of(handle.rows(first, last), table, series).values():
            gathered.look(view)
    return gathered.found()


def draw_witness(
    handle: ResultHandle, found: Mapping[str, Witness], colours: Mapping[str, str]
) -> Any:
    """A row for each region: components of data and model, and the spectra of both."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=inches(PAGE_MM, 8.0 + _ROW_MM * len(found)), layout="constrained")
    figure.suptitle(handle.sample, fontsize=8.0)
    panels = figure.subplots(len(found), 2, squeeze=False, width_ratios=[1.0, 2.4])
    units = {info.name: info.axis_kind.unit for info in handle.regions}
    for row, (region, witness) in zip(panels, found.items(), strict=True):
        _draw_sizes(row[0], region, witness)
        _draw_spectra(row[1], witness, units[region], colours)
    return figure


def _draw_sizes(panel: Any, region: str, witness: Witness) -> None:
    panel.axhline(1.0, color=FAINT, lw=0.8, ls="--")
    for sizes, words, style in (
        (witness.sizes_of_data, "data", {"marker": "o", "ms": 4.0, "color": INK, "mfc": "none"}),
        (witness.sizes_of_model, "model", {"marker": "+", "ms": 5.0, "color": "#0072B2"}),
    ):
        there = np.flatnonzero(sizes > 0.0)
        number = witness.of_data if words == "data" else witness.of_model
        panel.plot(there + 1, sizes[there], ls="none", label=f"{words}: {number}", **style)
    panel.set_yscale("log")
    panel.set_xlim(0.5, 8.5)
    panel.set_xticks(range(1, 9))
    panel.set_xlabel("component")
    panel.set_ylabel("size over that of noise")
    panel.set_title(region)
    panel.legend(frameon=False)


def _draw_spectra(panel: Any, witness: Witness, unit: str, colours: Mapping[str, str]) -> None:
    for place, spectrum in enumerate(witness.spectra_of_data):
        words = "resolved from the data" if place == 0 else None
        panel.plot(witness.axis, _unit(spectrum), color=INK, lw=0.7, label=words)
    for phase in witness.phases:
        curve = _unit(witness.spectra_of_model[phase.phase])
        words = f"{phase_label(phase.phase)} {phase.in_data:.2f}"
        color = colours.get(phase.phase, FAINT)
        panel.plot(witness.axis, curve, color=color, lw=1.0, ls="--", label=words)
    if np.isfinite(witness.place):
        panel.axvline(witness.place, color="#D55E00", lw=0.8, label="largest residual")
    panel.set_yticks([])
    panel.set_ylabel("scaled to one height")
    panel.set_xlim(witness.axis[0], witness.axis[-1])
    if unit == "eV":
        panel.invert_xaxis()
    panel.set_xlabel(unit)
    box = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)}
    panel.legend(title="phase, and its share in the data", frameon=False, fontsize=6.0, **box)


def _unit(curve: FloatArray) -> FloatArray:
    return np.asarray(curve / max(float(np.max(curve)), 1e-300))
