"""Published positions of the chosen phases, as labelled lines."""

from collections.abc import Mapping, Sequence

import pyqtgraph as pg

from app.gui.look import Look
from app.session.shown import Marker

_ROWS = (0.97, 0.92, 0.87, 0.82)
"""Heights of the labels; neighbours take different ones."""


class MarkerItems:
    """Lines at reference positions; the tooltip says source and evidence."""

    def __init__(self, plot: pg.PlotItem, look: Look) -> None:
        self._plot, self._look = plot, look
        self._lines: list[pg.InfiniteLine] = []
        self._shown: tuple[Marker, ...] = ()

    def show(self, markers: Sequence[Marker], colours: Mapping[str, str]) -> None:
        """Draw these and no others."""
        if tuple(markers) == self._shown:
            return
        for line in self._lines:
            self._plot.removeItem(line)
        self._shown = tuple(markers)
        ordered = sorted(markers, key=lambda marker: marker.position)
        self._lines = [self._line(m, colours, k) for k, m in enumerate(ordered)]
        for line in self._lines:
            self._plot.addItem(line, ignoreBounds=True)

    def _line(self, marker: Marker, colours: Mapping[str, str], k: int) -> pg.InfiniteLine:
        colour = colours.get(marker.phase, self._look.faint)
        line = pg.InfiniteLine(
            marker.position,
            angle=90,
            pen=pg.mkPen(colour, width=1, style=pg.QtCore.Qt.PenStyle.DotLine),
            label=marker.label,
            labelOpts={"position": _ROWS[k % len(_ROWS)], "color": colour, "rotateAxis": None},
        )
        line.setToolTip(marker.tooltip)
        line.setZValue(1)
        return line
