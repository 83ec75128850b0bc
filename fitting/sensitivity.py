"""How strongly a core level of an atom shows: cross-section x mean free path x instrument."""

import re
from dataclasses import dataclass
from types import ModuleType
from typing import Literal

from fitting.errors import PlanError

NOT_APPLIED = "left out: taken as equal for all lines"
ASSUMED_ONE = "assumed 1"
UNREAD = "of the file: not read yet, taken as 1"
GIVEN = ""
"""Source of factors that a plan's own number stands for: they are not shown."""

_EXTRAPOLATED = "total photoelectric x share"

_LEVEL = re.compile(r"^\s*([A-Z][a-z]?)\s*([1-6][spdf])\s*(1/2|3/2|5/2|7/2)?\s*$")
_PARTNERS = {"s": ("",), "p": ("1/2", "3/2"), "d": ("3/2", "5/2"), "f": ("5/2", "7/2")}
_SHELLS = {"1s": "K", "2s": "L1", "2p1/2": "L2", "2p3/2": "L3"} | {
    f"{n}{orbital}": f"{letter}{number}"
    for n, letter in ((3, "M"), (4, "N"), (5, "O"), (6, "P"))
    for number, orbital in enumerate(("s", "p1/2", "p3/2", "d3/2", "d5/2", "f5/2", "f7/2"), 1)
    if (n, orbital[0]) not in {(3, "f"), (6, "d"), (6, "f")}
}
# Partial cross-sections of the lightest elements end between 1.8 and 15 keV and are extrapolated
# far too low beyond; their sum then drops below the total of the second table.
_TRUNCATED_UP_TO_Z = 8
_SOUND_SHARE = 0.95
_SOUND_ENERGY_KEV = 1.4866


@dataclass(frozen=True)
class Factor:
    """A number and where it comes from."""

    value: float
    source: str


@dataclass(frozen=True)
class Sensitivity:
    """What an area is divided by to become a number of atoms.

    Parameters
    ----------
    level : core level, e.g. ``"S 2p"`` (both partners) or ``"S 2p3/2"``
    photon_energy_eV : photon energy, eV; None where nobody needed it
    cross_section_barn : photoionisation cross-section of the level, barn/atom; or the number
        that a plan gives instead of all but attenuation and exposure
    mean_free_path_nm : in the sample at the kinetic energy of the line; None leaves it out
    transmission : of the analyser at that kinetic energy, relative
    asymmetry : angular factor ``1 + beta/2 (3/2 sin^2 gamma - 1)`` or the like
    relative_uncertainty : of the product, common to all steps
    cross_section_source, mean_free_path_source, transmission_source, asymmetry_source :
        where each factor comes from, in words
    attenuation : share that gets through a known overlayer; 1 without
    exposure : dwell x sweeps that the counts took, s; 1 where areas are comparable as they are
    attenuation_source, exposure_source : as above; empty where there is none
    """

    level: str
    photon_energy_eV: float | None
    cross_section_barn: float
    mean_free_path_nm: float | None = None
    transmission: float = 1.0
    asymmetry: float = 1.0
    relative_uncertainty: float = 0.10
    cross_section_source: str = "given"
    mean_free_path_source: str = NOT_APPLIED
    transmission_source: str = ASSUMED_ONE
    asymmetry_source: str = ASSUMED_ONE
    attenuation: float = 1.0
    exposure: float = 1.0
    attenuation_source: str = ""
    exposure_source: str = ""

    @property
    def value(self) -> float:
        """Product of the factors, barn/atom (times nm where a mean free path is applied)."""
        product = 1.0
        for factor in self.factors.values():
            product *= factor.value
        return product

    @property
    def factors(self) -> dict[str, Factor]:
        """Every factor that has a source, in words with its unit, and its value."""
        path = 1.0 if self.mean_free_path_nm is None else self.mean_free_path_nm
        named = {
            "cross-section / barn": Factor(self.cross_section_barn, self.cross_section_source),
            "mean free path / nm": Factor(path, self.mean_free_path_source),
            "transmission": Factor(self.transmission, self.transmission_source),
            "asymmetry": Factor(self.asymmetry, self.asymmetry_source),
            "attenuation": Factor(self.attenuation, self.attenuation_source),
            "exposure / s": Factor(self.exposure, self.exposure_source),
        }
        return {name: factor for name, factor in named.items() if factor.source}

    @property
    def notices(self) -> tuple[str, ...]:
        """What nobody measured: one phrase for each factor that is left out or assumed."""
        return tuple(
            f"{self.level}: {name.split(' / ')[0]} {factor.source}"
            for name, factor in self.factors.items()
            if factor.source in (NOT_APPLIED, ASSUMED_ONE, UNREAD) or _EXTRAPOLATED in factor.source
        )


