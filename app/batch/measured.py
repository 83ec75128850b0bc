"""What a plan leaves to its files: transmission; and whether regions can be compared."""

import re
from collections.abc import Sequence

import numpy as np

from app.io.transmission import transmission_of
from fitting.component_sensitivities import needs_sensitivities
from fitting.errors import PlanError
from fitting.exposure import exposure_notes
from fitting.plan import Plan
from fitting.plan_quantification import Transmission
from fitting.series import Series

_DIGITS = 6
_ANGLE = re.compile(r"(?i)angle|tilt|theta")


def with_transmission(plan: Plan, series: Sequence[Series]) -> Plan:
    """The plan with the transmission of its files, one point for each region.

    Parameters
    ----------
    series : at least the first spectrum of each; of several samples the first is taken

    Raises
    ------
    PlanError
        ``transmission = "file"``, but a region has none.
    """
    if plan.quantification.transmission != "file":
        return plan
    points: dict[float, float] = {}
    for region in plan.regions:
        own = [s for s in series if s.region == region.measured]
        found = next((t for t in map(transmission_of, own) if t is not None), None)
        if found is None and own:
            problem = f'"file", but no file has a transmission of {region.measured}; give a number'
            raise PlanError("quantification.transmission", f"{problem}, a power, or points")
        if found is not None:
            energy = round((own[0].photon_energy_eV or 0.0) - 0.5 * sum(region.window), 2)
            points[energy] = float(f"{np.interp(energy, *found):.{_DIGITS}g}")
    if not points:
        return plan
    energies = tuple(sorted(points))
    table = Transmission(
        kinetic_energy_eV=energies, relative=tuple(points[energy] for energy in energies)
    )
    options = plan.quantification.model_copy(update={"transmission": table})
    return plan.model_copy(update={"quantification": options})


def planned_transmission(plan: Plan, series: Sequence[Series]) -> Plan:
    """A new plan with the transmission of the files, if they hold it for all its regions."""
    if not needs_sensitivities(plan):
        return plan
    options = plan.quantification.model_copy(update={"transmission": "file"})
    try:
        return with_transmission(plan.model_copy(update={"quantification": options}), series)
    except PlanError:
        return plan


def angle_notes(plan: Plan, columns: Sequence[str]) -> list[str]:
    """Steps at several emission angles under an overlayer, for which the plan has only one.

    Parameters
    ----------
    columns : of the step table
    """
    tilted = [name for name in columns if _ANGLE.search(name)]
    if plan.overlayer is None or not tilted:
        return []
    angle = plan.quantification.emission_angle_deg
    return [
        f"{', '.join(tilted)} may change the emission angle from step to step; the overlayer is "
        f"taken to be seen at {angle:g} deg (quantification.emission_angle_deg) in all of them"
    ]


def comparison_notes(plan: Plan, series: Sequence[Series]) -> list[str]:
    """What the geometry or the exposure of files makes of areas: one sentence each."""
    if not needs_sensitivities(plan):
        return []
    wanted = {region.measured: region.name for region in plan.regions}
    columns = list(dict.fromkeys(name for s in series for name in s.columns))
    samples = dict.fromkeys(s.sample for s in series)
    return angle_notes(plan, columns) + [
        f"{sample}: {note}"
        for sample in samples
        for note in exposure_notes(
            {wanted[s.region]: s for s in series if s.sample == sample and s.region in wanted},
            plan.quantification.exposure_s,
        )
    ]
