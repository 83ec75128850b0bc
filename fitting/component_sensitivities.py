"""The sensitivity of every component of a plan, factor by factor, each with its source."""

import math
from dataclasses import replace

import numpy as np

from fitting.electrons import kinetic_energy_eV, mean_free_path_nm
from fitting.errors import PlanError
from fitting.overlayer import known_attenuation
from fitting.plan import Component, Plan, Region
from fitting.plan_quantification import MaterialTable, Transmission
from fitting.sensitivity import GIVEN, UNREAD, Factor, Sensitivity, is_level, sensitivity

_S_LEVEL_BETA = 2.0  # exact in the dipole approximation


def component_sensitivities(plan: Plan) -> dict[str, Sensitivity]:
    """Sensitivity of every component: the plan's own number, or that of its core level.

    The mean free path is that of the sample, for phases of an overlayer that of the overlayer;
    all at the kinetic energy of the middle of the window. A known overlayer damps what it covers;
    a fitted one does not (``overlayer.attenuation_link``).

    Raises
    ------
    PlanError
        A region that is no core level, no photon energy, or no beta of a level, and no number in
        the plan.
    """
    return {
        name: _sensitivity(plan, region, component)
        for name, (region, component) in plan.components.items()
    }


def needs_sensitivities(plan: Plan) -> bool:
    """Whether a plan asks for more than areas of components."""
    return set(plan.fit.basis) != {"area"} or str(plan.series.strategy) == "joint"


def sensitivity_notices(plan: Plan) -> tuple[str, ...]:
    """What they take for granted, a phrase each; none where nothing but areas is asked for.

    Raises
    ------
    PlanError
        See ``component_sensitivities``.
    """
    if not needs_sensitivities(plan):
        return ()
    found = component_sensitivities(plan).values()
    return tuple(dict.fromkeys(notice for s in found for notice in s.notices))


def sensitivity_record(plan: Plan) -> dict[str, object]:
    """Every factor of every component with its source, as JSON holds it; empty if none is needed.

    Raises
    ------
    PlanError
        See ``component_sensitivities``.
    """
    if not needs_sensitivities(plan):
        return {}
    return {
        name: {
            "level": found.level,
            "value": found.value,
            "relative_uncertainty": found.relative_uncertainty,
            "factors": {
                factor: {"value": one.value, "source": one.source}
                for factor, one in found.factors.items()
            },
        }
        for name, found in component_sensitivities(plan).items()
    }


def sensitivity_texts(plan: Plan) -> dict[str, list[str]]:
    """One line for each sensitivity, factors with their sources -> components that have it.

    Raises
    ------
    PlanError
        See ``component_sensitivities``.
    """
    texts: dict[str, list[str]] = {}
    for name, found in component_sensitivities(plan).items():
        texts.setdefault(_text(found), []).append(name)
    return texts


def _text(found: Sensitivity) -> str:
    factors = "; ".join(
        f"{name} {factor.value:.4g} ({factor.source})" for name, factor in found.factors.items()
    )
    uncertain = f"+- {100.0 * found.relative_uncertainty:.3g} %"
    return f"{found.level} {found.value:.5g} {uncertain} = {factors}"


def _sensitivity(plan: Plan, region: Region, component: Component) -> Sensitivity:
    options = plan.quantification
    uncertainty = component.relative_uncertainty
    uncertainty = options.relative_uncertainty if uncertainty is None else uncertainty
    level = region.name if is_level(region.name) else region.measured
    if component.sensitivity is not None:
        own = Sensitivity(
            level,
            plan.energy.photon_energy_eV,
            component.sensitivity,
            cross_section_source="given in the plan, for all factors",
            mean_free_path_source=GIVEN,
            transmission_source=GIVEN,
            asymmetry_source=GIVEN,
        )
    else:
        energy = kinetic_energy_eV(plan, region)
        own = sensitivity(
            level,
            energy + 0.5 * sum(region.window),
            mean_free_path=_mean_free_path(plan, component, energy),
            transmission=_transmission(options.transmission, energy),
            asymmetry=_asymmetry(plan, level),
            beyond_table="total",
        )
    exposure = options.exposure_s.get(region.name)
    through = known_attenuation(plan, region, component)
    return replace(
        own,
        relative_uncertainty=uncertainty,
        attenuation=through.value,
        attenuation_source=through.source,
        exposure=1.0 if exposure is None else exposure,
        exposure_source="" if exposure is None else "quantification.exposure_s",
    )


def _mean_free_path(plan: Plan, component: Component, energy_eV: float) -> Factor | None:
    table: MaterialTable | None = plan.quantification.material
    if table is None:
        return None
    layer = plan.overlayer
    if layer is not None and component.phase in layer.phases:
        table = layer.material
    length = mean_free_path_nm(energy_eV, table)
    return Factor(length, f"TPP-2M, {table.formula} at {energy_eV:g} eV; {table.source}")


def _transmission(setting: float | str | Transmission, energy_eV: float) -> Factor | None:
    if isinstance(setting, str):
        return Factor(1.0, UNREAD)
    if isinstance(setting, float):
        return None if setting == 1.0 else Factor(setting, "given, the same for all lines")
    if setting.power is not None:
        relative = (energy_eV / 1000.0) ** setting.power
        return Factor(relative, f"(E / 1000 eV)^{setting.power:g} at {energy_eV:g} eV")
    value = np.interp(energy_eV, setting.kinetic_energy_eV, setting.relative)
    return Factor(float(value), f"interpolated at {energy_eV:g} eV")


def _asymmetry(plan: Plan, level: str) -> Factor | None:
    options = plan.quantification
    if options.asymmetry != "dipole":
        number = float(options.asymmetry)
        return None if number == 1.0 else Factor(number, "given, the same for all lines")
    angle = math.radians(options.analyser_angle_deg or 0.0)
    tilt = 1.5 * math.sin(angle) ** 2 - 1.0
    orbital = level.split()[-1][1:2]
    beta = options.beta.get(level, _S_LEVEL_BETA if orbital == "s" else None)
    if beta is None:
        raise PlanError(
            "quantification.beta",
            f"lacks {level!r}: only s levels have beta = 2 in any atom; look it up (Yeh and "
            "Lindau 1985, doi:10.1016/0092-640X(85)90016-6), or leave asymmetry = 1",
        )
    value = 1.0 + 0.5 * beta * tilt
    if value <= 0.0:
        raise PlanError(
            "quantification.analyser_angle_deg",
            f"{options.analyser_angle_deg:g} leaves nothing of {level} with beta {beta:g}",
        )
    return Factor(value, f"dipole, beta {beta:g} at {options.analyser_angle_deg:g} deg")
