"""From files to the samples of a project."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.archive.gather import Gathered, gather
from app.archive.read import read_archive
from app.batch.fit import listed, sorted_out
from app.batch.prepare import shown
from app.session.project import Sample, Source
from fitting.errors import DataError, ReadError
from fitting.monitor import Monitor
from fitting.series import Series


@dataclass(frozen=True, eq=False)
class Loaded:
    """What could be read.

    Parameters
    ----------
    samples : in the order in which they first came
    errors : files that could not be read
    warnings : sentences the user should see
    """

    samples: tuple[Sample, ...]
    errors: tuple[ReadError, ...]
    warnings: tuple[str, ...]


def load(sources: Sequence[Source], monitor: Monitor) -> Loaded:
    """Read all sources again.

    Raises
    ------
    DataError
        Two sources bring the same region of the same sample, or what ``gather`` raises.
    PlanError, FitCancelled
    """
    series: list[Series] = []
    errors: list[ReadError] = []
    warnings: list[str] = []
    for source in sources:
        gathered = _gathered(source, monitor)
        series += gathered.series
        errors += gathered.errors
        warnings += gathered.warnings
    return Loaded(samples_of(series), tuple(errors), tuple(dict.fromkeys(warnings)))


def _gathered(source: Source, monitor: Monitor) -> Gathered:
    """As the batch does: archives of which nothing is said are taken as they lie.

    Those that share a sample are put together like any other files.
    """
    files, unlisted = listed(source.paths)
    archives, others, broken = sorted_out(files, direct=source.reading.plain)
    own = {path: read_archive(path) for path in archives}
    owners = [name for found in own.values() for name in {one.sample for one in found}]
    if not own or len(set(owners)) < len(owners):
        return gather(source.paths, source.reading, monitor)
    found = gather(others, source.reading, monitor)
    series = [replace(one, source=shown(path)) for path, held in own.items() for one in held]
    errors = (*unlisted, *broken, *found.errors)
    return Gathered((*series, *found.series), errors, found.warnings)


def kept(samples: Sequence[Sample], left_out: Sequence[tuple[str, str]]) -> tuple[Sample, ...]:
    """The samples without what was removed from the project."""
    gone, found = set(left_out), []
    for sample in samples:
        if (sample.name, "") in gone:
            continue
        own = {r: one for r, one in sample.series.items() if (sample.name, r) not in gone}
        if len(own) == len(sample.series):
            found.append(sample)
        elif own:
            found.append(Sample(sample.name, own, steps_of(own.values())))
    return tuple(found)


def joined(samples: Sequence[Sample], new: Sequence[Sample]) -> tuple[Sample, ...]:
    """Samples of a project with newly read ones beside them; regions of one sample together.

    Raises
    ------
    DataError
        Two series of one region of one sample.
    """
    return samples_of([one for sample in (*samples, *new) for one in sample.series.values()])


def samples_of(series: Sequence[Series]) -> tuple[Sample, ...]:
    """Series sorted into samples.

    Raises
    ------
    DataError
        Two series of one region of one sample.
    """
    found: dict[str, dict[str, Series]] = {}
    for one in series:
        own = found.setdefault(one.sample, {})
        if one.region in own:
            raise DataError(
                f"{one.sample} has {one.region} already, from {own[one.region].source}; "
                "give the new one another sample name"
            )
        own[one.region] = one
    return tuple(Sample(name, own, steps_of(own.values())) for name, own in found.items())


def steps_of(series: Iterable[Series]) -> tuple[int, ...]:
    """Numbers of all steps that any of the series has, increasing."""
    steps = [one.steps for one in series]
    return tuple(int(step) for step in np.unique(np.concatenate(steps)))
