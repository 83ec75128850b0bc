"""Curves of the results plot: lines with error bands, limits as marks, stale ones faded."""

import html
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from app.batch.figures.labels import phase_label
from app.gui.look import Look
from app.session.numbers import shift_title
from app.session.parts import Verdict
from app.session.results import FractionSeries, StepVerdict
from app.session.shifts import ShiftSeries
from app.session.tension import TensionSeries
from fitting.arrays import BoolArray, FloatArray
from fitting.consistency_series import DISAGREES
from fitting.intervals import TWO_SIDED_95

LINES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
)
"""One a sample, round and round; the marks of every second one are hollow, as in figures."""

_HOLLOW = LINES[1::2]

_LINE_WORDS = ("─●─", "╌○╌", "┈●┈", "╌○·")
_SYMBOLS = ("o", "s", "t1", "d", "p", "h", "star", "+", "x")
MANY = 60
"""Longer series are drawn as lines without marks."""

_SIGNS = ("●", "■", "▲", "◆", "⬟", "⬢", "★", "+", "×")
_MOST_SAID = 3

_BAND, _FADED = 55, 80
_NO_PHASE = "#8c8c8c"
_LIMIT = "t"


@dataclass(frozen=True, eq=False)
class _Curve:
    """One line of the plot."""

    sample: str
    steps: np.ndarray
    x: FloatArray
    y: FloatArray
    low: FloatArray
    high: FloatArray
    limit: FloatArray
    seen: BoolArray
    current: BoolArray
    colour: str
    line: Qt.PenStyle
    symbol: str


