"""Regions and components that CasaXPS writes into the comments of VAMAS blocks.

The form was learnt from real files (PEERS: FeO_analyzed.vms); positions are on the kinetic
scale, a link is the number of another component (-1: none) with a factor or offset.
"""

import re

_NAMES = re.compile(r"\(\*(.*?)\*\)")
_SHAPE = re.compile(r"^\s*([A-Za-z]\w*)\s*\(([^()]*)\)\s*(.*)$")
_CONSTRAINED = {"Area": "area", "MFWHM": "fwhm", "FWHM": "fwhm", "Position": "position_ke"}
_CALIBRATION = re.compile(
    r"^Calib\s+M\s*=\s*(-?[\d.,]+)\s+A\s*=\s*(-?[\d.,]+)\s*(BE|KE)?\s*(\w+)?", re.IGNORECASE
)


def parse_casaxps(comment: list[str]) -> dict[str, object]:
    """Regions, components and calibrations in a block comment; empty if there are none."""
    regions = [_region(line) for line in comment if line.startswith("CASA region")]
    components = [_component(line) for line in comment if line.startswith("CASA comp")]
    calibrations = [
        {
            "measured": _value(found[1].replace(",", ".")),
            "assigned": _value(found[2].replace(",", ".")),
            "scale": found[3],
            "kind": found[4],
        }
        for found in map(_CALIBRATION.match, comment)
        if found
    ]
    if not (regions or components or calibrations):
        return {}
    return {"regions": regions, "components": components, "calibrations": calibrations}


def _value(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _region(line: str) -> dict[str, object]:
    names = _NAMES.findall(line)
    numbers = [_value(word) for word in _NAMES.sub(" ", line).split()[2:]]
    labels = ("start_ke", "end_ke", "rsf")
    return {
        "name": names[0] if names else "",
        "background": names[1] if len(names) > 1 else "",
        "tag": names[2] if len(names) > 2 else "",
        **dict(zip(labels, numbers, strict=False)),
        "further": numbers[len(labels) :],
    }


def _component(line: str) -> dict[str, object]:
    names = _NAMES.findall(line)
    said: dict[str, object] = {
        "name": names[0] if names else "",
        "shape": parse_shape(names[1] if len(names) > 1 else ""),
    }
    words = _NAMES.sub(" ", line).split()[2:]
    at = 0
    while at < len(words):
        word = words[at]
        if word in _CONSTRAINED:
            values = [_value(text) for text in words[at + 1 : at + 6]]
            labels = ("value", "min", "max", "link", "link_factor")
            said[_CONSTRAINED[word]] = dict(zip(labels, values, strict=False))
            at += 6
        else:
            said[word.lower()] = _value(words[at + 1]) if at + 1 < len(words) else ""
            at += 2
    tags = names[2:]
    said["tag"] = tags[0] if tags else ""
    return said


def parse_shape(text: str) -> dict[str, object]:
    """``LF(0.54,10,80,100,6)`` -> name and any number of parameters; the text stays beside."""
    found = _SHAPE.match(text)
    if not found:
        return {"text": text, "name": text.strip(), "parameters": []}
    parameters = [_value(part.strip()) for part in found[2].split(",") if part.strip()]
    return {
        "text": text,
        "name": found[1],
        "parameters": parameters,
        **({"modifier": found[3]} if found[3] else {}),
    }
