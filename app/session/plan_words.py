"""What the words of a plan are called in a form, and what they do in one sentence."""

WORDS: dict[tuple[str, str], tuple[str, str]] = {
    ("series", "strategy"): (
        "Strategy",
        "independent: each step by itself; chained: from its neighbour's result; shared: some "
        "parameters common to all steps; joint: one amount of a phase drives all its lines",
    ),
    ("series", "axis"): ("Axis of the series", "What results are drawn and followed against"),
    ("series", "shared"): (
        "Shared parameters",
        "Common to all steps: fwhm (of all components) or ps4_s2p.center (of one), with commas",
    ),
    ("series", "stiffness"): (
        "Drift length",
        "Shared parameters may drift smoothly over this length, in the unit of the axis; "
        "empty: they are constant",
    ),
    ("series", "seed"): ("Seed", "Of everything random: the same seed gives the same bytes"),
    ("series", "exclude"): ("Leave out steps", "Numbers of steps that are not fitted"),
    ("series", "screen"): (
        "Leave out bad spectra",
        "Spectra that are dead, saturated or cut off are found and not fitted",
    ),
    ("series", "blank"): ("Blank samples", "Names of samples through which no charge was passed"),
    ("series", "pristine"): (
        "Pristine steps",
        "Numbers of the steps on which compositions are found; empty: the first",
    ),
    ("fit", "engine"): ("Engine", "auto takes the compiled one where it can do the plan"),
    ("fit", "weights"): (
        "Weights",
        "poisson: from counting; given: errors of the file; estimated: from the scatter; "
        "uniform: none",
    ),
    ("fit", "loss"): ("Loss", "huber pulls less at points beyond some standard errors: spikes"),
    ("fit", "basis"): ("Fractions", "What the fractions are shares of; each ticked is computed"),
    ("fit", "errors"): (
        "Errors",
        "covariance: quick; profile: asymmetric limits; bootstrap: from replicas of the data",
    ),
    ("fit", "replicas"): ("Replicas", "How many replicas the bootstrap fits"),
    ("energy", "source"): ("X-ray source", "By name, such as Al Ka; gives the photon energy"),
    ("energy", "monochromator"): ("Monochromator", "Off: satellites of the source are in the data"),
    ("energy", "photon_energy_eV"): ("Photon energy / eV", "Of what excites the electrons"),
    ("energy", "reference"): (
        "Zero of the scale",
        "none: as measured; value: one shift for all steps; component: one line is brought to its "
        "position in each step; fitted: the shift of each step is found from all lines",
    ),
    ("energy", "shift_eV"): ("Shift / eV", "Positive: measured at higher binding energy"),
    ("energy", "component"): ("Reference line", "The component that is brought to its position"),
    ("energy", "position_eV"): ("Its position / eV", "Where the reference line belongs"),
    ("energy", "search_eV"): ("Largest shift / eV", "How far the lines of a step may lie off"),
    ("energy", "groups"): (
        "Other potentials",
        "Phases with a shift of their own, such as metal: Li0; film: NiO, Ni",
    ),
    ("energy", "within_eV"): ("Apart at most / eV", "How far those shifts lie from the others'"),
    ("energy", "broadening"): ("Common broadening", "All lines of a step are wider by one width"),
    ("quantification", "material"): (
        "Material",
        "Its mean free path (TPP-2M) enters; empty: the same for all lines",
    ),
    ("quantification", "analyser_angle_deg"): (
        "X-rays to analyser / °",
        "For the angular distribution of the electrons",
    ),
    ("quantification", "emission_angle_deg"): ("Emission angle / °", "From the surface normal"),
    ("quantification", "relative_uncertainty"): (
        "Relative uncertainty",
        "Of the sensitivity of each core level, the same in all steps",
    ),
    ("quantification", "fit_sensitivities"): (
        "Fit sensitivities",
        "A joint plan finds a factor of each core level within that uncertainty",
    ),
    ("background", "active"): ("Fitted with the lines", ""),
    ("background", "degree"): ("Degree of the polynomial", ""),
    ("background", "k"): ("Height of the step, k", ""),
}
"""Table and word of a plan -> title and meaning; an empty meaning is said elsewhere."""


def matters(table: str, name: str, said: dict[str, object]) -> bool:
    """Whether a word says anything beside what else its table says.

    Parameters
    ----------
    said : values of the table by name, and ``strategy`` of the series
    """
    needs: dict[tuple[str, str], tuple[str, tuple[object, ...]]] = {
        ("series", "shared"): ("strategy", ("shared", "joint")),
        ("series", "stiffness"): ("strategy", ("shared", "joint")),
        ("fit", "replicas"): ("errors", ("bootstrap",)),
        ("energy", "shift_eV"): ("reference", ("value",)),
        ("energy", "component"): ("reference", ("component",)),
        ("energy", "position_eV"): ("reference", ("component",)),
        ("energy", "search_eV"): ("reference", ("component", "fitted")),
        ("quantification", "fit_sensitivities"): ("strategy", ("joint",)),
    }
    if (table, name) == ("energy", "within_eV"):
        return bool(said["groups"])
    if (table, name) == ("energy", "monochromator"):
        return said["source"] is not None
    other, values = needs.get((table, name), (name, (said.get(name),)))
    return said[other] in values
