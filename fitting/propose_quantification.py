"""What a new plan says about sensitivities, and the comments that show them line by line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fitting.component_sensitivities import needs_sensitivities, sensitivity_texts
from fitting.exposure import exposures_that_differ
from fitting.materials import material_names
from fitting.plan import Plan
from fitting.plan_options import SAME_SOURCE_EV
from fitting.plan_text import PlanComments
from fitting.replicas import METAL
from fitting.series import Series, Technique
from reference_lines import Library
from reference_lines.instrument import Satellite, photon_energies_eV, satellites

_ALWAYS_BARE = ("Mg Ka",)
"""Sources that no monochromator is made for."""


@dataclass(frozen=True)
class Source:
    """An X-ray source without a monochromator; or nothing to say."""

    name: str = ""
    satellites: tuple[Satellite, ...] = ()

    @property
    def table(self) -> dict[str, Any]:
        """Words of [energy]."""
        return {"source": self.name, "monochromator": False} if self.satellites else {}


def source_of(photon_energies: Iterable[float], monochromator: bool | None) -> Source:
    """The source of files, if its satellites are in the spectra.

    Parameters
    ----------
    photon_energies : that occur, eV
    monochromator : None: as usual, which is without for Mg and with for all others
    """
    energies = list(photon_energies)
    for name, photon in photon_energies_eV().items():
        bare = name in _ALWAYS_BARE if monochromator is None else not monochromator
        near = all(abs(energy - photon) <= SAME_SOURCE_EV for energy in energies)
        if energies and near and bare:
            return Source(name, satellites(name))
    return Source()


def quantification(
    phases: Iterable[str], series: Sequence[Series], library: Library
) -> tuple[dict[str, Any], dict[str, str]]:
    """The table [quantification] and comments beside its keys.

    Parameters
    ----------
    phases : of the plan, the electrolyte first
    series : of the regions of the plan
    """
    table: dict[str, Any] = {}
    beside: dict[str, str] = {}
    known = set(material_names(library))
    found = sorted((name for name in phases if name in known), key=lambda name: name == METAL)
    if found:
        table["material"] = found[0]
        beside["quantification.material"] = "mean free path after TPP-2M in this solid"
    first: dict[str, Series] = {}
    for one in series:
        if one.technique is not Technique.RAMAN:
            first.setdefault(one.region, one)
    differ = exposures_that_differ(first)
    if differ:
        table["exposure_s"] = differ
        beside["quantification.exposure_s"] = "regions took different times; counts over this"
    return table, beside


def with_sensitivities(plan: Plan, comments: PlanComments) -> PlanComments:
    """Comments that also say what areas are divided by; the same where nothing is.

    Raises
    ------
    PlanError
        See ``component_sensitivities``.
    """
    if not needs_sensitivities(plan):
        return comments
    head = (
        "Areas are divided by these sensitivities, cross-section x mean free path x transmission x "
        "asymmetry; a component with sensitivity = NUMBER has its own (then give all of them)."
    )
    return replace(
        comments, above={**comments.above, "quantification": (head, *sensitivity_texts(plan))}
    )
