"""Small series that were really fitted, for tests of what comes after the fit."""

from collections.abc import Mapping

import numpy as np

from fitting.build import build_model
from fitting.model import ModelTable
from fitting.monitor import SilentMonitor
from fitting.plan import Plan
from fitting.result import Provenance, RegionInfo, SeriesResult, StepResult
from fitting.series import STEP_COLUMNS, Series
from fitting.seriesfit import fit_series
from fitting.simulate import simulate

E1_PLAN = """
format = 1
[series]
strategy = "chained"
[fit]
basis = ["area", "atomic"]
[energy]
photon_energy_eV = 1486.6
reference = "component"
component = "ps4_s2p"
position_eV = 161.5
[phases]
Li6PS5Cl = {formula="Li6PS5Cl"}
Li2S = {formula="Li2S"}
LixP = {}
Li3P = {formula="Li3P"}
loss = {counted=false}
[groups]
reduced_P = ["LixP", "Li3P"]
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


def e1_series(steps: int, counts: float = 10_000.0) -> dict[str, dict[str, Series]]:
    """Sample -> region -> series of the simulated experiment E1, S 2p and P 2p."""
    found: dict[str, dict[str, Series]] = {}
    for one in simulate("E1", steps=steps, counts=counts).series:
        if one.region in ("S 2p", "P 2p"):
            found.setdefault(one.sample, {})[one.region] = one
    return found


def fitted(plan: str, series: Mapping[str, Series]) -> tuple[ModelTable, SeriesResult]:
    """Fit all steps of the regions of one sample, as a run does."""
    table, results = fit_steps(plan, series)
    return table, stack(table, series, results)


def fit_steps(plan: str, series: Mapping[str, Series]) -> tuple[ModelTable, list[StepResult]]:
    """The results step by step, before they are put together."""
    table = build_model(Plan.from_toml(plan))
    steps = np.unique(np.concatenate([one.steps for one in series.values()]))
    spectra = [
        {
            region: one.spectrum(int(np.flatnonzero(one.steps == step)[0]))
            for region, one in series.items()
            if step in one.steps
        }
        for step in steps
    ]
    labels = [f"step {step}" for step in steps]
    return table, fit_series(table, spectra, labels, SilentMonitor())


def stack(table: ModelTable, series: Mapping[str, Series], parts: list[StepResult]) -> SeriesResult:
    """Put the results of the steps of one sample together."""
    regions = [region.name for region in table.regions if region.name in series]
    keep = [i for i, region in enumerate(table.regions) if region.name in series]
    steps = np.unique(np.concatenate([one.steps for one in series.values()]))
    names = dict.fromkeys(n for one in series.values() for n in one.columns)
    columns = {name: np.full((len(steps), len(regions)), np.nan) for name in names}
    for r, region in enumerate(regions):
        place = np.searchsorted(steps, series[region].steps)
        for name, values in series[region].columns.items():
            columns[name][place, r] = values
    first = series[regions[0]]

    def stacked(name: str) -> np.ndarray:
        return np.stack([getattr(part, name) for part in parts])

    def words(name: str) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(getattr(part, name)[r] for r in keep) for part in parts)

    return SeriesResult(
        sample=first.sample,
        plan=table.plan,
        parameters=table.parameters,
        free=table.free,
        regions=tuple(
            RegionInfo(
                name,
                series[name].technique,
                series[name].fit_axis_kind,
                series[name].intensity_unit,
                f"data/{name}.vms",
            )
            for name in regions
        ),
        steps=steps,
        columns={
            name: columns[name]
            for name in (*(n for n in STEP_COLUMNS if n in names), *names)
            if name in columns
        },
        present=np.stack([np.isin(steps, series[name].steps) for name in regions], axis=1),
        values=stacked("values"),
        covariance=stacked("covariance"),
        upper_limit=stacked("upper_limit"),
        deviance_drop=stacked("deviance_drop"),
        lower95=stacked("lower95"),
        upper95=stacked("upper95"),
        at_bound=stacked("at_bound"),
        status=stacked("status")[:, keep],
        reduced_chi_square=stacked("reduced_chi_square")[:, keep],
        sigma_source=words("sigma_source"),
        message=words("message"),
        start=words("start"),
        tried=stacked("tried")[:, keep],
        runner_up=stacked("runner_up")[:, keep],
        provenance=Provenance({"deconvolyte": "0.1.0"}, {"data/S 2p.vms": "ab" * 32}, 7),
    )
