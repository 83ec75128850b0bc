"""From single readings to experiments: files of one sample together, files as steps, one clock."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.io.clock import NAIVE_TIME
from app.io.steps_table import StepsTable
from fitting.arrays import FloatArray, IntArray
from fitting.errors import DataError
from fitting.experiment import Experiment
from fitting.series import STEP_COLUMNS, Series

_SAME = (
    "technique",
    "axis_kind",
    "intensity_unit",
    "photon_energy_eV",
    "work_function_eV",
)


@dataclass(frozen=True, eq=False)
class Assembled:
    """Experiments, and sentences that the user should see."""

    experiments: tuple[Experiment, ...]
    warnings: tuple[str, ...]


def assemble(readings: Sequence[Series], steps: StepsTable | None = None) -> Assembled:
    """Group readings by sample; with a table of files, files become steps.

    Steps of regions with fewer spectra are found by their step values where these are a part of
    the longest region's. ``time_s`` counts from the first acquisition of the sample.

    Raises
    ------
    DataError
        One region of one sample read twice without a table that makes steps of the files;
        files that cannot be steps of one series; times with and without a zone in one sample.
    """
    warnings: list[str] = []
    placed = _placed(readings, steps, warnings)
    experiments = []
    for sample in dict.fromkeys(series.sample for series in placed):
        regions: dict[str, list[Series]] = {}
        for series in placed:
            if series.sample == sample:
                regions.setdefault(series.region, []).append(series)
        joined = [_joined(parts, steps) for parts in regions.values()]
        if steps is None:
            joined = _aligned(joined, warnings)
        elif steps.files is None:
            joined = [_with_step_values(series, steps) for series in joined]
        given = steps is not None and "time_s" in steps.columns
        experiment = Experiment(sample, tuple(joined if given else _on_one_clock(joined)))
        warnings += charge_spread(experiment)
        experiments.append(experiment)
    return Assembled(tuple(experiments), tuple(warnings))


def _placed(
    readings: Sequence[Series], steps: StepsTable | None, warnings: list[str]
) -> list[Series]:
    """Readings with the step number, sample and step values of their file's row."""
    if steps is None or steps.files is None:
        return list(readings)
    used: set[int] = set()
    placed = []
    for series in readings:
        row = _row_of_file(series, steps)
        used.add(row)
        if len(series) > 1:
            raise DataError(
                f"{series.source}: holds {len(series)} steps of {series.region} itself, so "
                f'{steps.path.name} cannot make one step of it; use the column "step"'
            )
        sample = steps.samples[row] if steps.samples else ""
        values = {name: column[row : row + 1] for name, column in steps.columns.items()}
        placed.append(
            replace(
                series,
                sample=sample or series.sample,
                steps=np.array([steps.steps[row]]),
                columns=_merged(series.columns, values),
            )
        )
    unused = [steps.files[row] for row in range(len(steps.files)) if row not in used]
    if unused:
        warnings.append(
            f"{steps.path.name}: {len(unused)} of {len(steps.files)} files were not read: "
            f"{', '.join(unused[:5])}."
        )
    return placed


def _row_of_file(series: Series, steps: StepsTable) -> int:
    files = steps.files or ()
    source = Path(series.source)
    for names in ([str(source)], [source.name], [source.stem]):
        for row, name in enumerate(files):
            if name in names or (Path(name).is_absolute() and Path(name) == source):
                return row
    raise DataError(f'{steps.path}: has no row with the file "{source.name}"; add one')


