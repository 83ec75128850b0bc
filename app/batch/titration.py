"""From logs alone to trends.csv: side-reaction charge, its growth with time, what it built."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.archive.charge_record import plan_of_records, read_records, write_records
from app.archive.read import is_archive
from app.archive.reading import Reading
from app.batch.csv_file import Cell, CsvFile
from app.batch.folder import (
    RECORD,
    RESULT,
    job_in,
    left_as_found,
    refuse_inputs_as_outputs,
    write_json,
)
from app.batch.prepare import file_digest, shown, versions
from app.batch.trends_table import TREND_COLUMNS, pairs_of, trend_row
from app.io.charge_log import read_charge_log
from fitting.errors import ArchiveError, DataError, OutputError, PlanError, ReadError
from fitting.sei import side_charge_trends
from fitting.titration import ChargeRecord, SideCharge, side_charge
from fitting.titration_plan import TitrationPlan
from fitting.trends import Trend, difference

SIDE_COLUMNS = "source,sample,step,time_s,charge_side_uAh_cm2".split(",")

_SIDE, _TRENDS = "side_charge.csv", "trends.csv"
_KEY = ("", "charge_side_uAh_cm2", "")
_AXIS = "time_s"


@dataclass(frozen=True, eq=False)
class TitrationOutcome:
    """How a run on logs alone ended.

    Parameters
    ----------
    points : sample -> how many points of side-reaction charge
    errors : logs that could not be read
    warnings : sentences the user should see
    """

    points: dict[str, int]
    errors: tuple[ReadError, ...]
    warnings: tuple[str, ...]


def fit_titration(
    paths: Sequence[Path], plan: TitrationPlan, folder: Path, reading: Reading
) -> TitrationOutcome:
    """Side-reaction charge of every log, and what it says; result.h5 and tables into a folder.

    Raises
    ------
    PlanError
        The folder is of another job, or a file.
    ReadError, DataError
        No log can be read, or nobody has said what it means.
    OutputError
        The results cannot be written.
    """
    refuse_inputs_as_outputs(folder, paths)
    records, errors = read_logs(paths, plan, reading)
    if not records:
        raise errors[0] if len(errors) == 1 else DataError("; ".join(map(str, errors)))
    sides = [(one, side_charge(one, plan.titration.depleted_above_V)) for one in records]
    with left_as_found(folder):
        inputs = {shown(path): file_digest(path) for path in paths}
        job = _digest([plan.model_dump(mode="json"), sorted(inputs.values()), versions()])
        _refuse_other(folder, job)
    try:
        write_records(folder / RESULT, records, plan=plan.model_dump_json())
        _write_tables(folder, sides, plan)
        write_json(folder / RECORD, _run_record(job, plan, inputs))
    except ArchiveError as error:
        raise OutputError(str(error)) from error
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror}") from error
    points = {one.sample: len(side.time_s) for one, side in sides}
    return TitrationOutcome(points, tuple(errors), tuple(side_warnings(sides)))


def side_charges(result: Path) -> tuple[list[tuple[ChargeRecord, SideCharge]], TitrationPlan]:
    """What a result of logs alone holds.

    Raises
    ------
    ArchiveError
    """
    plan = TitrationPlan.model_validate_json(plan_of_records(result))
    level = plan.titration.depleted_above_V
    return [(one, side_charge(one, level)) for one in read_records(result)], plan


def is_titration_result(path: Path) -> bool:
    """Whether a file is the result of logs alone. Raises ArchiveError."""
    return is_archive(path) and bool(plan_of_records(path))


def export_titration(result: Path, folder: Path) -> list[str]:
    """Write the tables of a result of logs alone again; gives their names.

    Raises
    ------
    ArchiveError, OutputError
    """
    sides, plan = side_charges(result)
    try:
        return _write_tables(folder, sides, plan)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror}") from error


def read_logs(
    paths: Sequence[Path], plan: TitrationPlan, reading: Reading
) -> tuple[list[ChargeRecord], list[ReadError]]:
    """Logs, and errors of files that have none; see ``meant``."""
    found: list[ChargeRecord] = []
    errors: list[ReadError] = []
    for path in paths:
        try:
            records = read_records(path) if is_archive(path) else [_read_log(path, reading)]
        except ReadError as error:
            errors.append(error)
            continue
        if not records:
            problem = "holds spectra and no charge log; its plan needs regions, not [titration]"
            errors.append(ReadError(path, "", problem))
        found += records
    return meant(found, plan, reading), errors


def meant(
    records: Sequence[ChargeRecord], plan: TitrationPlan, reading: Reading
) -> list[ChargeRecord]:
    """Logs with what the user, the plan or the archive says about them, in that order."""
    said = plan.titration
    return [
        replace(
            one,
            area_cm2=reading.area_cm2 or said.area_cm2 or one.area_cm2,
            charge_sign=reading.charge_sign or said.charge_sign or one.charge_sign,
        )
        for one in records
    ]


def _read_log(path: Path, reading: Reading) -> ChargeRecord:
    log = read_charge_log(path, reading.log_columns, reading.options.timezone)
    if log.charge_mAh is None:
        raise ReadError(path, "", "has neither charge nor current; a titration needs one of them")
    sample = reading.options.sample or path.stem
    return ChargeRecord(sample, shown(path), log.time_s, log.charge_mAh, log.potential_V)


def _refuse_other(folder: Path, job: str) -> None:
    """A folder of other results is not written to.

    Raises
    ------
    PlanError
    """
    try:
        owner = json.loads((folder / RECORD).read_text("utf-8")).get("job")
    except (OSError, ValueError, AttributeError):
        owner = job_in(folder)
    if owner not in (None, job):
        raise PlanError(
            f"-o {folder}", "holds the results of another job; choose another folder, or remove it"
        )


def _write_tables(
    folder: Path, sides: Sequence[tuple[ChargeRecord, SideCharge]], plan: TitrationPlan
) -> list[str]:
    contents = {
        _SIDE: (SIDE_COLUMNS, side_rows(sides)),
        _TRENDS: (TREND_COLUMNS, side_trend_rows(sides, plan)),
    }
    for name, (columns, rows) in contents.items():
        file = CsvFile(folder / name, columns)
        try:
            file.write("", rows)
            file.finish()
            file.publish()
        finally:
            file.discard()
    return list(contents)


def side_rows(sides: Sequence[tuple[ChargeRecord, SideCharge]]) -> Iterator[list[Cell]]:
    """Rows of side_charge.csv."""
    for record, side in sides:
        points = zip(side.time_s.tolist(), side.charge_side_uAh_cm2.tolist(), strict=True)
        for step, (time, charge) in enumerate(points):
            yield [record.source, record.sample, step, time, charge]


def side_trend_rows(
    sides: Sequence[tuple[ChargeRecord, SideCharge]], plan: TitrationPlan
) -> Iterator[list[Cell]]:
    """Rows of trends.csv: growth of every sample, and where samples differ."""
    per_charge = plan.titration.thickness_nm_per_uAh_cm2
    found: dict[str, dict[str, Trend]] = {}
    sources = {record.sample: record.source for record, _ in sides}
    for record, side in sides:
        found[record.sample] = {t.quantity: t for t in side_charge_trends(side, per_charge)}
        for trend in found[record.sample].values():
            yield trend_row((record.source, record.sample), _KEY, _AXIS, "", trend)
    for first, second in pairs_of(list(found)):
        for name, trend in found[first].items():
            away = difference(trend, found[second][name]) if name in found[second] else None
            if away is not None:
                yield trend_row((sources[first], first), _KEY, _AXIS, second, away)


def side_warnings(sides: Sequence[tuple[ChargeRecord, SideCharge]]) -> Iterator[str]:
    """Portions of lithium that are left out, a sentence a sample."""
    for record, side in sides:
        if side.left_out:
            yield (
                f"{record.sample}: after {side.left_out} portions of lithium the potential did not "
                "rise above depleted_above_V; they are left out"
            )


def _run_record(job: str, plan: TitrationPlan, inputs: dict[str, str]) -> dict[str, object]:
    return {
        "job": job,
        "complete": True,
        "plan_sha256": _digest(plan.model_dump(mode="json")),
        "library": plan.library,
        "inputs_sha256": inputs,
        "versions": versions(),
    }


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
