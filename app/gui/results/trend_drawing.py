"""Trends on the points they were read off, and how far the electrolyte has reacted."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor

from app.batch.figures.labels import phase_label
from app.gui.look import Look
from app.gui.results.drawing import LINES, MANY, level, lines_legend, swatch, symbol
from app.session.long_tables import quantity_label
from app.session.progress import ProgressSeries, Quantity
from app.session.trends import TrendCurve
from fitting.arrays import FloatArray
from fitting.growth import Measured
from fitting.intervals import TWO_SIDED_95

_FAINT = 60
_MOST_ERRORS = 5.0
"""Numbers with errors above so much of what is shown are not drawn: they say nothing."""


def trend_items(
    shown: Sequence[TrendCurve], samples: Sequence[str], colours: Mapping[str, str], look: Look
) -> list[pg.GraphicsObject]:
    """Points with their errors; the curve behind slope and plateau; onset, half-way, plateau."""
    names = list(colours)
    found: list[pg.GraphicsObject] = []
    for one in shown:
        colour, style = colours[one.name], LINES[samples.index(one.sample) % len(LINES)]
        sign = symbol(names.index(one.name))
        sigma = one.curve.sigma()
        found += _points(one.curve.x, one.curve.value, sigma, colour, sign)
        if one.line is not None:
            pen = pg.mkPen(colour, width=2.0, style=style)
            found.append(pg.PlotCurveItem(*one.line, pen=pen))
        found += _marks(one, colour, look)
    return found


def trend_legend(
    shown: Sequence[TrendCurve], samples: Sequence[str], colours: Mapping[str, str]
) -> str:
    """What the signs mean, as rich text."""
    there = dict.fromkeys(one.name for one in shown)
    words = [swatch(colours[name], phase_label(name)) for name in there]
    words += lines_legend(samples)
    words.append("line:&nbsp;rise&nbsp;to&nbsp;a&nbsp;plateau")
    for sign, quantity in (("▲", "onset"), ("◇", "half_at"), ("┄┄", "saturation")):
        if any(_known(one, quantity) for one in shown):
            said = {"half_at": "half of the way", "saturation": "plateau"}.get(quantity, quantity)
            words.append(f"{sign}&nbsp;{said},&nbsp;95&nbsp;%".replace(" ", "&nbsp;"))
    return " &nbsp; ".join(words)


def progress_items(
    shown: Sequence[ProgressSeries],
    kind: Quantity,
    samples: Sequence[str],
    colours: Mapping[str, str],
) -> list[pg.GraphicsObject]:
    """Numbers of one kind with 95 % counting errors; what is expected as dashed lines."""
    names = list(colours)
    found: list[pg.GraphicsObject] = []
    expected = {one.expected for each in shown for one in each.chosen(kind)}
    found += [level(at) for at in sorted(expected) if np.isfinite(at)]
    top = max(filter(np.isfinite, expected), default=1.0)
    for each in shown:
        style = LINES[samples.index(each.sample) % len(LINES)]
        for one in each.chosen(kind):
            colour, sign = colours[one.quantity], symbol(names.index(one.quantity))
            tells = ~(one.stderr > _MOST_ERRORS * top)
            value = np.where(tells, one.value, np.nan)
            found += _points(each.x, value, one.stderr, colour, sign)
            pen = pg.mkPen(colour, width=1.0, style=style)
            found.append(pg.PlotCurveItem(each.x, value, pen=pen, connect="finite"))
    return found


def progress_colours(look: Look, shown: Sequence[ProgressSeries], kind: Quantity) -> dict[str, str]:
    """A colour for each quantity of a kind."""
    order = (look.accent, look.bad, look.good, look.doubtful, look.faint, look.ink)
    names = dict.fromkeys(one.quantity for each in shown for one in each.chosen(kind))
    return {name: order[place % len(order)] for place, name in enumerate(names)}


def progress_legend(
    shown: Sequence[ProgressSeries],
    kind: Quantity,
    samples: Sequence[str],
    colours: Mapping[str, str],
) -> str:
    """What colours mean, as rich text; or why there is nothing."""
    if not shown:
        return (
            "No number: this needs a phase with the formula of a sulfide electrolyte, "
            "such as Li6PS5Cl, and fits of the plan as it is now."
        )
    words = [swatch(colour, quantity_label(name)) for name, colour in colours.items()]
    words += lines_legend(samples)
    words.append("bars:&nbsp;95&nbsp;% of counting")
    if kind is not Quantity.EXTENT:
        words.append("dashed:&nbsp;expected&nbsp;of&nbsp;reaction&nbsp;or&nbsp;electrolyte")
    return " &nbsp; ".join(words)


def _points(
    x: FloatArray, y: FloatArray, sigma: FloatArray | None, colour: str, sign: str
) -> list[pg.GraphicsObject]:
    good = np.isfinite(x) & np.isfinite(y)
    if not good.any():
        return []
    many = len(x) > MANY
    found: list[pg.GraphicsObject] = []
    if sigma is not None and not many:
        faint = QColor(colour)
        faint.setAlpha(2 * _FAINT)
        reach = 2.0 * TWO_SIDED_95 * np.nan_to_num(sigma[good])
        found.append(pg.ErrorBarItem(x=x[good], y=y[good], height=reach, pen=pg.mkPen(faint)))
    found.append(
        pg.ScatterPlotItem(
            x[good], y[good], symbol=sign, size=4 if many else 7, pen=None, brush=pg.mkBrush(colour)
        )
    )
    return found


def _marks(one: TrendCurve, colour: str, look: Look) -> list[pg.GraphicsObject]:
    found: list[pg.GraphicsObject] = []
    plateau = _known(one, "saturation")
    if plateau:
        found.append(level(plateau.value, colour))
        ends = (plateau.low95, plateau.high95)
        if np.isfinite(ends).all():
            faint = QColor(colour)
            faint.setAlpha(_FAINT // 2)
            band = pg.LinearRegionItem(
                ends, orientation="horizontal", movable=False, brush=faint, pen=pg.mkPen(None)
            )
            band.setZValue(-20)
            found.append(band)
    for quantity, sign in (("onset", "t1"), ("half_at", "d")):
        number = _known(one, quantity)
        if number:
            found += _place(number, _height(one, number.value), sign, colour, look)
    return found


def _place(
    number: Measured, height: float, sign: str, colour: str, look: Look
) -> list[pg.GraphicsObject]:
    """A mark on the axis with its 95 % interval; an open end has no bar."""
    left, right = np.nan_to_num([number.value - number.low95, number.high95 - number.value])
    at, y = np.array([number.value]), np.array([height])
    bar = pg.ErrorBarItem(x=at, y=y, left=left, right=right, beam=0.0, pen=pg.mkPen(look.ink))
    mark = pg.ScatterPlotItem(
        at, y, symbol=sign, size=11, pen=pg.mkPen(look.ink), brush=pg.mkBrush(colour)
    )
    if sign == "d":
        mark.setBrush(pg.mkBrush(look.ground))
    return [bar, mark]


def _height(one: TrendCurve, x: float) -> float:
    """Where the curve is there; zero where there is none."""
    if one.line is None:
        return 0.0
    order = np.argsort(one.line[0])
    return float(np.interp(x, one.line[0][order], one.line[1][order]))


def _known(one: TrendCurve, quantity: str) -> Measured | None:
    number = one.found.get(quantity)
    return number if number is not None and number.known else None