def sensitivity(
    level: str,
    photon_energy_eV: float,
    *,
    mean_free_path: Factor | None = None,
    transmission: Factor | None = None,
    asymmetry: Factor | None = None,
    relative_uncertainty: float = 0.10,
    beyond_table: Literal["refuse", "total"] = "refuse",
) -> Sensitivity:
    """Sensitivity of a core level from its photoionisation cross-section.

    Parameters
    ----------
    level : element and subshell: ``"S 2p"`` sums both partners, ``"S 2p3/2"`` is one
    photon_energy_eV : photon energy, eV
    mean_free_path : nm; left out where None
    transmission, asymmetry : assumed 1 where None, and said so in the source
    relative_uncertainty : of the product
    beyond_table : what to do where the partial cross-sections of a light element (Li above
        1.8 keV, Be above 3.5, B above 6, C above 9) run out: ``"refuse"``, or ``"total"``: the
        total photoelectric cross-section times the share that the level has at 1.4866 keV

    Raises
    ------
    PlanError
        Unknown level, photon energy too low to ionise it, or beyond the table.

    Notes
    -----
    xraylib: partial cross-sections of Kissel (Schoonjans et al. 2011,
    doi:10.1016/j.sab.2011.09.011) per electron, times the electrons in the subshell.
    """
    cross_section = _cross_section(level, photon_energy_eV, beyond_table)
    path = mean_free_path or Factor(1.0, NOT_APPLIED)
    analyser = transmission or Factor(1.0, ASSUMED_ONE)
    angular = asymmetry or Factor(1.0, ASSUMED_ONE)
    return Sensitivity(
        level=level,
        photon_energy_eV=photon_energy_eV,
        cross_section_barn=cross_section.value,
        mean_free_path_nm=None if mean_free_path is None else path.value,
        transmission=analyser.value,
        asymmetry=angular.value,
        relative_uncertainty=relative_uncertainty,
        cross_section_source=cross_section.source,
        mean_free_path_source=path.source,
        transmission_source=analyser.source,
        asymmetry_source=angular.source,
    )


def is_level(name: str) -> bool:
    """Whether a region is named after a core level, such as ``"S 2p"``."""
    return _LEVEL.match(name) is not None


def _cross_section(level: str, photon_energy_eV: float, beyond_table: str) -> Factor:
    import xraylib

    number, shells = _parse(level, xraylib)
    energy_keV = photon_energy_eV / 1000.0
    if not _beyond_table(number, energy_keV, xraylib):
        value = _partial(level, number, shells, energy_keV, xraylib)
        return Factor(value, f"xraylib {xraylib.__version__}, partial (Kissel)")
    if beyond_table == "refuse":
        raise PlanError(
            f'sensitivity["{level}"]',
            f"the partial cross-section of {level} at {photon_energy_eV:g} eV is beyond its table "
            "and far too low there; give a cross-section of your own, or choose "
            'beyond_table = "total" for the total photoelectric cross-section times the share of '
            f"the level at {1000 * _SOUND_ENERGY_KEV:g} eV",
        )
    sound = _partial(level, number, shells, _SOUND_ENERGY_KEV, xraylib)
    share = sound / xraylib.CSb_Photo_Total(number, _SOUND_ENERGY_KEV)
    return Factor(
        share * xraylib.CSb_Photo(number, energy_keV),
        f"xraylib {xraylib.__version__}, {_EXTRAPOLATED} {share:.3f} of the level "
        f"at {1000 * _SOUND_ENERGY_KEV:g} eV",
    )


def _parse(level: str, xraylib: ModuleType) -> tuple[int, tuple[int, ...]]:
    """Atomic number and the shells of the level in the numbering of xraylib."""
    key = f'sensitivity["{level}"]'
    match = _LEVEL.match(level)
    if match is None:
        raise PlanError(key, 'a level reads like "S 2p", "S 2p3/2" or "Li 1s"')
    element, subshell, partner = match.groups()
    partners = _PARTNERS[subshell[1]]
    if partner is not None and partner not in partners:
        raise PlanError(key, f"{subshell} has no {partner} partner, only {partners}")
    names = [subshell + one for one in (partners if partner is None else (partner,))]
    if any(name not in _SHELLS for name in names):
        raise PlanError(key, f"there is no subshell {subshell}")
    try:
        number = int(xraylib.SymbolToAtomicNumber(element))
    except ValueError as error:
        raise PlanError(key, f"{element} is not a chemical element") from error
    return number, tuple(getattr(xraylib, f"{_SHELLS[name]}_SHELL") for name in names)


def _partial(
    level: str, number: int, shells: tuple[int, ...], energy_keV: float, xraylib: ModuleType
) -> float:
    """Sum over the subshells of cross-section per electron x electrons, barn/atom."""
    try:
        return float(
            sum(
                xraylib.CSb_Photo_Partial(number, shell, energy_keV)
                * xraylib.ElectronConfig(number, shell)
                for shell in shells
            )
        )
    except ValueError as error:
        raise PlanError(
            f'sensitivity["{level}"]',
            f"photons of {1000 * energy_keV:g} eV do not ionise {level}; the level must be "
            "occupied and bound by less",
        ) from error


def _beyond_table(number: int, energy_keV: float, xraylib: ModuleType) -> bool:
    if number > _TRUNCATED_UP_TO_Z or energy_keV <= _SOUND_ENERGY_KEV:
        return False
    partials = xraylib.CSb_Photo_Total(number, energy_keV)
    return bool(partials < _SOUND_SHARE * xraylib.CSb_Photo(number, energy_keV))
