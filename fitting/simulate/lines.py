"""Lines of the simulated phases.

Positions are the recommended ones of the reference library, copied: they must stay when it
learns more. Where it has none (marked), the position is that of the nearest relative.
"""

from collections.abc import Collection
from dataclasses import dataclass

from fitting.simulate.plating import LIXP_LITHIUM


@dataclass(frozen=True)
class Line:
    """A line of a phase: position on the referenced scale, width, atoms per formula unit.

    ``level`` is the core level where it is not that of the region.
    """

    region: str
    component: str
    phase: str
    center_eV: float
    fwhm_eV: float
    atoms: float
    level: str = ""


LINES = (
    Line("Li 1s", "li0_li1s", "Li0", 54.8, 0.85, 1.0),
    Line("Li 1s", "lpscl_li1s", "Li6PS5Cl", 55.6, 1.4, 6.0),
    Line("Li 1s", "lps_li1s", "Li3PS4", 55.6, 1.4, 3.0),
    Line("Li 1s", "li2s_li1s", "Li2S", 54.5, 1.4, 2.0),
    Line("Li 1s", "lixp_li1s", "LixP", 54.8, 1.4, LIXP_LITHIUM),
    Line("Li 1s", "li3p_li1s", "Li3P", 54.4, 1.4, 3.0),
    Line("Li 1s", "licl_li1s", "LiCl", 56.2, 1.4, 1.0),
    Line("Li 1s", "li2o_li1s", "Li2O", 53.8, 1.25, 2.0),
    Line("Li 1s", "li2o2_li1s", "Li2O2", 54.5, 1.4, 2.0),
    Line("Li 1s", "li2co3_li1s", "Li2CO3", 55.4, 1.4, 2.0),
    Line("Li 1s", "li3po4_li1s", "Li3PO4", 55.2, 1.4, 3.0),
    Line("Li 1s", "li2so3_li1s", "Li2SO3", 55.7, 1.4, 2.0),  # not in the library: as Li2SO4
    Line("Li 1s", "li2so4_li1s", "Li2SO4", 55.7, 1.4, 2.0),
    Line("Li 1s", "ni_3p", "Ni", 66.2, 3.2, 1.0, "Ni 3p"),  # not in the library
    Line("S 2p", "ps4_s2p", "Li6PS5Cl", 161.5, 1.15, 4.0),
    Line("S 2p", "free_s2p", "Li6PS5Cl", 160.1, 1.15, 1.0),
    Line("S 2p", "lps_s2p", "Li3PS4", 161.4, 1.15, 4.0),
    Line("S 2p", "li2s_s2p", "Li2S", 160.2, 1.15, 1.0),
    Line("S 2p", "p2sx_s2p", "P2Sx", 163.5, 1.4, 5.0),
    Line("S 2p", "so3_s2p", "SO3", 166.7, 1.4, 1.0),
    Line("S 2p", "so4_s2p", "SO4", 168.9, 1.4, 1.0),
    Line("P 2p", "ps4_p2p", "Li6PS5Cl", 131.7, 1.15, 1.0),
    Line("P 2p", "lps_p2p", "Li3PS4", 131.7, 1.15, 1.0),
    Line("P 2p", "lixp_p2p", "LixP", 128.5, 2.5, 1.0),
    Line("P 2p", "li3p_p2p", "Li3P", 126.0, 1.5, 1.0),
    Line("P 2p", "p2sx_p2p", "P2Sx", 132.7, 1.3, 2.0),
    Line("P 2p", "li3po4_p2p", "Li3PO4", 133.3, 1.5, 1.0),
    Line("P 2p", "po4_p2p", "PO4", 133.3, 1.5, 1.0),
    Line("Cl 2p", "lattice_cl2p", "Li6PS5Cl", 198.8, 1.05, 1.0),
    Line("Cl 2p", "licl_cl2p", "LiCl", 198.6, 1.05, 1.0),
    Line("O 1s", "li2o_o1s", "Li2O", 528.5, 1.3, 1.0),
    Line("O 1s", "ncm_o1s", "NCM", 529.3, 1.15, 2.0),
    Line("O 1s", "nio_o1s", "NiO", 529.5, 1.2, 1.0),
    Line("O 1s", "li2o2_o1s", "Li2O2", 531.1, 1.5, 2.0),
    Line("O 1s", "li3po4_o1s", "Li3PO4", 531.4, 1.5, 4.0),
    Line("O 1s", "po4_o1s", "PO4", 531.4, 1.5, 4.0),
    Line("O 1s", "li2co3_o1s", "Li2CO3", 531.6, 1.5, 3.0),
    Line("O 1s", "li2so4_o1s", "Li2SO4", 531.8, 1.5, 4.0),
    Line("O 1s", "li2so3_o1s", "Li2SO3", 531.9, 1.5, 3.0),
    Line("O 1s", "so3_o1s", "SO3", 531.9, 1.5, 3.0),
    Line("O 1s", "so4_o1s", "SO4", 531.9, 1.5, 4.0),
    Line("O 1s", "adsorbate_o1s", "adsorbate", 532.9, 1.7, 1.0),  # C-O, not in the library
    Line("S 1s", "ps4_s1s", "Li6PS5Cl", 2469.9, 1.3, 4.0),
    Line("S 1s", "free_s1s", "Li6PS5Cl", 2468.2, 1.3, 1.0),
    Line("S 1s", "li2s_s1s", "Li2S", 2468.3, 1.3, 1.0),
    Line("S 1s", "li2so3_s1s", "Li2SO3", 2475.3, 1.5, 1.0),
    Line("S 1s", "li2so4_s1s", "Li2SO4", 2478.0, 1.5, 1.0),
)


def lines_of(phases: Collection[str]) -> tuple[Line, ...]:
    """All lines of some phases, in the order of the table."""
    return tuple(line for line in LINES if line.phase in phases)
