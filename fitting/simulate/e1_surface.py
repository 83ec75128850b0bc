"""What the analyser sees of the plated electrolyte of E1: its geometry as a scene."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from fitting.arrays import FloatArray
from fitting.attenuation import tpp2m_nm
from fitting.simulate.film import Film
from fitting.simulate.lines import LINES, lines_of
from fitting.simulate.materials import litres
from fitting.simulate.plating import ARGYRODITE, LITHIUM, Interphase, PlatingModel, grow
from fitting.simulate.regions import ALUMINIUM_EV
from fitting.simulate.scene import Region, Scene, sensitivities

LAST_CHARGE_UAH_CM2 = 50.0
ELECTRODE_AREA_CM2 = 0.2
ACQUISITION_S = 120.0
PHASES = ("Li0", "Li6PS5Cl", "Li2S", "LixP", "Li3P", "LiCl")
REGIONS = (
    Region("Li 1s", (50.0, 66.0), 1431.0, 0.0, 0.0, 0.02),
    Region("S 2p", (157.0, 172.0), 1326.0, 1.18, 0.5, 0.06),
    Region("P 2p", (122.0, 138.0), 1355.0, 0.86, 0.5, 0.04),
)
GROUPS: Mapping[str, tuple[str, ...]] = {
    "sei": ("Li2S", "LixP", "Li3P", "LiCl"),
    "reduced_phosphorus": ("LixP", "Li3P"),
    "chloride": ("LiCl", "Li6PS5Cl"),
}
_LAYERS = (("Li2S", "LixP", "Li3P", "LiCl"), ("Li6PS5Cl",))


@dataclass(frozen=True, eq=False)
class Surface:
    """One sample at K charges: what was passed, what it became, how the analyser saw it."""

    sample: str
    beam_current_uA: float
    charge_uAh_cm2: FloatArray
    model: PlatingModel
    state: Interphase
    shift_eV: FloatArray
    width_factor: FloatArray

    @property
    def current_density_mA_cm2(self) -> float:
        """Beam current over electrode area, mA/cm2."""
        return self.beam_current_uA / ELECTRODE_AREA_CM2 / 1000.0


def plate(beam_current_uA: float, steps: int, model: PlatingModel) -> Surface:
    """One sample, ``steps`` equal portions of charge up to 50 uAh/cm2, the first at none."""
    density = beam_current_uA / ELECTRODE_AREA_CM2 / 1000.0
    charge = np.linspace(0.0, LAST_CHARGE_UAH_CM2, steps)
    return Surface(
        sample=f"LPSCl {density:.2f} mA cm-2",
        beam_current_uA=beam_current_uA,
        charge_uAh_cm2=charge,
        model=model,
        state=grow(charge, density, model),
        shift_eV=0.1 + 0.2 * -np.expm1(-charge / 15.0),
        width_factor=1.0 + 0.04 * charge / LAST_CHARGE_UAH_CM2,
    )


def scene_of(surface: Surface, truth: Mapping[str, FloatArray]) -> Scene:
    """Metal islands on products mixed into the electrolyte, thinning out with depth.

    Parameters
    ----------
    truth : what is true of the surface beyond what is seen of it
    """
    state = surface.state
    ones = np.ones(len(surface.charge_uAh_cm2))
    density = surface.current_density_mA_cm2 * ones
    below = {region.name: _below(state, region) for region in REGIONS}
    return Scene(
        sample=surface.sample,
        photon_energy_eV=ALUMINIUM_EV,
        regions=REGIONS,
        lines=lines_of(PHASES),
        matrix=ARGYRODITE,
        below=below,
        shift_eV=surface.shift_eV,
        width_factor=surface.width_factor,
        columns={
            "charge_uAh_cm2": surface.charge_uAh_cm2,
            "time_s": begin_s(surface) + 0.5 * len(REGIONS) * ACQUISITION_S,
            "current_density_mA_cm2": density,
        },
        begin_s=begin_s(surface),
        acquisition_s={region.name: ACQUISITION_S for region in REGIONS},
        film=Film(
            LITHIUM,
            coverage=state.coverage,
            thickness_nm=state.thickness_nm,
            contents={"Li0": ones / litres("Li0")},
            plasmons=True,
        ),
        groups=GROUPS,
        layers=_LAYERS,
        truth={**truth, "sulfide_160eV_fraction": _sulfide_fraction(below["S 2p"])},
        metadata={
            "beam_current_uA": surface.beam_current_uA,
            "electrode_area_cm2": ELECTRODE_AREA_CM2,
            "model": asdict(surface.model),
        },
    )


def lithium_area_links(scene: Scene) -> dict[str, str]:
    """Component of Li 1s -> its area in the link language, from a component of S 2p or P 2p.

    Atoms per formula unit times sensitivity, over the same of the other line.
    """
    lines = {line.component: line for line in LINES}
    factors = sensitivities(scene)
    tied = {
        "lpscl_li1s": ("ps4_s2p", 1.0),
        "li2s_li1s": ("li2s_s2p", 1.0),
        "lixp_li1s": ("lixp_p2p", 1.0),
        "li3p_li1s": ("li3p_p2p", 1.0),
        "licl_li1s": ("li2s_s2p", 0.2),  # one LiCl for five Li2S
    }
    links = {}
    for lithium, (other, per_unit) in tied.items():
        here, there = lines[lithium], lines[other]
        ratio = factors[here.region].value / factors[there.region].value
        links[lithium] = f"{other}.area * {per_unit * here.atoms / there.atoms * ratio:.6g}"
    return links


def begin_s(surface: Surface) -> FloatArray:
    """(K,) when the first region of each step begins: beam time and all acquisitions before."""
    beam = surface.charge_uAh_cm2 / (1000.0 * surface.current_density_mA_cm2) * 3600.0
    return beam + np.arange(len(beam)) * len(REGIONS) * ACQUISITION_S


def _below(state: Interphase, region: Region) -> dict[str, FloatArray]:
    """Phase -> (K,) mol/L under the metal; depths weigh ``exp(-z / lambda)``."""
    products = state.product_fraction(tpp2m_nm(region.kinetic_energy_eV, ARGYRODITE))
    reacted = 1000.0 * products / state.product_volume_cm3
    return {
        "Li6PS5Cl": 1000.0 * (1.0 - products) / ARGYRODITE.molar_volume_cm3,
        "Li2S": 5.0 * reacted,
        "LixP": reacted * (1.0 - state.phosphide_share),
        "Li3P": reacted * state.phosphide_share,
        "LiCl": reacted,
    }


def _sulfide_fraction(below: Mapping[str, FloatArray]) -> FloatArray:
    """(K,) share of the sulfur that is near 160 eV, lattice sulfide included."""
    free = below["Li6PS5Cl"] + below["Li2S"]
    return free / (free + 4.0 * below["Li6PS5Cl"])
