"""One spelling for the names of regions: "S 2p", "O 1s", "survey". Every reader uses it."""

import re

_ELEMENTS = frozenset(
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se "
    "Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb "
    "Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu".split()
)
_CORE_LEVEL = re.compile(r"(?<![A-Za-z])([A-Z][a-z]?)[ _-]?([1-6])([spdf])(?![a-z])")
_HALF = "[/_-]?2"  # of j, if written at all: "2p3", "2p3/2", "2p3-2"
_AT_THE_END = re.compile(
    r"(?:^|[ _-])([A-Z][a-z]?)[ _-]?"
    rf"([1-6](?:s|p(?:[13](?:{_HALF})?)?|d(?:[35](?:{_HALF})?)?|f(?:[57](?:{_HALF})?)?))$"
)
_SURVEY = re.compile(r"(?i)^(\d+[ _.:-]*)?(survey|wide|overview|su1s|sur\d*)\b")
_VALENCE = re.compile(r"(?i)^(\d+[ _.:-]*)?(vb|valence ?band)\b")


def region_name(text: str) -> str:
    """Name of a region as this project writes it.

    A core level is "S 2p" whatever was written ("S2p", "S2p3/2", "3 S_2p high res"). The j of
    one half of a doublet is always dropped: programs write it or not by habit, often over windows
    that hold both halves ("Sn3d5" of 480 .. 500 eV), and files of one sample must join. Where a
    window holds only one half, the doublet in the plan says so: its partner lies outside, the
    area is that of the whole level, and so is the sensitivity. Several core levels in one window
    are joined by " + ". Overviews are "survey". Anything else stays as it is, with single spaces;
    empty stays empty.
    """
    plain = " ".join(text.replace("\x00", " ").split())
    if _SURVEY.match(plain):
        return "survey"
    if _VALENCE.match(plain):
        return "valence band"
    levels = [
        f"{element} {shell}{subshell}"
        for element, shell, subshell in _CORE_LEVEL.findall(plain)
        if element in _ELEMENTS
    ]
    return " + ".join(dict.fromkeys(levels)) or plain


def split_region(text: str) -> tuple[str, str | None]:
    """What stands before a core level at the end of a name, and the region, or None.

    ``"cellA_S2p"`` is ``("cellA", "S 2p")``, ``"cellA"`` is ``("cellA", None)``.
    """
    found = _AT_THE_END.search(text)
    if found is None or found[1] not in _ELEMENTS:
        return text, None
    return text[: found.start()].strip(" _-"), region_name(f"{found[1]}{found[2]}")
