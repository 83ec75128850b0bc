"""From files and a plan to a job: what is fitted, where it lies, and what is missing."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from app.archive.read import open_series
from app.archive.write import write_archive
from app.batch.chunk import read_steps
from app.batch.job import SPECTRA, Handle, Job, SampleJob
from app.batch.loaded import LoadedSeries, digest_of
from app.batch.measured import comparison_notes, with_transmission
from fitting.arrays import IntArray
from fitting.engines.compile_apart import available
from fitting.errors import ArchiveError, DataError, OutputError, ReadError
from fitting.monitor import Monitor, SilentMonitor
from fitting.plan import Plan
from fitting.pristine import Found, StepSpectra, calibrate, to_calibrate
from fitting.series import AxisKind, Series
from fitting.spectrum import Spectrum

SURVEY = "survey"

COMPUTING = ("deconvolyte", "numpy", "scipy", "lmfit", "pybaselines", "h5py", "xraylib")
"""Whose versions may change a number."""


@dataclass(frozen=True, eq=False)
class Preparation:
    """A job, what the user should know before it runs, and compositions that were found for it."""

    job: Job
    warnings: tuple[str, ...]
    compositions: tuple[Found, ...] = ()


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a command was given, sorted.

    Parameters
    ----------
    archives : archives of ours, read from where they lie
    series : spectra of all other files, already put together
    files : all other files, and those that say more about them
    loaded : spectra that stay in memory while they are fitted
    """

    archives: tuple[Path, ...] = ()
    series: tuple[Series, ...] = ()
    files: tuple[Path, ...] = ()
    loaded: tuple[Series, ...] = ()


def prepare_job(inputs: Inputs, plan: Plan, folder: Path) -> Preparation:
    """Lay out a job.

    Spectra of vendor files are first written into an archive inside the output folder, so that
    every chunk reads the same way and long series need no memory.

    Raises
    ------
    DataError
        No region of the plan is in any file; kinetic energies without a photon energy; pristine
        steps that cannot be fitted.
    PlanError
        It takes the transmission from files that have none.
    ReadError
    OutputError
        The spectra cannot be written into the folder.
    """
    digests = {shown(path): file_digest(path) for path in (*inputs.archives, *inputs.files)}
    handles: list[tuple[Handle, str]] = [
        (handle, shown(p)) for p in inputs.archives for handle in open_series(p)
    ]
    if inputs.series:
        own, digests[SPECTRA] = _write_spectra(inputs.series, folder)
        sources = {(s.sample, s.region): s.source for s in inputs.series}
        handles += [(h, sources[h.sample, h.region]) for h in open_series(own)]
    if inputs.loaded:
        digests[SPECTRA] = digest_of(inputs.loaded)
        handles += [(LoadedSeries(s, Path(SPECTRA)), s.source) for s in inputs.loaded]
    heads = _heads(handles, plan)
    plan = with_transmission(plan, heads)
    samples, warnings = _samples(handles, plan)
    warnings += _left_out(handles, samples, plan)
    warnings += _without_axis(samples, plan)
    warnings += comparison_notes(plan, heads)
    plan, told = calibrated(plan, _pristine(plan, samples), SilentMonitor())
    warnings += map(str, told)
    job = Job(plan, tuple(samples), digests, versions(), folder)
    return Preparation(job, tuple(warnings), told)


