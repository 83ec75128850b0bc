"""A complete plan from what was measured, the reference library, and a choice of phases.

Every number in it is a resolved copy; what it rests on stands in the comments.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import reference_lines
from fitting.errors import PlanError
from fitting.foreign_lines import overlap_notes
from fitting.generic import generic_region
from fitting.measured_region import MeasuredRegion, measured_regions
from fitting.overlaps import groups, inseparable, shape_group
from fitting.plan import Plan
from fitting.plan_centers import settled
from fitting.plan_energy import anchor_of, energy_table, with_scale
from fitting.plan_lines import (
    PlannedLine,
    components,
    evidence_of,
    owner,
    planned_lines,
    remarks_of,
    with_links,
)
from fitting.plan_phases import UNCOUNTED, Choice, absence, choose_phases
from fitting.plan_remarks import (
    conflict_texts,
    distance_texts,
    group_text,
    lithium_notices,
    lithium_text,
    other_lines,
    pair_texts,
    shape_text,
)
from fitting.plan_text import PlanComments
from fitting.propose_quantification import (
    Source,
    quantification,
    source_of,
    with_sensitivities,
)
from fitting.replicas import (
    LOSS_EV,
    LOSS_WIDTH_EV,
    METAL,
    loss_components,
    satellite_components,
    with_loss,
)
from fitting.sensitivity import sensitivity
from fitting.series import STEP_COLUMNS, Series, Technique
from reference_lines import Library, Line

MARGIN_WIDTHS = 2.5
"""How many line widths a window reaches beyond the outermost positions (ISO 19830)."""

_RAMAN_MARGIN_CM1 = 40.0
_POLYNOMIAL_UP_TO_CM1 = 700.0
_DIGITS = 6

_SET_ON_PURPOSE = ("charge_uAh_cm2", "depth_nm", "etch_time_s", "temperature_C")
"""Step columns that say more than the clock, which runs in every experiment."""


@dataclass(frozen=True)
class Proposal:
    """A plan, its comments, and what the user should be told at once."""

    plan: Plan
    comments: PlanComments
    notices: tuple[str, ...]


@dataclass
class _Draft:
    """The plan's tables and comments as they are collected."""

    regions: list[dict[str, Any]] = field(default_factory=list)
    phases: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    above: dict[str, tuple[str, ...]] = field(default_factory=dict)
    beside: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    moves: dict[str, tuple[str, ...]] = field(default_factory=dict)
    source: Source = field(default_factory=Source)


def propose_plan(
    series: Sequence[Series],
    library: Library,
    phases: Sequence[str] | None = None,
    monochromator: bool | None = None,
) -> Proposal:
    """Write a plan for measured regions.

    Parameters
    ----------
    series : everything that was read; regions of one name share one entry of the plan
    library : reference lines, the user's own included
    phases : names or aliases; None for a default that depends on the data
    monochromator : of the X-ray source; None: as usual for its photon energy

    Returns
    -------
    Proposal
        The plan builds, and fits without further editing; its comments say what to check.

    Raises
    ------
    PlanError
        Unknown phase; nothing but overview spectra; no data.
    DataError
        Kinetic energies without a photon energy; spectra of a region without common points.
    """
    everything = measured_regions(series)
    measured = [region for region in everything if not region.overview]
    if not measured:
        names = ", ".join(region.name for region in everything) or "nothing"
        raise PlanError("regions", f"no core level and no Raman window to plan for, only {names}")
    choice = choose_phases(measured, library, phases)
    energies = [energy for region in measured for energy in region.photon_energies]
    draft = _Draft(source=source_of(energies, monochromator))
    planned = _planned(draft, measured, choice, library)
    for region in measured:
        if any(line.region == region.name for line in planned):
            _library_region(draft, region, planned, library)
        else:
            _generic_region(draft, region, {line.id for line in planned}, library)
    for region in everything:
        if region.overview:
            draft.notices.append(f"{region.name}: an overview, not planned.")
    draft.notices += lithium_notices(planned)
    _phases(draft, planned, choice, measured, library)
    data = _document(draft, series, measured, planned, library)
    plan = Plan.from_data(data)
    notes = overlap_notes(plan, (region.name for region in everything))
    draft.above["head"] = (*draft.above["head"], *notes)
    comments = with_sensitivities(plan, PlanComments(draft.above, draft.beside))
    return Proposal(plan, comments, (*draft.notices, *notes))


