"""From single spectra, as files hold them, to series of one region of one sample."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from app.io.clock import NAIVE_TIME
from fitting.arrays import FloatArray
from fitting.series import STEP_COLUMNS, AxisKind, IntensityUnit, Series, Technique


@dataclass(frozen=True, eq=False)
class OneSpectrum:
    """One photoelectron spectrum and what its file said about it.

    Parameters
    ----------
    sample, region : names, not empty
    axis_kind : binding or kinetic energy
    x, intensity : (N,) as measured; nan where a point is missing
    intensity_unit, counts_per_unit, photon_energy_eV, acquisition_start, acquisition_s :
        as in Series, None where unknown
    naive_time : the start carried no time zone
    columns : step values, in units that the names state
    said : key of the metadata -> JSON-like content, one entry of the list of all steps
    """

    sample: str
    region: str
    axis_kind: AxisKind
    x: FloatArray
    intensity: FloatArray
    intensity_unit: IntensityUnit = IntensityUnit.COUNTS
    counts_per_unit: float | None = None
    photon_energy_eV: float | None = None
    acquisition_start: float | None = None
    acquisition_s: float | None = None
    naive_time: bool = False
    columns: Mapping[str, float] = field(default_factory=dict)
    said: Mapping[str, object] = field(default_factory=dict)


def stack(
    spectra: Sequence[OneSpectrum], path: Path, metadata: Mapping[str, object]
) -> list[Series]:
    """Series of all spectra of a file, in the order in which regions first appear.

    Spectra of one sample and region become steps. Steps of different regions go together by
    order of appearance; where some regions miss steps and step columns tell them apart, by
    equal column values. Spectra of one region that differ in photon energy, kind of axis or
    unit cannot share a series and get names of their own.
    """
    groups: dict[tuple[object, ...], list[OneSpectrum]] = {}
    for spectrum in spectra:
        key = (
            spectrum.sample,
            spectrum.region,
            spectrum.axis_kind,
            spectrum.intensity_unit,
            spectrum.photon_energy_eV,
        )
        groups.setdefault(key, []).append(spectrum)
    named: dict[tuple[str, str], list[OneSpectrum]] = {}
    for rows in groups.values():
        named[_free_name(rows[0], named)] = rows
    steps = _steps(named)
    return [_series(rows, name, steps[name], path, metadata) for name, rows in named.items()]


def _free_name(
    first: OneSpectrum, taken: Mapping[tuple[str, str], list[OneSpectrum]]
) -> tuple[str, str]:
    sample, region, count = first.sample, first.region, 1
    while (sample, region) in taken:
        count += 1
        region = f"{first.region} ({count})"
    return sample, region


def _steps(
    named: Mapping[tuple[str, str], list[OneSpectrum]],
) -> dict[tuple[str, str], list[int]]:
    by_sample: dict[str, list[tuple[str, str]]] = {}
    for name in named:
        by_sample.setdefault(name[0], []).append(name)
    steps: dict[tuple[str, str], list[int]] = {}
    for names in by_sample.values():
        numbers = _aligned([named[name] for name in names])
        steps.update(zip(names, numbers, strict=True))
    return steps


def _aligned(regions: list[list[OneSpectrum]]) -> list[list[int]]:
    """Step numbers of each region of one sample: by column values, else by appearance."""
    by_appearance = [list(range(len(rows))) for rows in regions]
    columns = _common_columns(regions)
    keys = [[tuple(row.columns[name] for name in columns) for row in rows] for rows in regions]
    if not columns or any(len(set(key)) < len(key) for key in keys):
        return by_appearance
    seen = dict.fromkeys(value for key in keys for value in key)
    for order in (sorted(seen), sorted(seen, reverse=True), list(seen)):
        number = {value: step for step, value in enumerate(order)}
        steps = [[number[value] for value in key] for key in keys]
        if all(numbers == sorted(numbers) for numbers in steps):
            return steps
    return by_appearance


def _common_columns(regions: list[list[OneSpectrum]]) -> list[str]:
    """Columns that every spectrum has, that change, and whose values regions have in common."""
    names = set.intersection(*(set(row.columns) for rows in regions for row in rows))
    common = []
    for name in sorted(names):
        values = [{row.columns[name] for row in rows} for rows in regions]
        everything = set.union(*values)
        changes = any(len(found) > 1 for found in values)
        shared = all(_meets_another(at, values) for at in range(len(values)))
        if changes and shared and all(np.isfinite(list(everything))):
            common.append(name)
    return common


def _meets_another(at: int, values: list[set[float]]) -> bool:
    others = [found for i, found in enumerate(values) if i != at]
    return not others or any(values[at] & found for found in others)


def _series(
    rows: list[OneSpectrum],
    name: tuple[str, str],
    steps: list[int],
    path: Path,
    metadata: Mapping[str, object],
) -> Series:
    first = rows[0]
    said = sorted({key for row in rows for key in row.said})
    naive = any(row.naive_time for row in rows)
    return Series(
        sample=name[0],
        region=name[1],
        technique=Technique.XPS,
        axis_kind=first.axis_kind,
        x=_shared_axis(rows),
        intensity=_padded([row.intensity for row in rows]),
        steps=np.array(steps),
        columns=_columns(rows),
        intensity_unit=first.intensity_unit,
        counts_per_unit=_all_known([row.counts_per_unit for row in rows]),
        photon_energy_eV=first.photon_energy_eV,
        acquisition_start=_any_known([row.acquisition_start for row in rows]),
        acquisition_s=_all_known([row.acquisition_s for row in rows]),
        source=str(path),
        metadata={
            **metadata,
            **({NAIVE_TIME: True} if naive else {}),
            **{key: [row.said.get(key) for row in rows] for key in said},
        },
    )


def _shared_axis(rows: list[OneSpectrum]) -> FloatArray:
    if all(np.array_equal(row.x, rows[0].x) for row in rows[1:]):
        return rows[0].x
    return _padded([row.x for row in rows])


def _padded(values: list[FloatArray]) -> FloatArray:
    table = np.full((len(values), max(map(len, values))), np.nan)
    for row, value in zip(table, values, strict=True):
        row[: len(value)] = value
    return table


def _columns(rows: list[OneSpectrum]) -> dict[str, FloatArray]:
    """Known columns always, others only where they change from step to step."""
    table: dict[str, FloatArray] = {}
    for name in dict.fromkeys(name for row in rows for name in row.columns):
        values = np.array([row.columns.get(name, np.nan) for row in rows])
        finite = values[np.isfinite(values)]
        if finite.size and (name in STEP_COLUMNS or np.ptp(finite) > 0):
            table[name] = values
    return table


def _all_known(values: list[float | None]) -> FloatArray | None:
    known = [value for value in values if value is not None]
    return np.array(known) if len(known) == len(values) else None


def _any_known(values: list[float | None]) -> FloatArray | None:
    if all(value is None for value in values):
        return None
    return np.array([np.nan if value is None else value for value in values])
