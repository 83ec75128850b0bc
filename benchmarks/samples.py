"""The samples of PERFORMANCE.md, section 5, and what is made of them for the statistics."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.bound import truths
from benchmarks.trials import Sample, Trial
from fitting.build import build_model
from fitting.plan import Plan

MIX = {"value": 0.3, "min": 0.0, "max": 1.0}
LINE = {"kind": "linear"}


def doublets(splitting: float) -> dict[str, Any]:
    """Pseudo-Voigt doublets 2 : 1 that share a free Lorentzian share."""
    doublet = {"splitting": splitting, "ratio": 0.5}
    return {"shape": "pseudo_voigt", "doublet": doublet, "lorentz_fraction": MIX}


S2P = Sample(
    "S 2p",
    (157.0, 171.0),
    281,
    {
        "Li2S": (160.1, 0.085, 1.1),
        "PS4": (161.6, 0.558, 1.1),
        "PSP": (162.7, 0.220, 1.1),
        "S0": (163.8, 0.088, 1.1),
        "sulfite": (166.6, 0.027, 1.1),
        "sulfate": (168.6, 0.023, 1.1),
    },
    0.4,
    doublets(1.18),
    LINE,
)

P2P = Sample(
    "P 2p",
    (124.0, 138.0),
    281,
    {
        "Li3P": (126.0, 0.12, 1.1),
        "LixP": (128.5, 0.10, 1.1),
        "PS4": (131.7, 0.70, 1.1),
        "PO4": (134.0, 0.08, 1.1),
    },
    0.4,
    doublets(0.86),
    LINE,
)

RAMAN = Sample(
    "100-1100 cm-1",
    (100.0, 1100.0),
    1024,
    {
        "P2Sx": (220.0, 0.06, 50.0),
        "In2S3": (310.0, 0.08, 50.0),
        "PS4": (420.0, 0.42, 50.0),
        "Li2Sn": (480.0, 0.12, 50.0),
        "PS2": (560.0, 0.09, 50.0),
        "band700": (700.0, 0.07, 50.0),
        "band830": (830.0, 0.08, 50.0),
        "PO4": (930.0, 0.08, 50.0),
    },
    15.0,
    {"shape": "lorentzian"},
    {"kind": "polynomial", "degree": 3},
    shared=False,
    moved=2.0,
)

PAIR = Sample(
    "S 2p",
    (157.0, 169.0),
    241,
    {
        "Li2S": (160.2, 0.15, 1.1),
        "PS4": (161.6, 0.45, 1.1),
        "PSP": (162.2, 0.25, 1.1),
        "S0": (162.8, 0.15, 1.1),
    },
    0.0,
    doublets(1.18),
    LINE,
    moved=0.0,
)
"""Three lines half a width apart, their positions held as ``plan new`` does."""

TWO_REGIONS = """
[series]
strategy = "independent"
[energy]
reference = "component"
component = "ps4_s2p"
position_eV = 161.5
[phases]
Li6PS5Cl = {formula="Li6PS5Cl"}
Li2S = {formula="Li2S"}
LixP = {}
Li3P = {formula="Li3P"}
loss = {counted=false}
[[regions]]
name = "S 2p"
window = [158.0, 167.0]
background = {kind="shirley", active=true}
defaults = {shape="pseudo_voigt", doublet={splitting=1.18, ratio=0.5}, lorentz_fraction=0.3}
components = [
 {id="ps4_s2p", phase="Li6PS5Cl", count=4, center=161.5, fwhm={value=1.15, min=0.7, max=1.8}},
 {id="free_s2p", phase="Li6PS5Cl", count=1, center="ps4_s2p.center - 1.4", fwhm="ps4_s2p.fwhm"},
 {id="li2s_s2p", phase="Li2S", center="ps4_s2p.center - 1.3", fwhm="ps4_s2p.fwhm"},
]
[[regions]]
name = "P 2p"
window = [123.5, 136.0]
background = {kind="shirley", active=true}
defaults = {shape="pseudo_voigt", doublet={splitting=0.86, ratio=0.5}, lorentz_fraction=0.3}
components = [
 {id="ps4_p2p", phase="Li6PS5Cl", center=131.7, fwhm={value=1.15, min=0.7, max=1.8}},
 {id="lixp_p2p", phase="LixP", center=128.5, fwhm=2.5},
 {id="li3p_p2p", phase="Li3P", center=126.0, fwhm=1.5},
 {id="loss_p2p", phase="loss", center=134.0, fwhm=2.6, doublet=false},
]
"""

SHIFT_EV = 0.37


def two_regions(name: str, areas: Mapping[str, float]) -> Trial:
    """S 2p and P 2p with one energy shift and active Shirley backgrounds, as in E1.

    Parameters
    ----------
    areas : component -> area, counts x eV
    """
    plan = Plan.from_toml(TWO_REGIONS)
    table = build_model(plan)
    usual = {"energy.shift": SHIFT_EV, "k": 0.02, "level": 400.0, "c0": 400.0}
    truth = {}
    for row in (table.parameters[i] for i in table.free):
        value = row.value if np.isfinite(row.value) else 0.0
        if row.parameter == "area":
            value = areas[row.component]
        truth[row.name] = usual.get(row.name, usual.get(row.parameter, value))
    axes = {"S 2p": np.arange(155.0, 171.0, 0.05), "P 2p": np.arange(121.0, 139.0, 0.05)}
    trial = Trial(name, plan, truth, axes, 0.0, group="two regions")
    highest = max(float(curve.max()) for curve in trial.curves().values())
    return replace(trial, peak=highest - usual["level"])


def well_determined() -> Iterator[Trial]:
    """Free positions, widths and shapes; what the bound is asked of."""
    for peak, levels in {10_000.0: (2.0, 150.0, 1500.0), 1_000.0: (2.0, 150.0, 1500.0)}.items():
        for level in levels:
            yield S2P.trial(peak, level, group="S 2p")
    for peak in (10_000.0, 1_000.0):
        yield S2P.trial(peak, 150.0, group="S 2p").with_strategy("chained")
    for sample, group in ((P2P, "P 2p"), (RAMAN, "Raman")):
        for peak in (10_000.0, 1_000.0):
            yield sample.trial(peak, 0.15 * peak, group=group)


def other_weights() -> Iterator[Trial]:
    """The other kinds of weights, and counts per second of which the file says no more."""
    for peak, level in ((10_000.0, 1_500.0), (1_000.0, 150.0), (1_000.0, 2.0)):
        group = "weights"
        yield S2P.trial(peak, level, recording="rate", group=group)
        yield S2P.trial(peak, level, weights="given", recording="errors", group=group)
        yield S2P.trial(peak, level, weights="given", recording="rough errors", group=group)
        yield S2P.trial(peak, level, weights="estimated", group=group)
        yield S2P.trial(peak, level, weights="uniform", group=group)


def few_counts() -> Iterator[Trial]:
    """A peak of 100 counts."""
    for level in (2.0, 15.0, 150.0):
        yield S2P.trial(100.0, level, group="few counts")
    yield P2P.trial(100.0, 15.0, group="few counts")


def absent_phases() -> Iterator[Trial]:
    """One phase after the other is not there."""
    for peak in (10_000.0, 1_000.0):
        for sample in (S2P, P2P):
            for phase in sample.phases:
                trial = sample.without(phase).trial(peak, 0.15 * peak, group="absent")
                yield named(trial, f"{sample.region}, peak {peak:,.0f}, no {phase}")
    two = sample_without_two(1_000.0)
    yield two
    yield two.with_strategy("chained")


def sample_without_two(peak: float) -> Trial:
    """Two neighbours that are not there."""
    sample = S2P.without("PSP").without("S0")
    trial = sample.trial(peak, 0.15 * peak, group="absent")
    return named(trial, f"S 2p, peak {peak:,.0f}, no PSP, no S0")


def near_zero() -> Iterator[Trial]:
    """One phase at half a sigma to three: inside an overlap, and alone."""
    for phase in ("S0", "sulfate"):
        for sigmas in (0.5, 1.0, 2.0, 3.0):
            share = 0.0
            for _ in range(4):  # the bound depends a little on the share
                trial = S2P.sharing({phase: share}).trial(1_000.0, 150.0, group="near zero")
                own = next(t for t in truths(trial) if t.phase == phase)
                rest = sum(s for p, (_, s, _) in S2P.phases.items() if p != phase)
                share = sigmas * own.bound * rest / (1.0 - sigmas * own.bound)
            trial = S2P.sharing({phase: share}).trial(1_000.0, 150.0, group="near zero")
            yield named(trial, f"S 2p, peak 1,000, {phase} at {sigmas:g} sigma")


def overlapping() -> Iterator[Trial]:
    """Lines half a width apart, positions held."""
    for peak in (10_000.0, 1_000.0):
        trial = PAIR.trial(peak, 0.15 * peak, group="overlap")
        yield named(trial, f"S 2p, three lines 0.6 eV apart, peak {peak:,.0f}")


def several_regions() -> Iterator[Trial]:
    """E1 early, in the middle and late."""
    stages = {
        "E1 early": (9000.0, 300.0, 1800.0, 120.0, 0.0, 150.0),
        "E1 middle": (6000.0, 2500.0, 1200.0, 700.0, 300.0, 300.0),
        "E1 late": (1500.0, 6000.0, 300.0, 0.0, 900.0, 200.0),
    }
    for name, (ps4, li2s, own, lixp, li3p, loss) in stages.items():
        areas = {
            "ps4_s2p": ps4,
            "free_s2p": 0.25 * ps4,
            "li2s_s2p": li2s,
            "ps4_p2p": own,
            "lixp_p2p": lixp,
            "li3p_p2p": li3p,
            "loss_p2p": loss,
        }
        yield two_regions(name, areas)


def named(trial: Trial, name: str) -> Trial:
    """The same under another name."""
    return replace(trial, name=name)


def all_trials() -> list[Trial]:
    """Every trial, group by group."""
    return [
        *well_determined(),
        *other_weights(),
        *overlapping(),
        *several_regions(),
        *few_counts(),
        *near_zero(),
        *absent_phases(),
    ]
