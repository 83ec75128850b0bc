"""One spelling for the names of regions: "S 2p", "O 1s", "survey"."""

import re

_ELEMENTS = frozenset(
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se "
    "Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb "
    "Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu".split()
)
_CORE_LEVEL = re.compile(r"(?<![A-Za-z])([A-Z][a-z]?)[ _-]?([1-6])([spdf])(?![a-z])")
_SURVEY = re.compile(r"(?i)^(\d+[ _.:-]*)?(survey|wide|overview|su1s|sur\d*)\b")
_VALENCE = re.compile(r"(?i)^(\d+[ _.:-]*)?(vb|valence ?band)\b")


def region_name(text: str) -> str:
    """Name of a region as this project writes it.

    A core level is "S 2p" whatever was written ("S2p", "S2p3/2", "3 S_2p high res"); the j of
    one half of a doublet is dropped since the region holds both. Several core levels in one
    window are joined by " + ". Overviews are "survey". Anything else stays as it is, with
    single spaces; empty stays empty.
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
