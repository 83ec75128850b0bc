"""Widths and shapes of the chemical states of one core level against each other."""

from collections.abc import Iterator

import numpy as np

from fitting.arrays import FloatArray
from fitting.checks.check import Check
from fitting.checks.view import SIGNIFICANT, RegionView, is_counted
from fitting.model import ComponentModel, ModelTable, State
from fitting.result import RegionInfo
from fitting.series import Technique

ALIKE = 0.3
"""Free widths may differ from the median of their region by this share: lines of one core level
in similar compounds differ by 20 to 30 % (PEERS: section 5, 2; the number is ours)."""

BROAD = 2.0
"""Times the median; a line this broad is several lines, whoever fixed its width."""

FEWEST_POINTS_ACROSS = 2.0
"""A line narrower than this many points is noise or a spike (sampling theorem)."""

METALLIC = 0.6
"""Share of Lorentzian above which a line is that of a metal; in compounds, broadened by phonons
and disorder, the Gaussian prevails (Major et al. 2020, doi:10.1116/6.0000377; the number is
ours)."""

_MIXES = ("lorentz_fraction", "mix")
_METALS = ("doniach_sunjic", "doniach_sunjic_gauss", "la", "measured")


def widths(view: RegionView) -> Iterator[Check]:
    """Free widths that differ from the median of their region, or are narrower than the grid."""
    kept = _states(view.table, view.region.components)
    if not kept:
        return
    states = [view.region.components[c] for c in kept]
    width = np.stack([_fwhm(c, view.values) for c in states], axis=1)
    free = [_is_free(view.table, c) for c in states]
    seen = view.seen[:, kept] & np.array(free)
    spacing = _spacing(view)
    stderr = np.stack([_fwhm_stderr(view, c) for c in states], axis=1)
    centre = np.median(width, axis=1)[:, np.newaxis]
    off = (np.abs(width - centre) - SIGNIFICANT * stderr > ALIKE * centre) & (len(kept) > 1)
    off &= view.info.technique is not Technique.RAMAN
    narrow = width < FEWEST_POINTS_ACROSS * spacing[:, np.newaxis]
    for k, c in zip(*np.nonzero((off | narrow) & seen), strict=True):
        own = f"{states[c].id} is {view.number(float(width[k, c]), 'axis')} wide (fwhm)"
        if narrow[k, c]:
            words = f"{own}, less than two points: noise or a spike"
        else:
            words = f"{own}, the median of the region is {centre[k, 0]:.3g}: link widths, or "
            words += "several lines" if width[k, c] > centre[k, 0] else "a spike"
        yield view.say(int(k), "width", "warn", words)


def planned_widths(table: ModelTable, region: str, info: RegionInfo) -> Iterator[Check]:
    """Widths that the plan fixes or links at more than twice the median of their region."""
    model = table.region(region)
    if model is None or info.technique is Technique.RAMAN:
        return
    states = [model.components[c] for c in _states(table, model.components)]
    start = table.values(np.where(np.isnan(table.start), 1.0, table.start))[np.newaxis]
    width = [float(_fwhm(c, start)[0]) for c in states]
    for component, own in zip(states, width, strict=True):
        if not _is_free(table, component) and own > BROAD * np.median(width):
            words = (
                f"{component.id} is held at {own:.3g} eV (fwhm), the median of the region is "
                f"{np.median(width):.3g}: a line this broad is several lines"
            )
            yield Check(None, region, "width", "warn", words)


def mixes(view: RegionView) -> Iterator[Check]:
    """Free mixes of Gaussian and Lorentzian that are those of a metal, in a compound."""
    if view.info.technique is Technique.RAMAN:
        return
    rows = view.table.parameters
    for c, component in enumerate(view.region.components):
        if _is_element(view.table, component):
            continue
        for place in component.shape_parameters:
            if rows[place].parameter not in _MIXES or not view.table.depends[place].any():
                continue
            value, stderr = view.values[:, place], view.deviation([place])[:, 0]
            high = value - SIGNIFICANT * stderr > METALLIC
            for k in np.flatnonzero(high & view.seen[:, c]).tolist():
                words = (
                    f"{rows[place].name} = {value[k]:.2f} +- {stderr[k]:.2g}: as Lorentzian as a "
                    "metal; fix it near 0.3, or the background is wrong"
                )
                yield view.say(k, "mix", "warn", words)


def _states(table: ModelTable, components: tuple[ComponentModel, ...]) -> list[int]:
    """Chemical states: no losses and the like (not counted), no metals, no measured spectra."""
    return [
        i
        for i, c in enumerate(components)
        if is_counted(table, c) and c.shape.name not in _METALS and not _is_element(table, c)
    ]


def _is_free(table: ModelTable, component: ComponentModel) -> bool:
    """Whether a line has a shape of its own, fixed and linked ones being what the plan wants."""
    return any(table.parameters[p].state is State.FREE for p in component.shape_parameters)


def _is_element(table: ModelTable, component: ComponentModel) -> bool:
    phase = table.plan.phases.get(component.phase)
    formula = "" if phase is None else phase.formula or component.phase
    return formula.rstrip("0") in _METAL_SYMBOLS


_METAL_SYMBOLS = frozenset(
    "Li Be Na Mg Al K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Rb Sr Y Zr Nb Mo Ru Rh Pd Ag Cd In Sn "
    "Cs Ba La Ce Hf Ta W Re Os Ir Pt Au Pb Bi".split()
)


def _fwhm(component: ComponentModel, values: FloatArray) -> FloatArray:
    """(K,) full widths at half maximum of (K, P) parameters."""
    own = values[:, list(component.shape_parameters)]
    if len(own) and (own == own[0]).all():
        return np.full(len(own), component.shape.fwhm(*own[0]))
    return np.array([component.shape.fwhm(*row) for row in own])


def _fwhm_stderr(view: RegionView, component: ComponentModel) -> FloatArray:
    """(K,) errors of widths, from those of the free parameters in units of the axis; an upper
    bound, and nan where one was not estimated, as at a bound.
    """
    table = view.table
    places = [
        p
        for p in component.shape_parameters
        if table.parameters[p].unit == "axis" and table.depends[p].any()
    ]
    return np.asarray(view.deviation(places).sum(axis=1))


def _spacing(view: RegionView) -> FloatArray:
    """(K,) mean distance of the points."""
    x = np.where(view.drawn.inside, view.drawn.x, np.nan)
    low, high = np.nanmin(x, axis=1), np.nanmax(x, axis=1)
    return np.asarray((high - low) / np.maximum(view.drawn.inside.sum(axis=1) - 1, 1))
