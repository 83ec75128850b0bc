"""Colours of the window: by the system light or dark, one colour per phase everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QGuiApplication, QPalette

if TYPE_CHECKING:
    from fitting.plan import Plan

LIGHTER = 130
"""Percent: phases on a dark ground are drawn lighter by this."""


@dataclass(frozen=True)
class Look:
    """What plots are drawn with.

    Parameters
    ----------
    dark : whether the ground is
    ground, ink, faint, grid : ``#rrggbb``
    good, doubtful, bad : of the traffic light
    """

    dark: bool
    ground: str
    ink: str
    faint: str
    grid: str
    good: str
    doubtful: str
    bad: str

    @property
    def accent(self) -> str:
        """What points at something."""
        return "#56B4E9" if self.dark else "#0072B2"

    def phases(self, plan: "Plan | None") -> Mapping[str, str]:
        """Phase -> colour, as in the figures; lighter on a dark ground."""
        from app.batch.figures.style import colours

        if plan is None:
            return {}
        found = colours(plan)
        if not self.dark:
            return found
        return {name: QColor(colour).lighter(LIGHTER).name() for name, colour in found.items()}


LIGHT = Look(False, "#ffffff", "#222222", "#767676", "#e4e4e4", "#009E73", "#E69F00", "#D55E00")
DARK = Look(True, "#1e1f22", "#e8e8e8", "#a0a0a0", "#3a3c40", "#3fd0a4", "#f5bc41", "#ff8a4c")


def current_look() -> Look:
    """The look that goes with the palette of the system."""
    palette = QGuiApplication.palette()
    return DARK if palette.color(QPalette.ColorRole.Base).lightness() < 128 else LIGHT
