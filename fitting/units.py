"""Units of parameters, from the tokens of the model and the units of the data."""

from fitting.series import AxisKind, IntensityUnit

_INTENSITY = {
    IntensityUnit.COUNTS: "counts",
    IntensityUnit.COUNTS_PER_SECOND: "counts/s",
    IntensityUnit.ARBITRARY: "arb.",
}


def unit_text(token: str, axis: AxisKind, intensity: IntensityUnit) -> str:
    """Spell a unit token of a ParameterRow: ``"axis"`` -> ``"eV"``, ``"area"`` -> ``"counts eV"``.

    ``"1"`` stays ``"1"``; ``"intensity/axis^2"`` becomes ``"counts/eV^2"``.
    """
    if token == "area":
        return f"{_INTENSITY[intensity]} {axis.unit}"
    if token == "amount":
        return f"{_INTENSITY[intensity]} {axis.unit} per formula unit"
    return token.replace("intensity", _INTENSITY[intensity]).replace("axis", axis.unit)
