"""What the analyser sees of the plated electrolyte of E1: tables, amounts, lines, spectra."""

from dataclasses import dataclass

import numpy as np
from scipy.special import factorial, gammainc

from fitting.arrays import FloatArray
from fitting.attenuation import layer_weight, overlayer_factor, tpp2m_nm
from fitting.sensitivity import Factor, Sensitivity, sensitivity
from fitting.simulate.plating import (
    ARGYRODITE,
    LITHIUM,
    LIXP_LITHIUM,
    Interphase,
    PlatingModel,
    grow,
)
from fitting.simulate.spectra import Peak, peak_curve, step_curve

PHOTON_ENERGY_EV = 1486.6
LAST_CHARGE_UAH_CM2 = 50.0
ELECTRODE_AREA_CM2 = 0.2
ACQUISITION_S = 120.0
AXIS_STEP_EV = 0.1
LORENTZ_FRACTION = 0.3
STEP_PER_EV = 0.03
PLASMON_EV = 7.5
PLASMON_WIDTH_EV = 1.5  # added to the width of the parent, so that an affine link can say it
PLASMON_SHARE = 0.5  # of the inelastic events in the metal
PLASMON_ORDERS = 2
PHASES = ("Li0", "Li6PS5Cl", "Li2S", "LixP", "Li3P", "LiCl")


@dataclass(frozen=True)
class Region:
    """A core level: its window, doublet, and flat background relative to ``counts``."""

    name: str
    window_eV: tuple[float, float]
    kinetic_energy_eV: float
    splitting_eV: float
    ratio: float
    background: float


@dataclass(frozen=True)
class Line:
    """A line of a phase: position on the referenced scale, width, atoms per formula unit."""

    region: str
    component: str
    phase: str
    center_eV: float
    fwhm_eV: float
    atoms: float


REGIONS = (
    Region("Li 1s", (50.0, 66.0), 1431.0, 0.0, 0.0, 0.02),
    Region("S 2p", (157.0, 172.0), 1326.0, 1.18, 0.5, 0.06),
    Region("P 2p", (122.0, 138.0), 1355.0, 0.86, 0.5, 0.04),
)

# Recommended positions of the reference library, copied: they must stay when it learns more.
LINES = (
    Line("Li 1s", "li0_li1s", "Li0", 54.8, 0.85, 1.0),
    Line("Li 1s", "lpscl_li1s", "Li6PS5Cl", 55.6, 1.4, 6.0),
    Line("Li 1s", "li2s_li1s", "Li2S", 54.5, 1.4, 2.0),
    Line("Li 1s", "lixp_li1s", "LixP", 54.8, 1.4, LIXP_LITHIUM),
    Line("Li 1s", "li3p_li1s", "Li3P", 54.4, 1.4, 3.0),
    Line("Li 1s", "licl_li1s", "LiCl", 56.2, 1.4, 1.0),
    Line("S 2p", "ps4_s2p", "Li6PS5Cl", 161.5, 1.15, 4.0),
    Line("S 2p", "free_s2p", "Li6PS5Cl", 160.1, 1.15, 1.0),
    Line("S 2p", "li2s_s2p", "Li2S", 160.2, 1.15, 1.0),
    Line("P 2p", "ps4_p2p", "Li6PS5Cl", 131.7, 1.15, 1.0),
    Line("P 2p", "lixp_p2p", "LixP", 128.5, 2.5, 1.0),
    Line("P 2p", "li3p_p2p", "Li3P", 126.0, 1.5, 1.0),
)


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


def sensitivities() -> dict[str, Sensitivity]:
    """Region -> cross-section times mean free path in the electrolyte."""
    return {
        region.name: sensitivity(
            region.name,
            PHOTON_ENERGY_EV,
            mean_free_path=Factor(
                tpp2m_nm(region.kinetic_energy_eV, ARGYRODITE),
                f"TPP-2M, Li6PS5Cl at {region.kinetic_energy_eV:g} eV",
            ),
        )
        for region in REGIONS
    }


def lithium_area_links() -> dict[str, str]:
    """Component of Li 1s -> its area in the link language, from a component of S 2p or P 2p.

    Atoms per formula unit times sensitivity, over the same of the other line.
    """
    lines = {line.component: line for line in LINES}
    factors = sensitivities()
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


