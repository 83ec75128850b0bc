"""A layer on top: what it damps, by how much if it is known, by which link if it is fitted."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from fitting.arrays import FloatArray
from fitting.attenuation import overlayer_factor
from fitting.electrons import kinetic_energy_eV, mean_free_path_nm
from fitting.errors import PlanError
from fitting.expression import Expression, parse
from fitting.model import ParameterRow, State
from fitting.plan import Component, Plan, Region
from fitting.plan_options import Free
from fitting.plan_quantification import Overlayer
from fitting.sensitivity import Factor

THICKNESS = "overlayer.thickness_nm"
COVERED = "overlayer.covered_fraction"
"""Names of the parameters that a fitted overlayer adds to the model."""

_NOTHING = 1e-9
_EXACT = 1e-3


def covers(layer: Overlayer, region: Region, component: Component) -> bool:
    """Whether a component lies under the layer."""
    if component.phase in layer.phases:
        return False
    return not layer.covers or region.name in layer.covers or component.phase in layer.covers


def escape_length_nm(plan: Plan, region: Region) -> float:
    """Lambda cos(theta) in the overlayer for electrons of a region, nm.

    The inelastic mean free path (TPP-2M) stands for the effective attenuation length: elastic
    scattering makes that some 10 % shorter (Jablonski, Powell 2002,
    doi:10.1016/S0167-5729(02)00031-6).

    Raises
    ------
    PlanError
        No overlayer, or no photon energy.
    """
    layer = plan.overlayer
    if layer is None:
        raise PlanError("overlayer", "is missing")
    angle = math.radians(plan.quantification.emission_angle_deg)
    return mean_free_path_nm(kinetic_energy_eV(plan, region), layer.material) * math.cos(angle)


def known_attenuation(plan: Plan, region: Region, component: Component) -> Factor:
    """Share of a component that gets through an overlayer of known size; 1 where it is fitted.

    Raises
    ------
    PlanError
        See ``escape_length_nm``.
    """
    layer = plan.overlayer
    if layer is None or not covers(layer, region, component):
        return Factor(1.0, "")
    thickness, covered = layer.thickness_nm, layer.covered_fraction
    if isinstance(thickness, Free) or isinstance(covered, Free):
        return Factor(1.0, "overlayer, fitted")
    length = escape_length_nm(plan, region)
    share = float(overlayer_factor(covered, thickness, length))
    where = f"{thickness:g} nm of {layer.material.formula} over {covered:g} of the surface"
    return Factor(share, f"{where}, lambda cos(theta) {length:.4g} nm")


def attenuation_link(plan: Plan, component_id: str) -> str | None:
    """What the area of a component is multiplied by under a fitted overlayer, as a link.

    Returns
    -------
    ``"(1 - c + c * exp(-d / 2.9))"`` in the names of ``overlayer_rows``, which the model then
    must have; None where the component is not covered or the overlayer is known (it is then part
    of the sensitivity).

    Raises
    ------
    PlanError
        See ``escape_length_nm``.
    """
    layer = plan.overlayer
    region, component = plan.components[component_id]
    if layer is None or not layer.fitted or not covers(layer, region, component):
        return None
    length = escape_length_nm(plan, region)
    return f"(1 - {COVERED} + {COVERED} * exp(-{THICKNESS} / {length:.9g}))"


def damped_areas(plan: Plan, drives: Mapping[str, Mapping[str, float]]) -> dict[str, Expression]:
    """Areas under a fitted overlayer: what drives them times what gets through.

    Parameters
    ----------
    drives : component -> amounts that its area is the sum of, each with its factor

    Returns
    -------
    dict
        Component -> link of its area; components that are not covered are left out.

    Raises
    ------
    PlanError
        See ``escape_length_nm``.
    """
    found = {}
    for name, drive in drives.items():
        through = attenuation_link(plan, name)
        if through is None:
            continue
        stand_ins = {f"a{i}.amount": amount for i, amount in enumerate(drive)}
        factors = zip(stand_ins, drive.values(), strict=True)
        link = parse(f"({' + '.join(f'{a} * {f!r}' for a, f in factors)}) * {through}")
        shown = " + ".join(f"{amount} * {f:.9g}" for amount, f in drive.items())
        found[name] = replace(link.renamed(stand_ins), text=f"({shown}) * {through}")
    return found


def overlayer_rows(plan: Plan) -> tuple[ParameterRow, ...]:
    """The parameters of a fitted overlayer, free or fixed; none where it is known or absent."""
    layer = plan.overlayer
    if layer is None or not layer.fitted:
        return ()
    return (
        _row(THICKNESS, layer.thickness_nm, "nm"),
        _row(COVERED, layer.covered_fraction, "1"),
    )


def _row(name: str, setting: float | Free, unit: str) -> ParameterRow:
    owner, parameter = name.split(".")
    row = ParameterRow(name, "", owner, "", parameter, unit, State.FIXED)
    if not isinstance(setting, Free):
        return replace(row, value=setting)
    low = 0.0 if setting.min is None else setting.min
    high = math.inf if setting.max is None else setting.max
    start = math.nan if setting.start is None else setting.start
    return replace(row, state=State.FREE, value=start, minimum=low, maximum=high)


def overlayer_notes(plan: Plan) -> list[str]:
    """What sensitivities leave open of a fitted overlayer, one sentence for each of its numbers.

    Amounts are free as well, so that only ratios of one phase in regions of different attenuation
    lengths tell; each is uncertain by the sensitivities, whatever the counts. Said at the starts
    of the plan; "not identified" where that is more than half of the value.
    """
    if plan.energy.photon_energy_eV is None:
        return []
    rows = [row for row in overlayer_rows(plan) if row.state is State.FREE]
    lines = {
        (component.phase, region.name): name
        for name, (region, component) in plan.components.items()
        if component.phase and "area" not in component.parameters
    }
    if not rows or not lines:
        return []
    relative = plan.quantification.relative_uncertainty
    information = _information(plan, lines, [row.name for row in rows], relative)
    spread = _deviations(information)[-len(rows) :]
    lengths = {escape_length_nm(plan, plan.components[name][0]) for name in lines.values()}
    shown = ", ".join(f"{length:.3g}" for length in sorted(lengths))
    return [_said(row, float(s), shown, relative) for row, s in zip(rows, spread, strict=True)]


def _information(
    plan: Plan, lines: Mapping[tuple[str, str], str], names: Sequence[str], relative: float
) -> FloatArray:
    """Information on logarithms of amounts and sensitivities, and on the overlayer, if the areas
    were known exactly.
    """
    values = {row.name: row.value for row in overlayer_rows(plan)}
    first = [*dict.fromkeys(phase for phase, _ in lines)]
    second = [*dict.fromkeys(region for _, region in lines)]
    size = len(first) + len(second) + len(names)
    rows = []
    for (phase, region), name in lines.items():
        slopes = np.zeros(size)
        slopes[[first.index(phase), len(first) + second.index(region)]] = 1.0
        link = attenuation_link(plan, name)
        if link is not None:
            through, gradient = parse(link).evaluate(values)
            slopes[-len(names) :] = [gradient[own] / through for own in names]
        rows.append(slopes / _EXACT)
    prior = np.zeros(size)
    prior[len(first) : len(first) + len(second)] = 1.0 / max(relative, _EXACT) ** 2
    return np.array(rows).T @ np.array(rows) + np.diag(prior)


def _deviations(information: FloatArray) -> FloatArray:
    """Standard deviations; infinite where there is no information."""
    scale = np.sqrt(np.diag(information))
    scale[scale == 0.0] = 1.0
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    known = values > _NOTHING * values.max()
    variance = (vectors[:, known] ** 2 / values[known]).sum(axis=1)
    lost = (vectors[:, ~known] ** 2).sum(axis=1) > _NOTHING
    return np.where(lost, math.inf, np.sqrt(variance) / scale)


def _said(row: ParameterRow, spread: float, lengths: str, relative: float) -> str:
    unit = "" if row.unit == "1" else f" {row.unit}"
    where = f"attenuation lengths of the lines: {lengths} nm"
    if spread > 0.5 * max(row.value, _NOTHING):
        return (
            f"{row.name} is not identified by the lines of this plan ({where}): give it, or add "
            "regions of well separated kinetic energies"
        )
    return (
        f"{row.name}: sensitivities, {100.0 * relative:g} % each, leave it open by {spread:.2g}"
        f"{unit} ({where}), beyond its counting error"
    )