def _planned(
    draft: _Draft, measured: Sequence[MeasuredRegion], choice: Choice, library: Library
) -> list[PlannedLine]:
    taken: set[str] = set()
    found: list[PlannedLine] = []
    for region in measured:
        lines = choice.lines(region, library)
        found += planned_lines(region.name, region.technique, lines, taken)
    linked = with_links(found, library)
    anchored = anchor_of(linked) is not None
    planned: list[PlannedLine] = []
    for region in measured:
        own = [line for line in linked if line.region == region.name]
        raman = region.technique is Technique.RAMAN
        placed, draft.moves[region.name] = settled(own, anchored and not raman)
        planned += placed
    return with_scale(planned)


# --- regions -------------------------------------------------------------------------------


def _library_region(
    draft: _Draft, region: MeasuredRegion, planned: Sequence[PlannedLine], library: Library
) -> None:
    own = [line for line in planned if line.region == region.name]
    place = f"regions.{region.name}"
    metal = any(line.line.species == METAL for line in planned)
    lossy = with_loss(own, region.high) if metal else []
    window = _window(region, own, lossy)
    background, why = _background(region, window)
    tables = _with_copies(draft, own, lossy, window)
    draft.regions.append(
        {"name": region.name, "window": window, "background": background, "components": tables}
    )
    draft.beside[f"{place}.window"] = (
        f"data: {region.low:g} .. {region.high:g}; beyond the lines on both sides (ISO 19830)"
    )
    draft.above[f"{place}.background"] = (why,)
    pairs = inseparable(own)
    found = groups(pairs, draft.groups, UNCOUNTED)
    shapes = shape_group(region.name, own, {*draft.groups, *(g.name for g in found)})
    for group in (*found, *([shapes] if shapes else [])):
        draft.groups[group.name] = list(group.phases)
        draft.above[f"groups.{group.name}"] = (group_text(group),)
    draft.above[place] = (
        *conflict_texts(own, library),
        *pair_texts(pairs, found),
        *([shape_text(shapes)] if shapes else []),
        *draft.moves[region.name],
        *distance_texts(own, library),
        *other_lines(region, window, own, library),
        *lithium_text(region, own, planned),
    )
    for item in own:
        draft.beside[f"components.{item.id}"] = evidence_of(item)
        draft.above[f"components.{item.id}"] = tuple(remarks_of(item))


def _with_copies(
    draft: _Draft,
    own: Sequence[PlannedLine],
    lossy: Sequence[PlannedLine],
    window: Sequence[float],
) -> list[dict[str, Any]]:
    """Components of a region, their losses in lithium metal, and their X-ray satellites."""
    tables = components(own)
    losses = loss_components(lossy, tables)
    for copy in losses:
        draft.phases[copy["phase"]] = {"counted": False}
        draft.beside[f"components.{copy['id']}"] = "plasmon of lithium metal over it"
    centers = {item.id: item.center for item in own}
    copies = satellite_components(tables, centers, draft.source.satellites, window)
    for copy in copies:
        draft.beside[f"components.{copy['id']}"] = f"X-ray satellite of {draft.source.name}"
    return [*tables, *losses, *copies]


def _window(
    region: MeasuredRegion, own: Sequence[PlannedLine], lossy: Sequence[PlannedLine]
) -> list[float]:
    if region.technique is Technique.RAMAN:
        low = min(p.low for p in own) - _RAMAN_MARGIN_CM1
        high = max(p.high for p in own) + _RAMAN_MARGIN_CM1
        grid = 5.0
    else:
        low = min(p.low - MARGIN_WIDTHS * p.usual_width for p in own)
        ends = [p.high + p.splitting + MARGIN_WIDTHS * p.usual_width for p in own]
        wider = MARGIN_WIDTHS * LOSS_WIDTH_EV + LOSS_EV
        ends += [p.high + p.splitting + MARGIN_WIDTHS * p.usual_width + wider for p in lossy]
        high = max(ends)
        grid = 0.5
    low, high = grid * math.floor(low / grid), grid * math.ceil(high / grid)
    return [max(low, _up(region.low)), min(high, _down(region.high))]


def _up(value: float) -> float:
    return math.ceil(value * 100.0 - 1e-6) / 100.0


def _down(value: float) -> float:
    return math.floor(value * 100.0 + 1e-6) / 100.0


