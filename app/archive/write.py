"""Writing experiments: one NXentry per sample and technique."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.archive.entry import EntryWriter
from app.archive.layout import FORMAT, FORMAT_ATTRIBUTE, PATH_ATTRIBUTE, POSITION_ATTRIBUTE, TRUTH
from app.archive.names import item_name
from app.archive.nexus import DEFINITIONS_VERSION
from app.archive.store import new_file, new_group, put_numbers, set_integers, set_text
from fitting.arrays import FloatArray
from fitting.errors import ArchiveError
from fitting.series import Series, Technique

Truth = Mapping[str, Mapping[str, FloatArray]]


def write_archive(path: Path, series: Sequence[Series], truth: Truth | None = None) -> None:
    """Write series of one or many samples as one archive, replacing a file of that name.

    The same input gives the same bytes (with the same versions of HDF5, zlib and numpy).

    Parameters
    ----------
    path : file to write; it appears complete or not at all
    series : at least one; a sample and a region together name one series
    truth : of simulated data: sample -> slash-separated path -> array of any shape

    Raises
    ------
    ArchiveError
        Nothing to write, a sample and region given twice, truth of an unknown sample, text or
        metadata that HDF5 or JSON cannot hold, or a folder that cannot be written.
    """
    path = Path(path)
    truth = truth or {}
    _check(path, series, truth)
    with new_file(path) as file:
        _write_root(path, file, series, truth)


def write_root_attributes(file: Any, default: str) -> None:
    """Mark a file as ours and name the entry that tools open first."""
    set_text(file, "NX_class", "NXroot")
    set_text(file, "creator", "Deconvolyte")
    set_text(file, "NeXus_version", DEFINITIONS_VERSION)
    set_text(file, "default", default)
    set_integers(file, FORMAT_ATTRIBUTE, FORMAT)


def _check(path: Path, series: Sequence[Series], truth: Truth) -> None:
    if not series:
        raise ArchiveError(path, "", "would hold no spectra; give at least one series")
    seen: set[tuple[str, str]] = set()
    for one in series:
        if (one.sample, one.region) in seen:
            raise ArchiveError(
                path,
                f"{one.sample}/{one.region}",
                "is given twice; a sample and a region together name one series",
            )
        seen.add((one.sample, one.region))
    samples = {one.sample for one in series}
    for sample in truth:
        if sample not in samples:
            known = ", ".join(sorted(samples))
            raise ArchiveError(path, TRUTH, f'no series of a sample "{sample}"; there are: {known}')


def _write_root(path: Path, file: Any, series: Sequence[Series], truth: Truth) -> None:
    groups: dict[tuple[str, Technique], list[tuple[int, Series]]] = {}
    for position, one in enumerate(series):
        groups.setdefault((one.sample, one.technique), []).append((position, one))
    names = entry_names(list(groups))
    write_root_attributes(file, names[0])
    told: set[str] = set()
    for name, ((sample, _), members) in zip(names, groups.items(), strict=True):
        try:
            writer = EntryWriter(path, file, name, members)
            for _, one in members:
                writer.append(one)
            writer.finish()
            if sample in truth and sample not in told:
                write_truth(writer.entry, truth[sample])
        except ValueError as error:
            raise ArchiveError(path, sample, f"cannot be kept in HDF5: {error}") from error
        told.add(sample)


def entry_names(groups: Sequence[tuple[str, Technique]], taken: Sequence[str] = ()) -> list[str]:
    """Named by sample; by sample and technique where a sample was measured by several."""
    samples = [sample for sample, _ in groups]
    names: list[str] = []
    for sample, technique in groups:
        text = sample if samples.count(sample) == 1 else f"{sample}_{technique}"
        names.append(item_name(text, [*taken, *names]))
    return names


def write_truth(entry: Any, truth: Mapping[str, FloatArray]) -> None:
    """Slash-separated paths become groups; the true path of each array is an attribute."""
    root = new_group(entry, TRUTH, "NXcollection")
    groups: dict[tuple[str, ...], Any] = {(): root}
    for position, (path, values) in enumerate(truth.items()):
        *folders, last = path.split("/")
        parent = root
        for depth in range(1, len(folders) + 1):
            key = tuple(folders[:depth])
            if key not in groups:
                name = item_name(key[-1], parent)
                groups[key] = new_group(parent, name, "NXcollection")
            parent = groups[key]
        field = put_numbers(parent, item_name(last, parent), np.asarray(values, float))
        set_text(field, PATH_ATTRIBUTE, path)
        set_integers(field, POSITION_ATTRIBUTE, position)
