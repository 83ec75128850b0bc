"""Trials of the statistics: a plan, the truth, and how its spectra were recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from fitting.arrays import FloatArray
from fitting.build import build_model
from fitting.evaluate import RegionEvaluator
from fitting.model import ModelTable
from fitting.plan import Plan
from fitting.series import AxisKind, IntensityUnit, Series, Technique

Recording = Literal["counts", "rate", "errors", "rough errors"]
"""Counts; counts per second of unknown dwell time; with true errors; with errors from the counts
themselves, as many files have them."""

DWELL = 3.7


@dataclass(frozen=True, eq=False)
class Trial:
    """One truth that is measured again and again.

    Parameters
    ----------
    name : for tables
    plan : what it is fitted with; starts are those of the plan and of the search
    truth : parameter -> value, of all free parameters
    axes : region -> (N,) axis as measured
    peak : counts above the background at the highest point
    recording : what the file says
    efficient : whether the bound is asked of it; else it is only reported
    group : trials that are shown side by side
    """

    name: str
    plan: Plan
    truth: Mapping[str, float]
    axes: Mapping[str, FloatArray]
    peak: float
    recording: Recording = "counts"
    efficient: bool = True
    group: str = ""

    @cached_property
    def table(self) -> ModelTable:
        """The model."""
        return build_model(self.plan)

    @property
    def free(self) -> FloatArray:
        """(F,) truth in the order of the table."""
        return np.array([self.truth[self.table.parameters[i].name] for i in self.table.free])

    def curves(self) -> dict[str, FloatArray]:
        """Region -> (N,) expected counts."""
        values = self.table.values(self.free)
        return {
            region.name: RegionEvaluator(region, x, np.zeros(len(x))).envelope(values)
            for region, x in ((r, self.axes[r.name]) for r in self.table.regions)
        }

    def series(self, replicas: int, seed: int) -> list[Series]:
        """Independent replicas as the steps of a series."""
        rng = np.random.default_rng([seed, *self.name.encode()])
        found = []
        for name, curve in self.curves().items():
            counts = rng.poisson(curve, (replicas, len(curve))).astype(float)
            found.append(self._recorded(name, counts, curve))
        return found

    def _recorded(self, region: str, counts: FloatArray, curve: FloatArray) -> Series:
        raman = region.endswith("cm-1")
        sigma = {
            "errors": np.broadcast_to(np.sqrt(curve), counts.shape),
            "rough errors": np.sqrt(np.maximum(counts, 1.0)),
        }.get(self.recording)
        rate = self.recording == "rate"
        return Series(
            sample="replicas",
            region=region,
            technique=Technique.RAMAN if raman else Technique.XPS,
            axis_kind=AxisKind.RAMAN_SHIFT if raman else AxisKind.BINDING_ENERGY,
            x=self.axes[region],
            intensity=counts / DWELL if rate else counts,
            steps=np.arange(len(counts)),
            sigma=sigma,
            intensity_unit=IntensityUnit.COUNTS_PER_SECOND if rate else IntensityUnit.COUNTS,
            counts_per_unit=np.ones(len(counts)) if self.recording == "counts" else None,
        )

    def with_strategy(self, strategy: str) -> "Trial":
        """The same, its replicas helping each other as the steps of a series do."""
        series = self.plan.series.model_copy(update={"strategy": strategy})
        plan = self.plan.model_copy(update={"series": series})
        return replace(self, name=f"{self.name}, {strategy}", plan=plan)


@dataclass(frozen=True)
class Sample:
    """A region of which trials are made.

    Parameters
    ----------
    phases : phase -> (position, share of the area, start of the width)
    room : of the positions; 0 holds them
    shared : all lines have the width and shape of the first
    moved, broadened : how far the truth lies from the starts of the plan
    """

    region: str
    window: tuple[float, float]
    points: int
    phases: Mapping[str, tuple[float, float, float]]
    room: float
    shape: Mapping[str, Any]
    background: Mapping[str, Any]
    shared: bool = True
    moved: float = 0.05
    broadened: float = 1.05

    def trial(
        self,
        peak: float,
        level: float,
        *,
        weights: str = "poisson",
        recording: Recording = "counts",
        group: str = "",
    ) -> Trial:
        """Counts at the highest point above the background, and of the background."""
        table = build_model(self.plan(weights))
        truth = self._truth(table, level)
        flat = {name: 0.0 if ":background" in name else v for name, v in truth.items()}
        x = np.linspace(*self.window, self.points)
        trial = Trial("", table.plan, flat, {self.region: x}, peak, recording, weights == "poisson")
        scale = peak / float(trial.curves()[self.region].max())
        truth = {n: v * scale if n.endswith(".area") else v for n, v in truth.items()}
        name = f"{self.region}, peak {peak:,.0f}, background {level:,.0f}"
        how = {"rate": ", unknown dwell time", "rough errors": " (from the counts)"}
        name += "" if weights == "poisson" else f", weights {weights}"
        return replace(trial, truth=truth, name=name + how.get(recording, ""), group=group)

    def plan(self, weights: str) -> Plan:
        """Plan of the region."""
        components, first = [], next(iter(self.phases))
        for phase, (center, _, width) in self.phases.items():
            low, high = center - self.room, center + self.room
            own: dict[str, Any] = {"id": f"{phase}_line", "phase": phase, "center": center}
            if self.room:
                own["center"] = {"value": center, "min": low, "max": high}
            own["fwhm"] = {"value": width, "min": 0.4 * width, "max": 2.5 * width}
            if "lorentz_fraction" in self.shape:
                own["lorentz_fraction"] = self.shape["lorentz_fraction"]
            if self.shared and phase != first:
                for name in ("fwhm", "lorentz_fraction"):
                    own[name] = f"{first}_line.{name}"
            components.append(own)
        defaults = {k: v for k, v in self.shape.items() if k != "lorentz_fraction"}
        region = {
            "name": self.region,
            "window": list(self.window),
            "background": dict(self.background),
            "defaults": defaults,
            "components": components,
        }
        return Plan.from_data(
            {
                "series": {"strategy": "independent"},
                "fit": {"weights": weights},
                "phases": {phase: {} for phase in self.phases},
                "regions": [region],
            }
        )

    def _truth(self, table: ModelTable, level: float) -> dict[str, float]:
        truth = {}
        for index in table.free:
            row = table.parameters[index]
            value = row.value
            if row.parameter == "area":
                value = self.phases[row.phase][1]
            elif row.parameter == "center":
                value += self.moved
            elif row.parameter == "fwhm":
                value *= self.broadened
            elif row.parameter in ("level", "c0"):
                value = level
            elif row.component == "background":
                value = 0.1 * level
            truth[row.name] = value
        return truth

    def sharing(self, shares: Mapping[str, float]) -> "Sample":
        """With other shares of the area."""
        phases = {p: (c, shares.get(p, s), w) for p, (c, s, w) in self.phases.items()}
        return replace(self, phases=phases)

    def without(self, phase: str) -> "Sample":
        """With a phase of the plan that is not there."""
        return self.sharing({phase: 0.0})
