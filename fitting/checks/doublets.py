"""Doublets against their ratio and splitting.

Partners share shape and width in this program: there is no width of the partner to check.
"""

import math
from collections.abc import Iterator

import numpy as np

from fitting.arrays import FloatArray
from fitting.checks.check import Check
from fitting.checks.levels import Partner, partner
from fitting.checks.view import SIGNIFICANT, RegionView, is_counted
from fitting.model import ComponentModel, ModelTable
from fitting.result import RegionInfo

RATIO_TOLERANCE = 0.1
"""Share by which a ratio may differ from that of the states: photoelectron cross-sections of the
partners differ by less (Scofield 1976, UCRL-51326: S 2p 0.50, Fe 2p 0.52, Ag 3d 0.69)."""

SPLITTING_TOLERANCE = 0.05
"""eV beyond the range of the library, whose sources themselves differ by 0.07 eV (S 2p, P 2p)."""

NARROW = 0.5
"""A splitting of less than this share of the width is often left out on purpose."""


def doublets(view: RegionView) -> Iterator[Check]:
    """Free ratios and splittings that are off the table by more than tolerance and 3 sigma."""
    own = partner(view.table, view.region.name, view.info.technique)
    if own is None:
        return
    for c, component in enumerate(view.region.components):
        for place, low, high, unit in _limits(component, own):
            if not view.table.depends[place].any():
                continue
            value, stderr = view.values[:, place], view.deviation([place])[:, 0]
            allowed = SIGNIFICANT * np.nan_to_num(stderr)
            off = ((value < low - allowed) | (value > high + allowed)) & view.seen[:, c]
            for k in np.flatnonzero(off).tolist():
                words = _words(view.table, place, float(value[k]), stderr[k], unit, (low, high))
                yield view.say(k, "doublet", "warn", f"{words}: fix it, or a line is missing")


def planned_doublets(table: ModelTable, region: str, info: RegionInfo) -> Iterator[Check]:
    """Ratios and splittings that the plan fixes off the table, and partners left out."""
    own, model = partner(table, region, info.technique), table.region(region)
    if own is None or model is None:
        return
    for component in model.components:
        for place, low, high, unit in _limits(component, own):
            value = table.offset[place]
            if not table.depends[place].any() and not low <= value <= high:
                words = _words(table, place, float(value), math.nan, unit, (low, high))
                yield Check(None, region, "doublet", "warn", f"{words}: as the plan has it")
    for name in _partnerless(table, region, own):
        words = (
            f"{name} has no spin-orbit partner, {own.lowest:g} eV higher with {own.ratio:.3g} of "
            "its area: give it a doublet"
        )
        yield Check(None, region, "doublet", "warn", words)


def _limits(component: ComponentModel, own: Partner) -> Iterator[tuple[int, float, float, str]]:
    """Parameter, lowest and highest value, unit."""
    if component.ratio >= 0:
        slack = RATIO_TOLERANCE * own.ratio
        yield component.ratio, own.ratio - slack, own.ratio + slack, ""
    if component.splitting >= 0 and not math.isnan(own.lowest):
        slack = SPLITTING_TOLERANCE
        yield component.splitting, own.lowest - slack, own.highest + slack, " eV"


def _words(
    table: ModelTable,
    place: int,
    value: float,
    stderr: float,
    unit: str,
    allowed: tuple[float, float],
) -> str:
    error = "" if math.isnan(stderr) else f" +- {stderr:.2g}"
    low, high = allowed
    return f"{table.parameters[place].name} = {value:.4g}{error}{unit}, not {low:.3g} .. {high:.3g}"


def _partnerless(table: ModelTable, region: str, own: Partner) -> Iterator[str]:
    """Narrow counted lines without a partner that no link makes one of another line."""
    model = table.region(region)
    assert model is not None
    links = " ".join(row.link for row in table.parameters)
    for c in model.components:
        if c.splitting >= 0 or not is_counted(table, c) or f"{c.id}." in links:
            continue
        if table.parameters[c.area].link or table.parameters[c.center].link:
            continue
        if c.shape.name == "measured" or not own.lowest > NARROW * _width(table, c):
            continue
        yield c.id


def _width(table: ModelTable, component: ComponentModel) -> float:
    """Width at the start of the fit; nan where a formula gives it."""
    start: FloatArray = table.values(np.where(np.isnan(table.start), 1.0, table.start))
    return float(component.shape.fwhm(*start[list(component.shape_parameters)]))
