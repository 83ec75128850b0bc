"""Tables of a plan that stand by themselves: series, fit, energy, phases."""

import math
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, Strict, field_validator, model_validator

from fitting.plan_words import At, did_you_mean
from reference_lines.instrument import photon_energies_eV

Number = Annotated[float, Strict()]
Whole = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
"""What TOML wrote as such: a text "160" or true is no number."""

Steps = tuple[Annotated[Whole, Field(ge=0)], ...]
"""Numbers of steps, from 0."""


SAME_SOURCE_EV = 2.0
"""Files round the photon energy of a source, and mix its two lines."""


class PlanTable(BaseModel):
    """A TOML table: unknown keys are errors, nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Free(PlanTable):
    """A free parameter: where it starts and how far it may go (in referenced energy)."""

    value: Number | None = None
    min: Number | None = None
    max: Number | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        low = -math.inf if self.min is None else self.min
        high = math.inf if self.max is None else self.max
        if not low < high:
            raise ValueError(f"min {self.min} is not below max {self.max}")
        if self.value is not None and not low <= self.value <= high:
            raise ValueError(f"value {self.value} lies outside {low:g} .. {high:g}")
        return self

    @property
    def start(self) -> float | None:
        """The value, else the middle of the bounds, else None."""
        if self.value is not None:
            return self.value
        if self.min is not None and self.max is not None:
            return 0.5 * (self.min + self.max)
        return None


class SeriesOptions(PlanTable):
    """How the steps of a series help each other, and which of them are left out.

    ``shared`` names parameters (``fwhm``: of all components; ``ps4_s2p.center``: of one) that are
    common to all steps of a sample. With a ``stiffness`` they drift smoothly along ``axis``: it is
    the length, in the unit of the axis, over which they may bend. Without, they are constant.
    ``exclude`` leaves out steps by number, ``screen`` spectra that are dead, saturated or cut off.
    ``blank`` names samples through which no charge was passed; their rates are along time.
    With ``joint`` the amount of a phase drives all its lines in all regions. ``pristine`` names
    the steps on which compositions are found that are held afterwards; empty: the first.
    """

    strategy: Literal["independent", "chained", "shared", "joint"] = "chained"
    axis: str = "charge_uAh_cm2"
    shared: tuple[str, ...] = ()
    stiffness: Number | None = Field(None, gt=0)
    seed: Whole = Field(0, ge=0)
    exclude: Steps = ()
    screen: Flag = True
    blank: tuple[str, ...] = ()
    pristine: Steps = ()

    @model_validator(mode="after")
    def _agree(self) -> Self:
        for name in ("shared", "stiffness"):
            if getattr(self, name) and self.strategy not in ("shared", "joint"):
                needs = f'{name} needs strategy = "shared" or "joint"'
                raise ValueError(f'{needs}, not "{self.strategy}"')
        if self.stiffness is not None and not self.shared:
            raise ValueError("stiffness needs shared: the parameters that drift")
        return self


JOINT_BASES = ("molar", "volume")
"""Fractions that need one amount of each phase for all regions."""


class FitOptions(PlanTable):
    """Engine, weights, loss, and the kinds of fractions asked for."""

    engine: Literal["auto", "lmfit", "compiled"] = "auto"
    weights: Literal["poisson", "given", "estimated", "uniform"] = "poisson"
    loss: Literal["squares", "huber"] = "squares"
    basis: tuple[Literal["area", "atomic", "molar", "volume"], ...] = Field(("area",), min_length=1)
    errors: Literal["covariance", "profile", "bootstrap"] = "covariance"
    replicas: Whole = Field(200, ge=20, le=10_000)

    @field_validator("basis")
    @classmethod
    def _once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) < len(value):
            raise ValueError(f"{list(value)} names one basis twice")
        return value


class EnergyOptions(PlanTable):
    """Photon energy, and what fixes the zero of the energy scale.

    ``source`` is an X-ray source by name, such as ``"Mg Ka"``, and gives the photon energy;
    ``monochromator = false`` says that its satellites are in the spectra.

    ``value`` shifts every step by ``shift_eV``; ``component`` lets the shift of each step be
    what brings one line to ``position_eV``; ``fitted`` finds it from all lines of all regions
    together. A positive shift means: measured at higher binding energy than the reference.
    ``groups`` are phases that do not share the potential of the others: each has a shift of its
    own, within ``within_eV`` of theirs. ``broadening``: all lines of a step are wider by one width.
    """

    source: str | None = None
    monochromator: Flag | None = None
    photon_energy_eV: Number | None = Field(None, gt=0)
    reference: Literal["none", "value", "component", "fitted"] = "none"
    shift_eV: Number = 0.0
    component: str | None = None
    position_eV: Number | None = None
    search_eV: Number = Field(3.0, gt=0)
    groups: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    within_eV: Number = Field(1.0, gt=0)
    broadening: Flag = False

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.reference == "component" and (self.component is None or self.position_eV is None):
            raise ValueError('reference = "component" needs component (an id) and position_eV')
        if self.reference != "value" and self.shift_eV:
            raise ValueError(f'shift_eV = {self.shift_eV:g} needs reference = "value"')
        return self

    @model_validator(mode="before")
    @classmethod
    def _of_source(cls, data: object) -> object:
        """The photon energy of a source that is named; the two must agree."""
        if not isinstance(data, Mapping) or not isinstance(data.get("source"), str):
            return data
        known = photon_energies_eV()
        if data["source"] not in known:
            raise At("source", did_you_mean(data["source"], known, "the table of X-ray sources"))
        photon = known[data["source"]]
        given = data.get("photon_energy_eV", photon)
        if isinstance(given, (int, float)) and abs(given - photon) > SAME_SOURCE_EV:
            raise At("source", f"{data['source']} has {photon:g} eV, not {given:g}")
        return {"photon_energy_eV": photon, **data}

    @model_validator(mode="after")
    def _satellites_of_something(self) -> Self:
        if self.monochromator is False and self.source is None:
            raise ValueError('monochromator = false needs source, such as "Al Ka"')
        return self


class Composition(PlanTable):
    """A number in the formula of a phase that may vary: x in LixP, y in Li(7-y)PS(6-y)Cl(y).

    ``given``: it is ``value``. ``free``: found in every step, between ``min`` and ``max``.
    ``pristine``: found on the steps ``series.pristine`` alone, where other counted phases are
    taken to be absent but those named ``beside``, and held in all others.
    """

    symbol: str
    value: Number
    min: Number | None = None
    max: Number | None = None
    known: Literal["given", "free", "pristine"] = "given"
    beside: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.symbol.isidentifier():
            raise ValueError(f"symbol = {self.symbol!r} must be a name such as x")
        if self.known != "given" and (self.min is None or self.max is None):
            raise ValueError(f'known = "{self.known}" needs min and max')
        low = self.value if self.min is None else self.min
        high = self.value if self.max is None else self.max
        if not low <= self.value <= high or self.min == self.max is not None:
            raise ValueError(f"needs min <= value <= max, not {low:g}, {self.value:g}, {high:g}")
        return self


class Phase(PlanTable):
    """A chemical species; fractions run over the counted ones.

    ``composition``: a number in its formula that counts of its components may name.
    ``molar_volume_cm3`` per mole of formula units is for volume fractions where the table of
    materials has none.
    """

    formula: str | None = None
    counted: Flag = True
    composition: Composition | None = None
    molar_volume_cm3: Number | None = Field(None, gt=0)