def seen_amounts(surface: Surface, region: Region) -> dict[str, FloatArray]:
    """Phase -> (K,) mol/L, mean over the information depth of the region.

    Depths weigh ``exp(-z / lambda)``: in the metal with its own mean free path, under it with
    that of the electrolyte, which the products share.
    """
    state = surface.state
    escape = tpp2m_nm(region.kinetic_energy_eV, ARGYRODITE)
    metal = tpp2m_nm(region.kinetic_energy_eV, LITHIUM)
    through = overlayer_factor(state.coverage, state.thickness_nm, metal)
    products = state.product_fraction(escape)
    reacted = 1000.0 * through * products / state.product_volume_cm3
    film = state.coverage * layer_weight(0.0, state.thickness_nm, metal)
    return {
        "Li0": 1000.0 * film / LITHIUM.molar_volume_cm3,
        "Li6PS5Cl": 1000.0 * through * (1.0 - products) / ARGYRODITE.molar_volume_cm3,
        "Li2S": 5.0 * reacted,
        "LixP": reacted * (1.0 - state.phosphide_share),
        "Li3P": reacted * state.phosphide_share,
        "LiCl": reacted,
    }


def region_peaks(surface: Surface, region: Region, counts: float) -> tuple[Peak, ...]:
    """Every component of a region, replicas after their parents; areas in counts eV."""
    factor = sensitivities()[region.name].value
    amounts = seen_amounts(surface, region)
    metal = tpp2m_nm(region.kinetic_energy_eV, LITHIUM)
    in_metal = metal / tpp2m_nm(region.kinetic_energy_eV, ARGYRODITE)
    scale = counts / _unit_height() * factor
    peaks = []
    for line in LINES:
        if line.region != region.name:
            continue
        path = in_metal if line.phase == "Li0" else 1.0
        area = scale * path * line.atoms * amounts[line.phase]
        ratios = _replica_ratios(surface.state, metal, line.phase == "Li0")
        for order in range(PLASMON_ORDERS + 1):
            peaks.append(_peak(surface, region, line, order, area * ratios[order]))
    return tuple(peaks)


def expected_counts(region: Region, peaks: tuple[Peak, ...], counts: float) -> FloatArray:
    """(K, N) spectra without noise: components, their step, and a constant."""
    x = axis(region)
    lines = sum((peak_curve(x, peak, LORENTZ_FRACTION) for peak in peaks), np.zeros(len(x)))
    return lines + step_curve(x, lines, STEP_PER_EV) + region.background * counts


def axis(region: Region) -> FloatArray:
    """(N,) binding energies, eV, ascending."""
    low, high = region.window_eV
    return np.round(low + AXIS_STEP_EV * np.arange(round((high - low) / AXIS_STEP_EV) + 1), 6)


def begin_s(surface: Surface) -> FloatArray:
    """(K,) when the first region of each step begins: beam time and all acquisitions before."""
    beam = surface.charge_uAh_cm2 / (1000.0 * surface.current_density_mA_cm2) * 3600.0
    return beam + np.arange(len(beam)) * len(REGIONS) * ACQUISITION_S


def _replica_ratios(state: Interphase, metal_nm: float, in_metal: bool) -> FloatArray:
    """(orders + 1, K) area of each order over the area of the line; the line itself is 1.

    Each inelastic event is a plasmon with probability p, events are Poisson along the path:
    ``p^n t^n / n! exp(-t)`` through a layer of t mean free paths, the same averaged over the
    depths of the layer for electrons that come from inside it.
    """
    order = np.arange(PLASMON_ORDERS + 1)[:, None]
    paths = state.thickness_nm / metal_nm
    if in_metal:
        inside: FloatArray = (
            PLASMON_SHARE**order * gammainc(order + 1.0, paths) / gammainc(1.0, paths)
        )
        return inside
    through = overlayer_factor(state.coverage, state.thickness_nm, metal_nm)
    lost = state.coverage * np.exp(-paths) * (PLASMON_SHARE * paths) ** order / factorial(order)
    under: FloatArray = np.where(order == 0, 1.0, lost / through)
    return under


def _peak(surface: Surface, region: Region, line: Line, order: int, area: FloatArray) -> Peak:
    return Peak(
        component=line.component + (f"_loss{order}" if order else ""),
        phase=line.phase,
        order=order,
        area=area,
        center_eV=line.center_eV + order * PLASMON_EV + surface.shift_eV,
        fwhm_eV=line.fwhm_eV * surface.width_factor + order * PLASMON_WIDTH_EV,
        splitting_eV=region.splitting_eV,
        ratio=region.ratio,
    )


def _unit_height() -> float:
    """Height of the pristine S 2p when areas are amount x atoms x sensitivity, per eV."""
    region = REGIONS[1]
    factor = sensitivities()[region.name].value / ARGYRODITE.molar_volume_cm3 * 1000.0
    one, none = np.ones(1), np.zeros(1)
    curve = np.zeros((1, len(axis(region))))
    for line in LINES:
        if line.region == region.name and line.phase == "Li6PS5Cl":
            center, fwhm = line.center_eV + none, line.fwhm_eV * one
            area = factor * line.atoms * one
            peak = Peak("", "", 0, area, center, fwhm, region.splitting_eV, region.ratio)
            curve += peak_curve(axis(region), peak, LORENTZ_FRACTION)
    return float(curve.max())
