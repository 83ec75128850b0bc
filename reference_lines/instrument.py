"""X-ray sources with their satellites, and lines of other elements that lie where ours do."""

import csv
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Satellite:
    """A weaker line of an X-ray source without a monochromator.

    Parameters
    ----------
    name : such as ``"ka3"``
    displacement_eV : how far below a photoelectron line its copy appears, binding energy
    relative_intensity : of the copy, the line itself being 1
    """

    name: str
    displacement_eV: float
    relative_intensity: float


@dataclass(frozen=True)
class ForeignLine:
    """Where a line of an element can lie, all compounds taken together.

    Parameters
    ----------
    name : such as ``"Ni 3p"`` or, for an Auger line, ``"Ni LMM"``
    auger : then the range is in kinetic energy and stays there whatever the photon energy
    low_eV, high_eV : range of binding, or kinetic, energies
    """

    element: str
    name: str
    auger: bool
    low_eV: float
    high_eV: float

    def binding_range_eV(self, photon_energy_eV: float | None) -> tuple[float, float] | None:
        """Its range of binding energies; None for an Auger line without a photon energy."""
        if not self.auger:
            return self.low_eV, self.high_eV
        if photon_energy_eV is None:
            return None
        return photon_energy_eV - self.high_eV, photon_energy_eV - self.low_eV


def photon_energies_eV() -> dict[str, float]:
    """X-ray sources by name, such as ``"Al Ka"``."""
    return {row["source"]: float(row["photon_energy_eV"]) for row in _rows("xray_sources.csv")}


def satellites(source: str) -> tuple[Satellite, ...]:
    """Satellites of a source, strongest first; none for sources always used with a crystal."""
    return tuple(
        Satellite(row["name"], float(row["displacement_eV"]), float(row["relative_intensity"]))
        for row in _rows("satellites.csv")
        if row["source"] == source
    )


def foreign_lines() -> tuple[ForeignLine, ...]:
    """Lines that are known to overlap those of battery interphases, in table order."""
    return tuple(
        ForeignLine(
            row["element"],
            row["line"],
            row["scale"] == "kinetic",
            float(row["low_eV"]),
            float(row["high_eV"]),
        )
        for row in _rows("overlaps.csv")
    )


def _rows(name: str) -> list[dict[str, str]]:
    text = files("reference_lines").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), strict=True))