def _background(region: MeasuredRegion, window: Sequence[float]) -> tuple[dict[str, Any], str]:
    if region.technique is not Technique.RAMAN:
        return {"kind": "shirley", "active": True}, (
            "The step under the lines is fitted with them (active Shirley): its uncertainty is "
            "then part of the errors, which a background subtracted beforehand hides."
        )
    if window[1] - window[0] <= _POLYNOMIAL_UP_TO_CM1:
        return {"kind": "polynomial", "degree": 3}, (
            "A cubic, fitted with the bands: over a window this narrow it follows fluorescence, "
            "and its uncertainty is part of the errors."
        )
    points = int(np.count_nonzero((region.x >= window[0]) & (region.x <= window[1])))
    stiffness = float(f"{1e5 * max(points / 1000.0, 0.1) ** 4:.1g}")
    return {"kind": "arpls", "lam": stiffness}, (
        "Too wide for a polynomial: arpls (asymmetrically reweighted smoothing) stays under the "
        "bands without knowing them. It is subtracted beforehand, so the errors do not include "
        "it. lam, its stiffness, grows with the fourth power of the number of points."
    )


def _generic_region(
    draft: _Draft, region: MeasuredRegion, taken: set[str], library: Library
) -> None:
    ids = {c["id"] for table in draft.regions for c in table["components"]} | taken
    made = generic_region(region, set(draft.phases), {s.key for s in library.species}, ids)
    place = f"regions.{region.name}"
    draft.regions.append(made.table)
    draft.phases[made.phase] = {"formula": made.formula, "counted": made.counted}
    if made.formula is None:
        del draft.phases[made.phase]["formula"]
    draft.beside[f"{place}.window"] = f"data: {region.low:g} .. {region.high:g}"
    draft.above[place] = (f"{made.why} {_known_here(region, library)}",)
    draft.notices.append(f"{region.name}: one generic component at {region.top:.4g}.")


def _known_here(region: MeasuredRegion, library: Library) -> str:
    raman = region.technique is Technique.RAMAN
    lines = library.find(
        region=None if raman else region.name,
        technique="Raman" if raman else None,
        recommended=True,
        near=(region.low, region.high),
    )
    if not lines:
        return f"The library has nothing for {region.name}."
    keys = ", ".join(dict.fromkeys(line.species for line in lines))
    return f"None of the phases of this plan is seen here; --phases could name {keys}."


# --- the rest of the document --------------------------------------------------------------


def _phases(
    draft: _Draft,
    planned: Sequence[PlannedLine],
    choice: Choice,
    measured: Sequence[MeasuredRegion],
    library: Library,
) -> None:
    species = {item.key: item for item in library.species}
    present = {item.line.species for item in planned}
    own: dict[str, dict[str, Any]] = {}
    for key in choice.phases:
        if key not in present:
            draft.notices.append(absence(key, measured, library))
            continue
        own[key] = {"counted": key not in UNCOUNTED}
        if species[key].formula:
            own[key] = {"formula": species[key].formula, **own[key]}
        if species[key].note:
            draft.beside[f"phases.{key}"] = species[key].note
    draft.phases = {**own, **draft.phases}
    draft.above["phases"] = (
        "Fractions run over the counted phases. Several components of one phase in one region "
        "are tied by their counts, atoms per formula unit.",
    )
    if draft.groups:
        draft.above["groups"] = (
            "Sums that are known better than their members, reported as rows of their own.",
        )


def _document(
    draft: _Draft,
    series: Sequence[Series],
    measured: Sequence[MeasuredRegion],
    planned: Sequence[PlannedLine],
    library: Library,
) -> dict[str, Any]:
    energies = list(dict.fromkeys(e for region in measured for e in region.photon_energies))
    photon = energies[0] if energies and max(energies) - min(energies) < 1.0 else None
    if photon is None and energies:
        shown = ", ".join(f"{e:g}" for e in energies)
        draft.notices.append(f"Photon energies differ ({shown} eV): no atomic fractions.")
    _head(draft, library, measured)
    fit = _fit(draft, measured, photon)
    own: dict[str, Any] = {}
    if fit["basis"] != ["area"]:
        names = {region.name for region in measured}
        cores = [s for s in series if s.region in names]
        own, beside = quantification(draft.phases, cores, library)
        draft.beside |= beside
    return {
        "library": library_words(library),
        "series": _series(draft, series),
        "fit": fit,
        "energy": {**_energy(draft, photon, planned, measured), **draft.source.table},
        "quantification": own,
        "phases": draft.phases,
        "groups": draft.groups,
        "regions": [{**r, "components": _readable(r["components"])} for r in draft.regions],
    }


