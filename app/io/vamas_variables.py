"""Experimental variables of VAMAS files as step columns."""

import re

# what the label says -> unit (lower case) -> step column, factor, offset
_TIMES = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "min": 60.0, "minutes": 60.0, "h": 3600.0}
_LENGTHS = {"m": 1e6, "mm": 1e3, "micro m": 1.0, "um": 1.0, "nm": 1e-3}
_KNOWN: tuple[tuple[re.Pattern[str], str, dict[str, float]], ...] = (
    (re.compile(r"(etch|sputter\w*|ion gun|crater)\s*(time)?$"), "etch_time_s", _TIMES),
    (re.compile(r"depth$"), "depth_nm", {k: v * 1e3 for k, v in _LENGTHS.items()} | {"a": 0.1}),
    (re.compile(r"(\w+ )?temp(erature)?$"), "temperature_C", {"c": 1.0, "degc": 1.0, "k": 1.0}),
    (
        re.compile(r"((\w+ )?potential|(cell |applied |electrode )?voltage)$"),
        "potential_V",
        {"v": 1.0, "mv": 1e-3},
    ),
    (
        re.compile(r"(areal )?charge( density| passed)?$"),
        "charge_uAh_cm2",
        {"uah/cm2": 1.0, "mah/cm2": 1e3, "mc/cm2": 1 / 3.6, "c/cm2": 1e3 / 3.6},
    ),
    (re.compile(r"((elapsed|acquisition) )?time$"), "time_s", _TIMES),
    (re.compile(r"(position|stage)? ?x$"), "x_um", _LENGTHS),
    (re.compile(r"(position|stage)? ?y$"), "y_um", _LENGTHS),
    (re.compile(r"(\w+ )?tilt( angle)?$"), "tilt_deg", {"degree": 1.0, "deg": 1.0}),
)
_BRACKETS = re.compile(r"[\[(]\s*([^\])]*?)\s*[\])]\s*$")


def step_value(label: str, unit: str, value: float) -> tuple[str, float]:
    """Step column and value of one experimental variable.

    Known quantities in known units get the column of the step table; everything else keeps its
    own label and unit, e.g. ``Angle`` in ``degree`` is ``Angle_degree``. A unit in brackets at
    the end of the label ("PositionX [mm]") counts where the unit field says none.
    """
    name = " ".join(label.split())
    bracket = _BRACKETS.search(name)
    if bracket:
        name = name[: bracket.start()].strip()
        unit = bracket[1] if unit.strip().lower() in ("", "n", "d", "u") else unit
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name).lower()
    key = unit.strip().lower().replace("µ", "u").replace("²", "2").replace("^", "")
    for pattern, column, units in _KNOWN:
        if pattern.match(words) and key in units:
            offset = -273.15 if column == "temperature_C" and key == "k" else 0.0
            return column, value * units[key] + offset
    own = name if key in ("", "d", "n", "u") else f"{name}_{unit.strip()}"
    return re.sub(r"[^A-Za-z0-9_.%/^-]+", "_", own).strip("_") or "variable", value
