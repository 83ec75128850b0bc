"""Traces of charge logs, and the growth of side-reaction charge."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyqtgraph as pg

from app.batch.figures.style import SERIES_COLOURS
from app.gui.results.drawing import level, swatch, symbol
from app.session.titration import GrowthCurve, thinned
from fitting.arrays import FloatArray
from fitting.titration import ChargeRecord


def log_colours(samples: Sequence[str]) -> dict[str, str]:
    """A colour for each sample, the same in all plots and figures."""
    return {name: SERIES_COLOURS[k % len(SERIES_COLOURS)] for k, name in enumerate(samples)}


def log_legend(colours: Mapping[str, str], words: str) -> str:
    """Whose colours they are, as rich text."""
    return " &nbsp; ".join([*(swatch(colour, name) for name, colour in colours.items()), words])


def log_items(
    records: Sequence[ChargeRecord], colours: Mapping[str, str], *, per_area: bool
) -> list[pg.GraphicsObject]:
    """Charge against hours; per area where area and sign are known."""
    return [
        _trace(one.time_s, one.charge_uAh_cm2 if per_area else one.charge_mAh, colours[one.sample])
        for one in records
    ]


def potential_items(
    records: Sequence[ChargeRecord], colours: Mapping[str, str], depleted_above_V: float | None
) -> list[pg.GraphicsObject]:
    """Potential against hours, and the level above which lithium is gone."""
    found: list[pg.GraphicsObject] = [
        _trace(one.time_s, one.potential_V, colours[one.sample])
        for one in records
        if one.potential_V is not None
    ]
    return found if depleted_above_V is None else [*found, level(depleted_above_V)]


def growth_items(
    curves: Sequence[GrowthCurve], colours: Mapping[str, str]
) -> list[pg.GraphicsObject]:
    """Points of side-reaction charge, and the lines of growth by diffusion."""
    found: list[pg.GraphicsObject] = []
    for place, one in enumerate(curves):
        colour = colours[one.sample]
        found.append(
            pg.ScatterPlotItem(
                one.root_h,
                one.charge,
                symbol=symbol(place),
                size=6,
                pen=None,
                brush=pg.mkBrush(colour),
            )
        )
        if one.line is not None:
            x, y = map(np.array, one.line)
            found.append(pg.PlotCurveItem(x, y, pen=pg.mkPen(colour, width=1.5)))
    return found


def _trace(time_s: FloatArray, values: FloatArray, colour: str) -> pg.PlotCurveItem:
    x, y = thinned(time_s / 3600.0, values)
    return pg.PlotCurveItem(x, y, pen=pg.mkPen(colour, width=1.0), connect="finite")
