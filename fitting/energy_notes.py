"""What a plan says about the energy scale that is no error but seldom right."""

from fitting.plan import Plan

_LITHIUM = ("Li", "Li0")


def energy_notes(plan: Plan) -> list[str]:
    """One sentence each; none if all is well."""
    note = carbon_note(plan)
    return [f"energy.component: {note}"] if note else []


def carbon_note(plan: Plan) -> str:
    """C 1s fixes the energy scale of a surface that may hold lithium metal; else empty.

    Carbon floats with its layer, eV off the metal: Oswald 2018, doi:10.3390/batteries4030036;
    Greczynski and Hultman 2020, doi:10.1016/j.pmatsci.2019.100591.
    """
    energy = plan.energy
    owner = plan.components.get(energy.component or "")
    if energy.reference != "component" or owner is None:
        return ""
    region, _ = owner
    metal = [name for name, phase in plan.phases.items() if (phase.formula or name) in _LITHIUM]
    if not metal or not (region.name.startswith("C 1s") or region.measured.startswith("C 1s")):
        return ""
    return (
        f"the energy scale rests on {energy.component} in {region.name}, at "
        f"{energy.position_eV:g} eV, while {metal[0]} is in the plan: carbon does not share the "
        "potential of lithium metal; take a line of the electrolyte"
    )