def calibrated(
    plan: Plan, pristine: Sequence[Sequence[StepSpectra]], monitor: Monitor
) -> tuple[Plan, tuple[Found, ...]]:
    """As ``fitting.pristine.calibrate``, on one BLAS thread."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        return calibrate(plan, pristine, monitor)


def _pristine(plan: Plan, samples: Iterable[SampleJob]) -> list[list[dict[str, Spectrum]]]:
    """Steps of every sample on which compositions are found."""
    pristine: list[list[dict[str, Spectrum]]] = []
    for sample in samples if to_calibrate(plan) else ():
        steps = pristine_steps(plan, sample.steps)
        if len(steps):
            handles = {region: handle.at(steps) for region, handle in sample.handles.items()}
            pristine.append(read_steps(plan, handles, steps)[0])
    return pristine


def pristine_steps(plan: Plan, steps: IntArray) -> IntArray:
    """Those of the steps of a sample on which compositions are found."""
    return np.intersect1d(steps, plan.series.pristine or steps[:1])


def _heads(handles: Iterable[tuple[Handle, str]], plan: Plan) -> list[Series]:
    """The first spectrum of every series of the plan."""
    wanted = {region.measured for region in plan.regions}
    return [h.rows(0, 1) for h, _ in handles if h.region in wanted and h.n_spectra]


def _write_spectra(series: Sequence[Series], folder: Path) -> tuple[Path, str]:
    """Archive of the spectra, and its digest, which is in its name: no two jobs share one."""
    inputs = folder / ".parts" / "inputs"
    draft = inputs / f".{os.getpid()}.h5"
    try:
        inputs.mkdir(parents=True, exist_ok=True)
        write_archive(draft, series)
        digest = file_digest(draft)
        own = inputs / f"{digest[:16]}.h5"
        os.replace(draft, own)
    except ArchiveError as error:
        raise OutputError(f"{inputs}: {error.problem}") from error
    except OSError as error:
        raise OutputError(f"{inputs}: cannot be written: {error.strerror}") from error
    return own, digest


def shown(path: Path) -> str:
    """A path as UTF-8 text; bytes of its name that are none become question marks."""
    return str(path).encode("utf-8", "replace").decode("utf-8")


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes.

    Raises
    ------
    ReadError
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ReadError(path, "", f"cannot be read: {error.strerror}") from error


def versions() -> dict[str, str]:
    """Versions of everything that computes."""
    compiler = ("numba",) if available() else ()
    return {name: version(name) for name in (*COMPUTING, *compiler)}


def _samples(
    handles: Iterable[tuple[Handle, str]], plan: Plan
) -> tuple[list[SampleJob], list[str]]:
    by_sample: dict[tuple[Path, str], dict[str, tuple[Handle, str]]] = {}
    for handle, source in handles:
        by_sample.setdefault((handle.path, handle.sample), {})[handle.region] = (handle, source)
    found, warnings = [], []
    wanted = {region.name: region.measured for region in plan.regions}
    for (_, sample), regions in by_sample.items():
        chosen = {name: regions[own] for name, own in wanted.items() if own in regions}
        missing = dict.fromkeys(own for own in wanted.values() if own not in regions)
        if missing:
            words = f"{', '.join(missing)} of the plan; it holds {', '.join(regions)}"
            warnings.append(f"sample {sample!r} has no {words}")
        if chosen:
            found.append(_sample(sample, chosen))
    if not found:
        raise DataError(
            f"none of the regions of the plan ({', '.join(wanted)}) was found: "
            + "; ".join(warnings)
        )
    return found, warnings


def _left_out(
    handles: Iterable[tuple[Handle, str]], samples: Iterable[SampleJob], plan: Plan
) -> list[str]:
    """One sentence on regions of the fitted samples that the plan does not name.

    Surveys are left out of that: they are taken for orientation.
    """
    wanted = {region.measured for region in plan.regions} | {SURVEY}
    fitted = {(h.path, h.sample) for sample in samples for h in sample.handles.values()}
    spectra: Counter[str] = Counter()
    for handle, _ in handles:
        if (handle.path, handle.sample) in fitted and handle.region not in wanted:
            spectra[handle.region] += handle.n_spectra
    if not spectra:
        return []
    words = [f"{name} ({n} spectr{'um' if n == 1 else 'a'})" for name, n in spectra.items()]
    return [f"not in the plan, left out: {', '.join(words)}"]


def _sample(sample: str, chosen: Mapping[str, tuple[Handle, str]]) -> SampleJob:
    for handle, source in chosen.values():
        kinetic = handle.axis_kind is AxisKind.KINETIC_ENERGY
        if kinetic and handle.photon_energy_eV is None:
            raise ReadError(
                source,
                f"{sample}/{handle.region}",
                "holds kinetic energies; give --photon-energy to turn them into binding energies",
            )
    return SampleJob(
        sample,
        {region: handle for region, (handle, _) in chosen.items()},
        {region: source for region, (_, source) in chosen.items()},
    )


def _without_axis(samples: Iterable[SampleJob], plan: Plan) -> list[str]:
    """One sentence on all samples of several steps that lack the axis of the plan."""
    axis = plan.series.axis
    without: list[str] = []
    others: dict[str, None] = {}
    for sample in samples:
        columns = [name for handle in sample.handles.values() for name in handle.columns]
        if axis not in columns and len(sample.steps) > 1:
            without.append(repr(sample.sample))
            others |= dict.fromkeys(columns)
    if not without:
        return []
    there = f", but {', '.join(others)}" if others else ""
    return [
        f"there is no {axis} (the axis of the plan) in {', '.join(without)}{there}; "
        "results go by step number"
    ]