def _merged(old: object, new: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """Old columns, replaced where the new ones have a number."""
    columns: dict[str, FloatArray] = dict(old)  # type: ignore[call-overload]
    for name, values in new.items():
        before = columns.get(name, np.full(len(values), np.nan))
        columns[name] = np.where(np.isfinite(values), values, before)
    return columns


def _with_step_values(series: Series, steps: StepsTable) -> Series:
    """Step values of the rows of this sample, found by step number."""
    rows = {
        step: row
        for row, step in enumerate(steps.steps)
        if steps.samples is None or steps.samples[row] in ("", series.sample)
    }
    found = [rows.get(int(step)) for step in series.steps]
    missing = [int(step) for step, row in zip(series.steps, found, strict=True) if row is None]
    if missing and rows:
        raise DataError(
            f"{steps.path}: has no row for step {missing[0]} of {series.sample}/{series.region} "
            f"({len(missing)} steps missing); add it, its cells may stay empty"
        )
    if not rows:
        return series
    index = np.array(found, dtype=np.int64)
    values = {name: column[index] for name, column in steps.columns.items()}
    return replace(series, columns=_merged(series.columns, values))


def _joined(parts: list[Series], steps: StepsTable | None) -> Series:
    """One series of the readings of one region, by step number."""
    if len(parts) == 1:
        return parts[0]
    first, second = parts[0], parts[1]
    name = f"{first.sample}/{first.region}"
    if steps is None or steps.files is None:
        raise DataError(
            f"two regions of one name, {name}, in {first.source} and {second.source}; if they are "
            'steps, say so in a table with the column "file" (--steps), else name them apart by '
            "--sample, --region or file names like sample__region.csv"
        )
    for attribute in _SAME:
        values = {getattr(part, attribute): part.source for part in reversed(parts)}
        if len(values) > 1:
            shown = "; ".join(f"{value} in {source}" for value, source in list(values.items())[:2])
            raise DataError(f"{name}: {attribute} differs, so these are not steps: {shown}")
    parts = sorted(parts, key=lambda part: int(part.steps[0]))
    numbers = np.concatenate([part.steps for part in parts])
    if np.any(np.diff(numbers) == 0):
        at = int(np.flatnonzero(np.diff(numbers) == 0)[0])
        raise DataError(
            f"{name}: {parts[at].source} and {parts[at + 1].source} are both step {numbers[at]} in "
            f"{steps.path.name}; give each its own step"
        )
    return _stacked(parts, numbers)


def _stacked(parts: list[Series], numbers: IntArray) -> Series:
    """Series of parts with one spectrum each; axes are kept, shorter ones padded with nan."""
    width = max(part.intensity.shape[1] for part in parts)
    x = np.concatenate([_padded(_rows(part.x, len(part)), width) for part in parts])
    shared = bool(np.all(x == x[0]))
    starts = [part.acquisition_start for part in parts]
    durations = [part.acquisition_s for part in parts]
    sigmas = [part.sigma for part in parts]
    scales = [part.counts_per_unit for part in parts]
    names = dict.fromkeys(name for part in parts for name in part.columns)
    return replace(
        parts[0],
        x=x[0] if shared else x,
        intensity=np.concatenate([_padded(part.intensity, width) for part in parts]),
        steps=numbers,
        columns={name: _filled([part.columns.get(name) for part in parts]) for name in names},
        sigma=_stack_all(sigmas, width),
        counts_per_unit=None
        if any(scale is None for scale in scales)
        else np.concatenate([scale for scale in scales if scale is not None]),
        acquisition_start=_filled(starts) if any(s is not None for s in starts) else None,
        acquisition_s=_filled(durations) if any(d is not None for d in durations) else None,
        source=str(Path(parts[0].source).parent),
        metadata={
            "files": [{"source": part.source, **part.metadata} for part in parts],
            NAIVE_TIME: _naive(parts),
        },
    )


def _rows(x: FloatArray, count: int) -> FloatArray:
    return np.broadcast_to(x, (count, x.shape[-1]))


def _padded(values: FloatArray, width: int) -> FloatArray:
    missing = width - values.shape[1]
    return np.pad(values, ((0, 0), (0, missing)), constant_values=np.nan)


def _filled(values: Sequence[FloatArray | None]) -> FloatArray:
    return np.concatenate([np.full(1, np.nan) if v is None else v for v in values])


def _stack_all(values: Sequence[FloatArray | None], width: int) -> FloatArray | None:
    known = [_padded(v, width) for v in values if v is not None]
    return np.concatenate(known) if len(known) == len(values) else None


def _aligned(series: list[Series], warnings: list[str]) -> list[Series]:
    """Shorter series renumbered to the steps of the longest with the same step values."""
    longest = max(series, key=len)
    aligned = []
    for one in series:
        plain = np.array_equal(one.steps, np.arange(len(one)))
        column = next((c for c in STEP_COLUMNS if c in one.columns and c in longest.columns), None)
        if len(one) in (1, len(longest)) or not plain or column is None:
            aligned.append(one)
            continue
        at = _subsequence(one.columns[column], longest.columns[column])
        if at is None:
            warnings.append(
                f"{one.sample}: the {len(one)} values of {column} of {one.region} are not among "
                f"the {len(longest)} of {longest.region}; steps are paired by their order."
            )
            aligned.append(one)
        else:
            aligned.append(replace(one, steps=longest.steps[at]))
    return aligned


def _subsequence(values: FloatArray, among: FloatArray) -> IntArray | None:
    """Places of the values in a longer list, in order, or None."""
    places, at = [], 0
    for value in values:
        while at < len(among) and not np.isclose(among[at], value, rtol=1e-9, atol=1e-12):
            at += 1
        if at == len(among):
            return None
        places.append(at)
        at += 1
    return np.array(places)


def _naive(series: Sequence[Series]) -> bool:
    """Whether the dates carry no zone; dates of both kinds cannot be compared."""
    dated = [
        one
        for one in series
        if one.acquisition_start is not None and np.isfinite(one.acquisition_start).any()
    ]
    kinds = {bool(one.metadata.get(NAIVE_TIME)): one.source for one in dated}
    if len(kinds) > 1:
        raise DataError(
            f"{dated[0].sample}: the times in {kinds[True]} carry no time zone, those in "
            f"{kinds[False]} do; give --timezone"
        )
    return True in kinds


def _on_one_clock(series: list[Series]) -> list[Series]:
    """``time_s`` of every series that has dates, from the first acquisition of the sample."""
    _naive(series)
    starts = [s.acquisition_start for s in series if s.acquisition_start is not None]
    dates = np.concatenate(starts) if starts else np.empty(0)
    if not np.isfinite(dates).any():
        return series
    first = float(np.nanmin(dates))
    return [
        one
        if one.acquisition_start is None
        else replace(one, columns=_merged(one.columns, {"time_s": one.acquisition_start - first}))
        for one in series
    ]


def charge_spread(experiment: Experiment) -> tuple[str, ...]:
    """A sentence if the regions of one step differ in charge by more than half a step."""
    charged = [s for s in experiment.series if "charge_uAh_cm2" in s.columns]
    if len(charged) < 2:
        return ()
    table = np.full((len(charged), len(experiment.steps)), np.nan)
    for row, series in enumerate(charged):
        at = np.searchsorted(experiment.steps, series.steps)
        table[row, at] = series.columns["charge_uAh_cm2"]
    several = np.isfinite(table).sum(axis=0) > 1
    known = np.isfinite(table).any(axis=0)
    if not several.any() or known.sum() < 2:
        return ()
    spread = np.zeros(table.shape[1])
    spread[several] = np.nanmax(table[:, several], axis=0) - np.nanmin(table[:, several], axis=0)
    step = float(np.median(np.abs(np.diff(np.nanmean(table[:, known], axis=0)))))
    wide = spread > 0.5 * step
    if not wide.any():
        return ()
    worst = int(np.argmax(spread))
    return (
        f"{experiment.sample}: the regions of {int(wide.sum())} steps were taken at charges more "
        f"than half a step apart (worst: step {int(experiment.steps[worst])}, "
        f"{spread[worst]:.3g} uAh/cm2 where a step is {step:.3g}).",
    )
