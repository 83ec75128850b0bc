"""The folder that a run writes into: whose it is, what is finished in it, what may be replaced."""

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from app.batch.job import Job
from app.batch.tables import FILE_NAMES
from app.batch.trouble import Trouble
from app.project.whole import whole_file
from fitting.errors import PlanError

JOB_FILE = "job.json"
RECORD = "run.json"
RESULT = "result.h5"
TABLES = tuple(FILE_NAMES.values())


@dataclass(frozen=True)
class Finished:
    """How a job that stands complete in its folder ended.

    Parameters
    ----------
    counts : status -> number of region fits
    problems : as they were said then
    absent_only : how many fits at bounds have only absent lines there
    troubles : kinds of warnings in checks.csv
    """

    counts: dict[str, int]
    problems: tuple[str, ...]
    absent_only: int
    troubles: tuple[Trouble, ...]


def make_folder(folder: Path) -> None:
    """Make an output folder, or see that it can be written to.

    Raises
    ------
    PlanError
        It is a file, or cannot be made or written to.
    """
    key = f"-o {folder}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise PlanError(key, "is a file or lies in one; results need a folder") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PlanError(key, f"cannot be made: {reason}; choose another folder") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PlanError(key, "cannot be written to; choose another folder")


@contextmanager
def left_as_found(folder: Path) -> Iterator[None]:
    """Make an output folder; unless all goes well inside, nothing of ours stays in it.

    Raises
    ------
    PlanError
        See ``make_folder``.
    """
    inputs = folder / ".parts" / "inputs"
    there = os.path.exists(folder)
    make_folder(folder)
    before = set(inputs.glob("*"))
    try:
        yield
    except BaseException:
        for path in set(inputs.glob("*")) - before:
            path.unlink(missing_ok=True)
        for empty in (inputs, inputs.parent, *(() if there else (folder,))):
            with suppress(OSError):
                empty.rmdir()
        raise


def refuse_inputs_as_outputs(folder: Path, inputs: Iterable[Path]) -> None:
    """Refuse a run whose results would replace what it reads.

    Raises
    ------
    PlanError
    """
    outputs = {(folder / name).resolve() for name in (*TABLES, RESULT, RECORD)}
    for path in inputs:
        if path.resolve() == folder.resolve() or path.resolve() in outputs:
            raise PlanError(
                f"-o {folder}",
                f"would replace the input {path}; inputs are never written to, "
                "choose another folder",
            )


def prepare_folder(job: Job, *, resume: bool) -> None:
    """Claim the output folder for a job.

    Parameters
    ----------
    resume : keep the finished chunks of an earlier run of the same job

    Raises
    ------
    PlanError
        The folder belongs to another job, or cannot be written to.
    """
    refuse_other_job(job)
    try:
        for draft in _drafts(job.folder):
            draft.unlink(missing_ok=True)
        if not resume:
            for part in job.parts.glob("*.npy"):
                part.unlink()
        (job.folder / RECORD).unlink(missing_ok=True)
        job.parts.mkdir(parents=True, exist_ok=True)
        write_json(job.parts / JOB_FILE, {"hash": job.hash, "about": job.about})
    except OSError as error:
        raise PlanError(f"-o {job.folder}", f"cannot be written to: {error.strerror}") from error


def refuse_other_job(job: Job) -> None:
    """Refuse the folder of another job, and say what is different.

    Raises
    ------
    PlanError
    """
    owner = _owner(job.folder)
    if owner is None or owner.get("hash") == job.hash:
        return
    about = owner.get("about")
    old = about if isinstance(about, dict) else {}
    other = [name for name, value in job.about.items() if old.get(name, value) != value]
    raise PlanError(
        f"-o {job.folder}",
        f"holds the results of another job (different {' and '.join(other) or 'program'}); "
        "choose another folder, or remove this one",
    )


def job_in(folder: Path) -> str | None:
    """Hash of the job that owns a folder, or None."""
    owner = _owner(folder)
    return None if owner is None else str(owner.get("hash"))


def _owner(folder: Path) -> dict[str, object] | None:
    stored = _json(folder / ".parts" / JOB_FILE)
    return stored if isinstance(stored, dict) else None


def finished(job: Job) -> Finished | None:
    """How the job ended, if all its results stand in its folder, else None."""
    record = _json(job.folder / RECORD)
    there = all((job.folder / name).exists() for name in (*TABLES, RESULT))
    if not isinstance(record, dict) or not there or job_in(job.folder) != job.hash:
        return None
    if record.get("job") != job.hash or record.get("complete") is not True:
        return None
    try:
        counts = {str(name): int(number) for name, number in record["status_counts"].items()}
        troubles = tuple(
            Trouble(str(said["check"]), int(said["count"]), str(said["first"]))
            for said in record["checks"]
        )
        absent_only = int(record["at_bound_absent_only"])
        return Finished(counts, tuple(map(str, record["problems"])), absent_only, troubles)
    except (KeyError, AttributeError, TypeError, ValueError):
        return None


def clear_parts(job: Job) -> None:
    """Remove the finished chunks once the result is assembled; the claim on the folder stays."""
    for part in job.parts.glob("*.npy"):
        part.unlink()
    for draft in job.parts.glob(".*.part"):
        draft.unlink(missing_ok=True)
    shutil.rmtree(job.parts / "inputs", ignore_errors=True)


def write_json(path: Path, content: object) -> None:
    """Write JSON whole or not at all."""
    text = json.dumps(content, indent=1, ensure_ascii=True, sort_keys=True)
    with whole_file(path) as draft:
        draft.write_text(f"{text}\n", "utf-8", newline="\n")


def _drafts(folder: Path) -> list[Path]:
    """What a killed run left half written."""
    names = (*TABLES, RESULT, RECORD)
    found = [draft for name in names for draft in folder.glob(f".{name}*.part")]
    return [*found, *(folder / ".parts").glob(".*.part")]


def _json(path: Path) -> object:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
