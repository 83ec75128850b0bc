"""Finished parts -> SeriesResult, a chunk at a time, so that long series stay on the disk."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.batch.job import Job, SampleJob
from app.batch.parts import load_part
from fitting.arrays import FloatArray, IntArray
from fitting.errors import ArchiveError
from fitting.model import ModelTable
from fitting.result import Provenance, RegionInfo, SeriesResult, StepResult
from fitting.series import STEP_COLUMNS, Series


@dataclass(frozen=True, eq=False)
class ResultSlice:
    """Some consecutive steps of a sample: what was measured and what came out.

    Parameters
    ----------
    result : of these steps
    series : region -> the spectra of these steps, as measured
    """

    result: SeriesResult
    series: dict[str, Series]


def result_slices(job: Job, sample: int, table: ModelTable) -> Iterator[ResultSlice]:
    """The results of one sample in order.

    Raises
    ------
    ArchiveError
        A part is gone or damaged, or the input cannot be read any more.
    """
    owner = job.samples[sample]
    for chunk in range(owner.chunks):
        part = job.part(sample, len(job.rounds) - 1, chunk)
        steps = load_part(part)
        if steps is None:
            raise ArchiveError(part, "", "a finished chunk is gone or damaged")
        yield make_slice(job, owner, table, owner.chunk_steps(chunk), steps)


def make_slice(
    job: Job, sample: SampleJob, table: ModelTable, steps: IntArray, parts: list[StepResult]
) -> ResultSlice:
    """Put the results of some steps and their spectra together."""
    series = {
        region: replace(handle.at(steps).read(), region=region)
        for region, handle in sample.handles.items()
    }
    provenance = Provenance(job.versions, job.inputs, job.plan.series.seed)
    measured = Measured(sample.sample, series, sample.sources)
    return ResultSlice(stacked(table, measured, steps, parts, provenance), series)


@dataclass(frozen=True, eq=False)
class Measured:
    """Spectra of one sample.

    Parameters
    ----------
    sample : name
    series : region -> its spectra
    sources : region -> the file it came from
    """

    sample: str
    series: Mapping[str, Series]
    sources: Mapping[str, str]


def stacked(
    table: ModelTable,
    measured: Measured,
    steps: IntArray,
    parts: Sequence[StepResult],
    provenance: Provenance,
) -> SeriesResult:
    """Results of single steps as one.

    Parameters
    ----------
    steps : (K,) their numbers
    parts : K results
    """
    series = measured.series
    regions = [region for region in table.regions if region.name in series]
    keep = [table.regions.index(region) for region in regions]

    def numbers(name: str) -> np.ndarray:
        return np.stack([getattr(part, name) for part in parts])

    def words(name: str) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(getattr(part, name)[r] for r in keep) for part in parts)

    present = np.stack([np.isin(steps, series[r.name].steps) for r in regions], axis=1)
    return SeriesResult(
        sample=measured.sample,
        plan=table.plan,
        parameters=table.parameters,
        free=table.free,
        regions=tuple(_info(series[r.name], measured.sources[r.name]) for r in regions),
        steps=steps,
        columns=_columns([series[region.name] for region in regions], steps),
        present=present,
        values=numbers("values"),
        covariance=numbers("covariance"),
        upper_limit=numbers("upper_limit"),
        deviance_drop=numbers("deviance_drop"),
        lower95=numbers("lower95"),
        upper95=numbers("upper95"),
        at_bound=numbers("at_bound"),
        status=numbers("status")[:, keep],
        reduced_chi_square=numbers("reduced_chi_square")[:, keep],
        sigma_source=words("sigma_source"),
        message=words("message"),
        start=words("start"),
        tried=numbers("tried")[:, keep],
        runner_up=numbers("runner_up")[:, keep],
        provenance=provenance,
    )


def _info(series: Series, source: str) -> RegionInfo:
    return RegionInfo(
        series.region, series.technique, series.fit_axis_kind, series.intensity_unit, source
    )


def _columns(series: list[Series], steps: IntArray) -> dict[str, FloatArray]:
    """(K, R) values of every step column that any region has; standard ones first."""
    found = dict.fromkeys(name for rows in series for name in rows.columns)
    names = [name for name in STEP_COLUMNS if name in found]
    names += [name for name in found if name not in STEP_COLUMNS]
    columns = {name: np.full((len(steps), len(series)), np.nan) for name in names}
    for r, rows in enumerate(series):
        place = np.searchsorted(steps, rows.steps)
        for name, values in rows.columns.items():
            columns[name][place, r] = values
    return columns
