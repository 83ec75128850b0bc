"""What the library is made of: frozen rows, each with its source."""

from dataclasses import dataclass

TECHNIQUES = ("XPS", "HAXPES", "Raman")
EVIDENCE = ("primary", "compilation", "digest", "derived", "unverified")
POSITIONS = ("3/2", "5/2", "centroid", "single", "unknown")
UNITS = {"XPS": "eV", "HAXPES": "eV", "Raman": "cm-1"}
LIBRARY_ORIGIN = "library"
WIDTH_OF_LEVEL = "unverified, typical of the level"


@dataclass(frozen=True)
class Line:
    """One published position of one species in one region.

    Parameters
    ----------
    technique : XPS, HAXPES or Raman
    region : core level ("S 2p") or "Raman"
    level : the sublevel the position belongs to ("S 2p3/2"), or the region
    species : key of a Species
    environment : which atom or mode of the species ("PS4", "free sulfide", "T2g")
    value : position, in unit
    minimum, maximum : search window of a recommended line, else the range the source prints
    unit : eV or cm-1
    splitting : distance of the j-1/2 partner, in unit, towards higher binding energy
    ratio : area of the j-1/2 partner over the j+1/2 partner
    fwhm_low, fwhm_high : usual measured width, in unit (not verified)
    fwhm_note : empty if the width is that of this row, else WIDTH_OF_LEVEL
    lorentz_fwhm : lifetime width, in unit
    count : atoms of this environment per formula unit; None where no formula unit is meant
    position_of : what the source's number marks: 3/2, 5/2, centroid, single, unknown
    reference_scale : energy zero of the source, in its words
    source : where the number was read
    evidence : primary, compilation, digest, derived, unverified
    recommended : whether a new plan starts from this row
    conflict : key of the Conflict this row takes part in, or empty
    note : what a user should know before using the number
    origin : "library", or the file and row of a user's table
    """

    technique: str
    region: str
    level: str
    species: str
    environment: str
    value: float
    minimum: float | None
    maximum: float | None
    unit: str
    splitting: float | None
    ratio: float | None
    fwhm_low: float | None
    fwhm_high: float | None
    lorentz_fwhm: float | None
    count: float | None
    position_of: str
    reference_scale: str
    source: str
    evidence: str
    recommended: bool
    conflict: str = ""
    note: str = ""
    origin: str = LIBRARY_ORIGIN
    fwhm_note: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Species, environment and region: at most one recommended line has it."""
        return (self.species, self.environment, self.region)


@dataclass(frozen=True)
class Difference:
    """A distance between two lines, free of the energy zero.

    Parameters
    ----------
    upper_species, upper_environment, upper_level : the line at the higher value
    lower_species, lower_environment, lower_level : the line at the lower value
    value : upper minus lower, in unit
    minimum, maximum : range over the sources
    scope : "within compound", or "between compounds" (holds on one common potential only)
    recommended : whether the library's own recommended lines follow it
    """

    upper_species: str
    upper_environment: str
    upper_level: str
    lower_species: str
    lower_environment: str
    lower_level: str
    value: float
    minimum: float
    maximum: float
    unit: str
    scope: str
    source: str
    evidence: str
    recommended: bool
    note: str = ""

    @property
    def species(self) -> tuple[str, str]:
        """Both species."""
        return (self.upper_species, self.lower_species)

    @property
    def levels(self) -> tuple[str, str]:
        """Both levels."""
        return (self.upper_level, self.lower_level)


@dataclass(frozen=True)
class Conflict:
    """Sources that disagree, kept side by side.

    Parameters
    ----------
    key : what the flagged lines point to
    topic : one line for people
    technique, region : where it matters; region empty if in all of a technique
    species : keys of the species concerned
    values : the numbers in dispute, in unit; empty where the dispute is not about one number
    handling : what the library does about it
    """

    key: str
    topic: str
    technique: str
    region: str
    species: tuple[str, ...]
    values: tuple[float, ...]
    unit: str
    handling: str


@dataclass(frozen=True)
class Species:
    """A chemical species that owns lines.

    Parameters
    ----------
    key : name of the phase in plans and tables
    formula : formula unit the counts refer to; empty if unknown
    name : for people
    aliases : other words it is found by
    note : what the formula assumes
    """

    key: str
    formula: str
    name: str
    aliases: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Absence:
    """Why a species has no line with a technique, or in one region of it.

    Parameters
    ----------
    region : empty where the whole technique is meant
    kind : "forbidden" (selection rule), "unknown" (no value known to us) or "elsewhere"
    reason : one sentence
    """

    species: str
    technique: str
    region: str
    kind: str
    reason: str


@dataclass(frozen=True)
class Level:
    """What all lines of one core level share.

    Parameters
    ----------
    splitting, splitting_minimum, splitting_maximum : spin-orbit splitting and its range, eV
    ratio : area of j-1/2 over j+1/2
    lorentz_fwhm : lifetime width, eV
    fwhm_low, fwhm_high : typical measured width, in the unit of the technique; not verified
    """

    technique: str
    region: str
    level: str
    position_of: str
    splitting: float | None
    splitting_minimum: float | None
    splitting_maximum: float | None
    ratio: float | None
    lorentz_fwhm: float | None
    fwhm_low: float | None
    fwhm_high: float | None
    source: str


@dataclass(frozen=True)
class Constant:
    """A number that is not a line: density, molar mass, thickness per charge.

    Parameters
    ----------
    minimum, maximum : range over the sources, or None
    """

    name: str
    species: str
    value: float
    minimum: float | None
    maximum: float | None
    unit: str
    evidence: str
    source: str
    note: str = ""