def palette(look: Look, colours: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """Colours of phases, and greys for sums and what is not counted."""
    greys = (look.ink, look.faint, _NO_PHASE)
    others = [name for name in names if name not in colours]
    own = {name: greys[place % len(greys)] for place, name in enumerate(others)}
    return {name: colours.get(name) or own[name] for name in names}


def fraction_items(
    shown: Sequence[FractionSeries], colours: Mapping[str, str], hidden: frozenset[str]
) -> list[pg.GraphicsObject]:
    """Everything that fractions of some samples are drawn with."""
    names = list(dict.fromkeys(name for one in shown for name in one.curves.names))
    found: list[pg.GraphicsObject] = []
    for s, one in enumerate(shown):
        for q, name in enumerate(one.curves.names):
            if name in hidden:
                continue
            curves = one.curves
            seen = curves.detected[:, q] & np.isfinite(curves.fraction[:, q])
            curve = _Curve(
                curves.sample,
                one.steps,
                curves.x,
                curves.fraction[:, q],
                curves.low95[:, q],
                curves.high95[:, q],
                np.where(seen, np.nan, curves.upper_limit95[:, q]),
                seen,
                one.current,
                colours[name],
                LINES[s % len(LINES)],
                _SYMBOLS[names.index(name) % len(_SYMBOLS)],
            )
            found += _items(curve)
    return found


def shift_colours(look: Look, shown: Sequence[ShiftSeries]) -> dict[str, str]:
    """A colour for each group of shifts."""
    colours = (look.accent, look.bad, look.good, look.doubtful, look.faint)
    groups = dict.fromkeys(one.group for one in shown)
    return {group: colours[place % len(colours)] for place, group in enumerate(groups)}


def shift_items(
    shown: Sequence[ShiftSeries], samples: Sequence[str], colours: Mapping[str, str]
) -> list[pg.GraphicsObject]:
    """Shifts of some samples with their 95 % intervals."""
    found: list[pg.GraphicsObject] = []
    for one in shown:
        s, g = samples.index(one.sample), list(colours).index(one.group)
        spread = TWO_SIDED_95 * one.stderr
        curve = _Curve(
            one.sample,
            one.steps,
            one.x,
            one.shift,
            one.shift - spread,
            one.shift + spread,
            np.full(len(one.x), np.nan),
            np.isfinite(one.shift),
            one.current,
            colours[one.group],
            LINES[s % len(LINES)],
            _SYMBOLS[g % len(_SYMBOLS)],
        )
        found += _items(curve)
    return found


def tension_items(
    shown: Sequence[TensionSeries], colours: Mapping[str, str], hidden: frozenset[str]
) -> list[pg.GraphicsObject]:
    """Tensions as dots, a colour a phase and a sign a region, between lines at 3 sigma."""
    regions = list(dict.fromkeys(region for one in shown for _, region in one.pairs))
    found: list[pg.GraphicsObject] = [level(0.0, style=Qt.PenStyle.SolidLine)]
    found += [level(at) for at in (-DISAGREES, DISAGREES)]
    for one in shown:
        for t, (phase, region) in enumerate(one.pairs):
            good = np.isfinite(one.tension[:, t]) & np.isfinite(one.x)
            if phase in hidden or not good.any():
                continue
            found.append(
                pg.ScatterPlotItem(
                    one.x[good],
                    one.tension[good, t],
                    symbol=_SYMBOLS[regions.index(region) % len(_SYMBOLS)],
                    size=8 if len(one.x) <= MANY else 5,
                    pen=None,
                    brush=pg.mkBrush(colours[phase]),
                )
            )
    return found


def tension_legend(
    shown: Sequence[TensionSeries], colours: Mapping[str, str], hidden: frozenset[str]
) -> str:
    """What colours and signs mean, and who disagrees over the whole series, as rich text."""
    pairs = [pair for one in shown for pair in one.pairs]
    phases = [name for name in dict.fromkeys(phase for phase, _ in pairs) if name not in hidden]
    words = [swatch(colours[name], phase_label(name)) for name in phases]
    regions = dict.fromkeys(region for _, region in pairs)
    words += [
        f"{_SIGNS[place % len(_SIGNS)]}&nbsp;{_text(region)}"
        for place, region in enumerate(regions)
    ]
    said = [f"{one.sample}: {sentence}" for one in shown for sentence in one.words]
    verdict = "<br>".join(map(html.escape, said[:_MOST_SAID])) or "All regions agree."
    return " &nbsp; ".join(words) + f"<br>{verdict}"


def level(
    at: float, colour: str = _NO_PHASE, style: Qt.PenStyle = Qt.PenStyle.DashLine
) -> pg.InfiniteLine:
    """A line across the whole plot."""
    return pg.InfiniteLine(at, angle=0, pen=pg.mkPen(colour, width=1, style=style))


def symbol(place: int) -> str:
    """The sign of one of some curves, round and round."""
    return _SYMBOLS[place % len(_SYMBOLS)]


def verdict_items(
    verdicts: Sequence[StepVerdict], samples: Sequence[str], look: Look
) -> list[pg.GraphicsObject]:
    """A row of lights for each sample; colour and shape say the same."""
    looks = {
        Verdict.GOOD: (look.good, "o"),
        Verdict.DOUBTFUL: (look.doubtful, "t1"),
        Verdict.BAD: (look.bad, "x"),
    }
    found: list[pg.GraphicsObject] = []
    for (verdict, (colour, symbol)), current in itertools.product(looks.items(), (False, True)):
        mine = [o for o in verdicts if o.verdict is verdict and o.current == current]
        mine = [one for one in mine if np.isfinite(one.x)]
        if mine:
            item = pg.ScatterPlotItem(
                np.array([one.x for one in mine]),
                np.array([-float(samples.index(one.sample)) for one in mine]),
                symbol=symbol,
                size=8 if len(mine) <= 4 * MANY else 4,
                pen=None,
                brush=pg.mkBrush(_faded(colour, current)),
            )
            found.append(item)
    return found


def legend(
    names: Sequence[str], samples: Sequence[str], colours: Mapping[str, str], stale: int
) -> str:
    """What lines and marks mean, as rich text."""
    words = [swatch(colours[n], phase_label(n)) for n in names]
    words += lines_legend(samples)
    words.append("band:&nbsp;95&nbsp;% interval")
    if names:
        words.append("▽&nbsp;95&nbsp;% upper limit")
    return " &nbsp; ".join([*words, *_older(stale)])


def shift_legend(samples: Sequence[str], colours: Mapping[str, str], stale: int) -> str:
    """What colours and lines of shifts mean, as rich text."""
    words = [swatch(c, shift_title(g)) for g, c in colours.items() if len(colours) > 1]
    words += [*lines_legend(samples), "band:&nbsp;95&nbsp;% interval", *_older(stale)]
    return " &nbsp; ".join(words)


def swatch(colour: str, words: str) -> str:
    """A colour and what it stands for, as rich text."""
    return f'<span style="color:{colour}">■</span>&nbsp;{_text(words)}'


def lines_legend(samples: Sequence[str]) -> list[str]:
    """What the styles of lines stand for, as rich text; nothing for one sample."""
    if len(samples) < 2:
        return []
    return [f"{_LINE_WORDS[s % 4]}&nbsp;{_text(one)}" for s, one in enumerate(samples)]


def _older(stale: int) -> list[str]:
    return [f"<b>faded: {stale} steps fitted with an older plan</b>"] if stale else []


def _text(words: str) -> str:
    for sign, safe in (("&", "&amp;"), ("<", "&lt;"), (" ", "&nbsp;")):
        words = words.replace(sign, safe)
    return words


def _items(curve: _Curve) -> list[pg.GraphicsObject]:
    found: list[pg.GraphicsObject] = []
    known = curve.seen & np.isfinite(curve.low) & np.isfinite(curve.high) & np.isfinite(curve.x)
    for current in (False, True):
        mine = known & (curve.current == current)
        if mine.sum() > 1:
            found.append(_band(curve, mine, current))
    y = np.where(curve.seen, curve.y, np.nan)
    for current in (False, True):
        own = np.where(curve.current == current, y, np.nan)
        if np.isfinite(own).any():
            pen = pg.mkPen(_faded(curve.colour, current), width=1.5, style=curve.line)
            found.append(pg.PlotCurveItem(curve.x, own, pen=pen, connect="finite"))
    marked = _alone(curve.seen) if len(curve.x) > MANY else curve.seen
    found += _points(curve, marked & np.isfinite(curve.x), curve.y, curve.symbol)
    limits = np.isfinite(curve.limit) & np.isfinite(curve.x)
    return found + _points(curve, limits, curve.limit, _LIMIT)


def _band(curve: _Curve, mine: BoolArray, current: bool) -> pg.GraphicsObject:
    """Filled between the ends of the intervals; a gap where a step in between has none."""
    colour = QColor(curve.colour)
    colour.setAlpha(_BAND if current else _BAND // 3)
    low = pg.PlotCurveItem(curve.x, np.where(mine, curve.low, np.nan), connect="finite")
    high = pg.PlotCurveItem(curve.x, np.where(mine, curve.high, np.nan), connect="finite")
    band = _Band(low, high, colour)
    band.setZValue(-10)
    return band


class _Band(pg.GraphicsObject):
    """The area between two curves, run by run."""

    def __init__(self, low: pg.PlotCurveItem, high: pg.PlotCurveItem, colour: QColor) -> None:
        super().__init__()
        self._colour = colour
        self._path = pg.QtGui.QPainterPath()
        (x, bottom), (_, top) = low.getData(), high.getData()
        good = np.isfinite(bottom) & np.isfinite(top)
        ends = np.flatnonzero(np.diff(np.concatenate([[0], good.astype(int), [0]])))
        for first, last in ends.reshape(-1, 2).tolist():
            run = slice(first, last)
            there, back = np.concatenate([x[run], x[run][::-1]]), top[run]
            around = np.concatenate([back, bottom[run][::-1]])
            self._path.addPath(pg.arrayToQPath(there, around))
        self._bounds = self._path.boundingRect()

    def paint(self, painter: pg.QtGui.QPainter, *_: object) -> None:
        """Draw; called by Qt."""
        painter.fillPath(self._path, self._colour)

    def boundingRect(self) -> pg.QtCore.QRectF:
        """Where it is; called by Qt."""
        return self._bounds


def _points(curve: _Curve, mine: BoolArray, y: FloatArray, symbol: str) -> list[pg.ScatterPlotItem]:
    """Marks; one item for those of the plan as it is now and one for the others."""
    hollow, found = symbol == _LIMIT or curve.line in _HOLLOW, []
    for current in (False, True):
        rows = np.flatnonzero(mine & (curve.current == current))
        if not len(rows):
            continue
        colour = _faded(curve.colour, current)
        found.append(
            pg.ScatterPlotItem(
                curve.x[rows],
                y[rows],
                symbol=symbol,
                size=8 if len(curve.x) <= MANY else 5,
                pen=pg.mkPen(colour, width=1),
                brush=pg.mkBrush(None) if hollow else pg.mkBrush(colour),
            )
        )
    return found


def _alone(seen: BoolArray) -> BoolArray:
    """Points without neighbours: no line shows them."""
    before = np.concatenate([[False], seen[:-1]])
    after = np.concatenate([seen[1:], [False]])
    return np.asarray(seen & ~before & ~after)


def _faded(colour: str, current: bool) -> QColor:
    made = QColor(colour)
    made.setAlpha(255 if current else _FADED)
    return made
