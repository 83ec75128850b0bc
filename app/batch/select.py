"""Which phases of a plan the samples in some files need, and the plan that holds no others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fitting.errors import DataError
from fitting.monitor import Monitor
from fitting.plan import Plan
from fitting.reduced_plan import without
from fitting.screen import reasons_of
from fitting.selection import Selection, Worth, select
from fitting.series import Series
from fitting.spectrum import Spectrum


@dataclass(frozen=True)
class SampleSelection:
    """What was found in one sample of so many steps."""

    sample: str
    steps: int
    selection: Selection


def select_phases(
    plan: Plan, series: Sequence[Series], monitor: Monitor
) -> tuple[SampleSelection, ...]:
    """Select for every sample by itself.

    Raises
    ------
    DataError
        No sample has a region of the plan, or the plan holds nothing to leave out.
    FitCancelled
    """
    found = []
    for sample in dict.fromkeys(s.sample for s in series):
        regions = {
            region.name: s
            for region in plan.regions
            for s in series
            if s.sample == sample and s.region == region.measured
        }
        if regions:
            spectra, labels = spectra_of(plan, sample, regions)
            selection = select(plan, spectra, labels, monitor)
            found.append(SampleSelection(sample, len(spectra), selection))
    if not found:
        names = ", ".join(region.measured for region in plan.regions)
        raise DataError(f"none of the regions of the plan ({names}) was found")
    if not any(one.selection.candidates for one in found):
        raise DataError(
            "the plan has no phase that could be left out: counted, with areas of its own, and "
            "not that of the line that fixes the energy scale"
        )
    return tuple(found)


def spectra_of(
    plan: Plan, sample: str, regions: Mapping[str, Series]
) -> tuple[list[dict[str, Spectrum]], list[str]]:
    """Spectra and labels of all steps in which something was measured that can be fitted."""
    steps = np.unique(np.concatenate([s.steps for s in regions.values()]))
    reasons = reasons_of(plan, regions, steps)
    spectra, labels = [], []
    for step, left_out in zip(steps.tolist(), reasons, strict=True):
        own = {}
        for name, series in regions.items():
            place = np.flatnonzero(series.steps == step)
            if len(place) and name not in left_out:
                own[name] = series.spectrum(int(place[0]))
        if own:
            spectra.append(own)
            labels.append(f"{sample}, step {step}")
    return spectra, labels


def plan_of(plan: Plan, found: Sequence[SampleSelection]) -> Plan:
    """The plan without the phases that no sample needs."""
    left_out = [set(one.selection.left_out) for one in found]
    return without(plan, set.intersection(*left_out))


def told(plan: Plan, one: SampleSelection) -> list[str]:
    """What was found in a sample, line by line."""
    selection = one.selection
    gone = set(selection.left_out)
    kept = [name for name in plan.phases if name not in gone and plan.phases[name].counted]
    lines = [
        f"{one.sample}, {one.steps} steps, reduced chi-square of all phases together "
        f"{selection.misfit:.3g}: {' + '.join(kept)}"
    ]
    for candidate, worth in zip(selection.candidates, selection.worths, strict=True):
        others = [phase for phase in candidate.phases if phase != candidate.name]
        name = f"{candidate.name} (with {', '.join(others)})" if others else candidate.name
        lines.append(f"{name}: {_worth(worth, one.steps)}")
    runner_up = selection.runner_up
    if runner_up is not None:
        lines.append(f"runner-up: {runner_up}, BIC higher by {_number(runner_up.delta_bic)}")
    for pair in selection.inseparable:
        why = (
            f"one for the other changes BIC by {_number(pair.delta_bic or 0.0)} only"
            if pair.correlation is None
            else f"their amounts are correlated by {pair.correlation:.2f}"
        )
        first, second = pair.phases
        lines.append(f"{first} and {second} cannot be told apart here: {why}")
    return lines


def _worth(worth: Worth, steps: int) -> str:
    if not worth.steps:
        return "not judged, none of its lines was measured"
    if worth.found:
        higher = f"BIC without it higher by {_number(worth.delta_bic)}"
        return f"needed, pays in {worth.steps} of {steps} steps, {higher}"
    return f"left out, BIC with it higher by {_number(-worth.delta_bic)}"


def _number(delta_bic: float) -> str:
    return f"{delta_bic:.0f}" if abs(delta_bic) >= 100.0 else f"{delta_bic:.2g}"
