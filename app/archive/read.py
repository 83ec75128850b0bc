"""Reading archives back, whole or some rows at a time; no handle is kept open."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from app.archive.checked import (
    address,
    check_ours,
    checked_dataset,
    fields_of,
    groups_of,
    has,
    integer_attribute,
    integers,
    is_hdf5,
    numbers,
    opened,
    subgroup,
    text,
    text_attribute,
)
from app.archive.layout import (
    ACQUISITION_S,
    ACQUISITION_START,
    CHARGE_LOG,
    COLUMN_ATTRIBUTE,
    COUNTS_PER_UNIT,
    FORMAT_ATTRIBUTE,
    METADATA,
    OWN,
    PATH_ATTRIBUTE,
    PHOTON_ENERGY,
    POSITION_ATTRIBUTE,
    REGION_ATTRIBUTE,
    SAMPLE,
    SIGMA,
    SIGNAL,
    STEP,
    TRUTH,
    WORK_FUNCTION,
    axis_name,
)
from app.archive.metadata import from_json
from fitting.arrays import FloatArray, IntArray
from fitting.errors import ArchiveError
from fitting.series import AxisKind, IntensityUnit, Series, Technique

_ALL = slice(None)


@dataclass(frozen=True)
class _Place:
    """Where one series lies in a file: names of its entry and of its groups."""

    entry: str
    group: str


@dataclass(frozen=True, eq=False)
class SeriesHandle:
    """One series of an archive on the disk: a small description that pickles.

    Parameters
    ----------
    path : the archive
    sample, region, technique, axis_kind, intensity_unit, photon_energy_eV : as in ``Series``
    n_spectra, n_points : shape (K, N) of its intensities
    steps : (K,) step numbers
    columns : names of its step columns
    begin : row of the file at which it begins
    """

    path: Path
    sample: str
    region: str
    technique: Technique
    axis_kind: AxisKind
    intensity_unit: IntensityUnit
    photon_energy_eV: float | None
    n_spectra: int
    n_points: int
    steps: IntArray
    columns: tuple[str, ...]
    place: _Place
    begin: int = 0

    def at(self, steps: IntArray) -> "SeriesHandle":
        """The part from the first to the last of some steps, to be sent to where it is read."""
        first, last = (int(np.searchsorted(self.steps, s)) for s in (steps[0], steps[-1] + 1))
        return replace(
            self, steps=self.steps[first:last], n_spectra=last - first, begin=self.begin + first
        )

    def rows(self, first: int, last: int) -> Series:
        """Rows ``first`` (included) to ``last`` (excluded), read now; indices as in a slice.

        Raises
        ------
        ArchiveError
            The file is gone, damaged, held by a writer, or has changed since.
        """
        wanted = slice(*slice(first, last).indices(self.n_spectra))
        in_file = slice(self.begin + wanted.start, self.begin + wanted.stop)
        with opened(self.path) as file:
            series = _read_series(self.path, file, self.place, in_file)
        expected = self.steps[wanted]
        if (series.sample, series.region) != (self.sample, self.region) or (
            series.steps.tolist() != expected.tolist()
        ):
            raise ArchiveError(
                self.path,
                f"{self.sample}/{self.region}",
                "is not what it was when the archive was first opened; start again",
            )
        return series

    def read(self) -> Series:
        """All of its rows; raises as ``rows`` does."""
        return self.rows(0, self.n_spectra)


def is_archive(path: Path) -> bool:
    """Whether a file is an archive of ours, of any version; False where that cannot be told."""
    path = Path(path)
    if not is_hdf5(path):
        return False
    try:
        with opened(path) as file:
            return FORMAT_ATTRIBUTE in file.attrs
    except ArchiveError:
        return False


def read_archive(path: Path) -> list[Series]:
    """All series of an archive, in the order they were written.

    Raises
    ------
    ArchiveError
        Not an archive, damaged, made by a newer version, or unsafe to read.
    """
    path = Path(path)
    with opened(path) as file:
        check_ours(path, file)
        return [_read_series(path, file, place, _ALL) for place in _places(path, file)]


def open_series(path: Path) -> list[SeriesHandle]:
    """Descriptions of all series of an archive, to read rows from later; raises as above."""
    path = Path(path)
    with opened(path) as file:
        check_ours(path, file)
        return [_handle(path, file, place) for place in _places(path, file)]


def read_truth(path: Path) -> dict[str, dict[str, FloatArray]]:
    """Truth of simulated data: sample -> slash-separated path -> array; empty if there is none.

    Raises
    ------
    ArchiveError
    """
    path = Path(path)
    found: dict[str, dict[str, FloatArray]] = {}
    with opened(path) as file:
        check_ours(path, file)
        for name in groups_of(file):
            entry = subgroup(path, file, name)
            if has(entry, TRUTH):
                sample = text(path, subgroup(path, entry, SAMPLE), "name")
                root = subgroup(path, entry, TRUTH)
                found[sample] = _truth(path, root)
    return found


def _truth(path: Path, root: Any) -> dict[str, FloatArray]:
    """All arrays below a group, in the order they were written."""
    found: list[tuple[int, str, FloatArray]] = []
    todo = [root]
    seen: set[int] = set()
    while todo:
        group = todo.pop()
        if address(group) in seen:
            raise ArchiveError(path, group.name, "is reached twice; the archive is damaged")
        seen.add(address(group))
        todo += [subgroup(path, group, name) for name in groups_of(group)]
        for name in fields_of(group):
            values = numbers(path, group, name)
            position = integer_attribute(path, group[name], POSITION_ATTRIBUTE)
            found.append((position, text_attribute(path, group[name], PATH_ATTRIBUTE), values))
    return {true_path: values for _, true_path, values in sorted(found, key=lambda item: item[0])}


def _places(path: Path, file: Any) -> list[_Place]:
    """All series, in the order they were written."""
    ordered: dict[int, _Place] = {}
    logs = False
    for entry_name in groups_of(file):
        entry = subgroup(path, file, entry_name)
        logs = logs or has(entry, CHARGE_LOG)
        if not has(entry, OWN):
            continue
        for name in groups_of(subgroup(path, entry, OWN)):
            data = subgroup(path, entry, name)
            position = integer_attribute(path, data, POSITION_ATTRIBUTE)
            if position in ordered:
                raise ArchiveError(path, data.name, f"position {position} is taken twice")
            ordered[position] = _Place(entry_name, name)
    if not ordered and logs:
        problem = "holds a charge log and no spectra; fit it with a plan that has [titration]"
        raise ArchiveError(path, "", problem)
    if not ordered:
        raise ArchiveError(path, "", "is an archive without spectra")
    return [ordered[position] for position in sorted(ordered)]


def _groups(path: Path, file: Any, place: _Place) -> tuple[Any, Any, Any]:
    """Entry, NXdata and own collection of a series."""
    entry = subgroup(path, file, place.entry)
    own = subgroup(path, subgroup(path, entry, OWN), place.group)
    return entry, subgroup(path, entry, place.group), own


def _handle(path: Path, file: Any, place: _Place) -> SeriesHandle:
    entry, data, own = _groups(path, file, place)
    shape = checked_dataset(path, data, SIGNAL, "f").shape
    steps = integers(path, data, STEP)
    if len(shape) != 2 or steps.shape != shape[:1]:
        raise ArchiveError(
            path, data.name, f"has intensities of shape {shape} and steps of shape {steps.shape}"
        )
    return SeriesHandle(
        path=path,
        sample=text(path, subgroup(path, entry, SAMPLE), "name"),
        region=text_attribute(path, data, REGION_ATTRIBUTE),
        technique=Technique(text(path, own, "technique")),
        axis_kind=AxisKind(text(path, own, "axis_kind")),
        intensity_unit=IntensityUnit(text(path, own, "intensity_unit")),
        photon_energy_eV=_number(path, own, PHOTON_ENERGY),
        n_spectra=int(shape[0]),
        n_points=int(shape[1]),
        steps=steps,
        columns=tuple(column_fields(path, data)),
        place=place,
    )


def _read_series(path: Path, file: Any, place: _Place, rows: slice) -> Series:
    entry, data, own = _groups(path, file, place)
    axis_kind = AxisKind(text(path, own, "axis_kind"))
    fields = column_fields(path, data)
    return Series(
        sample=text(path, subgroup(path, entry, SAMPLE), "name"),
        region=text_attribute(path, data, REGION_ATTRIBUTE),
        technique=Technique(text(path, own, "technique")),
        axis_kind=axis_kind,
        x=_axis(path, data, axis_name(axis_kind), rows),
        intensity=numbers(path, data, SIGNAL, rows),
        steps=integers(path, data, STEP, rows),
        columns={column: numbers(path, data, name, rows) for column, name in fields.items()},
        sigma=_optional(path, data, SIGMA, rows),
        intensity_unit=IntensityUnit(text(path, own, "intensity_unit")),
        counts_per_unit=_optional(path, own, COUNTS_PER_UNIT, rows),
        photon_energy_eV=_number(path, own, PHOTON_ENERGY),
        work_function_eV=_number(path, own, WORK_FUNCTION),
        acquisition_start=_optional(path, own, ACQUISITION_START, rows),
        acquisition_s=_optional(path, own, ACQUISITION_S, rows),
        source=text(path, own, "source"),
        metadata=from_json(text(path, own, METADATA)),
    )


def _axis(path: Path, data: Any, name: str, rows: slice) -> FloatArray:
    shared = len(checked_dataset(path, data, name, "f").shape) == 1
    return numbers(path, data, name, None if shared else rows)


def column_fields(path: Path, data: Any) -> dict[str, str]:
    """Step columns in the order they were written: true name -> field name."""
    found: list[tuple[int, str, str]] = []
    for name in fields_of(data):
        field = data[name]
        if COLUMN_ATTRIBUTE not in field.attrs:
            continue
        position = integer_attribute(path, field, POSITION_ATTRIBUTE)
        found.append((position, text_attribute(path, field, COLUMN_ATTRIBUTE), name))
    return {column: name for _, column, name in sorted(found)}


def _optional(path: Path, group: Any, name: str, rows: slice) -> FloatArray | None:
    return numbers(path, group, name, rows) if has(group, name) else None


def _number(path: Path, group: Any, name: str) -> float | None:
    if not has(group, name):
        return None
    value = numbers(path, group, name)
    if value.shape != ():
        raise ArchiveError(
            path, f"{group.name}/{name}", f"has shape {value.shape}, need one number"
        )
    return float(value)
