"""Side-reaction charge against the square root of time, and the thickness it stands for."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.batch.figures.style import COLUMN_MM, INK, SERIES_COLOURS, inches, markers, save, styled
from fitting.sei import side_charge_trends
from fitting.titration import ChargeRecord, SideCharge

_HEIGHT_MM = 68.0
Sides = Sequence[tuple[ChargeRecord, SideCharge]]


def write_side_charge(
    sides: Sides, nm_per_uAh_cm2: Mapping[str, float], folder: Path
) -> list[Path]:
    """Draw all samples in one figure ``side_charge`` as PDF, PNG and SVG; gives the files."""
    with styled():
        return save(draw_side_charge(sides, nm_per_uAh_cm2), folder / "side_charge")


def draw_side_charge(sides: Sides, nm_per_uAh_cm2: Mapping[str, float]) -> Any:
    """Points, the straight line of growth by diffusion, and its rate with the 95 % interval."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=inches(COLUMN_MM, _HEIGHT_MM), layout="constrained")
    ax = figure.add_subplot()
    shapes = markers([record.sample for record, _ in sides])
    for number, (record, side) in enumerate(sides):
        colour = SERIES_COLOURS[number % len(SERIES_COLOURS)]
        roots = np.sqrt(np.maximum(side.time_s - side.begin_s, 0.0) / 3600.0)
        look: dict[str, Any] = {"color": colour, "marker": shapes[record.sample], "markersize": 3.0}
        label, line = _line(record.sample, side, roots)
        ax.plot(roots, side.charge_side_uAh_cm2, linestyle="none", label=label, **look)
        if line is not None:
            ax.plot(*line, color=colour, linewidth=0.8)
    ax.set_xlabel("√(time since the first portion) / h$^{1/2}$")
    ax.set_ylabel("Side-reaction charge / µAh cm⁻²")
    ax.set_xlim(left=0.0)
    ax.set_ylim(bottom=0.0)
    _thickness_axis(ax, nm_per_uAh_cm2)
    figure.legend(loc="outside upper left")
    return figure


def _line(
    sample: str, side: SideCharge, roots: Any
) -> tuple[str, tuple[list[float], list[float]] | None]:
    """What the legend says, and the line."""
    rate = side_charge_trends(side, {})[0].measured
    line = growth_line(side, roots)
    if line is None:
        return sample, None
    way = 0.5 * (rate.high95 - rate.low95)
    digits = max(0, -int(np.floor(np.log10(way)))) if way > 0.0 else 3
    said = f"{rate.value:.{digits}f} ± {way:.{digits}f} µAh cm⁻² h$^{{-1/2}}$"
    return f"{sample}: {said}", line


def growth_line(side: SideCharge, roots: Any) -> tuple[list[float], list[float]] | None:
    """The straight line of growth by diffusion through the middle of the points; its two ends.

    Parameters
    ----------
    roots : (K,) root of the hours since the first portion
    """
    rate = side_charge_trends(side, {})[0].measured
    if not rate.known:
        return None
    middle = float(np.mean(roots)), float(np.mean(side.charge_side_uAh_cm2))
    ends = [0.0, float(np.max(roots))]
    return ends, [middle[1] + rate.value * (end - middle[0]) for end in ends]


def _thickness_axis(ax: Any, nm_per_uAh_cm2: Mapping[str, float]) -> None:
    """The same scale in nm, for what is the thinner of the two ends."""
    if not nm_per_uAh_cm2:
        return
    end = min(nm_per_uAh_cm2, key=lambda name: nm_per_uAh_cm2[name])
    factor = nm_per_uAh_cm2[end]
    other = ax.secondary_yaxis(
        "right", functions=(lambda charge: charge * factor, lambda nm: nm / factor)
    )
    other.set_ylabel(f"Dense layer, to {end.replace('Li3P', 'Li₃P')} / nm", color=INK)
