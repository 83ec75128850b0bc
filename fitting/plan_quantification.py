"""Tables of a plan on how strongly lines show: [quantification] and [overlayer]."""

import reprlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from fitting.materials import find_material
from fitting.plan_options import Flag, Free, Number, PlanTable


class MaterialTable(PlanTable):
    """A solid as TPP-2M needs to know it; units are in the names, counts per formula unit."""

    formula: str
    density_g_cm3: Number = Field(gt=0)
    molar_mass_g_mol: Number = Field(gt=0)
    valence_electrons: Number = Field(gt=0)
    band_gap_eV: Number = Field(0.0, ge=0)
    source: str = "given in the plan"


def _material(value: object) -> object:
    """A name becomes the numbers of the library: a plan that is fitted holds them."""
    if not isinstance(value, str):
        return value
    found = find_material(value)
    solid = found.material
    return {
        "formula": solid.formula,
        "density_g_cm3": solid.density_g_cm3,
        "molar_mass_g_mol": solid.molar_mass_g_mol,
        "valence_electrons": solid.valence_electrons,
        "band_gap_eV": solid.band_gap_eV,
        "source": found.source,
    }


MaterialSetting = Annotated[MaterialTable, BeforeValidator(_material)]
"""A name of the library, or a table of numbers."""


class Transmission(PlanTable):
    """Transmission of the analyser against kinetic energy, on any scale.

    Either ``power``: proportional to E^power; or points ``kinetic_energy_eV`` (ascending) and
    ``relative``, straight lines between them and level beyond.
    """

    power: Number | None = None
    kinetic_energy_eV: tuple[Number, ...] = ()
    relative: tuple[Annotated[Number, Field(gt=0)], ...] = ()

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        energies = self.kinetic_energy_eV
        if (self.power is None) == (not energies):
            raise ValueError("needs either power, or kinetic_energy_eV and relative")
        if len(energies) != len(self.relative):
            raise ValueError(f"{len(energies)} energies and {len(self.relative)} values")
        if list(energies) != sorted(set(energies)):
            raise ValueError(f"kinetic energies must ascend, got {reprlib.repr(list(energies))}")
        return self


def _transmission(value: object) -> object:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if value == "file" or number or isinstance(value, (Mapping, Transmission)):
        return Transmission.model_validate(value) if isinstance(value, Mapping) else value
    raise ValueError(
        'transmission is a number (the same for all lines), "file", {power = -0.7} or '
        f"{{kinetic_energy_eV = [...], relative = [...]}}, not {reprlib.repr(value)}"
    )


class Quantification(PlanTable):
    """What an area is divided by to become a number of atoms, beyond the cross-section.

    ``material`` gives the mean free path (TPP-2M); without, it is taken as equal for all lines.
    ``asymmetry`` is a number, or ``"dipole"``: from ``beta`` (by level; 2 for s levels) and
    ``analyser_angle_deg`` between X-rays and analyser. ``emission_angle_deg`` is from the surface
    normal. ``transmission`` is a number, ``"file"``, a power of the kinetic energy, or points.
    ``exposure_s`` is dwell x sweeps by region, where regions in counts were measured for different
    times. ``relative_uncertainty`` is that of each core level, common to all steps; with strategy
    ``joint`` a factor of each level is fitted within it, unless ``fit_sensitivities`` is false.
    """

    material: MaterialSetting | None = None
    asymmetry: Annotated[Number, Field(gt=0)] | Literal["dipole"] = 1.0
    analyser_angle_deg: Number | None = Field(None, ge=0, le=180)
    beta: dict[str, Annotated[Number, Field(ge=-1, le=2)]] = Field(default_factory=dict)
    emission_angle_deg: Number = Field(0.0, ge=0, lt=90)
    transmission: Annotated[
        Number | Literal["file"] | Transmission, BeforeValidator(_transmission)
    ] = 1.0
    exposure_s: dict[str, Annotated[Number, Field(gt=0)]] = Field(default_factory=dict)
    relative_uncertainty: Number = Field(0.10, ge=0, lt=1)
    fit_sensitivities: Flag = True

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.asymmetry == "dipole" and self.analyser_angle_deg is None:
            raise ValueError('asymmetry = "dipole" needs analyser_angle_deg')
        if isinstance(self.transmission, float) and self.transmission <= 0:
            raise ValueError(f"transmission = {self.transmission:g} must be above 0")
        return self


def _thickness(value: object) -> object:
    return _within(value, 0.0, None, "thickness_nm")


def _share(value: object) -> object:
    return _within(value, 0.0, 1.0, "covered_fraction")


def _within(value: Any, low: float, high: float | None, name: str) -> object:
    """A number (known) or a table (fitted) inside hard limits, which bounds default to."""
    limits = f"{low:g} or more" if high is None else f"{low:g} to {high:g}"
    if isinstance(value, Mapping):
        value = Free.model_validate(
            {"min": low, **({} if high is None else {"max": high}), **value}
        )
    if isinstance(value, Free):
        ends = [end for end in (value.min, value.max) if end is not None]
        if value.start is None:
            raise ValueError(f"{name} is fitted and needs a value to start from")
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        ends = [value]
    else:
        raise ValueError(f"{name} is a number (known) or a table {{value=, min=, max=}} (fitted)")
    if min(ends) < low or (high is not None and max(ends) > high):
        raise ValueError(f"{name} must be {limits}")
    return value


class Overlayer(PlanTable):
    """A layer of thickness d over the share c of the surface: I = I0 [(1-c) + c exp(-d/L cos)].

    A number is known, a table is fitted (strategy ``joint`` only). ``covers`` names regions or
    phases under it; empty: every component but those of the ``phases`` it is made of.
    """

    material: MaterialSetting
    thickness_nm: Annotated[Number | Free, BeforeValidator(_thickness)]
    covered_fraction: Annotated[Number | Free, BeforeValidator(_share)] = 1.0
    covers: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()

    @property
    def fitted(self) -> bool:
        """Whether thickness or coverage is free."""
        return isinstance(self.thickness_nm, Free) or isinstance(self.covered_fraction, Free)
