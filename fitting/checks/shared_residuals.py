"""What many spectra of a region leave over in one place: is a phase missing?"""

from collections.abc import Iterator

from fitting.checks.check import Check
from fitting.checks.view import RegionView
from fitting.model import ModelTable
from fitting.units import unit_text
from fitting.witness import Rows, Witness, Witnessing

MISSING = 0.01
"""Share of the highest peak: below that no line shape is good enough to tell."""


class Witnesses:
    """What the spectra of a sample hold, region by region; one of these for each sample."""

    def __init__(self, table: ModelTable) -> None:
        self._table = table
        self._own: dict[str, Witnessing] = {}
        self._units: dict[str, str] = {}

    def look(self, view: RegionView) -> None:
        """Add some steps of one region."""
        name = view.region.name
        info = view.info
        self._units[name] = unit_text("axis", info.axis_kind, info.intensity_unit)
        self._own.setdefault(name, Witnessing()).add(rows_of(view))

    def found(self) -> dict[str, Witness]:
        """Region -> what its spectra hold; only regions with two spectra or more."""
        told = {region: own.found() for region, own in self._own.items()}
        return {region: witness for region, witness in told.items() if witness is not None}

    def checks(self, found: dict[str, Witness]) -> Iterator[Check]:
        """A row for each region in which something is left over."""
        for region, witness in found.items():
            if witness.of_residual and witness.share >= MISSING:
                unit = self._units[region]
                words = (
                    f"the residuals of {witness.spectra} spectra have something in common, most "
                    f"near {witness.place:.5g} {unit}, {100.0 * witness.share:.2g} % of the "
                    "highest peak: a missing phase, or a line shape that is off"
                )
                yield Check(None, region, "shared_residual", "warn", words)


def rows_of(view: RegionView) -> Rows:
    """The spectra of a view; phases, or components that belong to none, by name."""
    drawn = view.drawn
    lines: dict[str, list[int]] = {}
    for c, component in enumerate(view.region.components):
        lines.setdefault(component.phase or component.id, []).append(c)
    return Rows(
        drawn.x,
        view.values[:, view.region.shift],
        drawn.intensity,
        view.sigma,
        drawn.background,
        view.residual,
        {name: drawn.components[:, own].sum(axis=1) for name, own in lines.items()},
    )
