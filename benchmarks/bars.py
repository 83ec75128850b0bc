"""The plot of a report that draws none of its own: how far every figure is from its goal."""

from collections.abc import Sequence
from typing import Any

from benchmarks.report import Figure

REACHED, MISSED = "#1f6fb4", "#c8651b"


def draw_bars(plot: Any, figures: Sequence[Figure]) -> None:
    """A bar from the goal to the figure, to the right where it is better.

    Parameters
    ----------
    plot : an empty matplotlib figure
    figures : all with a share
    """
    plot.set_size_inches(9.0, 0.8 + 0.28 * len(figures))
    panel = plot.subplots()
    for place, figure in enumerate(figures):
        assert figure.share is not None
        color = REACHED if figure.share >= 1.0 else MISSED
        panel.barh(place, figure.share - 1.0, left=1.0, color=color, height=0.6)
        panel.text(
            figure.share,
            place,
            f" {figure.value} ",
            va="center",
            fontsize=7,
            ha="left" if figure.share >= 1.0 else "right",
        )
    panel.axvline(1.0, color="0.3", lw=0.8)
    panel.set_xscale("log", base=2)
    panel.xaxis.set_major_formatter("{x:g}")
    panel.margins(x=0.15)
    panel.set_xlabel("measured over goal (or goal over measured where less is better)")
    panel.set_yticks(range(len(figures)), [f.what for f in figures], fontsize=7)
    panel.invert_yaxis()
