"""Archives of logs alone: an NXentry for each sample, its log an NXdata that viewers open."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from app.archive.checked import (
    check_ours,
    groups_of,
    has,
    numbers,
    opened,
    subgroup,
    text,
)
from app.archive.layout import CHARGE_LOG, PLAN, SAMPLE, TITLE
from app.archive.names import item_name
from app.archive.store import (
    new_file,
    new_group,
    put_long_text,
    put_numbers,
    put_text,
    set_integers,
    set_text,
)
from app.archive.write import write_root_attributes, write_truth
from fitting.arrays import FloatArray
from fitting.errors import ArchiveError
from fitting.titration import ChargeRecord

_UNITS = {"time_s": "s", "charge_mAh": "mA*h", "potential_V": "V"}
_SIGNS: dict[str, Literal["+", "-"]] = {"+": "+", "-": "-"}


def write_records(
    path: Path,
    records: Sequence[ChargeRecord],
    truth: Mapping[str, Mapping[str, FloatArray]] | None = None,
    plan: str = "",
) -> None:
    """Write logs as one archive, replacing a file of that name; equal input gives equal bytes.

    Parameters
    ----------
    truth : of simulated data: sample -> slash-separated path -> array
    plan : what was made of them, as TOML, where the archive is a result

    Raises
    ------
    ArchiveError
        No log, two of one sample, or a folder that cannot be written.
    """
    names = [record.sample for record in records]
    if not records or len(set(names)) < len(names):
        raise ArchiveError(path, "", f"needs one log of every sample, got {', '.join(names)}")
    with new_file(path) as file:
        taken: list[str] = []
        for record in records:
            entry = item_name(record.sample, taken)
            taken.append(entry)
            group = _write_record(file, entry, record, plan)
            if truth and record.sample in truth:
                write_truth(group, truth[record.sample])
        write_root_attributes(file, taken[0])


def _write_record(file: Any, name: str, record: ChargeRecord, plan: str) -> Any:
    entry = new_group(file, name, "NXentry")
    put_text(entry, TITLE, f"{record.sample}: charge log")
    put_text(new_group(entry, SAMPLE, "NXsample"), "name", record.sample)
    set_text(entry, "default", CHARGE_LOG)
    log = new_group(entry, CHARGE_LOG, "NXdata")
    set_text(log, "signal", "charge_mAh")
    set_text(log, "axes", ["time_s"])
    set_integers(log, "time_s_indices", 0)
    for field, unit in _UNITS.items():
        values = getattr(record, field)
        if values is not None:
            put_numbers(log, field, values, units=unit)
    if record.area_cm2 is not None:
        put_numbers(log, "area_cm2", record.area_cm2, units="cm^2")
    put_text(log, "charge_sign", record.charge_sign or "")
    put_text(log, "source", record.source)
    if plan:
        put_long_text(log, PLAN, plan)
    return entry


def read_records(path: Path) -> list[ChargeRecord]:
    """All logs of an archive; none if it holds spectra.

    Raises
    ------
    ArchiveError
        Not an archive, damaged, made by a newer version, or unsafe to read.
    """
    found = []
    with opened(path) as file:
        check_ours(path, file)
        for name in groups_of(file):
            entry = subgroup(path, file, name)
            if has(entry, CHARGE_LOG):
                sample = text(path, subgroup(path, entry, SAMPLE), "name")
                found.append(_read_record(path, subgroup(path, entry, CHARGE_LOG), sample))
    return found


def _read_record(path: Path, log: Any, sample: str) -> ChargeRecord:
    sign = text(path, log, "charge_sign")
    return ChargeRecord(
        sample=sample,
        source=text(path, log, "source"),
        time_s=numbers(path, log, "time_s"),
        charge_mAh=numbers(path, log, "charge_mAh"),
        potential_V=numbers(path, log, "potential_V") if has(log, "potential_V") else None,
        area_cm2=float(numbers(path, log, "area_cm2")) if has(log, "area_cm2") else None,
        charge_sign=_SIGNS.get(sign),
    )


def plan_of_records(path: Path) -> str:
    """The plan inside a result of logs alone; empty where there is none.

    Raises
    ------
    ArchiveError
    """
    with opened(path) as file:
        check_ours(path, file)
        for name in groups_of(file):
            entry = subgroup(path, file, name)
            if has(entry, CHARGE_LOG) and has(subgroup(path, entry, CHARGE_LOG), PLAN):
                return text(path, subgroup(path, entry, CHARGE_LOG), PLAN)
    return ""
