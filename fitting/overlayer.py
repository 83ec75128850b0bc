"""A layer on top: what it damps, by how much if it is known, by which link if it is fitted."""

import math
from dataclasses import replace

from fitting.attenuation import overlayer_factor
from fitting.electrons import kinetic_energy_eV, mean_free_path_nm
from fitting.errors import PlanError
from fitting.model import ParameterRow, State
from fitting.plan import Component, Plan, Region
from fitting.plan_options import Free
from fitting.plan_quantification import Overlayer
from fitting.sensitivity import Factor

THICKNESS = "overlayer.thickness_nm"
COVERED = "overlayer.covered_fraction"
"""Names of the parameters that a fitted overlayer adds to the model."""


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
    return f"(1 - {COVERED} + {COVERED} * exp(-{THICKNESS} / {length!r}))"


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