def _readable(value: Any) -> Any:
    """Numbers as people write them: no trace of binary arithmetic."""
    if isinstance(value, dict):
        return {key: _readable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_readable(item) for item in value]
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value


def library_words(library: Library) -> str:
    """Version of the library, and how many rows of which tables lie over it."""
    tables: dict[str, int] = {}
    for line in library.user_lines:
        path = line.origin.rpartition(", row ")[0]
        tables[path] = tables.get(path, 0) + 1
    words = [library.version]
    for path, rows in tables.items():
        name = path.replace("\\", "/").rpartition("/")[2]
        words.append(f"{name} ({rows} {'row' if rows == 1 else 'rows'})")
    return " + ".join(words)


def _head(draft: _Draft, library: Library, measured: Sequence[MeasuredRegion]) -> None:
    names = ", ".join(region.name for region in measured)
    head = [
        f"A plan for {names}, written by deconvolyte plan new. A number is fixed, a table "
        "{value, min, max} is free, a text is a link to another parameter. Change what you know "
        "better; deconvolyte plan check says if it still holds together.",
        *draft.notices,
    ]
    regions = {region.name for region in measured} | {
        "Raman" for region in measured if region.technique is Technique.RAMAN
    }
    own = [x for x in library.user_lines if x.recommended and x.region in regions]
    if own:
        shipped = {x.key: x for x in reference_lines.library().lines if x.recommended}
        head += [_own_line(line, shipped.get(line.key)) for line in own]
    draft.above["head"] = tuple(head)


def _own_line(line: Line, replaced: Line | None) -> str:
    what = f"Your own line: {line.species} {line.environment}, {line.region} {line.value:g}"
    instead = "added" if replaced is None else f"instead of {replaced.value:g} of the library"
    return f"{what}, {instead} ({owner(line)})."


def _series(draft: _Draft, series: Sequence[Series]) -> dict[str, Any]:
    measured = (name for s in series for name in s.columns)
    names = list(dict.fromkeys([*_SET_ON_PURPOSE, *STEP_COLUMNS, *measured]))
    moving = [name for name in names if any(_varies(s, name) for s in series)]
    draft.above["series"] = (
        "chained: every step starts from its neighbour. independent: every step by itself.",
    )
    if not moving:
        draft.beside["series.axis"] = "nothing in the files varies with the steps"
        return {"strategy": "chained"}
    others = ", ".join(moving[1:])
    draft.beside["series.axis"] = f"also varies: {others}" if others else ""
    return {"strategy": "chained", "axis": moving[0]}


def _varies(series: Series, column: str) -> bool:
    values = series.columns.get(column)
    if values is None:
        return False
    finite = values[np.isfinite(values)]
    return len(finite) > 1 and float(np.ptp(finite)) > 0.0


def _fit(draft: _Draft, measured: Sequence[MeasuredRegion], photon: float | None) -> dict[str, Any]:
    counted = all(r.countable and r.technique is not Technique.RAMAN for r in measured)
    draft.beside["fit.weights"] = (
        "counts, where the file proves them to be such; else the noise is estimated"
        if counted
        else "the noise is estimated from each spectrum: Raman, arbitrary units or negative values"
    )
    problem = _no_cross_section(measured, photon)
    draft.beside["fit.basis"] = (
        f"no atomic fractions: {problem}"
        if problem
        else "atomic: areas over sensitivities, see [quantification]"
    )
    basis = ["area"] if problem else ["area", "atomic"]
    return {"weights": "poisson" if counted else "estimated", "basis": basis}


def _no_cross_section(measured: Sequence[MeasuredRegion], photon: float | None) -> str:
    if any(region.technique is Technique.RAMAN for region in measured):
        return "Raman intensities have no sensitivities"
    if photon is None:
        return "the files name no single photon energy"
    for region in measured:
        try:
            sensitivity(region.name, photon, beyond_table="total")
        except PlanError as error:
            return error.problem
    return ""


def _energy(
    draft: _Draft,
    photon: float | None,
    planned: Sequence[PlannedLine],
    measured: Sequence[MeasuredRegion],
) -> dict[str, Any]:
    table, above, beside = energy_table(planned, photon, [r.technique for r in measured])
    draft.above["energy"] = (above,) if above else ()
    draft.beside["energy.reference"] = beside
    return table
